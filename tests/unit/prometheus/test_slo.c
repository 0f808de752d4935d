/* SPDX-License-Identifier: Apache-2.0 */
/* Error budgets: factors, pairs of windows, and what cannot be told. */
#include "inquire.h"

#include "base/macros.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY     (INT64_C(86400) * 1000000000)
#define WINDOWS 8 /* with the period */

static struct cvg_prom_slo make_slo(const char *objective, int64_t days)
{
    return (struct cvg_prom_slo){.objective = objective,
                                 .errors = "errors$window or vector(0)",
                                 .total = "total[$window] + x[$window]",
                                 .period = days * DAY,
                                 .budget = CVG_PROM_BUDGET_REPORT};
}

static void test_asks_each_window_and_the_period(void **state)
{
    (void)state;
    static const char *const windows[] = {"5m", "30m", "1h", "2h", "6h", "1d", "3d", "28d"};
    struct cvg_prom_slo slo = make_slo("99.9%", 28);
    struct cvg_prom_check_config config = bare_config();
    struct inquiring inquiring;
    config.slo = &slo;
    inquire_begin(&config, CVG_PROM_LOKI, 0, &inquiring);
    assert_int_equal(inquiring.inquiry.count, 2 * CVG_COUNT(windows));
    for (size_t i = 0; i < CVG_COUNT(windows); i++) {
        char errors[64], total[64];
        snprintf(errors, sizeof(errors), "errors%s or vector(0)", windows[i]);
        snprintf(total, sizeof(total), "total[%s] + x[%s]", windows[i], windows[i]);
        assert_string_equal(inquiring.inquiry.wanted[2 * i].text, errors);
        assert_string_equal(inquiring.inquiry.wanted[2 * i + 1].text, total);
    }
    cvg_prom_inquiry_done(&inquiring.inquiry);
    slo.budget = CVG_PROM_BUDGET_OFF;
    inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
    assert_int_equal(inquiring.inquiry.count, 14);
    cvg_prom_inquiry_done(&inquiring.inquiry);
}

/* Error ratios in percent by window; a negative one stands for no traffic, NaN for no series. */
struct row {
    double percent[WINDOWS]; /* 5m 30m 1h 2h 6h 1d 3d period */
    uint32_t budget, on_low_volume, status;
    const char *reason;
    int64_t days;
};

static void judge(const struct row *row)
{
    struct cvg_prom_slo slo = make_slo("99.9%", row->days ? row->days : 30);
    struct cvg_prom_check_config config = bare_config();
    struct inquiring inquiring;
    slo.budget = row->budget;
    config.slo = &slo;
    config.on_low_volume = row->on_low_volume;
    inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
    for (size_t i = 0; i < inquiring.inquiry.count / 2; i++) {
        double percent = row->percent[i];
        if (isnan(percent)) {
            inquire_fixture(&inquiring, 2 * i, "query-vector-empty");
        } else {
            inquire_number(&inquiring, 2 * i, percent > 0 ? percent * 10 : 0);
        }
        inquire_number(&inquiring, 2 * i + 1, percent < 0 ? 0 : 1000);
    }
    inquire_end(&inquiring);
    assert_finding(&inquiring, row->status, row->reason, NULL);
}

/* With a budget of 0.1 % the pairs fire over 1.44, 0.6, 0.3 and 0.1 %. */
static void test_judges_pairs_of_windows(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.status = CVG_READY, .reason = "WithinBudget"},
        {.percent = {2, 2, 2}, .status = CVG_FAILED, .reason = "BudgetBurningFast"},
        /* Only the short, or only the long one. */
        {.percent = {99, 99}, .status = CVG_READY, .reason = "WithinBudget"},
        {.percent = {0, 0, 99}, .status = CVG_READY, .reason = "WithinBudget"},
        {.percent = {1.43, 0.5, 1.43, 0, 0.5}, .status = CVG_READY, .reason = "WithinBudget"},
        {.percent = {1.45, 0, 1.45}, .status = CVG_FAILED, .reason = "BudgetBurningFast"},
        {.percent = {0, 0.7, 0, 0, 0.7}, .status = CVG_FAILED, .reason = "BudgetBurningFast"},
        {.percent = {0, 0, 0, 0.4, 0, 0.4},
         .status = CVG_DEGRADED,
         .reason = "BudgetBurningSlowly"},
        {.percent = {0, 0, 0, 0, 0.2, 0, 0.2},
         .status = CVG_DEGRADED,
         .reason = "BudgetBurningSlowly"},
        /* 13.44 for 28 days. */
        {.percent = {1.4, 0, 1.4}, .days = 28, .status = CVG_FAILED, .reason = "BudgetBurningFast"},
        {.percent = {1.4, 0, 1.4}, .days = 30, .status = CVG_READY, .reason = "WithinBudget"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        judge(&rows[i]);
    }
}

