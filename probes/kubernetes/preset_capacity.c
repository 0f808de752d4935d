/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset: capacity. Does a release of given requests, replicas and surge fit into what nodes have
 * left (allocatable without the requests of all pods that have not ended) and what the quotas of
 * its namespace allow? It never says that it fits where it does not:
 *
 *   Replicas are all of one size, so that packing them is counting: each node takes as many as the
 *   scarcest of cpu, memory and pods allows, and nodes do not matter to each other.
 *   Pods that wait for a node may come first, wherever they like. One of them takes the room of at
 *   most as many replicas as its requests are, rounded up, and this many are taken off.
 *   Nodes that are not ready, cordoned, being deleted, or reserved by a taint give nothing.
 *
 * What pods say of nodes (selectors, affinity, spreading) is not known here.
 *
 *   ready    there is room       failed   there is not       unknown   there are no nodes
 */
#include "preset.h"

#include "kit/memory.h"
#include "quantity.h"
#include "reason.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES,
    PODS,
    QUOTAS
};

struct state {
    struct cvg_kube_preset_state preset; /* first */
    int64_t cpu, memory;                 /* of one replica: milli, bytes; 0: none asked for */
    int64_t needed;                      /* replicas that need room at one time */
};

struct node {
    const char *name; /* interned */
    int64_t cpu, memory, pods;
};

struct nodes {
    struct node *items;
    size_t count;
};

struct room {
    int64_t cpu, memory, pods; /* replicas that fit by each alone */
    int64_t fits;              /* by all */
    int64_t free_cpu, free_memory;
    int64_t most_cpu, most_memory; /* that one node has left */
    int64_t total, open, waiting, taken;
    struct cvg_kube_named short_quotas, odd_quotas;
    int64_t quota_fits; /* by the tightest quota; INT64_MAX: none limits it */
};

/* ---- keys ---- */

/* Rounded up to whole units of 1000 / per milli. */
static int64_t read_quantity(const char *text, int64_t per, int *wrong)
{
    int64_t milli = 0;
    if (text != NULL && (cvg_kube_quantity_milli(text, &milli) != 0 || milli < 0)) {
        *wrong = 1;
        return 0;
    }
    return milli / per + (milli % per > 0);
}

static int refuse_one(cvg_kube_refuse *refuse, void *arg, const char *path, const char *text)
{
    refuse(arg, path, text);
    return -1;
}

static int read_release(const struct cvg_kube_release *release, struct state *state,
                        cvg_kube_refuse *refuse, void *arg)
{
    struct cvg_kube_amount surge = {.number = 0, .basis_points = CVG_ABSENT_INT};
    int wrong = 0;
    int64_t replaces = release->replaces == CVG_ABSENT_INT ? 0 : release->replaces;
    state->cpu = read_quantity(release->cpu, 1, &wrong);
    if (wrong) {
        return refuse_one(refuse, arg, "release.cpu", "must be a quantity, such as 500m or 2");
    }
    state->memory = read_quantity(release->memory, 1000, &wrong);
    if (wrong) {
        return refuse_one(refuse, arg, "release.memory",
                          "must be a quantity, such as 512Mi or 2Gi");
    }
    if (release->surge != NULL && cvg_kube_amount_parse(release->surge, &surge) < 0) {
        return refuse_one(refuse, arg, "release.surge",
                          "must be a number, such as 1, or a share, such as 25%");
    }
    state->needed = release->replicas + cvg_kube_amount_of(&surge, release->replicas) - replaces;
    if (state->needed <= 0) {
        return refuse_one(refuse, arg, "release.replaces",
                          "must be less than replicas and surge together, else nothing needs room");
    }
    return 0;
}

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    static const struct cvg_kube_thresholds defaults = {.degraded = (double)NAN,
                                                        .failed = (double)NAN,
                                                        .dwell = CVG_ABSENT_INT,
                                                        .count = CVG_ABSENT_INT};
    const struct cvg_list *namespaces = &check->config->namespaces;
    int named = namespaces->count > 0 && strcmp(*(const char *const *)namespaces->items, "*") != 0;
    if (cvg_kube_cluster_config(check->cluster)->namespaces.count > 0) {
        return refuse_one(refuse, arg, "preset",
                          "needs the pods of all namespaces, and the source is limited to some");
    }
    if (named && namespaces->count > 1) {
        return refuse_one(refuse, arg, "namespace", "must be the one that the release goes to");
    }
    struct state *state = cvg_kube_preset_begin(check, sizeof(*state), &defaults, refuse, arg);
    if (state == NULL) {
        return -1;
    }
    if (read_release(check->config->release, state, refuse, arg) < 0) {
        cvg_kube_preset_destroy(check);
        return -1;
    }
    cvg_kube_preset_want_in(check, cvg_kube_kind_of_type(CVG_KUBE_NODE), "", 0);
    cvg_kube_preset_want_in(check, cvg_kube_kind_of_type(CVG_KUBE_POD), "", 0);
    if (named) {
        cvg_kube_preset_want(check, cvg_kube_kind_of_type(CVG_KUBE_QUOTA), 0, 0);
    }
    return cvg_kube_preset_end(check, named ? 3 : 2, refuse, arg);
}

