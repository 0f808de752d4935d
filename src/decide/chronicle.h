/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chronicle writes history: it compares what is published with what was, and hands each
 * difference to the store as a row. Nothing waits for it. Deciding thread.
 */
#ifndef CVG_DECIDE_CHRONICLE_H
#define CVG_DECIDE_CHRONICLE_H

#include "config/config.h"
#include "decide/snapshot.h"
#include "store/store.h"
#include "wire/note.h"

struct cvg_chronicle;

/* store: borrowed; NULL: writes nothing. */
struct cvg_chronicle *cvg_chronicle_new(struct cvg_store *store);
void cvg_chronicle_free(struct cvg_chronicle *chronicle); /* takes NULL */
bool cvg_chronicle_writes(const struct cvg_chronicle *chronicle);

/* One `start` row: what was published last before (NULL: nothing is known). */
void cvg_chronicle_start(struct cvg_chronicle *chronicle, const char *environment,
                         const struct cvg_note_published *before, int64_t wall);
/* before: NULL at the first publication after the start: all was unknown then. Checks and gates are
 * told apart by name, since a reload may lie between both. One that is new was "" before, one that
 * is gone is "" after. */
void cvg_chronicle_published(struct cvg_chronicle *chronicle, const struct cvg_snapshot *before,
                             const struct cvg_snapshot *after);
/* One row for each environment that uses the source. */
void cvg_chronicle_source(struct cvg_chronicle *chronicle, const struct cvg_config *config,
                          size_t source, bool available, const char *why, int64_t wall);
/* One row for each environment of `config`. digest: of the configuration that is in force. */
void cvg_chronicle_configuration(struct cvg_chronicle *chronicle, const struct cvg_config *config,
                                 const char *digest_before, const char *digest, int64_t wall);

/* ---- what cvg_chronicle_published writes ---- */

struct cvg_changes {
    struct cvg_change *rows; /* owned; their texts are the snapshots' */
    size_t count, capacity;
};

void cvg_chronicle_compare(const struct cvg_snapshot *before, const struct cvg_snapshot *after,
                           struct cvg_changes *ret);

#endif
