/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a cluster: its presets, and its workloads one by one, or by selectors where they are many. */
#include "base/text.h"
#include "client/init_write_inner.h"

#include <convergate/number.h>

#include <string.h>

/* ---- presets ---- */

static const struct {
    const char *name, *what;
    bool namespaced;
} presets[] = {
    {"nodes", "the control plane and the nodes are in order", false},
    {"api", "the API server, and what each change passes through (webhooks, API services)", false},
    {"system", "kube-system: DNS, and what runs on each node", false},
    {"scheduling", "no pod, claim or quota is stuck", true},
    {"disruption", "budgets have the pods they want", true},
    {"autoscaling", "autoscalers see their metrics and have room", true},
    {"images", "every image can be pulled", true},
};

static size_t preset_number(const char *name)
{
    size_t i = 0;
    while (i < CVG_COUNT(presets) - 1 && !cvg_text_equal(presets[i].name, name)) {
        i++;
    }
    return i;
}

static void write_preset(struct cvg_init_writer *writer, const struct cvg_init_preset *preset)
{
    struct cvg_init_cluster *cluster = &writer->found->cluster;
    size_t number = preset_number(preset->name);
    const char *where = "";
    if (preset->trial == CVG_INIT_CANNOT) {
        cvg_init_note(writer->found, "preset: %s (%s): %s", preset->name, presets[number].what,
                      preset->why);
        return;
    }
    if (presets[number].namespaced && cluster->namespace_count > 0) {
        where = cvg_arena_format(
            writer->found->arena, ", namespace: %s",
            cvg_init_scalars(writer->found, cluster->namespaces, cluster->namespace_count));
    }
    cvg_buf_printf(writer->out, "      # %s\n", presets[number].what);
    bool ready = preset->trial == CVG_INIT_READY;
    if (!ready) {
        cvg_buf_printf(writer->out,
                       "      # Not required, as it was not ready when this was written: %s\n",
                       preset->why);
    }
    const char *name = cvg_arena_format(writer->found->arena, "cluster-%s", preset->name);
    cvg_buf_printf(writer->out, "      %s: {source: cluster, preset: %s%s%s}\n",
                   cvg_init_check(writer, name, ready), preset->name, where,
                   ready ? "" : ", required: false");
}

static void write_presets(struct cvg_init_writer *writer)
{
    struct cvg_init_cluster *cluster = &writer->found->cluster;
    cvg_buf_puts(writer->out, "      # The cluster itself (docs/kubernetes.md, Presets).\n");
    for (size_t i = 0; i < cluster->preset_count; i++) {
        write_preset(writer, &cluster->presets[i]);
    }
    cvg_buf_puts(writer->out, "      # Whether a release fits is asked with its size:\n"
                              "      # room:\n"
                              "      #   source: cluster\n"
                              "      #   preset: capacity\n"
                              "      #   release: {cpu: 500m, memory: 512Mi, replicas: 3}\n");
}

/* ---- workloads, one by one ---- */

static const char *lower(struct cvg_init_found *found, const char *text)
{
    char *copy = cvg_arena_strdup(found->arena, text);
    for (char *at = copy; *at; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
    }
    return copy;
}

/* "shop-api", or "shop-api-statefulset" where a workload of another kind has that. */
static const char *name_of(struct cvg_init_writer *writer, const struct cvg_init_workload *workload)
{
    struct cvg_arena *arena = writer->found->arena;
    const char *name = cvg_arena_format(arena, "%s-%s", workload->namespace, workload->name);
    if (cvg_map_get(writer->found->names, name)) {
        name = cvg_arena_format(arena, "%s-%s", name,
                                lower(writer->found, cvg_init_kind_text(workload->kind)));
    }
    return name;
}

static void write_workload(struct cvg_init_writer *writer, const struct cvg_init_workload *workload)
{
    struct cvg_init_found *found = writer->found;
    bool ends = workload->kind == CVG_INIT_JOB;
    const char *name = cvg_init_check(writer, name_of(writer, workload), !ends);
    cvg_buf_printf(writer->out,
                   "      %s: {source: cluster, kind: %s, namespace: %s, name: %s, component: "
                   "%s%s}\n",
                   cvg_init_scalar(found, name), cvg_init_kind_text(workload->kind),
                   cvg_init_scalar(found, workload->namespace),
                   cvg_init_scalar(found, workload->name),
                   cvg_init_scalar(found, workload->component),
                   ends ? ", allow_empty: true, required: false" : "");
    if (!ends) {
        cvg_map_put(writer->components, workload->component, found);
    }
}

