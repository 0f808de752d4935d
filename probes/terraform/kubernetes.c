/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States in Kubernetes: the lease, the list of the state's secrets, and the lease again where the document
 * is new, so that an apply in between is seen. Who has seen the document before is first asked for the
 * list's metadata alone, which says whether a secret changed.
 */
#include "backend.h"
#include "kit/memory.h"
#include "kubernetes_decode.h"
#include "place/fault.h"
#include "visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

enum {
    LABEL_LIMIT = 63,
    NAME_LIMIT = 253,
    PATH_LIMIT = 2048,
    SMALL = 256 * 1024,           /* bytes of a lease */
    METADATA_LIMIT = 4096 * 1024, /* of many secrets' metadata */
    LIST_MOST = 64 * 1024 * 1024  /* of a list that is asked of one's own endpoint */
};

struct kubernetes {
    const struct cvg_host *host;
    struct cvg_source *source;
    size_t limit; /* of a document */
    struct cvg_tf_visit *looks;
    const char *namespace, *workspace, *suffix;
    char name[NAME_LIMIT + 1]; /* of the first secret */
};

struct cvg_place_look {
    struct cvg_tf_visit visit;
    struct kubernetes *kubernetes;
    cvg_place_seen *seen;
    void *arg;
    char known[80], version[80]; /* the tag as it was, and as it becomes where bytes come */
    int is_second, was_held;     /* the lease is asked again; and was held before */
};

/* What a worker makes of a list. It touches nothing else. */
struct joining {
    struct cvg_place_look *look; /* for when it comes back */
    const struct cvg_host *host;
    char name[NAME_LIMIT + 1];
    size_t limit;
    char *answer;
    size_t length;
    enum cvg_tf_kube_result result;
    struct cvg_tf_kube_state state;
};

static void ask_lease(struct cvg_place_look *look);

static struct cvg_place_look *look_of(struct cvg_tf_visit *visit)
{
    return (struct cvg_place_look *)(void *)visit;
}

static void drop(struct cvg_place_look *look)
{
    cvg_tf_visit_drop(&look->visit);
    free(look);
}

static void finish(struct cvg_place_look *look)
{
    struct cvg_place_sight sight = look->visit.sight;
    if (sight.bytes != NULL) {
        (void)snprintf(look->visit.tag->bytes, sizeof(look->visit.tag->bytes), "%s", look->version);
    }
    look->visit.sight.bytes = NULL;
    cvg_place_seen *seen = look->seen;
    void *arg = look->arg;
    drop(look);
    seen(arg, &sight);
}

/* right: "list secrets", what an account lacks that is answered 403. */
static void refuse(struct cvg_place_look *look, const struct cvg_tf_answer *answer,
                   const char *what, const char *right)
{
    if (answer->status == 403) {
        cvg_place_refuse(&look->visit.sight, CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN,
                         "the account may not %s in namespace %s", right,
                         look->kubernetes->namespace);
    } else {
        cvg_tf_visit_refuse(&look->visit, answer, what);
    }
    finish(look);
}

/* ---- the secrets ---- */

static void join(void *arg)
{
    struct joining *job = arg;
    const struct cvg_tf_kube_wanted wanted = {.name = job->name, .limit = job->limit};
    job->result = cvg_tf_kube_list_read(job->host, job->answer, job->length, &wanted, &job->state);
    free(job->answer);
    job->answer = NULL;
}

static void discard(void *arg)
{
    struct joining *job = arg;
    free(job->answer);
    free(job->state.bytes);
    free(job);
}

/* What is wrong with a list, if anything: 1 where the sight says so. */
static int take_problem(struct cvg_place_look *look, enum cvg_tf_kube_result result,
                        const char *text)
{
    struct cvg_place_sight *sight = &look->visit.sight;
    switch (result) {
    case CVG_TF_KUBE_DONE:
        return 0;
    case CVG_TF_KUBE_ABSENT:
        sight->absent = 1;
        cvg_tf_visit_say(&look->visit, "%s in namespace %s", text, look->kubernetes->namespace);
        return 1;
    case CVG_TF_KUBE_BEING_WRITTEN:
        sight->being_written = 1;
        cvg_tf_visit_say(&look->visit, "%s", text);
        return 1;
    case CVG_TF_KUBE_TOO_LARGE:
        cvg_place_refuse(sight, CVG_FAULT_TOO_LARGE, CVG_PLACE_TOO_LARGE, "%s", text);
        return 1;
    case CVG_TF_KUBE_FOREIGN:
    case CVG_TF_KUBE_BROKEN:
        break;
    }
    cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER, "%s", text);
    return 1;
}

