/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of kind `alerts`: none that match may fire, and an alert that always fires (a watchdog)
 * must, since a source that evaluates nothing has no alerts either.
 *
 * A Prometheus is asked for its series ALERTS, not for /api/v1/alerts: that has no filter, the
 * series has the server's own. It also survives a restart, where the list is empty until the
 * rules were evaluated again. An Alertmanager is asked for its list with a filter, silenced and
 * inhibited ones included: what is silenced is not healthy.
 *
 *   one fires                             failed, AlertsFiring
 *   the watchdog does not                 unknown, WatchdogSilent
 *   one is pending, and on_pending says   degraded or failed, AlertsPending
 *   one is silenced or inhibited          degraded, AlertsSilenced
 *   none                                  ready, NoAlerts
 */
#include "inquiry.h"

#include "matcher.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

/* What is counted. */
enum {
    FIRING = 0,
    PENDING,
    SILENCED,
    INHIBITED
};

enum {
    ASK_MATCHING = 0,
    ASK_WATCHDOG
};

static const char *const pending_choices[] = {"ignore", "degraded", "failed", NULL};

const struct cvg_field cvg_prom_alerts_fields[] = {
    {.name = "match",
     .doc = "Matchers that an alert must satisfy, all of them, to count: severity=\"critical\", "
            "env=~\"prod|live\", also with != and !~. Leave the watchdog out of them.",
     .example = "['severity=\"critical\"']",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_alerts, match),
     .max = 32},
    {.name = "watchdog",
     .doc = "Matchers of the alert that always fires and must. Without it a source that evaluates "
            "nothing looks healthy; `none` accepts that.",
     .default_text = "['alertname=\"Watchdog\"']",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_alerts, watchdog),
     .max = 32},
    {.name = "on_pending",
     .doc = "What a matching alert means that does not fire yet. An Alertmanager does not know of "
            "those.",
     .default_text = "ignore",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_prom_alerts, on_pending),
     .choices = pending_choices},
    {0},
};

static int has_watchdog(const struct cvg_prom_alerts *keys)
{
    const char *const *items = keys->watchdog.items;
    return keys->watchdog.count > 0 &&
           !(keys->watchdog.count == 1 && strcmp(items[0], "none") == 0);
}

/* ---- asking ---- */

/* One matcher in the words of this source. */
static void add_matcher(struct cvg_prom_planning *planning, const struct cvg_prom_matcher *matcher,
                        struct cvg_prom_string *string)
{
    if (planning->inquiry->flavour->paths[CVG_PROM_ALERTS] == NULL) {
        cvg_prom_string_put(string, ",");
        cvg_prom_matcher_write(matcher, string);
        return;
    }
    struct cvg_prom_string filter = {0};
    cvg_prom_matcher_write(matcher, &filter);
    char *words = cvg_prom_string_take(&filter);
    cvg_prom_string_put(string, "&filter=");
    cvg_prom_string_encode(string, words);
    free(words);
}

static void add_matchers(struct cvg_prom_planning *planning, const char *path,
                         const struct cvg_list *list, struct cvg_prom_string *string)
{
    const char *const *items = list->items;
    for (size_t i = 0; i < list->count; i++) {
        struct cvg_prom_matcher matcher;
        if (planning->words == CVG_PROM_AS_WRITTEN && strstr(items[i], "${") != NULL) {
            continue;
        }
        const char *wrong = cvg_prom_matcher_parse(items[i], &matcher);
        if (wrong == NULL &&
            (strcmp(matcher.name, "alertstate") == 0 || strcmp(matcher.name, "__name__") == 0)) {
            wrong = "is about alertstate or __name__, which the module asks for itself";
        }
        if (wrong != NULL) {
            cvg_prom_planning_refuse(planning, path, wrong);
            continue;
        }
        add_matcher(planning, &matcher, string);
    }
}

static void want(struct cvg_prom_planning *planning, const char *path, const struct cvg_list *list,
                 int with_pending)
{
    struct cvg_prom_string string = {0};
    if (planning->inquiry->flavour->paths[CVG_PROM_ALERTS] != NULL) {
        cvg_prom_string_put(&string, "active=true&silenced=true&inhibited=true&unprocessed=true");
        add_matchers(planning, path, list, &string);
        cvg_prom_planning_want(planning, CVG_PROM_ALERTS, cvg_prom_string_take(&string));
        return;
    }
    cvg_prom_string_put(&string, with_pending ? "ALERTS{alertstate=~\"firing|pending\""
                                              : "ALERTS{alertstate=\"firing\"");
    add_matchers(planning, path, list, &string);
    cvg_prom_string_put(&string, "}");
    cvg_prom_planning_want(planning, CVG_PROM_QUERY, cvg_prom_string_take(&string));
}

