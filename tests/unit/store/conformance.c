/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance.h"

#include "base/alloc.h"
#include "base/text.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the world ---- */

static void open_engine(struct conformance *world, bool read_only)
{
    conformance_ok(world, world->kind->open(world->place, read_only, &world->engine, &world->fault,
                                            &world->error));
}

int conformance_setup(void **state)
{
    struct conformance *world = CVG_NEW(struct conformance);

    world->kind = *state;
    folder_make(&world->folder);
    (void)snprintf(world->place, sizeof world->place, "%s/store", world->folder.path);
    open_engine(world, false);
    *state = world;
    return 0;
}

int conformance_teardown(void **state)
{
    struct conformance *world = *state;

    if (world->engine) {
        world->kind->close(world->engine);
    }
    folder_remove(&world->folder);
    free(world);
    return 0;
}

void conformance_check(struct conformance *world, int rc, const char *call, const char *file,
                       int line)
{
    if (rc < 0) {
        print_error("%s: %s (%s)\n", call, world->error.text, cvg_store_fault_text(world->fault));
        _fail(file, line);
    }
}

void conformance_reopen(struct conformance *world, bool read_only)
{
    world->kind->close(world->engine);
    world->engine = NULL;
    open_engine(world, read_only);
}

struct cvg_record conformance_record(uint64_t number, const char *id)
{
    struct cvg_record record = {.number = number,
                                .at = 1000 + (int64_t)number,
                                .id = id,
                                .action = CVG_RECORD_DECISION,
                                .actor = "token:ci",
                                .environment = "prod",
                                .gate = "deploy",
                                .app = "shop",
                                .revision = "abc",
                                .verdict = "go",
                                .target = "",
                                .body = "{\"verdict\": \"go\"}",
                                .body_length = 17};

    memcpy(record.hash, &number, sizeof number);
    record.question[0] = 1;
    record.outcome[CVG_SHA256_SIZE - 1] = 2;
    return record;
}

struct cvg_change conformance_change(int64_t at, uint32_t kind, const char *name)
{
    return (struct cvg_change){.at = at,
                               .kind = kind,
                               .environment = "prod",
                               .name = name,
                               .before = "ready",
                               .after = "failed",
                               .reason = "Threshold",
                               .message = "0.3 is not < 0.01",
                               .has_value = true,
                               .value = 0.3,
                               .kept = true,
                               .observed_at = at - 7};
}

int conformance_add(struct conformance *world, const struct cvg_record *record)
{
    return world->kind->add_record(world->engine, record, &world->fault, &world->error);
}

static void begin(struct conformance *world)
{
    conformance_ok(world, world->kind->begin(world->engine, &world->fault, &world->error));
}

static void commit(struct conformance *world)
{
    conformance_ok(world, world->kind->commit(world->engine, &world->fault, &world->error));
}

void conformance_fill(struct conformance *world, uint64_t first, uint64_t last)
{
    begin(world);
    for (uint64_t number = first; number <= last; number++) {
        char id[32];
        (void)snprintf(id, sizeof id, "id-%llu", (unsigned long long)number);
        struct cvg_record record = conformance_record(number, id);
        conformance_ok(world, conformance_add(world, &record));
    }
    commit(world);
}

struct cvg_chain_signed conformance_checkpoint(uint64_t number)
{
    struct cvg_chain_signed checkpoint = {.point.number = number, .at = 77};

    memcpy(checkpoint.point.hash, &number, sizeof number);
    memset(checkpoint.signature, 7, sizeof checkpoint.signature);
    return checkpoint;
}

static bool count_record(void *ctx, const struct cvg_record *record)
{
    size_t *count = ctx;

    (void)record;
    (*count)++;
    return true;
}

size_t conformance_count(struct conformance *world)
{
    size_t count = 0;

    conformance_ok(world, world->kind->walk_records(world->engine, 0, count_record, &count,
                                                    &world->fault, &world->error));
    return count;
}

static uint64_t last_number(struct conformance *world)
{
    struct cvg_chain_point point;

    conformance_ok(world, world->kind->last(world->engine, &point, &world->fault, &world->error));
    return point.number;
}

/* ---- rows ---- */

struct walk {
    struct cvg_record want;
    uint64_t last;
    size_t count, stop_after;
};

