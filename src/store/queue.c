/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of copies. Each entry is one piece of memory with its texts behind it. */
#include "store/queue.h"

#include <stdio.h>
#include <string.h>

/* A transaction holds the database's log and memory for as long as it lasts. */
#define BATCH_BYTES ((size_t)8 * 1024 * 1024)

#define LIST_INIT(list) ((list)->first = NULL, (list)->end = &(list)->first, (list)->count = 0)
#define LIST_ADD(list, entry)                                                                      \
    ((entry)->next = NULL, *(list)->end = (entry), (list)->end = &(entry)->next, (list)->count++)
#define LIST_POP(list, entry)                                                                      \
    ((entry) = (list)->first, (list)->first = (entry)->next,                                       \
     (list)->end = (list)->first ? (list)->end : &(list)->first, (list)->count--)

/* ---- entries ---- */

/* Copies a text to *at, which moves behind it. */
static const char *put_text(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = *at;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

struct cvg_queue_record *cvg_queue_record_new(const struct cvg_record *row, cvg_store_done *done,
                                              void *ctx)
{
    const char *texts[] = {row->id,  row->action,   row->actor,   row->environment, row->gate,
                           row->app, row->revision, row->verdict, row->target};
    size_t size = sizeof(struct cvg_queue_record) + row->body_length + 1;
    bool fits = row->body_length <= CVG_RECORD_BODY;
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        size_t length = strlen(texts[i]);
        fits = fits && length <= CVG_RECORD_TEXT;
        size += length + 1;
    }
    if (!fits) {
        struct cvg_queue_record *refused = CVG_NEW(struct cvg_queue_record);
        refused->done = done;
        refused->ctx = ctx;
        refused->rc = CVG_E_TOO_LARGE;
        refused->bytes = sizeof *refused;
        return refused;
    }
    struct cvg_queue_record *record = cvg_alloc(size);
    char *at = (char *)(record + 1);
    record->row = *row;
    record->row.id = put_text(&at, row->id);
    record->row.action = put_text(&at, row->action);
    record->row.actor = put_text(&at, row->actor);
    record->row.environment = put_text(&at, row->environment);
    record->row.gate = put_text(&at, row->gate);
    record->row.app = put_text(&at, row->app);
    record->row.revision = put_text(&at, row->revision);
    record->row.verdict = put_text(&at, row->verdict);
    record->row.target = put_text(&at, row->target);
    record->row.body = at;
    if (row->body_length) {
        memcpy(at, row->body, row->body_length);
    }
    record->done = done;
    record->ctx = ctx;
    record->bytes = size;
    return record;
}

struct cvg_queue_change *cvg_queue_change_new(const struct cvg_change *row)
{
    const char *const texts[] = {row->environment, row->name,   row->before,
                                 row->after,       row->reason, row->message};
    size_t size = sizeof(struct cvg_queue_change);
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        size += strlen(texts[i]) + 1;
    }
    struct cvg_queue_change *change = cvg_alloc(size);
    char *at = (char *)(change + 1);
    change->row = *row;
    change->row.environment = put_text(&at, row->environment);
    change->row.name = put_text(&at, row->name);
    change->row.before = put_text(&at, row->before);
    change->row.after = put_text(&at, row->after);
    change->row.reason = put_text(&at, row->reason);
    change->row.message = put_text(&at, row->message);
    return change;
}

struct cvg_queue_note *cvg_queue_note_new(const struct cvg_note *note)
{
    size_t key = strlen(note->key) + 1;
    struct cvg_queue_note *copy = cvg_alloc(sizeof *copy + 1 + key);
    char *at = (char *)(copy + 1);
    copy->name = at;
    *at++ = (char)('A' + note->kind);
    copy->note = *note;
    copy->note.key = put_text(&at, note->key);
    copy->content = cvg_alloc(note->length + 1);
    copy->note.bytes = copy->content;
    if (note->length) {
        memcpy(copy->content, note->bytes, note->length);
    }
    return copy;
}

static void free_note(struct cvg_queue_note *note)
{
    free(note->content);
    free(note);
}

