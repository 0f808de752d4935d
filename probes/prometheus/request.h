/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk of a source: takes questions, asks the server, hands out the answers. A question is
 * what is wanted at one instant. Whoever asks what is being asked already is put onto the same question, so
 * that a round asks each once; the transfer belongs to the source and goes on until it is
 * answered or the last asker has left.
 *
 *   asked → (transfer) → answered inline, body up to 256 KiB
 *                      → decoded on a worker, then answered
 *   asked → last asker leaves → transfer cancelled, question gone
 *
 * A question that is on a worker cannot be called back: it goes on without askers. Askers belong
 * to whoever asks and are on at most one question. All on the source's thread.
 */
#ifndef CVG_PROM_REQUEST_H
#define CVG_PROM_REQUEST_H

#include "answer.h"
#include "compose.h"
#include "config.h"
#include "flavour.h"

#include <convergate/module.h>

struct cvg_prom_question;

struct cvg_prom_asker {
    struct cvg_prom_question *question; /* NULL: does not ask */
    struct cvg_prom_asker *previous, *next;
    /* Told exactly once, unless it left. The answer lives until this returns. Askers may leave
     * meanwhile, also others; nobody may ask. */
    void (*on_answer)(struct cvg_prom_asker *asker, const struct cvg_prom_answer *answer);
};

struct cvg_prom_desk {
    const struct cvg_host *host;
    struct cvg_scope *scope;           /* the source's */
    struct cvg_prom_question **places; /* owned; chains by hash */
    size_t place_count, question_count;
    const struct cvg_prom_flavour *flavour;
    const char *tenant;             /* NULL: none */
    char *tail;                     /* owned; parameters that are the same for each question */
    struct cvg_prom_string written; /* the form or path being written, kept for its memory */
    struct cvg_prom_answer answer;  /* kept for its memory */
};

/* config is borrowed for the desk's life. */
void cvg_prom_desk_open(struct cvg_prom_desk *desk, const struct cvg_host *host,
                        struct cvg_source *source, const struct cvg_prom_source_config *config);
/* Nobody asks any more. */
void cvg_prom_desk_close(struct cvg_prom_desk *desk);

struct cvg_prom_when {
    int64_t wall_ns;     /* the instant that is asked about */
    int64_t deadline_ns; /* on host->now()'s clock */
};

struct cvg_prom_wanted {
    enum cvg_prom_api api;
    char *text; /* see there */
};

/* The text is copied. The desk's flavour must have the api. */
void cvg_prom_desk_ask(struct cvg_prom_desk *desk, struct cvg_prom_asker *asker,
                       const struct cvg_prom_wanted *wanted, const struct cvg_prom_when *when);
/* Silent; nothing where it does not ask. */
void cvg_prom_desk_leave(struct cvg_prom_asker *asker);

#endif
