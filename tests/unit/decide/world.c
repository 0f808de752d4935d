/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "wire/decision.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

const char world_checks[] =
    "sources: {s: {type: scripted}}\n"
    "environments: {prod: {gates: {deploy: {}}, checks: {\n"
    "  api: {source: s, do: file, text: %s/api, interval: 100ms, rise: 0, timeout: 100ms},\n"
    "  alarm: {source: s, do: remember, text: siren, interval: 1h, rise: 0, max_age: 2h}}}}\n";

/* ---- commits ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hold, fail, hold_memory;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int commit_through_gate(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                               struct cvg_error *reterr)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.hold) {
        pthread_cond_wait(&gate.changed, &gate.lock);
    }
    bool fail = gate.fail;
    pthread_mutex_unlock(&gate.lock);
    if (fail) {
        cvg_engine_sqlite.rollback(engine);
        *ret_fault = CVG_STORE_FULL;
        return cvg_error_set(reterr, CVG_E_IO, "the test's disk is full");
    }
    return cvg_engine_sqlite.commit(engine, ret_fault, reterr);
}

/* Not for ever, so that who waits where nobody may wait is found out. */
static int walk_through_gate(struct cvg_engine *engine, enum cvg_note_kind kind, cvg_see_note *see,
                             void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WORLD_PATIENCE / CVG_SECOND;
    pthread_mutex_lock(&gate.lock);
    while (kind == CVG_NOTE_MEMORY && gate.hold_memory &&
           pthread_cond_timedwait(&gate.changed, &gate.lock, &until) == 0) {
    }
    pthread_mutex_unlock(&gate.lock);
    return cvg_engine_sqlite.walk_notes(engine, kind, see, ctx, ret_fault, reterr);
}

static void set_gate(bool *flag, bool value)
{
    pthread_mutex_lock(&gate.lock);
    *flag = value;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
}

void world_hold_commits(bool hold)
{
    set_gate(&gate.hold, hold);
}

void world_fail_commits(bool fail)
{
    set_gate(&gate.fail, fail);
}

void world_hold_memory(bool hold)
{
    set_gate(&gate.hold_memory, hold);
}

static const struct cvg_engine_kind *gated_engine(void)
{
    static struct cvg_engine_kind kind;

    kind = cvg_engine_sqlite;
    kind.commit = commit_through_gate;
    kind.walk_notes = walk_through_gate;
    return &kind;
}

/* ---- life ---- */

void world_write(const struct world *world, const char *name, const char *text)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s/%s", world->folder, name);
    CVG_CLEANUP(cvg_free_pointer) char *fresh = cvg_format("%s/.new", world->folder);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    assert_int_equal(rename(fresh, path), 0);
}

void world_make(struct world *world, const char *text)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf filled = CVG_BUF_INIT(65536);

    *world = (struct world){0};
    pthread_mutex_init(&world->lock, NULL);
    (void)snprintf(world->folder, sizeof(world->folder), "/tmp/convergate-world-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->file, sizeof(world->file), "%s/c.yaml", world->folder);
    (void)snprintf(world->kept, sizeof(world->kept), "%s/kept", world->folder);
    (void)snprintf(world->store_file, sizeof(world->store_file), "%s/store.db", world->kept);
    assert_int_equal(mkdir(world->kept, 0700), 0);
    for (const char *at = text; *at; at++) {
        if (cvg_text_starts(at, "%s")) {
            cvg_buf_puts(&filled, world->folder);
            at++;
        } else {
            cvg_buf_putc(&filled, *at);
        }
    }
    world_write(world, "c.yaml", cvg_buf_text(&filled));
    world_write(world, "api", "ready");
}

static void on_store_changed(void *ctx)
{
    struct world *world = ctx;

    pthread_mutex_lock(&world->lock);
    if (world->hears) {
        cvg_decider_store_changed(world->decider);
    }
    pthread_mutex_unlock(&world->lock);
}

static void hear(struct world *world, bool hears)
{
    pthread_mutex_lock(&world->lock);
    world->hears = hears;
    pthread_mutex_unlock(&world->lock);
}

void world_start(struct world *world, bool with_store)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_error error = {0};

    assert_int_equal(cvg_registry_open(CVG_BUILD "/tests/modules", &world->registry, &error), 0);
    struct cvg_kinds kinds = cvg_registry_kinds(world->registry);
    world->config = cvg_config_read(world->file, &kinds, &diagnostics);
    assert_int_equal(cvg_loop_new(NULL, &world->loop, &error), 0);
    int rc =
        cvg_decider_new(world->loop, world->config, world->registry, &diagnostics, &world->decider);
    cvg_diagnostics_print(&diagnostics, stderr);
    assert_int_equal(rc, 0);
    world->board = cvg_decider_board(world->decider);
    hear(world, true);
    if (with_store) {
        struct cvg_store_options options = {.file = world->store_file,
                                            .engine = gated_engine(),
                                            .inspect_after_ns = CVG_MINUTE,
                                            .changed = on_store_changed,
                                            .ctx = world};
        rc = cvg_store_new(&options, &world->store, &error);
        assert_string_equal(error.text, "");
        assert_int_equal(rc, 0);
        cvg_decider_keep(world->decider, world->store);
    }
    cvg_decider_start(world->decider);
}

