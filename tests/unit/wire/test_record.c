/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded rows as documents, and read back by the client. */
#include "base/text.h"
#include "base/time.h"
#include "wire/accept.h"
#include "wire/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define AT (INT64_C(1767261600) * 1000000000 + 120000034) /* 2026-01-01T10:00:00.120000034Z */
#define ZEROS                                                                                      \
    "00000000000000000000000000000000"                                                             \
    "00000000000000000000000000000000"
#define HASH                                                                                       \
    "ab000000000000000000000000000000"                                                             \
    "00000000000000000000000000000000"

static struct cvg_record row(const char *body)
{
    return (struct cvg_record){
        .number = 7,
        .at = AT,
        .id = "0190-7",
        .action = CVG_RECORD_DECISION,
        .actor = "token:ci",
        .environment = "prod",
        .gate = "deploy",
        .app = "sh\"op",
        .revision = "abc",
        .verdict = "wait",
        .target = "",
        .body = body,
        .body_length = strlen(body),
        .hash = {0xab},
    };
}

static void a_line_of_the_export_has_all_that_the_hash_covers(void **state)
{
    static const struct {
        const char *body, *written;
    } table[] = {
        {"{\"a\":1.10,\"b\":[]}", "{\"a\":1.10,\"b\":[]}"}, /* byte for byte: the hash covers it */
        {"\"word\"", "\"word\""},
        {"{\"a\":\n1}", "\"{\\\"a\\\":\\n1}\""}, /* a line must stay one */
        {"{\"a\":1}}", "\"{\\\"a\\\":1}}\""},
        {"{\"a\":1", "\"{\\\"a\\\":1\""},
        {"{\"a\":1,\"a\":2}", "\"{\\\"a\\\":1,\\\"a\\\":2}\""},
        {"", "\"\""},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        CVG_CLEANUP(cvg_buf_done)
        struct cvg_buf text = CVG_BUF_INIT(4096), want = CVG_BUF_INIT(4096);
        struct cvg_record record = row(table[i].body);
        assert_int_equal(cvg_wire_record_write(&record, &text), 0);
        cvg_buf_printf(&want,
                       "{\"number\":7,\"at\":\"2026-01-01T10:00:00.120000034Z\",\"id\":\"0190-7\","
                       "\"action\":\"decision\",\"actor\":\"token:ci\",\"environment\":\"prod\","
                       "\"gate\":\"deploy\",\"app\":\"sh\\\"op\",\"revision\":\"abc\","
                       "\"verdict\":\"wait\",\"target\":\"\",\"question\":\"" ZEROS
                       "\",\"outcome\":\"" ZEROS "\",\"hash\":\"" HASH "\",\"body\":%s}",
                       table[i].written);
        assert_string_equal(cvg_buf_text(&text), cvg_buf_text(&want));
    }
}

static void a_page_of_decisions_says_why_in_short(void **state)
{
    static const struct {
        const char *body, *summary, *reasons;
    } table[] = {
        {"{\"summary\":\"api: is late\",\"reasons\":[{\"code\":\"Stale\"},{\"code\":\"Rising\"}]}",
         "api: is late", "[\"Stale\",\"Rising\"]"},
        {"{\"summary\":1,\"reasons\":[{\"code\":2},3]}", "", "[]"},
        {"broken", "", "[]"},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        CVG_CLEANUP(cvg_buf_done)
        struct cvg_buf text = CVG_BUF_INIT(4096), want = CVG_BUF_INIT(4096);
        struct cvg_record record = row(table[i].body);
        assert_int_equal(cvg_wire_decisions_write(&record, 1, "7", &text), 0);
        cvg_buf_printf(&want,
                       "{\"decisions\":[{\"number\":7,\"id\":\"0190-7\","
                       "\"at\":\"2026-01-01T10:00:00.120Z\",\"environment\":\"prod\","
                       "\"gate\":\"deploy\",\"app\":\"sh\\\"op\",\"revision\":\"abc\","
                       "\"verdict\":\"wait\",\"asked_by\":\"token:ci\",\"summary\":\"%s\","
                       "\"reasons\":%s,\"hash\":\"" HASH "\"}],\"next\":\"7\"}",
                       table[i].summary, table[i].reasons);
        assert_string_equal(cvg_buf_text(&text), cvg_buf_text(&want));
    }
}

