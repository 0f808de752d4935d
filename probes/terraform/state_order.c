/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of addresses, to find one that stands twice. The tool writes them sorted, so one pass
 * over neighbours nearly always shows that there is none; else places are sorted, never what is there.
 */
#include "state_inner.h"

#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

/* Texts that are the same are mostly one. */
static int compare(const char *a, const char *b)
{
    return a == b ? 0 : strcmp(a, b);
}

int cvg_tf_compare_resources(const struct cvg_tf_resource *a, const struct cvg_tf_resource *b)
{
    int order = compare(a->module, b->module);
    if (order == 0) {
        order = (int)b->is_data - (int)a->is_data;
    }
    if (order == 0) {
        order = compare(a->type, b->type);
    }
    return order != 0 ? order : compare(a->name, b->name);
}

/* None, then numbers by their size, then texts. */
static int compare_indexes(const char *a, const char *b)
{
    int a_kind = a[0] == '\0' ? 0 : a[1] == '"' ? 2 : 1;
    int b_kind = b[0] == '\0' ? 0 : b[1] == '"' ? 2 : 1;
    if (a_kind != b_kind) {
        return a_kind - b_kind;
    }
    size_t a_length = strlen(a), b_length = strlen(b);
    return a_kind == 1 && a_length != b_length ? (a_length < b_length ? -1 : 1) : strcmp(a, b);
}

int cvg_tf_compare_instances(const struct cvg_tf_instance *a, const struct cvg_tf_instance *b)
{
    int order = compare_indexes(a->index, b->index);
    return order != 0 ? order : compare(a->deposed, b->deposed);
}

static int compare_places(const void *a, const void *b)
{
    return cvg_tf_compare_resources(*(const void *const *)a, *(const void *const *)b);
}

static int compare_instance_places(const void *a, const void *b)
{
    return cvg_tf_compare_instances(*(const void *const *)a, *(const void *const *)b);
}

/* The later of two equal ones among count items of that size at base, or SIZE_MAX. order: of pointers to pointers. */
static size_t find_twice(const char *base, size_t count, size_t size,
                         int (*order)(const void *, const void *))
{
    const void **places = cvg_kit_resize(NULL, count, sizeof(*places));
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        places[i] = base + i * size;
    }
    qsort(places, count, sizeof(*places), order);
    for (size_t i = 1; i < count && found == SIZE_MAX; i++) {
        if (order(&places[i - 1], &places[i]) == 0) {
            const char *a = places[i - 1], *b = places[i];
            found = (size_t)((a > b ? a : b) - base) / size;
        }
    }
    free(places);
    return found;
}

size_t cvg_tf_twice_resource(const struct cvg_tf_resource *resources, size_t count)
{
    size_t i = 1;
    while (i < count && cvg_tf_compare_resources(&resources[i - 1], &resources[i]) < 0) {
        i++;
    }
    return i >= count
               ? SIZE_MAX
               : find_twice((const char *)resources, count, sizeof(*resources), compare_places);
}

size_t cvg_tf_twice_instance(const struct cvg_tf_instance *instances, size_t count)
{
    size_t i = 1;
    while (i < count && cvg_tf_compare_instances(&instances[i - 1], &instances[i]) < 0) {
        i++;
    }
    return i >= count ? SIZE_MAX
                      : find_twice((const char *)instances, count, sizeof(*instances),
                                   compare_instance_places);
}
