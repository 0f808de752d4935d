/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of HCP Terraform; see remote_decode.h. */
#include "remote_decode.h"

#include "pull.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

enum {
    TIMES_LIMIT = 64
};

/* ---- JSON:API ---- */

/* One resource object, and who takes its attributes and relations. On an attribute's or relation's
 * KEY, as cvg_tf_pull. */
struct resource {
    char id[CVG_TF_REMOTE_ID], type[40];
    cvg_tf_pull *attribute, *relation;
    void *into;
    int has_data;
};

struct identity {
    char *id, *type; /* type: of 24 bytes; NULL where it is not asked */
};

static int skip_member(struct cvg_json *json, void *arg)
{
    (void)arg;
    return cvg_json_skip(json);
}

static int identity_member(struct cvg_json *json, void *arg)
{
    const struct identity *identity = arg;
    if (cvg_json_is(json, "id")) {
        return cvg_tf_pull_text(json, identity->id, CVG_TF_REMOTE_ID);
    }
    if (cvg_json_is(json, "type") && identity->type != NULL) {
        return cvg_tf_pull_text(json, identity->type, 24);
    }
    return cvg_json_skip(json);
}

static int relation_member(struct cvg_json *json, void *arg)
{
    return cvg_json_is(json, "data") ? cvg_tf_pull_members(json, identity_member, arg)
                                     : cvg_json_skip(json);
}

static int resource_member(struct cvg_json *json, void *arg)
{
    struct resource *resource = arg;
    if (cvg_json_is(json, "id")) {
        return cvg_tf_pull_text(json, resource->id, sizeof(resource->id));
    }
    if (cvg_json_is(json, "type")) {
        return cvg_tf_pull_text(json, resource->type, sizeof(resource->type));
    }
    if (cvg_json_is(json, "attributes")) {
        return cvg_tf_pull_members(json, resource->attribute, resource->into);
    }
    if (cvg_json_is(json, "relationships")) {
        return cvg_tf_pull_members(json, resource->relation, resource->into);
    }
    return cvg_json_skip(json);
}

static int document_member(struct cvg_json *json, void *arg)
{
    struct resource *resource = arg;
    if (!cvg_json_is(json, "data")) {
        return cvg_json_skip(json);
    }
    resource->has_data = 1;
    return cvg_tf_pull_members(json, resource_member, resource);
}

/* id: of the resource, CVG_TF_REMOTE_ID bytes. */
static int read_resource(const char *bytes, size_t length, const char *type,
                         struct resource *resource, char *id)
{
    if (cvg_tf_pull_document(bytes, length, NULL, document_member, resource) < 0 ||
        resource->id[0] == '\0' || strcmp(resource->type, type) != 0) {
        return -1;
    }
    memcpy(id, resource->id, CVG_TF_REMOTE_ID);
    return 0;
}

static int take_time(struct cvg_json *json, int64_t *ret)
{
    char text[TIMES_LIMIT];
    int code = cvg_tf_pull_text(json, text, sizeof(text));
    *ret = 0;
    (void)cvg_parse_time(text, strlen(text), ret);
    return code;
}

static int take_count(struct cvg_json *json, int64_t *ret)
{
    char text[TIMES_LIMIT];
    int code = cvg_tf_pull_text(json, text, sizeof(text));
    if (cvg_parse_int64(text, strlen(text), ret) < 0 || *ret < 0) {
        *ret = -1;
    }
    return code;
}

/* ---- a workspace ---- */

static int workspace_attribute(struct cvg_json *json, void *arg)
{
    struct cvg_tf_remote_workspace *workspace = arg;
    if (cvg_json_is(json, "locked")) {
        return cvg_tf_pull_flag(json, &workspace->locked);
    }
    if (cvg_json_is(json, "assessments-enabled")) {
        return cvg_tf_pull_flag(json, &workspace->assessments);
    }
    return cvg_json_skip(json);
}

