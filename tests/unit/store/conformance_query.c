/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries, held against a model that looks at every row: random rows and random filters, always
 * the same ones. The clock of the rows jumps both ways.
 */
#include "conformance.h"

#include "base/alloc.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define RECORDS 7000
#define CHANGES 3000
#define QUERIES 400

/* xorshift: the same numbers each time. */
static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed % below;
}

static const char *const environments[] = {"prod", "stage", "dev", ""};
static const char *const gates[] = {"deploy", "promote", ""};
static const char *const apps[] = {"shop", "cart", "mail", "rare", ""};
static const char *const verdicts[] = {"go", "wait", "halt", "rollback"};
static const char *const actions[] = {CVG_RECORD_DECISION, "accept", "reload"};
static const char *const revisions[] = {"main", "a1", "b2", "c3", ""};
static const char *const names[] = {"api", "db", "queue", ""};

/* The first ones far more often than the last. */
static const char *pick(uint64_t *seed, const char *const *texts, size_t count)
{
    size_t at = 0;

    while (at + 1 < count && draw(seed, 5) == 0) {
        at++;
    }
    return texts[at];
}

#define PICK(seed, texts) pick((seed), (texts), CVG_COUNT(texts))
/* NULL ("any"), or one of them, or one that is nowhere. */
#define WISH(seed, texts)                                                                          \
    (draw((seed), 3) ? NULL                                                                        \
                     : (draw((seed), 20) ? (texts)[draw((seed), CVG_COUNT(texts))] : "nowhere"))

/* Forwards for most rows, now and then far away. */
static int64_t tick(uint64_t *seed, int64_t at)
{
    if (draw(seed, 700) == 0) {
        return 1 + (int64_t)draw(seed, 20000);
    }
    return at + (int64_t)draw(seed, 4);
}

/* ---- records ---- */

struct found {
    uint64_t *numbers;
    size_t count, stop_after;
    bool bodies;
};

static bool keep_record(void *ctx, const struct cvg_record *record)
{
    struct found *found = ctx;

    if (found->bodies != (record->body_length > 0)) {
        fail_msg("record %llu: %zu bytes of body", (unsigned long long)record->number,
                 record->body_length);
    }
    found->numbers[found->count++] = record->number;
    return found->count != found->stop_after;
}

static bool one_of(const char *text, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cvg_text_equal(text, texts[i])) {
            return true;
        }
    }
    return false;
}

static bool wanted(const char *wish, const char *text)
{
    return !wish || cvg_text_equal(wish, text);
}

static bool matches(const struct cvg_record_query *query, const struct cvg_record *row)
{
    return (!query->before || row->number < query->before) &&
           (!query->from || row->at >= query->from) && (!query->until || row->at < query->until) &&
           (!query->environments ||
            one_of(row->environment, query->environments, query->environment_count)) &&
           wanted(query->gate, row->gate) && wanted(query->app, row->app) &&
           wanted(query->revision, row->revision) && wanted(query->verdict, row->verdict) &&
           wanted(query->action, row->action) && wanted(query->id, row->id);
}

static struct cvg_record *make_records(struct conformance *world, uint64_t *seed)
{
    struct cvg_record *rows = cvg_alloc_array(RECORDS, sizeof *rows);
    char(*ids)[24] = cvg_alloc_array(RECORDS, sizeof *ids);
    int64_t at = 5000;

    for (size_t i = 0; i < RECORDS; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "id-%zu", i);
        rows[i] = conformance_record(i + 1, ids[i]);
        at = tick(seed, at);
        rows[i].at = at;
        rows[i].environment = PICK(seed, environments);
        rows[i].gate = PICK(seed, gates);
        rows[i].app = PICK(seed, apps);
        rows[i].verdict = PICK(seed, verdicts);
        rows[i].action = PICK(seed, actions);
        rows[i].revision = PICK(seed, revisions);
        if (i % 97 == 0) {
            conformance_ok(world, world->kind->begin(world->engine, &world->fault, &world->error));
        }
        conformance_ok(world, conformance_add(world, &rows[i]));
        if (i % 97 == 96 || i + 1 == RECORDS) {
            conformance_ok(world, world->kind->commit(world->engine, &world->fault, &world->error));
        }
    }
    return rows;
}

static struct cvg_record_query draw_query(uint64_t *seed, const char *const *some)
{
    struct cvg_record_query query = {
        .gate = WISH(seed, gates),
        .app = WISH(seed, apps),
        .verdict = WISH(seed, verdicts),
        .revision = WISH(seed, revisions),
        .action = WISH(seed, actions),
        .without_body = draw(seed, 2),
    };

