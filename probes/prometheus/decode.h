/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in, answer out: the bodies of what can be asked, and everything that is none (transport
 * faults, error statuses, pages of proxies). Nothing is believed that was not checked: the envelope,
 * the types, that values are numbers in strings. Extra keys are let pass, since servers grow them.
 * Pure; any thread, one answer at a time.
 */
#ifndef CVG_PROM_DECODE_H
#define CVG_PROM_DECODE_H

#include "document.h"
#include "flavour.h"

#include <convergate/module.h>

/* The body of a 2xx answer to a query, which the answer borrows; likewise the others. */
void cvg_prom_decode(struct cvg_prom_answer *answer, const struct cvg_prom_body *body);
void cvg_prom_decode_rules(struct cvg_prom_answer *answer, const struct cvg_prom_body *body);
void cvg_prom_decode_alerts(struct cvg_prom_answer *answer, const struct cvg_prom_body *body);
/* The one of them that reads what this api answers. */
void cvg_prom_decode_any(struct cvg_prom_answer *answer, enum cvg_prom_api api,
                         const struct cvg_prom_body *body);

/* Nonzero where there is no 2xx answer to decode: a fault, or another status. */
int cvg_prom_is_refusal(const struct cvg_http_response *response);
/* Why. The answer borrows nothing. */
void cvg_prom_refuse(struct cvg_prom_answer *answer, const struct cvg_prom_flavour *flavour,
                     const struct cvg_http_response *response);

#endif
