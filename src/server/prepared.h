/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers of one gate of one snapshot, ready to send: made by the first reader who needs them
 * and attached to the snapshot, so that each further request only queues a pointer. Responses are
 * counted by the library; one that is still being sent outlives its snapshot.
 */
#ifndef CVG_SERVER_PREPARED_H
#define CVG_SERVER_PREPARED_H

#include "decide/snapshot.h"

#include <microhttpd.h>

enum cvg_print {
    CVG_PRINT_VERDICT = 0,
    CVG_PRINT_CHECK
};

struct cvg_prepared_answer {
    unsigned status;
    struct MHD_Response *response; /* borrowed from the snapshot; NULL when memory is gone */
};

/* The decision as it is (trusted) or the stale one. */
struct cvg_prepared_answer cvg_prepared_get(struct cvg_snapshot_gate *gate, enum cvg_print print,
                                            bool trusted);
void cvg_prepared_free(void *attachment);

/* The status code that prints a verdict. */
unsigned cvg_print_status(enum cvg_print print, uint32_t verdict);
/* One answer for one request, with the headers of a verdict. Takes the body's memory. The caller
 * destroys the response; NULL when memory is gone. */
struct cvg_buf;
struct MHD_Response *cvg_print_make(enum cvg_print print, uint32_t verdict, uint32_t retry_after_s,
                                    struct cvg_buf *body);

#endif
