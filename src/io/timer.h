/* SPDX-License-Identifier: Apache-2.0 */
/* One-shot timers. Granularity is a millisecond; never early. */
#ifndef CVG_IO_TIMER_H
#define CVG_IO_TIMER_H

#include "io/scope.h"

struct cvg_op *cvg_timer_start(struct cvg_scope *scope, int64_t after_ns,
                               void (*on_timer)(void *arg, struct cvg_op *op), void *arg);

#endif
