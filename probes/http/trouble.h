/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transfers that brought no answer, and answers that say "not you" or "not now". Whose trouble it is
 * decides what it means: a *source* that cannot be asked tells nothing of what was asked about
 * (unknown, and a fault that counts to its breaker); that a *target* is not there is what the check
 * found. What is known by words of the host (host->http's fault_text) is only ever a better reason:
 * words that nobody knows leave it unknown. Pure; any thread.
 */
#ifndef CVG_HTTP_TROUBLE_H
#define CVG_HTTP_TROUBLE_H

#include "kit/finding.h"
#include "reason.h"

#include <convergate/module.h>

enum cvg_http_whose {
    CVG_HTTP_SOURCE = 0, /* below the source's url */
    CVG_HTTP_TARGET,     /* the check's own url */
};

/* The transfer failed. */
void cvg_http_trouble_transfer(const struct cvg_http_response *response, enum cvg_http_whose whose,
                               struct cvg_kit_finding *finding);
/* Nonzero where the status alone says that nothing can be told (401, 403, 407, 429, 503 with
 * Retry-After), and the finding says so. */
int cvg_http_trouble_status(const struct cvg_http_response *response, enum cvg_http_whose whose,
                            struct cvg_kit_finding *finding);
/* Unknown, with a fault that is kept from the breaker where it is a target's. */
void cvg_http_trouble_say(struct cvg_kit_finding *finding, uint32_t fault,
                          enum cvg_http_whose whose, enum cvg_http_reason reason,
                          const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
