/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration that `convergate init` writes: a pure function of what was found. Whatever the
 * names are, the text passes the loader: values stand in quotes unless they can be nothing but text,
 * and what is only told stands in comments of one line each.
 */
#ifndef CVG_CLIENT_INIT_WRITE_H
#define CVG_CLIENT_INIT_WRITE_H

#include "base/buf.h"
#include "client/init_found.h"

/* Which suggestions are checks; the others are comments, since their modules are not here. */
struct cvg_init_live {
    bool dns, tls, http;
};

struct cvg_init_written {
    size_t sources, checks, required;
};

/* found is sorted here; names that checks get are taken anew each time. 0 checks: there is nothing
 * to write, and the text is good for nothing. */
void cvg_init_write(struct cvg_init_found *found, const struct cvg_init_live *live,
                    struct cvg_buf *out, struct cvg_init_written *ret);

#endif
