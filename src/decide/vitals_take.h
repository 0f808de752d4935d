/* SPDX-License-Identifier: Apache-2.0 */
/* Taking the daemon's vitals: deciding thread, once a second. */
#ifndef CVG_DECIDE_VITALS_TAKE_H
#define CVG_DECIDE_VITALS_TAKE_H

#include "config/config.h"
#include "decide/discovery.h"
#include "decide/vitals.h"
#include "runner/runner.h"

struct cvg_vitals_input {
    struct cvg_config *config;
    const struct cvg_runner *runner;
    int64_t now, started_at, longest_turn_ns;
    uint64_t turns, publications;
    /* By environment in the configuration's order, each with all of its gates. */
    const struct cvg_decision_count *decisions;
    size_t decision_count;
    const struct cvg_discovery *discovery; /* of the configuration; NULL: none */
};

/* With one reference, the caller's. */
struct cvg_vitals *cvg_vitals_take(const struct cvg_vitals_input *input);

#endif
