/* SPDX-License-Identifier: Apache-2.0 */
/* Notes come back as they were, over jumps of every clock; what is damaged does not come back. */
#include "base/random.h"
#include "base/time.h"
#include "wire/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define S(seconds) ((int64_t)(seconds)*CVG_SECOND)
#define WALL       S(1767261600)
#define ABOUT      "3f2a"
#define BOOT       "9bd6c90f-1dc5-474e-a14f-bdefa8d7a21b"
#define OTHER_BOOT "0d2b1c7e-53a0-4c7f-8a11-0f7c5e1a9a01"

/* Odd, so that a double would not hold them. */
static const struct cvg_steady_saved saved = {
    .status = CVG_READY,
    .observed_at = INT64_C(9007199254740993),
    .since = INT64_C(9007100000000001),
    .fresh_at = INT64_C(9007199254740995),
    .ready_since = INT64_C(9007099999999999),
    .last_known = CVG_PROGRESSING,
    .last_known_since = INT64_C(-7),
    .flap = {.samples = 0x155, .count = 10, .next_at = INT64_C(9007199254740997), .flapping = true},
};

static const struct cvg_note_clock written = {
    .boot = BOOT, .now = INT64_C(9007200000000001), .wall = WALL};

static void write_steady(struct cvg_buf *text)
{
    assert_int_equal(cvg_note_steady_write(&saved, ABOUT, &written, text), 0);
}

static void assert_moved(const struct cvg_steady_saved *read, int64_t by)
{
    assert_int_equal(read->status, saved.status);
    assert_int_equal(read->observed_at, saved.observed_at + by);
    assert_int_equal(read->since, saved.since + by);
    assert_int_equal(read->fresh_at, saved.fresh_at + by);
    assert_int_equal(read->ready_since, saved.ready_since + by);
    assert_int_equal(read->unready_since, 0);
    assert_int_equal(read->last_known, saved.last_known);
    assert_int_equal(read->last_known_since, saved.last_known_since + by);
    assert_int_equal(read->flap.samples, saved.flap.samples);
    assert_int_equal(read->flap.count, saved.flap.count);
    assert_int_equal(read->flap.next_at, saved.flap.next_at + by);
    assert_int_equal(read->flap.since, 0);
    assert_true(read->flap.flapping);
}

static void times_come_over_whatever_the_clocks_did(void **state)
{
    (void)state;
    const int64_t later = written.now + S(20), booted = S(30);

    const struct {
        const char *name;
        struct cvg_note_clock clock;
        int64_t by;
    } cases[] = {
        {"same boot", {BOOT, later, WALL + S(20)}, 0},
        {"same boot, the wall clock jumped ahead", {BOOT, later, WALL + S(90000)}, 0},
        {"same boot, the wall clock jumped back", {BOOT, later, WALL - S(90000)}, 0},
        {"same boot, at once", {BOOT, written.now, WALL}, 0},
        {"other boot", {OTHER_BOOT, booted, WALL + S(60)}, booted - S(60) - written.now},
        {"other boot, just now", {OTHER_BOOT, S(60), WALL + S(60)}, -written.now},
        {"other boot that runs longer than wall time passed",
         {OTHER_BOOT, S(60) + 1, WALL + S(60)},
         S(60) + 1 - CVG_NOTE_LONG_AGO - written.now},
        {"other boot, the wall clock jumped back",
         {OTHER_BOOT, booted, WALL - 1},
         booted - CVG_NOTE_LONG_AGO - written.now},
        {"other boot, no wall time passed",
         {OTHER_BOOT, booted, WALL},
         booted - CVG_NOTE_LONG_AGO - written.now},
        {"other boot, in a hundred years",
         {OTHER_BOOT, booted, WALL + 10 * CVG_NOTE_LONG_AGO},
         booted - CVG_NOTE_LONG_AGO - written.now},
        {"the boot is not known",
         {"", booted, WALL + S(60)},
         booted - CVG_NOTE_LONG_AGO - written.now},
    };
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    write_steady(&text);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_steady_saved read;
        struct cvg_error error = {0};
        if (cvg_note_steady_read(text.data, text.length, ABOUT, &cases[i].clock, &read, &error)) {
            fail_msg("%s: %s", cases[i].name, error.text);
        }
        if (read.fresh_at != saved.fresh_at + cases[i].by) {
            fail_msg("%s: moved by %lld", cases[i].name,
                     (long long)(read.fresh_at - saved.fresh_at));
        }
        assert_moved(&read, cases[i].by);
    }
}

