/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reference to a secret. The value is read afresh on each use (src/io/secret.h) and is never
 * part of a configuration, a log line, an answer or an error. What a module learned by itself has
 * no place to be read from: such a one is the text, and whoever keeps it wipes it.
 */
#ifndef CVG_BASE_SECRET_H
#define CVG_BASE_SECRET_H

#include "base/error.h"

enum cvg_secret_kind {
    CVG_SECRET_FILE,       /* file:/absolute/path */
    CVG_SECRET_CREDENTIAL, /* credential:NAME, below $CREDENTIALS_DIRECTORY */
    CVG_SECRET_ENV,        /* env:NAME */
    CVG_SECRET_TEXT, /* a module's own; name is the secret itself. Never from a configuration */
};

struct cvg_secret {
    enum cvg_secret_kind kind;
    const char *name; /* points into the text that was parsed */
};

/* text must live as long as *ret. Anything but a reference is refused, without echoing it: it may
 * be the secret itself. */
CVG_NODISCARD int cvg_secret_parse(const char *text, struct cvg_secret *ret,
                                   struct cvg_error *reterr);

#endif
