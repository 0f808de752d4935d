/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of kind `canary`: the share of failed events of a new track, held against a limit and
 * against that of a track of the same age. Both are asked by the same two queries, so that they
 * differ in nothing but the track.
 *
 *   a number that cannot be told            unknown, with its reason
 *   fewer events than min_events in either  on_low_volume, LowVolume
 *   canary > max_ratio                      failed, CanaryOverLimit
 *   canary > baseline * max_times + max_extra, or z > max_z
 *                                           failed, CanaryWorse
 *   none of it                              ready, CanaryHealthy
 *
 * z is that of two proportions: the distance of the two shares in standard deviations of it, were
 * both tracks equally good.
 */
#include "compose.h"
#include "inquiry.h"

#include <convergate/number.h>

#include <math.h>
#include <string.h>

#define PLACEHOLDER "$track"

/* The questions. */
enum {
    CANARY = 0, /* errors, then total */
    BASELINE = 2,
    ASK_COUNT = 4
};

const struct cvg_field cvg_prom_canary_fields[] = {
    {.name = "errors",
     .doc = "A query for one number, the failed events of a track: a count, as increase() gives, "
            "not a rate. $track stands within quotes for the track's name.",
     .example = "sum(increase(http_requests_total{version=\"$track\",code=~\"5..\"}[10m])) or "
                "vector(0)",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_canary, errors),
     .max = 65536},
    {.name = "total",
     .doc = "The same for all events of a track.",
     .example = "sum(increase(http_requests_total{version=\"$track\"}[10m]))",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_canary, total),
     .max = 65536},
    {.name = "canary",
     .doc = "The track that is to be judged.",
     .example = "v2",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_canary, canary),
     .max = 1024},
    {.name = "baseline",
     .doc = "The track that it is held against: best one that was started at the same time.",
     .example = "v1",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_canary, baseline),
     .max = 1024},
    {.name = "min_events",
     .doc = "Each track needs so many events to be judged.",
     .default_text = "50",
     .type = CVG_FIELD_NUMBER,
     .offset = offsetof(struct cvg_prom_canary, min_events)},
    {.name = "max_ratio",
     .doc = "The share of failed events that the canary may have, whatever the baseline has.",
     .example = "0.01",
     .type = CVG_FIELD_NUMBER,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct cvg_prom_canary, max_ratio)},
    {.name = "max_times",
     .doc = "How many times the baseline's share the canary's may be, with max_extra beyond.",
     .default_text = "1.5",
     .type = CVG_FIELD_NUMBER,
     .offset = offsetof(struct cvg_prom_canary, max_times)},
    {.name = "max_extra",
     .doc = "Added to max_times of the baseline's share, so that a baseline without errors leaves "
            "some room.",
     .default_text = "0.001",
     .type = CVG_FIELD_NUMBER,
     .offset = offsetof(struct cvg_prom_canary, max_extra)},
    {.name = "max_z",
     .doc = "Also compare by a test of two proportions: over this z the canary is worse by more "
            "than chance. 2.33 is wrong once in a hundred.",
     .example = "2.33",
     .type = CVG_FIELD_NUMBER,
     .offset = offsetof(struct cvg_prom_canary, max_z)},
    {0},
};

/* ---- planning ---- */

/* Every placeholder within a double-quoted text, where escaping what is filled in means something. */
static int is_quoted(const char *template)
{
    int quoted = 0;
    for (const char *at = template; *at != '\0'; at++) {
        if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && (*at == '\'' || *at == '`' ||
                               strncmp(at, PLACEHOLDER, strlen(PLACEHOLDER)) == 0)) {
            return 0;
        }
    }
    return 1;
}

static void check_template(struct cvg_prom_planning *planning, const char *path,
                           const char *template)
{
    cvg_prom_planning_template(planning, path, template, PLACEHOLDER);
    if (!is_quoted(template)) {
        cvg_prom_planning_refuse(planning, path,
                                 "must have $track within double quotes only, and no other quotes");
    }
}

static void check_number(struct cvg_prom_planning *planning, const char *path, double value,
                         double most)
{
    if (!(value >= 0 && value <= most)) {
        cvg_prom_planning_refuse(planning, path,
                                 most > 1 ? "must be a number that is not negative"
                                          : "must be between 0 and 1");
    }
}

