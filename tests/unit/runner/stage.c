/* SPDX-License-Identifier: Apache-2.0 */
#include "stage.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void on_reading(void *ctx, size_t environment, size_t check,
                       struct cvg_kept_reading *reading)
{
    struct stage *stage = ctx;
    assert_int_equal(environment, 0);
    assert_true(check < STAGE_CHECKS);
    struct stage_check *known = &stage->checks[check];
    int64_t now = cvg_time_now();
    cvg_reading_unref(known->latest);
    known->latest = reading;
    known->readings++;
    known->order = ++stage->readings;
    known->gap = now - known->at;
    known->at = now;
    stage->in_turn++;
    stage->most_in_turn = CVG_MAX(stage->most_in_turn, stage->in_turn);
}

static void on_alive(void *ctx, size_t environment, size_t check, int64_t at)
{
    struct stage *stage = ctx;
    assert_int_equal(environment, 0);
    assert_true(at <= cvg_time_now());
    stage->checks[check].alive++;
}

static void on_exchanged(void *ctx, const char *source, const struct cvg_exchange *exchange)
{
    struct stage *stage = ctx;
    assert_non_null(source);
    assert_non_null(exchange->request);
    stage->exchanged++;
}

static void on_availability(void *ctx, size_t source, bool available, const char *why)
{
    struct stage *stage = ctx;
    assert_true(source < cvg_runner_source_count(stage->runner));
    if (available) {
        stage->closed++;
    } else {
        stage->opened++;
        (void)snprintf(stage->why, sizeof stage->why, "%s", why);
    }
}

static const struct cvg_runner_events events = {
    .reading = on_reading,
    .alive = on_alive,
    .exchanged = on_exchanged,
    .availability = on_availability,
};

static void on_turn(void *arg)
{
    struct stage *stage = arg;
    stage->in_turn = 0;
}

void stage_open(struct stage *stage, const char *text)
{
    memset(stage, 0, sizeof *stage);
    (void)snprintf(stage->folder, sizeof stage->folder, "/tmp/cvg-runner-XXXXXX");
    assert_non_null(mkdtemp(stage->folder));
    struct cvg_buf filled CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT((size_t)1 << 20);
    for (const char *at = text; *at; at++) {
        if (cvg_text_starts(at, "%s")) {
            assert_int_equal(cvg_buf_puts(&filled, stage->folder), 0);
            at++;
        } else {
            assert_int_equal(cvg_buf_putc(&filled, *at), 0);
        }
    }
    assert_int_equal(cvg_registry_open(CVG_BUILD "/tests/modules", &stage->registry, NULL), 0);
    assert_int_equal(cvg_loop_new(NULL, &stage->loop, NULL), 0);
    cvg_loop_on_turn(stage->loop, on_turn, stage);
    struct cvg_kinds kinds = cvg_registry_kinds(stage->registry);
    int code = cvg_config_load_text("test.yaml", cvg_buf_text(&filled), filled.length, &kinds,
                                    &stage->diagnostics, &stage->config);
    if (code == 0) {
        code = cvg_runner_new(stage->loop, stage->config, stage->registry, &events, stage,
                              &stage->diagnostics, &stage->runner);
    }
    cvg_diagnostics_print(&stage->diagnostics, stderr);
    assert_int_equal(code, 0);
}

void stage_reload(struct stage *stage, const char *text)
{
    struct cvg_kinds kinds = cvg_registry_kinds(stage->registry);
    struct cvg_config *config = NULL;
    assert_int_equal(
        cvg_config_load_text("test.yaml", text, strlen(text), &kinds, &stage->diagnostics, &config),
        0);
    struct cvg_runner *before = stage->runner;
    struct cvg_config_diff *diff = cvg_config_diff_new(stage->config, config);
    struct cvg_runner *runner = cvg_runner_new_after(before, config, diff);
    while (cvg_runner_prepare(runner, 1, &stage->diagnostics)) {
        stage_turn(stage, CVG_MS);
    }
    cvg_diagnostics_print(&stage->diagnostics, stderr);
    assert_int_equal(stage->diagnostics.errors, 0);
    stage->runner = runner;
    cvg_runner_take_over(runner, before);
    cvg_config_diff_free(diff);
    cvg_config_unref(stage->config);
    stage->config = config;
    while (cvg_runner_retire(before, 1)) {
        stage_turn(stage, CVG_MS);
    }
}

