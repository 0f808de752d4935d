/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /metrics: what the board shows and what the server counted, as Prometheus reads it. A scrape
 * asks nobody: it prints what is in memory. Series stand there from the start, so that their
 * absence means something.
 */
#ifndef CVG_SERVER_METRICS_H
#define CVG_SERVER_METRICS_H

#include "server/request.h"

enum MHD_Result cvg_metrics_answer(struct cvg_request *request);
/* The whole text; no request needed. */
void cvg_metrics_write(struct cvg_context *context, int64_t now, struct cvg_buf *ret);

/* The parts (metrics_board.c): environments, gates and checks; sources, loop and decisions; the
 * store (NULL: there is none). */
void cvg_metrics_write_board(struct cvg_board *board, int64_t now, struct cvg_buf *ret);
void cvg_metrics_write_vitals(const struct cvg_vitals *vitals, struct cvg_buf *ret);
void cvg_metrics_write_store(struct cvg_store *store, struct cvg_buf *ret);

#endif
