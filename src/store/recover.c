/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, and the way back from a fault. Each try looks at the file without touching it, compares
 * where its chain ends with the head beside it, and only then opens it for writing, proves by a
 * transaction that something can be written, and writes the head. A database that was found damaged
 * is looked through as a whole before that. The pauses between tries double from a tenth of a
 * second to five seconds, and only begin anew after a while without a fault.
 */
#include "base/alloc.h"
#include "base/time.h"
#include "store/backup.h"
#include "store/store_inner.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BACKOFF_MIN   (100 * CVG_MS)
#define BACKOFF_MAX   (5 * CVG_SECOND)
#define STEADY_FOR    (10 * CVG_SECOND)
/* An inspection that could not be made is tried again after this. */
#define INSPECT_AGAIN CVG_MINUTE
/* Looking a damaged database through takes this share of a disk's time: 1 in so many. */
#define INSPECT_SHARE 10

#define TRIAL_KEY  "trial"
#define TRIAL_SIZE 4096

#define ADVICE                                                                                     \
    "restore a backup with 'convergate store restore', or, where the rows are lost for good, "     \
    "accept that with 'convergate audit seal'"

/* ---- the files beside the database ---- */

/* What is wrong with the folder, where a file in it could not be made, read or written. */
static enum cvg_store_fault place_fault(const char *file)
{
    struct statvfs space;
    const char *slash = strrchr(file, '/');
    char *folder = !slash          ? cvg_strdup(".")
                   : slash == file ? cvg_strdup("/")
                                   : cvg_strndup(file, (size_t)(slash - file));
    enum cvg_store_fault fault = CVG_STORE_IO;
    if (access(folder, W_OK | X_OK) != 0) {
        fault = errno == ENOENT || errno == ENOTDIR ? CVG_STORE_MISSING
                : errno == EACCES                   ? CVG_STORE_DENIED
                : errno == EROFS                    ? CVG_STORE_READ_ONLY
                                                    : CVG_STORE_IO;
    } else if (statvfs(folder, &space) == 0 && space.f_blocks > 0 && space.f_bavail == 0) {
        fault = CVG_STORE_FULL;
    }
    free(folder);
    return fault;
}

/* What the head file says. */
struct known_head {
    bool there, damaged;
    struct cvg_head head;
    struct cvg_error error; /* where it is damaged */
};

static int read_head(const struct cvg_store *store, struct known_head *ret,
                     struct cvg_store_trouble *trouble)
{
    int rc = cvg_head_read(store->file, &ret->head, &ret->error);
    ret->there = rc == 0;
    ret->damaged = rc == CVG_E_INVALID;
    /* What this process acknowledged itself counts also where somebody put older files there. */
    if (ret->there && store->status.head.point.number > ret->head.point.point.number) {
        ret->head.point = store->status.head;
    }
    if (rc == 0 || rc == CVG_E_NOT_FOUND || rc == CVG_E_INVALID) {
        return 0;
    }
    trouble->fault = place_fault(store->file);
    trouble->error = ret->error;
    return rc;
}

/* Lock and key, each once. A key is only made where there never was a head. */
static int take_place(struct cvg_store *store, const struct known_head *known,
                      struct cvg_store_trouble *trouble)
{
    int rc = 0;
    if (store->lock_fd < 0) {
        rc = cvg_store_lock(store->file, &store->lock_fd, &trouble->error);
        trouble->fault = rc == CVG_E_EXISTS ? CVG_STORE_LOCKED : place_fault(store->file);
    }
    if (rc == 0 && !store->key) {
        cvg_backup_sweep(store->file);
        rc = cvg_seal_key(store->file, !known->there && !known->damaged, &store->key,
                          &trouble->error);
        trouble->fault = rc == CVG_E_IO ? place_fault(store->file) : CVG_STORE_TAMPERED;
    }
    return rc;
}

int cvg_store_claim(struct cvg_store *store, struct cvg_error *reterr)
{
    struct known_head known = {0};
    struct cvg_store_trouble trouble = {0};
    if (read_head(store, &known, &trouble) < 0) {
        known.damaged = true; /* not known to be new: no key is made */
    }
    int rc = take_place(store, &known, &trouble);
    /* Whatever else is in the way may go away by itself. */
    if (rc == CVG_E_EXISTS || rc == CVG_E_REFUSED || rc == CVG_E_INVALID) {
        if (reterr) {
            *reterr = trouble.error;
        }
        return rc;
    }
    return 0;
}

/* ---- comparing ---- */

static int tampered(struct cvg_store_trouble *trouble, const char *what)
{
    trouble->fault = CVG_STORE_TAMPERED;
    return cvg_error_set(&trouble->error, CVG_E_INVALID, "%s; " ADVICE, what);
}

