/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams' checks that take facts of others. A stream is not asked, so its check is created with the
 * facts as they are, and anew when one of them is another. Until the new one has read something
 * nothing that was seen of the former counts.
 */
#include "base/time.h"
#include "config/diagnostics.h"
#include "runner/runner_inner.h"

/* How soon the facts are looked at again where they are missing. */
#define AGAIN (60 * CVG_SECOND)
#define BACK  (60 * CVG_SECOND)

bool cvg_runner_is_fed(const struct cvg_runner_check *check)
{
    return !check->config->polled && check->config->input_count > 0;
}

/* Dated back, since what the new one reads first may have been known for a while. */
static void say_anew(struct cvg_runner_check *check, int64_t now)
{
    int64_t at = now - CVG_MIN(BACK, check->max_age_ns / 2);
    cvg_runner_say_asked(check,
                         &(struct cvg_reading){
                             .size = sizeof(struct cvg_reading),
                             .status = CVG_UNKNOWN,
                             .reason = CVG_NOT_SYNCED,
                             .message = "a fact that it takes is another one: it begins anew",
                             .observed_at_ns = CVG_MAX(at, 1),
                         });
}

/* When the first of the facts will be too old. */
static int64_t expires_at(const struct cvg_runner_check *check)
{
    const struct cvg_runner *runner = check->source->runner;
    const struct cvg_runner_check *siblings = runner->environments[check->environment].checks;
    int64_t first = CVG_NEVER;
    for (size_t i = 0; i < check->config->input_count; i++) {
        const struct cvg_runner_check *input = &siblings[check->config->inputs[i]];
        first = CVG_MIN(first, input->known_at + input->max_age_ns + 1);
    }
    return first;
}

/* Whatever it says itself in check_create is of the new one, and comes after this. */
static void feed(struct cvg_runner_check *check, const struct cvg_runner_filled *filled)
{
    struct cvg_diagnostics diagnostics = {0};
    check->inputs = filled->inputs;
    if (check->read && check->probe == CVG_PROBE_NONE) {
        say_anew(check, check->started_at);
    }
    if (cvg_check_feed(check->instance, filled->settings, filled->arena, &diagnostics) < 0) {
        cvg_runner_say_missing(check, NULL,
                               diagnostics.count ? diagnostics.items[0].text : "refused");
    }
    cvg_diagnostics_done(&diagnostics);
}

void cvg_runner_feed(struct cvg_runner_check *check, int64_t now)
{
    struct cvg_runner_filled filled;
    if (check->probe == CVG_PROBE_NONE && cvg_runner_holds(check)) {
        return;
    }
    if (!cvg_runner_fill(check, false, &filled)) {
        cvg_check_starve(check->instance);
        check->inputs = 0;
        cvg_runner_run_at(check, now + AGAIN);
        return;
    }
    if (filled.inputs == check->inputs) {
        cvg_arena_free(filled.arena);
    } else {
        check->started_at = now;
        feed(check, &filled);
    }
    cvg_runner_run_at(check, CVG_MAX(expires_at(check), now + CVG_RERUN_PAUSE));
}

void cvg_runner_feed_all(struct cvg_runner_source *source)
{
    int64_t now = cvg_time_now();
    for (size_t i = 0; i < source->check_count; i++) {
        struct cvg_runner_check *check = source->checks[i];
        if (cvg_runner_is_fed(check) && check->probe == CVG_PROBE_NONE) {
            cvg_runner_run_at(check, now);
        }
    }
}
