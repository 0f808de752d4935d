/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents of POST /v1/accept/{environment}/{check}: what a person says with it, and what came
 * of it.
 */
#ifndef CVG_WIRE_ACCEPT_H
#define CVG_WIRE_ACCEPT_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"

/* {"comment": "..."}, or nothing at all: then the comment is "". Strict: a person's word must not
 * get lost by a slip of the key. At most CVG_RECORD_TEXT bytes of printable text, in the arena. */
CVG_NODISCARD int cvg_wire_comment_read(const char *json, size_t length, struct cvg_arena *arena,
                                        const char **ret, struct cvg_error *reterr);
/* For the client. */
int cvg_wire_comment_write(const char *comment, struct cvg_buf *ret);

struct cvg_wire_accepted {
    const char *environment, *check;
    bool accepted;  /* false: the module remembered nothing, so nothing was done */
    const char *id; /* of the recorded act; "" where none was recorded */
};

/* {environment, check, accepted, id} */
int cvg_wire_accepted_write(const struct cvg_wire_accepted *accepted, struct cvg_buf *ret);
/* Texts are in the arena. */
CVG_NODISCARD int cvg_wire_accepted_read(const char *json, size_t length, struct cvg_arena *arena,
                                         struct cvg_wire_accepted *ret, struct cvg_error *reterr);

#endif
