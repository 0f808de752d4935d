/* SPDX-License-Identifier: Apache-2.0 */
/* A map from subject to its latest record, and a list from the longest untouched to the newest. */
#include "decide/ledger.h"

#include "base/buf.h"
#include "base/map.h"
#include "crypto/hex.h"

#include <stdio.h>
#include <string.h>

/* A subject with the most labels, each at its longest, stays below; see wire/subject.h. */
#define KEY_LIMIT     (64u * 1024)
#define OUTCOME_LIMIT (4u * 1024 * 1024)

struct record {
    char question[CVG_SHA256_HEX];
    char id[CVG_LEDGER_ID];                 /* of the latest record; "": there is none yet */
    unsigned char outcome[CVG_SHA256_SIZE]; /* its outcome */
    void *commit;                           /* of what will be the latest; NULL: nothing */
    unsigned char coming[CVG_SHA256_SIZE];  /* its outcome */
    struct record *older, *newer;
};

struct cvg_ledger {
    struct cvg_map *records; /* key to struct record */
    struct record *oldest, *newest;
};

static void unlink_record(struct cvg_ledger *ledger, struct record *record)
{
    *(record->older ? &record->older->newer : &ledger->oldest) = record->newer;
    *(record->newer ? &record->newer->older : &ledger->newest) = record->older;
    record->older = record->newer = NULL;
}

static void link_newest(struct cvg_ledger *ledger, struct record *record)
{
    record->older = ledger->newest;
    *(ledger->newest ? &ledger->newest->newer : &ledger->oldest) = record;
    ledger->newest = record;
}

struct cvg_ledger *cvg_ledger_new(void)
{
    struct cvg_ledger *ledger = CVG_NEW(struct cvg_ledger);

    ledger->records = cvg_map_new();
    return ledger;
}

void cvg_ledger_free(struct cvg_ledger *ledger)
{
    if (!ledger) {
        return;
    }
    for (struct record *record = ledger->oldest, *next; record; record = next) {
        next = record->newer;
        free(record);
    }
    cvg_map_free(ledger->records);
    free(ledger);
}

size_t cvg_ledger_count(const struct cvg_ledger *ledger)
{
    return cvg_map_count(ledger->records);
}

/* ---- digests ---- */

/* Parts are separated by a byte that their own text cannot contain without its escape, so that
 * two different subjects never share a key. */
static void add_part(struct cvg_buf *buf, const char *text)
{
    for (; *text; text++) {
        if (*text == '\x1f' || *text == '\\') {
            cvg_buf_putc(buf, '\\');
        }
        cvg_buf_putc(buf, *text);
    }
    cvg_buf_putc(buf, '\x1f');
}

static void digest_question(const struct cvg_ledger_question *question,
                            unsigned char ret[CVG_SHA256_SIZE])
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf key = CVG_BUF_INIT(KEY_LIMIT);
    const struct cvg_subject *subject = question->subject;

    add_part(&key, question->environment);
    add_part(&key, question->gate);
    add_part(&key, subject->app);
    add_part(&key, subject->revision);
    for (size_t i = 0; i < subject->label_count; i++) {
        add_part(&key, subject->labels[i].name);
        add_part(&key, subject->labels[i].value);
    }
    cvg_sha256(cvg_buf_text(&key), key.length, ret);
}

static void digest_outcome(const struct cvg_decision *decision, unsigned char ret[CVG_SHA256_SIZE])
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf outcome = CVG_BUF_INIT(OUTCOME_LIMIT);

    cvg_buf_printf(&outcome, "%u%u", decision->verdict, (unsigned)decision->unknown);
    for (size_t i = 0; i < decision->reason_count; i++) {
        const struct cvg_reason *reason = &decision->reasons[i];
        cvg_buf_printf(&outcome, " %s:%s:%u", reason->code, reason->check, reason->severity);
    }
    cvg_sha256(cvg_buf_text(&outcome), outcome.length, ret);
}

