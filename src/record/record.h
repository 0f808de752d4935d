/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of the audit chain: a decision that was given to a subject, or an act of a person or of
 * whoever runs the daemon (a reload, an alarm accepted, a backup restored). Rows are numbered from 1
 * without gaps, in the order in which they were committed, and never change. Plain data; texts are
 * borrowed, never NULL, UTF-8.
 */
#ifndef CVG_RECORD_RECORD_H
#define CVG_RECORD_RECORD_H

#include "crypto/digest.h"

#include <stddef.h>
#include <stdint.h>

#define CVG_RECORD_ID 37 /* a UUID of version 7, with its NUL */

/* Ceilings in bytes, which whoever makes a row keeps to; an engine refuses what is longer. */
#define CVG_RECORD_TEXT 512
#define CVG_RECORD_BODY ((size_t)4 * 1024 * 1024)

/* What a row is about. A decision's action is this; everything else is an act. */
#define CVG_RECORD_DECISION "decision"

struct cvg_record {
    uint64_t number; /* from 1; given by the store */
    int64_t at;      /* wall time, nanoseconds since 1970 */
    const char *id;  /* UUIDv7 */
    const char *action;
    const char *actor;       /* by the credential: "token:ci", "user:ada"; "": nobody said */
    const char *environment; /* "": all */
    const char *gate;        /* of a decision */
    const char *app, *revision;
    const char *verdict; /* of a decision: "go" */
    const char *target;  /* of an act: the check, the file */
    const char *body;    /* JSON: a decision's document as it was sent; an act's details */
    size_t body_length;
    /* Of a decision, so that a repeated question makes no row after a restart either: digests of
     * who asks what, and of what was answered. Of an act: zero. */
    unsigned char question[CVG_SHA256_SIZE], outcome[CVG_SHA256_SIZE];
    unsigned char hash[CVG_SHA256_SIZE]; /* see record/chain.h; given by the store */
};

/* RFC 9562 section 5.7: milliseconds since 1970, then chance, so that ids sort by time. */
void cvg_record_id(int64_t wall_ns, char ret[CVG_RECORD_ID]);

#endif
