/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a watch from inside (an ERROR frame, bytes that are none, a full collection) is noted
 * in `ending` and told when the transfer is over, so that there is one way out: on_done. The only
 * others are the timers', which cancel the transfer: no head within 30 s, a streaming list without
 * news for 60 s, a server that does not end the watch at its timeoutSeconds, and a frame that has
 * begun and does not end: the small read still proves such a connection, so nothing else would
 * notice the event that is stuck in it.
 */
#include "watch.h"

#include "kit/memory.h"
#include "path.h"

#include <stdlib.h>
#include <string.h>

#define SECOND       INT64_C(1000000000)
#define HEAD_MOST    (30 * SECOND)
#define SILENCE_MOST (60 * SECOND) /* of a streaming list, which bookmarks do not prolong */
#define LIFE_LEAST   300           /* seconds; twice as long at most, by chance */
#define LIFE_GRACE   (30 * SECOND)
#define HALF_MOST    (10 * SECOND) /* of a frame, from its first byte to its last */
#define REFUSAL_MOST ((size_t)64 << 10)

struct cvg_kube_watch {
    struct cvg_kube_cluster *cluster;
    const struct cvg_host *host;
    struct cvg_scope *scope;
    struct cvg_kube_collection *collection;
    struct cvg_kube_watch_owner owner;

    struct cvg_op *request, *timer;
    struct cvg_op *half_timer;      /* runs while a frame is open, and some time on */
    int64_t half_since;             /* when the open frame began; 0: none is open */
    struct cvg_kube_frames *frames; /* owned; NULL: no 200 has come */
    char *refusal;                  /* owned: the body of another answer */
    size_t refusal_length;
    char *version; /* owned */
    int listing;   /* the streaming list is not complete */
    int has_ending;
    struct cvg_kube_ending ending;
    uint64_t connection;
    int64_t life, started_at, opened_at, heard_at, listed_at;
    int frame_count; /* since the owner was told */
};

static struct cvg_kube_asked asked_of(const struct cvg_kube_watch *watch)
{
    return (struct cvg_kube_asked){
        .verb = "watch",
        .kind = cvg_kube_collection_kind(watch->collection),
        .namespace = cvg_kube_collection_namespace(watch->collection),
    };
}

static void cancel(struct cvg_kube_watch *watch, struct cvg_op **op)
{
    if (*op) {
        watch->host->cancel(*op);
        *op = NULL;
    }
}

/* The watch may be gone when this returns. */
static void finish(struct cvg_kube_watch *watch)
{
    cancel(watch, &watch->timer);
    cancel(watch, &watch->half_timer);
    watch->connection = 0;
    if (watch->listing) {
        cvg_kube_collection_abandon(watch->collection);
        watch->listing = 0;
    }
    struct cvg_kube_ending ending = watch->ending;
    watch->owner.ended(watch->owner.arg, &ending);
}

static int note(struct cvg_kube_watch *watch, enum cvg_kube_ending_kind kind, uint32_t fault,
                enum cvg_kube_reason reason, const char *text)
{
    cvg_kube_ending_say(&watch->ending, kind, fault, reason, text);
    watch->has_ending = 1;
    return -1;
}

/* ---- frames ---- */

static void move_to(struct cvg_kube_watch *watch, const char *version)
{
    if (version && *version && strcmp(version, watch->version) != 0) {
        free(watch->version);
        watch->version = cvg_kit_copy(version);
        cvg_kube_collection_move(watch->collection, version);
    }
}

static int put(struct cvg_kube_watch *watch, const struct cvg_kube_view *view)
{
    struct cvg_kube_outcome outcome;
    cvg_kube_judge(view, cvg_kube_cluster_dwells(watch->cluster), &outcome);
    struct cvg_kube_object *object =
        cvg_kube_object_make(cvg_kube_cluster_pool(watch->cluster), view, &outcome,
                             cvg_kube_collection_keep(watch->collection));
    object->kind = cvg_kube_collection_kind(watch->collection);
    if (cvg_kube_collection_put(watch->collection, object) < 0) {
        return note(watch, CVG_KUBE_TOO_MANY, CVG_FAULT_TOO_LARGE, CVG_KUBE_REASON_TOO_MANY_OBJECTS,
                    "there are more objects than are kept of one kind");
    }
    return 0;
}

static int see_object(struct cvg_kube_watch *watch, const struct cvg_kube_event *event)
{
    const struct cvg_kube_meta *meta = &event->view->meta;
    const char *namespace = cvg_kube_collection_namespace(watch->collection);
    if (*namespace && cvg_kube_collection_kind(watch->collection)->namespaced &&
        strcmp(namespace, meta->namespace) != 0) {
        return note(watch, CVG_KUBE_GARBLED, CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_BAD_ANSWER,
                    "the watch told of an object of another namespace");
    }
    if (event->type == CVG_KUBE_DELETED) {
        cvg_kube_collection_remove(watch->collection, meta->namespace, meta->name);
    } else if (put(watch, event->view) < 0) {
        return -1;
    }
    watch->listed_at = watch->host->now();
    if (!watch->listing) {
        move_to(watch, event->resource_version);
    }
    return 0;
}

