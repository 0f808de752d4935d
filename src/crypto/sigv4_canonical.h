/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical request of Signature Version 4: one spelling for all requests that mean the same.
 * Inside of src/crypto/sigv4.h. */
#ifndef CVG_CRYPTO_SIGV4_CANONICAL_H
#define CVG_CRYPTO_SIGV4_CANONICAL_H

#include "crypto/sigv4.h"

#define CVG_SIGV4_CANONICAL_MAX ((size_t)256 << 10)

/* What signing adds to a request. */
struct cvg_sigv4_own {
    struct cvg_pair headers[3]; /* one with a NULL value is left out */
    const char *body_sha256;
};

/* Writes the canonical request, and the names of its headers separated by ';'. */
CVG_NODISCARD int cvg_sigv4_canonical(const struct cvg_sigv4_request *request,
                                      const struct cvg_sigv4_own *own, struct cvg_buf *ret,
                                      struct cvg_buf *ret_signed_headers, struct cvg_error *reterr);

#endif
