/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The work of reading a document for a check: bytes and a question in, a survey or a refusal out. Made on
 * the source's thread, done on a worker, which has it for itself meanwhile.
 */
#ifndef CVG_PULUMI_READING_H
#define CVG_PULUMI_READING_H

#include "survey.h"

#include <convergate/module.h>

struct cvg_pulumi_job {
    const struct cvg_host *host;
    char *bytes; /* owned, malloc'd */
    size_t length, limit;
    struct cvg_kit_arena *kept; /* owned: the ask and the survey */
    struct cvg_pulumi_ask *ask; /* NULL: it did not fit */
    struct cvg_pulumi_refusal refusal;
    struct cvg_pulumi_survey survey; /* where nothing is refused */
    void *owner;                     /* whose question it is */
};

/* Takes bytes. config may go afterwards. */
struct cvg_pulumi_job *cvg_pulumi_job_new(const struct cvg_host *host,
                                          const struct cvg_pulumi_check_config *config, char *bytes,
                                          size_t length, size_t limit);
void cvg_pulumi_job_free(struct cvg_pulumi_job *job); /* takes NULL */
void cvg_pulumi_job_work(void *arg);                  /* the job */

#endif
