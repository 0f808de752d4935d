/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying from outside: what is done to rows, checkpoints, head and key shows, and says where. */
#include "audit_stage.h"
#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS AUDIT_ROWS

/* ---- whole stores ---- */

static void a_whole_chain_is_whole(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.first, 1);
    assert_int_equal(report.last, ROWS);
    assert_int_equal(report.rows, ROWS);
    assert_int_equal(report.checkpoints, 0);
    assert_int_equal(report.pruned_up_to, 0);
    assert_int_equal(report.unacknowledged, 0);
    assert_memory_equal(&report.head, &stage->points[ROWS], sizeof report.head);
}

static void a_chain_after_retention_is_whole(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 5);
    audit_stage_prune(stage, stage->key, 12);
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.first, 13);
    assert_int_equal(report.last, ROWS);
    assert_int_equal(report.rows, ROWS - 12);
    assert_int_equal(report.checkpoints, 2);
    assert_int_equal(report.pruned_up_to, 12);

    audit_stage_prune(stage, stage->key, ROWS); /* nothing is left but the checkpoint */
    report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.first, 0);
    assert_int_equal(report.rows, 0);
    assert_memory_equal(&report.head, &stage->points[ROWS], sizeof report.head);
}

/* Retention goes on for years; what is left follows the newest checkpoint, whatever went before. */
static void a_chain_whose_first_checkpoints_went_is_whole(void **state)
{
    struct audit_stage *stage = *state;
    const uint64_t last = CVG_STORE_CHECKPOINTS + 5;
    audit_stage_begin(stage, 1);
    for (uint64_t number = 2; number <= last; number++) {
        audit_stage_add_row(stage, number);
        audit_stage_prune(stage, stage->key, number - 1);
    }
    audit_stage_write_head(stage, stage->key, last);
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.first, last);
    assert_int_equal(report.rows, 1);
    assert_int_equal(report.checkpoints, CVG_STORE_CHECKPOINTS);
    assert_int_equal(report.pruned_up_to, last - 1);

    stage->options.expected = &stage->points[last - CVG_STORE_CHECKPOINTS];
    assert_string_equal(audit_stage_problem(stage), "");
    stage->options.expected--;
    assert_string_equal(audit_stage_problem(stage),
                        "row 4: retention took it away, the head that is expected cannot be "
                        "compared");
}

static void rows_after_the_head_were_never_acknowledged(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    audit_stage_add_row(stage, ROWS + 1);
    audit_stage_add_row(stage, ROWS + 2);
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.unacknowledged, 2);
    assert_int_equal(report.last, ROWS + 2);

    audit_stage_prune(stage, stage->key, ROWS + 1); /* retention passed the head that was */
    report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.unacknowledged, 2);
}

static void a_store_that_was_only_begun_is_whole(void **state)
{
    struct audit_stage *stage = *state;
    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(memory_engine.open(stage->folder.file, false, &stage->engine, &fault, &error),
                     0);
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.rows, 0);
    assert_int_equal(report.head.number, 0);

    memory_engine.close(stage->engine);
    audit_stage_begin(stage, 0);
    assert_string_equal(audit_stage_problem(stage), "");
}

static void a_store_that_is_not_there_cannot_be_read(void **state)
{
    const struct audit_stage *stage = *state;
    struct cvg_audit_report report;
    struct cvg_error error = {0};
    assert_true(cvg_audit_verify(&stage->options, &report, &error) < 0);
    assert_non_null(strstr(error.text, stage->folder.file));
    assert_true(cvg_audit_verify(&stage->options, &report, NULL) < 0);
    /* And nothing was made. */
    assert_int_equal(access(stage->folder.file, F_OK), -1);
    assert_int_equal(access(stage->head_path, F_OK), -1);
    assert_int_equal(access(stage->key_path, F_OK), -1);
}

/* ---- damage to rows ---- */

static void edit_actor(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->actor = "token:cj";
}

static void edit_verdict(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->verdict = "halt";
}

static void edit_time(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->at++;
}

static void edit_body(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->body_length--;
}

static void edit_outcome(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->outcome[31] ^= 1;
}

static void edit_hash(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->hash[0] ^= 1;
}

static void edit_number(void *ctx, struct cvg_record *row)
{
    row->number = *(const uint64_t *)ctx;
}