static void plan_alerts(struct cvg_prom_planning *planning)
{
    const struct cvg_prom_inquiry *inquiry = planning->inquiry;
    const struct cvg_prom_alerts *keys = inquiry->config->alerts;
    int is_alertmanager = inquiry->flavour->paths[CVG_PROM_ALERTS] != NULL;
    if (!is_alertmanager && !inquiry->flavour->timestamps) {
        cvg_prom_planning_refuse(planning, "alerts",
                                 "cannot be asked of this flavour: it has no "
                                 "series ALERTS");
        return;
    }
    if (is_alertmanager && keys->on_pending != CVG_PROM_PENDING_IGNORE) {
        cvg_prom_planning_refuse(planning, "alerts.on_pending",
                                 "has no effect: an Alertmanager knows no pending alerts");
    }
    want(planning, "alerts.match", &keys->match, keys->on_pending != CVG_PROM_PENDING_IGNORE);
    if (has_watchdog(keys)) {
        want(planning, "alerts.watchdog", &keys->watchdog, 0);
    }
}

/* ---- counting ---- */

static int is_pending(void *arg, const char *name, const char *value, size_t value_length)
{
    if (strcmp(name, "alertstate") != 0) {
        return 0;
    }
    *(int *)arg = value_length == 7 && memcmp(value, "pending", 7) == 0;
    return 1;
}

/* Of two alerts the one that decides is described: firing ones before the others. Nonzero where it
 * is this one. */
static int count(const struct cvg_prom_answer *answer, struct cvg_prom_span labels, size_t state,
                 struct cvg_prom_part *part)
{
    size_t worse = 0;
    for (size_t i = 0; i <= state; i++) {
        worse += part->counts[i];
    }
    part->counts[state]++;
    if (worse > 0) {
        return 0;
    }
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, part->problem, sizeof(part->problem));
    cvg_prom_answer_describe_alert(answer, labels, &text);
    return 1;
}

static void count_series(const struct cvg_prom_answer *answer, struct cvg_prom_part *part)
{
    for (size_t i = 0; i < answer->count; i++) {
        int pending = 0;
        cvg_prom_answer_labels(answer, answer->elements[i].labels, is_pending, &pending);
        (void)count(answer, answer->elements[i].labels, pending ? PENDING : FIRING, part);
    }
}

static void count_alerts(const struct cvg_prom_answer *answer, struct cvg_prom_part *part)
{
    static const size_t states[] = {[CVG_PROM_ALERT_ACTIVE] = FIRING,
                                    [CVG_PROM_ALERT_SILENCED] = SILENCED,
                                    [CVG_PROM_ALERT_INHIBITED] = INHIBITED};
    for (size_t i = 0; i < answer->alert_count; i++) {
        const struct cvg_prom_alert *alert = &answer->alerts[i];
        if (count(answer, alert->labels, states[alert->state], part) &&
            alert->state == CVG_PROM_ALERT_SILENCED) {
            struct cvg_kit_text text = {.data = part->problem,
                                        .size = sizeof(part->problem),
                                        .length = strlen(part->problem)};
            cvg_kit_text_add(&text, ", by silence ");
            cvg_prom_answer_quote(answer, alert->silence, 64, &text);
        }
    }
}

static void take_alerts(const struct cvg_prom_inquiry *inquiry, size_t which,
                        const struct cvg_prom_answer *answer, struct cvg_prom_held *held)
{
    struct cvg_prom_part *part = &held->parts[which];
    cvg_prom_part_begin(answer, part);
    if (part->status != CVG_READY) {
        return;
    }
    if (inquiry->wanted[which].api == CVG_PROM_ALERTS) {
        count_alerts(answer, part);
    } else {
        count_series(answer, part);
    }
    if (answer->warning[0] != '\0' && held->finding.warning[0] == '\0') {
        memcpy(held->finding.warning, answer->warning, sizeof(held->finding.warning));
    }
}

/* ---- judging ---- */

static void say_alerts(struct cvg_prom_finding *finding, const struct cvg_prom_part *part,
                       uint32_t status, enum cvg_prom_reason reason, size_t number,
                       const char *state)
{
    struct cvg_kit_text text = cvg_prom_finding_say(finding, status, CVG_FAULT_NONE, reason);
    struct cvg_kit_text observed;
    cvg_kit_text_format(&text, "%zu %s %s: ", number, cvg_plural(number, "alert is", "alerts are"),
                        state);
    cvg_kit_text_add(&text, part->problem);
    if (number > 1) {
        cvg_kit_text_add(&text, " and others");
    }
    cvg_kit_text_init(&observed, finding->observed, sizeof(finding->observed));
    cvg_kit_text_format(&observed, "%zu %s", number, state);
    finding->reading.observed = finding->observed;
}

