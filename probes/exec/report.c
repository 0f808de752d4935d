/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON that programs write; see report.h. */
#include "report.h"

#include "codes.h"
#include "outcome.h"

#include <convergate/json.h>
#include <convergate/number.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

struct reader {
    struct cvg_json *json;
    struct cvg_kit_finding *finding;
    struct cvg_exec_report *report;
    const char *wrong; /* NULL: nothing, or the document itself */
};

static int refuse(struct reader *reader, const char *wrong)
{
    reader->wrong = wrong;
    return -1;
}

/* A string without NULs, which lives until the next token. */
static const char *string(struct reader *reader, size_t most, size_t *ret_length)
{
    if (cvg_json_next(reader->json) != CVG_JSON_STRING) {
        return NULL;
    }
    const char *text = cvg_json_text(reader->json, ret_length);
    return *ret_length > most || strlen(text) != *ret_length ? NULL : text;
}

/* A number's text is kept as it stands, but a metric is a double. */
static int is_metric(const char *text, size_t length)
{
    double value = 0;
    return cvg_parse_double(text, length, &value) == 0 && isfinite(value);
}

static int take_fact(struct reader *reader, const char *name)
{
    size_t length = 0;
    size_t before = reader->finding->reading.fact_count;
    const char *text = "";
    enum cvg_json_token token = cvg_json_next(reader->json);
    switch (token) {
    case CVG_JSON_STRING:
    case CVG_JSON_NUMBER:
        text = cvg_json_text(reader->json, &length);
        if (strlen(text) != length) {
            return refuse(reader, "a fact has a NUL in it");
        }
        if (token == CVG_JSON_NUMBER && !is_metric(text, length)) {
            return refuse(reader, "a fact is beyond what a double holds");
        }
        if (token == CVG_JSON_NUMBER) {
            cvg_exec_fact_number(reader->finding, name, text, length);
        } else {
            cvg_exec_fact_text(reader->finding, name, text, length);
        }
        break;
    case CVG_JSON_TRUE:
        cvg_exec_fact_text(reader->finding, name, "true", 4);
        break;
    case CVG_JSON_FALSE:
        cvg_exec_fact_text(reader->finding, name, "false", 5);
        break;
    case CVG_JSON_NULL:
        return 0;
    case CVG_JSON_ERROR:
        return -1;
    default:
        return refuse(reader, "a fact is neither a string nor a number, true, false or null");
    }
    int empty = token == CVG_JSON_STRING && length == 0;
    return empty || reader->finding->reading.fact_count > before
               ? 0
               : refuse(reader, "a fact is too long, or its name is another's");
}

static int is_fact_name(const char *name, size_t length)
{
    return length > 0 && length < 128 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
               length;
}

static int take_facts(struct reader *reader)
{
    enum cvg_json_token token = cvg_json_next(reader->json);
    if (token != CVG_JSON_OBJECT) {
        return refuse(reader, "facts is no object");
    }
    for (size_t count = 0; (token = cvg_json_next(reader->json)) == CVG_JSON_KEY; count++) {
        char name[128] = "";
        size_t length = 0;
        const char *key = cvg_json_text(reader->json, &length);
        if (!is_fact_name(key, length)) {
            return refuse(reader, "a fact's name has more in it than letters, digits, _ - .");
        }
        (void)snprintf(name, sizeof(name), "%s", key);
        if (count >= CVG_EXEC_FACTS_MOST) {
            return refuse(reader, "there are over 48 facts");
        }
        if (take_fact(reader, name) < 0) {
            return -1;
        }
    }
    return token == CVG_JSON_END ? 0 : -1;
}

static int take_status(struct reader *reader)
{
    size_t length = 0;
    const char *text = string(reader, 16, &length);
    return text != NULL && cvg_exec_status_read(text, length, &reader->report->status) == 0
               ? 0
               : refuse(reader, "status is none of ready, progressing, degraded, failed, unknown");
}

static int take_value(struct reader *reader)
{
    double value = 0;
    size_t length = 0;
    if (cvg_json_next(reader->json) != CVG_JSON_NUMBER) {
        return refuse(reader, "value is no number");
    }
    const char *text = cvg_json_text(reader->json, &length);
    if (cvg_parse_double(text, length, &value) < 0) {
        return refuse(reader, "value is beyond what a double holds");
    }
    reader->finding->reading.value = value;
    reader->finding->reading.has_value = 1;
    return 0;
}

static int take_text(struct reader *reader, size_t most, const char **ret, const char *wrong)
{
    size_t length = 0;
    const char *text = string(reader, most, &length);
    if (text == NULL) {
        return refuse(reader, wrong);
    }
    *ret = cvg_kit_finding_text(reader->finding, "%s", text);
    return 0;
}

static int take_member(struct reader *reader)
{
    if (cvg_json_is(reader->json, "status")) {
        return take_status(reader);
    }
    if (cvg_json_is(reader->json, "message")) {
        return take_text(reader, 65536, &reader->report->message, "message is no string");
    }
    if (cvg_json_is(reader->json, "revision")) {
        return take_text(reader, CVG_EXEC_REVISION, &reader->finding->reading.revision,
                         "revision is no string of up to 256 bytes");
    }
    if (cvg_json_is(reader->json, "value")) {
        return take_value(reader);
    }
    if (cvg_json_is(reader->json, "facts")) {
        return take_facts(reader);
    }
    return refuse(reader, "it has another key than status, message, facts, revision, value");
}

static int read_all(struct reader *reader)
{
    enum cvg_json_token token = cvg_json_next(reader->json);
    if (token != CVG_JSON_OBJECT) {
        return token == CVG_JSON_ERROR ? -1 : refuse(reader, "it is no object");
    }
    while ((token = cvg_json_next(reader->json)) == CVG_JSON_KEY) {
        if (take_member(reader) < 0) {
            return -1;
        }
    }
    return token == CVG_JSON_END && cvg_json_next(reader->json) == CVG_JSON_DONE ? 0 : -1;
}

int cvg_exec_report_read(const char *text, size_t length, struct cvg_kit_finding *finding,
                         struct cvg_exec_report *ret, char *wrong, size_t size)
{
    const struct cvg_json_limits limits = {.depth = 4, .string_length = 65536, .tokens = 1024};
    struct reader reader = {.finding = finding, .report = ret};
    *ret = (struct cvg_exec_report){.status = CVG_EXEC_NO_STATUS};
    reader.json = cvg_json_new(text, length, &limits);
    if (reader.json == NULL) {
        (void)snprintf(wrong, size, "no memory is left to read it");
        return -1;
    }
    int result = read_all(&reader);
    if (result < 0) {
        const char *error = cvg_json_error(reader.json);
        (void)snprintf(wrong, size, "what it wrote is not the JSON that is wanted: %s",
                       *error != '\0' || reader.wrong == NULL ? error : reader.wrong);
    }
    cvg_json_free(reader.json);
    return result;
}