static void no_boot_is_the_same_as_another_that_is_not_known(void **state)
{
    (void)state;
    struct cvg_note_clock nowhere = written;
    struct cvg_steady_saved read;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    nowhere.boot[0] = '\0';
    assert_int_equal(cvg_note_steady_write(&saved, ABOUT, &nowhere, &text), 0);
    nowhere.wall -= S(5);
    assert_int_equal(cvg_note_steady_read(text.data, text.length, ABOUT, &nowhere, &read, NULL), 0);
    assert_int_equal(read.fresh_at, saved.fresh_at - CVG_NOTE_LONG_AGO);
}

static void what_is_about_something_else_or_of_the_future_is_refused(void **state)
{
    (void)state;
    struct cvg_note_clock before = written;
    struct cvg_steady_saved read;
    struct cvg_error error = {0};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    write_steady(&text);
    assert_int_equal(cvg_note_steady_read(text.data, text.length, "other", &written, &read, &error),
                     CVG_E_REFUSED);
    before.now--;
    assert_int_equal(cvg_note_steady_read(text.data, text.length, ABOUT, &before, &read, &error),
                     CVG_E_INVALID);
}

static void every_part_of_a_note_is_refused(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    write_steady(&text);
    for (size_t length = 0; length < text.length; length++) {
        struct cvg_steady_saved read;
        assert_int_equal(cvg_note_steady_read(text.data, length, ABOUT, &written, &read, NULL),
                         CVG_E_INVALID);
    }
}

/* Nothing but crashing is forbidden to a byte that turned; what is read is still what can be
 * written. */
static void a_turned_byte_does_no_harm(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    struct cvg_random chance;
    size_t refused = 0;

    cvg_random_seed(&chance, 7);
    write_steady(&text);
    for (size_t at = 0; at < text.length; at++) {
        struct cvg_steady_saved read;
        char was = text.data[at];
        text.data[at] = (char)cvg_random_below(&chance, 256);
        int rc = cvg_note_steady_read(text.data, text.length, ABOUT, &written, &read, NULL);
        if (rc == 0) {
            assert_true(read.status < CVG_STATUS_COUNT && read.last_known < CVG_STATUS_COUNT);
        }
        refused += rc != 0;
        text.data[at] = was;
    }
    assert_true(refused > text.length / 3);
}

static void a_member_that_is_not_what_it_must_be_is_refused(void **state)
{
    (void)state;

    static const struct {
        const char *from, *to;
    } cases[] = {
        {"\"v\":1", "\"v\":2"},
        {"\"status\":\"ready\"", "\"status\":\"eager\""},
        {"\"status\":\"ready\"", "\"status\":4"},
        {"\"since\":\"9007100000000001\"", "\"since\":9007100000000001"},
        {"\"since\":\"9007100000000001\"", "\"since\":\"99999999999999999999\""},
        {"\"since\":\"9007100000000001\"", "\"since\":\"0x10\""},
        {"\"since\":\"9007100000000001\"", "\"seen\":\"9007100000000001\""},
        {"\"count\":10", "\"count\":-1"},
        {"\"count\":10", "\"count\":1e300"},
        {"\"flapping\":true", "\"flapping\":1"},
        {"\"flap\":{", "\"flip\":{"},
        {"\"now\":\"9007200000000001\"", "\"now\":\"9223372036854775807\""},
    };
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    write_steady(&text);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const char *at = strstr(cvg_buf_text(&text), cases[i].from);
        struct cvg_steady_saved read;
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf bad = CVG_BUF_INIT(4096);

        assert_non_null(at);
        cvg_buf_add(&bad, text.data, (size_t)(at - text.data));
        cvg_buf_puts(&bad, cases[i].to);
        cvg_buf_puts(&bad, at + strlen(cases[i].from));
        if (cvg_note_steady_read(bad.data, bad.length, ABOUT, &written, &read, NULL) == 0) {
            fail_msg("%s was taken", cases[i].to);
        }
    }
}

