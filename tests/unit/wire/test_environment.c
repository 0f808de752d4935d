/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness documents: every key always there, exact digits, and what the client reads back. */
#include "base/alloc.h"
#include "base/time.h"
#include "gate/verdict.h"
#include "wire/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WALL_2026 (INT64_C(1767261600) * CVG_SECOND) /* 2026-01-01T10:00:00Z */

static const struct cvg_check_rules rules[] = {
    {.name = "network", .source = "infra", .plane = CVG_DECLARED, .required = true, .weight = 1},
    {.name = "api",
     .source = "cluster",
     .component = "web",
     .plane = CVG_OBSERVED,
     .required = true,
     .weight = 1},
};

static const struct cvg_fact facts[] = {
    {.name = "serial", .text = "18446744073709551615", .kind = CVG_FACT_NUMBER},
    {.name = "ratio", .text = "0.5", .kind = CVG_FACT_NUMBER},
    {.name = "host", .text = "lb.example", .kind = CVG_FACT_STRING},
};

/* The declared check was read, the observed one never. */
static void fold(struct cvg_arena *arena, struct cvg_check_view *views, struct cvg_readiness *ret)
{
    const struct cvg_reading reading = {
        .size = sizeof(reading),
        .status = CVG_READY,
        .reason = "Applied",
        .message = "serial 41",
        .revision = "41",
        .facts = facts,
        .fact_count = CVG_COUNT(facts),
        .has_value = 1,
        .value = 41,
    };

    views[0] = (struct cvg_check_view){
        .rules = &rules[0],
        .steady = {.status = CVG_READY,
                   .reason = "Applied",
                   .fresh = true,
                   .since = 60 * CVG_SECOND,
                   .observed_at = 120 * CVG_SECOND,
                   .next_change_at = CVG_NEVER},
        .reading = cvg_reading_keep(&reading, 120 * CVG_SECOND),
    };
    views[1] = (struct cvg_check_view){
        .rules = &rules[1],
        .steady = {.status = CVG_UNKNOWN, .reason = "NoReading", .next_change_at = CVG_NEVER},
    };
    cvg_readiness_fold(views, 2, 180 * CVG_SECOND, arena, ret);
}

static char *write_document(struct cvg_arena *arena)
{
    static const char *const gates[] = {"deploy", "verify"};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(64u * 1024);
    struct cvg_check_view views[2];
    struct cvg_readiness readiness;

    fold(arena, views, &readiness);
    assert_int_equal(
        cvg_wire_environment_write("prod", &readiness, gates, CVG_COUNT(gates), WALL_2026, &text),
        0);
    cvg_reading_unref(views[0].reading);
    return cvg_buf_take(&text, NULL);
}

static void has_every_key_even_for_what_was_never_read(void **state)
{
    static const char *const parts[] = {
        "\"environment\":\"prod\",\"phase\":\"unknown\"",
        "\"lag_open\":true",
        "\"ready\":1,\"of\":2,\"declared\":{\"ready\":1,\"of\":1},\"observed\":{\"ready\":0,\"of\":"
        "1}",
        "\"declared_not_observed\":true",
        "\"name\":\"api\",\"status\":\"unknown\",\"reason\":\"NoReading\",\"message\":\"\"",
        "\"component\":\"web\"",
        "\"value\":null,\"expected\":\"\",\"observed\":\"\",\"facts\":{},\"revision\":\"\","
        "\"observed_at\":\"\",\"since\":\"\"",
        "\"value\":41",
        "\"observed_at\":\"2026-01-01T10:02:00Z\",\"since\":\"2026-01-01T10:01:00Z\"",
        "\"gates\":[\"deploy\",\"verify\"],\"updated_at\":\"2026-01-01T10:03:00Z\"",
        "\"components\":[{\"name\":\"web\",\"phase\":\"unknown\",\"ready\":0,\"of\":1",
        "\"bare\":[\"observed\",\"declared\"]",
    };
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_free_pointer) char *text = write_document(arena);

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(parts); i++) {
        if (!strstr(text, parts[i])) {
            fail_msg("%s\nis not in\n%s", parts[i], text);
        }
    }
}

static void numbers_keep_their_digits(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_free_pointer) char *text = write_document(arena);

    (void)state;
    assert_non_null(strstr(text, "\"facts\":{\"serial\":\"18446744073709551615\",\"ratio\":0.5,"
                                 "\"host\":\"lb.example\"}"));
}

static void is_read_back_by_the_client(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_free_pointer) char *text = write_document(arena);
    struct cvg_wire_environment back;

    (void)state;
    assert_int_equal(cvg_wire_environment_read(text, strlen(text), arena, &back, NULL), 0);
    assert_string_equal(back.environment, "prod");
    assert_string_equal(back.phase, "unknown");
    assert_true(back.has_lag && back.lag_open && back.declared_not_observed);
    assert_int_equal(back.ready, 1);
    assert_int_equal(back.of, 2);
    assert_int_equal(back.check_count, 2);
    assert_string_equal(back.checks[0].revision, "41");
    assert_string_equal(back.checks[1].reason, "NoReading");
    assert_int_equal(back.gate_count, 2);
    assert_string_equal(back.gates[1], "verify");
}

static void a_list_says_where_its_next_page_begins(void **state)
{
    static const char *const gates[] = {"deploy"};
    static const uint32_t verdicts[] = {CVG_WAIT};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    struct cvg_check_view views[2];
    struct cvg_readiness readiness;
    struct cvg_wire_environments page;

    (void)state;
    fold(arena, views, &readiness);
    const struct cvg_wire_environment_row row = {.environment = "prod",
                                                 .phase = CVG_PHASE_READY,
                                                 .readiness = &readiness,
                                                 .gates = gates,
                                                 .verdicts = verdicts,
                                                 .gate_count = 1};
    assert_int_equal(cvg_wire_environments_write(&row, 1, "prod", &text), 0);
    cvg_reading_unref(views[0].reading);
    assert_int_equal(
        cvg_wire_environments_read(cvg_buf_text(&text), text.length, arena, &page, NULL), 0);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.next, "prod");
    assert_string_equal(page.rows[0].environment, "prod");
    assert_string_equal(page.rows[0].phase, "ready");
    assert_string_equal(page.rows[0].gates[0], "deploy = wait");
}

static void what_is_no_readiness_document_is_refused(void **state)
{
    static const char *const others[] = {"", "{}", "[]", "null", "<html>", "{\"phase\":1}"};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_environment one;
    struct cvg_wire_environments list;

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(others); i++) {
        assert_int_equal(cvg_wire_environment_read(others[i], strlen(others[i]), arena, &one, NULL),
                         CVG_E_INVALID);
        assert_int_equal(
            cvg_wire_environments_read(others[i], strlen(others[i]), arena, &list, NULL),
            CVG_E_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_every_key_even_for_what_was_never_read),
        cmocka_unit_test(numbers_keep_their_digits),
        cmocka_unit_test(is_read_back_by_the_client),
        cmocka_unit_test(a_list_says_where_its_next_page_begins),
        cmocka_unit_test(what_is_no_readiness_document_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
