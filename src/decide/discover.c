/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking over what was discovered. What is found is folded (discovery.c) and noted at once; the
 * environments come and go with a reload of the files as they were read last (reload.c), at most one a
 * second for all that came until then.
 */
#include "base/map.h"
#include "base/text.h"
#include "base/time.h"
#include "decide/decider_inner.h"
#include "decide/discovery.h"
#include "io/timer.h"

#include <stdlib.h>
#include <string.h>

#define NOTE_LIMIT (1024u * 1024)
/* For more to come with it. */
#define GATHER     (50 * CVG_MS)
#define PAUSE      CVG_SECOND

/* ---- notes ---- */

static void on_note(void *ctx, const char *key, const char *discover,
                    const struct cvg_found_object *object, uint64_t rank)
{
    struct cvg_decider *decider = ctx;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(NOTE_LIMIT);
    struct cvg_note note = {.kind = CVG_NOTE_FOUND, .key = key};

    if (!decider->store) {
        return;
    }
    if (object) {
        struct cvg_note_found found = {
            .discover = discover,
            .namespace_name = object->namespace_name,
            .name = object->name,
            .rank = rank,
            .labels = object->labels,
            .annotations = object->annotations,
            .label_count = object->label_count,
            .annotation_count = object->annotation_count,
        };
        if (cvg_note_found_write(&found, &text) < 0) {
            return; /* then it is found again after a restart */
        }
        note.bytes = cvg_buf_text(&text);
        note.length = text.length;
    }
    cvg_store_note(decider->store, &note, 1);
}

static bool see_found(void *ctx, const struct cvg_note *note)
{
    struct cvg_decider *decider = ctx;
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_note_found found;

    if (cvg_note_found_read(note->bytes, note->length, arena, &found, NULL) == 0) {
        const struct cvg_found_object object = {
            .namespace_name = found.namespace_name,
            .name = found.name,
            .labels = found.labels,
            .label_count = found.label_count,
            .annotations = found.annotations,
            .annotation_count = found.annotation_count,
        };
        cvg_discovery_restore(decider->discovery, found.discover, &object, found.rank);
    }
    return true;
}

/* ---- what became of it ---- */

static void tell_outcomes(struct cvg_decider *decider, const struct cvg_config *config,
                          const struct cvg_found_list *found)
{
    for (size_t i = 0; i < found->count && config->base; i++) {
        cvg_discovery_outcome(decider->discovery, &found->items[i], &config->outcomes[i]);
    }
}

static void tell_those_only_in(const struct cvg_config *config, const struct cvg_config *other,
                               const char *text)
{
    struct cvg_map *names = cvg_map_new();

    for (size_t i = 0; i < other->environment_count; i++) {
        cvg_map_put(names, other->environments[i].name, names);
    }
    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *environment = &config->environments[i];
        if (environment->discovered_by && !cvg_map_get(names, environment->name)) {
            cvg_log(CVG_LOG_INFO, text, "environment", environment->name, "discover",
                    environment->discovered_by, NULL);
        }
    }
    cvg_map_free(names);
}

void cvg_decider_tell_found(struct cvg_decider *decider, const struct cvg_config *before,
                            const struct cvg_found_list *found)
{
    const struct cvg_config *config = decider->now->config;

    tell_outcomes(decider, config, found);
    tell_those_only_in(config, before, "environment discovered");
    tell_those_only_in(before, config, "environment let go");
}

static const char *what_was_said(const struct cvg_diagnostics *said, const char *environment)
{
    CVG_CLEANUP(cvg_free_pointer) char *name = cvg_format("'%s'", environment);
    const char *first = NULL;

    for (size_t i = 0; i < said->count; i++) {
        const struct cvg_diagnostic *item = &said->items[i];
        if (!item->warning && item->use && strstr(item->use, name)) {
            return item->text;
        }
        first = first || item->warning ? first : item->text;
    }
    return first ? first : "a module refuses one of its checks";
}

bool cvg_decider_leave_out(struct cvg_decider *decider, const struct cvg_config *config,
                           const struct cvg_runner *runner, struct cvg_found_list *found,
                           const struct cvg_diagnostics *said)
{
    struct cvg_map *refused = cvg_map_new();
    bool others = false, any = false;

    for (size_t i = 0; i < config->environment_count; i++) {
        if (cvg_runner_refused(runner, i)) {
            others = others || !config->environments[i].discovered_by;
            cvg_map_put(refused, config->environments[i].name, refused);
        }
    }
    for (size_t i = 0; i < found->count && config->base && !others; i++) {
        struct cvg_discovered *one = &found->items[i];
        const char *name = config->outcomes[i].environment;
        if (name && cvg_map_get(refused, name)) {
            one->left_out = cvg_arena_strdup(found->arena, what_was_said(said, name));
            cvg_discovery_leave_out(decider->discovery, one, one->left_out);
            any = true;
        }
    }
    cvg_map_free(refused);
    return any && !others;
}

