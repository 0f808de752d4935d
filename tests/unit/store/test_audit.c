/* SPDX-License-Identifier: Apache-2.0 */
/* The audit from outside: what is done to rows, checkpoints, head and key shows, and says where. */
#include "store/audit.h"

#include "base/buf.h"
#include "base/macros.h"
#include "folder.h"
#include "memory_engine.h"

#include <convergate/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS 20

/* ---- a store as the daemon leaves it ---- */

struct stage {
    struct folder folder;
    struct cvg_audit_options options;
    struct cvg_ed25519 *key;
    struct cvg_head_file *head;
    struct cvg_engine *engine;
    struct cvg_chain_point points[2 * ROWS]; /* by number; 0: the beginning */
    const char *actor;                       /* of rows that are added; NULL: "token:ci" */
    char head_path[120], key_path[120];
};

static int set_up(void **state)
{
    static struct stage stage;
    stage = (struct stage){0};
    folder_make(&stage.folder);
    folder_beside(&stage.folder, "head", stage.head_path, sizeof stage.head_path);
    folder_beside(&stage.folder, "key", stage.key_path, sizeof stage.key_path);
    stage.options.file = stage.folder.file;
    stage.options.engine = &memory_engine;
    *state = &stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    cvg_head_close(stage->head);
    cvg_ed25519_free(stage->key);
    if (stage->engine) {
        memory_engine.close(stage->engine);
    }
    folder_remove(&stage->folder);
    return 0;
}

static void write_head(struct stage *stage, const struct cvg_ed25519 *key, uint64_t number)
{
    struct cvg_head head = {.point = {.point = stage->points[number], .at = 5}};
    cvg_chain_sign(key, CVG_CHAIN_HEAD, &head.point);
    cvg_ed25519_public(key, head.public_key);
    assert_int_equal(cvg_head_write(stage->head, &head, NULL), 0);
}

static void add_row(struct stage *stage, uint64_t number)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    char id[40], body[40];
    struct cvg_record row = {.number = number,
                             .at = (int64_t)number * 1000,
                             .id = id,
                             .action = "decision",
                             .actor = stage->actor ? stage->actor : "token:ci",
                             .environment = "prod",
                             .gate = "deploy",
                             .app = "shop/api",
                             .revision = "1f0c",
                             .verdict = "go",
                             .target = "",
                             .body = body};
    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    snprintf(id, sizeof id, "id-%llu", (unsigned long long)number);
    row.body_length =
        (size_t)snprintf(body, sizeof body, "{\"n\":%llu}", (unsigned long long)number);
    cvg_chain_hash(hasher, stage->points[number - 1].hash, &row, row.hash);
    cvg_chain_hasher_free(hasher);
    stage->points[number].number = number;
    memcpy(stage->points[number].hash, row.hash, sizeof row.hash);

    assert_int_equal(memory_engine.begin(stage->engine, &fault, &error), 0);
    assert_int_equal(memory_engine.add_record(stage->engine, &row, &fault, &error), 0);
    assert_int_equal(memory_engine.commit(stage->engine, &fault, &error), 0);
}

/* The daemon starts, and so many rows are acknowledged. */
static void begin(struct stage *stage, uint64_t rows)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(cvg_seal_key(stage->folder.file, true, &stage->key, &error), 0);
    assert_int_equal(memory_engine.open(stage->folder.file, false, &stage->engine, &fault, &error),
                     0);
    assert_int_equal(cvg_head_open(stage->folder.file, &stage->head, &error), 0);
    for (uint64_t number = 1; number <= rows; number++) {
        add_row(stage, number);
    }
    write_head(stage, stage->key, rows);
}

static void prune(struct stage *stage, const struct cvg_ed25519 *key, uint64_t number)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    struct cvg_chain_signed checkpoint = {.point = stage->points[number], .at = 77};
    cvg_chain_sign(key, CVG_CHAIN_CHECKPOINT, &checkpoint);
    assert_int_equal(memory_engine.begin(stage->engine, &fault, &error), 0);
    assert_int_equal(memory_engine.prune_records(stage->engine, &checkpoint, &fault, &error), 0);
    assert_int_equal(memory_engine.commit(stage->engine, &fault, &error), 0);
}

