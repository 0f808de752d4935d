/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster without a server, as a check sees one: its collections are filled by the test, with
 * objects as the API server answers them. It stands in for cluster.c, and for the forms that the
 * test is not about, so a test includes it once and links no other cluster. A test does not say
 * `namespace` of what is in none.
 */
#ifndef CVG_TEST_KUBE_FAKE_CLUSTER_H
#define CVG_TEST_KUBE_FAKE_CLUSTER_H

#include "check.h"
#include "decode.h"
#include "tree.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FAKE_SECOND INT64_C(1000000000)
/* 2026-01-01T00:10:00Z; objects of the tests are of the minutes before. */
#define FAKE_WALL   INT64_C(1767226200000000000)

struct cvg_kube_cluster {
    struct cvg_host host;
    struct cvg_kube_source_config config;
    struct cvg_kube_dwells dwells;
    struct cvg_kube_pool *pool;
    struct cvg_kit_arena *arena;
    struct cvg_kube_kind custom;
    char group[CVG_KUBE_NAME], version[CVG_KUBE_NAME], name[CVG_KUBE_NAME];
    struct cvg_kube_collection *collections[32];
    size_t count;
    struct cvg_kube_reader *left; /* the reader that left last */
};

/* The one that there is; cmocka runs tests one after the other. */
static struct cvg_kube_cluster fake;

/* What was reported last, and how often. */
static struct {
    size_t count;
    uint32_t status, fault;
    char reason[128], message[1200];
    int64_t observed_at;
} fake_reported;

static int64_t fake_now = 1000 * FAKE_SECOND;

static int64_t fake_host_now(void)
{
    return fake_now;
}

static void fake_host_report(struct cvg_check *check, const struct cvg_reading *reading)
{
    (void)check;
    fake_reported.count++;
    fake_reported.status = reading->status;
    fake_reported.fault = reading->fault;
    fake_reported.observed_at = reading->observed_at_ns;
    (void)snprintf(fake_reported.reason, sizeof(fake_reported.reason), "%s", reading->reason);
    (void)snprintf(fake_reported.message, sizeof(fake_reported.message), "%s",
                   reading->message == NULL ? "" : reading->message);
}

/* ---- what stands for cluster.c ---- */

struct cvg_kube_collection *
cvg_kube_cluster_want(struct cvg_kube_cluster *cluster, struct cvg_kube_reader *reader,
                      const struct cvg_kube_kind *kind, const char *namespace, int labels,
                      const char *const *pointers, size_t *ret_first_pointer)
{
    struct cvg_kube_collection *collection = NULL;
    (void)reader;
    for (size_t i = 0; i < cluster->count; i++) {
        struct cvg_kube_collection *each = cluster->collections[i];
        if (cvg_kube_collection_kind(each) == kind &&
            strcmp(cvg_kube_collection_namespace(each), namespace) == 0) {
            collection = each;
        }
    }
    if (collection == NULL) {
        assert_true(cluster->count < CVG_COUNT(cluster->collections));
        collection = cvg_kube_collection_new(cluster->pool, kind, namespace);
        cluster->collections[cluster->count++] = collection;
    }
    if (labels) {
        cvg_kube_collection_keep_labels(collection);
    }
    for (size_t i = 0; pointers != NULL && pointers[i] != NULL; i++) {
        size_t place = cvg_kube_collection_keep_pointer(collection, pointers[i]);
        *ret_first_pointer = i == 0 ? place : *ret_first_pointer;
    }
    return collection;
}

void cvg_kube_cluster_leave(struct cvg_kube_cluster *cluster, struct cvg_kube_reader *reader)
{
    cluster->left = reader;
}

const struct cvg_kube_kind *cvg_kube_cluster_kind(struct cvg_kube_cluster *cluster,
                                                  const char *group, const char *version,
                                                  const char *name)
{
    (void)snprintf(cluster->group, sizeof(cluster->group), "%s", group);
    (void)snprintf(cluster->version, sizeof(cluster->version), "%s", version);
    (void)snprintf(cluster->name, sizeof(cluster->name), "%s", name);
    cluster->custom = (struct cvg_kube_kind){
        cluster->group, cluster->version, cluster->name, "things", CVG_KUBE_CUSTOM, 0, 1};
    return &cluster->custom;
}

const struct cvg_host *cvg_kube_cluster_host(struct cvg_kube_cluster *cluster)
{
    return &cluster->host;
}

