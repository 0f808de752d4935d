/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of an instant query. `result` is read by its shape, a list of series or one pair, and
 * held against `resultType` at the end, so that the order of keys does not matter and one pass is
 * enough.
 */
#include "decode.h"

#include "kit/memory.h"

#include <convergate/number.h>

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

struct decoding {
    struct cvg_prom_document document; /* first, so that a document is its decoding */
    enum shape shape;
    enum type type;
    int has_number; /* the pair's value is one */
    double number;
};

static const char range_hint[] =
    "the query is a range selector or subquery: put rate(), max_over_time() or the like around it";

static int refuse(struct decoding *decoding, uint32_t fault, enum cvg_prom_reason reason,
                  const char *words)
{
    return cvg_prom_document_refuse(&decoding->document, fault, reason, words);
}

static int broken(struct decoding *decoding, const char *where)
{
    return cvg_prom_document_broken(&decoding->document, where);
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
    const char *text = cvg_json_text(decoding->document.json, &length);
    if (cvg_json_current(decoding->document.json) != CVG_JSON_NUMBER ||
        cvg_parse_double(text, length, &time) < 0) {
        return broken(decoding, "a sample's time is not a number");
    }
    struct cvg_prom_answer *answer = decoding->document.answer;
    if (answer->about == 0 || time < answer->about) {
        answer->about = time;
    }
    if (cvg_json_next(decoding->document.json) != CVG_JSON_STRING) {
        return broken(decoding, "a sample's value is not a string");
    }
    text = cvg_json_text(decoding->document.json, &length);
    *ret_number = cvg_parse_double(text, length, ret) == 0;
    if (cvg_json_next(decoding->document.json) != CVG_JSON_END) {
        return broken(decoding, "a sample is more than a time and a value");
    }
    return 0;
}

static int read_value(struct decoding *decoding, struct cvg_prom_element *element)
{
    int is_number = 0;
    if (cvg_json_next(decoding->document.json) != CVG_JSON_ARRAY) {
        return broken(decoding, "value is not a pair");
    }
    (void)cvg_json_next(decoding->document.json);
    if (read_pair_value(decoding, &element->value, &is_number) < 0) {
        return -1;
    }
    return is_number ? 0 : broken(decoding, "a sample's value is not a number");
}

static int push(struct decoding *decoding, const struct cvg_prom_element *element)
{
    struct cvg_prom_answer *answer = decoding->document.answer;
    if (answer->count == CVG_PROM_ELEMENT_LIMIT) {
        return refuse(decoding, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                      "the query answers more than 10000 series: aggregate in the query");
    }
    if (answer->count == answer->capacity) {
        size_t capacity = answer->capacity ? answer->capacity * 2 : 8;
        answer->elements = cvg_kit_resize(answer->elements, capacity, sizeof(*answer->elements));
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
    while (cvg_json_next(decoding->document.json) == CVG_JSON_KEY) {
        int code = 0;
        if (cvg_json_is(decoding->document.json, "metric")) {
            has_labels = 1;
            code = cvg_prom_document_labels(&decoding->document, &element.labels);
        } else if (cvg_json_is(decoding->document.json, "value")) {
            has_value = 1;
            code = read_value(decoding, &element);
        } else if (cvg_json_is(decoding->document.json, "histogram")) {
            code = wrong_type(decoding, "the query answers native histograms: take a number of "
                                        "them, such as histogram_quantile(0.99, ...)");
        } else if (cvg_json_is(decoding->document.json, "values") ||
                   cvg_json_is(decoding->document.json, "histograms")) {
            code = wrong_type(decoding, range_hint);
        } else if (cvg_json_skip(decoding->document.json) < 0) {
            code = broken(decoding, "");
        }
        if (code < 0) {
            return code;
        }
    }
    if (cvg_json_current(decoding->document.json) != CVG_JSON_END || !has_value || !has_labels) {
        return broken(decoding, "a series lacks its metric or value");
    }
    return push(decoding, &element);
}

static int read_result(struct decoding *decoding)
{
    struct cvg_json *json = decoding->document.json;
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
    struct cvg_json *json = decoding->document.json;
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

static int read_data(struct cvg_prom_document *document)
{
    struct decoding *decoding = (struct decoding *)(void *)document;
    struct cvg_json *json = decoding->document.json;
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

/* The whole document is read, well formed and a success: do its parts agree? */
static void conclude(struct decoding *decoding)
{
    struct cvg_prom_element element = {.value = decoding->number};
    if (decoding->shape == SHAPE_MISSING || decoding->type == TYPE_MISSING) {
        (void)broken(decoding, "it has no result");
    } else if ((decoding->type == TYPE_SCALAR) != (decoding->shape == SHAPE_PAIR)) {
        (void)broken(decoding, "result is not what resultType says");
    } else if (decoding->type == TYPE_SCALAR && !decoding->has_number) {
        (void)broken(decoding, "the scalar is not a number");
    } else if (decoding->type == TYPE_SCALAR) {
        (void)push(decoding, &element);
    }
}

void cvg_prom_decode(struct cvg_prom_answer *answer, const struct cvg_prom_body *body)
{
    struct decoding decoding = {.document = {.answer = answer, .whose = "a query's"}};
    if (cvg_prom_document_open(&decoding.document, body, '{') == 0 &&
        cvg_prom_document_envelope(&decoding.document, read_data) == 0) {
        conclude(&decoding);
    }
    cvg_prom_document_close(&decoding.document);
}

void cvg_prom_decode_any(struct cvg_prom_answer *answer, enum cvg_prom_api api,
                         const struct cvg_prom_body *body)
{
    static void (*const decoders[])(struct cvg_prom_answer *, const struct cvg_prom_body *) = {
        [CVG_PROM_QUERY] = cvg_prom_decode,
        [CVG_PROM_RULES] = cvg_prom_decode_rules,
        [CVG_PROM_ALERTS] = cvg_prom_decode_alerts,
    };

    decoders[api](answer, body);
}