    if (draw(seed, 3) == 0) {
        query.environments = some;
        query.environment_count = draw(seed, 3);
    }
    if (draw(seed, 3) == 0) {
        query.before = 1 + draw(seed, RECORDS + 100);
    }
    if (draw(seed, 3) == 0) {
        query.from = 1 + (int64_t)draw(seed, 20000);
    }
    if (draw(seed, 3) == 0) {
        query.until = 1 + (int64_t)draw(seed, 25000);
    }
    if (draw(seed, 40) == 0) {
        query.id = "id-4711";
    }
    query.limit = draw(seed, 4) ? 1 + draw(seed, 40) : 0;
    return query;
}

static void compare(struct conformance *world, const struct cvg_record *rows, size_t first,
                    const struct cvg_record_query *query)
{
    struct found found = {.numbers = cvg_alloc_array(RECORDS, sizeof *found.numbers),
                          .bodies = !query->without_body};
    size_t limit = query->limit ? query->limit : CVG_STORE_PAGE, count = 0;

    conformance_ok(world, world->kind->find_records(world->engine, query, keep_record, &found,
                                                    &world->fault, &world->error));
    for (size_t i = RECORDS; i > first && count < limit; i--) {
        if (matches(query, &rows[i - 1])) {
            assert_true(count < found.count);
            assert_int_equal(found.numbers[count], rows[i - 1].number);
            count++;
        }
    }
    assert_int_equal(found.count, count);
    free(found.numbers);
}

void conformance_records_as_the_model(void **state)
{
    struct conformance *world = *state;
    const char *const some[] = {"stage", "dev", "prod"};
    uint64_t seed = 88172645463325252u;
    struct cvg_record *rows = make_records(world, &seed);

    for (size_t i = 0; i < QUERIES; i++) {
        const struct cvg_record_query query = draw_query(&seed, some);
        compare(world, rows, 0, &query);
    }
    /* The same where the beginning was pruned away. */
    const struct cvg_chain_signed checkpoint = conformance_checkpoint(2500);
    conformance_ok(world, world->kind->begin(world->engine, &world->fault, &world->error));
    conformance_ok(world, world->kind->prune_records(world->engine, &checkpoint, &world->fault,
                                                     &world->error));
    conformance_ok(world, world->kind->commit(world->engine, &world->fault, &world->error));
    for (size_t i = 0; i < QUERIES / 4; i++) {
        const struct cvg_record_query query = draw_query(&seed, some);
        compare(world, rows, 2500, &query);
    }
    free((void *)(uintptr_t)rows[0].id);
    free(rows);
}

/* ---- changes ---- */

struct found_changes {
    struct cvg_change_cursor places[CHANGES];
    size_t count, stop_after;
    const struct cvg_change *rows; /* by number; what each must be */
};

static bool keep_change(void *ctx, const struct cvg_change *change)
{
    struct found_changes *found = ctx;
    const struct cvg_change *row = &found->rows[change->number - 1];

    assert_int_equal(change->at, row->at);
    assert_int_equal(change->kind, row->kind);
    assert_string_equal(change->environment, row->environment);
    assert_string_equal(change->name, row->name);
    assert_string_equal(change->before, row->before);
    assert_string_equal(change->after, row->after);
    assert_string_equal(change->reason, row->reason);
    assert_string_equal(change->message, row->message);
    assert_int_equal(change->kept, row->kept);
    assert_int_equal(change->observed_at, row->observed_at);
    assert_int_equal(change->has_value, row->has_value);
    assert_true(!row->has_value || (change->value <= row->value && change->value >= row->value));
    found->places[found->count++] =
        (struct cvg_change_cursor){.at = change->at, .number = change->number};
    return found->count != found->stop_after;
}

static bool change_matches(const struct cvg_change_query *query, const struct cvg_change *row)
{
    const struct cvg_change_cursor *before = &query->before;

    return cvg_text_equal(query->environment, row->environment) &&
           (!query->kinds || (query->kinds >> row->kind & 1)) && wanted(query->name, row->name) &&
           (!query->from || row->at >= query->from) && (!query->until || row->at < query->until) &&
           (!before->number || row->at < before->at ||
            (row->at == before->at && row->number < before->number));
}

static struct cvg_change *make_changes(struct conformance *world, uint64_t *seed)
{
    struct cvg_change *rows = cvg_alloc_array(CHANGES, sizeof *rows);
    int64_t at = 5000;