static struct cvg_audit_report verify(const struct stage *stage)
{
    struct cvg_audit_report report;
    struct cvg_error error = {0};
    memset(&report, 0xff, sizeof report);
    assert_int_equal(cvg_audit_verify(&stage->options, &report, &error), 0);
    return report;
}

/* The problem, without the folder's name; "": none. */
static const char *problem(const struct stage *stage)
{
    static struct cvg_audit_report report;
    report = verify(stage);
    size_t folder = strlen(stage->folder.path) + 1;
    bool named = strncmp(report.problem, stage->folder.path, folder - 1) == 0;
    return report.problem + (named ? folder : 0);
}

/* ---- whole stores ---- */

static void a_whole_chain_is_whole(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    struct cvg_audit_report report = verify(stage);
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
    struct stage *stage = *state;
    begin(stage, ROWS);
    prune(stage, stage->key, 5);
    prune(stage, stage->key, 12);
    struct cvg_audit_report report = verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.first, 13);
    assert_int_equal(report.last, ROWS);
    assert_int_equal(report.rows, ROWS - 12);
    assert_int_equal(report.checkpoints, 2);
    assert_int_equal(report.pruned_up_to, 12);

    prune(stage, stage->key, ROWS); /* nothing is left but the checkpoint */
    report = verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.first, 0);
    assert_int_equal(report.rows, 0);
    assert_memory_equal(&report.head, &stage->points[ROWS], sizeof report.head);
}

static void rows_after_the_head_were_never_acknowledged(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    add_row(stage, ROWS + 1);
    add_row(stage, ROWS + 2);
    struct cvg_audit_report report = verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.unacknowledged, 2);
    assert_int_equal(report.last, ROWS + 2);

    prune(stage, stage->key, ROWS + 1); /* retention passed the head that was */
    report = verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.unacknowledged, 2);
}

static void a_store_that_was_only_begun_is_whole(void **state)
{
    struct stage *stage = *state;
    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(memory_engine.open(stage->folder.file, false, &stage->engine, &fault, &error),
                     0);
    struct cvg_audit_report report = verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.rows, 0);
    assert_int_equal(report.head.number, 0);

    memory_engine.close(stage->engine);
    begin(stage, 0);
    assert_string_equal(problem(stage), "");
}

static void a_store_that_is_not_there_cannot_be_read(void **state)
{
    const struct stage *stage = *state;
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
    struct stage *stage = *state;
    static void (*const edits[])(void *, struct cvg_record *) = {
        edit_actor, edit_verdict, edit_time, edit_body, edit_outcome, edit_hash};
    uint64_t number = 0;
    begin(stage, ROWS);
    for (size_t i = 0; i < CVG_COUNT(edits); i++) {
        char expected[100];
        number = number ? number - 3 : ROWS; /* each before the ones that are damaged already */
        assert_true(memory_engine_edit(stage->folder.file, number, edits[i], NULL));
        snprintf(expected, sizeof expected,
                 "row %llu: its hash is not that of its content after the row before",
                 (unsigned long long)number);
        struct cvg_audit_report report = verify(stage);
        assert_string_equal(report.problem, expected);
        assert_int_equal(report.head.number, number - 1);
        assert_int_equal(report.rows, number - 1);
    }
}

static void a_gap_is_found(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    assert_int_equal(memory_engine_remove(stage->folder.file, 15, 15), 1);
    assert_string_equal(problem(stage), "row 15: is missing");
    assert_int_equal(memory_engine_remove(stage->folder.file, 7, 9), 3);
    assert_string_equal(problem(stage), "rows 7 to 9: are missing");
    assert_int_equal(memory_engine_remove(stage->folder.file, 1, 1), 1);
    assert_string_equal(problem(stage), "row 1: is missing");
}

