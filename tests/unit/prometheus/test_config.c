/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused in a check's keys, and at which key. */
#include "config.h"

#include "base/macros.h"
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_tells_selectors_from_the_rest(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int is_selector;
    } rows[] = {
        {"up", 1},
        {" up ", 1},
        {"job:requests:rate5m", 1},
        {"up{job=\"api\"}", 1},
        {"up {job=\"api\", code=~\"5..|4[0-9]{2}\"} ", 1},
        {"{__name__=~\"a|b\"}", 1},
        {"{\"my.metric\", job='x'}", 1},
        {"up{a=\"}\"}", 1},
        {"up{a=\"\\\"}\"}", 1},
        {"up{a=`\\`}", 1},
        {"", 0},
        {"  ", 0},
        {"0up", 0},
        {"rate(up[5m])", 0},
        {"up[5m]", 0},
        {"up offset 5m", 0},
        {"up @ 0", 0},
        {"up + 0", 0},
        {"-up", 0},
        {"(up)", 0},
        {"up{job=\"api\"", 0},
        {"up{job=\"api}", 0},
        {"up{job=\"api\\", 0},
        {"up{job=\"a\"} or vector(0)", 0},
        {"up{} #}", 0},
        {"up{job=\"a\" # }\n}", 0},
        {"up{}{}", 0},
        {"vector(1)", 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        if (cvg_prom_is_selector(rows[i].text) != rows[i].is_selector) {
            fail_msg("%s", rows[i].text);
        }
    }
}

static void note_path(void *arg, const char *path, const char *text)
{
    assert_true(text[0] != '\0');
    *(const char **)arg = path;
}

static const struct cvg_prom_volume volume = {"sum(rate(x[5m]))", 1};
static const struct cvg_prom_volume endless = {"sum(rate(x[5m]))", INFINITY};

static void test_refuses_at_the_key_that_is_wrong(void **state)
{
    (void)state;

    static const struct {
        struct cvg_prom_check_config config;
        const char *path; /* NULL: taken */
    } rows[] = {
        {{.ready = "< 1"}, NULL},
        {{.ready = "1"}, "ready"},
        {{.ready = "< 1", .degraded = "soon"}, "degraded"},
        {{.ready = "< 1", .degraded = "< 2"}, NULL},
        {{.ready = "< 2", .degraded = "< 1"}, "degraded"},
        {{.ready = "${checks.slo.facts.limit}", .degraded = "< 1"}, NULL},
        {{.ready = "< ${checks.slo.facts.limit}"}, NULL},
        {{.ready = "< 1", .min_volume = &volume, .on_low_volume = CVG_PROM_READY}, NULL},
        {{.ready = "< 1", .min_volume = &endless}, "min_volume.at_least"},
        {{.ready = "< 1", .on_low_volume = CVG_PROM_READY}, "on_low_volume"},
        {{.ready = "< 1", .max_sample_age = 45}, NULL},
        {{.ready = "< 1", .query = "rate(x[5m])", .max_sample_age = 45}, "max_sample_age"},
        {{.ready = "< 1", .query = "rate(x[5m])", .max_sample_age = 45, .sample_age_of = "x"},
         NULL},
        {{.ready = "< 1", .max_sample_age = 45, .sample_age_of = "rate(x[5m])"}, "sample_age_of"},
        {{.ready = "< 1", .sample_age_of = "x"}, "sample_age_of"},
        {{.ready = "< 1", .max_sample_age = 45, .sample_age_of = "x{a=\"${checks.a.facts.b}\"}"},
         NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_check_config config = rows[i].config;
        struct cvg_prom_plan plan;
        const char *path = NULL;
        config.query = config.query ? config.query : "up";
        config.max_sample_age = config.max_sample_age ? config.max_sample_age : CVG_ABSENT_INT;
        int code =
            cvg_prom_plan_make(&config, CVG_PROM_AS_WRITTEN, note_path, (void *)&path, &plan);
        assert_int_equal(code, rows[i].path != NULL ? -1 : 0);
        if (rows[i].path == NULL ? path != NULL : path == NULL || strcmp(path, rows[i].path) != 0) {
            fail_msg("row %zu: refused at %s", i, path ? path : "no key");
        }
    }
}

/* A fact whose text is a reference again must not leave a condition empty. */
static void test_takes_no_reference_once_facts_are_filled_in(void **state)
{
    (void)state;
    struct cvg_prom_check_config config = check_config("< ${checks.a.facts.b}");
    struct cvg_prom_plan plan;
    const char *path = NULL;
    assert_int_equal(
        cvg_prom_plan_make(&config, CVG_PROM_FILLED_IN, note_path, (void *)&path, &plan), -1);
    assert_string_equal(path, "ready");
    config = check_config("< 1");
    config.max_sample_age = 45;
    config.sample_age_of = "x{a=\"b\"} or vector(0)";
    assert_int_equal(
        cvg_prom_plan_make(&config, CVG_PROM_FILLED_IN, note_path, (void *)&path, &plan), -1);
    assert_string_equal(path, "sample_age_of");
}

static void test_keeps_the_parameters_that_are_the_modules_own(void **state)
{
    (void)state;
    static const struct cvg_pair wrong[] = {{"nocache", "1"}, {"time", "0"}};
    struct cvg_prom_source_config config = {.parameters = {1, wrong}};
    const char *path = NULL;
    assert_int_equal(cvg_prom_source_check(&config, note_path, (void *)&path), 0);
    config.parameters.count = 2;
    assert_int_equal(cvg_prom_source_check(&config, note_path, (void *)&path), -1);
    assert_string_equal(path, "parameters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tells_selectors_from_the_rest),
        cmocka_unit_test(test_refuses_at_the_key_that_is_wrong),
        cmocka_unit_test(test_takes_no_reference_once_facts_are_filled_in),
        cmocka_unit_test(test_keeps_the_parameters_that_are_the_modules_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
