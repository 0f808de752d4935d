/* SPDX-License-Identifier: Apache-2.0 */
/* What a check remembers: alarms that stay, the clock of settle, what was seen of applies. */
#include "remember.h"
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOOK_AT(scene, serial, lineage, objects, seconds)                                          \
    do {                                                                                           \
        scene_state((scene), (serial), (lineage), (objects));                                      \
        scene_look((scene), (seconds));                                                            \
    } while (0)

/* ---- alarms ---- */

static const struct {
    uint64_t serial;
    const char *lineage, *objects, *reason, *said;
} alarms[] = {
    {6, "l", "a.b", "SerialBehind", "from serial 7 to 6"},
    {0, "l", "a.b", "SerialBehind", "from serial 7 to 0"},
    {7, "m", "a.b", "LineageChanged", "lineage l at serial 7 came m at serial 7"},
    {8, "m", "a.b", "LineageChanged", ""},
    {UINT64_MAX, "", "a.b", "LineageChanged", ""},
    {7, "l", "a.c", "SameSerialOtherContent", "serial 7"},
};

static void an_alarm_stays_until_it_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++) {
        struct scene scene;
        scene_begin(&scene, "settle=0");
        LOOK_AT(&scene, 7, "l", "a.b", 0);
        scene_says(&scene, CVG_READY, "Applied");
        LOOK_AT(&scene, alarms[i].serial, alarms[i].lineage, alarms[i].objects, 15);
        scene_says(&scene, CVG_UNKNOWN, alarms[i].reason);
        assert_non_null(strstr(scene.finding.reading.message, "convergate accept ENV CHECK"));
        assert_non_null(strstr(scene.finding.reading.message, alarms[i].said));
        /* The state as it was, a newer one, none, a torn one, a lock, a restart: it stays. */
        LOOK_AT(&scene, 7, "l", "a.b", 15);
        scene_says(&scene, CVG_UNKNOWN, alarms[i].reason);
        LOOK_AT(&scene, 9, "l", "a.b", 100000);
        scene_says(&scene, CVG_UNKNOWN, alarms[i].reason);
        scene_absent(&scene);
        scene_look(&scene, 15);
        scene_says(&scene, CVG_UNKNOWN, alarms[i].reason);
        scene_restart(&scene);
        scene_refused(&scene, CVG_TF_TORN);
        scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
        scene_look(&scene, 15);
        scene_says(&scene, CVG_UNKNOWN, alarms[i].reason);
        /* Accepted: what is remembered is forgotten. */
        memset(&scene.memory, 0, sizeof(scene.memory));
        scene_lock(&scene, CVG_PLACE_LOCK_FREE, "");
        LOOK_AT(&scene, alarms[i].serial, alarms[i].lineage, alarms[i].objects, 15);
        scene_says(&scene, CVG_READY, "Applied");
        scene_end(&scene);
    }
}

static void a_state_that_was_deleted_and_created_anew_is_an_alarm(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0");
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_absent(&scene);
    scene_look(&scene, 15);
    scene_says(&scene, CVG_PROGRESSING, "NoState");
    scene_restart(&scene);
    scene_look(&scene, 1000000);
    LOOK_AT(&scene, 8, "m", "a.b", 15);
    scene_says(&scene, CVG_UNKNOWN, "LineageChanged");
    scene_end(&scene);
}

static void a_state_that_is_torn_in_between_is_compared_with_the_one_before(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0");
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_refused(&scene, CVG_TF_EMPTY);
    scene_look(&scene, 1);
    LOOK_AT(&scene, 7, "l", "a.c", 1);
    scene_says(&scene, CVG_UNKNOWN, "SameSerialOtherContent");
    scene_end(&scene);
}

