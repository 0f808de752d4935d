/* SPDX-License-Identifier: Apache-2.0 */
/* docs/reasons.md, printed from the table that the codes are taken from. */
#ifndef CVG_DAEMON_REASONS_H
#define CVG_DAEMON_REASONS_H

#include "base/buf.h"

/* Markdown (`convergated --print-reasons`). Negative: over the buffer's limit. */
CVG_NODISCARD int cvg_reasons_describe(struct cvg_buf *ret);

#endif
