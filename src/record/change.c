/* SPDX-License-Identifier: Apache-2.0 */
/* The words for kinds of changes. They stand in databases and documents: never renamed. */
#include "record/change.h"

#include "base/macros.h"
#include "base/text.h"

static const char *const kinds[CVG_CHANGE_KINDS] = {
    [CVG_CHANGE_START] = "start",   [CVG_CHANGE_STATUS] = "status",
    [CVG_CHANGE_PHASE] = "phase",   [CVG_CHANGE_VERDICT] = "verdict",
    [CVG_CHANGE_SOURCE] = "source", [CVG_CHANGE_CONFIGURATION] = "configuration",
    [CVG_CHANGE_GAP] = "gap",
};

const char *cvg_change_kind_text(uint32_t kind)
{
    return kind < CVG_COUNT(kinds) ? kinds[kind] : "unknown";
}

bool cvg_change_kind_read(const char *text, uint32_t *ret)
{
    for (uint32_t i = 0; i < CVG_COUNT(kinds); i++) {
        if (cvg_text_equal(kinds[i], text)) {
            *ret = i;
            return true;
        }
    }
    return false;
}
