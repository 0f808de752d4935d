/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages of history, newest first, by time and then by number. Merged from one stream for each kind,
 * each of which is one range of an index: the cost goes by the rows of the page alone.
 */
#include "store/sqlite.h"

/* The newest row of a kind that was not given yet. */
struct stream {
    uint32_t kind;
    struct cvg_change_cursor next;
};

struct search {
    struct cvg_link *link;
    const struct cvg_change_query *query;
    struct stream streams[CVG_CHANGE_KINDS];
    size_t count;
    size_t left; /* rows */
    cvg_see_change *see;
    void *ctx;
};

static int decode(struct cvg_link *link, sqlite3_stmt *statement, struct cvg_change *ret)
{
    struct cvg_columns columns = {.statement = statement};
    int64_t number = cvg_column_int(&columns, 0);
    struct cvg_change row = {.number = (uint64_t)number, .at = cvg_column_int(&columns, 1)};
    int64_t kind = cvg_column_int(&columns, 2);
    const char **const texts[] = {&row.environment, &row.name,   &row.before,
                                  &row.after,       &row.reason, &row.message};

    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        *texts[i] = cvg_column_text(&columns, 3 + (int)i, CVG_CHANGE_TEXT);
    }
    int type = sqlite3_column_type(statement, 9);
    row.has_value = type != SQLITE_NULL;
    row.value = row.has_value ? sqlite3_column_double(statement, 9) : 0;
    int64_t kept = cvg_column_int(&columns, 10);
    row.kept = kept != 0;
    row.observed_at = cvg_column_int(&columns, 11);
    if (columns.wrong || kept >> 1 != 0 || (row.has_value && type != SQLITE_FLOAT) || number < 1 ||
        kind < 0 || kind >= CVG_CHANGE_KINDS) {
        return cvg_link_corrupt(link, "change", number);
    }
    row.kind = (uint32_t)kind;
    *ret = row;
    return 0;
}

/* Returns 1 where the page goes on. */
static int show(struct search *search, int64_t number)
{
    struct cvg_link *link = search->link;
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_CHANGE_ONE);
    if (!statement) {
        return link->error.code;
    }
    sqlite3_bind_int64(statement, 1, number);
    int rc = cvg_link_step(link, statement);
    if (rc <= 0) {
        /* An index that knows a row which is not there. */
        return rc < 0 ? rc : cvg_link_corrupt(link, "change", number);
    }
    struct cvg_change row;
    rc = decode(link, statement, &row);
    if (rc == 0) {
        search->left--;
        rc = search->see(search->ctx, &row) && search->left > 0;
    }
    cvg_link_reset(statement);
    return rc;
}

/* Moves the stream to its newest row before the place. 0: there is none. */
static int advance(struct search *search, struct stream *stream, struct cvg_change_cursor before)
{
    const struct cvg_change_query *query = search->query;
    struct cvg_link *link = search->link;
    sqlite3_stmt *next =
        cvg_link_get(link, query->name ? CVG_SQL_CHANGE_NEXT_NAMED : CVG_SQL_CHANGE_NEXT);
    if (!next) {
        return link->error.code;
    }
    sqlite3_bind_text(next, 1, query->environment, -1, SQLITE_STATIC);
    sqlite3_bind_int64(next, 2, stream->kind);
    sqlite3_bind_int64(next, 3, before.at);
    sqlite3_bind_int64(next, 4, (int64_t)before.number);
    sqlite3_bind_int64(next, 5, query->from ? query->from : INT64_MIN);
    if (query->name) {
        sqlite3_bind_text(next, 6, query->name, -1, SQLITE_STATIC);
    }
    int rc = cvg_link_step(link, next);
    if (rc == 1) {
        stream->next.number = (uint64_t)sqlite3_column_int64(next, 0);
        stream->next.at = sqlite3_column_int64(next, 1);
        cvg_link_reset(next);
    }
    return rc;
}

static bool is_before(const struct cvg_change_cursor *a, const struct cvg_change_cursor *b)
{
    return a->at < b->at || (a->at == b->at && a->number < b->number);
}

/* The place before which the page begins: the cursor's or the end of the time, the earlier one. */
static struct cvg_change_cursor beginning(const struct cvg_change_query *query)
{
    struct cvg_change_cursor place = {.at = INT64_MAX, .number = INT64_MAX};
    struct cvg_change_cursor until = {.at = query->until, .number = 0};

    if (query->before.number) {
        place = query->before;
        place.number = CVG_MIN(place.number, (uint64_t)INT64_MAX);
    }
    return query->until && is_before(&until, &place) ? until : place;
}

static int open_streams(struct search *search)
{
    const struct cvg_change_cursor place = beginning(search->query);

    for (uint32_t kind = 0; kind < CVG_CHANGE_KINDS; kind++) {
        struct stream *stream = &search->streams[search->count];
        if (search->query->kinds && !(search->query->kinds >> kind & 1)) {
            continue;
        }
        stream->kind = kind;
        int rc = advance(search, stream, place);
        if (rc < 0) {
            return rc;
        }
        search->count += rc == 1;
    }
    return 0;
}

static int merge(struct search *search)
{
    int rc = open_streams(search);

    while (rc >= 0 && search->count > 0) {
        struct stream *newest = &search->streams[0];
        for (size_t i = 1; i < search->count; i++) {
            newest =
                is_before(&newest->next, &search->streams[i].next) ? &search->streams[i] : newest;
        }
        rc = show(search, (int64_t)newest->next.number);
        if (rc != 1) {
            return rc;
        }
        rc = advance(search, newest, newest->next);
        if (rc == 0) {
            *newest = search->streams[--search->count];
        }
    }
    return rc;
}

int cvg_sqlite_find_changes(struct cvg_engine *engine, const struct cvg_change_query *query,
                            cvg_see_change *see, void *ctx, enum cvg_store_fault *ret_fault,
                            struct cvg_error *reterr)
{
    struct search search = {
        .query = query,
        .left = query->limit ? query->limit : CVG_STORE_PAGE,
        .see = see,
        .ctx = ctx,
    };
    int rc = cvg_pool_take(engine, &search.link, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = merge(&search);
    return cvg_pool_give(engine, search.link, CVG_MIN(rc, 0), ret_fault, reterr);
}
