/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the restart know of each other: restart.c brings back, restart_save.c notes and
 * forgets, restart_gone.c forgets what modules remember of checks that are gone. Deciding thread.
 */
#ifndef CVG_DECIDE_RESTART_INNER_H
#define CVG_DECIDE_RESTART_INNER_H

#include "base/buf.h"
#include "base/map.h"
#include "decide/restart.h"

/* What the store has of a check, as far as this process knows. */
struct cvg_restart_check {
    bool noted;
    struct cvg_steady_saved saved;
};

struct cvg_restart_source {
    struct cvg_breaker breaker; /* closed: there is no note */
};

struct cvg_restart_environment {
    uint64_t digest;  /* of phase and verdicts; 0: nothing is noted */
    int64_t noted_at; /* CLOCK_BOOTTIME */
};

struct cvg_restart {
    struct cvg_store *store; /* borrowed; NULL: there is none */
    struct cvg_memory *memory;
    char boot[40];
    bool loaded;
    struct cvg_arena *arena;   /* owned; of what was published before the start */
    struct cvg_map *published; /* owned; struct cvg_note_published, by environment */
    struct cvg_map *gone;      /* owned; checks that are gone, by the key of memory */
    int64_t keep_gone_ns;      /* what modules remember of them stays for so long; 0: for ever */

    /* What the tables are about. */
    struct cvg_config *config;                    /* a reference; NULL: nothing yet */
    struct cvg_restart_check *checks;             /* owned; all environments', in order */
    struct cvg_restart_source *sources;           /* owned */
    struct cvg_restart_environment *environments; /* owned */
    size_t check_count;
    size_t next_check[2], next_environment; /* where the next saving begins */

    /* A configuration whose notes are being looked through for what is gone. */
    struct cvg_config *before; /* a reference; NULL: none */
    size_t next_before;        /* the environment of it that is next */
};

/* Notes on their way to the store. Zeroed at first. */
struct cvg_restart_notes {
    struct cvg_arena *arena; /* owned; of keys and bytes */
    struct cvg_note *items;  /* owned */
    size_t count, capacity;
};

struct cvg_note_clock cvg_restart_clock(const struct cvg_restart *restart, int64_t now,
                                        int64_t wall);
/* Begins anew with tables about this configuration. */
void cvg_restart_adopt(struct cvg_restart *restart, struct cvg_config *config);

/* key is copied; text NULL: the note is forgotten. */
void cvg_restart_note(struct cvg_restart_notes *notes, enum cvg_note_kind kind, const char *key,
                      const struct cvg_buf *text);
/* Hands them over. */
void cvg_restart_notes_send(struct cvg_restart_notes *notes, struct cvg_store *store);
/* For CVG_CLEANUP. */
void cvg_restart_notes_done(struct cvg_restart_notes *notes);

/* ---- restart_gone.c ---- */

/* For cvg_store_notes with CVG_NOTE_GONE; ctx: the restart. */
bool cvg_restart_gone_see(void *ctx, const struct cvg_note *note);
void cvg_restart_gone_done(struct cvg_restart *restart);
/* Which checks are gone, after memory came back or the configuration became another one. */
void cvg_restart_gone_find(struct cvg_restart *restart);
/* Counts on, and forgets what was gone for too long; all: notes the count, for a stop. */
void cvg_restart_gone_count(struct cvg_restart *restart, int64_t now, bool all);

#endif
