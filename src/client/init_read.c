/* SPDX-License-Identifier: Apache-2.0 */
/* One thread, one request after the other; see init_read.h. */
#include "client/init_read.h"

#include "base/text.h"
#include "base/time.h"
#include "client/init_decode.h"
#include "client/init_write_inner.h"
#include "io/http.h"
#include "io/loop.h"
#include "model/reading.h"
#include "runner/connection.h"
#include "runner/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A cluster that answers slowly is given this long in all, so that the whole stays within a minute. */
#define TRIAL_MOST   (15 * CVG_SECOND)
#define READ_MOST    (25 * CVG_SECOND)
#define REQUEST_MOST (10 * CVG_SECOND)
#define PAGES_MOST   60
#define STATE_MOST   (64 * 1024 * 1024)

enum trial_source {
    OF_CLUSTER,
    OF_STATE,
    OF_METRICS
};

/* A check that is tried. */
struct trial {
    const char *name, *keys;
    enum trial_source source;
    enum cvg_init_trial result;
    const char *why; /* printable, in the arena */
    bool read;
};

struct reader {
    struct cvg_init_found *found;
    struct cvg_config *config;
    struct cvg_loop *loop;
    struct cvg_runner *runner;
    struct trial *trials;
    size_t trial_count, left;
    bool tried; /* all of them */
    bool whole;
    int64_t deadline;
};

static void tell(struct reader *reader, const char *what, const char *why)
{
    reader->whole = false;
    fprintf(stderr, "convergate: not read: %s: %s\n", what, cvg_init_shown(reader->found, why));
    cvg_init_note(reader->found, "not read: %s: %s", what, why);
}

/* ---- trials ---- */

static const struct trial all_trials[] = {
    {.name = "nodes", .keys = "source: cluster, preset: nodes"},
    {.name = "api", .keys = "source: cluster, preset: api"},
    {.name = "system", .keys = "source: cluster, preset: system"},
    {.name = "scheduling", .keys = "source: cluster, preset: scheduling"},
    {.name = "disruption", .keys = "source: cluster, preset: disruption"},
    {.name = "autoscaling", .keys = "source: cluster, preset: autoscaling"},
    {.name = "images", .keys = "source: cluster, preset: images"},
    {.name = "state", .source = OF_STATE, .keys = "source: infra, settle: 0s"},
    {.name = "up",
     .source = OF_METRICS,
     .keys = "source: metrics, query: avg(up), ready: '>= 0.9'"},
    {.name = "alerts",
     .source = OF_METRICS,
     .keys = "source: metrics, alerts: {match: ['severity=\"critical\"']}"},
};

static bool is_asked(const struct cvg_init_found *found, enum trial_source source)
{
    switch (source) {
    case OF_STATE:
        return found->state.place != NULL;
    case OF_METRICS:
        return found->metrics.url != NULL;
    case OF_CLUSTER:
        break;
    }
    return true;
}

static void on_reading(void *ctx, size_t environment, size_t check,
                       struct cvg_kept_reading *reading)
{
    struct reader *reader = ctx;
    const char *name = reader->config->environments[environment].checks[check].name;
    const struct cvg_reading *found = cvg_reading_get(reading);
    for (size_t i = 0; i < reader->trial_count; i++) {
        struct trial *trial = &reader->trials[i];
        if (!cvg_text_equal(trial->name, name)) {
            continue;
        }
        reader->left -= !trial->read;
        trial->read = true;
        trial->result = found->status == CVG_READY     ? CVG_INIT_READY
                        : found->status == CVG_UNKNOWN ? CVG_INIT_CANNOT
                                                       : CVG_INIT_NOT_READY;
        const char *why = cvg_arena_format(reader->found->arena, "%s: %s", found->reason,
                                           found->message ? found->message : "");
        trial->why = cvg_init_shown(reader->found, why);
    }
    reader->tried = reader->left == 0;
    cvg_reading_unref(reading);
}

static void on_alive(void *ctx, size_t environment, size_t check, int64_t at)
{
    (void)ctx, (void)environment, (void)check, (void)at;
}

/* The sources as they will be written, and the trials. */
static void write_trials(struct reader *reader, struct cvg_buf *text)
{
    struct cvg_init_found *found = reader->found;
    const struct cvg_init_live none = {0};
    struct cvg_init_written counted = {0};
    struct cvg_init_writer writer = {
        .found = found, .live = &none, .out = text, .written = &counted};
    found->cluster.read = true;
    found->state.read = found->state.place != NULL;
    found->metrics.read = found->metrics.url != NULL;
    cvg_init_write_sources(&writer);
    cvg_buf_puts(text, "environments:\n  trial:\n    checks:\n");
    for (size_t i = 0; i < reader->trial_count; i++) {
        cvg_buf_printf(text, "      %s: {%s}\n", reader->trials[i].name, reader->trials[i].keys);
    }
}

