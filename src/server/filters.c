/* SPDX-License-Identifier: Apache-2.0 */
/* Both routes share most of their parameters, so both are read into the same fields first. */
#include "server/filters.h"

#include "base/text.h"
#include "base/time.h"
#include "gate/verdict.h"
#include "record/change.h"
#include "server/parameters.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <string.h>

#define PAGE_DEFAULT 100

struct filters {
    const char *environment, *gate, *app, *revision, *verdict, *kind, *name;
    const char *from, *until, *before;
    uint32_t limit;
};

struct field {
    const char *parameter;
    const char **slot;
};

static int take_field(const struct field *fields, size_t count,
                      const struct cvg_parameter *parameter, struct cvg_error *reterr)
{
    for (size_t i = 0; i < count; i++) {
        if (cvg_text_equal(parameter->name, fields[i].parameter)) {
            return cvg_parameter_name(parameter, fields[i].slot, reterr);
        }
    }
    return 0;
}

static int take_common(struct filters *filters, const struct cvg_parameter *parameter,
                       struct cvg_error *reterr)
{
    const struct field fields[] = {
        {"from", &filters->from}, {"until", &filters->until}, {"before", &filters->before}};

    return cvg_text_equal(parameter->name, "limit")
               ? cvg_parameter_limit(parameter, &filters->limit, reterr)
               : take_field(fields, CVG_COUNT(fields), parameter, reterr);
}

static int take_record(void *ctx, const struct cvg_parameter *parameter, struct cvg_error *reterr)
{
    struct filters *filters = ctx;
    const struct field fields[] = {
        {"environment", &filters->environment},
        {"env", &filters->environment},
        {"gate", &filters->gate},
        {"app", &filters->app},
        {"revision", &filters->revision},
        {"rev", &filters->revision},
        {"verdict", &filters->verdict},
    };
    int rc = take_field(fields, CVG_COUNT(fields), parameter, reterr);

    return rc < 0 ? rc : take_common(filters, parameter, reterr);
}

static int take_change(void *ctx, const struct cvg_parameter *parameter, struct cvg_error *reterr)
{
    struct filters *filters = ctx;
    const struct field fields[] = {{"kind", &filters->kind}, {"name", &filters->name}};
    int rc = take_field(fields, CVG_COUNT(fields), parameter, reterr);

    return rc < 0 ? rc : take_common(filters, parameter, reterr);
}

/* ---- values ---- */

static int read_time(const char *name, const char *text, int64_t *ret, struct cvg_error *reterr)
{
    size_t length = text ? strlen(text) : 0;
    uint64_t seconds = 0;

    if (!text || cvg_parse_time(text, length, ret) == 0) {
        return 0;
    }
    if (cvg_parse_uint64(text, length, &seconds) < 0 || seconds == 0 ||
        seconds > (uint64_t)(INT64_MAX / CVG_SECOND)) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "'%s' must be a time such as 2026-01-01T10:00:00Z (a '+' is written "
                             "%%2B), or in seconds since 1970",
                             name);
    }
    *ret = (int64_t)seconds * CVG_SECOND;
    return 0;
}

static int read_times(const struct filters *filters, int64_t *ret_from, int64_t *ret_until,
                      struct cvg_error *reterr)
{
    int rc = read_time("from", filters->from, ret_from, reterr);

    if (rc == 0) {
        rc = read_time("until", filters->until, ret_until, reterr);
    }
    if (rc == 0 && *ret_until && *ret_from > *ret_until) {
        rc = cvg_error_set(reterr, CVG_E_INVALID, "'from' is later than 'until'");
    }
    return rc;
}

static int check_verdict(const char *text, struct cvg_error *reterr)
{
    for (uint32_t verdict = 0; verdict < CVG_VERDICT_COUNT; verdict++) {
        if (!text || cvg_text_equal(text, cvg_verdict_text(verdict))) {
            return 0;
        }
    }
    return cvg_error_set(reterr, CVG_E_INVALID, "'verdict' must be go, wait, halt or rollback");
}

