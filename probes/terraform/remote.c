/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States of HCP Terraform and Terraform Enterprise. A look asks for the workspace, which says whether it is
 * locked and which state version is the current one; for its runs and its health assessment; then, where the
 * state version is new, for that and for the state, which may lie on another server that gets no
 * credentials; and for the workspace again, so that an apply in between is seen.
 */
#include "backend.h"
#include "kit/header.h"
#include "kit/memory.h"
#include "place/fault.h"
#include "remote_decode.h"
#include "remote_download.h"
#include "remote_reason.h"
#include "visit.h"

#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND    INT64_C(1000000000)
#define MOST_WAIT (MOST_WAIT_S * SECOND)
#define JSON_API  "application/vnd.api+json"

enum {
    NAME_LIMIT = 90, /* of the service's own */
    PATH_LIMIT = 1024,
    SMALL = 4 * 1024 * 1024, /* bytes of an answer of the API */
    HOPS = 4,
    MOST_WAIT_S = 300 /* that a server may ask for */
};

struct remote {
    const struct cvg_host *host;
    struct cvg_source *source;
    size_t limit; /* of a document */
    struct cvg_tf_visit *looks;
    const struct cvg_tf_source_config *config;
    int64_t quiet_until; /* host->now(): the server asked for it */
};

struct cvg_place_look {
    struct cvg_tf_visit visit;
    struct remote *remote;
    cvg_place_seen *seen;
    void *arg;
    char known[CVG_TF_REMOTE_ID]; /* the state version that the tag names */
    struct cvg_tf_remote_workspace workspace;
    struct cvg_tf_remote_version version;
    char url[sizeof(((struct cvg_tf_remote_version *)NULL)->url)]; /* of the hop that is asked */
    int hops;
    int is_second; /* the workspace is asked again */
};

/* The serial is looked for on a worker: the state may be large. */
struct comparing {
    struct cvg_place_look *look; /* for when it comes back */
    char *bytes;
    size_t length;
    char serial[24];
};

static struct cvg_place_look *look_of(struct cvg_tf_visit *visit)
{
    return (struct cvg_place_look *)(void *)visit;
}

static void drop(struct cvg_place_look *look)
{
    cvg_tf_visit_drop(&look->visit);
    explicit_bzero(look->url, sizeof(look->url));
    explicit_bzero(look->version.url, sizeof(look->version.url));
    free(look);
}

static void finish(struct cvg_place_look *look)
{
    struct cvg_place_sight sight = look->visit.sight;
    if (sight.bytes != NULL) {
        (void)snprintf(look->visit.tag->bytes, sizeof(look->visit.tag->bytes), "%s",
                       look->version.id);
    }
    look->visit.sight.bytes = NULL;
    cvg_place_seen *seen = look->seen;
    void *arg = look->arg;
    drop(look);
    seen(arg, &sight);
}

static void finish_as_written(struct cvg_place_look *look, const char *text)
{
    struct cvg_place_sight *sight = &look->visit.sight;
    cvg_place_sight_done(sight);
    sight->being_written = 1;
    cvg_tf_visit_say(&look->visit, "%s", text);
    finish(look);
}

/* ---- asking ---- */

/* X-RateLimit-Reset: seconds, with a fraction. */
static void keep_quiet(struct cvg_place_look *look, const struct cvg_http_response *response)
{
    size_t length = 0;
    const char *value = cvg_kit_header(response->headers, "X-RateLimit-Reset", &length);
    double seconds = 0;
    int64_t wait_ns = response->retry_after_ns;
    if (value != NULL && cvg_parse_double(value, length, &seconds) == 0 && seconds > 0) {
        int64_t asked_ns = seconds < MOST_WAIT_S ? (int64_t)(seconds * (double)SECOND) : MOST_WAIT;
        wait_ns = asked_ns > wait_ns ? asked_ns : wait_ns;
    }
    wait_ns = wait_ns <= 0 ? SECOND : wait_ns > MOST_WAIT ? MOST_WAIT : wait_ns;
    look->remote->quiet_until = look->visit.host->now() + wait_ns;
}

static void say_throttled(struct cvg_place_look *look)
{
    int64_t left_ns = look->remote->quiet_until - look->visit.host->now();
    cvg_place_refuse(&look->visit.sight, CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED,
                     "the service asked to come back later, in %lld s",
                     (long long)((left_ns + SECOND - 1) / SECOND));
}

static void refuse(struct cvg_place_look *look, const struct cvg_tf_answer *answer,
                   const char *what)
{
    if (answer->status == 429) {
        keep_quiet(look, answer->response);
        say_throttled(look);
    } else {
        cvg_tf_visit_refuse(&look->visit, answer, what);
    }
    finish(look);
}