/* All at once, as long as patience lasts; who says nothing cannot tell. */
static void try_all(struct reader *reader)
{
    const struct cvg_environment_config *environment = &reader->config->environments[0];
    reader->left = reader->trial_count;
    cvg_runner_probe_patience(reader->runner, TRIAL_MOST);
    for (size_t i = 0; i < environment->check_count; i++) {
        cvg_runner_probe(reader->runner, 0, i);
    }
    cvg_loop_run_until(reader->loop, &reader->tried, cvg_time_now() + TRIAL_MOST + CVG_SECOND);
    for (size_t i = 0; i < reader->trial_count; i++) {
        struct trial *trial = &reader->trials[i];
        if (!trial->read) {
            trial->result = CVG_INIT_CANNOT;
            trial->why = "no answer in time";
        }
    }
}

static const struct trial *trial_of(const struct reader *reader, const char *name)
{
    static const struct trial none = {.result = CVG_INIT_CANNOT, .why = "it was not tried"};
    for (size_t i = 0; i < reader->trial_count; i++) {
        if (cvg_text_equal(reader->trials[i].name, name)) {
            return &reader->trials[i];
        }
    }
    return &none;
}

/* ---- requests ---- */

struct answer {
    uint32_t status;
    char *body; /* owned */
    size_t length;
    char why[200];
    bool done;
};

static void answer_done(struct answer *answer)
{
    free(answer->body);
}

static void on_answer(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct answer *answer = arg;
    (void)op;
    answer->done = true;
    answer->status = response->fault == CVG_FAULT_NONE ? response->status : 0;
    if (answer->status == 200) {
        answer->body = cvg_alloc(response->body_length + 1);
        memcpy(answer->body, response->body, response->body_length);
        answer->length = response->body_length;
    } else if (answer->status) {
        (void)snprintf(answer->why, sizeof answer->why, "HTTP status %u%s", answer->status,
                       answer->status == 403   ? ": the account has no right to read it"
                       : answer->status == 401 ? ": the credentials are not taken"
                                               : "");
    } else {
        (void)snprintf(answer->why, sizeof answer->why, "%s",
                       response->fault_text ? response->fault_text : "no answer");
    }
}

/* True: the answer is 200. */
static bool get(struct reader *reader, const char *source, const char *path, struct answer *ret)
{
    static const struct cvg_pair json = {.name = "Accept", .value = "application/json"};
    struct cvg_lane *lane = NULL;
    struct cvg_scope scope;
    for (size_t i = 0; i < reader->config->source_count; i++) {
        if (cvg_text_equal(reader->config->sources[i].name, source)) {
            lane = cvg_runner_lane(reader->runner, i);
        }
    }
    *ret = (struct answer){.why = "no answer in time"};
    if (!lane || cvg_time_now() >= reader->deadline) {
        return false;
    }
    cvg_scope_init(&scope, reader->loop, lane, NULL, NULL);
    struct cvg_http_request request = {.size = sizeof request,
                                       .path = path,
                                       .headers = &json,
                                       .header_count = 1,
                                       .timeout_ns = REQUEST_MOST,
                                       .on_done = on_answer,
                                       .arg = ret};
    if (cvg_http_start(&scope, &request)) {
        cvg_loop_run_until(reader->loop, &ret->done, reader->deadline);
    }
    cvg_scope_end(&scope);
    return ret->status == 200;
}

/* ---- the cluster ---- */

struct listing {
    const char *what, *group, *resource;
    struct cvg_init_listed listed;
};

static const struct listing listings[] = {
    {"Deployments", "/apis/apps/v1", "deployments", {CVG_INIT_LIST_WORKLOADS, CVG_INIT_DEPLOYMENT}},
    {"StatefulSets",
     "/apis/apps/v1",
     "statefulsets",
     {CVG_INIT_LIST_WORKLOADS, CVG_INIT_STATEFULSET}},
    {"DaemonSets", "/apis/apps/v1", "daemonsets", {CVG_INIT_LIST_WORKLOADS, CVG_INIT_DAEMONSET}},
    {"Jobs", "/apis/batch/v1", "jobs", {CVG_INIT_LIST_WORKLOADS, CVG_INIT_JOB}},
    {"CronJobs", "/apis/batch/v1", "cronjobs", {CVG_INIT_LIST_CRONJOBS, CVG_INIT_KIND_COUNT}},
    {"Ingresses",
     "/apis/networking.k8s.io/v1",
     "ingresses",
     {CVG_INIT_LIST_INGRESSES, CVG_INIT_KIND_COUNT}},
    {"Gateways",
     "/apis/gateway.networking.k8s.io/v1",
     "gateways",
     {CVG_INIT_LIST_GATEWAYS, CVG_INIT_KIND_COUNT}},
};

