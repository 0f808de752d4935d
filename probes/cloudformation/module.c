/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of stacks of AWS CloudFormation. Each run asks the service for its stack by one signed
 * DescribeStacks, and judges the answer while it is there (judge.h). A check keeps nothing.
 */
#include "judge.h"
#include "kit/memory.h"
#include "kit/text.h"
#include "place/url.h"

#include <convergate/module.h>

#include <stdlib.h>

#define BODY_MOST (INT64_C(2) << 20) /* twice what the service puts into one answer */

struct source {
    const struct cvg_host *host;
};

struct check {
    const struct source *source;
    struct cvg_run *run;                       /* NULL: none is under way */
    const struct cvg_cfn_check_config *config; /* of the run */
};

/* ---- sources ---- */

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    (void)config;
    if (!host->endpoint_has(handle, "sigv4")) {
        host->config_error(host->source_scope(handle), "",
                           "needs sigv4: the service answers signed requests only");
        return -1;
    }
    struct source *source = cvg_kit_alloc(sizeof(*source));
    source->host = host;
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    free(state);
}

/* ---- checks ---- */

struct refusing {
    const struct cvg_host *host;
    struct cvg_scope *scope;
};

static void refuse_in_file(void *arg, const char *path, const char *text)
{
    const struct refusing *refusing = arg;
    refusing->host->config_error(refusing->scope, path, text);
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    const struct source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    if (cvg_cfn_check_check(config, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    struct check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    *ret_state = check;
    return 0;
}

static void check_destroy(void *state)
{
    free(state);
}

/* ---- runs ---- */

static void complete(struct check *check, const struct cvg_kit_finding *finding)
{
    struct cvg_run *run = check->run;
    check->run = NULL;
    check->source->host->complete(run, &finding->reading);
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct check *check = arg;
    struct cvg_kit_finding finding;
    (void)op;
    cvg_cfn_judge_response(check->config, response, &finding);
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
    struct cvg_kit_finding finding;
    cvg_kit_text_init(&first, words, sizeof(words));
    if (cvg_cfn_check_check(check->config, keep_first, &first) == 0) {
        return 0;
    }
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_say(&finding, CVG_UNKNOWN, cvg_cfn_reason(CVG_CFN_REASON_CONDITION_INVALID),
                        "%s", words);
    finding.reading.fault = CVG_FAULT_REQUEST;
    complete(check, &finding);
    return -1;
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    struct cvg_place_url body = {.length = 0};
    check->run = run;
    check->config = inputs->config;
    if (check_words(check) < 0) {
        return;
    }
    cvg_place_url_add(&body, "Action=DescribeStacks&Version=2010-05-15&StackName=");
    cvg_place_url_encode(&body, check->config->stack, CVG_PLACE_SLASH_ENCODED);
    const struct cvg_http_request request = {
        .size = sizeof(request),
        .method = "POST",
        .path = "/",
        .body = body.text,
        .body_length = body.length,
        .content_type = "application/x-www-form-urlencoded; charset=utf-8",
        .body_limit = BODY_MOST,
        .flags = CVG_HTTP_SECRET, /* the stack's parameters and all its outputs */
        .on_done = on_done,
        .arg = check,
        .sigv4_service = "cloudformation",
    };
    (void)check->source->host->http(check->source->host->run_scope(run), &request);
}

static void cancel_run(void *state, struct cvg_run *run)
{
    struct check *check = state;
    (void)run;
    check->run = NULL;
}

/* ---- the table ---- */

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "cloudformation",
        .version = CVG_VERSION,
        .summary = "Stacks of AWS CloudFormation: their status, drift and outputs",
        .flags = CVG_MODULE_ENDPOINT,
        .plane = CVG_DECLARED,
        .on_failed = CVG_ON_FAILED_HALT,
        .field_size = sizeof(struct cvg_field),
        .check_fields = cvg_cfn_check_fields,
        .check_config_size = sizeof(struct cvg_cfn_check_config),
        .source_create = source_create,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
        .run = run_check,
        .cancel = cancel_run,
    };
    return &module;
}
