/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One check's opinion. First what it does to the verdict (no texts, cheap: most checks of most
 * gates have nothing to say), then, for those that do, the words.
 */
#include "gate/opinion.h"

#include "base/text.h"
#include "base/time.h"
#include "model/reason.h"

#include <convergate/number.h>

static struct cvg_opinion failed(const struct cvg_check_view *check, int64_t now)
{
    const struct cvg_check_rules *rules = check->rules;
    const struct cvg_steady_view *steady = &check->steady;
    struct cvg_opinion opinion = {.severity = CVG_WAIT, .told = true, .escalates_at = CVG_NEVER};

    if (rules->on_failed == CVG_FAILED_HALT) {
        opinion.severity = CVG_HALT;
    }
    if (rules->on_failed == CVG_FAILED_HALT_AFTER &&
        rules->halt_after_ns < CVG_NEVER - steady->since) {
        int64_t halts_at = steady->since + rules->halt_after_ns;
        /* Nobody saw it failing while it was unknown, so that time does not count. */
        int64_t seen_until = steady->kept ? steady->kept_since : now;
        if (halts_at <= seen_until) {
            opinion.severity = CVG_HALT;
        } else if (!steady->kept) {
            opinion.escalates_at = halts_at;
        }
    }
    return opinion;
}

struct cvg_opinion cvg_opinion_of(const struct cvg_check_view *check, int64_t now)
{
    const struct cvg_steady_view *steady = &check->steady;
    struct cvg_opinion opinion = {.severity = CVG_WAIT, .told = true, .escalates_at = CVG_NEVER};

    switch (steady->status) {
    case CVG_READY:
        opinion.severity = CVG_GO;
        opinion.told = steady->kept || steady->falling;
        return opinion;
    case CVG_DEGRADED:
        opinion.severity = check->rules->degraded_goes ? CVG_GO : CVG_WAIT;
        return opinion;
    case CVG_PROGRESSING:
        return opinion;
    case CVG_FAILED:
        return failed(check, now);
    default:
        opinion.ignored = check->rules->steady.on_unknown == CVG_ON_UNKNOWN_IGNORE;
        opinion.severity = opinion.ignored ? CVG_GO : CVG_WAIT;
        opinion.unknown = !opinion.ignored;
        return opinion;
    }
}