static int read_kinds(const char *text, struct cvg_arena *arena, uint32_t *ret,
                      struct cvg_error *reterr)
{
    for (const char *at = text ? text : ""; *at;) {
        size_t length = strcspn(at, ",");
        uint32_t kind = 0;
        if (!cvg_change_kind_read(cvg_arena_strndup(arena, at, length), &kind)) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "'kind' must be start, status, phase, verdict, source, "
                                 "configuration or gap, or several of them with commas");
        }
        *ret |= UINT32_C(1) << kind;
        at += length + (at[length] == ',');
    }
    return 0;
}

static int bad_cursor(struct cvg_error *reterr)
{
    return cvg_error_set(reterr, CVG_E_INVALID, "'before' must be the 'next' of another page");
}

/* "at-number". */
static int read_cursor(const char *text, struct cvg_change_cursor *ret, struct cvg_error *reterr)
{
    size_t length = text ? strcspn(text, "-") : 0;

    if (!text) {
        return 0;
    }
    if (text[length] != '-' || cvg_parse_int64(text, length, &ret->at) < 0 ||
        cvg_parse_uint64(text + length + 1, strlen(text + length + 1), &ret->number) < 0 ||
        ret->number == 0) {
        return bad_cursor(reterr);
    }
    return 0;
}

const char *cvg_filters_cursor(const struct cvg_change_cursor *at, struct cvg_arena *arena)
{
    return cvg_arena_format(arena, "%" PRId64 "-%" PRIu64, at->at, at->number);
}

/* ---- the two ---- */

static int only_environment(const char *name, struct cvg_arena *arena, struct cvg_record_query *ret,
                            struct cvg_error *reterr)
{
    if (!name) {
        return 0;
    }
    if (!cvg_text_is_name(name)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "'environment' is no name of one");
    }
    const char **only = cvg_arena_alloc(arena, sizeof(*only));
    *only = name;
    ret->environments = only;
    ret->environment_count = 1;
    return 0;
}

int cvg_filters_records(const char *query, struct cvg_arena *arena, struct cvg_record_query *ret,
                        struct cvg_error *reterr)
{
    struct filters filters = {.limit = 0};
    int rc = cvg_parameters_each(query, arena, take_record, &filters, reterr);
    struct cvg_record_query wanted = {
        .gate = filters.gate,
        .app = filters.app,
        .revision = filters.revision,
        .verdict = filters.verdict,
        .limit = filters.limit ? filters.limit : PAGE_DEFAULT,
    };

    if (rc == 0) {
        rc = check_verdict(filters.verdict, reterr);
    }
    if (rc == 0) {
        rc = read_times(&filters, &wanted.from, &wanted.until, reterr);
    }
    if (rc == 0 && filters.before &&
        (cvg_parse_uint64(filters.before, strlen(filters.before), &wanted.before) < 0 ||
         wanted.before == 0)) {
        rc = bad_cursor(reterr);
    }
    if (rc == 0) {
        rc = only_environment(filters.environment, arena, &wanted, reterr);
    }
    if (rc == 0) {
        *ret = wanted;
    }
    return rc;
}

int cvg_filters_changes(const char *query, struct cvg_arena *arena, struct cvg_change_query *ret,
                        struct cvg_error *reterr)
{
    struct filters filters = {.limit = 0};
    int rc = cvg_parameters_each(query, arena, take_change, &filters, reterr);
    struct cvg_change_query wanted = {
        .name = filters.name,
        .limit = filters.limit ? filters.limit : PAGE_DEFAULT,
    };

    if (rc == 0) {
        rc = read_kinds(filters.kind, arena, &wanted.kinds, reterr);
    }
    if (rc == 0) {
        rc = read_times(&filters, &wanted.from, &wanted.until, reterr);
    }
    if (rc == 0) {
        rc = read_cursor(filters.before, &wanted.before, reterr);
    }
    if (rc == 0) {
        *ret = wanted;
    }
    return rc;
}