static void going_on_is_no_alarm(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0");
    LOOK_AT(&scene, 0, "l", "a.b", 0);
    LOOK_AT(&scene, 1, "l", "a.b", 15);
    LOOK_AT(&scene, 1, "l", "a.b", 15);
    LOOK_AT(&scene, 2804, "l", "a.c", 15);
    LOOK_AT(&scene, UINT64_MAX - 1, "l", "a.c", 15);
    LOOK_AT(&scene, UINT64_MAX, "l", "a.c", 15);
    scene_says(&scene, CVG_READY, "Applied");
    LOOK_AT(&scene, INT64_MAX, "l", "a.c", 15);
    scene_says(&scene, CVG_UNKNOWN, "SerialBehind");
    scene_end(&scene);
}

static void long_lineages_are_told_apart(void **state)
{
    (void)state;
    struct scene scene;
    char one[600], other[600];
    memset(one, 'x', sizeof(one) - 1);
    one[sizeof(one) - 1] = '\0';
    memcpy(other, one, sizeof(one));
    other[sizeof(other) - 2] = 'y';
    scene_begin(&scene, "settle=0");
    LOOK_AT(&scene, 7, one, "a.b", 0);
    LOOK_AT(&scene, 8, one, "a.b", 15);
    scene_says(&scene, CVG_READY, "Applied");
    scene_restart(&scene);
    LOOK_AT(&scene, 9, other, "a.b", 15);
    scene_says(&scene, CVG_UNKNOWN, "LineageChanged");
    scene_end(&scene);
}

static void a_memory_that_cannot_be_read_is_an_alarm(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0");
    assert_int_equal(cvg_tf_memory_read("what?", 5, &scene.memory), -1);
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_says(&scene, CVG_UNKNOWN, "MemoryUnreadable");
    scene_restart(&scene);
    LOOK_AT(&scene, 8, "l", "a.b", 15);
    scene_says(&scene, CVG_UNKNOWN, "MemoryUnreadable");
    scene_end(&scene);
}

static void without_a_serial_nothing_is_compared(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0");
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_state(&scene, 0, "", "a.c");
    scene.state.has_serial = 0;
    scene_look(&scene, 15);
    scene_says(&scene, CVG_READY, "Applied");
    assert_null(scene_fact(&scene, "serial"));
    scene_end(&scene);
}

/* ---- settle ---- */

static void a_new_state_is_ready_when_it_stood_still_for_so_long(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    assert_non_null(strstr(scene.finding.reading.message,
                           "unchanged since 2026-11-21T12:00:00Z, settled at "
                           "2026-11-21T12:00:30Z"));
    scene_look(&scene, 29);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    LOOK_AT(&scene, 8, "l", "a.b", 1);
    scene_look(&scene, 29);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    scene_refused(&scene, CVG_TF_EMPTY);
    scene_look(&scene, 0);
    scene_says(&scene, CVG_PROGRESSING, "BeingWritten");
    LOOK_AT(&scene, 8, "l", "a.b", 0);
    scene_look(&scene, 29);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
    scene_look(&scene, 0);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    scene_lock(&scene, CVG_PLACE_LOCK_FREE, "");
    scene_look(&scene, 0);
    scene_look(&scene, 29);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_READY, "Applied");
    scene_end(&scene);
}

static void a_time_of_change_proves_what_was_before_the_first_look_alone(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    scene_state(&scene, 7, "l", "a.b");
    scene.sight.changed_at = scene.wall - 30 * SECOND;
    scene_look(&scene, 0);
    scene_says(&scene, CVG_READY, "Applied");
    /* Put back with an old time, as cp -p does. */
    scene_state(&scene, 8, "l", "a.b");
    scene.sight.changed_at = scene.wall - 86400 * SECOND;
    scene_restart(&scene);
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    scene_end(&scene);
}

static void a_time_of_change_in_the_future_is_not_believed(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    scene_state(&scene, 7, "l", "a.b");
    scene.sight.changed_at = scene.wall + 1000 * SECOND;
    scene_look(&scene, 0);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    scene_look(&scene, 30);
    scene_says(&scene, CVG_READY, "Applied");
    scene_end(&scene);
}

