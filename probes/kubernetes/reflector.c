/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes next is decided in one place, step(): a kind without a resource name is resolved, a
 * collection without a version is listed, else it is watched. How each of these ended decides how
 * long to wait before the next step, and what is forgotten first:
 *
 *   EXPIRED, TOO_NEW, GARBLED   the version: list again
 *   TROUBLE                     the version, when it has lasted a minute
 *   NOT_FOUND                   the version, and what a custom kind is called
 *   FORBIDDEN, TOO_MANY         the version; tried again rarely
 *   LOST, THROTTLED, ENDED      nothing
 *
 * A watch that opens again after a gap is not yet knowledge: a 410 or what was missed may be on its
 * way. The collection is SYNCED again when the small read on its connection was answered after it,
 * or a second went by without an ERROR on a server that is in order.
 */
#include "reflector.h"

#include "backoff.h"
#include "discovery.h"
#include "kit/memory.h"
#include "list.h"
#include "sweeper.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND       INT64_C(1000000000)
#define RARELY       (30 * SECOND) /* and as much again by chance */
#define TROUBLE_MOST (60 * SECOND)
#define SHORT_WATCH  SECOND /* one that ends sooner is tried again later, however it ended */
#define SETTLING     SECOND

enum phase {
    IDLE = 0,
    WAITING,
    RESOLVING,
    LISTING,
    WATCHING,
};

struct cvg_kube_reflector {
    struct cvg_kube_cluster *cluster;
    const struct cvg_host *host;
    struct cvg_kube_collection *collection; /* the cluster's */
    const struct cvg_kube_kind *kind;
    enum phase phase;
    struct cvg_op *timer; /* of waiting, or of settling */
    struct cvg_kube_sweeper sweeper;
    struct cvg_kube_discovery *discovery;
    struct cvg_kube_list *list;
    struct cvg_kube_watch *watch;
    char *version; /* owned; NULL: to be listed */
    struct cvg_kube_backoff backoff;
    int64_t trouble_since; /* 0: none */
    int patient;           /* waits because the server said so: nothing hurries it */
    int watch_refused;     /* a list alone is not enough to be SYNCED */
    const char *told;      /* the reason that was logged last; NULL: none */
};

static void step(struct cvg_kube_reflector *reflector);

static int is_json(const struct cvg_kube_reflector *reflector)
{
    const struct cvg_kube_keep *keep = cvg_kube_collection_keep(reflector->collection);
    return cvg_kube_cluster_json_only(reflector->cluster) || keep->pointers != NULL;
}

static void stop_timer(struct cvg_kube_reflector *reflector)
{
    if (reflector->timer) {
        reflector->host->cancel(reflector->timer);
        reflector->timer = NULL;
    }
}

static void forget_version(struct cvg_kube_reflector *reflector)
{
    free(reflector->version);
    reflector->version = NULL;
}

static void keep_version(struct cvg_kube_reflector *reflector, const char *version)
{
    char *copy = cvg_kit_copy(version);
    free(reflector->version);
    reflector->version = copy;
}

/* ---- what is said ---- */

static void log_line(struct cvg_kube_reflector *reflector, uint32_t level, const char *text)
{
    char line[400];
    const char *namespace = cvg_kube_collection_namespace(reflector->collection);
    (void)snprintf(line, sizeof(line), "%s%s%s: %s", reflector->kind->name,
                   *namespace ? " in " : "", namespace, text);
    reflector->host->log(cvg_kube_cluster_scope(reflector->cluster), level, line);
}

/* One line when it begins and one when it is over, however often it is tried between. */
static void log_state(struct cvg_kube_reflector *reflector,
                      const struct cvg_kube_collection_state *state)
{
    if (state->sync == CVG_KUBE_SYNCED) {
        if (reflector->told) {
            log_line(reflector, CVG_LOG_INFO, "in order again");
        }
        reflector->told = NULL;
    } else if (reflector->told != state->reason) {
        int grave = state->sync == CVG_KUBE_REFUSED || state->fault == CVG_FAULT_AUTH;
        log_line(reflector, grave ? CVG_LOG_WARNING : CVG_LOG_INFO, state->message);
        reflector->told = state->reason;
    }
}

static void set_state(struct cvg_kube_reflector *reflector,
                      const struct cvg_kube_collection_state *change)
{
    const struct cvg_kube_collection_state *old = cvg_kube_collection_state(reflector->collection);
    struct cvg_kube_collection_state state = *change;
    state.known_at = old->known_at;
    state.resource_version =
        reflector->watch ? cvg_kube_watch_version(reflector->watch) : reflector->version;
    log_state(reflector, &state);
    cvg_kube_collection_set_state(reflector->collection, &state);
    cvg_kube_cluster_changed(reflector->cluster, reflector->collection);
}

