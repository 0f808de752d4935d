/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer says: its records are noted in one pass, then the chain of aliases is followed
 * among them, then those at its end are read. See message.h.
 */
#include "kit/memory.h"
#include "message.h"

#include <stdlib.h>
#include <string.h>

#define HEADER       12
#define ALIASES_MOST 16
#define TTL_MOST     0x7FFFFFFFu /* RFC 2181 8: beyond it is taken as 0 */

enum {
    AA = 0x04, /* of the header's third byte */
    RA = 0x80, /* of its fourth */
    AD = 0x20,
    CLASS_IN = 1,
    TYPE_OPT = 41,
};

struct record {
    size_t owner; /* where its name begins */
    unsigned type, class;
    uint32_t ttl;
    size_t at, size; /* of its data */
};

struct reader {
    const unsigned char *message;
    size_t length, at;
    size_t count; /* of the answer section's records */
    struct record records[CVG_DNS_RECORDS];
    unsigned has_opt;
    uint32_t high_rcode;
};

static unsigned number_at(const unsigned char *message, size_t at)
{
    return (unsigned)message[at] << 8 | message[at + 1];
}

static uint32_t broken(struct cvg_dns_answer *ret, const char *what)
{
    ret->what = what;
    return CVG_DNS_BROKEN;
}

static int read_record(struct reader *reader, struct record *ret)
{
    char owner[CVG_DNS_NAME_TEXT];
    const unsigned char *message = reader->message;
    ret->owner = reader->at;
    if (cvg_dns_name_read(message, reader->length, &reader->at, owner) < 0 ||
        reader->length - reader->at < 10) {
        return -1;
    }
    size_t at = reader->at;
    ret->type = number_at(message, at);
    ret->class = number_at(message, at + 2);
    ret->ttl = (uint32_t)number_at(message, at + 4) << 16 | number_at(message, at + 6);
    ret->size = number_at(message, at + 8);
    ret->at = at + 10;
    if (reader->length - ret->at < ret->size) {
        return -1;
    }
    reader->at = ret->at + ret->size;
    return 0;
}

/* Besides the answers only what EDNS says counts; all is read, so that a cut shows. */
static int note_other(struct reader *reader, unsigned section)
{
    struct record record;
    if (read_record(reader, &record) < 0) {
        return -1;
    }
    if (section != 1 && record.type == TYPE_OPT && !reader->has_opt) {
        reader->has_opt = 1;
        reader->high_rcode = record.ttl >> 24 << 4;
    }
    return 0;
}

/* 0, or what kind of answer it is instead. */
static uint32_t note_records(struct reader *reader, struct cvg_dns_answer *ret)
{
    char name[CVG_DNS_NAME_TEXT];
    for (unsigned left = number_at(reader->message, 4); left > 0; left--) {
        if (cvg_dns_name_read(reader->message, reader->length, &reader->at, name) < 0 ||
            reader->length - reader->at < 4) {
            return broken(ret, "its question is cut off");
        }
        reader->at += 4;
    }
    unsigned answers = number_at(reader->message, 6);
    if (answers > CVG_DNS_RECORDS) {
        ret->what = "more than 256 records";
        return CVG_DNS_TOO_LARGE;
    }
    for (; reader->count < answers; reader->count++) {
        if (read_record(reader, &reader->records[reader->count]) < 0) {
            return broken(ret, "its records are cut off or have names that are none");
        }
    }
    for (unsigned section = 1; section <= 2; section++) {
        for (unsigned left = number_at(reader->message, 6 + 2 * section); left > 0; left--) {
            if (note_other(reader, section) < 0) {
                return broken(ret, "what stands behind its records is cut off");
            }
        }
    }
    return 0;
}

static int is_owned(const struct reader *reader, const struct record *record, unsigned type,
                    const char *owner)
{
    char name[CVG_DNS_NAME_TEXT];
    size_t at = record->owner;
    return record->type == type && record->class == CLASS_IN &&
           cvg_dns_name_read(reader->message, reader->length, &at, name) == 0 &&
           strcmp(name, owner) == 0;
}

static void take_ttl(struct cvg_dns_answer *ret, uint32_t ttl)
{
    uint32_t taken = ttl > TTL_MOST ? 0 : ttl;
    ret->ttl = taken < ret->ttl ? taken : ret->ttl;
}

