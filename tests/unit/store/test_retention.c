/* SPDX-License-Identifier: Apache-2.0 */
/* What goes, what stays, and that no clock that is wrong takes everything away. */
#include "stand.h"

#include "base/alloc.h"
#include "base/time.h"
#include "store/head.h"
#include "store/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOUR  (60 * CVG_MINUTE)
#define DAY   (24 * HOUR)
#define YEAR  (365 * DAY)
/* When the tests take place, and how long the machine has run then. */
#define TODAY (INT64_C(1800000000) * CVG_SECOND)
#define UP    (3 * HOUR)

/* ---- the clock ---- */

struct moment {
    int64_t passed, wall; /* since the row before; after TODAY */
    int64_t shown;        /* after TODAY */
};

static void follow(int64_t saved, const struct moment *moments, size_t count)
{
    struct cvg_retention_clock clock = {0};
    int64_t now = UP;
    cvg_retention_clock_set(&clock, saved, now, TODAY + moments[0].wall);
    for (size_t i = 0; i < count; i++) {
        now += moments[i].passed;
        assert_int_equal(cvg_retention_clock_read(&clock, now, TODAY + moments[i].wall) - TODAY,
                         moments[i].shown);
    }
}

static void a_clock_that_is_right_is_believed(void **state)
{
    static const struct moment moments[] = {{0, 0, 0},
                                            {HOUR, HOUR, HOUR},
                                            {DAY, 25 * HOUR, 25 * HOUR},
                                            /* and one that is set right by an hour */
                                            {HOUR, 27 * HOUR, 27 * HOUR}};
    (void)state;
    follow(0, moments, CVG_COUNT(moments));
    follow(TODAY, moments, CVG_COUNT(moments));
}

static void a_jump_forward_is_followed_slowly(void **state)
{
    static const struct moment moments[] = {{0, 0, 0},
                                            {CVG_MINUTE, 10 * YEAR, 4 * CVG_MINUTE},
                                            {HOUR, 10 * YEAR + HOUR, 4 * HOUR + 4 * CVG_MINUTE},
                                            /* mended */
                                            {HOUR, 2 * HOUR, 2 * HOUR},
                                            {HOUR, 3 * HOUR, 3 * HOUR}};
    (void)state;
    follow(TODAY, moments, CVG_COUNT(moments));
}

static void a_jump_over_a_restart_is_followed_slowly(void **state)
{
    static const struct moment moments[] = {{0, 10 * YEAR, 0}, {HOUR, 10 * YEAR + HOUR, 4 * HOUR}};
    (void)state;
    follow(TODAY, moments, CVG_COUNT(moments));
}

static void a_jump_back_is_followed_at_once_and_not_believed(void **state)
{
    static const struct moment moments[] = {{0, 0, 0},
                                            {CVG_MINUTE, -30 * YEAR, -30 * YEAR},
                                            /* set right again: what was believed before counts */
                                            {CVG_MINUTE, 2 * CVG_MINUTE, 0}};
    (void)state;
    follow(TODAY, moments, CVG_COUNT(moments));
}

/* A machine without a clock of its own starts in 1970, until it has asked for the time. */
static void a_first_start_without_a_clock_is_not_kept(void **state)
{
    static const struct moment moments[] = {{0, -TODAY, -TODAY}, {CVG_MINUTE, 0, 0}};
    (void)state;
    follow(0, moments, CVG_COUNT(moments));
}

/* ---- rounds ---- */

struct place {
    struct stand stand;
    const struct cvg_engine_kind *kind;
    struct cvg_session *session;
    struct cvg_ed25519 *key;
    struct cvg_retention retention;
    struct cvg_chain_point end;
    struct cvg_chain_hasher *hasher;
    uint64_t records_taken, changes_taken; /* of all steps */
    int64_t now, wall;
};

static void open_place_of(const struct cvg_engine_kind *kind, struct place *place,
                          int64_t keep_records, int64_t keep_changes, uint64_t keep_bytes)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    memset(place, 0, sizeof *place);
    place->kind = kind;
    stand_make(&place->stand);
    assert_int_equal(
        cvg_session_open(kind, place->stand.file, false, &place->session, &fault, &error), 0);
    assert_int_equal(cvg_ed25519_make(&place->key, &error), 0);
    place->hasher = cvg_chain_hasher_new();
    place->now = UP;
    place->wall = TODAY;
    cvg_retention_init(&place->retention, keep_records, keep_changes, keep_bytes);
    assert_int_equal(cvg_retention_open(&place->retention, place->session, place->now, place->wall,
                                        &fault, &error),
                     0);
}

