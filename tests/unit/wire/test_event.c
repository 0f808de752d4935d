/* SPDX-License-Identifier: Apache-2.0 */
/* The data of an event: every key, one line whatever stands in it. */
#include "base/time.h"
#include "model/readiness.h"
#include "wire/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void an_event_has_every_key_in_one_line(void **state)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    struct cvg_decision decision = {
        .verdict = CVG_WAIT,
        .unknown = true,
        .summary = "api: a \"word\"\nand an end",
        .decided_at = 5 * CVG_SECOND,
    };
    struct cvg_wire_event event = {
        .environment = "prod",
        .gate = "deploy",
        .decision = &decision,
        .phase = CVG_PHASE_UNKNOWN,
        .wall_offset = 10 * CVG_SECOND,
    };

    (void)state;
    assert_int_equal(cvg_wire_event_write(&event, &text), 0);
    assert_string_equal(
        cvg_buf_text(&text),
        "{\"environment\":\"prod\",\"gate\":\"deploy\",\"verdict\":\"wait\",\"unknown\":true,"
        "\"phase\":\"unknown\",\"summary\":\"api: a \\\"word\\\"\\nand an end\","
        "\"at\":\"1970-01-01T00:00:15Z\"}");
    assert_null(strchr(cvg_buf_text(&text), '\n'));
}

static void one_that_does_not_fit_is_refused(void **state)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(20);
    struct cvg_decision decision = {.summary = ""};
    struct cvg_wire_event event = {.environment = "prod", .gate = "deploy", .decision = &decision};

    (void)state;
    assert_int_equal(cvg_wire_event_write(&event, &text), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_has_every_key_in_one_line),
        cmocka_unit_test(one_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
