/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service says, up to a limit, and whether it is what was awaited. Looked at as it comes, so
 * that the answer does not wait for more than it needs. One owner, no locks; bytes are hostile.
 */
#ifndef CVG_TCP_BANNER_H
#define CVG_TCP_BANNER_H

#include "config.h"

#include <stddef.h>

#define CVG_TCP_BANNER_MOST 16384
#define CVG_TCP_LINE_MOST   160 /* of what is shown of it */

struct cvg_tcp_banner;

/* 0, or -1 and what is wrong with the pattern; NULL is none, and fine. */
int cvg_tcp_pattern_check(const char *pattern, char *ret, size_t size);

/* The patterns must have been checked. expect is borrowed and outlives the banner. */
struct cvg_tcp_banner *cvg_tcp_banner_new(const struct cvg_tcp_expect *expect);
void cvg_tcp_banner_free(struct cvg_tcp_banner *banner); /* takes NULL */
/* How many bytes may still come. */
size_t cvg_tcp_banner_room(const struct cvg_tcp_banner *banner);
/* More came, at most the room. Nonzero: all that was awaited was said. */
int cvg_tcp_banner_take(struct cvg_tcp_banner *banner, const void *bytes, size_t length);
size_t cvg_tcp_banner_length(const struct cvg_tcp_banner *banner);
/* Its first line that is not empty, printable; "" where nothing was said. */
void cvg_tcp_banner_line(const struct cvg_tcp_banner *banner, char ret[CVG_TCP_LINE_MOST]);

#endif
