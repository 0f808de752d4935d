/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging. The checks' opinions are folded to the worst; then the rules that no check can speak
 * for, which all turn a go into a wait and never the other way round; then the reasons, collected
 * severity by severity, so that they come out sorted in linear time. Any thread.
 */
#include "gate/verdict.h"

#include "base/text.h"
#include "base/time.h"
#include "gate/agreement.h"
#include "gate/opinion.h"
#include "gate/sentence.h"
#include "model/reason.h"

#include <assert.h>
#include <string.h>

#define RETRY_MOST        30
#define RETRY_MOST_SPREAD 6 /* the latest answers spread over this many seconds before it */
#define RETRY_CLOSED      5 /* a stall heals within seconds or not at all, and so does a store */
#define SUMMARY_SIZE      256
#define PERCENT_NOT_YET   99

/* What is known of a gate when all its checks were heard. */
struct hearing {
    size_t told;          /* reasons to come from the checks */
    size_t fresh_ready;   /* never go without one */
    uint64_t permille;    /* sum over the checks */
    int64_t outlived_at;  /* the first time that a check that counts changes by time alone */
    int64_t all_ready_at; /* the soonest that nothing holds the gate */
    int64_t escalates_at; /* the first wait that becomes a halt by time */
    int64_t next_reading; /* the soonest that polled evidence can come */
    bool apart;           /* the checks do not agree: only evidence that is new can change that */
};

static const struct cvg_check_view *check_at(const struct cvg_readiness *readiness,
                                             const struct cvg_gate_policy *policy, size_t index)
{
    /* Policy and readiness of different configurations would judge by the wrong checks. */
    assert(policy->checks[index] < readiness->check_count);
    return &readiness->checks[policy->checks[index]];
}

static void hear_times(struct hearing *hearing, const struct cvg_check_view *check,
                       const struct cvg_opinion *opinion, int64_t now)
{
    const struct cvg_steady_view *steady = &check->steady;
    const struct cvg_steady_rules *rules = &check->rules->steady;

    if (!opinion->ignored) {
        hearing->outlived_at = CVG_MIN(hearing->outlived_at, steady->next_change_at);
    }
    hearing->escalates_at = CVG_MIN(hearing->escalates_at, opinion->escalates_at);
    if (opinion->severity > CVG_GO) {
        hearing->all_ready_at = CVG_MAX(hearing->all_ready_at, steady->earliest_ready_at);
    }
    if (opinion->severity > CVG_WAIT && steady->kept) {
        hearing->escalates_at = CVG_MIN(hearing->escalates_at, steady->next_change_at);
    }
    if (rules->polled && rules->interval_ns < CVG_NEVER - steady->observed_at) {
        int64_t due = CVG_MAX(now, steady->observed_at + rules->interval_ns);
        hearing->next_reading = CVG_MIN(hearing->next_reading, due);
    }
}

static struct hearing hear(const struct cvg_readiness *readiness,
                           const struct cvg_gate_policy *policy, int64_t now,
                           struct cvg_decision *ret)
{
    struct hearing hearing = {
        .outlived_at = CVG_NEVER, .escalates_at = CVG_NEVER, .next_reading = CVG_NEVER};

    for (size_t i = 0; i < policy->check_count; i++) {
        const struct cvg_check_view *check = check_at(readiness, policy, i);
        const struct cvg_steady_view *steady = &check->steady;
        struct cvg_opinion opinion = cvg_opinion_of(check, now);

        ret->verdict = CVG_MAX(ret->verdict, opinion.severity);
        ret->unknown |= opinion.unknown;
        ret->ready += steady->status == CVG_READY;
        hearing.told += opinion.told;
        hearing.fresh_ready += steady->status == CVG_READY && steady->fresh && !steady->kept;
        hearing.permille += opinion.severity == CVG_GO ? 1000 : cvg_sentence_permille(check);
        if (steady->fresh && (ret->evidence_at == 0 || steady->observed_at < ret->evidence_at)) {
            ret->evidence_at = steady->observed_at;
        }
        hear_times(&hearing, check, &opinion, now);
    }
    return hearing;
}

