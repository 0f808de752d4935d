/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the deciding thread knows again after a restart: steady states, breakers, what modules
 * remember, and what was published last. Saved as notes when it changed, at most once a second, and
 * evidence that only became newer at most four times in its max_age; all of it at a stop. What
 * changed in the last second before a kill is lost, and evidence may then seem up to a quarter of
 * max_age older than it was.
 *
 * A note counts only for a check or source that still asks the same (restart_about.h). Notes of
 * what is gone are forgotten, but for what modules remember: an alarm is not accepted by taking
 * its check out for a while. That stays for as long as history does. Deciding thread.
 */
#ifndef CVG_DECIDE_RESTART_H
#define CVG_DECIDE_RESTART_H

#include "decide/board.h"
#include "decide/generation.h"
#include "runner/runner.h"
#include "store/store.h"
#include "wire/note.h"

struct cvg_restart;
struct cvg_restart_notes;
struct cvg_memory;

/* So many notes of checks are written in one turn, what changed before what is only newer; the rest
 * follows in the next ones. That is about 9 ms for 1,000. */
#define CVG_RESTART_BUDGET 1000

/* Both are borrowed. Puts itself between memory and store: what a module remembers is noted at
 * once. store NULL: nothing is saved, modules remember until the process ends. */
struct cvg_restart *cvg_restart_new(struct cvg_store *store, struct cvg_memory *memory);
void cvg_restart_free(struct cvg_restart *restart); /* takes NULL */

/* Before anything is read or published, and before the runner starts: brings back all that there is
 * for these environments and sources. Where the store cannot be read yet, nothing comes back, and
 * modules' memory counts as not known: the runs that ask for it are unknown, StoreUnavailable
 * (module/memory.h). Blocks for the disk. */
void cvg_restart_load(struct cvg_restart *restart, struct cvg_generation *generation,
                      struct cvg_runner *runner, int64_t now, int64_t wall);
/* For a store that became readable after all: what modules remember. NULL: it cannot be read. Any
 * thread; blocks for the disk. */
struct cvg_restart_notes *cvg_restart_read_late(struct cvg_store *store);
/* Brings it back, and it is known from now on; notes are taken over. Steady states do not come
 * back: there is newer evidence. Only frees the notes (NULL too) once it is loaded. */
void cvg_restart_load_late(struct cvg_restart *restart, struct cvg_restart_notes *notes);
void cvg_restart_notes_free(struct cvg_restart_notes *notes); /* takes NULL */
bool cvg_restart_is_loaded(const struct cvg_restart *restart);
/* What was published last of the environment before the start; NULL: nothing is known. */
const struct cvg_note_published *cvg_restart_published(const struct cvg_restart *restart,
                                                       const char *environment);
/* Notes what changed since; all: everything, for a stop. board: what is published. */
void cvg_restart_save(struct cvg_restart *restart, const struct cvg_generation *generation,
                      const struct cvg_runner *runner, struct cvg_board *board, int64_t now,
                      int64_t wall, bool all);
/* A reload: notes of checks, sources and environments that are gone are forgotten, step by step
 * with the next calls of cvg_restart_save. */
void cvg_restart_forget(struct cvg_restart *restart, const struct cvg_generation *generation);

#endif