static void another_order_is_found(void **state)
{
    struct stage *stage = *state;
    uint64_t aside = 1000, ten = 10, eleven = 11;
    begin(stage, ROWS);
    assert_true(memory_engine_edit(stage->folder.file, 10, edit_number, &aside));
    assert_true(memory_engine_edit(stage->folder.file, 11, edit_number, &ten));
    assert_true(memory_engine_edit(stage->folder.file, 1000, edit_number, &eleven));
    assert_string_equal(problem(stage),
                        "row 10: its hash is not that of its content after the row before");
}

static void a_cut_is_found_by_the_head_alone(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, ROWS, ROWS);
    assert_string_equal(problem(stage), "row 20: is missing, the head file knows it");
    memory_engine_remove(stage->folder.file, 11, ROWS);
    assert_string_equal(problem(stage), "rows 11 to 20: are missing, the head file knows them");
    memory_engine_remove(stage->folder.file, 1, ROWS);
    assert_string_equal(problem(stage), "rows 1 to 20: are missing, the head file knows them");
}

/* Whoever can write the database can compute hashes: a chain that is whole, but another one. */
static void a_chain_that_was_written_anew_is_found(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, 18, ROWS);
    for (uint64_t number = 18; number <= ROWS; number++) {
        add_row(stage, number);
    }
    assert_string_equal(problem(stage), ""); /* the very same rows are the same chain */

    memory_engine_remove(stage->folder.file, 18, ROWS);
    stage->actor = "user:eve";
    for (uint64_t number = 18; number <= ROWS; number++) {
        add_row(stage, number);
    }
    assert_string_equal(problem(stage), "row 20: is another one than the head file says");
    add_row(stage, ROWS + 1);
    assert_string_equal(problem(stage), "row 20: is another one than the head file says");
}

static void another_row_where_the_head_is_is_found(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    struct cvg_chain_point kept = stage->points[ROWS];
    stage->points[ROWS].hash[5] ^= 1;
    write_head(stage, stage->key, ROWS);
    assert_string_equal(problem(stage), "row 20: is another one than the head file says");
    stage->points[ROWS] = kept;
    write_head(stage, stage->key, ROWS);
    assert_string_equal(problem(stage), "");
}

static void a_row_that_cannot_be_read_is_a_problem_and_no_failure(void **state)
{
    struct stage *stage = *state;
    struct cvg_audit_report report;
    struct cvg_error error;
    begin(stage, ROWS);
    memory_engine_fail(stage->folder.file, MEMORY_WALK_RECORDS, 1, 1, CVG_STORE_CORRUPT);
    assert_non_null(strstr(problem(stage), "corrupt"));
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
    struct stage *stage = *state;
    struct cvg_ed25519 *other;
    begin(stage, ROWS);
    prune(stage, stage->key, 3);
    prune(stage, stage->key, 6);
    assert_true(memory_engine_edit_checkpoint(stage->folder.file, 0, edit_signature, NULL));
    assert_string_equal(problem(stage), "checkpoint at row 3: is not signed by this store's key");
    assert_true(memory_engine_edit_checkpoint(stage->folder.file, 0, edit_signature, NULL));
    assert_string_equal(problem(stage), "");
    assert_true(memory_engine_edit_checkpoint(stage->folder.file, 1, edit_point, NULL));
    assert_string_equal(problem(stage), "checkpoint at row 7: is not signed by this store's key");

    /* Retention by somebody else's hand. */
    assert_int_equal(cvg_ed25519_make(&other, NULL), 0);
    prune(stage, other, 9);
    cvg_ed25519_free(other);
    unlink(stage->key_path); /* the head knows the key, too */
    assert_string_equal(problem(stage), "checkpoint at row 7: is not signed by this store's key");
}

static void rows_that_go_without_a_checkpoint_are_missed(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    prune(stage, stage->key, 4);
    memory_engine_remove(stage->folder.file, 5, 6);
    assert_string_equal(problem(stage), "rows 5 to 6: are missing");
}

static void a_row_from_before_the_checkpoint_is_found(void **state)
{
    struct stage *stage = *state;
    uint64_t two = 2;
    begin(stage, ROWS);
    prune(stage, stage->key, 4);
    assert_true(memory_engine_edit(stage->folder.file, 20, edit_number, &two));
    assert_string_equal(problem(stage), "row 2: comes after row 4");
}

