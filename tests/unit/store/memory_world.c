/* SPDX-License-Identifier: Apache-2.0 */
/* One lock for all: tests are small. It is never held while a visitor or an edit runs long. */
#include "memory_world.h"

#include "base/alloc.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct hook {
    uint64_t calls, first, end; /* those with first <= number of the call < end fail */
    enum cvg_store_fault fault;
    bool held;
    unsigned waiting;
};

struct site {
    struct site *next;
    char *place;
    struct hook hooks[MEMORY_CALLS + 1];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static struct site *sites;
static struct memory_database *databases;
static unsigned long long last_id;
static struct cvg_arena *rows;

/* ---- hooks ---- */

static struct site *site_of(const char *place)
{
    struct site *site = sites;
    while (site && !cvg_text_equal(site->place, place)) {
        site = site->next;
    }
    if (!site) {
        site = CVG_NEW(struct site);
        site->place = cvg_strdup(place);
        site->next = sites;
        sites = site;
    }
    return site;
}

static bool count_and_ask(struct hook *hook)
{
    hook->calls++;
    return hook->calls >= hook->first && hook->calls < hook->end;
}

int memory_world_enter(const char *place, enum memory_call call, enum cvg_store_fault *ret_fault,
                       struct cvg_error *reterr)
{
    pthread_mutex_lock(&lock);
    struct hook *hook = &site_of(place)->hooks[call], *any = &site_of(place)->hooks[MEMORY_ANY];
    hook->waiting++;
    while (hook->held) {
        pthread_cond_wait(&released, &lock);
    }
    hook->waiting--;
    bool fails = count_and_ask(hook), any_fails = count_and_ask(any);
    enum cvg_store_fault fault = fails ? hook->fault : any_fails ? any->fault : CVG_STORE_NO_FAULT;
    pthread_mutex_unlock(&lock);

    *ret_fault = fault;
    return fails || any_fails ? cvg_error_set(reterr, CVG_E_IO, "%s: as the test wants it: %s",
                                              place, cvg_store_fault_text(fault))
                              : 0;
}

void memory_engine_fail(const char *place, enum memory_call call, uint64_t nth, uint64_t times,
                        enum cvg_store_fault fault)
{
    pthread_mutex_lock(&lock);
    struct hook *hook = &site_of(place)->hooks[call];
    hook->first = hook->calls + nth;
    hook->end = times > UINT64_MAX - hook->first ? UINT64_MAX : hook->first + times;
    hook->fault = fault;
    pthread_mutex_unlock(&lock);
}

uint64_t memory_engine_calls(const char *place, enum memory_call call)
{
    pthread_mutex_lock(&lock);
    uint64_t calls = site_of(place)->hooks[call].calls;
    pthread_mutex_unlock(&lock);
    return calls;
}

static void set_held(const char *place, enum memory_call call, bool held)
{
    pthread_mutex_lock(&lock);
    site_of(place)->hooks[call].held = held;
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&lock);
}

void memory_engine_hold(const char *place, enum memory_call call)
{
    set_held(place, call, true);
}

void memory_engine_release(const char *place, enum memory_call call)
{
    set_held(place, call, false);
}

unsigned memory_engine_held(const char *place, enum memory_call call)
{
    pthread_mutex_lock(&lock);
    const struct hook *hook = &site_of(place)->hooks[call];
    unsigned waiting = hook->held ? hook->waiting : 0;
    pthread_mutex_unlock(&lock);
    return waiting;
}

/* ---- databases ---- */

static int system_failure(const char *place, enum cvg_store_fault *ret_fault,
                          struct cvg_error *reterr)
{
    int number = errno;
    *ret_fault = number == ENOENT || number == ENOTDIR ? CVG_STORE_MISSING
                 : number == EACCES || number == EPERM ? CVG_STORE_DENIED
                 : number == EROFS                     ? CVG_STORE_READ_ONLY
                 : number == ENOSPC                    ? CVG_STORE_FULL
                                                       : CVG_STORE_IO;
    return cvg_error_set_errno(reterr, number, "%s", place);
}

/* Writes the number of a new database into an open file. */
static struct memory_database *add_database(int fd, struct memory_state *state)
{
    char text[64];
    struct memory_database *database = CVG_NEW(struct memory_database);
    database->committed = state;
    pthread_mutex_lock(&lock);
    database->id = ++last_id;
    database->next = databases;
    databases = database;
    pthread_mutex_unlock(&lock);

