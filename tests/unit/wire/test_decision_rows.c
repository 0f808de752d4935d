/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded decisions are read as they were written. */
#include "wire/decision_rows.h"

#include "wire/decision.h"
#include "wire/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DOCUMENT                                                                                   \
    "{\"schema\":\"gate/1\",\"id\":\"i\",\"env\":\"prod\",\"gate\":\"deploy\",\"verdict\":"        \
    "\"wait\",\"unknown\":true,\"summary\":\"api: Stale\",\"reasons\":[{\"code\":\"Stale\","       \
    "\"check\":\"api\"}],\"progress\":\"0 of 1\",\"percent\":0,\"retry_after_s\":3}"

static const struct cvg_record row = {
    .number = 4711,
    .at = INT64_C(1767261600) * 1000000000,
    .id = "0199a3c2-0000-7000-8000-000000000001",
    .action = CVG_RECORD_DECISION,
    .actor = "token:ci",
    .environment = "prod",
    .gate = "deploy",
    .app = "web",
    .revision = "1.4.2",
    .verdict = "wait",
    .target = "",
    .body = DOCUMENT,
    .body_length = sizeof(DOCUMENT) - 1,
};

static void a_page_comes_back_as_it_was(void **state)
{
    const struct cvg_record rows[] = {row, row};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(65536);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_decisions page = {0};
    struct cvg_error error = {0};

    (void)state;
    assert_int_equal(cvg_wire_decisions_write(rows, 2, "4711", &text), 0);
    assert_int_equal(
        cvg_wire_decisions_read(cvg_buf_text(&text), text.length, arena, &page, &error), 0);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.next, "4711");
    assert_string_equal(page.rows[1].id, row.id);
    assert_string_equal(page.rows[1].at, "2026-01-01T10:00:00.000Z");
    assert_string_equal(page.rows[1].environment, "prod");
    assert_string_equal(page.rows[1].gate, "deploy");
    assert_string_equal(page.rows[1].app, "web");
    assert_string_equal(page.rows[1].revision, "1.4.2");
    assert_string_equal(page.rows[1].verdict, "wait");
    assert_string_equal(page.rows[1].asked_by, "token:ci");
    assert_string_equal(page.rows[1].summary, "api: Stale");
}

static void one_comes_back_with_the_document_that_was_sent(void **state)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(65536);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_wire_answer_done) struct cvg_wire_answer answer = {0};
    struct cvg_wire_decision_record record = {0};
    struct cvg_error error = {0};

    (void)state;
    assert_int_equal(cvg_wire_decision_record_write(&row, &text), 0);
    assert_int_equal(
        cvg_wire_decision_record_read(cvg_buf_text(&text), text.length, arena, &record, &error), 0);
    assert_string_equal(record.number, "4711");
    assert_string_equal(record.asked_by, "token:ci");
    assert_int_equal(strlen(record.hash), 64);
    assert_string_equal(record.document, DOCUMENT);
    assert_int_equal(
        cvg_wire_decision_read(record.document, strlen(record.document), &answer, &error), 0);
    assert_string_equal(answer.summary, "api: Stale");
}

static void a_document_that_is_no_json_is_none(void **state)
{
    static const char text[] = "{\"number\":1,\"at\":\"\",\"decision\":null}";
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_decision_record record = {0};
    struct cvg_error error = {0};

    (void)state;
    assert_int_equal(cvg_wire_decision_record_read(text, sizeof(text) - 1, arena, &record, &error),
                     0);
    assert_string_equal(record.document, "");
    assert_string_equal(record.hash, "");
}

static void what_is_something_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "[]", "{}", "{\"decisions\":{}}", "{\"decisions\":[", "{\"environments\":[]}"};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_wire_decisions page = {0};
        struct cvg_wire_decision_record record = {0};
        struct cvg_error error = {0};
        assert_int_equal(cvg_wire_decisions_read(texts[i], strlen(texts[i]), arena, &page, &error),
                         CVG_E_INVALID);
        assert_int_equal(
            cvg_wire_decision_record_read(texts[i], strlen(texts[i]), arena, &record, &error),
            CVG_E_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_comes_back_as_it_was),
        cmocka_unit_test(one_comes_back_with_the_document_that_was_sent),
        cmocka_unit_test(a_document_that_is_no_json_is_none),
        cmocka_unit_test(what_is_something_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