/* ---- a start ---- */

/* What is made of a configuration before anything is started; empty where it cannot be. */
struct made {
    struct cvg_generation *generation;
    struct cvg_runner *runner;
};

/* False: it has to be tried again, without those that were left out. */
static bool make(struct cvg_decider *decider, struct cvg_arena *arena, struct made *ret)
{
    struct cvg_diagnostics said CVG_CLEANUP(cvg_diagnostics_done) = {0};
    struct cvg_kinds kinds = cvg_runner_kinds(decider->runner);
    struct cvg_found_list found = {.arena = arena};
    found.count = cvg_discovery_list(decider->discovery, arena, &found.items);
    struct cvg_config *config =
        cvg_config_discover(decider->first, &kinds, found.items, found.count);
    bool again = false;

    if (cvg_generation_new(config, &said, &ret->generation) == 0) {
        ret->runner = cvg_runner_new_bare(decider->loop, config, decider->registry,
                                          &cvg_decider_events, decider);
        (void)cvg_runner_prepare(ret->runner, SIZE_MAX, &said);
        again = said.errors && cvg_decider_leave_out(decider, config, ret->runner, &found, &said);
    }
    if (said.errors) {
        cvg_runner_free(ret->runner);
        cvg_generation_free(ret->generation);
        *ret = (struct made){0};
    }
    if (ret->runner) {
        tell_outcomes(decider, config, &found);
    }
    cvg_config_unref(config);
    return !again;
}

void cvg_decider_bring_back_found(struct cvg_decider *decider)
{
    struct cvg_error error = {0};
    struct made made = {0};

    if (!decider->discovery) {
        decider->discovery = cvg_discovery_new(on_note, decider);
        cvg_discovery_configure(decider->discovery, decider->first);
    }
    if (!decider->store || decider->first->discover_count == 0) {
        return;
    }
    if (cvg_store_notes(decider->store, CVG_NOTE_FOUND, see_found, decider, &error) < 0) {
        cvg_log(CVG_LOG_WARNING, "what was discovered before the start cannot be read", "why",
                error.text, NULL);
    }
    decider->discovered = cvg_discovery_edition(decider->discovery);
    if (decider->discovered == 0) {
        return; /* there was nothing */
    }
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    while (!make(decider, arena, &made)) {
    }
    if (!made.runner) {
        return;
    }
    cvg_runner_free(decider->runner);
    cvg_generation_free(decider->now);
    cvg_board_free(decider->board);
    decider->runner = made.runner;
    decider->now = made.generation;
    decider->board = cvg_board_new(decider->now->names, decider->now->config->environment_count);
}

/* ---- taking over ---- */

static void on_discover_timer(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_decider *decider = arg;

    decider->discover_timer = NULL;
    if (!decider->reloading && !decider->stopping &&
        cvg_discovery_edition(decider->discovery) != decider->discovered) {
        cvg_decider_reload_found(decider);
    }
}

void cvg_decider_discover_soon(struct cvg_decider *decider)
{
    int64_t now = cvg_time_now();

    if (decider->discover_timer || decider->reloading || decider->stopping ||
        cvg_discovery_edition(decider->discovery) == decider->discovered) {
        return;
    }
    int64_t at = decider->discovered_at ? decider->discovered_at + PAUSE : now;
    decider->discover_timer =
        cvg_timer_start(&decider->scope, CVG_MAX(at - now, GATHER), on_discover_timer, decider);
}

void cvg_decider_found(void *ctx, size_t discover, const struct cvg_found *found)
{
    struct cvg_decider *decider = ctx;

    cvg_discovery_found(decider->discovery, decider->now->config->discovers[discover].name, found,
                        cvg_time_now());
    cvg_decider_discover_soon(decider);
}

void cvg_decider_surveyed(void *ctx, size_t discover, int64_t at, const char *why)
{
    struct cvg_decider *decider = ctx;

    cvg_discovery_surveyed(decider->discovery, decider->now->config->discovers[discover].name, at,
                           why);
    cvg_decider_discover_soon(decider);
}
