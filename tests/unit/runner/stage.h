/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runner on a configuration with the modules of the tests, and everything that it says. Checks
 * are found by name; there is one environment.
 */
#ifndef CVG_TEST_STAGE_H
#define CVG_TEST_STAGE_H

#include "io/loop.h"
#include "runner/runner.h"

#define STAGE_CHECKS 1024

struct stage_check {
    struct cvg_kept_reading *latest; /* a reference; NULL: none yet */
    size_t readings, alive;
    uint64_t order;  /* of its latest reading among all */
    int64_t at, gap; /* of the latest reading, and since the one before */
};

struct stage {
    struct cvg_registry *registry;
    struct cvg_loop *loop;
    struct cvg_config *config;
    struct cvg_diagnostics diagnostics;
    struct cvg_runner *runner;
    struct stage_check checks[STAGE_CHECKS];
    uint64_t readings;
    size_t opened, closed, exchanged;
    char why[256]; /* of the latest opening */
    size_t in_turn, most_in_turn;
    char folder[32]; /* of the test's own */
};

/* Makes the folder; %s in text stands for it, as often as it stands there. Nothing is started.
 * Fails the test where something is refused. */
void stage_open(struct stage *stage, const char *text);
void stage_close(struct stage *stage);
/* Takes another configuration over, in the smallest steps. Checks keep their numbers where they
 * keep their places in the text. */
void stage_reload(struct stage *stage, const char *text);
/* Replaces a file of the folder at once. */
void stage_write(const struct stage *stage, const char *name, const char *text);

struct stage_check *stage_check(struct stage *stage, const char *name);
/* Of the latest reading; fails the test where there is none. */
const struct cvg_reading *stage_reading(struct stage *stage, const char *name);
struct cvg_source_stats stage_stats(struct stage *stage, size_t source);

/* Turns until the check's latest reading has that reason (and observed, unless NULL), at most
 * 20 s; fails the test otherwise. */
void stage_await(struct stage *stage, const char *name, const char *reason, const char *observed);
/* Turns until the check has so many readings. */
void stage_await_readings(struct stage *stage, const char *name, size_t readings);
/* Turns for a while. */
void stage_turn(struct stage *stage, int64_t ns);

#endif
