/* SPDX-License-Identifier: Apache-2.0 */
/* What the check wants of the values of a JSON answer, and what it tells of them; see judge.h. */
#include "judge.h"

#include "kit/condition.h"
#include "kit/pointer.h"
#include "kit/printable.h"
#include "kit/regex.h"

#include <convergate/number.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MOST  120
#define SERVED_MOST 1000
#define POINTERS    (CVG_HTTP_WANTS_MOST + CVG_HTTP_FACTS_MOST + 1)
#define ROOM_BEHIND 2560 /* of a finding, for what is said after its facts */

static int is_scalar(const struct cvg_kit_pointed *value)
{
    return value->kind == CVG_JSON_STRING || value->kind == CVG_JSON_NUMBER ||
           value->kind == CVG_JSON_TRUE || value->kind == CVG_JSON_FALSE ||
           value->kind == CVG_JSON_NULL;
}

/* A number, or a text that is nothing but one. */
static int number_of(const struct cvg_kit_pointed *value, double *ret)
{
    return (value->kind == CVG_JSON_NUMBER || value->kind == CVG_JSON_STRING) &&
                   cvg_parse_double(value->text, value->length, ret) == 0
               ? 0
               : -1;
}

static int is_text(const struct cvg_kit_pointed *value, const char *text)
{
    return is_scalar(value) && value->length == strlen(text) &&
           memcmp(value->text, text, value->length) == 0;
}

static int is_condition_met(const char *text, double value)
{
    struct cvg_kit_condition condition;
    return cvg_kit_condition_parse(text, &condition) == NULL &&
           cvg_kit_condition_holds(&condition, value);
}

/* ---- one value ---- */

/* How what is wanted reads; "": it is as wanted. */
static const char *unmet(const struct cvg_http_want *want, const struct cvg_kit_pointed *value,
                         const char **ret_word)
{
    double number = NAN;
    int is_container = value->kind == CVG_JSON_OBJECT || value->kind == CVG_JSON_ARRAY;

    const struct {
        const char *word, *text;
        int holds;
    } rows[] = {
        {"equal", want->equals, want->equals != NULL && is_text(value, want->equals)},
        {"differ from", want->not_equals,
         want->not_equals != NULL && is_scalar(value) && !is_text(value, want->not_equals)},
        {"be", want->condition,
         want->condition != NULL && number_of(value, &number) == 0 &&
             is_condition_met(want->condition, number)},
        {"have members", want->count,
         want->count != NULL && is_container &&
             is_condition_met(want->count, (double)value->members)},
        {"match", want->matches,
         want->matches != NULL && is_scalar(value) && value->length <= CVG_HTTP_VALUE_MOST &&
             cvg_kit_regex_matches(want->matches, value->text, value->length)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].text != NULL && !rows[i].holds) {
            *ret_word = rows[i].word;
            return rows[i].text;
        }
    }
    return NULL;
}

static void show(char *ret, size_t size, const struct cvg_kit_pointed *value)
{
    char text[SHOWN_MOST];
    if (value->kind == CVG_JSON_OBJECT || value->kind == CVG_JSON_ARRAY) {
        (void)snprintf(ret, size, "%s of %zu",
                       value->kind == CVG_JSON_ARRAY ? "a list" : "an object", value->members);
        return;
    }
    cvg_kit_printable(text, sizeof(text), value->text, value->length);
    (void)snprintf(ret, size, value->kind == CVG_JSON_STRING ? "'%s'" : "%s", text);
}

static int say_missing(const struct cvg_http_want *want, const char *pointer,
                       struct cvg_kit_finding *finding)
{
    cvg_kit_finding_say(finding, cvg_http_status_of(want->otherwise),
                        cvg_http_reason(CVG_HTTP_REASON_VALUE_MISSING), "there is no value at %s",
                        pointer);
    return 1;
}

static int judge_want(const struct cvg_http_want *want, const struct cvg_kit_pointed *value,
                      struct cvg_kit_finding *finding)
{
    char pointer[SHOWN_MOST], shown[SHOWN_MOST + 32], wanted[SHOWN_MOST];
    const char *word = "";
    int compared = want->equals != NULL || want->not_equals != NULL || want->matches != NULL ||
                   want->condition != NULL || want->count != NULL;
    cvg_kit_printable(pointer, sizeof(pointer), *want->pointer ? want->pointer : "the document",
                      *want->pointer ? strlen(want->pointer) : strlen("the document"));
    if (want->exists == 0 && value->kind == CVG_JSON_ERROR) {
        return 0;
    }
    if (want->exists != 0 && value->kind == CVG_JSON_ERROR) {
        return say_missing(want, pointer, finding);
    }
    show(shown, sizeof(shown), value);
    if (want->exists == 0) {
        cvg_kit_finding_say(finding, cvg_http_status_of(want->otherwise),
                            cvg_http_reason(CVG_HTTP_REASON_CONDITION_NOT_MET),
                            "at %s nothing must be, but there is %s", pointer, shown);
        return 1;
    }
    if (want->exists != 1 && !compared && value->kind == CVG_JSON_NULL) {
        return say_missing(want, pointer, finding);
    }
    const char *text = unmet(want, value, &word);
    if (text == NULL) {
        return 0;
    }
    cvg_kit_printable(wanted, sizeof(wanted), text, strlen(text));
    cvg_kit_finding_say(finding, cvg_http_status_of(want->otherwise),
                        cvg_http_reason(CVG_HTTP_REASON_CONDITION_NOT_MET),
                        "%s is %s, must %s '%s'", pointer, shown, word, wanted);
    finding->reading.expected =
        cvg_kit_finding_text(finding, "%s must %s '%s'", pointer, word, wanted);
    finding->reading.observed = cvg_kit_finding_text(finding, "%s", shown);
    return 1;
}

