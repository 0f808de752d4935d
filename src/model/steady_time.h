/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When time alone changes a steady status: the one place that knows, for the state (steady.c) and
 * for what is said about it (steady_view.c). CVG_NEVER: not by time alone. Pure.
 */
#ifndef CVG_MODEL_STEADY_TIME_H
#define CVG_MODEL_STEADY_TIME_H

#include "model/steady.h"

/* Between two flap samples: the interval, at least 15 s. */
int64_t cvg_steady_period(const struct cvg_steady_rules *rules);
int64_t cvg_steady_stale_at(const struct cvg_steady *steady, const struct cvg_steady_rules *rules);
/* Streams only: the rise of a polled check ends with a reading. */
int64_t cvg_steady_rise_at(const struct cvg_steady *steady, const struct cvg_steady_rules *rules);
int64_t cvg_steady_fall_at(const struct cvg_steady *steady, const struct cvg_steady_rules *rules);
/* When an unknown status stops being shown as the last known one; 0: it never was. */
int64_t cvg_steady_kept_until(const struct cvg_steady *steady,
                              const struct cvg_steady_rules *rules);
bool cvg_steady_keeps(const struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                      int64_t now);
/* Saturates at CVG_NEVER. span may not be negative; a time may, of before this boot. */
int64_t cvg_steady_add(int64_t time, int64_t span);

#endif
