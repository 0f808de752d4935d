/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two bound structs say the same, by their table of fields: order of keys, quotes, units
 * (60s and 1m) and defaults that were written out make no difference. Pure; any thread.
 */
#ifndef CVG_CONFIG_EQUAL_H
#define CVG_CONFIG_EQUAL_H

#include "config/tree.h"

#include <convergate/field.h>

#include <stdbool.h>

/* References to secrets are compared, not what they refer to, which is read anew on each use. */
bool cvg_fields_equal(const struct cvg_field *fields, const void *a, const void *b);
/* The same keys and values, in any order and place; text as it is written. Takes NULL. */
bool cvg_node_equal(const struct cvg_node *a, const struct cvg_node *b);

#endif
