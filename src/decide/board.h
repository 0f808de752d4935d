/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board is all that readers see of the deciding thread: the latest snapshot of each
 * environment, the vitals, the heartbeat, and the way in for commands. Every function here may be
 * called from any thread, except where it says otherwise.
 *
 * Taking a reference happens under a short lock together with loading the pointer: "load, then
 * add a reference" is a use-after-free when the publisher swaps in between.
 */
#ifndef CVG_DECIDE_BOARD_H
#define CVG_DECIDE_BOARD_H

#include "base/buf.h"
#include "base/error.h"
#include "decide/reload_status.h"
#include "decide/snapshot.h"
#include "decide/vitals.h"
#include "record/record.h"

struct cvg_board;
struct cvg_loop;

/* Older than this, the deciding thread is taken to have stalled. */
#define CVG_HEARTBEAT_LIMIT (3 * INT64_C(1000000000))

/* names: of all environments, sorted; copied. */
struct cvg_board *cvg_board_new(const char *const *names, size_t count);
void cvg_board_free(struct cvg_board *board); /* no reader is left; takes NULL */

size_t cvg_board_count(struct cvg_board *board);
/* A reference. NULL: there is no environment of that name (once the deciding thread has started,
 * each one that there is has a snapshot). */
struct cvg_snapshot *cvg_board_lookup(struct cvg_board *board, const char *environment);
/* References on those whose names come after `after` (NULL: from the first), in order, at most
 * limit (SIZE_MAX: all); returns how many. All of them are of one generation of the configuration.
 * End with cvg_board_release. */
size_t cvg_board_page(struct cvg_board *board, const char *after, size_t limit,
                      struct cvg_snapshot ***ret, bool *ret_more);
void cvg_board_release(struct cvg_snapshot **snapshots, size_t count);
/* Every environment has been published. */
bool cvg_board_serves(struct cvg_board *board);
struct cvg_vitals *cvg_board_vitals(struct cvg_board *board); /* a reference */

/* May this decision be shown as it is? False for a `go` at or past valid_until, or while the
 * heartbeat is older than CVG_HEARTBEAT_LIMIT. */
bool cvg_board_trusts(const struct cvg_board *board, const struct cvg_decision *decision,
                      int64_t now);
/* The heartbeat is older than CVG_HEARTBEAT_LIMIT: nothing that was published counts any more. */
bool cvg_board_stalled(const struct cvg_board *board, int64_t now);
/* enum cvg_phase: the snapshot's, or unknown while the deciding thread stalls. */
uint32_t cvg_board_phase(const struct cvg_board *board, const struct cvg_snapshot *snapshot,
                         int64_t now);
/* CLOCK_BOOTTIME of the deciding thread's latest turn. */
int64_t cvg_board_heartbeat(const struct cvg_board *board);

/* Deciding thread only. publish takes the reference over. */
void cvg_board_beat(struct cvg_board *board, int64_t now);
/* index: in the names' order. */
void cvg_board_publish(struct cvg_board *board, size_t index, struct cvg_snapshot *snapshot);
/* A new generation: other environments from this moment on. names are sorted, and copied;
 * snapshots' references are taken over. A snapshot that is NULL stays what it was under that name,
 * which must have had one. */
void cvg_board_replace(struct cvg_board *board, const char *const *names,
                       struct cvg_snapshot *const *snapshots, size_t count);
void cvg_board_publish_vitals(struct cvg_board *board, struct cvg_vitals *vitals);
/* Before the first publication: how attachments of snapshots are freed. */
void cvg_board_on_attachment(struct cvg_board *board, void (*free_attachment)(void *attachment));
/* Deciding thread: called there after each publication, when readers see the new snapshot already.
 * before: NULL at the first one. It must be quick, and must not publish. fn NULL: nobody. */
void cvg_board_on_publish(struct cvg_board *board,
                          void (*fn)(void *ctx, const struct cvg_snapshot *before,
                                     const struct cvg_snapshot *after),
                          void *ctx);

/* ---- asking with a subject to be recorded ---- */

/* Made and owned by the asker; stays untouched by it from cvg_board_ask until done. */
struct cvg_ask {
    const char *environment; /* its name */
    const char *gate;        /* NULL or "": the default one */
    struct cvg_subject subject;
    const char *asked_by;   /* by the credential: "token:ci"; NULL: nobody said */
    bool found;             /* out: environment and gate exist */
    uint32_t verdict;       /* out: enum cvg_verdict */
    bool unknown;           /* out */
    uint32_t retry_after_s; /* out */
    int64_t valid_until;    /* out: of a go, on the clock of ages */
    struct cvg_buf body;    /* out: the document, with the record's id; initialised by the asker */
    void (*done)(struct cvg_ask *ask); /* on the deciding thread */
};

/* Judges on the deciding thread and records the decision before done: where there is a store, after
 * its row was committed; where it cannot be, or the daemon stops before it is, the answer is wait,
 * StoreUnavailable. Never lost while the loop runs. */
void cvg_board_ask(struct cvg_board *board, struct cvg_ask *ask);

/* What a person asks for: forget what a module remembers of a check, and run it at once. */
struct cvg_accept {
    const char *environment, *check;
    const char *actor;   /* by the credential */
    const char *comment; /* of the person; "" */

    /* out */
    enum {
        CVG_ACCEPT_DONE = 0,    /* recorded, and forgotten */
        CVG_ACCEPT_NO_CHECK,    /* no such environment or check */
        CVG_ACCEPT_NOTHING,     /* nothing is remembered: nothing was done, nothing recorded */
        CVG_ACCEPT_UNAVAILABLE, /* it could not be recorded: nothing was done */
    } outcome;

    char id[CVG_RECORD_ID];                  /* of the row; "" without a store */
    char why[CVG_ERROR_TEXT];                /* with UNAVAILABLE */
    void (*done)(struct cvg_accept *accept); /* on the deciding thread */
};

/* Made and owned by the asker like an ask. At a stop it is UNAVAILABLE. */
void cvg_board_accept(struct cvg_board *board, struct cvg_accept *accept);
/* Where rows are kept; readers may read it. NULL: there is none. */
struct cvg_store *cvg_board_store(struct cvg_board *board);
/* Somebody waits for this environment: trials of open breakers come at once. */
void cvg_board_hurry(struct cvg_board *board, const char *environment);

/* Asks for a reload of the configuration; returns the ticket. It is done when the status' ticket has
 * come to it. actor: who wants it, by the credential; NULL: nobody said. Copied. */
uint64_t cvg_board_reload(struct cvg_board *board, const char *actor);
/* A reference; NULL before the deciding thread has started. */
struct cvg_reload_status *cvg_board_reload_status(struct cvg_board *board);
/* Deciding thread. Takes the reference over. */
void cvg_board_publish_reload(struct cvg_board *board, struct cvg_reload_status *status);

/* Deciding thread, at start: who answers. */
struct cvg_board_desk {
    void (*ask)(void *ctx, struct cvg_ask *ask);
    void (*accept)(void *ctx, struct cvg_accept *accept);
    void (*hurry)(void *ctx, const char *environment);
    void (*reload)(void *ctx, uint64_t ticket, const char *actor);
    void *ctx;
    struct cvg_loop *loop;
    struct cvg_store *store; /* borrowed; NULL: none */
};

void cvg_board_staff(struct cvg_board *board, const struct cvg_board_desk *desk);

#endif
