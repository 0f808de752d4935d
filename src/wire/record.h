/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded rows as documents: /v1/decisions[/{id}], /v1/environments/{env}/history, /v1/audit/head,
 * the lines of `convergate audit export`, and the bodies of acts. Every key is always present, and
 * each function appends one line without a newline. They return 0, or -1 over the buffer's limit.
 * Times of rows have milliseconds, since a timeline is made of what happened within one second,
 * too; where a hash or a signature covers the time, it has all nine digits, so that others can
 * compute it again.
 */
#ifndef CVG_WIRE_RECORD_H
#define CVG_WIRE_RECORD_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "record/chain.h"
#include "record/change.h"

/* For the export: number, at (nine digits), id, action, actor, environment, gate, app, revision,
 * verdict, target, question, outcome, hash (hex), body. The body stands there byte for byte where
 * it is one line of JSON, else as a text. */
int cvg_wire_record_write(const struct cvg_record *record, struct cvg_buf *ret);
/* {"decisions": [{number, id, at, environment, gate, app, revision, verdict, asked_by, summary,
 * reasons (codes), hash}], "next": "..."}: newest first. Summary and codes come out of the recorded
 * document. next: "" on the last page, else what `before` takes. */
int cvg_wire_decisions_write(const struct cvg_record *rows, size_t count, const char *next,
                             struct cvg_buf *ret);
/* One with its document as it was sent: {number, at, asked_by, hash, decision}; decision is null
 * where the recorded bytes are no JSON. */
int cvg_wire_decision_record_write(const struct cvg_record *record, struct cvg_buf *ret);
/* {"environment", "changes": [{at, kind, name, before, after, reason, message, value, kept,
 * observed_at}], "next"}: newest first; value is null where the reading had none, observed_at ""
 * where there was no evidence. */
int cvg_wire_history_write(const char *environment, const struct cvg_change *rows, size_t count,
                           const char *next, struct cvg_buf *ret);
/* {number, hash, head ("NUMBER:HEX"), signed_at (nine digits), signature, public_key (hex)} */
int cvg_wire_head_write(const struct cvg_chain_signed *head,
                        const unsigned char public_key[CVG_ED25519_PUBLIC], struct cvg_buf *ret);
/* The body of an act: an object of texts, given as name and text in pairs, ended by NULL. */
int cvg_wire_act_write(struct cvg_buf *ret, ...);

/* ---- reading, for the client; texts are in the arena, never NULL ---- */

struct cvg_wire_change {
    const char *at, *kind, *name, *before, *after, *reason, *message;
    bool has_value, kept;
    double value;
};

struct cvg_wire_history {
    const char *environment, *next; /* next: "" on the last page */
    struct cvg_wire_change *changes;
    size_t count;
};

CVG_NODISCARD int cvg_wire_history_read(const char *json, size_t length, struct cvg_arena *arena,
                                        struct cvg_wire_history *ret, struct cvg_error *reterr);

struct cvg_wire_head {
    const char *head; /* "NUMBER:HEX" */
    const char *signed_at, *signature, *public_key;
};

CVG_NODISCARD int cvg_wire_head_read(const char *json, size_t length, struct cvg_arena *arena,
                                     struct cvg_wire_head *ret, struct cvg_error *reterr);

#endif
