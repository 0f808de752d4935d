/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing back. Notes are read one after the other, and each is either taken over by what it is
 * about, or forgotten: what is damaged, of something that is gone, or of another question.
 */
#include "decide/restart.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/time.h"
#include "decide/restart_about.h"
#include "decide/restart_inner.h"
#include "module/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Between the last note of a publication and the stop there were others: at most one each
 * millisecond, for a minute or as long as the store was away. */
#define SEQUENCE_MARGIN UINT64_C(10000000)

static void read_boot(char ret[static 40])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, ret, 39) : -1;

    if (fd >= 0) {
        close(fd);
    }
    ret[CVG_MAX(got, 0)] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
}

static void on_put(void *ctx, const char *key, const void *bytes, size_t length)
{
    struct cvg_restart *restart = ctx;
    struct cvg_note note = {CVG_NOTE_MEMORY, key, bytes, length};

    cvg_store_note(restart->store, &note, 1);
}

struct cvg_restart *cvg_restart_new(struct cvg_store *store, struct cvg_memory *memory)
{
    struct cvg_restart *restart = CVG_NEW(struct cvg_restart);

    restart->store = store;
    restart->memory = memory;
    restart->arena = cvg_arena_new();
    restart->published = cvg_map_new();
    restart->gone = cvg_map_new();
    read_boot(restart->boot);
    if (store) {
        cvg_memory_on_put(memory, on_put, restart);
    }
    return restart;
}

static void free_tables(struct cvg_restart *restart)
{
    free(restart->checks);
    free(restart->sources);
    free(restart->environments);
    cvg_config_unref(restart->config);
}

void cvg_restart_free(struct cvg_restart *restart)
{
    if (!restart) {
        return;
    }
    if (restart->store) {
        cvg_memory_on_put(restart->memory, NULL, NULL);
    }
    free_tables(restart);
    cvg_config_unref(restart->before);
    cvg_map_free(restart->published);
    cvg_restart_gone_done(restart);
    cvg_arena_free(restart->arena);
    free(restart);
}

void cvg_restart_adopt(struct cvg_restart *restart, struct cvg_config *config)
{
    free_tables(restart);
    restart->config = cvg_config_ref(config);
    restart->check_count = 0;
    for (size_t i = 0; i < config->environment_count; i++) {
        restart->check_count += config->environments[i].check_count;
    }
    restart->checks = cvg_alloc_array(restart->check_count + 1, sizeof(*restart->checks));
    restart->sources = cvg_alloc_array(config->source_count + 1, sizeof(*restart->sources));
    restart->environments =
        cvg_alloc_array(config->environment_count + 1, sizeof(*restart->environments));
    restart->next_check[0] = restart->next_check[1] = 0;
    restart->next_environment = 0;
}

struct cvg_note_clock cvg_restart_clock(const struct cvg_restart *restart, int64_t now,
                                        int64_t wall)
{
    struct cvg_note_clock clock = {.now = now, .wall = wall};

    memcpy(clock.boot, restart->boot, sizeof(clock.boot));
    return clock;
}

/* ---- loading ---- */

/* Where a check stands. */
struct place {
    size_t environment, check, number; /* number: among all */
};

struct loading {
    struct cvg_restart *restart;
    struct cvg_generation *generation;
    struct cvg_runner *runner;
    struct cvg_note_clock clock;
    struct cvg_map *places;                  /* struct place, by the note's key */
    struct cvg_restart_notes *out;           /* what is to be forgotten */
    size_t brought_back, damaged, forgotten; /* notes */
};

static bool see_memory(void *ctx, const struct cvg_note *note)
{
    struct cvg_restart *restart = ctx;

    if (cvg_memory_restore(restart->memory, note->key, note->bytes, note->length) < 0) {
        cvg_log(CVG_LOG_WARNING, "what a module remembered is too long to be taken back", "key",
                note->key, NULL);
    }
    return true;
}

/* Only the walk reads the store meanwhile; what is to be forgotten is told after it. */
static void forget(struct loading *loading, const struct cvg_note *note, int rc)
{
    *(rc == CVG_E_INVALID ? &loading->damaged : &loading->forgotten) += 1;
    cvg_restart_note(loading->out, (enum cvg_note_kind)note->kind, note->key, NULL);
}

