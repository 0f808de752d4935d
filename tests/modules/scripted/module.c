/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const scripted_names[] = {
    "ready",   "http",   "stream", "resolve", "connect", "timer",    "cancel",
    "offload", "read",   "watch",  "spawn",   "secret",  "remember", "clock",
    "file",    "config", "silent", "log",     "round",   "stall",    "learn",
    "yaml",    "has",    "aged",   "digest",  "count",   "parts",    NULL,
};

scripted_action *const scripted_actions[] = {
    scripted_ready,  scripted_http,   scripted_stream,   scripted_resolve, scripted_connect,
    scripted_timer,  scripted_cancel, scripted_offload,  scripted_read,    scripted_watch,
    scripted_spawn,  scripted_secret, scripted_remember, scripted_clock,   scripted_file,
    scripted_config, scripted_silent, scripted_log,      scripted_round,   scripted_stall,
    scripted_learn,  scripted_yaml,   scripted_has,      scripted_aged,    scripted_digest,
    scripted_count,  scripted_parts,
};

static const struct cvg_field limit_fields[] = {
    {.name = "low",
     .doc = "The lowest.",
     .type = CVG_FIELD_NUMBER,
     .offset = offsetof(struct limits, low)},
    {.name = "high",
     .doc = "The highest.",
     .type = CVG_FIELD_NUMBER,
     .offset = offsetof(struct limits, high),
     .default_text = "1.5"},
    {.name = NULL},
};

static const struct cvg_field part_fields[] = {
    {.name = "name",
     .doc = "Its name.",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_SHORTHAND,
     .offset = offsetof(struct part, name)},
    {.name = "count",
     .doc = "How many.",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct part, count),
     .default_text = "1"},
    {.name = NULL},
};

static const struct cvg_field check_fields[] = {
    {.name = "do",
     .doc = "What the check does.",
     .type = CVG_FIELD_ENUM,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct settings, action),
     .choices = scripted_names},
    {.name = "text",
     .doc = "What it does it with.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct settings, text)},
    {.name = "key",
     .doc = "The group; \"refuse\" and \"refuse-silently\" are refused.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct settings, key)},
    {.name = "after",
     .doc = "How long it takes.",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct settings, after_ns),
     .default_text = "1ms"},
    {.name = "bytes",
     .doc = "How much.",
     .type = CVG_FIELD_SIZE,
     .offset = offsetof(struct settings, bytes),
     .default_text = "64KiB"},
    {.name = "secret",
     .doc = "Something secret.",
     .type = CVG_FIELD_SECRET,
     .offset = offsetof(struct settings, secret)},
    {.name = "names",
     .doc = "Some names.",
     .type = CVG_FIELD_LIST,
     .offset = offsetof(struct settings, names)},
    {.name = "labels",
     .doc = "Some labels.",
     .type = CVG_FIELD_MAP,
     .offset = offsetof(struct settings, labels)},
    {.name = "limits",
     .doc = "Some limits.",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct settings, limits),
     .members = limit_fields,
     .member_size = sizeof(struct limits)},
    {.name = "flag",
     .doc = "Yes or no.",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct settings, flag),
     .default_text = "false"},
    {.name = "service",
     .doc = "The service that a request is signed for.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct settings, service)},
    {.name = "parts",
     .doc = "Names, or maps with a name.",
     .type = CVG_FIELD_LIST,
     .offset = offsetof(struct settings, parts),
     .members = part_fields,
     .member_size = sizeof(struct part)},
    {.name = NULL},
};

struct source_settings {
    const char *learn; /* an URL that is set by endpoint_set() */
    const char *watch; /* a file; each change wakes the source */
    int64_t wakes;     /* so often, for each change */
    uint32_t refuse;
};

static const struct cvg_field source_fields[] = {
    {.name = "learn",
     .doc = "A URL that the module learns elsewhere.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct source_settings, learn)},
    {.name = "watch",
     .doc = "A file that wakes the source where it changes.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct source_settings, watch)},
    {.name = "wakes",
     .doc = "How often it does that for each change.",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct source_settings, wakes),
     .default_text = "1"},
    {.name = "refuse",
     .doc = "Refuse the source.",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct source_settings, refuse),
     .default_text = "false"},
    {.name = NULL},
};

static void release(struct asked *asked)
{
    if (asked->fd >= 0) {
        close(asked->fd);
    }
    asked->check->going = NULL;
    free(asked);
}