static int watchdog_is_silent(struct cvg_prom_held *held)
{
    const struct cvg_prom_part *watchdog = &held->parts[ASK_WATCHDOG];
    struct cvg_prom_finding *finding = &held->finding;
    if (watchdog->status != CVG_READY) {
        struct cvg_kit_text text =
            cvg_prom_finding_say(finding, CVG_UNKNOWN, watchdog->fault, watchdog->reason);
        cvg_kit_text_add(&text, watchdog->problem);
        return 1;
    }
    for (size_t i = 0; i < CVG_PROM_PART_COUNTS; i++) {
        if (watchdog->counts[i] > 0) {
            return 0; /* also a silenced one proves that alerts arrive */
        }
    }
    struct cvg_kit_text text =
        cvg_prom_finding_say(finding, CVG_UNKNOWN, CVG_FAULT_NONE, CVG_PROM_REASON_WATCHDOG_SILENT);
    cvg_kit_text_add(&text, "the watchdog does not fire, so that nobody can tell whether other "
                            "alerts would");
    finding->reading.observed = "no watchdog";
    return 1;
}

static void judge_counts(const struct cvg_prom_alerts *keys, const struct cvg_prom_part *part,
                         struct cvg_prom_finding *finding)
{
    size_t held_back = part->counts[SILENCED] + part->counts[INHIBITED];
    if (part->counts[PENDING] > 0 && keys->on_pending != CVG_PROM_PENDING_IGNORE) {
        int fails = keys->on_pending == CVG_PROM_PENDING_FAILED;
        say_alerts(finding, part, fails ? CVG_FAILED : CVG_DEGRADED, CVG_PROM_REASON_ALERTS_PENDING,
                   part->counts[PENDING], "pending");
    } else if (held_back > 0) {
        say_alerts(finding, part, CVG_DEGRADED, CVG_PROM_REASON_ALERTS_SILENCED, held_back,
                   part->counts[SILENCED] > 0 ? "silenced" : "inhibited");
    } else {
        struct cvg_kit_text text =
            cvg_prom_finding_say(finding, CVG_READY, CVG_FAULT_NONE, CVG_PROM_REASON_NO_ALERTS);
        cvg_kit_text_add(&text, has_watchdog(keys) ? "no alert matches, and the watchdog fires"
                                                   : "no alert matches");
        finding->reading.observed = "none";
    }
}

static void conclude_alerts(const struct cvg_prom_inquiry *inquiry, struct cvg_prom_held *held)
{
    const struct cvg_prom_alerts *keys = inquiry->config->alerts;
    const struct cvg_prom_part *part = &held->parts[ASK_MATCHING];
    struct cvg_prom_finding *finding = &held->finding;
    int watched = has_watchdog(keys);
    finding->reading.expected = "no alert";
    finding->partial = part->partial;
    if (part->status != CVG_READY) {
        struct cvg_kit_text text =
            cvg_prom_finding_say(finding, CVG_UNKNOWN, part->fault, part->reason);
        cvg_kit_text_add(&text, part->problem);
        return;
    }
    if (part->counts[FIRING] > 0) {
        say_alerts(finding, part, CVG_FAILED, CVG_PROM_REASON_ALERTS_FIRING, part->counts[FIRING],
                   "firing");
    } else if (part->partial) {
        struct cvg_kit_text text = cvg_prom_finding_say(finding, CVG_UNKNOWN, CVG_FAULT_NONE,
                                                        CVG_PROM_REASON_PARTIAL_DATA);
        cvg_kit_text_add(&text, "no alert fires, but the source could not look everywhere");
    } else if (!watched || !watchdog_is_silent(held)) {
        judge_counts(keys, part, finding);
    }
    finding->reading.value = (double)part->counts[FIRING];
    finding->reading.has_value = finding->reading.fault == CVG_FAULT_NONE;
    cvg_prom_finding_count(finding, "firing", part->counts[FIRING]);
    cvg_prom_finding_count(finding, "pending", part->counts[PENDING]);
    cvg_prom_finding_count(finding, "silenced", part->counts[SILENCED]);
    cvg_prom_finding_count(finding, "inhibited", part->counts[INHIBITED]);
}

const struct cvg_prom_kind cvg_prom_kind_alerts = {
    .key = "alerts", .plan = plan_alerts, .take = take_alerts, .conclude = conclude_alerts};
