/* SPDX-License-Identifier: Apache-2.0 */
/* A map from subject to its latest record, and a list from the longest untouched to the newest. */
#include "decide/ledger.h"

#include "base/buf.h"
#include "base/map.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "crypto/hex.h"

#include <stdio.h>
#include <string.h>

/* A subject with the most labels, each at its longest, stays below; see wire/subject.h. */
#define KEY_LIMIT     (64u * 1024)
#define OUTCOME_LIMIT (4u * 1024 * 1024)

struct record {
    char key[CVG_SHA256_HEX];     /* digest of who asks what */
    char outcome[CVG_SHA256_HEX]; /* digest of verdict and reasons; "": not yet */
    char id[CVG_LEDGER_ID];
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

static void digest_question(const struct cvg_ledger_question *question, char ret[CVG_SHA256_HEX])
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
    cvg_sha256_hex(cvg_buf_text(&key), key.length, ret);
}

static void digest_outcome(const struct cvg_decision *decision, char ret[CVG_SHA256_HEX])
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf outcome = CVG_BUF_INIT(OUTCOME_LIMIT);

    cvg_buf_printf(&outcome, "%u%u", decision->verdict, (unsigned)decision->unknown);
    for (size_t i = 0; i < decision->reason_count; i++) {
        const struct cvg_reason *reason = &decision->reasons[i];
        cvg_buf_printf(&outcome, " %s:%s:%u", reason->code, reason->check, reason->severity);
    }
    cvg_sha256_hex(cvg_buf_text(&outcome), outcome.length, ret);
}

/* RFC 9562 section 5.7: milliseconds since 1970, then chance, so that ids sort by time. */
static void make_id(int64_t wall_ns, char ret[CVG_LEDGER_ID])
{
    uint64_t ms = (uint64_t)(wall_ns / CVG_MS);
    uint64_t chance[2];

    cvg_random_bytes(chance, sizeof(chance));
    snprintf(ret, CVG_LEDGER_ID, "%08x-%04x-7%03x-%04x-%012llx", (unsigned)(ms >> 16 & 0xffffffff),
             (unsigned)(ms & 0xffff), (unsigned)(chance[0] & 0xfff),
             (unsigned)(0x8000 | (chance[0] >> 12 & 0x3fff)),
             (unsigned long long)(chance[1] & 0xffffffffffffULL));
}

/* The record of that key, as the newest one; made where there is none. */
static struct record *touch(struct cvg_ledger *ledger, const char key[CVG_SHA256_HEX])
{
    struct record *record = cvg_map_get(ledger->records, key);

    if (record) {
        unlink_record(ledger, record);
    } else {
        record = CVG_NEW(struct record);
        memcpy(record->key, key, sizeof(record->key));
        cvg_map_put(ledger->records, key, record);
    }
    link_newest(ledger, record);
    return record;
}

static void drop_oldest(struct cvg_ledger *ledger)
{
    struct record *oldest = ledger->oldest;

    unlink_record(ledger, oldest);
    cvg_map_remove(ledger->records, oldest->key);
    free(oldest);
}

bool cvg_ledger_record(struct cvg_ledger *ledger, const struct cvg_ledger_question *question,
                       const struct cvg_decision *decision, int64_t wall_ns,
                       char ret_id[CVG_LEDGER_ID])
{
    char key[CVG_SHA256_HEX], outcome[CVG_SHA256_HEX];

    digest_question(question, key);
    digest_outcome(decision, outcome);
    struct record *record = touch(ledger, key);
    bool changed = !cvg_text_equal(record->outcome, outcome);
    if (changed) {
        memcpy(record->outcome, outcome, sizeof(record->outcome));
        make_id(wall_ns, record->id);
    }
    memcpy(ret_id, record->id, CVG_LEDGER_ID);
    if (cvg_map_count(ledger->records) > CVG_LEDGER_LIMIT) {
        drop_oldest(ledger);
    }
    return changed;
}
