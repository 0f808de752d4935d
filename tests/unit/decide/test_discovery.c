/* SPDX-License-Identifier: Apache-2.0 */
/* What is there of what was found: comings, graces, places, and sources that cannot tell. */
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "decide/discovery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GRACE 10

struct fixture {
    struct cvg_discovery *discovery;
    struct cvg_discover_config entry;
    struct cvg_config config;
    size_t noted, forgotten;
};

static void on_note(void *ctx, const char *key, const char *discover,
                    const struct cvg_found_object *object, uint64_t rank)
{
    struct fixture *fixture = ctx;
    assert_string_equal(discover, "previews");
    assert_true(cvg_text_starts(key, "previews /"));
    assert_true(!object || rank > 0);
    *(object ? &fixture->noted : &fixture->forgotten) += 1;
}

static void begin(struct fixture *fixture, size_t most)
{
    *fixture = (struct fixture){.entry = {.name = "previews", .grace_ns = GRACE, .most = most}};
    fixture->config.discovers = &fixture->entry;
    fixture->config.discover_count = 1;
    fixture->discovery = cvg_discovery_new(on_note, fixture);
    cvg_discovery_configure(fixture->discovery, &fixture->config);
}

/* names: one letter each. */
static void find(struct fixture *fixture, const char *names, int64_t at)
{
    struct cvg_found_object objects[32];
    char texts[32][2];
    size_t count = strlen(names);
    assert_true(count <= CVG_COUNT(objects));
    for (size_t i = 0; i < count; i++) {
        texts[i][0] = names[i];
        texts[i][1] = '\0';
        objects[i] = (struct cvg_found_object){.namespace_name = "", .name = texts[i]};
    }
    const struct cvg_found found = {.size = sizeof found,
                                    .object_size = sizeof objects[0],
                                    .objects = objects,
                                    .count = count,
                                    .observed_at_ns = at};
    cvg_discovery_found(fixture->discovery, "previews", &found, at);
}

static void certain(struct fixture *fixture, int64_t at)
{
    cvg_discovery_surveyed(fixture->discovery, "previews", at, NULL);
}

/* In the order of their ranks. */
static const char *there(const struct fixture *fixture, char ret[64])
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_discovered *list = NULL;
    size_t count = cvg_discovery_list(fixture->discovery, arena, &list);
    assert_true(count < 64);
    for (size_t i = 0; i < count; i++) {
        ret[i] = list[i].object.name[0];
    }
    ret[count] = '\0';
    return ret;
}

static void assert_there(const struct fixture *fixture, const char *want)
{
    char text[64];
    assert_string_equal(there(fixture, text), want);
}

static void it_goes_after_a_grace_in_which_the_source_was_read(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 10);
    find(&fixture, "ab", 100);
    assert_there(&fixture, "ab");
    find(&fixture, "a", 200);
    certain(&fixture, 209);
    assert_there(&fixture, "ab");
    certain(&fixture, 210);
    assert_there(&fixture, "a");
    assert_int_equal(fixture.noted, 2);
    assert_int_equal(fixture.forgotten, 1);
    cvg_discovery_free(fixture.discovery);
}

static void a_source_that_cannot_tell_removes_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 10);
    find(&fixture, "ab", 100);
    find(&fixture, "a", 200);
    uint64_t edition = cvg_discovery_edition(fixture.discovery);
    for (int64_t at = 201; at < 400; at++) {
        cvg_discovery_surveyed(fixture.discovery, "previews", at, "it is away");
    }
    assert_there(&fixture, "ab");
    assert_int_equal(cvg_discovery_edition(fixture.discovery), edition);
    assert_false(cvg_discovery_stats(fixture.discovery, "previews").certain);
    /* What comes late of before does not end it either. */
    certain(&fixture, 205);
    assert_there(&fixture, "ab");
    certain(&fixture, 400);
    assert_there(&fixture, "a");
    cvg_discovery_free(fixture.discovery);
}

static void who_comes_back_in_the_grace_was_never_away(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 10);
    find(&fixture, "ab", 100);
    uint64_t edition = cvg_discovery_edition(fixture.discovery);
    find(&fixture, "b", 200);
    find(&fixture, "", 205);
    find(&fixture, "ab", 209);
    certain(&fixture, 1000);
    assert_there(&fixture, "ab");
    assert_int_equal(cvg_discovery_edition(fixture.discovery), edition);
    /* The grace begins anew. */
    find(&fixture, "b", 2000);
    certain(&fixture, 2009);
    assert_there(&fixture, "ab");
    cvg_discovery_free(fixture.discovery);
}

static void who_was_there_first_keeps_the_place(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 2);
    find(&fixture, "xy", 100);
    find(&fixture, "abxy", 110);
    assert_there(&fixture, "xy");
    assert_int_equal(cvg_discovery_stats(fixture.discovery, "previews").left_out, 2);
    find(&fixture, "aby", 120);
    assert_there(&fixture, "xy");
    certain(&fixture, 130);
    assert_there(&fixture, "ya");
    fixture.entry.most = 1;
    cvg_discovery_configure(fixture.discovery, &fixture.config);
    assert_there(&fixture, "y");
    cvg_discovery_free(fixture.discovery);
}

