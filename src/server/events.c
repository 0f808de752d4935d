/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of rendered frames. */
#include "server/events.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "server/waiting.h"
#include "wire/event.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NAME        64
#define EPOCH       32
#define FRAME_LIMIT ((size_t)8 * 1024)

struct kept {
    char environment[NAME], gate[NAME];
    char *frame; /* owned */
    size_t length;
};

struct cvg_events {
    char epoch[EPOCH];
    pthread_mutex_t lock;
    uint64_t latest; /* the number of the newest one; number n is at n % CVG_EVENTS_KEPT */
    uint64_t first;  /* nobody goes on from a smaller one */
    struct kept kept[CVG_EVENTS_KEPT];
};

struct cvg_events *cvg_events_new(void)
{
    struct cvg_events *events = CVG_NEW(struct cvg_events);

    (void)snprintf(events->epoch, sizeof(events->epoch), "%" PRIx64,
                   (uint64_t)(cvg_time_wall() / CVG_MS));
    pthread_mutex_init(&events->lock, NULL);
    return events;
}

void cvg_events_free(struct cvg_events *events)
{
    if (!events) {
        return;
    }
    for (size_t i = 0; i < CVG_EVENTS_KEPT; i++) {
        free(events->kept[i].frame);
    }
    pthread_mutex_destroy(&events->lock);
    free(events);
}

/* ---- frames ---- */

void cvg_events_frame(const struct cvg_snapshot *snapshot, const struct cvg_snapshot_gate *gate,
                      const struct cvg_decision *decision, struct cvg_buf *ret)
{
    struct cvg_wire_event event = {
        .environment = snapshot->environment,
        .gate = gate->policy->name,
        .decision = decision,
        /* Whoever must not trust the verdict must not trust the phase either. */
        .phase = decision == &gate->stale ? CVG_PHASE_UNKNOWN : snapshot->readiness.phase,
        .wall_offset = snapshot->wall_offset,
    };

    cvg_buf_puts(ret, "event: verdict\ndata: ");
    cvg_wire_event_write(&event, ret); /* one line: JSON escapes what would end it */
    cvg_buf_puts(ret, "\n\n");
}

void cvg_events_id(const struct cvg_events *events, uint64_t number, struct cvg_buf *ret)
{
    cvg_buf_printf(ret, "id: %s-%" PRIu64 "\n", events->epoch, number);
}

bool cvg_events_parse_id(struct cvg_events *events, const char *id, uint64_t *ret)
{
    size_t length = strlen(events->epoch);

    if (strncmp(id, events->epoch, length) != 0 || id[length] != '-' ||
        cvg_parse_uint64(id + length + 1, strlen(id + length + 1), ret) < 0) {
        return false;
    }
    pthread_mutex_lock(&events->lock);
    bool known = *ret >= events->first;
    pthread_mutex_unlock(&events->lock);
    return known;
}

/* ---- the deciding thread ---- */

static bool changed(const struct cvg_snapshot *before, const struct cvg_snapshot *after,
                    const struct cvg_snapshot_gate *gate)
{
    const struct cvg_snapshot_gate *old =
        before ? cvg_snapshot_gate(before, gate->policy->name) : NULL;

    return !old || old->decision.verdict != gate->decision.verdict ||
           old->decision.unknown != gate->decision.unknown ||
           before->readiness.phase != after->readiness.phase;
}

static void add(struct cvg_events *events, const struct cvg_snapshot *snapshot,
                const struct cvg_snapshot_gate *gate)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf frame = CVG_BUF_INIT(FRAME_LIMIT);
    uint64_t number = events->latest + 1; /* nobody else adds */
    struct kept *kept = &events->kept[number % CVG_EVENTS_KEPT];
    char *oldest = NULL;

    cvg_events_id(events, number, &frame);
    cvg_events_frame(snapshot, gate, &gate->decision, &frame);
    pthread_mutex_lock(&events->lock);
    oldest = kept->frame;
    (void)snprintf(kept->environment, NAME, "%s", snapshot->environment);
    (void)snprintf(kept->gate, NAME, "%s", gate->policy->name);
    kept->frame = cvg_buf_take(&frame, &kept->length);
    events->latest = number;
    pthread_mutex_unlock(&events->lock);
    free(oldest);
}

/* Takes a number of its own: who saw the one before has not seen the cut. */
void cvg_events_cut(struct cvg_events *events)
{
    pthread_mutex_lock(&events->lock);
    struct kept *kept = &events->kept[++events->latest % CVG_EVENTS_KEPT];
    free(kept->frame);
    *kept = (struct kept){.length = 0};
    events->first = events->latest;
    pthread_mutex_unlock(&events->lock);
}

void cvg_events_publish(struct cvg_events *events, struct cvg_waiting *waiting,
                        const struct cvg_snapshot *before, const struct cvg_snapshot *after)
{
    for (size_t i = 0; i < after->gate_count; i++) {
        const struct cvg_snapshot_gate *gate = &after->gates[i];
        if (changed(before, after, gate)) {
            add(events, after, gate);
            cvg_waiting_wake_streams(waiting, after->environment, gate->policy->name);
        }
    }
}

/* ---- HTTP threads ---- */

uint64_t cvg_events_latest(struct cvg_events *events)
{
    pthread_mutex_lock(&events->lock);
    uint64_t latest = events->latest;
    pthread_mutex_unlock(&events->lock);
    return latest;
}

static bool matches(const char *wanted, const char *name)
{
    return !*wanted || cvg_text_equal(wanted, name);
}

static bool shows(const struct cvg_events_filter *filter, const struct kept *kept)
{
    return kept->length && matches(filter->environment, kept->environment) &&
           matches(filter->gate, kept->gate) &&
           (!filter->sees || filter->sees(filter->ctx, kept->environment));
}

bool cvg_events_read(struct cvg_events *events, const struct cvg_events_filter *filter,
                     uint64_t *cursor, size_t enough, struct cvg_buf *ret)
{
    pthread_mutex_lock(&events->lock);
    bool all = *cursor + CVG_EVENTS_KEPT >= events->latest;
    while (all && *cursor < events->latest && ret->length < enough) {
        const struct kept *kept = &events->kept[++*cursor % CVG_EVENTS_KEPT];
        if (shows(filter, kept)) {
            cvg_buf_add(ret, kept->frame, kept->length);
        }
    }
    pthread_mutex_unlock(&events->lock);
    return all;
}
