/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages and notes. Each call has a reference on the session that is open now, so the store's thread
 * may open another one meanwhile. What is read is copied into the caller's arena.
 */
#include "base/text.h"
#include "store/store_inner.h"

#include <string.h>

/* Bodies of one page; the page ends early there, with at least one row. */
#define PAGE_BYTES ((size_t)32 * 1024 * 1024)

static struct cvg_session *take_session(struct cvg_store *store, struct cvg_error *reterr)
{
    pthread_mutex_lock(&store->lock);
    struct cvg_session *session = cvg_session_ref(store->session);
    if (!session) {
        cvg_error_set(reterr, CVG_E_UNAVAILABLE, "the store cannot be read: %s: %s",
                      cvg_store_fault_text(store->status.fault), store->status.why);
    }
    pthread_mutex_unlock(&store->lock);
    return session;
}

/* A reader that saw damage has all of it looked at. */
static int fail(struct cvg_store *store, int rc, enum cvg_store_fault fault)
{
    if (fault == CVG_STORE_CORRUPT) {
        pthread_mutex_lock(&store->lock);
        store->suspect = true;
        pthread_cond_signal(&store->wake);
        pthread_mutex_unlock(&store->lock);
    }
    return rc;
}

static size_t page_limit(size_t asked)
{
    return asked == 0 || asked > CVG_STORE_PAGE ? CVG_STORE_PAGE : asked;
}

/* ---- records ---- */

struct record_page {
    struct cvg_arena *arena;
    struct cvg_record_page *ret;
    size_t limit, bytes;
};

static bool on_record(void *ctx, const struct cvg_record *row)
{
    struct record_page *page = ctx;
    if (page->ret->count == page->limit || (page->ret->count > 0 && page->bytes >= PAGE_BYTES)) {
        page->ret->more = true;
        return false;
    }
    struct cvg_record *copy = &page->ret->rows[page->ret->count++];
    *copy = *row;
    copy->id = cvg_arena_strdup(page->arena, row->id);
    copy->action = cvg_arena_strdup(page->arena, row->action);
    copy->actor = cvg_arena_strdup(page->arena, row->actor);
    copy->environment = cvg_arena_strdup(page->arena, row->environment);
    copy->gate = cvg_arena_strdup(page->arena, row->gate);
    copy->app = cvg_arena_strdup(page->arena, row->app);
    copy->revision = cvg_arena_strdup(page->arena, row->revision);
    copy->verdict = cvg_arena_strdup(page->arena, row->verdict);
    copy->target = cvg_arena_strdup(page->arena, row->target);
    char *body = cvg_arena_alloc(page->arena, row->body_length + 1);
    if (row->body_length) {
        memcpy(body, row->body, row->body_length);
    }
    copy->body = body;
    page->bytes += row->body_length;
    return true;
}

int cvg_store_records(struct cvg_store *store, const struct cvg_record_query *query,
                      struct cvg_arena *arena, struct cvg_record_page *ret,
                      struct cvg_error *reterr)
{
    enum cvg_store_fault fault = CVG_STORE_NO_FAULT;
    struct cvg_error ignored;
    struct cvg_record_query asked = *query;
    struct record_page page = {.arena = arena, .ret = ret, .limit = page_limit(query->limit)};
    CVG_CLEANUP(cvg_session_done) struct cvg_session *session = take_session(store, reterr);
    if (!session) {
        return CVG_E_UNAVAILABLE;
    }
    *ret = (struct cvg_record_page){
        .rows = cvg_arena_alloc(arena, page.limit * sizeof *ret->rows),
    };
    asked.limit = page.limit + 1; /* one more says whether there are more */
    int rc = session->kind->find_records(session->engine, &asked, on_record, &page, &fault,
                                         reterr ? reterr : &ignored);
    return rc < 0 ? fail(store, rc, fault) : 0;
}

/* ---- changes ---- */

struct change_page {
    struct cvg_arena *arena;
    struct cvg_change_page *ret;
    size_t limit;
};

