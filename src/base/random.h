/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chance as a value: a small seedable generator (for jitter; not for secrets), so that tests are
 * repeatable, and the system's own for identifiers.
 */
#ifndef CVG_BASE_RANDOM_H
#define CVG_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct cvg_random {
    uint64_t state[2];
};

void cvg_random_seed(struct cvg_random *random, uint64_t seed);
uint64_t cvg_random_next(struct cvg_random *random);
/* Uniform in [0, bound); 0 for bound 0. */
uint64_t cvg_random_below(struct cvg_random *random, uint64_t bound);
/* Uniform in [value * (1 - share), value * (1 + share)]. */
int64_t cvg_random_jitter(struct cvg_random *random, int64_t value, double share);

/* From getrandom(2); ends the process where the system has none. */
void cvg_random_bytes(void *ret, size_t size);

#endif
