/* SPDX-License-Identifier: Apache-2.0 */
/* preset: capacity: what fits, at its borders, and against trying everything out. */
#include "preset_rig.h"

static const char *const shop[] = {"shop"}, *const both[] = {"shop", "stage"};

static void put_node(size_t number, int cpu, int memory_mi, int pods, const char *spec)
{
    fake_putf(fake_find("nodes", ""),
              "{'metadata': {'name': 'n%zu'}, 'spec': {%s}, 'status': {'allocatable': {'cpu': "
              "'%dm', 'memory': '%dMi', 'pods': '%d'}, 'conditions': [{'type': 'Ready', 'status': "
              "'True'}]}}",
              number, spec, cpu, memory_mi, pods);
}

/* node < 0: it waits for one. */
static void put_pod(size_t number, int cpu, int memory_mi, int node, const char *phase)
{
    char on[32] = "";
    if (node >= 0) {
        (void)snprintf(on, sizeof(on), "'nodeName': 'n%d', ", node);
    }
    fake_putf(fake_find("pods", ""),
              "{'metadata': {'name': 'p%zu', 'namespace': 'other'}, 'spec': {%s'containers': "
              "[{'name': 'a', 'resources': {'requests': {'cpu': '%dm', 'memory': '%dMi'}}}]}, "
              "'status': {'phase': '%s'}}",
              number, on, cpu, memory_mi, phase);
}

static void put_quota(const char *hard, const char *used)
{
    fake_putf(fake_find("resourcequotas", "shop"),
              "{'metadata': {'name': 'compute', 'namespace': 'shop'}, 'status': {'hard': {%s}, "
              "'used': {%s}}}",
              hard, used);
}

static void open_release(struct preset *preset, const struct cvg_kube_release *release)
{
    preset->config.release = release;
    preset_open(preset, CVG_KUBE_PRESET_CAPACITY, NULL);
}