/* ---- head and key ---- */

static void a_missing_or_damaged_head_is_a_problem(void **state)
{
    struct stage *stage = *state;
    static const unsigned char noise[3000] = {1, 2, 3};
    begin(stage, ROWS);
    folder_write(stage->head_path, noise, sizeof noise);
    assert_string_equal(problem(stage), "store.db.head: is damaged");
    folder_write(stage->head_path, "", 0);
    assert_string_equal(problem(stage),
                        "store.db.head: is not there or empty: nothing says where the chain ends");
    unlink(stage->head_path);
    assert_string_equal(problem(stage),
                        "store.db.head: is not there or empty: nothing says where the chain ends");
    struct cvg_audit_report report = verify(stage);
    assert_int_equal(report.rows, ROWS); /* it was followed all the same */

    /* All rows gone with the head: the key tells that there was a store. */
    memory_engine_remove(stage->folder.file, 1, ROWS);
    assert_string_not_equal(problem(stage), "");
}

static void a_head_by_another_key_is_found(void **state)
{
    struct stage *stage = *state;
    struct cvg_ed25519 *other;
    begin(stage, ROWS);
    prune(stage, stage->key, 4);
    assert_int_equal(cvg_ed25519_make(&other, NULL), 0);
    memory_engine_remove(stage->folder.file, 11, ROWS);
    write_head(stage, other, 10); /* cut, and the head mended: but not with the key */
    cvg_ed25519_free(other);
    struct cvg_audit_report report = verify(stage);
    char expected[CVG_ERROR_TEXT];
    snprintf(expected, sizeof expected, "%s.head: is signed by another key than %s.key",
             stage->folder.file, stage->folder.file);
    assert_string_equal(report.problem, expected);
}

static void a_key_that_proves_nothing_is_a_problem(void **state)
{
    struct stage *stage = *state;
    begin(stage, ROWS);
    assert_int_equal(chmod(stage->key_path, 0644), 0);
    assert_non_null(strstr(problem(stage), "others than its owner may use it"));
    folder_write(stage->key_path, "no key", 6);
    assert_int_equal(chmod(stage->key_path, 0600), 0);
    assert_non_null(strstr(problem(stage), "is not an Ed25519 key"));
    unlink(stage->key_path); /* a backup has none */
    assert_string_equal(problem(stage), "");
}

static void a_head_that_was_noted_is_compared(void **state)
{
    struct stage *stage = *state;
    struct cvg_chain_point noted;
    begin(stage, ROWS);
    prune(stage, stage->key, 5);
    stage->options.expected = &noted;
    for (uint64_t number = 5; number <= ROWS; number++) {
        noted = stage->points[number];
        assert_string_equal(problem(stage), "");
        noted.hash[31] ^= 1;
        char expected[100];
        snprintf(expected, sizeof expected,
                 "row %llu: is another one than the head that is expected says",
                 (unsigned long long)number);
        assert_string_equal(problem(stage), expected);
    }
    noted = stage->points[4];
    assert_string_equal(
        problem(stage),
        "row 4: retention took it away, the head that is expected cannot be compared");
    noted.number = ROWS + 1;
    assert_string_equal(problem(stage), "row 21: is missing, the head that is expected knows it");
    noted.number = UINT64_MAX;
    assert_string_equal(problem(stage), "rows 21 to 18446744073709551615: are missing, the head "
                                        "that is expected knows them");
    noted = (struct cvg_chain_point){0};
    assert_string_equal(problem(stage), "");
}

/* ---- beside a daemon that goes on ---- */

struct busy {
    struct stage *stage;
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
    struct stage *stage = *state;
    enum cvg_store_fault fault;
    struct cvg_error error;
    begin(stage, 0);

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
    struct cvg_audit_report report = verify(stage);
    assert_int_equal(busy.pruned, 3000);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.head.number, 3000);
    assert_int_equal(report.pruned_up_to, 3000);
    assert_true(report.rows < 3000);
}