static void numbers_at_the_ends_do_not_overflow(void **state)
{
    (void)state;
    struct cvg_steady_saved most = saved, read;
    struct cvg_note_clock other = {OTHER_BOOT, S(10), WALL + S(10)};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    most.fresh_at = INT64_MIN;
    assert_int_equal(cvg_note_steady_write(&most, ABOUT, &written, &text), 0);
    assert_int_equal(cvg_note_steady_read(text.data, text.length, ABOUT, &other, &read, NULL),
                     CVG_E_INVALID);
    assert_int_equal(cvg_note_steady_read(text.data, text.length, ABOUT, &written, &read, NULL), 0);
    assert_true(read.fresh_at == INT64_MIN);
}

static void a_breaker_comes_back(void **state)
{
    (void)state;
    const struct cvg_note_breaker breaker = {
        .failures = 7,
        .pause_ns = S(8),
        .opened_at = written.now - S(60),
        .trial_at = written.now + S(5),
        .last_trial_at = written.now - S(3),
    };
    const struct cvg_note_clock other = {OTHER_BOOT, S(30), WALL + S(60)};
    struct cvg_note_breaker read;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    assert_int_equal(cvg_note_breaker_write(&breaker, ABOUT, &written, &text), 0);
    assert_int_equal(cvg_note_breaker_read(text.data, text.length, ABOUT, &other, &read, NULL), 0);
    assert_int_equal(read.failures, 7);
    assert_int_equal(read.pause_ns, S(8));
    assert_int_equal(read.opened_at, S(30) - S(120));
    assert_int_equal(read.trial_at, S(30) - S(55));
    assert_int_equal(read.last_trial_at, S(30) - S(63));
    for (size_t length = 0; length < text.length; length++) {
        assert_int_equal(cvg_note_breaker_read(text.data, length, ABOUT, &other, &read, NULL),
                         CVG_E_INVALID);
    }
}

static void what_was_published_comes_back(void **state)
{
    (void)state;
    struct cvg_note_published told = {.sequence = UINT64_MAX, .phase = "ready", .at = WALL};
    struct cvg_note_published read = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);

    told.gates = cvg_arena_alloc(arena, 2 * sizeof(*told.gates));
    told.gate_count = 2;
    told.gates[0].name = "deploy";
    told.gates[0].verdict = "go";
    told.gates[1].name = "promote";
    told.gates[1].verdict = "wait";
    assert_int_equal(cvg_note_published_write(&told, &text), 0);
    assert_int_equal(cvg_note_published_read(text.data, text.length, arena, &read, NULL), 0);
    assert_true(read.sequence == UINT64_MAX);
    assert_string_equal(read.phase, "ready");
    assert_int_equal(read.at, WALL);
    assert_int_equal(read.gate_count, 2);
    assert_string_equal(read.gates[0].name, "deploy");
    assert_string_equal(read.gates[0].verdict, "go");
    assert_string_equal(read.gates[1].verdict, "wait");
    for (size_t length = 0; length < text.length; length++) {
        assert_int_equal(cvg_note_published_read(text.data, length, arena, &read, NULL),
                         CVG_E_INVALID);
    }
}

static void garbage_is_no_note(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{}",
        "1",
        "{\"v\":1}",
        "{\"v\":1,\"gates\":[1,null,{}]}",
        "\0",
        "{\"v\":1,\"sequence\":\"1\",\"phase\":\"ready\",\"at\":\"1\",\"gates\":[]} x"};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();

    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        struct cvg_steady_saved steady;
        struct cvg_note_breaker breaker;
        struct cvg_note_published published;
        size_t length = strlen(texts[i]);
        assert_int_equal(cvg_note_steady_read(texts[i], length, ABOUT, &written, &steady, NULL),
                         CVG_E_INVALID);
        assert_int_equal(cvg_note_breaker_read(texts[i], length, ABOUT, &written, &breaker, NULL),
                         CVG_E_INVALID);
        assert_int_equal(cvg_note_published_read(texts[i], length, arena, &published, NULL),
                         CVG_E_INVALID);
    }
}

