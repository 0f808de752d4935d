/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_tls */
/*
 * Any bytes as what a server says before TLS; the first one says in which protocol. Whatever they
 * are: lines stay within bounds, it ends after a bounded number of them, and the go-ahead is the
 * last byte that came.
 */
#include "fuzz.h"

#include "prelude.h"

#include <stdlib.h>
#include <string.h>

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_tls_prelude prelude;
    if (size == 0) {
        return 0;
    }
    enum cvg_tls_turn turn = cvg_tls_prelude_begin(&prelude, data[0] % 4);
    check(turn == CVG_TLS_LISTEN || turn == CVG_TLS_SAY);
    size_t at = 1;
    while (at < size && (turn == CVG_TLS_LISTEN || turn == CVG_TLS_SAY)) {
        size_t used = 0;
        turn = cvg_tls_prelude_take(&prelude, data + at, size - at, &used);
        at += used;
        check(used > 0 && at <= size);
        check(strlen(prelude.line) <= CVG_TLS_LINE_MOST);
        check(prelude.lines <= CVG_TLS_LINES_MOST + 1);
        check(turn != CVG_TLS_SAY || (prelude.send != NULL && prelude.send_length > 0));
        check(turn != CVG_TLS_GO || at == size);
    }
    return 0;
}