/* ---- walking ---- */

struct walked {
    uint64_t next, until;
};

static bool on_row(void *ctx, const struct cvg_record *row)
{
    struct walked *walked = ctx;
    assert_int_equal(row->number, walked->next);
    char body[40];
    snprintf(body, sizeof body, "{\"n\":%llu}", (unsigned long long)row->number);
    assert_int_equal(row->body_length, strlen(body));
    assert_memory_equal(row->body, body, row->body_length);
    return walked->next++ < walked->until;
}

static void a_walk_sees_each_row_in_order(void **state)
{
    struct stage *stage = *state;
    struct walked walked = {.next = 4, .until = ROWS};
    struct cvg_error error;
    begin(stage, ROWS);
    prune(stage, stage->key, 3);
    assert_int_equal(cvg_audit_walk(&stage->options, on_row, &walked, &error), 0);
    assert_int_equal(walked.next, ROWS + 1);

    walked = (struct walked){.next = 4, .until = 7}; /* ends when it is told to */
    assert_int_equal(cvg_audit_walk(&stage->options, on_row, &walked, &error), 0);
    assert_int_equal(walked.next, 8);

    memory_engine_fail(stage->folder.file, MEMORY_WALK_RECORDS, 1, 1, CVG_STORE_IO);
    assert_int_equal(cvg_audit_walk(&stage->options, on_row, &walked, NULL), CVG_E_IO);
    unlink(stage->folder.file);
    assert_true(cvg_audit_walk(&stage->options, on_row, &walked, NULL) < 0);
}

/* ---- sealing ---- */

struct sealed {
    char text[2000];
    struct cvg_chain_point point;
};

static bool on_seal(void *ctx, const struct cvg_record *row)
{
    struct sealed *sealed = ctx;
    if (strcmp(row->action, "seal") == 0) {
        assert_string_equal(row->actor, "user:ada");
        assert_true(row->body_length < sizeof sealed->text);
        memcpy(sealed->text, row->body, row->body_length);
        sealed->text[row->body_length] = '\0';
    }
    return true;
}

static void what_is_left_can_be_sealed(void **state)
{
    struct stage *stage = *state;
    struct cvg_error error = {0};
    struct sealed sealed = {0};
    char expected[2000], lost[CVG_CHAIN_POINT_TEXT], found[CVG_CHAIN_POINT_TEXT];
    begin(stage, ROWS);
    prune(stage, stage->key, 2);
    memory_engine_remove(stage->folder.file, 15, ROWS);
    assert_string_not_equal(problem(stage), "");

    assert_int_equal(
        cvg_audit_seal(&stage->options, "user:ada", "the disk \"died\"", &sealed.point, &error), 0);
    assert_int_equal(sealed.point.number, 15);
    struct cvg_audit_report report = verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.unacknowledged, 0);
    assert_memory_equal(&report.head, &sealed.point, sizeof report.head);

    assert_int_equal(cvg_audit_walk(&stage->options, on_seal, &sealed, &error), 0);
    cvg_chain_point_write(&stage->points[ROWS], lost);
    cvg_chain_point_write(&stage->points[14], found);
    snprintf(
        expected, sizeof expected,
        "{\"why\":\"the disk \\\"died\\\"\",\"problem\":\"rows 15 to 20: are missing, the head "
        "file knows them\",\"expected\":\"%s\",\"found\":\"%s\"}",
        lost, found);
    assert_string_equal(sealed.text, expected);

    /* The head that was lost is still missed by whoever noted it. */
    stage->options.expected = &stage->points[ROWS];
    assert_string_equal(problem(stage),
                        "rows 16 to 20: are missing, the head that is expected knows them");
}

