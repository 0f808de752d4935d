/* SPDX-License-Identifier: Apache-2.0 */
/* What a query asks of the store, and what is refused instead of being taken for "all". */
#include "server/filters.h"

#include "base/text.h"
#include "base/time.h"
#include "record/change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TEN INT64_C(1767261600) /* 2026-01-01T10:00:00Z */

static void decisions_are_asked_for_as_the_query_says(void **state)
{
    static const struct {
        const char *query, *environment, *gate, *app, *revision, *verdict;
        int64_t from, until;
        uint64_t before;
        size_t limit;
    } table[] = {
        {NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 100},
        {"", NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 100},
        {"environment=prod&gate=deploy&app=a%20b&revision=r1&verdict=halt", "prod", "deploy", "a b",
         "r1", "halt", 0, 0, 0, 100},
        {"env=prod&rev=r%2B1", "prod", NULL, NULL, "r+1", NULL, 0, 0, 0, 100},
        {"from=2026-01-01T10:00:00Z&until=2026-01-01T11:00:01%2B01:00", NULL, NULL, NULL, NULL,
         NULL, TEN * CVG_SECOND, (TEN + 1) * CVG_SECOND, 0, 100},
        {"from=1767261600&until=1767261600", NULL, NULL, NULL, NULL, NULL, TEN * CVG_SECOND,
         TEN * CVG_SECOND, 0, 100},
        {"limit=500&before=18446744073709551615", NULL, NULL, NULL, NULL, NULL, 0, 0, UINT64_MAX,
         500},
        {"kind=nothing&name=&label.x=1&unheard=&utm=1&utm=1", NULL, NULL, NULL, NULL, NULL, 0, 0, 0,
         100},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_record_query query;
        struct cvg_error error = {0};
        assert_int_equal(cvg_filters_records(table[i].query, arena, &query, &error), 0);
        assert_int_equal(query.environment_count, table[i].environment != NULL);
        assert_true(cvg_text_equal(query.environments ? query.environments[0] : NULL,
                                   table[i].environment));
        assert_true(cvg_text_equal(query.gate, table[i].gate));
        assert_true(cvg_text_equal(query.app, table[i].app));
        assert_true(cvg_text_equal(query.revision, table[i].revision));
        assert_true(cvg_text_equal(query.verdict, table[i].verdict));
        assert_true(query.from == table[i].from && query.until == table[i].until);
        assert_true(query.before == table[i].before);
        assert_int_equal(query.limit, table[i].limit);
        assert_null(query.id);
        assert_false(query.without_body);
    }
}

static void history_is_asked_for_as_the_query_says(void **state)
{
    static const struct {
        const char *query, *name;
        uint32_t kinds;
        struct cvg_change_cursor before;
    } table[] = {
        {NULL, NULL, 0, {0, 0}},
        {"kind=status", NULL, 1u << CVG_CHANGE_STATUS, {0, 0}},
        {"kind=gap,start,phase&name=api",
         "api",
         1u << CVG_CHANGE_GAP | 1u << CVG_CHANGE_START | 1u << CVG_CHANGE_PHASE,
         {0, 0}},
        {"before=1767261600000000007-42", NULL, 0, {TEN * CVG_SECOND + 7, 42}},
        {"verdict=maybe&gate=&app=1&app=2", NULL, 0, {0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_change_query query;
        struct cvg_error error = {0};
        assert_int_equal(cvg_filters_changes(table[i].query, arena, &query, &error), 0);
        assert_true(cvg_text_equal(query.name, table[i].name));
        assert_int_equal(query.kinds, table[i].kinds);
        assert_true(query.before.at == table[i].before.at);
        assert_true(query.before.number == table[i].before.number);
        assert_int_equal(query.limit, 100);
    }
}

/* Each refusal names what it is about. */
static void what_could_be_misread_is_refused(void **state)
{
    static const struct {
        const char *query, *detail;
        bool of_changes;
    } table[] = {
        {"environment=", "'environment' is empty", false},
        {"environment=a%20b", "'environment'", false},
        {"environment=prod&environment=prod", "'environment' is given twice", false},
        {"environment=prod&env=prod", "'env' is given twice", false},
        {"gate=", "'gate' is empty", false},
        {"app=", "'app' is empty", false},
        {"app=a&app=b", "'app' is given twice", false},
        {"verdict=GO", "'verdict' must be", false},
        {"verdict=go,wait", "'verdict' must be", false},
        {"app=%ff", "UTF-8", false},
        {"limit=501", "'limit' must be", false},
        {"limit=0", "'limit' must be", false},
        {"limit=5&limit=5", "'limit' is given twice", false},
        {"before=0", "'before' must be", false},
        {"before=-1", "'before' must be", false},
        {"before=1-1", "'before' must be", false},
        {"from=yesterday", "'from' must be", false},
        {"from=2026-01-01T10:00:00+01:00", "%2B", false},
        {"from=0", "'from' must be", false},
        {"from=-1", "'from' must be", false},
        {"until=9223372037", "'until' must be", false},
        {"until=1.5", "'until' must be", false},
        {"from=1767261601&until=1767261600", "'from' is later", false},
        {"kind=", "'kind' is empty", true},
        {"kind=statuses", "'kind' must be", true},
        {"kind=status,,phase", "'kind' must be", true},
        {"kind=unknown", "'kind' must be", true},
        {"kind=status&kind=phase", "'kind' is given twice", true},
        {"name=", "'name' is empty", true},
        {"before=5", "'before' must be", true},
        {"before=5-", "'before' must be", true},
        {"before=-5", "'before' must be", true},
        {"before=5-0", "'before' must be", true},
        {"before=5-6-7", "'before' must be", true},
        {"until=soon", "'until' must be", true},
        {"limit=1e3", "'limit' must be", true},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_record_query records;
        struct cvg_change_query changes;
        struct cvg_error error = {0};
        int rc = table[i].of_changes ? cvg_filters_changes(table[i].query, arena, &changes, &error)
                                     : cvg_filters_records(table[i].query, arena, &records, &error);
        if (rc != CVG_E_INVALID || !strstr(error.text, table[i].detail)) {
            fail_msg("%s: %d, %s", table[i].query, rc, error.text);
        }
    }
}

static void a_cursor_is_read_back_as_it_was(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_change_cursor at = {TEN * CVG_SECOND + 1, 7};
    struct cvg_change_query query;
    struct cvg_error error = {0};

    (void)state;
    const char *text = cvg_arena_format(arena, "before=%s", cvg_filters_cursor(&at, arena));
    assert_int_equal(cvg_filters_changes(text, arena, &query, &error), 0);
    assert_true(query.before.at == at.at && query.before.number == at.number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_are_asked_for_as_the_query_says),
        cmocka_unit_test(history_is_asked_for_as_the_query_says),
        cmocka_unit_test(what_could_be_misread_is_refused),
        cmocka_unit_test(a_cursor_is_read_back_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