/* ---- facts ---- */

/* Others are asked with it, so it is told exactly or not at all. */
static int can_be_told(const struct cvg_kit_finding *finding, const char *name,
                       const struct cvg_kit_pointed *value)
{
    char room[SERVED_MOST];
    size_t needed = strlen(name) + value->length + ROOM_BEHIND;
    if (!is_scalar(value) || value->kind == CVG_JSON_NULL || value->length >= sizeof(room) ||
        strlen(value->text) != value->length || finding->used > sizeof(finding->room) ||
        needed > sizeof(finding->room) - finding->used) {
        return 0;
    }
    cvg_kit_printable(room, sizeof(room), value->text, value->length);
    return strcmp(room, value->text) == 0;
}

static void tell_fact(struct cvg_kit_finding *finding, const char *name,
                      const struct cvg_kit_pointed *value)
{
    size_t before = finding->reading.fact_count;
    if (!can_be_told(finding, name, value)) {
        return;
    }
    cvg_kit_finding_fact(finding, name, "%s", value->text);
    if (finding->reading.fact_count > before && value->kind == CVG_JSON_NUMBER) {
        finding->facts[before].kind = CVG_FACT_NUMBER;
        finding->facts[before].flags = CVG_FACT_METRIC;
    }
}

/* ---- the document ---- */

static int is_html(const struct cvg_http_response *response)
{
    const char *type = response->content_type != NULL ? response->content_type : "";
    size_t length = response->body_length;
    const char *body = response->body;
    while (length > 0 && memchr(" \t\r\n", *body, 4) != NULL) {
        body++;
        length--;
    }
    return strncasecmp(type, "text/html", 9) == 0 ||
           (length >= 5 &&
            (strncasecmp(body, "<html", 5) == 0 || strncasecmp(body, "<!doc", 5) == 0));
}

static size_t gather(const struct cvg_http_check_config *config, const char *ret[POINTERS])
{
    const struct cvg_http_want *wants = config->json.items;
    const struct cvg_pair *facts = config->facts.items;
    size_t count = 0;
    for (size_t i = 0; i < config->json.count; i++) {
        ret[count++] = wants[i].pointer;
    }
    for (size_t i = 0; i < config->facts.count; i++) {
        ret[count++] = facts[i].value;
    }
    if (config->value != NULL) {
        ret[count++] = config->value;
    }
    return count;
}

static int say_value_missing(const struct cvg_http_check_config *config,
                             struct cvg_kit_finding *finding)
{
    char pointer[SHOWN_MOST];
    cvg_kit_printable(pointer, sizeof(pointer), config->value, strlen(config->value));
    cvg_kit_finding_say(finding, cvg_http_status_of(config->otherwise),
                        cvg_http_reason(CVG_HTTP_REASON_VALUE_MISSING), "there is no number at %s",
                        pointer);
    return 1;
}

int cvg_http_judge_json(const struct cvg_http_check_config *config,
                        const struct cvg_http_response *response, enum cvg_http_whose whose,
                        struct cvg_kit_arena *arena, struct cvg_kit_finding *finding)
{
    const struct cvg_http_want *wants = config->json.items;
    const struct cvg_pair *facts = config->facts.items;
    const char *pointers[POINTERS], *error = NULL;
    struct cvg_kit_pointed found[POINTERS];
    size_t count = gather(config, pointers);
    cvg_kit_arena_reset(arena);
    if (is_html(response)) {
        cvg_http_trouble_say(finding, CVG_FAULT_PROTOCOL, whose, CVG_HTTP_REASON_HTML_PAGE,
                             "a page came instead of JSON: is it a login page?");
        return 1;
    }
    if (cvg_kit_pointer_find(response->body, response->body_length, pointers, count, arena, found,
                             &error) < 0) {
        cvg_http_trouble_say(finding, error != NULL ? CVG_FAULT_PROTOCOL : CVG_FAULT_TOO_LARGE,
                             whose,
                             error != NULL ? CVG_HTTP_REASON_NOT_JSON : CVG_HTTP_REASON_TOO_LARGE,
                             "%s", error != NULL ? error : "a value is too long");
        return 1;
    }
    for (size_t i = 0; i < config->facts.count; i++) {
        tell_fact(finding, facts[i].name, &found[config->json.count + i]);
    }
    double value = NAN;
    if (config->value != NULL && number_of(&found[count - 1], &value) == 0 && isfinite(value)) {
        finding->reading.value = value;
        finding->reading.has_value = 1;
    }
    for (size_t i = 0; i < config->json.count; i++) {
        if (judge_want(&wants[i], &found[i], finding)) {
            return 1;
        }
    }
    return config->value != NULL && !finding->reading.has_value ? say_value_missing(config, finding)
                                                                : 0;
}
