/* SPDX-License-Identifier: Apache-2.0 */
/* What the store promises while its database works: grouping, order, once, and the end. */
#include "stand.h"

#include "base/alloc.h"
#include "base/time.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MANY    200
#define THREADS 8
#define EACH    250

static void what_waits_is_one_transaction(void **state)
{
    struct stand stand;
    static struct told first, others[MANY];
    (void)state;
    memset(&first, 0, sizeof first);
    memset(others, 0, sizeof others);
    stand_make(&stand);
    stand_open(&stand);
    uint64_t before = memory_engine_calls(stand.file, MEMORY_COMMIT);
    memory_engine_hold(stand.file, MEMORY_COMMIT);
    stand_append(&stand, &first);
    stand_wait_held(&stand, MEMORY_COMMIT);
    for (size_t i = 0; i < MANY; i++) {
        stand_append(&stand, &others[i]);
    }
    assert_int_equal(stand_status(&stand).queued, MANY + 1);
    assert_int_equal(atomic_load(&first.times), 0);
    memory_engine_release(stand.file, MEMORY_COMMIT);
    stand_wait_told(others, MANY);
    assert_int_equal(memory_engine_calls(stand.file, MEMORY_COMMIT) - before, 2);

    uint64_t turn = atomic_load(&first.turn);
    assert_int_equal(atomic_load(&first.number), 1);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(atomic_load(&others[i].rc), 0);
        assert_int_equal(atomic_load(&others[i].number), i + 2);
        assert_int_equal(atomic_load(&others[i].turn), ++turn);
    }
    stand_close(&stand);
    assert_int_equal(stand_verify(&stand), MANY + 1);
    stand_free(&stand);
}

static void one_each_is_one_transaction_each(void **state)
{
    struct stand stand;
    static struct told told[10];
    (void)state;
    memset(told, 0, sizeof told);
    stand_make(&stand);
    stand.options.batch = 1;
    stand_open(&stand);
    uint64_t before = memory_engine_calls(stand.file, MEMORY_COMMIT);
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        stand_append(&stand, &told[i]);
    }
    stand_wait_told(told, CVG_COUNT(told));
    assert_int_equal(memory_engine_calls(stand.file, MEMORY_COMMIT) - before, CVG_COUNT(told));
    stand_free(&stand);
}

/* What is too long, and an id that is there already, fails alone, in its turn, and takes no
 * number. */
static void a_refused_record_fails_alone(void **state)
{
    struct stand stand;
    static struct told told[5];
    char longer[CVG_RECORD_TEXT + 2];
    (void)state;
    memset(told, 0, sizeof told);
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    stand_make(&stand);
    stand_open(&stand);
    memory_engine_hold(stand.file, MEMORY_COMMIT);
    stand_append(&stand, &told[0]);
    stand_wait_held(&stand, MEMORY_COMMIT);
    struct cvg_record record = stand_record("01890000-0000-7000-8000-000000000001");
    record.target = longer;
    cvg_store_append(stand.store, &record, stand_done, &told[1]);
    stand_append(&stand, &told[2]);
    record = stand_record(told[0].id);
    cvg_store_append(stand.store, &record, stand_done, &told[3]);
    stand_append(&stand, &told[4]);
    memory_engine_release(stand.file, MEMORY_COMMIT);
    stand_wait_told(told, CVG_COUNT(told));

    const int codes[] = {0, CVG_E_TOO_LARGE, 0, CVG_E_EXISTS, 0};
    const uint64_t numbers[] = {1, 0, 2, 0, 3};
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        assert_int_equal(atomic_load(&told[i].rc), codes[i]);
        assert_int_equal(atomic_load(&told[i].number), numbers[i]);
        assert_true(i == 0 || atomic_load(&told[i].turn) == atomic_load(&told[i - 1].turn) + 1);
    }
    struct cvg_store_status status = stand_status(&stand);
    assert_true(status.available);
    assert_int_equal(status.records, 3);
    assert_int_equal(status.records_refused, 2);
    stand_close(&stand);
    assert_int_equal(stand_verify(&stand), 3);
    stand_free(&stand);
}

static void numbers_go_on_after_a_restart(void **state)
{
    struct stand stand;
    (void)state;
    stand_make(&stand);
    for (uint64_t i = 1; i <= 3; i++) {
        struct told told = {0};
        stand_open(&stand);
        stand_append(&stand, &told);
        stand_wait_told(&told, 1);
        assert_int_equal(atomic_load(&told.number), i);
        assert_true(stand_has(&stand, told.id));
        struct cvg_store_status status = stand_status(&stand);
        assert_int_equal(status.head.point.number, i);
        assert_true(cvg_chain_verify(status.public_key, CVG_CHAIN_HEAD, &status.head));
        stand_close(&stand);
    }
    assert_int_equal(stand_verify(&stand), 3);
    stand_free(&stand);
}

