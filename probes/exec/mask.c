/* SPDX-License-Identifier: Apache-2.0 */
/* See mask.h. */
#include "mask.h"

#include <string.h>

void cvg_exec_mask(char *bytes, size_t length, const char *secret)
{
    size_t wanted = strlen(secret);
    char *at = bytes;
    if (wanted < CVG_EXEC_MASK_LEAST) {
        return;
    }
    while ((at = memmem(at, length - (size_t)(at - bytes), secret, wanted)) != NULL) {
        memset(at, '*', wanted);
        at += wanted;
    }
}

void cvg_exec_secrets_add(char **pairs, size_t count, char *pair)
{
    size_t length = strlen(cvg_exec_secret_value(pair));
    size_t at = count;
    for (; at > 0 && strlen(cvg_exec_secret_value(pairs[at - 1])) < length; at--) {
        pairs[at] = pairs[at - 1];
    }
    pairs[at] = pair;
}

const char *cvg_exec_secret_value(const char *pair)
{
    return strchr(pair, '=') + 1;
}

void cvg_exec_mask_finding(struct cvg_kit_finding *finding, const char *secret)
{
    size_t kept = 0;
    cvg_exec_mask(finding->room, finding->used, secret);
    for (size_t i = 0; i < finding->reading.fact_count; i++) {
        const struct cvg_fact *fact = &finding->facts[i];
        int masked = strchr(fact->name, '*') != NULL ||
                     (fact->kind == CVG_FACT_NUMBER && strchr(fact->text, '*') != NULL);
        if (!masked) {
            finding->facts[kept++] = *fact;
        }
    }
    finding->reading.fact_count = kept;
}
