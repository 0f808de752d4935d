/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of slots with a short lock each, a heartbeat, and errands posted to the deciding thread.
 *
 * The table changes as a whole at a reload, and only on the deciding thread, which therefore looks
 * into it without a lock. Readers hold the table's lock for reading while they look a snapshot up;
 * the one who waits to change it goes first, so that readers cannot keep it out.
 */
#include "decide/board.h"

#include "base/alloc.h"
#include "io/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct slot {
    char *name;                    /* owned */
    pthread_mutex_t lock;          /* held for "load the pointer and add a reference" only */
    struct cvg_snapshot *snapshot; /* owns a reference */
};

struct table {
    struct slot *slots; /* owned; sorted by name */
    size_t count;
};

struct cvg_board {
    pthread_rwlock_t table_lock;
    struct table table;
    pthread_mutex_t vitals_lock;      /* of both: */
    struct cvg_vitals *vitals;        /* owns a reference */
    struct cvg_reload_status *reload; /* owns a reference */
    _Atomic uint64_t tickets;         /* of reloads, handed out so far */
    _Atomic int64_t heartbeat;
    void (*free_attachment)(void *attachment);
    void (*published)(void *ctx, const struct cvg_snapshot *before,
                      const struct cvg_snapshot *after);
    void *published_ctx;
    struct cvg_board_desk desk;
};

static struct table table_new(const char *const *names, size_t count)
{
    struct table table = {.slots = cvg_alloc_array(count + 1, sizeof(*table.slots)),
                          .count = count};

    for (size_t i = 0; i < count; i++) {
        table.slots[i].name = cvg_strdup(names[i]);
        pthread_mutex_init(&table.slots[i].lock, NULL);
    }
    return table;
}

static void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        cvg_snapshot_unref(table->slots[i].snapshot);
        pthread_mutex_destroy(&table->slots[i].lock);
        free(table->slots[i].name);
    }
    free(table->slots);
}

struct cvg_board *cvg_board_new(const char *const *names, size_t count)
{
    struct cvg_board *board = CVG_NEW(struct cvg_board);
    pthread_rwlockattr_t attributes;

    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&board->table_lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    board->table = table_new(names, count);
    pthread_mutex_init(&board->vitals_lock, NULL);
    return board;
}

void cvg_board_free(struct cvg_board *board)
{
    if (!board) {
        return;
    }
    table_free(&board->table);
    cvg_vitals_unref(board->vitals);
    cvg_reload_status_unref(board->reload);
    pthread_mutex_destroy(&board->vitals_lock);
    pthread_rwlock_destroy(&board->table_lock);
    free(board);
}

/* ---- readers ---- */

/* The first slot whose name is not below; with `after`, the first whose name is above. */
static size_t place_of(const struct table *table, const char *name, bool after)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(table->slots[middle].name, name);
        if (order > 0 || (order == 0 && !after)) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static struct slot *slot_of(const struct table *table, const char *name)
{
    size_t place = place_of(table, name, false);

    return place < table->count && strcmp(table->slots[place].name, name) == 0
               ? &table->slots[place]
               : NULL;
}

static struct cvg_snapshot *take(struct slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    struct cvg_snapshot *snapshot = slot->snapshot ? cvg_snapshot_ref(slot->snapshot) : NULL;
    pthread_mutex_unlock(&slot->lock);
    return snapshot;
}

size_t cvg_board_count(struct cvg_board *board)
{
    pthread_rwlock_rdlock(&board->table_lock);
    size_t count = board->table.count;
    pthread_rwlock_unlock(&board->table_lock);
    return count;
}

struct cvg_snapshot *cvg_board_lookup(struct cvg_board *board, const char *environment)
{
    pthread_rwlock_rdlock(&board->table_lock);
    struct slot *slot = slot_of(&board->table, environment);
    struct cvg_snapshot *snapshot = slot ? take(slot) : NULL;
    pthread_rwlock_unlock(&board->table_lock);
    return snapshot;
}

size_t cvg_board_page(struct cvg_board *board, const char *after, size_t limit,
                      struct cvg_snapshot ***ret, bool *ret_more)
{
    size_t count = 0;

    pthread_rwlock_rdlock(&board->table_lock);
    const struct table *table = &board->table;
    size_t first = after ? place_of(table, after, true) : 0;
    size_t end = limit < table->count - first ? first + limit : table->count;
    struct cvg_snapshot **held = cvg_alloc_array(end - first + 1, sizeof(struct cvg_snapshot *));
    for (size_t i = first; i < end; i++) {
        struct cvg_snapshot *snapshot = take(&table->slots[i]);
        if (snapshot) {
            held[count++] = snapshot;
        }
    }
    *ret_more = end < table->count;
    pthread_rwlock_unlock(&board->table_lock);
    *ret = held;
    return count;
}

void cvg_board_release(struct cvg_snapshot **snapshots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cvg_snapshot_unref(snapshots[i]);
    }
    free(snapshots);
}

