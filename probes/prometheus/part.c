/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that wait for each other; see part.h. */
#include "part.h"

#include <convergate/reading.h>

#include <math.h>

void cvg_prom_part_against(struct cvg_prom_part *part, uint32_t fault, enum cvg_prom_reason reason,
                           const char *words)
{
    struct cvg_kit_text text;
    part->status = CVG_UNKNOWN;
    part->fault = fault;
    part->reason = reason;
    cvg_kit_text_init(&text, part->problem, sizeof(part->problem));
    cvg_kit_text_add(&text, words);
}

void cvg_prom_part_begin(const struct cvg_prom_answer *answer, struct cvg_prom_part *ret)
{
    ret->status = CVG_READY;
    ret->fault = CVG_FAULT_NONE;
    ret->partial = answer->partial;
    ret->value = answer->count > 0 ? answer->elements[0].value : 0;
    ret->problem[0] = '\0';
    if (answer->fault != CVG_FAULT_NONE) {
        cvg_prom_part_against(ret, answer->fault, answer->reason, answer->problem);
    }
}

struct complaint {
    uint32_t fault;
    enum cvg_prom_reason reason;
    const char *words;
};

/* words NULL: none */
static struct complaint complain(const struct cvg_prom_answer *answer, double value)
{
    if (answer->count == 0) {
        return answer->partial
                   ? (struct complaint){CVG_FAULT_NONE, CVG_PROM_REASON_PARTIAL_DATA,
                                        "no series, but the source could not look everywhere"}
                   : (struct complaint){CVG_FAULT_NONE, CVG_PROM_REASON_NO_DATA,
                                        "no series; errors that may never have happened need "
                                        "`or vector(0)` behind them"};
    }
    if (answer->count > 1) {
        return (struct complaint){CVG_FAULT_REQUEST, CVG_PROM_REASON_MANY_SERIES,
                                  "several series: put sum() around it"};
    }
    if (isnan(value)) {
        return (struct complaint){CVG_FAULT_NONE, CVG_PROM_REASON_NOT_A_NUMBER,
                                  "NaN, which is no amount"};
    }
    if (isinf(value)) {
        return (struct complaint){CVG_FAULT_NONE, CVG_PROM_REASON_NOT_FINITE,
                                  "infinite, which is no amount"};
    }
    if (value < 0) {
        return (struct complaint){CVG_FAULT_NONE, CVG_PROM_REASON_RATIO_INVALID,
                                  "negative, which is no amount of events"};
    }
    return (struct complaint){.words = NULL};
}

void cvg_prom_part_amount(const struct cvg_prom_answer *answer, const char *what,
                          struct cvg_prom_part *ret)
{
    cvg_prom_part_begin(answer, ret);
    struct complaint complaint = complain(answer, ret->value);
    if (ret->status != CVG_READY || complaint.words == NULL) {
        return;
    }
    char words[256];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_add(&text, what);
    cvg_kit_text_add(&text, ": ");
    cvg_kit_text_add(&text, complaint.words);
    cvg_prom_part_against(ret, complaint.fault, complaint.reason, words);
}

double cvg_prom_part_ratio(const struct cvg_prom_part *errors, const struct cvg_prom_part *total)
{
    return errors->value >= total->value ? 1 : errors->value / total->value;
}
