/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of a record's series. The writer remembers those it met last, one in each slot, since
 * looking one up in the table costs about as much as adding a row.
 */
#include "store/sqlite.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

#define TEXTS 5

/* The texts one behind the other, each with its NUL, which none of them has inside. */
static size_t write_key(const char *const texts[TEXTS], char *ret)
{
    size_t length = 0;

    for (size_t i = 0; i < TEXTS; i++) {
        size_t size = strlen(texts[i]) + 1;
        memcpy(ret + length, texts[i], size);
        length += size;
    }
    return length;
}

static int find(struct cvg_link *link, const char *const texts[TEXTS], int64_t *ret)
{
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_SERIES_FIND);
    int rc = statement ? cvg_link_bind(link, statement, texts, TEXTS, 1) : link->error.code;

    if (rc == 0) {
        rc = cvg_link_step(link, statement);
    }
    if (rc == 1) {
        *ret = sqlite3_column_int64(statement, 0);
        cvg_link_reset(statement);
    }
    return rc;
}

static int add(struct cvg_link *link, const char *const texts[TEXTS], int64_t *ret)
{
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_SERIES_ADD);
    int rc = statement ? cvg_link_bind(link, statement, texts, TEXTS, 1) : link->error.code;

    if (rc == 0) {
        rc = cvg_link_do(link, statement);
    }
    *ret = sqlite3_last_insert_rowid(link->db);
    return rc;
}

int cvg_sqlite_series(struct cvg_engine *engine, const struct cvg_record *record, int64_t *ret)
{
    const char *const texts[TEXTS] = {record->environment, record->gate, record->app,
                                      record->verdict, record->action};
    char key[TEXTS * (CVG_RECORD_TEXT + 1)];
    size_t length = write_key(texts, key);
    struct cvg_series_slot *slot =
        &engine->series[cvg_text_hash(key, length) % CVG_SQLITE_SERIES_CACHE];

    if (slot->key && slot->length == length && memcmp(slot->key, key, length) == 0) {
        *ret = slot->series;
        return 0;
    }
    int rc = find(engine->writer, texts, ret);
    if (rc == 0) {
        rc = add(engine->writer, texts, ret);
    }
    if (rc < 0) {
        return rc;
    }
    free(slot->key);
    slot->key = cvg_alloc(length);
    memcpy(slot->key, key, length);
    slot->length = length;
    slot->series = *ret;
    return 0;
}

void cvg_sqlite_series_forget(struct cvg_engine *engine)
{
    for (size_t i = 0; i < CVG_SQLITE_SERIES_CACHE; i++) {
        free(engine->series[i].key);
        engine->series[i].key = NULL;
    }
}
