/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_store PkgConfig::SQLITE Threads::Threads */
/*
 * Durable decisions per second. One thread hands records in and is told of them, as the deciding
 * thread is; so many callers means so many records that are out at any time, each followed by the
 * next one when it is told. Beside it, on the same disk: what syncing costs there, bare SQLite with
 * one INSERT a transaction, and the same store with one transaction each. Then pages of one million
 * rows of history.
 *
 *   bench_store [--dir DIR] [--ms N] [--rounds N] [--rows N]
 *
 * Exits 1 below 20 times one transaction each at 64 callers, or where a page took over 50 ms.
 */
#include "base/alloc.h"
#include "base/time.h"
#include "store/store.h"

#include <convergate/number.h>

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BUDGET_GAIN    20.0
#define BUDGET_PAGE_MS 50.0
#define BODY           600
#define ROUNDS_MAX     16
#define SYNCS          30
#define PAGES          40
#define ROWS_MIN       100000 /* so that each filter finds some */

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "store: %s\n", what);
    (void)fflush(NULL);
    _exit(2);
}

/* ---- figures ---- */

struct figures {
    double rate, cpu_us, rows_per_commit;
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static int64_t cpu_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * CVG_SECOND +
           ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static double ms_of(int64_t ns)
{
    return (double)ns / (double)CVG_MS;
}

/* ---- what syncing costs ---- */

/* Median milliseconds of writing 4 KiB and syncing them: over the same ones, or behind the last. */
static double measure_sync(const char *folder, bool append)
{
    static char block[4096];
    double took[SYNCS];
    char path[512];
    snprintf(path, sizeof path, "%s/sync", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, block, sizeof block, 0) != sizeof block || fsync(fd) != 0) {
        give_up("the folder cannot be written");
    }
    for (size_t i = 0; i < SYNCS; i++) {
        off_t at = append ? (off_t)(sizeof block * (i + 1)) : 0;
        int64_t began = cvg_time_now();
        if (pwrite(fd, block, sizeof block, at) != sizeof block || fdatasync(fd) != 0) {
            give_up("a block was not written");
        }
        took[i] = ms_of(cvg_time_now() - began);
    }
    close(fd);
    unlink(path);
    return median(took, SYNCS);
}

static void remove_store(const char *file)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".head", ".key", ".lock"};
    for (size_t i = 0; i < CVG_COUNT(suffixes); i++) {
        char path[512];
        snprintf(path, sizeof path, "%s%s", file, suffixes[i]);
        unlink(path);
    }
}

/* ---- bare SQLite ---- */

static struct figures run_bare(const char *file, const char *body, int64_t for_ns)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    size_t rows = 0;
    remove_store(file);
    if (sqlite3_open(file, &db) != SQLITE_OK ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "CREATE TABLE row (number INTEGER PRIMARY KEY, body TEXT NOT NULL)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO row (body) VALUES (?)", -1, &insert, NULL) !=
            SQLITE_OK) {
        give_up("bare SQLite does not open");
    }
    int64_t began = cvg_time_now(), cpu = cpu_now();
    while (cvg_time_now() - began < for_ns) {
        sqlite3_bind_text(insert, 1, body, BODY, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) {
            give_up("bare SQLite does not write");
        }
        sqlite3_reset(insert);
        rows++;
    }
    double seconds = (double)(cvg_time_now() - began) / (double)CVG_SECOND;
    struct figures figures = {(double)rows / seconds,
                              (double)(cpu_now() - cpu) / 1000 / (double)rows, 1};
    sqlite3_finalize(insert);
    sqlite3_close(db);
    remove_store(file);
    return figures;
}

/* ---- the store ---- */

/* Between the store's thread and the one that hands in: how many were told since. */
struct desk {
    pthread_mutex_t lock;
    pthread_cond_t told;
    size_t back, failed;
};