/* ---- what nodes have left ---- */

/* One that somebody works on or that goes down is told by its outcome alone. */
static int is_open(const struct cvg_kube_object *node)
{
    const struct cvg_kube_node_facts *facts = &node->of.node;
    return facts->ready == 1 && !facts->cordoned && !facts->reserved && !node->outcome.common &&
           strcmp(node->outcome.reason, cvg_kube_reason(CVG_KUBE_REASON_NODE_CORDONED)) != 0;
}

static int by_name(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct node *)a)->name;
    uintptr_t right = (uintptr_t)((const struct node *)b)->name;
    return left < right ? -1 : left > right;
}

/* Sorted by the pointers of their names: texts of one cluster are interned. */
static void take_nodes(const struct cvg_kube_check *check, struct nodes *nodes, struct room *room)
{
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *object;
    while ((object = cvg_kube_preset_next(check, NODES, &walk)) != NULL) {
        const struct cvg_kube_node_facts *facts = &object->of.node;
        room->total++;
        if (!is_open(object)) {
            continue;
        }
        nodes->items = cvg_kit_resize(nodes->items, nodes->count + 1, sizeof(*nodes->items));
        nodes->items[nodes->count++] =
            (struct node){object->name, facts->cpu_milli, facts->memory_bytes, facts->pods};
    }
    room->open = (int64_t)nodes->count;
    if (nodes->count > 0) {
        qsort(nodes->items, nodes->count, sizeof(*nodes->items), by_name);
    }
}

/* What is asked for beyond what there is leaves nothing, however absurd the numbers are. */
static int64_t without(int64_t left, int64_t taken)
{
    return taken >= left ? 0 : left - taken;
}

static int has_ended(const struct cvg_kube_object *pod)
{
    return strcmp(pod->of.pod.phase, "Succeeded") == 0 || strcmp(pod->of.pod.phase, "Failed") == 0;
}

static void take_pods(const struct cvg_kube_check *check, struct nodes *nodes)
{
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *pod;
    while (nodes->count > 0 && (pod = cvg_kube_preset_next(check, PODS, &walk)) != NULL) {
        const struct node key = {.name = pod->of.pod.node};
        struct node *node =
            bsearch(&key, nodes->items, nodes->count, sizeof(*nodes->items), by_name);
        if (node != NULL && !has_ended(pod)) {
            node->cpu = without(node->cpu, pod->of.pod.cpu_milli);
            node->memory = without(node->memory, pod->of.pod.memory_bytes);
            node->pods = without(node->pods, 1);
        }
    }
}

/* ---- how many fit ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* How often the size goes into it; a size of 0 asks for nothing. */
static int64_t times(int64_t left, int64_t size)
{
    return size == 0 ? INT32_MAX : least(left / size, INT32_MAX);
}

static int64_t times_up(int64_t asked, int64_t size)
{
    return size == 0 ? 0 : asked / size + (asked % size > 0);
}

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static void count_room(const struct state *state, const struct nodes *nodes, struct room *room)
{
    for (size_t i = 0; i < nodes->count; i++) {
        const struct node *node = &nodes->items[i];
        int64_t cpu = times(node->cpu, state->cpu);
        int64_t memory = times(node->memory, state->memory);
        room->cpu = add(room->cpu, cpu);
        room->memory = add(room->memory, memory);
        room->pods = add(room->pods, node->pods);
        room->fits = add(room->fits, least(least(cpu, memory), node->pods));
        room->free_cpu = add(room->free_cpu, node->cpu);
        room->free_memory = add(room->free_memory, node->memory);
        room->most_cpu = most(room->most_cpu, node->cpu);
        room->most_memory = most(room->most_memory, node->memory);
    }
}

/* Most pods that wait in vain ask for more than the emptiest node has, which spares the walk. */
static int goes_on_one(const struct cvg_kube_pod_facts *pod, const struct nodes *nodes,
                       const struct room *room)
{
    if (pod->cpu_milli > room->most_cpu || pod->memory_bytes > room->most_memory) {
        return 0;
    }
    for (size_t i = 0; i < nodes->count; i++) {
        const struct node *node = &nodes->items[i];
        if (node->pods > 0 && node->cpu >= pod->cpu_milli && node->memory >= pod->memory_bytes) {
            return 1;
        }
    }
    return 0;
}

static void count_waiting(const struct cvg_kube_check *check, const struct nodes *nodes,
                          struct room *room)
{
    const struct state *state = check->state;
    const char *gated = cvg_kube_reason(CVG_KUBE_REASON_SCHEDULING_GATED);
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *object;
    while ((object = cvg_kube_preset_next(check, PODS, &walk)) != NULL) {
        const struct cvg_kube_pod_facts *pod = &object->of.pod;
        if (*pod->node != '\0' || has_ended(object) || cvg_kube_is_leaving(object) ||
            strcmp(object->outcome.reason, gated) == 0) {
            continue;
        }
        room->waiting++;
        /* Where nothing is left, no more can be taken. */
        if (room->taken < room->fits && goes_on_one(pod, nodes, room)) {
            int64_t asked = most(times_up(pod->cpu_milli, state->cpu),
                                 times_up(pod->memory_bytes, state->memory));
            room->taken = add(room->taken, most(asked, 1));
        }
    }
    room->fits = without(room->fits, room->taken);
}

