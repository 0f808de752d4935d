/* SPDX-License-Identifier: Apache-2.0 */
/* Two tracks compared: guards of volume, limit, baseline and chance. */
#include "inquire.h"

#include "base/macros.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct cvg_prom_canary make_canary(double max_z)
{
    return (struct cvg_prom_canary){.errors = "bad{track=\"$track\"} or vector(0)",
                                    .total = "all{track=\"$track\"}",
                                    .canary = "v2",
                                    .baseline = "v1",
                                    .min_events = 50,
                                    .max_ratio = 0.05,
                                    .max_times = 1.5,
                                    .max_extra = 0.001,
                                    .max_z = max_z};
}

static void test_asks_the_same_of_both_tracks(void **state)
{
    (void)state;
    struct cvg_prom_canary canary = make_canary(NAN);
    struct cvg_prom_check_config config = bare_config();
    struct inquiring inquiring;
    config.canary = &canary;
    canary.canary = "v\"2\\";
    inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
    static const char *const queries[] = {"bad{track=\"v\\\"2\\\\\"} or vector(0)",
                                          "all{track=\"v\\\"2\\\\\"}",
                                          "bad{track=\"v1\"} or vector(0)", "all{track=\"v1\"}"};
    assert_int_equal(inquiring.inquiry.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(inquiring.inquiry.wanted[i].text, queries[i]);
    }
    cvg_prom_inquiry_done(&inquiring.inquiry);
}

