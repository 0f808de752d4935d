/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two clocks: a query is asked as of this machine's time, and answered from what the source had
 * stored by then. Where this machine's clock is behind, every answer is old and looks fresh, so
 * the answer's Date is held against it. A clock that is ahead asks for what is not there yet,
 * which is never better than what is. Pure; any thread.
 */
#ifndef CVG_PROM_CLOCK_H
#define CVG_PROM_CLOCK_H

#include "answer.h"

#include <stdint.h>

/* How far this machine's clock at wall_ns is behind the Date of an answer that came then; 0 where
 * it is not, or there is no Date that can be read. headers: lines that end with \n. */
int64_t cvg_prom_clock_behind(const char *headers, int64_t wall_ns);
/* Refuses the answer where that is too much. Returns nonzero if so. */
int cvg_prom_clock_refuse(struct cvg_prom_answer *answer, const char *headers, int64_t wall_ns);

#endif
