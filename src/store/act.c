/* SPDX-License-Identifier: Apache-2.0 */
/* One row, one transaction, and then its head. */
#include "store/act.h"

#include "base/time.h"
#include "store/head.h"

#include <string.h>

static int commit_row(const struct cvg_engine_kind *kind, struct cvg_engine *engine,
                      const struct cvg_record *row, struct cvg_error *reterr)
{
    enum cvg_store_fault fault;
    int rc = kind->begin(engine, &fault, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = kind->add_record(engine, row, &fault, reterr);
    if (rc < 0) {
        kind->rollback(engine);
        return rc;
    }
    return kind->commit(engine, &fault, reterr);
}

static int add_row(const struct cvg_act *act, struct cvg_engine *engine,
                   const struct cvg_engine_kind *kind, struct cvg_chain_point *ret,
                   struct cvg_error *reterr)
{
    enum cvg_store_fault fault;
    char id[CVG_RECORD_ID];
    struct cvg_record row = {.at = cvg_time_wall(),
                             .id = id,
                             .action = act->action,
                             .actor = act->actor,
                             .environment = "",
                             .gate = "",
                             .app = "",
                             .revision = "",
                             .verdict = "",
                             .target = act->target,
                             .body = act->body,
                             .body_length = strlen(act->body)};

    int rc = kind->last(engine, ret, &fault, reterr);
    if (rc < 0) {
        return rc;
    }
    cvg_record_id(row.at, id);
    row.number = ret->number + 1;
    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    cvg_chain_hash(hasher, ret->hash, &row, row.hash);
    cvg_chain_hasher_free(hasher);

    rc = commit_row(kind, engine, &row, reterr);
    if (rc == 0) {
        ret->number = row.number;
        memcpy(ret->hash, row.hash, sizeof row.hash);
    }
    return rc;
}

static int write_head(const char *file, const struct cvg_ed25519 *key,
                      const struct cvg_chain_point *point, struct cvg_error *reterr)
{
    struct cvg_head head = {.point = {.point = *point, .at = cvg_time_wall()}};
    struct cvg_head_file *head_file;

    cvg_chain_sign(key, CVG_CHAIN_HEAD, &head.point);
    cvg_ed25519_public(key, head.public_key);
    int rc = cvg_head_open(file, &head_file, reterr);
    if (rc == 0) {
        rc = cvg_head_write(head_file, &head, reterr);
        cvg_head_close(head_file);
    }
    return rc;
}

int cvg_act_add(const struct cvg_act *act, struct cvg_chain_point *ret, struct cvg_error *reterr)
{
    const struct cvg_engine_kind *kind = act->engine ? act->engine : &cvg_engine_sqlite;
    enum cvg_store_fault fault;
    struct cvg_engine *engine;
    struct cvg_ed25519 *key;
    struct cvg_chain_point point;

    /* The key first: without one there is no head, and then there must be no row either. */
    int rc = cvg_seal_key(act->file, true, &key, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = kind->open(act->file, false, &engine, &fault, reterr);
    if (rc == 0) {
        rc = add_row(act, engine, kind, &point, reterr);
        kind->close(engine);
    }
    if (rc == 0) {
        rc = write_head(act->file, key, &point, reterr);
    }
    cvg_ed25519_free(key);
    if (rc == 0) {
        *ret = point;
    }
    return rc;
}
