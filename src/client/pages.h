/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded rows, page by page: the daemon's pages go from the newest row to the oldest, and are
 * followed until there are as many as were asked for.
 */
#ifndef CVG_CLIENT_PAGES_H
#define CVG_CLIENT_PAGES_H

#include "client/ask.h"

struct cvg_pages {
    /* Takes a page's rows in; next: of the following page, "" where there is none. count: how many
     * rows it had. Fails where it is not such a page. */
    int (*take)(void *ctx, const struct cvg_buf *page, size_t *ret_count, const char **ret_next,
                struct cvg_error *reterr);
    void *ctx;
};

/* query: "", or of the functions below; `limit` and `before` are added to it. With -o json each page
 * is printed as it is, a line each, and take is called all the same. */
CVG_NODISCARD int cvg_client_pages(struct cvg_loop *loop, const struct cvg_client_options *options,
                                   const char *path, const char *query,
                                   const struct cvg_pages *pages, struct cvg_error *reterr);

/* Appends "&name=value", where value is not empty. */
void cvg_client_add_text(struct cvg_buf *query, const char *name, const char *value);
/* The same for `from` and `until`. */
void cvg_client_add_times(struct cvg_buf *query, const struct cvg_client_rows *rows);

#endif
