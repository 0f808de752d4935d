/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document in a file. Each look is an errand to a worker, which reads the file and the signs of
 * its lock; it touches nothing but its errand and what is constant of the place. An errand that was
 * called back still has to come home: until it does (a network file system that does not answer)
 * the place sends no other one, so that it takes one of the process's few workers at most.
 *
 *   look -> errand away -> home: seen
 *        -> an older errand is still out: waits for it -> errand away | deadline: seen, TimedOut
 */
#include "kit/memory.h"
#include "kit/printable.h"
#include "place/fault.h"
#include "place/picture.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MILLISECOND  INT64_C(1000000)
#define SECOND       (1000 * MILLISECOND)
/* How long one look tries to get a whole picture. */
#define PATIENCE     (300 * MILLISECOND)
#define WAIT         (20 * MILLISECOND)
/* What is left of a path for the names of notes. */
#define PATH_ROOM    64
#define ERRORED_NAME "errored.tfstate"

/* Constant, but for the counts, which are the source's thread's. Freed with the last that uses it. */
struct file {
    unsigned users;
    unsigned astray; /* errands whose look was called back */
    uint32_t style;
    size_t limit;
    char *path, *lock_path, *errored_path; /* owned; lock_path and errored_path may be NULL */
};

struct place {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    struct file *file;
    struct cvg_place_look *looks;
    void (*changed)(void *arg);
    void *arg;
};

struct errand {
    struct cvg_place_look *look; /* NULL: called back. The source's thread's */
    struct file *file;
    int64_t until;
    struct cvg_place_print known;
    struct cvg_place_picture picture;
    struct cvg_place_signs signs;
    struct cvg_place_sight sight;
};

struct cvg_place_look {
    struct place *place;
    struct cvg_place_look *previous, *next; /* of the place */
    struct cvg_op *op;                      /* the errand's, or the timer's while it waits */
    struct errand *errand;                  /* NULL: waits */
    int64_t deadline_ns, began_ns;
    struct cvg_place_tag *tag;
    cvg_place_seen *seen;
    void *arg;
};

_Static_assert(sizeof(struct cvg_place_print) <= sizeof(struct cvg_place_tag), "a tag has room");

static void unref(struct file *file)
{
    if (--file->users == 0) {
        free(file->path);
        free(file->lock_path);
        free(file->errored_path);
        free(file);
    }
}

/* ---- on the worker ---- */

static void refuse_error(struct cvg_place_sight *sight, const struct file *file, int error)
{
    const char *words = strerrordesc_np(error);
    switch (error) {
    case EACCES:
    case EPERM:
        cvg_place_refuse(sight, CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN, "%s: %s", file->path, words);
        break;
    case EISDIR:
    case EINVAL:
    case ENXIO:
        cvg_place_refuse(sight, CVG_FAULT_REQUEST, CVG_PLACE_NOT_A_FILE, "%s is %s", file->path,
                         error == EISDIR ? "a folder" : "no regular file");
        break;
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        cvg_place_refuse(sight, CVG_FAULT_REQUEST, CVG_PLACE_NOT_A_FILE, "%s: %s", file->path,
                         words);
        break;
    case EFBIG:
        cvg_place_refuse(sight, CVG_FAULT_TOO_LARGE, CVG_PLACE_TOO_LARGE, "%s is over %zu bytes",
                         file->path, file->limit);
        break;
    default:
        cvg_place_refuse(sight, CVG_FAULT_CONNECT, CVG_PLACE_READ_FAILED, "%s: %s", file->path,
                         words != NULL ? words : "it cannot be read");
    }
}

static void say(struct cvg_place_sight *sight, const char *words, const char *path)
{
    char text[PATH_MAX + 64];
    (void)snprintf(text, sizeof(text), "%s %s", words, path);
    cvg_kit_printable(sight->text, sizeof(sight->text), text, strlen(text));
}

/* Terraform leaves what it could not save beside the state. Once it is pushed the state is the
 * newer one, and what was left means nothing any more. */
