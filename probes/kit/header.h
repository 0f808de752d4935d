/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of an HTTP answer as the host hands them over: lines that end with \n. Nothing here
 * allocates or looks at the locale. Any thread.
 */
#ifndef CVG_KIT_HEADER_H
#define CVG_KIT_HEADER_H

#include <stddef.h>
#include <stdint.h>

/* The value of the header, without blanks around it, inside `headers`: of the first one of that
 * name where there are several. NULL: there is none. */
const char *cvg_kit_header(const char *headers, const char *name, size_t *ret_length);
/* "Sun, 06 Nov 1994 08:49:37 GMT", the one form that servers may write (RFC 9110 5.6.7), as
 * nanoseconds since 1970. 0, or -1 where it is not one. */
int cvg_kit_http_date(const char *text, size_t length, int64_t *ret_ns);

#endif
