/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Noting what changed, and forgetting what is gone. Each turn looks at everything, which is cheap,
 * and writes a bounded number of notes, which is not; the next turn begins where this one left
 * off.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "decide/restart_about.h"
#include "decide/restart_inner.h"

#include <string.h>

#define NOTE_LIMIT    (1024u * 1024)
/* Notes that are handed over together. */
#define SEND          64
/* What was published is noted again after so long, though nothing changed, for its time. */
#define PUBLISH_AGAIN (60 * CVG_SECOND)

void cvg_restart_note(struct cvg_restart_notes *notes, enum cvg_note_kind kind, const char *key,
                      const struct cvg_buf *text)
{
    if (!notes->arena) {
        notes->arena = cvg_arena_new();
    }
    CVG_GROW(notes->items, notes->count, notes->capacity);
    notes->items[notes->count++] = (struct cvg_note){
        .kind = kind,
        .key = cvg_arena_strdup(notes->arena, key),
        .bytes = text ? cvg_arena_strndup(notes->arena, cvg_buf_text(text), text->length) : NULL,
        .length = text ? text->length : 0,
    };
}

void cvg_restart_notes_send(struct cvg_restart_notes *notes, struct cvg_store *store)
{
    if (notes->count > 0) {
        cvg_store_note(store, notes->items, notes->count);
    }
    notes->count = 0;
    cvg_arena_free(notes->arena);
    notes->arena = NULL;
}

void cvg_restart_notes_done(struct cvg_restart_notes *notes)
{
    cvg_arena_free(notes->arena);
    free(notes->items);
}

/* One saving. */
struct saving {
    struct cvg_restart *restart;
    const struct cvg_generation *generation;
    struct cvg_note_clock clock;
    struct cvg_restart_notes notes;
    bool all;
    size_t budget; /* so many notes of checks may still be written */
};

static void send(struct saving *saving)
{
    cvg_restart_notes_send(&saving->notes, saving->restart->store);
}

static void write_note(struct saving *saving, enum cvg_note_kind kind, const char *key,
                       const struct cvg_buf *text)
{
    cvg_restart_note(&saving->notes, kind, key, text);
    if (saving->notes.count >= SEND) {
        send(saving);
    }
}

/* ---- checks ---- */

/* Something that people see, or a dwell, is not what it was. */
static bool is_changed(const struct cvg_steady_saved *a, const struct cvg_steady_saved *b)
{
    return a->status != b->status || a->since != b->since || a->ready_since != b->ready_since ||
           a->unready_since != b->unready_since || a->last_known != b->last_known ||
           a->last_known_since != b->last_known_since || a->inputs != b->inputs ||
           a->flap.samples != b->flap.samples || a->flap.flapping != b->flap.flapping;
}

static void note_check(struct saving *saving, size_t environment, size_t check,
                       const struct cvg_steady_saved *saved)
{
    const struct cvg_environment_config *config =
        &saving->generation->config->environments[environment];
    CVG_CLEANUP(cvg_free_pointer)
    char *key = cvg_format("%s %s", config->name, config->checks[check].name);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(NOTE_LIMIT);
    char about[CVG_SHA256_HEX];

    cvg_restart_about_check(config, check, about);
    if (cvg_note_steady_write(saved, about, &saving->clock, &text) == 0) {
        write_note(saving, CVG_NOTE_STEADY, key, &text);
    }
}

/* What changed comes before what is only newer. */
enum pass {
    CHANGED,
    NEWER,
    PASSES
};

static bool is_wanted(const struct saving *saving, enum pass pass,
                      const struct cvg_restart_check *noted, const struct cvg_steady_saved *saved,
                      int64_t max_age)
{
    bool changed = !noted->noted || is_changed(saved, &noted->saved);

    if (pass == CHANGED) {
        return changed;
    }
    int64_t pause = saving->all ? 1 : CVG_MAX(max_age / 4, INT64_C(1));
    return !changed && saved->fresh_at - noted->saved.fresh_at >= pause;
}

/* False: it is to be noted, and there is no room for it in this turn. */
static bool save_check(struct saving *saving, enum pass pass, size_t environment, size_t check,
                       struct cvg_restart_check *noted)
{
    const struct cvg_environment *from = saving->generation->environments[environment];
    struct cvg_steady_saved saved;

    if (!cvg_environment_save(from, check, &saved) ||
        !is_wanted(saving, pass, noted, &saved, cvg_environment_max_age(from, check))) {
        return true;
    }
    if (saving->budget == 0) {
        return false;
    }
    saving->budget -= saving->all ? 0 : 1;
    note_check(saving, environment, check, &saved);
    *noted = (struct cvg_restart_check){true, saved};
    return true;
}