static void set_synced(struct cvg_kube_reflector *reflector, int64_t at)
{
    struct cvg_kube_collection_state state = {.sync = CVG_KUBE_SYNCED, .reason = ""};
    reflector->trouble_since = 0;
    reflector->watch_refused = 0;
    cvg_kube_collection_know(reflector->collection, at);
    set_state(reflector, &state);
}

static enum cvg_kube_sync sync_of(const struct cvg_kube_reflector *reflector)
{
    return cvg_kube_collection_state(reflector->collection)->sync;
}

static void set_broken(struct cvg_kube_reflector *reflector, uint32_t fault, const char *reason,
                       const char *message)
{
    struct cvg_kube_collection_state state = {.fault = fault, .reason = reason};
    enum cvg_kube_sync sync = sync_of(reflector);
    /* What was refused is not known again because the next try failed otherwise. */
    state.sync = sync == CVG_KUBE_SYNCED ? CVG_KUBE_BROKEN_OFF : sync;
    (void)snprintf(state.message, sizeof(state.message), "%s", message);
    set_state(reflector, &state);
}

static void set_refused(struct cvg_kube_reflector *reflector, const struct cvg_kube_ending *ending)
{
    struct cvg_kube_collection_state state = {
        .sync = CVG_KUBE_REFUSED,
        .fault = ending->fault,
        .reason = cvg_kube_reason(ending->reason),
    };
    (void)snprintf(state.message, sizeof(state.message), "%s", ending->message);
    set_state(reflector, &state);
}

/* ---- waiting ---- */

static void on_waited(void *arg, struct cvg_op *op)
{
    struct cvg_kube_reflector *reflector = arg;
    (void)op;
    reflector->timer = NULL;
    step(reflector);
}

static void wait(struct cvg_kube_reflector *reflector, int64_t after)
{
    stop_timer(reflector);
    reflector->phase = WAITING;
    reflector->timer = reflector->host->timer(cvg_kube_cluster_scope(reflector->cluster), after,
                                              on_waited, reflector);
}

static int64_t next_backoff(struct cvg_kube_reflector *reflector)
{
    return cvg_kube_backoff_next(&reflector->backoff, reflector->host->now(),
                                 cvg_kube_cluster_random(reflector->cluster));
}

/* ---- how it ended ---- */

static void fall_rarely(struct cvg_kube_reflector *reflector, const struct cvg_kube_ending *ending)
{
    forget_version(reflector);
    if (ending->kind == CVG_KUBE_NOT_FOUND && reflector->kind->type == CVG_KUBE_CUSTOM) {
        cvg_kube_cluster_name(reflector->cluster, reflector->kind, NULL, 0);
    }
    set_refused(reflector, ending);
    wait(reflector, cvg_kube_backoff_spread(RARELY, cvg_kube_cluster_random(reflector->cluster)));
}

static void note_trouble(struct cvg_kube_reflector *reflector)
{
    int64_t now = reflector->host->now();
    if (reflector->trouble_since == 0) {
        reflector->trouble_since = now;
    } else if (now - reflector->trouble_since >= TROUBLE_MOST) {
        /* The version itself may be what the server trips over. */
        forget_version(reflector);
        reflector->trouble_since = 0;
    }
}

static void forget_by(struct cvg_kube_reflector *reflector, const struct cvg_kube_ending *ending)
{
    switch (ending->kind) {
    case CVG_KUBE_EXPIRED:
    case CVG_KUBE_TOO_NEW:
    case CVG_KUBE_GARBLED:
    case CVG_KUBE_UNSUPPORTED:
        forget_version(reflector);
        break;
    case CVG_KUBE_TROUBLE:
        note_trouble(reflector);
        break;
    case CVG_KUBE_UNAUTHORIZED:
        cvg_kube_cluster_unauthorized(reflector->cluster);
        break;
    case CVG_KUBE_THROTTLED:
        cvg_kube_cluster_throttled(reflector->cluster);
        break;
    default:
        break;
    }
}

static void fall_back(struct cvg_kube_reflector *reflector, const struct cvg_kube_ending *ending)
{
    if (ending->kind == CVG_KUBE_FORBIDDEN || ending->kind == CVG_KUBE_NOT_FOUND ||
        ending->kind == CVG_KUBE_TOO_MANY) {
        fall_rarely(reflector, ending);
        return;
    }
    forget_by(reflector, ending);
    set_broken(reflector, ending->fault, cvg_kube_reason(ending->reason), ending->message);
    int64_t after = next_backoff(reflector);
    reflector->patient = ending->retry_after > 0;
    wait(reflector, after > ending->retry_after ? after : ending->retry_after);
}

