/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of locks: who holds it and since when, and an unknown holder for all that is broken. */
#include "lock.h"
#include "outcome.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t at(const char *time)
{
    int64_t wall = 0;
    assert_int_equal(cvg_parse_time(time, strlen(time), &wall), 0);
    return wall;
}

static struct cvg_tf_lock read_note(const char *note, size_t length)
{
    struct cvg_tf_lock lock = {.state = 2, .who = "somebody before"};
    cvg_tf_lock_read(note, length, at("2026-11-21T00:00:00Z"), &lock);
    assert_int_equal(lock.state, 2);
    return lock;
}

static struct cvg_tf_lock read_fixture(const char *path)
{
    size_t length = 0;
    char *note = outcome_load(path, &length);
    assert_non_null(note);
    struct cvg_tf_lock lock = read_note(note, length);
    free(note);
    return lock;
}

static void a_note_says_who_and_since_when(void **state)
{
    (void)state;

    static const struct {
        const char *path, *id, *version, *created;
    } cases[] = {
        {"tf-0.13.7/lock/terraform.tfstate.lock.info", "3db479e4-71a0-9431-0a7d-77c7bad1427e",
         "0.13.7", "2026-11-20T19:25:14.858140497Z"},
        {"tf-0.13.7/lock/stale-after-kill.lock.info", "f5f40026-edc3-8a00-5c84-b96c315dc268",
         "0.13.7", "2026-11-20T19:25:25.538259101Z"},
        {"tf-1.5.7/lock/terraform.tfstate.lock.info", "860c1dd8-84f8-df04-b182-143acf93b8c6",
         "1.5.7", "2026-11-20T19:25:15.5663227Z"},
        {"tf-1.5.7/lock/stale-after-kill.lock.info", "225c4210-4100-880c-ffa9-cbc45f0ee88e",
         "1.5.7", "2026-11-20T19:25:26.204022032Z"},
        {"bad/L8-lock-offset-and-9-digits.lock.info", "860c1dd8-84f8-df04-b182-143acf93b8c6",
         "1.5.7", "2026-11-20T19:25:15.123456789Z"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cvg_tf_lock lock = read_fixture(cases[i].path);
        assert_string_equal(lock.id, cases[i].id);
        assert_string_equal(lock.operation, "OperationTypeApply");
        assert_string_equal(lock.who, "root@build-7");
        assert_string_equal(lock.version, cases[i].version);
        assert_true(lock.created_at == at(cases[i].created));
        assert_int_equal(lock.is_plan, 0);
    }
}

static void a_time_that_proves_nothing_is_not_told(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "bad/L5-lock-zero-time.lock.info",
        "bad/L6-lock-future.lock.info",
    };
    for (size_t i = 0; i < 2; i++) {
        struct cvg_tf_lock lock = read_fixture(paths[i]);
        assert_string_equal(lock.who, "root@build-7");
        assert_true(lock.created_at == 0);
    }
}

static void a_broken_note_is_of_an_unknown_holder(void **state)
{
    (void)state;
    static const char *const notes[] = {
        "",
        "[]",
        "null",
        "{",
        "{\"ID\":\"a\",\"Who\":\"b\"",
        "{\"ID\":\"a\",\"Who\":\"b\"} {}",
        "{\"Who\":\"a\",\"Who\":\"b\"}",
        "{\"Who\":\"a\\u00zz\"}",
        "<html>",
    };
    struct cvg_tf_lock cut = read_fixture("bad/L2-lock-truncated.lock.info");
    struct cvg_tf_lock list = read_fixture("bad/L3-lock-not-object.lock.info");
    assert_string_equal(cut.id, "");
    assert_string_equal(list.id, "");
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        struct cvg_tf_lock lock = read_note(notes[i], strlen(notes[i]));
        assert_string_equal(lock.id, "");
        assert_string_equal(lock.who, "");
        assert_true(lock.created_at == 0 && lock.is_plan == 0);
    }
}

static void fields_of_other_kinds_are_passed_over(void **state)
{
    (void)state;
    static const char note[] = "{\"ID\":7,\"Who\":{\"Who\":\"x\"},\"Created\":[\"2026-01-01\"],"
                               "\"Version\":null,\"Operation\":\"init\",\"Info\":\"terraform apply "
                               "-var password=hunter2\"}";
    struct cvg_tf_lock lock = read_note(note, sizeof(note) - 1);
    assert_string_equal(lock.id, "");
    assert_string_equal(lock.who, "");
    assert_string_equal(lock.version, "");
    assert_string_equal(lock.operation, "init");
}

static void a_hostile_note_is_cut_and_printable(void **state)
{
    (void)state;
    struct cvg_tf_lock lock = read_fixture("bad/L9-lock-hostile-who.lock.info");
    const char texts[] = "{\"Who\":\"\\u001b[2J\\nSet-Cookie: a=b\"}";
    assert_string_equal(lock.who, "a ?[31mb?");
    assert_int_equal(strlen(lock.operation), sizeof(lock.operation) - 1);
    assert_string_equal(lock.operation + sizeof(lock.operation) - 5, "x...");
    lock = read_note(texts, sizeof(texts) - 1);
    assert_string_equal(lock.who, "?[2J Set-Cookie: a=b");
}

static void plans_and_refreshes_change_nothing(void **state)
{
    (void)state;

    static const struct {
        const char *note;
        uint32_t is_plan;
    } cases[] = {
        {"{\"Operation\":\"OperationTypePlan\"}", 1},
        {"{\"Operation\":\"OperationTypeRefresh\"}", 1},
        {"{\"Operation\":\"OperationTypeApply\"}", 0},
        {"{\"Operation\":\"OperationTypePlanX\"}", 0},
        {"{\"Operation\":\"plan\"}", 0},
        {"{\"Operation\":\"state-mv\"}", 0},
        {"{\"Operation\":\"OperationTypePlan\"", 0},
        {"{}", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cvg_tf_lock lock = read_note(cases[i].note, strlen(cases[i].note));
        assert_int_equal(lock.is_plan, cases[i].is_plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_says_who_and_since_when),
        cmocka_unit_test(a_time_that_proves_nothing_is_not_told),
        cmocka_unit_test(a_broken_note_is_of_an_unknown_holder),
        cmocka_unit_test(fields_of_other_kinds_are_passed_over),
        cmocka_unit_test(a_hostile_note_is_cut_and_printable),
        cmocka_unit_test(plans_and_refreshes_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
