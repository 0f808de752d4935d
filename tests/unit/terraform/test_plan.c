/* SPDX-License-Identifier: Apache-2.0 */
/* Plan JSON: what counts as a change, and what is refused. Whole plans are in READINGS.tsv. */
#include "plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct reading {
    struct cvg_kit_arena *arena;
    struct cvg_tf_plan plan;
    struct cvg_tf_refusal refusal;
};

static struct reading read_text(const char *text)
{
    struct reading reading = {.arena = cvg_kit_arena_new((size_t)1 << 20)};
    (void)cvg_tf_plan_read(text, strlen(text), reading.arena, &reading.plan, &reading.refusal);
    return reading;
}

/* With one change, of which `rest` is all behind the mode. */
static struct reading read_change(const char *mode, const char *rest)
{
    char text[1024];
    snprintf(text, sizeof(text),
             "{\"format_version\":\"1.2\",\"planned_values\":{},\"resource_changes\":[{\"address\":"
             "\"t.n\",\"mode\":\"%s\",%s}]}",
             mode, rest);
    struct reading reading = read_text(text);
    assert_int_equal(reading.refusal.kind, CVG_TF_FINE);
    return reading;
}

static void each_word_of_an_action_counts_as_what_it_does(void **state)
{
    (void)state;

    static const struct {
        const char *mode, *actions;
        size_t creates, updates, deletes, replaces, others, reads;
    } cases[] = {
        {"managed", "\"no-op\"", 0, 0, 0, 0, 0, 0},
        {"managed", "\"create\"", 1, 0, 0, 0, 0, 0},
        {"managed", "\"update\"", 0, 1, 0, 0, 0, 0},
        {"managed", "\"delete\"", 0, 0, 1, 0, 0, 0},
        {"managed", "\"delete\",\"create\"", 0, 0, 0, 1, 0, 0},
        {"managed", "\"create\",\"delete\"", 0, 0, 0, 1, 0, 0},
        {"managed", "\"create\",\"forget\"", 0, 0, 0, 0, 1, 0},
        {"managed", "\"forget\"", 0, 0, 0, 0, 1, 0},
        {"managed", "\"read\"", 0, 0, 0, 0, 0, 1},
        {"managed", "\"NO-OP\"", 0, 0, 0, 0, 1, 0},
        {"managed", "", 0, 0, 0, 0, 1, 0},
        {"managed", "\"no-op\",\"no-op\"", 0, 0, 0, 0, 1, 0},
        {"managed", "\"create\",\"delete\",\"create\"", 0, 0, 0, 0, 1, 0},
        {"ephemeral", "\"create\"", 1, 0, 0, 0, 0, 0},
        {"data", "\"read\"", 0, 0, 0, 0, 0, 1},
        {"data", "\"delete\"", 0, 0, 0, 0, 0, 1},
        {"data", "\"no-op\"", 0, 0, 0, 0, 0, 0},
        {"data", "\"explode\"", 0, 0, 0, 0, 1, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char rest[256];
        snprintf(rest, sizeof(rest),
                 "\"change\":{\"actions\":[%s],\"before\":{\"actions\":1},\"importing\":null}",
                 cases[i].actions);
        struct reading reading = read_change(cases[i].mode, rest);
        const struct cvg_tf_plan *plan = &reading.plan;
        size_t changes =
            plan->creates + plan->updates + plan->deletes + plan->replaces + plan->others;
        assert_int_equal(plan->creates, cases[i].creates);
        assert_int_equal(plan->updates, cases[i].updates);
        assert_int_equal(plan->deletes, cases[i].deletes);
        assert_int_equal(plan->replaces, cases[i].replaces);
        assert_int_equal(plan->others, cases[i].others);
        assert_int_equal(plan->reads, cases[i].reads);
        assert_string_equal(plan->first_change, changes > 0 ? "t.n" : "");
        cvg_kit_arena_free(reading.arena);
    }
}

static void a_state_that_would_change_is_a_change(void **state)
{
    (void)state;
    static const char *const rests[] = {
        "\"previous_address\":\"t.m\",\"change\":{\"actions\":[\"no-op\"]}",
        "\"change\":{\"importing\":{\"id\":\"x\"},\"actions\":[\"no-op\"]}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct reading reading = read_change("managed", rests[i]);
        assert_int_equal(reading.plan.others, 1);
        cvg_kit_arena_free(reading.arena);
    }
}

static void what_is_absent_is_not_false(void **state)
{
    (void)state;

    static const struct {
        const char *rest;
        uint32_t complete, errored;
        size_t deferred, others, drifted;
    } cases[] = {
        {"", CVG_ABSENT_UINT, 0, 0, 0, 0},
        {",\"complete\":true,\"errored\":false", 1, 0, 0, 0, 0},
        {",\"complete\":false,\"errored\":true,\"applyable\":false", 0, 1, 0, 0, 0},
        {",\"deferred_changes\":[{\"reason\":\"x\"}],\"deferred_action_invocations\":[{},{}]",
         CVG_ABSENT_UINT, 0, 3, 0, 0},
        {",\"action_invocations\":[{}]", CVG_ABSENT_UINT, 0, 0, 1, 0},
        {",\"deferred_changes\":null,\"checks\":null", CVG_ABSENT_UINT, 0, 0, 0, 0},
        {",\"resource_drift\":[{\"address\":\"a.b\",\"mode\":\"managed\",\"change\":{\"actions\":["
         "\"no-op\"]}},{\"address\":\"a.c\",\"mode\":\"managed\",\"change\":{\"actions\":["
         "\"delete\"]}}]",
         CVG_ABSENT_UINT, 0, 0, 0, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "{\"format_version\":\"1.2\",\"planned_values\":{}%s}",
                 cases[i].rest);
        struct reading reading = read_text(text);
        assert_int_equal(reading.refusal.kind, CVG_TF_FINE);
        assert_int_equal(reading.plan.complete, cases[i].complete);
        assert_int_equal(reading.plan.errored, cases[i].errored);
        assert_int_equal(reading.plan.deferred, cases[i].deferred);
        assert_int_equal(reading.plan.others, cases[i].others);
        assert_int_equal(reading.plan.drifted, cases[i].drifted);
        assert_string_equal(reading.plan.first_drift, cases[i].drifted > 0 ? "a.c" : "");
        cvg_kit_arena_free(reading.arena);
    }
}

static void outputs_of_the_oldest_format_say_nothing(void **state)
{
    (void)state;

    static const struct {
        const char *format;
        size_t changes;
    } cases[] = {{"0.1", 0}, {"0.2", 1}, {"1.0", 1}, {"1.99", 1}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 "{\"output_changes\":{\"a\":{\"actions\":[\"create\"]},\"b\":{\"actions\":["
                 "\"no-op\"]}},\"planned_values\":{},\"format_version\":\"%s\"}",
                 cases[i].format);
        struct reading reading = read_text(text);
        assert_int_equal(reading.plan.output_changes, cases[i].changes);
        cvg_kit_arena_free(reading.arena);
    }
}

