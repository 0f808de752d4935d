/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decider with a loop, a configuration in a folder of its own, and a store whose commits a test can
 * hold or let fail: SQLite, with one function in front of it.
 */
#ifndef DECIDE_WORLD_H
#define DECIDE_WORLD_H

#include "config/config.h"
#include "decide/decider.h"
#include "io/loop.h"
#include "module/registry.h"
#include "store/store.h"

#include <pthread.h>

#define WORLD_PATIENCE (20 * INT64_C(1000000000))

struct world {
    char folder[64], file[80];
    char kept[80], store_file[100]; /* the store has a folder of its own */
    struct cvg_registry *registry;
    struct cvg_config *config;
    struct cvg_loop *loop;
    struct cvg_decider *decider;
    struct cvg_board *board; /* the decider's */
    struct cvg_store *store; /* NULL: without one */
    pthread_mutex_t lock;    /* the store's thread tells the decider, while that */
    bool hears;              /* is there */
};

/* prod with the gate deploy and two checks: `api` says what the file `api` in the folder says, and
 * `alarm` remembers "siren" whenever it runs. */
extern const char world_checks[];

/* A folder, with this as its configuration (%s: the folder). */
void world_make(struct world *world, const char *text);
void world_write(const struct world *world, const char *name, const char *text);
/* Starts, with a store where wanted; may be stopped and started again. */
void world_start(struct world *world, bool with_store);
/* As the daemon stops. */
void world_stop(struct world *world);
/* Removes the folder. */
void world_end(struct world *world);

/* Of every store; between a start and a stop. What is held waits until it is let go. */
void world_hold_commits(bool hold);
void world_fail_commits(bool fail);
/* Reading what modules remember. */
void world_hold_memory(bool hold);
/* Runs the loop until the check, published, has this reason; fails the test after a while. */
void world_await_reason(struct world *world, const char *check, const char *reason);
/* Runs the loop until there are so many rows, and returns them, newest first. */
struct cvg_record_page world_await_rows(struct world *world, const char *action, size_t count,
                                        struct cvg_arena *arena);
/* Runs the loop until the store is available or is not. */
void world_await_store(struct world *world, bool available);
/* Runs the loop until *done; fails the test after a while. */
void world_run_until(struct world *world, const bool *done);
void world_turn(struct world *world, int64_t ns);

/* An ask of `app` for prod's gate deploy. */
struct question {
    struct cvg_ask ask;
    bool done;
};

void question_ask(struct world *world, struct question *question, const char *app);
void question_end(struct question *question);
/* The document's id; in the arena. */
const char *question_id(const struct question *question, struct cvg_arena *arena);
bool question_says(const struct question *question, const char *text);

#endif
