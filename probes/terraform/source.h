/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source: one place, looked at for all of its checks together. The first of a round's checks
 * begins a look and the others join it; who comes when it is over is told what it saw, as long as it
 * began no earlier than the round.
 *
 *   idle → looking → (new bytes) reading, on a worker → telling → idle, or the next look
 *                  → (nothing new, absent, a fault)   → telling
 *
 * An asker is told once. A look that was on its way when it asked will do: when the evidence was true
 * is the sight's observed_at. Telling many is spread over turns. A change that the place's watch saw
 * during a look has the checks asked again. All on the source's thread.
 */
#ifndef CVG_TF_SOURCE_H
#define CVG_TF_SOURCE_H

#include "judge.h"
#include "question.h"

#include <convergate/module.h>

struct cvg_tf_source;

/* Who asks: a check, for as long as it lives. */
struct cvg_tf_asker {
    struct cvg_tf_question *question; /* what it asks; set with cvg_tf_source_question() */
    int64_t since_ns, deadline_ns;    /* of what it asks now */
    /* evidence->max_age_ns is the asker's to fill in. It lives until this returns, in which nobody
     * may ask or leave. */
    void (*told)(struct cvg_tf_asker *asker, struct cvg_tf_evidence *evidence, int64_t wall);
    struct cvg_tf_asker *previous, *next;                 /* all of the source */
    struct cvg_tf_asker *previous_waiting, *next_waiting; /* those in a queue */
    struct cvg_tf_queue *queue;                           /* NULL: asks nothing */
};

/* NULL: refused. config lives as long as the source. */
struct cvg_tf_source *cvg_tf_source_new(const struct cvg_host *host, struct cvg_source *handle,
                                        const struct cvg_tf_source_config *config,
                                        cvg_tf_refuse_key *refuse, void *arg);
/* From now on changes are told to the host, where the place can see them. */
void cvg_tf_source_start(struct cvg_tf_source *source);
/* All askers have left. */
void cvg_tf_source_free(struct cvg_tf_source *source);
const struct cvg_host *cvg_tf_source_host(const struct cvg_tf_source *source);
const struct cvg_tf_source_config *cvg_tf_source_config(const struct cvg_tf_source *source);

void cvg_tf_source_join(struct cvg_tf_source *source, struct cvg_tf_asker *asker);
void cvg_tf_source_leave(struct cvg_tf_source *source, struct cvg_tf_asker *asker);
/* Its question from now on; the asker keeps a reference of its own. */
void cvg_tf_source_question(struct cvg_tf_source *source, struct cvg_tf_asker *asker,
                            struct cvg_tf_question *question);
/* Leads to told(), in a later turn, unless it is called off. since_ns: a look from then on will do. */
void cvg_tf_source_ask(struct cvg_tf_source *source, struct cvg_tf_asker *asker, int64_t since_ns,
                       int64_t deadline_ns);
/* Nothing where it asks nothing. */
void cvg_tf_source_call_off(struct cvg_tf_source *source, struct cvg_tf_asker *asker);

#endif