static void want(struct cvg_prom_planning *planning, const char *template, const char *track)
{
    struct cvg_prom_string name = {0}, query = {0};
    cvg_prom_string_escape(&name, track);
    cvg_prom_string_fill(&query, template, PLACEHOLDER, name.data != NULL ? name.data : "");
    cvg_prom_planning_want(planning, CVG_PROM_QUERY, cvg_prom_string_take(&query));
    cvg_prom_string_done(&name);
}

static void plan_canary(struct cvg_prom_planning *planning)
{
    const struct cvg_prom_inquiry *inquiry = planning->inquiry;
    const struct cvg_prom_canary *keys = inquiry->config->canary;
    if (inquiry->flavour->paths[CVG_PROM_QUERY] == NULL) {
        cvg_prom_planning_refuse(planning, "canary",
                                 "cannot be asked of an Alertmanager, which answers `alerts` only");
        return;
    }
    check_template(planning, "canary.errors", keys->errors);
    check_template(planning, "canary.total", keys->total);
    check_number(planning, "canary.max_ratio", keys->max_ratio, 1);
    check_number(planning, "canary.max_times", keys->max_times, 1e6);
    check_number(planning, "canary.max_extra", keys->max_extra, 1);
    if (!isnan(keys->max_z)) {
        check_number(planning, "canary.max_z", keys->max_z, 1e6);
    }
    if (!(keys->min_events >= 1 && keys->min_events <= 1e12)) {
        cvg_prom_planning_refuse(planning, "canary.min_events", "must be at least 1");
    }
    if (strcmp(keys->canary, keys->baseline) == 0) {
        cvg_prom_planning_refuse(planning, "canary.baseline", "is the canary itself");
    }
    want(planning, keys->errors, keys->canary);
    want(planning, keys->total, keys->canary);
    want(planning, keys->errors, keys->baseline);
    want(planning, keys->total, keys->baseline);
}

static void take_canary(const struct cvg_prom_inquiry *inquiry, size_t which,
                        const struct cvg_prom_answer *answer, struct cvg_prom_held *held)
{
    static const char *const names[ASK_COUNT] = {"errors of the canary", "total of the canary",
                                                 "errors of the baseline", "total of the baseline"};
    (void)inquiry;
    cvg_prom_part_amount(answer, names[which], &held->parts[which]);
    held->finding.partial |= answer->partial;
    if (answer->warning[0] != '\0' && held->finding.warning[0] == '\0') {
        memcpy(held->finding.warning, answer->warning, sizeof(held->finding.warning));
    }
}

/* ---- judging ---- */

struct comparison {
    double canary, baseline; /* shares */
    double limit;            /* that the baseline allows */
    double z;
};

static double z_of(const struct cvg_prom_part *parts, const struct comparison *comparison)
{
    double n1 = parts[CANARY + 1].value, n2 = parts[BASELINE + 1].value;
    double pooled = (comparison->canary * n1 + comparison->baseline * n2) / (n1 + n2);
    double variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2);
    /* All good or all bad: there is no difference to speak of. */
    return variance > 0 ? (comparison->canary - comparison->baseline) / sqrt(variance) : 0;
}

/* Each track's share and of how many: "0.02 of 1500". */
static void add_track(struct cvg_kit_text *text, const char *name, double share,
                      const struct cvg_prom_part *total)
{
    cvg_kit_text_evidence(text, name, strlen(name), 80);
    cvg_kit_text_add(text, " fails ");
    cvg_kit_text_number(text, share);
    cvg_kit_text_add(text, " of ");
    cvg_kit_text_number(text, total->value);
}

