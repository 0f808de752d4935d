/* SPDX-License-Identifier: Apache-2.0 */
/* One record for each change of verdict or reasons, whoever asks how often. */
#include "base/alloc.h"
#include "base/time.h"
#include "decide/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct cvg_reason stale = {.code = "Stale", .check = "api", .severity = CVG_WAIT};
static const struct cvg_reason failed = {.code = "Failed", .check = "api", .severity = CVG_WAIT};
static const struct cvg_subject shop = {.app = "shop", .revision = "1"};

static struct cvg_decision decide(uint32_t verdict, const struct cvg_reason *reason)
{
    return (struct cvg_decision){
        .verdict = verdict, .reasons = reason, .reason_count = reason ? 1 : 0};
}

/* Writes the id of the record that stands for this decision; true: it is a new one. */
static bool record(struct cvg_ledger *ledger, const struct cvg_subject *subject,
                   const struct cvg_decision *decision, char id[CVG_LEDGER_ID])
{
    const struct cvg_ledger_question question = {
        .environment = "prod", .gate = "deploy", .subject = subject};
    struct cvg_ledger_key key;
    void *commit = NULL;

    cvg_ledger_key(&question, decision, &key);
    if (cvg_ledger_find(ledger, &key, id, &commit) == CVG_LEDGER_RECORDED) {
        return false;
    }
    cvg_record_id(INT64_C(1767261600) * CVG_SECOND, id);
    cvg_ledger_commit(ledger, &key, id, NULL);
    return true;
}

static void the_same_answer_keeps_its_record(void **state)
{
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision wait = decide(CVG_WAIT, &stale);
    char first[CVG_LEDGER_ID], again[CVG_LEDGER_ID];

    (void)state;
    assert_true(record(ledger, &shop, &wait, first));
    assert_false(record(ledger, &shop, &wait, again));
    assert_string_equal(first, again);
    cvg_ledger_free(ledger);
}

static void another_verdict_or_reason_is_another_record(void **state)
{
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision steps[] = {
        decide(CVG_WAIT, &stale),  decide(CVG_WAIT, &failed), decide(CVG_GO, NULL),
        decide(CVG_HALT, &failed), decide(CVG_WAIT, &stale),
    };
    char ids[CVG_COUNT(steps)][CVG_LEDGER_ID];

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(steps); i++) {
        assert_true(record(ledger, &shop, &steps[i], ids[i]));
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(ids[i], ids[k]);
        }
    }
    cvg_ledger_free(ledger);
}

static void subjects_do_not_share_records(void **state)
{
    const struct cvg_label ab = {"a", "b"}, split = {"a\x1f", "b"};
    const struct cvg_subject subjects[] = {
        {.app = "shop", .revision = "1"},
        {.app = "shop", .revision = "2"},
        {.app = "shop1", .revision = ""},
        {.app = "", .revision = "shop1"},
        {.app = "shop", .revision = "1", .labels = &ab, .label_count = 1},
        {.app = "shop", .revision = "1", .labels = &split, .label_count = 1},
        {.app = "shop\x1f", .revision = "1"},
    };
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision go = decide(CVG_GO, NULL);
    char id[CVG_LEDGER_ID];

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(subjects); i++) {
        assert_true(record(ledger, &subjects[i], &go, id));
    }
    assert_int_equal(cvg_ledger_count(ledger), CVG_COUNT(subjects));
    cvg_ledger_free(ledger);
}

static void the_longest_untouched_goes_first(void **state)
{
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision go = decide(CVG_GO, NULL);
    char app[32], kept[CVG_LEDGER_ID], id[CVG_LEDGER_ID];

    (void)state;
    assert_true(record(ledger, &shop, &go, kept));
    for (int i = 0; i < 2 * CVG_LEDGER_LIMIT; i++) {
        snprintf(app, sizeof(app), "app-%d", i);
        assert_true(record(ledger, &(struct cvg_subject){.app = app, .revision = ""}, &go, id));
        assert_false(record(ledger, &shop, &go, id)); /* touched again and again */
        assert_string_equal(id, kept);
    }
    assert_int_equal(cvg_ledger_count(ledger), CVG_LEDGER_LIMIT);
    assert_true(record(ledger, &(struct cvg_subject){.app = "app-0", .revision = ""}, &go, id));
    cvg_ledger_free(ledger);
}

static void ids_are_version_7_and_carry_their_time(void **state)
{
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision go = decide(CVG_GO, NULL);
    char id[CVG_LEDGER_ID];

    (void)state;
    assert_true(record(ledger, &shop, &go, id));
    /* 2026-01-01T10:00:00Z is 1767261600000 ms, 0x019b78fff900 */
    assert_int_equal(strncmp(id, "019b78ff-f900-7", 15), 0);
    assert_non_null(strchr("89ab", id[19]));
    assert_int_equal(strlen(id), 36);
    cvg_ledger_free(ledger);
}

/* ---- records that are committed ---- */

static struct cvg_ledger_key key_of(const struct cvg_subject *subject,
                                    const struct cvg_decision *decision)
{
    const struct cvg_ledger_question question = {
        .environment = "prod", .gate = "deploy", .subject = subject};
    struct cvg_ledger_key key;

    cvg_ledger_key(&question, decision, &key);
    return key;
}