static void the_end_writes_what_waits(void **state)
{
    struct stand stand;
    static struct told told[MANY];
    (void)state;
    memset(told, 0, sizeof told);
    stand_make(&stand);
    stand.options.batch = 7;
    stand_open(&stand);
    for (size_t i = 0; i < MANY; i++) {
        stand_append(&stand, &told[i]);
    }
    const struct cvg_change change = stand_change("prod", "api", 1000);
    cvg_store_change(stand.store, &change, 1);
    stand_close(&stand);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(atomic_load(&told[i].times), 1);
        assert_int_equal(atomic_load(&told[i].rc), 0);
    }
    assert_int_equal(stand_verify(&stand), MANY);
    stand_open(&stand);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    const struct cvg_change_query query = {.environment = "prod"};
    struct cvg_change_page page = {0};
    assert_int_equal(cvg_store_changes(stand.store, &query, arena, &page, NULL), 0);
    assert_int_equal(page.count, 1);
    stand_free(&stand);
}

/* ---- notes ---- */

struct seen_notes {
    size_t count;
    char text[256];
};

static bool on_note(void *ctx, const struct cvg_note *note)
{
    struct seen_notes *seen = ctx;
    size_t used = strlen(seen->text);
    seen->count++;
    (void)snprintf(seen->text + used, sizeof seen->text - used, "%s=%.*s;", note->key,
                   (int)note->length, (const char *)note->bytes);
    return true;
}

static struct seen_notes notes_of(struct stand *stand, enum cvg_note_kind kind)
{
    struct seen_notes seen = {0};
    struct cvg_error error = {0};
    if (cvg_store_notes(stand->store, kind, on_note, &seen, &error) != 0) {
        fail_msg("not read: %s", error.text);
    }
    return seen;
}

static void put(struct stand *stand, const char *key, const char *text)
{
    const struct cvg_note note = {
        .kind = CVG_NOTE_STEADY, .key = key, .bytes = text, .length = strlen(text)};
    cvg_store_note(stand->store, &note, 1);
}

static void the_latest_note_counts_also_while_it_waits(void **state)
{
    struct stand stand;
    struct told told = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    put(&stand, "a", "1");
    put(&stand, "b", "1");
    assert_true(cvg_store_flush(stand.store, cvg_time_now() + CVG_MINUTE));
    memory_engine_hold(stand.file, MEMORY_COMMIT);
    put(&stand, "a", "2"); /* on its way */
    stand_wait_held(&stand, MEMORY_COMMIT);
    put(&stand, "a", "3");
    put(&stand, "c", "1");
    put(&stand, "c", "2");
    put(&stand, "b", "");
    struct seen_notes seen = notes_of(&stand, CVG_NOTE_STEADY);
    assert_int_equal(seen.count, 2);
    assert_non_null(strstr(seen.text, "a=3;"));
    assert_non_null(strstr(seen.text, "c=2;"));
    assert_int_equal(notes_of(&stand, CVG_NOTE_BREAKER).count, 0);
    memory_engine_release(stand.file, MEMORY_COMMIT);
    stand_append(&stand, &told);
    assert_true(cvg_store_flush(stand.store, cvg_time_now() + CVG_MINUTE));
    stand_close(&stand);
    stand_open(&stand);
    seen = notes_of(&stand, CVG_NOTE_STEADY);
    assert_int_equal(seen.count, 2);
    assert_non_null(strstr(seen.text, "a=3;"));
    assert_non_null(strstr(seen.text, "c=2;"));
    stand_free(&stand);
}

static void a_flush_waits_for_what_was_queued_before(void **state)
{
    struct stand stand;
    struct told told = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    assert_true(cvg_store_flush(stand.store, cvg_time_now()));
    memory_engine_hold(stand.file, MEMORY_COMMIT);
    stand_append(&stand, &told);
    assert_false(cvg_store_flush(stand.store, cvg_time_now() + 20 * CVG_MS));
    memory_engine_release(stand.file, MEMORY_COMMIT);
    assert_true(cvg_store_flush(stand.store, cvg_time_now() + CVG_MINUTE));
    assert_int_equal(atomic_load(&told.times), 1);
    stand_free(&stand);
}

/* ---- many ---- */

struct appender {
    struct stand *stand;
    struct told told[EACH];
};

static void *append_all(void *arg)
{
    struct appender *appender = arg;
    for (size_t i = 0; i < EACH; i++) {
        stand_append(appender->stand, &appender->told[i]);
        const struct cvg_change change = stand_change("prod", "api", cvg_time_wall());
        cvg_store_change(appender->stand->store, &change, 1);
        put(appender->stand, "a", "1");
        if (i % 16 == 0) {
            (void)stand_status(appender->stand);
            (void)notes_of(appender->stand, CVG_NOTE_STEADY);
        }
    }
    return NULL;
}

