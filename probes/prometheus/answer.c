/* SPDX-License-Identifier: Apache-2.0 */
/* Answers and the texts in them; see answer.h. */
#include "answer.h"

#include <convergate/json.h>

#include <stdlib.h>
#include <string.h>

enum {
    NAME_LIMIT = 128, /* of a label's name and value in a message */
    VALUE_LIMIT = 96
};

void cvg_prom_answer_reset(struct cvg_prom_answer *answer)
{
    answer->fault = 0;
    answer->reason = CVG_PROM_REASON_CONDITION_MET;
    answer->problem[0] = '\0';
    answer->body = "";
    answer->count = answer->alert_count = answer->rule_count = 0;
    answer->about = 0;
    answer->partial = 0;
    answer->warnings = 0;
    answer->warning[0] = '\0';
}

void cvg_prom_answer_done(struct cvg_prom_answer *answer)
{
    free(answer->elements);
    free(answer->alerts);
    free(answer->rules);
    *answer = (struct cvg_prom_answer){0};
}

struct cvg_kit_text cvg_prom_answer_refuse(struct cvg_prom_answer *answer, uint32_t fault,
                                           enum cvg_prom_reason reason)
{
    struct cvg_kit_text text;
    answer->fault = fault;
    answer->reason = reason;
    answer->count = answer->alert_count = answer->rule_count = 0;
    cvg_kit_text_init(&text, answer->problem, sizeof(answer->problem));
    return text;
}

void cvg_prom_answer_labels(const struct cvg_prom_answer *answer, struct cvg_prom_span labels,
                            int (*label)(void *arg, const char *name, const char *value,
                                         size_t value_length),
                            void *arg)
{
    if (labels.length <= 2) { /* "{}" */
        return;
    }
    struct cvg_json *json = cvg_json_new(answer->body + labels.at, labels.length, NULL);
    if (json == NULL || cvg_json_next(json) != CVG_JSON_OBJECT) {
        cvg_json_free(json);
        return;
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        char name[NAME_LIMIT];
        struct cvg_kit_text text;
        size_t length = 0;
        const char *bytes = cvg_json_text(json, &length);
        cvg_kit_text_init(&text, name, sizeof(name));
        cvg_kit_text_evidence(&text, bytes, length, sizeof(name));
        if (cvg_json_next(json) != CVG_JSON_STRING) {
            break;
        }
        bytes = cvg_json_text(json, &length);
        if (label(arg, name, bytes, length) != 0) {
            break;
        }
    }
    cvg_json_free(json);
}

int cvg_prom_answer_is(const struct cvg_prom_answer *answer, struct cvg_prom_span string,
                       const char *words)
{
    size_t length = strlen(words);
    if (string.length < 2) {
        return 0;
    }
    const char *inner = answer->body + string.at + 1;
    if (memchr(inner, '\\', string.length - 2) == NULL) {
        return length == string.length - 2 && memcmp(inner, words, length) == 0;
    }
    struct cvg_json *json = cvg_json_new(answer->body + string.at, string.length, NULL);
    int is = json != NULL && cvg_json_next(json) == CVG_JSON_STRING && cvg_json_is(json, words);
    cvg_json_free(json);
    return is;
}

void cvg_prom_answer_quote(const struct cvg_prom_answer *answer, struct cvg_prom_span string,
                           size_t limit, struct cvg_kit_text *text)
{
    if (string.length < 2) {
        return;
    }
    struct cvg_json *json = cvg_json_new(answer->body + string.at, string.length, NULL);
    if (json != NULL && cvg_json_next(json) == CVG_JSON_STRING) {
        size_t length = 0;
        const char *bytes = cvg_json_text(json, &length);
        cvg_kit_text_evidence(text, bytes, length, limit);
    }
    cvg_json_free(json);
}

/* The name goes first, wherever it stands among the labels. */
struct description {
    const char *name_label, *left_out;
    char name_data[VALUE_LIMIT + 8], label_data[512];
    struct cvg_kit_text name, labels;
};

static int take_label(void *arg, const char *name, const char *value, size_t value_length)
{
    struct description *description = arg;
    struct cvg_kit_text *labels = &description->labels;
    if (strcmp(name, description->name_label) == 0) {
        cvg_kit_text_evidence(&description->name, value, value_length, VALUE_LIMIT);
        return 0;
    }
    if (description->left_out != NULL &&
        (strcmp(name, description->left_out) == 0 || strcmp(name, "__name__") == 0)) {
        return 0;
    }
    cvg_kit_text_add(labels, labels->length > 0 ? ", " : "{");
    cvg_kit_text_add(labels, name);
    cvg_kit_text_add(labels, "=\"");
    cvg_kit_text_evidence(labels, value, value_length, VALUE_LIMIT);
    cvg_kit_text_add(labels, "\"");
    return 0;
}

static void describe(const struct cvg_prom_answer *answer, struct cvg_prom_span labels,
                     struct description *description, struct cvg_kit_text *text)
{
    cvg_kit_text_init(&description->name, description->name_data, sizeof(description->name_data));
    cvg_kit_text_init(&description->labels, description->label_data,
                      sizeof(description->label_data));
    cvg_prom_answer_labels(answer, labels, take_label, description);
    cvg_kit_text_add(text, description->name_data);
    if (description->labels.length > 0) {
        cvg_kit_text_add(text, description->label_data);
        cvg_kit_text_add(text, "}");
    }
}

void cvg_prom_answer_describe(const struct cvg_prom_answer *answer,
                              const struct cvg_prom_element *element, struct cvg_kit_text *text)
{
    struct description description = {.name_label = "__name__"};
    describe(answer, element->labels, &description, text);
}

void cvg_prom_answer_describe_alert(const struct cvg_prom_answer *answer,
                                    struct cvg_prom_span labels, struct cvg_kit_text *text)
{
    struct description description = {.name_label = "alertname", .left_out = "alertstate"};
    describe(answer, labels, &description, text);
}
