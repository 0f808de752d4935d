/* SPDX-License-Identifier: Apache-2.0 */
/* Reducing, holding against the conditions, and saying so; see judge.h. */
#include "judge.h"

#include <convergate/number.h>

#include <math.h>
#include <string.h>

enum {
    LABEL_FACTS = 8,
    LABEL_NAME_LIMIT = 80,
    LABEL_VALUE_LIMIT = 128
};

static const struct {
    const char *code, *meaning, *action;
} entries[] = {

#define CVG_PROM_REASON_ENTRY(constant, code, meaning, action) {code, meaning, action},
    CVG_PROM_REASONS(CVG_PROM_REASON_ENTRY)
#undef CVG_PROM_REASON_ENTRY
};

const char *cvg_prom_reason_code(enum cvg_prom_reason reason)
{
    return entries[reason].code;
}

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
    if (cvg_prom_condition_holds(&plan->ready, value)) {
        grade = GRADE_READY;
    } else if (plan->has_degraded && cvg_prom_condition_holds(&plan->degraded, value)) {
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
        double away = cvg_prom_condition_distance(&plan->ready, element->value);
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

/* ---- facts ---- */

static const char *store(struct cvg_prom_finding *finding, const char *words)
{
    size_t size = strlen(words) + 1;
    if (size > sizeof(finding->store) - finding->store_used) {
        return NULL;
    }
    char *at = finding->store + finding->store_used;
    memcpy(at, words, size);
    finding->store_used += size;
    return at;
}

static void add_fact(struct cvg_prom_finding *finding, const char *name, const char *words,
                     uint32_t kind)
{
    if (finding->reading.fact_count == CVG_PROM_FACT_LIMIT) {
        return;
    }
    const char *kept_name = store(finding, name);
    const char *kept_words = store(finding, words);
    if (kept_name != NULL && kept_words != NULL) {
        finding->facts[finding->reading.fact_count++] =
            (struct cvg_fact){.name = kept_name, .text = kept_words, .kind = kind};
    }
}

/* A finite one. */
static void add_number(struct cvg_prom_finding *finding, const char *name, double value)
{
    char words[CVG_NUMBER_TEXT];
    cvg_format_double(value, words, sizeof(words));
    add_fact(finding, name, words, CVG_FACT_NUMBER);
}

static void add_count(struct cvg_prom_finding *finding, const char *name, size_t count)
{
    char words[32];
    struct cvg_prom_text text;
    cvg_prom_text_init(&text, words, sizeof(words));
    cvg_prom_text_format(&text, "%zu", count);
    add_fact(finding, name, words, CVG_FACT_NUMBER);
}

struct labels {
    struct cvg_prom_finding *finding;
    size_t count;
};

static int add_label(void *arg, const char *name, const char *value, size_t value_length)
{
    struct labels *labels = arg;
    char path[LABEL_NAME_LIMIT], words[LABEL_VALUE_LIMIT];
    struct cvg_prom_text text;
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    /* From Prometheus 3 on any text may be a label's name; a fact's may not. */
    if (name[strspn(name, allowed)] != '\0') {
        return 0;
    }
    cvg_prom_text_init(&text, path, sizeof(path));
    cvg_prom_text_add(&text, "label.");
    cvg_prom_text_add(&text, name);
    if (text.cut) {
        return 0;
    }
    cvg_prom_text_init(&text, words, sizeof(words));
    cvg_prom_text_evidence(&text, value, value_length, value_length);
    add_fact(labels->finding, path, words, CVG_FACT_STRING);
    return ++labels->count == LABEL_FACTS;
}

/* ---- words ---- */

static void add_value(struct cvg_prom_text *text, double value,
                      const struct cvg_prom_finding *finding,
                      const struct cvg_prom_check_config *config)
{
    cvg_prom_text_add(text, finding->observed); /* writing a number takes longer than reading it */
    switch (finding->reading.status) {
    case CVG_READY:
        cvg_prom_text_add(text, ", as wanted: ");
        cvg_prom_text_add(text, config->ready);
        break;
    case CVG_DEGRADED:
        cvg_prom_text_add(text, ", wanted ");
        cvg_prom_text_add(text, config->ready);
        cvg_prom_text_add(text, ", still tolerated as degraded: ");
        cvg_prom_text_add(text, config->degraded);
        break;
    case CVG_UNKNOWN:
        cvg_prom_text_add(text, isnan(value) ? ": nothing to judge, as without traffic; wanted "
                                             : ", which proves nothing; wanted ");
        cvg_prom_text_add(text, config->ready);
        break;
    default:
        cvg_prom_text_add(text, ", wanted ");
        cvg_prom_text_add(text, config->ready);
        break;
    }
}

/* What the value is of: "the maximum of 5 series", or nothing for a single one. */
static void describe_reducer(struct cvg_prom_text *text, uint32_t reduce, size_t count,
                             size_t not_ready)
{
    static const char *const words[] = {"minimum", "maximum", "sum", "average"};
    if (reduce == CVG_PROM_COUNT) {
        cvg_prom_text_add(text, "the number of series");
    } else if (reduce >= CVG_PROM_MIN) {
        cvg_prom_text_format(text, "the %s of %zu series", words[reduce - CVG_PROM_MIN], count);
    } else if (reduce != CVG_PROM_SINGLE && count > 1) {
        const char *which = reduce == CVG_PROM_ALL ? "worst:" : "best:";
        cvg_prom_text_format(text, "%zu of %zu series are as wanted, %s ", count - not_ready, count,
                             not_ready == 0 ? "such as" : which);
    }
}

/* Whose value it is: `up{job="api"}`, where that is one series and it has labels. */
static void describe_element(struct cvg_prom_text *text, const struct cvg_prom_answer *answer,
                             const struct cvg_prom_element *element, int in_commas)
{
    char words[512];
    struct cvg_prom_text labels;
    cvg_prom_text_init(&labels, words, sizeof(words));
    cvg_prom_answer_describe(answer, element, &labels);
    if (labels.length > 0) {
        cvg_prom_text_add(text, in_commas ? ", " : "");
        cvg_prom_text_add(text, words);
        cvg_prom_text_add(text, in_commas ? "," : "");
    }
}

static void describe_subject(struct cvg_prom_text *text, uint32_t reducer,
                             const struct cvg_prom_answer *answer, const struct reduced *reduced)
{
    describe_reducer(text, reducer, answer->count, reduced->not_ready);
    if (reduced->element != NULL) {
        describe_element(text, answer, reduced->element, reducer >= CVG_PROM_MIN);
    }
    cvg_prom_text_add(text, text->length > 0 ? " is " : "the value is ");
}

/* ---- findings ---- */

static struct cvg_prom_text begin_message(struct cvg_prom_finding *finding, uint32_t status,
                                          uint32_t fault, enum cvg_prom_reason reason)
{
    struct cvg_prom_text text;
    finding->reading.status = status;
    finding->reading.fault = fault;
    finding->reading.reason = cvg_prom_reason_code(reason);
    cvg_prom_text_init(&text, finding->message, sizeof(finding->message));
    return text;
}

static void begin(struct cvg_prom_finding *finding)
{
    finding->reading = (struct cvg_reading){.size = sizeof(finding->reading)};
    finding->reading.message = finding->message;
    finding->reading.facts = finding->facts;
    finding->partial = 0;
    finding->warning[0] = finding->message[0] = finding->observed[0] = '\0';
    finding->store_used = 0;
}

void cvg_prom_finding_unknown(struct cvg_prom_finding *finding, uint32_t fault,
                              enum cvg_prom_reason reason, const char *words)
{
    begin(finding);
    struct cvg_prom_text text = begin_message(finding, CVG_UNKNOWN, fault, reason);
    cvg_prom_text_add(&text, words);
}

static uint32_t stand_in(uint32_t choice)
{
    return choice == CVG_PROM_READY    ? (uint32_t)CVG_READY
           : choice == CVG_PROM_FAILED ? (uint32_t)CVG_FAILED
                                       : (uint32_t)CVG_UNKNOWN;
}

static void judge_empty(const struct cvg_prom_check_config *config,
                        const struct cvg_prom_answer *answer, struct cvg_prom_finding *ret)
{
    ret->reading.observed = "no series";
    if (answer->partial) {
        struct cvg_prom_text text =
            begin_message(ret, CVG_UNKNOWN, CVG_FAULT_NONE, CVG_PROM_REASON_PARTIAL_DATA);
        cvg_prom_text_add(&text, "no series, but the source could not look everywhere");
        if (answer->warning[0] != '\0') {
            cvg_prom_text_add(&text, ": ");
            cvg_prom_text_add(&text, answer->warning);
        }
        return;
    }
    struct cvg_prom_text text =
        begin_message(ret, stand_in(config->on_empty), CVG_FAULT_NONE, CVG_PROM_REASON_NO_DATA);
    cvg_prom_text_add(&text, "the query answered no series");
    cvg_prom_text_add(&text, config->on_empty == CVG_PROM_READY ? ", which on_empty takes as ready"
                             : config->on_empty == CVG_PROM_FAILED
                                 ? ", which on_empty takes as failed"
                                 : "");
}

static void judge_many(const struct cvg_prom_answer *answer, struct cvg_prom_finding *ret)
{
    struct cvg_prom_text text =
        begin_message(ret, CVG_UNKNOWN, CVG_FAULT_REQUEST, CVG_PROM_REASON_MANY_SERIES);
    cvg_prom_text_format(&text,
                         "the query answered %zu series, one was wanted: aggregate in the "
                         "query or set reduce; the first is ",
                         answer->count);
    cvg_prom_answer_describe(answer, &answer->elements[0], &text);
    struct cvg_prom_text observed;
    cvg_prom_text_init(&observed, ret->observed, sizeof(ret->observed));
    cvg_prom_text_format(&observed, "%zu series", answer->count);
    ret->reading.observed = ret->observed;
}

static void judge_value(const struct cvg_prom_check_config *config,
                        const struct cvg_prom_plan *plan, const struct cvg_prom_answer *answer,
                        struct cvg_prom_finding *ret)
{
    struct reduced reduced = reduce(config, plan, answer);
    struct cvg_prom_text observed, text = begin_message(ret, status_of(reduced.grade),
                                                        CVG_FAULT_NONE, reason_of(reduced.grade));
    cvg_prom_text_init(&observed, ret->observed, sizeof(ret->observed));
    cvg_prom_text_number(&observed, reduced.value);
    describe_subject(&text, config->reduce, answer, &reduced);
    add_value(&text, reduced.value, ret, config);
    ret->reading.observed = ret->observed;
    ret->reading.value = reduced.value;
    ret->reading.has_value = isfinite(reduced.value) != 0;
    /* NaN and infinity have no number syntax in JSON. */
    add_fact(ret, "value", ret->observed,
             ret->reading.has_value ? CVG_FACT_NUMBER : CVG_FACT_STRING);
}

void cvg_prom_judge(const struct cvg_prom_check_config *config, const struct cvg_prom_plan *plan,
                    const struct cvg_prom_answer *answer, struct cvg_prom_finding *ret)
{
    if (answer->fault != CVG_FAULT_NONE) {
        cvg_prom_finding_unknown(ret, answer->fault, answer->reason, answer->problem);
        return;
    }
    begin(ret);
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
    add_count(ret, "elements", answer->count);
    if (answer->warnings > 0) {
        add_count(ret, "warnings", answer->warnings);
    }
    if (answer->count == 1) {
        struct labels labels = {.finding = ret};
        cvg_prom_answer_labels(answer, &answer->elements[0], add_label, &labels);
    }
}

/* ---- companions ---- */

static void companion_against(struct cvg_prom_companion *companion, uint32_t fault,
                              enum cvg_prom_reason reason, const char *words)
{
    struct cvg_prom_text text;
    companion->status = CVG_UNKNOWN;
    companion->fault = fault;
    companion->reason = reason;
    cvg_prom_text_init(&text, companion->problem, sizeof(companion->problem));
    cvg_prom_text_add(&text, words);
}

static void companion_begin(const struct cvg_prom_answer *answer, struct cvg_prom_companion *ret)
{
    ret->status = CVG_READY;
    ret->fault = CVG_FAULT_NONE;
    ret->partial = answer->partial;
    ret->value = answer->count > 0 ? answer->elements[0].value : 0;
    ret->problem[0] = '\0';
    if (answer->fault != CVG_FAULT_NONE) {
        companion_against(ret, answer->fault, answer->reason, answer->problem);
    }
}

void cvg_prom_judge_volume(const struct cvg_prom_answer *answer, struct cvg_prom_companion *ret)
{
    companion_begin(answer, ret);
    if (ret->status == CVG_READY && (answer->count != 1 || !isfinite(ret->value))) {
        companion_against(ret, CVG_FAULT_NONE, CVG_PROM_REASON_VOLUME_UNKNOWN,
                          answer->count == 0   ? "min_volume: its query answered no series"
                          : answer->count == 1 ? "min_volume: its query answered no finite number"
                                               : "min_volume: its query answered several series");
    }
}

void cvg_prom_judge_age(const struct cvg_prom_check_config *config,
                        const struct cvg_prom_answer *answer, struct cvg_prom_companion *ret)
{
    companion_begin(answer, ret);
    if (ret->status != CVG_READY) {
        return;
    }
    if (answer->count != 1 || !isfinite(ret->value)) {
        companion_against(ret, CVG_FAULT_NONE, CVG_PROM_REASON_SAMPLES_TOO_OLD,
                          "max_sample_age: there is no current sample of these series");
        return;
    }
    /* In seconds, as the source counts; a double holds them far below a nanosecond's worth. */
    double limit = (double)config->max_sample_age / 1e9;
    if (ret->value > limit) {
        char words[96];
        struct cvg_prom_text text;
        cvg_prom_text_init(&text, words, sizeof(words));
        cvg_prom_text_add(&text, "max_sample_age: the oldest sample is ");
        cvg_prom_text_number(&text, ret->value);
        cvg_prom_text_add(&text, " s old, at most ");
        cvg_prom_text_number(&text, limit);
        cvg_prom_text_add(&text, " s are taken");
        companion_against(ret, CVG_FAULT_NONE, CVG_PROM_REASON_SAMPLES_TOO_OLD, words);
    }
}

static void conclude_low_volume(const struct cvg_prom_check_config *config,
                                const struct cvg_prom_companion *volume,
                                struct cvg_prom_finding *finding)
{
    /* A store that is missing makes traffic look lower than it is. */
    uint32_t status = volume->partial ? (uint32_t)CVG_UNKNOWN : stand_in(config->on_low_volume);
    struct cvg_prom_text text =
        begin_message(finding, status, CVG_FAULT_NONE,
                      volume->partial ? CVG_PROM_REASON_PARTIAL_DATA : CVG_PROM_REASON_LOW_VOLUME);
    cvg_prom_text_add(&text, "the volume is ");
    cvg_prom_text_number(&text, volume->value);
    cvg_prom_text_add(&text, ", at least ");
    cvg_prom_text_number(&text, config->min_volume->at_least);
    cvg_prom_text_add(&text, " is needed to judge");
    if (volume->partial) {
        cvg_prom_text_add(&text, ", and the source could not look everywhere");
    } else if (status != CVG_UNKNOWN) {
        cvg_prom_text_add(&text, status == CVG_READY ? "; on_low_volume takes this as ready"
                                                     : "; on_low_volume takes this as failed");
    }
}

static void conclude_partial(struct cvg_prom_finding *finding)
{
    const char *code = cvg_prom_reason_code(CVG_PROM_REASON_PARTIAL_DATA);
    if (finding->reading.reason == code) {
        return; /* it says so already */
    }
    if (finding->reading.status == CVG_READY) {
        finding->reading.status = CVG_DEGRADED;
        finding->reading.reason = code;
    }
    struct cvg_prom_text text = {.data = finding->message,
                                 .size = sizeof(finding->message),
                                 .length = strlen(finding->message)};
    cvg_prom_text_add(&text, "; the source could not look everywhere");
    if (finding->warning[0] != '\0') {
        cvg_prom_text_add(&text, ": ");
        cvg_prom_text_add(&text, finding->warning);
    }
}

void cvg_prom_conclude(const struct cvg_prom_check_config *config,
                       const struct cvg_prom_companion *volume,
                       const struct cvg_prom_companion *age, struct cvg_prom_finding *finding)
{
    const struct cvg_prom_companion *in_order[] = {age, volume};
    if (finding->reading.fault != CVG_FAULT_NONE) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (in_order[i] != NULL && in_order[i]->status != CVG_READY) {
            struct cvg_prom_text text =
                begin_message(finding, CVG_UNKNOWN, in_order[i]->fault, in_order[i]->reason);
            cvg_prom_text_add(&text, in_order[i]->problem);
            return;
        }
    }
    if (volume != NULL) {
        add_number(finding, "volume", volume->value);
    }
    if (age != NULL) {
        add_number(finding, "sample_age_s", age->value);
    }
    if (volume != NULL && volume->value < config->min_volume->at_least) {
        conclude_low_volume(config, volume, finding);
    }
    if (finding->partial || (volume != NULL && volume->partial) || (age != NULL && age->partial)) {
        conclude_partial(finding);
    }
}