static enum cvg_ledger_place look(struct cvg_ledger *ledger, const struct cvg_ledger_key *key,
                                  const char *id, const void *commit)
{
    char found[CVG_LEDGER_ID] = "";
    void *going = NULL;
    enum cvg_ledger_place place = cvg_ledger_find(ledger, key, found, &going);

    if (place == CVG_LEDGER_RECORDED) {
        assert_string_equal(found, id);
    } else if (place == CVG_LEDGER_COMMITTING) {
        assert_ptr_equal(going, commit);
    }
    return place;
}

static void a_repeated_question_finds_what_is_being_committed(void **state)
{
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision wait = decide(CVG_WAIT, &stale), go = decide(CVG_GO, NULL);
    struct cvg_ledger_key waits = key_of(&shop, &wait), goes = key_of(&shop, &go);
    int first, second;

    (void)state;
    assert_int_equal(look(ledger, &waits, NULL, NULL), CVG_LEDGER_NEW);
    cvg_ledger_begin(ledger, &waits, &first);
    assert_int_equal(look(ledger, &waits, NULL, &first), CVG_LEDGER_COMMITTING);
    assert_int_equal(look(ledger, &goes, NULL, NULL), CVG_LEDGER_NEW);
    cvg_ledger_begin(ledger, &goes, &second); /* while the first one is on its way */
    assert_int_equal(look(ledger, &goes, NULL, &second), CVG_LEDGER_COMMITTING);
    assert_int_equal(look(ledger, &waits, NULL, NULL), CVG_LEDGER_NEW);
    cvg_ledger_commit(ledger, &waits, "one", &first);
    assert_int_equal(look(ledger, &goes, NULL, &second), CVG_LEDGER_COMMITTING);
    cvg_ledger_commit(ledger, &goes, "two", &second);
    assert_int_equal(look(ledger, &goes, "two", NULL), CVG_LEDGER_RECORDED);
    assert_int_equal(cvg_ledger_count(ledger), 1);
    cvg_ledger_free(ledger);
}

static void what_failed_is_forgotten_and_what_was_before_counts_again(void **state)
{
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision wait = decide(CVG_WAIT, &stale), go = decide(CVG_GO, NULL);
    struct cvg_ledger_key waits = key_of(&shop, &wait), goes = key_of(&shop, &go);
    int first, second;

    (void)state;
    cvg_ledger_begin(ledger, &waits, &first);
    cvg_ledger_forget(ledger, &waits, &first);
    assert_int_equal(cvg_ledger_count(ledger), 0);
    cvg_ledger_commit(ledger, &waits, "one", NULL);
    cvg_ledger_begin(ledger, &goes, &first);
    cvg_ledger_begin(ledger, &waits, &second);
    cvg_ledger_forget(ledger, &goes, &first); /* another is on its way since */
    assert_int_equal(look(ledger, &waits, NULL, &second), CVG_LEDGER_COMMITTING);
    cvg_ledger_forget(ledger, &waits, &second);
    assert_int_equal(look(ledger, &waits, "one", NULL), CVG_LEDGER_RECORDED);
    assert_int_equal(look(ledger, &goes, NULL, NULL), CVG_LEDGER_NEW);
    cvg_ledger_free(ledger);
}

static void records_of_before_the_start_count_where_nothing_newer_is_known(void **state)
{
    struct cvg_ledger *ledger = cvg_ledger_new();
    struct cvg_decision wait = decide(CVG_WAIT, &stale), go = decide(CVG_GO, NULL);
    struct cvg_ledger_key waits = key_of(&shop, &wait), goes = key_of(&shop, &go);
    const struct cvg_subject other = {.app = "other", .revision = ""};
    struct cvg_ledger_key others = key_of(&other, &go);
    int commit;

    (void)state;
    cvg_ledger_begin(ledger, &others, &commit);
    assert_true(cvg_ledger_recall(ledger, &goes, "newest"));
    assert_true(cvg_ledger_recall(ledger, &waits, "older"));
    assert_true(cvg_ledger_recall(ledger, &others, "before"));
    assert_int_equal(look(ledger, &goes, "newest", NULL), CVG_LEDGER_RECORDED);
    assert_int_equal(look(ledger, &waits, NULL, NULL), CVG_LEDGER_NEW);
    assert_int_equal(look(ledger, &others, NULL, &commit), CVG_LEDGER_COMMITTING);
    cvg_ledger_forget(ledger, &others, &commit);
    assert_int_equal(look(ledger, &others, "before", NULL), CVG_LEDGER_RECORDED);
    for (int i = 0; i < CVG_LEDGER_LIMIT; i++) {
        char app[32];
        snprintf(app, sizeof(app), "app-%d", i);
        struct cvg_ledger_key key = key_of(&(struct cvg_subject){.app = app, .revision = ""}, &go);
        assert_int_equal(cvg_ledger_recall(ledger, &key, "id"), i < CVG_LEDGER_LIMIT - 2);
    }
    assert_int_equal(look(ledger, &goes, "newest", NULL), CVG_LEDGER_RECORDED);
    cvg_ledger_free(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_answer_keeps_its_record),
        cmocka_unit_test(another_verdict_or_reason_is_another_record),
        cmocka_unit_test(subjects_do_not_share_records),
        cmocka_unit_test(the_longest_untouched_goes_first),
        cmocka_unit_test(a_repeated_question_finds_what_is_being_committed),
        cmocka_unit_test(what_failed_is_forgotten_and_what_was_before_counts_again),
        cmocka_unit_test(records_of_before_the_start_count_where_nothing_newer_is_known),
        cmocka_unit_test(ids_are_version_7_and_carry_their_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