/* ---- the queue ---- */

void cvg_queue_init(struct cvg_queue *queue)
{
    memset(queue, 0, sizeof *queue);
    LIST_INIT(&queue->records);
    LIST_INIT(&queue->changes);
    LIST_INIT(&queue->notes);
    queue->noted = cvg_map_new();
    queue->gaps = cvg_map_new();
    queue->change_limit = CVG_STORE_BACKLOG;
    queue->why = "";
}

void cvg_queue_done(struct cvg_queue *queue)
{
    struct cvg_batch all = {0};
    cvg_queue_take(queue, SIZE_MAX, false, &all);
    cvg_batch_done(&all);
    cvg_map_free(queue->noted);
    cvg_map_free(queue->gaps);
}

void cvg_queue_add_record(struct cvg_queue *queue, struct cvg_queue_record *record)
{
    if (queue->bytes + record->bytes > CVG_STORE_QUEUE_BYTES) {
        queue->behind = true;
    }
    if (queue->behind && record->rc == 0) {
        /* Only who must be told is kept. */
        struct cvg_queue_record *refused = CVG_NEW(struct cvg_queue_record);
        refused->done = record->done;
        refused->ctx = record->ctx;
        refused->rc = CVG_E_UNAVAILABLE;
        refused->bytes = sizeof *refused;
        free(record);
        record = refused;
    }
    queue->bytes += record->bytes;
    queue->outstanding++;
    record->ticket = ++queue->ticket;
    LIST_ADD(&queue->records, record);
}

/* One more row is lost. The gap stands where the first one would have stood. */
static void lose_change(struct cvg_queue *queue, const struct cvg_queue_change *change)
{
    struct cvg_queue_change *gap = cvg_map_get(queue->gaps, change->row.environment);
    if (!gap) {
        const struct cvg_change row = {
            .at = change->row.at,
            .kind = CVG_CHANGE_GAP,
            .environment = change->row.environment,
            .name = "",
            .before = "",
            .after = "",
            .reason = queue->why,
            .message = "",
        };
        gap = cvg_queue_change_new(&row);
        gap->ticket = change->ticket;
        LIST_ADD(&queue->changes, gap);
        cvg_map_put(queue->gaps, gap->row.environment, gap);
    }
    gap->lost += change->lost ? change->lost : 1;
}

/* A gap that comes back from a batch is a row like the others, and goes on growing. */
static void place_change(struct cvg_queue *queue, struct cvg_queue_change *change)
{
    if (queue->changes.count - cvg_map_count(queue->gaps) >= queue->change_limit) {
        queue->lost += change->lost ? 0 : 1;
        lose_change(queue, change);
        free(change);
        return;
    }
    if (change->lost) {
        cvg_map_put(queue->gaps, change->row.environment, change);
    }
    LIST_ADD(&queue->changes, change);
}

void cvg_queue_add_change(struct cvg_queue *queue, struct cvg_queue_change *change)
{
    change->ticket = ++queue->ticket;
    place_change(queue, change);
}

void cvg_queue_add_note(struct cvg_queue *queue, struct cvg_queue_note *note)
{
    note->ticket = ++queue->ticket;
    struct cvg_queue_note *before = cvg_map_get(queue->noted, note->name);
    if (!before) {
        cvg_map_put(queue->noted, note->name, note);
        LIST_ADD(&queue->notes, note);
        return;
    }
    /* The newer content takes the older one's place, which is the earlier one. */
    free(before->content);
    before->content = note->content;
    before->note.bytes = note->note.bytes;
    before->note.length = note->note.length;
    note->content = NULL;
    free_note(note);
}

/* ---- batches ---- */

static void take_records(struct cvg_queue *queue, size_t limit, struct cvg_batch *ret)
{
    struct cvg_queue_record *record;
    while (queue->records.first && ret->records.count < limit &&
           (ret->record_bytes < BATCH_BYTES || limit == SIZE_MAX)) {
        LIST_POP(&queue->records, record);
        ret->record_bytes += record->bytes;
        LIST_ADD(&ret->records, record);
    }
}