static void refuse_as_bad(struct cvg_place_look *look, const char *what)
{
    cvg_place_refuse(&look->visit.sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                     "the answer is not %s as the API gives it", what);
    finish(look);
}

/* /api/v2/ a/b/ID/c: before is ours, id the server's or the operator's. */
static void ask(struct cvg_place_look *look, const char *before, const char *id, const char *behind,
                void (*then)(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer))
{
    char path[PATH_LIMIT];
    (void)snprintf(path, sizeof(path), "api/v2/%s", before);
    (void)cvg_tf_path_add(path, sizeof(path), id, 0);
    size_t used = strlen(path);
    (void)snprintf(path + used, sizeof(path) - used, "%s", behind);
    const struct cvg_tf_asked asked = {.path = path, .accept = JSON_API, .limit = SMALL};
    cvg_tf_visit_get(&look->visit, &asked, then);
}

static void ask_workspace(struct cvg_place_look *look);

/* ---- the state ---- */

static void compare(void *arg)
{
    struct comparing *job = arg;
    cvg_tf_remote_serial(job->bytes, job->length, job->serial, sizeof(job->serial));
}

static void discard(void *arg)
{
    struct comparing *job = arg;
    free(job->bytes);
    free(job);
}

/* A state without a serial is its reader's to refuse. */
static void on_compared(void *arg, struct cvg_op *op)
{
    struct comparing *job = arg;
    struct cvg_place_look *look = job->look;
    (void)op;
    look->visit.op = NULL;
    if (job->serial[0] != '\0' && look->version.serial[0] != '\0' &&
        strcmp(job->serial, look->version.serial) != 0) {
        finish_as_written(look, "the state that came has another serial than its state version");
    } else {
        look->visit.sight.bytes = job->bytes;
        look->visit.sight.length = job->length;
        look->visit.sight.changed_at = look->version.created_at;
        job->bytes = NULL;
        look->is_second = 1;
        ask_workspace(look);
    }
    discard(job);
}

static void ask_state(struct cvg_place_look *look);

/* The service hands a state out by a redirect to where it lies. */
static int follow(struct cvg_place_look *look, const struct cvg_tf_answer *answer)
{
    char to[sizeof(look->url)];
    size_t length = 0;
    const char *location = cvg_kit_header(answer->response->headers, "Location", &length);
    if (location == NULL || ++look->hops >= HOPS ||
        cvg_tf_remote_join(look->url, location, length, to, sizeof(to)) < 0) {
        return -1;
    }
    memcpy(look->url, to, sizeof(look->url));
    explicit_bzero(to, sizeof(to));
    ask_state(look);
    return 0;
}

static void on_state(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    if (answer->status >= 301 && answer->status <= 308 && answer->status != 304) {
        if (follow(look, answer) < 0) {
            cvg_place_refuse(&visit->sight, CVG_FAULT_PROTOCOL, CVG_PLACE_REDIRECTED,
                             "the state: a redirect that leads to no place that is safe to ask");
            finish(look);
        }
        return;
    }
    if (answer->status == 404) {
        finish_as_written(look, "the state of the current state version is not there yet");
        return;
    }
    if (!answer->is_fine) {
        refuse(look, answer, "the state");
        return;
    }
    struct comparing *job = cvg_kit_alloc(sizeof(*job));
    job->look = look;
    job->bytes = answer->bytes;
    job->length = answer->length;
    answer->bytes = NULL;
    visit->op = visit->host->offload(visit->scope, compare, on_compared, discard, job);
}

static void ask_state(struct cvg_place_look *look)
{
    const struct cvg_tf_asked asked = {
        .path = look->url, .accept = "application/json", .limit = look->remote->limit};
    cvg_tf_visit_get(&look->visit, &asked, on_state);
}

static void finish_as_absent(struct cvg_place_look *look)
{
    look->visit.sight.absent = 1;
    cvg_tf_visit_say(&look->visit,
                     "the workspace %s has no state, or the token may not read state versions",
                     look->remote->config->workspace);
    finish(look);
}