static void an_edit_of_any_row_is_found_and_named(void **state)
{
    struct audit_stage *stage = *state;
    static void (*const edits[])(void *, struct cvg_record *) = {
        edit_actor, edit_verdict, edit_time, edit_body, edit_outcome, edit_hash};
    uint64_t number = 0;
    audit_stage_begin(stage, ROWS);
    for (size_t i = 0; i < CVG_COUNT(edits); i++) {
        char expected[100];
        number = number ? number - 3 : ROWS; /* each before the ones that are damaged already */
        assert_true(memory_engine_edit(stage->folder.file, number, edits[i], NULL));
        snprintf(expected, sizeof expected,
                 "row %llu: its hash is not that of its content after the row before",
                 (unsigned long long)number);
        struct cvg_audit_report report = audit_stage_verify(stage);
        assert_string_equal(report.problem, expected);
        assert_int_equal(report.head.number, number - 1);
        assert_int_equal(report.rows, number - 1);
    }
}

static void a_gap_is_found(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    assert_int_equal(memory_engine_remove(stage->folder.file, 15, 15), 1);
    assert_string_equal(audit_stage_problem(stage), "row 15: is missing");
    assert_int_equal(memory_engine_remove(stage->folder.file, 7, 9), 3);
    assert_string_equal(audit_stage_problem(stage), "rows 7 to 9: are missing");
    assert_int_equal(memory_engine_remove(stage->folder.file, 1, 1), 1);
    assert_string_equal(audit_stage_problem(stage), "row 1: is missing");
}

static void another_order_is_found(void **state)
{
    struct audit_stage *stage = *state;
    uint64_t aside = 1000, ten = 10, eleven = 11;
    audit_stage_begin(stage, ROWS);
    assert_true(memory_engine_edit(stage->folder.file, 10, edit_number, &aside));
    assert_true(memory_engine_edit(stage->folder.file, 11, edit_number, &ten));
    assert_true(memory_engine_edit(stage->folder.file, 1000, edit_number, &eleven));
    assert_string_equal(audit_stage_problem(stage),
                        "row 10: its hash is not that of its content after the row before");
}

static void a_cut_is_found_by_the_head_alone(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, ROWS, ROWS);
    assert_string_equal(audit_stage_problem(stage), "row 20: is missing, the head file knows it");
    memory_engine_remove(stage->folder.file, 11, ROWS);
    assert_string_equal(audit_stage_problem(stage),
                        "rows 11 to 20: are missing, the head file knows them");
    memory_engine_remove(stage->folder.file, 1, ROWS);
    assert_string_equal(audit_stage_problem(stage),
                        "rows 1 to 20: are missing, the head file knows them");
}

/* Whoever can write the database can compute hashes: a chain that is whole, but another one. */
static void a_chain_that_was_written_anew_is_found(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, 18, ROWS);
    for (uint64_t number = 18; number <= ROWS; number++) {
        audit_stage_add_row(stage, number);
    }
    assert_string_equal(audit_stage_problem(stage), ""); /* the very same rows are the same chain */

    memory_engine_remove(stage->folder.file, 18, ROWS);
    stage->actor = "user:eve";
    for (uint64_t number = 18; number <= ROWS; number++) {
        audit_stage_add_row(stage, number);
    }
    assert_string_equal(audit_stage_problem(stage),
                        "row 20: is another one than the head file says");
    audit_stage_add_row(stage, ROWS + 1);
    assert_string_equal(audit_stage_problem(stage),
                        "row 20: is another one than the head file says");
}

static void another_row_where_the_head_is_is_found(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    struct cvg_chain_point kept = stage->points[ROWS];
    stage->points[ROWS].hash[5] ^= 1;
    audit_stage_write_head(stage, stage->key, ROWS);
    assert_string_equal(audit_stage_problem(stage),
                        "row 20: is another one than the head file says");
    stage->points[ROWS] = kept;
    audit_stage_write_head(stage, stage->key, ROWS);
    assert_string_equal(audit_stage_problem(stage), "");
}

static void a_row_that_cannot_be_read_is_a_problem_and_no_failure(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_audit_report report;
    struct cvg_error error;
    audit_stage_begin(stage, ROWS);
    memory_engine_fail(stage->folder.file, MEMORY_WALK_RECORDS, 1, 1, CVG_STORE_CORRUPT);
    assert_non_null(strstr(audit_stage_problem(stage), "corrupt"));
    memory_engine_fail(stage->folder.file, MEMORY_WALK_RECORDS, 1, 1, CVG_STORE_IO);
    assert_int_equal(cvg_audit_verify(&stage->options, &report, &error), CVG_E_IO);
}

/* ---- checkpoints ---- */

static void edit_signature(void *ctx, struct cvg_chain_signed *checkpoint)
{
    (void)ctx;
    checkpoint->signature[9] ^= 1;
}

