/* SPDX-License-Identifier: Apache-2.0 */
/* The table of reason codes, expanded once. Constant data; any thread. */
#include "model/reason.h"

static const struct cvg_reason_entry entries[CVG_REASON_COUNT] = {
#define CVG_REASON_ROW(constant, code, meaning, action)                                            \
    [CVG_REASON_##constant] = {code, meaning, action},
    CVG_REASONS(CVG_REASON_ROW)
#undef CVG_REASON_ROW
};

const char *cvg_reason_code(enum cvg_reason_id id)
{
    return entries[id].code;
}

const struct cvg_reason_entry *cvg_reason_entry(uint32_t id)
{
    return id < CVG_REASON_COUNT ? &entries[id] : NULL;
}
