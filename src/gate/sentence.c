/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of a decision for people. Pure. */
#include "gate/sentence.h"

#include "base/buf.h"
#include "base/text.h"
#include "gate/opinion.h"

#include <convergate/number.h>

#include <string.h>

#define SUMMARY_SIZE  256
#define DESPITE_NAMED 3
#define WAY_STEADY    1000u
#define WAY_READY     500u

static const char *cut(const char *text, struct cvg_arena *arena)
{
    size_t length = strlen(text);
    if (length < SUMMARY_SIZE) {
        return text;
    }
    char *ret = cvg_arena_alloc(arena, SUMMARY_SIZE);
    cvg_text_printable(text, length, ret, SUMMARY_SIZE);
    return ret;
}

static const char *why_it_goes(const struct cvg_decision *decision, struct cvg_arena *arena)
{
    if (decision->reason_count == 0) {
        return decision->of == 1
                   ? "the check is ready"
                   : cvg_arena_format(arena, "all %zu checks are ready", decision->of);
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4 * SUMMARY_SIZE);
    cvg_buf_printf(&text, "%zu of %zu %s ready, despite", decision->ready, decision->of,
                   cvg_plural(decision->of, "check is", "checks are"));
    size_t named = CVG_MIN(decision->reason_count, DESPITE_NAMED);
    for (size_t i = 0; i < named; i++) {
        cvg_buf_printf(&text, "%s %s (%s)", i > 0 ? "," : "", decision->reasons[i].check,
                       decision->reasons[i].code);
    }
    if (named < decision->reason_count) {
        cvg_buf_printf(&text, " and %zu more", decision->reason_count - named);
    }
    return cvg_arena_strdup(arena, cvg_buf_text(&text));
}

static const char *why_it_does_not(const struct cvg_decision *decision, struct cvg_arena *arena)
{
    const struct cvg_reason *worst = &decision->reasons[0];
    size_t more = 0;

    for (size_t i = 1; i < decision->reason_count; i++) {
        more += decision->reasons[i].severity > CVG_GO;
    }
    const char *colon = *worst->check ? ": " : "";
    if (more == 0) {
        return cvg_arena_format(arena, "%s%s%s", worst->check, colon, worst->message);
    }
    /* What comes last must survive the cut, so the message is cut by itself. */
    char message[SUMMARY_SIZE / 2];
    cvg_text_printable(worst->message, strlen(worst->message), message, sizeof message);
    return cvg_arena_format(arena, "%s%s%s (and %zu more)", worst->check, colon, message, more);
}

const char *cvg_sentence_summary(const struct cvg_decision *decision, struct cvg_arena *arena)
{
    const char *text = decision->verdict == CVG_GO ? why_it_goes(decision, arena)
                                                   : why_it_does_not(decision, arena);
    return cut(text, arena);
}

/* The rising check that needs longest, or else a flapping one: what people wait for at the end. */
static const struct cvg_check_view *last_to_come(const struct cvg_readiness *readiness,
                                                 const struct cvg_gate_policy *policy)
{
    const struct cvg_check_view *last = NULL;

    for (size_t i = 0; i < policy->check_count; i++) {
        const struct cvg_check_view *check = &readiness->checks[policy->checks[i]];
        const struct cvg_steady_view *steady = &check->steady;
        if (steady->status != CVG_PROGRESSING || steady->kept ||
            (!steady->rising && !steady->flapping)) {
            continue;
        }
        if (!last || (steady->rising && !last->steady.rising) ||
            (steady->rising == last->steady.rising &&
             steady->dwell_of_ns - steady->dwell_done_ns >
                 last->steady.dwell_of_ns - last->steady.dwell_done_ns)) {
            last = check;
        }
    }
    return last;
}

const char *cvg_sentence_progress(const struct cvg_readiness *readiness,
                                  const struct cvg_gate_policy *policy,
                                  const struct cvg_decision *decision, struct cvg_arena *arena)
{
    const struct cvg_check_view *last = last_to_come(readiness, policy);
    const char *noun = cvg_plural(decision->of, "check", "checks");
    char done[CVG_OPINION_SPAN], of[CVG_OPINION_SPAN];

    if (!last) {
        return cvg_arena_format(arena, "%zu of %zu %s ready", decision->ready, decision->of, noun);
    }
    if (!last->steady.rising) {
        return cvg_arena_format(arena, "%zu of %zu %s ready, %s flapping", decision->ready,
                                decision->of, noun, last->rules->name);
    }
    return cvg_arena_format(arena, "%zu of %zu %s ready, %s ready for %s of %s", decision->ready,
                            decision->of, noun, last->rules->name,
                            cvg_opinion_span(last->steady.dwell_done_ns, done),
                            cvg_opinion_span(last->steady.dwell_of_ns, of));
}

uint32_t cvg_sentence_permille(const struct cvg_check_view *check)
{
    const struct cvg_steady_view *steady = &check->steady;

    if (steady->status == CVG_READY) {
        return WAY_STEADY;
    }
    if (steady->rising && steady->dwell_of_ns > 0) {
        double share = (double)steady->dwell_done_ns / (double)steady->dwell_of_ns;
        return WAY_READY + (uint32_t)(share * (WAY_STEADY - WAY_READY));
    }
    const struct cvg_reading *reading = check->reading ? cvg_reading_get(check->reading) : NULL;
    if (steady->status == CVG_PROGRESSING && steady->fresh && reading && reading->total > 0) {
        return (uint32_t)((double)reading->done / (double)reading->total * WAY_READY);
    }
    return 0;
}
