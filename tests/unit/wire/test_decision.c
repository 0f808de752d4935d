/* SPDX-License-Identifier: Apache-2.0 */
/* The decision document: every key always there, small unless all is asked for, valid whatever
 * text goes in. */
#include "base/alloc.h"
#include "base/time.h"
#include "wire/decision.h"

#include <convergate/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WALL_2026 (INT64_C(1767261600) * CVG_SECOND) /* 2026-01-01T10:00:00Z */

static const struct cvg_reason reason = {
    .code = "SerialBehind",
    .check = "network",
    .expected = "42",
    .observed = "41",
    .message = "declared is ahead",
    .since = 60 * CVG_SECOND,
    .until = CVG_NEVER,
    .severity = CVG_WAIT,
};

static struct cvg_decision sample(void)
{
    return (struct cvg_decision){
        .verdict = CVG_WAIT,
        .reasons = &reason,
        .reason_count = 1,
        .ready = 4,
        .of = 5,
        .percent = 40,
        .summary = "serial 41 seen, 42 declared",
        .progress = "4 of 5 checks ready",
        .decided_at = 300 * CVG_SECOND,
        .valid_until = 330 * CVG_SECOND,
        .evidence_at = 293 * CVG_SECOND,
        .next_change_at = CVG_NEVER,
        .retry_after_s = 15,
    };
}

static char *write_document(const struct cvg_decision *decision, const struct cvg_subject *subject,
                            bool explain)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1024u * 1024);
    struct cvg_wire_decision document = {
        .id = "",
        .environment = "prod",
        .gate = "deploy",
        .subject = subject,
        .decision = decision,
        .wall_offset = WALL_2026,
        .explain = explain,
    };

    assert_int_equal(cvg_wire_decision_write(&document, &text), 0);
    return cvg_buf_take(&text, NULL);
}

static void is_written_with_every_key(void **state)
{
    struct cvg_decision decision = sample();
    CVG_CLEANUP(cvg_free_pointer) char *text = write_document(&decision, NULL, false);

    (void)state;
    assert_string_equal(
        text,
        "{\"schema\":\"gate/1\",\"id\":\"\",\"env\":\"prod\",\"gate\":\"deploy\",\"app\":\"\","
        "\"revision\":\"\",\"subject\":{\"labels\":{}},\"verdict\":\"wait\",\"ok\":false,"
        "\"unknown\":false,\"status\":\"RUNNING\",\"progress\":\"4 of 5 checks "
        "ready\",\"percent\":40,"
        "\"summary\":\"serial 41 seen, 42 declared\",\"reasons\":[{\"code\":\"SerialBehind\","
        "\"check\":\"network\",\"expected\":\"42\",\"observed\":\"41\","
        "\"message\":\"declared is ahead\",\"since\":\"2026-01-01T10:01:00Z\",\"until\":\"\","
        "\"severity\":\"wait\"}],\"reasons_total\":1,\"retry_after_s\":15,"
        "\"decided_at\":\"2026-01-01T10:05:00Z\",\"valid_until\":\"2026-01-01T10:05:30Z\","
        "\"next_change_at\":\"\",\"evidence_age_s\":7,\"ticket\":\"\",\"override\":\"\"}");
}

static void says_each_verdict_in_the_tools_words(void **state)
{
    static const struct {
        uint32_t verdict;
        const char *words;
    } cases[] = {
        {CVG_GO, "\"verdict\":\"go\",\"ok\":true,\"unknown\":false,\"status\":\"SUCCEEDED\""},
        {CVG_WAIT, "\"verdict\":\"wait\",\"ok\":false,\"unknown\":false,\"status\":\"RUNNING\""},
        {CVG_HALT, "\"verdict\":\"halt\",\"ok\":false,\"unknown\":false,\"status\":\"TERMINAL\""},
        {CVG_ROLLBACK,
         "\"verdict\":\"rollback\",\"ok\":false,\"unknown\":false,\"status\":\"TERMINAL\""},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_decision decision = sample();
        decision.verdict = cases[i].verdict;
        CVG_CLEANUP(cvg_free_pointer) char *text = write_document(&decision, NULL, false);
        assert_non_null(strstr(text, cases[i].words));
    }
}

static void stays_under_two_kilobytes_unless_all_is_asked_for(void **state)
{
    struct cvg_reason reasons[40];
    char long_text[600];
    struct cvg_decision decision = sample();

    (void)state;
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = '\0';
    for (size_t i = 0; i < CVG_COUNT(reasons); i++) {
        reasons[i] = reason;
        reasons[i].message = reasons[i].observed = long_text;
    }
    decision.reasons = reasons;
    decision.reason_count = CVG_COUNT(reasons);

    CVG_CLEANUP(cvg_free_pointer) char *compact = write_document(&decision, NULL, false);
    assert_true(strlen(compact) < 2048);
    assert_non_null(strstr(compact, "\"reasons_total\":40"));
    assert_non_null(strstr(compact, "\"code\":\"SerialBehind\""));

    CVG_CLEANUP(cvg_free_pointer) char *full = write_document(&decision, NULL, true);
    assert_non_null(strstr(full, long_text));
    assert_true(strlen(full) > 40 * 600);
}

