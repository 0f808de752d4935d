/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap in an array: the first is at 0, the children of i are at 2i + 1 and 2i + 2. */
#include "runner/due.h"

#include "base/alloc.h"
#include "base/time.h"

void cvg_due_done(struct cvg_due_heap *heap)
{
    free(heap->items);
    *heap = (struct cvg_due_heap){0};
}

static bool before(const struct cvg_due *a, const struct cvg_due *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct cvg_due *a, struct cvg_due *b)
{
    struct cvg_due held = *a;
    *a = *b;
    *b = held;
}

void cvg_due_add(struct cvg_due_heap *heap, int64_t at, uint32_t kind, void *subject)
{
    CVG_GROW(heap->items, heap->count, heap->capacity);
    size_t place = heap->count++;
    heap->items[place] =
        (struct cvg_due){.at = at, .order = heap->added++, .kind = kind, .subject = subject};
    while (place > 0) {
        size_t parent = (place - 1) / 2;
        if (!before(&heap->items[place], &heap->items[parent])) {
            break;
        }
        swap(&heap->items[place], &heap->items[parent]);
        place = parent;
    }
}

int64_t cvg_due_first(const struct cvg_due_heap *heap)
{
    return heap->count ? heap->items[0].at : CVG_NEVER;
}

static void sink(struct cvg_due_heap *heap)
{
    size_t place = 0;
    for (;;) {
        size_t least = place;
        for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < heap->count; child++) {
            if (before(&heap->items[child], &heap->items[least])) {
                least = child;
            }
        }
        if (least == place) {
            return;
        }
        swap(&heap->items[place], &heap->items[least]);
        place = least;
    }
}

bool cvg_due_take(struct cvg_due_heap *heap, int64_t now, struct cvg_due *ret)
{
    if (heap->count == 0 || heap->items[0].at > now) {
        return false;
    }
    *ret = heap->items[0];
    heap->items[0] = heap->items[--heap->count];
    sink(heap);
    return true;
}
