/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of whatever speaks HTTP. A run asks once and judges the answer while it is there (judge.h);
 * a body that takes a while to read is judged on a worker, from copies. A check keeps nothing but a
 * registry's token (registry.h).
 *
 *   run -> (secret headers) -> request -> judged inline, or on a worker -> complete
 *   run -> registry -> complete
 */
#include "judge.h"
#include "kit/memory.h"
#include "kit/text.h"
#include "registry.h"
#include "secrets.h"

#include <convergate/module.h>

#include <stdlib.h>
#include <string.h>

#define MILLISECOND  INT64_C(1000000)
#define ARENA_MOST   ((size_t)2 << 20) /* values, not documents */
#define INLINE_MOST  ((size_t)128 << 10)
#define GLANCE_MOST  ((uint64_t)64 << 10) /* of a body that nobody looks at */
#define HEADERS_MOST (32 + CVG_HTTP_SECRETS_MOST)

struct source {
    const struct cvg_host *host;
    struct cvg_source *handle;
    const struct cvg_http_source_config *config;
    struct cvg_kit_arena *arena; /* owned; of whoever judges now */
    int has_url;
};

struct check {
    struct source *source;
    struct cvg_http_registry *registry; /* owned; NULL: asks no registry */
    int refers;
    /* The run in flight, one at a time. */
    struct cvg_run *run;                        /* NULL: none */
    const struct cvg_http_check_config *config; /* of the run */
    int64_t deadline_ns;
    uint64_t glanced;                 /* bytes of a body that nobody looks at */
    struct cvg_http_secrets *secrets; /* owned; NULL: none are being read */
};

/* A body on its way through a worker, which touches nothing but this. */
struct judging {
    struct check *check; /* for when it comes back */
    struct cvg_kit_arena *arena, *copies;
    const struct cvg_http_check_config *config;
    struct cvg_http_response response;
    struct cvg_kit_finding finding;
};