static void open_place(struct place *place, int64_t keep_records, int64_t keep_changes,
                       uint64_t keep_bytes)
{
    open_place_of(&memory_engine, place, keep_records, keep_changes, keep_bytes);
}

static void close_place(struct place *place)
{
    cvg_session_unref(place->session);
    cvg_ed25519_free(place->key);
    cvg_chain_hasher_free(place->hasher);
    stand_free(&place->stand);
}

static void begin(struct place *place)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(place->kind->begin(place->session->engine, &fault, &error), 0);
}

static void commit(struct place *place)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(place->kind->commit(place->session->engine, &fault, &error), 0);
}

static void add_records(struct place *place, size_t count, int64_t age)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    char id[CVG_RECORD_ID];
    begin(place);
    for (size_t i = 0; i < count; i++) {
        cvg_record_id(place->wall, id);
        struct cvg_record row = stand_record(id);
        row.at = place->wall - age;
        row.number = place->end.number + 1;
        cvg_chain_hash(place->hasher, place->end.hash, &row, row.hash);
        assert_int_equal(place->kind->add_record(place->session->engine, &row, &fault, &error), 0);
        place->end.number = row.number;
        memcpy(place->end.hash, row.hash, sizeof row.hash);
    }
    commit(place);
}

static void add_changes(struct place *place, size_t count, int64_t age)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    begin(place);
    for (size_t i = 0; i < count; i++) {
        const struct cvg_change row = stand_change("prod", "api", place->wall - age);
        assert_int_equal(place->kind->add_change(place->session->engine, &row, &fault, &error), 0);
    }
    commit(place);
}

static struct cvg_engine_sizes sizes_of(struct place *place)
{
    struct cvg_engine_sizes sizes = {0};
    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(place->kind->sizes(place->session->engine, &sizes, &fault, &error), 0);
    return sizes;
}

/* One step, when it is due; `passes`: time goes on to there on the wall too. */
static int go_step(struct place *place, bool passes, struct cvg_retention_step *ret,
                   enum cvg_store_fault *ret_fault)
{
    struct cvg_error error;
    int64_t passed = CVG_MAX(place->retention.due - place->now, 0);
    place->now += passed;
    place->wall += passes ? passed : 0;
    *ret = (struct cvg_retention_step){.session = place->session,
                                       .key = place->key,
                                       .last = place->end.number,
                                       .now = place->now,
                                       .wall = place->wall};
    int rc = cvg_retention_step(&place->retention, ret, ret_fault, &error);
    place->records_taken += ret->records;
    place->changes_taken += ret->changes;
    return rc;
}

/* Steps until the round is over. */
static void go_round(struct place *place)
{
    enum cvg_store_fault fault;
    struct cvg_retention_step step;
    size_t steps = 0;
    do {
        assert_int_equal(go_step(place, true, &step, &fault), 0);
        assert_true(++steps < 10000);
    } while (place->retention.phase != CVG_RETENTION_RESTS);
}

struct checked {
    const struct place *place;
    unsigned char public_key[CVG_ED25519_PUBLIC];
    struct cvg_chain_point point;
    size_t count;
};

static bool on_checkpoint(void *ctx, const struct cvg_chain_signed *checkpoint)
{
    struct checked *checked = ctx;
    assert_true(cvg_chain_verify(checked->public_key, CVG_CHAIN_CHECKPOINT, checkpoint));
    assert_true(checkpoint->point.number > checked->point.number);
    checked->point = checkpoint->point;
    checked->count++;
    return true;
}

static bool on_row(void *ctx, const struct cvg_record *row)
{
    struct checked *checked = ctx;
    struct cvg_error error;
    assert_int_equal(cvg_chain_follow(checked->place->hasher, &checked->point, row, &error), 0);
    return true;
}

