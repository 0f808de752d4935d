/* SPDX-License-Identifier: Apache-2.0 */
/* Slots with a short lock each, a heartbeat, and errands posted to the deciding thread. */
#include "decide/board.h"

#include "base/alloc.h"
#include "io/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct slot {
    pthread_mutex_t lock;          /* held for "load the pointer and add a reference" only */
    struct cvg_snapshot *snapshot; /* owns a reference */
};

struct cvg_board {
    const char *const *names; /* borrowed, sorted */
    size_t count;
    struct slot *slots; /* owned */
    pthread_mutex_t vitals_lock;
    struct cvg_vitals *vitals; /* owns a reference */
    _Atomic int64_t heartbeat;
    void (*free_attachment)(void *attachment);
    void (*published)(void *ctx, const struct cvg_snapshot *before,
                      const struct cvg_snapshot *after);
    void *published_ctx;
    struct cvg_board_desk desk;
};

struct cvg_board *cvg_board_new(const char *const *names, size_t count)
{
    struct cvg_board *board = CVG_NEW(struct cvg_board);

    board->names = names;
    board->count = count;
    board->slots = cvg_alloc_array(count ? count : 1, sizeof(*board->slots));
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_init(&board->slots[i].lock, NULL);
    }
    pthread_mutex_init(&board->vitals_lock, NULL);
    return board;
}

void cvg_board_free(struct cvg_board *board)
{
    if (!board) {
        return;
    }
    for (size_t i = 0; i < board->count; i++) {
        cvg_snapshot_unref(board->slots[i].snapshot);
        pthread_mutex_destroy(&board->slots[i].lock);
    }
    cvg_vitals_unref(board->vitals);
    pthread_mutex_destroy(&board->vitals_lock);
    free(board->slots);
    free(board);
}

size_t cvg_board_count(const struct cvg_board *board)
{
    return board->count;
}

long cvg_board_find(const struct cvg_board *board, const char *environment)
{
    size_t low = 0, high = board->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(environment, board->names[middle]);
        if (order == 0) {
            return (long)middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return -1;
}

struct cvg_snapshot *cvg_board_get(struct cvg_board *board, size_t index)
{
    struct slot *slot = &board->slots[index];

    pthread_mutex_lock(&slot->lock);
    struct cvg_snapshot *snapshot = slot->snapshot ? cvg_snapshot_ref(slot->snapshot) : NULL;
    pthread_mutex_unlock(&slot->lock);
    return snapshot;
}

struct cvg_vitals *cvg_board_vitals(struct cvg_board *board)
{
    pthread_mutex_lock(&board->vitals_lock);
    struct cvg_vitals *vitals = board->vitals ? cvg_vitals_ref(board->vitals) : NULL;
    pthread_mutex_unlock(&board->vitals_lock);
    return vitals;
}

bool cvg_board_trusts(const struct cvg_board *board, const struct cvg_decision *decision,
                      int64_t now)
{
    if (now - cvg_board_heartbeat(board) >= CVG_HEARTBEAT_LIMIT) {
        return false;
    }
    return decision->verdict != CVG_GO || now < decision->valid_until;
}

int64_t cvg_board_heartbeat(const struct cvg_board *board)
{
    return atomic_load_explicit(&board->heartbeat, memory_order_relaxed);
}

void cvg_board_beat(struct cvg_board *board, int64_t now)
{
    atomic_store_explicit(&board->heartbeat, now, memory_order_relaxed);
}

void cvg_board_publish(struct cvg_board *board, size_t index, struct cvg_snapshot *snapshot)
{
    struct slot *slot = &board->slots[index];

    snapshot->attachment_free = board->free_attachment;
    pthread_mutex_lock(&slot->lock);
    struct cvg_snapshot *before = slot->snapshot;
    slot->snapshot = snapshot;
    pthread_mutex_unlock(&slot->lock);
    if (board->published) {
        board->published(board->published_ctx, before, snapshot);
    }
    cvg_snapshot_unref(before);
}

void cvg_board_publish_vitals(struct cvg_board *board, struct cvg_vitals *vitals)
{
    pthread_mutex_lock(&board->vitals_lock);
    struct cvg_vitals *before = board->vitals;
    board->vitals = vitals;
    pthread_mutex_unlock(&board->vitals_lock);
    cvg_vitals_unref(before);
}

void cvg_board_on_attachment(struct cvg_board *board, void (*free_attachment)(void *attachment))
{
    board->free_attachment = free_attachment;
}

void cvg_board_on_publish(struct cvg_board *board,
                          void (*fn)(void *ctx, const struct cvg_snapshot *before,
                                     const struct cvg_snapshot *after),
                          void *ctx)
{
    board->published = fn;
    board->published_ctx = ctx;
}

void cvg_board_staff(struct cvg_board *board, const struct cvg_board_desk *desk)
{
    board->desk = *desk;
}

/* ---- commands: from any thread to the deciding one ---- */

struct errand {
    struct cvg_board *board;
    struct cvg_ask *ask; /* NULL: hurry */
    size_t environment;
};

static void run_errand(void *arg)
{
    struct errand *errand = arg;
    struct cvg_board_desk *desk = &errand->board->desk;

    if (errand->ask) {
        desk->ask(desk->ctx, errand->ask);
    } else {
        desk->hurry(desk->ctx, errand->environment);
    }
    free(errand);
}

static void send_errand(struct cvg_board *board, struct cvg_ask *ask, size_t environment)
{
    struct errand *errand = CVG_NEW(struct errand);

    errand->board = board;
    errand->ask = ask;
    errand->environment = environment;
    cvg_loop_post(board->desk.loop, run_errand, errand);
}

void cvg_board_ask(struct cvg_board *board, struct cvg_ask *ask)
{
    send_errand(board, ask, ask->environment);
}

void cvg_board_hurry(struct cvg_board *board, size_t environment)
{
    send_errand(board, NULL, environment);
}