static void edit_point(void *ctx, struct cvg_chain_signed *checkpoint)
{
    (void)ctx;
    checkpoint->point.number++;
}

static void a_checkpoint_that_the_key_did_not_sign_is_found(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_ed25519 *other;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 3);
    audit_stage_prune(stage, stage->key, 6);
    assert_true(memory_engine_edit_checkpoint(stage->folder.file, 0, edit_signature, NULL));
    assert_string_equal(audit_stage_problem(stage),
                        "checkpoint at row 3: is not signed by this store's key");
    assert_true(memory_engine_edit_checkpoint(stage->folder.file, 0, edit_signature, NULL));
    assert_string_equal(audit_stage_problem(stage), "");
    assert_true(memory_engine_edit_checkpoint(stage->folder.file, 1, edit_point, NULL));
    assert_string_equal(audit_stage_problem(stage),
                        "checkpoint at row 7: is not signed by this store's key");

    /* Retention by somebody else's hand. */
    assert_int_equal(cvg_ed25519_make(&other, NULL), 0);
    audit_stage_prune(stage, other, 9);
    cvg_ed25519_free(other);
    unlink(stage->key_path); /* the head knows the key, too */
    assert_string_equal(audit_stage_problem(stage),
                        "checkpoint at row 7: is not signed by this store's key");
}

static void rows_that_go_without_a_checkpoint_are_missed(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 4);
    memory_engine_remove(stage->folder.file, 5, 6);
    assert_string_equal(audit_stage_problem(stage), "rows 5 to 6: are missing");
}

static void a_row_from_before_the_checkpoint_is_found(void **state)
{
    struct audit_stage *stage = *state;
    uint64_t two = 2;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 4);
    assert_true(memory_engine_edit(stage->folder.file, 20, edit_number, &two));
    assert_string_equal(audit_stage_problem(stage), "row 2: comes after row 4");
}

/* ---- head and key ---- */

static void a_missing_or_damaged_head_is_a_problem(void **state)
{
    struct audit_stage *stage = *state;
    static const unsigned char noise[3000] = {1, 2, 3};
    audit_stage_begin(stage, ROWS);
    folder_write(stage->head_path, noise, sizeof noise);
    assert_string_equal(audit_stage_problem(stage), "store.db.head: is damaged");
    folder_write(stage->head_path, "", 0);
    assert_string_equal(audit_stage_problem(stage),
                        "store.db.head: is not there or empty: nothing says where the chain ends");
    unlink(stage->head_path);
    assert_string_equal(audit_stage_problem(stage),
                        "store.db.head: is not there or empty: nothing says where the chain ends");
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_int_equal(report.rows, ROWS); /* it was followed all the same */

    /* All rows gone with the head: the key tells that there was a store. */
    memory_engine_remove(stage->folder.file, 1, ROWS);
    assert_string_not_equal(audit_stage_problem(stage), "");
}

static void a_head_by_another_key_is_found(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_ed25519 *other;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 4);
    assert_int_equal(cvg_ed25519_make(&other, NULL), 0);
    memory_engine_remove(stage->folder.file, 11, ROWS);
    audit_stage_write_head(stage, other, 10); /* cut, and the head mended: but not with the key */
    cvg_ed25519_free(other);
    struct cvg_audit_report report = audit_stage_verify(stage);
    char expected[CVG_ERROR_TEXT];
    snprintf(expected, sizeof expected, "%s.head: is signed by another key than %s.key",
             stage->folder.file, stage->folder.file);
    assert_string_equal(report.problem, expected);
}

static void a_key_that_proves_nothing_is_a_problem(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_begin(stage, ROWS);
    assert_int_equal(chmod(stage->key_path, 0644), 0);
    assert_non_null(strstr(audit_stage_problem(stage), "others than its owner may use it"));
    folder_write(stage->key_path, "no key", 6);
    assert_int_equal(chmod(stage->key_path, 0600), 0);
    assert_non_null(strstr(audit_stage_problem(stage), "is not an Ed25519 key"));
    unlink(stage->key_path); /* a backup has none */
    assert_string_equal(audit_stage_problem(stage), "");
}