static void test_holds_the_canary_against_its_guards(void **state)
{
    (void)state;

    static const struct {
        double numbers[4]; /* errors and total of the canary, of the baseline */
        double max_z;      /* 0: none */
        uint32_t on_low_volume, status;
        const char *reason;
    } rows[] = {
        {{0, 100, 0, 100}, 0, 0, CVG_READY, "CanaryHealthy"},
        {{1, 1000, 0, 1000}, 0, 0, CVG_READY, "CanaryHealthy"},
        {{1.1, 1000, 0, 1000}, 0, 0, CVG_FAILED, "CanaryWorse"},
        {{16, 1000, 10, 1000}, 0, 0, CVG_READY, "CanaryHealthy"},
        {{16.1, 1000, 10, 1000}, 0, 0, CVG_FAILED, "CanaryWorse"},
        /* A bad baseline excuses nothing. */
        {{51, 1000, 500, 1000}, 0, 0, CVG_FAILED, "CanaryOverLimit"},
        {{100, 100, 100, 100}, 0, 0, CVG_FAILED, "CanaryOverLimit"},
        /* More errors than events, as extrapolated counts may say. */
        {{101, 100, 0, 100}, 0, 0, CVG_FAILED, "CanaryOverLimit"},
        /* By chance or not: z is 1.19, 3.76, 0. */
        {{14, 1000, 10, 1000}, 2.33, 0, CVG_READY, "CanaryHealthy"},
        {{1400, 100000, 1000, 100000}, 2.33, 0, CVG_FAILED, "CanaryWorse"},
        {{0, 100, 0, 100}, 2.33, 0, CVG_READY, "CanaryHealthy"},
        /* Too few to judge, in either. */
        {{0, 49, 0, 100}, 0, 0, CVG_UNKNOWN, "LowVolume"},
        {{0, 100, 0, 49}, 0, 0, CVG_UNKNOWN, "LowVolume"},
        {{49, 49, 0, 100}, 0, CVG_PROM_READY, CVG_READY, "LowVolume"},
        {{0, 0, 0, 0}, 0, CVG_PROM_FAILED, CVG_FAILED, "LowVolume"},
        {{NAN, 100, 0, 100}, 0, CVG_PROM_READY, CVG_UNKNOWN, "NotANumber"},
        {{0, INFINITY, 0, 100}, 0, CVG_PROM_READY, CVG_UNKNOWN, "NotFinite"},
        {{0, 100, -1, 100}, 0, CVG_PROM_READY, CVG_UNKNOWN, "RatioInvalid"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_canary canary = make_canary(rows[i].max_z > 0 ? rows[i].max_z : NAN);
        struct cvg_prom_check_config config = bare_config();
        struct inquiring inquiring;
        config.canary = &canary;
        config.on_low_volume = rows[i].on_low_volume;
        inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
        for (size_t j = 0; j < 4; j++) {
            inquire_number(&inquiring, 3 - j, rows[i].numbers[3 - j]);
        }
        inquire_end(&inquiring);
        assert_finding(&inquiring, rows[i].status, rows[i].reason, NULL);
    }
}

static void test_knows_nothing_without_an_answer(void **state)
{
    (void)state;

    static const struct {
        const char *fixture, *reason;
    } rows[] = {
        {"query-vector-empty", "NoData"},         {"query-vector-1000-series", "ManySeries"},
        {"query-zero-by-zero-nan", "NotANumber"}, {"error-bad_data-parse-400", "QueryRejected"},
        {"warnings-empty-result", "PartialData"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        for (size_t broken = 0; broken < 4; broken++) {
            struct cvg_prom_canary canary = make_canary(NAN);
            struct cvg_prom_check_config config = bare_config();
            struct inquiring inquiring;
            config.canary = &canary;
            config.on_low_volume = CVG_PROM_READY;
            inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
            for (size_t j = 0; j < 4; j++) {
                if (j == broken) {
                    inquire_fixture(&inquiring, j, rows[i].fixture);
                } else {
                    inquire_number(&inquiring, j, j % 2 ? 1000 : 0);
                }
            }
            inquire_end(&inquiring);
            assert_finding(&inquiring, CVG_UNKNOWN, rows[i].reason, NULL);
        }
    }
}

static void test_guards_of_the_check_still_hold(void **state)
{
    (void)state;
    static const struct cvg_prom_volume volume = {"traffic", 10};
    struct cvg_prom_canary canary = make_canary(NAN);
    struct cvg_prom_check_config config = bare_config();
    struct inquiring inquiring;
    config.canary = &canary;
    config.min_volume = &volume;
    config.max_sample_age = INT64_C(60) * 1000000000;
    assert_string_equal(refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN),
                        "max_sample_age");
    config.sample_age_of = "all";
    assert_string_equal(refused_at(&config, CVG_PROM_LOKI, CVG_PROM_AS_WRITTEN), "max_sample_age");

    static const struct {
        double volume, age;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {10, 60, CVG_READY, "CanaryHealthy"},
        {9, 60, CVG_UNKNOWN, "LowVolume"},
        {10, 61, CVG_UNKNOWN, "SamplesTooOld"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
        assert_int_equal(inquiring.inquiry.count, 6);
        for (size_t j = 0; j < 4; j++) {
            inquire_number(&inquiring, j, j % 2 ? 1000 : 0);
        }
        inquire_number(&inquiring, 4, rows[i].volume);
        inquire_number(&inquiring, 5, rows[i].age);
        inquire_end(&inquiring);
        assert_finding(&inquiring, rows[i].status, rows[i].reason, NULL);
    }
}

static void test_refuses_what_would_not_be_escaped(void **state)
{
    (void)state;

    static const struct {
        const char *total;
        int is_refused;
    } rows[] = {
        {"all{track=\"$track\"}", 0},
        {"all{a=\"\\\"\",track=~\"x$track|y\"}", 0},
        {"all{track=$track}", 1},
        {"all{track='$track'}", 1},
        {"all{track=`$track`}", 1},
        {"all{a=\"x\"} + $track", 1},
        {"all", 1},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_canary canary = make_canary(NAN);
        struct cvg_prom_check_config config = bare_config();
        config.canary = &canary;
        canary.total = rows[i].total;
        const char *path = refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN);
        if ((path != NULL) != rows[i].is_refused) {
            fail_msg("%s", rows[i].total);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_the_same_of_both_tracks),
        cmocka_unit_test(test_holds_the_canary_against_its_guards),
        cmocka_unit_test(test_knows_nothing_without_an_answer),
        cmocka_unit_test(test_guards_of_the_check_still_hold),
        cmocka_unit_test(test_refuses_what_would_not_be_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