void scripted_complete(struct asked *asked, const struct cvg_reading *reading)
{
    const struct cvg_host *host = asked->host;
    struct cvg_run *run = asked->run;
    struct cvg_reading copy = *reading;
    host->complete(run, &copy);
    release(asked);
}

void scripted_finish(struct asked *asked, const char *observed)
{
    struct cvg_fact fact = {.name = "seen", .text = observed};
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = CVG_READY,
        .reason = "Done",
        .observed = observed,
        .facts = &fact,
        .fact_count = 1,
    };
    scripted_complete(asked, &reading);
}

void scripted_fail(struct asked *asked, uint32_t fault, const char *why)
{
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = CVG_UNKNOWN,
        .fault = fault,
        .reason = "Failed",
        .message = why,
    };
    scripted_complete(asked, &reading);
}

struct source {
    const struct cvg_host *host;
    struct cvg_source *handle;
    const struct source_settings *settings;
};

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    const struct source_settings *settings = config;
    if (settings->refuse == 1) {
        host->config_error(host->source_scope(handle), "refuse", "it says so itself");
        return -1;
    }
    if (settings->learn) {
        struct cvg_endpoint endpoint = {.size = sizeof endpoint, .url = settings->learn};
        host->endpoint_set(handle, &endpoint);
    }
    struct source *source = calloc(1, sizeof *source);
    if (!source) {
        return -1;
    }
    source->host = host;
    source->handle = handle;
    source->settings = settings;
    *ret_state = source;
    return 0;
}

static void on_change(void *arg, struct cvg_op *op)
{
    const struct source *source = arg;
    (void)op;
    for (int64_t i = 0; i < source->settings->wakes; i++) {
        source->host->wake(source->handle);
    }
}

static void source_start(void *state)
{
    struct source *source = state;
    if (source->settings->watch) {
        source->host->watch_file(source->host->source_scope(source->handle),
                                 source->settings->watch, on_change, source);
    }
}

static void source_destroy(void *state)
{
    free(state);
}

static int32_t check_create(void *state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    const struct source *source = state;
    const struct settings *settings = config;
    if (settings->key && strcmp(settings->key, "refuse") == 0) {
        source->host->config_error(source->host->check_scope(handle), "key", "not that one");
        return -1;
    }
    if (settings->key && strcmp(settings->key, "refuse-silently") == 0) {
        return -1;
    }
    struct check *check = calloc(1, sizeof *check);
    if (!check) {
        return -1;
    }
    check->host = source->host;
    check->source = source->handle;
    check->handle = handle;
    check->settings = settings;
    if (settings->key) {
        source->host->group(handle, settings->key);
    }
    *ret_state = check;
    return 0;
}

static void check_destroy(void *state)
{
    struct check *check = state;
    if (check->going) {
        abort(); /* the host owes a cancel first */
    }
    free(check);
}

static void run(void *state, struct cvg_run *handle, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    struct asked *asked = calloc(1, sizeof *asked);
    if (!asked || check->going) {
        abort(); /* one run at a time was promised */
    }
    check->going = asked;
    asked->check = check;
    asked->host = check->host;
    asked->run = handle;
    asked->scope = check->host->run_scope(handle);
    asked->settings = inputs->config;
    asked->inputs = *inputs;
    asked->fd = -1;
    scripted_actions[asked->settings->action](asked);
}

static void cancel(void *state, struct cvg_run *handle)
{
    struct check *check = state;
    if (!check->going || check->going->run != handle) {
        abort();
    }
    check->host->log(check->host->run_scope(handle), CVG_LOG_DEBUG, "cancelled");
    release(check->going);
}

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .name = "scripted",
    .version = "1.0",
    .summary = "Does what it is told, for tests.",
    .flags = CVG_MODULE_ENDPOINT_OPTIONAL | CVG_MODULE_VIA,
    .plane = CVG_OBSERVED,
    .on_failed = CVG_ON_FAILED_WAIT,
    .field_size = sizeof(struct cvg_field),
    .source_fields = source_fields,
    .source_config_size = sizeof(struct source_settings),
    .check_fields = check_fields,
    .check_config_size = sizeof(struct settings),
    .source_create = source_create,
    .source_start = source_start,
    .source_destroy = source_destroy,
    .check_create = check_create,
    .check_destroy = check_destroy,
    .run = run,
    .cancel = cancel,
};

const struct cvg_module *cvg_module_v1(void)
{
    return &module;
}
