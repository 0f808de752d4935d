/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of kind `slo`: how fast the error budget of one objective burns, in the standard pairs of
 * a long and a short window.
 *
 *   budget B = 1 - objective; burn rate of a window = errors / total / B
 *   a pair fires when both of its windows burn faster than its factor
 *   factor = the share of the budget that may go in the long window * period / long window,
 *   so 14.4, 6, 3 and 1 for 30 days
 *
 * One window that cannot be told leaves its pair open, unless the other is known to burn slowly:
 *
 *   a paging pair fires                    failed, BudgetBurningFast
 *   a pair is open                         unknown, with the reason of its window; for want of
 *                                          traffic: on_low_volume, LowVolume
 *   budget: enforce, and none is left      failed, BudgetSpent
 *   a ticket pair fires                    degraded, BudgetBurningSlowly
 *   budget: enforce, under a tenth left    degraded, BudgetLow
 *   none of it                             ready, WithinBudget
 */
#include "compose.h"
#include "inquiry.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

#define PLACEHOLDER "$window"

static const char *const windows[] = {"5m", "30m", "1h", "2h", "6h", "1d", "3d"};

enum {
    WINDOWS = sizeof(windows) / sizeof(windows[0]),
    PERIOD = WINDOWS /* asked for behind the windows */
};

static const struct pair {
    size_t longer, shorter; /* of the windows */
    double hours;           /* of the longer */
    double spent;           /* share of the budget that is spent in it at the factor's speed */
    int pages;
} pairs[] = {
    {2, 0, 1, 0.02, 1},
    {4, 1, 6, 0.05, 1},
    {5, 3, 24, 0.10, 0},
    {6, 4, 72, 0.10, 0},
};

enum {
    PAIRS = sizeof(pairs) / sizeof(pairs[0])
};

static const char *const budget_choices[] = {"off", "report", "enforce", NULL};

const struct cvg_field cvg_prom_slo_fields[] = {
    {.name = "objective",
     .doc = "The share of events that must be good over the period, in percent.",
     .example = "99.9%",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_slo, objective),
     .max = 32},
    {.name = "period",
     .doc = "What the objective is about.",
     .default_text = "30d",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_prom_slo, period),
     .min = INT64_C(7) * 86400 * 1000000000,
     .max = INT64_C(366) * 86400 * 1000000000},
    {.name = "errors",
     .doc = "A query for one number, the events that failed in $window, which is replaced by 5m, "
            "1h and so on. Recording rules are cheaper: shop:errors:increase$window.",
     .example = "sum(increase(http_requests_total{code=~\"5..\"}[$window])) or vector(0)",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_slo, errors),
     .max = 65536},
    {.name = "total",
     .doc = "The same for all events. Never guard it with `or vector(0)`.",
     .example = "sum(increase(http_requests_total[$window]))",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_slo, total),
     .max = 65536},
    {.name = "budget",
     .doc = "Whether the budget left over the whole period is asked for: report makes it a fact, "
            "enforce also fails the check when it is spent and degrades it under a tenth.",
     .default_text = "report",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_prom_slo, budget),
     .choices = budget_choices},
    {0},
};

/* ---- planning ---- */

static double factor_of(const struct pair *pair, const struct cvg_prom_slo *keys)
{
    return pair->spent * ((double)keys->period / 3.6e12) / pair->hours;
}

/* "99.9%"; 0 where it is not such a thing. */
static double parse_objective(const char *text)
{
    double percent = 0;
    size_t length = strlen(text);
    if (length < 2 || text[length - 1] != '%' || cvg_parse_double(text, length - 1, &percent) < 0 ||
        !(percent > 0 && percent <= 99.9999999)) {
        return 0;
    }
    return percent;
}

