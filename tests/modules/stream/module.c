/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A streaming module for tests. From source_start on it reports all of its checks, `reports` times;
 * then it says alive() `beats` times, each after it has read `proof`; then it goes silent for good,
 * while its timer goes on, as a watch on a stopped server does.
 */
#include <convergate/module.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKS_MOST 16

struct source_settings {
    int64_t every_ns, reports, beats, recalls, pending;
    const char *proof;
};

struct check_settings {
    const char *text;
};

struct source;

struct check {
    struct source *source;
    struct cvg_check *handle;
    const struct check_settings *settings;
};

struct source {
    const struct cvg_host *host;
    struct cvg_source *handle;
    const struct source_settings *settings;
    struct check *checks[CHECKS_MOST];
    size_t count;
    int64_t ticks;
};

static const struct cvg_field source_fields[] = {
    {.name = "every",
     .doc = "The pause between reports.",
     .type = CVG_FIELD_DURATION,
     .default_text = "5ms",
     .offset = offsetof(struct source_settings, every_ns)},
    {.name = "reports",
     .doc = "How many times each check is reported.",
     .type = CVG_FIELD_INT,
     .default_text = "3",
     .offset = offsetof(struct source_settings, reports)},
    {.name = "beats",
     .doc = "How many times the source is said to be alive afterwards.",
     .type = CVG_FIELD_INT,
     .default_text = "0",
     .offset = offsetof(struct source_settings, beats)},
    {.name = "recalls",
     .doc = "In how many of the first reports it recalls what it remembers.",
     .type = CVG_FIELD_INT,
     .default_text = "0",
     .offset = offsetof(struct source_settings, recalls)},
    {.name = "pending",
     .doc = "In how many of the first reports it is not synced yet.",
     .type = CVG_FIELD_INT,
     .default_text = "0",
     .offset = offsetof(struct source_settings, pending)},
    {.name = "proof",
     .doc = "The file that proves it.",
     .type = CVG_FIELD_STRING,
     .default_text = "/proc/self/stat",
     .offset = offsetof(struct source_settings, proof)},
    {.name = NULL},
};

static const struct cvg_field check_fields[] = {
    {.name = "text",
     .doc = "What its reports say; `refused` is refused.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct check_settings, text)},
    {.name = NULL},
};

static void report_all(struct source *source)
{
    char number[32];
    (void)snprintf(number, sizeof number, "%lld", (long long)source->ticks);
    struct cvg_fact fact = {.name = "tick", .text = number, .kind = CVG_FACT_NUMBER};
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = CVG_READY,
        .reason = "Streamed",
        .facts = &fact,
        .fact_count = 1,
    };
    if (source->ticks <= source->settings->pending) {
        reading = (struct cvg_reading){.size = sizeof reading, .reason = CVG_NOT_SYNCED};
    }
    for (size_t i = 0; i < source->count; i++) {
        const void *bytes = NULL;
        if (source->ticks <= source->settings->recalls) {
            (void)source->host->recall(source->checks[i]->handle, &bytes);
        }
        reading.message = source->checks[i]->settings->text;
        source->host->report(source->checks[i]->handle, &reading);
    }
}

static void on_proof(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                     int64_t mtime_ns)
{
    struct source *source = arg;
    (void)op;
    (void)bytes;
    (void)length;
    (void)mtime_ns;
    if (!error) {
        source->host->alive(source->handle);
    }
}

static void on_tick(void *arg, struct cvg_op *op)
{
    struct source *source = arg;
    (void)op;
    struct cvg_scope *scope = source->host->source_scope(source->handle);
    source->ticks++;
    if (source->ticks <= source->settings->reports) {
        report_all(source);
    } else if (source->ticks <= source->settings->reports + source->settings->beats) {
        source->host->read_file(scope, source->settings->proof, 4096, on_proof, source);
    }
    source->host->timer(scope, source->settings->every_ns, on_tick, source);
}

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    struct source *source = calloc(1, sizeof *source);
    if (!source) {
        return -1;
    }
    source->host = host;
    source->handle = handle;
    source->settings = config;
    *ret_state = source;
    return 0;
}

/* The first report comes out of this very call: the host must bear that. */
static void source_start(void *state)
{
    on_tick(state, NULL);
}

static void source_destroy(void *state)
{
    free(state);
}

static int32_t check_create(void *state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct source *source = state;
    const struct check_settings *settings = config;
    const char *why = source->count == CHECKS_MOST                               ? "too many checks"
                      : settings->text && strcmp(settings->text, "refused") == 0 ? "as it says"
                                                                                 : NULL;
    struct check *check = why ? NULL : calloc(1, sizeof *check);
    if (!check) {
        source->host->config_error(source->host->check_scope(handle), "", why ? why : "no memory");
        return -1;
    }
    *check = (struct check){.source = source, .handle = handle, .settings = settings};
    source->checks[source->count++] = check;
    *ret_state = check;
    return 0;
}

static void check_destroy(void *state)
{
    struct check *check = state;
    struct source *source = check->source;
    size_t at = 0;
    while (source->checks[at] != check) {
        at++;
    }
    source->checks[at] = source->checks[--source->count];
    free(check);
}

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .name = "stream",
    .version = "1.0",
    .summary = "Reports, and then goes silent, for tests.",
    .flags = CVG_MODULE_STREAMING,
    .plane = CVG_DECLARED,
    .on_failed = CVG_ON_FAILED_HALT,
    .field_size = sizeof(struct cvg_field),
    .source_fields = source_fields,
    .source_config_size = sizeof(struct source_settings),
    .check_fields = check_fields,
    .check_config_size = sizeof(struct check_settings),
    .source_create = source_create,
    .source_start = source_start,
    .source_destroy = source_destroy,
    .check_create = check_create,
    .check_destroy = check_destroy,
};

const struct cvg_module *cvg_module_v1(void)
{
    return &module;
}
