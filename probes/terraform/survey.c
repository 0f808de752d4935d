/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting what a check wants in a state. Addresses are made printable here, since this is where they
 * are chosen for people; what is compared stays as it was read.
 */
#include "survey.h"

#include "kit/printable.h"
#include "pattern.h"
#include "survey_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS_ROOM 512 /* of an address before it is cut for people */
#define EXAMPLE_ROOM 200

/* ---- some of many ---- */

void cvg_tf_some_add(struct cvg_tf_some *some, struct cvg_kit_arena *arena, const char *format, ...)
{
    if (some->count++ >= CVG_TF_EXAMPLES) {
        return;
    }
    char words[ADDRESS_ROOM], shown[EXAMPLE_ROOM];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    cvg_kit_printable(shown, sizeof(shown), words, strlen(words));
    some->first[some->count - 1] = cvg_kit_arena_text(arena, shown, strlen(shown));
}

static void add_address(struct cvg_tf_some *some, struct cvg_kit_arena *arena,
                        const struct cvg_tf_resource *resource,
                        const struct cvg_tf_instance *instance)
{
    char address[ADDRESS_ROOM];
    if (some->count < CVG_TF_EXAMPLES) {
        cvg_tf_address(resource, instance, address, sizeof(address));
        cvg_tf_some_add(some, arena, "%s", address);
    } else {
        some->count++;
    }
}

/* ---- resources ---- */

/* What one pattern found. */
struct tally {
    size_t current;  /* objects that are there, tainted ones included */
    size_t sound;    /* of them untainted */
    size_t bare;     /* entries without instances */
    uint64_t wanted; /* at least so many */
};

static uint64_t least_of(const struct cvg_tf_want_resource *want)
{
    int64_t least = want->count != CVG_ABSENT_INT      ? want->count
                    : want->at_least != CVG_ABSENT_INT ? want->at_least
                                                       : 1;
    return least < 0 ? 0 : (uint64_t)least;
}

static void tally_resource(const struct cvg_tf_want_resource *want,
                           const struct cvg_tf_resource *resource, struct tally *tally)
{
    if (!cvg_tf_pattern_covers(want->address, resource, NULL)) {
        return;
    }
    tally->bare += resource->instance_count == 0;
    for (uint32_t i = 0; i < resource->instance_count; i++) {
        const struct cvg_tf_instance *instance = &resource->instances[i];
        if (instance->deposed[0] == '\0' &&
            cvg_tf_pattern_covers(want->address, resource, instance)) {
            tally->current++;
            tally->sound += !instance->tainted;
        }
    }
}

static void report_tally(const struct cvg_tf_want_resource *want, const struct tally *tally,
                         struct cvg_kit_arena *arena, struct cvg_tf_survey *ret)
{
    uint64_t sound = tally->sound < tally->wanted ? tally->sound : tally->wanted;
    ret->wanted += (size_t)tally->wanted;
    ret->present += (size_t)sound;
    if (sound < tally->wanted) {
        const char *bare = tally->bare > 0 ? ", listed without instances" : "";
        if (tally->wanted == 1) {
            cvg_tf_some_add(&ret->missing, arena, "%s%s", want->address, bare);
        } else {
            cvg_tf_some_add(&ret->missing, arena, "%s (%llu of %llu%s)", want->address,
                            (unsigned long long)sound, (unsigned long long)tally->wanted, bare);
        }
    }
    if (want->count != CVG_ABSENT_INT && tally->current > tally->wanted) {
        cvg_tf_some_add(&ret->surplus, arena, "%s (%zu, wanted %llu)", want->address,
                        tally->current, (unsigned long long)tally->wanted);
    }
}

/* short_of: for each pattern, whether it is short of something. */
static void survey_patterns(const struct cvg_tf_check_config *config,
                            const struct cvg_tf_state *state, struct cvg_kit_arena *arena,
                            unsigned char *short_of, struct cvg_tf_survey *ret)
{
    const struct cvg_tf_want_resource *wants = config->resources.items;
    for (size_t i = 0; i < config->resources.count; i++) {
        struct tally tally = {.wanted = least_of(&wants[i])};
        for (size_t j = 0; j < state->resource_count; j++) {
            tally_resource(&wants[i], &state->resources[j], &tally);
        }
        short_of[i] = tally.sound < tally.wanted;
        report_tally(&wants[i], &tally, arena, ret);
    }
}

