/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a query apart, and joining what it says of the subject with what the body says. */
#include "server/parameters.h"

#include "base/text.h"
#include "base/url.h"
#include "server/waiting.h"
#include "store/query.h"
#include "wire/subject.h"

#include <convergate/number.h>

#include <string.h>

#define PAGE_MAX CVG_STORE_PAGE

static int decode(const char *text, size_t length, struct cvg_arena *arena, const char **ret,
                  struct cvg_error *reterr)
{
    char *into = cvg_arena_alloc(arena, length + 1);
    long decoded = cvg_url_decode(text, length, true, into, length + 1);

    if (decoded < 0) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "the query has a broken percent-escape or a zero byte");
    }
    for (size_t at = 0; at < (size_t)decoded;) {
        uint32_t character = 0;
        size_t step = cvg_text_decode(into + at, (size_t)decoded - at, &character);
        if (step == 0 || !cvg_text_is_printable(character)) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "the query must decode to printable text in UTF-8");
        }
        at += step;
    }
    *ret = into;
    return 0;
}

int cvg_parameter_text(const struct cvg_parameter *parameter, const char **slot,
                       struct cvg_error *reterr)
{
    if (*slot) {
        return cvg_error_set(reterr, CVG_E_INVALID, "'%s' is given twice", parameter->name);
    }
    if (strlen(parameter->value) > CVG_SUBJECT_TEXT_LIMIT) {
        return cvg_error_set(reterr, CVG_E_INVALID, "'%s' is longer than %d bytes", parameter->name,
                             CVG_SUBJECT_TEXT_LIMIT);
    }
    *slot = parameter->value;
    return 0;
}

/* An empty environment or gate is most likely a template whose variable was not set: answering
 * for the default gate instead could let something through. */
int cvg_parameter_name(const struct cvg_parameter *parameter, const char **slot,
                       struct cvg_error *reterr)
{
    if (!*parameter->value) {
        return cvg_error_set(reterr, CVG_E_INVALID, "'%s' is empty", parameter->name);
    }
    return cvg_parameter_text(parameter, slot, reterr);
}

int cvg_parameter_limit(const struct cvg_parameter *parameter, uint32_t *slot,
                        struct cvg_error *reterr)
{
    uint64_t limit = 0;

    if (*slot) {
        return cvg_error_set(reterr, CVG_E_INVALID, "'limit' is given twice");
    }
    if (cvg_parse_uint64(parameter->value, strlen(parameter->value), &limit) < 0 || limit < 1 ||
        limit > PAGE_MAX) {
        return cvg_error_set(reterr, CVG_E_INVALID, "'limit' must be a whole number from 1 to %d",
                             PAGE_MAX);
    }
    *slot = (uint32_t)limit;
    return 0;
}

static int take_wait(const struct cvg_parameter *parameter, struct cvg_parameters *ret,
                     struct cvg_error *reterr)
{
    int64_t wait_ns = 0;

    if (ret->wait_ns) {
        return cvg_error_set(reterr, CVG_E_INVALID, "'wait' is given twice");
    }
    if (cvg_parse_duration(parameter->value, strlen(parameter->value), &wait_ns) < 0 ||
        wait_ns > CVG_WAIT_LIMIT) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "'wait' must be a duration of at most 55s, such as 30s or 500ms");
    }
    ret->wait_ns = wait_ns;
    return 0;
}

static int add_label(const char *name, const char *value, struct cvg_arena *arena,
                     struct cvg_parameters *ret, struct cvg_error *reterr)
{
    if (!*name || strlen(name) > CVG_SUBJECT_TEXT_LIMIT || strlen(value) > CVG_SUBJECT_TEXT_LIMIT) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "a label's name or value is empty or longer than %d bytes",
                             CVG_SUBJECT_TEXT_LIMIT);
    }
    if (!cvg_text_is_utf8(name, strlen(name))) {
        return cvg_error_set(reterr, CVG_E_INVALID, "a label's name is not UTF-8");
    }
    if (!ret->labels) {
        ret->labels = cvg_arena_alloc(arena, CVG_SUBJECT_LABELS * sizeof(*ret->labels));
    }
    for (size_t i = 0; i < ret->label_count; i++) {
        if (cvg_text_equal(ret->labels[i].name, name)) {
            return cvg_error_set(reterr, CVG_E_INVALID, "'label.%s' is given twice", name);
        }
    }
    if (ret->label_count == CVG_SUBJECT_LABELS) {
        return cvg_error_set(reterr, CVG_E_INVALID, "more than %d labels", CVG_SUBJECT_LABELS);
    }
    ret->labels[ret->label_count++] = (struct cvg_label){.name = name, .value = value};
    return 0;
}

struct taking {
    struct cvg_parameters parameters;
    struct cvg_arena *arena;
};