static bool is_as_wanted(void *ctx, const struct cvg_record *got)
{
    const struct cvg_record *want = &((struct walk *)ctx)->want;

    ((struct walk *)ctx)->count++;
    assert_int_equal(got->number, want->number);
    assert_int_equal(got->at, want->at);
    assert_string_equal(got->id, want->id);
    assert_string_equal(got->action, want->action);
    assert_string_equal(got->actor, want->actor);
    assert_string_equal(got->environment, want->environment);
    assert_string_equal(got->gate, want->gate);
    assert_string_equal(got->app, want->app);
    assert_string_equal(got->revision, want->revision);
    assert_string_equal(got->verdict, want->verdict);
    assert_string_equal(got->target, want->target);
    assert_int_equal(got->body_length, want->body_length);
    assert_memory_equal(got->body, want->body, want->body_length);
    assert_memory_equal(got->question, want->question, sizeof want->question);
    assert_memory_equal(got->outcome, want->outcome, sizeof want->outcome);
    assert_memory_equal(got->hash, want->hash, sizeof want->hash);
    return true;
}

static void comes_back(struct conformance *world, const struct cvg_record *record)
{
    struct walk walk = {.want = *record};
    const struct cvg_record_query query = {.id = record->id};

    conformance_ok(world, world->kind->find_records(world->engine, &query, is_as_wanted, &walk,
                                                    &world->fault, &world->error));
    conformance_ok(world, world->kind->walk_records(world->engine, record->number - 1, is_as_wanted,
                                                    &walk, &world->fault, &world->error));
    assert_int_equal(walk.count, 2);
}

static void a_record_comes_back_as_it_was(void **state)
{
    struct conformance *world = *state;
    static const char body[] = "with\0a NUL\0and \xc3\xa4";
    char *text = cvg_alloc(CVG_RECORD_TEXT + 1), *most = cvg_alloc(CVG_RECORD_BODY);
    memset(text, 't', CVG_RECORD_TEXT);
    memset(most, 'b', CVG_RECORD_BODY);
    struct cvg_record plain = conformance_record(1, "plain"), nul = conformance_record(2, "nul");
    struct cvg_record empty = {.number = 3,
                               .id = "empty",
                               .action = "",
                               .actor = "",
                               .environment = "",
                               .gate = "",
                               .app = "",
                               .revision = "",
                               .verdict = "",
                               .target = "",
                               .body = ""};
    struct cvg_record full = conformance_record(4, text);
    nul.body = body;
    nul.body_length = sizeof body - 1;
    full.at = INT64_MAX;
    full.action = full.actor = full.environment = full.gate = full.app = text;
    full.revision = full.verdict = full.target = text;
    full.body = most;
    full.body_length = CVG_RECORD_BODY;
    const struct cvg_record *const rows[] = {&plain, &nul, &empty, &full};

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        begin(world);
        conformance_ok(world, conformance_add(world, rows[i]));
        commit(world);
    }
    conformance_reopen(world, false);
    struct walk walk = {.want = full};
    conformance_ok(world, world->kind->walk_records(world->engine, 3, is_as_wanted, &walk,
                                                    &world->fault, &world->error));
    for (size_t i = 0; i + 1 < CVG_COUNT(rows); i++) {
        struct walk one = {.want = *rows[i]};
        const struct cvg_record_query query = {.id = rows[i]->id};
        conformance_ok(world, world->kind->find_records(world->engine, &query, is_as_wanted, &one,
                                                        &world->fault, &world->error));
        assert_int_equal(one.count, 1);
    }
    comes_back(world, &full);
    free(most);
    free(text);
}

static bool is_next(void *ctx, const struct cvg_record *record)
{
    struct walk *walk = ctx;

    assert_true(record->number > walk->last);
    walk->last = record->number;
    walk->count++;
    return walk->count != walk->stop_after;
}

/* Enough rows for whatever an engine reads or keeps in pieces. */
#define MANY 5000