static void a_store_without_its_head_or_key_can_be_sealed(void **state)
{
    struct stage *stage = *state;
    struct cvg_error error = {0};
    struct sealed sealed = {0};
    begin(stage, ROWS);
    unlink(stage->head_path);
    unlink(stage->key_path);
    assert_int_equal(
        cvg_audit_seal(&stage->options, "user:ada", "moved house", &sealed.point, &error), 0);
    assert_string_equal(problem(stage), "");
    assert_int_equal(cvg_audit_walk(&stage->options, on_seal, &sealed, &error), 0);
    assert_non_null(strstr(sealed.text, "\"expected\":null"));
    struct stat info;
    assert_int_equal(stat(stage->key_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void seal_must_fail(const struct stage *stage, int rc, const char *words)
{
    struct cvg_chain_point point = {.number = 99};
    struct cvg_error error = {0};
    assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "why not", &point, &error), rc);
    assert_non_null(strstr(error.text, words));
    assert_int_equal(point.number, 99);
}

static void what_must_not_be_sealed_is_refused(void **state)
{
    struct stage *stage = *state;
    struct cvg_error error;
    int lock;
    begin(stage, ROWS);
    prune(stage, stage->key, 2);
    seal_must_fail(stage, CVG_E_REFUSED, "nothing is lost");

    assert_int_equal(cvg_store_lock(stage->folder.file, &lock, &error), 0);
    seal_must_fail(stage, CVG_E_EXISTS, "in use");
    close(lock);

    memory_engine_remove(stage->folder.file, 15, ROWS);
    unlink(stage->key_path); /* the checkpoint would be nobody's */
    seal_must_fail(stage, CVG_E_REFUSED, "store.db.key");
    assert_int_equal(access(stage->key_path, F_OK), -1);

    memory_engine_remove(stage->folder.file, 10, 10);
    seal_must_fail(stage, CVG_E_INVALID, "row 10: is missing");
    assert_int_equal(verify(stage).rows, 7);
}

static void a_seal_needs_a_name_and_a_reason(void **state)
{
    struct stage *stage = *state;
    static char longest[CVG_RECORD_TEXT + 1], longer[CVG_RECORD_TEXT + 2];
    memset(longest, 'x', CVG_RECORD_TEXT);
    memset(longer, 'x', CVG_RECORD_TEXT + 1);

    const struct {
        const char *actor, *why;
        int rc;
    } cases[] = {
        {"", "why", CVG_E_INVALID},
        {"ada", "", CVG_E_INVALID},
        {longer, "why", CVG_E_INVALID},
        {"ada", longer, CVG_E_INVALID},
        {"ad\xff", "why", CVG_E_INVALID},
        {"ada", "\xc3", CVG_E_INVALID},
        {longest, longest, 0},
    };

    begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, 15, ROWS);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_chain_point point;
        assert_int_equal(
            cvg_audit_seal(&stage->options, cases[i].actor, cases[i].why, &point, NULL),
            cases[i].rc);
    }
    assert_string_equal(problem(stage), "");
}

/* Whatever fails on the way, no row is there without being told of as a problem. */
static void a_seal_that_fails_changes_nothing(void **state)
{
    struct stage *stage = *state;

    static const enum memory_call calls[] = {
        MEMORY_OPEN,       MEMORY_LAST,   MEMORY_WALK_RECORDS,    MEMORY_BEGIN,
        MEMORY_ADD_RECORD, MEMORY_COMMIT, MEMORY_WALK_CHECKPOINTS};
    struct cvg_error error;
    struct cvg_chain_point point;
    begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, 15, ROWS);
    for (size_t i = 0; i < CVG_COUNT(calls); i++) {
        memory_engine_fail(stage->folder.file, calls[i], 1, 1, CVG_STORE_FULL);
        assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "why", &point, &error),
                         CVG_E_IO);
        assert_string_equal(problem(stage), "rows 15 to 20: are missing, the head file knows them");
    }
    assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "why", &point, &error), 0);
    assert_string_equal(problem(stage), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_chain_is_whole),
        TEST(a_chain_after_retention_is_whole),
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
        TEST(a_walk_sees_each_row_in_order),
        TEST(what_is_left_can_be_sealed),
        TEST(a_store_without_its_head_or_key_can_be_sealed),
        TEST(what_must_not_be_sealed_is_refused),
        TEST(a_seal_needs_a_name_and_a_reason),
        TEST(a_seal_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
