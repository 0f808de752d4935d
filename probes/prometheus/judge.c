/* SPDX-License-Identifier: Apache-2.0 */
/* Reducing, holding against the conditions, and saying so; see judge.h. */
#include "judge.h"

#include <math.h>
#include <string.h>

enum {
    LABEL_FACTS = 8,
    LABEL_NAME_LIMIT = 80,
    LABEL_VALUE_LIMIT = 128
};

/* ---- one value ---- */

/* Worst first, so that `all` is the lowest and `any` the highest grade of the elements. */
enum grade {
    GRADE_FAILED = 0,
    GRADE_NAN,
    GRADE_INFINITE,
    GRADE_DEGRADED,
    GRADE_READY,
};

static enum grade grade_of(const struct cvg_prom_plan *plan, double value)
{
    if (isnan(value)) {
        return GRADE_NAN;
    }
    enum grade grade = GRADE_FAILED;
    if (cvg_kit_condition_holds(&plan->ready, value)) {
        grade = GRADE_READY;
    } else if (plan->has_degraded && cvg_kit_condition_holds(&plan->degraded, value)) {
        grade = GRADE_DEGRADED;
    }
    return grade != GRADE_FAILED && isinf(value) ? GRADE_INFINITE : grade;
}

static uint32_t status_of(enum grade grade)
{
    static const uint32_t statuses[] = {CVG_FAILED, CVG_UNKNOWN, CVG_UNKNOWN, CVG_DEGRADED,
                                        CVG_READY};
    return statuses[grade];
}

static enum cvg_prom_reason reason_of(enum grade grade)
{
    static const enum cvg_prom_reason reasons[] = {
        CVG_PROM_REASON_CONDITION_NOT_MET, CVG_PROM_REASON_NOT_A_NUMBER, CVG_PROM_REASON_NOT_FINITE,
        CVG_PROM_REASON_IN_DEGRADED_RANGE, CVG_PROM_REASON_CONDITION_MET};

    return reasons[grade];
}

/* ---- reducing ---- */

struct reduced {
    double value;
    enum grade grade;
    const struct cvg_prom_element *element; /* the one that decided; NULL: all of them did */
    size_t not_ready;                       /* all, any: how many */
};

/* all: the worst element, any: the best one; of equal grade the one furthest away, or nearest. */
static struct reduced reduce_each(const struct cvg_prom_plan *plan,
                                  const struct cvg_prom_answer *answer, int worst)
{
    struct reduced reduced = {0};
    double distance = 0;
    for (size_t i = 0; i < answer->count; i++) {
        const struct cvg_prom_element *element = &answer->elements[i];
        enum grade grade = grade_of(plan, element->value);
        double away = cvg_kit_condition_distance(&plan->ready, element->value);
        int better = grade != reduced.grade ? (grade < reduced.grade) == worst
                                            : (worst ? away > distance : away < distance);
        reduced.not_ready += grade != GRADE_READY;
        if (reduced.element == NULL || better) {
            reduced.element = element;
            reduced.grade = grade;
            reduced.value = element->value;
            distance = away;
        }
    }
    return reduced;
}

/* min and max: one that is not a number leaves open what the extreme is. */
static struct reduced reduce_extreme(const struct cvg_prom_answer *answer, int highest)
{
    struct reduced reduced = {0};
    for (size_t i = 0; i < answer->count; i++) {
        const struct cvg_prom_element *element = &answer->elements[i];
        if (reduced.element == NULL || isnan(element->value) ||
            (highest ? element->value > reduced.value : element->value < reduced.value)) {
            reduced.element = element;
            reduced.value = element->value;
        }
        if (isnan(element->value)) {
            break;
        }
    }
    return reduced;
}

static struct reduced reduce(const struct cvg_prom_check_config *config,
                             const struct cvg_prom_plan *plan, const struct cvg_prom_answer *answer)
{
    struct reduced reduced = {0};
    switch (config->reduce) {
    case CVG_PROM_ALL:
    case CVG_PROM_ANY:
        return reduce_each(plan, answer, config->reduce == CVG_PROM_ALL);
    case CVG_PROM_MIN:
    case CVG_PROM_MAX:
        reduced = reduce_extreme(answer, config->reduce == CVG_PROM_MAX);
        break;
    case CVG_PROM_SUM:
    case CVG_PROM_AVG:
        for (size_t i = 0; i < answer->count; i++) {
            reduced.value += answer->elements[i].value;
        }
        if (config->reduce == CVG_PROM_AVG) {
            reduced.value /= (double)answer->count;
        }
        break;
    case CVG_PROM_COUNT:
        reduced.value = (double)answer->count;
        break;
    default:
        reduced.element = &answer->elements[0];
        reduced.value = answer->elements[0].value;
        break;
    }
    reduced.grade = grade_of(plan, reduced.value);
    return reduced;
}