/* The chain goes on from its last checkpoint; returns how many there are. */
static size_t check_chain(struct place *place)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    struct checked checked = {.place = place};
    cvg_ed25519_public(place->key, checked.public_key);
    assert_int_equal(place->kind->walk_checkpoints(place->session->engine, on_checkpoint, &checked,
                                                   &fault, &error),
                     0);
    assert_int_equal(place->kind->walk_records(place->session->engine, checked.point.number, on_row,
                                               &checked, &fault, &error),
                     0);
    assert_int_equal(checked.point.number, place->end.number);
    return checked.count;
}

static void what_is_old_goes(void **state)
{
    struct place place;
    (void)state;
    open_place(&place, 400 * DAY, 90 * DAY, 0);
    add_records(&place, 500, 410 * DAY);
    add_records(&place, 20, 399 * DAY);
    add_changes(&place, 300, 91 * DAY);
    add_changes(&place, 30, 89 * DAY);
    go_round(&place);
    struct cvg_engine_sizes sizes = sizes_of(&place);
    assert_int_equal(sizes.records, 20);
    assert_int_equal(sizes.changes, 30);
    assert_int_equal(place.records_taken, 500);
    assert_int_equal(place.changes_taken, 300);
    assert_true(check_chain(&place) >= 1);
    /* Nothing more is to do. */
    go_round(&place);
    assert_int_equal(place.records_taken, 500);
    close_place(&place);
}

static void without_an_age_nothing_goes(void **state)
{
    struct place place;
    (void)state;
    open_place(&place, 0, 0, 0);
    add_records(&place, 10, 40 * YEAR);
    add_changes(&place, 10, 40 * YEAR);
    go_round(&place);
    assert_int_equal(place.records_taken, 0);
    assert_int_equal(place.changes_taken, 0);
    close_place(&place);
}

static void the_newest_record_stays(void **state)
{
    struct place place;
    (void)state;
    open_place(&place, DAY, 0, 0);
    add_records(&place, 10, 10 * DAY);
    go_round(&place);
    assert_int_equal(sizes_of(&place).records, 1);
    assert_int_equal(check_chain(&place), 1);
    close_place(&place);
}

/* Rows that were written while the clock was years ahead do not hold up those behind them. */
static void a_time_that_has_not_come_holds_nothing_up(void **state)
{
    struct place place;
    (void)state;
    open_place(&place, 10 * DAY, 0, 0);
    add_records(&place, 5, 30 * DAY);
    add_records(&place, 5, -10 * YEAR);
    add_records(&place, 5, 20 * DAY);
    add_records(&place, 5, -10 * YEAR);
    add_records(&place, 5, DAY);
    go_round(&place);
    assert_int_equal(place.records_taken, 15);
    assert_int_equal(sizes_of(&place).records, 10);
    check_chain(&place);
    close_place(&place);
}

static void a_jump_by_years_takes_little(void **state)
{
    struct place place;
    (void)state;
    open_place(&place, 30 * DAY, 30 * DAY, 0);
    for (size_t day = 40; day > 0; day--) {
        add_records(&place, 10, (int64_t)day * DAY);
        add_changes(&place, 10, (int64_t)day * DAY);
    }
    go_round(&place);
    struct cvg_engine_sizes before = sizes_of(&place);
    place.wall += 10 * YEAR;
    go_round(&place);
    struct cvg_engine_sizes after = sizes_of(&place);
    assert_true(before.records - after.records <= 20);
    assert_true(before.changes - after.changes <= 20);
    assert_true(after.records >= 280);
    close_place(&place);
}

/* Nor does one that was there before the start: the clock is kept in the database. */
static void a_jump_over_a_restart_takes_little(void **state)
{
    struct place place;
    enum cvg_store_fault fault;
    struct cvg_error error;
    (void)state;
    open_place(&place, 30 * DAY, 30 * DAY, 0);
    add_records(&place, 100, DAY);
    go_round(&place);
    cvg_retention_init(&place.retention, 30 * DAY, 30 * DAY, 0);
    place.wall += 10 * YEAR;
    assert_int_equal(
        cvg_retention_open(&place.retention, place.session, place.now, place.wall, &fault, &error),
        0);
    go_round(&place);
    assert_int_equal(sizes_of(&place).records, 100);
    close_place(&place);
}