static void on_done(void *ctx, int rc, const struct cvg_chain_point *point)
{
    struct desk *desk = ctx;
    (void)point;
    pthread_mutex_lock(&desk->lock);
    desk->failed += rc != 0;
    if (desk->back++ == 0) {
        pthread_cond_signal(&desk->told);
    }
    pthread_mutex_unlock(&desk->lock);
}

static void append(struct cvg_store *store, const char *body, struct desk *desk)
{
    char id[CVG_RECORD_ID];
    int64_t wall = cvg_time_wall();
    cvg_record_id(wall, id);
    const struct cvg_record record = {
        .at = wall,
        .id = id,
        .action = CVG_RECORD_DECISION,
        .actor = "token:ci",
        .environment = "prod",
        .gate = "deploy",
        .app = "shop",
        .revision = "4f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192",
        .verdict = "go",
        .target = "",
        .body = body,
        .body_length = BODY,
    };
    cvg_store_append(store, &record, on_done, desk);
}

static struct cvg_store *open_store(const char *file, size_t batch)
{
    const struct cvg_store_options options = {
        .file = file, .batch = batch, .inspect_after_ns = 24 * 60 * CVG_MINUTE};
    struct cvg_store *store;
    struct cvg_store_status status;
    struct cvg_error error;
    if (cvg_store_new(&options, &store, &error) != 0) {
        give_up(error.text);
    }
    cvg_store_status(store, &status);
    if (!status.available) {
        give_up(status.why);
    }
    return store;
}

static struct figures run_store(const char *file, const char *body, size_t batch, size_t callers,
                                int64_t for_ns)
{
    struct desk desk = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0};
    struct cvg_store_status before, after;
    remove_store(file);
    struct cvg_store *store = open_store(file, batch);
    cvg_store_status(store, &before);
    int64_t began = cvg_time_now(), cpu = cpu_now();
    size_t told = 0, out = callers;
    for (size_t i = 0; i < callers; i++) {
        append(store, body, &desk);
    }
    while (out > 0) {
        pthread_mutex_lock(&desk.lock);
        while (desk.back == 0) {
            pthread_cond_wait(&desk.told, &desk.lock);
        }
        size_t back = desk.back;
        desk.back = 0;
        pthread_mutex_unlock(&desk.lock);
        told += back;
        out -= back;
        if (cvg_time_now() - began < for_ns) {
            for (size_t i = 0; i < back; i++, out++) {
                append(store, body, &desk);
            }
        }
    }
    double seconds = (double)(cvg_time_now() - began) / (double)CVG_SECOND;
    double cpu_us = (double)(cpu_now() - cpu) / 1000 / (double)told;
    cvg_store_status(store, &after);
    cvg_store_free(store);
    remove_store(file);
    if (desk.failed) {
        give_up("records were refused");
    }
    return (struct figures){(double)told / seconds, cpu_us,
                            (double)told / (double)(after.commits - before.commits)};
}

/* ---- pages of history ---- */

static const char *const names[] = {"api", "nodes", "errors", "network", "queue", "rare"};

static void write_history(struct cvg_store *store, size_t rows, int64_t start)
{
    enum {
        CHUNK = 1000
    };

    static struct cvg_change changes[CHUNK];
    for (size_t i = 0; i < rows; i += CHUNK) {
        size_t count = CVG_MIN((size_t)CHUNK, rows - i);
        for (size_t j = 0; j < count; j++) {
            size_t number = i + j;
            changes[j] = (struct cvg_change){
                .at = start + (int64_t)number * CVG_SECOND,
                .kind = number % 17 == 0 ? CVG_CHANGE_VERDICT : CVG_CHANGE_STATUS,
                .environment = number % 10 == 9 ? "stage" : "prod",
                .name = number % 50021 == 0 ? names[5] : names[number % 5],
                .before = number % 2 ? "ready" : "degraded",
                .after = number % 2 ? "degraded" : "ready",
                .reason = "OverThreshold",
                .message = "0.0132, wanted < 0.01 over 5m",
                .has_value = true,
                .value = (double)number / 1000,
            };
        }
        cvg_store_change(store, changes, count);
        if (!cvg_store_flush(store, cvg_time_now() + CVG_MINUTE)) {
            give_up("history was not written");
        }
    }
}