/* The rules over all checks. Each only ever closes. Returns whether it put a reason into ret. */
static bool close_for_lack_of_evidence(const struct hearing *hearing, int64_t now,
                                       struct cvg_decision *decision, struct cvg_reason *ret)
{
    *ret = (struct cvg_reason){
        .check = "", .expected = "", .observed = "", .until = CVG_NEVER, .severity = CVG_WAIT};
    if (decision->verdict != CVG_GO) {
        return false;
    }
    if (hearing->fresh_ready == 0) {
        ret->code = cvg_reason_code(CVG_REASON_NOTHING_FRESH);
        ret->expected = "one check at least that is ready and freshly read";
        ret->observed = "none";
        ret->message = "no check is both ready and freshly read, so there is nothing to go by";
        ret->until = hearing->next_reading;
    } else if (hearing->outlived_at <= now) {
        ret->code = cvg_reason_code(CVG_REASON_DECISION_STALE);
        ret->message = "the checks changed with time and were not folded again yet";
        ret->since = hearing->outlived_at;
    } else {
        return false;
    }
    decision->verdict = CVG_WAIT;
    decision->unknown = true;
    return true;
}

/* Returns how many reasons there are to tell. */
static size_t close_for_disagreement(const struct cvg_agreement *agreement, struct hearing *hearing,
                                     struct cvg_decision *ret)
{
    if (agreement->apart == 0 && !agreement->missing) {
        return 0;
    }
    ret->verdict = CVG_MAX(ret->verdict, CVG_WAIT);
    ret->unknown |= agreement->missing;
    hearing->apart = true;
    return agreement->apart + agreement->missing;
}

/* What is told besides what the checks say of themselves. */
struct remarks {
    const struct cvg_reason *first; /* NULL: none */
    const struct cvg_agreement *agreement;
};

static size_t tell_apart(const struct cvg_readiness *readiness,
                         const struct cvg_gate_policy *policy,
                         const struct cvg_agreement *agreement, struct cvg_arena *arena,
                         struct cvg_reason *ret)
{
    size_t filled = 0;

    for (size_t i = 0; i < policy->check_count && agreement->apart > 0; i++) {
        const struct cvg_check_view *check = check_at(readiness, policy, i);
        if (cvg_agreement_is_apart(agreement, check)) {
            ret[filled++] = cvg_agreement_reason(agreement, check, arena);
        }
    }
    if (agreement->missing) {
        ret[filled++] = cvg_agreement_missing(agreement);
    }
    return filled;
}

static void collect_reasons(const struct cvg_readiness *readiness,
                            const struct cvg_gate_policy *policy, const struct remarks *remarks,
                            size_t count, struct cvg_arena *arena, struct cvg_decision *ret)
{
    struct cvg_reason *reasons = cvg_arena_alloc(arena, (count + 1) * sizeof *reasons);
    size_t filled = 0;

    if (remarks->first) {
        reasons[filled++] = *remarks->first; /* it is only made where no check is worse than go */
    }
    for (uint32_t severity = CVG_VERDICT_COUNT; severity-- > 0 && filled < count;) {
        if (severity == CVG_WAIT) {
            filled += tell_apart(readiness, policy, remarks->agreement, arena, reasons + filled);
        }
        for (size_t i = 0; i < policy->check_count; i++) {
            const struct cvg_check_view *check = check_at(readiness, policy, i);
            struct cvg_opinion opinion = cvg_opinion_of(check, ret->decided_at);
            if (opinion.told && opinion.severity == severity) {
                reasons[filled++] = cvg_opinion_reason(check, &opinion, ret->decided_at, arena);
            }
        }
    }
    ret->reasons = reasons;
    ret->reason_count = filled;
}

static uint32_t retry_after(int64_t wait_ns, uint64_t jitter)
{
    int64_t most = RETRY_MOST * CVG_SECOND;
    wait_ns = CVG_MIN(CVG_MAX(wait_ns, 1), most);
    uint32_t low = (uint32_t)((wait_ns - 1) / CVG_SECOND + 1);
    uint32_t high = low + low / 4 + 1;

    /* After the change rather than before it, unless that is too long to wait. */
    if (high > RETRY_MOST) {
        high = RETRY_MOST;
        low = CVG_MIN(low, (uint32_t)(RETRY_MOST - RETRY_MOST_SPREAD));
    }
    return low + (uint32_t)(jitter % (high - low + 1));
}

static void set_times(const struct hearing *hearing, uint64_t jitter, struct cvg_decision *ret)
{
    int64_t now = ret->decided_at;

    ret->valid_until = now + CVG_VALID_FOR;
    if (ret->verdict == CVG_GO) {
        ret->next_change_at = hearing->outlived_at;
        ret->valid_until = CVG_MIN(ret->valid_until, hearing->outlived_at);
    } else if (hearing->apart) {
        ret->next_change_at = CVG_MIN(hearing->next_reading, hearing->escalates_at);
    } else if (hearing->all_ready_at != 0) {
        ret->next_change_at = CVG_MIN(hearing->all_ready_at, hearing->escalates_at);
    } else {
        /* No check holds it: the evidence is missing, or it waits for the next fold. */
        ret->next_change_at = hearing->fresh_ready == 0 ? hearing->next_reading : now;
    }
    ret->next_change_at = CVG_MAX(ret->next_change_at, now);
    ret->retry_after_s = retry_after(ret->next_change_at - now, jitter);
}