static void write_one_by_one(struct cvg_init_writer *writer)
{
    struct cvg_init_cluster *cluster = &writer->found->cluster;
    const char *namespace = "";
    bool told = false;
    for (size_t i = 0; i < cluster->workload_count; i++) {
        const struct cvg_init_workload *workload = &cluster->workloads[i];
        if (!cvg_text_equal(namespace, workload->namespace)) {
            namespace = workload->namespace;
            told = false;
            cvg_buf_printf(writer->out, "\n      # Namespace %s\n", namespace);
        }
        if (workload->kind == CVG_INIT_JOB && !told) {
            told = true;
            cvg_buf_puts(writer->out, "      # A Job ends and is deleted one day: require it where "
                                      "a rollout waits for it.\n");
        }
        write_workload(writer, workload);
    }
}

/* ---- many workloads ---- */

static void write_sum(struct cvg_init_writer *writer, const struct cvg_init_workload *one)
{
    struct cvg_init_found *found = writer->found;
    const char *kind = cvg_init_kind_text(one->kind);
    const char *selector =
        one->part_of ? cvg_arena_format(found->arena, "app.kubernetes.io/part-of=%s", one->part_of)
                     : "!app.kubernetes.io/part-of";
    const char *component =
        cvg_init_name(found, one->part_of ? one->part_of : one->namespace, "app");
    const char *name =
        cvg_arena_format(found->arena, "%s%s%s-%ss", one->namespace, one->part_of ? "-" : "",
                         one->part_of ? one->part_of : "", lower(found, kind));
    cvg_buf_printf(writer->out,
                   "      %s: {source: cluster, kind: %s, namespace: %s, selector: %s, "
                   "component: %s}\n",
                   cvg_init_scalar(found, cvg_init_check(writer, name, true)), kind,
                   cvg_init_scalar(found, one->namespace), cvg_init_scalar(found, selector),
                   cvg_init_scalar(found, component));
    cvg_map_put(writer->components, component, found);
}

static void write_summed(struct cvg_init_writer *writer)
{
    struct cvg_init_cluster *cluster = &writer->found->cluster;
    struct cvg_map *sums = cvg_map_new();
    size_t over = 0, jobs = 0;
    cvg_buf_printf(
        writer->out,
        "\n      # %zu workloads are too many for a check each: those of a namespace, a\n"
        "      # kind and a label part-of together.\n",
        cluster->workload_count);
    for (size_t i = 0; i < cluster->workload_count; i++) {
        const struct cvg_init_workload *one = &cluster->workloads[i];
        const char *key = cvg_arena_format(writer->found->arena, "%s/%d/%s", one->namespace,
                                           (int)one->kind, one->part_of ? one->part_of : "");
        if (one->kind == CVG_INIT_JOB) {
            jobs++;
        } else if (!cvg_map_get(sums, key) && cvg_map_count(sums) >= CVG_INIT_WORKLOADS) {
            over++;
        } else if (!cvg_map_put(sums, key, sums)) {
            write_sum(writer, one);
        }
    }
    cvg_map_free(sums);
    if (jobs) {
        cvg_init_note(writer->found, "%zu Jobs: there are too many workloads to name them", jobs);
    }
    if (over) {
        cvg_init_note(writer->found,
                      "%zu workloads in further namespaces and parts: there are too many; use "
                      "--namespace",
                      over);
    }
}

/* ---- all ---- */

static void note_rest(struct cvg_init_writer *writer)
{
    struct cvg_init_found *found = writer->found;
    struct cvg_init_cluster *cluster = &found->cluster;
    size_t seen = 0;
    for (size_t i = 0; i < CVG_INIT_KIND_COUNT; i++) {
        seen += cluster->seen[i];
    }
    if (seen > cluster->workload_count) {
        cvg_init_note(found, "%zu workloads beyond the first %zu", seen - cluster->workload_count,
                      cluster->workload_count);
    }
    if (cluster->system) {
        cvg_init_note(found,
                      "%zu %s in namespaces of the cluster itself: the presets look at them; "
                      "--namespace makes checks of them",
                      cluster->system, cvg_plural(cluster->system, "workload", "workloads"));
    }
    if (cluster->owned) {
        cvg_init_note(found, "%zu %s of CronJobs and operators, which come and go", cluster->owned,
                      cvg_plural(cluster->owned, "Job", "Jobs"));
    }
    if (cluster->cronjobs) {
        cvg_init_note(found,
                      "%zu %s: kind: CronJob says whether the latest run succeeded, which rollouts "
                      "seldom wait for",
                      cluster->cronjobs, cvg_plural(cluster->cronjobs, "CronJob", "CronJobs"));
    }
    if (cluster->hosts_over) {
        cvg_init_note(found, "%zu more hosts of Ingresses and Gateways", cluster->hosts_over);
    }
}

void cvg_init_write_cluster(struct cvg_init_writer *writer)
{
    struct cvg_init_cluster *cluster = &writer->found->cluster;
    if (!cluster->read) {
        return;
    }
    write_presets(writer);
    if (cluster->workload_count > CVG_INIT_WORKLOADS) {
        write_summed(writer);
    } else {
        write_one_by_one(writer);
    }
    note_rest(writer);
}