static void on_version(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    struct cvg_tf_remote_version *version = &look->version;
    if (answer->status == 404) {
        finish_as_absent(look);
        return;
    }
    if (!answer->is_fine) {
        refuse(look, answer, "the current state version");
        return;
    }
    int code = cvg_tf_remote_version_read(answer->bytes, answer->length, version);
    explicit_bzero(answer->bytes, answer->length);
    if (code < 0) {
        refuse_as_bad(look, "a state version");
        return;
    }
    if (strcmp(version->status, "pending") == 0) {
        finish_as_written(look, "the current state version is pending: its state is on its way");
        return;
    }
    if (version->status[0] != '\0' && strcmp(version->status, "finalized") != 0) {
        refuse_as_bad(look, "a state version that is finalized");
        return;
    }
    if (version->url[0] == '\0') {
        finish_as_written(look, "the current state version does not say yet where its state is");
        return;
    }
    if (cvg_tf_remote_join("", version->url, strlen(version->url), look->url, sizeof(look->url)) <
        0) {
        refuse_as_bad(look, "a state version with an https address of its state");
        return;
    }
    ask_state(look);
}

static void ask_version(struct cvg_place_look *look)
{
    const struct cvg_tf_remote_workspace *workspace = &look->workspace;
    if (look->known[0] != '\0' && strcmp(workspace->state_version, look->known) == 0) {
        look->visit.sight.unchanged = 1;
        finish(look);
        return;
    }
    ask(look, "workspaces/", workspace->id, "/current-state-version", on_version);
}

/* ---- the words ---- */

static void say_unreadable(struct cvg_place_word *word, const char *reason, const char *text)
{
    *word = (struct cvg_place_word){.given = 1, .status = CVG_UNKNOWN, .reason = reason};
    (void)snprintf(word->text, sizeof(word->text), "%s", text);
}

static void on_assessment(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    struct cvg_tf_remote_assessment assessment;
    if (answer->status == 403) {
        say_unreadable(&visit->sight.assessment, CVG_TF_ASSESSMENT_UNREADABLE,
                       "the token may not read the health assessment of the workspace");
    } else if (answer->is_fine) {
        if (cvg_tf_remote_assessment_read(answer->bytes, answer->length, &assessment) < 0) {
            refuse_as_bad(look, "an assessment");
            return;
        }
        cvg_tf_remote_assessment_word(&assessment, &visit->sight.assessment);
    } else if (answer->status != 404) {
        refuse(look, answer, "the health assessment");
        return;
    }
    ask_version(look);
}

static void ask_assessment(struct cvg_place_look *look)
{
    if (look->workspace.assessments == 1) {
        ask(look, "workspaces/", look->workspace.id, "/current-assessment-result", on_assessment);
    } else {
        ask_version(look);
    }
}

static void on_run(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    struct cvg_tf_remote_run run;
    if (answer->status == 404 || answer->status == 403) {
        say_unreadable(&visit->sight.run, CVG_TF_RUN_UNREADABLE,
                       "the current run is gone, or the token may not read runs");
    } else if (!answer->is_fine) {
        refuse(look, answer, "the current run");
        return;
    } else if (cvg_tf_remote_run_read(answer->bytes, answer->length, &run) < 0) {
        refuse_as_bad(look, "a run");
        return;
    } else {
        cvg_tf_remote_run_word(&run, &visit->sight.run);
    }
    ask_assessment(look);
}

static void on_runs(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    struct cvg_tf_remote_run run;
    if (answer->status == 404 || answer->status == 403) {
        say_unreadable(&visit->sight.run, CVG_TF_RUN_UNREADABLE,
                       "the token may not read the runs of the workspace");
        ask_assessment(look);
        return;
    }
    if (!answer->is_fine) {
        refuse(look, answer, "the runs");
        return;
    }
    if (cvg_tf_remote_runs_read(answer->bytes, answer->length, &run) < 0) {
        refuse_as_bad(look, "a list of runs");
        return;
    }
    if (run.id[0] != '\0') {
        cvg_tf_remote_run_word(&run, &visit->sight.run);
        ask_assessment(look);
    } else if (look->workspace.run[0] != '\0') {
        /* Behind more plans than a page has. */
        ask(look, "runs/", look->workspace.run, "", on_run);
    } else {
        ask_assessment(look); /* a workspace whose runs are made elsewhere has none */
    }
}

/* ---- the workspace ---- */

/* As far as the service tells, in the words of a lock's own note. */
static void note_lock(struct cvg_place_look *look, const struct cvg_tf_remote_workspace *workspace)
{
    char note[CVG_TF_REMOTE_ID * 2 + 64];
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (workspace->locked_by[0] == '\0' ||
        workspace->locked_by[strspn(workspace->locked_by, plain)] != '\0' ||
        workspace->locked_by_type[strspn(workspace->locked_by_type, plain)] != '\0') {
        return;
    }
    int wrote = snprintf(note, sizeof(note), "{\"ID\":\"%s\",\"Who\":\"%s %s\"}",
                         workspace->locked_by, workspace->locked_by_type, workspace->locked_by);
    cvg_tf_visit_note(&look->visit, note, (size_t)wrote);
}

