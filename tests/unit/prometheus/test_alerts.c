/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of alerts: what is asked, and what recorded answers come to. */
#include "inquire.h"

#include "base/macros.h"
#include "matcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const critical[] = {"severity=critical", "job=~\"a|\\\"b\\\\\"", NULL};
static const char *const watchdog[] = {"alertname=\"Watchdog\"", NULL};
static const char *const none[] = {"none", NULL};

static struct cvg_prom_check_config make(struct cvg_prom_alerts *alerts, uint32_t on_pending,
                                         const char *const *dogs)
{
    struct cvg_prom_check_config config = bare_config();
    *alerts = (struct cvg_prom_alerts){
        .match = texts(critical), .watchdog = texts(dogs), .on_pending = on_pending};
    config.alerts = alerts;
    return config;
}

static void test_reads_and_quotes_matchers(void **state)
{
    (void)state;

    static const struct {
        const char *text, *written; /* NULL: refused */
    } rows[] = {
        {"a=b", "a=\"b\""},
        {"a = \"b c\" ", "a=\"b c\""},
        {"a!=\"\"", "a!=\"\""},
        {"a=~b.*|c", "a=~\"b.*|c\""},
        {"a!~\"b\\\\.c\"", "a!~\"b\\\\.c\""},
        {"a=\"q\\\"n\\n\"", "a=\"q\\\"n\\n\""},
        {"_a1=x", "_a1=\"x\""},
        {"a=\xc3\xa9", "a=\"\xc3\xa9\""},
        {"", NULL},
        {"a", NULL},
        {"=b", NULL},
        {"1a=b", NULL},
        {"a=", NULL},
        {"a==b", NULL},
        {"a=\"b", NULL},
        {"a=\"b\"c", NULL},
        {"a=b\"", NULL},
        {"a=b}", NULL},
        {"a=\"\\x\"", NULL},
        {"a=\"\\", NULL},
        {"a-b=c", NULL},
        {"a=\"b\",c=\"d\"", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_matcher matcher;
        struct cvg_prom_string string = {0};
        const char *wrong = cvg_prom_matcher_parse(rows[i].text, &matcher);
        if ((wrong != NULL) != (rows[i].written == NULL)) {
            fail_msg("%s: %s", rows[i].text, wrong ? wrong : "taken");
        }
        if (wrong == NULL) {
            cvg_prom_matcher_write(&matcher, &string);
            assert_string_equal(string.data, rows[i].written);
        }
        cvg_prom_string_done(&string);
    }
}

static void test_asks_the_series_of_a_prometheus(void **state)
{
    (void)state;
    struct cvg_prom_alerts alerts;
    struct inquiring inquiring;
    struct cvg_prom_check_config config = make(&alerts, CVG_PROM_PENDING_FAILED, watchdog);
    inquire_begin(&config, CVG_PROM_MIMIR, 0, &inquiring);
    assert_int_equal(inquiring.inquiry.count, 2);
    assert_int_equal(inquiring.inquiry.wanted[0].api, CVG_PROM_QUERY);
    assert_string_equal(inquiring.inquiry.wanted[0].text,
                        "ALERTS{alertstate=~\"firing|pending\",severity=\"critical\","
                        "job=~\"a|\\\"b\\\\\"}");
    assert_string_equal(inquiring.inquiry.wanted[1].text,
                        "ALERTS{alertstate=\"firing\",alertname=\"Watchdog\"}");
    cvg_prom_inquiry_done(&inquiring.inquiry);
}

static void test_filters_the_list_of_an_alertmanager(void **state)
{
    (void)state;
    struct cvg_prom_alerts alerts;
    struct inquiring inquiring;
    struct cvg_prom_check_config config = make(&alerts, CVG_PROM_PENDING_IGNORE, none);
    inquire_begin(&config, CVG_PROM_ALERTMANAGER, 0, &inquiring);
    assert_int_equal(inquiring.inquiry.count, 1);
    assert_int_equal(inquiring.inquiry.wanted[0].api, CVG_PROM_ALERTS);
    assert_string_equal(inquiring.inquiry.wanted[0].text,
                        "active=true&silenced=true&inhibited=true&unprocessed=true"
                        "&filter=severity%3D%22critical%22"
                        "&filter=job%3D%7E%22a%7C%5C%22b%5C%5C%22");
    cvg_prom_inquiry_done(&inquiring.inquiry);
}

/* The recorded answers, each beside one with a watchdog that fires. */
static void test_judges_recorded_answers(void **state)
{
    (void)state;

    static const struct {
        const char *fixture;
        uint32_t flavour, on_pending, status;
        const char *reason, *message;
    } rows[] = {
        {"alerts-via-series", CVG_PROM_PROMETHEUS, CVG_PROM_PENDING_DEGRADED, CVG_FAILED,
         "AlertsFiring",
         "1 alert is firing: DemoFiring{environment=\"staging\", instance=\"127.0.0.1:19100\", "
         "job=\"demo\", kind=\"third\", severity=\"critical\"}"},
        {"query-vector-empty", CVG_PROM_PROMETHEUS, 0, CVG_READY, "NoAlerts",
         "no alert matches, and the watchdog fires"},
        {"warnings-empty-result", CVG_PROM_PROMETHEUS, 0, CVG_UNKNOWN, "PartialData", NULL},
        {"error-timeout-503", CVG_PROM_PROMETHEUS, 0, CVG_UNKNOWN, "QueryTimeout", NULL},
        {"notready-503-alerts", CVG_PROM_PROMETHEUS, 0, CVG_UNKNOWN, "SourceStarting", NULL},
        {"alertmanager-v2-alerts", CVG_PROM_ALERTMANAGER, 0, CVG_FAILED, "AlertsFiring",
         "1 alert is firing: DemoFiring{cluster=\"demo\", environment=\"staging\", "
         "instance=\"127.0.0.1:19100\", job=\"demo\", kind=\"third\", severity=\"critical\"}"},
        {"alertmanager-v2-alerts-filter", CVG_PROM_ALERTMANAGER, 0, CVG_FAILED, "AlertsFiring",
         NULL},
        {"alertmanager-v2-alerts-silenced", CVG_PROM_ALERTMANAGER, 0, CVG_DEGRADED,
         "AlertsSilenced",
         "1 alert is silenced: DemoFiring{cluster=\"demo\", environment=\"staging\", "
         "instance=\"127.0.0.1:19100\", job=\"demo\", kind=\"third\", severity=\"critical\"}, by "
         "silence 64d5f42a-6d43-4304-aabe-d09082635fe9"},
        {"alertmanager-v2-alerts-not-silenced", CVG_PROM_ALERTMANAGER, 0, CVG_READY, "NoAlerts",
         NULL},
        {"alertmanager-v2-alerts-bad-filter-400", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN,
         "QueryRejected", "400: bad matcher format: {severity"},
        /* Other lists of Alertmanager's are no lists of alerts. */
        {"alertmanager-v2-alerts-groups", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer", NULL},
        {"alertmanager-v2-silences-list", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer", NULL},
        {"alertmanager-v2-silences-expired", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer",
         NULL},
        {"alertmanager-v2-silence-create", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer",
         NULL},
        {"alertmanager-v2-silence-delete", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer",
         NULL},
        {"alertmanager-v2-silence-missing-comment-422", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN,
         "QueryRejected", NULL},
        {"alertmanager-v2-status", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer", NULL},
        {"alertmanager-ready", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer", NULL},
        {"alerts-firing-and-pending", CVG_PROM_ALERTMANAGER, 0, CVG_UNKNOWN, "BadAnswer", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_alerts alerts;
        struct inquiring inquiring;
        struct cvg_prom_check_config config = make(&alerts, rows[i].on_pending, watchdog);
        inquire_begin(&config, rows[i].flavour, 0, &inquiring);
        inquire_fixture(&inquiring, 0, rows[i].fixture);
        inquire_fixture(&inquiring, 1,
                        rows[i].flavour == CVG_PROM_ALERTMANAGER ? "alertmanager-v2-alerts-silenced"
                                                                 : "query-vector-success");
        inquire_end(&inquiring);
        assert_finding(&inquiring, rows[i].status, rows[i].reason, rows[i].message);
    }
}

#define ALERT(state, by)                                                                           \
    "{\"labels\":{\"alertname\":\"A\"},\"status\":{\"state\":\"" state "\"," by "}}"

static void test_judges_states_and_the_watchdog(void **state)
{
    (void)state;
    static const char empty[] = "[]";
    static const char active[] = "[" ALERT("active", "\"silencedBy\":[]") "]";

    static const struct {
        const char *matching, *dog;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {empty, active, CVG_READY, "NoAlerts"},
        {empty, empty, CVG_UNKNOWN, "WatchdogSilent"},
        {active, empty, CVG_FAILED, "AlertsFiring"},
        {"[" ALERT("unprocessed", "\"silencedBy\":null") "]", active, CVG_FAILED, "AlertsFiring"},
        {"[" ALERT("suppressed", "\"silencedBy\":[],\"inhibitedBy\":[\"x\"]") "]", active,
         CVG_DEGRADED, "AlertsSilenced"},
        {"[" ALERT("suppressed", "\"silencedBy\":[\"x\"]") "," ALERT("active", "\"x\":0") "]",
         active, CVG_FAILED, "AlertsFiring"},
        {"[" ALERT("suppressed", "\"silencedBy\":[\"x\"]") "]", empty, CVG_UNKNOWN,
         "WatchdogSilent"},
        {empty, "{}", CVG_UNKNOWN, "BadAnswer"},
        {"[" ALERT("resolved", "\"x\":0") "]", active, CVG_UNKNOWN, "BadAnswer"},
        {"[{\"labels\":{}}]", active, CVG_UNKNOWN, "BadAnswer"},
        {"[1]", active, CVG_UNKNOWN, "BadAnswer"},
        {"[] []", active, CVG_UNKNOWN, "BadAnswer"},
        {"[", active, CVG_UNKNOWN, "BadAnswer"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_alerts alerts;
        struct inquiring inquiring;
        struct cvg_prom_check_config config = make(&alerts, 0, watchdog);
        inquire_begin(&config, CVG_PROM_ALERTMANAGER, 0, &inquiring);
        inquire_body(&inquiring, 1, rows[i].dog);
        inquire_body(&inquiring, 0, rows[i].matching);
        inquire_end(&inquiring);
        assert_finding(&inquiring, rows[i].status, rows[i].reason, NULL);
    }
}

static void test_refuses_what_a_source_cannot_tell(void **state)
{
    (void)state;
    struct cvg_prom_alerts alerts;
    struct cvg_prom_check_config config = make(&alerts, CVG_PROM_PENDING_FAILED, watchdog);
    assert_null(refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN));
    assert_string_equal(refused_at(&config, CVG_PROM_ALERTMANAGER, CVG_PROM_AS_WRITTEN),
                        "alerts.on_pending");
    assert_string_equal(refused_at(&config, CVG_PROM_LOKI, CVG_PROM_AS_WRITTEN), "alerts");
    static const char *const later[] = {"env=\"${checks.a.facts.b}\"", NULL};
    alerts.match = texts(later);
    assert_null(refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_AS_WRITTEN));
    /* A fact that brings a quote along comes to no matcher. */
    static const char *const filled[] = {"env=\"a\"} or vector(1) #\"", NULL};
    alerts.match = texts(filled);
    assert_string_equal(refused_at(&config, CVG_PROM_PROMETHEUS, CVG_PROM_FILLED_IN),
                        "alerts.match");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_and_quotes_matchers),
        cmocka_unit_test(test_asks_the_series_of_a_prometheus),
        cmocka_unit_test(test_filters_the_list_of_an_alertmanager),
        cmocka_unit_test(test_judges_recorded_answers),
        cmocka_unit_test(test_judges_states_and_the_watchdog),
        cmocka_unit_test(test_refuses_what_a_source_cannot_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