static void eight_threads_append_at_once(void **state)
{
    struct stand stand;
    pthread_t threads[THREADS];
    static struct appender appenders[THREADS];
    (void)state;
    memset(appenders, 0, sizeof appenders);
    stand_make(&stand);
    stand_open(&stand);
    for (size_t i = 0; i < THREADS; i++) {
        appenders[i].stand = &stand;
        assert_int_equal(pthread_create(&threads[i], NULL, append_all, &appenders[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_true(cvg_store_flush(stand.store, cvg_time_now() + CVG_MINUTE));
    struct cvg_store_status status = stand_status(&stand);
    assert_int_equal(status.records, THREADS * EACH);
    assert_int_equal(status.changes, THREADS * EACH);
    assert_int_equal(status.changes_lost, 0);
    for (size_t i = 0; i < THREADS; i++) {
        for (size_t j = 0; j < EACH; j++) {
            assert_int_equal(atomic_load(&appenders[i].told[j].times), 1);
            assert_int_equal(atomic_load(&appenders[i].told[j].rc), 0);
            /* Numbers of one thread's rows rise as it appended them. */
            assert_true(j == 0 || atomic_load(&appenders[i].told[j].number) >
                                      atomic_load(&appenders[i].told[j - 1].number));
        }
    }
    stand_close(&stand);
    assert_int_equal(stand_verify(&stand), THREADS * EACH);
    stand_free(&stand);
}

static bool is_behind(void *ctx)
{
    return stand_status(ctx).fault == CVG_STORE_BEHIND;
}

static void a_full_queue_refuses_and_says_so(void **state)
{
    struct stand stand;
    static struct told told[80];
    (void)state;
    memset(told, 0, sizeof told);
    char *body = cvg_alloc(1024 * 1024);
    memset(body, 'x', 1024 * 1024);
    stand_make(&stand);
    stand_open(&stand);
    memory_engine_hold(stand.file, MEMORY_COMMIT);
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        cvg_record_id(cvg_time_wall(), told[i].id);
        struct cvg_record record = stand_record(told[i].id);
        record.body = body;
        record.body_length = 1024 * 1024;
        cvg_store_append(stand.store, &record, stand_done, &told[i]);
    }
    stand_wait(is_behind, &stand, "the store is behind");
    assert_false(stand_status(&stand).available);
    memory_engine_release(stand.file, MEMORY_COMMIT);
    stand_wait_told(told, CVG_COUNT(told));
    stand_wait_available(&stand, true);
    size_t written = 0;
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        int rc = atomic_load(&told[i].rc);
        assert_true(rc == 0 || rc == CVG_E_UNAVAILABLE);
        assert_true(i == 0 || atomic_load(&told[i].turn) == atomic_load(&told[i - 1].turn) + 1);
        written += rc == 0;
    }
    assert_true(written >= 60 && written < 64);
    free(body);
    stand_free(&stand);
}

static void pages_say_whether_there_is_more(void **state)
{
    struct stand stand;
    static struct told told[7];
    (void)state;
    memset(told, 0, sizeof told);
    stand_make(&stand);
    stand_open(&stand);
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        stand_append(&stand, &told[i]);
    }
    assert_true(cvg_store_flush(stand.store, cvg_time_now() + CVG_MINUTE));
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_record_query query = {.limit = 3};
    const size_t counts[] = {3, 3, 1};
    uint64_t next = 7;
    for (size_t i = 0; i < CVG_COUNT(counts); i++) {
        struct cvg_record_page page = {0};
        assert_int_equal(cvg_store_records(stand.store, &query, arena, &page, NULL), 0);
        assert_int_equal(page.count, counts[i]);
        assert_int_equal(page.more, i < 2);
        for (size_t j = 0; j < page.count; j++) {
            assert_int_equal(page.rows[j].number, next--);
            assert_string_equal(page.rows[j].body, "{\"verdict\":\"go\"}");
        }
        query.before = page.rows[page.count - 1].number;
    }
    stand_free(&stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_is_one_transaction),
        cmocka_unit_test(one_each_is_one_transaction_each),
        cmocka_unit_test(a_refused_record_fails_alone),
        cmocka_unit_test(numbers_go_on_after_a_restart),
        cmocka_unit_test(the_end_writes_what_waits),
        cmocka_unit_test(the_latest_note_counts_also_while_it_waits),
        cmocka_unit_test(a_flush_waits_for_what_was_queued_before),
        cmocka_unit_test(eight_threads_append_at_once),
        cmocka_unit_test(a_full_queue_refuses_and_says_so),
        cmocka_unit_test(pages_say_whether_there_is_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
