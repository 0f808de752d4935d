/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flap detection: 21 samples of ready / not ready at fixed times, each change weighted by how
 * recent it is (oldest 0.8, newest 1.2), and two thresholds, so that a check that comes and goes
 * does not count as ready until it has been quiet for a while. The method is that of Nagios and
 * Icinga; the thresholds are Icinga's: it starts at 30 percent and stops at 25.
 * A value: no memory of its own, time is an argument.
 */
#ifndef CVG_MODEL_FLAP_H
#define CVG_MODEL_FLAP_H

#include <stdbool.h>
#include <stdint.h>

#define CVG_FLAP_SAMPLES 21

struct cvg_flap {
    uint32_t samples; /* bit 0 is the newest; 1 = ready */
    uint32_t count;   /* how many are filled */
    int64_t next_at;  /* time of the next sample; 0: none taken yet */
    int64_t since;    /* when `flapping` last changed; 0: never */
    bool flapping;
};

/* Takes every sample that is due up to now (missed ones repeat `ready`). period > 0. Returns true
 * when `flapping` changed. */
bool cvg_flap_sample(struct cvg_flap *flap, int64_t period, bool ready, int64_t now);
/* Weighted share of changes, 0 to 100. Samples that are not filled yet are no changes. */
double cvg_flap_percent(const struct cvg_flap *flap);
/* The newest sample; false before the first. */
bool cvg_flap_last(const struct cvg_flap *flap);
/* When `flapping` changes next if every further sample is `ready`; CVG_NEVER: it does not. */
int64_t cvg_flap_change_at(const struct cvg_flap *flap, int64_t period, bool ready);

#endif