static void on_joined(void *arg, struct cvg_op *op)
{
    struct joining *job = arg;
    struct cvg_place_look *look = job->look;
    (void)op;
    look->visit.op = NULL;
    if (take_problem(look, job->result, job->state.text)) {
        if (look->visit.sight.being_written) {
            look->is_second = 1;
            ask_lease(look);
        } else {
            finish(look);
        }
    } else {
        look->visit.sight.bytes = job->state.bytes;
        look->visit.sight.length = job->state.length;
        job->state.bytes = NULL;
        memcpy(look->version, job->state.version, sizeof(look->version));
        look->is_second = 1;
        ask_lease(look);
    }
    discard(job);
}

static void on_list(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    const struct kubernetes *kubernetes = look->kubernetes;
    if (!answer->is_fine) {
        refuse(look, answer, "the state's secrets", "list secrets");
        return;
    }
    struct joining *job = cvg_kit_alloc(sizeof(*job));
    job->look = look;
    job->host = visit->host;
    job->limit = kubernetes->limit;
    job->answer = answer->bytes;
    job->length = answer->length;
    answer->bytes = NULL;
    memcpy(job->name, kubernetes->name, sizeof(job->name));
    visit->op = visit->host->offload(visit->scope, join, on_joined, discard, job);
}

static void ask_list(struct cvg_place_look *look, const char *accept, size_t limit,
                     void (*then)(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer))
{
    const struct kubernetes *kubernetes = look->kubernetes;
    char path[PATH_LIMIT];
    /* Names were measured by check(). */
    (void)snprintf(path, sizeof(path),
                   "api/v1/namespaces/%s/secrets?labelSelector="
                   "tfstate%%3Dtrue%%2CtfstateSecretSuffix%%3D",
                   kubernetes->namespace);
    (void)cvg_tf_path_add(path, sizeof(path), kubernetes->suffix, 0);
    (void)cvg_tf_path_add(path, sizeof(path), ",tfstateWorkspace=", 0);
    (void)cvg_tf_path_add(path, sizeof(path), kubernetes->workspace, 0);
    const struct cvg_tf_asked asked = {.path = path, .accept = accept, .limit = limit};
    cvg_tf_visit_get(&look->visit, &asked, then);
}

static void ask_whole_list(struct cvg_place_look *look)
{
    ask_list(look, NULL, LIST_MOST, on_list);
}

static void on_metadata(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    const struct cvg_tf_kube_wanted wanted = {.name = look->kubernetes->name, .only_version = 1};
    struct cvg_tf_kube_state state = {0};
    if (!answer->is_fine) {
        refuse(look, answer, "the state's secrets", "list secrets");
        return;
    }
    if (cvg_tf_kube_list_read(visit->host, answer->bytes, answer->length, &wanted, &state) ==
            CVG_TF_KUBE_DONE &&
        state.version[0] != '\0' && strcmp(state.version, look->known) == 0) {
        visit->sight.unchanged = 1;
        finish(look);
        return;
    }
    ask_whole_list(look);
}

/* ---- the lease ---- */

