/* SPDX-License-Identifier: Apache-2.0 */
/* Whether this machine's clock is behind the source's. */
#include "clock.h"

#include "base/macros.h"

#include <convergate/reading.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
/* 2026-11-20T22:06:50Z */
#define WALL   (INT64_C(1795212410) * SECOND)

static void holds_the_date_against_the_clock(void **state)
{
    static const struct {
        const char *headers;
        int64_t behind_s;
    } table[] = {
        {"", 0},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n", 0},
        {"HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 22:06:50 GMT\r\n\r\n", 0},
        {"HTTP/1.1 200 OK\nX: y\ndAtE:Fri, 20 Nov 2026 22:07:20 GMT\n", 30},
        {"HTTP/1.1 200 OK\r\nDate:\t Sat, 21 Nov 2026 22:06:50 GMT\r\n", 86400},
        {"HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 22:06:20 GMT\r\n", 0},
        {"HTTP/1.1 200 OK\r\nX-Date: Fri, 20 Nov 2026 22:07:20 GMT\r\n", 0},
        {"HTTP/1.1 200 OK\r\nDate: Fri, 20 Xov 2026 22:07:20 GMT\r\n", 0},
        {"HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 22:07:20 CET\r\n", 0},
        {"HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 22:07\r\nX: 1\r\n", 0},
        {"HTTP/1.1 200 OK\r\nDate: Fri, 99 Nov 2026 22:07:20 GMT\r\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        assert_int_equal(cvg_prom_clock_behind(table[i].headers, WALL), table[i].behind_s * SECOND);
    }
}

static void an_answer_about_the_past_is_unknown(void **state)
{
    struct cvg_prom_answer answer = {0};

    (void)state;
    assert_int_equal(
        cvg_prom_clock_refuse(&answer, "Date: Fri, 20 Nov 2026 22:07:00 GMT\r\n", WALL), 0);
    assert_int_not_equal(
        cvg_prom_clock_refuse(&answer, "Date: Fri, 20 Nov 2026 22:07:20 GMT\r\n", WALL), 0);
    assert_int_equal(answer.fault, CVG_FAULT_REQUEST);
    assert_int_equal(answer.reason, CVG_PROM_REASON_CLOCK_BEHIND);
    assert_non_null(strstr(answer.problem, "30 s behind"));
    cvg_prom_answer_done(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_the_date_against_the_clock),
        cmocka_unit_test(an_answer_about_the_past_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
