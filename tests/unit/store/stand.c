/* SPDX-License-Identifier: Apache-2.0 */
/* Folders, rows, and waiting for states. */
#include "stand.h"

#include "base/alloc.h"
#include "base/time.h"
#include "store/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static _Atomic uint64_t turns;

static void on_changed(void *ctx)
{
    struct stand *stand = ctx;
    atomic_fetch_add(&stand->changed, 1);
}

void stand_make(struct stand *stand)
{
    memset(stand, 0, sizeof *stand);
    (void)snprintf(stand->folder, sizeof stand->folder, "/tmp/cvg-store-XXXXXX");
    assert_non_null(mkdtemp(stand->folder));
    (void)snprintf(stand->file, sizeof stand->file, "%s/store.db", stand->folder);
    stand->options = (struct cvg_store_options){
        .file = stand->file, .engine = &memory_engine, .changed = on_changed, .ctx = stand};
}

void stand_open(struct stand *stand)
{
    struct cvg_error error = {0};
    if (cvg_store_new(&stand->options, &stand->store, &error) != 0) {
        fail_msg("the store was not opened: %s", error.text);
    }
}

void stand_close(struct stand *stand)
{
    cvg_store_free(stand->store);
    stand->store = NULL;
}

void stand_free(struct stand *stand)
{
    static const char *const suffixes[] = {"",          ".head",     ".key",      ".lock",
                                           "-wal",      "-shm",      ".copy",     ".copy.head",
                                           ".copy-wal", ".copy-shm", ".copy.key", ".copy.lock"};
    stand_close(stand);
    for (size_t i = 0; i < CVG_COUNT(suffixes); i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", stand->file, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(stand->folder);
}

struct cvg_record stand_record(const char *id)
{
    return (struct cvg_record){
        .at = cvg_time_wall(),
        .id = id,
        .action = CVG_RECORD_DECISION,
        .actor = "token:ci",
        .environment = "prod",
        .gate = "deploy",
        .app = "shop",
        .revision = "abc123",
        .verdict = "go",
        .target = "",
        .body = "{\"verdict\":\"go\"}",
        .body_length = sizeof "{\"verdict\":\"go\"}" - 1,
        .question = {1, 2, 3},
        .outcome = {4, 5, 6},
    };
}

struct cvg_change stand_change(const char *environment, const char *name, int64_t at)
{
    return (struct cvg_change){
        .at = at,
        .kind = CVG_CHANGE_STATUS,
        .environment = environment,
        .name = name,
        .before = "unknown",
        .after = "ready",
        .reason = "",
        .message = "",
    };
}

void stand_done(void *ctx, int rc, const struct cvg_chain_point *point)
{
    struct told *told = ctx;
    atomic_store(&told->rc, rc);
    atomic_store(&told->number, point->number);
    atomic_store(&told->turn, atomic_fetch_add(&turns, 1) + 1);
    atomic_fetch_add(&told->times, 1);
}

void stand_append(struct stand *stand, struct told *told)
{
    cvg_record_id(cvg_time_wall(), told->id);
    struct cvg_record record = stand_record(told->id);
    cvg_store_append(stand->store, &record, stand_done, told);
}

void stand_wait(bool (*is_so)(void *ctx), void *ctx, const char *what)
{
    int64_t deadline = cvg_time_now() + STAND_DEADLINE_S * CVG_SECOND;
    const struct timespec moment = {.tv_nsec = 200000};
    while (!is_so(ctx)) {
        if (cvg_time_now() > deadline) {
            fail_msg("did not happen: %s", what);
        }
        nanosleep(&moment, NULL);
    }
}

static bool is_told(void *ctx)
{
    return atomic_load(&((struct told *)ctx)->times) > 0;
}

void stand_wait_told(struct told *told, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        stand_wait(is_told, &told[i], "a record is told");
    }
}

struct cvg_store_status stand_status(struct stand *stand)
{
    struct cvg_store_status status;
    cvg_store_status(stand->store, &status);
    return status;
}

static bool is_available(void *ctx)
{
    return stand_status(ctx).available;
}

static bool is_away(void *ctx)
{
    return !stand_status(ctx).available;
}

void stand_wait_available(struct stand *stand, bool available)
{
    stand_wait(available ? is_available : is_away, stand,
               available ? "the store is available" : "the store is away");
}

struct holding {
    const char *file;
    enum memory_call call;
};

static bool is_held(void *ctx)
{
    const struct holding *holding = ctx;
    return memory_engine_held(holding->file, holding->call) > 0;
}

void stand_wait_held(struct stand *stand, enum memory_call call)
{
    struct holding holding = {stand->file, call};
    stand_wait(is_held, &holding, "the engine is held");
}

uint64_t stand_verify(const struct stand *stand)
{
    struct cvg_audit_options options = {.file = stand->file, .engine = stand->options.engine};
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    if (cvg_audit_verify(&options, &report, &error) != 0) {
        fail_msg("not verified: %s", error.text);
    }
    assert_string_equal(report.problem, "");
    return report.rows;
}

bool stand_has(struct stand *stand, const char *id)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    const struct cvg_record_query query = {.id = id};
    struct cvg_record_page page = {0};
    struct cvg_error error = {0};
    if (cvg_store_records(stand->store, &query, arena, &page, &error) != 0) {
        fail_msg("not read: %s", error.text);
    }
    return page.count == 1;
}