static void a_walk_is_in_order_and_ends_where_it_is_told(void **state)
{
    struct conformance *world = *state;
    struct walk all = {.last = 0}, half = {.last = MANY / 2}, some = {.stop_after = 3};
    conformance_fill(world, 1, MANY);

    conformance_ok(world, world->kind->walk_records(world->engine, 0, is_next, &all, &world->fault,
                                                    &world->error));
    conformance_ok(world, world->kind->walk_records(world->engine, MANY / 2, is_next, &half,
                                                    &world->fault, &world->error));
    conformance_ok(world, world->kind->walk_records(world->engine, 0, is_next, &some, &world->fault,
                                                    &world->error));
    assert_int_equal(all.count, MANY);
    assert_int_equal(half.count, MANY / 2);
    assert_int_equal(some.count, 3);
    assert_int_equal(some.last, 3);
}

static void a_number_or_an_id_is_taken_once(void **state)
{
    struct conformance *world = *state;
    struct cvg_record first = conformance_record(1, "a"), number = conformance_record(1, "b");
    struct cvg_record id = conformance_record(2, "a"), good = conformance_record(2, "b");

    begin(world);
    conformance_ok(world, conformance_add(world, &first));
    assert_int_equal(conformance_add(world, &number), CVG_E_EXISTS);
    assert_int_equal(conformance_add(world, &id), CVG_E_EXISTS);
    commit(world);
    conformance_reopen(world, false);
    begin(world);
    assert_int_equal(conformance_add(world, &number), CVG_E_EXISTS);
    assert_int_equal(conformance_add(world, &id), CVG_E_EXISTS);
    conformance_ok(world, conformance_add(world, &good));
    commit(world);
    assert_int_equal(conformance_count(world), 2);
    comes_back(world, &good);
}

static void what_is_too_long_is_refused_and_the_rest_goes_on(void **state)
{
    struct conformance *world = *state;
    char *text = cvg_alloc(CVG_RECORD_TEXT + 2), *body = cvg_alloc(CVG_RECORD_BODY + 1);
    memset(text, 't', CVG_RECORD_TEXT + 1);
    memset(body, 'b', CVG_RECORD_BODY + 1);
    struct cvg_record good = conformance_record(1, "a"), row = conformance_record(2, "b");
    const char **const texts[] = {&row.id,          &row.action,  &row.actor,
                                  &row.environment, &row.gate,    &row.app,
                                  &row.revision,    &row.verdict, &row.target};

    begin(world);
    conformance_ok(world, conformance_add(world, &good));
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        const char *kept = *texts[i];
        *texts[i] = text;
        assert_int_equal(conformance_add(world, &row), CVG_E_TOO_LARGE);
        *texts[i] = kept;
    }
    struct cvg_record big = row;
    big.body = body;
    big.body_length = CVG_RECORD_BODY + 1;
    assert_int_equal(conformance_add(world, &big), CVG_E_TOO_LARGE);
    conformance_ok(world, conformance_add(world, &row));
    commit(world);
    assert_int_equal(conformance_count(world), 2);
    free(body);
    free(text);
}

/* ---- transactions ---- */

static void nothing_is_left_of_what_was_rolled_back(void **state)
{
    struct conformance *world = *state;
    const struct cvg_record record = conformance_record(11, "b");
    const struct cvg_note note = {.kind = CVG_NOTE_STEADY, .key = "k", .bytes = "1", .length = 1};
    const struct cvg_change change = conformance_change(1, CVG_CHANGE_STATUS, "api");
    struct cvg_engine_sizes sizes;
    struct walk walk = {0};

    conformance_fill(world, 1, 10);
    world->kind->rollback(world->engine);
    for (int round = 0; round < 2; round++) {
        begin(world);
        conformance_ok(world, conformance_add(world, &record));
        conformance_ok(world,
                       world->kind->put_note(world->engine, &note, &world->fault, &world->error));
        conformance_ok(
            world, world->kind->add_change(world->engine, &change, &world->fault, &world->error));
        if (round == 0) {
            world->kind->rollback(world->engine);
        } else {
            conformance_reopen(world, false);
        }
        assert_int_equal(conformance_count(world), 10);
        assert_int_equal(last_number(world), 10);
        conformance_ok(world,
                       world->kind->sizes(world->engine, &sizes, &world->fault, &world->error));
        assert_int_equal(sizes.records, 10);
        assert_int_equal(sizes.changes, 0);
    }
    const struct cvg_record_query verdict = {.verdict = "go", .limit = 1};
    conformance_ok(world, world->kind->find_records(world->engine, &verdict, is_next, &walk,
                                                    &world->fault, &world->error));
    assert_int_equal(walk.last, 10);
}