    conformance_ok(world, world->kind->begin(world->engine, &world->fault, &world->error));
    for (size_t i = 0; i < CHANGES; i++) {
        at = tick(seed, at);
        rows[i] = conformance_change(at, (uint32_t)(draw(seed, CVG_CHANGE_KINDS) & draw(seed, 8)),
                                     PICK(seed, names));
        rows[i].number = i + 1;
        rows[i].environment = PICK(seed, environments);
        rows[i].kept = draw(seed, 2);
        rows[i].observed_at = draw(seed, 2) ? at - 7 : 0;
        rows[i].has_value = draw(seed, 2);
        rows[i].value = (double)i;
        conformance_ok(
            world, world->kind->add_change(world->engine, &rows[i], &world->fault, &world->error));
    }
    conformance_ok(world, world->kind->commit(world->engine, &world->fault, &world->error));
    return rows;
}

/* The model's answer: the newest of those that match and were not taken yet. */
static const struct cvg_change *newest(const struct cvg_change_query *query,
                                       const struct cvg_change *rows)
{
    const struct cvg_change *best = NULL;

    for (size_t i = 0; i < CHANGES; i++) {
        if (change_matches(query, &rows[i]) && (!best || rows[i].at >= best->at)) {
            best = &rows[i];
        }
    }
    return best;
}

static void compare_changes(struct conformance *world, const struct cvg_change *rows,
                            const struct cvg_change_query *query)
{
    struct found_changes *found = CVG_NEW(struct found_changes);
    struct cvg_change_query left = *query;
    size_t limit = query->limit ? query->limit : CVG_STORE_PAGE, count = 0;

    found->rows = rows;
    conformance_ok(world, world->kind->find_changes(world->engine, query, keep_change, found,
                                                    &world->fault, &world->error));
    for (const struct cvg_change *row; count < limit && (row = newest(&left, rows)); count++) {
        assert_true(count < found->count);
        assert_int_equal(found->places[count].number, row->number);
        left.before = found->places[count];
    }
    assert_int_equal(found->count, count);
    free(found);
}

static struct cvg_change_query draw_change_query(uint64_t *seed, const struct cvg_change *rows)
{
    struct cvg_change_query query = {
        .environment = PICK(seed, environments),
        .kinds = draw(seed, 2) ? 0 : (uint32_t)draw(seed, 1u << CVG_CHANGE_KINDS),
        .name = WISH(seed, names),
        .limit = draw(seed, 8) ? 1 + draw(seed, 30) : 0,
    };

    if (draw(seed, 3) == 0) {
        query.from = 1 + (int64_t)draw(seed, 20000);
    }
    if (draw(seed, 3) == 0) {
        query.until = 1 + (int64_t)draw(seed, 20000);
    }
    if (draw(seed, 2) == 0) {
        const struct cvg_change *row = &rows[draw(seed, CHANGES)];
        query.before = (struct cvg_change_cursor){.at = row->at, .number = row->number};
    }
    return query;
}

void conformance_changes_as_the_model(void **state)
{
    struct conformance *world = *state;
    uint64_t seed = 88172645463325252u;
    struct cvg_change *rows = make_changes(world, &seed);

    for (size_t i = 0; i < QUERIES; i++) {
        const struct cvg_change_query query = draw_change_query(&seed, rows);
        compare_changes(world, rows, &query);
    }
    free(rows);
}

/* ---- pages ---- */

/* Page after page every row comes once, also where rows come meanwhile. */
void conformance_pages_by_cursor(void **state)
{
    struct conformance *world = *state;
    uint64_t numbers[64];
    struct cvg_record_query query = {.app = "shop", .limit = 37};
    uint64_t next = 1000;

    conformance_fill(world, 1, 1000);
    for (;;) {
        struct found found = {.numbers = numbers, .bodies = true};
        conformance_ok(world, world->kind->find_records(world->engine, &query, keep_record, &found,
                                                        &world->fault, &world->error));
        for (size_t i = 0; i < found.count; i++) {
            assert_int_equal(numbers[i], next);
            next--;
        }
        assert_true(found.count <= query.limit);
        if (found.count == 0) {
            break;
        }
        query.before = numbers[found.count - 1];
        conformance_fill(world, 10000 - next * 2, 10000 - next * 2);
    }
    assert_int_equal(next, 0);

    struct found one = {.numbers = numbers, .bodies = true, .stop_after = 1};
    query = (struct cvg_record_query){.app = "shop"};
    conformance_ok(world, world->kind->find_records(world->engine, &query, keep_record, &one,
                                                    &world->fault, &world->error));
    assert_int_equal(one.count, 1);
}
