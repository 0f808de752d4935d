/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a chain from outside, and sealing what is left of one. */
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
    struct audit_stage *stage = *state;
    struct walked walked = {.next = 4, .until = ROWS};
    struct cvg_error error;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 3);
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
    struct audit_stage *stage = *state;
    struct cvg_error error = {0};
    struct sealed sealed = {0};
    char expected[2000], lost[CVG_CHAIN_POINT_TEXT], found[CVG_CHAIN_POINT_TEXT];
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 2);
    memory_engine_remove(stage->folder.file, 15, ROWS);
    assert_string_not_equal(audit_stage_problem(stage), "");

    assert_int_equal(
        cvg_audit_seal(&stage->options, "user:ada", "the disk \"died\"", &sealed.point, &error), 0);
    assert_int_equal(sealed.point.number, 15);
    struct cvg_audit_report report = audit_stage_verify(stage);
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
    assert_string_equal(audit_stage_problem(stage),
                        "rows 16 to 20: are missing, the head that is expected knows them");
}

static void a_store_without_its_head_or_key_can_be_sealed(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_error error = {0};
    struct sealed sealed = {0};
    audit_stage_begin(stage, ROWS);
    unlink(stage->head_path);
    unlink(stage->key_path);
    assert_int_equal(
        cvg_audit_seal(&stage->options, "user:ada", "moved house", &sealed.point, &error), 0);
    assert_string_equal(audit_stage_problem(stage), "");
    assert_int_equal(cvg_audit_walk(&stage->options, on_seal, &sealed, &error), 0);
    assert_non_null(strstr(sealed.text, "\"expected\":null"));
    struct stat info;
    assert_int_equal(stat(stage->key_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void seal_must_fail(const struct audit_stage *stage, int rc, const char *words)
{
    struct cvg_chain_point point = {.number = 99};
    struct cvg_error error = {0};
    assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "why not", &point, &error), rc);
    assert_non_null(strstr(error.text, words));
    assert_int_equal(point.number, 99);
}

static void what_must_not_be_sealed_is_refused(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_error error;
    int lock;
    audit_stage_begin(stage, ROWS);
    audit_stage_prune(stage, stage->key, 2);
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
    assert_int_equal(audit_stage_verify(stage).rows, 7);
}

static void a_seal_needs_a_name_and_a_reason(void **state)
{
    struct audit_stage *stage = *state;
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

    audit_stage_begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, 15, ROWS);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_chain_point point;
        assert_int_equal(
            cvg_audit_seal(&stage->options, cases[i].actor, cases[i].why, &point, NULL),
            cases[i].rc);
    }
    assert_string_equal(audit_stage_problem(stage), "");
}

/* Whatever fails on the way, no row is there without being told of as a problem. */
static void a_seal_that_fails_changes_nothing(void **state)
{
    struct audit_stage *stage = *state;

    static const enum memory_call calls[] = {
        MEMORY_OPEN,       MEMORY_LAST,   MEMORY_WALK_RECORDS,    MEMORY_BEGIN,
        MEMORY_ADD_RECORD, MEMORY_COMMIT, MEMORY_WALK_CHECKPOINTS};
    struct cvg_error error;
    struct cvg_chain_point point;
    audit_stage_begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, 15, ROWS);
    for (size_t i = 0; i < CVG_COUNT(calls); i++) {
        memory_engine_fail(stage->folder.file, calls[i], 1, 1, CVG_STORE_FULL);
        assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "why", &point, &error),
                         CVG_E_IO);
        assert_string_equal(audit_stage_problem(stage),
                            "rows 15 to 20: are missing, the head file knows them");
    }
    assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "why", &point, &error), 0);
    assert_string_equal(audit_stage_problem(stage), "");
}

static void a_head_that_cannot_be_read_is_no_verdict(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_audit_report report;
    struct cvg_error error = {0};
    audit_stage_begin(stage, ROWS);
    memory_engine_remove(stage->folder.file, 15, ROWS);
    unlink(stage->head_path);
    assert_int_equal(mkfifo(stage->head_path, 0600), 0);
    assert_int_equal(cvg_audit_verify(&stage->options, &report, &error), CVG_E_IO);
    assert_non_null(strstr(error.text, stage->head_path));
    seal_must_fail(stage, CVG_E_IO, stage->head_path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, audit_stage_set_up, audit_stage_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_walk_sees_each_row_in_order),
        TEST(what_is_left_can_be_sealed),
        TEST(a_store_without_its_head_or_key_can_be_sealed),
        TEST(what_must_not_be_sealed_is_refused),
        TEST(a_seal_needs_a_name_and_a_reason),
        TEST(a_seal_that_fails_changes_nothing),
        TEST(a_head_that_cannot_be_read_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
