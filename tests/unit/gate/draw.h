/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environments for tests of gates, each check drawn as "name status marks...":
 *
 *   ~       not fresh                 kept     unknown, shown as its status; not fresh
 *   ?       on_unknown: ignore        falling  ready, though its latest reading is not
 *   go      on_degraded: go           stale    its evidence expired
 *   halt    on_failed: halt           +40      in its status since second 40
 *   halt30  on_failed: halt_after 30s rising12 ready for 12s of 30s
 *   o       required: false           until130 its view changes by time alone at second 130
 *   @c      of component c            from130  ready at second 130 at the soonest
 *   flapping  came and went too often
 */
#ifndef TEST_GATE_DRAW_H
#define TEST_GATE_DRAW_H

#include "base/alloc.h"
#include "base/time.h"
#include "gate/verdict.h"

#define S(seconds) ((int64_t)(seconds)*CVG_SECOND)
#define DRAW_NOW   S(100)
#define DRAW_MOST  12

struct drawing {
    struct cvg_check_rules rules[DRAW_MOST];
    struct cvg_check_view checks[DRAW_MOST];
    char words[DRAW_MOST][80];
    uint32_t indexes[DRAW_MOST];
    size_t count;
    struct cvg_arena *arena;
    struct cvg_readiness readiness;
    struct cvg_gate_policy policy; /* all checks that are not optional */
};

/* texts ends at NULL. */
void draw(struct drawing *drawing, const char *const *texts);
void draw_done(struct drawing *drawing);
/* The policy's decision at DRAW_NOW. */
struct cvg_decision draw_judge(struct drawing *drawing, int64_t now);
/* Gives the check the reading; drops it in draw_done. */
void draw_reading(struct drawing *drawing, size_t index, const struct cvg_reading *reading);

#endif