static void a_wall_clock_that_is_set_settles_nothing(void **state)
{
    (void)state;
    static const int64_t jumps[] = {-3600, 3600, -1000000000, 1000000000};
    for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
        for (int restart = 0; restart < 2; restart++) {
            struct scene scene;
            scene_begin(&scene, "");
            LOOK_AT(&scene, 7, "l", "a.b", 0);
            scene_look(&scene, 10);
            scene.wall += jumps[i] * SECOND;
            if (restart) {
                scene_restart(&scene);
            }
            scene_look(&scene, 10);
            scene_says(&scene, CVG_PROGRESSING, "Settling");
            /* And back again. */
            scene.wall -= jumps[i] * SECOND;
            scene_look(&scene, 9);
            scene_says(&scene, CVG_PROGRESSING, "Settling");
            scene_look(&scene, 1);
            scene_says(&scene, CVG_READY, "Applied");
            scene_end(&scene);
        }
    }
}

static void a_restart_goes_on_with_the_clock_and_a_reboot_never_shortens_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_look(&scene, 20);
    scene_restart(&scene);
    scene_look(&scene, 10);
    scene_says(&scene, CVG_READY, "Applied");
    LOOK_AT(&scene, 8, "l", "a.b", 0);
    scene_restart(&scene);
    scene.now = SECOND; /* the uptime begins anew */
    scene_look(&scene, 5);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    scene_look(&scene, 29);
    scene_says(&scene, CVG_PROGRESSING, "Settling");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_READY, "Applied");
    scene_end(&scene);
}

static void the_grace_ends_and_a_held_lock_stops_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    scene_refused(&scene, CVG_TF_EMPTY);
    scene_look(&scene, 0);
    scene_says(&scene, CVG_PROGRESSING, "BeingWritten");
    scene_look(&scene, 44);
    scene_says(&scene, CVG_PROGRESSING, "BeingWritten");
    scene_restart(&scene);
    scene_look(&scene, 1);
    scene_says(&scene, CVG_UNKNOWN, "StateEmpty");
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "BeingWritten");
    assert_non_null(strstr(scene.finding.reading.message, "locked by ann@build-7"));
    scene_look(&scene, 3600);
    scene_says(&scene, CVG_PROGRESSING, "BeingWritten");
    /* Its holder was killed. */
    scene_lock(&scene, CVG_PLACE_LOCK_STALE, "Apply");
    scene_look(&scene, 1);
    scene_look(&scene, 45);
    scene_says(&scene, CVG_UNKNOWN, "StateEmpty");
    scene_refused(&scene, CVG_TF_TORN);
    scene_look(&scene, 1);
    scene_says(&scene, CVG_UNKNOWN, "StateTorn");
    scene_end(&scene);
}

/* ---- locks of plans ---- */

static void a_young_plan_lock_does_not_count_where_the_operator_says_so(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0 plan_locks=60");
    scene_state(&scene, 7, "l", "a.b");
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Plan");
    scene_look(&scene, 59);
    scene_says(&scene, CVG_READY, "Applied");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    /* Nobody knows how old it is, it is of the future, it is an apply's. */
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Plan");
    scene.evidence.lock.created_at = 0;
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    scene.evidence.lock.created_at = scene.wall + 3600 * SECOND;
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    scene_configure(&scene, "settle=0");
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Plan");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    scene_end(&scene);
}

/* ---- applies ---- */

static void assert_number(const struct scene *scene, const char *name, const char *text)
{
    const struct cvg_fact *fact = scene_fact(scene, name);
    assert_non_null(fact);
    assert_string_equal(fact->text, text);
    assert_int_equal(fact->flags, CVG_FACT_METRIC);
}