static bool on_change(void *ctx, const struct cvg_change *row)
{
    struct change_page *page = ctx;
    if (page->ret->count == page->limit) {
        page->ret->more = true;
        return false;
    }
    struct cvg_change *copy = &page->ret->rows[page->ret->count++];
    *copy = *row;
    copy->environment = cvg_arena_strdup(page->arena, row->environment);
    copy->name = cvg_arena_strdup(page->arena, row->name);
    copy->before = cvg_arena_strdup(page->arena, row->before);
    copy->after = cvg_arena_strdup(page->arena, row->after);
    copy->reason = cvg_arena_strdup(page->arena, row->reason);
    copy->message = cvg_arena_strdup(page->arena, row->message);
    return true;
}

int cvg_store_changes(struct cvg_store *store, const struct cvg_change_query *query,
                      struct cvg_arena *arena, struct cvg_change_page *ret,
                      struct cvg_error *reterr)
{
    enum cvg_store_fault fault = CVG_STORE_NO_FAULT;
    struct cvg_error ignored;
    struct cvg_change_query asked = *query;
    struct change_page page = {.arena = arena, .ret = ret, .limit = page_limit(query->limit)};
    CVG_CLEANUP(cvg_session_done) struct cvg_session *session = take_session(store, reterr);
    if (!session) {
        return CVG_E_UNAVAILABLE;
    }
    *ret = (struct cvg_change_page){
        .rows = cvg_arena_alloc(arena, page.limit * sizeof *ret->rows),
    };
    asked.limit = page.limit + 1;
    int rc = session->kind->find_changes(session->engine, &asked, on_change, &page, &fault,
                                         reterr ? reterr : &ignored);
    return rc < 0 ? fail(store, rc, fault) : 0;
}

/* ---- notes ---- */

/* Those that are not written yet, by key, the later one of two. */
struct note_walk {
    struct cvg_map *pending;
    cvg_see_note *see;
    void *ctx;
    bool over;
};

static void collect(struct note_walk *walk, struct cvg_arena *arena,
                    const struct cvg_queue_note *first, enum cvg_note_kind kind)
{
    for (const struct cvg_queue_note *queued = first; queued; queued = queued->next) {
        if (queued->note.kind != (uint32_t)kind) {
            continue;
        }
        struct cvg_note *note = cvg_arena_alloc(arena, sizeof *note);
        char *bytes = cvg_arena_alloc(arena, queued->note.length + 1);
        memcpy(bytes, queued->note.bytes, queued->note.length);
        *note = queued->note;
        note->key = cvg_arena_strdup(arena, queued->note.key);
        note->bytes = bytes;
        cvg_map_put(walk->pending, note->key, note);
    }
}

static bool on_note(void *ctx, const struct cvg_note *note)
{
    struct note_walk *walk = ctx;
    if (!cvg_map_get(walk->pending, note->key)) {
        walk->over = !walk->see(walk->ctx, note);
    }
    return !walk->over;
}

static bool may_believe(struct cvg_store *store)
{
    pthread_mutex_lock(&store->lock);
    bool believed = store->status.read;
    pthread_mutex_unlock(&store->lock);
    return believed;
}

int cvg_store_notes(struct cvg_store *store, enum cvg_note_kind kind, cvg_see_note *see, void *ctx,
                    struct cvg_error *reterr)
{
    enum cvg_store_fault fault = CVG_STORE_NO_FAULT;
    struct cvg_error ignored;
    CVG_CLEANUP(cvg_session_done) struct cvg_session *session = take_session(store, reterr);
    if (!session) {
        return CVG_E_UNAVAILABLE;
    }
    if (!may_believe(store)) {
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE,
                             "the store may lack what was noted last: it does not agree with its "
                             "head");
    }
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct note_walk walk = {.pending = cvg_map_new(), .see = see, .ctx = ctx};
    /* Before the database is asked: what is written meanwhile is then seen here or there. */
    pthread_mutex_lock(&store->lock);
    if (store->in_flight) {
        collect(&walk, arena, store->in_flight->notes.first, kind);
    }
    collect(&walk, arena, store->queue.notes.first, kind);
    pthread_mutex_unlock(&store->lock);

    int rc = session->kind->walk_notes(session->engine, kind, on_note, &walk, &fault,
                                       reterr ? reterr : &ignored);
    const char *key;
    void *value;
    for (size_t at = 0; rc == 0 && !walk.over && cvg_map_next(walk.pending, &at, &key, &value);) {
        const struct cvg_note *note = value;
        walk.over = note->length > 0 && !see(ctx, note);
    }
    cvg_map_free(walk.pending);
    return rc < 0 ? fail(store, rc, fault) : 0;
}