/* Prints one line, and remembers the worst of all pages. */
static void run_pages(struct cvg_store *store, const char *what, struct cvg_change_query query,
                      size_t want, double *worst_of_all)
{
    double took[PAGES], worst = 0;
    size_t count = 0;
    for (size_t i = 0; i < PAGES; i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_change_page page;
        struct cvg_error error;
        int64_t began = cvg_time_now();
        if (cvg_store_changes(store, &query, arena, &page, &error) != 0) {
            give_up(error.text);
        }
        took[i] = ms_of(cvg_time_now() - began);
        worst = CVG_MAX(worst, took[i]);
        count = CVG_MAX(count, page.count);
        /* The next page, where there is one, so that not all of them are the same. */
        query.before = (struct cvg_change_cursor){0};
        if (page.more) {
            query.before.at = page.rows[page.count - 1].at;
            query.before.number = page.rows[page.count - 1].number;
        }
    }
    if (count < want) {
        give_up("a page has fewer rows than it must have");
    }
    printf("page, %-36s %4zu rows: median %6.2f ms, worst %6.2f ms\n", what, count,
           median(took, PAGES), worst);
    *worst_of_all = CVG_MAX(*worst_of_all, worst);
}

static double run_history(const char *file, size_t rows)
{
    int64_t start = cvg_time_wall() - (int64_t)rows * CVG_SECOND;
    remove_store(file);
    struct cvg_store *store = open_store(file, 0);
    int64_t began = cvg_time_now();
    write_history(store, rows, start);
    double seconds = (double)(cvg_time_now() - began) / (double)CVG_SECOND;
    struct cvg_store_status status;
    cvg_store_free(store);
    store = open_store(file, 0);
    cvg_store_status(store, &status);
    printf("history: %zu rows in %.1f s, %.1f us a row\n", rows, seconds,
           seconds * 1e6 / (double)rows);
    struct cvg_change_query query = {.environment = "prod"};
    double worst = 0;
    run_pages(store, "newest first", query, CVG_STORE_PAGE, &worst);
    query.name = "api";
    run_pages(store, "one check", query, CVG_STORE_PAGE, &worst);
    query.name = "rare";
    run_pages(store, "a check that hardly changes", query, 1, &worst);
    query.name = NULL;
    query.kinds = 1u << CVG_CHANGE_VERDICT;
    run_pages(store, "verdicts", query, CVG_STORE_PAGE, &worst);
    query.kinds = 1u << CVG_CHANGE_PHASE;
    run_pages(store, "a kind that never came", query, 0, &worst);
    query.kinds = 0;
    query.from = start + (int64_t)rows / 10 * CVG_SECOND;
    query.until = query.from + (int64_t)rows / 2 * CVG_SECOND;
    run_pages(store, "a time long ago", query, CVG_STORE_PAGE, &worst);
    query.name = "errors";
    query.kinds = 1u << CVG_CHANGE_VERDICT;
    run_pages(store, "the same, verdicts of one name", query, 1, &worst);
    query = (struct cvg_change_query){.environment = "none"};
    run_pages(store, "an environment that is not there", query, 0, &worst);
    cvg_store_free(store);
    remove_store(file);
    return worst;
}

/* ---- all of it ---- */

static const char *text_option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return argv[i + 1];
        }
    }
    return otherwise;
}

static size_t option(int argc, char **argv, const char *name, size_t otherwise)
{
    const char *text = text_option(argc, argv, name, "");
    uint64_t value = 0;
    return cvg_parse_uint64(text, strlen(text), &value) == 0 && value > 0 ? (size_t)value
                                                                          : otherwise;
}