    int length = snprintf(text, sizeof text, "memory %llu\n", database->id);
    if (pwrite(fd, text, (size_t)length, 0) != length || fsync(fd) != 0) {
        abort();
    }
    return database;
}

static struct memory_database *database_of(const char *text)
{
    char name[64];
    pthread_mutex_lock(&lock);
    struct memory_database *database = databases;
    for (; database; database = database->next) {
        snprintf(name, sizeof name, "memory %llu\n", database->id);
        if (cvg_text_equal(name, text)) {
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return database;
}

int memory_world_find(const char *place, bool make, struct memory_database **ret,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    char text[64] = "";
    int fd = open(place, make ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        return system_failure(place, ret_fault, reterr);
    }
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    struct memory_database *found = length > 0 ? database_of(text) : NULL;
    if (length == 0 && make) {
        found = add_database(fd, CVG_NEW(struct memory_state));
        found->committed->owners = 1;
        found->committed->next_change = 1;
    }
    close(fd);
    if (!found) {
        *ret_fault = length < 0 ? CVG_STORE_IO : CVG_STORE_FOREIGN;
        return cvg_error_set(reterr, CVG_E_INVALID, "%s: is not a database of this process", place);
    }
    *ret = found;
    return 0;
}

int memory_world_make(const char *place, const struct memory_state *state,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int fd = open(place, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        *ret_fault = CVG_STORE_IO;
        return cvg_error_set(reterr, CVG_E_EXISTS, "%s: is there already", place);
    }
    if (fd < 0) {
        return system_failure(place, ret_fault, reterr);
    }
    add_database(fd, memory_state_copy(state));
    close(fd);
    return 0;
}

bool memory_world_claim(struct memory_database *database, const void *writer)
{
    pthread_mutex_lock(&lock);
    bool free_now = !database->writer;
    if (free_now) {
        database->writer = writer;
    }
    pthread_mutex_unlock(&lock);
    return free_now;
}

void memory_world_unclaim(struct memory_database *database)
{
    pthread_mutex_lock(&lock);
    database->writer = NULL;
    pthread_mutex_unlock(&lock);
}

/* ---- states ---- */

struct memory_state *memory_state_hold(struct memory_database *database)
{
    pthread_mutex_lock(&lock);
    struct memory_state *state = database->committed;
    state->owners++;
    pthread_mutex_unlock(&lock);
    return state;
}

void memory_state_leave(struct memory_state *state)
{
    if (!state) {
        return;
    }
    pthread_mutex_lock(&lock);
    unsigned left = --state->owners;
    pthread_mutex_unlock(&lock);
    if (left == 0) {
        free(state->records);
        free(state->changes);
        free(state->notes);
        free(state->checkpoints);
        free(state);
    }
}

#define COPY_ROWS(to, from, member, count, capacity)                                               \
    do {                                                                                           \
        (to)->count = (to)->capacity = (from)->count;                                              \
        (to)->member = cvg_alloc_array((from)->count + 1, sizeof *(from)->member);                 \
        if ((from)->count) {                                                                       \
            memcpy((to)->member, (from)->member, (from)->count * sizeof *(from)->member);          \
        }                                                                                          \
    } while (0)

struct memory_state *memory_state_copy(const struct memory_state *state)
{
    struct memory_state *copy = CVG_NEW(struct memory_state);
    copy->owners = 1;
    copy->next_change = state->next_change;
    COPY_ROWS(copy, state, records, record_count, record_capacity);
    COPY_ROWS(copy, state, changes, change_count, change_capacity);
    COPY_ROWS(copy, state, notes, note_count, note_capacity);
    COPY_ROWS(copy, state, checkpoints, checkpoint_count, checkpoint_capacity);
    return copy;
}

void memory_state_commit(struct memory_database *database, struct memory_state *state)
{
    pthread_mutex_lock(&lock);
    struct memory_state *old = database->committed;
    database->committed = state;
    pthread_mutex_unlock(&lock);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): states are counted */
    memory_state_leave(old);
}

/* ---- rows ---- */

static void *keep(const void *bytes, size_t length)
{
    pthread_mutex_lock(&lock);
    if (!rows) {
        rows = cvg_arena_new();
    }
    char *copy = cvg_arena_alloc(rows, length + 1);
    pthread_mutex_unlock(&lock);
    if (length) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

static const char *keep_text(const char *text)
{
    return keep(text, strlen(text));
}

const struct cvg_record *memory_row_record(const struct cvg_record *from)
{
    struct cvg_record *row = keep(from, sizeof *from);
    row->id = keep_text(from->id);
    row->action = keep_text(from->action);
    row->actor = keep_text(from->actor);
    row->environment = keep_text(from->environment);
    row->gate = keep_text(from->gate);
    row->app = keep_text(from->app);
    row->revision = keep_text(from->revision);
    row->verdict = keep_text(from->verdict);
    row->target = keep_text(from->target);
    row->body = keep(from->body, from->body_length);
    return row;
}

const struct cvg_change *memory_row_change(const struct cvg_change *from, uint64_t number)
{
    struct cvg_change *row = keep(from, sizeof *from);
    row->number = number;
    row->environment = keep_text(from->environment);
    row->name = keep_text(from->name);
    row->before = keep_text(from->before);
    row->after = keep_text(from->after);
    row->reason = keep_text(from->reason);
    row->message = keep_text(from->message);
    row->value = from->has_value ? from->value : 0;
    return row;
}

const struct cvg_note *memory_row_note(const struct cvg_note *from)
{
    struct cvg_note *row = keep(from, sizeof *from);
    row->key = keep_text(from->key);
    row->bytes = keep(from->bytes, from->length);
    return row;
}

const struct cvg_chain_signed *memory_row_checkpoint(const struct cvg_chain_signed *from)
{
    return keep(from, sizeof *from);
}

/* ---- damage ---- */

/* A copy of what is committed, to be committed again; ends the test where there is no database. */
static struct memory_state *open_up(const char *place, struct memory_database **ret)
{
    enum cvg_store_fault fault;
    *ret = NULL;
    if (memory_world_find(place, false, ret, &fault, NULL) != 0 || !*ret) {
        abort();
    }
    struct memory_state *now = memory_state_hold(*ret), *copy = memory_state_copy(now);
    memory_state_leave(now);
    return copy;
}

static int by_number(const void *a, const void *b)
{
    const struct cvg_record *left = *(const struct cvg_record *const *)a;
    const struct cvg_record *right = *(const struct cvg_record *const *)b;
    return (left->number > right->number) - (left->number < right->number);
}

bool memory_engine_edit(const char *place, uint64_t number,
                        void (*edit)(void *ctx, struct cvg_record *row), void *ctx)
{
    struct memory_database *database;
    struct memory_state *state = open_up(place, &database);
    bool found = false;
    for (size_t i = 0; i < state->record_count && !found; i++) {
        if (state->records[i]->number == number) {
            struct cvg_record *row = keep(state->records[i], sizeof *row);
            edit(ctx, row);
            state->records[i] = row;
            found = true;
        }
    }
    if (found) {
        qsort(state->records, state->record_count, sizeof(struct cvg_record *), by_number);
    }
    memory_state_commit(database, state);
    return found;
}

size_t memory_engine_remove(const char *place, uint64_t from, uint64_t until)
{
    struct memory_database *database;
    struct memory_state *state = open_up(place, &database);
    size_t kept = 0;
    for (size_t i = 0; i < state->record_count; i++) {
        if (state->records[i]->number < from || state->records[i]->number > until) {
            state->records[kept++] = state->records[i];
        }
    }
    size_t removed = state->record_count - kept;
    state->record_count = kept;
    memory_state_commit(database, state);
    return removed;
}

bool memory_engine_edit_checkpoint(const char *place, size_t at,
                                   void (*edit)(void *ctx, struct cvg_chain_signed *checkpoint),
                                   void *ctx)
{
    struct memory_database *database;
    struct memory_state *state = open_up(place, &database);
    bool found = at < state->checkpoint_count;
    if (found) {
        struct cvg_chain_signed *row = keep(state->checkpoints[at], sizeof *row);
        edit(ctx, row);
        state->checkpoints[at] = row;
    }
    memory_state_commit(database, state);
    return found;
}
