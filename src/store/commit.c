/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One batch in one transaction. A row that is refused for what it is (too long, an id that is there
 * already) fails alone, and leaves no gap in the numbers; any other failure takes the whole batch
 * with it. The head is written after the commit and before anybody is told: a commit whose head is
 * not on disk counts as failed, since after the loss of the log nobody could tell that it was
 * there.
 */
#include "base/time.h"
#include "store/store_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The row's fault and not the database's. */
static bool is_refusal(int rc, enum cvg_store_fault fault)
{
    return fault == CVG_STORE_NO_FAULT &&
           (rc == CVG_E_TOO_LARGE || rc == CVG_E_INVALID || rc == CVG_E_EXISTS);
}

static int write_records(struct cvg_store *store, struct cvg_batch *batch,
                         struct cvg_chain_point *point, struct cvg_store_trouble *trouble)
{
    for (struct cvg_queue_record *record = batch->records.first; record; record = record->next) {
        if (record->rc < 0) {
            continue;
        }
        record->row.number = point->number + 1;
        cvg_chain_hash(store->hasher, point->hash, &record->row, record->row.hash);
        trouble->fault = CVG_STORE_NO_FAULT;
        int rc = store->kind->add_record(store->writer->engine, &record->row, &trouble->fault,
                                         &trouble->error);
        if (rc < 0 && !is_refusal(rc, trouble->fault)) {
            return rc;
        }
        if (rc < 0) {
            record->rc = rc;
            continue;
        }
        point->number = record->row.number;
        memcpy(point->hash, record->row.hash, sizeof point->hash);
    }
    return 0;
}

static int write_changes(struct cvg_store *store, struct cvg_batch *batch,
                         struct cvg_store_trouble *trouble, uint64_t *ret_refused)
{
    for (struct cvg_queue_change *change = batch->changes.first; change; change = change->next) {
        char lost[24];
        struct cvg_change row = change->row;
        if (change->lost) {
            snprintf(lost, sizeof lost, "%" PRIu64, change->lost);
            row.after = lost;
        }
        trouble->fault = CVG_STORE_NO_FAULT;
        int rc =
            store->kind->add_change(store->writer->engine, &row, &trouble->fault, &trouble->error);
        if (rc < 0 && !is_refusal(rc, trouble->fault)) {
            return rc;
        }
        *ret_refused += rc < 0;
    }
    return 0;
}

static int write_notes(struct cvg_store *store, struct cvg_batch *batch,
                       struct cvg_store_trouble *trouble)
{
    for (struct cvg_queue_note *note = batch->notes.first; note; note = note->next) {
        trouble->fault = CVG_STORE_NO_FAULT;
        int rc = store->kind->put_note(store->writer->engine, &note->note, &trouble->fault,
                                       &trouble->error);
        if (rc < 0 && !is_refusal(rc, trouble->fault)) {
            return rc;
        }
    }
    return 0;
}

int cvg_store_seal(struct cvg_store *store, struct cvg_store_trouble *trouble)
{
    struct cvg_head head = {.point = {.point = store->end, .at = cvg_time_wall()}};
    cvg_chain_sign(store->key, CVG_CHAIN_HEAD, &head.point);
    cvg_ed25519_public(store->key, head.public_key);
    int rc = cvg_head_write(store->head_file, &head, &trouble->error);
    if (rc < 0) {
        trouble->fault = CVG_STORE_IO;
        return rc;
    }
    pthread_mutex_lock(&store->lock);
    store->status.head = head.point;
    memcpy(store->status.public_key, head.public_key, sizeof head.public_key);
    pthread_mutex_unlock(&store->lock);
    return 0;
}

static void count_rows(struct cvg_store *store, const struct cvg_batch *batch, uint64_t records,
                       uint64_t changes_refused)
{
    pthread_mutex_lock(&store->lock);
    store->status.records += records;
    store->status.changes += batch->changes.count - changes_refused;
    store->status.notes += batch->notes.count;
    store->status.changes_lost += changes_refused;
    pthread_mutex_unlock(&store->lock);
}

enum cvg_store_written cvg_store_commit(struct cvg_store *store, struct cvg_batch *batch,
                                        struct cvg_store_trouble *trouble)
{
    struct cvg_chain_point point = store->end;
    uint64_t changes_refused = 0;
    int64_t began = cvg_time_now();
    int rc = store->kind->begin(store->writer->engine, &trouble->fault, &trouble->error);
    if (rc < 0) {
        return CVG_STORE_NOT_WRITTEN;
    }
    rc = write_records(store, batch, &point, trouble);
    if (rc == 0) {
        rc = write_changes(store, batch, trouble, &changes_refused);
    }
    if (rc == 0) {
        rc = write_notes(store, batch, trouble);
    }
    uint64_t records = point.number - store->end.number;
    if (rc < 0) {
        store->kind->rollback(store->writer->engine);
        return CVG_STORE_NOT_WRITTEN;
    }
    if (records == 0 && batch->changes.count == 0 && batch->notes.count == 0) {
        store->kind->rollback(store->writer->engine);
        return CVG_STORE_WRITTEN;
    }
    rc = store->kind->commit(store->writer->engine, &trouble->fault, &trouble->error);
    /* A database whose name is gone takes what is written, and nobody will ever read it. */
    if (rc < 0 || cvg_store_check_place(store, trouble) < 0) {
        return CVG_STORE_NOT_WRITTEN;
    }
    store->end = point;
    count_rows(store, batch, records, changes_refused);
    if (records > 0 && cvg_store_seal(store, trouble) < 0) {
        return CVG_STORE_NO_HEAD;
    }
    cvg_store_count_commit(store, began, cvg_time_now());
    return CVG_STORE_WRITTEN;
}