static void what_was_committed_survives(void **state)
{
    struct conformance *world = *state;

    for (uint64_t number = 1; number <= 5; number++) {
        conformance_fill(world, number, number);
        conformance_reopen(world, false);
        assert_int_equal(last_number(world), number);
        assert_int_equal(conformance_count(world), number);
    }
}

static void a_write_without_a_transaction_is_refused(void **state)
{
    struct conformance *world = *state;
    const struct cvg_record record = conformance_record(1, "a");

    assert_int_equal(conformance_add(world, &record), CVG_E_BUG);
    assert_int_equal(world->kind->commit(world->engine, &world->fault, &world->error), CVG_E_BUG);
    begin(world);
    assert_int_equal(world->kind->begin(world->engine, &world->fault, &world->error), CVG_E_BUG);
    conformance_ok(world, conformance_add(world, &record));
    commit(world);
    assert_int_equal(conformance_count(world), 1);
}

struct reader {
    struct conformance *world;
    pthread_t thread;
    _Atomic bool *stop;
    uint64_t seen; /* the last number it saw */
    bool wrong;
};

/* Only whole transactions of ten rows are ever there, and none goes away again. */
static void *read_on(void *ctx)
{
    struct reader *reader = ctx;
    struct conformance *world = reader->world;
    enum cvg_store_fault fault;
    struct cvg_error error;

    while (!*reader->stop && !reader->wrong) {
        struct cvg_chain_point point;
        size_t count = 0;
        if (world->kind->last(world->engine, &point, &fault, &error) < 0 ||
            world->kind->walk_records(world->engine, 0, count_record, &count, &fault, &error) < 0) {
            reader->wrong = true;
            break;
        }
        reader->wrong = point.number % 10 != 0 || point.number < reader->seen ||
                        count < point.number || count % 10 != 0;
        reader->seen = point.number;
    }
    return NULL;
}

static void readers_see_what_is_committed_and_nothing_else(void **state)
{
    struct conformance *world = *state;
    _Atomic bool stop = false;
    struct reader readers[6];

    begin(world);
    const struct cvg_record open_row = conformance_record(1000, "open");
    conformance_ok(world, conformance_add(world, &open_row));
    assert_int_equal(conformance_count(world), 0);
    assert_int_equal(last_number(world), 0);
    world->kind->rollback(world->engine);

    for (size_t i = 0; i < CVG_COUNT(readers); i++) {
        readers[i] = (struct reader){.world = world, .stop = &stop};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
    }
    for (uint64_t number = 1; number <= 200; number += 10) {
        conformance_fill(world, number, number + 9);
    }
    stop = true;
    for (size_t i = 0; i < CVG_COUNT(readers); i++) {
        pthread_join(readers[i].thread, NULL);
        assert_false(readers[i].wrong);
    }
    assert_int_equal(conformance_count(world), 200);
}

/* ---- notes ---- */

struct notes {
    char text[256];
};

static bool write_note(void *ctx, const struct cvg_note *note)
{
    struct notes *notes = ctx;
    size_t length = strlen(notes->text);

    (void)snprintf(notes->text + length, sizeof notes->text - length, "%s=%.*s;", note->key,
                   (int)note->length, (const char *)note->bytes);
    return true;
}

static void notes_are(struct conformance *world, enum cvg_note_kind kind, const char *want)
{
    struct notes notes = {.text = ""};

    conformance_ok(world, world->kind->walk_notes(world->engine, kind, write_note, &notes,
                                                  &world->fault, &world->error));
    assert_string_equal(notes.text, want);
}

static void put(struct conformance *world, enum cvg_note_kind kind, const char *key,
                const char *text)
{
    const struct cvg_note note = {.kind = kind, .key = key, .bytes = text, .length = strlen(text)};

    begin(world);
    conformance_ok(world,
                   world->kind->put_note(world->engine, &note, &world->fault, &world->error));
    commit(world);
}

