/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document as it was read, for all checks of its source at once: why it is refused, or a survey
 * for each question. Made on a worker, since a document may have 100,000 resources; never changed
 * after that. As long as the place says that its document is the same, checks are judged from here.
 */
#ifndef CVG_TF_EDITION_H
#define CVG_TF_EDITION_H

#include "question.h"
#include "refusal.h"
#include "survey.h"

#include <convergate/module.h>

struct cvg_tf_edition;

/* An edition being made. Its maker is the source's thread; once it is handed to a worker nothing of
 * it may be touched before that is done. */
struct cvg_tf_draft;

/* bytes are the draft's from now on, from malloc. latest: compared with, not kept; NULL: none.
 * Where it was made of the same bytes and has every question that is added, it is not made again. */
struct cvg_tf_draft *cvg_tf_draft_new(const struct cvg_host *host, uint32_t content, char *bytes,
                                      size_t length, const struct cvg_tf_edition *latest);
/* Whoever takes it finds himself again. */
void cvg_tf_draft_set_owner(struct cvg_tf_draft *draft, void *owner);
void *cvg_tf_draft_owner(const struct cvg_tf_draft *draft);
void cvg_tf_draft_add(struct cvg_tf_draft *draft, struct cvg_tf_question *question);
/* The work of an offload; arg: the draft. */
void cvg_tf_draft_work(void *arg);
/* The edition, the caller's now; NULL: the latest one holds. The draft is gone. */
struct cvg_tf_edition *cvg_tf_draft_take(struct cvg_tf_draft *draft);
void cvg_tf_draft_free(void *arg); /* arg: the draft */

void cvg_tf_edition_free(struct cvg_tf_edition *edition); /* takes NULL */
const struct cvg_tf_refusal *cvg_tf_edition_refusal(const struct cvg_tf_edition *edition);
/* NULL: it was not asked this, or is refused. */
const struct cvg_tf_survey *cvg_tf_edition_survey(const struct cvg_tf_edition *edition,
                                                  const struct cvg_tf_question *question);

#endif
