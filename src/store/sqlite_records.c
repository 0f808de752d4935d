/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the chain: forwards as a whole, and pages of what matches, newest first.
 *
 * First the tail is looked through, which has no index (sqlite_fold.c). From there a page is
 * merged: each series that the filter takes has its newest row below the cursor at hand; the
 * newest of these is the page's next row, and only its series looks further. So the cost goes by
 * the number of series and of rows in the page, not by how far apart the rows are. Where very
 * many series match, some thousand rows are looked through first: the more series, the nearer
 * the rows.
 */
#include "store/sqlite.h"

#include "base/alloc.h"
#include "base/text.h"

/* Rows that a walk reads before it lets go of the log. */
#define WALK_ROWS 256

/* Series that are merged at once: each costs a look into the index first, some microseconds. */
#define MERGE_AT_ONCE 2048

/* Rows that are looked through before more are merged. */
#define LOOK_ROWS 8192

/* ---- rows ---- */

static int decode(struct cvg_link *link, sqlite3_stmt *statement, struct cvg_record *ret)
{
    struct cvg_columns columns = {.statement = statement};
    int64_t number = cvg_column_int(&columns, 0);
    struct cvg_record row = {.number = (uint64_t)number, .at = cvg_column_int(&columns, 1)};
    const char **const texts[] = {&row.id,          &row.action,  &row.actor,
                                  &row.environment, &row.gate,    &row.app,
                                  &row.revision,    &row.verdict, &row.target};

    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        *texts[i] = cvg_column_text(&columns, 2 + (int)i, CVG_RECORD_TEXT);
    }
    row.body = cvg_column_body(&columns, 11, CVG_RECORD_BODY, &row.body_length);
    cvg_column_fixed(&columns, 12, row.question, sizeof row.question);
    cvg_column_fixed(&columns, 13, row.outcome, sizeof row.outcome);
    cvg_column_fixed(&columns, 14, row.hash, sizeof row.hash);
    if (columns.wrong || number < 1) {
        return cvg_link_corrupt(link, "record", number);
    }
    *ret = row;
    return 0;
}

/* One page of a walk; moves *after on. Returns 1 where the walk goes on. */
static int walk_page(struct cvg_link *link, int64_t *after, cvg_see_record *see, void *ctx)
{
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_RECORD_WALK);
    if (!statement) {
        return link->error.code;
    }
    sqlite3_bind_int64(statement, 1, *after);
    sqlite3_bind_int64(statement, 2, WALK_ROWS);
    int rc, rows = 0;
    while ((rc = cvg_link_step(link, statement)) == 1) {
        struct cvg_record row;
        rc = decode(link, statement, &row);
        if (rc < 0 || !see(ctx, &row)) {
            cvg_link_reset(statement);
            return rc;
        }
        *after = (int64_t)row.number;
        rows++;
    }
    return rc < 0 ? rc : rows == WALK_ROWS;
}

