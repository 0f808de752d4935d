/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document while its bytes come: one malloc'd buffer that grows up to a limit and is handed over
 * whole. Its memory doubles, so that what was not written is not touched either. One owner; any
 * thread.
 */
#ifndef CVG_PLACE_BODY_H
#define CVG_PLACE_BODY_H

#include <stddef.h>

struct cvg_place_body {
    char *bytes; /* owned */
    size_t length, capacity;
    size_t limit; /* more than that is refused */
    int over;     /* it was more: nothing is added any more */
};

/* Room for at least so many more bytes, up to the limit: a hint. */
void cvg_place_body_expect(struct cvg_place_body *body, size_t length);
/* 0, or -1: over the limit. */
int cvg_place_body_add(struct cvg_place_body *body, const void *bytes, size_t length);
/* The bytes with a NUL behind, never NULL: free() them. The body is empty then. */
char *cvg_place_body_take(struct cvg_place_body *body, size_t *ret_length);
void cvg_place_body_done(struct cvg_place_body *body);

#endif