struct following {
    struct cvg_chain_hasher *hasher;
    struct cvg_chain_point point;
    int rc;
    struct cvg_error error;
};

static bool on_row_after_head(void *ctx, const struct cvg_record *row)
{
    struct following *following = ctx;
    following->rc = cvg_chain_follow(following->hasher, &following->point, row, &following->error);
    return following->rc == 0;
}

/* Rows after the head are those of transactions whose head was not written: they must go on from
 * it. */
static int follow_from_head(struct cvg_store *store, struct cvg_session *session,
                            const struct cvg_chain_point *head, const struct cvg_chain_point *last,
                            struct cvg_store_trouble *trouble)
{
    struct following following = {.hasher = store->hasher, .point = *head};
    int rc = session->kind->walk_records(session->engine, head->number, on_row_after_head,
                                         &following, &trouble->fault, &trouble->error);
    if (rc < 0) {
        return rc;
    }
    if (following.rc < 0) {
        return tampered(trouble, following.error.text);
    }
    if (following.point.number < last->number ||
        memcmp(following.point.hash, last->hash, CVG_SHA256_SIZE) != 0) {
        return tampered(trouble, "the database has another last row than the head says");
    }
    return 0;
}

/* Whether nothing is missing that was acknowledged. */
static int compare(struct cvg_store *store, struct cvg_session *session,
                   const struct known_head *known, struct cvg_chain_point *ret_end,
                   struct cvg_store_trouble *trouble)
{
    struct cvg_chain_point last = {0};
    const struct cvg_chain_point *head = &known->head.point.point;
    char what[CVG_ERROR_TEXT];
    int rc = session->kind->last(session->engine, &last, &trouble->fault, &trouble->error);
    if (rc < 0) {
        return rc;
    }
    *ret_end = last;
    if (!known->there) {
        if (last.number == 0) {
            return 0;
        }
        snprintf(what, sizeof what, "the database has rows up to %" PRIu64 " and no head: %.256s",
                 last.number, known->error.text);
        return tampered(trouble, what);
    }
    if (store->key) {
        unsigned char ours[CVG_ED25519_PUBLIC];
        cvg_ed25519_public(store->key, ours);
        if (memcmp(ours, known->head.public_key, sizeof ours) != 0) {
            return tampered(trouble, "the head is signed by another key than the one beside it");
        }
    }
    if (last.number < head->number) {
        snprintf(what, sizeof what,
                 "rows are missing: the database ends at row %" PRIu64 ", its head at row %" PRIu64,
                 last.number, head->number);
        return tampered(trouble, what);
    }
    return follow_from_head(store, session, head, &last, trouble);
}

/* Looks without touching anything. *ret stays NULL where nothing can be seen this way, which is no
 * failure: opening for writing then says what is wrong. */
static int look(struct cvg_store *store, const struct known_head *known, struct cvg_session **ret,
                struct cvg_store_trouble *trouble)
{
    struct cvg_chain_point end;
    int rc =
        cvg_session_open(store->kind, store->file, true, ret, &trouble->fault, &trouble->error);
    if (rc == 0) {
        return compare(store, *ret, known, &end, trouble);
    }
    *ret = NULL;
    if (trouble->fault == CVG_STORE_MISSING && known->there && known->head.point.point.number > 0) {
        char what[96];
        snprintf(what, sizeof what, "the database is gone, its head is at row %" PRIu64,
                 known->head.point.point.number);
        return tampered(trouble, what);
    }
    return 0;
}

/* ---- writing again ---- */

static void identify(const char *path, struct cvg_store_identity *ret)
{
    struct stat info;
    ret->known = stat(path, &info) == 0;
    if (ret->known) {
        ret->device = info.st_dev;
        ret->number = info.st_ino;
    }
}

static bool is_the_same(const char *path, const struct cvg_store_identity *before)
{
    struct cvg_store_identity now = {0};
    identify(path, &now);
    return !before->known ||
           (now.known && now.device == before->device && now.number == before->number);
}

int cvg_store_check_place(const struct cvg_store *store, struct cvg_store_trouble *trouble)
{
    const char *gone = !is_the_same(store->file, &store->database)    ? store->file
                       : !is_the_same(store->head_path, &store->head) ? store->head_path
                                                                      : NULL;
    if (!gone) {
        return 0;
    }
    trouble->fault = CVG_STORE_MISSING;
    return cvg_error_set(&trouble->error, CVG_E_UNAVAILABLE,
                         "%s: was removed or replaced while it was in use", gone);
}

