/* SPDX-License-Identifier: Apache-2.0 */
/* The names of scopes, and what each includes. */
#include "base/scopes.h"

#include "base/text.h"

static const struct {
    const char *name;
    uint32_t scope, includes;
} scopes_known[] = {
    {"read", CVG_MAY_READ, CVG_MAY_READ},
    {"decide", CVG_MAY_DECIDE, CVG_MAY_DECIDE | CVG_MAY_READ},
    {"push", CVG_MAY_PUSH, CVG_MAY_PUSH},
    {"operate", CVG_MAY_OPERATE, CVG_MAY_OPERATE | CVG_MAY_READ},
    {"admin", CVG_MAY_ADMIN, CVG_MAY_ALL},
};

bool cvg_scopes_add(const char *name, uint32_t *scopes)
{
    for (size_t i = 0; i < CVG_COUNT(scopes_known); i++) {
        if (cvg_text_equal(scopes_known[i].name, name)) {
            *scopes |= scopes_known[i].includes;
            return true;
        }
    }
    return false;
}

const char *cvg_scope_text(uint32_t scope)
{
    for (size_t i = 0; i < CVG_COUNT(scopes_known); i++) {
        if (scopes_known[i].scope == scope) {
            return scopes_known[i].name;
        }
    }
    return "none";
}
