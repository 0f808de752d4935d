/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and restoring. A restored database is made ready under another name first, with its act in
 * the chain and its head signed; then the old files move away and the new ones take their places.
 * The head goes first: whoever is interrupted between both has a head without its database, which
 * no start takes for a new store.
 */
#include "store/backup.h"

#include "base/alloc.h"
#include "base/time.h"
#include "store/act.h"
#include "store/beside.h"
#include "store/session.h"

#include <convergate/number.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Besides the database itself: its log, and the index of that. */
static const char *const log_suffixes[] = {"-wal", "-shm"};

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void remove_copy(const char *file)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".head", ".key", ".lock"};
    for (size_t i = 0; i < CVG_COUNT(suffixes); i++) {
        CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s%s", file, suffixes[i]);
        (void)unlink(path);
    }
}

/* The problem that a verified file has, as an error. */
static int refuse_problem(const char *file, const struct cvg_audit_report *report,
                          struct cvg_error *reterr)
{
    if (!report->problem[0]) {
        return 0;
    }
    return cvg_error_set(reterr, CVG_E_INVALID, "%s: %s", file, report->problem);
}

static int copy_database(const struct cvg_audit_options *store, const char *to,
                         struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_session_done) struct cvg_session *session = NULL;
    enum cvg_store_fault fault = CVG_STORE_NO_FAULT;
    struct cvg_error error = {0};
    int rc = cvg_session_open(store->engine ? store->engine : &cvg_engine_sqlite, store->file, true,
                              &session, &fault, &error);
    if (rc == 0) {
        rc = session->kind->copy(session->engine, to, store->progress, store->ctx, &fault, &error);
    }
    if (rc < 0 && reterr) {
        *reterr = error;
    }
    return rc;
}

static int write_head(const char *file, const struct cvg_head *head, struct cvg_error *reterr)
{
    struct cvg_head_file *opened = NULL;
    int rc = cvg_head_open(file, &opened, reterr);
    if (rc == 0) {
        rc = cvg_head_write(opened, head, reterr);
    }
    cvg_head_close(opened);
    return rc < 0 ? rc : cvg_beside_sync_folder(file, reterr);
}

/* ---- making ---- */

static int verify_copy(const struct cvg_audit_options *store, const char *to,
                       const struct cvg_head *head, struct cvg_audit_report *ret,
                       struct cvg_error *reterr)
{
    const struct cvg_audit_options options = {
        .file = to, .engine = store->engine, .expected = &head->point.point};
    int rc = cvg_audit_verify(&options, ret, reterr);
    return rc < 0 ? rc : refuse_problem(to, ret, reterr);
}

int cvg_backup_make(const struct cvg_audit_options *store, const char *to,
                    struct cvg_audit_report *ret, struct cvg_error *reterr)
{
    struct cvg_head head;
    CVG_CLEANUP(cvg_free_pointer) char *to_head = cvg_beside_path(to, "head");
    if (is_there(to) || is_there(to_head)) {
        return cvg_error_set(reterr, CVG_E_EXISTS, "%s: is there already",
                             is_there(to) ? to : to_head);
    }
    int rc = cvg_head_read(store->file, &head, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = copy_database(store, to, reterr);
    if (rc == CVG_E_EXISTS) {
        return rc; /* somebody else's */
    }
    if (rc == 0) {
        rc = write_head(to, &head, reterr);
    }
    if (rc == 0) {
        rc = verify_copy(store, to, &head, ret, reterr);
    }
    if (rc < 0) {
        remove_copy(to);
    }
    return rc;
}

/* ---- restoring ---- */

struct restoring {
    const char *file, *backup, *actor;
    char *fresh; /* made ready here */
    char *kept;  /* what was there goes here */
};

static char *fresh_name(const char *file)
{
    return cvg_beside_path(file, "restoring");
}

void cvg_backup_sweep(const char *file)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".head", ".lock"};
    CVG_CLEANUP(cvg_free_pointer) char *fresh = fresh_name(file);
    CVG_CLEANUP(cvg_free_pointer) char *key = cvg_beside_path(file, "key");
    CVG_CLEANUP(cvg_free_pointer) char *fresh_key = cvg_beside_path(fresh, "key");
    struct stat ours, other;

    if (stat(key, &ours) == 0 && lstat(fresh_key, &other) == 0 && ours.st_dev == other.st_dev &&
        ours.st_ino == other.st_ino) {
        (void)unlink(fresh_key);
    }
    for (size_t i = 0; is_there(file) && i < CVG_COUNT(suffixes); i++) {
        CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s%s", fresh, suffixes[i]);
        (void)unlink(path);
    }
}

/* The chain itself tells of it: what the head was before, and where it is from. */
static int add_act(const struct restoring *restoring, struct cvg_error *reterr)
{
    struct cvg_head before;
    struct cvg_chain_point point;
    struct cvg_error ignored;
    char text[CVG_CHAIN_POINT_TEXT] = "";
    char body[CVG_CHAIN_POINT_TEXT + 32];
    if (cvg_head_read(restoring->file, &before, &ignored) == 0) {
        cvg_chain_point_write(&before.point.point, text);
    }
    snprintf(body, sizeof body, "{\"head_before\":\"%s\"}", text);
    const struct cvg_act act = {
        .file = restoring->fresh,
        .action = "restore",
        .actor = restoring->actor,
        .target = restoring->backup,
        .body = body,
    };
    return cvg_act_add(&act, &point, reterr);
}