/* What is measured: bare, one transaction each, and the store with so many callers. */
static const struct {
    const char *name;
    bool bare;
    size_t batch, callers;
} runs[] = {
    {"the store, one transaction each", false, 1, 64},
    {"bare SQLite, one transaction each", true, 1, 1},
    {"the store, 64 callers", false, 0, 64},
    {"the store, 1 caller", false, 0, 1},
    {"the store, 8 callers", false, 0, 8},
    {"the store, 512 callers", false, 0, 512},
};

enum {
    ONE_EACH = 0,
    BARE = 1,
    AT_64 = 2,
    RUNS = CVG_COUNT(runs)
};

int main(int argc, char **argv)
{
    static char body[BODY + 1];
    double rates[RUNS][ROUNDS_MAX] = {0}, cpus[RUNS][ROUNDS_MAX] = {0}, rows[RUNS] = {0};
    double of_one[RUNS][ROUNDS_MAX] = {0}, of_bare[RUNS][ROUNDS_MAX] = {0}, gains[RUNS] = {0};
    double over[ROUNDS_MAX] = {0}, behind[ROUNDS_MAX] = {0};
    size_t rounds = CVG_MIN(option(argc, argv, "--rounds", 9), ROUNDS_MAX);
    int64_t for_ns = (int64_t)option(argc, argv, "--ms", 250) * CVG_MS;
    const char *slash = strrchr(argv[0], '/');
    char folder[400], file[420];
    int length = slash ? (int)(slash - argv[0]) : 1;
    /* Beside the program, since /tmp may be in memory. */
    snprintf(folder, sizeof folder, "%.*s/store-XXXXXX", slash ? length : 1, slash ? argv[0] : ".");
    const char *dir = text_option(argc, argv, "--dir", NULL);
    if (dir) {
        snprintf(folder, sizeof folder, "%s/store-XXXXXX", dir);
    }
    if (!mkdtemp(folder)) {
        give_up("the folder cannot be made");
    }
    snprintf(file, sizeof file, "%s/store.db", folder);
    memset(body, 'x', BODY);
    for (size_t round = 0; round < rounds; round++) {
        over[round] = measure_sync(folder, false);
        behind[round] = measure_sync(folder, true);
        for (size_t i = 0; i < RUNS; i++) {
            struct figures figures =
                runs[i].bare ? run_bare(file, body, for_ns)
                             : run_store(file, body, runs[i].batch, runs[i].callers, for_ns);
            rates[i][round] = figures.rate;
            cpus[i][round] = figures.cpu_us;
            rows[i] = figures.rows_per_commit;
        }
        for (size_t i = 0; i < RUNS; i++) {
            of_one[i][round] = rates[i][round] / rates[ONE_EACH][round];
            of_bare[i][round] = rates[i][round] / rates[BARE][round];
        }
    }
    printf("fdatasync of 4 KiB: overwritten %.3f ms, appended %.3f ms (medians over all rounds)\n",
           median(over, rounds), median(behind, rounds));
    /* Of each round by itself: what else the disk does changes from second to second. */
    for (size_t i = 0; i < RUNS; i++) {
        gains[i] = median(of_one[i], rounds);
        printf("%-34s %8.0f a second, CPU %6.2f us a row, %6.1f rows a commit, "
               "%5.1f x one each, %5.1f x bare\n",
               runs[i].name, median(rates[i], rounds), median(cpus[i], rounds), rows[i], gains[i],
               median(of_bare[i], rounds));
    }
    double worst =
        run_history(file, CVG_MAX(option(argc, argv, "--rows", 1000000), (size_t)ROWS_MIN));
    rmdir(folder);
    double gain = gains[AT_64];
    printf("store, 64 callers: %.1f x one transaction each (budget %.0f); worst page of history "
           "%.1f ms (budget %.0f)\n",
           gain, BUDGET_GAIN, worst, BUDGET_PAGE_MS);
    return gain >= BUDGET_GAIN && worst <= BUDGET_PAGE_MS ? 0 : 1;
}
