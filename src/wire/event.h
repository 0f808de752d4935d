/* SPDX-License-Identifier: Apache-2.0 */
/* What one event of /v1/events says: how a gate stands, and the environment behind it. */
#ifndef CVG_WIRE_EVENT_H
#define CVG_WIRE_EVENT_H

#include "base/buf.h"
#include "gate/verdict.h"

struct cvg_wire_event {
    const char *environment, *gate;
    const struct cvg_decision *decision;
    uint32_t phase; /* enum cvg_phase */
    int64_t wall_offset;
};

/* Appends one line of JSON without a newline. -1 over the buffer's limit. */
int cvg_wire_event_write(const struct cvg_wire_event *event, struct cvg_buf *ret);

#endif
