/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of kind `rules`: the rules exist, can be evaluated, and were lately. An alert that does
 * not fire may be one whose rule is broken or gone.
 *
 * All rules of a source are asked for, and looked through here: a filter by name came later than
 * the servers that are still in use, which ignore it. Of several problems the worst is said.
 */
#include "compose.h"
#include "inquiry.h"

#include <convergate/number.h>

#include <string.h>

/* Worst last. */
enum problem {
    PROBLEM_NONE = 0,
    PROBLEM_FIRING_DEGRADED,
    PROBLEM_NOT_EVALUATED,
    PROBLEM_FIRING,
    PROBLEM_OVERDUE,
    PROBLEM_BROKEN,
    PROBLEM_MISSING
};

static const char *const firing_choices[] = {"ignore", "degraded", "failed", NULL};

const struct cvg_field cvg_prom_rules_fields[] = {
    {.name = "names",
     .doc = "The rules, alerting or recording. All of the group where left out.",
     .example = "[HighErrorRate, \"job:errors:ratio_5m\"]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_rules, names),
     .max = 256},
    {.name = "group",
     .doc = "The group that they are in. Any where left out.",
     .example = "shop",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_rules, group),
     .max = 1024},
    {.name = "max_age",
     .doc = "How long ago the last evaluation may be. Three of the group's intervals where left "
            "out, and at least 1m.",
     .example = "5m",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_prom_rules, max_age),
     .min = 1000000000,
     .max = INT64_MAX},
    {.name = "on_firing",
     .doc = "What it means that one of them is an alert that fires.",
     .default_text = "ignore",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_prom_rules, on_firing),
     .choices = firing_choices},
    {0},
};

static void plan_rules(struct cvg_prom_planning *planning)
{
    const struct cvg_prom_inquiry *inquiry = planning->inquiry;
    const struct cvg_prom_rules *keys = inquiry->config->rules;
    if (inquiry->flavour->paths[CVG_PROM_RULES] == NULL) {
        cvg_prom_planning_refuse(planning, "rules",
                                 "cannot be asked of this flavour: rules are a "
                                 "Prometheus's, Thanos's, Mimir's or vmalert's");
        return;
    }
    if (keys->names.count == 0 && keys->group == NULL) {
        cvg_prom_planning_refuse(planning, "rules", "needs names, group or both");
        return;
    }
    /* One text for all checks of a source, so that they share the answer. */
    struct cvg_prom_string string = {0};
    cvg_prom_string_put(&string, "exclude_alerts=true");
    cvg_prom_planning_want(planning, CVG_PROM_RULES, cvg_prom_string_take(&string));
}

/* ---- looking ---- */

struct look {
    const struct cvg_prom_rules *keys;
    const struct cvg_prom_answer *answer;
    int64_t wall_ns;
    size_t looked_at;
    enum problem problem;
    const struct cvg_prom_rule *rule; /* that has it; NULL: it is missing */
    const char *name;                 /* that was looked for; NULL: any of the group */
    int64_t age_ns, limit_ns;         /* of an overdue one */
};

static enum problem problem_of(const struct look *look, const struct cvg_prom_rule *rule,
                               int64_t age_ns, int64_t limit_ns)
{
    if (rule->health == CVG_PROM_RULE_BROKEN) {
        return PROBLEM_BROKEN;
    }
    if (rule->evaluated_ns == CVG_ABSENT_INT || rule->health == CVG_PROM_RULE_UNKNOWN) {
        return PROBLEM_NOT_EVALUATED;
    }
    if (age_ns > limit_ns) {
        return PROBLEM_OVERDUE;
    }
    if (rule->firing && look->keys->on_firing != CVG_PROM_FIRING_IGNORE) {
        return look->keys->on_firing == CVG_PROM_FIRING_FAILED ? PROBLEM_FIRING
                                                               : PROBLEM_FIRING_DEGRADED;
    }
    return PROBLEM_NONE;
}

static void look_at(struct look *look, const struct cvg_prom_rule *rule)
{
    const int64_t least = INT64_C(60) * 1000000000;
    int64_t limit_ns = rule->interval_ns * 3 > least ? rule->interval_ns * 3 : least;
    if (look->keys->max_age != CVG_ABSENT_INT) {
        limit_ns = look->keys->max_age;
    }
    int64_t age_ns = rule->evaluated_ns != CVG_ABSENT_INT ? look->wall_ns - rule->evaluated_ns : 0;
    enum problem problem = problem_of(look, rule, age_ns, limit_ns);
    look->looked_at++;
    if (problem > look->problem) {
        look->problem = problem;
        look->rule = rule;
        look->age_ns = age_ns;
        look->limit_ns = limit_ns;
    }
}

/* All rules of this name (NULL: of any), in the group where one is named. */
static void look_for(struct look *look, const char *name)
{
    const struct cvg_prom_answer *answer = look->answer;
    size_t before = look->looked_at;
    for (size_t i = 0; i < answer->rule_count; i++) {
        const struct cvg_prom_rule *rule = &answer->rules[i];
        if ((name == NULL || cvg_prom_answer_is(answer, rule->name, name)) &&
            (look->keys->group == NULL ||
             cvg_prom_answer_is(answer, rule->group, look->keys->group))) {
            look_at(look, rule);
        }
    }
    if (look->looked_at == before && look->problem < PROBLEM_MISSING) {
        look->problem = PROBLEM_MISSING;
        look->rule = NULL;
        look->name = name;
    }
}