static void applies_are_counted_and_timed(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_look(&scene, 30);
    assert_number(&scene, "applies", "0");
    assert_null(scene_fact(&scene, "last_apply_s"));
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
    scene_look(&scene, 15);
    scene_restart(&scene);
    LOOK_AT(&scene, 8, "l", "a.b a.c", 60);
    scene_lock(&scene, CVG_PLACE_LOCK_FREE, "");
    LOOK_AT(&scene, 9, "l", "a.b a.c a.d", 45);
    assert_number(&scene, "applies", "0");
    scene_look(&scene, 30);
    assert_number(&scene, "applies", "1");
    assert_number(&scene, "failed_applies", "0");
    assert_number(&scene, "last_apply_s", "120");
    assert_number(&scene, "last_lock_s", "120");
    /* A lock from the future is held since it was seen. */
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Plan");
    scene.evidence.lock.created_at += 3600 * SECOND;
    scene_look(&scene, 1);
    scene_lock(&scene, CVG_PLACE_LOCK_FREE, "");
    scene_look(&scene, 7);
    assert_number(&scene, "last_lock_s", "7");
    scene_look(&scene, 30);
    assert_number(&scene, "applies", "1");
    /* Where locks cannot be seen, changes that follow each other are one. */
    scene_lock(&scene, CVG_PLACE_LOCK_UNSEEN, "");
    LOOK_AT(&scene, 10, "l", "a.b", 100);
    LOOK_AT(&scene, 11, "l", "a.b a.c!", 20);
    scene_look(&scene, 30);
    assert_number(&scene, "applies", "2");
    assert_number(&scene, "failed_applies", "1");
    assert_number(&scene, "last_apply_s", "20");
    scene_look(&scene, 3000);
    assert_number(&scene, "applies", "2");
    scene_end(&scene);
}

/* ---- bytes ---- */

static void the_same_is_remembered_as_the_same_bytes(void **state)
{
    (void)state;
    struct scene scene;
    char before[CVG_TF_MEMORY_BYTES], after[CVG_TF_MEMORY_BYTES];
    scene_begin(&scene, "");
    LOOK_AT(&scene, 7, "l", "a.b", 0);
    scene_look(&scene, 30);
    size_t length = cvg_tf_memory_write(&scene.memory, before);
    for (int i = 0; i < 10; i++) {
        scene.wall += (i % 2 ? -SECOND : SECOND) / 4; /* two clocks are never read at once */
        scene_look(&scene, 15);
        assert_int_equal(cvg_tf_memory_write(&scene.memory, after), length);
        assert_memory_equal(before, after, length);
        scene_restart(&scene);
    }
    scene_end(&scene);
}

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 20;
}

static void draw_text(uint64_t *seed, char *ret, size_t size)
{
    size_t length = draw(seed) % size;
    for (size_t i = 0; i < length; i++) {
        ret[i] = (char)(1 + draw(seed) % 255);
    }
    ret[length] = '\0';
}