int cvg_sqlite_walk_records(struct cvg_engine *engine, uint64_t after, cvg_see_record *see,
                            void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_link *link;
    if (after >= INT64_MAX) {
        return 0;
    }
    int rc = cvg_pool_take(engine, &link, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    int64_t at = (int64_t)after;
    while ((rc = walk_page(link, &at, see, ctx)) == 1) {
        rc = cvg_pool_renew(link);
        if (rc < 0) {
            break;
        }
    }
    return cvg_pool_give(engine, link, rc, ret_fault, reterr);
}

/* ---- a page ---- */

/* The newest row of a series that was not given yet. */
struct head {
    int64_t series, number;
};

struct search {
    struct cvg_link *link;
    const struct cvg_record_query *query;
    int64_t from, before; /* from <= number < before */
    struct head *heads;
    size_t count, capacity;
    size_t left; /* rows */
    cvg_see_record *see;
    void *ctx;
};

static bool in_time(const struct cvg_record_query *query, int64_t at)
{
    return (!query->from || at >= query->from) && (!query->until || at < query->until);
}

static bool wanted(const char *wish, const char *text)
{
    return !wish || cvg_text_equal(wish, text);
}

static bool is_one_of(const struct cvg_record_query *query, const char *environment)
{
    for (size_t i = 0; i < query->environment_count; i++) {
        if (cvg_text_equal(query->environments[i], environment)) {
            return true;
        }
    }
    return !query->environments;
}

static bool any_series(const struct cvg_record_query *query)
{
    return !query->environments && !query->gate && !query->app && !query->verdict && !query->action;
}

/* Whether the row matches; what the series says was looked at before where one was chosen. */
static bool fits(const struct search *search, const struct cvg_record *row)
{
    const struct cvg_record_query *query = search->query;

    return row->number < (uint64_t)search->before && in_time(query, row->at) &&
           is_one_of(query, row->environment) && wanted(query->gate, row->gate) &&
           wanted(query->app, row->app) && wanted(query->verdict, row->verdict) &&
           wanted(query->action, row->action) && wanted(query->revision, row->revision);
}

/* Shows the row of that number where it matches. Returns 1 where the page goes on. */
static int show(struct search *search, int64_t number)
{
    struct cvg_link *link = search->link;
    sqlite3_stmt *statement =
        cvg_link_get(link, search->query->without_body ? CVG_SQL_RECORD_BARE : CVG_SQL_RECORD_ONE);
    if (!statement) {
        return link->error.code;
    }
    sqlite3_bind_int64(statement, 1, number);
    int rc = cvg_link_step(link, statement);
    if (rc <= 0) {
        /* An index that knows a row which is not there. */
        return rc < 0 ? rc : cvg_link_corrupt(link, "record", number);
    }
    struct cvg_record row;
    rc = decode(link, statement, &row);
    if (rc == 0) {
        rc = 1;
        if (fits(search, &row)) {
            search->left--;
            rc = search->see(search->ctx, &row) && search->left > 0;
        }
    }
    cvg_link_reset(statement);
    return rc;
}

/* Looks through the rows from `from` up to the cursor, and moves the cursor down to where it ends: at
 * `from`, or after so many rows. Returns 1 where the page goes on. */
static int look_through(struct search *search, int64_t from, size_t rows)
{
    struct cvg_link *link = search->link;
    sqlite3_stmt *scan = cvg_link_get(link, CVG_SQL_RECORD_SCAN);
    int64_t end = from;
    if (!scan) {
        return link->error.code;
    }
    sqlite3_bind_int64(scan, 1, search->before);
    sqlite3_bind_int64(scan, 2, from);
    int rc;
    while ((rc = cvg_link_step(link, scan)) == 1) {
        struct cvg_record row;
        rc = decode(link, scan, &row);
        if (rc == 0 && rows-- == 0) {
            end = (int64_t)row.number + 1;
            rc = 1;
        } else if (rc == 0) {
            rc = fits(search, &row) ? show(search, (int64_t)row.number) : 1;
            if (rc == 1) {
                continue;
            }
        }
        cvg_link_reset(scan);
        if (rc != 1) {
            return rc;
        }
        break;
    }
    search->before = CVG_MIN(search->before, end);
    return rc < 0 ? rc : 1;
}

/* ---- which series ---- */

/* Takes the series of the statement's row in where the query wants it. */
static int consider(struct search *search, sqlite3_stmt *statement)
{
    const struct cvg_record_query *query = search->query;
    struct cvg_columns columns = {.statement = statement};
    int64_t series = cvg_column_int(&columns, 0);
    const char *texts[5];

    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        texts[i] = cvg_column_text(&columns, 1 + (int)i, CVG_RECORD_TEXT);
    }
    if (columns.wrong) {
        return cvg_link_corrupt(search->link, "series", series);
    }
    if (is_one_of(query, texts[0]) && wanted(query->gate, texts[1]) &&
        wanted(query->app, texts[2]) && wanted(query->verdict, texts[3]) &&
        wanted(query->action, texts[4])) {
        CVG_GROW(search->heads, search->count, search->capacity);
        search->heads[search->count++] = (struct head){.series = series};
    }
    return 0;
}

