/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests' paths made of names that operators chose: everything but unreserved characters is
 * percent-encoded (RFC 3986 section 2.3), as signatures of AWS want it. Pure.
 */
#ifndef CVG_PLACE_URL_H
#define CVG_PLACE_URL_H

#include <stddef.h>

enum cvg_place_slash {
    CVG_PLACE_SLASH_ENCODED = 0,
    CVG_PLACE_SLASH_KEPT /* it parts the segments of a path */
};

/* A text that is appended to; what does not fit makes it full, and it stays so. */
struct cvg_place_url {
    char text[8192];
    size_t length;
    int full;
};

/* As it stands. */
void cvg_place_url_add(struct cvg_place_url *url, const char *text);
void cvg_place_url_encode(struct cvg_place_url *url, const char *text, enum cvg_place_slash slash);
/* Of a service's url, its bucket's: "https://HOST:PORT/PATH" becomes "https://BUCKET.HOST:PORT/PATH",
 * without a slash at the end. NULL, or why it cannot be one. */
const char *cvg_place_url_of_bucket(struct cvg_place_url *url, const char *service,
                                    const char *bucket);
/* Is it a bucket's name that can stand in a path and in a host's name (3 to 63 of a-z, 0-9, '.', '-';
 * older ones also have A-Z and '_', which only a path takes)? */
int cvg_place_is_bucket(const char *bucket, int in_host);

#endif