static void what_is_written_is_read_back_and_nothing_else_is(void **state)
{
    (void)state;
    uint64_t seed = 6;
    for (int i = 0; i < 2000; i++) {
        struct cvg_tf_memory memory = {0}, back;
        char bytes[CVG_TF_MEMORY_BYTES], again[CVG_TF_MEMORY_BYTES];
        memory.known = draw(&seed) % 2;
        memory.digested = draw(&seed) % 2;
        memory.alarm = (uint32_t)(draw(&seed) % CVG_TF_ALARMS);
        memory.clock_known = draw(&seed) % 2;
        memory.clock = (int64_t)(draw(&seed) << 20 ^ draw(&seed)) * (draw(&seed) % 2 ? 1 : -1);
        draw_text(&seed, memory.lineage, sizeof(memory.lineage));
        draw_text(&seed, memory.other_lineage, sizeof(memory.other_lineage));
        memory.serial = draw(&seed) << 20 ^ draw(&seed);
        memory.other_serial = draw(&seed);
        memory.stillness.known = draw(&seed) % 2;
        memory.stillness.seen_at = INT64_MAX;
        memory.stillness.still_since = (int64_t)draw(&seed);
        memory.stillness.torn_since = (int64_t)draw(&seed);
        memory.lock_since = (int64_t)draw(&seed);
        memory.applies = draw(&seed);
        memory.drift = draw(&seed);
        memory.last_apply_ns = (int64_t)draw(&seed);
        memory.digest[draw(&seed) % 32] = (unsigned char)draw(&seed);
        size_t length = cvg_tf_memory_write(&memory, bytes);
        assert_true(length > 0 && length <= CVG_TF_MEMORY_BYTES);
        assert_int_equal(cvg_tf_memory_read(bytes, length, &back), 0);
        assert_int_equal(cvg_tf_memory_write(&back, again), length);
        assert_memory_equal(bytes, again, length);
        assert_string_equal(memory.lineage, back.lineage);
        assert_true(memory.serial == back.serial && memory.clock == back.clock);
        assert_int_equal(memory.alarm, back.alarm);
        /* Cut off, or with something behind it, it is none of ours. */
        assert_int_equal(cvg_tf_memory_read(bytes, draw(&seed) % length, &back), -1);
        assert_int_equal(back.alarm, CVG_TF_MEMORY_LOST);
        char longer[CVG_TF_MEMORY_BYTES + 1] = "";
        memcpy(longer, bytes, length);
        assert_int_equal(cvg_tf_memory_read(longer, length + 1, &back), -1);
    }
}

/* Whatever was done to the bytes, reading them ends, and what is taken is in order. */
static void broken_bytes_are_refused_or_in_order(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct scene scene;
    char bytes[CVG_TF_MEMORY_BYTES];
    scene_begin(&scene, "");
    LOOK_AT(&scene, 7, "lineage", "a.b", 0);
    size_t length = cvg_tf_memory_write(&scene.memory, bytes);
    for (int i = 0; i < 20000; i++) {
        struct cvg_tf_memory back;
        char broken[CVG_TF_MEMORY_BYTES];
        memcpy(broken, bytes, length);
        broken[draw(&seed) % length] = (char)draw(&seed);
        broken[draw(&seed) % length] = (char)draw(&seed);
        int code = cvg_tf_memory_read(broken, length, &back);
        assert_true(code == 0 || back.alarm == CVG_TF_MEMORY_LOST);
        assert_true(back.alarm < CVG_TF_ALARMS && back.stillness.still_since >= 0);
        assert_true(strlen(back.lineage) < sizeof(back.lineage));
    }
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alarm_stays_until_it_is_accepted),
        cmocka_unit_test(a_state_that_was_deleted_and_created_anew_is_an_alarm),
        cmocka_unit_test(a_state_that_is_torn_in_between_is_compared_with_the_one_before),
        cmocka_unit_test(going_on_is_no_alarm),
        cmocka_unit_test(long_lineages_are_told_apart),
        cmocka_unit_test(a_memory_that_cannot_be_read_is_an_alarm),
        cmocka_unit_test(without_a_serial_nothing_is_compared),
        cmocka_unit_test(a_new_state_is_ready_when_it_stood_still_for_so_long),
        cmocka_unit_test(a_time_of_change_proves_what_was_before_the_first_look_alone),
        cmocka_unit_test(a_time_of_change_in_the_future_is_not_believed),
        cmocka_unit_test(a_wall_clock_that_is_set_settles_nothing),
        cmocka_unit_test(a_restart_goes_on_with_the_clock_and_a_reboot_never_shortens_it),
        cmocka_unit_test(the_grace_ends_and_a_held_lock_stops_it),
        cmocka_unit_test(a_young_plan_lock_does_not_count_where_the_operator_says_so),
        cmocka_unit_test(applies_are_counted_and_timed),
        cmocka_unit_test(the_same_is_remembered_as_the_same_bytes),
        cmocka_unit_test(what_is_written_is_read_back_and_nothing_else_is),
        cmocka_unit_test(broken_bytes_are_refused_or_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
