/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of /api/v1/rules: groups of rules. A group's name and interval may stand behind its
 * rules, so they are written into them at its end.
 */
#include "decode.h"
#include "kit/memory.h"

#include <convergate/number.h>

static int broken(struct cvg_prom_document *document, const char *where)
{
    return cvg_prom_document_broken(document, where);
}

static int read_health(struct cvg_prom_document *document, struct cvg_prom_rule *rule)
{
    if (cvg_json_next(document->json) != CVG_JSON_STRING) {
        return broken(document, "a rule's health is not a text");
    }
    rule->health = cvg_json_is(document->json, "ok")    ? CVG_PROM_RULE_OK
                   : cvg_json_is(document->json, "err") ? CVG_PROM_RULE_BROKEN
                                                        : CVG_PROM_RULE_UNKNOWN;
    return 0;
}

/* A rule that was never evaluated has the year 1. */
static int read_evaluation(struct cvg_prom_document *document, struct cvg_prom_rule *rule)
{
    size_t length = 0;
    if (cvg_json_next(document->json) != CVG_JSON_STRING) {
        return broken(document, "a rule's lastEvaluation is not a text");
    }
    const char *text = cvg_json_text(document->json, &length);
    if (length >= 5 && text[0] == '0' && text[1] == '0' && text[2] == '0') {
        return 0;
    }
    return cvg_parse_time(text, length, &rule->evaluated_ns) == 0
               ? 0
               : broken(document, "a rule's lastEvaluation is not a time");
}

static int read_firing(struct cvg_prom_document *document, struct cvg_prom_rule *rule)
{
    if (cvg_json_next(document->json) != CVG_JSON_STRING) {
        return broken(document, "a rule's state is not a text");
    }
    rule->firing = cvg_json_is(document->json, "firing") != 0;
    return 0;
}

static int push(struct cvg_prom_document *document, const struct cvg_prom_rule *rule)
{
    struct cvg_prom_answer *answer = document->answer;
    if (answer->rule_count == CVG_PROM_RULE_LIMIT) {
        return cvg_prom_document_refuse(document, CVG_FAULT_TOO_LARGE, CVG_PROM_REASON_TOO_LARGE,
                                        "the source has more than 50000 rules");
    }
    if (answer->rule_count == answer->rule_capacity) {
        answer->rule_capacity = answer->rule_capacity ? answer->rule_capacity * 2 : 16;
        answer->rules =
            cvg_kit_resize(answer->rules, answer->rule_capacity, sizeof(*answer->rules));
    }
    answer->rules[answer->rule_count++] = *rule;
    return 0;
}

static int read_rule_member(struct cvg_prom_document *document, struct cvg_prom_rule *rule)
{
    struct cvg_json *json = document->json;
    if (cvg_json_is(json, "name")) {
        return cvg_prom_document_next_string(document, &rule->name);
    }
    if (cvg_json_is(json, "health")) {
        return read_health(document, rule);
    }
    if (cvg_json_is(json, "lastError")) {
        return cvg_prom_document_next_string(document, &rule->error);
    }
    if (cvg_json_is(json, "lastEvaluation")) {
        return read_evaluation(document, rule);
    }
    if (cvg_json_is(json, "state")) {
        return read_firing(document, rule);
    }
    return cvg_json_skip(json) < 0 ? broken(document, "") : 0;
}

/* The list behind the current key: rules of one group. */
static int read_rules(struct cvg_prom_document *document)
{
    struct cvg_json *json = document->json;
    enum cvg_json_token token = cvg_json_next(json);
    if (token == CVG_JSON_NULL) {
        return 0;
    }
    if (token != CVG_JSON_ARRAY) {
        return broken(document, "a group's rules are not a list");
    }
    while (cvg_json_next(json) == CVG_JSON_OBJECT) {
        struct cvg_prom_rule rule = {.evaluated_ns = CVG_ABSENT_INT};
        while (cvg_json_next(json) == CVG_JSON_KEY) {
            if (read_rule_member(document, &rule) < 0) {
                return -1;
            }
        }
        if (cvg_json_current(json) != CVG_JSON_END || rule.name.length == 0) {
            return broken(document, "a rule lacks its name");
        }
        if (push(document, &rule) < 0) {
            return -1;
        }
    }
    return cvg_json_current(json) == CVG_JSON_END ? 0 : broken(document, "a rule is not an object");
}

/* In seconds, with a fraction where there is one. */
static int read_interval(struct cvg_prom_document *document, int64_t *ret_ns)
{
    double seconds = 0;
    size_t length = 0;
    const char *text = cvg_json_next(document->json) == CVG_JSON_NUMBER
                           ? cvg_json_text(document->json, &length)
                           : "";
    if (cvg_parse_double(text, length, &seconds) < 0 || !(seconds >= 0 && seconds < 1e9)) {
        return broken(document, "a group's interval is not a number of seconds");
    }
    *ret_ns = (int64_t)(seconds * 1e9);
    return 0;
}

/* One group, whose { is the current token. */
static int read_group(struct cvg_prom_document *document)
{
    struct cvg_json *json = document->json;
    size_t first = document->answer->rule_count;
    struct cvg_prom_span name = {0};
    int64_t interval_ns = 0;
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int code = 0;
        if (cvg_json_is(json, "name")) {
            code = cvg_prom_document_next_string(document, &name);
        } else if (cvg_json_is(json, "rules")) {
            code = read_rules(document);
        } else if (cvg_json_is(json, "interval")) {
            code = read_interval(document, &interval_ns);
        } else if (cvg_json_skip(json) < 0) {
            code = broken(document, "");
        }
        if (code < 0) {
            return code;
        }
    }
    if (cvg_json_current(json) != CVG_JSON_END || name.length == 0) {
        return broken(document, "a group lacks its name");
    }
    for (size_t i = first; i < document->answer->rule_count; i++) {
        document->answer->rules[i].group = name;
        document->answer->rules[i].interval_ns = interval_ns;
    }
    return 0;
}

static int read_groups(struct cvg_prom_document *document)
{
    struct cvg_json *json = document->json;
    enum cvg_json_token token = cvg_json_next(json);
    if (token == CVG_JSON_NULL) {
        return 0;
    }
    if (token != CVG_JSON_ARRAY) {
        return broken(document, "groups is not a list");
    }
    while (cvg_json_next(json) == CVG_JSON_OBJECT) {
        if (read_group(document) < 0) {
            return -1;
        }
    }
    return cvg_json_current(json) == CVG_JSON_END ? 0
                                                  : broken(document, "a group is not an object");
}

static int read_data(struct cvg_prom_document *document)
{
    struct cvg_json *json = document->json;
    int found = 0;
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return broken(document, "data is not an object");
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        int is_groups = cvg_json_is(json, "groups");
        found |= is_groups;
        if (is_groups ? read_groups(document) < 0 : cvg_json_skip(json) < 0) {
            return is_groups ? -1 : broken(document, "");
        }
    }
    return cvg_json_current(json) == CVG_JSON_END && found ? 0
                                                           : broken(document, "it has no groups");
}

void cvg_prom_decode_rules(struct cvg_prom_answer *answer, const struct cvg_prom_body *body)
{
    struct cvg_prom_document document = {.answer = answer, .whose = "a list of rules"};
    if (cvg_prom_document_open(&document, body, '{') == 0) {
        (void)cvg_prom_document_envelope(&document, read_data);
    }
    cvg_prom_document_close(&document);
}