static void one_decision_has_its_document_as_it_was_sent(void **state)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    struct cvg_record record = row("{\"verdict\":\"wait\",\"percent\":1e0}");
    struct cvg_record broken = row("{\"verdict\":");

    (void)state;
    assert_int_equal(cvg_wire_decision_record_write(&record, &text), 0);
    assert_string_equal(
        cvg_buf_text(&text),
        "{\"number\":7,\"at\":\"2026-01-01T10:00:00.120Z\",\"asked_by\":\"token:ci\","
        "\"hash\":\"" HASH "\",\"decision\":{\"verdict\":\"wait\",\"percent\":1e0}}");
    cvg_buf_clear(&text);
    assert_int_equal(cvg_wire_decision_record_write(&broken, &text), 0);
    assert_true(cvg_text_ends(cvg_buf_text(&text), "\"decision\":null}"));
}

static void history_is_read_back_as_it_was(void **state)
{
    const struct cvg_change rows[] = {
        {.number = 9,
         .at = AT,
         .kind = CVG_CHANGE_STATUS,
         .environment = "prod",
         .name = "api",
         .before = "ready",
         .after = "failed",
         .reason = "ConditionNotMet",
         .message = "the value is \"5\"",
         .has_value = true,
         .value = 5.25,
         .kept = true,
         .observed_at = AT - CVG_SECOND},
        {.number = 8,
         .at = AT,
         .kind = CVG_CHANGE_START,
         .environment = "prod",
         .name = "",
         .before = "",
         .after = "1.0",
         .reason = "",
         .message = ""},
    };
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_history read = {0};
    struct cvg_error error = {0};

    (void)state;
    assert_int_equal(cvg_wire_history_write("prod", rows, 2, "1-8", &text), 0);
    assert_int_equal(cvg_wire_history_read(cvg_buf_text(&text), text.length, arena, &read, &error),
                     0);
    assert_string_equal(read.environment, "prod");
    assert_string_equal(read.next, "1-8");
    assert_int_equal(read.count, 2);
    assert_string_equal(read.changes[0].at, "2026-01-01T10:00:00.120Z");
    assert_string_equal(read.changes[0].kind, "status");
    assert_string_equal(read.changes[0].name, "api");
    assert_string_equal(read.changes[0].before, "ready");
    assert_string_equal(read.changes[0].after, "failed");
    assert_string_equal(read.changes[0].reason, "ConditionNotMet");
    assert_string_equal(read.changes[0].message, rows[0].message);
    assert_true(read.changes[0].has_value);
    assert_true(read.changes[0].value == 5.25);
    assert_true(read.changes[0].kept);
    assert_false(read.changes[1].kept);
    assert_non_null(
        strstr(cvg_buf_text(&text), "\"kept\":true,\"observed_at\":\"2026-01-01T09:59:59.120Z\"}"));
    assert_non_null(strstr(cvg_buf_text(&text), "\"kept\":false,\"observed_at\":\"\"}"));
    assert_string_equal(read.changes[1].kind, "start");
    assert_false(read.changes[1].has_value);
}

static void a_head_says_all_that_its_signature_covers(void **state)
{
    const struct cvg_chain_signed head = {
        .point = {.number = 12, .hash = {0xab}}, .at = AT, .signature = {1, 2}};
    const unsigned char key[CVG_ED25519_PUBLIC] = {0xff};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_head read = {0};
    struct cvg_error error = {0};

    (void)state;
    assert_int_equal(cvg_wire_head_write(&head, key, &text), 0);
    assert_non_null(strstr(cvg_buf_text(&text), "{\"number\":12,\"hash\":\"" HASH "\","));
    assert_int_equal(cvg_wire_head_read(cvg_buf_text(&text), text.length, arena, &read, &error), 0);
    assert_string_equal(read.head, "12:" HASH);
    assert_string_equal(read.signed_at, "2026-01-01T10:00:00.120000034Z");
    assert_int_equal(strlen(read.signature), 2 * CVG_ED25519_SIGNATURE);
    assert_true(cvg_text_starts(read.signature, "010200"));
    assert_true(cvg_text_starts(read.public_key, "ff00"));
}

static void an_act_is_an_object_of_texts(void **state)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    (void)state;
    assert_int_equal(cvg_wire_act_write(&text, "comment", "it's \"fine\"", "was", "", NULL), 0);
    assert_string_equal(cvg_buf_text(&text), "{\"comment\":\"it's \\\"fine\\\"\",\"was\":\"\"}");
    cvg_buf_clear(&text);
    assert_int_equal(cvg_wire_act_write(&text, NULL), 0);
    assert_string_equal(cvg_buf_text(&text), "{}");
}