static int workspace_relation(struct cvg_json *json, void *arg)
{
    struct cvg_tf_remote_workspace *workspace = arg;
    if (cvg_json_is(json, "current-run")) {
        return cvg_tf_pull_members(json, relation_member, &(struct identity){workspace->run, NULL});
    }
    if (cvg_json_is(json, "current-state-version")) {
        return cvg_tf_pull_members(json, relation_member,
                                   &(struct identity){workspace->state_version, NULL});
    }
    if (cvg_json_is(json, "locked-by")) {
        return cvg_tf_pull_members(
            json, relation_member,
            &(struct identity){workspace->locked_by, workspace->locked_by_type});
    }
    return cvg_json_skip(json);
}

int cvg_tf_remote_workspace_read(const char *bytes, size_t length,
                                 struct cvg_tf_remote_workspace *ret)
{
    struct resource resource = {
        .attribute = workspace_attribute, .relation = workspace_relation, .into = ret};
    *ret = (struct cvg_tf_remote_workspace){.locked = -1, .assessments = -1};
    return read_resource(bytes, length, "workspaces", &resource, ret->id);
}

/* ---- a state version ---- */

static int version_attribute(struct cvg_json *json, void *arg)
{
    struct cvg_tf_remote_version *version = arg;
    if (cvg_json_is(json, "serial")) {
        return cvg_tf_pull_text(json, version->serial, sizeof(version->serial));
    }
    if (cvg_json_is(json, "status")) {
        return cvg_tf_pull_text(json, version->status, sizeof(version->status));
    }
    if (cvg_json_is(json, "hosted-state-download-url")) {
        return cvg_tf_pull_text(json, version->url, sizeof(version->url));
    }
    if (cvg_json_is(json, "created-at")) {
        return take_time(json, &version->created_at);
    }
    return cvg_json_skip(json);
}

int cvg_tf_remote_version_read(const char *bytes, size_t length, struct cvg_tf_remote_version *ret)
{
    struct resource resource = {
        .attribute = version_attribute, .relation = skip_member, .into = ret};
    *ret = (struct cvg_tf_remote_version){0};
    return read_resource(bytes, length, "state-versions", &resource, ret->id);
}

/* ---- runs ---- */

static int count_target(struct cvg_json *json, void *arg)
{
    struct cvg_tf_remote_run *run = arg;
    run->is_targeted = 1;
    return cvg_json_skip(json);
}

static int run_time(struct cvg_json *json, void *arg)
{
    struct cvg_tf_remote_run *run = arg;
    int64_t at = 0;
    if (!cvg_json_is(json, "applying-at")) {
        return cvg_json_skip(json);
    }
    int code = take_time(json, &at);
    run->began_apply = cvg_json_current(json) != CVG_JSON_NULL;
    return code;
}

static int run_attribute(struct cvg_json *json, void *arg)
{
    struct cvg_tf_remote_run *run = arg;
    if (cvg_json_is(json, "status")) {
        return cvg_tf_pull_text(json, run->status, sizeof(run->status));
    }
    if (cvg_json_is(json, "has-changes")) {
        return cvg_tf_pull_flag(json, &run->has_changes);
    }
    if (cvg_json_is(json, "is-destroy")) {
        return cvg_tf_pull_flag(json, &run->is_destroy);
    }
    if (cvg_json_is(json, "plan-only")) {
        return cvg_tf_pull_flag(json, &run->plan_only);
    }
    if (cvg_json_is(json, "target-addrs")) {
        return cvg_tf_pull_items(json, count_target, run);
    }
    if (cvg_json_is(json, "status-timestamps")) {
        return cvg_tf_pull_members(json, run_time, run);
    }
    return cvg_json_skip(json);
}

static struct cvg_tf_remote_run no_run(void)
{
    return (struct cvg_tf_remote_run){.has_changes = -1, .is_destroy = -1, .plan_only = -1};
}

int cvg_tf_remote_run_read(const char *bytes, size_t length, struct cvg_tf_remote_run *ret)
{
    struct resource resource = {.attribute = run_attribute, .relation = skip_member, .into = ret};
    *ret = no_run();
    return read_resource(bytes, length, "runs", &resource, ret->id);
}

struct run_choice {
    struct cvg_tf_remote_run chosen, waiting; /* without an id: none yet */
    int has_list, is_bad;
};