void stage_close(struct stage *stage)
{
    cvg_runner_free(stage->runner);
    for (size_t i = 0; i < STAGE_CHECKS; i++) {
        cvg_reading_unref(stage->checks[i].latest);
    }
    cvg_config_unref(stage->config);
    cvg_diagnostics_done(&stage->diagnostics);
    cvg_loop_free(stage->loop);
    cvg_registry_free(stage->registry);
    DIR *directory = opendir(stage->folder);
    const struct dirent *file;
    while ((file = readdir(directory))) {
        if (file->d_name[0] != '.') {
            CVG_CLEANUP(cvg_free_pointer)
            char *path = cvg_format("%s/%s", stage->folder, file->d_name);
            assert_int_equal(unlink(path), 0);
        }
    }
    closedir(directory);
    assert_int_equal(rmdir(stage->folder), 0);
}

void stage_write(const struct stage *stage, const char *name, const char *text)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s/%s", stage->folder, name);
    CVG_CLEANUP(cvg_free_pointer) char *fresh = cvg_format("%s/.new", stage->folder);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
    assert_int_equal(rename(fresh, path), 0);
}

struct stage_check *stage_check(struct stage *stage, const char *name)
{
    const struct cvg_environment_config *environment = &stage->config->environments[0];
    for (size_t i = 0; i < environment->check_count; i++) {
        if (strcmp(environment->checks[i].name, name) == 0) {
            return &stage->checks[i];
        }
    }
    fail_msg("there is no check '%s'", name);
    return NULL;
}

const struct cvg_reading *stage_reading(struct stage *stage, const char *name)
{
    struct stage_check *check = stage_check(stage, name);
    assert_non_null(check->latest);
    return cvg_reading_get(check->latest);
}

struct cvg_source_stats stage_stats(struct stage *stage, size_t source)
{
    struct cvg_source_stats stats;
    cvg_runner_source_stats(stage->runner, source, &stats);
    return stats;
}

void stage_turn(struct stage *stage, int64_t ns)
{
    bool never = false;
    cvg_loop_run_until(stage->loop, &never, cvg_time_now() + ns);
}

static bool has(const struct stage_check *check, const char *reason, const char *observed)
{
    if (!check->latest) {
        return false;
    }
    const struct cvg_reading *reading = cvg_reading_get(check->latest);
    return strcmp(reading->reason, reason) == 0 &&
           (!observed || cvg_text_equal(reading->observed, observed));
}

void stage_await(struct stage *stage, const char *name, const char *reason, const char *observed)
{
    const struct stage_check *check = stage_check(stage, name);
    int64_t deadline = cvg_time_now() + 20 * CVG_SECOND;
    while (!has(check, reason, observed)) {
        if (cvg_time_now() > deadline) {
            const struct cvg_reading *last = check->latest ? cvg_reading_get(check->latest) : NULL;
            fail_msg("%s is not %s %s but %s %s: %s", name, reason, observed ? observed : "",
                     last ? last->reason : "unread", last ? last->observed : "",
                     last ? last->message : "");
        }
        stage_turn(stage, CVG_MS);
    }
}

void stage_await_readings(struct stage *stage, const char *name, size_t readings)
{
    const struct stage_check *check = stage_check(stage, name);
    int64_t deadline = cvg_time_now() + 20 * CVG_SECOND;
    while (check->readings < readings) {
        assert_true(cvg_time_now() < deadline);
        stage_turn(stage, CVG_MS);
    }
}
