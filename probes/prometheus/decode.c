/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of an instant query. `result` is read by its shape, a list of series or one pair, and
 * held against `resultType` at the end, so that the order of keys does not matter and one pass is
 * enough.
 */
#include "decode.h"

#include <convergate/json.h>
#include <convergate/number.h>

#include <string.h>

enum shape {
    SHAPE_MISSING = 0,
    SHAPE_EMPTY,
    SHAPE_SERIES,
    SHAPE_PAIR,
};

enum type {
    TYPE_MISSING = 0,
    TYPE_VECTOR,
    TYPE_SCALAR,
    TYPE_OTHER, /* refused where it was read */
};

enum outcome {
    OUTCOME_MISSING = 0,
    OUTCOME_SUCCESS,
    OUTCOME_OTHER,
};

struct decoding {
    struct cvg_json *json;
    struct cvg_prom_answer *answer;
    enum shape shape;
    enum type type;
    enum outcome outcome;
    int has_number; /* the pair's value is one */
    double number;
    char error[200]; /* what an answer that is no success says */
};

static const char range_hint[] =
    "the query is a range selector or subquery: put rate(), max_over_time() or the like around it";

/* Functions that read return 0, or -1 when the answer was refused. */
static int refuse(struct decoding *decoding, uint32_t fault, enum cvg_prom_reason reason,
                  const char *words)
{
    struct cvg_prom_text text = cvg_prom_answer_refuse(decoding->answer, fault, reason);
    cvg_prom_text_add(&text, words);
    return -1;
}

/* The document is not JSON, or does not have the token that must stand here. */
static int broken(struct decoding *decoding, const char *where)
{
    struct cvg_prom_text text =
        cvg_prom_answer_refuse(decoding->answer, CVG_FAULT_PROTOCOL, CVG_PROM_REASON_BAD_ANSWER);
    if (cvg_json_current(decoding->json) == CVG_JSON_ERROR) {
        cvg_prom_text_add(&text, "the answer is not valid JSON: ");
        cvg_prom_text_add(&text, cvg_json_error(decoding->json));
    } else {
        cvg_prom_text_format(
            &text, "the answer is not a query's: offset %zu: ", cvg_json_offset(decoding->json));
        cvg_prom_text_add(&text, where);
    }
    return -1;
}

static int wrong_type(struct decoding *decoding, const char *hint)
{
    return refuse(decoding, CVG_FAULT_REQUEST, CVG_PROM_REASON_WRONG_RESULT_TYPE, hint);
}

/* "v" and ] of a pair [t, "v"], whose time is the current token. */
static int read_pair_value(struct decoding *decoding, double *ret, int *ret_number)
{
    double time = 0;
    size_t length = 0;
    const char *text = cvg_json_text(decoding->json, &length);
    if (cvg_json_current(decoding->json) != CVG_JSON_NUMBER ||
        cvg_parse_double(text, length, &time) < 0) {
        return broken(decoding, "a sample's time is not a number");
    }
    if (cvg_json_next(decoding->json) != CVG_JSON_STRING) {
        return broken(decoding, "a sample's value is not a string");
    }
    text = cvg_json_text(decoding->json, &length);
    *ret_number = cvg_parse_double(text, length, ret) == 0;
    if (cvg_json_next(decoding->json) != CVG_JSON_END) {
        return broken(decoding, "a sample is more than a time and a value");
    }
    return 0;
}

static int read_labels(struct decoding *decoding, struct cvg_prom_element *element)
{
    if (cvg_json_next(decoding->json) != CVG_JSON_OBJECT) {
        return broken(decoding, "metric is not an object");
    }
    size_t start = cvg_json_offset(decoding->json);
    while (cvg_json_next(decoding->json) == CVG_JSON_KEY) {
        if (cvg_json_next(decoding->json) != CVG_JSON_STRING) {
            return broken(decoding, "a label is not a string");
        }
    }
    if (cvg_json_current(decoding->json) != CVG_JSON_END) {
        return broken(decoding, "metric does not end");
    }
    element->labels_at = (uint32_t)start;
    element->labels_length = (uint32_t)(cvg_json_offset(decoding->json) + 1 - start);
    return 0;
}

static int read_value(struct decoding *decoding, struct cvg_prom_element *element)
{
    int is_number = 0;
    if (cvg_json_next(decoding->json) != CVG_JSON_ARRAY) {
        return broken(decoding, "value is not a pair");
    }
    (void)cvg_json_next(decoding->json);
    if (read_pair_value(decoding, &element->value, &is_number) < 0) {
        return -1;
    }
    return is_number ? 0 : broken(decoding, "a sample's value is not a number");
}

static int push(struct decoding *decoding, const struct cvg_prom_element *element)
{
    struct cvg_prom_answer *answer = decoding->answer;
    if (answer->count == CVG_PROM_ELEMENT_LIMIT) {
        return refuse(decoding, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                      "the query answers more than 10000 series: aggregate in the query");
    }
    if (answer->count == answer->capacity) {
        size_t capacity = answer->capacity ? answer->capacity * 2 : 8;
        answer->elements = cvg_prom_realloc(answer->elements, capacity, sizeof(*answer->elements));
        answer->capacity = capacity;
    }
    answer->elements[answer->count++] = *element;
    return 0;
}

