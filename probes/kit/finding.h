/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading while it is being made: the reading's own struct and room for its texts and facts. On
 * the stack; nothing to free. It points into itself, so it is never copied. What does not fit is
 * cut (texts) or left out (facts without a text).
 */
#ifndef CVG_KIT_FINDING_H
#define CVG_KIT_FINDING_H

#include <convergate/reading.h>

#define CVG_KIT_FACTS 64

struct cvg_kit_finding {
    struct cvg_reading reading;
    struct cvg_fact facts[CVG_KIT_FACTS];
    char room[8192];
    size_t used;
};

/* Empties it: unknown, without a reason, which is to be said. */
void cvg_kit_finding_begin(struct cvg_kit_finding *finding);
/* Status, reason (static or living longer) and a message by format; cut where it does not fit. */
void cvg_kit_finding_say(struct cvg_kit_finding *finding, uint32_t status, const char *reason,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The name is copied. A fact without text is left out. */
void cvg_kit_finding_fact(struct cvg_kit_finding *finding, const char *name, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));
void cvg_kit_finding_number(struct cvg_kit_finding *finding, const char *name, int64_t value);
/* The same, also as a metric: see CVG_FACT_METRIC. */
void cvg_kit_finding_metric(struct cvg_kit_finding *finding, const char *name, int64_t value);
/* Text that lives as long as the finding. */
const char *cvg_kit_finding_text(struct cvg_kit_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