static void plan_budget(struct cvg_prom_planning *planning, const struct cvg_prom_slo *keys)
{
    if (planning->words == CVG_PROM_AS_WRITTEN && strstr(keys->objective, "${") != NULL) {
        return;
    }
    double percent = parse_objective(keys->objective);
    if (!(percent > 0)) {
        cvg_prom_planning_refuse(planning, "slo.objective",
                                 "must be between 0% and 100%, such as 99.9%");
        return;
    }
    /* 100 - 99.9 is 0.1 but for what doubles cannot hold. */
    double budget = (double)(int64_t)((100 - percent) * 1e9 + 0.5) / 1e11;
    double factor = factor_of(&pairs[0], keys);
    planning->inquiry->budget = budget;
    if (factor * budget >= 1) {
        char words[256];
        struct cvg_kit_text text;
        cvg_kit_text_init(&text, words, sizeof(words));
        cvg_kit_text_add(&text, "leaves a budget of which ");
        cvg_kit_text_number(&text, factor);
        cvg_kit_text_add(&text, " times is over 100%, so that the alarm over 1h could never "
                                "ring: raise the objective over ");
        cvg_kit_text_number(&text, 100 - 100 / factor);
        cvg_kit_text_add(&text, "%, or shorten the period");
        cvg_prom_planning_refuse(planning, "slo.objective", words);
    }
}

static void want(struct cvg_prom_planning *planning, const char *template, const char *window)
{
    struct cvg_prom_string query = {0};
    cvg_prom_string_fill(&query, template, PLACEHOLDER, window);
    cvg_prom_planning_want(planning, CVG_PROM_QUERY, cvg_prom_string_take(&query));
}

static void plan_slo(struct cvg_prom_planning *planning)
{
    const struct cvg_prom_inquiry *inquiry = planning->inquiry;
    const struct cvg_prom_slo *keys = inquiry->config->slo;
    char period[CVG_NUMBER_TEXT];
    if (inquiry->flavour->paths[CVG_PROM_QUERY] == NULL) {
        cvg_prom_planning_refuse(planning, "slo",
                                 "cannot be asked of an Alertmanager, which answers `alerts` only");
        return;
    }
    cvg_prom_planning_template(planning, "slo.errors", keys->errors, PLACEHOLDER);
    cvg_prom_planning_template(planning, "slo.total", keys->total, PLACEHOLDER);
    plan_budget(planning, keys);
    for (size_t i = 0; i < WINDOWS; i++) {
        want(planning, keys->errors, windows[i]);
        want(planning, keys->total, windows[i]);
    }
    if (keys->budget != CVG_PROM_BUDGET_OFF) {
        (void)cvg_format_duration(keys->period, period, sizeof(period));
        want(planning, keys->errors, period);
        want(planning, keys->total, period);
    }
}

static void take_slo(const struct cvg_prom_inquiry *inquiry, size_t which,
                     const struct cvg_prom_answer *answer, struct cvg_prom_held *held)
{
    char what[64];
    struct cvg_kit_text text;
    (void)inquiry;
    cvg_kit_text_init(&text, what, sizeof(what));
    cvg_kit_text_format(&text, "%s over %s", which % 2 == 0 ? "errors" : "total",
                        which / 2 < WINDOWS ? windows[which / 2] : "the period");
    cvg_prom_part_amount(answer, what, &held->parts[which]);
    held->finding.partial |= answer->partial;
    if (answer->warning[0] != '\0' && held->finding.warning[0] == '\0') {
        memcpy(held->finding.warning, answer->warning, sizeof(held->finding.warning));
    }
}

/* ---- judging ---- */

struct burn {
    double rate;
    const struct cvg_prom_part *against; /* why there is none; NULL: there is */
    int idle;                            /* it is for want of traffic */
};

struct outlook {
    const struct cvg_prom_inquiry *inquiry;
    struct burn burns[WINDOWS + 1];
    const struct pair *page, *ticket; /* the first that fires */
    const struct burn *open;          /* that cannot be told */
    double worst;                     /* how near the nearest pair is to firing: at 1 it does */
};

static struct burn burn_of(const struct outlook *outlook, const struct cvg_prom_part *parts)
{
    const struct cvg_prom_part *errors = &parts[0], *total = &parts[1];
    if (total->status != CVG_READY) {
        return (struct burn){.against = total};
    }
    if (!(total->value > 0)) {
        return (struct burn){.against = total, .idle = !total->partial};
    }
    if (errors->status != CVG_READY) {
        return (struct burn){.against = errors};
    }
    return (struct burn){.rate = cvg_prom_part_ratio(errors, total) / outlook->inquiry->budget};
}