static void what_was_there_before_a_restart_is_there_until_a_set_lacks_it(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 10);
    const struct cvg_found_object one = {.namespace_name = "", .name = "b"},
                                  two = {.namespace_name = "", .name = "a"};
    cvg_discovery_restore(fixture.discovery, "previews", &one, 7);
    cvg_discovery_restore(fixture.discovery, "previews", &two, 9);
    cvg_discovery_restore(fixture.discovery, "gone", &one, 1);
    assert_there(&fixture, "ba");
    cvg_discovery_surveyed(fixture.discovery, "previews", 500, "it is away");
    certain(&fixture, 600);
    assert_there(&fixture, "ba");
    find(&fixture, "bc", 700);
    assert_there(&fixture, "bac");
    certain(&fixture, 710);
    assert_there(&fixture, "bc");
    cvg_discovery_free(fixture.discovery);
}

static void a_discovery_that_is_not_configured_any_more_forgets(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture, 10);
    find(&fixture, "abc", 100);
    fixture.config.discover_count = 0;
    cvg_discovery_configure(fixture.discovery, &fixture.config);
    assert_there(&fixture, "");
    assert_int_equal(fixture.forgotten, 3);
    cvg_discovery_free(fixture.discovery);
}

static void what_no_object_can_be_is_not_there(void **state)
{
    (void)state;
    struct fixture fixture;
    char longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const struct cvg_found_object objects[] = {
        {.namespace_name = "", .name = ""},       {.namespace_name = "", .name = NULL},
        {.namespace_name = NULL, .name = "a"},    {.namespace_name = "", .name = longest},
        {.namespace_name = "a/b", .name = "a"},   {.namespace_name = "", .name = "\xff"},
        {.namespace_name = longest, .name = "a"}, {.namespace_name = "", .name = "g"},
        {.namespace_name = "", .name = "g"},
    };
    const struct cvg_found found = {.size = sizeof found,
                                    .object_size = sizeof objects[0],
                                    .objects = objects,
                                    .count = CVG_COUNT(objects)};
    begin(&fixture, 10);
    cvg_discovery_found(fixture.discovery, "previews", &found, 100);
    assert_there(&fixture, "g");
    cvg_discovery_free(fixture.discovery);
}

/* ---- any order of events ---- */

#define LETTERS 6
#define STEPS   400

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

/* What the rules say of one letter, without the code's own bookkeeping. */
struct expected {
    bool seen, present;
    int64_t lacking_since;
};

static void fold(struct expected *expected, bool present, int64_t at)
{
    if (!present && expected->present) {
        expected->lacking_since = at;
    }
    expected->present = present;
    expected->seen = expected->seen || present;
    if (!present && at - expected->lacking_since >= GRACE) {
        expected->seen = false;
    }
}

static void assert_as_expected(const struct fixture *fixture, const struct expected *expected)
{
    char text[64];
    size_t count = 0;
    there(fixture, text);
    for (size_t i = 0; i < LETTERS; i++) {
        assert_int_equal(expected[i].seen, strchr(text, (char)('a' + i)) != NULL);
        count += expected[i].seen;
    }
    assert_int_equal(strlen(text), count);
    assert_int_equal(fixture->noted - fixture->forgotten, count);
}

/* A set that may be another one, the same one again, or only that it is certain. */
static void something_certain(struct fixture *fixture, struct expected *expected, uint32_t event,
                              uint32_t members, int64_t now)
{
    char set[LETTERS + 1];
    size_t count = 0;
    for (size_t i = 0; i < LETTERS; i++) {
        bool present = event == 0 ? members >> i & 1u : expected[i].present;
        fold(&expected[i], present, now);
        if (present) {
            set[count++] = (char)('a' + i);
        }
    }
    set[count] = '\0';
    if (event < 2) {
        find(fixture, set, now);
    } else {
        certain(fixture, now);
    }
}

static void run_one_order(uint64_t seed)
{
    struct fixture fixture;
    struct expected expected[LETTERS] = {0};
    int64_t now = 100;

    begin(&fixture, LETTERS);
    for (size_t step = 0; step < STEPS; step++) {
        uint32_t event = next_random(&seed) % 4, members = next_random(&seed);
        now += 1 + next_random(&seed) % 7;
        if (event < 3) {
            something_certain(&fixture, expected, event, members, now);
        } else {
            cvg_discovery_surveyed(fixture.discovery, "previews", now, "it is away");
        }
        assert_as_expected(&fixture, expected);
    }
    cvg_discovery_free(fixture.discovery);
}

static void any_order_of_events_leaves_what_the_rules_say(void **state)
{
    (void)state;
    cvg_log_set_level(CVG_LOG_ERROR); /* it would be thousands of lines */
    for (uint64_t seed = 1; seed <= 200; seed++) {
        run_one_order(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_after_a_grace_in_which_the_source_was_read),
        cmocka_unit_test(a_source_that_cannot_tell_removes_nothing),
        cmocka_unit_test(who_comes_back_in_the_grace_was_never_away),
        cmocka_unit_test(who_was_there_first_keeps_the_place),
        cmocka_unit_test(what_was_there_before_a_restart_is_there_until_a_set_lacks_it),
        cmocka_unit_test(a_discovery_that_is_not_configured_any_more_forgets),
        cmocka_unit_test(what_no_object_can_be_is_not_there),
        cmocka_unit_test(any_order_of_events_leaves_what_the_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