/* Readers use it from here on. */
static void publish(struct cvg_store *store, struct cvg_session *session)
{
    pthread_mutex_lock(&store->lock);
    struct cvg_session *before = store->session;
    store->session = cvg_session_ref(session);
    pthread_mutex_unlock(&store->lock);
    cvg_session_unref(before);
}

/* A transaction that leaves nothing behind: where it cannot be committed, nothing else can. */
static int try_writing(struct cvg_session *session, struct cvg_store_trouble *trouble)
{
    static const char bytes[TRIAL_SIZE];
    const struct cvg_note written = {
        .kind = CVG_NOTE_STORE, .key = TRIAL_KEY, .bytes = bytes, .length = sizeof bytes};
    const struct cvg_note forgotten = {.kind = CVG_NOTE_STORE, .key = TRIAL_KEY, .bytes = bytes};
    int rc = session->kind->begin(session->engine, &trouble->fault, &trouble->error);
    if (rc < 0) {
        return rc;
    }
    rc = session->kind->put_note(session->engine, &written, &trouble->fault, &trouble->error);
    if (rc == 0) {
        rc = session->kind->put_note(session->engine, &forgotten, &trouble->fault, &trouble->error);
    }
    if (rc < 0) {
        session->kind->rollback(session->engine);
        return rc;
    }
    return session->kind->commit(session->engine, &trouble->fault, &trouble->error);
}

static int open_for_writing(struct cvg_store *store, const struct known_head *known, int64_t now,
                            struct cvg_store_trouble *trouble)
{
    CVG_CLEANUP(cvg_session_done) struct cvg_session *session = NULL;
    struct cvg_chain_point end = {0};
    int rc = cvg_session_open(store->kind, store->file, false, &session, &trouble->fault,
                              &trouble->error);
    if (rc < 0) {
        return rc;
    }
    rc = compare(store, session, known, &end, trouble);
    if (rc == 0) {
        rc = cvg_retention_open(&store->retention, session, now, cvg_time_wall(), &trouble->fault,
                                &trouble->error);
    }
    if (rc == 0) {
        rc = try_writing(session, trouble);
    }
    if (rc < 0) {
        return rc;
    }
    store->end = end;
    rc = cvg_head_open(store->file, &store->head_file, &trouble->error);
    if (rc < 0) {
        trouble->fault = place_fault(store->file);
        return rc;
    }
    rc = cvg_store_seal(store, trouble);
    if (rc < 0) {
        cvg_head_close(store->head_file);
        store->head_file = NULL;
        return rc;
    }
    identify(store->file, &store->database);
    identify(store->head_path, &store->head);
    publish(store, session);
    store->writer = session;
    session = NULL;
    return 0;
}

int cvg_store_begin_inspection(struct cvg_store *store, struct cvg_session *session,
                               int64_t after_ns)
{
    struct cvg_inspection *inspection = &store->inspection;
    inspection->session = cvg_session_ref(session);
    inspection->head = store->end;
    inspection->after_ns = after_ns;
    cvg_ed25519_public(store->key, inspection->public_key);
    return cvg_inspection_begin(inspection);
}

/* Files of a store that this process wrote to are not there: they are not made anew. */
static int refuse_new(const struct cvg_store *store, struct cvg_store_trouble *trouble)
{
    if (place_fault(store->file) == CVG_STORE_MISSING) {
        trouble->fault = CVG_STORE_MISSING;
        return cvg_error_set(&trouble->error, CVG_E_UNAVAILABLE, "%s: its folder is not there",
                             store->file);
    }
    return tampered(trouble, "the database and its head are gone");
}

/* One try. Afterwards the store is ready, or is inspecting, or there is trouble. */
static int try_opening(struct cvg_store *store, int64_t now, struct cvg_store_trouble *trouble)
{
    CVG_CLEANUP(cvg_session_done) struct cvg_session *seen = NULL;
    struct known_head known = {0};
    int rc = read_head(store, &known, trouble);
    if (rc < 0) {
        return rc;
    }
    struct cvg_store_trouble of_place = {0};
    int placed = take_place(store, &known, &of_place);
    rc = look(store, &known, &seen, trouble);
    if (seen && !store->session) {
        publish(store, seen);
    }
    if (seen && rc == 0 && (placed == 0 || of_place.fault != CVG_STORE_TAMPERED)) {
        cvg_store_set_read(store, known.there ? &known.head : NULL);
    }
    if (placed < 0) {
        *trouble = of_place;
        return placed;
    }
    if (rc == 0 && !known.there && !known.damaged && store->status.head.point.number > 0) {
        rc = refuse_new(store, trouble);
    }
    if (rc < 0) {
        return rc;
    }
    if (store->must_inspect && seen) {
        store->end = known.head.point.point;
        store->ready_at = now;
        if (cvg_store_begin_inspection(store, seen, 0) < 0) {
            trouble->fault = CVG_STORE_IO;
            return cvg_error_set(&trouble->error, CVG_E_IO,
                                 "no thread could be made to inspect it");
        }
        store->stage = CVG_STORE_INSPECTING;
        return 0;
    }
    rc = open_for_writing(store, &known, now, trouble);
    if (rc < 0 && seen) {
        publish(store, seen);
    }
    return rc;
}

