/* SPDX-License-Identifier: Apache-2.0 */
/* A reading as JSON: what `convergate probe -o json` prints. */
#ifndef CVG_WIRE_READING_H
#define CVG_WIRE_READING_H

#include "base/buf.h"

#include <convergate/reading.h>

int cvg_wire_reading_write(const struct cvg_reading *reading, int64_t wall_offset,
                           struct cvg_buf *ret);

#endif