/* ---- labels ---- */

struct labels {
    struct cvg_prom_finding *finding;
    size_t count;
};

static int add_label(void *arg, const char *name, const char *value, size_t value_length)
{
    struct labels *labels = arg;
    char path[LABEL_NAME_LIMIT], words[LABEL_VALUE_LIMIT];
    struct cvg_kit_text text;
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    /* From Prometheus 3 on any text may be a label's name; a fact's may not. */
    if (name[strspn(name, allowed)] != '\0') {
        return 0;
    }
    cvg_kit_text_init(&text, path, sizeof(path));
    cvg_kit_text_add(&text, "label.");
    cvg_kit_text_add(&text, name);
    if (text.cut) {
        return 0;
    }
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_evidence(&text, value, value_length, value_length);
    cvg_prom_finding_fact(labels->finding, path, words, CVG_FACT_STRING);
    return ++labels->count == LABEL_FACTS;
}

/* ---- words ---- */

static void add_value(struct cvg_kit_text *text, double value,
                      const struct cvg_prom_finding *finding,
                      const struct cvg_prom_check_config *config)
{
    cvg_kit_text_add(text, finding->observed); /* writing a number takes longer than reading it */
    switch (finding->reading.status) {
    case CVG_READY:
        cvg_kit_text_add(text, ", as wanted: ");
        cvg_kit_text_add(text, config->ready);
        break;
    case CVG_DEGRADED:
        cvg_kit_text_add(text, ", wanted ");
        cvg_kit_text_add(text, config->ready);
        cvg_kit_text_add(text, ", still tolerated as degraded: ");
        cvg_kit_text_add(text, config->degraded);
        break;
    case CVG_UNKNOWN:
        cvg_kit_text_add(text, isnan(value) ? ": nothing to judge, as without traffic; wanted "
                                            : ", which proves nothing; wanted ");
        cvg_kit_text_add(text, config->ready);
        break;
    default:
        cvg_kit_text_add(text, ", wanted ");
        cvg_kit_text_add(text, config->ready);
        break;
    }
}

/* What the value is of: "the maximum of 5 series", or nothing for a single one. */
static void describe_reducer(struct cvg_kit_text *text, uint32_t reduce, size_t count,
                             size_t not_ready)
{
    static const char *const words[] = {"minimum", "maximum", "sum", "average"};
    if (reduce == CVG_PROM_COUNT) {
        cvg_kit_text_add(text, "the number of series");
    } else if (reduce >= CVG_PROM_MIN) {
        cvg_kit_text_format(text, "the %s of %zu series", words[reduce - CVG_PROM_MIN], count);
    } else if (reduce != CVG_PROM_SINGLE && count > 1) {
        const char *which = reduce == CVG_PROM_ALL ? "worst:" : "best:";
        cvg_kit_text_format(text, "%zu of %zu series are as wanted, %s ", count - not_ready, count,
                            not_ready == 0 ? "such as" : which);
    }
}

/* Whose value it is: `up{job="api"}`, where that is one series and it has labels. */
static void describe_element(struct cvg_kit_text *text, const struct cvg_prom_answer *answer,
                             const struct cvg_prom_element *element, int in_commas)
{
    char words[512];
    struct cvg_kit_text labels;
    cvg_kit_text_init(&labels, words, sizeof(words));
    cvg_prom_answer_describe(answer, element, &labels);
    if (labels.length > 0) {
        cvg_kit_text_add(text, in_commas ? ", " : "");
        cvg_kit_text_add(text, words);
        cvg_kit_text_add(text, in_commas ? "," : "");
    }
}

static void describe_subject(struct cvg_kit_text *text, uint32_t reducer,
                             const struct cvg_prom_answer *answer, const struct reduced *reduced)
{
    describe_reducer(text, reducer, answer->count, reduced->not_ready);
    if (reduced->element != NULL) {
        describe_element(text, answer, reduced->element, reducer >= CVG_PROM_MIN);
    }
    cvg_kit_text_add(text, text->length > 0 ? " is " : "the value is ");
}

