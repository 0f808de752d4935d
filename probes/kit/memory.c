/* SPDX-License-Identifier: Apache-2.0 */
/* calloc, realloc and strdup, which do not return without what was asked for. */
#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        (void)fputs("<2>module: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *cvg_kit_alloc(size_t size)
{
    return checked(calloc(1, size));
}

void *cvg_kit_resize(void *memory, size_t count, size_t size)
{
    size_t total = 0;
    return checked(__builtin_mul_overflow(count, size, &total) ? NULL : realloc(memory, total));
}

char *cvg_kit_copy(const char *text)
{
    return text ? checked(strdup(text)) : NULL;
}
