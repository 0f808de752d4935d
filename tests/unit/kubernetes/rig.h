/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster on a fake host with one collection and one reader, for tests of lists, watches and what
 * proves them. Included once by a program: it defines the cluster's connection, which these tests
 * are not about, so that the real one is not linked into them.
 */
#ifndef RIG_H
#define RIG_H

#include "fake_host.h"

#include "cluster.h"
#include "connection.h"
#include "reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UNUSED __attribute__((unused))

/* ---- the connection ---- */

static struct {
    void (*ready)(void *arg);
    void (*failed)(void *arg, uint32_t fault, const char *reason, const char *message);
    void *arg;
    unsigned refused;
} connected;

struct cvg_kube_connection *cvg_kube_connection_new(const struct cvg_host *host,
                                                    struct cvg_source *source,
                                                    const struct cvg_kube_source_config *config)
{
    (void)host;
    (void)source;
    (void)config;
    memset(&connected, 0, sizeof connected);
    return (struct cvg_kube_connection *)(void *)&connected;
}

void cvg_kube_connection_free(struct cvg_kube_connection *connection)
{
    (void)connection;
}

void cvg_kube_connection_start(struct cvg_kube_connection *connection, void (*ready)(void *arg),
                               void (*failed)(void *arg, uint32_t fault, const char *reason,
                                              const char *message),
                               void *arg)
{
    (void)connection;
    connected.ready = ready;
    connected.failed = failed;
    connected.arg = arg;
}

void cvg_kube_connection_refused(struct cvg_kube_connection *connection)
{
    (void)connection;
    connected.refused++;
}

/* ---- the cluster ---- */

struct rig {
    struct cvg_kube_reader reader; /* first */
    struct fake_host *fake;
    struct cvg_kube_source_config config;
    struct cvg_kube_cluster *cluster;
    struct cvg_kube_collection *pods;
    unsigned looks;
    int64_t due; /* what look() returns */
};

static int64_t rig_look(struct cvg_kube_reader *reader, int64_t wall)
{
    struct rig *rig = (struct rig *)reader;
    (void)wall;
    rig->looks++;
    return rig->due;
}

/* Not started, and without collections. */
static void rig_prepare(struct rig *rig)
{
    *rig = (struct rig){.reader.look = rig_look, .fake = fake_host_new()};
    rig->config.encoding = CVG_KUBE_JSON;
    rig->config.page = 500;
    rig->config.probe_every = 10 * FAKE_SECOND;
    rig->cluster =
        cvg_kube_cluster_new(fake_host_table(rig->fake), fake_host_source(rig->fake), &rig->config);
    assert_non_null(rig->cluster);
}

static void rig_start(struct rig *rig)
{
    cvg_kube_cluster_start(rig->cluster);
    connected.ready(connected.arg);
    fake_host_run(rig->fake);
}

static UNUSED void rig_open(struct rig *rig)
{
    rig_prepare(rig);
    rig->pods = cvg_kube_cluster_want(rig->cluster, &rig->reader, cvg_kube_kind_of("", "v1", "Pod"),
                                      "shop", 0, NULL, NULL);
    rig_start(rig);
}

static void rig_close(struct rig *rig)
{
    fake_host_end(rig->fake);
    cvg_kube_cluster_free(rig->cluster);
    fake_host_free(rig->fake);
}

static const struct cvg_kube_collection_state *rig_state(const struct rig *rig)
{
    return cvg_kube_collection_state(rig->pods);
}

/* ---- what is asked ---- */

/* The open request with that in its path, which has to be there. */
static struct cvg_op *rig_asked(struct rig *rig, const char *part)
{
    struct cvg_op *request = fake_host_find(rig->fake, part);
    if (!request) {
        fail_msg("nobody asks for %s", part);
    }
    return request;
}

/* Answers the small reads that are asked for. */
static UNUSED void rig_answer_pulse(struct rig *rig)
{
    struct cvg_op *read;
    while ((read = fake_host_find(rig->fake, "z?verbose"))) {
        fake_answer(rig->fake, read, 200, "[+]ping ok\nreadyz check passed\n");
    }
    fake_host_run(rig->fake);
}

