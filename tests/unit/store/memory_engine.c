/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's functions over the states of memory_world.h. */
#include "memory_engine.h"

#include "memory_world.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

struct cvg_engine {
    char *place;
    bool read_only;
    struct memory_database *database;
    struct memory_state *working; /* of the transaction; NULL: none is open */
};

static int memory_open(const char *place, bool read_only, struct cvg_engine **ret,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct memory_database *database;
    int rc = memory_world_enter(place, MEMORY_OPEN, ret_fault, reterr);
    if (rc == 0) {
        rc = memory_world_find(place, !read_only, &database, ret_fault, reterr);
    }
    if (rc != 0) {
        return rc;
    }
    struct cvg_engine *engine = CVG_NEW(struct cvg_engine);
    engine->place = cvg_strdup(place);
    engine->read_only = read_only;
    engine->database = database;
    *ret = engine;
    return 0;
}

static void memory_rollback(struct cvg_engine *engine)
{
    if (engine->working) {
        memory_state_leave(engine->working);
        engine->working = NULL;
        memory_world_unclaim(engine->database);
    }
}

static void memory_close(struct cvg_engine *engine)
{
    memory_rollback(engine);
    free(engine->place);
    free(engine);
}

/* ---- the writer ---- */

/* What each call of the writer asks first. */
static int enter_write(struct cvg_engine *engine, enum memory_call call, bool transaction,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = memory_world_enter(engine->place, call, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    if (engine->read_only) {
        *ret_fault = CVG_STORE_READ_ONLY;
        return cvg_error_set(reterr, CVG_E_REFUSED, "%s: is open for reading only", engine->place);
    }
    if ((engine->working != NULL) != transaction) {
        *ret_fault = CVG_STORE_IO;
        return cvg_error_set(reterr, CVG_E_BUG, "%s: %s", engine->place,
                             transaction ? "no transaction is open" : "a transaction is open");
    }
    return 0;
}

static int memory_begin(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                        struct cvg_error *reterr)
{
    int rc = enter_write(engine, MEMORY_BEGIN, false, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    if (!memory_world_claim(engine->database, engine)) {
        *ret_fault = CVG_STORE_LOCKED;
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "%s: somebody else writes", engine->place);
    }
    struct memory_state *now = memory_state_hold(engine->database);
    engine->working = memory_state_copy(now);
    memory_state_leave(now);
    return 0;
}

static int memory_commit(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                         struct cvg_error *reterr)
{
    int rc = enter_write(engine, MEMORY_COMMIT, true, ret_fault, reterr);
    if (rc < 0) {
        memory_rollback(engine);
        return rc;
    }
    memory_state_commit(engine->database, engine->working);
    engine->working = NULL;
    memory_world_unclaim(engine->database);
    return 0;
}

static bool record_fits(const struct cvg_record *record)
{
    const char *const texts[] = {record->id,          record->action,  record->actor,
                                 record->environment, record->gate,    record->app,
                                 record->revision,    record->verdict, record->target};
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        if (strlen(texts[i]) > CVG_RECORD_TEXT) {
            return false;
        }
    }
    return record->body_length <= CVG_RECORD_BODY;
}

static int memory_add_record(struct cvg_engine *engine, const struct cvg_record *record,
                             enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = enter_write(engine, MEMORY_ADD_RECORD, true, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    if (!record_fits(record)) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "record %s: is too long", record->id);
    }
    struct memory_state *state = engine->working;
    size_t at = state->record_count;
    for (size_t i = 0; i < state->record_count; i++) {
        if (state->records[i]->number == record->number ||
            cvg_text_equal(state->records[i]->id, record->id)) {
            return cvg_error_set(reterr, CVG_E_EXISTS, "record %s: is there already", record->id);
        }
    }
    CVG_GROW(state->records, state->record_count, state->record_capacity);
    for (; at > 0 && state->records[at - 1]->number > record->number; at--) {
        state->records[at] = state->records[at - 1];
    }
    state->records[at] = memory_row_record(record);
    state->record_count++;
    return 0;
}

static bool change_is_before(const struct cvg_change *change, int64_t at, uint64_t number)
{
    return change->at < at || (change->at == at && change->number < number);
}