/* One series, whose { is the current token. */
static int read_series(struct decoding *decoding)
{
    struct cvg_prom_element element = {0};
    int has_value = 0, has_labels = 0;
    while (cvg_json_next(decoding->json) == CVG_JSON_KEY) {
        int code = 0;
        if (cvg_json_is(decoding->json, "metric")) {
            has_labels = 1;
            code = read_labels(decoding, &element);
        } else if (cvg_json_is(decoding->json, "value")) {
            has_value = 1;
            code = read_value(decoding, &element);
        } else if (cvg_json_is(decoding->json, "histogram")) {
            code = wrong_type(decoding, "the query answers native histograms: take a number of "
                                        "them, such as histogram_quantile(0.99, ...)");
        } else if (cvg_json_is(decoding->json, "values") ||
                   cvg_json_is(decoding->json, "histograms")) {
            code = wrong_type(decoding, range_hint);
        } else if (cvg_json_skip(decoding->json) < 0) {
            code = broken(decoding, "");
        }
        if (code < 0) {
            return code;
        }
    }
    if (cvg_json_current(decoding->json) != CVG_JSON_END || !has_value || !has_labels) {
        return broken(decoding, "a series lacks its metric or value");
    }
    return push(decoding, &element);
}

static int read_result(struct decoding *decoding)
{
    struct cvg_json *json = decoding->json;
    if (cvg_json_next(json) != CVG_JSON_ARRAY) {
        return broken(decoding, "result is not a list");
    }
    enum cvg_json_token token = cvg_json_next(json);
    if (token == CVG_JSON_NUMBER) {
        decoding->shape = SHAPE_PAIR;
        return read_pair_value(decoding, &decoding->number, &decoding->has_number);
    }
    decoding->shape = token == CVG_JSON_END ? SHAPE_EMPTY : SHAPE_SERIES;
    for (; token == CVG_JSON_OBJECT; token = cvg_json_next(json)) {
        if (read_series(decoding) < 0) {
            return -1;
        }
    }
    return token == CVG_JSON_END ? 0 : broken(decoding, "result has something that is no series");
}

static int read_type(struct decoding *decoding)
{
    struct cvg_json *json = decoding->json;
    if (cvg_json_next(json) != CVG_JSON_STRING) {
        return broken(decoding, "resultType is not a string");
    }
    decoding->type = TYPE_OTHER;
    if (cvg_json_is(json, "vector")) {
        decoding->type = TYPE_VECTOR;
    } else if (cvg_json_is(json, "scalar")) {
        decoding->type = TYPE_SCALAR;
    } else if (cvg_json_is(json, "matrix")) {
        return wrong_type(decoding, range_hint);
    } else if (cvg_json_is(json, "string")) {
        return wrong_type(decoding, "the query is a string: a check needs numbers");
    } else if (cvg_json_is(json, "streams")) {
        return wrong_type(decoding, "the query selects log lines: count them, such as "
                                    "sum(count_over_time({...}[5m]))");
    } else {
        return broken(decoding, "resultType is not one of vector, scalar, string, matrix");
    }
    return 0;
}

static int read_data(struct decoding *decoding)
{
    struct cvg_json *json = decoding->json;
    enum cvg_json_token token = cvg_json_next(json);
    if (token == CVG_JSON_NULL) {
        return 0; /* beside an error; a success without result is refused at the end */
    }
    if (token != CVG_JSON_OBJECT) {
        return broken(decoding, "data is not an object");
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int code = 0;
        if (cvg_json_is(json, "resultType")) {
            code = read_type(decoding);
        } else if (cvg_json_is(json, "result")) {
            code = read_result(decoding);
        } else if (cvg_json_skip(json) < 0) {
            code = broken(decoding, "");
        }
        if (code < 0) {
            return code;
        }
    }
    return cvg_json_current(json) == CVG_JSON_END ? 0 : broken(decoding, "data does not end");
}

static int read_warnings(struct decoding *decoding)
{
    struct cvg_prom_answer *answer = decoding->answer;
    enum cvg_json_token token = cvg_json_next(decoding->json);
    if (token == CVG_JSON_NULL) {
        return 0;
    }
    if (token != CVG_JSON_ARRAY) {
        return broken(decoding, "warnings is not a list");
    }
    while ((token = cvg_json_next(decoding->json)) == CVG_JSON_STRING) {
        if (answer->warnings++ == 0) {
            struct cvg_prom_text text;
            size_t length = 0;
            const char *bytes = cvg_json_text(decoding->json, &length);
            cvg_prom_text_init(&text, answer->warning, sizeof(answer->warning));
            cvg_prom_text_evidence(&text, bytes, length, length);
        }
        answer->partial = 1;
    }
    return token == CVG_JSON_END ? 0 : broken(decoding, "a warning is not a string");
}

