/* SPDX-License-Identifier: Apache-2.0 */
/* A module of an earlier minor: see sdk.h. It reads a line from its configuration and reports it. */
#include "sdk.h"

#include <stdlib.h>

struct settings {
    const char *text;
    int64_t number;
};

static const struct cvg_field check_fields[] = {
    {.name = "text",
     .doc = "What is reported.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct settings, text)},
    {.name = "number",
     .doc = "What is reported, too.",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct settings, number),
     .default_text = "7"},
    {.name = NULL},
};

struct source {
    const struct cvg_host *host;
};

static int32_t source_create(const struct cvg_host *host, struct cvg_source *source,
                             const void *config, void **ret_state)
{
    struct source *state = calloc(1, sizeof *state);
    (void)source;
    (void)config;
    if (!state) {
        return -1;
    }
    state->host = host;
    *ret_state = state;
    return 0;
}

static void source_destroy(void *state)
{
    free(state);
}

static void check_destroy(void *state)
{
    (void)state;
}

static int32_t check_create(void *source_state, struct cvg_check *check, const void *config,
                            void **ret_state)
{
    (void)check;
    (void)config;
    *ret_state = source_state;
    return 0;
}

static void run(void *state, struct cvg_run *handle, const struct cvg_run_inputs *inputs)
{
    const struct source *source = state;
    const struct settings *settings = inputs->config;
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = settings->number == 7 ? CVG_READY : CVG_FAILED,
        .reason = "Old",
        .observed = settings->text,
    };
    source->host->complete(handle, &reading);
}

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = CVG_ABI_MAJOR,
    .name = "old",
    .version = "0.9",
    .summary = "Built with an earlier minor of the SDK, for tests.",
    .field_size = sizeof(struct cvg_field),
    .check_fields = check_fields,
    .check_config_size = sizeof(struct settings),
    .source_create = source_create,
    .source_destroy = source_destroy,
    .check_create = check_create,
    .check_destroy = check_destroy,
    .run = run,
};

const struct cvg_module *cvg_module_v1(void)
{
    return &module;
}
