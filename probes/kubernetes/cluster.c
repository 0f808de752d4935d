/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joins the parts: connection, collections with a reflector each, the small read, the readers. What
 * each of them found out is passed on here and nowhere else.
 */
#include "cluster.h"

#include "cluster_inner.h"
#include "decode.h"
#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MILLISECOND   INT64_C(1000000)
#define SECOND        INT64_C(1000000000)
/* So many requests at once wait for one connection; more would open one each. */
#define STAGGER_COUNT 10
#define STAGGER_EVERY (20 * MILLISECOND)
#define FIRST_PULSE   (500 * MILLISECOND)
/* Above the minute between bookmarks: a watch that brought none and was not proved otherwise. */
#define UNPROVED_MOST (90 * SECOND)

static int64_t known_at(const struct cvg_kube_entry *entry)
{
    return cvg_kube_collection_state(entry->collection)->known_at;
}

static enum cvg_kube_sync sync_of(const struct cvg_kube_entry *entry)
{
    return cvg_kube_collection_state(entry->collection)->sync;
}

/* ---- the small read ---- */

static void on_proved(void *arg, uint64_t connection, int64_t at)
{
    struct cvg_kube_cluster *cluster = arg;
    cluster->proved_any = 0;
    for (size_t i = 0; i < cluster->count; i++) {
        struct cvg_kube_reflector *reflector = cluster->entries[i]->reflector;
        if (connection && cvg_kube_reflector_connection(reflector) == connection) {
            cvg_kube_reflector_proved(reflector, connection, at);
            cluster->proved_any = 1;
        }
    }
}

/* Over HTTP/1.1 no watch shares its connection: to ask again would prove nothing. */
static int wants_more(void *arg, int64_t since)
{
    const struct cvg_kube_cluster *cluster = arg;
    for (size_t i = 0; cluster->proved_any && i < cluster->count; i++) {
        const struct cvg_kube_entry *entry = cluster->entries[i];
        if (cvg_kube_reflector_connection(entry->reflector) && known_at(entry) < since) {
            return 1;
        }
    }
    return 0;
}

static int is_proved(const struct cvg_kube_entry *entry, int64_t since)
{
    enum cvg_kube_sync sync = sync_of(entry);
    if (sync == CVG_KUBE_REFUSED) {
        return 1; /* nothing is claimed of it */
    }
    return sync == CVG_KUBE_SYNCED && known_at(entry) >= since &&
           cvg_kube_reflector_connection(entry->reflector);
}

static void tell_entry(struct cvg_kube_cluster *cluster, const struct cvg_kube_entry *entry)
{
    for (size_t i = 0; i < entry->reader_count; i++) {
        cvg_kube_readers_mark(cluster->readers, entry->readers[i]);
    }
}

/* Where not everything was proved, the host cannot be told so of the source: readers say it of what
 * they read. */
static void renew(struct cvg_kube_cluster *cluster, int64_t since)
{
    int all = cvg_kube_pulse_is_sound(cluster->pulse) && cluster->count > 0;
    for (size_t i = 0; all && i < cluster->count; i++) {
        all = is_proved(cluster->entries[i], since);
    }
    if (all) {
        cluster->host.alive(cluster->source);
    }
    for (size_t i = 0; i < cluster->count; i++) {
        struct cvg_kube_entry *entry = cluster->entries[i];
        if (!all && known_at(entry) > entry->told_at) {
            tell_entry(cluster, entry);
        }
        entry->told_at = known_at(entry);
    }
}

/* The latest byte of any watch on that connection. */
static int64_t heard_at(const struct cvg_kube_cluster *cluster, uint64_t connection)
{
    int64_t latest = 0;
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cvg_kube_reflector *reflector = cluster->entries[i]->reflector;
        int64_t at = cvg_kube_reflector_heard_at(reflector);
        if (cvg_kube_reflector_connection(reflector) == connection && at > latest) {
            latest = at;
        }
    }
    return latest;
}

static void sever_silent(struct cvg_kube_cluster *cluster, int64_t since)
{
    int64_t most = 3 * cluster->config->probe_every;
    most = most > UNPROVED_MOST ? most : UNPROVED_MOST;
    for (size_t i = 0; i < cluster->count; i++) {
        const struct cvg_kube_entry *entry = cluster->entries[i];
        uint64_t connection = cvg_kube_reflector_connection(entry->reflector);
        if (connection && known_at(entry) < since &&
            cluster->host.now() - heard_at(cluster, connection) > most) {
            cvg_kube_reflector_sever(entry->reflector);
        }
    }
}

