/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether there is a document to be believed at all: alarms, refusals, one that is being written,
 * locks, none.
 */
#include "judge_inner.h"

#include <inttypes.h>
#include <string.h>

#define ACCEPT "look what happened, then `convergate accept ENV CHECK`"

/* ---- alarms ---- */

/* A lineage was read from outside. */
static void say_lineage(struct cvg_kit_text *text, const char *lineage)
{
    cvg_kit_text_evidence(text, lineage, strlen(lineage), 64);
}

int cvg_tf_rule_alarm(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_memory *memory = judging->memory;
    char words[192];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    switch ((enum cvg_tf_alarm)memory->alarm) {
    case CVG_TF_SERIAL_BEHIND:
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_SERIAL_BEHIND,
                          "the state went back from serial %" PRIu64 " to %" PRIu64
                          ": a snapshot was restored or pushed by force; " ACCEPT,
                          memory->serial, memory->other_serial);
    case CVG_TF_LINEAGE_CHANGED:
        say_lineage(&text, memory->lineage);
        cvg_kit_text_add(&text, " at serial ");
        cvg_kit_text_format(&text, "%" PRIu64 " came ", memory->serial);
        say_lineage(&text, memory->other_lineage);
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_LINEAGE_CHANGED,
                          "this is another state: after lineage %s at serial %" PRIu64
                          "; it was created anew, or the wrong file is read; " ACCEPT,
                          words, memory->other_serial);
    case CVG_TF_SAME_SERIAL_OTHER_CONTENT:
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_SAME_SERIAL_OTHER_CONTENT,
                          "the state changed and kept its serial %" PRIu64
                          ": two writers, somebody's hand, or another version of the tool; " ACCEPT,
                          memory->serial);
    case CVG_TF_MEMORY_LOST:
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_MEMORY_UNREADABLE,
                          "what is remembered of the state cannot be read, so that one which went "
                          "back would not be seen; " ACCEPT);
    case CVG_TF_NO_ALARM:
    case CVG_TF_ALARMS:
        break;
    }
    return 0;
}

/* ---- who holds the lock ---- */

/* "OperationTypeApply" is the tool's inner word. */
static const char *operation_of(const struct cvg_tf_lock *lock)
{
    static const char prefix[] = "OperationType";
    size_t length = sizeof(prefix) - 1;
    return strncmp(lock->operation, prefix, length) == 0 ? lock->operation + length
                                                         : lock->operation;
}

static void say_holder(struct cvg_kit_text *text, const struct cvg_tf_judging *judging)
{
    const struct cvg_tf_lock *lock = &judging->evidence->lock;
    int64_t since = lock->created_at > 0 && lock->created_at <= judging->wall
                        ? lock->created_at
                        : judging->memory->lock_since;
    if (lock->who[0] != '\0') {
        cvg_kit_text_add(text, " by ");
        cvg_kit_text_evidence(text, lock->who, strlen(lock->who), sizeof(lock->who));
    }
    if (lock->operation[0] != '\0') {
        const char *operation = operation_of(lock);
        cvg_kit_text_add(text, " for ");
        cvg_kit_text_evidence(text, operation, strlen(operation), sizeof(lock->operation));
    }
    if (since > 0) {
        cvg_kit_text_add(text, " since ");
        cvg_tf_say_time(text, since);
    }
}

/* ---- refused, torn ---- */

static int is_torn(const struct cvg_tf_judging *judging)
{
    enum cvg_tf_refusal_kind kind = judging->evidence->refusal.kind;
    return judging->sight->being_written || kind == CVG_TF_EMPTY || kind == CVG_TF_TORN;
}