static void a_head_that_was_noted_is_compared(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_chain_point noted;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 5);
    stage->options.expected = &noted;
    for (uint64_t number = 5; number <= ROWS; number++) {
        noted = stage->points[number];
        assert_string_equal(audit_stage_problem(stage), "");
        noted.hash[31] ^= 1;
        char expected[100];
        snprintf(expected, sizeof expected,
                 "row %llu: is another one than the head that is expected says",
                 (unsigned long long)number);
        assert_string_equal(audit_stage_problem(stage), expected);
    }
    noted = stage->points[4];
    assert_string_equal(
        audit_stage_problem(stage),
        "row 4: retention took it away, the head that is expected cannot be compared");
    noted.number = ROWS + 1;
    assert_string_equal(audit_stage_problem(stage),
                        "row 21: is missing, the head that is expected knows it");
    noted.number = UINT64_MAX;
    assert_string_equal(audit_stage_problem(stage),
                        "rows 21 to 18446744073709551615: are missing, the head "
                        "that is expected knows them");
    noted = (struct cvg_chain_point){0};
    assert_string_equal(audit_stage_problem(stage), "");
}

/* ---- beside a daemon that goes on ---- */

struct busy {
    struct audit_stage *stage;
    uint64_t next, pruned;
    unsigned told;
};

static void add_and_prune(void *ctx, uint64_t number, uint64_t of)
{
    struct busy *busy = ctx;
    assert_true(number <= of);
    busy->told++;
    if (busy->told == 1) {
        enum cvg_store_fault fault;
        struct cvg_error error;
        struct cvg_chain_signed checkpoint = {.at = 1};
        assert_int_equal(memory_engine.last(busy->stage->engine, &checkpoint.point, &fault, &error),
                         0);
        cvg_chain_sign(busy->stage->key, CVG_CHAIN_CHECKPOINT, &checkpoint);
        assert_int_equal(memory_engine.begin(busy->stage->engine, &fault, &error), 0);
        assert_int_equal(
            memory_engine.prune_records(busy->stage->engine, &checkpoint, &fault, &error), 0);
        assert_int_equal(memory_engine.commit(busy->stage->engine, &fault, &error), 0);
        busy->pruned = checkpoint.point.number;
    }
}

/* Rows go from under the reader, which is between two pieces: no gap is cried. */
static void retention_meanwhile_is_no_gap(void **state)
{
    struct audit_stage *stage = *state;
    enum cvg_store_fault fault;
    struct cvg_error error;
    audit_stage_begin(stage, 0);

    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    struct cvg_chain_point point = {0};
    assert_int_equal(memory_engine.begin(stage->engine, &fault, &error), 0);
    for (uint64_t number = 1; number <= 3000; number++) {
        char id[40];
        snprintf(id, sizeof id, "id-%llu", (unsigned long long)number);
        struct cvg_record row = {.number = number,
                                 .id = id,
                                 .action = "reload",
                                 .actor = "",
                                 .environment = "",
                                 .gate = "",
                                 .app = "",
                                 .revision = "",
                                 .verdict = "",
                                 .target = "",
                                 .body = ""};
        cvg_chain_hash(hasher, point.hash, &row, row.hash);
        point.number = number;
        memcpy(point.hash, row.hash, sizeof row.hash);
        assert_int_equal(memory_engine.add_record(stage->engine, &row, &fault, &error), 0);
    }
    assert_int_equal(memory_engine.commit(stage->engine, &fault, &error), 0);
    cvg_chain_hasher_free(hasher);

    struct busy busy = {.stage = stage};
    stage->options.progress = add_and_prune;
    stage->options.ctx = &busy;
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_int_equal(busy.pruned, 3000);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.head.number, 3000);
    assert_int_equal(report.pruned_up_to, 3000);
    assert_true(report.rows < 3000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, audit_stage_set_up, audit_stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_chain_is_whole),
        TEST(a_chain_after_retention_is_whole),
        TEST(a_chain_whose_first_checkpoints_went_is_whole),
        TEST(rows_after_the_head_were_never_acknowledged),
        TEST(a_store_that_was_only_begun_is_whole),
        TEST(a_store_that_is_not_there_cannot_be_read),
        TEST(an_edit_of_any_row_is_found_and_named),
        TEST(a_gap_is_found),
        TEST(another_order_is_found),
        TEST(a_cut_is_found_by_the_head_alone),
        TEST(a_chain_that_was_written_anew_is_found),
        TEST(another_row_where_the_head_is_is_found),
        TEST(a_row_that_cannot_be_read_is_a_problem_and_no_failure),
        TEST(a_checkpoint_that_the_key_did_not_sign_is_found),
        TEST(rows_that_go_without_a_checkpoint_are_missed),
        TEST(a_row_from_before_the_checkpoint_is_found),
        TEST(a_missing_or_damaged_head_is_a_problem),
        TEST(a_head_by_another_key_is_found),
        TEST(a_key_that_proves_nothing_is_a_problem),
        TEST(a_head_that_was_noted_is_compared),
        TEST(retention_meanwhile_is_no_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