static void on_lease(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    struct cvg_tf_kube_lease lease = {0};
    if (!answer->is_fine && answer->status != 404) {
        refuse(look, answer, "the lease that locks the state", "get leases.coordination.k8s.io");
        return;
    }
    if (answer->is_fine && cvg_tf_kube_lease_read(answer->bytes, answer->length, &lease) < 0) {
        cvg_place_refuse(&visit->sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the answer is not a Lease");
        finish(look);
        return;
    }
    if (lease.is_held) {
        cvg_tf_visit_note(visit, lease.note, strlen(lease.note));
    }
    visit->sight.lock = lease.is_held || look->was_held ? CVG_PLACE_LOCK_HELD : CVG_PLACE_LOCK_FREE;
    look->was_held = lease.is_held;
    if (look->is_second) {
        finish(look);
    } else if (look->known[0] != '\0') {
        ask_list(look, METADATA, METADATA_LIMIT, on_metadata);
    } else {
        ask_whole_list(look);
    }
}

static void ask_lease(struct cvg_place_look *look)
{
    char path[PATH_LIMIT];
    (void)snprintf(path, sizeof(path), "apis/coordination.k8s.io/v1/namespaces/%s/leases/lock-%s",
                   look->kubernetes->namespace, look->kubernetes->name);
    const struct cvg_tf_asked asked = {.path = path, .limit = SMALL};
    cvg_tf_visit_get(&look->visit, &asked, on_lease);
}

/* ---- the kind ---- */

static const char *or_default(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : "default";
}

/* A DNS name, which is also right as it is in a path and as a label's value. */
static int is_name(const char *text, size_t most)
{
    size_t length = strlen(text);
    return length > 0 && length <= most &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length && text[0] != '-' &&
           text[0] != '.' && text[length - 1] != '-' && text[length - 1] != '.';
}

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse_key)(void *arg, const char *path, const char *text), void *arg)
{
    static const char shape[] =
        "must be small letters, digits, '-' and '.', at most 63 of them, as names of Kubernetes";
    const struct cvg_tf_source_config *config = settings->own;
    int code = 0;
    if (config->secret_suffix == NULL) {
        refuse_key(arg, "secret_suffix", "is missing: as in Terraform's backend");
        code = -1;
    } else if (!is_name(config->secret_suffix, LABEL_LIMIT)) {
        refuse_key(arg, "secret_suffix", shape);
        code = -1;
    }
    if (!is_name(or_default(config->namespace), LABEL_LIMIT)) {
        refuse_key(arg, "namespace", shape);
        code = -1;
    }
    if (!is_name(or_default(config->workspace), LABEL_LIMIT)) {
        refuse_key(arg, "workspace", shape);
        code = -1;
    }
    if (!host->endpoint_has(source, "url") && !host->endpoint_has(source, "via")) {
        refuse_key(arg, "via",
                   "is missing: the source of type kubernetes whose cluster keeps the state");
        code = -1;
    }
    return code;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    const struct cvg_tf_source_config *config = settings->own;
    struct kubernetes *kubernetes = cvg_kit_alloc(sizeof(*kubernetes));
    kubernetes->host = host;
    kubernetes->source = source;
    kubernetes->limit = cvg_tf_visit_limit(settings);
    kubernetes->namespace = or_default(config->namespace);
    kubernetes->workspace = or_default(config->workspace);
    kubernetes->suffix = config->secret_suffix;
    (void)snprintf(kubernetes->name, sizeof(kubernetes->name), "tfstate-%s-%s",
                   kubernetes->workspace, kubernetes->suffix);
    cvg_place_raise_ceiling(host, source, LIST_MOST);
    return kubernetes;
}

static void close_place(void *place)
{
    struct kubernetes *kubernetes = place;
    cvg_tf_visit_drop_all(&kubernetes->looks, drop);
    free(kubernetes);
}

static struct cvg_place_look *begin(void *place, int64_t deadline_ns, struct cvg_place_tag *tag,
                                    cvg_place_seen *seen, void *arg)
{
    struct kubernetes *kubernetes = place;
    struct cvg_place_look *look = cvg_kit_alloc(sizeof(*look));
    cvg_tf_visit_begin(&look->visit, &kubernetes->looks, kubernetes->host, kubernetes->source,
                       deadline_ns, tag);
    look->kubernetes = kubernetes;
    look->seen = seen;
    look->arg = arg;
    (void)snprintf(look->known, sizeof(look->known), "%.79s", tag->bytes);
    ask_lease(look);
    return look;
}

const struct cvg_place_kind cvg_tf_kubernetes = {
    .name = "kubernetes",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = begin,
    .cancel = drop,
};
