/* SPDX-License-Identifier: Apache-2.0 */
/* A caller's JSON body as a subject: what is taken, what is ignored, what is refused. */
#include "base/text.h"
#include "wire/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct accepted {
    const char *json, *app, *revision;
    size_t labels;
};

static const struct accepted accepted[] = {
    {"", "", "", 0},
    {"{}", "", "", 0},
    {"{\"app\":\"shop\"}", "shop", "", 0},
    {"{\"app\":\"shop\",\"revision\":\"abc\",\"labels\":{\"a\":\"1\",\"b\":\"2\"}}", "shop", "abc",
     2},
    {"{\"app\":null,\"revision\":\"abc\"}", "", "abc", 0},
    /* A tool's own document may be sent as it is (Flagger's hook). */
    {"{\"name\":\"podinfo\",\"phase\":\"Progressing\",\"metadata\":{\"x\":[1,{}]},\"app\":"
     "\"shop\"}",
     "shop", "", 0},
    {"{\"commits\":[\"a\",\"b\"]}", "", "", 0},
};

static void takes_a_subject_and_ignores_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(accepted); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_wire_question question;
        struct cvg_error error = {0};
        if (cvg_wire_question_read(accepted[i].json, strlen(accepted[i].json), arena, &question,
                                   &error) != 0) {
            fail_msg("%s: %s", accepted[i].json, error.text);
        }
        assert_string_equal(question.subject.app, accepted[i].app);
        assert_string_equal(question.subject.revision, accepted[i].revision);
        assert_int_equal(question.subject.label_count, accepted[i].labels);
    }
}

static void tells_which_gate_the_body_names(void **state)
{
    static const char json[] = "{\"env\":\"prod\",\"gate\":\"verify\",\"environment\":\"x\"}";
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_question question;

    (void)state;
    assert_int_equal(cvg_wire_question_read(json, strlen(json), arena, &question, NULL), 0);
    assert_string_equal(question.environment, "prod");
    assert_string_equal(question.gate, "verify");
    assert_int_equal(cvg_wire_question_read("{}", 2, arena, &question, NULL), 0);
    assert_string_equal(question.environment, "");
    assert_string_equal(question.gate, "");
}

struct refused {
    const char *json, *why;
};

static const struct refused refused[] = {
    {"[]", "must be a JSON object"},
    {"\"shop\"", "must be a JSON object"},
    {"{", "not valid JSON"},
    {"{\"app\":\"shop\"} x", "not valid JSON"},
    {"{\"app\":\"a\",\"app\":\"b\"}", "not valid JSON"},
    {"{\"app\":1}", "'app' must be a string"},
    {"{\"app\":\"a\\u0000b\"}", "contains NUL"},
    {"{\"labels\":{\"a\\u0000b\":\"c\"}}", "contains NUL"},
    {"{\"labels\":[]}", "'labels' must be an object"},
    {"{\"labels\":{\"a\":1}}", "'labels' must be a string"},
    {"{\"revision\":\"\xff\"}", "not valid JSON"},
};

static void refuses_and_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(refused); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_wire_question question;
        struct cvg_error error = {0};
        assert_int_equal(cvg_wire_question_read(refused[i].json, strlen(refused[i].json), arena,
                                                &question, &error),
                         CVG_E_INVALID);
        if (!strstr(error.text, refused[i].why)) {
            fail_msg("%s: '%s' does not say '%s'", refused[i].json, error.text, refused[i].why);
        }
    }
}

static void refuses_what_is_over_a_ceiling(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf json = CVG_BUF_INIT(CVG_SUBJECT_BODY_LIMIT);
    struct cvg_wire_question question;
    struct cvg_error error = {0};

    (void)state;
    cvg_buf_puts(&json, "{\"labels\":{");
    for (int i = 0; i <= CVG_SUBJECT_LABELS; i++) {
        cvg_buf_printf(&json, "%s\"l%d\":\"\"", i ? "," : "", i);
    }
    cvg_buf_puts(&json, "}}");
    assert_int_equal(
        cvg_wire_question_read(cvg_buf_text(&json), json.length, arena, &question, &error),
        CVG_E_INVALID);
    assert_non_null(strstr(error.text, "more than 32 labels"));

    cvg_buf_clear(&json);
    cvg_buf_puts(&json, "{\"app\":\"");
    for (int i = 0; i <= CVG_SUBJECT_TEXT_LIMIT; i++) {
        cvg_buf_putc(&json, 'a');
    }
    cvg_buf_puts(&json, "\"}");
    assert_int_equal(
        cvg_wire_question_read(cvg_buf_text(&json), json.length, arena, &question, &error),
        CVG_E_INVALID);
}

static void reads_back_what_it_wrote(void **state)
{
    const struct cvg_label labels[] = {{"team", "a \"b\" \\ c"}, {"zone", "\xc3\xa9"}};
    const struct cvg_subject subject = {
        .app = "shop\n", .revision = "1.4.2", .labels = labels, .label_count = 2};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf json = CVG_BUF_INIT(4096);
    struct cvg_wire_question question;

    (void)state;
    assert_int_equal(cvg_wire_subject_write(&subject, &json), 0);
    assert_int_equal(
        cvg_wire_question_read(cvg_buf_text(&json), json.length, arena, &question, NULL), 0);
    const struct cvg_subject back = question.subject;
    assert_string_equal(back.app, subject.app);
    assert_string_equal(back.revision, subject.revision);
    assert_int_equal(back.label_count, 2);
    assert_string_equal(back.labels[0].value, labels[0].value);
    assert_string_equal(back.labels[1].value, labels[1].value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_subject_and_ignores_the_rest),
        cmocka_unit_test(tells_which_gate_the_body_names),
        cmocka_unit_test(refuses_and_says_why),
        cmocka_unit_test(refuses_what_is_over_a_ceiling),
        cmocka_unit_test(reads_back_what_it_wrote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
