/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop, the modules of the tests, and the sources and checks of a configuration, without a
 * runner: so that one run at a time can be looked at.
 */
#ifndef CVG_TEST_WORLD_H
#define CVG_TEST_WORLD_H

#include "model/reading.h"
#include "module/instance.h"
#include "module/registry.h"

struct world {
    struct cvg_registry *registry;
    struct cvg_loop *loop;
    struct cvg_config *config;
    struct cvg_diagnostics diagnostics;
    struct cvg_source *sources[4];
    struct cvg_check *checks[16];
    struct cvg_kept_reading *latest; /* what came last, completed or reported */
    size_t completed, reported, alive, woken, exchanged;
    bool done; /* something came */
};

/* text: the configuration; one environment. Fails the test where the configuration is refused;
 * what modules refuse is in `diagnostics`, and their objects are NULL. */
void world_open(struct world *world, const char *text);
/* The same, and fails the test where a module refuses something. */
void world_open_good(struct world *world, const char *text);
void world_close(struct world *world);
/* Starts a run and waits until it is over. Valid until the next one. */
const struct cvg_reading *world_run(struct world *world, size_t check);
void world_start_run(struct world *world, size_t check);
/* Turns until something comes, at most 10 s; then `done` is false again. */
void world_wait(struct world *world);
/* Turns for a while. */
void world_turn(struct world *world, int64_t ns);

#endif
