/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question is one piece of memory: the struct, its lists and all texts behind it. Laid out twice,
 * first without memory to learn how much it takes; see question.h.
 */
#include "question.h"

#include "kit/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* memory NULL: only counts. */
struct layout {
    unsigned char *memory;
    size_t used;
};

static void *put(struct layout *layout, const void *bytes, size_t size, size_t alignment)
{
    size_t at = (layout->used + alignment - 1) / alignment * alignment;
    layout->used = at + size;
    if (layout->memory == NULL) {
        return NULL;
    }
    if (size > 0) {
        memcpy(layout->memory + at, bytes, size);
    }
    return layout->memory + at;
}

static const char *put_text(struct layout *layout, const char *text)
{
    return text == NULL ? NULL : put(layout, text, strlen(text) + 1, 1);
}

static void put_resources(struct layout *layout, struct cvg_list *list)
{
    const struct cvg_tf_want_resource *from = list->items;
    struct cvg_tf_want_resource *to =
        put(layout, from, list->count * sizeof(*to), alignof(struct cvg_tf_want_resource));
    for (size_t i = 0; i < list->count; i++) {
        const char *address = put_text(layout, from[i].address);
        if (to != NULL) {
            to[i].address = address;
        }
    }
    list->items = to;
}

static void put_outputs(struct layout *layout, struct cvg_list *list)
{
    const struct cvg_tf_want_output *from = list->items;
    struct cvg_tf_want_output *to =
        put(layout, from, list->count * sizeof(*to), alignof(struct cvg_tf_want_output));
    for (size_t i = 0; i < list->count; i++) {
        struct cvg_tf_want_output copy = from[i];
        copy.name = put_text(layout, from[i].name);
        copy.equals = put_text(layout, from[i].equals);
        copy.matches = put_text(layout, from[i].matches);
        if (to != NULL) {
            to[i] = copy;
        }
    }
    list->items = to;
}

static void put_checks(struct layout *layout, struct cvg_list *list)
{
    const char *const *from = list->items;
    const char **to = put(layout, from, list->count * sizeof(*to), alignof(const char *));
    for (size_t i = 0; i < list->count; i++) {
        const char *address = put_text(layout, from[i]);
        if (to != NULL) {
            to[i] = address;
        }
    }
    list->items = to;
}

static void lay_out(struct layout *layout, const struct cvg_tf_check_config *config,
                    uint32_t content)
{
    struct cvg_tf_question copy = {.config = *config, .references = 1};
    struct cvg_tf_question *question =
        put(layout, &copy, sizeof(copy), alignof(struct cvg_tf_question));
    put_resources(layout, &copy.config.resources);
    put_outputs(layout, &copy.config.outputs);
    put_checks(layout, &copy.config.checks);
    if (content == CVG_TF_CONTENT_PLAN) {
        copy.config.converged = 1;
    }
    if (question != NULL) {
        *question = copy;
    }
}

struct cvg_tf_question *cvg_tf_question_new(const struct cvg_tf_check_config *config,
                                            uint32_t content)
{
    struct layout layout = {0};
    lay_out(&layout, config, content);
    void *memory = cvg_kit_alloc(layout.used);
    layout = (struct layout){.memory = memory};
    lay_out(&layout, config, content);
    return memory;
}

struct cvg_tf_question *cvg_tf_question_hold(struct cvg_tf_question *question)
{
    question->references++;
    return question;
}

void cvg_tf_question_drop(struct cvg_tf_question *question)
{
    if (question != NULL && --question->references == 0) {
        free(question);
    }
}

static int same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int same_resources(const struct cvg_list *a, const struct cvg_list *b)
{
    const struct cvg_tf_want_resource *left = a->items, *right = b->items;
    size_t i = 0;
    while (i < a->count && i < b->count && same_text(left[i].address, right[i].address) &&
           left[i].count == right[i].count && left[i].at_least == right[i].at_least) {
        i++;
    }
    return i == a->count && i == b->count;
}

static int same_outputs(const struct cvg_list *a, const struct cvg_list *b)
{
    const struct cvg_tf_want_output *left = a->items, *right = b->items;
    size_t i = 0;
    while (i < a->count && i < b->count && same_text(left[i].name, right[i].name) &&
           same_text(left[i].equals, right[i].equals) &&
           same_text(left[i].matches, right[i].matches) &&
           left[i].allow_empty == right[i].allow_empty && left[i].serve == right[i].serve) {
        i++;
    }
    return i == a->count && i == b->count;
}

static int same_checks(const struct cvg_list *a, const struct cvg_list *b)
{
    const char *const *left = a->items, *const *right = b->items;
    size_t i = 0;
    while (i < a->count && i < b->count && same_text(left[i], right[i])) {
        i++;
    }
    return i == a->count && i == b->count;
}

int cvg_tf_question_same(const struct cvg_tf_question *a, const struct cvg_tf_question *b)
{
    const struct cvg_tf_check_config *left = &a->config, *right = &b->config;
    return same_resources(&left->resources, &right->resources) &&
           same_outputs(&left->outputs, &right->outputs) &&
           same_checks(&left->checks, &right->checks) &&
           left->serial_at_least == right->serial_at_least &&
           left->max_change_age == right->max_change_age && left->settle == right->settle &&
           left->grace == right->grace && left->ignore_plan_locks == right->ignore_plan_locks &&
           left->lock == right->lock && left->allow_empty == right->allow_empty &&
           left->deposed == right->deposed && left->drift == right->drift &&
           left->converged == right->converged && left->targeted == right->targeted;
}