/* ---- resolving ---- */

static void on_resolved(void *arg, const struct cvg_kube_ending *ending)
{
    struct cvg_kube_reflector *reflector = arg;
    cvg_kube_discovery_free(reflector->discovery);
    reflector->discovery = NULL;
    if (ending->kind == CVG_KUBE_ENDED) {
        step(reflector);
    } else {
        fall_back(reflector, ending);
    }
}

/* ---- listing ---- */

static void on_listed(void *arg, const struct cvg_kube_list_result *result)
{
    struct cvg_kube_reflector *reflector = arg;
    struct cvg_kube_ending ending = result->ending;
    int64_t at = result->at;
    if (ending.kind == CVG_KUBE_ENDED) {
        keep_version(reflector, result->version);
    }
    cvg_kube_list_free(reflector->list);
    reflector->list = NULL;
    cvg_kube_sweeper_start(&reflector->sweeper);
    if (ending.kind != CVG_KUBE_ENDED) {
        fall_back(reflector, &ending);
        return;
    }
    if (reflector->watch_refused) {
        cvg_kube_collection_know(reflector->collection, at);
    } else {
        set_synced(reflector, at);
    }
    step(reflector);
}

/* ---- watching ---- */

static void settle(struct cvg_kube_reflector *reflector, int64_t at)
{
    stop_timer(reflector);
    if (sync_of(reflector) == CVG_KUBE_SYNCED) {
        cvg_kube_collection_know(reflector->collection, at);
    } else {
        set_synced(reflector, at);
    }
    reflector->trouble_since = 0;
}

static void begin_settling(struct cvg_kube_reflector *reflector);

static void on_settled(void *arg, struct cvg_op *op)
{
    struct cvg_kube_reflector *reflector = arg;
    (void)op;
    reflector->timer = NULL;
    if (cvg_kube_cluster_is_sound(reflector->cluster)) {
        settle(reflector, cvg_kube_watch_opened_at(reflector->watch));
    } else {
        begin_settling(reflector);
    }
}

static void begin_settling(struct cvg_kube_reflector *reflector)
{
    stop_timer(reflector);
    reflector->timer = reflector->host->timer(cvg_kube_cluster_scope(reflector->cluster), SETTLING,
                                              on_settled, reflector);
}

static void on_opened(void *arg)
{
    struct cvg_kube_reflector *reflector = arg;
    if (reflector->version) {
        begin_settling(reflector);
    }
}

static void on_heard(void *arg)
{
    struct cvg_kube_reflector *reflector = arg;
    if (!reflector->version) {
        return;
    }
    if (sync_of(reflector) == CVG_KUBE_SYNCED && !reflector->timer) {
        cvg_kube_collection_know(reflector->collection, reflector->host->now());
    }
    cvg_kube_cluster_changed(reflector->cluster, reflector->collection);
}

static void on_streamed(void *arg)
{
    struct cvg_kube_reflector *reflector = arg;
    keep_version(reflector, cvg_kube_watch_version(reflector->watch));
    set_synced(reflector, cvg_kube_watch_opened_at(reflector->watch));
    cvg_kube_sweeper_start(&reflector->sweeper);
}

static void on_watch_ended(void *arg, const struct cvg_kube_ending *told)
{
    struct cvg_kube_reflector *reflector = arg;
    struct cvg_kube_ending ending = *told;
    int64_t opened_at = cvg_kube_watch_opened_at(reflector->watch);
    int streaming = reflector->version == NULL;
    stop_timer(reflector);
    if (*cvg_kube_watch_version(reflector->watch) && !streaming) {
        keep_version(reflector, cvg_kube_watch_version(reflector->watch));
    } else {
        forget_version(reflector);
    }
    cvg_kube_watch_free(reflector->watch);
    reflector->watch = NULL;
    cvg_kube_sweeper_start(&reflector->sweeper);
    if (ending.kind == CVG_KUBE_UNSUPPORTED && streaming) {
        cvg_kube_cluster_no_streams(reflector->cluster);
        step(reflector);
    } else if (ending.kind != CVG_KUBE_ENDED) {
        reflector->watch_refused = ending.kind == CVG_KUBE_FORBIDDEN;
        fall_back(reflector, &ending);
    } else if (streaming || reflector->host->now() - opened_at < SHORT_WATCH) {
        wait(reflector, next_backoff(reflector));
    } else {
        step(reflector);
    }
}

