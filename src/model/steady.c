/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a check's state moves. Every public function first advances to its time, and advancing takes
 * the transitions of time one after the other, earliest first. That is why one step and many give
 * the same state. What the state looks like from outside is in steady_view.c.
 */
#include "model/steady.h"

#include "base/alloc.h"
#include "base/time.h"
#include "model/steady_saved.h"
#include "model/steady_time.h"

/* What time alone does next. */
struct transition {
    int64_t at; /* CVG_NEVER: nothing */

    enum {
        BECOME_STALE,
        RISE_DONE,
        FALL_DONE
    } kind;
};

static uint32_t latest_status(const struct cvg_steady *steady)
{
    return cvg_reading_get(steady->latest)->status;
}

static void set_status(struct cvg_steady *steady, uint32_t status, int64_t at)
{
    if (status == steady->status && steady->since != 0) {
        return;
    }
    if (steady->status != CVG_UNKNOWN) {
        steady->last_known = steady->status;
        steady->last_known_since = steady->since;
    }
    steady->status = status;
    /* Evidence may be dated before a transition of time that was already shown. */
    steady->since = CVG_MAX(at, steady->since);
}

/* Unknown says nothing about ready, so it repeats the last sample, and it starts no series. */
static void sample_flapping(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                            int64_t until)
{
    if (steady->status != CVG_UNKNOWN) {
        cvg_flap_sample(&steady->flap, cvg_steady_period(rules), steady->status == CVG_READY,
                        until);
    } else if (steady->flap.count > 0) {
        cvg_flap_sample(&steady->flap, cvg_steady_period(rules), cvg_flap_last(&steady->flap),
                        until);
    }
}

static struct transition next_transition(const struct cvg_steady *steady,
                                         const struct cvg_steady_rules *rules)
{
    struct transition next = {.at = cvg_steady_stale_at(steady, rules), .kind = BECOME_STALE};
    int64_t rise_at = cvg_steady_rise_at(steady, rules);
    int64_t fall_at = cvg_steady_fall_at(steady, rules);

    /* At the same time Stale wins: what expires can no longer finish a rise. */
    if (rise_at < next.at) {
        next = (struct transition){.at = rise_at, .kind = RISE_DONE};
    }
    if (fall_at < next.at) {
        next = (struct transition){.at = fall_at, .kind = FALL_DONE};
    }
    return next;
}

static void become_stale(struct cvg_steady *steady, int64_t at)
{
    steady->stale = true;
    steady->ready_since = 0;
    steady->unready_since = 0;
    set_status(steady, CVG_UNKNOWN, at);
}

static void apply(struct cvg_steady *steady, const struct transition *transition, int64_t at)
{
    switch (transition->kind) {
    case BECOME_STALE:
        become_stale(steady, at);
        break;
    case RISE_DONE:
        set_status(steady, CVG_READY, at);
        break;
    case FALL_DONE:
        set_status(steady, latest_status(steady), at);
        break;
    }
}

void cvg_steady_advance(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                        int64_t now)
{
    now = CVG_MAX(now, steady->advanced_to);
    /* Each transition rules itself out, so this ends after three. */
    for (;;) {
        struct transition next = next_transition(steady, rules);
        if (next.at > now) {
            break;
        }
        /* Late evidence, or rules changed by a reload, can date one before what was shown. */
        int64_t at = CVG_MAX(next.at, steady->advanced_to);
        sample_flapping(steady, rules, at - 1);
        apply(steady, &next, at);
        steady->advanced_to = at;
    }
    sample_flapping(steady, rules, now);
    steady->advanced_to = now;
}