/* ---- sources ---- */

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
    int has_url = host->endpoint_has(handle, "url") || host->endpoint_has(handle, "via");
    if (cvg_http_source_check(config, has_url, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    struct source *source = cvg_kit_alloc(sizeof(*source));
    source->host = host;
    source->handle = handle;
    source->config = config;
    source->has_url = has_url;
    source->arena = cvg_kit_arena_new(ARENA_MOST);
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    struct source *source = state;
    cvg_kit_arena_free(source->arena);
    free(source);
}

/* ---- checks ---- */

static void complete(struct check *check, struct cvg_kit_finding *finding)
{
    struct cvg_run *run = check->run;
    check->run = NULL;
    check->source->host->complete(run, &finding->reading);
}

static void on_registry(void *arg, struct cvg_kit_finding *finding)
{
    complete(arg, finding);
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    const struct cvg_http_check_config *keys = config;
    if (cvg_http_check_check(keys, source->has_url, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    struct check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    check->refers = cvg_http_check_refers(keys);
    if (keys->image != NULL) {
        const struct cvg_http_registry_setup setup = {
            .host = source->host,
            .source = source->handle,
            .config = source->config,
            .arena = source->arena,
            .has_url = source->has_url,
            .on_done = on_registry,
            .arg = check,
        };
        check->registry = cvg_http_registry_new(&setup);
    }
    *ret_state = check;
    return 0;
}

static void stop_asking(struct check *check)
{
    cvg_http_secrets_free(check->secrets);
    check->secrets = NULL;
    if (check->registry != NULL) {
        cvg_http_registry_stop(check->registry);
    }
    check->run = NULL;
}

static void check_destroy(void *state)
{
    struct check *check = state;
    stop_asking(check);
    cvg_http_registry_free(check->registry);
    free(check);
}

/* ---- answers ---- */

static void judging_done(struct judging *judging)
{
    cvg_kit_arena_free(judging->arena);
    cvg_kit_arena_free(judging->copies);
    free(judging);
}

static void judge_on_worker(void *arg)
{
    struct judging *judging = arg;
    cvg_http_judge(judging->config, &judging->response, judging->arena, &judging->finding);
}

static void on_judged(void *arg, struct cvg_op *op)
{
    struct judging *judging = arg;
    (void)op;
    complete(judging->check, &judging->finding);
    judging_done(judging);
}

static void discard_judging(void *arg)
{
    judging_done(arg);
}

static const char *keep(struct cvg_kit_arena *arena, const char *text)
{
    return cvg_kit_arena_text(arena, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

/* The ceiling of the copies has room for all that an answer and a check can be. */
static void judge_elsewhere(struct check *check, const struct cvg_http_response *response)
{
    struct judging *judging = cvg_kit_alloc(sizeof(*judging));
    struct cvg_kit_arena *copies = cvg_kit_arena_new(response->body_length + ((size_t)4 << 20));
    judging->check = check;
    judging->arena = cvg_kit_arena_new(ARENA_MOST);
    judging->copies = copies;
    judging->config = cvg_http_check_copy(check->config, copies);
    judging->response = *response;
    judging->response.fault_text = "";
    judging->response.headers = keep(copies, response->headers);
    judging->response.content_type = keep(copies, response->content_type);
    judging->response.address = keep(copies, response->address);
    judging->response.body = cvg_kit_arena_text(copies, response->body, response->body_length);
    if (cvg_kit_arena_is_full(copies)) {
        cvg_kit_finding_begin(&judging->finding);
        cvg_http_trouble_say(&judging->finding, CVG_FAULT_TOO_LARGE, CVG_HTTP_TARGET,
                             CVG_HTTP_REASON_TOO_LARGE, "the answer is too large to be judged");
        complete(check, &judging->finding);
        judging_done(judging);
        return;
    }
    const struct cvg_host *host = check->source->host;
    (void)host->offload(host->run_scope(check->run), judge_on_worker, on_judged, discard_judging,
                        judging);
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct check *check = arg;
    struct cvg_kit_finding finding;
    (void)op;
    if (response->fault == CVG_FAULT_NONE && response->body_length > INLINE_MOST) {
        judge_elsewhere(check, response);
        return;
    }
    cvg_http_judge(check->config, response, check->source->arena, &finding);
    complete(check, &finding);
}

/* Nobody looks at the body: an endless one is no trouble. */
static int on_glance(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct check *check = arg;
    (void)op;
    (void)bytes;
    check->glanced += length;
    return check->glanced > GLANCE_MOST;
}

/* ---- runs ---- */

static void say_invalid(struct check *check, const char *words)
{
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_http_trouble_say(&finding, CVG_FAULT_REQUEST, CVG_HTTP_TARGET,
                         CVG_HTTP_REASON_CONDITION_INVALID, "%s", words);
    complete(check, &finding);
}

static void keep_first(void *arg, const char *path, const char *text)
{
    struct cvg_kit_text *first = arg;
    if (first->length == 0) {
        cvg_kit_text_add(first, path);
        cvg_kit_text_add(first, " ");
        cvg_kit_text_add(first, text);
    }
}

/* Facts that were filled in may not make sense. 0; -1: the run is over. */
static int check_words(struct check *check)
{
    char words[256];
    struct cvg_kit_text first;
    cvg_kit_text_init(&first, words, sizeof(words));
    if (!check->refers ||
        cvg_http_check_check(check->config, check->source->has_url, keep_first, &first) == 0) {
        return 0;
    }
    say_invalid(check, words);
    return -1;
}

/* A little less than is left, so that what was seen until then is told. */
static int64_t time_left(const struct check *check)
{
    int64_t left = check->deadline_ns - check->source->host->now();
    int64_t slack = left / 20 < 500 * MILLISECOND ? left / 20 : 500 * MILLISECOND;
    slack = slack > 5 * MILLISECOND ? slack : 5 * MILLISECOND;
    return left - slack > MILLISECOND ? left - slack : MILLISECOND;
}

static void send_request(struct check *check, const struct cvg_pair *secrets, size_t secret_count)
{
    const struct cvg_http_check_config *config = check->config;
    const struct cvg_host *host = check->source->host;
    struct cvg_pair headers[HEADERS_MOST];
    size_t count = config->headers.count;
    if (count > 0) {
        memcpy(headers, config->headers.items, count * sizeof(headers[0]));
    }
    for (size_t i = 0; i < secret_count; i++) {
        headers[count++] = secrets[i];
    }
    struct cvg_http_request request = {
        .size = sizeof(request),
        .method = config->method,
        .path = config->path != NULL ? config->path : config->url,
        .headers = headers,
        .header_count = count,
        .body = config->body,
        .body_length = config->body != NULL ? strlen(config->body) : 0,
        .content_type = config->body != NULL ? config->content_type : NULL,
        .body_limit = config->max_body,
        .timeout_ns = time_left(check),
        .flags = config->redirects == 1 ? CVG_HTTP_FOLLOW : 0,
        .on_done = on_done,
        .arg = check,
    };
    if (!cvg_http_check_reads_body(config)) {
        check->glanced = 0;
        request.body_limit = 0;
        request.on_body = on_glance;
    }
    (void)host->http(host->run_scope(check->run), &request);
}

static void on_secrets(void *arg, const char *error, const struct cvg_pair *headers, size_t count)
{
    struct check *check = arg;
    if (error == NULL) {
        send_request(check, headers, count);
    }
    cvg_http_secrets_free(check->secrets);
    check->secrets = NULL;
    if (error != NULL) {
        struct cvg_kit_finding finding;
        cvg_kit_finding_begin(&finding);
        cvg_http_trouble_say(&finding, CVG_FAULT_AUTH, CVG_HTTP_SOURCE,
                             CVG_HTTP_REASON_UNAUTHORIZED, "secret_headers: %s", error);
        complete(check, &finding);
    }
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    const struct source *source = check->source;
    check->run = run;
    check->config = inputs->config;
    check->deadline_ns = inputs->deadline_ns;
    if (check_words(check) < 0) {
        return;
    }
    struct cvg_scope *scope = source->host->run_scope(run);
    if (check->registry != NULL) {
        cvg_http_registry_ask(check->registry, scope, check->config->image, time_left(check));
    } else if (check->config->path != NULL && source->config->secret_headers.count > 0) {
        check->secrets = cvg_http_secrets_read(source->host, scope, &source->config->secret_headers,
                                               on_secrets, check);
    } else {
        send_request(check, NULL, 0);
    }
}

static void cancel_run(void *state, struct cvg_run *run)
{
    (void)run;
    stop_asking(state);
}

/* ---- the table ---- */

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "http",
        .version = CVG_VERSION,
        .summary = "Whatever speaks HTTP: status, body, values of JSON, time; images of a registry",
        .flags = CVG_MODULE_ENDPOINT_OPTIONAL,
        .plane = CVG_OBSERVED,
        .on_failed = CVG_ON_FAILED_WAIT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_http_source_fields,
        .source_config_size = sizeof(struct cvg_http_source_config),
        .check_fields = cvg_http_check_fields,
        .check_config_size = sizeof(struct cvg_http_check_config),
        .source_create = source_create,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
        .run = run_check,
        .cancel = cancel_run,
    };
    return &module;
}
