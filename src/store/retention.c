/* SPDX-License-Identifier: Apache-2.0 */
/* The clock that cannot jump, and the steps of a round. */
#include "store/retention.h"

#include "base/time.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CLOCK_KEY "retention clock"

/* 2026-01-01: no clock that is right shows less. */
#define PLAUSIBLE (INT64_C(1767225600) * CVG_SECOND)
#define PACE      4

#define ROUND_MIN CVG_MINUTE
#define ROUND_MAX (15 * CVG_MINUTE)
/* Of the age of records, in which they gather before they go. */
#define SLACK     100
/* Pruning has this share of the thread's time: 1 in so many. */
#define SHARE     10

#define STEP_MIN   16
#define STEP_FIRST 128
#define STEP_MAX   2048
#define STEP_NS    (2 * CVG_MS)
#define STEP_BYTES ((size_t)4 * 1024 * 1024)

#define SPACE_MIN 100 /* rows that go at least in a round for space */
#define SHRINKS   64
#define ROOM      16 /* of what is used, 1 in so many may stay free */

/* ---- the clock ---- */

void cvg_retention_clock_set(struct cvg_retention_clock *clock, int64_t saved, int64_t now,
                             int64_t wall)
{
    clock->read = saved >= PLAUSIBLE ? saved : wall;
    clock->read_at = now;
}

int64_t cvg_retention_clock_read(struct cvg_retention_clock *clock, int64_t now, int64_t wall)
{
    int64_t passed = CVG_MAX(now - clock->read_at, 0);
    int64_t reach = passed > INT64_MAX / (2 * PACE) ? INT64_MAX / 2 : passed * PACE;
    if (clock->read < PLAUSIBLE) {
        clock->read = wall;
    } else if (wall >= clock->read) {
        clock->read = wall - clock->read <= reach ? wall : clock->read + reach;
    } else {
        /* A start with a clock that is years behind, until it has been set, is not believed
         * either. */
        clock->read = clock->read - wall <= reach ? wall : clock->read - reach;
    }
    clock->read_at = now;
    return CVG_MIN(clock->read, wall);
}

static bool on_clock(void *ctx, const struct cvg_note *note)
{
    int64_t *saved = ctx;
    if (strcmp(note->key, CLOCK_KEY) != 0) {
        return true;
    }
    if (cvg_parse_int64(note->bytes, note->length, saved) != 0) {
        *saved = 0;
    }
    return false;
}