const struct cvg_kube_source_config *cvg_kube_cluster_config(struct cvg_kube_cluster *cluster)
{
    return &cluster->config;
}

const struct cvg_kube_dwells *cvg_kube_cluster_dwells(struct cvg_kube_cluster *cluster)
{
    return &cluster->dwells;
}

#ifndef FAKE_WITHOUT_HELM
const struct cvg_kube_form cvg_kube_form_helm = {.name = "helm"};
#endif

/* Tests of presets link the real ones. */
#ifndef FAKE_WITH_PRESETS
const struct cvg_kube_form *cvg_kube_form_preset(uint32_t preset)
{
    (void)preset;
    return NULL;
}
#endif

/* ---- the test's side ---- */

static void fake_open(void)
{
    fake = (struct cvg_kube_cluster){.host.size = sizeof(fake.host),
                                     .host.now = fake_host_now,
                                     .host.report = fake_host_report,
                                     .pool = cvg_kube_pool_new(),
                                     .arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST)};
    cvg_kube_dwells_default(&fake.dwells);
    memset(&fake_reported, 0, sizeof(fake_reported));
    fake_now = 1000 * FAKE_SECOND;
}

static void fake_close(void)
{
    for (size_t i = 0; i < fake.count; i++) {
        cvg_kube_collection_free(fake.collections[i]);
    }
    cvg_kit_arena_free(fake.arena);
    cvg_kube_pool_free(fake.pool);
}

/* NULL: nobody wants it. */
__attribute__((unused)) static struct cvg_kube_collection *fake_find(const char *resource,
                                                                     const char *namespace)
{
    for (size_t i = 0; i < fake.count; i++) {
        if (strcmp(cvg_kube_collection_kind(fake.collections[i])->resource, resource) == 0 &&
            strcmp(cvg_kube_collection_namespace(fake.collections[i]), namespace) == 0) {
            return fake.collections[i];
        }
    }
    return NULL;
}

static void fake_state(struct cvg_kube_collection *collection, enum cvg_kube_sync sync,
                       uint32_t fault, const char *reason, const char *message, int64_t known_at)
{
    struct cvg_kube_collection_state state = {
        .sync = sync, .fault = fault, .reason = reason, .known_at = known_at};
    state.resource_version = "1";
    (void)snprintf(state.message, sizeof(state.message), "%s", message);
    cvg_kube_collection_set_state(collection, &state);
}

/* Everything that was wanted is known since now. */
__attribute__((unused)) static void fake_sync(void)
{
    for (size_t i = 0; i < fake.count; i++) {
        fake_state(fake.collections[i], CVG_KUBE_SYNCED, CVG_FAULT_NONE, "", "", fake_now);
    }
}

/* An object in JSON, with ' for ". */
static void fake_put(struct cvg_kube_collection *collection, const char *json)
{
    char error[256] = "";
    size_t length = strlen(json);
    char *text = calloc(1, length + 1);
    const struct cvg_kube_view *view;
    struct cvg_kube_outcome outcome;
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = json[i] == '\'' ? '"' : json[i];
    }
    if (cvg_kube_decode_object(cvg_kube_collection_kind(collection), "application/json", text,
                               length, fake.arena, &view, error, sizeof(error)) != CVG_KUBE_OK) {
        fail_msg("%s: %s", text, error);
    }
    cvg_kube_judge(view, &fake.dwells, &outcome);
    assert_int_equal(cvg_kube_collection_put(
                         collection, cvg_kube_object_make(fake.pool, view, &outcome,
                                                          cvg_kube_collection_keep(collection))),
                     0);
    cvg_kit_arena_reset(fake.arena);
    free(text);
}

__attribute__((format(printf, 2, 3), unused)) static void
fake_putf(struct cvg_kube_collection *collection, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    assert_true(length > 0 && (size_t)length < sizeof(text));
    fake_put(collection, text);
}

__attribute__((unused)) static const char *fake_fact(const struct cvg_reading *reading,
                                                     const char *name)
{
    for (size_t i = 0; i < reading->fact_count; i++) {
        if (strcmp(reading->facts[i].name, name) == 0) {
            return reading->facts[i].text;
        }
    }
    return "";
}

__attribute__((unused)) static void fake_refuse(void *arg, const char *path, const char *text)
{
    (void)arg;
    fail_msg("refused: %s: %s", path, text);
}

#endif