static int read_partial(struct decoding *decoding)
{
    enum cvg_json_token token = cvg_json_next(decoding->json);
    if (token != CVG_JSON_TRUE && token != CVG_JSON_FALSE) {
        return broken(decoding, "isPartial is neither true nor false");
    }
    if (token == CVG_JSON_TRUE) {
        decoding->answer->partial = 1;
    }
    return 0;
}

static int read_outcome(struct decoding *decoding)
{
    if (cvg_json_next(decoding->json) != CVG_JSON_STRING) {
        return broken(decoding, "status is not a string");
    }
    decoding->outcome = cvg_json_is(decoding->json, "success") ? OUTCOME_SUCCESS : OUTCOME_OTHER;
    return 0;
}

static int read_error(struct decoding *decoding)
{
    if (cvg_json_next(decoding->json) != CVG_JSON_STRING) {
        return broken(decoding, "error is not a string");
    }
    struct cvg_prom_text text;
    size_t length = 0;
    const char *bytes = cvg_json_text(decoding->json, &length);
    cvg_prom_text_init(&text, decoding->error, sizeof(decoding->error));
    cvg_prom_text_evidence(&text, bytes, length, length);
    return 0;
}

static int read_envelope(struct decoding *decoding)
{
    static const struct {
        const char *key;
        int (*read)(struct decoding *decoding);
    } readers[] = {{"status", read_outcome},
                   {"data", read_data},
                   {"warnings", read_warnings},
                   {"isPartial", read_partial},
                   {"error", read_error}};
    struct cvg_json *json = decoding->json;
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return broken(decoding, "it is not an object");
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        size_t i = 0;
        while (i < sizeof(readers) / sizeof(readers[0]) && !cvg_json_is(json, readers[i].key)) {
            i++;
        }
        if (i < sizeof(readers) / sizeof(readers[0])) {
            if (readers[i].read(decoding) < 0) {
                return -1;
            }
        } else if (cvg_json_skip(json) < 0) {
            return broken(decoding, "");
        }
    }
    if (cvg_json_current(json) != CVG_JSON_END || cvg_json_next(json) != CVG_JSON_DONE) {
        return broken(decoding, "it does not end");
    }
    return 0;
}

/* The whole document is read and well formed: do its parts agree? */
static void conclude(struct decoding *decoding)
{
    struct cvg_prom_element element = {.value = decoding->number};
    if (decoding->outcome != OUTCOME_SUCCESS) {
        struct cvg_prom_text text = cvg_prom_answer_refuse(decoding->answer, CVG_FAULT_PROTOCOL,
                                                           CVG_PROM_REASON_BAD_ANSWER);
        cvg_prom_text_add(&text, "the answer is no success although its HTTP status is");
        if (decoding->error[0] != '\0') {
            cvg_prom_text_add(&text, ": ");
            cvg_prom_text_add(&text, decoding->error);
        }
    } else if (decoding->shape == SHAPE_MISSING || decoding->type == TYPE_MISSING) {
        (void)broken(decoding, "it has no result");
    } else if ((decoding->type == TYPE_SCALAR) != (decoding->shape == SHAPE_PAIR)) {
        (void)broken(decoding, "result is not what resultType says");
    } else if (decoding->type == TYPE_SCALAR && !decoding->has_number) {
        (void)broken(decoding, "the scalar is not a number");
    } else if (decoding->type == TYPE_SCALAR) {
        (void)push(decoding, &element);
    }
}

/* Says what came where JSON was to come: a page of a proxy, nothing at all. */
static int refuse_foreign(struct decoding *decoding, const char *body, size_t length,
                          const char *content_type)
{
    size_t at = 0;
    while (at < length && memchr(" \t\r\n", body[at], 4) != NULL) {
        at++;
    }
    if (at < length && body[at] == '{') {
        return 0;
    }
    struct cvg_prom_text text =
        cvg_prom_answer_refuse(decoding->answer, CVG_FAULT_PROTOCOL, CVG_PROM_REASON_BAD_ANSWER);
    cvg_prom_text_add(&text, "the answer is not a query's but ");
    if (content_type == NULL || content_type[0] == '\0') {
        content_type = "of no declared type";
    }
    cvg_prom_text_evidence(&text, content_type, strlen(content_type), 80);
    cvg_prom_text_format(&text, ", %zu bytes", length);
    return -1;
}

void cvg_prom_decode(struct cvg_prom_answer *answer, const char *body, size_t length,
                     const char *content_type)
{
    static const struct cvg_json_limits limits = {
        .depth = 32, .object_keys = 4096, .tokens = 16 * 1000 * 1000};
    struct decoding decoding = {.answer = answer};
    cvg_prom_answer_reset(answer);
    answer->body = body;
    if (refuse_foreign(&decoding, body, length, content_type) < 0) {
        return;
    }
    if (length > UINT32_MAX) { /* the places of labels are kept in 32 bits */
        (void)refuse(&decoding, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                     "the answer is over 4 GiB");
        return;
    }
    decoding.json = cvg_json_new(body, length, &limits);
    if (decoding.json == NULL) {
        (void)refuse(&decoding, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                     "there is no memory to read the answer");
        return;
    }
    if (read_envelope(&decoding) == 0) {
        conclude(&decoding);
    }
    cvg_json_free(decoding.json);
}