static void take_ready(struct cvg_steady *steady, const struct cvg_steady_rules *rules, int64_t at)
{
    steady->unready_since = 0;
    if (steady->ready_since == 0) {
        steady->ready_since = at;
    }
    if (steady->status == CVG_READY) {
        return;
    }
    if (cvg_steady_keeps(steady, rules, steady->advanced_to) && steady->last_known == CVG_READY) {
        steady->status = CVG_READY;
        steady->since = steady->last_known_since;
        return;
    }
    /* A rise of any length needs a later reading than the first, or for streams, later time. */
    bool risen =
        rules->rise_ns == 0 || (rules->polled && at - steady->ready_since >= rules->rise_ns);
    set_status(steady, risen ? CVG_READY : CVG_PROGRESSING, at);
}

static void take_other(struct cvg_steady *steady, const struct cvg_steady_rules *rules, int64_t at)
{
    steady->ready_since = 0;
    if (steady->unready_since == 0) {
        steady->unready_since = at;
    }
    if (steady->status == CVG_READY && rules->fall_ns > 0) {
        return; /* the transition of time takes it from here, maybe at once */
    }
    set_status(steady, latest_status(steady), at);
}

/* The latest reading was true at `at`: it counts from then, for as long as max_age lets it. */
static void take_latest(struct cvg_steady *steady, const struct cvg_steady_rules *rules, int64_t at)
{
    steady->fresh_at = at;
    steady->stale = false;
    if (cvg_steady_stale_at(steady, rules) <= steady->advanced_to) {
        become_stale(steady, steady->advanced_to);
    } else if (latest_status(steady) == CVG_READY) {
        take_ready(steady, rules, at);
    } else {
        take_other(steady, rules, at);
    }
    /* What is due at once, and the first sample of a check that was not known before. */
    cvg_steady_advance(steady, rules, steady->advanced_to);
}

/* Also than what was read before a restart. What is of another thing is not older, whatever its date:
 * what it takes the place of says nothing any more. */
static bool is_older(const struct cvg_steady *steady, uint64_t inputs, int64_t at)
{
    if (inputs != 0 && steady->inputs != 0 && inputs != steady->inputs) {
        return false;
    }
    if (steady->latest) {
        return at < cvg_reading_get(steady->latest)->observed_at_ns;
    }
    return steady->resume && at < steady->resume->observed_at;
}

/* What was seen of one host says nothing of another. */
static void take_inputs(struct cvg_steady *steady, uint64_t inputs, int64_t at)
{
    if (inputs == 0) {
        return;
    }
    if (steady->inputs != 0 && steady->inputs != inputs) {
        steady->ready_since = 0;
        steady->unready_since = 0;
        set_status(steady, CVG_PROGRESSING, at);
    }
    steady->inputs = inputs;
}

bool cvg_steady_observe(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                        struct cvg_kept_reading *reading, int64_t now)
{
    int64_t at = cvg_reading_get(reading)->observed_at_ns;

    cvg_steady_advance(steady, rules, now);
    if (is_older(steady, cvg_reading_inputs(reading), at)) {
        cvg_reading_unref(reading);
        return false;
    }
    cvg_steady_settle(steady, rules, cvg_reading_get(reading)->status);
    cvg_reading_unref(steady->latest);
    steady->latest = reading;
    take_inputs(steady, cvg_reading_inputs(reading), CVG_MIN(at, steady->advanced_to));
    take_latest(steady, rules, CVG_MIN(at, steady->advanced_to));
    return true;
}

void cvg_steady_alive(struct cvg_steady *steady, const struct cvg_steady_rules *rules, int64_t at,
                      int64_t now)
{
    cvg_steady_advance(steady, rules, now);
    at = CVG_MIN(at, steady->advanced_to);
    if (rules->polled || !steady->latest || at <= steady->fresh_at) {
        return;
    }
    if (steady->stale) {
        take_latest(steady, rules, at);
    } else {
        steady->fresh_at = at;
    }
}

void cvg_steady_done(struct cvg_steady *steady)
{
    cvg_reading_unref(steady->latest);
    free(steady->resume);
    *steady = (struct cvg_steady){0};
}