bool cvg_board_serves(struct cvg_board *board)
{
    pthread_rwlock_rdlock(&board->table_lock);
    const struct table *table = &board->table;
    struct cvg_snapshot *last = table->count ? take(&table->slots[table->count - 1]) : NULL;
    bool serves = table->count == 0 || last;
    pthread_rwlock_unlock(&board->table_lock);
    cvg_snapshot_unref(last);
    return serves;
}

struct cvg_vitals *cvg_board_vitals(struct cvg_board *board)
{
    pthread_mutex_lock(&board->vitals_lock);
    struct cvg_vitals *vitals = board->vitals ? cvg_vitals_ref(board->vitals) : NULL;
    pthread_mutex_unlock(&board->vitals_lock);
    return vitals;
}

struct cvg_reload_status *cvg_board_reload_status(struct cvg_board *board)
{
    pthread_mutex_lock(&board->vitals_lock);
    struct cvg_reload_status *status = board->reload ? cvg_reload_status_ref(board->reload) : NULL;
    pthread_mutex_unlock(&board->vitals_lock);
    return status;
}

bool cvg_board_stalled(const struct cvg_board *board, int64_t now)
{
    return now - cvg_board_heartbeat(board) >= CVG_HEARTBEAT_LIMIT;
}

uint32_t cvg_board_phase(const struct cvg_board *board, const struct cvg_snapshot *snapshot,
                         int64_t now)
{
    return cvg_board_stalled(board, now) ? CVG_PHASE_UNKNOWN : snapshot->readiness.phase;
}

bool cvg_board_trusts(const struct cvg_board *board, const struct cvg_decision *decision,
                      int64_t now)
{
    if (cvg_board_stalled(board, now)) {
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
    struct slot *slot = &board->table.slots[index];

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

void cvg_board_replace(struct cvg_board *board, const char *const *names,
                       struct cvg_snapshot *const *snapshots, size_t count)
{
    struct table table = table_new(names, count);

    for (size_t i = 0; i < count; i++) {
        table.slots[i].snapshot = snapshots[i];
        if (snapshots[i]) {
            snapshots[i]->attachment_free = board->free_attachment;
        } else {
            const struct slot *before = slot_of(&board->table, names[i]);
            table.slots[i].snapshot = before ? cvg_snapshot_ref(before->snapshot) : NULL;
        }
    }
    pthread_rwlock_wrlock(&board->table_lock);
    struct table old = board->table;
    board->table = table;
    pthread_rwlock_unlock(&board->table_lock);
    table_free(&old);
}

void cvg_board_publish_vitals(struct cvg_board *board, struct cvg_vitals *vitals)
{
    pthread_mutex_lock(&board->vitals_lock);
    struct cvg_vitals *before = board->vitals;
    board->vitals = vitals;
    pthread_mutex_unlock(&board->vitals_lock);
    cvg_vitals_unref(before);
}

void cvg_board_publish_reload(struct cvg_board *board, struct cvg_reload_status *status)
{
    pthread_mutex_lock(&board->vitals_lock);
    struct cvg_reload_status *before = board->reload;
    board->reload = status;
    pthread_mutex_unlock(&board->vitals_lock);
    cvg_reload_status_unref(before);
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
    struct cvg_ask *ask;       /* or */
    struct cvg_accept *accept; /* or */
    char *environment;         /* owned: hurry; or */
    uint64_t ticket;           /* of a reload */
    char *actor;               /* owned: who wants the reload */
};

static void run_errand(void *arg)
{
    struct errand *errand = arg;
    struct cvg_board_desk *desk = &errand->board->desk;

    if (errand->ask) {
        desk->ask(desk->ctx, errand->ask);
    } else if (errand->accept) {
        desk->accept(desk->ctx, errand->accept);
    } else if (errand->environment) {
        desk->hurry(desk->ctx, errand->environment);
    } else {
        desk->reload(desk->ctx, errand->ticket, errand->actor);
    }
    free(errand->environment);
    free(errand->actor);
    free(errand);
}

static void send_errand(struct cvg_board *board, const struct errand *content)
{
    struct errand *errand = CVG_NEW(struct errand);

    *errand = *content;
    errand->board = board;
    cvg_loop_post(board->desk.loop, run_errand, errand);
}

void cvg_board_ask(struct cvg_board *board, struct cvg_ask *ask)
{
    send_errand(board, &(struct errand){.ask = ask});
}

void cvg_board_accept(struct cvg_board *board, struct cvg_accept *accept)
{
    send_errand(board, &(struct errand){.accept = accept});
}

struct cvg_store *cvg_board_store(struct cvg_board *board)
{
    return board->desk.store;
}

void cvg_board_hurry(struct cvg_board *board, const char *environment)
{
    send_errand(board, &(struct errand){.environment = cvg_strdup(environment)});
}

uint64_t cvg_board_reload(struct cvg_board *board, const char *actor)
{
    uint64_t ticket = atomic_fetch_add(&board->tickets, 1) + 1;

    send_errand(board, &(struct errand){.ticket = ticket, .actor = cvg_strdup(actor)});
    return ticket;
}
