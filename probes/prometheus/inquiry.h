/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inquiry of a check: its kind, its plan, and all that it asks. First the kind's own questions,
 * then those of its guards (volume, age). Made when the check is created, and again for each run
 * where its words refer to facts of other checks. Pure; any thread, one owner.
 */
#ifndef CVG_PROM_INQUIRY_H
#define CVG_PROM_INQUIRY_H

#include "kind.h"
#include "request.h"

/* Of a check: seven windows and the period, errors and total of each, volume, age. */
#define CVG_PROM_WANTED_LIMIT 18

struct cvg_prom_inquiry {
    const struct cvg_prom_check_config *config; /* borrowed */
    const struct cvg_prom_flavour *flavour;
    const struct cvg_prom_kind *kind;
    struct cvg_prom_plan plan;
    double budget;                  /* slo: the share of events that may fail */
    struct cvg_prom_wanted *wanted; /* owned, and its texts */
    size_t count, own;              /* own: those of the kind */
};

/* While one is made. */
struct cvg_prom_planning {
    struct cvg_prom_inquiry *inquiry;
    enum cvg_prom_words words;
    cvg_prom_refuse_key *refuse;
    void *arg;
    int refused;
};

void cvg_prom_planning_refuse(struct cvg_prom_planning *planning, const char *path,
                              const char *text);
/* Adds a question; the text becomes the inquiry's. */
void cvg_prom_planning_want(struct cvg_prom_planning *planning, enum cvg_prom_api api, char *text);
/* Refuses a template without its placeholder. Nothing where there are references yet to be filled
 * in. */
void cvg_prom_planning_template(struct cvg_prom_planning *planning, const char *path,
                                const char *template, const char *placeholder);

/* 0, or -1 after refuse() was told why; then *ret is empty. config is borrowed as long as the
 * inquiry lives. */
int cvg_prom_inquiry_make(const struct cvg_prom_check_config *config,
                          const struct cvg_prom_flavour *flavour, enum cvg_prom_words words,
                          cvg_prom_refuse_key *refuse, void *arg, struct cvg_prom_inquiry *ret);
void cvg_prom_inquiry_done(struct cvg_prom_inquiry *inquiry);

/* An answer came. */
void cvg_prom_inquiry_take(const struct cvg_prom_inquiry *inquiry, size_t which,
                           const struct cvg_prom_answer *answer, struct cvg_prom_held *held);
/* The last one has. */
void cvg_prom_inquiry_conclude(const struct cvg_prom_inquiry *inquiry, struct cvg_prom_held *held);

#endif
