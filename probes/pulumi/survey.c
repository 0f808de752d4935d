/* SPDX-License-Identifier: Apache-2.0 */
/* Counting; see survey.h. */
#include "survey.h"

#include "kit/printable.h"

#include <stdio.h>
#include <string.h>

#define ADDRESS_MOST 200

/* ---- asking ---- */

struct cvg_pulumi_ask *cvg_pulumi_ask_make(const struct cvg_pulumi_check_config *config,
                                           struct cvg_kit_arena *arena)
{
    const struct cvg_pulumi_want_resource *resources = config->resources.items;
    const struct cvg_kit_want *outputs = config->outputs.items;
    struct cvg_pulumi_ask *ask = cvg_kit_arena_alloc(arena, sizeof(*ask));
    if (ask == NULL) {
        return NULL;
    }
    ask->pattern_count = config->resources.count;
    ask->output_count = config->outputs.count;
    ask->patterns = cvg_kit_arena_array(arena, ask->pattern_count, sizeof(*ask->patterns));
    ask->outputs = cvg_kit_arena_array(arena, ask->output_count, sizeof(*ask->outputs));
    if (cvg_kit_arena_is_full(arena)) {
        return NULL;
    }
    for (size_t i = 0; i < ask->pattern_count; i++) {
        const char *text = resources[i].address;
        ask->patterns[i] = cvg_kit_arena_text(arena, text, strlen(text));
    }
    for (size_t i = 0; i < ask->output_count; i++) {
        ask->outputs[i] = cvg_kit_arena_text(arena, outputs[i].name, strlen(outputs[i].name));
    }
    return cvg_kit_arena_is_full(arena) ? NULL : ask;
}

static int same_texts(const char *const *one, const char *const *other, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(one[i], other[i]) != 0) {
            return 0;
        }
    }
    return 1;
}

int cvg_pulumi_ask_same(const struct cvg_pulumi_ask *one, const struct cvg_pulumi_ask *other)
{
    return one->pattern_count == other->pattern_count && one->output_count == other->output_count &&
           same_texts(one->patterns, other->patterns, one->pattern_count) &&
           same_texts(one->outputs, other->outputs, one->output_count);
}

/* ---- counting ---- */

static const char *printable(struct cvg_kit_arena *arena, const char *text, size_t length)
{
    char room[ADDRESS_MOST];
    cvg_kit_printable(room, sizeof(room), text, length);
    return cvg_kit_arena_text(arena, room, strlen(room));
}

static void add(struct cvg_pulumi_some *some, struct cvg_kit_arena *arena,
                const struct cvg_pulumi_urn *urn)
{
    if (some->count < CVG_PULUMI_EXAMPLES) {
        some->first[some->count] = printable(arena, urn->type, strlen(urn->type));
    }
    some->count++;
}

static int count_patterns(const struct cvg_pulumi_ask *ask,
                          const struct cvg_pulumi_resource *resource, size_t *found)
{
    int covered = 0;
    for (size_t i = 0; i < ask->pattern_count; i++) {
        if (cvg_pulumi_pattern_covers(ask->patterns[i], &resource->urn)) {
            covered = 1;
            found[i] += !resource->deleting && !resource->replacing;
        }
    }
    return covered || ask->pattern_count == 0;
}

static void note(struct cvg_pulumi_survey *survey, struct cvg_kit_arena *arena,
                 const struct cvg_pulumi_resource *resource)
{
    if (resource->deleting) {
        add(&survey->deleting, arena, &resource->urn);
    }
    if (resource->replacing) {
        add(&survey->replacing, arena, &resource->urn);
    }
    if (resource->tainted) {
        add(&survey->tainted, arena, &resource->urn);
    }
    if (resource->init_failed) {
        add(&survey->init_failed, arena, &resource->urn);
    }
}

static void note_pending(struct cvg_pulumi_survey *survey, struct cvg_kit_arena *arena,
                         const struct cvg_pulumi_stack *stack)
{
    struct cvg_pulumi_some *some = &survey->pending;
    for (const struct cvg_pulumi_operation *at = stack->pending; at != NULL; at = at->next) {
        if (some->count < CVG_PULUMI_EXAMPLES) {
            struct cvg_pulumi_urn urn;
            const char *text = cvg_pulumi_urn_read(at->urn, &urn) == 0 ? urn.type : at->urn;
            some->first[some->count] = printable(arena, text, strlen(text));
        }
        some->count++;
    }
}

/* ---- outputs ---- */

static struct cvg_pulumi_output *copy_output(const struct cvg_pulumi_output *from,
                                             struct cvg_kit_arena *arena)
{
    struct cvg_pulumi_output *output = cvg_kit_arena_alloc(arena, sizeof(*output));
    if (output != NULL) {
        *output = *from;
        output->next = NULL;
        output->name = cvg_kit_arena_text(arena, from->name, strlen(from->name));
        if (from->value.text != NULL) {
            output->value.text =
                cvg_kit_arena_text(arena, from->value.text, strlen(from->value.text));
        }
    }
    return output;
}

/* A path that two spellings lead to ("a.b" and b in a) is told by the worse: the empty one. */
static const struct cvg_pulumi_output *find_output(const struct cvg_pulumi_stack *stack,
                                                   const char *name)
{
    const struct cvg_pulumi_output *found = NULL;
    for (const struct cvg_pulumi_output *at = stack->outputs; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0 && (found == NULL || at->value.kind < found->value.kind)) {
            found = at;
        }
    }
    return found;
}

int cvg_pulumi_survey_make(const struct cvg_pulumi_ask *ask, const struct cvg_pulumi_stack *stack,
                           struct cvg_kit_arena *arena, struct cvg_pulumi_survey *ret)
{
    *ret = (struct cvg_pulumi_survey){
        .is_export = stack->is_export,
        .deployed = stack->deployed,
        .integrity_error = stack->integrity_error,
        .stack = printable(arena, stack->stack, strlen(stack->stack)),
        .pulumi_version = printable(arena, stack->pulumi_version, strlen(stack->pulumi_version)),
        .time_text = printable(arena, stack->time_text, strlen(stack->time_text)),
        .time = stack->time,
        .resources = stack->resource_count,
    };
    size_t *found = cvg_kit_arena_array(arena, ask->pattern_count, sizeof(*found));
    const struct cvg_pulumi_output **outputs =
        cvg_kit_arena_array(arena, ask->output_count, sizeof(const struct cvg_pulumi_output *));
    if (cvg_kit_arena_is_full(arena)) {
        return -1;
    }
    for (const struct cvg_pulumi_resource *at = stack->resources; at != NULL; at = at->next) {
        if (count_patterns(ask, at, found)) {
            note(ret, arena, at);
        }
    }
    note_pending(ret, arena, stack);
    for (size_t i = 0; i < ask->output_count; i++) {
        const struct cvg_pulumi_output *output = find_output(stack, ask->outputs[i]);
        outputs[i] = output != NULL ? copy_output(output, arena) : NULL;
    }
    ret->found = found;
    ret->outputs = outputs;
    return cvg_kit_arena_is_full(arena) ? -1 : 0;
}
