/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subject as JSON body: {"app": "", "revision": "", "labels": {"": ""}, "commits": [""]}. All
 * optional; other keys are ignored, so that a tool's own document may be sent as it is. But `env`
 * and `gate`, as our own documents call them, are told apart from those: a caller who names
 * another gate in the body than in the URL must not be answered for the wrong one.
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

struct cvg_wire_question {
    struct cvg_subject subject;
    const char *environment, *gate; /* "" where not given */
};

/* Strings are in the arena. An empty body is an empty question. */
CVG_NODISCARD int cvg_wire_question_read(const char *json, size_t length, struct cvg_arena *arena,
                                         struct cvg_wire_question *ret, struct cvg_error *reterr);
/* The document that cvg_wire_question_read reads. */
int cvg_wire_subject_write(const struct cvg_subject *subject, struct cvg_buf *ret);
bool cvg_wire_subject_is_empty(const struct cvg_subject *subject);

#endif
