/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of callers as application/problem+json (RFC 9457). */
#ifndef CVG_WIRE_PROBLEM_H
#define CVG_WIRE_PROBLEM_H

#include "base/buf.h"

/* type is about:blank; title is the status' own words; code is a CamelCase word of ours. */
int cvg_wire_problem_write(unsigned status, const char *code, const char *detail,
                           struct cvg_buf *ret);
const char *cvg_wire_status_title(unsigned status);
/* The detail of a problem document, or a piece of whatever came instead. */
void cvg_wire_problem_read(const char *json, size_t length, char *ret, size_t size);

#endif