/* ---- quotas ---- */

/* A quota for what the release does not name refuses its pods. */
static int64_t quota_times(int64_t hard, int64_t used, int64_t size)
{
    if (hard == CVG_KUBE_ABSENT) {
        return INT64_MAX;
    }
    return size == 0 ? 0 : times(without(hard, used), size);
}

static void count_quotas(const struct cvg_kube_check *check, struct room *room)
{
    const struct state *state = check->state;
    struct cvg_kube_walk walk = {0};
    const struct cvg_kube_object *quota;
    room->quota_fits = INT64_MAX;
    while (state->preset.span_count > QUOTAS &&
           (quota = cvg_kube_preset_next(check, QUOTAS, &walk)) != NULL) {
        const struct cvg_kube_quota_facts *of = &quota->of.quota;
        int64_t fits = least(quota_times(of->cpu_hard, of->cpu_used, state->cpu),
                             quota_times(of->memory_hard, of->memory_used, state->memory));
        fits = least(fits, quota_times(of->pods_hard, of->pods_used, 1));
        room->quota_fits = least(room->quota_fits, fits);
        if (quota->outcome.status == CVG_UNKNOWN) {
            cvg_kube_named_add(&room->odd_quotas, quota);
        } else if (fits < state->needed) {
            cvg_kube_named_add(&room->short_quotas, quota);
        }
    }
}

/* ---- what is said ---- */

static const char *scarcest(const struct room *room)
{
    int64_t smallest = least(room->pods, least(room->cpu, room->memory));
    return smallest == room->cpu ? "cpu" : smallest == room->memory ? "memory" : "pods";
}

static const char *replicas(const struct state *state)
{
    return cvg_plural((uint64_t)state->needed, "replica", "replicas");
}

static void say(const struct state *state, const struct room *room, struct cvg_kit_finding *ret)
{
    if (room->total == 0) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_EMPTY_MATCH),
                            "the cluster has no nodes");
    } else if (room->short_quotas.count > 0) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_NO_ROOM_QUOTA),
                            "quotas leave room for %" PRId64 " of %" PRId64 " %s: %s",
                            room->quota_fits, state->needed, replicas(state),
                            cvg_kube_named_text(&room->short_quotas, ret));
    } else if (room->fits < state->needed) {
        cvg_kit_finding_say(ret, CVG_FAILED, cvg_kube_reason(CVG_KUBE_REASON_NO_ROOM),
                            "room for %" PRId64 " of %" PRId64 " %s on %" PRId64 " of %" PRId64
                            " %s; what is short is %s%s",
                            room->fits, state->needed, replicas(state), room->open, room->total,
                            cvg_plural((uint64_t)room->total, "node", "nodes"), scarcest(room),
                            room->taken > 0 ? ", and pods that wait for a node come first" : "");
    } else if (room->odd_quotas.count > 0) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_kube_reason(CVG_KUBE_REASON_NO_STATUS),
                            "what quotas use is not told: %s",
                            cvg_kube_named_text(&room->odd_quotas, ret));
    } else {
        cvg_kit_finding_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_ROOM),
                            "room for %" PRId64 " %s; %" PRId64 " needed", room->fits,
                            cvg_plural((uint64_t)room->fits, "replica", "replicas"), state->needed);
    }
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct state *state = check->state;
    struct nodes nodes = {0};
    struct room room = {0};
    (void)wall;
    take_nodes(check, &nodes, &room);
    take_pods(check, &nodes);
    count_room(state, &nodes, &room);
    count_waiting(check, &nodes, &room);
    count_quotas(check, &room);
    free(nodes.items);
    say(state, &room, ret);
    int64_t fits = least(room.fits, room.quota_fits);
    ret->reading.done = (uint64_t)least(fits, state->needed);
    ret->reading.total = (uint64_t)state->needed;
    ret->reading.value = (double)fits;
    ret->reading.has_value = 1;
    cvg_kit_finding_number(ret, "fits", fits);
    cvg_kit_finding_number(ret, "needed", state->needed);
    cvg_kit_finding_number(ret, "nodes", room.total);
    cvg_kit_finding_number(ret, "nodes_open", room.open);
    cvg_kit_finding_number(ret, "free_cpu_milli", room.free_cpu);
    cvg_kit_finding_number(ret, "free_memory_bytes", room.free_memory);
    cvg_kit_finding_number(ret, "pods_waiting", room.waiting);
    cvg_kit_finding_number(ret, "taken_by_waiting", room.taken);
    cvg_kube_named_fact(&room.short_quotas, ret, "short_quotas");
    return 0;
}

const struct cvg_kube_form cvg_kube_preset_capacity = {
    .name = "preset capacity",
    .create = create,
    .destroy = cvg_kube_preset_destroy,
    .judge = judge,
};