/* ---- the states ---- */

static void wait_longer(struct cvg_store *store, int64_t now, int64_t at_least)
{
    store->backoff_ns =
        store->backoff_ns ? CVG_MIN(store->backoff_ns * 2, BACKOFF_MAX) : BACKOFF_MIN;
    store->stage = CVG_STORE_AWAY;
    store->retry_at = now + CVG_MAX(store->backoff_ns, at_least);
}

static void enter_trouble(struct cvg_store *store, const struct cvg_store_trouble *trouble)
{
    struct cvg_store_trouble told = *trouble;
    if (told.fault == CVG_STORE_NO_FAULT) {
        told.fault = CVG_STORE_IO;
    }
    store->must_inspect = store->must_inspect || told.fault == CVG_STORE_CORRUPT;
    cvg_store_set_away(store, &told);
}

static bool is_damage(enum cvg_store_fault fault)
{
    return fault == CVG_STORE_CORRUPT || fault == CVG_STORE_TAMPERED;
}

/* The database was found damaged before; what does the look through all of it say now? */
static void end_inspecting(struct cvg_store *store, int64_t now)
{
    int64_t took = now - store->ready_at;
    (void)cvg_inspection_end(&store->inspection, false);
    if (store->inspection.complete && store->inspection.fault == CVG_STORE_NO_FAULT) {
        cvg_store_set_inspected(store, CVG_STORE_SOUND);
        store->must_inspect = false;
        store->stage = CVG_STORE_AWAY;
        store->retry_at = now;
        return;
    }
    struct cvg_store_trouble trouble = {store->inspection.fault, store->inspection.error};
    if (is_damage(trouble.fault)) {
        cvg_store_set_inspected(store, CVG_STORE_UNSOUND);
    }
    if (store->inspection.complete) {
        enter_trouble(store, &trouble);
    }
    wait_longer(store, now, took * INSPECT_SHARE);
}

void cvg_store_recover(struct cvg_store *store, int64_t now)
{
    struct cvg_store_trouble trouble = {0};
    if (store->stage == CVG_STORE_INSPECTING && cvg_inspection_is_over(&store->inspection)) {
        end_inspecting(store, now);
    }
    if (store->stage != CVG_STORE_AWAY || now < store->retry_at) {
        return;
    }
    if (try_opening(store, now, &trouble) < 0) {
        enter_trouble(store, &trouble);
        wait_longer(store, cvg_time_now(), 0);
        return;
    }
    if (store->stage == CVG_STORE_INSPECTING) {
        return;
    }
    store->stage = CVG_STORE_READY;
    store->ready_at = cvg_time_now();
    store->measured_at = 0;
    cvg_store_set_available(store);
    if (store->status.inspected != CVG_STORE_SOUND) {
        (void)cvg_store_begin_inspection(store, store->writer, store->inspect_after_ns);
    }
}

void cvg_store_lose(struct cvg_store *store, const struct cvg_store_trouble *trouble)
{
    int64_t now = cvg_time_now();
    (void)cvg_inspection_end(&store->inspection, true);
    cvg_head_close(store->head_file);
    store->head_file = NULL;
    cvg_session_unref(store->writer);
    store->writer = NULL;
    enter_trouble(store, trouble);
    if (now - store->ready_at > STEADY_FOR) {
        store->backoff_ns = 0;
    }
    wait_longer(store, now, 0);
}

void cvg_store_inspected(struct cvg_store *store)
{
    struct cvg_inspection *inspection = &store->inspection;
    if (!cvg_inspection_is_over(inspection)) {
        return;
    }
    (void)cvg_inspection_end(inspection, false);
    struct cvg_store_trouble trouble = {inspection->fault, inspection->error};
    if (inspection->complete && inspection->fault == CVG_STORE_NO_FAULT) {
        cvg_store_set_inspected(store, CVG_STORE_SOUND);
    } else if (is_damage(inspection->fault)) {
        cvg_store_set_inspected(store, CVG_STORE_UNSOUND);
        store->must_inspect = true;
        cvg_store_lose(store, &trouble);
    } else {
        (void)cvg_store_begin_inspection(store, store->writer, INSPECT_AGAIN);
    }
}
