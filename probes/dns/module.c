/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of names: are the records there, are they those that were declared, and do all servers
 * say so?
 *
 * A check keeps nothing between two runs: its plan is made of the words that the run brings, with
 * the facts of other checks filled in. Which servers the machine uses is read on a worker, and
 * kept for a few seconds by the source.
 */
#include "config.h"
#include "inquiry.h"
#include "kit/memory.h"
#include "kit/text.h"
#include "reason.h"

#include <convergate/module.h>

#include <stdlib.h>
#include <string.h>

#define SYSTEM_KEPT_NS INT64_C(10000000000)

struct source {
    const struct cvg_host *host;
    const struct cvg_dns_source_config *config;
    struct cvg_dns_server system[CVG_DNS_SYSTEM_MOST];
    size_t system_count; /* 0: not read yet */
    int64_t system_at;
};

struct check {
    struct source *source;
    struct cvg_run *run;             /* NULL: none */
    int64_t deadline_ns;             /* of the run */
    struct cvg_dns_plan *plan;       /* owned, while resolv.conf is read; NULL: none */
    struct cvg_dns_inquiry *inquiry; /* owned; NULL: none */
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
    if (cvg_dns_source_check(config, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    struct source *source = cvg_kit_alloc(sizeof(*source));
    source->host = host;
    source->config = config;
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    free(state);
}

/* ---- checks ---- */

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    struct cvg_dns_plan plan;
    if (cvg_dns_plan_make(config, source->config, CVG_DNS_AS_WRITTEN, refuse_in_file, &refusing,
                          &plan) < 0) {
        return -1;
    }
    cvg_dns_plan_done(&plan);
    struct check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    *ret_state = check;
    return 0;
}

static void drop_plan(struct check *check)
{
    if (check->plan != NULL) {
        cvg_dns_plan_done(check->plan);
        free(check->plan);
        check->plan = NULL;
    }
}

static void leave(struct check *check, int scope_ended)
{
    drop_plan(check);
    cvg_dns_inquiry_close(check->inquiry, scope_ended);
    check->inquiry = NULL;
    check->run = NULL;
}

static void check_destroy(void *state)
{
    leave(state, 1);
    free(state);
}

/* ---- runs ---- */

static void complete(struct check *check, struct cvg_kit_finding *finding)
{
    struct cvg_run *run = check->run;
    leave(check, 0);
    check->source->host->complete(run, &finding->reading);
}

static void on_judged(void *arg, struct cvg_kit_finding *finding)
{
    complete(arg, finding);
}

static void refuse_run(struct check *check, const char *words)
{
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_say(&finding, CVG_UNKNOWN, cvg_dns_reason(CVG_DNS_REASON_CONDITION_INVALID),
                        "%s", words);
    finding.reading.fault = CVG_FAULT_REQUEST;
    complete(check, &finding);
}

static void ask(struct check *check)
{
    struct source *source = check->source;
    const struct cvg_dns_setting setting = {
        .host = source->host,
        .scope = source->host->run_scope(check->run),
        .system = source->system,
        .system_count = source->system_count,
        .allow_link_local = source->config->allow_link_local == 1,
        .deadline_ns = check->deadline_ns,
        .on_done = on_judged,
        .arg = check,
    };
    check->inquiry = cvg_dns_inquiry_begin(check->plan, &setting);
    free(check->plan); /* what it holds was taken over */
    check->plan = NULL;
    if (check->inquiry == NULL) {
        refuse_run(check, "name is below .onion, which is never asked for (RFC 7686)");
    }
}

struct system_reading {
    struct check *check;
    struct cvg_dns_server servers[CVG_DNS_SYSTEM_MOST];
    size_t count;
};

static void read_system(void *arg)
{
    struct system_reading *reading = arg;
    reading->count = cvg_dns_system_read(reading->servers);
}

static void on_system(void *arg, struct cvg_op *op)
{
    struct system_reading *reading = arg;
    struct check *check = reading->check;
    struct source *source = check->source;
    (void)op;
    memcpy(source->system, reading->servers, sizeof(source->system));
    source->system_count = reading->count;
    source->system_at = source->host->now();
    free(reading);
    ask(check);
}

static int needs_system(const struct check *check)
{
    const struct source *source = check->source;
    size_t i = 0;
    while (i < check->plan->server_count && check->plan->servers[i].port != 0) {
        i++;
    }
    return i < check->plan->server_count &&
           (source->system_count == 0 || source->host->now() - source->system_at > SYSTEM_KEPT_NS);
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

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    struct source *source = check->source;
    char words[256];
    struct cvg_kit_text first;
    check->run = run;
    check->deadline_ns = inputs->deadline_ns;
    check->plan = cvg_kit_alloc(sizeof(*check->plan));
    cvg_kit_text_init(&first, words, sizeof(words));
    if (cvg_dns_plan_make(inputs->config, source->config, CVG_DNS_FILLED_IN, keep_first, &first,
                          check->plan) < 0) {
        refuse_run(check, words);
        return;
    }
    if (!needs_system(check)) {
        ask(check);
        return;
    }
    struct system_reading *reading = cvg_kit_alloc(sizeof(*reading));
    reading->check = check;
    source->host->offload(source->host->run_scope(run), read_system, on_system, free, reading);
}

static void cancel_run(void *state, struct cvg_run *run)
{
    (void)run;
    leave(state, 1);
}

/* ---- the table ---- */

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "dns",
        .version = CVG_VERSION,
        .summary = "Names: their records, on one server or on several that must agree",
        .plane = CVG_OBSERVED,
        .on_failed = CVG_ON_FAILED_WAIT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_dns_source_fields,
        .source_config_size = sizeof(struct cvg_dns_source_config),
        .check_fields = cvg_dns_check_fields,
        .check_config_size = sizeof(struct cvg_dns_check_config),
        .source_create = source_create,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
        .run = run_check,
        .cancel = cancel_run,
    };
    return &module;
}
