/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a configuration keeps its store, for programs that work on the store alone: read without
 * modules, so that a module that is missing or a mistake elsewhere does not stand between an
 * operator and the rows. Reads files (blocking); any thread.
 */
#ifndef CVG_CONFIG_PLACE_H
#define CVG_CONFIG_PLACE_H

#include "base/alloc.h"
#include "base/error.h"

/* The value of `store`, in the arena. CVG_E_NOT_FOUND: the configuration has none; CVG_E_INVALID: it
 * could not be read, or is no absolute path. */
CVG_NODISCARD int cvg_config_find_store(const char *file, struct cvg_arena *arena, const char **ret,
                                        struct cvg_error *reterr);

#endif