/* Nobody asks before that much time went by, and then somebody does. */
static UNUSED struct cvg_op *rig_asked_between(struct rig *rig, const char *part, int64_t least,
                                               int64_t most)
{
    int64_t step = 50 * FAKE_MS;
    for (int64_t passed = 0; passed <= most + step; passed += step) {
        struct cvg_op *request = fake_host_find(rig->fake, part);
        if (request) {
            assert_true(passed >= least);
            return request;
        }
        fake_host_advance(rig->fake, step);
        rig_answer_pulse(rig);
    }
    return rig_asked(rig, part);
}

/* ---- what is answered ---- */

/* items: "a=5 b=7": names with their versions, or "". */
static const char *rig_list(const char *items, const char *version, const char *next)
{
    static char text[65536];
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{"
                                   "\"resourceVersion\":\"%s\",\"continue\":\"%s\"},\"items\":[",
                                   version, next);
    char name[64];
    char at[64];
    int length = 0;
    for (int n = 0; sscanf(items, " %63[^=]=%63s%n", name, at, &length) == 2; n++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"metadata\":{\"name\":\"%s\",\"namespace\":\"shop\","
                                 "\"uid\":\"uid-%s\",\"resourceVersion\":\"%s\"}}",
                                 n ? "," : "", name, name, at);
        items += length;
    }
    snprintf(text + used, sizeof text - used, "]}");
    return text;
}

static UNUSED const char *rig_event(const char *type, const char *name, const char *version)
{
    static char text[1024];
    snprintf(text, sizeof text,
             "{\"type\":\"%s\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{"
             "\"name\":\"%s\",\"namespace\":\"shop\",\"uid\":\"uid-%s\",\"resourceVersion\":\"%s\"}"
             "}}\n",
             type, name, name, version);
    return text;
}

static UNUSED const char *rig_bookmark(const char *version, int initial_end)
{
    static char text[1024];
    snprintf(text, sizeof text,
             "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\","
             "\"metadata\":{\"resourceVersion\":\"%s\"%s}}}\n",
             version,
             initial_end ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "");
    return text;
}

static UNUSED const char *rig_error(int code, const char *reason)
{
    static char text[1024];
    snprintf(text, sizeof text,
             "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\","
             "\"metadata\":{},\"status\":\"Failure\",\"message\":\"said so\",\"reason\":\"%s\","
             "\"code\":%d}}\n",
             reason, code);
    return text;
}

static UNUSED const char *rig_status(int code, const char *reason, const char *message)
{
    static char text[1024];
    snprintf(text, sizeof text,
             "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
             "\"message\":\"%s\",\"reason\":\"%s\",\"code\":%d}",
             message, reason, code);
    return text;
}

/* Answers the list that is asked for. */
static UNUSED void rig_answer_list(struct rig *rig, const char *items, const char *version)
{
    fake_answer(rig->fake, rig_asked(rig, "limit="), 200, rig_list(items, version, ""));
    fake_host_run(rig->fake);
}

/* Opens the watch that is asked for. */
static UNUSED struct cvg_op *rig_open_watch(struct rig *rig)
{
    struct cvg_op *watch = rig_asked(rig, "watch=1");
    assert_true(fake_head(rig->fake, watch, 200, "application/json"));
    return watch;
}

static UNUSED int rig_send(struct rig *rig, struct cvg_op *watch, const char *frames)
{
    return fake_bytes(rig->fake, watch, frames, strlen(frames));
}

/* Time goes by, and the small reads are answered. */
static UNUSED void rig_pass(struct rig *rig, int seconds)
{
    for (; seconds > 0; seconds--) {
        fake_host_advance(rig->fake, FAKE_SECOND);
        rig_answer_pulse(rig);
    }
}

/* ---- what is known ---- */

/* "a=5 b=7": what readers see, by name. */
static UNUSED const char *rig_seen(const struct cvg_kube_collection *collection)
{
    static char text[4096];
    size_t used = 0;
    text[0] = '\0';
    for (char name[2] = "a"; name[0] <= 'z'; name[0]++) {
        const struct cvg_kube_object *object = cvg_kube_collection_get(collection, "shop", name);
        if (object) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s=%s", used ? " " : "",
                                     name, object->version);
        }
    }
    return text;
}

static UNUSED void rig_expect(const struct rig *rig, enum cvg_kube_sync sync, const char *reason,
                              const char *seen)
{
    assert_int_equal(rig_state(rig)->sync, sync);
    assert_string_equal(rig_state(rig)->reason, reason);
    assert_string_equal(rig_seen(rig->pods), seen);
}

#endif