static void a_note_is_replaced_and_forgotten(void **state)
{
    struct conformance *world = *state;

    put(world, CVG_NOTE_STEADY, "prod api", "1");
    put(world, CVG_NOTE_BREAKER, "prod api", "b");
    put(world, CVG_NOTE_STEADY, "prod api", "two");
    put(world, CVG_NOTE_STEADY, "never there", "");
    notes_are(world, CVG_NOTE_STEADY, "prod api=two;");
    notes_are(world, CVG_NOTE_BREAKER, "prod api=b;");
    notes_are(world, CVG_NOTE_MEMORY, "");
    conformance_reopen(world, false);
    notes_are(world, CVG_NOTE_STEADY, "prod api=two;");
    put(world, CVG_NOTE_STEADY, "prod api", "");
    notes_are(world, CVG_NOTE_STEADY, "");
    notes_are(world, CVG_NOTE_BREAKER, "prod api=b;");
}

static bool has_all_bytes(void *ctx, const struct cvg_note *note)
{
    const unsigned char *bytes = note->bytes;

    assert_int_equal(note->length, 256);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(bytes[i], i);
    }
    (*(size_t *)ctx)++;
    return true;
}

static void a_note_may_hold_any_byte(void **state)
{
    struct conformance *world = *state;
    unsigned char bytes[256];
    size_t count = 0;

    for (unsigned i = 0; i < 256; i++) {
        bytes[i] = (unsigned char)i;
    }
    const struct cvg_note note = {
        .kind = CVG_NOTE_MEMORY, .key = "k", .bytes = bytes, .length = sizeof bytes};
    begin(world);
    conformance_ok(world,
                   world->kind->put_note(world->engine, &note, &world->fault, &world->error));
    commit(world);
    conformance_ok(world, world->kind->walk_notes(world->engine, CVG_NOTE_MEMORY, has_all_bytes,
                                                  &count, &world->fault, &world->error));
    assert_int_equal(count, 1);
}

/* ---- retention ---- */

static bool is_checkpoint(void *ctx, const struct cvg_chain_signed *got)
{
    uint64_t *numbers = ctx;
    const struct cvg_chain_signed want = conformance_checkpoint(got->point.number);

    assert_true(got->point.number > *numbers);
    *numbers = got->point.number;
    assert_int_equal(got->at, want.at);
    assert_memory_equal(got->point.hash, want.point.hash, sizeof want.point.hash);
    assert_memory_equal(got->signature, want.signature, sizeof want.signature);
    return true;
}

static int prune(struct conformance *world, uint64_t number)
{
    const struct cvg_chain_signed checkpoint = conformance_checkpoint(number);
    begin(world);
    int rc = world->kind->prune_records(world->engine, &checkpoint, &world->fault, &world->error);
    if (rc < 0) {
        world->kind->rollback(world->engine);
        return rc;
    }
    commit(world);
    return 0;
}

static void pruning_leaves_a_checkpoint(void **state)
{
    struct conformance *world = *state;
    struct walk walk = {.last = 100};
    uint64_t checkpoint = 0;

    conformance_fill(world, 1, MANY);
    conformance_ok(world, prune(world, 100));
    assert_int_equal(conformance_count(world), MANY - 100);
    conformance_ok(world, prune(world, 3000));
    assert_int_equal(prune(world, 3000), CVG_E_EXISTS);
    assert_int_equal(prune(world, 200), CVG_E_EXISTS);
    conformance_reopen(world, false);
    assert_int_equal(conformance_count(world), MANY - 3000);
    assert_int_equal(last_number(world), MANY);
    conformance_ok(world, world->kind->walk_records(world->engine, 0, is_next, &walk, &world->fault,
                                                    &world->error));
    assert_int_equal(walk.last, MANY);
    conformance_ok(world, world->kind->walk_checkpoints(world->engine, is_checkpoint, &checkpoint,
                                                        &world->fault, &world->error));
    assert_int_equal(checkpoint, 3000);
}

struct checkpoints {
    uint64_t first, last, count;
};

static bool count_checkpoint(void *ctx, const struct cvg_chain_signed *got)
{
    struct checkpoints *found = ctx;

    found->first = found->first ? found->first : got->point.number;
    found->count++;
    return is_checkpoint(&found->last, got);
}

static struct checkpoints checkpoints_of(struct conformance *world)
{
    struct checkpoints found = {0};

    conformance_ok(world, world->kind->walk_checkpoints(world->engine, count_checkpoint, &found,
                                                        &world->fault, &world->error));
    return found;
}

