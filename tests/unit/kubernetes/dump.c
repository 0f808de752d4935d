/* SPDX-License-Identifier: Apache-2.0 */
#include "dump.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void dump_begin(struct dump *dump)
{
    *dump = (struct dump){0};
    dump->file = open_memstream(&dump->text, &dump->length);
    assert_non_null(dump->file);
}

void dump_end(struct dump *dump)
{
    assert_int_equal(fclose(dump->file), 0);
    dump->file = NULL;
}

void dump_done(struct dump *dump)
{
    free(dump->text);
    *dump = (struct dump){0};
}

static void text(struct dump *dump, const char *name, const char *value)
{
    assert_non_null(value);
    (void)fprintf(dump->file, "%s=\"%s\"\n", name, value);
}

static void number(struct dump *dump, const char *name, int64_t value)
{
    if (value == CVG_KUBE_ABSENT) {
        (void)fprintf(dump->file, "%s absent\n", name);
    } else {
        (void)fprintf(dump->file, "%s=%" PRId64 "\n", name, value);
    }
}

#define TEXT(dump, from, member)   text(dump, #member, (from)->member)
#define NUMBER(dump, from, member) number(dump, #member, (int64_t)(from)->member)

static int compare_pairs(const void *left, const void *right)
{
    const struct cvg_pair *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* A map has no order. */
static void pairs(struct dump *dump, const char *name, const struct cvg_pair *from, size_t count)
{
    struct cvg_pair *sorted = calloc(count + 1, sizeof(*sorted));
    assert_non_null(sorted);
    if (count > 0) {
        memcpy(sorted, from, count * sizeof(*sorted));
        qsort(sorted, count, sizeof(*sorted), compare_pairs);
    }
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(dump->file, "%s %s=\"%s\"\n", name, sorted[i].name, sorted[i].value);
    }
    free(sorted);
}

static void meta(struct dump *dump, const struct cvg_kube_meta *from)
{
    TEXT(dump, from, name);
    TEXT(dump, from, namespace);
    TEXT(dump, from, uid);
    TEXT(dump, from, resource_version);
    NUMBER(dump, from, generation);
    NUMBER(dump, from, created_at);
    NUMBER(dump, from, deleted_at);
    TEXT(dump, from, owner_kind);
    TEXT(dump, from, owner_name);
    TEXT(dump, from, owner_uid);
    pairs(dump, "label", from->labels, from->label_count);
    pairs(dump, "annotation", from->annotations, from->annotation_count);
}

static void workload(struct dump *dump, const struct cvg_kube_workload *from)
{
    NUMBER(dump, from, wanted);
    NUMBER(dump, from, current);
    NUMBER(dump, from, updated);
    NUMBER(dump, from, ready);
    NUMBER(dump, from, available);
    NUMBER(dump, from, unavailable);
    NUMBER(dump, from, misscheduled);
    NUMBER(dump, from, labeled);
    NUMBER(dump, from, current_replicas);
    NUMBER(dump, from, min_ready_seconds);
    NUMBER(dump, from, progress_deadline);
    NUMBER(dump, from, partition);
    NUMBER(dump, from, update);
    NUMBER(dump, from, paused);
    TEXT(dump, from, current_revision);
    TEXT(dump, from, update_revision);
    TEXT(dump, from, revision);
    TEXT(dump, from, template_hash);
}

static void job(struct dump *dump, const struct cvg_kube_job *from)
{
    NUMBER(dump, from, completions);
    NUMBER(dump, from, parallelism);
    NUMBER(dump, from, active);
    NUMBER(dump, from, succeeded);
    NUMBER(dump, from, failed);
    NUMBER(dump, from, backoff_limit);
    NUMBER(dump, from, started_at);
    NUMBER(dump, from, completed_at);
    NUMBER(dump, from, suspended);
    NUMBER(dump, from, last_scheduled_at);
    NUMBER(dump, from, last_succeeded_at);
    NUMBER(dump, from, ttl_after_finished);
}

static void pod(struct dump *dump, const struct cvg_kube_pod *from)
{
    TEXT(dump, from, phase);
    TEXT(dump, from, reason);
    TEXT(dump, from, message);
    TEXT(dump, from, node);
    TEXT(dump, from, restart_policy);
    NUMBER(dump, from, cpu_milli);
    NUMBER(dump, from, memory_bytes);
    TEXT(dump, from, template_hash);
    NUMBER(dump, from, gated);
    for (size_t i = 0; i < from->claim_count; i++) {
        text(dump, "claim", from->claims[i]);
    }
    for (size_t i = 0; i < from->container_count; i++) {
        const struct cvg_kube_container *container = &from->containers[i];
        text(dump, "container", container->name);
        TEXT(dump, container, image);
        TEXT(dump, container, image_id);
        TEXT(dump, container, waiting_reason);
        TEXT(dump, container, waiting_message);
        TEXT(dump, container, terminated_reason);
        TEXT(dump, container, last_reason);
        NUMBER(dump, container, exit_code);
        NUMBER(dump, container, last_exit_code);
        NUMBER(dump, container, restarts);
        NUMBER(dump, container, last_finished_at);
        NUMBER(dump, container, started_at);
        NUMBER(dump, container, ready);
        NUMBER(dump, container, running);
        NUMBER(dump, container, init);
        NUMBER(dump, container, sidecar);
    }
}

static void machine(struct dump *dump, const struct cvg_kube_machine *from)
{
    NUMBER(dump, from, unschedulable);
    NUMBER(dump, from, cpu_milli);
    NUMBER(dump, from, memory_bytes);
    NUMBER(dump, from, pods);
    TEXT(dump, from, kubelet_version);
    for (size_t i = 0; i < from->taint_count; i++) {
        const struct cvg_kube_taint *taint = &from->taints[i];
        TEXT(dump, taint, key);
        TEXT(dump, taint, value);
        TEXT(dump, taint, effect);
        NUMBER(dump, taint, since);
    }
}