static int memory_add_change(struct cvg_engine *engine, const struct cvg_change *change,
                             enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = enter_write(engine, MEMORY_ADD_CHANGE, true, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    struct memory_state *state = engine->working;
    uint64_t number = state->next_change++;
    size_t at = state->change_count;
    CVG_GROW(state->changes, state->change_count, state->change_capacity);
    for (; at > 0 && !change_is_before(state->changes[at - 1], change->at, number); at--) {
        state->changes[at] = state->changes[at - 1];
    }
    state->changes[at] = memory_row_change(change, number);
    state->change_count++;
    return 0;
}

static int memory_put_note(struct cvg_engine *engine, const struct cvg_note *note,
                           enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = enter_write(engine, MEMORY_PUT_NOTE, true, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    struct memory_state *state = engine->working;
    size_t at = 0;
    while (at < state->note_count && (state->notes[at]->kind != note->kind ||
                                      !cvg_text_equal(state->notes[at]->key, note->key))) {
        at++;
    }
    if (note->length == 0 && at < state->note_count) {
        state->notes[at] = state->notes[--state->note_count];
    } else if (note->length > 0) {
        if (at == state->note_count) {
            CVG_GROW(state->notes, state->note_count, state->note_capacity);
            state->note_count++;
        }
        state->notes[at] = memory_row_note(note);
    }
    return 0;
}

static int memory_prune_changes(struct cvg_engine *engine, int64_t before, uint64_t limit,
                                uint64_t *ret_count, enum cvg_store_fault *ret_fault,
                                struct cvg_error *reterr)
{
    int rc = enter_write(engine, MEMORY_PRUNE_CHANGES, true, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    struct memory_state *state = engine->working;
    size_t gone = 0;
    while (gone < state->change_count && gone < limit && state->changes[gone]->at < before) {
        gone++;
    }
    state->change_count -= gone;
    memmove(state->changes, state->changes + gone, state->change_count * sizeof *state->changes);
    *ret_count = gone;
    return 0;
}

static int memory_prune_records(struct cvg_engine *engine,
                                const struct cvg_chain_signed *checkpoint,
                                enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = enter_write(engine, MEMORY_PRUNE_RECORDS, true, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    struct memory_state *state = engine->working;
    for (size_t i = 0; i < state->checkpoint_count; i++) {
        if (state->checkpoints[i]->point.number >= checkpoint->point.number) {
            return cvg_error_set(reterr, CVG_E_EXISTS, "a checkpoint that far is there already");
        }
    }
    CVG_GROW(state->checkpoints, state->checkpoint_count, state->checkpoint_capacity);
    state->checkpoints[state->checkpoint_count++] = memory_row_checkpoint(checkpoint);
    if (state->checkpoint_count > CVG_STORE_CHECKPOINTS) {
        state->checkpoint_count--;
        memmove((void *)state->checkpoints, (const void *)(state->checkpoints + 1),
                state->checkpoint_count * sizeof *state->checkpoints);
    }

    size_t gone = 0;
    while (gone < state->record_count && state->records[gone]->number <= checkpoint->point.number) {
        gone++;
    }
    state->record_count -= gone;
    memmove(state->records, state->records + gone, state->record_count * sizeof *state->records);
    return 0;
}

/* Nothing is ever free inside. */
static int memory_shrink(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                         struct cvg_error *reterr)
{
    return enter_write(engine, MEMORY_SHRINK, false, ret_fault, reterr);
}

/* ---- readers ---- */

static int enter_read(struct cvg_engine *engine, enum memory_call call, struct memory_state **ret,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = memory_world_enter(engine->place, call, ret_fault, reterr);
    if (rc == 0) {
        *ret = memory_state_hold(engine->database);
    }
    return rc;
}

static int memory_last(struct cvg_engine *engine, struct cvg_chain_point *ret,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_LAST, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    struct cvg_chain_point point = {0};
    if (state->record_count) {
        const struct cvg_record *row = state->records[state->record_count - 1];
        point.number = row->number;
        memcpy(point.hash, row->hash, sizeof point.hash);
    } else if (state->checkpoint_count) {
        point = state->checkpoints[state->checkpoint_count - 1]->point;
    }
    *ret = point;
    memory_state_leave(state);
    return 0;
}

static int memory_walk_records(struct cvg_engine *engine, uint64_t after, cvg_see_record *see,
                               void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_WALK_RECORDS, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    bool going = true;
    for (size_t i = 0; i < state->record_count && going; i++) {
        if (state->records[i]->number > after) {
            going = see(ctx, state->records[i]);
        }
    }
    memory_state_leave(state);
    return 0;
}

static bool one_of(const char *text, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cvg_text_equal(texts[i], text)) {
            return true;
        }
    }
    return false;
}

/* Whether an optional wish is met. */
static bool wanted(const char *wish, const char *text)
{
    return !wish || cvg_text_equal(wish, text);
}

static bool in_time(int64_t at, int64_t from, int64_t until)
{
    return (!from || at >= from) && (!until || at < until);
}

static bool record_matches(const struct cvg_record_query *query, const struct cvg_record *row)
{
    return (!query->before || row->number < query->before) &&
           in_time(row->at, query->from, query->until) && wanted(query->id, row->id) &&
           (!query->environments ||
            one_of(row->environment, query->environments, query->environment_count)) &&
           wanted(query->gate, row->gate) && wanted(query->app, row->app) &&
           wanted(query->revision, row->revision) && wanted(query->verdict, row->verdict) &&
           wanted(query->action, row->action);
}

static int memory_find_records(struct cvg_engine *engine, const struct cvg_record_query *query,
                               cvg_see_record *see, void *ctx, enum cvg_store_fault *ret_fault,
                               struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_FIND_RECORDS, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    size_t left = query->limit ? query->limit : CVG_STORE_PAGE;
    for (size_t i = state->record_count; i > 0 && left > 0; i--) {
        struct cvg_record row = *state->records[i - 1];
        if (!record_matches(query, &row)) {
            continue;
        }
        if (query->without_body) {
            row.body = "";
            row.body_length = 0;
        }
        left = see(ctx, &row) ? left - 1 : 0;
    }
    memory_state_leave(state);
    return 0;
}

static bool change_matches(const struct cvg_change_query *query, const struct cvg_change *row)
{
    return (!query->before.number ||
            change_is_before(row, query->before.at, query->before.number)) &&
           in_time(row->at, query->from, query->until) &&
           cvg_text_equal(query->environment, row->environment) &&
           (!query->kinds || (query->kinds >> row->kind & 1)) && wanted(query->name, row->name);
}

static int memory_find_changes(struct cvg_engine *engine, const struct cvg_change_query *query,
                               cvg_see_change *see, void *ctx, enum cvg_store_fault *ret_fault,
                               struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_FIND_CHANGES, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    size_t left = query->limit ? query->limit : CVG_STORE_PAGE;
    for (size_t i = state->change_count; i > 0 && left > 0; i--) {
        if (change_matches(query, state->changes[i - 1])) {
            left = see(ctx, state->changes[i - 1]) ? left - 1 : 0;
        }
    }
    memory_state_leave(state);
    return 0;
}

static int memory_walk_notes(struct cvg_engine *engine, enum cvg_note_kind kind, cvg_see_note *see,
                             void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_WALK_NOTES, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    bool going = true;
    for (size_t i = 0; i < state->note_count && going; i++) {
        if (state->notes[i]->kind == (uint32_t)kind) {
            going = see(ctx, state->notes[i]);
        }
    }
    memory_state_leave(state);
    return 0;
}

static int memory_walk_checkpoints(struct cvg_engine *engine, cvg_see_checkpoint *see, void *ctx,
                                   enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_WALK_CHECKPOINTS, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    bool going = true;
    for (size_t i = 0; i < state->checkpoint_count && going; i++) {
        going = see(ctx, state->checkpoints[i]);
    }
    memory_state_leave(state);
    return 0;
}

static int memory_sizes(struct cvg_engine *engine, struct cvg_engine_sizes *ret,
                        enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_SIZES, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    uint64_t bytes = 4096 + state->checkpoint_count * sizeof(struct cvg_chain_signed);
    for (size_t i = 0; i < state->record_count; i++) {
        bytes += sizeof(struct cvg_record) + state->records[i]->body_length;
    }
    for (size_t i = 0; i < state->change_count; i++) {
        bytes += sizeof(struct cvg_change) + strlen(state->changes[i]->message);
    }
    for (size_t i = 0; i < state->note_count; i++) {
        bytes += sizeof(struct cvg_note) + state->notes[i]->length;
    }
    *ret = (struct cvg_engine_sizes){.bytes = bytes,
                                     .used = bytes,
                                     .records = state->record_count,
                                     .changes = state->change_count};
    memory_state_leave(state);
    return 0;
}

/* What can be unsound here is said by the hooks. */
static int memory_inspect(struct cvg_engine *engine, const _Atomic bool *stop,
                          enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    (void)stop;
    return memory_world_enter(engine->place, MEMORY_INSPECT, ret_fault, reterr);
}

static int memory_copy(struct cvg_engine *engine, const char *file,
                       void (*progress)(void *ctx, uint64_t done, uint64_t of), void *ctx,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct memory_state *state;
    int rc = enter_read(engine, MEMORY_COPY, &state, ret_fault, reterr);
    if (rc != 0) {
        return rc;
    }
    rc = memory_world_make(file, state, ret_fault, reterr);
    memory_state_leave(state);
    if (rc == 0 && progress) {
        progress(ctx, 1, 1);
    }
    return rc;
}

const struct cvg_engine_kind memory_engine = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .add_record = memory_add_record,
    .add_change = memory_add_change,
    .put_note = memory_put_note,
    .prune_changes = memory_prune_changes,
    .prune_records = memory_prune_records,
    .shrink = memory_shrink,
    .last = memory_last,
    .walk_records = memory_walk_records,
    .find_records = memory_find_records,
    .find_changes = memory_find_changes,
    .walk_notes = memory_walk_notes,
    .walk_checkpoints = memory_walk_checkpoints,
    .sizes = memory_sizes,
    .inspect = memory_inspect,
    .copy = memory_copy,
};