/* Twice over all environments: from where the last turn left off, and up to there. */
static void save_checks(struct saving *saving, enum pass pass)
{
    struct cvg_restart *restart = saving->restart;
    const struct cvg_config *config = restart->config;
    size_t from = restart->next_check[pass], first_left = SIZE_MAX;

    for (int lap = 0; lap < 2; lap++) {
        size_t number = 0;
        for (size_t i = 0; i < config->environment_count; i++) {
            for (size_t k = 0; k < config->environments[i].check_count; k++, number++) {
                if ((number >= from) == (lap == 0) && first_left == SIZE_MAX &&
                    !save_check(saving, pass, i, k, &restart->checks[number])) {
                    first_left = number;
                }
            }
        }
    }
    restart->next_check[pass] = first_left == SIZE_MAX ? 0 : first_left;
}

/* ---- sources ---- */

static bool is_same_breaker(const struct cvg_breaker *a, const struct cvg_breaker *b)
{
    return a->state == b->state && a->failures == b->failures && a->trial_at == b->trial_at &&
           a->pause_ns == b->pause_ns && a->last_trial_at == b->last_trial_at;
}

static void note_breaker(struct saving *saving, const struct cvg_source_config *source,
                         const struct cvg_breaker *breaker)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(NOTE_LIMIT);
    struct cvg_note_breaker note = {
        .failures = breaker->failures,
        .pause_ns = breaker->pause_ns,
        .opened_at = breaker->opened_at,
        /* A trial that is under way ends with the process. */
        .trial_at = breaker->state == CVG_BREAKER_HALF_OPEN ? saving->clock.now : breaker->trial_at,
        .last_trial_at = breaker->last_trial_at,
    };
    char about[CVG_SHA256_HEX];

    cvg_restart_about_source(source, about);
    if (cvg_note_breaker_write(&note, about, &saving->clock, &text) == 0) {
        write_note(saving, CVG_NOTE_BREAKER, source->name, &text);
    }
}

static void save_sources(struct saving *saving, const struct cvg_runner *runner)
{
    const struct cvg_config *config = saving->restart->config;

    for (size_t i = 0; i < config->source_count; i++) {
        struct cvg_breaker *noted = &saving->restart->sources[i].breaker;
        const struct cvg_breaker *breaker = cvg_runner_breaker(runner, i);
        bool was_open = noted->state != CVG_BREAKER_CLOSED;
        bool is_open = breaker->state != CVG_BREAKER_CLOSED;
        if (is_open && !is_same_breaker(breaker, noted)) {
            note_breaker(saving, &config->sources[i], breaker);
        } else if (was_open && !is_open) {
            write_note(saving, CVG_NOTE_BREAKER, config->sources[i].name, NULL);
        }
        *noted = *breaker;
    }
}

/* ---- what is published ---- */

static uint64_t digest_of(const struct cvg_snapshot *snapshot)
{
    uint64_t digest = snapshot->readiness.phase + 1;

    for (size_t i = 0; i < snapshot->gate_count; i++) {
        digest = digest * 31 + snapshot->gates[i].decision.verdict + 1;
    }
    return CVG_MAX(digest, UINT64_C(1));
}

static void note_published(struct saving *saving, const struct cvg_snapshot *snapshot)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(NOTE_LIMIT);
    struct cvg_note_published note = {
        .sequence = snapshot->sequence,
        .phase = cvg_phase_text(snapshot->readiness.phase),
        .at = saving->clock.wall,
        .gate_count = snapshot->gate_count,
    };

    note.gates = cvg_arena_alloc(arena, (snapshot->gate_count + 1) * sizeof(*note.gates));
    for (size_t i = 0; i < snapshot->gate_count; i++) {
        note.gates[i].name = snapshot->gates[i].policy->name;
        note.gates[i].verdict = cvg_verdict_text(snapshot->gates[i].decision.verdict);
    }
    if (cvg_note_published_write(&note, &text) == 0) {
        write_note(saving, CVG_NOTE_PUBLISHED, snapshot->environment, &text);
    }
}

static void save_published(struct saving *saving, struct cvg_board *board, size_t environment)
{
    struct cvg_restart_environment *noted = &saving->restart->environments[environment];
    struct cvg_snapshot *snapshot =
        cvg_board_lookup(board, saving->restart->config->environments[environment].name);

    if (!snapshot) {
        return;
    }
    uint64_t digest = digest_of(snapshot);
    int64_t now = saving->clock.now;
    if (saving->all || digest != noted->digest || now - noted->noted_at >= PUBLISH_AGAIN) {
        note_published(saving, snapshot);
        *noted = (struct cvg_restart_environment){.digest = digest, .noted_at = now};
    }
    cvg_snapshot_unref(snapshot);
}

