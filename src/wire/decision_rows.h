/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded decisions as the client reads them, from our own daemon: what src/wire/record.h writes.
 * Strings are in the arena, never NULL, "" where the document has none. Any thread.
 */
#ifndef CVG_WIRE_DECISION_ROWS_H
#define CVG_WIRE_DECISION_ROWS_H

#include "base/alloc.h"
#include "base/error.h"

/* One of /v1/decisions. */
struct cvg_wire_decision_row {
    const char *id, *at, *environment, *gate, *app, *revision, *verdict, *asked_by, *summary;
};

/* A page, the newest first. next: "" on the last one, else what `before` takes. */
struct cvg_wire_decisions {
    struct cvg_wire_decision_row *rows;
    size_t count;
    const char *next;
};

CVG_NODISCARD int cvg_wire_decisions_read(const char *json, size_t length, struct cvg_arena *arena,
                                          struct cvg_wire_decisions *ret, struct cvg_error *reterr);

/* /v1/decisions/{id}: the row, and the document as it was sent. */
struct cvg_wire_decision_record {
    const char *number, *at, *asked_by, *hash;
    const char *document; /* "": what was recorded is no JSON */
};

CVG_NODISCARD int cvg_wire_decision_record_read(const char *json, size_t length,
                                                struct cvg_arena *arena,
                                                struct cvg_wire_decision_record *ret,
                                                struct cvg_error *reterr);

#endif
