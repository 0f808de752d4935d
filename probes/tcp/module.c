/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of ports: does something listen there, and does it say what it should? A run is a visit
 * (visit.h), of which a check has one at a time.
 */
#include "config.h"
#include "kit/finding.h"
#include "kit/memory.h"
#include "kit/text.h"
#include "reason.h"
#include "visit.h"

#include <stdlib.h>

struct source {
    const struct cvg_host *host;
    const struct cvg_tcp_source_config *config;
};

struct check {
    struct source *source;
    struct cvg_run *run;         /* NULL: none */
    struct cvg_tcp_visit *visit; /* NULL: none */
    int refers;
};

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
    struct source *source = cvg_kit_alloc(sizeof(*source));
    (void)handle;
    source->host = host;
    source->config = config;
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    free(state);
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    if (cvg_tcp_check_check(config, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    struct check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    check->refers = cvg_tcp_check_refers(config);
    *ret_state = check;
    return 0;
}

static void leave(struct check *check)
{
    if (check->visit != NULL) {
        cvg_tcp_visit_drop(check->visit);
        check->visit = NULL;
    }
}

static void check_destroy(void *state)
{
    leave(state);
    free(state);
}

static void on_over(void *arg, const struct cvg_reading *reading)
{
    struct check *check = arg;
    check->visit = NULL;
    check->source->host->complete(check->run, reading);
}

static void keep_first(void *arg, const char *path, const char *text)
{
    struct cvg_kit_text *first = arg;
    if (first->length == 0) {
        cvg_kit_text_format(first, "%s %s", path, text);
    }
}

/* With the facts of other checks filled in, the words may have come to mean nothing. */
static int is_invalid(struct check *check, const struct cvg_tcp_check_config *config)
{
    char words[256];
    struct cvg_kit_text first;
    struct cvg_kit_finding finding;
    cvg_kit_text_init(&first, words, sizeof(words));
    if (!check->refers || cvg_tcp_check_check(config, keep_first, &first) == 0) {
        return 0;
    }
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_say(&finding, CVG_UNKNOWN, cvg_tcp_reason(CVG_TCP_REASON_WORDS_INVALID), "%s",
                        words);
    finding.reading.fault = CVG_FAULT_REQUEST;
    check->source->host->complete(check->run, &finding.reading);
    return 1;
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    check->run = run;
    if (is_invalid(check, inputs->config)) {
        return;
    }
    struct cvg_tcp_visit_setup setup = {
        .host = check->source->host,
        .run = run,
        .config = inputs->config,
        .deadline_ns = inputs->deadline_ns,
        .allow_link_local = check->source->config->allow_link_local,
        .on_over = on_over,
        .arg = check,
    };
    check->visit = cvg_tcp_visit_begin(&setup);
}

static void cancel_run(void *state, struct cvg_run *run)
{
    (void)run;
    leave(state);
}

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "tcp",
        .version = CVG_VERSION,
        .summary = "Ports: something listens, says what it should, or nothing may listen",
        .plane = CVG_OBSERVED,
        .on_failed = CVG_ON_FAILED_WAIT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_tcp_source_fields,
        .source_config_size = sizeof(struct cvg_tcp_source_config),
        .check_fields = cvg_tcp_check_fields,
        .check_config_size = sizeof(struct cvg_tcp_check_config),
        .source_create = source_create,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
        .run = run_check,
        .cancel = cancel_run,
    };
    return &module;
}
