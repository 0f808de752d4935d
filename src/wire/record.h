/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded rows as documents: /v1/decisions[/{id}], /v1/environments/{env}/history, /v1/audit/head, the lines of
 * `convergate audit export`, and the bodies of acts. */
#ifndef CVG_WIRE_RECORD_H
#define CVG_WIRE_RECORD_H

#include "base/buf.h"
#include "record/chain.h"
#include "record/change.h"

/* One line for the export: number, at, id, action, actor, environment, gate, app, revision,
 * verdict, target, hash, question, outcome (hex), body (as JSON; as text where it is none). */
int cvg_wire_record_write(const struct cvg_record *record, struct cvg_buf *ret);
/* {"decisions": [...], "next": "..."}: number, id, at, environment, gate, app, revision, verdict,
 * asked_by, summary and reasons' codes out of the document, hash. next: "" on the last page, else the cursor. */
int cvg_wire_decisions_write(const struct cvg_record *rows, size_t count, const char *next,
                             struct cvg_buf *ret);
/* One decision with its document: {"number", "at", "asked_by", "hash", "decision": {the document}} */
int cvg_wire_decision_record_write(const struct cvg_record *record, struct cvg_buf *ret);
/* {"environment": "...", "changes": [{at, kind, name, before, after, reason, message, value}], "next"} */
int cvg_wire_history_write(const char *environment, const struct cvg_change *rows, size_t count,
                           const char *next, struct cvg_buf *ret);
/* {"number", "hash", "head": "NUMBER:HEX", "signed_at", "signature", "public_key"} (hex) */
int cvg_wire_head_write(const struct cvg_chain_signed *head,
                        const unsigned char public_key[CVG_ED25519_PUBLIC], struct cvg_buf *ret);
/* Details of an act: names and texts in pairs, NULL-terminated. */
int cvg_wire_act_write(struct cvg_buf *ret, ...);

#endif