/* Tokens are opaque: whatever is not plain is encoded. */
static const char *encode(struct cvg_arena *arena, const char *text)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf out = CVG_BUF_INIT(16u * 1024);
    for (const char *at = text; *at; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                     (*at >= '0' && *at <= '9') || strchr("-_.~", *at);
        cvg_buf_printf(&out, plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    return cvg_arena_strdup(arena, cvg_buf_text(&out));
}

/* namespace: NULL: all. */
static int read_list(struct reader *reader, const struct listing *listing, const char *namespace,
                     struct cvg_error *reterr)
{
    struct cvg_arena *arena = reader->found->arena;
    const char *next = NULL,
               *base = cvg_arena_format(arena, "%s%s%s/%s?limit=500", listing->group,
                                        namespace ? "/namespaces/" : "", namespace ? namespace : "",
                                        listing->resource);
    for (unsigned page = 0; page < PAGES_MOST; page++) {
        CVG_CLEANUP(answer_done) struct answer answer;
        const char *path =
            next ? cvg_arena_format(arena, "%s&continue=%s", base, encode(arena, next)) : base;
        if (!get(reader, "cluster", path, &answer)) {
            bool absent = answer.status == 404 && listing->listed.list != CVG_INIT_LIST_WORKLOADS;
            return absent ? 0
                          : cvg_error_set(reterr, answer.status ? CVG_E_REFUSED : CVG_E_UNAVAILABLE,
                                          "%s", answer.why);
        }
        int rc = cvg_init_decode_list(answer.body, answer.length, listing->listed, reader->found,
                                      &next, reterr);
        if (rc < 0 || !next) {
            return rc;
        }
    }
    return cvg_error_set(reterr, CVG_E_TOO_LARGE, "there are more than %u pages of 500",
                         PAGES_MOST);
}

static int read_listing(struct reader *reader, const struct listing *listing,
                        struct cvg_error *reterr)
{
    const struct cvg_init_cluster *cluster = &reader->found->cluster;
    int rc = 0;
    if (cluster->namespace_count == 0) {
        return read_list(reader, listing, NULL, reterr);
    }
    for (size_t i = 0; rc == 0 && i < cluster->namespace_count; i++) {
        rc = read_list(reader, listing, cluster->namespaces[i], reterr);
    }
    return rc;
}

static int read_cluster(struct reader *reader, struct cvg_error *reterr)
{
    bool any = false;
    for (size_t i = 0; i < CVG_COUNT(listings); i++) {
        struct cvg_error error = {0};
        if (read_listing(reader, &listings[i], &error) == 0) {
            any = true;
        } else if (!any && listings[i].listed.list == CVG_INIT_LIST_WORKLOADS &&
                   error.code == CVG_E_UNAVAILABLE) {
            return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "the cluster cannot be read: %s",
                                 trial_of(reader, "nodes")->result == CVG_INIT_CANNOT
                                     ? trial_of(reader, "nodes")->why
                                     : error.text);
        } else {
            tell(reader, listings[i].what, error.text);
        }
    }
    if (!any) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "nothing of the cluster may be read by this account");
    }
    CVG_CLEANUP(answer_done) struct answer answer;
    struct cvg_error error = {0};
    if (!get(reader, "cluster", "/apis", &answer)) {
        tell(reader, "custom resources", answer.why);
    } else if (cvg_init_decode_groups(answer.body, answer.length, reader->found, &error) < 0) {
        tell(reader, "custom resources", error.text);
    }
    for (size_t i = 0; i < reader->trial_count; i++) {
        const struct trial *trial = &reader->trials[i];
        if (trial->source == OF_CLUSTER) {
            cvg_init_add_preset(reader->found, trial->name, trial->result, trial->why);
        }
    }
    return 0;
}

/* ---- a state ---- */