static void service(struct dump *dump, const struct cvg_kube_service *from)
{
    TEXT(dump, from, type);
    TEXT(dump, from, cluster_ip);
    TEXT(dump, from, external_name);
    NUMBER(dump, from, has_selector);
    NUMBER(dump, from, ingress_count);
    NUMBER(dump, from, external_ips);
    TEXT(dump, from, ingress_class);
    TEXT(dump, from, service);
    for (size_t i = 0; i < from->endpoint_count; i++) {
        const struct cvg_kube_endpoint *endpoint = &from->endpoints[i];
        TEXT(dump, endpoint, address);
        NUMBER(dump, endpoint, ready);
        NUMBER(dump, endpoint, serving);
        NUMBER(dump, endpoint, terminating);
    }
}

static void autoscaler(struct dump *dump, const struct cvg_kube_autoscaler *from)
{
    NUMBER(dump, from, current);
    NUMBER(dump, from, desired);
    NUMBER(dump, from, min);
    NUMBER(dump, from, max);
    TEXT(dump, from, target_kind);
    TEXT(dump, from, target_name);
}

static void budget(struct dump *dump, const struct cvg_kube_budget *from)
{
    NUMBER(dump, from, allowed);
    NUMBER(dump, from, current);
    NUMBER(dump, from, desired);
    NUMBER(dump, from, expected);
}

static void by_kind(struct dump *dump, const struct cvg_kube_view *view)
{
    switch (view->kind->type) {
    case CVG_KUBE_DEPLOYMENT:
    case CVG_KUBE_STATEFULSET:
    case CVG_KUBE_DAEMONSET:
    case CVG_KUBE_REPLICASET:
        workload(dump, &view->of.workload);
        break;
    case CVG_KUBE_JOB:
    case CVG_KUBE_CRONJOB:
        job(dump, &view->of.job);
        break;
    case CVG_KUBE_POD:
        pod(dump, &view->of.pod);
        break;
    case CVG_KUBE_NODE:
        machine(dump, &view->of.machine);
        break;
    case CVG_KUBE_SERVICE:
    case CVG_KUBE_ENDPOINTSLICE:
    case CVG_KUBE_INGRESS:
        service(dump, &view->of.service);
        break;
    case CVG_KUBE_CLAIM:
    case CVG_KUBE_VOLUME:
    case CVG_KUBE_STORAGECLASS:
        TEXT(dump, &view->of.volume, phase);
        TEXT(dump, &view->of.volume, storage_class);
        TEXT(dump, &view->of.volume, binding_mode);
        break;
    case CVG_KUBE_BUDGET:
        budget(dump, &view->of.budget);
        break;
    case CVG_KUBE_AUTOSCALER:
        autoscaler(dump, &view->of.autoscaler);
        break;
    default:
        break;
    }
}

int dump_view(void *arg, const struct cvg_kube_view *view)
{
    struct dump *dump = arg;
    dump->count++;
    text(dump, "kind", view->kind->name);
    meta(dump, &view->meta);
    NUMBER(dump, view, observed_generation);
    NUMBER(dump, view, has_status);
    TEXT(dump, view, phase);
    for (size_t i = 0; i < view->condition_count; i++) {
        const struct cvg_kube_condition *condition = &view->conditions[i];
        TEXT(dump, condition, type);
        TEXT(dump, condition, status);
        TEXT(dump, condition, reason);
        TEXT(dump, condition, message);
        NUMBER(dump, condition, changed_at);
        NUMBER(dump, condition, updated_at);
        NUMBER(dump, condition, observed_generation);
    }
    by_kind(dump, view);
    for (size_t i = 0; i < view->quota_count; i++) {
        TEXT(dump, &view->quotas[i], resource);
        TEXT(dump, &view->quotas[i], hard);
        TEXT(dump, &view->quotas[i], used);
    }
    for (size_t i = 0; i < view->webhook_count; i++) {
        TEXT(dump, &view->webhooks[i], name);
        TEXT(dump, &view->webhooks[i], service_namespace);
        TEXT(dump, &view->webhooks[i], service_name);
        NUMBER(dump, &view->webhooks[i], fail_closed);
        NUMBER(dump, &view->webhooks[i], has_ca);
    }
    return 0;
}

void dump_status(struct dump *dump, const struct cvg_kube_status *status)
{
    NUMBER(dump, status, code);
    TEXT(dump, status, reason);
    TEXT(dump, status, message);
    TEXT(dump, status, cause);
    NUMBER(dump, status, retry_after_s);
}

int dump_event(void *arg, const struct cvg_kube_event *event)
{
    struct dump *dump = arg;
    NUMBER(dump, event, type);
    TEXT(dump, event, resource_version);
    NUMBER(dump, event, initial_end);
    if (event->status != NULL) {
        dump_status(dump, event->status);
    }
    if (event->view != NULL) {
        (void)dump_view(dump, event->view);
    } else {
        dump->count++;
    }
    return 0;
}

void dump_equal(const struct dump *left, const struct dump *right, const char *what)
{
    const char *a = left->text, *b = right->text;
    while (strcmp(a, b) != 0) {
        size_t length = strcspn(a, "\n");
        if (length != strcspn(b, "\n") || memcmp(a, b, length) != 0) {
            fail_msg("%s: \"%.*s\" on one side, \"%.*s\" on the other", what, (int)length, a,
                     (int)strcspn(b, "\n"), b);
        }
        a += length + (a[length] == '\n');
        b += length + (b[length] == '\n');
    }
    assert_int_equal(left->count, right->count);
}