static const struct cvg_pair labels[] = {
    {.name = "preview", .value = "true"},
    {.name = "app.test/\"x\"", .value = "${checks.a.facts.b}"}};
static const struct cvg_note_found found = {.discover = "previews",
                                            .namespace_name = "",
                                            .name = "one",
                                            .rank = UINT64_MAX,
                                            .labels = labels,
                                            .label_count = CVG_COUNT(labels)};

static void what_was_discovered_comes_back(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_note_found read;
    assert_int_equal(cvg_note_found_write(&found, &text), 0);
    assert_int_equal(cvg_note_found_read(cvg_buf_text(&text), text.length, arena, &read, NULL), 0);
    assert_string_equal(read.discover, found.discover);
    assert_string_equal(read.namespace_name, "");
    assert_string_equal(read.name, found.name);
    assert_true(read.rank == UINT64_MAX);
    assert_int_equal(read.annotation_count, 0);
    assert_int_equal(read.label_count, CVG_COUNT(labels));
    for (size_t i = 0; i < CVG_COUNT(labels); i++) {
        assert_string_equal(read.labels[i].name, labels[i].name);
        assert_string_equal(read.labels[i].value, labels[i].value);
    }
}

static void a_discovered_object_that_is_not_whole_is_refused(void **state)
{
    (void)state;
#define REST ",\"namespace\":\"\",\"name\":\"a\",\"labels\":[],\"annotations\":[]}"
    static const char *const texts[] = {
        "{\"v\":\"1\"}",
        "{\"v\":1,\"rank\":\"-1\",\"discover\":\"d\"" REST,
        "{\"v\":1,\"rank\":1,\"discover\":\"d\"" REST,
        "{\"v\":1,\"rank\":\"1\"" REST,
        "{\"v\":2,\"rank\":\"1\",\"discover\":\"d\"" REST,
        "{\"v\":1,\"rank\":\"1\",\"discover\":\"d\",\"namespace\":\"\",\"name\":\"a\","
        "\"labels\":[{\"name\":\"x\"}],\"annotations\":[]}",
        "{\"v\":1,\"rank\":\"1\",\"discover\":\"d\",\"namespace\":\"\",\"name\":\"a\","
        "\"labels\":{},\"annotations\":[]}",
    };
    static const char whole[] = "{\"v\":1,\"rank\":\"1\",\"discover\":\"d\"" REST;
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_note_found read;
    assert_int_equal(cvg_note_found_read(whole, strlen(whole), arena, &read, NULL), 0);
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        assert_int_equal(cvg_note_found_read(texts[i], strlen(texts[i]), arena, &read, NULL),
                         CVG_E_INVALID);
    }
    for (size_t length = 0; length < strlen(whole); length++) {
        assert_int_equal(cvg_note_found_read(whole, length, arena, &read, NULL), CVG_E_INVALID);
    }
#undef REST
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_come_over_whatever_the_clocks_did),
        cmocka_unit_test(no_boot_is_the_same_as_another_that_is_not_known),
        cmocka_unit_test(what_is_about_something_else_or_of_the_future_is_refused),
        cmocka_unit_test(every_part_of_a_note_is_refused),
        cmocka_unit_test(a_turned_byte_does_no_harm),
        cmocka_unit_test(a_member_that_is_not_what_it_must_be_is_refused),
        cmocka_unit_test(numbers_at_the_ends_do_not_overflow),
        cmocka_unit_test(a_breaker_comes_back),
        cmocka_unit_test(what_was_published_comes_back),
        cmocka_unit_test(what_was_discovered_comes_back),
        cmocka_unit_test(a_discovered_object_that_is_not_whole_is_refused),
        cmocka_unit_test(garbage_is_no_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
