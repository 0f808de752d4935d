/* SPDX-License-Identifier: Apache-2.0 */
/* Compiler attributes and cleanup helpers used everywhere. */
#ifndef CVG_BASE_MACROS_H
#define CVG_BASE_MACROS_H

#include <stddef.h>

#define CVG_NODISCARD            __attribute__((warn_unused_result))
#define CVG_PRINTF(index, first) __attribute__((format(printf, index, first)))
#define CVG_UNUSED               __attribute__((unused))

/* Calls `done(&variable)` when the variable leaves its scope. */
#define CVG_CLEANUP(done) __attribute__((cleanup(done)))

#define CVG_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CVG_CONTAINER(pointer, type, member)                                                       \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define CVG_MIN(a, b) ((a) < (b) ? (a) : (b))
#define CVG_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