/* One alias further: 1, 0 at the end of the chain, -1 where its data are no name. */
static int follow(const struct reader *reader, struct cvg_dns_answer *ret)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct record *record = &reader->records[i];
        if (is_owned(reader, record, cvg_dns_type_code(CVG_DNS_CNAME), ret->end)) {
            size_t at = record->at;
            if (cvg_dns_name_read(reader->message, reader->length, &at, ret->end) < 0 ||
                at != record->at + record->size) {
                return -1;
            }
            take_ttl(ret, record->ttl);
            ret->aliases++;
            return 1;
        }
    }
    return 0;
}

static uint32_t follow_all(const struct reader *reader, uint32_t type, struct cvg_dns_answer *ret)
{
    int more = type != CVG_DNS_CNAME;
    while (more > 0) {
        more = follow(reader, ret);
        if (more < 0) {
            return broken(ret, "an alias of it leads to no name");
        }
        if (ret->aliases > ALIASES_MOST) {
            return broken(ret, "its aliases lead in a circle, or over more than 16 steps");
        }
    }
    return 0;
}

static int in_order(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort_values(struct cvg_dns_answer *ret)
{
    size_t kept = 0;
    if (ret->count > 1) {
        qsort(ret->values, ret->count, sizeof(*ret->values), in_order);
    }
    for (size_t i = 0; i < ret->count; i++) {
        if (kept > 0 && strcmp(ret->values[kept - 1], ret->values[i]) == 0) {
            free(ret->values[i]);
        } else {
            ret->values[kept++] = ret->values[i];
        }
    }
    ret->count = kept;
}

static uint32_t read_values(const struct reader *reader, uint32_t type, struct cvg_dns_answer *ret)
{
    char value[CVG_DNS_VALUE_TEXT];
    for (size_t i = 0; i < reader->count; i++) {
        const struct record *record = &reader->records[i];
        if (!is_owned(reader, record, cvg_dns_type_code(type), ret->end)) {
            continue;
        }
        switch (cvg_dns_value_read(type, reader->message, reader->length, record->at, record->size,
                                   value)) {
        case CVG_DNS_VALUE_READ:
            break;
        case CVG_DNS_VALUE_TOO_LONG:
            ret->what = "a record of more than 4095 characters";
            return CVG_DNS_TOO_LARGE;
        case CVG_DNS_VALUE_BROKEN:
            return broken(ret, "a record's data are not what its type has");
        }
        if (ret->values == NULL) {
            ret->values = cvg_kit_alloc(reader->count * sizeof(*ret->values));
        }
        ret->values[ret->count++] = cvg_kit_copy(value);
        take_ttl(ret, record->ttl);
    }
    sort_values(ret);
    return CVG_DNS_FOUND;
}

/* No records at the end: does this server know at all? One that does not ask others knows what is its
 * own, and nothing of where an alias leads to. */
static uint32_t without_records(const struct reader *reader, const struct cvg_dns_answer *ret)
{
    int recursive = (reader->message[3] & RA) != 0;
    int knows = recursive || (ret->authoritative && ret->aliases == 0);
    return knows ? CVG_DNS_NO_DATA : CVG_DNS_REFERRAL;
}

static uint32_t read_answer(struct reader *reader, uint32_t type, struct cvg_dns_answer *ret)
{
    uint32_t kind = note_records(reader, ret);
    if (kind != 0) {
        return kind;
    }
    ret->rcode = cvg_dns_short_rcode(reader->message) | reader->high_rcode;
    if (ret->rcode != CVG_DNS_NOERROR && ret->rcode != CVG_DNS_NXDOMAIN) {
        return CVG_DNS_ERROR;
    }
    kind = follow_all(reader, type, ret);
    if (kind == 0 && ret->rcode == CVG_DNS_NXDOMAIN) {
        return CVG_DNS_NO_NAME;
    }
    kind = kind == 0 ? read_values(reader, type, ret) : kind;
    return kind == CVG_DNS_FOUND && ret->count == 0 ? without_records(reader, ret) : kind;
}

void cvg_dns_answer_read(const char *name, uint32_t type, const unsigned char *message,
                         size_t length, struct cvg_dns_answer *ret)
{
    struct reader reader = {.message = message, .length = length, .at = HEADER};
    memset(ret, 0, sizeof(*ret));
    ret->what = "";
    ret->ttl = TTL_MOST;
    ret->authoritative = (message[2] & AA) != 0;
    ret->authenticated = (message[3] & AD) != 0;
    memcpy(ret->end, name, strlen(name) + 1);
    ret->kind = read_answer(&reader, type, ret);
    if (ret->kind != CVG_DNS_FOUND) {
        cvg_dns_answer_done(ret);
    }
}

void cvg_dns_answer_done(struct cvg_dns_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        free(answer->values[i]);
    }
    free(answer->values);
    answer->values = NULL;
    answer->count = 0;
}
