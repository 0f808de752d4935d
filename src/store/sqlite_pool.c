/* SPDX-License-Identifier: Apache-2.0 */
/* The readers: opened when first needed, and then kept. */
#include "store/sqlite.h"

/* An idle reader, or NULL and the right to open one. */
static struct cvg_link *wait_for_one(struct cvg_engine *engine)
{
    struct cvg_link *link = NULL;

    pthread_mutex_lock(&engine->lock);
    while (engine->idle_count == 0 && engine->reader_count == CVG_SQLITE_READERS) {
        pthread_cond_wait(&engine->given_back, &engine->lock);
    }
    if (engine->idle_count > 0) {
        link = engine->idle[--engine->idle_count];
    } else {
        engine->reader_count++;
    }
    pthread_mutex_unlock(&engine->lock);
    return link;
}

/* link NULL: the right to open one is given back. */
static void give_back(struct cvg_engine *engine, struct cvg_link *link)
{
    pthread_mutex_lock(&engine->lock);
    if (link) {
        engine->idle[engine->idle_count++] = link;
    } else {
        engine->reader_count--;
    }
    pthread_cond_signal(&engine->given_back);
    pthread_mutex_unlock(&engine->lock);
}

static int run(struct cvg_link *link, enum cvg_sql sql)
{
    sqlite3_stmt *statement = cvg_link_get(link, sql);

    return statement ? cvg_link_do(link, statement) : link->error.code;
}

int cvg_pool_take(struct cvg_engine *engine, struct cvg_link **ret, enum cvg_store_fault *ret_fault,
                  struct cvg_error *reterr)
{
    struct cvg_link *link = wait_for_one(engine);

    if (!link) {
        int flags = SQLITE_OPEN_READONLY | (engine->immutable ? SQLITE_OPEN_URI : 0);
        int rc = cvg_link_open(engine->file, engine->vfs, flags, &link, ret_fault, reterr);
        if (rc < 0) {
            give_back(engine, NULL);
            return rc;
        }
    }
    int rc = run(link, CVG_SQL_BEGIN);
    if (rc < 0) {
        return cvg_pool_give(engine, link, rc, ret_fault, reterr);
    }
    *ret = link;
    return 0;
}

int cvg_pool_give(struct cvg_engine *engine, struct cvg_link *link, int rc,
                  enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    (void)cvg_link_tell(link, rc, ret_fault, reterr);
    /* Nothing can be lost by the end of a reading, and its failure says nothing new. */
    if (!sqlite3_get_autocommit(link->db) && run(link, CVG_SQL_ROLLBACK) < 0) {
        cvg_link_close(link);
        link = NULL;
    }
    give_back(engine, link);
    return rc;
}

int cvg_pool_renew(struct cvg_link *link)
{
    int rc = run(link, CVG_SQL_COMMIT);

    return rc < 0 ? rc : run(link, CVG_SQL_BEGIN);
}

void cvg_pool_close(struct cvg_engine *engine)
{
    while (engine->idle_count > 0) {
        cvg_link_close(engine->idle[--engine->idle_count]);
    }
}