const char *cvg_opinion_span(int64_t ns, char ret[CVG_OPINION_SPAN])
{
    cvg_format_duration(ns >= CVG_SECOND ? ns - ns % CVG_SECOND : ns, ret, CVG_OPINION_SPAN);
    return ret;
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

/* The module's own words, where its reading is what counts. */
static void tell_reading(struct cvg_reason *reason, const struct cvg_check_view *check,
                         struct cvg_arena *arena)
{
    const struct cvg_reading none = {.size = sizeof none};
    const struct cvg_reading *reading = check->reading ? cvg_reading_get(check->reading) : &none;
    const char *status = cvg_status_text(check->reading ? reading->status : check->steady.status);

    reason->expected = or_else(reading->expected, "ready");
    reason->observed = or_else(reading->observed, status);
    reason->message = reading->message;
    if (!reading->message || !*reading->message) {
        reason->message = cvg_arena_format(arena, "%s (%s)", status,
                                           or_else(reading->reason, check->steady.reason));
    }
}

static void tell_unknown(struct cvg_reason *reason, const struct cvg_check_view *check, int64_t now,
                         struct cvg_arena *arena)
{
    const struct cvg_steady_view *steady = &check->steady;
    char age[CVG_OPINION_SPAN], limit[CVG_OPINION_SPAN];

    if (steady->observed_at == 0) {
        reason->expected = "a first reading";
        reason->observed = "none";
        reason->message = "not read yet";
        return;
    }
    if (steady->expires_at != 0) {
        tell_reading(reason, check, arena);
        return;
    }
    cvg_opinion_span(now - steady->observed_at, age);
    cvg_opinion_span(check->rules->steady.max_age_ns, limit);
    reason->expected = cvg_arena_format(arena, "evidence of the last %s", limit);
    reason->observed = cvg_arena_format(arena, "none for %s", age);
    reason->message = cvg_arena_format(arena, "no evidence for %s, it counts for %s", age, limit);
}

static void tell_rising(struct cvg_reason *reason, const struct cvg_steady_view *steady,
                        struct cvg_arena *arena)
{
    char done[CVG_OPINION_SPAN], of[CVG_OPINION_SPAN];

    cvg_opinion_span(steady->dwell_done_ns, done);
    cvg_opinion_span(steady->dwell_of_ns, of);
    reason->expected = cvg_arena_format(arena, "ready for %s", of);
    reason->observed = cvg_arena_format(arena, "ready for %s", done);
    reason->message = cvg_arena_format(arena, "ready for %s of %s", done, of);
}

/* Puts before the words that explain the reading what is done with it all the same. */
static void tell_despite(struct cvg_reason *reason, struct cvg_arena *arena,
                         enum cvg_reason_id code, const char *despite)
{
    reason->code = cvg_reason_code(code);
    reason->message = cvg_arena_format(arena, "%s: %s", despite, reason->message);
}

static void tell_kept(struct cvg_reason *reason, const struct cvg_check_view *check, int64_t now,
                      struct cvg_arena *arena)
{
    const struct cvg_steady_view *steady = &check->steady;
    char age[CVG_OPINION_SPAN], limit[CVG_OPINION_SPAN];

    cvg_opinion_span(now - steady->kept_since, age);
    cvg_opinion_span(check->rules->steady.keep_ns, limit);
    const char *despite = cvg_arena_format(arena, "unknown for %s, counted as %s for at most %s",
                                           age, cvg_status_text(steady->status), limit);
    tell_despite(reason, arena, CVG_REASON_STATUS_KEPT, despite);
}

static void tell(struct cvg_reason *reason, const struct cvg_check_view *check,
                 const struct cvg_opinion *opinion, int64_t now, struct cvg_arena *arena)
{
    const struct cvg_steady_view *steady = &check->steady;

    if (steady->status == CVG_UNKNOWN || steady->kept) {
        tell_unknown(reason, check, now, arena);
    } else if (steady->rising) {
        tell_rising(reason, steady, arena);
    } else if (cvg_text_equal(steady->reason, cvg_reason_code(CVG_REASON_FLAPPING))) {
        reason->expected = "ready without a break";
        reason->observed = "came and went";
        reason->message = "ready, but it came and went too often of late";
    } else {
        tell_reading(reason, check, arena);
    }

    if (steady->kept) {
        tell_kept(reason, check, now, arena);
    } else if (opinion->ignored) {
        tell_despite(reason, arena, CVG_REASON_UNKNOWN_IGNORED, "ignored while unknown");
    } else if (steady->status == CVG_DEGRADED && opinion->severity == CVG_GO) {
        tell_despite(reason, arena, CVG_REASON_DEGRADED_ALLOWED, "allowed though degraded");
    } else if (steady->falling && steady->status == CVG_READY) {
        tell_despite(reason, arena, CVG_REASON_FALLING, "still counted as ready");
    }
}

struct cvg_reason cvg_opinion_reason(const struct cvg_check_view *check,
                                     const struct cvg_opinion *opinion, int64_t now,
                                     struct cvg_arena *arena)
{
    const struct cvg_steady_view *steady = &check->steady;
    bool goes = opinion->severity == CVG_GO && !opinion->ignored;
    struct cvg_reason reason = {
        .code = steady->reason,
        .check = check->rules->name,
        .since = steady->since,
        .until = goes ? steady->next_change_at
                      : CVG_MIN(steady->earliest_ready_at, opinion->escalates_at),
        .severity = opinion->severity,
    };

    tell(&reason, check, opinion, now, arena);
    return reason;
}
