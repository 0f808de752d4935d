/* SPDX-License-Identifier: Apache-2.0 */
/* A string of JSON, for the few places that write JSON without its library. Pure, any thread. */
#ifndef CVG_BASE_QUOTE_H
#define CVG_BASE_QUOTE_H

#include "base/buf.h"

/* Appends the text in quotes, escaped as JSON wants it. The text is UTF-8: nobody looks here. */
void cvg_quote_json(struct cvg_buf *out, const char *text);

#endif
