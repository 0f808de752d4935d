/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object that a worker made moves into the cluster's pool. Texts that need no reference (static
 * ones) may be taken here all the same: equal texts are one.
 */
#include "object.h"

static void move(struct cvg_kube_pool *pool, const char **text)
{
    if (*text) {
        *text = cvg_kube_pool_take(pool, *text);
    }
}

static void move_set(struct cvg_kube_pool *pool, const char *const **set)
{
    size_t count = 0;
    while (*set && (*set)[count]) {
        count++;
    }
    if (*set) {
        *set = cvg_kube_pool_take_set(pool, *set, count);
    }
}

static void move_facts(struct cvg_kube_pool *pool, struct cvg_kube_object *object)
{
    switch (object->kind->type) {
    case CVG_KUBE_POD:
        move(pool, &object->of.pod.node);
        move(pool, &object->of.pod.trouble);
        move(pool, &object->of.pod.phase);
        move(pool, &object->of.pod.disruption);
        move(pool, &object->of.pod.template_hash);
        move(pool, &object->of.pod.crashes.container);
        break;
    case CVG_KUBE_QUOTA:
        move(pool, &object->of.quota.tightest);
        break;
    case CVG_KUBE_CLAIM:
        move(pool, &object->of.claim.phase);
        move(pool, &object->of.claim.storage_class);
        break;
    case CVG_KUBE_ENDPOINTSLICE:
        move(pool, &object->of.slice.service);
        move_set(pool, &object->of.slice.ready_addresses);
        break;
    case CVG_KUBE_WEBHOOKS:
        move_set(pool, &object->of.webhooks.services);
        break;
    case CVG_KUBE_DEPLOYMENT:
    case CVG_KUBE_STATEFULSET:
    case CVG_KUBE_DAEMONSET:
    case CVG_KUBE_REPLICASET:
        move(pool, &object->of.workload.template_hash);
        move(pool, &object->of.workload.update_revision);
        break;
    default:
        break;
    }
}

void cvg_kube_object_move(struct cvg_kube_pool *pool, struct cvg_kube_object *object)
{
    move(pool, &object->namespace);
    move(pool, &object->name);
    move(pool, &object->owner_kind);
    move(pool, &object->owner_name);
    move(pool, &object->version);
    move(pool, &object->revision);
    move(pool, &object->app_version);
    move_set(pool, &object->labels);
    move_set(pool, &object->images);
    move_set(pool, &object->fields);
    move(pool, &object->outcome.reason);
    move(pool, &object->outcome.message);
    move(pool, &object->outcome.worse_reason);
    move_facts(pool, object);
}