static void see_bookmark(struct cvg_kube_watch *watch, const struct cvg_kube_event *event)
{
    if (watch->listing && !event->initial_end) {
        return;
    }
    move_to(watch, event->resource_version);
    if (watch->listing) {
        watch->listing = 0;
        cvg_kube_collection_end(watch->collection);
        watch->owner.listed(watch->owner.arg);
    }
}

static int see(void *arg, const struct cvg_kube_event *event)
{
    struct cvg_kube_watch *watch = arg;
    if (event->type == CVG_KUBE_ERROR) {
        struct cvg_kube_asked asked = asked_of(watch);
        cvg_kube_ending_status(&watch->ending, &asked, event->status);
        watch->has_ending = 1;
        return -1;
    }
    watch->frame_count++;
    if (event->type != CVG_KUBE_BOOKMARK) {
        return see_object(watch, event);
    }
    see_bookmark(watch, event);
    return 0;
}

/* ---- the transfer ---- */

static int on_head(void *arg, struct cvg_op *op, const struct cvg_http_response *head)
{
    struct cvg_kube_watch *watch = arg;
    (void)op;
    if (head->status != 200) {
        return 0;
    }
    watch->opened_at = watch->heard_at = watch->listed_at = watch->host->now();
    watch->connection = head->connection;
    watch->frames = cvg_kube_frames_new(cvg_kube_collection_kind(watch->collection),
                                        head->content_type, cvg_kube_cluster_arena(watch->cluster));
    watch->owner.opened(watch->owner.arg);
    return 0;
}

static int collect_refusal(struct cvg_kube_watch *watch, const void *bytes, size_t length)
{
    size_t room = REFUSAL_MOST - watch->refusal_length;
    if (!watch->refusal) {
        watch->refusal = cvg_kit_alloc(REFUSAL_MOST + 1);
    }
    memcpy(watch->refusal + watch->refusal_length, bytes, length < room ? length : room);
    watch->refusal_length += length < room ? length : room;
    /* More of it is not worth waiting for. */
    return length > room ? -1 : 0;
}

static void on_half(void *arg, struct cvg_op *op);

/* Frames are cut all the time, so that the timer is not started for each. */
static void watch_half(struct cvg_kube_watch *watch)
{
    if (!cvg_kube_frames_is_open(watch->frames)) {
        watch->half_since = 0;
    } else if (!watch->half_since || watch->frame_count > 0) {
        watch->half_since = watch->heard_at;
    }
    if (watch->half_since && !watch->half_timer) {
        watch->half_timer = watch->host->timer(watch->scope, HALF_MOST, on_half, watch);
    }
}

static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct cvg_kube_watch *watch = arg;
    char error[160] = "";
    (void)op;
    if (!watch->frames) {
        return collect_refusal(watch, bytes, length);
    }
    watch->heard_at = watch->host->now();
    watch->frame_count = 0;
    enum cvg_kube_decoded result =
        cvg_kube_frames_feed(watch->frames, bytes, length, see, watch, error, sizeof(error));
    if (watch->frame_count > 0) {
        watch->owner.heard(watch->owner.arg);
    }
    if (result != CVG_KUBE_OK && !watch->has_ending) {
        struct cvg_kube_asked asked = asked_of(watch);
        cvg_kube_ending_garbled(&watch->ending, &asked, result, error);
        watch->has_ending = 1;
    }
    if (result == CVG_KUBE_OK) {
        watch_half(watch);
    }
    return result == CVG_KUBE_OK ? 0 : -1;
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_kube_watch *watch = arg;
    (void)op;
    watch->request = NULL;
    if (watch->has_ending) {
        finish(watch);
        return;
    }
    if (response->fault != CVG_FAULT_NONE || response->status != 200) {
        struct cvg_kube_asked asked = asked_of(watch);
        cvg_kube_ending_of(&watch->ending, &asked, response, watch->refusal ? watch->refusal : "",
                           watch->refusal_length);
    } else if (watch->frames && cvg_kube_frames_is_open(watch->frames)) {
        note(watch, CVG_KUBE_LOST, CVG_FAULT_CONNECT, CVG_KUBE_REASON_CONNECT_FAILED,
             "the watch was cut in the middle of a frame");
    } else {
        watch->ending = (struct cvg_kube_ending){.kind = CVG_KUBE_ENDED};
    }
    finish(watch);
}

/* ---- time ---- */

static int64_t next_deadline(const struct cvg_kube_watch *watch)
{
    if (watch->opened_at == 0) {
        return watch->started_at + HEAD_MOST;
    }
    int64_t life = watch->opened_at + watch->life + LIFE_GRACE;
    int64_t silence = watch->listed_at + SILENCE_MOST;
    return watch->listing && silence < life ? silence : life;
}

static void on_timer(void *arg, struct cvg_op *op);