static void look_at_pair(struct outlook *outlook, const struct pair *pair)
{
    const struct burn *longer = &outlook->burns[pair->longer];
    const struct burn *shorter = &outlook->burns[pair->shorter];
    double factor = factor_of(pair, outlook->inquiry->config->slo);
    int slow = (longer->against == NULL && !(longer->rate > factor)) ||
               (shorter->against == NULL && !(shorter->rate > factor));
    if (longer->against == NULL && shorter->against == NULL) {
        double rate = longer->rate < shorter->rate ? longer->rate : shorter->rate;
        outlook->worst = rate / factor > outlook->worst ? rate / factor : outlook->worst;
    } else if (!slow) {
        const struct burn *blind = longer->against != NULL ? longer : shorter;
        /* Want of traffic is the lesser evil: it must not hide that something is broken. */
        if (outlook->open == NULL || (outlook->open->idle && !blind->idle)) {
            outlook->open = blind;
        }
        return;
    }
    const struct pair **fires = pair->pages ? &outlook->page : &outlook->ticket;
    if (!slow && *fires == NULL) {
        *fires = pair;
    }
}

static void say_burning(const struct outlook *outlook, const struct pair *pair, uint32_t status,
                        enum cvg_prom_reason reason, struct cvg_prom_finding *finding)
{
    struct cvg_kit_text text = cvg_prom_finding_say(finding, status, CVG_FAULT_NONE, reason);
    struct cvg_kit_text observed, expected;
    cvg_kit_text_init(&observed, finding->observed, sizeof(finding->observed));
    cvg_kit_text_number(&observed, outlook->burns[pair->longer].rate);
    cvg_kit_text_format(&observed, " over %s", windows[pair->longer]);
    finding->reading.observed = finding->observed;
    cvg_kit_text_init(&expected, finding->expected, sizeof(finding->expected));
    cvg_kit_text_add(&expected, "at most ");
    cvg_kit_text_number(&expected, factor_of(pair, outlook->inquiry->config->slo));
    finding->reading.expected = finding->expected;
    cvg_kit_text_add(&text, "the error budget burns at a rate of ");
    cvg_kit_text_add(&text, finding->observed);
    cvg_kit_text_add(&text, " and ");
    cvg_kit_text_number(&text, outlook->burns[pair->shorter].rate);
    cvg_kit_text_format(&text, " over %s, ", windows[pair->shorter]);
    cvg_kit_text_add(&text, finding->expected);
    cvg_kit_text_add(&text, " is tolerated");
}

/* For another cause than want of traffic. */
static void say_blind(const struct cvg_prom_part *part, struct cvg_prom_finding *finding)
{
    int told = part->status != CVG_READY;
    struct cvg_kit_text text =
        cvg_prom_finding_say(finding, CVG_UNKNOWN, told ? part->fault : CVG_FAULT_NONE,
                             told ? part->reason : CVG_PROM_REASON_PARTIAL_DATA);
    cvg_kit_text_add(&text,
                     told ? part->problem : "no traffic, but the source could not look everywhere");
}

/* Nonzero where it decides. */
static int say_open(const struct outlook *outlook, struct cvg_prom_finding *finding)
{
    const struct burn *open = outlook->open;
    uint32_t choice = outlook->inquiry->config->on_low_volume;
    if (open == NULL || (open->idle && choice == CVG_PROM_READY)) {
        return 0;
    }
    if (!open->idle) {
        say_blind(open->against, finding);
        return 1;
    }
    struct cvg_kit_text text = cvg_prom_finding_say(finding, cvg_prom_stand_in(choice),
                                                    CVG_FAULT_NONE, CVG_PROM_REASON_LOW_VOLUME);
    finding->reading.observed = "no traffic";
    cvg_kit_text_format(&text, "there was no traffic over %s",
                        windows[(size_t)(open - outlook->burns)]);
    cvg_kit_text_add(&text, choice == CVG_PROM_FAILED ? ", which on_low_volume takes as failed"
                                                      : ", so that nothing burns or heals");
    return 1;
}

