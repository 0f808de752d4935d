/* SPDX-License-Identifier: Apache-2.0 */
/* What discover.c and discover_expand.c know of each other: references to an object. */
#ifndef CVG_CONFIG_DISCOVER_INNER_H
#define CVG_CONFIG_DISCOVER_INNER_H

#include "base/alloc.h"

#include <stdbool.h>
#include <stddef.h>

#define CVG_OBJECT_MARK "${object."

enum cvg_object_part {
    CVG_OBJECT_NAME,
    CVG_OBJECT_NAMESPACE,
    CVG_OBJECT_LABEL,
    CVG_OBJECT_ANNOTATION
};

struct cvg_object_reference {
    enum cvg_object_part what;
    const char *key; /* of a label or an annotation, in the arena; else NULL */
    size_t length;   /* of the whole */
};

/* Whether a reference to the object begins here. */
bool cvg_discover_reference(struct cvg_arena *arena, const char *at,
                            struct cvg_object_reference *ret);

#endif