static void take_changes(struct cvg_queue *queue, size_t limit, struct cvg_batch *ret)
{
    struct cvg_queue_change *change;
    while (queue->changes.first && ret->changes.count < limit) {
        LIST_POP(&queue->changes, change);
        if (change->lost && cvg_map_get(queue->gaps, change->row.environment) == change) {
            cvg_map_remove(queue->gaps, change->row.environment);
        }
        LIST_ADD(&ret->changes, change);
    }
}

static void take_notes(struct cvg_queue *queue, size_t limit, struct cvg_batch *ret)
{
    struct cvg_queue_note *note;
    while (queue->notes.first && ret->notes.count < limit) {
        LIST_POP(&queue->notes, note);
        cvg_map_remove(queue->noted, note->name);
        LIST_ADD(&ret->notes, note);
    }
}

void cvg_queue_take(struct cvg_queue *queue, size_t limit, bool records_only, struct cvg_batch *ret)
{
    LIST_INIT(&ret->records);
    LIST_INIT(&ret->changes);
    LIST_INIT(&ret->notes);
    ret->record_bytes = 0;
    ret->oldest = cvg_queue_oldest(queue);
    take_records(queue, limit, ret);
    if (!records_only) {
        take_changes(queue, CVG_MAX(limit, CVG_STORE_BATCH), ret);
        take_notes(queue, CVG_MAX(limit, CVG_STORE_BATCH), ret);
    }
}

void cvg_queue_give_back(struct cvg_queue *queue, struct cvg_batch *batch)
{
    struct cvg_queue_changes later = queue->changes;
    struct cvg_queue_change *change, *next;
    if (batch->changes.first) {
        LIST_INIT(&queue->changes);
        cvg_map_free(queue->gaps);
        queue->gaps = cvg_map_new();
        for (change = batch->changes.first; change; change = next) {
            next = change->next;
            place_change(queue, change);
        }
        for (change = later.first; change; change = next) {
            next = change->next;
            place_change(queue, change);
        }
        LIST_INIT(&batch->changes);
    }
    struct cvg_queue_notes newer = queue->notes;
    struct cvg_queue_note *note, *after;
    if (batch->notes.first) {
        LIST_INIT(&queue->notes);
        for (note = batch->notes.first; note; note = after) {
            after = note->next;
            if (cvg_map_get(queue->noted, note->name)) {
                free_note(note);
                continue;
            }
            cvg_map_put(queue->noted, note->name, note);
            LIST_ADD(&queue->notes, note);
        }
        for (note = newer.first; note; note = after) {
            after = note->next;
            LIST_ADD(&queue->notes, note);
        }
        LIST_INIT(&batch->notes);
    }
}

void cvg_queue_told(struct cvg_queue *queue, const struct cvg_batch *batch)
{
    queue->outstanding -= batch->records.count;
    queue->bytes -= batch->record_bytes;
    if (queue->bytes < CVG_STORE_QUEUE_BYTES / 2) {
        queue->behind = false;
    }
}

uint64_t cvg_queue_oldest(const struct cvg_queue *queue)
{
    uint64_t oldest = UINT64_MAX;
    if (queue->records.first) {
        oldest = queue->records.first->ticket;
    }
    if (queue->changes.first) {
        oldest = CVG_MIN(oldest, queue->changes.first->ticket);
    }
    if (queue->notes.first) {
        oldest = CVG_MIN(oldest, queue->notes.first->ticket);
    }
    return oldest;
}

void cvg_batch_done(struct cvg_batch *batch)
{
    struct cvg_queue_record *record;
    struct cvg_queue_change *change;
    struct cvg_queue_note *note;
    while (batch->records.first) {
        LIST_POP(&batch->records, record);
        free(record);
    }
    while (batch->changes.first) {
        LIST_POP(&batch->changes, change);
        free(change);
    }
    while (batch->notes.first) {
        LIST_POP(&batch->notes, note);
        free_note(note);
    }
}