static void space_takes_history_first(void **state)
{
    struct place place;
    (void)state;
    open_place(&place, 0, 0, 1);
    add_records(&place, 2000, DAY);
    add_changes(&place, 6000, DAY);
    uint64_t full = sizes_of(&place).bytes;
    place.retention.keep_bytes = full - 1000 * (uint64_t)sizeof(struct cvg_change);
    for (size_t i = 0; i < 20; i++) {
        go_round(&place);
    }
    struct cvg_engine_sizes sizes = sizes_of(&place);
    assert_int_equal(sizes.records, 2000);
    assert_true(sizes.changes <= 5000 && sizes.changes >= 4000);
    assert_true(sizes.used <= place.retention.keep_bytes);
    close_place(&place);
}

static void space_takes_records_when_history_is_gone(void **state)
{
    struct place place;
    (void)state;
    open_place(&place, 0, 0, 1);
    add_records(&place, 4000, DAY);
    add_changes(&place, 10, DAY);
    uint64_t full = sizes_of(&place).bytes;
    place.retention.keep_bytes = full / 2;
    for (size_t i = 0; i < 12 && sizes_of(&place).bytes > place.retention.keep_bytes; i++) {
        go_round(&place);
    }
    struct cvg_engine_sizes sizes = sizes_of(&place);
    assert_true(sizes.bytes <= full / 2);
    assert_int_equal(sizes.changes, 0);
    assert_true(sizes.records >= 1000);
    check_chain(&place);
    close_place(&place);
}

/* Space that is free inside comes back later than the rows go: that must not cost more of them. */
static void a_file_that_shrinks_late_costs_no_more_rows(void **state)
{
    struct place place;
    (void)state;
    open_place_of(&cvg_engine_sqlite, &place, 0, 0, 1);
    add_records(&place, 12000, DAY);
    struct cvg_engine_sizes full = sizes_of(&place);
    place.retention.keep_bytes = full.used / 2;
    for (size_t i = 0; i < 8; i++) {
        go_round(&place);
    }
    struct cvg_engine_sizes sizes = sizes_of(&place);
    assert_true(sizes.used <= full.used / 2);
    assert_true(sizes.records >= 4500);
    assert_true(sizes.free <= full.used / 8);
    assert_true(check_chain(&place) >= 1);
    close_place(&place);
}

static void a_failed_step_takes_nothing(void **state)
{
    static const enum memory_call calls[] = {MEMORY_PUT_NOTE,      MEMORY_PRUNE_CHANGES,
                                             MEMORY_PRUNE_RECORDS, MEMORY_WALK_RECORDS,
                                             MEMORY_COMMIT,        MEMORY_SIZES};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(calls); i++) {
        struct place place;
        enum cvg_store_fault fault = CVG_STORE_NO_FAULT;
        struct cvg_retention_step step;
        int rc;
        open_place(&place, DAY, DAY, 0);
        add_records(&place, 10, 10 * DAY);
        add_changes(&place, 10, 10 * DAY);
        memory_engine_fail(place.stand.file, calls[i], 1, 1, CVG_STORE_FULL);
        do {
            rc = go_step(&place, false, &step, &fault);
        } while (rc == 0 && place.retention.phase != CVG_RETENTION_RESTS);
        assert_true(rc < 0);
        assert_int_equal(fault, CVG_STORE_FULL);
        assert_int_equal(step.records + step.changes, 0);
        go_round(&place);
        assert_int_equal(sizes_of(&place).records, 1);
        assert_int_equal(sizes_of(&place).changes, 0);
        check_chain(&place);
        close_place(&place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_is_right_is_believed),
        cmocka_unit_test(a_jump_forward_is_followed_slowly),
        cmocka_unit_test(a_jump_over_a_restart_is_followed_slowly),
        cmocka_unit_test(a_jump_back_is_followed_at_once_and_not_believed),
        cmocka_unit_test(a_first_start_without_a_clock_is_not_kept),
        cmocka_unit_test(what_is_old_goes),
        cmocka_unit_test(without_an_age_nothing_goes),
        cmocka_unit_test(the_newest_record_stays),
        cmocka_unit_test(a_time_that_has_not_come_holds_nothing_up),
        cmocka_unit_test(a_jump_by_years_takes_little),
        cmocka_unit_test(a_jump_over_a_restart_takes_little),
        cmocka_unit_test(space_takes_history_first),
        cmocka_unit_test(space_takes_records_when_history_is_gone),
        cmocka_unit_test(a_file_that_shrinks_late_costs_no_more_rows),
        cmocka_unit_test(a_failed_step_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