/* Nonzero where something is missing, which it says. */
static int say_missing(const struct cvg_prom_inquiry *inquiry, struct cvg_prom_held *held)
{
    for (size_t i = 0; i < ASK_COUNT; i++) {
        const struct cvg_prom_part *part = &held->parts[i];
        if (part->status != CVG_READY) {
            struct cvg_kit_text text =
                cvg_prom_finding_say(&held->finding, CVG_UNKNOWN, part->fault, part->reason);
            cvg_kit_text_add(&text, part->problem);
            return 1;
        }
    }
    const struct cvg_prom_canary *keys = inquiry->config->canary;
    for (size_t i = 1; i < ASK_COUNT; i += 2) {
        const struct cvg_prom_part *total = &held->parts[i];
        if (total->value >= keys->min_events) {
            continue;
        }
        uint32_t status = total->partial ? (uint32_t)CVG_UNKNOWN
                                         : cvg_prom_stand_in(inquiry->config->on_low_volume);
        struct cvg_kit_text text = cvg_prom_finding_say(&held->finding, status, CVG_FAULT_NONE,
                                                        CVG_PROM_REASON_LOW_VOLUME);
        cvg_kit_text_add(&text, i == 1 ? "the canary has " : "the baseline has ");
        cvg_kit_text_number(&text, total->value);
        cvg_kit_text_add(&text, " events, at least ");
        cvg_kit_text_number(&text, keys->min_events);
        cvg_kit_text_add(&text, " are needed to judge");
        held->finding.reading.observed = "too few events";
        return 1;
    }
    return 0;
}

static void judge(const struct cvg_prom_canary *keys, const struct comparison *comparison,
                  struct cvg_prom_held *held)
{
    struct cvg_prom_finding *finding = &held->finding;
    int over = comparison->canary > keys->max_ratio;
    int by_chance = isnan(keys->max_z) || !(comparison->z > keys->max_z);
    int worse = comparison->canary > comparison->limit || !by_chance;
    struct cvg_kit_text observed,
        text = cvg_prom_finding_say(finding, over || worse ? CVG_FAILED : CVG_READY, CVG_FAULT_NONE,
                                    over    ? CVG_PROM_REASON_CANARY_OVER_LIMIT
                                    : worse ? CVG_PROM_REASON_CANARY_WORSE
                                            : CVG_PROM_REASON_CANARY_HEALTHY);
    cvg_kit_text_init(&observed, finding->observed, sizeof(finding->observed));
    cvg_kit_text_number(&observed, comparison->canary);
    finding->reading.observed = finding->observed;
    add_track(&text, keys->canary, comparison->canary, &held->parts[CANARY + 1]);
    cvg_kit_text_add(&text, ", ");
    add_track(&text, keys->baseline, comparison->baseline, &held->parts[BASELINE + 1]);
    cvg_kit_text_add(&text, "; allowed are ");
    cvg_kit_text_number(&text, keys->max_ratio);
    cvg_kit_text_add(&text, ", and beside this baseline ");
    cvg_kit_text_number(&text, comparison->limit);
    if (!isnan(keys->max_z)) {
        cvg_kit_text_add(&text, "; z is ");
        cvg_kit_text_number(&text, comparison->z);
    }
}

static void conclude_canary(const struct cvg_prom_inquiry *inquiry, struct cvg_prom_held *held)
{
    const struct cvg_prom_canary *keys = inquiry->config->canary;
    const struct cvg_prom_part *parts = held->parts;
    struct cvg_prom_finding *finding = &held->finding;
    finding->reading.expected = "no worse than the baseline";
    if (say_missing(inquiry, held)) {
        return;
    }
    struct comparison comparison = {
        .canary = cvg_prom_part_ratio(&parts[CANARY], &parts[CANARY + 1]),
        .baseline = cvg_prom_part_ratio(&parts[BASELINE], &parts[BASELINE + 1])};
    comparison.limit = comparison.baseline * keys->max_times + keys->max_extra;
    comparison.z = z_of(parts, &comparison);
    judge(keys, &comparison, held);
    finding->reading.value = comparison.canary;
    finding->reading.has_value = 1;
    cvg_prom_finding_number(finding, "canary", comparison.canary);
    cvg_prom_finding_number(finding, "baseline", comparison.baseline);
    cvg_prom_finding_number(finding, "canary_events", parts[CANARY + 1].value);
    cvg_prom_finding_number(finding, "baseline_events", parts[BASELINE + 1].value);
    cvg_prom_finding_number(finding, "z", comparison.z);
}

const struct cvg_prom_kind cvg_prom_kind_canary = {.key = "canary",
                                                   .guarded = 1,
                                                   .plan = plan_canary,
                                                   .take = take_canary,
                                                   .conclude = conclude_canary};
