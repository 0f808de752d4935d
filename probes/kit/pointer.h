/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a JSON document, found by a JSON Pointer (RFC 6901: "/status/conditions/0/type", ""
 * for the whole; "~1" is a '/', "~0" a '~'). The document is read strictly to its end, so that what
 * is cut off or ambiguous is never half believed. Pure; any thread.
 */
#ifndef CVG_KIT_POINTER_H
#define CVG_KIT_POINTER_H

#include "kit/arena.h"

#include <convergate/json.h>

#include <stddef.h>

/* The deepest document that is read. */
#define CVG_KIT_POINTER_DEPTH 64

struct cvg_kit_pointed {
    /* STRING, NUMBER, TRUE, FALSE, NULL, OBJECT, ARRAY; ERROR: not there */
    enum cvg_json_token kind;
    const char *text; /* STRING: decoded; NUMBER: as it stands; else the word, or "" */
    size_t length;
    size_t members; /* of an OBJECT or ARRAY */
};

/* NULL: it is a pointer; else what is wrong with it ("has to begin with ..."). */
const char *cvg_kit_pointer_check(const char *pointer);
/* One pass for all pointers. Texts are in the arena, which is full where -1 comes without
 * *ret_error. 0: the document is good, and ret has a value for each, kind ERROR where there is
 * none. -1: it is not; *ret_error says where, without words of the document. */
int cvg_kit_pointer_find(const char *json, size_t length, const char *const *pointers, size_t count,
                         struct cvg_kit_arena *arena, struct cvg_kit_pointed *ret,
                         const char **ret_error);

#endif
