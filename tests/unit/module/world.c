/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void keep(struct world *world, const struct cvg_reading *reading)
{
    cvg_reading_unref(world->latest);
    world->latest = cvg_reading_keep(reading, cvg_time_now());
    world->done = true;
}

static void completed(void *ctx, struct cvg_check *check, struct cvg_run *run,
                      const struct cvg_reading *reading)
{
    struct world *world = ctx;
    assert_non_null(run);
    assert_ptr_equal(cvg_check_owner(check), world);
    assert_null(cvg_check_run(check));
    assert_int_equal(reading->size, sizeof *reading);
    world->completed++;
    keep(world, reading);
}

static void reported(void *ctx, CVG_UNUSED struct cvg_check *check,
                     const struct cvg_reading *reading)
{
    struct world *world = ctx;
    world->reported++;
    keep(world, reading);
}

static void alive(void *ctx, CVG_UNUSED struct cvg_source *source)
{
    struct world *world = ctx;
    world->alive++;
    world->done = true;
}

static void woken(void *ctx, CVG_UNUSED struct cvg_source *source)
{
    struct world *world = ctx;
    world->woken++;
}

static void exchanged(void *ctx, CVG_UNUSED struct cvg_source *source,
                      CVG_UNUSED const struct cvg_exchange *exchange)
{
    struct world *world = ctx;
    world->exchanged++;
}

static const struct cvg_instance_events events = {
    .completed = completed,
    .reported = reported,
    .alive = alive,
    .woken = woken,
    .exchanged = exchanged,
};

static struct cvg_source *via_of(struct world *world, const struct cvg_source_config *config)
{
    return config->via ? world->sources[config->via - world->config->sources] : NULL;
}

void world_open(struct world *world, const char *text)
{
    *world = (struct world){0};
    struct cvg_error error = {0};
    assert_int_equal(cvg_registry_open(CVG_BUILD "/tests/modules", &world->registry, &error), 0);
    assert_int_equal(cvg_loop_new(NULL, &world->loop, &error), 0);
    struct cvg_kinds kinds = cvg_registry_kinds(world->registry);
    if (cvg_config_load_text("test.yaml", text, strlen(text), &kinds, &world->diagnostics,
                             &world->config) < 0) {
        cvg_diagnostics_print(&world->diagnostics, stderr);
        fail_msg("the test's configuration is refused");
    }
    const struct cvg_config *config = world->config;
    assert_in_range(config->source_count, 1, CVG_COUNT(world->sources));
    for (size_t i = 0; i < config->source_count; i++) {
        struct cvg_source_setup setup = {
            .loop = world->loop,
            .module = cvg_registry_get(world->registry, config->sources[i].kind->name, NULL),
            .config = &config->sources[i],
            .via = via_of(world, &config->sources[i]),
            .memory = cvg_registry_memory(world->registry),
            .events = &events,
            .ctx = world,
        };
        int code = cvg_source_new(&setup, &world->diagnostics, &world->sources[i]);
        assert_int_equal(code == 0, world->sources[i] != NULL);
    }
    const struct cvg_environment_config *environment = &config->environments[0];
    assert_in_range(environment->check_count, 1, CVG_COUNT(world->checks));
    for (size_t i = 0; i < environment->check_count; i++) {
        const struct cvg_check_config *check = &environment->checks[i];
        struct cvg_source *source = world->sources[check->source - config->sources];
        if (source) {
            int code = cvg_check_new(source, environment->name, check, world, &world->diagnostics,
                                     &world->checks[i]);
            assert_int_equal(code == 0, world->checks[i] != NULL);
        }
    }
    for (size_t i = 0; i < config->source_count; i++) {
        if (world->sources[i]) {
            cvg_source_start(world->sources[i]);
        }
    }
}

void world_open_good(struct world *world, const char *text)
{
    world_open(world, text);
    cvg_diagnostics_print(&world->diagnostics, stderr);
    assert_int_equal(world->diagnostics.count, 0);
}

void world_close(struct world *world)
{
    for (size_t i = 0; i < CVG_COUNT(world->checks); i++) {
        cvg_check_free(world->checks[i]);
    }
    for (size_t i = CVG_COUNT(world->sources); i-- > 0;) {
        cvg_source_free(world->sources[i]);
    }
    cvg_reading_unref(world->latest);
    cvg_config_unref(world->config);
    cvg_diagnostics_done(&world->diagnostics);
    cvg_loop_free(world->loop);
    cvg_registry_free(world->registry);
}

void world_start_run(struct world *world, size_t check)
{
    int64_t now = cvg_time_now();
    struct cvg_run_inputs inputs = {
        .size = sizeof inputs,
        .round_wall_ns = cvg_time_wall(),
        .round_ns = now,
        .deadline_ns = now + cvg_check_config(world->checks[check])->timeout_ns,
    };
    cvg_run_start(world->checks[check], &inputs, NULL);
}

void world_wait(struct world *world)
{
    assert_true(cvg_loop_run_until(world->loop, &world->done, cvg_time_now() + 10 * CVG_SECOND));
    world->done = false;
}

const struct cvg_reading *world_run(struct world *world, size_t check)
{
    world->done = false;
    world_start_run(world, check);
    world_wait(world);
    return cvg_reading_get(world->latest);
}

void world_turn(struct world *world, int64_t ns)
{
    bool never = false;
    cvg_loop_run_until(world->loop, &never, cvg_time_now() + ns);
}
