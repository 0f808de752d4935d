/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an HTTP answer to a verdict, in this order: the transfer, the status, the body, the values of
 * its JSON, the time it took. The first that is not as expected decides, and a later one can only
 * be worse news of what is ready. Of the answer's own words a message has at most a value that a key
 * names. Pure; any thread.
 */
#ifndef CVG_HTTP_JUDGE_H
#define CVG_HTTP_JUDGE_H

#include "config.h"
#include "kit/arena.h"
#include "trouble.h"

/* The finding's texts live in it. The arena is for what is read meanwhile: it is reset first. */
void cvg_http_judge(const struct cvg_http_check_config *config,
                    const struct cvg_http_response *response, struct cvg_kit_arena *arena,
                    struct cvg_kit_finding *ret);

/* ---- its parts ---- */

/* Of words such as "failed"; unknown for any other. */
uint32_t cvg_http_status_of_word(const char *word);
/* enum cvg_status of an enum cvg_http_otherwise. */
uint32_t cvg_http_status_of(uint32_t otherwise);
/* JSON: facts and value, and what is not as wanted. Nonzero where the finding says that something is
 * not. */
int cvg_http_judge_json(const struct cvg_http_check_config *config,
                        const struct cvg_http_response *response, enum cvg_http_whose whose,
                        struct cvg_kit_arena *arena, struct cvg_kit_finding *finding);

#endif
