/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors with a place and a chain, as plain values without allocation.
 *
 * A function that can fail returns 0 or a negative `enum cvg_code`, writes its results only on
 * success and `struct cvg_error *reterr` (last argument, may be NULL) only on failure. Callers
 * prefix context, inner last: "environment 'prod': check 'api': connect 10.0.0.7:9090: refused".
 * Library code returns errors and does not log them; they are printed once, at the edge.
 */
#ifndef CVG_BASE_ERROR_H
#define CVG_BASE_ERROR_H

#include "base/macros.h"

enum cvg_code {
    CVG_E_INVALID = -1, /* input is not what it must be */
    CVG_E_NOT_FOUND = -2,
    CVG_E_EXISTS = -3,
    CVG_E_TOO_LARGE = -4,
    CVG_E_TIMEOUT = -5,
    CVG_E_IO = -6,      /* the system said no; the message has strerror's words */
    CVG_E_REFUSED = -7, /* not allowed */
    CVG_E_UNAVAILABLE = -8,
    CVG_E_BUG = -9,
};

#define CVG_ERROR_TEXT 512

struct cvg_error {
    int code;
    int line, column;          /* from 1; 0: none */
    char file[160];            /* "" : none */
    char text[CVG_ERROR_TEXT]; /* cut with "..." where longer */
};

/* Both return `code`, so that a function can end with `return cvg_error_set(...)`. */
int cvg_error_set(struct cvg_error *reterr, int code, const char *format, ...) CVG_PRINTF(3, 4);
int cvg_error_set_errno(struct cvg_error *reterr, int errnum, const char *format, ...)
    CVG_PRINTF(3, 4);
/* Puts "context: " before the message; returns the error's code, CVG_E_INVALID for NULL. */
int cvg_error_prefix(struct cvg_error *error, const char *format, ...) CVG_PRINTF(2, 3);

#endif