static void the_newest_checkpoints_stay(void **state)
{
    struct conformance *world = *state;
    const uint64_t many = CVG_STORE_CHECKPOINTS, more = 7;

    conformance_fill(world, 1, MANY);
    for (uint64_t number = 1; number <= many; number++) {
        conformance_ok(world, prune(world, number));
    }
    struct checkpoints found = checkpoints_of(world);
    assert_int_equal(found.first, 1);
    assert_int_equal(found.count, many);
    for (uint64_t number = many + 1; number <= many + more; number++) {
        conformance_ok(world, prune(world, number));
    }
    conformance_reopen(world, false);
    found = checkpoints_of(world);
    assert_int_equal(found.first, more + 1);
    assert_int_equal(found.last, many + more);
    assert_int_equal(found.count, many);
    assert_int_equal(conformance_count(world), MANY - many - more);
}

static void the_chain_goes_on_behind_its_last_checkpoint(void **state)
{
    struct conformance *world = *state;
    struct cvg_chain_point point;
    const struct cvg_chain_signed checkpoint = conformance_checkpoint(MANY);

    assert_int_equal(last_number(world), 0);
    conformance_fill(world, 1, MANY);
    conformance_ok(world, prune(world, MANY));
    conformance_reopen(world, false);
    assert_int_equal(conformance_count(world), 0);
    conformance_ok(world, world->kind->last(world->engine, &point, &world->fault, &world->error));
    assert_int_equal(point.number, MANY);
    assert_memory_equal(point.hash, checkpoint.point.hash, sizeof point.hash);
    conformance_fill(world, MANY + 1, MANY + 3000);
    assert_int_equal(conformance_count(world), 3000);
    assert_int_equal(last_number(world), MANY + 3000);
}

static uint64_t prune_changes(struct conformance *world, int64_t before, uint64_t limit)
{
    uint64_t count = 0;

    begin(world);
    conformance_ok(world, world->kind->prune_changes(world->engine, before, limit, &count,
                                                     &world->fault, &world->error));
    commit(world);
    return count;
}

static bool keep_last_change(void *ctx, const struct cvg_change *change)
{
    struct cvg_change_cursor *last = ctx;

    *last = (struct cvg_change_cursor){.at = change->at, .number = change->number};
    return true;
}

static void the_oldest_changes_go_first(void **state)
{
    struct conformance *world = *state;
    static const int64_t times[] = {50, 10, 40, 20, 30};
    const struct cvg_change_query query = {.environment = "prod"};
    struct cvg_change_cursor oldest = {0};

    begin(world);
    for (size_t i = 0; i < CVG_COUNT(times); i++) {
        const struct cvg_change change = conformance_change(times[i], CVG_CHANGE_STATUS, "api");
        conformance_ok(
            world, world->kind->add_change(world->engine, &change, &world->fault, &world->error));
    }
    commit(world);
    assert_int_equal(prune_changes(world, 10, 100), 0);
    assert_int_equal(prune_changes(world, 50, 1), 1);
    conformance_ok(world, world->kind->find_changes(world->engine, &query, keep_last_change,
                                                    &oldest, &world->fault, &world->error));
    assert_int_equal(oldest.at, 20);
    assert_int_equal(prune_changes(world, 50, 100), 3);
    assert_int_equal(prune_changes(world, 51, 100), 1);

    /* Numbers rise on, also where all rows went: cursors stay good. */
    begin(world);
    const struct cvg_change change = conformance_change(60, CVG_CHANGE_STATUS, "api");
    conformance_ok(world,
                   world->kind->add_change(world->engine, &change, &world->fault, &world->error));
    commit(world);
    conformance_ok(world, world->kind->find_changes(world->engine, &query, keep_last_change,
                                                    &oldest, &world->fault, &world->error));
    assert_int_equal(oldest.at, 60);
    assert_true(oldest.number > CVG_COUNT(times));
    conformance_ok(world, world->kind->shrink(world->engine, &world->fault, &world->error));
}

/* ---- the whole ---- */