static void set_timer(struct cvg_kube_watch *watch)
{
    int64_t after = next_deadline(watch) - watch->host->now();
    watch->timer = watch->host->timer(watch->scope, after > 0 ? after : 0, on_timer, watch);
}

static void on_timer(void *arg, struct cvg_op *op)
{
    struct cvg_kube_watch *watch = arg;
    (void)op;
    watch->timer = NULL;
    if (watch->host->now() < next_deadline(watch)) {
        set_timer(watch);
        return;
    }
    cancel(watch, &watch->request);
    if (watch->opened_at == 0) {
        note(watch, CVG_KUBE_LOST, CVG_FAULT_TIMEOUT, CVG_KUBE_REASON_TIMED_OUT,
             "the watch was not answered within 30 s");
    } else if (watch->listing) {
        note(watch, CVG_KUBE_UNSUPPORTED, CVG_FAULT_TIMEOUT, CVG_KUBE_REASON_TIMED_OUT,
             "the streaming list did not say that it is complete");
    } else {
        watch->ending = (struct cvg_kube_ending){.kind = CVG_KUBE_ENDED};
    }
    finish(watch);
}

static void on_half(void *arg, struct cvg_op *op)
{
    struct cvg_kube_watch *watch = arg;
    int64_t after = watch->half_since + HALF_MOST - watch->host->now();
    (void)op;
    watch->half_timer = NULL;
    if (!watch->half_since || watch->has_ending) {
        return;
    }
    if (after > 0) {
        watch->half_timer = watch->host->timer(watch->scope, after, on_half, watch);
        return;
    }
    cancel(watch, &watch->request);
    note(watch, CVG_KUBE_LOST, CVG_FAULT_TIMEOUT, CVG_KUBE_REASON_TIMED_OUT,
         "the watch stopped in the middle of a frame");
    finish(watch);
}

/* ---- what others call ---- */

static void ask(struct cvg_kube_watch *watch, int json)
{
    const struct cvg_kube_kind *kind = cvg_kube_collection_kind(watch->collection);
    char accept[CVG_KUBE_ACCEPT];
    cvg_kube_path_accept(kind, json, 1, accept);
    struct cvg_pair header = {.name = "Accept", .value = accept};
    char *path = cvg_kube_path_watch(kind, cvg_kube_collection_namespace(watch->collection),
                                     watch->listing ? NULL : watch->version, watch->life / SECOND);
    struct cvg_http_request request = {
        .size = sizeof(request),
        .path = path,
        .headers = &header,
        .header_count = 1,
        /* Compressed frames would wait in the server until a block is full. */
        .flags = CVG_HTTP_STREAM | CVG_HTTP_IDENTITY,
        .on_head = on_head,
        .on_body = on_body,
        .on_done = on_done,
        .arg = watch,
    };
    watch->request = watch->host->http(watch->scope, &request);
    free(path);
}

struct cvg_kube_watch *cvg_kube_watch_start(struct cvg_kube_cluster *cluster,
                                            struct cvg_kube_collection *collection, int json,
                                            const char *version,
                                            const struct cvg_kube_watch_owner *owner)
{
    struct cvg_kube_watch *watch = cvg_kit_alloc(sizeof(*watch));
    uint64_t chance = cvg_kube_cluster_random(cluster);
    watch->cluster = cluster;
    watch->host = cvg_kube_cluster_host(cluster);
    watch->scope = cvg_kube_cluster_scope(cluster);
    watch->collection = collection;
    watch->owner = *owner;
    watch->version = cvg_kit_copy(version ? version : "");
    watch->listing = version == NULL;
    watch->life = (LIFE_LEAST + (int64_t)(chance % (LIFE_LEAST + 1))) * SECOND;
    watch->started_at = watch->host->now();
    if (watch->listing) {
        cvg_kube_collection_begin(collection);
    }
    ask(watch, json);
    set_timer(watch);
    return watch;
}

void cvg_kube_watch_free(struct cvg_kube_watch *watch)
{
    if (!watch) {
        return;
    }
    cancel(watch, &watch->request);
    cancel(watch, &watch->timer);
    cancel(watch, &watch->half_timer);
    if (watch->listing) {
        cvg_kube_collection_abandon(watch->collection);
    }
    cvg_kube_frames_free(watch->frames);
    free(watch->refusal);
    free(watch->version);
    free(watch);
}

const char *cvg_kube_watch_version(const struct cvg_kube_watch *watch)
{
    return watch->version;
}

uint64_t cvg_kube_watch_connection(const struct cvg_kube_watch *watch)
{
    return watch->connection;
}

int64_t cvg_kube_watch_opened_at(const struct cvg_kube_watch *watch)
{
    return watch->opened_at;
}

int64_t cvg_kube_watch_heard_at(const struct cvg_kube_watch *watch)
{
    return watch->heard_at;
}

void cvg_kube_watch_sever(struct cvg_kube_watch *watch)
{
    if (watch->request) {
        watch->ending = (struct cvg_kube_ending){.kind = CVG_KUBE_ENDED};
        watch->has_ending = 1;
        watch->host->http_sever(watch->request);
    }
}