static void a_comment_is_taken_or_refused_whole(void **state)
{
    char longest[640] = "{\"comment\":\"", too_long[640] = "{\"comment\":\"";
    memset(longest + 12, 'a', CVG_RECORD_TEXT);
    memcpy(longest + 12 + CVG_RECORD_TEXT, "\"}", 3);
    memset(too_long + 12, 'a', CVG_RECORD_TEXT + 1);
    memcpy(too_long + 13 + CVG_RECORD_TEXT, "\"}", 3);

    const struct {
        const char *body, *comment; /* NULL: refused */
    } table[] = {
        {"", ""},
        {"{}", ""},
        {"{\"comment\":\"rolled back by hand \xc3\xa9\"}", "rolled back by hand \xc3\xa9"},
        {longest, longest + 12},
        {too_long, NULL},
        {"{\"coment\":\"x\"}", NULL},
        {"{\"comment\":null}", NULL},
        {"{\"comment\":\"a\\nb\"}", NULL},
        {"{\"comment\":\"a\\u0000b\"}", NULL},
        {"{\"comment\":\"\xff\"}", NULL},
        {"{\"comment\":\"a\",\"comment\":\"b\"}", NULL},
        {"{\"comment\":\"a\"} {}", NULL},
        {"{\"comment\":\"a\"", NULL},
        {"[]", NULL},
        {" ", NULL},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_error error = {0};
        const char *comment = NULL;
        int rc =
            cvg_wire_comment_read(table[i].body, strlen(table[i].body), arena, &comment, &error);
        if (table[i].comment) {
            assert_int_equal(rc, 0);
            assert_memory_equal(comment, table[i].comment, strlen(comment));
            assert_true(*table[i].comment != 'a' || strlen(comment) == CVG_RECORD_TEXT);
        } else {
            assert_int_equal(rc, CVG_E_INVALID);
            assert_true(error.text[0]);
        }
    }
}

static void what_was_accepted_is_read_back(void **state)
{
    const struct cvg_wire_accepted told = {
        .environment = "prod", .check = "api", .accepted = true, .id = "0190"};
    CVG_CLEANUP(cvg_buf_done)
    struct cvg_buf text = CVG_BUF_INIT(4096), comment = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_accepted read = {0};
    struct cvg_error error = {0};
    const char *said = NULL;

    (void)state;
    assert_int_equal(cvg_wire_accepted_write(&told, &text), 0);
    assert_int_equal(cvg_wire_accepted_read(cvg_buf_text(&text), text.length, arena, &read, &error),
                     0);
    assert_string_equal(read.environment, "prod");
    assert_string_equal(read.check, "api");
    assert_true(read.accepted);
    assert_string_equal(read.id, "0190");
    assert_int_equal(cvg_wire_comment_write("it's \"fine\"", &comment), 0);
    assert_int_equal(
        cvg_wire_comment_read(cvg_buf_text(&comment), comment.length, arena, &said, &error), 0);
    assert_string_equal(said, "it's \"fine\"");
}

static void other_documents_are_refused(void **state)
{
    static const char *const texts[] = {"", "{}", "[]", "{\"changes\":1,\"head\":1}",
                                        "{\"accepted\":\"yes\"}"};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        size_t length = strlen(texts[i]);
        struct cvg_wire_history history;
        struct cvg_wire_head head;
        struct cvg_wire_accepted accepted;
        struct cvg_error error = {0};
        assert_true(cvg_wire_history_read(texts[i], length, arena, &history, &error) < 0);
        assert_true(cvg_wire_head_read(texts[i], length, arena, &head, &error) < 0);
        assert_true(cvg_wire_accepted_read(texts[i], length, arena, &accepted, &error) < 0);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(64);
    struct cvg_record record = row("{}");

    (void)state;
    assert_int_equal(cvg_wire_decisions_write(&record, 1, "", &text), -1);
    assert_true(text.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_the_export_has_all_that_the_hash_covers),
        cmocka_unit_test(a_page_of_decisions_says_why_in_short),
        cmocka_unit_test(one_decision_has_its_document_as_it_was_sent),
        cmocka_unit_test(history_is_read_back_as_it_was),
        cmocka_unit_test(a_head_says_all_that_its_signature_covers),
        cmocka_unit_test(an_act_is_an_object_of_texts),
        cmocka_unit_test(a_comment_is_taken_or_refused_whole),
        cmocka_unit_test(what_was_accepted_is_read_back),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