static void on_pulse_over(void *arg, int64_t since)
{
    struct cvg_kube_cluster *cluster = arg;
    const char *text;
    int64_t at;
    uint32_t status = cvg_kube_pulse_status(cluster->pulse, &text, &at);
    renew(cluster, since);
    /* A server that is not in order proves nothing, and a new watch on it no more. */
    if (cvg_kube_pulse_is_sound(cluster->pulse)) {
        sever_silent(cluster, since);
    }
    if (status != cluster->told_status) {
        cluster->told_status = status;
        cvg_kube_readers_mark_all(cluster->readers);
    }
}

static void on_unauthorized(void *arg)
{
    cvg_kube_cluster_unauthorized(arg);
}

static void on_throttled(void *arg)
{
    cvg_kube_cluster_throttled(arg);
}

/* ---- the connection ---- */

static int64_t staggered(size_t place)
{
    return (int64_t)(place / STAGGER_COUNT) * STAGGER_EVERY;
}

static void on_ready(void *arg)
{
    struct cvg_kube_cluster *cluster = arg;
    for (size_t i = 0; i < cluster->count; i++) {
        if (cluster->running) {
            cvg_kube_reflector_hurry(cluster->entries[i]->reflector, staggered(i));
        } else {
            cvg_kube_reflector_start(cluster->entries[i]->reflector, staggered(i));
        }
    }
    cluster->running = 1;
    cvg_kube_pulse_start(cluster->pulse, FIRST_PULSE);
}

static void on_failed(void *arg, uint32_t fault, const char *reason, const char *message)
{
    struct cvg_kube_cluster *cluster = arg;
    for (size_t i = 0; i < cluster->count; i++) {
        cvg_kube_reflector_fail(cluster->entries[i]->reflector, fault, reason, message);
    }
    cvg_kube_readers_mark_all(cluster->readers);
}

/* ---- life ---- */

static void take_dwells(struct cvg_kube_cluster *cluster)
{
    const struct cvg_kube_dwell_keys *keys = cluster->config->dwells;
    cvg_kube_dwells_default(&cluster->dwells);
    if (keys) {
        cluster->dwells = (struct cvg_kube_dwells){
            .unschedulable = keys->unschedulable,
            .replica_failure = keys->replica_failure,
            .node_unknown = keys->node_unknown,
            .claim_pending = keys->claim_pending,
            .not_available = keys->not_available,
            .not_ready = keys->not_ready,
            .certificate = keys->certificate,
        };
    }
}

static void make_pulse(struct cvg_kube_cluster *cluster)
{
    struct cvg_kube_pulse_owner owner = {
        .proved = on_proved,
        .wants = wants_more,
        .over = on_pulse_over,
        .unauthorized = on_unauthorized,
        .throttled = on_throttled,
        .arg = cluster,
    };
    cluster->pulse =
        cvg_kube_pulse_new(&cluster->host, cluster->scope, cluster->config->probe_every, &owner);
}

struct cvg_kube_cluster *cvg_kube_cluster_new(const struct cvg_host *host,
                                              struct cvg_source *source,
                                              const struct cvg_kube_source_config *config)
{
    struct cvg_kube_connection *connection = cvg_kube_connection_new(host, source, config);
    if (!connection) {
        return NULL;
    }
    struct cvg_kube_cluster *cluster = cvg_kit_alloc(sizeof(*cluster));
    memcpy(&cluster->host, host, host->size < sizeof(*host) ? host->size : sizeof(*host));
    cluster->source = source;
    cluster->scope = host->source_scope(source);
    cluster->config = config;
    cluster->connection = connection;
    cluster->pool = cvg_kube_pool_new();
    cluster->arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
    cluster->readers = cvg_kube_readers_new(&cluster->host, cluster->scope);
    /* Chance spreads requests in time; with a poor one they come together, and nothing else is
     * lost. */
    if (getrandom(&cluster->chance, sizeof(cluster->chance), GRND_NONBLOCK) < 0) {
        cluster->chance = (uint64_t)host->now();
    }
    take_dwells(cluster);
    make_pulse(cluster);
    return cluster;
}

/* The host has cancelled everything before it destroys a source: handles are dead then. */
static void cancel_nothing(struct cvg_op *op)
{
    (void)op;
}

