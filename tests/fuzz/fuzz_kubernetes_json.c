/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_kubernetes */
/*
 * The first byte chooses a kind, the rest is an API server's body in JSON: an object, a list, a
 * Status, and a JSON Pointer into itself.
 */
#include "fuzz.h"

#include "fuzz_kubernetes.h"
#include "quantity.h"

static void look_up(struct cvg_kit_arena *arena, const char *text, size_t length)
{
    static const char *const pointers[] = {"", "/status/conditions/0/type", "/metadata/name",
                                           "/items/0/metadata/labels/a~1b", "/0/1"};
    char error[128], pointer[64] = "";
    int64_t number = 0;
    memcpy(pointer, text, length < sizeof(pointer) ? length : sizeof(pointer) - 1);
    cvg_kit_arena_reset(arena);
    const struct cvg_kube_node *tree =
        cvg_kube_tree_read(arena, text, length, error, sizeof(error));
    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        const struct cvg_kube_node *node = cvg_kube_node_at(tree, pointers[i]);
        check(tree != NULL || node == NULL);
        check(cvg_kube_node_text(node) != NULL && cvg_kube_node_time(node) >= 0);
        (void)cvg_kube_node_int(node, &number);
    }
    if (cvg_kube_pointer_check(pointer) == 0) {
        (void)cvg_kube_node_at(tree, pointer);
    }
    if (cvg_kube_quantity_milli(pointer, &number) == 0) {
        check(pointer[0] == '-' ? number <= 0 : number >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    struct cvg_kube_status status;
    if (size > 0) {
        fuzz_decode(data[0] % CVG_KUBE_TYPES, "application/json", data + 1, size - 1, arena);
        cvg_kube_decode_status(500, "text/plain", (const char *)data + 1, size - 1, &status);
        check(status.code >= 100 && status.code <= 599 && status.retry_after_s >= 0);
        check(memchr(status.message, '\0', sizeof(status.message)) != NULL);
        look_up(arena, (const char *)data + 1, size - 1);
    }
    cvg_kit_arena_free(arena);
    return 0;
}