static int is_wanted(const struct cvg_tf_check_config *config,
                     const struct cvg_tf_resource *resource, const struct cvg_tf_instance *instance)
{
    const struct cvg_tf_want_resource *wants = config->resources.items;
    int found = config->resources.count == 0;
    for (size_t i = 0; i < config->resources.count && !found; i++) {
        found = cvg_tf_pattern_covers(wants[i].address, resource, instance);
    }
    return found;
}

/* Told as missing already: a pattern that is short of something covers it. */
static int is_missed(const struct cvg_tf_check_config *config, const unsigned char *short_of,
                     const struct cvg_tf_resource *resource)
{
    const struct cvg_tf_want_resource *wants = config->resources.items;
    for (size_t i = 0; i < config->resources.count; i++) {
        if (short_of[i] && cvg_tf_pattern_covers(wants[i].address, resource, NULL)) {
            return 1;
        }
    }
    return 0;
}

static void survey_resource(const struct cvg_tf_check_config *config,
                            const struct cvg_tf_resource *resource, const unsigned char *short_of,
                            struct cvg_kit_arena *arena, struct cvg_tf_survey *ret)
{
    size_t current = 0;
    if (resource->instance_count == 0 && !is_missed(config, short_of, resource)) {
        add_address(&ret->bare, arena, resource, NULL);
    }
    for (uint32_t i = 0; i < resource->instance_count; i++) {
        const struct cvg_tf_instance *instance = &resource->instances[i];
        int is_current = instance->deposed[0] == '\0';
        current += (size_t)is_current;
        if ((instance->tainted || !is_current) && is_wanted(config, resource, instance)) {
            add_address(is_current ? &ret->tainted : &ret->deposed, arena, resource, instance);
        }
    }
    if (!resource->is_data) {
        ret->resources += current > 0;
        ret->instances += current;
    }
}

/* ---- all ---- */

int cvg_tf_survey_state(const struct cvg_tf_check_config *config, const struct cvg_tf_state *state,
                        struct cvg_kit_arena *arena, struct cvg_tf_survey *ret)
{
    *ret = (struct cvg_tf_survey){.serial_number = state->serial_number,
                                  .has_serial = state->has_serial};
    ret->terraform_version =
        cvg_kit_arena_text(arena, state->terraform_version, strlen(state->terraform_version));
    ret->lineage = cvg_kit_arena_text(arena, state->lineage, strlen(state->lineage));
    ret->serial = cvg_kit_arena_text(arena, state->serial, strlen(state->serial));
    unsigned char *short_of = cvg_kit_arena_array(arena, config->resources.count, 1);
    if (short_of == NULL) {
        return -1;
    }
    survey_patterns(config, state, arena, short_of, ret);
    for (size_t i = 0; i < state->resource_count; i++) {
        survey_resource(config, &state->resources[i], short_of, arena, ret);
    }
    cvg_tf_survey_outputs(config, state, arena, ret);
    cvg_tf_survey_checks(config, state->checks, state->check_count, arena, ret);
    return cvg_kit_arena_is_full(arena) ? -1 : 0;
}

static const char *copy(struct cvg_kit_arena *arena, const char *text)
{
    const char *kept = text == NULL ? "" : text;
    return cvg_kit_arena_text(arena, kept, strlen(kept));
}

/* For people, as the other addresses. */
static const char *copy_shown(struct cvg_kit_arena *arena, const char *text)
{
    char shown[EXAMPLE_ROOM] = "";
    if (text != NULL) {
        cvg_kit_printable(shown, sizeof(shown), text, strlen(text));
    }
    return cvg_kit_arena_text(arena, shown, strlen(shown));
}

int cvg_tf_survey_plan(const struct cvg_tf_check_config *config, const struct cvg_tf_plan *plan,
                       struct cvg_kit_arena *arena, struct cvg_tf_survey *ret)
{
    *ret = (struct cvg_tf_survey){.is_plan = 1, .lineage = "", .serial = ""};
    struct cvg_tf_plan *kept = cvg_kit_arena_alloc(arena, sizeof(*kept));
    if (kept == NULL) {
        return -1;
    }
    *kept = *plan;
    kept->format_version = copy(arena, plan->format_version);
    kept->terraform_version = copy(arena, plan->terraform_version);
    kept->first_change = copy_shown(arena, plan->first_change);
    kept->first_drift = copy_shown(arena, plan->first_drift);
    /* Counted below, and not to be kept: they are the plan's memory. */
    kept->checks = NULL;
    kept->check_count = 0;
    ret->terraform_version = kept->terraform_version;
    ret->plan = kept;
    cvg_tf_survey_checks(config, plan->checks, plan->check_count, arena, ret);
    return cvg_kit_arena_is_full(arena) ? -1 : 0;
}
