/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of what stands still, look after look. */
#include "place/stillness.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SETTLE 30
#define GRACE  45
#define NOW    1000 /* the first look; times are seconds here, which are as good as any unit */

/* Documents by their letter; 't' torn, '-' none. A capital: locked. */
struct look {
    int64_t after;
    char shows;
    int64_t changed_at; /* 0: not told */
    enum cvg_place_standing standing;
};

static void see_all(const struct look *looks, size_t count)
{
    struct cvg_place_stillness stillness = {0};
    for (size_t i = 0; i < count; i++) {
        unsigned char digest[CVG_PLACE_DIGEST];
        char shows = looks[i].shows;
        uint32_t locked = (shows >= 'A' && shows <= 'Z') || shows == '+';
        char letter = locked && shows != '+' ? (char)(shows - 'A' + 'a') : shows;
        memset(digest, letter, sizeof(digest));
        const struct cvg_place_glance glance = {
            .digest = letter >= 'a' && letter < 't' ? digest : NULL,
            .torn = letter == 't',
            .locked = locked,
            .changed_at = looks[i].changed_at,
            .wall = NOW + looks[i].after,
        };
        assert_int_equal(cvg_place_stillness_see(&stillness, &glance, SETTLE, GRACE),
                         looks[i].standing);
    }
}

#define SEE(...)                                                                                   \
    do {                                                                                           \
        static const struct look looks[] = {__VA_ARGS__};                                          \
        see_all(looks, CVG_COUNT(looks));                                                          \
    } while (0)

#define GONE     CVG_PLACE_GONE
#define WRITTEN  CVG_PLACE_BEING_WRITTEN
#define TORN     CVG_PLACE_TORN_TOO_LONG
#define LOCKED   CVG_PLACE_LOCKED
#define SETTLING CVG_PLACE_SETTLING
#define SETTLED  CVG_PLACE_SETTLED

static void test_settles_from_the_first_look_or_from_an_older_change(void **state)
{
    (void)state;
    SEE({0, 'a', 0, SETTLING}, {29, 'a', 0, SETTLING}, {30, 'a', 0, SETTLED});
    SEE({0, 'a', 970, SETTLED});
    SEE({0, 'a', 971, SETTLING}, {1, 'a', 971, SETTLED});
    SEE({0, 'a', 1001, SETTLING}, {29, 'a', 1001, SETTLING}); /* from the future */
}

static void test_a_change_begins_anew(void **state)
{
    (void)state;
    SEE({0, 'a', 900, SETTLED}, {60, 'b', 0, SETTLING}, {90, 'b', 0, SETTLED});
    SEE({0, 'a', 900, SETTLED}, {60, 'b', 1020, SETTLED}); /* after the look before: proved */
    SEE({0, 'a', 900, SETTLED}, {60, 'b', 901, SETTLING}); /* put back with an old time */
    SEE({0, 'a', 900, SETTLED}, {60, '-', 0, GONE}, {61, 'a', 900, SETTLING});
}

static void test_a_lock_counts_to_its_end(void **state)
{
    (void)state;
    SEE({0, 'A', 900, LOCKED}, {60, 'a', 900, SETTLING}, {90, 'a', 900, SETTLED});
    SEE({0, 'a', 900, SETTLED}, {10, 'A', 900, LOCKED}, {20, 'a', 1015, SETTLING},
        {49, 'a', 1015, SETTLING}, {50, 'a', 1015, SETTLED});
    SEE({0, '+', 0, LOCKED}, {1, '-', 0, GONE});
}

static void test_torn_is_being_written_for_the_grace(void **state)
{
    (void)state;
    SEE({0, 't', 0, WRITTEN}, {44, 't', 0, WRITTEN}, {45, 't', 0, TORN}, {46, 'a', 0, SETTLING});
    SEE({0, 't', 0, WRITTEN}, {40, 'a', 0, SETTLING}, {41, 't', 0, WRITTEN}, {60, 't', 0, WRITTEN});
    /* The lock's holder leaves it empty for as long as it wants. */
    SEE({0, 'T', 0, WRITTEN}, {500, 'T', 0, WRITTEN}, {501, 't', 0, WRITTEN}, {546, 't', 0, TORN});
}

static void test_a_clock_that_is_set_back_waits_no_longer_than_it_must(void **state)
{
    (void)state;
    SEE({100000, 'a', 0, SETTLING}, {0, 'a', 0, SETTLING}, {30, 'a', 0, SETTLED});
    SEE({100000, 't', 0, WRITTEN}, {0, 't', 0, WRITTEN}, {45, 't', 0, TORN});
}

static void test_tells_when_time_alone_changes_it(void **state)
{
    unsigned char digest[CVG_PLACE_DIGEST] = {1};
    struct cvg_place_stillness stillness = {0};
    struct cvg_place_glance glance = {.digest = digest, .wall = NOW};
    int64_t due = 0;
    (void)state;
    (void)cvg_place_stillness_see(&stillness, &glance, SETTLE, GRACE);
    assert_int_equal(cvg_place_stillness_due(&stillness, SETTLE, GRACE, &due), 1);
    assert_int_equal(due, NOW + SETTLE);
    glance.wall = due;
    (void)cvg_place_stillness_see(&stillness, &glance, SETTLE, GRACE);
    assert_int_equal(cvg_place_stillness_due(&stillness, SETTLE, GRACE, &due), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settles_from_the_first_look_or_from_an_older_change),
        cmocka_unit_test(test_a_change_begins_anew),
        cmocka_unit_test(test_a_lock_counts_to_its_end),
        cmocka_unit_test(test_torn_is_being_written_for_the_grace),
        cmocka_unit_test(test_a_clock_that_is_set_back_waits_no_longer_than_it_must),
        cmocka_unit_test(test_tells_when_time_alone_changes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
