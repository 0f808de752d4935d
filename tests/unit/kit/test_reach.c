/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between us and a host: hosts as operators write them, and the host's words. */
#include "kit/reach.h"

#include "base/macros.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_takes_names_and_addresses_alone(void **state)
{
    (void)state;

    static const struct {
        const char *host, *word; /* NULL: it is taken */
    } rows[] = {
        {"db.example.net", NULL},
        {"db.example.net.", NULL},
        {"_sip.example.net", NULL},
        {"10.0.0.7", NULL},
        {"::1", NULL},
        {"xn--bcher-kva.example", NULL},
        {"", "empty"},
        {"fe80::1%eth0", "zone"},
        {"http://a", "host alone"},
        {"[::1]", "host alone"},
        {"a:80", "host alone"},
        {"a/b", "host alone"},
        {"a b", "letters"},
        {"b\303\274cher", "xn--"},
        {"a\r\nb", "letters"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const char *why = cvg_kit_host_check(rows[i].host);
        if ((why == NULL) != (rows[i].word == NULL) ||
            (why != NULL && strstr(why, rows[i].word) == NULL)) {
            fail_msg("'%s': %s", rows[i].host, why != NULL ? why : "taken");
        }
    }
    char name[300];
    memset(name, 'a', sizeof(name));
    name[254] = '\0';
    assert_non_null(cvg_kit_host_check(name));
    name[253] = '\0';
    assert_null(cvg_kit_host_check(name));
}

static void test_reads_the_hosts_words(void **state)
{
    (void)state;

    static const struct {
        uint32_t fault;
        const char *text;
        enum cvg_kit_reach reach;
        uint32_t status, shown_fault;
    } rows[] = {
        {CVG_FAULT_CONNECT, "connect 10.0.0.7:80: Connection refused", CVG_KIT_REACH_REFUSED,
         CVG_PROGRESSING, CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "connect 10.0.0.7:80: Connection reset by peer", CVG_KIT_REACH_RESET,
         CVG_PROGRESSING, CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "connect 10.0.0.7:80: No route to host", CVG_KIT_REACH_UNREACHABLE,
         CVG_UNKNOWN, CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "connect 169.254.169.254:80: link-local addresses are refused",
         CVG_KIT_REACH_GUARDED, CVG_UNKNOWN, CVG_FAULT_REQUEST},
        {CVG_FAULT_CONNECT, "resolve a.example: no such name", CVG_KIT_REACH_NAME_NOT_FOUND,
         CVG_PROGRESSING, CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "resolve a.example: the name server failed",
         CVG_KIT_REACH_NAME_SERVER_FAILED, CVG_UNKNOWN, CVG_FAULT_NONE},
        {CVG_FAULT_REQUEST, "resolve a b: not a name", CVG_KIT_REACH_NOT_A_HOST, CVG_UNKNOWN,
         CVG_FAULT_REQUEST},
        {CVG_FAULT_TIMEOUT, "connect 10.0.0.7:80: no answer", CVG_KIT_REACH_TIMED_OUT, CVG_UNKNOWN,
         CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "words that nobody knows", CVG_KIT_REACH_FAILED, CVG_UNKNOWN,
         CVG_FAULT_NONE},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kit_finding finding;
        enum cvg_kit_reach reach = cvg_kit_reach_read(rows[i].fault, rows[i].text);
        if (reach != rows[i].reach) {
            fail_msg("%s: %s", rows[i].text, cvg_kit_reach_code(reach));
        }
        cvg_kit_finding_begin(&finding);
        cvg_kit_reach_say(&finding, reach, rows[i].text);
        assert_int_equal(finding.reading.status, rows[i].status);
        assert_int_equal(finding.reading.fault, rows[i].shown_fault);
        assert_ptr_equal(finding.reading.reason, cvg_kit_reach_code(reach));
    }
    assert_int_equal(cvg_kit_reach_errno(ECONNREFUSED), CVG_KIT_REACH_REFUSED);
    assert_int_equal(cvg_kit_reach_errno(EPERM), CVG_KIT_REACH_FAILED);
}

static void test_waits_a_little_less_than_is_left(void **state)
{
    (void)state;
    static const int64_t ms = 1000000;
    assert_int_equal(cvg_kit_reach_patience(0, 1000 * ms), 900 * ms);
    assert_int_equal(cvg_kit_reach_patience(0, 60000 * ms), 59500 * ms);
    assert_int_equal(cvg_kit_reach_patience(0, 100 * ms), 80 * ms);
    assert_int_equal(cvg_kit_reach_patience(0, 5 * ms), ms);
    assert_int_equal(cvg_kit_reach_patience(1000 * ms, 0), ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_names_and_addresses_alone),
        cmocka_unit_test(test_reads_the_hosts_words),
        cmocka_unit_test(test_waits_a_little_less_than_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