static void what_is_no_plan_is_refused_by_name(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        enum cvg_tf_refusal_kind kind;
        const char *where;
    } cases[] = {
        {"{\"format_version\":\"2.0\",\"planned_values\":{}}", CVG_TF_VERSION, "format_version"},
        {"{\"format_version\":\"10.0\",\"planned_values\":{}}", CVG_TF_VERSION, "format_version"},
        {"{\"format_version\":\"1\",\"planned_values\":{}}", CVG_TF_BAD_CONTENT, "format_version"},
        {"{\"format_version\":1.2,\"planned_values\":{}}", CVG_TF_BAD_CONTENT, "format_version"},
        {"{\"format_version\":\"1.0\"}", CVG_TF_SHOW_GIVEN, ""},
        {"{\"format_version\":\"1.0\",\"values\":{}}", CVG_TF_SHOW_GIVEN, ""},
        {"{\"version\":4,\"serial\":1}", CVG_TF_STATE_GIVEN, ""},
        {"{\"encrypted_data\":\"\",\"encryption_version\":\"v0\"}", CVG_TF_ENCRYPTED, ""},
        {"{}", CVG_TF_NOT_A_STATE, ""},
        {"{\"format_version\":\"1.0\",\"planned_values\":{},\"Errored\":true}", CVG_TF_BAD_CONTENT,
         ": a field in another case"},
        {"{\"format_version\":\"1.0\",\"planned_values\":{},\"timestamp\":\"now\"}",
         CVG_TF_BAD_CONTENT, "timestamp"},
        {"{\"format_version\":\"1.0\",\"planned_values\":{},\"complete\":\"true\"}",
         CVG_TF_BAD_CONTENT, "complete"},
        {"{\"format_version\":\"1.0\",\"planned_values\":{},\"resource_changes\":[{\"address\":"
         "\"a\",\"mode\":\"managed\",\"change\":{}}]}",
         CVG_TF_BAD_CONTENT, "resource_changes[0].change.actions"},
        {"{\"format_version\":\"1.0\",\"planned_values\":{},\"resource_changes\":[{\"address\":"
         "\"a\",\"change\":{\"actions\":[]}}]}",
         CVG_TF_BAD_CONTENT, "resource_changes[0].mode"},
        {"{\"format_version\":\"1.0\",\"planned_values\":{},\"resource_changes\":[{\"change\":{"
         "\"actions\":\"no-op\"}}]}",
         CVG_TF_BAD_CONTENT, "resource_changes[0].change.actions"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading reading = read_text(cases[i].text);
        if (reading.refusal.kind != cases[i].kind ||
            strcmp(reading.refusal.where, cases[i].where) != 0) {
            fail_msg("%s is %d '%s'", cases[i].text, (int)reading.refusal.kind,
                     reading.refusal.where);
        }
        cvg_kit_arena_free(reading.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_word_of_an_action_counts_as_what_it_does),
        cmocka_unit_test(a_state_that_would_change_is_a_change),
        cmocka_unit_test(what_is_absent_is_not_false),
        cmocka_unit_test(outputs_of_the_oldest_format_say_nothing),
        cmocka_unit_test(what_is_no_plan_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
