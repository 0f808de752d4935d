/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "base/alloc.h"
#include "base/time.h"
#include "config/kind.h"
#include "io/loop.h"
#include "module/instance.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct inner {
    struct cvg_config *config;
    struct cvg_diagnostics diagnostics;
    struct cvg_memory *memory;
};

/* The module's source_create is told nothing of the stage. */
static struct stage *opening;

static int32_t source_create(const struct cvg_host *host, struct cvg_source *source,
                             const void *config, void **ret_state)
{
    (void)config;
    opening->host = host;
    opening->source = source;
    *ret_state = opening;
    return 0;
}

static void source_start(void *state)
{
    struct stage *stage = state;
    stage->place = stage->kind->open(stage->host, stage->source, &stage->settings);
}

static void source_destroy(void *state)
{
    struct stage *stage = state;
    stage->kind->close(stage->place);
}

static int32_t check_create(void *state, struct cvg_check *check, const void *config,
                            void **ret_state)
{
    (void)check;
    (void)config;
    *ret_state = state;
    return 0;
}

static void check_destroy(void *state)
{
    (void)state;
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    (void)state;
    (void)run;
    (void)inputs;
}

static const struct cvg_field no_fields[] = {{.name = NULL}};

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .name = "place",
    .version = "1",
    .summary = "A place.",
    .flags = CVG_MODULE_ENDPOINT_OPTIONAL,
    .field_size = sizeof(struct cvg_field),
    .source_fields = no_fields,
    .check_fields = no_fields,
    .source_create = source_create,
    .source_start = source_start,
    .source_destroy = source_destroy,
    .check_create = check_create,
    .check_destroy = check_destroy,
    .run = run_check,
};

static const struct cvg_kind *find(void *ctx, const char *name, const char **ret_why)
{
    static const struct cvg_kind kind = {
        .name = "place",
        .version = "1",
        .summary = "A place.",
        .flags = CVG_MODULE_ENDPOINT_OPTIONAL,
        .source_fields = no_fields,
        .check_fields = no_fields,
    };

    (void)ctx;
    *ret_why = NULL;
    return strcmp(name, kind.name) == 0 ? &kind : NULL;
}

static const struct cvg_kind *const *all(void *ctx)
{
    static const struct cvg_kind *const none[] = {NULL};
    (void)ctx;
    return none;
}

static const struct cvg_instance_events no_events;

void stage_open(struct stage *stage, const char *keys, const struct cvg_place_kind *kind,
                const struct cvg_place_settings *settings)
{
    *stage = (struct stage){.kind = kind, .settings = *settings};
    struct inner *inner = stage->inner = CVG_NEW(struct inner);
    struct cvg_error error = {0};
    struct cvg_kinds kinds = {.find = find, .all = all};
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("sources: {p: {type: place%s}}\n"
                            "environments: {prod: {checks: {c: {source: p}}}}\n",
                            keys);
    if (cvg_config_load_text("test.yaml", text, strlen(text), &kinds, &inner->diagnostics,
                             &inner->config) < 0) {
        cvg_diagnostics_print(&inner->diagnostics, stderr);
        fail_msg("the test's configuration is refused");
    }
    assert_int_equal(cvg_loop_new(NULL, &stage->loop, &error), 0);
    inner->memory = cvg_memory_new();
    struct cvg_source_setup setup = {
        .loop = stage->loop,
        .module = &module,
        .config = &inner->config->sources[0],
        .memory = inner->memory,
        .events = &no_events,
        .ctx = stage,
    };
    struct cvg_source *source = NULL;
    opening = stage;
    assert_int_equal(cvg_source_new(&setup, &inner->diagnostics, &source), 0);
    opening = NULL;
    cvg_source_start(source);
    assert_non_null(stage->place);
}

void stage_close(struct stage *stage)
{
    cvg_place_sight_done(&stage->sight);
    cvg_source_free(stage->source);
    cvg_loop_free(stage->loop);
    cvg_memory_free(stage->inner->memory);
    cvg_config_unref(stage->inner->config);
    cvg_diagnostics_done(&stage->inner->diagnostics);
    free(stage->inner);
}

static void seen(void *arg, struct cvg_place_sight *sight)
{
    struct stage *stage = arg;
    cvg_place_sight_done(&stage->sight);
    stage->sight = *sight;
    stage->seen++;
    stage->done = true;
    bool nothing = sight->fault || sight->absent || sight->unchanged;
    assert_int_equal(sight->bytes == NULL, nothing);
    assert_int_equal(sight->fault != 0, sight->reason != NULL);
    assert_true(sight->observed_at > 0);
    if (sight->bytes != NULL) {
        assert_int_equal(sight->bytes[sight->length], '\0');
    }
    if (sight->fault || sight->absent || sight->being_written) {
        assert_true(sight->text[0] != '\0');
    }
}

struct cvg_place_look *stage_begin(struct stage *stage)
{
    stage->done = false;
    size_t before = stage->seen;
    struct cvg_place_look *look =
        stage->kind->look(stage->place, cvg_time_now() + 5 * CVG_SECOND, &stage->tag, seen, stage);
    assert_int_equal(stage->seen, before); /* in a later turn */
    return look;
}

void stage_wait(struct stage *stage)
{
    assert_true(cvg_loop_run_until(stage->loop, &stage->done, cvg_time_now() + 10 * CVG_SECOND));
}

const struct cvg_place_sight *stage_look(struct stage *stage)
{
    (void)stage_begin(stage);
    stage_wait(stage);
    return &stage->sight;
}

void stage_until(struct stage *stage, bool (*holds)(const struct cvg_place_sight *sight))
{
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;
    while (!holds(stage_look(stage))) {
        assert_true(cvg_time_now() < deadline);
    }
}

void stage_write(const char *path, const char *text)
{
    if (text == NULL) {
        assert_int_equal(unlink(path), 0);
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

char *stage_path(const char *folder, const char *name)
{
    return cvg_format("%s/%s", folder, name);
}
