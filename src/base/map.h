/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from strings to pointers. Keys are copied, values are the caller's.
 * Iteration is in order of insertion (removal keeps the order). One owner, no locks.
 */
#ifndef CVG_BASE_MAP_H
#define CVG_BASE_MAP_H

#include "base/macros.h"

#include <stdbool.h>

struct cvg_map;
struct cvg_map *cvg_map_new(void);
void cvg_map_free(struct cvg_map *map); /* takes NULL; not the values */
/* Returns the value that stood there before, or NULL. value must not be NULL. */
void *cvg_map_put(struct cvg_map *map, const char *key, void *value);
void *cvg_map_get(const struct cvg_map *map, const char *key); /* NULL: not there */
void *cvg_map_remove(struct cvg_map *map, const char *key);
size_t cvg_map_count(const struct cvg_map *map);
/* for (size_t at = 0; cvg_map_next(map, &at, &key, &value);) */
bool cvg_map_next(const struct cvg_map *map, size_t *at, const char **ret_key, void **ret_value);

#endif