static int choose_of_all(struct search *search)
{
    sqlite3_stmt *statement = cvg_link_get(search->link, CVG_SQL_SERIES_ALL);
    int rc = statement ? cvg_link_step(search->link, statement) : search->link->error.code;

    while (rc == 1) {
        rc = consider(search, statement);
        if (rc < 0) {
            cvg_link_reset(statement);
            return rc;
        }
        rc = cvg_link_step(search->link, statement);
    }
    return rc;
}

/* The series that one revision is in: found one after the other in the index, by looking behind the
 * last one. */
static int choose_of_revision(struct search *search)
{
    struct cvg_link *link = search->link;
    sqlite3_stmt *next = cvg_link_get(link, CVG_SQL_REVISION_SERIES);
    sqlite3_stmt *one = cvg_link_get(link, CVG_SQL_SERIES_ONE);
    int64_t series = INT64_MIN;
    if (!next || !one) {
        return link->error.code;
    }
    for (;;) {
        sqlite3_bind_text(next, 1, search->query->revision, -1, SQLITE_STATIC);
        sqlite3_bind_int64(next, 2, series);
        int rc = cvg_link_step(link, next);
        if (rc <= 0) {
            return rc;
        }
        series = sqlite3_column_int64(next, 0);
        cvg_link_reset(next);
        sqlite3_bind_int64(one, 1, series);
        rc = cvg_link_step(link, one);
        if (rc == 0) {
            rc = cvg_link_corrupt(link, "series", series);
        } else if (rc == 1) {
            rc = consider(search, one);
            cvg_link_reset(one);
        }
        if (rc < 0) {
            return rc;
        }
    }
}

/* ---- merged ---- */

/* Moves the head to its series' newest row below `before`. 0: there is none. */
static int advance(struct search *search, struct head *head, int64_t before)
{
    struct cvg_link *link = search->link;
    const char *revision = search->query->revision;
    sqlite3_stmt *next =
        cvg_link_get(link, revision ? CVG_SQL_RECORD_NEXT_OF : CVG_SQL_RECORD_NEXT);
    if (!next) {
        return link->error.code;
    }
    sqlite3_bind_int64(next, 1, head->series);
    sqlite3_bind_int64(next, 2, before);
    sqlite3_bind_int64(next, 3, search->from);
    if (revision) {
        sqlite3_bind_text(next, 4, revision, -1, SQLITE_STATIC);
    }
    int rc = cvg_link_step(link, next);
    if (rc == 1) {
        head->number = sqlite3_column_int64(next, 0);
        cvg_link_reset(next);
    }
    return rc;
}

/* Moves the head at `at` down to its place in the heap, whose top is the newest row. */
static void sink(struct search *search, size_t at)
{
    struct head *heads = search->heads;

    for (;;) {
        size_t newest = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < search->count; child++) {
            newest = heads[child].number > heads[newest].number ? child : newest;
        }
        if (newest == at) {
            return;
        }
        struct head moved = heads[at];
        heads[at] = heads[newest];
        heads[newest] = moved;
        at = newest;
    }
}

static int fill_heads(struct search *search)
{
    size_t kept = 0;

    for (size_t i = 0; i < search->count; i++) {
        int rc = advance(search, &search->heads[i], search->before);
        if (rc < 0) {
            return rc;
        }
        if (rc == 1) {
            search->heads[kept++] = search->heads[i];
        }
    }
    search->count = kept;
    for (size_t i = kept / 2; i > 0; i--) {
        sink(search, i - 1);
    }
    return 0;
}

static int merge(struct search *search)
{
    int rc = fill_heads(search);

    while (rc >= 0 && search->count > 0) {
        struct head *top = &search->heads[0];
        rc = show(search, top->number);
        if (rc != 1) {
            return rc;
        }
        rc = advance(search, top, top->number);
        if (rc == 0) {
            search->heads[0] = search->heads[--search->count];
        }
        sink(search, 0);
    }
    return rc;
}

