/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of what Pulumi declares, read from the checkpoints that DIY backends keep and from what
 * `pulumi stack export` printed. A source is a place (place/place.h), a check (check.h) what it asks
 * of the stack there.
 */
#include "check.h"
#include "kit/memory.h"

#include <convergate/module.h>

#include <stdlib.h>

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
    struct cvg_pulumi_source *source = cvg_kit_alloc(sizeof(*source));
    source->host = host;
    source->handle = handle;
    source->config = config;
    source->kind = cvg_pulumi_place_kind(source->config);
    int refused = cvg_pulumi_source_check(config, refuse_in_file, &refusing) < 0;
    if (!refused && cvg_pulumi_layout_make(config, &source->layout, &source->settings) < 0) {
        refuse_in_file(&refusing, "path", "is too long");
        refused = 1;
    }
    if (refused ||
        source->kind->check(host, handle, &source->settings, refuse_in_file, &refusing) < 0) {
        free(source);
        return -1;
    }
    source->place = source->kind->open(host, handle, &source->settings);
    *ret_state = source;
    return 0;
}

static void on_change(void *arg)
{
    const struct cvg_pulumi_source *source = arg;
    source->host->wake(source->handle);
}

static void source_start(void *state)
{
    struct cvg_pulumi_source *source = state;
    if (source->kind->watch != NULL) {
        source->kind->watch(source->place, on_change, source);
    }
}

static void source_destroy(void *state)
{
    struct cvg_pulumi_source *source = state;
    source->kind->close(source->place);
    free(source);
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct cvg_pulumi_source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    if (cvg_pulumi_check_check(config, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    *ret_state = cvg_pulumi_check_new(source, handle);
    return 0;
}

static void check_destroy(void *state)
{
    cvg_pulumi_check_free(state);
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    cvg_pulumi_check_run(state, run, inputs);
}

static void cancel_run(void *state, struct cvg_run *run)
{
    (void)run;
    cvg_pulumi_check_cancel(state);
}

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "pulumi",
        .version = CVG_VERSION,
        .summary = "Stacks of Pulumi: checkpoints of DIY backends and exports, from files, HTTP "
                   "servers and S3 buckets",
        .flags = CVG_MODULE_ENDPOINT_OPTIONAL | CVG_MODULE_VIA,
        .plane = CVG_DECLARED,
        .on_failed = CVG_ON_FAILED_HALT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_pulumi_source_fields,
        .source_config_size = sizeof(struct cvg_pulumi_source_config),
        .check_fields = cvg_pulumi_check_fields,
        .check_config_size = sizeof(struct cvg_pulumi_check_config),
        .source_create = source_create,
        .source_start = source_start,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
        .run = run_check,
        .cancel = cancel_run,
    };
    return &module;
}
