/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of check: `query`, `alerts`, `rules`, `slo`, `canary`, each named by the key that makes
 * it. A kind says what to ask and judges what was answered; what it wrote down in between is in
 * `held`. All of a run's questions are about one instant, and it is judged when the last answer is
 * in, so that the order of answers does not change what is found. Pure; any thread.
 */
#ifndef CVG_PROM_KIND_H
#define CVG_PROM_KIND_H

#include "config.h"
#include "flavour.h"
#include "judge.h"
#include "part.h"

struct cvg_prom_planning;
struct cvg_prom_inquiry;

/* What a run knows so far. */
struct cvg_prom_held {
    struct cvg_prom_finding finding;
    struct cvg_prom_part *parts; /* one for each question */
    int64_t wall_ns;             /* the instant that was asked about */
};

struct cvg_prom_kind {
    const char *key;
    uint32_t guarded; /* takes min_volume, on_low_volume and max_sample_age */
    /* Refuses what is wrong in the kind's own keys, and adds its questions. */
    void (*plan)(struct cvg_prom_planning *planning);
    /* An answer to the kind's question number `which`; its body lives until this returns. */
    void (*take)(const struct cvg_prom_inquiry *inquiry, size_t which,
                 const struct cvg_prom_answer *answer, struct cvg_prom_held *held);
    /* All are answered: writes the finding. NULL: the only answer has. */
    void (*conclude)(const struct cvg_prom_inquiry *inquiry, struct cvg_prom_held *held);
};

extern const struct cvg_prom_kind cvg_prom_kind_query;
extern const struct cvg_prom_kind cvg_prom_kind_alerts;
extern const struct cvg_prom_kind cvg_prom_kind_rules;
extern const struct cvg_prom_kind cvg_prom_kind_slo;
extern const struct cvg_prom_kind cvg_prom_kind_canary;

#endif