void cvg_kube_cluster_free(struct cvg_kube_cluster *cluster)
{
    if (!cluster) {
        return;
    }
    cluster->host.cancel = cancel_nothing;
    cvg_kube_pulse_free(cluster->pulse);
    for (size_t i = 0; i < cluster->count; i++) {
        cvg_kube_entry_free(cluster->entries[i]);
    }
    free(cluster->entries);
    cvg_kube_readers_free(cluster->readers);
    cvg_kube_customs_done(&cluster->customs);
    cvg_kube_connection_free(cluster->connection);
    cvg_kit_arena_free(cluster->arena);
    cvg_kube_pool_free(cluster->pool);
    free(cluster);
}

void cvg_kube_cluster_start(struct cvg_kube_cluster *cluster)
{
    cvg_kube_connection_start(cluster->connection, on_ready, on_failed, cluster);
}

/* ---- custom kinds ---- */

const struct cvg_kube_kind *cvg_kube_cluster_kind(struct cvg_kube_cluster *cluster,
                                                  const char *group, const char *version,
                                                  const char *name)
{
    const struct cvg_kube_kind *known = cvg_kube_kind_of(group, version, name);
    return known ? known : cvg_kube_customs_take(&cluster->customs, group, version, name);
}

void cvg_kube_cluster_name(struct cvg_kube_cluster *cluster, const struct cvg_kube_kind *kind,
                           const char *resource, int namespaced)
{
    cvg_kube_customs_name(&cluster->customs, kind, resource, namespaced);
}

/* ---- what it has ---- */

const struct cvg_host *cvg_kube_cluster_host(struct cvg_kube_cluster *cluster)
{
    return &cluster->host;
}

struct cvg_scope *cvg_kube_cluster_scope(struct cvg_kube_cluster *cluster)
{
    return cluster->scope;
}

struct cvg_kube_pool *cvg_kube_cluster_pool(struct cvg_kube_cluster *cluster)
{
    return cluster->pool;
}

struct cvg_kit_arena *cvg_kube_cluster_arena(struct cvg_kube_cluster *cluster)
{
    return cluster->arena;
}

const struct cvg_kube_source_config *cvg_kube_cluster_config(struct cvg_kube_cluster *cluster)
{
    return cluster->config;
}

const struct cvg_kube_dwells *cvg_kube_cluster_dwells(struct cvg_kube_cluster *cluster)
{
    return &cluster->dwells;
}

int cvg_kube_cluster_json_only(struct cvg_kube_cluster *cluster)
{
    return cluster->config->encoding == CVG_KUBE_JSON;
}

/* ---- what was found out ---- */

void cvg_kube_cluster_changed(struct cvg_kube_cluster *cluster,
                              struct cvg_kube_collection *collection)
{
    struct cvg_kube_entry *entry = cvg_kube_cluster_entry(cluster, collection);
    entry->told_at = known_at(entry);
    tell_entry(cluster, entry);
}

void cvg_kube_cluster_unauthorized(struct cvg_kube_cluster *cluster)
{
    cvg_kube_connection_refused(cluster->connection);
}

void cvg_kube_cluster_throttled(struct cvg_kube_cluster *cluster)
{
    cluster->throttles++;
    cluster->throttled_at = cluster->host.now();
    cvg_kube_readers_mark_all(cluster->readers);
}

uint64_t cvg_kube_cluster_throttles(const struct cvg_kube_cluster *cluster, int64_t *ret_last)
{
    *ret_last = cluster->throttled_at;
    return cluster->throttles;
}

uint32_t cvg_kube_cluster_readyz(const struct cvg_kube_cluster *cluster, const char **ret_text,
                                 int64_t *ret_at)
{
    return cvg_kube_pulse_status(cluster->pulse, ret_text, ret_at);
}

int cvg_kube_cluster_is_sound(const struct cvg_kube_cluster *cluster)
{
    return cvg_kube_pulse_is_sound(cluster->pulse);
}

int cvg_kube_cluster_streams(const struct cvg_kube_cluster *cluster)
{
    return cluster->config->stream_lists && !cluster->no_streams;
}

void cvg_kube_cluster_no_streams(struct cvg_kube_cluster *cluster)
{
    cluster->no_streams = 1;
}

/* splitmix64 */
uint64_t cvg_kube_cluster_random(struct cvg_kube_cluster *cluster)
{
    uint64_t word = cluster->chance += 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return word ^ word >> 31;
}