static void look_for_errored(const struct errand *errand, struct cvg_place_sight *sight)
{
    struct stat info;
    const char *path = errand->file->errored_path;
    if (path == NULL || stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return;
    }
    int64_t made_at = info.st_mtim.tv_sec * SECOND + info.st_mtim.tv_nsec;
    if (made_at < errand->picture.print.mtime_ns) {
        return;
    }
    sight->run = (struct cvg_place_word){.given = 1,
                                         .status = CVG_UNKNOWN,
                                         .reason = CVG_PLACE_ERRORED_STATE,
                                         .text = ERRORED_NAME " beside it is newer",
                                         .made_at = made_at};
}

static void go(void *arg)
{
    struct errand *errand = arg;
    const struct file *file = errand->file;
    struct cvg_place_picture *picture = &errand->picture;
    struct cvg_place_sight *sight = &errand->sight;
    cvg_place_signs_begin(&errand->signs, file->style, file->lock_path);
    cvg_place_picture_take(picture, file->path, file->limit, &errand->known, errand->until,
                           &errand->signs);
    cvg_place_signs_end(&errand->signs, sight);
    if (picture->error == ENOENT) {
        sight->absent = 1;
        say(sight, "there is no file", file->path);
    } else if (picture->error != 0) {
        refuse_error(sight, file, picture->error);
        return;
    }
    sight->bytes = picture->bytes;
    sight->length = picture->length;
    sight->changed_at = picture->print.mtime_ns;
    sight->unchanged = picture->unchanged;
    sight->being_written = picture->torn;
    if (picture->torn) {
        say(sight, "it changed while it was read:", file->path);
    }
    look_for_errored(errand, sight);
}

/* ---- on the source's thread ---- */

static void leave(struct cvg_place_look *look)
{
    struct cvg_place_look **at = look->previous ? &look->previous->next : &look->place->looks;
    *at = look->next;
    if (look->next != NULL) {
        look->next->previous = look->previous;
    }
}

static void discard(void *arg)
{
    struct errand *errand = arg;
    if (errand->look != NULL) {
        errand->look->errand = NULL; /* the source was at its end already */
    } else {
        errand->file->astray--;
    }
    unref(errand->file);
    cvg_place_sight_done(&errand->sight);
    free(errand);
}

/* The tag is what the next look may trust: nothing where this one got no whole picture. */
static void keep_tag(const struct errand *errand, struct cvg_place_tag *tag)
{
    if (errand->sight.unchanged) {
        return;
    }
    *tag = (struct cvg_place_tag){0};
    if (errand->sight.bytes != NULL && !errand->sight.being_written) {
        memcpy(tag->bytes, &errand->picture.print, sizeof(errand->picture.print));
    }
}

static void home(void *arg, struct cvg_op *op)
{
    struct errand *errand = arg;
    struct cvg_place_look *look = errand->look;
    (void)op;
    leave(look);
    errand->sight.observed_at = look->began_ns;
    keep_tag(errand, look->tag);
    look->seen(look->arg, &errand->sight);
    free(look);
    unref(errand->file);
    free(errand);
}

static void send(struct cvg_place_look *look)
{
    const struct place *place = look->place;
    struct errand *errand = cvg_kit_alloc(sizeof(*errand));
    int64_t patience = look->began_ns + PATIENCE;
    errand->look = look;
    errand->file = place->file;
    errand->file->users++;
    errand->until = patience < look->deadline_ns ? patience : look->deadline_ns;
    memcpy(&errand->known, look->tag->bytes, sizeof(errand->known));
    look->errand = errand;
    look->op = place->host->offload(place->scope, go, home, discard, errand);
}

static void wait_for_older(void *arg, struct cvg_op *op)
{
    struct cvg_place_look *look = arg;
    const struct place *place = look->place;
    (void)op;
    if (place->file->astray == 0) {
        look->began_ns = place->host->now();
        send(look);
    } else if (place->host->now() + WAIT < look->deadline_ns) {
        look->op = place->host->timer(place->scope, WAIT, wait_for_older, look);
    } else {
        struct cvg_place_sight sight = {.observed_at = look->began_ns};
        cvg_place_refuse(&sight, CVG_FAULT_TIMEOUT, CVG_PLACE_TIMED_OUT,
                         "an earlier look at %s has not come back: does its file system answer?",
                         place->file->path);
        leave(look);
        look->seen(look->arg, &sight);
        free(look);
    }
}