static int take(void *ctx, const struct cvg_parameter *parameter, struct cvg_error *reterr)
{
    struct taking *taking = ctx;
    struct cvg_parameters *ret = &taking->parameters;

    const struct {
        const char *name;
        const char **slot;
        bool may_be_empty;
    } texts[] = {
        {"env", &ret->environment, false}, {"gate", &ret->gate, false},  {"app", &ret->app, true},
        {"rev", &ret->revision, true},     {"after", &ret->after, true},
    };

    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        if (cvg_text_equal(parameter->name, texts[i].name)) {
            return texts[i].may_be_empty ? cvg_parameter_text(parameter, texts[i].slot, reterr)
                                         : cvg_parameter_name(parameter, texts[i].slot, reterr);
        }
    }
    if (cvg_text_starts(parameter->name, "label.")) {
        return add_label(parameter->name + strlen("label."), parameter->value, taking->arena, ret,
                         reterr);
    }
    if (cvg_text_equal(parameter->name, "limit")) {
        return cvg_parameter_limit(parameter, &ret->limit, reterr);
    }
    if (cvg_text_equal(parameter->name, "wait")) {
        return take_wait(parameter, ret, reterr);
    }
    if (cvg_text_equal(parameter->name, "explain")) {
        if (!cvg_text_equal(parameter->value, "full")) {
            return cvg_error_set(reterr, CVG_E_INVALID, "'explain' takes only 'full'");
        }
        ret->explain = true;
    } else if (cvg_text_equal(parameter->name, "verbose")) {
        ret->verbose = true;
    } else if (cvg_text_equal(parameter->name, "exclude")) {
        if (ret->exclude_count == CVG_PARAMETERS_EXCLUDES) {
            return cvg_error_set(reterr, CVG_E_INVALID, "more than %d of 'exclude'",
                                 CVG_PARAMETERS_EXCLUDES);
        }
        ret->excludes[ret->exclude_count++] = parameter->value;
    }
    return 0;
}

int cvg_parameters_each(const char *query, struct cvg_arena *arena, cvg_parameter_take *take_one,
                        void *ctx, struct cvg_error *reterr)
{
    for (const char *at = query ? query : ""; *at;) {
        size_t length = strcspn(at, "&");
        const char *equals = memchr(at, '=', length);
        size_t name_length = equals ? (size_t)(equals - at) : length;
        struct cvg_parameter parameter = {.value = ""};
        int rc = decode(at, name_length, arena, &parameter.name, reterr);
        if (rc == 0 && equals) {
            rc = decode(equals + 1, length - name_length - 1, arena, &parameter.value, reterr);
        }
        if (rc == 0) {
            rc = take_one(ctx, &parameter, reterr);
        }
        if (rc < 0) {
            return rc;
        }
        at += length + (at[length] == '&');
    }
    return 0;
}

int cvg_parameters_read(const char *query, struct cvg_arena *arena, struct cvg_parameters *ret,
                        struct cvg_error *reterr)
{
    struct taking taking = {.arena = arena};
    int rc = cvg_parameters_each(query, arena, take, &taking, reterr);

    if (rc == 0) {
        *ret = taking.parameters;
    }
    return rc;
}

static int merge_text(const char *name, const char *from_query, const char **slot,
                      struct cvg_error *reterr)
{
    if (!from_query || !*from_query) {
        return 0;
    }
    if (**slot && !cvg_text_equal(*slot, from_query)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the query and the body differ in '%s'", name);
    }
    *slot = from_query;
    return 0;
}

static int merge_labels(const struct cvg_parameters *parameters, struct cvg_arena *arena,
                        struct cvg_subject *subject, struct cvg_error *reterr)
{
    struct cvg_parameters merged = {0};
    int rc = 0;

    for (size_t i = 0; i < subject->label_count && rc == 0; i++) {
        rc = add_label(subject->labels[i].name, subject->labels[i].value, arena, &merged, reterr);
    }
    for (size_t i = 0; i < parameters->label_count && rc == 0; i++) {
        rc = add_label(parameters->labels[i].name, parameters->labels[i].value, arena, &merged,
                       reterr);
    }
    if (rc == 0) {
        subject->labels = merged.labels;
        subject->label_count = merged.label_count;
    }
    return rc;
}

int cvg_parameters_subject(const struct cvg_parameters *parameters, struct cvg_arena *arena,
                           struct cvg_subject *subject, struct cvg_error *reterr)
{
    int rc = merge_text("app", parameters->app, &subject->app, reterr);

    if (rc == 0) {
        rc = merge_text("revision", parameters->revision, &subject->revision, reterr);
    }
    if (rc == 0 && parameters->label_count) {
        rc = merge_labels(parameters, arena, subject, reterr);
    }
    return rc;
}
