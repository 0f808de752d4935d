/* SPDX-License-Identifier: Apache-2.0 */
/* `show -json` of states; see fuzz_terraform.h. */
/* links: cvg_probe_terraform */
#include "fuzz_terraform.h"

static enum cvg_tf_refusal_kind read_one(const uint8_t *data, size_t size)
{
    static const char *const wishes[] = {"o", "o.a",   "o.a.0",         "o.0",
                                         "p", "lb_id", "network.vpc_id"};
    static const struct cvg_tf_wish wish = {wishes, sizeof(wishes) / sizeof(wishes[0])};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(FUZZ_ARENA);
    struct cvg_tf_state state;
    struct cvg_tf_refusal refusal;
    int result = cvg_tf_show_read((const char *)data, size, &wish, arena, &state, &refusal);
    check_refusal(result, &refusal);
    if (result == 0) {
        check_state(&state);
    }
    cvg_kit_arena_free(arena);
    return refusal.kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_and_cut(read_one, data, size);
    return 0;
}
