/* SPDX-License-Identifier: Apache-2.0 */
/* Rows, checkpoints and heads, in the order in which the store's thread makes them. */
#include "audit_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

int audit_stage_set_up(void **state)
{
    static struct audit_stage stage;
    stage = (struct audit_stage){0};
    folder_make(&stage.folder);
    folder_beside(&stage.folder, "head", stage.head_path, sizeof stage.head_path);
    folder_beside(&stage.folder, "key", stage.key_path, sizeof stage.key_path);
    stage.options.file = stage.folder.file;
    stage.options.engine = &memory_engine;
    *state = &stage;
    return 0;
}

int audit_stage_tear_down(void **state)
{
    struct audit_stage *stage = *state;
    audit_stage_end(stage);
    cvg_ed25519_free(stage->key);
    folder_remove(&stage->folder);
    return 0;
}

void audit_stage_end(struct audit_stage *stage)
{
    cvg_head_close(stage->head);
    stage->head = NULL;
    if (stage->engine) {
        stage->options.engine->close(stage->engine);
        stage->engine = NULL;
    }
}

void audit_stage_write_head(struct audit_stage *stage, const struct cvg_ed25519 *key,
                            uint64_t number)
{
    struct cvg_head head = {.point = {.point = stage->points[number], .at = 5}};
    cvg_chain_sign(key, CVG_CHAIN_HEAD, &head.point);
    cvg_ed25519_public(key, head.public_key);
    assert_int_equal(cvg_head_write(stage->head, &head, NULL), 0);
}

void audit_stage_add_row(struct audit_stage *stage, uint64_t number)
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

    assert_int_equal(stage->options.engine->begin(stage->engine, &fault, &error), 0);
    assert_int_equal(stage->options.engine->add_record(stage->engine, &row, &fault, &error), 0);
    assert_int_equal(stage->options.engine->commit(stage->engine, &fault, &error), 0);
}

void audit_stage_begin(struct audit_stage *stage, uint64_t rows)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(cvg_seal_key(stage->folder.file, true, &stage->key, &error), 0);
    assert_int_equal(
        stage->options.engine->open(stage->folder.file, false, &stage->engine, &fault, &error), 0);
    assert_int_equal(cvg_head_open(stage->folder.file, &stage->head, &error), 0);
    for (uint64_t number = 1; number <= rows; number++) {
        audit_stage_add_row(stage, number);
    }
    audit_stage_write_head(stage, stage->key, rows);
}

void audit_stage_prune(struct audit_stage *stage, const struct cvg_ed25519 *key, uint64_t number)
{
    enum cvg_store_fault fault;
    struct cvg_error error;
    struct cvg_chain_signed checkpoint = {.point = stage->points[number], .at = 77};
    cvg_chain_sign(key, CVG_CHAIN_CHECKPOINT, &checkpoint);
    assert_int_equal(stage->options.engine->begin(stage->engine, &fault, &error), 0);
    assert_int_equal(
        stage->options.engine->prune_records(stage->engine, &checkpoint, &fault, &error), 0);
    assert_int_equal(stage->options.engine->commit(stage->engine, &fault, &error), 0);
}

struct cvg_audit_report audit_stage_verify(const struct audit_stage *stage)
{
    struct cvg_audit_report report;
    struct cvg_error error = {0};
    memset(&report, 0xff, sizeof report);
    assert_int_equal(cvg_audit_verify(&stage->options, &report, &error), 0);
    return report;
}

const char *audit_stage_problem(const struct audit_stage *stage)
{
    static struct cvg_audit_report report;
    report = audit_stage_verify(stage);
    size_t folder = strlen(stage->folder.path) + 1;
    bool named = strncmp(report.problem, stage->folder.path, folder - 1) == 0;
    return report.problem + (named ? folder : 0);
}
