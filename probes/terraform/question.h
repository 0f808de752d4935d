/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check asks of a document, as a copy of its own: a survey is made on a worker, and the
 * check, or the run whose facts were filled in, may be gone before that ends. Never changed once it is
 * made; counted on the source's thread, read on any.
 */
#ifndef CVG_TF_QUESTION_H
#define CVG_TF_QUESTION_H

#include "config.h"

struct cvg_tf_question {
    struct cvg_tf_check_config config;
    size_t references; /* the source's thread's */
};

/* One reference is the caller's. content: what the source holds; a plan is always asked whether it
 * is converged. */
struct cvg_tf_question *cvg_tf_question_new(const struct cvg_tf_check_config *config,
                                            uint32_t content);
struct cvg_tf_question *cvg_tf_question_hold(struct cvg_tf_question *question);
void cvg_tf_question_drop(struct cvg_tf_question *question); /* takes NULL */
/* Would they be answered alike? */
int cvg_tf_question_same(const struct cvg_tf_question *a, const struct cvg_tf_question *b);

#endif
