/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store as workers see it: calls that wait for the disk are made there, and a stop takes the
 * store away from them, after those that are in it have come out. Any thread.
 */
#ifndef CVG_DECIDE_VISIT_H
#define CVG_DECIDE_VISIT_H

#include "store/store.h"

struct cvg_visit;

/* The store is borrowed. One reference, the caller's. */
struct cvg_visit *cvg_visit_new(struct cvg_store *store);
struct cvg_visit *cvg_visit_ref(struct cvg_visit *visit);
void cvg_visit_unref(struct cvg_visit *visit); /* takes NULL */

/* The store, until the visitor leaves; NULL: it was taken away. Leave in either case. */
struct cvg_store *cvg_visit_enter(struct cvg_visit *visit);
void cvg_visit_leave(struct cvg_visit *visit);
/* Waits for who is in it; nobody finds it any more. Takes NULL. */
void cvg_visit_close(struct cvg_visit *visit);

#endif