static void take_lock(struct cvg_place_look *look, const struct cvg_tf_remote_workspace *workspace)
{
    struct cvg_place_sight *sight = &look->visit.sight;
    if (workspace->locked != 0) {
        sight->lock = CVG_PLACE_LOCK_HELD; /* not told is not free */
        note_lock(look, workspace);
    } else if (sight->lock != CVG_PLACE_LOCK_HELD) {
        sight->lock = CVG_PLACE_LOCK_FREE;
    }
}

static void on_workspace(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    struct cvg_tf_remote_workspace workspace;
    const struct cvg_tf_source_config *config = look->remote->config;
    if (answer->status == 404) {
        visit->sight.absent = 1;
        cvg_place_sight_done(&visit->sight);
        cvg_tf_visit_say(visit,
                         "there is no workspace %s in organization %s, or the token may not see it",
                         config->workspace, config->organization);
        finish(look);
        return;
    }
    if (!answer->is_fine) {
        refuse(look, answer, "the workspace");
        return;
    }
    if (cvg_tf_remote_workspace_read(answer->bytes, answer->length, &workspace) < 0) {
        refuse_as_bad(look, "a workspace");
        return;
    }
    take_lock(look, &workspace);
    if (!look->is_second) {
        look->workspace = workspace;
        ask(look, "workspaces/", workspace.id, "/runs?page%5Bsize%5D=20", on_runs);
    } else if (workspace.state_version[0] != '\0' &&
               strcmp(workspace.state_version, look->version.id) != 0) {
        finish_as_written(look, "there was a newer state version before the state had come");
    } else {
        finish(look);
    }
}

static void ask_workspace(struct cvg_place_look *look)
{
    char before[PATH_LIMIT] = "organizations/";
    /* Names were measured by check(). */
    (void)cvg_tf_path_add(before, sizeof(before), look->remote->config->organization, 0);
    (void)cvg_tf_path_add(before, sizeof(before), "/workspaces/", 1);
    ask(look, before, look->remote->config->workspace, "", on_workspace);
}

/* ---- the kind ---- */

static int check_name(const char *name, const char *key,
                      void (*refuse_key)(void *arg, const char *path, const char *text), void *arg)
{
    if (name == NULL || name[0] == '\0') {
        refuse_key(arg, key, "is missing");
        return -1;
    }
    if (strlen(name) > NAME_LIMIT || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        refuse_key(arg, key, "is not a name, or over 90 bytes");
        return -1;
    }
    return 0;
}

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse_key)(void *arg, const char *path, const char *text), void *arg)
{
    const struct cvg_tf_source_config *config = settings->own;
    int code = check_name(config->organization, "organization", refuse_key, arg);
    code |= check_name(config->workspace, "workspace", refuse_key, arg);
    if (!host->endpoint_has(source, "url") && !host->endpoint_has(source, "via")) {
        refuse_key(arg, "url",
                   "is missing: https://app.terraform.io, or your Terraform Enterprise");
        code = -1;
    }
    return code;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    struct remote *remote = cvg_kit_alloc(sizeof(*remote));
    remote->host = host;
    remote->source = source;
    remote->limit = cvg_tf_visit_limit(settings);
    remote->config = settings->own;
    cvg_place_raise_ceiling(host, source, remote->limit > SMALL ? remote->limit : SMALL);
    return remote;
}

static void close_place(void *place)
{
    struct remote *remote = place;
    cvg_tf_visit_drop_all(&remote->looks, drop);
    free(remote);
}

static void on_quiet(void *arg, struct cvg_op *op)
{
    struct cvg_place_look *look = arg;
    (void)op;
    look->visit.op = NULL;
    say_throttled(look);
    finish(look);
}

static struct cvg_place_look *begin(void *place, int64_t deadline_ns, struct cvg_place_tag *tag,
                                    cvg_place_seen *seen, void *arg)
{
    struct remote *remote = place;
    struct cvg_place_look *look = cvg_kit_alloc(sizeof(*look));
    struct cvg_tf_visit *visit = &look->visit;
    cvg_tf_visit_begin(visit, &remote->looks, remote->host, remote->source, deadline_ns, tag);
    look->remote = remote;
    look->seen = seen;
    look->arg = arg;
    (void)snprintf(look->known, sizeof(look->known), "%.79s", tag->bytes);
    if (visit->sight.observed_at < remote->quiet_until) {
        visit->op = visit->host->timer(visit->scope, 0, on_quiet, look);
    } else {
        ask_workspace(look);
    }
    return look;
}

const struct cvg_place_kind cvg_tf_remote = {
    .name = "remote",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = begin,
    .cancel = drop,
};