static bool is_json(const char *text)
{
    struct cvg_json *json = cvg_json_new(text, strlen(text), NULL);
    enum cvg_json_token token;

    while ((token = cvg_json_next(json)) != CVG_JSON_DONE && token != CVG_JSON_ERROR) {
    }
    cvg_json_free(json);
    return token == CVG_JSON_DONE;
}

static void is_valid_json_whatever_goes_in(void **state)
{
    static const char *const hostile[] = {
        "\xff\xfe", "\xed\xa0\x80", "\x01\x02\x1f", "\"\\\n\t", "</script>", "\xf0\x9f\x92\xa9",
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(hostile); i++) {
        const struct cvg_label labels[] = {
            {hostile[i], hostile[i]}, {hostile[(i + 1) % CVG_COUNT(hostile)], "x"}, {"", ""}};
        struct cvg_subject subject = {.app = hostile[i],
                                      .revision = hostile[i],
                                      .labels = labels,
                                      .label_count = CVG_COUNT(labels)};
        struct cvg_decision decision = sample();
        decision.summary = hostile[i];
        CVG_CLEANUP(cvg_free_pointer) char *text = write_document(&decision, &subject, false);
        assert_true(is_json(text));
    }
}

static void labels_come_back_and_take_no_room_from_the_reasons(void **state)
{
    char name[32][8], value[257];
    struct cvg_label labels[32];
    struct cvg_subject subject = {.app = "shop", .revision = "1", .labels = labels};
    struct cvg_decision decision = sample();

    (void)state;
    labels[subject.label_count++] = (struct cvg_label){"team", "a \"b\""};
    CVG_CLEANUP(cvg_free_pointer) char *one = write_document(&decision, &subject, false);
    assert_non_null(strstr(one, "\"subject\":{\"labels\":{\"team\":\"a \\\"b\\\"\"}}"));

    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (size_t i = 0; i < CVG_COUNT(labels); i++) {
        (void)snprintf(name[i], sizeof(name[i]), "n%zu", i);
        labels[i] = (struct cvg_label){name[i], value};
    }
    subject.label_count = CVG_COUNT(labels);
    CVG_CLEANUP(cvg_free_pointer) char *many = write_document(&decision, &subject, false);
    assert_true(is_json(many));
    assert_true(strlen(many) > CVG_COUNT(labels) * (sizeof(value) - 1));
    assert_non_null(strstr(many, "\"n31\":\"vvv"));
    assert_non_null(strstr(many, "\"code\":\"SerialBehind\""));
}

static void a_hostile_subject_still_gets_a_whole_document(void **state)
{
    char app[257];
    struct cvg_subject subject = {.app = app, .revision = app};
    struct cvg_decision decision = sample();

    (void)state;
    memset(app, '\x01', sizeof(app) - 1); /* six bytes each as \u0001 */
    app[sizeof(app) - 1] = '\0';
    CVG_CLEANUP(cvg_free_pointer) char *text = write_document(&decision, &subject, false);
    assert_true(is_json(text));
    assert_non_null(strstr(text, "\"verdict\":\"wait\""));
}

static void is_read_back_by_the_client(void **state)
{
    struct cvg_decision decision = sample();
    CVG_CLEANUP(cvg_free_pointer) char *text = write_document(&decision, NULL, false);
    CVG_CLEANUP(cvg_wire_answer_done) struct cvg_wire_answer answer = {0};

    (void)state;
    assert_int_equal(cvg_wire_decision_read(text, strlen(text), &answer, NULL), 0);
    assert_int_equal(answer.verdict, CVG_WAIT);
    assert_string_equal(answer.environment, "prod");
    assert_string_equal(answer.summary, decision.summary);
    assert_int_equal(answer.retry_after_s, 15);
    assert_int_equal(answer.reason_count, 1);
    assert_string_equal(answer.reasons[0].observed, "41");
}

static void what_is_no_decision_is_refused(void **state)
{
    static const char *const others[] = {
        "",
        "{}",
        "[]",
        "<html>",
        "{\"schema\":\"gate/1\"}",
        "{\"schema\":\"gate/1\",\"verdict\":\"GO\"}",
        "{\"schema\":\"gate/2\",\"verdict\":\"go\"}",
        "{\"verdict\":\"go\"}",
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(others); i++) {
        struct cvg_wire_answer answer;
        struct cvg_error error = {0};
        assert_int_equal(cvg_wire_decision_read(others[i], strlen(others[i]), &answer, &error),
                         CVG_E_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_written_with_every_key),
        cmocka_unit_test(says_each_verdict_in_the_tools_words),
        cmocka_unit_test(stays_under_two_kilobytes_unless_all_is_asked_for),
        cmocka_unit_test(is_valid_json_whatever_goes_in),
        cmocka_unit_test(labels_come_back_and_take_no_room_from_the_reasons),
        cmocka_unit_test(a_hostile_subject_still_gets_a_whole_document),
        cmocka_unit_test(is_read_back_by_the_client),
        cmocka_unit_test(what_is_no_decision_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
