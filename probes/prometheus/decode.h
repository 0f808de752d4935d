/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in, answer out: the body of an instant query, and everything that is not one (transport
 * faults, error statuses, pages of proxies). Nothing is believed that was not checked: the envelope,
 * the types, that values are numbers in strings. Extra keys are let pass, since servers grow them.
 * Pure; any thread, one answer at a time.
 */
#ifndef CVG_PROM_DECODE_H
#define CVG_PROM_DECODE_H

#include "answer.h"

#include <convergate/module.h>

/* The body of a 2xx answer. content_type is only named where the body is not JSON. The answer
 * borrows the body. */
void cvg_prom_decode(struct cvg_prom_answer *answer, const char *body, size_t length,
                     const char *content_type);

/* Nonzero where there is no 2xx answer to decode: a fault, or another status. */
int cvg_prom_is_refusal(const struct cvg_http_response *response);
/* Why. The answer borrows nothing. */
void cvg_prom_refuse(struct cvg_prom_answer *answer, const struct cvg_http_response *response);

#endif
