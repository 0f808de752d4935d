/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of Kubernetes clusters. A source is a cluster (cluster.h): one connection, and every
 * resource that its checks read is listed and watched once. A check (check.h) looks at these
 * collections when they change, and when time alone changes what they mean.
 */
#include "check.h"

#include <convergate/module.h>

#include <stdlib.h>

struct refusing {
    const struct cvg_host *host;
    struct cvg_scope *scope;
};

static void refuse_in_file(void *arg, const char *path, const char *text)
{
    const struct refusing *refusing = arg;
    refusing->host->config_error(refusing->scope, path, text);
}

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    struct refusing refusing = {.host = host, .scope = host->source_scope(handle)};
    if (cvg_kube_source_check(config, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    *ret_state = cvg_kube_cluster_new(host, handle, config);
    return *ret_state == NULL ? -1 : 0;
}

static void source_start(void *state)
{
    cvg_kube_cluster_start(state);
}

static void source_destroy(void *state)
{
    cvg_kube_cluster_free(state);
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct cvg_kube_cluster *cluster = source_state;
    const struct cvg_host *host = cvg_kube_cluster_host(cluster);
    struct refusing refusing = {.host = host, .scope = host->check_scope(handle)};
    if (cvg_kube_check_check(config, cvg_kube_cluster_config(cluster), refuse_in_file, &refusing) <
        0) {
        return -1;
    }
    *ret_state = cvg_kube_check_new(cluster, handle, config, refuse_in_file, &refusing);
    return *ret_state == NULL ? -1 : 0;
}

static void check_destroy(void *state)
{
    cvg_kube_check_free(state);
}

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "kubernetes",
        .version = CVG_VERSION,
        .summary = "Objects of a cluster by their kinds' rules (workloads, custom resources, Helm "
                   "releases), its capacity and its control plane, by watches",
        .flags = CVG_MODULE_ENDPOINT_OPTIONAL | CVG_MODULE_STREAMING | CVG_MODULE_DISCOVERS,
        .plane = CVG_OBSERVED,
        .on_failed = CVG_ON_FAILED_HALT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_kube_source_fields,
        .source_config_size = sizeof(struct cvg_kube_source_config),
        .check_fields = cvg_kube_check_fields,
        .check_config_size = sizeof(struct cvg_kube_check_config),
        .source_create = source_create,
        .source_start = source_start,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
    };
    return &module;
}