static int link_key(const struct restoring *restoring, struct cvg_error *reterr)
{
    struct cvg_ed25519 *key = NULL;
    CVG_CLEANUP(cvg_free_pointer) char *from = cvg_beside_path(restoring->file, "key");
    CVG_CLEANUP(cvg_free_pointer) char *to = cvg_beside_path(restoring->fresh, "key");
    int rc = cvg_seal_key(restoring->file, true, &key, reterr);
    cvg_ed25519_free(key);
    if (rc < 0) {
        return rc;
    }
    if (link(from, to) != 0) {
        return cvg_error_set_errno(reterr, errno, "%s", to);
    }
    return 0;
}

/* Where root restores, the database goes on belonging to whom it belonged. */
static int give_to_owner(const struct restoring *restoring, struct cvg_error *reterr)
{
    struct stat owner;
    CVG_CLEANUP(cvg_free_pointer) char *lock = cvg_beside_path(restoring->file, "lock");
    if (geteuid() != 0 || (stat(restoring->file, &owner) != 0 && stat(lock, &owner) != 0)) {
        return 0;
    }
    if (chown(restoring->fresh, owner.st_uid, owner.st_gid) != 0) {
        return cvg_error_set_errno(reterr, errno, "%s", restoring->fresh);
    }
    return 0;
}

/* Database, head and act under the other name, signed with the store's own key. */
static int make_ready(const struct restoring *restoring, const struct cvg_audit_report *report,
                      struct cvg_error *reterr)
{
    const struct cvg_audit_options backup = {.file = restoring->backup};
    int rc = copy_database(&backup, restoring->fresh, reterr);
    if (rc == 0) {
        rc = give_to_owner(restoring, reterr);
    }
    if (rc == 0) {
        rc = link_key(restoring, reterr);
    }
    if (rc == 0) {
        rc = add_act(restoring, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    struct cvg_audit_report now;
    const struct cvg_audit_options fresh = {.file = restoring->fresh};
    rc = cvg_audit_verify(&fresh, &now, reterr);
    if (rc == 0) {
        rc = refuse_problem(restoring->fresh, &now, reterr);
    }
    if (rc == 0 && now.head.number != report->head.number + 1) {
        rc = cvg_error_set(reterr, CVG_E_INVALID, "%s: changed while it was restored",
                           restoring->backup);
    }
    return rc;
}

/* Moves FROM+suffix to TO+suffix where it is there. */
static int move(const char *from, const char *to, const char *suffix, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer) char *old = cvg_format("%s%s", from, suffix);
    CVG_CLEANUP(cvg_free_pointer) char *new = cvg_format("%s%s", to, suffix);
    if (rename(old, new) != 0 && errno != ENOENT) {
        return cvg_error_set_errno(reterr, errno, "%s", old);
    }
    return 0;
}

/* The head stays where it is, under both names, until the new one takes its place. */
static int keep_head(const struct restoring *restoring, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer) char *old = cvg_beside_path(restoring->file, "head");
    CVG_CLEANUP(cvg_free_pointer) char *new = cvg_beside_path(restoring->kept, "head");
    if (link(old, new) != 0 && errno != ENOENT) {
        return cvg_error_set_errno(reterr, errno, "%s", new);
    }
    return 0;
}

static int change_places(const struct restoring *restoring, struct cvg_error *reterr)
{
    int rc = keep_head(restoring, reterr);
    if (rc == 0) {
        rc = move(restoring->fresh, restoring->file, ".head", reterr);
    }
    for (size_t i = 0; rc == 0 && i < CVG_COUNT(log_suffixes); i++) {
        rc = move(restoring->file, restoring->kept, log_suffixes[i], reterr);
    }
    if (rc == 0) {
        rc = move(restoring->file, restoring->kept, "", reterr);
    }
    for (size_t i = 0; rc == 0 && i < CVG_COUNT(log_suffixes); i++) {
        rc = move(restoring->fresh, restoring->file, log_suffixes[i], reterr);
    }
    if (rc == 0) {
        rc = move(restoring->fresh, restoring->file, "", reterr);
    }
    return rc < 0 ? rc : cvg_beside_sync_folder(restoring->file, reterr);
}

static int restore(const struct restoring *restoring, struct cvg_audit_report *ret,
                   struct cvg_error *reterr)
{
    const struct cvg_audit_options backup = {.file = restoring->backup};
    int rc = cvg_audit_verify(&backup, ret, reterr);
    if (rc == 0) {
        rc = refuse_problem(restoring->backup, ret, reterr);
    }
    if (rc == 0) {
        rc = make_ready(restoring, ret, reterr);
    }
    if (rc == 0) {
        rc = change_places(restoring, reterr);
    }
    /* What is left of it: the key's second name, and all of it where it failed. */
    remove_copy(restoring->fresh);
    if (rc < 0) {
        return rc;
    }
    const struct cvg_audit_options restored = {.file = restoring->file};
    rc = cvg_audit_verify(&restored, ret, reterr);
    return rc < 0 ? rc : refuse_problem(restoring->file, ret, reterr);
}

int cvg_backup_restore(const char *file, const char *backup, const char *actor,
                       struct cvg_audit_report *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_beside_close) int lock = -1;
    char time[40];
    if (strlen(backup) > CVG_RECORD_TEXT) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "the backup's path is longer than %d bytes",
                             CVG_RECORD_TEXT);
    }
    int rc = cvg_store_lock(file, &lock, reterr);
    if (rc < 0) {
        return rc;
    }
    cvg_format_time(cvg_time_wall(), 3, time, sizeof time);
    struct restoring restoring = {
        .file = file,
        .backup = backup,
        .actor = actor,
        .fresh = fresh_name(file),
        .kept = cvg_format("%s.before-%s", file, time),
    };
    remove_copy(restoring.fresh); /* of a restore that was interrupted */
    rc = restore(&restoring, ret, reterr);
    free(restoring.fresh);
    free(restoring.kept);
    return rc;
}
