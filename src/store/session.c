/* SPDX-License-Identifier: Apache-2.0 */
/* Counting who uses an open engine. */
#include "store/session.h"

#include "base/alloc.h"

#include <stdatomic.h>

int cvg_session_open(const struct cvg_engine_kind *kind, const char *file, bool read_only,
                     struct cvg_session **ret, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr)
{
    struct cvg_engine *engine = NULL;
    int rc = kind->open(file, read_only, &engine, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    struct cvg_session *session = CVG_NEW(struct cvg_session);
    session->kind = kind;
    session->engine = engine;
    session->read_only = read_only;
    atomic_init(&session->references, 1);
    *ret = session;
    return 0;
}

struct cvg_session *cvg_session_ref(struct cvg_session *session)
{
    if (session) {
        atomic_fetch_add_explicit(&session->references, 1, memory_order_relaxed);
    }
    return session;
}

void cvg_session_unref(struct cvg_session *session)
{
    if (session && atomic_fetch_sub_explicit(&session->references, 1, memory_order_acq_rel) == 1) {
        session->kind->close(session->engine);
        free(session);
    }
}

void cvg_session_done(struct cvg_session **session)
{
    cvg_session_unref(*session);
}
