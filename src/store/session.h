/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that is open, shared by the store's thread and whoever reads. The file is opened anew
 * beside the old session, and the old one is closed by its last reader: nobody who reads waits for
 * an opening, and where the opening fails reads go on with what there is. Any thread.
 */
#ifndef CVG_STORE_SESSION_H
#define CVG_STORE_SESSION_H

#include "store/engine.h"

struct cvg_session {
    const struct cvg_engine_kind *kind;
    struct cvg_engine *engine;
    bool read_only;
    _Atomic unsigned references;
};

/* With one reference. */
CVG_NODISCARD int cvg_session_open(const struct cvg_engine_kind *kind, const char *file,
                                   bool read_only, struct cvg_session **ret,
                                   enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
struct cvg_session *cvg_session_ref(struct cvg_session *session); /* NULL stays NULL */
void cvg_session_unref(struct cvg_session *session);              /* takes NULL */
/* For CVG_CLEANUP. */
void cvg_session_done(struct cvg_session **session);

#endif