/* Nonzero where it decides. least: the budget that must be left. */
static int say_budget(const struct outlook *outlook, double least, struct cvg_prom_finding *finding)
{
    const struct burn *period = &outlook->burns[PERIOD];
    double left = 1 - period->rate;
    if (outlook->inquiry->config->slo->budget != CVG_PROM_BUDGET_ENFORCE || period->idle ||
        (period->against == NULL && !(left < least))) {
        return 0;
    }
    if (period->against != NULL) {
        say_blind(period->against, finding);
        return 1;
    }
    int spent = left < 0;
    struct cvg_kit_text text =
        cvg_prom_finding_say(finding, spent ? CVG_FAILED : CVG_DEGRADED, CVG_FAULT_NONE,
                             spent ? CVG_PROM_REASON_BUDGET_SPENT : CVG_PROM_REASON_BUDGET_LOW);
    cvg_kit_text_number(&text, left * 100);
    cvg_kit_text_add(&text, "% of the period's error budget is left");
    return 1;
}

static void say_fine(const struct outlook *outlook, struct cvg_prom_finding *finding)
{
    struct cvg_kit_text text = cvg_prom_finding_say(
        finding, CVG_READY, CVG_FAULT_NONE,
        outlook->open != NULL ? CVG_PROM_REASON_LOW_VOLUME : CVG_PROM_REASON_WITHIN_BUDGET);
    struct cvg_kit_text observed;
    cvg_kit_text_add(&text, "no pair of windows burns the error budget too fast; the nearest is "
                            "at ");
    cvg_kit_text_number(&text, outlook->worst * 100);
    cvg_kit_text_add(&text, "% of what is tolerated");
    if (outlook->open != NULL) {
        cvg_kit_text_add(&text, "; no traffic, which on_low_volume takes as ready");
    }
    cvg_kit_text_init(&observed, finding->observed, sizeof(finding->observed));
    cvg_kit_text_number(&observed, outlook->worst * 100);
    cvg_kit_text_add(&observed, "% of the limit");
    finding->reading.observed = finding->observed;
}

static void add_facts(const struct outlook *outlook, struct cvg_prom_finding *finding)
{
    for (size_t i = 0; i < WINDOWS; i++) {
        if (outlook->burns[i].against == NULL) {
            char name[32];
            struct cvg_kit_text text;
            cvg_kit_text_init(&text, name, sizeof(name));
            cvg_kit_text_format(&text, "burn_%s", windows[i]);
            cvg_prom_finding_number(finding, name, outlook->burns[i].rate);
        }
    }
    if (outlook->inquiry->config->slo->budget != CVG_PROM_BUDGET_OFF &&
        outlook->burns[PERIOD].against == NULL) {
        cvg_prom_finding_number(finding, "budget_left", 1 - outlook->burns[PERIOD].rate);
    }
}

static void conclude_slo(const struct cvg_prom_inquiry *inquiry, struct cvg_prom_held *held)
{
    struct outlook outlook = {.inquiry = inquiry};
    struct cvg_prom_finding *finding = &held->finding;
    size_t count = inquiry->own / 2;
    for (size_t i = 0; i < count; i++) {
        outlook.burns[i] = burn_of(&outlook, &held->parts[2 * i]);
    }
    for (size_t i = 0; i < PAIRS; i++) {
        look_at_pair(&outlook, &pairs[i]);
    }
    finding->reading.expected = "burn rates within their limits";
    if (outlook.page != NULL) {
        say_burning(&outlook, outlook.page, CVG_FAILED, CVG_PROM_REASON_BUDGET_BURNING_FAST,
                    finding);
    } else if (!say_open(&outlook, finding) && !say_budget(&outlook, 0, finding)) {
        if (outlook.ticket != NULL) {
            say_burning(&outlook, outlook.ticket, CVG_DEGRADED,
                        CVG_PROM_REASON_BUDGET_BURNING_SLOWLY, finding);
        } else if (!say_budget(&outlook, 0.1, finding)) {
            say_fine(&outlook, finding);
        }
    }
    finding->reading.value = outlook.worst;
    finding->reading.has_value = finding->reading.status != CVG_UNKNOWN;
    add_facts(&outlook, finding);
}

const struct cvg_prom_kind cvg_prom_kind_slo = {
    .key = "slo", .guarded = 1, .plan = plan_slo, .take = take_slo, .conclude = conclude_slo};
