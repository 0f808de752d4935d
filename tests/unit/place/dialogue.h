/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service that is asked exactly what a test says, in this order, and answers what it says. What is
 * asked otherwise gets a 500, and is told by dialogue_end().
 */
#ifndef CVG_TEST_PLACE_DIALOGUE_H
#define CVG_TEST_PLACE_DIALOGUE_H

#include <stdatomic.h>
#include <stdint.h>

struct line {
    const char *asked;   /* how the request begins: "GET /key HTTP" */
    const char *has;     /* NULL, or what stands in it as well; with '!' before: what does not */
    const char *status;  /* "200 OK"; "CUT": the body, and the end before Content-Length */
    const char *headers; /* each ends with \r\n; NULL: none */
    const char *body;    /* NULL: none */
};

struct dialogue {
    struct peer *peer;
    const struct line *lines; /* end at asked == NULL */
    atomic_uint at;
    char wrong[4096]; /* the first request that was not expected */
};

void dialogue_start(struct dialogue *dialogue);
uint16_t dialogue_port(const struct dialogue *dialogue);
/* From now on these; what was said before must have been all. */
void dialogue_expect(struct dialogue *dialogue, const struct line *lines);
/* Fails where lines are left, or others were asked. From now on nothing is expected. */
void dialogue_check(struct dialogue *dialogue);
void dialogue_stop(struct dialogue *dialogue);

#endif
