/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subject as JSON body: {"app": "", "revision": "", "labels": {"": ""}, "commits": [""]}. All
 * optional; other keys are ignored, so that a tool's own document may be sent as it is.
 */
#ifndef CVG_WIRE_SUBJECT_H
#define CVG_WIRE_SUBJECT_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/error.h"
#include "gate/verdict.h"

#define CVG_SUBJECT_BODY_LIMIT (256u * 1024)
#define CVG_SUBJECT_TEXT_LIMIT 256
#define CVG_SUBJECT_LABELS     32

/* Strings are in the arena. An empty body is an empty subject. */
CVG_NODISCARD int cvg_wire_subject_read(const char *json, size_t length, struct cvg_arena *arena,
                                        struct cvg_subject *ret, struct cvg_error *reterr);
/* The document that cvg_wire_subject_read reads. */
int cvg_wire_subject_write(const struct cvg_subject *subject, struct cvg_buf *ret);
bool cvg_wire_subject_is_empty(const struct cvg_subject *subject);

#endif