static int save_clock(struct cvg_retention *retention, struct cvg_session *session,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%" PRId64, retention->clock.read);
    const struct cvg_note note = {
        .kind = CVG_NOTE_STORE, .key = CLOCK_KEY, .bytes = text, .length = (size_t)length};
    int rc = session->kind->begin(session->engine, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = session->kind->put_note(session->engine, &note, ret_fault, reterr);
    if (rc < 0) {
        session->kind->rollback(session->engine);
        return rc;
    }
    return session->kind->commit(session->engine, ret_fault, reterr);
}

/* ---- life ---- */

void cvg_retention_init(struct cvg_retention *retention, int64_t keep_records_ns,
                        int64_t keep_changes_ns, uint64_t keep_bytes)
{
    *retention = (struct cvg_retention){
        .keep_records_ns = keep_records_ns,
        .keep_changes_ns = keep_changes_ns,
        .keep_bytes = keep_bytes,
        .rows = STEP_FIRST,
    };
}

int cvg_retention_open(struct cvg_retention *retention, struct cvg_session *session, int64_t now,
                       int64_t wall, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int64_t saved = 0;
    int rc = session->kind->walk_notes(session->engine, CVG_NOTE_STORE, on_clock, &saved, ret_fault,
                                       reterr);
    if (rc < 0) {
        return rc;
    }
    if (retention->clock.read == 0) {
        cvg_retention_clock_set(&retention->clock, saved, now, wall);
    }
    retention->phase = CVG_RETENTION_RESTS;
    /* A start has other things to do first. */
    retention->due = now + ROUND_MIN;
    return 0;
}

/* ---- steps ---- */

static int take_changes(struct cvg_retention_step *step, int64_t before, uint64_t limit,
                        enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    const struct cvg_engine_kind *kind = step->session->kind;
    struct cvg_engine *engine = step->session->engine;
    uint64_t count = 0;
    int rc = kind->begin(engine, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = kind->prune_changes(engine, before, limit, &count, ret_fault, reterr);
    if (rc < 0 || count == 0) {
        kind->rollback(engine);
        return rc;
    }
    rc = kind->commit(engine, ret_fault, reterr);
    step->changes = rc == 0 ? count : 0;
    return rc;
}

/* The rows at the front of the chain, as far as they may go. */
struct front {
    int64_t before, wall;
    uint64_t last, limit, seen, count;
    size_t bytes;
    struct cvg_chain_point point; /* of the last one that goes */
};

static bool on_front(void *ctx, const struct cvg_record *row)
{
    struct front *front = ctx;
    if (row->number >= front->last) {
        return false;
    }
    front->seen++;
    if (row->at < front->before) {
        front->point.number = row->number;
        memcpy(front->point.hash, row->hash, sizeof front->point.hash);
        front->count = front->seen;
    } else if (row->at <= front->wall) {
        return false;
    }
    /* A time that has not come yet was given by a clock that was wrong: such a row is as old as the
     * next one that has a time, or it would hold up the chain for years. */
    front->bytes += row->body_length;
    return front->seen < front->limit && front->bytes < STEP_BYTES;
}

/* limit: rows that are looked at. */
static int take_records(struct cvg_retention_step *step, int64_t before, uint64_t limit,
                        enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    const struct cvg_engine_kind *kind = step->session->kind;
    struct cvg_engine *engine = step->session->engine;
    struct front front = {.before = before, .wall = step->wall, .last = step->last, .limit = limit};
    int rc = kind->walk_records(engine, 0, on_front, &front, ret_fault, reterr);
    if (rc < 0 || front.count == 0) {
        return rc;
    }
    struct cvg_chain_signed checkpoint = {.point = front.point, .at = step->wall};
    cvg_chain_sign(step->key, CVG_CHAIN_CHECKPOINT, &checkpoint);
    rc = kind->begin(engine, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = kind->prune_records(engine, &checkpoint, ret_fault, reterr);
    if (rc < 0) {
        kind->rollback(engine);
        return rc;
    }
    rc = kind->commit(engine, ret_fault, reterr);
    step->records = rc == 0 ? front.count : 0;
    return rc;
}

/* How much goes in this round: the share of the rows by which they need more than they may. What
 * they need counts and not the file, which only becomes smaller later. */
static int plan_space(struct cvg_retention *retention, struct cvg_session *session,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_engine_sizes sizes = {0};
    int rc = session->kind->sizes(session->engine, &sizes, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    retention->left = 0;
    retention->again = retention->keep_bytes && sizes.used > retention->keep_bytes;
    if (retention->again) {
        double share = (double)(sizes.used - retention->keep_bytes) / (double)sizes.used;
        double rows = (double)sizes.records + (double)sizes.changes;
        retention->of_changes = sizes.changes > 0;
        retention->left = CVG_MAX((uint64_t)(rows * share), (uint64_t)SPACE_MIN);
    }
    return 0;
}

/* Some space stays free for what comes next, unless the file is larger than it may be. */
static int shrink(struct cvg_retention *retention, struct cvg_session *session,
                  enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_engine_sizes sizes = {0};
    int rc = session->kind->sizes(session->engine, &sizes, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    bool over = retention->keep_bytes && sizes.used + sizes.free > retention->keep_bytes;
    bool much = sizes.free > 0 && (over || sizes.free > sizes.used / ROOM);
    if (!much || retention->shrinks == 0) {
        retention->again = retention->again || much;
        retention->phase = CVG_RETENTION_RESTS;
        return 0;
    }
    retention->shrinks--;
    return session->kind->shrink(session->engine, ret_fault, reterr);
}

static int64_t round_length(const struct cvg_retention *retention)
{
    int64_t length = ROUND_MAX;
    if (retention->keep_records_ns) {
        length = CVG_MIN(length, retention->keep_records_ns / 10);
    }
    if (retention->keep_changes_ns) {
        length = CVG_MIN(length, retention->keep_changes_ns / 10);
    }
    return CVG_MAX(length, ROUND_MIN);
}

static int step_for_space(struct cvg_retention *retention, struct cvg_retention_step *step,
                          enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    uint64_t limit = CVG_MIN(retention->rows, retention->left), taken = 0;
    int rc = 0;
    if (limit > 0 && retention->of_changes) {
        rc = take_changes(step, INT64_MAX, limit, ret_fault, reterr);
        taken = step->changes;
    } else if (limit > 0) {
        rc = take_records(step, INT64_MAX, limit, ret_fault, reterr);
        taken = step->records;
    }
    retention->left = taken ? retention->left - CVG_MIN(taken, retention->left) : 0;
    if (rc == 0 && retention->left == 0) {
        retention->phase = CVG_RETENTION_SHRINK;
        retention->shrinks = SHRINKS;
    }
    return rc;
}

static int step_for_age(struct cvg_retention *retention, struct cvg_retention_step *step,
                        int64_t clock, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = 0;
    if (retention->keep_records_ns) {
        int64_t slack = retention->draining ? 0 : retention->keep_records_ns / SLACK;
        rc = take_records(step, clock - retention->keep_records_ns - slack, retention->rows,
                          ret_fault, reterr);
        retention->draining = step->records > 0;
    }
    if (rc == 0 && step->records == 0) {
        retention->phase = CVG_RETENTION_SPACE;
        rc = plan_space(retention, step->session, ret_fault, reterr);
    }
    return rc;
}

/* Does what the phase says, and goes on to the next phase where nothing is left to do in it. */
static int do_step(struct cvg_retention *retention, struct cvg_retention_step *step, int64_t clock,
                   enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = 0;
    switch (retention->phase) {
    case CVG_RETENTION_RESTS:
        rc = save_clock(retention, step->session, ret_fault, reterr);
        retention->phase = CVG_RETENTION_OLD_CHANGES;
        break;
    case CVG_RETENTION_OLD_CHANGES:
        if (retention->keep_changes_ns) {
            rc = take_changes(step, clock - retention->keep_changes_ns, retention->rows, ret_fault,
                              reterr);
        }
        if (step->changes == 0) {
            retention->phase = CVG_RETENTION_OLD_RECORDS;
        }
        break;
    case CVG_RETENTION_OLD_RECORDS:
        rc = step_for_age(retention, step, clock, ret_fault, reterr);
        break;
    case CVG_RETENTION_SPACE:
        rc = step_for_space(retention, step, ret_fault, reterr);
        break;
    case CVG_RETENTION_SHRINK:
        rc = shrink(retention, step->session, ret_fault, reterr);
        break;
    }
    return rc;
}

int cvg_retention_step(struct cvg_retention *retention, struct cvg_retention_step *step,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    step->records = step->changes = 0;
    if (step->now < retention->due) {
        return 0;
    }
    int64_t clock = cvg_retention_clock_read(&retention->clock, step->now, step->wall);
    int64_t began = cvg_time_now();
    int rc = do_step(retention, step, clock, ret_fault, reterr);
    int64_t took = cvg_time_now() - began;

    if (step->changes || step->records) {
        if (took > STEP_NS) {
            retention->rows = CVG_MAX(retention->rows / 2, (uint64_t)STEP_MIN);
        } else if (took < STEP_NS / 2) {
            retention->rows = CVG_MIN(retention->rows * 2, (uint64_t)STEP_MAX);
        }
    }
    if (rc < 0) {
        retention->phase = CVG_RETENTION_RESTS;
    }
    if (retention->phase != CVG_RETENTION_RESTS) {
        retention->due = step->now + took * SHARE;
    } else {
        retention->due = step->now + (retention->again ? ROUND_MIN : round_length(retention));
    }
    return rc;
}