static void start_watch(struct cvg_kube_reflector *reflector)
{
    struct cvg_kube_watch_owner owner = {
        .opened = on_opened,
        .heard = on_heard,
        .listed = on_streamed,
        .ended = on_watch_ended,
        .arg = reflector,
    };
    reflector->phase = WATCHING;
    reflector->watch = cvg_kube_watch_start(reflector->cluster, reflector->collection,
                                            is_json(reflector), reflector->version, &owner);
}

/* Never a built-in kind: of these it is known before anybody wants them. */
static int is_doubled(const struct cvg_kube_reflector *reflector)
{
    return !reflector->kind->namespaced &&
           cvg_kube_cluster_is_doubled(reflector->cluster, reflector->collection);
}

static void step(struct cvg_kube_reflector *reflector)
{
    reflector->patient = 0;
    if (reflector->kind->resource && is_doubled(reflector)) {
        struct cvg_kube_ending ending;
        cvg_kube_ending_say(&ending, CVG_KUBE_FORBIDDEN, CVG_FAULT_REQUEST,
                            CVG_KUBE_REASON_NOT_NAMESPACED,
                            "the kind has no namespaces, and several are named");
        fall_rarely(reflector, &ending);
    } else if (!reflector->kind->resource) {
        reflector->phase = RESOLVING;
        reflector->discovery =
            cvg_kube_discovery_start(reflector->cluster, reflector->kind, on_resolved, reflector);
    } else if (reflector->version || cvg_kube_cluster_streams(reflector->cluster)) {
        start_watch(reflector);
    } else {
        reflector->phase = LISTING;
        reflector->list = cvg_kube_list_start(reflector->cluster, reflector->collection,
                                              is_json(reflector), on_listed, reflector);
    }
}

/* ---- what others call ---- */

struct cvg_kube_reflector *cvg_kube_reflector_new(struct cvg_kube_cluster *cluster,
                                                  struct cvg_kube_collection *collection)
{
    struct cvg_kube_reflector *reflector = cvg_kit_alloc(sizeof(*reflector));
    reflector->cluster = cluster;
    reflector->host = cvg_kube_cluster_host(cluster);
    reflector->collection = collection;
    reflector->kind = cvg_kube_collection_kind(collection);
    reflector->sweeper = (struct cvg_kube_sweeper){reflector->host, cvg_kube_cluster_scope(cluster),
                                                   collection, NULL};
    return reflector;
}

void cvg_kube_reflector_free(struct cvg_kube_reflector *reflector)
{
    if (!reflector) {
        return;
    }
    stop_timer(reflector);
    cvg_kube_sweeper_stop(&reflector->sweeper);
    cvg_kube_discovery_free(reflector->discovery);
    cvg_kube_list_free(reflector->list);
    cvg_kube_watch_free(reflector->watch);
    free(reflector->version);
    free(reflector);
}

void cvg_kube_reflector_start(struct cvg_kube_reflector *reflector, int64_t after_ns)
{
    if (reflector->phase == IDLE) {
        wait(reflector, after_ns);
    }
}

void cvg_kube_reflector_hurry(struct cvg_kube_reflector *reflector, int64_t after_ns)
{
    if (reflector->phase == WAITING && !reflector->patient) {
        wait(reflector, after_ns);
    }
}

void cvg_kube_reflector_fail(struct cvg_kube_reflector *reflector, uint32_t fault,
                             const char *reason, const char *message)
{
    if (!cvg_kube_reflector_connection(reflector)) {
        set_broken(reflector, fault, reason, message);
    }
}

int64_t cvg_kube_reflector_heard_at(const struct cvg_kube_reflector *reflector)
{
    return reflector->watch ? cvg_kube_watch_heard_at(reflector->watch) : 0;
}

void cvg_kube_reflector_sever(struct cvg_kube_reflector *reflector)
{
    if (reflector->watch) {
        cvg_kube_watch_sever(reflector->watch);
    }
}

uint64_t cvg_kube_reflector_connection(const struct cvg_kube_reflector *reflector)
{
    return reflector->watch ? cvg_kube_watch_connection(reflector->watch) : 0;
}

void cvg_kube_reflector_proved(struct cvg_kube_reflector *reflector, uint64_t connection,
                               int64_t at)
{
    if (connection && cvg_kube_reflector_connection(reflector) == connection &&
        reflector->version && at >= cvg_kube_watch_opened_at(reflector->watch)) {
        settle(reflector, at);
    }
}
