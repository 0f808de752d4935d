/* SPDX-License-Identifier: Apache-2.0 */
/* Plan JSON; see fuzz_terraform.h. Where there is a change, its address is told. */
/* links: cvg_probe_terraform */
#include "fuzz_terraform.h"
#include "plan.h"

static enum cvg_tf_refusal_kind read_one(const uint8_t *data, size_t size)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(FUZZ_ARENA);
    struct cvg_tf_plan plan;
    struct cvg_tf_refusal refusal;
    int result = cvg_tf_plan_read((const char *)data, size, arena, &plan, &refusal);
    check_refusal(result, &refusal);
    if (result == 0) {
        size_t changes = plan.creates + plan.updates + plan.deletes + plan.replaces;
        must(changes == 0 || plan.first_change[0] != '\0');
        must((plan.drifted == 0) == (plan.first_drift[0] == '\0'));
        must(plan.format_version[0] == '0' || plan.format_version[0] == '1');
        must(plan.complete <= 1 || plan.complete == CVG_ABSENT_UINT);
    }
    cvg_kit_arena_free(arena);
    return refusal.kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_and_cut(read_one, data, size);
    return 0;
}