/* ---- judging ---- */

static void judge_empty(const struct cvg_prom_check_config *config,
                        const struct cvg_prom_answer *answer, struct cvg_prom_finding *ret)
{
    ret->reading.observed = "no series";
    if (answer->partial) {
        struct cvg_kit_text text =
            cvg_prom_finding_say(ret, CVG_UNKNOWN, CVG_FAULT_NONE, CVG_PROM_REASON_PARTIAL_DATA);
        cvg_kit_text_add(&text, "no series, but the source could not look everywhere");
        if (answer->warning[0] != '\0') {
            cvg_kit_text_add(&text, ": ");
            cvg_kit_text_add(&text, answer->warning);
        }
        return;
    }
    struct cvg_kit_text text = cvg_prom_finding_say(ret, cvg_prom_stand_in(config->on_empty),
                                                    CVG_FAULT_NONE, CVG_PROM_REASON_NO_DATA);
    cvg_kit_text_add(&text, "the query answered no series");
    cvg_kit_text_add(&text, config->on_empty == CVG_PROM_READY ? ", which on_empty takes as ready"
                            : config->on_empty == CVG_PROM_FAILED
                                ? ", which on_empty takes as failed"
                                : "");
}

static void judge_many(const struct cvg_prom_answer *answer, struct cvg_prom_finding *ret)
{
    struct cvg_kit_text text =
        cvg_prom_finding_say(ret, CVG_UNKNOWN, CVG_FAULT_REQUEST, CVG_PROM_REASON_MANY_SERIES);
    cvg_kit_text_format(&text,
                        "the query answered %zu series, one was wanted: aggregate in the "
                        "query or set reduce; the first is ",
                        answer->count);
    cvg_prom_answer_describe(answer, &answer->elements[0], &text);
    struct cvg_kit_text observed;
    cvg_kit_text_init(&observed, ret->observed, sizeof(ret->observed));
    cvg_kit_text_format(&observed, "%zu series", answer->count);
    ret->reading.observed = ret->observed;
}

static void judge_value(const struct cvg_prom_check_config *config,
                        const struct cvg_prom_plan *plan, const struct cvg_prom_answer *answer,
                        struct cvg_prom_finding *ret)
{
    struct reduced reduced = reduce(config, plan, answer);
    struct cvg_kit_text observed,
        text = cvg_prom_finding_say(ret, status_of(reduced.grade), CVG_FAULT_NONE,
                                    reason_of(reduced.grade));
    cvg_kit_text_init(&observed, ret->observed, sizeof(ret->observed));
    cvg_kit_text_number(&observed, reduced.value);
    describe_subject(&text, config->reduce, answer, &reduced);
    add_value(&text, reduced.value, ret, config);
    ret->reading.observed = ret->observed;
    ret->reading.value = reduced.value;
    ret->reading.has_value = isfinite(reduced.value) != 0;
    /* NaN and infinity have no number syntax in JSON. */
    cvg_prom_finding_fact(ret, "value", ret->observed,
                          ret->reading.has_value ? CVG_FACT_NUMBER : CVG_FACT_STRING);
}

void cvg_prom_judge(const struct cvg_prom_check_config *config, const struct cvg_prom_plan *plan,
                    const struct cvg_prom_answer *answer, struct cvg_prom_finding *ret)
{
    if (answer->fault != CVG_FAULT_NONE) {
        cvg_prom_finding_unknown(ret, answer->fault, answer->reason, answer->problem);
        ret->reading.expected = config->ready;
        return;
    }
    cvg_prom_finding_begin(ret);
    ret->reading.expected = config->ready;
    ret->partial = answer->partial;
    memcpy(ret->warning, answer->warning, sizeof(ret->warning));
    if (answer->count == 0) {
        judge_empty(config, answer, ret);
    } else if (answer->count > 1 && config->reduce == CVG_PROM_SINGLE) {
        judge_many(answer, ret);
    } else {
        judge_value(config, plan, answer, ret);
    }
    cvg_prom_finding_count(ret, "elements", answer->count);
    if (answer->warnings > 0) {
        cvg_prom_finding_count(ret, "warnings", answer->warnings);
    }
    if (answer->count == 1) {
        struct labels labels = {.finding = ret};
        cvg_prom_answer_labels(answer, answer->elements[0].labels, add_label, &labels);
    }
}
