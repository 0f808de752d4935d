/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a query answered, without the strings: the number of each series, and where in the body its
 * labels stand, so that only the labels that somebody is told about are ever read again.
 *
 * Either `fault` is CVG_FAULT_NONE and the elements count, or it says why there are none; then
 * `problem` has the words for people. The body is borrowed and must live as long as labels are
 * asked for. The elements' memory is kept from one answer to the next: cvg_prom_answer_done() frees
 * it. One owner, no locks.
 */
#ifndef CVG_PROM_ANSWER_H
#define CVG_PROM_ANSWER_H

#include "reason.h"
#include "text.h"

#include <convergate/field.h>

/* Series in one answer; over it the answer is refused as TooLarge. */
#define CVG_PROM_ELEMENT_LIMIT 10000

struct cvg_prom_element {
    double value;
    uint32_t labels_at, labels_length; /* the JSON object in the body; length 0: has none */
};

struct cvg_prom_answer {
    uint32_t fault; /* enum cvg_fault */
    enum cvg_prom_reason reason;
    char problem[512];
    const char *body;
    struct cvg_prom_element *elements; /* owned */
    size_t count, capacity;
    uint32_t partial;  /* the source could not look everywhere */
    uint32_t warnings; /* how many it gave */
    char warning[256]; /* the first of them */
};

/* Empty, with nothing wrong. */
void cvg_prom_answer_reset(struct cvg_prom_answer *answer);
void cvg_prom_answer_done(struct cvg_prom_answer *answer);
/* Sets fault and reason and forgets the elements; the problem's text is to be written into the
 * returned text, which borrows the answer. */
struct cvg_prom_text cvg_prom_answer_refuse(struct cvg_prom_answer *answer, uint32_t fault,
                                            enum cvg_prom_reason reason);

/* `http_requests_total{code="500", job="api"}`, as far as there is room. */
void cvg_prom_answer_describe(const struct cvg_prom_answer *answer,
                              const struct cvg_prom_element *element, struct cvg_prom_text *text);
/* Calls label() with each of its labels until that returns nonzero. Names and values end with a
 * NUL and live until label() returns. */
void cvg_prom_answer_labels(
    const struct cvg_prom_answer *answer, const struct cvg_prom_element *element,
    int (*label)(void *arg, const char *name, const char *value, size_t value_length), void *arg);

#endif
