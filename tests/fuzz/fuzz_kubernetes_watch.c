/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_kubernetes */
/*
 * The first byte chooses encoding and kind, the second where a watch's bytes, which are the rest,
 * are cut: in pieces or whole, the same events come out and the same end.
 */
#include "fuzz.h"

#include "fuzz_kubernetes.h"

struct seen {
    uint64_t sum, count;
};

static int see(void *arg, const struct cvg_kube_event *event)
{
    struct seen *seen = arg;
    seen->count++;
    seen->sum = seen->sum * 31 + (uint64_t)event->type;
    seen->sum = fuzz_mix(seen->sum, event->resource_version);
    check((event->type == CVG_KUBE_ERROR) == (event->status != NULL));
    check((event->type < CVG_KUBE_BOOKMARK) == (event->view != NULL));
    check(event->type == CVG_KUBE_ERROR || event->resource_version[0] != '\0');
    if (event->view != NULL) {
        seen->sum += fuzz_look_at(event->view);
    }
    return 0;
}

/* Pieces of a size that changes with the seed; 0: one piece. */
static enum cvg_kube_decoded play(struct cvg_kube_frames *frames, const uint8_t *data, size_t size,
                                  uint32_t seed, struct seen *ret)
{
    enum cvg_kube_decoded decoded = CVG_KUBE_OK;
    char error[128];
    while (size > 0 && decoded == CVG_KUBE_OK) {
        size_t piece = size;
        if (seed != 0) {
            seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
            piece = 1 + (seed >> 20) % 97;
            piece = piece < size ? piece : size;
        }
        decoded = cvg_kube_frames_feed(frames, data, piece, see, ret, error, sizeof(error));
        check((decoded == CVG_KUBE_OK) == (error[0] == '\0'));
        data += piece;
        size -= piece;
    }
    return decoded;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"application/json",
                                        "application/vnd.kubernetes.protobuf;stream=watch"};
    struct seen whole = {0}, cut = {0};
    if (size < 2) {
        return 0;
    }
    const struct cvg_kube_kind *kind = fuzz_kind((data[0] >> 1) % CVG_KUBE_TYPES);
    if (kind == NULL) {
        return 0;
    }
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    struct cvg_kube_frames *first = cvg_kube_frames_new(kind, types[data[0] & 1], arena);
    struct cvg_kube_frames *second = cvg_kube_frames_new(kind, types[data[0] & 1], arena);
    enum cvg_kube_decoded left = play(first, data + 2, size - 2, 0, &whole);
    enum cvg_kube_decoded right = play(second, data + 2, size - 2, data[1] + 1u, &cut);
    check(left == right && whole.count == cut.count && whole.sum == cut.sum);
    check(left != CVG_KUBE_OK || cvg_kube_frames_is_open(first) == cvg_kube_frames_is_open(second));
    cvg_kube_frames_free(first);
    cvg_kube_frames_free(second);
    cvg_kit_arena_free(arena);
    return 0;
}
