/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of rules against the recorded lists, and against lists that are odd. */
#include "inquire.h"

#include "base/macros.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

/* The recording's last evaluations are of 19:18:36.6. */
static int64_t instant(const char *text)
{
    int64_t ns = 0;
    assert_int_equal(cvg_parse_time(text, strlen(text), &ns), 0);
    return ns;
}

static void test_judges_recorded_lists(void **state)
{
    (void)state;
    static const char *const firing[] = {"DemoFiring", NULL};
    static const char *const both[] = {"DemoInactive", "job:demo_requests:rate1m", NULL};
    static const char *const gone[] = {"DemoFiring", "Gone", NULL};
    static const char *const broken[] = {"DemoBroken", NULL};
    static const char soon[] = "2026-11-20T19:18:40Z", late[] = "2026-11-20T19:20:40Z";

    static const struct {
        const char *fixture;
        const char *const *names;
        const char *group, *at;
        int64_t max_age;
        uint32_t on_firing, status;
        const char *reason, *message;
    } rows[] = {
        {"rules", both, NULL, soon, 0, 0, CVG_READY, "RulesHealthy",
         "2 rules are healthy and evaluated in time"},
        {"rules", both, "demo", soon, 0, 0, CVG_READY, "RulesHealthy", NULL},
        {"rules", both, "other", soon, 0, 0, CVG_FAILED, "RuleMissing",
         "rule DemoInactive of group other does not exist"},
        {"rules", firing, NULL, soon, 0, CVG_PROM_FIRING_IGNORE, CVG_READY, "RulesHealthy", NULL},
        {"rules", firing, NULL, soon, 0, CVG_PROM_FIRING_DEGRADED, CVG_DEGRADED, "RuleFiring",
         "rule DemoFiring fires"},
        {"rules", firing, NULL, soon, 0, CVG_PROM_FIRING_FAILED, CVG_FAILED, "RuleFiring", NULL},
        {"rules", gone, NULL, soon, 0, CVG_PROM_FIRING_FAILED, CVG_FAILED, "RuleMissing",
         "rule Gone does not exist"},
        {"rules", firing, NULL, late, 0, 0, CVG_FAILED, "RuleOverdue",
         "rule DemoFiring was last evaluated 2m3s ago, at most 1m are taken"},
        {"rules", firing, NULL, late, 180, 0, CVG_READY, "RulesHealthy", NULL},
        {"rules", firing, NULL, soon, 2, 0, CVG_FAILED, "RuleOverdue", NULL},
        {"rules", NULL, "demo", soon, 0, 0, CVG_FAILED, "RuleBroken", NULL},
        {"rules", NULL, "other", soon, 0, 0, CVG_FAILED, "RuleMissing",
         "a rule of group other does not exist"},
        {"rules-type-alert", broken, NULL, soon, 0, 0, CVG_FAILED, "RuleBroken", NULL},
        {"rules-type-alert", both, NULL, soon, 0, 0, CVG_FAILED, "RuleMissing",
         "rule job:demo_requests:rate1m does not exist"},
        {"notready-503-query", firing, NULL, soon, 0, 0, CVG_UNKNOWN, "SourceStarting", NULL},
        {"notfound-404", firing, NULL, soon, 0, 0, CVG_UNKNOWN, "NotFound", NULL},
        {"query-vector-success", firing, NULL, soon, 0, 0, CVG_UNKNOWN, "BadAnswer", NULL},
        {"alerts-firing-and-pending", firing, NULL, soon, 0, 0, CVG_UNKNOWN, "BadAnswer", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_rules rules = {.group = rows[i].group,
                                       .max_age = rows[i].max_age ? rows[i].max_age * SECOND
                                                                  : CVG_ABSENT_INT,
                                       .on_firing = rows[i].on_firing};
        struct cvg_prom_check_config config = bare_config();
        struct inquiring inquiring;
        if (rows[i].names != NULL) {
            rules.names = texts(rows[i].names);
        }
        config.rules = &rules;
        inquire_begin(&config, CVG_PROM_PROMETHEUS, instant(rows[i].at), &inquiring);
        inquire_fixture(&inquiring, 0, rows[i].fixture);
        inquire_end(&inquiring);
        assert_finding(&inquiring, rows[i].status, rows[i].reason, rows[i].message);
    }
}

#define DOCUMENT(rest, rules)                                                                      \
    "{\"status\":\"success\"" rest ",\"data\":{\"groups\":[{\"rules\":[" rules                     \
    "],\"interval\":100,\"name\":\"g\"}]}}"
#define RULE(name, health, at)                                                                     \
    "{\"name\":\"" name "\",\"health\":\"" health "\",\"lastEvaluation\":\"" at "\"}"

static void test_judges_odd_lists(void **state)
{
    (void)state;
    static const char *const names[] = {"a", NULL};
    static const char now[] = "2026-11-20T19:20:00Z";

    static const struct {
        const char *body;
        uint32_t status;
        const char *reason;
    } rows[] = {
        /* Three intervals of the group, which stands behind its rules. */
        {DOCUMENT("", RULE("a", "ok", "2026-11-20T19:15:01Z")), CVG_READY, "RulesHealthy"},
        {DOCUMENT("", RULE("a", "ok", "2026-11-20T19:14:59Z")), CVG_FAILED, "RuleOverdue"},
        {DOCUMENT("", RULE("\\u0061", "ok", "2026-11-20T19:20:00.123456789Z")), CVG_READY,
         "RulesHealthy"},
        /* Two of one name: both must be well. */
        {DOCUMENT("", RULE("a", "ok", "2026-11-20T19:20:00Z") "," RULE("a", "err",
                                                                       "2026-11-20T19:20:00Z")),
         CVG_FAILED, "RuleBroken"},
        {DOCUMENT("", RULE("a", "unknown", "0001-01-01T00:00:00Z")), CVG_UNKNOWN,
         "RuleNotEvaluated"},
        {DOCUMENT("", RULE("a", "nodata", "2026-11-20T19:20:00Z")), CVG_UNKNOWN,
         "RuleNotEvaluated"},
        {DOCUMENT("", "{\"name\":\"a\"}"), CVG_UNKNOWN, "RuleNotEvaluated"},
        {DOCUMENT(",\"warnings\":[\"a store is missing\"]", ""), CVG_UNKNOWN, "PartialData"},
        {DOCUMENT(",\"warnings\":[\"a store is missing\"]",
                  RULE("a", "ok", "2026-11-20T19:20:00Z")),
         CVG_DEGRADED, "PartialData"},
        {DOCUMENT("", ""), CVG_FAILED, "RuleMissing"},
        {"{\"status\":\"success\",\"data\":{\"groups\":null}}", CVG_FAILED, "RuleMissing"},
        {"{\"status\":\"success\",\"data\":{}}", CVG_UNKNOWN, "BadAnswer"},
        {"{\"status\":\"error\",\"data\":{\"groups\":[]}}", CVG_UNKNOWN, "BadAnswer"},
        {DOCUMENT("", "{}"), CVG_UNKNOWN, "BadAnswer"},
        {DOCUMENT("", "1"), CVG_UNKNOWN, "BadAnswer"},
        {DOCUMENT("", RULE("a", "ok", "yesterday")), CVG_UNKNOWN, "BadAnswer"},
        {DOCUMENT("", RULE("a", "ok", "")), CVG_UNKNOWN, "BadAnswer"},
        {"[]", CVG_UNKNOWN, "BadAnswer"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_rules rules = {.names = texts(names), .max_age = CVG_ABSENT_INT};
        struct cvg_prom_check_config config = bare_config();
        struct inquiring inquiring;
        config.rules = &rules;
        inquire_begin(&config, CVG_PROM_THANOS, instant(now), &inquiring);
        inquire_body(&inquiring, 0, rows[i].body);
        inquire_end(&inquiring);
        assert_finding(&inquiring, rows[i].status, rows[i].reason, NULL);
    }
}

static void test_shares_one_question(void **state)
{
    (void)state;
    struct cvg_prom_rules rules = {.group = "g", .max_age = CVG_ABSENT_INT};
    struct cvg_prom_check_config config = bare_config();
    struct inquiring inquiring;
    config.rules = &rules;
    inquire_begin(&config, CVG_PROM_PROMETHEUS, 0, &inquiring);
    assert_int_equal(inquiring.inquiry.count, 1);
    assert_int_equal(inquiring.inquiry.wanted[0].api, CVG_PROM_RULES);
    assert_string_equal(inquiring.inquiry.wanted[0].text, "exclude_alerts=true");
    cvg_prom_inquiry_done(&inquiring.inquiry);
    assert_string_equal(refused_at(&config, CVG_PROM_LOKI, CVG_PROM_AS_WRITTEN), "rules");
    rules.group = NULL;
    assert_string_equal(refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN), "rules");
    config.query = "up";
    assert_string_equal(refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN), "rules");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judges_recorded_lists),
        cmocka_unit_test(test_judges_odd_lists),
        cmocka_unit_test(test_shares_one_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