/* The store goes last, and says nothing to a decider that has gone. */
void world_stop(struct world *world)
{
    hear(world, false);
    cvg_decider_free(world->decider);
    cvg_store_free(world->store);
    cvg_loop_free(world->loop);
    cvg_config_unref(world->config);
    cvg_registry_free(world->registry);
    world->decider = NULL;
    world->store = NULL;
}

static void remove_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    const struct dirent *file;

    while ((file = readdir(directory))) { /* NOLINT(concurrency-mt-unsafe): own DIR */
        if (strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0) {
            CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s/%s", folder, file->d_name);
            assert_int_equal(unlink(path), 0);
        }
    }
    closedir(directory);
    assert_int_equal(rmdir(folder), 0);
}

void world_end(struct world *world)
{
    remove_folder(world->kept);
    remove_folder(world->folder);
    pthread_mutex_destroy(&world->lock);
}

/* ---- waiting ---- */

void world_turn(struct world *world, int64_t ns)
{
    bool never = false;

    cvg_loop_run_until(world->loop, &never, cvg_time_now() + ns);
}

void world_run_until(struct world *world, const bool *done)
{
    assert_true(cvg_loop_run_until(world->loop, done, cvg_time_now() + WORLD_PATIENCE));
}

static bool has_reason(struct world *world, const char *name, const char *reason)
{
    struct cvg_snapshot *snapshot = cvg_board_lookup(world->board, "prod");
    bool has = false;

    for (size_t i = 0; i < snapshot->readiness.check_count; i++) {
        const struct cvg_check_view *check = &snapshot->readiness.checks[i];
        has = has ||
              (strcmp(check->rules->name, name) == 0 && strcmp(check->steady.reason, reason) == 0);
    }
    cvg_snapshot_unref(snapshot);
    return has;
}

void world_await_reason(struct world *world, const char *check, const char *reason)
{
    int64_t deadline = cvg_time_now() + WORLD_PATIENCE;

    while (!has_reason(world, check, reason)) {
        assert_true(cvg_time_now() < deadline);
        world_turn(world, 10 * CVG_MS);
    }
}

struct cvg_record_page world_await_rows(struct world *world, const char *action, size_t count,
                                        struct cvg_arena *arena)
{
    struct cvg_record_query query = {.action = action};
    struct cvg_record_page page = {0};
    int64_t deadline = cvg_time_now() + WORLD_PATIENCE;

    while (cvg_store_records(world->store, &query, arena, &page, NULL) < 0 || page.count < count) {
        assert_true(cvg_time_now() < deadline);
        world_turn(world, 10 * CVG_MS);
    }
    assert_int_equal(page.count, count);
    return page;
}

void world_await_store(struct world *world, bool available)
{
    struct cvg_store_status status;
    int64_t deadline = cvg_time_now() + WORLD_PATIENCE;

    for (cvg_store_status(world->store, &status); status.available != available;
         cvg_store_status(world->store, &status)) {
        assert_true(cvg_time_now() < deadline);
        world_turn(world, 10 * CVG_MS);
    }
}

/* ---- asking ---- */

static void on_answer(struct cvg_ask *ask)
{
    CVG_CONTAINER(ask, struct question, ask)->done = true;
}

void question_ask(struct world *world, struct question *question, const char *app)
{
    *question = (struct question){.ask = {.environment = "prod",
                                          .gate = "deploy",
                                          .subject = {.app = app, .revision = "1"},
                                          .asked_by = "token:ci",
                                          .body = CVG_BUF_INIT(1 << 20),
                                          .done = on_answer}};
    cvg_board_ask(world->board, &question->ask);
}

void question_end(struct question *question)
{
    cvg_buf_done(&question->ask.body);
}

const char *question_id(const struct question *question, struct cvg_arena *arena)
{
    struct cvg_wire_answer answer = {0};

    assert_true(question->done);
    assert_int_equal(cvg_wire_decision_read(cvg_buf_text(&question->ask.body),
                                            question->ask.body.length, &answer, NULL),
                     0);
    const char *id = cvg_arena_strdup(arena, answer.id);
    cvg_wire_answer_done(&answer);
    return id;
}

bool question_says(const struct question *question, const char *text)
{
    return strstr(cvg_buf_text(&question->ask.body), text) != NULL;
}