static void a_copy_is_what_was_committed(void **state)
{
    struct conformance *world = *state;
    char copy[128];
    struct cvg_engine *original = world->engine;

    (void)snprintf(copy, sizeof copy, "%s/copy", world->folder.path);
    conformance_fill(world, 1, MANY);
    put(world, CVG_NOTE_STEADY, "prod api", "1");
    begin(world);
    const struct cvg_record open_row = conformance_record(MANY + 1, "open");
    conformance_ok(world, conformance_add(world, &open_row));
    conformance_ok(
        world, world->kind->copy(world->engine, copy, NULL, NULL, &world->fault, &world->error));
    commit(world);
    assert_int_equal(
        world->kind->copy(world->engine, copy, NULL, NULL, &world->fault, &world->error),
        CVG_E_EXISTS);

    conformance_ok(world,
                   world->kind->open(copy, true, &world->engine, &world->fault, &world->error));
    struct walk walk = {0};
    conformance_ok(world, world->kind->walk_records(world->engine, 0, is_next, &walk, &world->fault,
                                                    &world->error));
    assert_int_equal(walk.count, MANY);
    notes_are(world, CVG_NOTE_STEADY, "prod api=1;");
    world->kind->close(world->engine);

    conformance_ok(world,
                   world->kind->open(copy, false, &world->engine, &world->fault, &world->error));
    conformance_fill(world, MANY + 1, MANY + 2);
    assert_int_equal(conformance_count(world), MANY + 2);
    world->kind->close(world->engine);
    world->engine = original;
    assert_int_equal(conformance_count(world), MANY + 1);
}

static void reading_only_changes_nothing(void **state)
{
    struct conformance *world = *state;
    struct cvg_engine *none = NULL;
    char missing[128];

    (void)snprintf(missing, sizeof missing, "%s/missing", world->folder.path);
    conformance_fill(world, 1, 3);
    conformance_reopen(world, true);
    assert_int_equal(conformance_count(world), 3);
    assert_true(world->kind->begin(world->engine, &world->fault, &world->error) < 0);
    assert_int_equal(world->fault, CVG_STORE_READ_ONLY);
    assert_true(world->kind->shrink(world->engine, &world->fault, &world->error) < 0);
    assert_true(world->kind->open(missing, true, &none, &world->fault, &world->error) < 0);
    assert_int_equal(world->fault, CVG_STORE_MISSING);
    assert_int_equal(access(missing, F_OK), -1);
}

static void a_sound_database_is_found_sound(void **state)
{
    struct conformance *world = *state;
    _Atomic bool stop = false;

    conformance_fill(world, 1, MANY);
    conformance_ok(world, world->kind->inspect(world->engine, &stop, &world->fault, &world->error));
    stop = true;
    conformance_ok(world, world->kind->inspect(world->engine, &stop, &world->fault, &world->error));
}

#define BEHAVIOUR(function)                                                                        \
    {                                                                                              \
#function, function, conformance_setup, conformance_teardown, NULL                         \
    }

int conformance_run(const char *name, const struct cvg_engine_kind *kind)
{
    struct CMUnitTest tests[] = {
        BEHAVIOUR(a_record_comes_back_as_it_was),
        BEHAVIOUR(a_walk_is_in_order_and_ends_where_it_is_told),
        BEHAVIOUR(a_number_or_an_id_is_taken_once),
        BEHAVIOUR(what_is_too_long_is_refused_and_the_rest_goes_on),
        BEHAVIOUR(nothing_is_left_of_what_was_rolled_back),
        BEHAVIOUR(what_was_committed_survives),
        BEHAVIOUR(a_write_without_a_transaction_is_refused),
        BEHAVIOUR(readers_see_what_is_committed_and_nothing_else),
        BEHAVIOUR(a_note_is_replaced_and_forgotten),
        BEHAVIOUR(a_note_may_hold_any_byte),
        BEHAVIOUR(pruning_leaves_a_checkpoint),
        BEHAVIOUR(the_newest_checkpoints_stay),
        BEHAVIOUR(the_chain_goes_on_behind_its_last_checkpoint),
        BEHAVIOUR(the_oldest_changes_go_first),
        BEHAVIOUR(a_copy_is_what_was_committed),
        BEHAVIOUR(reading_only_changes_nothing),
        BEHAVIOUR(a_sound_database_is_found_sound),
        BEHAVIOUR(conformance_records_as_the_model),
        BEHAVIOUR(conformance_changes_as_the_model),
        BEHAVIOUR(conformance_pages_by_cursor),
    };

    for (size_t i = 0; i < CVG_COUNT(tests); i++) {
        tests[i].initial_state = (void *)(uintptr_t)kind;
    }
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}