static void test_leaves_open_what_cannot_be_told(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* No traffic at all. */
        {.percent = {-1, -1, -1, -1, -1, -1, -1, -1}, .status = CVG_UNKNOWN, .reason = "LowVolume"},
        {.percent = {-1, -1, -1, -1, -1, -1, -1, -1},
         .on_low_volume = CVG_PROM_READY,
         .status = CVG_READY,
         .reason = "LowVolume"},
        {.percent = {-1, -1, -1, -1, -1, -1, -1, -1},
         .budget = CVG_PROM_BUDGET_ENFORCE,
         .on_low_volume = CVG_PROM_FAILED,
         .status = CVG_FAILED,
         .reason = "LowVolume"},
        /* None in the short window, but the long one burns slowly: nothing can fire. */
        {.percent = {-1, -1, 1, 0, 0.5}, .status = CVG_READY, .reason = "WithinBudget"},
        {.percent = {-1, 0, 2}, .status = CVG_UNKNOWN, .reason = "LowVolume"},
        {.percent = {-1, 0.7, 2, 0, 0.7}, .status = CVG_FAILED, .reason = "BudgetBurningFast"},
        /* No series of errors is not the same as no errors. */
        {.percent = {NAN, 0, 2}, .status = CVG_UNKNOWN, .reason = "NoData"},
        {.percent = {NAN, 0, 0}, .status = CVG_READY, .reason = "WithinBudget"},
        {.percent = {-1, NAN, 2, 0, 2}, .status = CVG_UNKNOWN, .reason = "NoData"},
        {.percent = {-1, NAN, 2, 0, 2},
         .on_low_volume = CVG_PROM_READY,
         .status = CVG_UNKNOWN,
         .reason = "NoData"},
        /* A ticket does not make up for a page that cannot be told. */
        {.percent = {NAN, 0, 2, 0.4, 0, 0.4}, .status = CVG_UNKNOWN, .reason = "NoData"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        judge(&rows[i]);
    }
}

static void test_enforces_the_budget_where_asked(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.percent = {[7] = 0.11}, .status = CVG_READY, .reason = "WithinBudget"},
        {.percent = {[7] = 0.11},
         .budget = CVG_PROM_BUDGET_REPORT,
         .status = CVG_READY,
         .reason = "WithinBudget"},
        {.percent = {[7] = NAN},
         .budget = CVG_PROM_BUDGET_REPORT,
         .status = CVG_READY,
         .reason = "WithinBudget"},
        {.percent = {[7] = 0.11},
         .budget = CVG_PROM_BUDGET_ENFORCE,
         .status = CVG_FAILED,
         .reason = "BudgetSpent"},
        {.percent = {[7] = 0.095},
         .budget = CVG_PROM_BUDGET_ENFORCE,
         .status = CVG_DEGRADED,
         .reason = "BudgetLow"},
        {.percent = {[7] = 0.08},
         .budget = CVG_PROM_BUDGET_ENFORCE,
         .status = CVG_READY,
         .reason = "WithinBudget"},
        {.percent = {[7] = NAN},
         .budget = CVG_PROM_BUDGET_ENFORCE,
         .status = CVG_UNKNOWN,
         .reason = "NoData"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        judge(&rows[i]);
    }
}

static void test_says_what_burns_and_what_is_left(void **state)
{
    (void)state;
    struct cvg_prom_slo slo = make_slo("99.9%", 30);
    struct cvg_prom_check_config config = bare_config();
    struct inquiring inquiring;
    config.slo = &slo;
    inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
    for (size_t i = 0; i < inquiring.inquiry.count; i++) {
        inquire_number(&inquiring, i, i % 2 ? 1000 : i == 14 ? 0.25 : 20);
    }
    inquire_end(&inquiring);
    assert_finding(&inquiring, CVG_FAILED, "BudgetBurningFast",
                   "the error budget burns at a rate of 20 over 1h and 20 over 5m, at most 14.4 is "
                   "tolerated");
    assert_string_equal(inquiring.held.finding.reading.expected, "at most 14.4");
    const struct cvg_reading *reading = &inquiring.held.finding.reading;
    assert_string_equal(reading->observed, "20 over 1h");
    assert_string_equal(reading->facts[7].name, "budget_left");
    assert_string_equal(reading->facts[0].name, "burn_5m");
    assert_int_equal(strncmp(reading->facts[7].text, "0.75", 4), 0);
}

static void test_refuses_objectives_whose_alarm_cannot_ring(void **state)
{
    (void)state;

    static const struct {
        const char *objective;
        int64_t days;
        const char *path;
    } rows[] = {
        {"99.9%", 30, NULL},
        {"99.999%", 30, NULL},
        {"93.1%", 30, NULL},
        {"93%", 30, "slo.objective"}, /* 14.4 * 0.07 is over 1 */
        {"90%", 30, "slo.objective"},
        {"90%", 7, NULL},
        {"100%", 30, "slo.objective"},
        {"0%", 30, "slo.objective"},
        {"-1%", 30, "slo.objective"},
        {"NaN%", 30, "slo.objective"},
        {"%", 30, "slo.objective"},
        {"0.999", 30, "slo.objective"},
        {"99.9 %", 30, "slo.objective"},
        {"${checks.a.facts.b}", 30, NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_slo slo = make_slo(rows[i].objective, rows[i].days);
        struct cvg_prom_check_config config = bare_config();
        config.slo = &slo;
        const char *path = refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN);
        if ((path == NULL) != (rows[i].path == NULL)) {
            fail_msg("%s: %s", rows[i].objective, path ? path : "taken");
        }
    }
    struct cvg_prom_slo slo = make_slo("99.9%", 30);
    struct cvg_prom_check_config config = bare_config();
    config.slo = &slo;
    slo.total = "total[5m]";
    assert_string_equal(refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN), "slo.total");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_each_window_and_the_period),
        cmocka_unit_test(test_judges_pairs_of_windows),
        cmocka_unit_test(test_leaves_open_what_cannot_be_told),
        cmocka_unit_test(test_enforces_the_budget_where_asked),
        cmocka_unit_test(test_says_what_burns_and_what_is_left),
        cmocka_unit_test(test_refuses_objectives_whose_alarm_cannot_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
