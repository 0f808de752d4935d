/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a list on its way from bytes to objects. Reading it may take longer than a turn of
 * the loop has: a heavy page is read by a worker, with an arena and a pool of its own, and its
 * objects are handed over some hundred a turn. The source's thread, except cvg_kube_page_read of a
 * page that was made for a worker, which touches nothing but the page.
 */
#ifndef CVG_KUBE_PAGE_H
#define CVG_KUBE_PAGE_H

#include "collection.h"
#include "decode.h"

struct cvg_kube_page;

/* Whether reading it would take more than a turn has (5 ms). */
int cvg_kube_page_is_heavy(const char *content_type, size_t length);
/* Takes the body over. */
struct cvg_kube_page *cvg_kube_page_new(const struct cvg_kube_collection *collection,
                                        const struct cvg_kube_dwells *dwells,
                                        const char *content_type, char *body, size_t length);
void cvg_kube_page_free(struct cvg_kube_page *page); /* takes NULL */
/* pool and arena: NULL takes the page's own. */
void cvg_kube_page_read(struct cvg_kube_page *page, struct cvg_kube_pool *pool,
                        struct cvg_kit_arena *arena);
/* After it was read. OK, or what is wrong with it (error: in words). */
enum cvg_kube_decoded cvg_kube_page_result(const struct cvg_kube_page *page,
                                           const char **ret_error);
const struct cvg_kube_list_end *cvg_kube_page_end(const struct cvg_kube_page *page);
/* Puts at most so many into the collection. Returns how many are left;
 * -1: the collection is full. */
int64_t cvg_kube_page_hand(struct cvg_kube_page *page, struct cvg_kube_collection *collection,
                           struct cvg_kube_pool *pool, size_t most);

#endif
