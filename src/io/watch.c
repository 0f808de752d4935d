/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a path. inotify on a file dies with the first rename over it, and is silent when a
 * link on the way is changed; so folders are watched, those on the path's trail (watch_inner.h),
 * each for one name. An event is followed by a pause, then a new trail is walked on a worker: its
 * folders replace the watched ones, and where its print differs from the last one the owner is
 * told. A trail that brought new folders is walked again, for what happened before they were
 * watched. Each 5 s it is walked anyway, each 0.5 s where inotify does not work.
 */
#include "base/alloc.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop_inner.h"
#include "io/watch_inner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAUSE       (75 * CVG_MS)
#define LOOK        (5 * CVG_SECOND)
#define LOOK_FAST   (500 * CVG_MS)
/* The kernel stamps changes with a clock that stands still for up to 10 ms. */
#define STAMP_ERROR (20 * CVG_MS)

struct folder {
    uv_fs_event_t uv;
    struct watch *watch;
    struct cvg_place place;
    bool kept; /* while a new trail is applied */
    struct folder *next;
};

struct watch {
    struct cvg_op op;
    struct cvg_loop *loop;
    uv_timer_t timer; /* the pause after an event, or the next look */
    uv_work_t work;
    struct folder *folders;
    struct cvg_trail *trail; /* the worker's while walking */
    struct cvg_print print;  /* as last told */
    bool walking, again, pausing, known, deaf;
    bool closed; /* the timer is; freed when not walking either */
    int64_t started_wall;
    void (*on_change)(void *arg, struct cvg_op *op);
    void *arg;
    char path[];
};

static void walk(struct watch *watch);

static void free_when_quiet(struct watch *watch)
{
    if (watch->closed && !watch->walking) {
        free(watch->trail);
        free(watch);
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    watch->closed = true;
    free_when_quiet(watch);
}

static void on_folder_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop_folders(struct watch *watch, bool all)
{
    for (struct folder **at = &watch->folders; *at;) {
        struct folder *folder = *at;
        if (!all && folder->kept) {
            at = &folder->next;
            continue;
        }
        *at = folder->next;
        uv_close((uv_handle_t *)&folder->uv, on_folder_closed);
    }
}

static void cancel(struct cvg_op *op)
{
    struct watch *watch = (struct watch *)op;
    cvg_op_leave(op);
    drop_folders(watch, true);
    uv_close((uv_handle_t *)&watch->timer, on_timer_closed);
}

static const struct cvg_op_kind kind = {"watch", cancel};

static void on_timer(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    cvg_loop_wake(watch->loop);
    watch->pausing = false;
    walk(watch);
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    struct folder *folder = handle->data;
    struct watch *watch = folder->watch;
    (void)events;
    cvg_loop_wake(watch->loop);
    /* Without a name, or with the folder's own, the folder itself was moved or deleted. */
    const char *slash = strrchr(folder->place.folder, '/');
    bool ours = status < 0 || !name || strcmp(name, folder->place.name) == 0 ||
                (slash && strcmp(name, slash + 1) == 0);
    if (ours && !watch->pausing) {
        watch->pausing = true;
        cvg_loop_arm(&watch->timer, on_timer, PAUSE);
    }
}

static struct folder *find_folder(const struct watch *watch, const struct cvg_place *place)
{
    struct folder *folder = watch->folders;
    while (folder && (strcmp(folder->place.folder, place->folder) != 0 ||
                      strcmp(folder->place.name, place->name) != 0)) {
        folder = folder->next;
    }
    return folder;
}

static bool add_folder(struct watch *watch, const struct cvg_place *place)
{
    struct folder *folder = CVG_NEW(struct folder);
    folder->watch = watch;
    folder->place = *place;
    folder->kept = true;
    folder->uv.data = folder;
    uv_fs_event_init(&watch->loop->uv, &folder->uv);
    if (uv_fs_event_start(&folder->uv, on_event, place->folder, 0)) {
        uv_close((uv_handle_t *)&folder->uv, on_folder_closed);
        return false;
    }
    folder->next = watch->folders;
    watch->folders = folder;
    return true;
}

/* Watches the trail's folders and no others. Returns whether there are new ones. */
static bool apply(struct watch *watch, const struct cvg_trail *trail)
{
    bool fresh = false;
    bool deaf = trail->count == 0;
    for (struct folder *folder = watch->folders; folder; folder = folder->next) {
        folder->kept = false;
    }
    for (int i = 0; i < trail->count; i++) {
        struct folder *folder = find_folder(watch, &trail->places[i]);
        if (folder) {
            folder->kept = true;
        } else if (add_folder(watch, &trail->places[i])) {
            fresh = true;
        } else {
            deaf = true;
        }
    }
    drop_folders(watch, false);
    watch->deaf = deaf;
    return fresh;
}

static bool is_same(const struct cvg_print *a, const struct cvg_print *b)
{
    return a->exists == b->exists && a->device == b->device && a->inode == b->inode &&
           a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static bool is_news(struct watch *watch, const struct cvg_print *print)
{
    /* The first walk comes a little after the start: what happened between is news. */
    bool news = watch->known
                    ? !is_same(&watch->print, print)
                    : print->exists && print->ctime_ns >= watch->started_wall - STAMP_ERROR;
    watch->known = true;
    watch->print = *print;
    return news;
}

static void on_walked(uv_work_t *work, int status)
{
    struct watch *watch = work->data;
    struct cvg_scope *scope = watch->op.scope;
    (void)status;
    cvg_loop_wake(watch->loop);
    watch->walking = false;
    if (!scope) {
        free_when_quiet(watch);
        return;
    }
    struct cvg_print print = watch->trail->print;
    if (apply(watch, watch->trail) || watch->again) {
        walk(watch);
    }
    if (!watch->pausing) {
        cvg_loop_arm(&watch->timer, on_timer, watch->deaf ? LOOK_FAST : LOOK);
    }
    if (is_news(watch, &print)) {
        struct cvg_op_call call;
        cvg_op_enter(&call, scope);
        watch->on_change(watch->arg, &watch->op);
        cvg_op_return(&call);
    }
}

static void on_work(uv_work_t *work)
{
    struct watch *watch = work->data;
    cvg_trail_follow(watch->path, watch->trail);
}

static void walk(struct watch *watch)
{
    if (watch->walking) {
        watch->again = true;
        return;
    }
    watch->walking = true;
    watch->again = false;
    uv_queue_work(&watch->loop->uv, &watch->work, on_work, on_walked);
}

struct cvg_op *cvg_file_watch(struct cvg_scope *scope, const char *path,
                              void (*on_change)(void *arg, struct cvg_op *op), void *arg)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    char here[PATH_MAX] = "";
    if (path[0] != '/' && !getcwd(here, sizeof here)) {
        here[0] = '\0';
    }
    size_t size = strlen(here) + 1 + strlen(path) + 1;
    struct watch *watch = cvg_alloc(sizeof *watch + size);
    snprintf(watch->path, size, "%s%s%s", here, here[0] ? "/" : "", path);
    watch->loop = scope->loop;
    watch->trail = CVG_NEW(struct cvg_trail);
    watch->started_wall = cvg_time_wall();
    watch->on_change = on_change;
    watch->arg = arg;
    watch->work.data = watch;
    watch->timer.data = watch;
    cvg_op_join(&watch->op, &kind, scope);
    uv_timer_init(&scope->loop->uv, &watch->timer);
    walk(watch);
    return &watch->op;
}
