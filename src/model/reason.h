/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes that the daemon itself gives, each with what it means and what to do. The table
 * is the only place that knows them: the code is taken from it, and docs/reasons.md is generated
 * from it and tested against it. Modules have codes of their own, which pass through unchanged.
 * A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_MODEL_REASON_H
#define CVG_MODEL_REASON_H

#include <stddef.h>
#include <stdint.h>

/* X(constant, code, meaning, action) */
#define CVG_REASONS(X)                                                                             \
    X(NO_READING, "NoReading", "The check has not been read since the daemon started.",            \
      "Wait for the first run; if it stays, look whether the source answers.")                     \
    X(STALE, "Stale", "The latest evidence is older than the check's max_age.",                    \
      "Look why the source stopped reporting; raise max_age only if its interval is longer.")      \
    X(RISING, "Rising", "The check is ready, but not yet for as long as its rise asks.",           \
      "Wait; the answer says how much of rise has passed.")                                        \
    X(FALLING, "Falling", "The check still counts as ready, but its latest reading is not.",       \
      "Look at the reading; after the check's fall it counts as what the reading says.")           \
    X(FLAPPING, "Flapping", "The check came and went too often to count as ready.",                \
      "Find out what makes it change; it counts again when it has been quiet for a while.")        \
    X(SOURCE_UNAVAILABLE, "SourceUnavailable",                                                     \
      "The source failed repeatedly, so its checks are not asked until a trial succeeds.",         \
      "Look at the source's own error; it is tried again at least once a minute.")                 \
    X(TIMED_OUT, "TimedOut", "The source did not answer before the check's timeout.",              \
      "Look whether the source is slow or cut off; raise timeout if it is only slow.")             \
    X(INPUT_MISSING, "InputMissing", "A fact of another check that this one needs is not known.",  \
      "Look at the check that the input names: it must be read, and have that fact.")              \
    X(MODULE_FAULT, "ModuleFault",                                                                 \
      "The module broke its contract, so its reading does not count.",                             \
      "Report it to whoever maintains the module; the message says what was wrong.")               \
    X(STATUS_KEPT, "StatusKept",                                                                   \
      "The check is unknown and counts as its last known status, as on_unknown: keep asks.",       \
      "Look why it became unknown; when the time to keep ends it counts as unknown.")              \
    X(UNKNOWN_IGNORED, "UnknownIgnored",                                                           \
      "The check is unknown and does not hold the gate, as on_unknown: ignore asks.",              \
      "Look why it is unknown; set on_unknown: block if the gate must not open without it.")       \
    X(DEGRADED_ALLOWED, "DegradedAllowed",                                                         \
      "The check is degraded and does not hold the gate, as on_degraded: go asks.",                \
      "Mend what is degraded; set on_degraded: wait if the gate must not open with it.")           \
    X(NOTHING_FRESH, "NothingFresh",                                                               \
      "No check of the gate is both ready and freshly read, so there is nothing to go by.",        \
      "Look why the evidence is missing; a gate never opens on ignored or kept checks alone.")     \
    X(REVISION_DIFFERS, "RevisionDiffers",                                                         \
      "The check names another revision than the one that was asked for, or than the others.",     \
      "Wait until it is rolled out; where its revision is of another kind, set the check's "       \
      "revision or `agree: false`, and `agree_on: nothing` for a gate that is asked before a "     \
      "rollout.")                                                                                  \
    X(REVISION_UNKNOWN, "RevisionUnknown",                                                         \
      "The gate agrees on a revision, and no check names one.",                                    \
      "Look why the checks that should name it do not, or set their revision.")                    \
    X(DECISION_STALE, "DecisionStale",                                                             \
      "The daemon could not renew its decision in time, so the last one does not count.",          \
      "Look at the daemon's log and load; it answers by itself once it decides again.")            \
    X(STORE_UNAVAILABLE, "StoreUnavailable",                                                       \
      "What must be recorded or remembered could not be, so it does not count.",                   \
      "Look at /readyz?verbose or the log for why; it goes on by itself when the cause is gone.")

enum cvg_reason_id {
#define CVG_REASON_ENUM(constant, code, meaning, action) CVG_REASON_##constant,
    CVG_REASONS(CVG_REASON_ENUM)
#undef CVG_REASON_ENUM
    CVG_REASON_COUNT
};

struct cvg_reason_entry {
    const char *code;    /* "Stale" */
    const char *meaning; /* one sentence */
    const char *action;  /* one sentence: what to do about it */
};

/* The code's text, which lives for ever: the same pointer each time. */
const char *cvg_reason_code(enum cvg_reason_id id);
/* NULL where id is not below CVG_REASON_COUNT. */
const struct cvg_reason_entry *cvg_reason_entry(uint32_t id);

#endif
