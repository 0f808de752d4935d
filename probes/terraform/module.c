/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of what infrastructure code declares, read from the states that Terraform and OpenTofu keep
 * and the plans that they make. A source is a place (source.h) that is looked at once for all of its
 * checks; a check (check.h) is judged from what was seen and from what it remembers (judge.h).
 */
#include "check.h"

#include <convergate/module.h>

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
    *ret_state = cvg_tf_source_new(host, handle, config, refuse_in_file, &refusing);
    return *ret_state == NULL ? -1 : 0;
}

static void source_start(void *state)
{
    cvg_tf_source_start(state);
}

static void source_destroy(void *state)
{
    cvg_tf_source_free(state);
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    const struct cvg_host *host = cvg_tf_source_host(source_state);
    struct refusing refusing = {.host = host, .scope = host->check_scope(handle)};
    *ret_state = cvg_tf_check_new(source_state, handle, config, refuse_in_file, &refusing);
    return *ret_state == NULL ? -1 : 0;
}

static void check_destroy(void *state)
{
    cvg_tf_check_free(state);
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    cvg_tf_check_run(state, run, inputs);
}

static void cancel_run(void *state, struct cvg_run *run)
{
    (void)run;
    cvg_tf_check_cancel(state);
}

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "terraform",
        .version = CVG_VERSION,
        .summary =
            "States and plans of Terraform and OpenTofu, where their backends keep them, and "
            "runs of HCP Terraform",
        .flags = CVG_MODULE_ENDPOINT_OPTIONAL | CVG_MODULE_VIA,
        .plane = CVG_DECLARED,
        .on_failed = CVG_ON_FAILED_HALT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_tf_source_fields,
        .source_config_size = sizeof(struct cvg_tf_source_config),
        .check_fields = cvg_tf_check_fields,
        .check_config_size = sizeof(struct cvg_tf_check_config),
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
