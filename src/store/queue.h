/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits to be written: records in order of appending, changes, and notes, the latest of each
 * key. Everything is copied when it comes and bounded: records by their bytes (more are refused,
 * and told so in their turn), changes by number (more are lost, and a gap row per environment says
 * how many), notes by how many keys there are. The functions that take a queue run under the
 * store's lock; entries are made outside of it.
 */
#ifndef CVG_STORE_QUEUE_H
#define CVG_STORE_QUEUE_H

#include "base/map.h"
#include "store/store.h"

/* A record that waits, and who is to be told. */
struct cvg_queue_record {
    struct cvg_queue_record *next;
    struct cvg_record row;
    cvg_store_done *done;
    void *ctx;
    int rc; /* refused already: told so, and not written */
    size_t bytes;
    uint64_t ticket;
};

struct cvg_queue_change {
    struct cvg_queue_change *next;
    struct cvg_change row;
    uint64_t lost; /* of a gap: how many rows it stands for */
    uint64_t ticket;
};

struct cvg_queue_note {
    struct cvg_queue_note *next;
    const char *name; /* the kind as a letter, then the key */
    struct cvg_note note;
    void *content; /* owned: the note's bytes */
    uint64_t ticket;
};

struct cvg_queue_records {
    struct cvg_queue_record *first, **end;
    size_t count;
};

struct cvg_queue_changes {
    struct cvg_queue_change *first, **end;
    size_t count;
};

struct cvg_queue_notes {
    struct cvg_queue_note *first, **end;
    size_t count;
};

/* What is written together. */
struct cvg_batch {
    struct cvg_queue_records records;
    struct cvg_queue_changes changes;
    struct cvg_queue_notes notes;
    size_t record_bytes;
    uint64_t oldest; /* ticket; UINT64_MAX: nothing is in it */
};

struct cvg_queue {
    struct cvg_queue_records records;
    struct cvg_queue_changes changes;
    struct cvg_queue_notes notes;
    struct cvg_map *noted; /* notes that wait, by name */
    struct cvg_map *gaps;  /* gaps that wait, by environment */
    size_t change_limit;   /* changes that may wait */
    const char *why;       /* of a gap that opens now; static */
    size_t outstanding;    /* records that nobody was told of yet, those of a batch included */
    size_t bytes;          /* of these */
    bool behind;           /* records are refused, until half of the bytes are gone */
    uint64_t ticket;       /* of what came last */
    uint64_t lost;         /* changes; since the start */
};

void cvg_queue_init(struct cvg_queue *queue);
/* Frees what waits. Nobody is told. */
void cvg_queue_done(struct cvg_queue *queue);

/* Copies; a row that is too long is refused here. */
struct cvg_queue_record *cvg_queue_record_new(const struct cvg_record *row, cvg_store_done *done,
                                              void *ctx);
struct cvg_queue_change *cvg_queue_change_new(const struct cvg_change *row);
struct cvg_queue_note *cvg_queue_note_new(const struct cvg_note *note);

/* These take the entry over. */
void cvg_queue_add_record(struct cvg_queue *queue, struct cvg_queue_record *record);
void cvg_queue_add_change(struct cvg_queue *queue, struct cvg_queue_change *change);
void cvg_queue_add_note(struct cvg_queue *queue, struct cvg_queue_note *note);

/* At most so many of each, and some megabytes of records. records_only: the rest stays. */
void cvg_queue_take(struct cvg_queue *queue, size_t limit, bool records_only,
                    struct cvg_batch *ret);
/* Changes and notes come back to where they were; a newer note of the same key wins. */
void cvg_queue_give_back(struct cvg_queue *queue, struct cvg_batch *batch);
/* The records of the batch have been told. */
void cvg_queue_told(struct cvg_queue *queue, const struct cvg_batch *batch);
/* The ticket of the oldest that waits; UINT64_MAX: nothing does. */
uint64_t cvg_queue_oldest(const struct cvg_queue *queue);

/* Frees all entries of a batch. */
void cvg_batch_done(struct cvg_batch *batch);

#endif
