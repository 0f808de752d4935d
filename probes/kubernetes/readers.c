/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two timers: `soon` for the next looks together, `later` for the earliest time that a reader named.
 * A reader is in one list; how it stands hangs on its `place`.
 */
#include "readers.h"

#include "kit/memory.h"

#include <stdlib.h>

#define MILLISECOND INT64_C(1000000)
#define TOGETHER    (20 * MILLISECOND) /* between two rounds of looks */
#define TURN_MOST   (4 * MILLISECOND)  /* then the rest looks in the next turn */
/* Wall time may be set: nobody sleeps longer than this on what it said. */
#define SLEEP_MOST  (30000 * MILLISECOND)

struct place {
    int dirty;
    int64_t due; /* wall; 0: never */
};

struct cvg_kube_readers {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    struct cvg_kube_reader *first;
    /* Where a round of looks that was too long for a turn goes on; NULL: no round is going on. So
     * those at the front, which may change all the time, do not keep the others waiting. */
    struct cvg_kube_reader *next_look;
    struct cvg_op *soon, *later; /* NULL: not set */
    int64_t looked_at;           /* host->now(), when the latest round ended */
};

struct cvg_kube_readers *cvg_kube_readers_new(const struct cvg_host *host, struct cvg_scope *scope)
{
    struct cvg_kube_readers *readers = cvg_kit_alloc(sizeof(*readers));
    readers->host = host;
    readers->scope = scope;
    return readers;
}

static void cancel(struct cvg_kube_readers *readers, struct cvg_op **op)
{
    if (*op) {
        readers->host->cancel(*op);
        *op = NULL;
    }
}

void cvg_kube_readers_free(struct cvg_kube_readers *readers)
{
    if (!readers) {
        return;
    }
    cancel(readers, &readers->soon);
    cancel(readers, &readers->later);
    while (readers->first) {
        cvg_kube_readers_remove(readers, readers->first);
    }
    free(readers);
}

void cvg_kube_readers_add(struct cvg_kube_readers *readers, struct cvg_kube_reader *reader)
{
    if (!reader->place) {
        reader->place = cvg_kit_alloc(sizeof(struct place));
        reader->next = readers->first;
        readers->first = reader;
    }
}

void cvg_kube_readers_remove(struct cvg_kube_readers *readers, struct cvg_kube_reader *reader)
{
    struct cvg_kube_reader **link = &readers->first;
    while (*link && *link != reader) {
        link = &(*link)->next;
    }
    if (readers->next_look == reader) {
        readers->next_look = reader->next;
    }
    if (*link) {
        *link = reader->next;
        free(reader->place);
        reader->place = NULL;
        reader->next = NULL;
    }
}

/* ---- looking ---- */

static void on_soon(void *arg, struct cvg_op *op);
static void on_later(void *arg, struct cvg_op *op);

static void set_later(struct cvg_kube_readers *readers, int64_t wall)
{
    int64_t due = 0;
    for (struct cvg_kube_reader *reader = readers->first; reader; reader = reader->next) {
        const struct place *place = reader->place;
        if (place->due && (due == 0 || place->due < due)) {
            due = place->due;
        }
    }
    cancel(readers, &readers->later);
    if (due) {
        int64_t after = due - wall;
        after = after < MILLISECOND ? MILLISECOND : after;
        after = after > SLEEP_MOST ? SLEEP_MOST : after;
        readers->later = readers->host->timer(readers->scope, after, on_later, readers);
    }
}

static void set_soon(struct cvg_kube_readers *readers, int64_t after)
{
    if (!readers->soon) {
        readers->soon = readers->host->timer(readers->scope, after, on_soon, readers);
    }
}

/* The first change after a rest is looked at as soon as what came with it is in: the host puts
 * changes together once more before it publishes, and to wait twice would double the way from the
 * cluster to the verdict. */
static void set_soon_together(struct cvg_kube_readers *readers)
{
    int64_t after = readers->looked_at + TOGETHER - readers->host->now();
    set_soon(readers, after > 0 ? after : 0);
}

static int any_dirty(const struct cvg_kube_readers *readers)
{
    const struct cvg_kube_reader *reader = readers->first;
    while (reader && !((const struct place *)reader->place)->dirty) {
        reader = reader->next;
    }
    return reader != NULL;
}

/* A look never adds or removes readers: that is done by creating and destroying checks. */
static void on_soon(void *arg, struct cvg_op *op)
{
    struct cvg_kube_readers *readers = arg;
    int64_t began = readers->host->now();
    int64_t wall = readers->host->wall();
    struct cvg_kube_reader *reader = readers->next_look ? readers->next_look : readers->first;
    (void)op;
    readers->soon = NULL;
    for (; reader && readers->host->now() - began <= TURN_MOST; reader = reader->next) {
        struct place *place = reader->place;
        if (place->dirty) {
            place->dirty = 0;
            place->due = reader->look(reader, wall);
        }
    }
    readers->next_look = reader;
    if (reader) {
        set_soon(readers, 0);
    } else {
        readers->looked_at = readers->host->now();
        if (any_dirty(readers)) {
            set_soon_together(readers);
        }
    }
    set_later(readers, wall);
}

static void on_later(void *arg, struct cvg_op *op)
{
    struct cvg_kube_readers *readers = arg;
    int64_t wall = readers->host->wall();
    int any = 0;
    (void)op;
    readers->later = NULL;
    for (struct cvg_kube_reader *reader = readers->first; reader; reader = reader->next) {
        struct place *place = reader->place;
        if (place->due && place->due <= wall) {
            place->dirty = any = 1;
        }
    }
    if (any) {
        set_soon_together(readers);
    } else {
        set_later(readers, wall);
    }
}

void cvg_kube_readers_mark(struct cvg_kube_readers *readers, struct cvg_kube_reader *reader)
{
    struct place *place = reader->place;
    place->dirty = 1;
    if (!readers->soon) {
        set_soon_together(readers);
    }
}

void cvg_kube_readers_mark_all(struct cvg_kube_readers *readers)
{
    for (struct cvg_kube_reader *reader = readers->first; reader; reader = reader->next) {
        cvg_kube_readers_mark(readers, reader);
    }
}
