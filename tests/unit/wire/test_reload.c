/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of reloads is read back as it was. */
#include "wire/reload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void an_outcome_comes_back_as_it_was(void **state)
{
    static const char *const messages[] = {"c.yaml:3:7: error: \"x\" is\nno", "and 7 more"};
    static const char *const restart[] = {"server.listen"};
    struct cvg_wire_reload told = {
        .done = 12,
        .result = CVG_RELOAD_REFUSED,
        .loaded_at = INT64_C(1767261600) * 1000000000,
        .checks_kept = 10000,
        .checks_new = 2,
        .checks_gone = 3,
        .messages = messages,
        .message_count = 2,
        .restart = restart,
        .restart_count = 1,
    };
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_reload read = {0};
    struct cvg_error error = {0};

    (void)state;
    assert_int_equal(cvg_wire_reload_write(&told, &text), 0);
    assert_non_null(strstr(cvg_buf_text(&text), "\"loaded_at\":\"2026-01-01T10:00:00Z\""));
    assert_non_null(strstr(cvg_buf_text(&text), "\"finished_at\":\"\""));
    assert_int_equal(cvg_wire_reload_read(cvg_buf_text(&text), text.length, arena, &read, &error),
                     0);
    assert_int_equal(read.done, told.done);
    assert_int_equal(read.result, told.result);
    assert_int_equal(read.checks_kept, told.checks_kept);
    assert_int_equal(read.checks_new, told.checks_new);
    assert_int_equal(read.checks_gone, told.checks_gone);
    assert_int_equal(read.message_count, 2);
    assert_string_equal(read.messages[0], messages[0]);
    assert_int_equal(read.restart_count, 1);
    assert_string_equal(read.restart[0], restart[0]);
}

static void what_is_no_outcome_is_refused(void **state)
{
    static const char *const texts[] = {"", "{}", "[]", "{\"result\":1}",
                                        "{\"result\":\"accepted\""};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_wire_reload read = {0};
        struct cvg_error error = {0};
        assert_int_equal(cvg_wire_reload_read(texts[i], strlen(texts[i]), arena, &read, &error),
                         CVG_E_INVALID);
    }
}

static void a_ticket_is_a_number_from_one_on(void **state)
{
    static const struct {
        const char *text;
        uint64_t ticket; /* 0: refused */
    } cases[] = {
        {"{\"ticket\":1}", 1},
        {"{\"ticket\":77,\"more\":true}", 77},
        {"{\"ticket\":0}", 0},
        {"{\"ticket\":-1}", 0},
        {"{\"ticket\":\"1\"}", 0},
        {"{\"ticket\":1e300}", 0},
        {"{\"ticket\":null}", 0},
        {"{}", 0},
        {"", 0},
    };
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(64);

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_error error = {0};
        uint64_t ticket = 0;
        int rc = cvg_wire_ticket_read(cases[i].text, strlen(cases[i].text), &ticket, &error);
        assert_int_equal(rc == 0, cases[i].ticket != 0);
        assert_int_equal(ticket, cases[i].ticket);
    }
    assert_int_equal(cvg_wire_ticket_write(9, &text), 0);
    assert_string_equal(cvg_buf_text(&text), "{\"ticket\":9}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outcome_comes_back_as_it_was),
        cmocka_unit_test(what_is_no_outcome_is_refused),
        cmocka_unit_test(a_ticket_is_a_number_from_one_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