/* NOLINTNEXTLINE(readability-function-size): a pure function's inputs are its arguments */
void cvg_gate_judge(const struct cvg_readiness *readiness, const struct cvg_gate_policy *policy,
                    const struct cvg_subject *subject, int64_t now, uint64_t jitter,
                    struct cvg_arena *arena, struct cvg_decision *ret)
{
    *ret = (struct cvg_decision){.verdict = CVG_GO, .of = policy->check_count, .decided_at = now};

    struct hearing hearing = hear(readiness, policy, now, ret);
    struct cvg_agreement agreement = cvg_agreement_of(readiness, policy, subject);
    struct cvg_reason first;
    bool closed = close_for_lack_of_evidence(&hearing, now, ret, &first);
    size_t apart = close_for_disagreement(&agreement, &hearing, ret);
    /* Who will not be ready by waiting is not waiting for what cannot be told. */
    ret->unknown = ret->unknown && ret->verdict == CVG_WAIT;

    collect_reasons(readiness, policy,
                    &(struct remarks){.first = closed ? &first : NULL, .agreement = &agreement},
                    hearing.told + closed + apart, arena, ret);
    set_times(&hearing, jitter, ret);
    ret->percent = 100;
    if (ret->verdict != CVG_GO) {
        uint64_t way = ret->of > 0 ? hearing.permille / (10 * ret->of) : 0;
        ret->percent = (uint32_t)CVG_MIN(way, PERCENT_NOT_YET);
    }
    ret->summary = cvg_sentence_summary(ret, arena);
    ret->progress = cvg_sentence_progress(readiness, policy, ret, arena);
}

/* The old decision, closed by this one reason. */
static void close_by(const struct cvg_decision *decision, const struct cvg_reason *reason,
                     struct cvg_decision *ret)
{
    *ret = *decision;
    ret->verdict = CVG_WAIT;
    ret->unknown = true;
    ret->reasons = reason;
    ret->reason_count = 1;
    ret->percent = CVG_MIN(decision->percent, PERCENT_NOT_YET);
    ret->next_change_at = CVG_NEVER;
    ret->valid_until = decision->decided_at + CVG_VALID_FOR;
    ret->retry_after_s = RETRY_CLOSED;
    ret->summary = reason->message;
}

void cvg_gate_stale(const struct cvg_decision *decision, struct cvg_arena *arena,
                    struct cvg_decision *ret)
{
    struct cvg_reason *reason = cvg_arena_alloc(arena, sizeof *reason);

    *reason = (struct cvg_reason){
        .code = cvg_reason_code(CVG_REASON_DECISION_STALE),
        .check = "",
        .expected = "a decision that was renewed in time",
        .observed =
            cvg_arena_format(arena, "the last one, %s", cvg_verdict_text(decision->verdict)),
        .message =
            "the daemon could not renew its decision in time, so the last one does not count",
        .until = CVG_NEVER,
        .severity = CVG_WAIT,
    };
    close_by(decision, reason, ret);
}

void cvg_gate_unrecorded(const struct cvg_decision *decision, const char *why,
                         struct cvg_arena *arena, struct cvg_decision *ret)
{
    struct cvg_reason *reason = cvg_arena_alloc(arena, sizeof *reason);

    *reason = (struct cvg_reason){
        .code = cvg_reason_code(CVG_REASON_STORE_UNAVAILABLE),
        .check = "",
        .expected = "a decision that is recorded",
        .observed = "it could not be",
        .message = cvg_arena_strdup(arena, why),
        .until = CVG_NEVER,
        .severity = CVG_WAIT,
    };
    close_by(decision, reason, ret);
    char *summary = cvg_arena_alloc(arena, SUMMARY_SIZE);
    CVG_CLEANUP(cvg_free_pointer)
    char *whole = cvg_format("the decision could not be recorded: %s", why);

    cvg_text_printable(whole, strlen(whole), summary, SUMMARY_SIZE);
    ret->summary = summary;
}

const char *cvg_verdict_text(uint32_t verdict)
{
    static const char *const texts[CVG_VERDICT_COUNT] = {"go", "wait", "halt", "rollback"};
    return verdict < CVG_VERDICT_COUNT ? texts[verdict] : "wait";
}