static int read_state_file(const char *path, struct cvg_buf *out, struct cvg_error *reterr)
{
    struct stat info;
    char chunk[64 * 1024];
    int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) < 0) {
        rc = cvg_error_set_errno(reterr, errno, "%s", path);
    } else if (!S_ISREG(info.st_mode)) {
        rc = cvg_error_set(reterr, CVG_E_INVALID, "%s is no regular file", path);
    }
    while (rc == 0) {
        ssize_t length = read(fd, chunk, sizeof chunk);
        if (length < 0) {
            rc = cvg_error_set_errno(reterr, errno, "%s", path);
        } else if (length == 0) {
            break;
        } else if (cvg_buf_add(out, chunk, (size_t)length) < 0) {
            rc = cvg_error_set(reterr, CVG_E_TOO_LARGE, "%s is over 64 MiB", path);
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

static void read_state(struct reader *reader)
{
    struct cvg_init_state *state = &reader->found->state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(STATE_MOST);
    CVG_CLEANUP(answer_done) struct answer answer = {0};
    struct cvg_error error = {0};
    int rc = 0;
    state->read = false;
    if (!state->is_url) {
        rc = read_state_file(state->place, &text, &error);
    } else if (!get(reader, "infra", "", &answer)) {
        rc = cvg_error_set(&error, CVG_E_UNAVAILABLE, "%s", answer.why);
    }
    if (rc == 0) {
        rc = state->is_url
                 ? cvg_init_decode_state(answer.body, answer.length, reader->found, &error)
                 : cvg_init_decode_state(cvg_buf_text(&text), text.length, reader->found, &error);
    }
    if (rc < 0) {
        tell(reader, "the Terraform state", error.text);
        return;
    }
    state->read = true;
    state->trial = trial_of(reader, "state")->result;
    state->why = trial_of(reader, "state")->why;
}

/* ---- a Prometheus ---- */

static void read_metrics(struct reader *reader)
{
    struct cvg_init_metrics *metrics = &reader->found->metrics;
    CVG_CLEANUP(answer_done) struct answer jobs = {0}, rules = {0};
    struct cvg_error error = {0};
    metrics->read = false;
    if (!get(reader, "metrics", "/api/v1/query?query=count%20by%20(job)%20(up)", &jobs)) {
        tell(reader, "the Prometheus", jobs.why);
        return;
    }
    if (cvg_init_decode_count(jobs.body, jobs.length, &metrics->jobs, &error) < 0) {
        tell(reader, "the Prometheus", error.text);
        return;
    }
    metrics->read = true;
    metrics->up = trial_of(reader, "up")->result;
    metrics->up_why = trial_of(reader, "up")->why;
    metrics->alerts = trial_of(reader, "alerts")->result;
    metrics->alerts_why = trial_of(reader, "alerts")->why;
    if (!get(reader, "metrics", "/api/v1/rules", &rules)) {
        tell(reader, "rules of the Prometheus", rules.why);
    } else if (cvg_init_decode_rules(rules.body, rules.length, reader->found, &error) < 0) {
        tell(reader, "rules of the Prometheus", error.text);
    }
}

/* ---- all ---- */

static int read_all(struct reader *reader, struct cvg_error *reterr)
{
    try_all(reader);
    reader->deadline = cvg_time_now() + READ_MOST;
    int rc = read_cluster(reader, reterr);
    if (rc == 0 && reader->found->state.place) {
        read_state(reader);
    }
    if (rc == 0 && reader->found->metrics.url) {
        read_metrics(reader);
    }
    return rc;
}

/* What the loader or a module says of the sources, which the user named. */
static int start(struct reader *reader, struct cvg_registry *registry, struct cvg_error *reterr)
{
    static const struct cvg_runner_events events = {.reading = on_reading, .alive = on_alive};
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1024u * 1024);
    struct cvg_loop_options options = {.adopts_strays = true};
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    write_trials(reader, &text);
    int rc = cvg_config_load_text("(init)", cvg_buf_text(&text), text.length, &kinds, &diagnostics,
                                  &reader->config);
    if (rc == 0) {
        rc = cvg_loop_new(&options, &reader->loop, reterr);
        if (rc < 0) {
            return rc;
        }
        rc = cvg_runner_new(reader->loop, reader->config, registry, &events, reader, &diagnostics,
                            &reader->runner);
    }
    if (rc < 0) {
        cvg_diagnostics_print(&diagnostics, stderr);
        return cvg_error_set(reterr, CVG_E_INVALID, "what was named cannot be a source");
    }
    return 0;
}

int cvg_init_read(struct cvg_registry *registry, struct cvg_init_found *found, bool *ret_whole,
                  struct cvg_error *reterr)
{
    struct trial trials[CVG_COUNT(all_trials)];
    struct reader reader = {.found = found, .trials = trials, .whole = true};
    for (size_t i = 0; i < CVG_COUNT(all_trials); i++) {
        if (is_asked(found, all_trials[i].source)) {
            trials[reader.trial_count++] = all_trials[i];
        }
    }
    int rc = start(&reader, registry, reterr);
    if (rc == 0) {
        rc = read_all(&reader, reterr);
    }
    cvg_runner_free(reader.runner);
    cvg_loop_free(reader.loop);
    cvg_config_unref(reader.config);
    *ret_whole = reader.whole;
    return rc;
}
