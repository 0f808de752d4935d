/* SPDX-License-Identifier: Apache-2.0 */
/* What all kinds of place do alike. */
#include "place/place.h"

#include <stdlib.h>

void cvg_place_sight_done(struct cvg_place_sight *sight)
{
    free(sight->bytes);
    sight->bytes = NULL;
    sight->length = 0;
}

void cvg_place_raise_ceiling(const struct cvg_host *host, struct cvg_source *source, size_t limit)
{
    if (host->endpoint_has(source, "url") && !host->endpoint_has(source, "via") &&
        !host->endpoint_has(source, "max_body")) {
        struct cvg_endpoint limits = {.size = sizeof(limits), .max_body = (int64_t)limit};
        host->endpoint_set(source, &limits);
    }
}