static bool see_steady(void *ctx, const struct cvg_note *note)
{
    struct loading *loading = ctx;
    const struct place *place = cvg_map_get(loading->places, note->key);
    struct cvg_steady_saved saved;
    char about[CVG_SHA256_HEX];

    if (!place) {
        forget(loading, note, 0);
        return true;
    }
    cvg_restart_about_check(&loading->generation->config->environments[place->environment],
                            place->check, about);
    int rc = cvg_note_steady_read(note->bytes, note->length, about, &loading->clock, &saved, NULL);
    if (rc == 0 && !cvg_environment_restore(loading->generation->environments[place->environment],
                                            place->check, &saved, loading->clock.now)) {
        rc = CVG_E_INVALID;
    }
    if (rc < 0) {
        forget(loading, note, rc);
        return true;
    }
    loading->restart->checks[place->number] = (struct cvg_restart_check){true, saved};
    loading->brought_back++;
    return true;
}

static const struct cvg_source_config *source_named(const struct cvg_config *config,
                                                    const char *name)
{
    for (size_t i = 0; i < config->source_count; i++) {
        if (strcmp(config->sources[i].name, name) == 0) {
            return &config->sources[i];
        }
    }
    return NULL;
}

static bool see_breaker(void *ctx, const struct cvg_note *note)
{
    struct loading *loading = ctx;
    const struct cvg_config *config = loading->generation->config;
    const struct cvg_source_config *source = source_named(config, note->key);
    struct cvg_note_breaker read;
    char about[CVG_SHA256_HEX];
    int rc = 0;

    if (source) {
        cvg_restart_about_source(source, about);
        rc = cvg_note_breaker_read(note->bytes, note->length, about, &loading->clock, &read, NULL);
    }
    if (!source || rc < 0) {
        forget(loading, note, rc);
        return true;
    }
    size_t number = (size_t)(source - config->sources);
    struct cvg_breaker breaker = {
        .state = CVG_BREAKER_OPEN,
        .failures = read.failures,
        .pause_ns = read.pause_ns,
        .opened_at = read.opened_at,
        .trial_at = read.trial_at,
        .last_trial_at = read.last_trial_at,
    };
    cvg_runner_restore_breaker(loading->runner, number, &breaker, loading->clock.now);
    loading->restart->sources[number].breaker = breaker;
    loading->brought_back++;
    return true;
}

static bool see_published(void *ctx, const struct cvg_note *note)
{
    struct loading *loading = ctx;
    struct cvg_restart *restart = loading->restart;
    size_t number = cvg_generation_find(loading->generation, note->key);
    struct cvg_note_published *published = cvg_arena_alloc(restart->arena, sizeof(*published));
    int rc = cvg_note_published_read(note->bytes, note->length, restart->arena, published, NULL);

    if (rc < 0 || number == SIZE_MAX) {
        forget(loading, note, rc);
        return true;
    }
    cvg_map_put(restart->published, note->key, published);
    if (published->sequence < UINT64_MAX / 2) {
        cvg_environment_continue(loading->generation->environments[number],
                                 published->sequence + SEQUENCE_MARGIN);
    }
    loading->brought_back++;
    return true;
}

static struct cvg_map *map_places(const struct cvg_config *config, struct cvg_arena *arena)
{
    struct cvg_map *places = cvg_map_new();
    size_t number = 0;

    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *environment = &config->environments[i];
        for (size_t k = 0; k < environment->check_count; k++) {
            CVG_CLEANUP(cvg_free_pointer)
            char *key = cvg_format("%s %s", environment->name, environment->checks[k].name);
            struct place *place = cvg_arena_alloc(arena, sizeof(*place));
            *place = (struct place){i, k, number++};
            cvg_map_put(places, key, place);
        }
    }
    return places;
}

/* Memory comes first: whether it is known decides what modules may say. */
static int load_memory(struct cvg_restart *restart, struct cvg_error *reterr)
{
    int rc = cvg_store_notes(restart->store, CVG_NOTE_MEMORY, see_memory, restart, reterr);

    if (rc == 0) {
        rc = cvg_store_notes(restart->store, CVG_NOTE_GONE, cvg_restart_gone_see, restart, reterr);
    }
    restart->loaded = rc == 0;
    cvg_memory_set_known(restart->memory, restart->loaded);
    return rc;
}