/* ---- saying ---- */

static const struct {
    uint32_t status;
    enum cvg_prom_reason reason;
    const char *words, *observed;
} sayings[] = {
    [PROBLEM_NONE] = {CVG_READY, CVG_PROM_REASON_RULES_HEALTHY, "", "healthy"},
    [PROBLEM_FIRING_DEGRADED] = {CVG_DEGRADED, CVG_PROM_REASON_RULE_FIRING, "fires", "firing"},
    [PROBLEM_NOT_EVALUATED] = {CVG_UNKNOWN, CVG_PROM_REASON_RULE_NOT_EVALUATED,
                               "has not been evaluated yet", "not evaluated"},
    [PROBLEM_FIRING] = {CVG_FAILED, CVG_PROM_REASON_RULE_FIRING, "fires", "firing"},
    [PROBLEM_OVERDUE] = {CVG_FAILED, CVG_PROM_REASON_RULE_OVERDUE, "was last evaluated", "overdue"},
    [PROBLEM_BROKEN] = {CVG_FAILED, CVG_PROM_REASON_RULE_BROKEN, "cannot be evaluated", "broken"},
    [PROBLEM_MISSING] = {CVG_FAILED, CVG_PROM_REASON_RULE_MISSING, "does not exist", "missing"},
};

static void add_duration(struct cvg_kit_text *text, int64_t ns)
{
    char words[CVG_NUMBER_TEXT];
    /* Whole seconds are enough of an age. */
    (void)cvg_format_duration(ns / 1000000000 * 1000000000, words, sizeof(words));
    cvg_kit_text_add(text, words);
}

static void add_subject(struct cvg_kit_text *text, const struct look *look)
{
    if (look->rule != NULL) {
        cvg_kit_text_add(text, "rule ");
        cvg_prom_answer_quote(look->answer, look->rule->name, 200, text);
    } else if (look->name != NULL) {
        cvg_kit_text_add(text, "rule ");
        cvg_kit_text_evidence(text, look->name, strlen(look->name), 200);
    } else {
        cvg_kit_text_add(text, "a rule");
    }
    if (look->keys->group != NULL) {
        cvg_kit_text_add(text, " of group ");
        cvg_kit_text_evidence(text, look->keys->group, strlen(look->keys->group), 100);
    }
    cvg_kit_text_add(text, " ");
}

static void say(const struct look *look, struct cvg_prom_finding *finding)
{
    struct cvg_kit_text text = cvg_prom_finding_say(finding, sayings[look->problem].status,
                                                    CVG_FAULT_NONE, sayings[look->problem].reason);
    finding->reading.observed = sayings[look->problem].observed;
    if (look->problem == PROBLEM_NONE) {
        cvg_kit_text_format(&text, "%zu %s healthy and evaluated in time", look->looked_at,
                            cvg_plural(look->looked_at, "rule is", "rules are"));
        return;
    }
    add_subject(&text, look);
    cvg_kit_text_add(&text, sayings[look->problem].words);
    if (look->problem == PROBLEM_OVERDUE) {
        cvg_kit_text_add(&text, " ");
        add_duration(&text, look->age_ns);
        cvg_kit_text_add(&text, " ago, at most ");
        add_duration(&text, look->limit_ns);
        cvg_kit_text_add(&text, " are taken");
    } else if (look->problem == PROBLEM_BROKEN && look->rule->error.length > 2) {
        cvg_kit_text_add(&text, ": ");
        cvg_prom_answer_quote(look->answer, look->rule->error, 240, &text);
    }
}

static void take_rules(const struct cvg_prom_inquiry *inquiry, size_t which,
                       const struct cvg_prom_answer *answer, struct cvg_prom_held *held)
{
    (void)which;
    struct look look = {.keys = inquiry->config->rules, .answer = answer, .wall_ns = held->wall_ns};
    struct cvg_prom_finding *finding = &held->finding;
    const char *const *names = look.keys->names.items;
    finding->reading.expected = "healthy";
    if (answer->fault != CVG_FAULT_NONE) {
        struct cvg_kit_text text =
            cvg_prom_finding_say(finding, CVG_UNKNOWN, answer->fault, answer->reason);
        cvg_kit_text_add(&text, answer->problem);
        return;
    }
    for (size_t i = 0; i < look.keys->names.count; i++) {
        look_for(&look, names[i]);
    }
    if (look.keys->names.count == 0) {
        look_for(&look, NULL);
    }
    finding->partial = answer->partial;
    memcpy(finding->warning, answer->warning, sizeof(finding->warning));
    if (answer->partial && look.problem == PROBLEM_MISSING) {
        struct cvg_kit_text text = cvg_prom_finding_say(finding, CVG_UNKNOWN, CVG_FAULT_NONE,
                                                        CVG_PROM_REASON_PARTIAL_DATA);
        add_subject(&text, &look);
        cvg_kit_text_add(&text, "was not found, but the source could not look everywhere");
    } else {
        say(&look, finding);
    }
    cvg_prom_finding_count(finding, "rules", look.looked_at);
}

const struct cvg_prom_kind cvg_prom_kind_rules = {
    .key = "rules", .plan = plan_rules, .take = take_rules};