static void test_how_many_need_room(void **state)
{
    (void)state;

    static const struct {
        struct cvg_kube_release release;
        const char *needed;
    } rows[] = {
        {{.cpu = "1", .replicas = 6, .surge = "25%"}, "8"},
        {{.cpu = "1", .replicas = 4, .surge = "25%"}, "5"},
        {{.cpu = "1", .replicas = 4, .surge = "2"}, "6"},
        {{.cpu = "1", .replicas = 4, .surge = "0"}, "4"},
        {{.cpu = "1", .replicas = 6, .surge = "25%", .replaces = 6}, "2"},
        {{.cpu = "1", .replicas = 6, .surge = "25%", .replaces = 2}, "6"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        open_release(&preset, &rows[i].release);
        put_node(0, 1000, 1024, 10, "");
        preset_read(&preset);
        preset_fact(&preset, "needed", rows[i].needed);
        preset_close(&preset);
    }
}

static void test_what_each_resource_allows(void **state)
{
    (void)state;

    static const struct {
        const char *cpu, *memory;
        int64_t replicas;
        uint32_t status;
        const char *fits, *words;
    } rows[] = {
        /* Nodes of 1000m, 1024Mi, 3 pods, and 2000m, 512Mi, 10 pods. */
        {"500m", NULL, 6, CVG_READY, "6", "room for 6"},
        {"500m", NULL, 7, CVG_FAILED, "6", "short is cpu"},
        {"501m", NULL, 5, CVG_FAILED, "4", "short is cpu"},
        {NULL, "256Mi", 5, CVG_READY, "5", "room for 5"},
        {NULL, "256Mi", 6, CVG_FAILED, "5", "short is memory"},
        {NULL, NULL, 13, CVG_READY, "13", "room for 13"},
        {NULL, NULL, 14, CVG_FAILED, "13", "short is pods"},
        {"500m", "500Mi", 4, CVG_FAILED, "3", "short is memory"},
        {"5", NULL, 1, CVG_FAILED, "0", "room for 0 of 1"},
        {"9e18", "9e18", 1, CVG_FAILED, "0", "room for 0 of 1"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        const struct cvg_kube_release release = {
            .cpu = rows[i].cpu, .memory = rows[i].memory, .replicas = rows[i].replicas};
        open_release(&preset, &release);
        put_node(0, 1000, 1024, 3, "");
        put_node(1, 2000, 512, 10, "");
        preset_expect(&preset, rows[i].status, rows[i].status == CVG_READY ? "Room" : "NoRoom",
                      rows[i].words);
        preset_fact(&preset, "fits", rows[i].fits);
        preset_close(&preset);
    }
}

static void test_what_gives_nothing(void **state)
{
    (void)state;
    static const struct cvg_kube_release release = {.cpu = "1", .replicas = 1};

    static const struct {
        const char *node;
        uint32_t status;
    } rows[] = {
        {"'spec': {}, 'status': {'conditions': [{'type': 'Ready', 'status': 'True'}], ", CVG_READY},
        {"'spec': {}, 'status': {'conditions': [{'type': 'Ready', 'status': 'False'}], ",
         CVG_FAILED},
        {"'spec': {}, 'status': {'conditions': [{'type': 'Ready', 'status': 'Unknown'}], ",
         CVG_FAILED},
        {"'spec': {'unschedulable': true}, 'status': {'conditions': [{'type': 'Ready', 'status': "
         "'True'}], ",
         CVG_FAILED},
        {"'spec': {'taints': [{'key': 'node.kubernetes.io/disk-pressure', 'effect': "
         "'NoSchedule'}]}, 'status': {'conditions': [{'type': 'Ready', 'status': 'True'}], ",
         CVG_FAILED},
        {"'spec': {'taints': [{'key': 'example.com/gpu', 'effect': 'NoSchedule'}]}, 'status': "
         "{'conditions': [{'type': 'Ready', 'status': 'True'}], ",
         CVG_FAILED},
        {"'spec': {'taints': [{'key': 'example.com/old', 'effect': 'PreferNoSchedule'}]}, "
         "'status': {'conditions': [{'type': 'Ready', 'status': 'True'}], ",
         CVG_READY},
        {"'spec': {}, 'status': {'conditions': [{'type': 'Ready', 'status': 'True'}, {'type': "
         "'GracefulNodeShutdownInProgress', 'status': 'True'}], ",
         CVG_FAILED},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        open_release(&preset, &release);
        fake_putf(fake_find("nodes", ""),
                  "{'metadata': {'name': 'n0'}, %s'allocatable': {'cpu': '4', 'memory': '8Gi', "
                  "'pods': '110'}}}",
                  rows[i].node);
        if (preset_read(&preset)->status != rows[i].status) {
            fail_msg("%s: %s", rows[i].node, preset.finding.reading.message);
        }
        preset_close(&preset);
    }
}

static void test_pods_take_room(void **state)
{
    (void)state;
    static const struct cvg_kube_release release = {.cpu = "500m", .memory = "1Mi", .replicas = 2};

    static const struct {
        int cpu, node;
        const char *phase;
        const char *fits;
    } rows[] = {
        {1000, 0, "Running", "2"},  {1000, 0, "Succeeded", "4"}, {1000, 0, "Failed", "4"},
        {1001, 0, "Running", "1"},  {9000, 0, "Running", "0"},   {1000, 0, "Pending", "2"},
        {500, -1, "Pending", "3"},  {501, -1, "Pending", "2"},   {1, -1, "Pending", "3"},
        {2001, -1, "Pending", "4"}, {1000, 7, "Running", "4"},   {0, 0, "Running", "4"},
        {2000, -1, "Pending", "0"}, {2000, -1, "Failed", "4"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        open_release(&preset, &release);
        put_node(0, 2000, 1024, 10, "");
        put_pod(0, rows[i].cpu, 0, rows[i].node, rows[i].phase);
        preset_read(&preset);
        preset_fact(&preset, "fits", rows[i].fits);
        preset_close(&preset);
    }
}

static void test_quotas_of_the_namespace(void **state)
{
    (void)state;

    static const struct {
        const char *cpu, *hard, *used;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {"500m", "'requests.cpu': '4'", "'requests.cpu': '3'", CVG_READY, "Room"},
        {"500m", "'requests.cpu': '4'", "'requests.cpu': '3001m'", CVG_FAILED, "NoRoomInQuota"},
        {"500m", "'cpu': '4'", "'cpu': '5'", CVG_FAILED, "NoRoomInQuota"},
        {"500m", "'cpu': '4', 'requests.cpu': '9'", "'cpu': '4', 'requests.cpu': '4'", CVG_FAILED,
         "NoRoomInQuota"},
        {"500m", "'requests.cpu': '9', 'cpu': '4'", "'requests.cpu': '4', 'cpu': '4'", CVG_FAILED,
         "NoRoomInQuota"},
        {"500m", "'memory': '1Gi', 'requests.memory': '200Mi'",
         "'memory': '0', 'requests.memory': '0'", CVG_FAILED, "NoRoomInQuota"},
        {"500m", "'requests.memory': '200Mi', 'memory': '1Gi'",
         "'memory': '0', 'requests.memory': '0'", CVG_FAILED, "NoRoomInQuota"},
        {"500m", "'pods': '10'", "'pods': '8'", CVG_READY, "Room"},
        {"500m", "'pods': '10'", "'pods': '9'", CVG_FAILED, "NoRoomInQuota"},
        {"500m", "'requests.memory': '256Mi'", "'requests.memory': '0'", CVG_READY, "Room"},
        {"500m", "'requests.memory': '255Mi'", "'requests.memory': '0'", CVG_FAILED,
         "NoRoomInQuota"},
        {NULL, "'requests.cpu': '4'", "'requests.cpu': '0'", CVG_FAILED, "NoRoomInQuota"},
        {"500m", "'requests.cpu': '4'", "'requests.cpu': 'many'", CVG_UNKNOWN, "NoStatus"},
        {"500m", "'services': '4'", "'services': '4'", CVG_READY, "Room"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {.config.namespaces = {.items = shop, .count = 1}};
        const struct cvg_kube_release release = {
            .cpu = rows[i].cpu, .memory = "128Mi", .replicas = 2};
        open_release(&preset, &release);
        put_node(0, 8000, 8192, 110, "");
        put_quota(rows[i].hard, rows[i].used);
        preset_expect(&preset, rows[i].status, rows[i].reason,
                      rows[i].status == CVG_READY ? "" : "shop/compute");
        preset_close(&preset);
    }
}

static void test_no_nodes_are_unknown(void **state)
{
    (void)state;
    static const struct cvg_kube_release release = {.cpu = "1", .replicas = 1};
    struct preset preset = {0};
    open_release(&preset, &release);
    preset_expect(&preset, CVG_UNKNOWN, "EmptyMatch", "no nodes");
    preset_close(&preset);
}

static void test_what_is_refused(void **state)
{
    (void)state;

    static const struct {
        struct cvg_kube_release release;
        struct cvg_list namespaces;
        const char *path;
    } rows[] = {
        {{.cpu = "much", .replicas = 1}, {0}, "release.cpu"},
        {{.cpu = "-1", .replicas = 1}, {0}, "release.cpu"},
        {{.memory = "1 GB", .replicas = 1}, {0}, "release.memory"},
        {{.surge = "120%", .replicas = 1}, {0}, "release.surge"},
        {{.replicas = 4, .surge = "0", .replaces = 4}, {0}, "release.replaces"},
        {{.replicas = 4}, {.items = both, .count = 2}, "namespace"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {.config.release = &rows[i].release,
                                .config.namespaces = rows[i].namespaces};
        fake_open();
        preset_refuses(&preset, CVG_KUBE_PRESET_CAPACITY, NULL, rows[i].path);
        fake_close();
    }

    struct preset preset = {.config.release = &rows[5].release};
    fake_open();
    fake.config.namespaces = (struct cvg_list){.items = shop, .count = 1};
    preset_refuses(&preset, CVG_KUBE_PRESET_CAPACITY, NULL, "preset");
    fake_close();
}

/* ---- against trying everything out ---- */

#define MOST_NODES   3
#define MOST_WAITING 3

struct world {
    int cpu[MOST_NODES], memory[MOST_NODES], pods[MOST_NODES]; /* what is left */
    int nodes;
    int waiting_cpu[MOST_WAITING], waiting_memory[MOST_WAITING];
    int waiting;
    int cpu_each, memory_each; /* of the release */
};

/* The most replicas that can be placed, by trying each node for each of them. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as there are places */
static int place_release(struct world *world)
{
    int best = 0;
    for (int i = 0; i < world->nodes; i++) {
        if (world->cpu[i] < world->cpu_each || world->memory[i] < world->memory_each ||
            world->pods[i] < 1) {
            continue;
        }
        world->cpu[i] -= world->cpu_each;
        world->memory[i] -= world->memory_each;
        world->pods[i]--;
        int placed = 1 + place_release(world);
        best = placed > best ? placed : best;
        world->cpu[i] += world->cpu_each;
        world->memory[i] += world->memory_each;
        world->pods[i]++;
    }
    return best;
}

/* The fewest replicas that are left room, wherever the pods that wait go, or stay. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as there are pods that wait */
static int place_waiting(struct world *world, int at)
{
    if (at == world->waiting) {
        return place_release(world);
    }
    int worst = place_waiting(world, at + 1);
    for (int i = 0; i < world->nodes; i++) {
        if (world->cpu[i] < world->waiting_cpu[at] ||
            world->memory[i] < world->waiting_memory[at] || world->pods[i] < 1) {
            continue;
        }
        world->cpu[i] -= world->waiting_cpu[at];
        world->memory[i] -= world->waiting_memory[at];
        world->pods[i]--;
        int left = place_waiting(world, at + 1);
        worst = left < worst ? left : worst;
        world->cpu[i] += world->waiting_cpu[at];
        world->memory[i] += world->waiting_memory[at];
        world->pods[i]++;
    }
    return worst;
}

static unsigned chance(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % below;
}

/* Fills the collections with nodes that are partly taken, and the world with what is left. */
static void make_world(struct world *world, unsigned *seed)
{
    size_t pods = 0;
    *world = (struct world){.nodes = 1 + (int)chance(seed, MOST_NODES)};
    for (int i = 0; i < world->nodes; i++) {
        world->cpu[i] = (int)chance(seed, 9);
        world->memory[i] = (int)chance(seed, 9);
        world->pods[i] = (int)chance(seed, 4);
        int cpu = (int)chance(seed, 5), memory = (int)chance(seed, 5);
        put_node((size_t)i, world->cpu[i] + cpu, world->memory[i] + memory, world->pods[i] + 1, "");
        put_pod(pods++, cpu, memory, i, "Running");
    }
    world->waiting = (int)chance(seed, MOST_WAITING + 1);
    for (int i = 0; i < world->waiting; i++) {
        world->waiting_cpu[i] = (int)chance(seed, 6);
        world->waiting_memory[i] = (int)chance(seed, 6);
        put_pod(pods++, world->waiting_cpu[i], world->waiting_memory[i], -1, "Pending");
    }
}

static void test_it_never_says_that_it_fits_where_it_does_not(void **state)
{
    (void)state;
    unsigned seed = 20261121, exact = 0, fitting = 0;
    for (int round = 0; round < 1500; round++) {
        struct preset preset = {0};
        struct world world;
        char cpu[16], memory[16];
        int64_t replicas = 1 + (int64_t)chance(&seed, 4);
        int cpu_each = (int)chance(&seed, 4), memory_each = (int)chance(&seed, 4);
        (void)snprintf(cpu, sizeof(cpu), "%dm", cpu_each);
        (void)snprintf(memory, sizeof(memory), "%dMi", memory_each);
        const struct cvg_kube_release release = {
            .cpu = cpu, .memory = memory, .replicas = replicas};
        open_release(&preset, &release);
        make_world(&world, &seed);
        world.cpu_each = cpu_each;
        world.memory_each = memory_each;
        int truth = place_waiting(&world, 0);
        const struct cvg_reading *reading = preset_read(&preset);
        int says = reading->status == CVG_READY;
        if (says && truth < replicas) {
            fail_msg("round %d: %s, and there is room for %d", round, reading->message, truth);
        }
        /* Where nothing waits, it says so wherever it fits. */
        if (world.waiting == 0) {
            assert_int_equal(says, truth >= replicas);
            assert_true(reading->value == truth);
            exact++;
        }
        fitting += (unsigned)says;
        preset_close(&preset);
    }
    /* Both answers were given, often enough to mean something. */
    assert_in_range(exact, 200, 1300);
    assert_in_range(fitting, 200, 1300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_how_many_need_room),
        cmocka_unit_test(test_what_each_resource_allows),
        cmocka_unit_test(test_what_gives_nothing),
        cmocka_unit_test(test_pods_take_room),
        cmocka_unit_test(test_quotas_of_the_namespace),
        cmocka_unit_test(test_no_nodes_are_unknown),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_it_never_says_that_it_fits_where_it_does_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