/* ---- the query ---- */

/* Narrows the numbers down to those of blocks that have such times. Returns 0 where there is none. */
static int narrow(struct search *search)
{
    const struct cvg_record_query *query = search->query;
    if (!query->from && !query->until) {
        return 1;
    }
    sqlite3_stmt *statement = cvg_link_get(search->link, CVG_SQL_SPAN_BETWEEN);
    if (!statement) {
        return search->link->error.code;
    }
    sqlite3_bind_int64(statement, 1, query->from ? query->from : INT64_MIN);
    sqlite3_bind_int64(statement, 2, query->until ? query->until : INT64_MAX);
    int rc = cvg_link_step(search->link, statement);
    if (rc != 1) {
        return rc;
    }
    bool some = sqlite3_column_type(statement, 0) == SQLITE_INTEGER;
    int64_t first = sqlite3_column_int64(statement, 0), last = sqlite3_column_int64(statement, 1);
    cvg_link_reset(statement);
    if (!some) {
        return 0;
    }
    if (first < 0 || last > INT64_MAX >> CVG_SQLITE_BLOCK_BITS) {
        return cvg_link_corrupt(search->link, "span", first);
    }
    int64_t end = last == INT64_MAX >> CVG_SQLITE_BLOCK_BITS ? INT64_MAX
                                                             : (last + 1) << CVG_SQLITE_BLOCK_BITS;
    search->from = CVG_MAX(search->from, first << CVG_SQLITE_BLOCK_BITS);
    search->before = CVG_MIN(search->before, end);
    return 1;
}

static int find_by_id(struct search *search)
{
    struct cvg_link *link = search->link;
    sqlite3_stmt *by_id = cvg_link_get(link, CVG_SQL_RECORD_BY_ID);
    if (!by_id) {
        return link->error.code;
    }
    sqlite3_bind_text(by_id, 1, search->query->id, -1, SQLITE_STATIC);
    int rc = cvg_link_step(link, by_id);
    if (rc != 1) {
        return rc;
    }
    int64_t number = sqlite3_column_int64(by_id, 0);
    cvg_link_reset(by_id);
    return show(search, number);
}

/* What is indexed: below the tail. */
static int find_indexed(struct search *search)
{
    const struct cvg_record_query *query = search->query;
    int rc = narrow(search);

    if (rc != 1) {
        return rc;
    }
    if (any_series(query) && !query->revision) {
        return look_through(search, search->from, SIZE_MAX);
    }
    rc = query->revision ? choose_of_revision(search) : choose_of_all(search);
    if (rc < 0) {
        return rc;
    }
    if (search->count > MERGE_AT_ONCE) {
        rc = look_through(search, search->from, LOOK_ROWS);
        if (rc != 1) {
            return rc;
        }
    }
    return merge(search);
}

static int find(struct search *search)
{
    int64_t tail;

    if (search->query->id) {
        return find_by_id(search);
    }
    int rc = cvg_sqlite_tail(search->link, &tail);
    if (rc == 0) {
        rc = tail < search->before ? look_through(search, tail, SIZE_MAX) : 1;
    }
    return rc == 1 ? find_indexed(search) : rc;
}

int cvg_sqlite_find_records(struct cvg_engine *engine, const struct cvg_record_query *query,
                            cvg_see_record *see, void *ctx, enum cvg_store_fault *ret_fault,
                            struct cvg_error *reterr)
{
    struct search search = {
        .query = query,
        .before = query->before && query->before < INT64_MAX ? (int64_t)query->before : INT64_MAX,
        .left = query->limit ? query->limit : CVG_STORE_PAGE,
        .see = see,
        .ctx = ctx,
    };
    int rc = cvg_pool_take(engine, &search.link, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = find(&search);
    free(search.heads);
    return cvg_pool_give(engine, search.link, CVG_MIN(rc, 0), ret_fault, reterr);
}
