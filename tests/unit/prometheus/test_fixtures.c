/* SPDX-License-Identifier: Apache-2.0 */
/* Every recorded answer of every server, through every decoder: none reads as two things. */
#include "decode.h"
#include "fixture.h"

#include "base/macros.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* As which api the answer is taken, CVG_PROM_API_COUNT where as none. */
static enum cvg_prom_api taken_as(const char *name)
{
    struct fixture fixture;
    enum cvg_prom_api taken = CVG_PROM_API_COUNT;
    fixture_load(name, &fixture);
    for (enum cvg_prom_api api = CVG_PROM_QUERY; api < CVG_PROM_API_COUNT; api++) {
        struct cvg_prom_answer answer = {0};
        fixture_read(&fixture, api, CVG_PROM_PROMETHEUS, &answer);
        if (answer.fault == CVG_FAULT_NONE) {
            if (taken != CVG_PROM_API_COUNT) {
                fail_msg("%s is taken twice", name);
            }
            taken = api;
        } else {
            assert_true(answer.problem[0] != '\0');
            assert_int_equal(answer.count + answer.rule_count + answer.alert_count, 0);
        }
        cvg_prom_answer_done(&answer);
    }
    fixture_done(&fixture);
    return taken;
}

static int begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int is_one_of(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && strcmp(name, names[i]) != 0) {
        i++;
    }
    return i < count;
}

static void check(const char *name)
{
    /* An empty list of silences is an empty list of alerts as well. */
    static const char *const alerts[] = {
        "alertmanager-v2-alerts",          "alertmanager-v2-alerts-filter",
        "alertmanager-v2-alerts-silenced", "alertmanager-v2-alerts-not-silenced",
        "alertmanager-v2-silences-empty",
    };
    static const char *const rules[] = {"rules", "rules-type-alert"};
    enum cvg_prom_api taken = taken_as(name);
    if ((taken == CVG_PROM_ALERTS) != is_one_of(name, alerts, CVG_COUNT(alerts)) ||
        (taken == CVG_PROM_RULES) != is_one_of(name, rules, CVG_COUNT(rules))) {
        fail_msg("%s is taken as %d", name, (int)taken);
    }
    if (taken == CVG_PROM_QUERY && !begins(name, "query-") && !begins(name, "staleness-") &&
        !begins(name, "warnings-") && !begins(name, "auth-200") && !begins(name, "alerts-via")) {
        fail_msg("%s is taken as a query's", name);
    }
}

static void test_no_recorded_answer_reads_as_two_things(void **state)
{
    (void)state;
    size_t count = 0;
    DIR *folder = opendir(CVG_FIXTURES "/prometheus");
    assert_non_null(folder);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[256];
        const char *end = strstr(entry->d_name, ".response");
        if (end != NULL && end[9] == '\0') {
            snprintf(name, sizeof(name), "%.*s", (int)(end - entry->d_name), entry->d_name);
            check(name);
            count++;
        }
    }
    closedir(folder);
    assert_true(count > 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_recorded_answer_reads_as_two_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