static int take_run(struct cvg_json *json, void *arg)
{
    struct run_choice *choice = arg;
    struct cvg_tf_remote_run run = no_run();
    struct resource resource = {.attribute = run_attribute, .relation = skip_member, .into = &run};
    int code = cvg_tf_pull_inside(json, resource_member, &resource);
    if (resource.id[0] == '\0' || strcmp(resource.type, "runs") != 0) {
        choice->is_bad = 1;
        return code;
    }
    memcpy(run.id, resource.id, sizeof(run.id));
    if (choice->chosen.id[0] != '\0' || run.plan_only == 1 || strcmp(run.status, "assessed") == 0) {
        return code;
    }
    if (strcmp(run.status, "pending") == 0) {
        choice->waiting = run; /* the oldest is the next */
    } else {
        choice->chosen = run;
    }
    return code;
}

static int runs_member(struct cvg_json *json, void *arg)
{
    struct run_choice *choice = arg;
    if (!cvg_json_is(json, "data")) {
        return cvg_json_skip(json);
    }
    int code = cvg_tf_pull_items(json, take_run, choice);
    choice->has_list = code == 0;
    return code;
}

int cvg_tf_remote_runs_read(const char *bytes, size_t length, struct cvg_tf_remote_run *ret)
{
    struct run_choice choice = {0};
    *ret = no_run();
    if (cvg_tf_pull_document(bytes, length, NULL, runs_member, &choice) < 0 || !choice.has_list ||
        choice.is_bad) {
        return -1;
    }
    /* One that is pending waits for the one that goes on; with none that does, it is the next. */
    int waits = choice.waiting.id[0] != '\0' &&
                (choice.chosen.id[0] == '\0' || !cvg_tf_remote_is_open(&choice.chosen));
    if (waits) {
        *ret = choice.waiting;
    } else if (choice.chosen.id[0] != '\0') {
        *ret = choice.chosen;
    }
    return 0;
}

/* ---- an assessment ---- */

static int assessment_attribute(struct cvg_json *json, void *arg)
{
    struct cvg_tf_remote_assessment *assessment = arg;
    if (cvg_json_is(json, "succeeded")) {
        return cvg_tf_pull_flag(json, &assessment->succeeded);
    }
    if (cvg_json_is(json, "drifted")) {
        return cvg_tf_pull_flag(json, &assessment->drifted);
    }
    if (cvg_json_is(json, "checks-failed")) {
        return take_count(json, &assessment->failed);
    }
    if (cvg_json_is(json, "checks-errored")) {
        return take_count(json, &assessment->errored);
    }
    if (cvg_json_is(json, "checks-unknown")) {
        return take_count(json, &assessment->unknown);
    }
    if (cvg_json_is(json, "resources-drifted")) {
        return take_count(json, &assessment->resources_drifted);
    }
    if (cvg_json_is(json, "created-at")) {
        return take_time(json, &assessment->made_at);
    }
    return cvg_json_skip(json);
}

int cvg_tf_remote_assessment_read(const char *bytes, size_t length,
                                  struct cvg_tf_remote_assessment *ret)
{
    struct resource resource = {
        .attribute = assessment_attribute, .relation = skip_member, .into = ret};
    *ret = (struct cvg_tf_remote_assessment){.succeeded = -1,
                                             .drifted = -1,
                                             .failed = -1,
                                             .errored = -1,
                                             .unknown = -1,
                                             .resources_drifted = -1};
    return read_resource(bytes, length, "assessment-results", &resource, ret->id);
}

/* ---- a state ---- */

/* Only so far as the serial, which stands near the beginning: the state's own reader looks at it all. */
void cvg_tf_remote_serial(const char *bytes, size_t length, char *ret, size_t size)
{
    struct cvg_json *json = cvg_json_new(bytes, length, NULL);
    ret[0] = '\0';
    if (json != NULL && cvg_json_next(json) == CVG_JSON_OBJECT) {
        while (cvg_json_next(json) == CVG_JSON_KEY) {
            if (cvg_json_is(json, "serial")) {
                (void)cvg_tf_pull_text(json, ret, size);
                break;
            }
            if (cvg_json_skip(json) < 0) {
                break;
            }
        }
    }
    cvg_json_free(json);
}