void cvg_ledger_key(const struct cvg_ledger_question *question, const struct cvg_decision *decision,
                    struct cvg_ledger_key *ret)
{
    digest_question(question, ret->question);
    digest_outcome(decision, ret->outcome);
}

/* ---- records ---- */

static struct record *find(const struct cvg_ledger *ledger, const struct cvg_ledger_key *key)
{
    char question[CVG_SHA256_HEX];

    cvg_hex_write(key->question, sizeof(key->question), question);
    return cvg_map_get(ledger->records, question);
}

static void drop(struct cvg_ledger *ledger, struct record *record)
{
    unlink_record(ledger, record);
    cvg_map_remove(ledger->records, record->question);
    free(record);
}

static struct record *add(struct cvg_ledger *ledger, const struct cvg_ledger_key *key)
{
    struct record *record = CVG_NEW(struct record);

    cvg_hex_write(key->question, sizeof(key->question), record->question);
    cvg_map_put(ledger->records, record->question, record);
    return record;
}

/* The record of that question, as the newest one; made where there is none. */
static struct record *touch(struct cvg_ledger *ledger, const struct cvg_ledger_key *key)
{
    struct record *record = find(ledger, key);

    if (record) {
        unlink_record(ledger, record);
    } else {
        if (cvg_map_count(ledger->records) == CVG_LEDGER_LIMIT) {
            drop(ledger, ledger->oldest);
        }
        record = add(ledger, key);
    }
    link_newest(ledger, record);
    return record;
}

enum cvg_ledger_place cvg_ledger_find(struct cvg_ledger *ledger, const struct cvg_ledger_key *key,
                                      char ret_id[CVG_LEDGER_ID], void **ret_commit)
{
    struct record *record = find(ledger, key);

    if (!record) {
        return CVG_LEDGER_NEW;
    }
    unlink_record(ledger, record);
    link_newest(ledger, record);
    if (record->commit) {
        *ret_commit = record->commit;
        return memcmp(record->coming, key->outcome, sizeof(key->outcome)) == 0
                   ? CVG_LEDGER_COMMITTING
                   : CVG_LEDGER_NEW;
    }
    memcpy(ret_id, record->id, CVG_LEDGER_ID);
    return memcmp(record->outcome, key->outcome, sizeof(key->outcome)) == 0 ? CVG_LEDGER_RECORDED
                                                                            : CVG_LEDGER_NEW;
}

void cvg_ledger_begin(struct cvg_ledger *ledger, const struct cvg_ledger_key *key, void *commit)
{
    struct record *record = touch(ledger, key);

    record->commit = commit;
    memcpy(record->coming, key->outcome, sizeof(record->coming));
}

void cvg_ledger_commit(struct cvg_ledger *ledger, const struct cvg_ledger_key *key, const char *id,
                       const void *commit)
{
    struct record *record = touch(ledger, key);

    memcpy(record->outcome, key->outcome, sizeof(record->outcome));
    (void)snprintf(record->id, sizeof(record->id), "%s", id);
    if (record->commit == commit) {
        record->commit = NULL;
    }
}

void cvg_ledger_forget(struct cvg_ledger *ledger, const struct cvg_ledger_key *key,
                       const void *commit)
{
    struct record *record = find(ledger, key);

    /* Another outcome of the same question may be on its way since. */
    if (!record || record->commit != commit) {
        return;
    }
    record->commit = NULL;
    if (!record->id[0]) {
        drop(ledger, record);
    }
}

bool cvg_ledger_recall(struct cvg_ledger *ledger, const struct cvg_ledger_key *key, const char *id)
{
    struct record *record = find(ledger, key);

    if (cvg_map_count(ledger->records) >= CVG_LEDGER_LIMIT) {
        return false;
    }
    if (!record) {
        record = add(ledger, key);
        record->newer = ledger->oldest;
        *(ledger->oldest ? &ledger->oldest->older : &ledger->newest) = record;
        ledger->oldest = record;
    }
    if (!record->id[0]) {
        memcpy(record->outcome, key->outcome, sizeof(record->outcome));
        (void)snprintf(record->id, sizeof(record->id), "%s", id);
    }
    return true;
}
