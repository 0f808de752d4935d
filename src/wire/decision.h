/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision document (schema "gate/1"): the same for every tool, whatever status code it is
 * printed with. Every key is always present. The labels of a subject stand in subject.labels.
 */
#ifndef CVG_WIRE_DECISION_H
#define CVG_WIRE_DECISION_H

#include "base/buf.h"
#include "base/error.h"
#include "gate/verdict.h"

/* How many reasons a document has unless all are asked for; summary counts the rest. */
#define CVG_WIRE_REASONS 5

struct cvg_wire_decision {
    const char *id; /* of the record; "": none */
    const char *environment, *gate;
    const struct cvg_subject *subject; /* NULL: none */
    const struct cvg_decision *decision;
    int64_t wall_offset; /* CLOCK_BOOTTIME to wall time */
    bool explain;        /* ?explain=full: all reasons, with messages */
};

/* Appends one line of JSON without a newline. -1 over the buffer's limit. */
int cvg_wire_decision_write(const struct cvg_wire_decision *document, struct cvg_buf *ret);

/* What a client needs of the document. */
struct cvg_wire_reason {
    char *code, *check, *expected, *observed, *message, *since, *severity;
};

struct cvg_wire_answer {
    uint32_t verdict;
    bool unknown;
    char *id, *environment, *gate, *summary, *progress, *decided_at, *valid_until, *next_change_at;
    uint32_t percent, retry_after_s;
    struct cvg_wire_reason *reasons; /* owned, with their strings */
    size_t reason_count;
};

CVG_NODISCARD int cvg_wire_decision_read(const char *json, size_t length,
                                         struct cvg_wire_answer *ret, struct cvg_error *reterr);
void cvg_wire_answer_done(struct cvg_wire_answer *answer);

#endif