static struct cvg_place_look *look_at(void *arg, int64_t deadline_ns, struct cvg_place_tag *tag,
                                      cvg_place_seen *seen, void *seen_arg)
{
    struct place *place = arg;
    struct cvg_place_look *look = cvg_kit_alloc(sizeof(*look));
    look->place = place;
    look->deadline_ns = deadline_ns;
    look->began_ns = place->host->now();
    look->tag = tag;
    look->seen = seen;
    look->arg = seen_arg;
    look->next = place->looks;
    if (look->next != NULL) {
        look->next->previous = look;
    }
    place->looks = look;
    if (place->file->astray == 0) {
        send(look);
    } else {
        look->op = place->host->timer(place->scope, WAIT, wait_for_older, look);
    }
    return look;
}

/* From here on the errand is on its own: discard() is called when it is home. */
static void let_go(struct cvg_place_look *look)
{
    if (look->errand != NULL) {
        look->errand->look = NULL;
        look->place->file->astray++;
    }
}

static void cancel(struct cvg_place_look *look)
{
    const struct cvg_host *host = look->place->host;
    struct cvg_op *op = look->op;
    let_go(look);
    leave(look);
    free(look);
    host->cancel(op);
}

/* ---- the place ---- */

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse)(void *arg, const char *path, const char *text), void *arg)
{
    const char *path = settings->path;
    const char *wrong = NULL;
    (void)host;
    (void)source;
    if (path == NULL || path[0] == '\0') {
        wrong = "is needed: the file to look at";
    } else if (path[0] != '/') {
        wrong = "must be absolute: begin with '/'";
    } else if (path[strlen(path) - 1] == '/') {
        wrong = "names a folder, not a file";
    } else if (strlen(path) > PATH_MAX - PATH_ROOM) {
        wrong = "is too long";
    }
    if (wrong != NULL) {
        refuse(arg, "path", wrong);
    }
    return wrong != NULL ? -1 : 0;
}

static char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    size_t size = folder + strlen(name) + 1;
    char *made = NULL;
    if (strcmp(path + folder, name) != 0) {
        made = cvg_kit_alloc(size);
        (void)snprintf(made, size, "%.*s%s", (int)folder, path, name);
    }
    return made;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    struct place *place = cvg_kit_alloc(sizeof(*place));
    struct file *file = cvg_kit_alloc(sizeof(*file));
    int terraform = settings->style == CVG_PLACE_TERRAFORM;
    file->users = 1;
    file->style = settings->style;
    file->limit = settings->limit != 0 ? settings->limit : CVG_PLACE_LIMIT;
    file->path = cvg_kit_copy(settings->path);
    file->lock_path = terraform && settings->lock_path == NULL
                          ? cvg_place_signs_note_path(settings->path)
                          : cvg_kit_copy(settings->lock_path);
    file->errored_path = terraform ? beside(settings->path, ERRORED_NAME) : NULL;
    place->host = host;
    place->scope = host->source_scope(source);
    place->file = file;
    return place;
}

static void close_place(void *arg)
{
    struct place *place = arg;
    struct cvg_place_look *next = NULL;
    for (struct cvg_place_look *look = place->looks; look != NULL; look = next) {
        next = look->next;
        let_go(look);
        free(look);
    }
    unref(place->file);
    free(place);
}

static void on_change(void *arg, struct cvg_op *op)
{
    const struct place *place = arg;
    (void)op;
    place->changed(place->arg);
}

static void watch(void *arg, void (*changed)(void *arg), void *changed_arg)
{
    struct place *place = arg;
    place->changed = changed;
    place->arg = changed_arg;
    (void)place->host->watch_file(place->scope, place->file->path, on_change, place);
    if (place->file->lock_path != NULL) {
        (void)place->host->watch_file(place->scope, place->file->lock_path, on_change, place);
    }
}

const struct cvg_place_kind cvg_place_file = {
    .name = "file",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = look_at,
    .cancel = cancel,
    .watch = watch,
};