int cvg_tf_rule_refused(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_refusal *refusal = &judging->evidence->refusal;
    if (judging->sight->digest_mismatch) {
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_DIGEST_MISMATCH,
                          "the state is not the one whose digest the place keeps: it is being "
                          "written, or one of the two is old");
    }
    if (refusal->kind == CVG_TF_FINE || is_torn(judging)) {
        return 0;
    }
    int has_where = refusal->where[0] != '\0';
    (void)cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_BAD_CONTENT, "%s%s%s%s",
                     cvg_tf_refusal_text(refusal->kind), has_where ? " (" : "",
                     has_where ? refusal->where : "", has_where ? ")" : "");
    judging->finding->reading.reason = cvg_tf_refusal_reason(refusal->kind);
    return 1;
}

int cvg_tf_rule_torn(struct cvg_tf_judging *judging)
{
    int64_t since = judging->memory->stillness.torn_since;
    int is_empty = judging->evidence->refusal.kind == CVG_TF_EMPTY;
    if (!is_torn(judging)) {
        return 0;
    }
    char words[640];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_add(&text, is_empty ? "it is empty" : "it is not whole");
    if (judging->sight->being_written && judging->sight->text[0] != '\0') {
        cvg_kit_text_add(&text, " (");
        cvg_kit_text_evidence(&text, judging->sight->text, strlen(judging->sight->text), 200);
        cvg_kit_text_add(&text, ")");
    }
    if (since > 0) {
        cvg_kit_text_add(&text, " since ");
        cvg_tf_say_time(&text, since);
    }
    if (judging->evidence->lock.state == CVG_PLACE_LOCK_HELD) {
        cvg_kit_text_add(&text, "; it is locked");
        say_holder(&text, judging);
    }
    if (judging->standing == CVG_PLACE_TORN_TOO_LONG) {
        return cvg_tf_say(judging, CVG_UNKNOWN,
                          is_empty ? CVG_TF_REASON_STATE_EMPTY : CVG_TF_REASON_STATE_TORN,
                          "the document cannot be read: %s, longer than grace; look whether its "
                          "writer still runs",
                          words);
    }
    return cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_BEING_WRITTEN,
                      "the document is being written: %s", words);
}

/* ---- locks ---- */

static int rule_stale(struct cvg_tf_judging *judging)
{
    char words[320];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    say_holder(&text, judging);
    return cvg_tf_say(
        judging, CVG_UNKNOWN, CVG_TF_REASON_LOCK_STALE,
        "a lock was left%s, and its holder is gone: the run was killed; the next plan "
        "or apply removes it",
        words);
}

int cvg_tf_rule_locked(struct cvg_tf_judging *judging)
{
    uint32_t state = judging->evidence->lock.state;
    if (state == CVG_PLACE_LOCK_STALE && judging->config->lock != CVG_TF_LOCK_IGNORE) {
        return rule_stale(judging);
    }
    if (judging->standing != CVG_PLACE_LOCKED) {
        return cvg_tf_say_word(judging, judging->run, CVG_PROGRESSING);
    }
    char words[512];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    say_holder(&text, judging);
    cvg_kit_text_add(&text, judging->sight->absent ? ", and there is no state yet" : "");
    cvg_tf_say_progress(&text, judging);
    return cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_LOCKED, "the state is locked%s",
                      words);
}

/* ---- none ---- */

int cvg_tf_rule_absent(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_memory *memory = judging->memory;
    if (judging->survey != NULL) {
        return 0;
    }
    if (!judging->sight->absent) {
        (void)cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_BAD_CONTENT,
                         "the document was not read");
        judging->finding->reading.fault = CVG_FAULT_BUG;
        return 1;
    }
    char words[320];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    if (judging->sight->text[0] != '\0') {
        cvg_kit_text_evidence(&text, judging->sight->text, strlen(judging->sight->text), 256);
    } else {
        cvg_kit_text_add(&text, "there is no state");
    }
    if (memory->known) {
        return cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_NO_STATE,
                          "%s; the one that was there, at serial %" PRIu64 ", is gone", words,
                          memory->serial);
    }
    return cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_NO_STATE,
                      "%s: nothing was applied yet, or the path is wrong", words);
}