static void save_environments(struct saving *saving, struct cvg_board *board)
{
    struct cvg_restart *restart = saving->restart;
    size_t count = restart->config->environment_count;
    size_t turns = saving->all ? count : CVG_MIN(count, (size_t)CVG_RESTART_BUDGET);

    for (size_t i = 0; i < turns; i++) {
        save_published(saving, board, restart->next_environment++ % count);
    }
    restart->next_environment = count > 0 ? restart->next_environment % count : 0;
}

/* ---- forgetting ---- */

static const struct cvg_environment_config *environment_named(const struct cvg_config *config,
                                                              const char *name)
{
    size_t low = 0, high = config->environment_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, config->environments[middle].name);
        if (order == 0) {
            return &config->environments[middle];
        }
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return NULL;
}

static struct cvg_map *names_of(const struct cvg_environment_config *environment)
{
    struct cvg_map *names = cvg_map_new();

    for (size_t i = 0; environment && i < environment->check_count; i++) {
        cvg_map_put(names, environment->checks[i].name, names);
    }
    return names;
}

static void forget_environment(struct cvg_restart *restart, struct cvg_restart_notes *notes,
                               const struct cvg_environment_config *before)
{
    const struct cvg_environment_config *now = environment_named(restart->config, before->name);
    struct cvg_map *names = names_of(now);

    if (!now) {
        cvg_restart_note(notes, CVG_NOTE_PUBLISHED, before->name, NULL);
    }
    for (size_t i = 0; i < before->check_count; i++) {
        if (!cvg_map_get(names, before->checks[i].name)) {
            CVG_CLEANUP(cvg_free_pointer)
            char *key = cvg_format("%s %s", before->name, before->checks[i].name);
            cvg_restart_note(notes, CVG_NOTE_STEADY, key, NULL);
        }
    }
    cvg_map_free(names);
}

/* Environments of a reload's old configuration, at most so many checks. */
static void forget_some(struct cvg_restart *restart, size_t budget)
{
    CVG_CLEANUP(cvg_restart_notes_done) struct cvg_restart_notes notes = {0};
    struct cvg_config *before = restart->before;
    size_t looked = 0;

    if (!before) {
        return;
    }
    while (restart->next_before < before->environment_count && looked < budget) {
        const struct cvg_environment_config *environment =
            &before->environments[restart->next_before++];
        forget_environment(restart, &notes, environment);
        looked += environment->check_count + 1;
    }
    cvg_restart_notes_send(&notes, restart->store);
    if (restart->next_before == before->environment_count) {
        cvg_config_unref(before);
        restart->before = NULL;
    }
}

/* What is noted of the old sources goes; those that stay are noted anew. */
static void forget_sources(struct cvg_restart *restart)
{
    CVG_CLEANUP(cvg_restart_notes_done) struct cvg_restart_notes notes = {0};

    for (size_t i = 0; i < restart->config->source_count; i++) {
        if (restart->sources[i].breaker.state != CVG_BREAKER_CLOSED) {
            cvg_restart_note(&notes, CVG_NOTE_BREAKER, restart->config->sources[i].name, NULL);
        }
    }
    cvg_restart_notes_send(&notes, restart->store);
}

void cvg_restart_forget(struct cvg_restart *restart, const struct cvg_generation *generation)
{
    if (!restart->store || restart->config == generation->config) {
        return;
    }
    forget_some(restart, SIZE_MAX);
    if (restart->config) {
        forget_sources(restart);
        restart->before = cvg_config_ref(restart->config);
        restart->next_before = 0;
    }
    cvg_restart_adopt(restart, generation->config);
    cvg_restart_gone_find(restart);
}

/* ---- saving ---- */

/* NOLINTNEXTLINE(readability-function-size): all that is saved, both clocks, and how much */
void cvg_restart_save(struct cvg_restart *restart, const struct cvg_generation *generation,
                      const struct cvg_runner *runner, struct cvg_board *board, int64_t now,
                      int64_t wall, bool all)
{
    if (!restart->store) {
        return;
    }
    cvg_restart_forget(restart, generation);
    forget_some(restart, all ? SIZE_MAX : CVG_RESTART_BUDGET);
    struct saving saving = {
        .restart = restart,
        .generation = generation,
        .clock = cvg_restart_clock(restart, now, wall),
        .all = all,
        .budget = CVG_RESTART_BUDGET,
    };
    save_checks(&saving, CHANGED);
    save_checks(&saving, NEWER);
    save_sources(&saving, runner);
    save_environments(&saving, board);
    cvg_restart_gone_count(restart, now, all);
    send(&saving);
    cvg_restart_notes_done(&saving.notes);
}
