/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of checks, in the two shapes that there are: check_results of a raw state, and checks of
 * `show -json`. Messages of failures are never read: they may have values in them.
 */
#include "state_inner.h"

#include <stdlib.h>
#include <string.h>

enum {
    RAW_KIND,
    RAW_ADDRESS,
    RAW_STATUS,
    RAW_OBJECTS,
};

static const struct cvg_tf_field raw_fields[] = {
    [RAW_KIND] = {"object_kind", CVG_TF_STRING, 0},
    [RAW_ADDRESS] = {"config_addr", CVG_TF_STRING, 1},
    [RAW_STATUS] = {"status", CVG_TF_STRING, 0},
    [RAW_OBJECTS] = {"objects", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    {NULL, 0, 0},
};

enum {
    SHOWN_ADDRESS,
    SHOWN_STATUS,
    SHOWN_OBJECTS,
};

static const struct cvg_tf_field shown_fields[] = {
    [SHOWN_ADDRESS] = {"address", CVG_TF_OBJECT, 1},
    [SHOWN_STATUS] = {"status", CVG_TF_STRING, 0},
    [SHOWN_OBJECTS] = {"instances", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    {NULL, 0, 0},
};

static const struct cvg_tf_field shown_address_fields[] = {
    {"kind", CVG_TF_STRING, 0},
    {"to_display", CVG_TF_STRING, 1},
    {NULL, 0, 0},
};

static const struct cvg_tf_field object_fields[] = {
    {"status", CVG_TF_STRING, 0},
    {NULL, 0, 0},
};

/* Any other word is read as unknown, as the tool does it. */
static enum cvg_tf_check_status read_status(const struct cvg_tf_document *document)
{
    return cvg_tf_is(document, "pass")    ? CVG_TF_CHECK_PASS
           : cvg_tf_is(document, "fail")  ? CVG_TF_CHECK_FAIL
           : cvg_tf_is(document, "error") ? CVG_TF_CHECK_ERROR
                                          : CVG_TF_CHECK_UNKNOWN;
}

static uint32_t worse(uint32_t a, uint32_t b)
{
    static const int rank[] = {
        [CVG_TF_CHECK_PASS] = 0,
        [CVG_TF_CHECK_UNKNOWN] = 1,
        [CVG_TF_CHECK_FAIL] = 2,
        [CVG_TF_CHECK_ERROR] = 3,
    };
    return rank[a] > rank[b] ? a : b;
}

/* One that a later version brings may mean what nobody here knows. */
static int is_known_kind(const char *kind)
{
    static const char *const kinds[] = {"resource", "output", "check", "var"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static int read_kind(struct cvg_tf_document *document, const char **ret)
{
    /* The name of the same in `show -json`. */
    *ret = cvg_tf_is(document, "output_value") ? "output" : cvg_tf_text(document);
    return *ret == NULL ? -1 : 0;
}

/* On the ARRAY of objects, or null. */
static int read_objects(struct cvg_tf_document *document, struct cvg_tf_check_result *result)
{
    int more = 0;
    if (cvg_json_current(document->json) == CVG_JSON_NULL) {
        return 0;
    }
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_list_next(document, CVG_TF_OBJECT)) > 0) {
        struct cvg_tf_object object = cvg_tf_object_begin(document, object_fields);
        uint32_t status = CVG_TF_CHECK_UNKNOWN;
        int field = 0;
        while ((field = cvg_tf_object_next(document, &object)) >= 0) {
            status = read_status(document);
        }
        if (field != CVG_TF_END) {
            return -1;
        }
        if (result->of == UINT32_MAX) {
            return cvg_tf_refuse_size(document);
        }
        result->status = worse(result->status, status);
        result->failed += status == CVG_TF_CHECK_FAIL || status == CVG_TF_CHECK_ERROR;
        result->of++;
    }
    return more;
}

static int read_shown_address(struct cvg_tf_document *document, struct cvg_tf_check_result *result)
{
    struct cvg_tf_object object = cvg_tf_object_begin(document, shown_address_fields);
    int field = 0;
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        int read = field == 0 ? read_kind(document, &result->kind)
                              : cvg_tf_name_read(document, &result->address);
        if (read < 0) {
            return -1;
        }
    }
    return field == CVG_TF_END ? 0 : -1;
}

static int read_field(struct cvg_tf_document *document, int is_raw, int field,
                      struct cvg_tf_check_result *result)
{
    if (field == (is_raw ? RAW_STATUS : SHOWN_STATUS)) {
        result->status = worse(result->status, read_status(document));
        return 0;
    }
    if (field == (is_raw ? RAW_OBJECTS : SHOWN_OBJECTS)) {
        return read_objects(document, result);
    }
    if (!is_raw) {
        return read_shown_address(document, result);
    }
    return field == RAW_KIND ? read_kind(document, &result->kind)
                             : cvg_tf_name_read(document, &result->address);
}

/* On the OBJECT. */
static int read_result(struct cvg_tf_document *document, int is_raw,
                       struct cvg_tf_check_result *result)
{
    struct cvg_tf_object object = cvg_tf_object_begin(document, is_raw ? raw_fields : shown_fields);
    int field = 0;
    *result = (struct cvg_tf_check_result){.kind = "", .address = "", .status = CVG_TF_CHECK_PASS};
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        if (read_field(document, is_raw, field, result) < 0) {
            return -1;
        }
    }
    if (field != CVG_TF_END) {
        return -1;
    }
    if (!(object.seen >> (is_raw ? RAW_STATUS : SHOWN_STATUS) & 1u) ||
        !is_known_kind(result->kind)) {
        result->status = worse(result->status, CVG_TF_CHECK_UNKNOWN);
    }
    return 0;
}

static int read_results(struct cvg_tf_document *document, int is_raw, struct cvg_tf_pile *pile)
{
    int more = 0;
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_list_next(document, CVG_TF_OBJECT)) > 0) {
        if (read_result(document, is_raw,
                        cvg_tf_pile_add(pile, sizeof(struct cvg_tf_check_result))) < 0) {
            return -1;
        }
    }
    return more;
}

static int read_all(struct cvg_tf_document *document, int is_raw,
                    const struct cvg_tf_check_result **ret_checks, size_t *ret_count)
{
    struct cvg_tf_pile pile = {NULL, 0, 0};
    const void *checks = NULL;
    int result = read_results(document, is_raw, &pile);
    if (result == 0) {
        result = cvg_tf_pile_keep(document, &pile, sizeof(struct cvg_tf_check_result), &checks);
        *ret_checks = checks;
        *ret_count = pile.count;
    }
    free(pile.items);
    return result;
}

int cvg_tf_check_results_read(struct cvg_tf_document *document, struct cvg_tf_state *ret)
{
    ret->has_checks = 1;
    return read_all(document, 1, &ret->checks, &ret->check_count);
}

int cvg_tf_checks_read(struct cvg_tf_document *document,
                       const struct cvg_tf_check_result **ret_checks, size_t *ret_count)
{
    return read_all(document, 0, ret_checks, ret_count);
}
