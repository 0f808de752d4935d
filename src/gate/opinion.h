/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one check says to a gate that looks at it, and how that is told to people. Pure; for
 * verdict.c alone.
 */
#ifndef CVG_GATE_OPINION_H
#define CVG_GATE_OPINION_H

#include "gate/verdict.h"

struct cvg_opinion {
    uint32_t severity;    /* enum cvg_verdict */
    bool told;            /* there is something to say: it holds the gate, or goes with a "but" */
    bool unknown;         /* it holds the gate because it cannot be told */
    bool ignored;         /* unknown, and goes as on_unknown: ignore asks */
    int64_t escalates_at; /* wait becomes halt then; CVG_NEVER: not by time */
};

struct cvg_opinion cvg_opinion_of(const struct cvg_check_view *check, int64_t now);
/* Of an opinion that is told. Texts are in the arena or borrowed from the check. */
struct cvg_reason cvg_opinion_reason(const struct cvg_check_view *check,
                                     const struct cvg_opinion *opinion, int64_t now,
                                     struct cvg_arena *arena);
/* "12s": whole seconds from one second on, as people count. */
#define CVG_OPINION_SPAN 64
const char *cvg_opinion_span(int64_t ns, char ret[CVG_OPINION_SPAN]);

#endif
