/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deciding thread's state. Start reading here: readings come in from the runner, become
 * steady statuses, are folded into readiness, judged for each gate, and published to the board.
 *
 *   runner --reading--> steady (model) --fold--> readiness --judge--> decision --render--> board
 *
 * A change of any steady status is published within 20 ms, one publication for all that came
 * until then; newer evidence of the same status within a second. What time alone changes has a
 * timer. Everything in here runs on the loop's thread, so nothing has a lock.
 */
#ifndef CVG_DECIDE_DECIDER_H
#define CVG_DECIDE_DECIDER_H

#include "config/config.h"
#include "decide/board.h"
#include "io/loop.h"

struct cvg_decider;
struct cvg_registry;
struct cvg_store;

/* Builds everything for a configuration (sources, checks, policies) and connects to nothing: what
 * `--check` does too. Problems go to diagnostics; a faulty configuration is refused, after its modules said what
 * they refuse too. Takes a reference on the configuration. */
CVG_NODISCARD int cvg_decider_new(struct cvg_loop *loop, struct cvg_config *config,
                                  struct cvg_registry *registry,
                                  struct cvg_diagnostics *diagnostics, struct cvg_decider **ret);
/* Before start: what must survive is kept there from now on, and what it has comes back. Borrowed; must
 * outlive the decider, and end before the loop. Without this nothing is kept. */
void cvg_decider_keep(struct cvg_decider *decider, struct cvg_store *store);
/* The store's state changed. Any thread, while the decider is there. */
void cvg_decider_store_changed(struct cvg_decider *decider);
/* Publishes everything once (all unknown, NoReading), then starts to look. */
void cvg_decider_start(struct cvg_decider *decider);
/* Reads the configuration's files again, on a worker, and takes them over step by step; readers go
 * on meanwhile. Refused as a whole where anything is wrong with it. While one is going on, all that
 * are asked for become one more. ticket: see cvg_board_reload; 0: nobody's. actor: who wants it, for
 * the record: "token:ci", "signal"; NULL: nobody said. */
void cvg_decider_reload(struct cvg_decider *decider, uint64_t ticket, const char *actor);
/* Called on the deciding thread at the begin of each reload (status NULL) and at its end, when
 * readers see the outcome already. */
typedef void cvg_decider_reloaded(void *ctx, const struct cvg_reload_status *status);
void cvg_decider_on_reload(struct cvg_decider *decider, cvg_decider_reloaded *fn, void *ctx);
/* What is in force, and what the process was started with. */
const struct cvg_config *cvg_decider_config(const struct cvg_decider *decider);
const struct cvg_config *cvg_decider_first_config(const struct cvg_decider *decider);
/* The board lives as long as the decider. */
struct cvg_board *cvg_decider_board(struct cvg_decider *decider);
/* No reader of the board is left. Takes NULL. */
void cvg_decider_free(struct cvg_decider *decider);

#endif