static void load_kind(struct loading *loading, enum cvg_note_kind kind, cvg_see_note *see)
{
    struct cvg_error error = {0};

    if (cvg_store_notes(loading->restart->store, kind, see, loading, &error) < 0) {
        cvg_log(CVG_LOG_WARNING, "some of what was known before the start cannot be read", "why",
                error.text, NULL);
    }
}

static void tell(const struct loading *loading)
{
    char numbers[3][24];
    const size_t counts[3] = {loading->brought_back, loading->forgotten, loading->damaged};

    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(numbers[i], sizeof(numbers[i]), "%zu", counts[i]);
    }
    cvg_log(loading->damaged > 0 ? CVG_LOG_WARNING : CVG_LOG_INFO, "brought back from the store",
            "notes", numbers[0], "gone", numbers[1], "damaged", numbers[2], NULL);
}

void cvg_restart_load(struct cvg_restart *restart, struct cvg_generation *generation,
                      struct cvg_runner *runner, int64_t now, int64_t wall)
{
    cvg_restart_adopt(restart, generation->config);
    restart->keep_gone_ns = generation->config->retention.history_ns;
    if (!restart->store) {
        restart->loaded = true;
        return;
    }
    struct cvg_error error = {0};
    if (load_memory(restart, &error) < 0) {
        cvg_log(CVG_LOG_WARNING, "what was known before the start cannot be read yet", "why",
                error.text, NULL);
        return;
    }
    cvg_restart_gone_find(restart);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_restart_notes_done)
    struct cvg_restart_notes out = {0};
    struct loading loading = {
        .restart = restart,
        .generation = generation,
        .runner = runner,
        .clock = cvg_restart_clock(restart, now, wall),
        .places = map_places(generation->config, arena),
        .out = &out,
    };
    load_kind(&loading, CVG_NOTE_STEADY, see_steady);
    load_kind(&loading, CVG_NOTE_BREAKER, see_breaker);
    load_kind(&loading, CVG_NOTE_PUBLISHED, see_published);
    cvg_restart_notes_send(&out, restart->store);
    cvg_map_free(loading.places);
    if (loading.brought_back + loading.forgotten + loading.damaged > 0) {
        tell(&loading);
    }
}

/* ---- loading late ---- */

static bool collect_memory(void *ctx, const struct cvg_note *note)
{
    struct cvg_restart_notes *notes = ctx;
    char *bytes = cvg_arena_alloc(notes->arena, note->length + 1);

    memcpy(bytes, note->bytes, note->length);
    CVG_GROW(notes->items, notes->count, notes->capacity);
    notes->items[notes->count++] = (struct cvg_note){
        .kind = note->kind,
        .key = cvg_arena_strdup(notes->arena, note->key),
        .bytes = bytes,
        .length = note->length,
    };
    return true;
}

struct cvg_restart_notes *cvg_restart_read_late(struct cvg_store *store)
{
    struct cvg_restart_notes *notes = CVG_NEW(struct cvg_restart_notes);

    notes->arena = cvg_arena_new();
    if (cvg_store_notes(store, CVG_NOTE_MEMORY, collect_memory, notes, NULL) < 0 ||
        cvg_store_notes(store, CVG_NOTE_GONE, collect_memory, notes, NULL) < 0) {
        cvg_restart_notes_free(notes);
        return NULL;
    }
    return notes;
}

void cvg_restart_load_late(struct cvg_restart *restart, struct cvg_restart_notes *notes)
{
    if (notes && !restart->loaded) {
        for (size_t i = 0; i < notes->count; i++) {
            bool gone = notes->items[i].kind == CVG_NOTE_GONE;
            (void)(gone ? cvg_restart_gone_see : see_memory)(restart, &notes->items[i]);
        }
        restart->loaded = true;
        cvg_memory_set_known(restart->memory, true);
        cvg_restart_gone_find(restart);
        cvg_log(CVG_LOG_INFO, "what modules remember is known again", NULL);
    }
    cvg_restart_notes_free(notes);
}

void cvg_restart_notes_free(struct cvg_restart_notes *notes)
{
    if (notes) {
        cvg_restart_notes_done(notes);
        free(notes);
    }
}

bool cvg_restart_is_loaded(const struct cvg_restart *restart)
{
    return restart->loaded;
}

const struct cvg_note_published *cvg_restart_published(const struct cvg_restart *restart,
                                                       const char *environment)
{
    return cvg_map_get(restart->published, environment);
}
