/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_kubernetes */
/*
 * Any bytes as an API server's body in protobuf: an object and a list of each kind, a Status.
 * Whatever they are: what is taken has a name and texts that end, what is refused has a reason.
 */
#include "fuzz.h"

#include "fuzz_kubernetes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    struct cvg_kube_status status;
    /* Only the kind that the body calls itself is looked into any further. */
    for (uint32_t type = CVG_KUBE_CUSTOM; type < CVG_KUBE_TYPES; type++) {
        fuzz_decode(type, "application/vnd.kubernetes.protobuf", data, size, arena);
    }
    cvg_kube_decode_status(500, "application/vnd.kubernetes.protobuf", (const char *)data, size,
                           &status);
    check(status.code >= 100 && status.code <= 599 && status.retry_after_s >= 0);
    cvg_kit_arena_free(arena);
    return 0;
}
