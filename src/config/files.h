/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration's files: the named one and conf.d beside it, each as a tree, merged into one
 * map; inside of this layer. The maps `sources` and `environments` are merged by name, any other
 * key may stand in one file only.
 */
#ifndef CVG_CONFIG_FILES_H
#define CVG_CONFIG_FILES_H

#include "config/tree.h"

/* The trees of all files, in the arena, the named file first. Nonzero after a problem; then
 * *ret_count is still the number of those that could be read, or 0 where the syntax of one is
 * broken: what is left would only be reported as missing. *ret_digest: see config/config.h. */
CVG_NODISCARD int cvg_files_read(const char *file, struct cvg_arena *arena,
                                 struct cvg_diagnostics *diagnostics,
                                 const struct cvg_node *const **ret, size_t *ret_count,
                                 const char **ret_digest);
/* The digest of a configuration that is these bytes alone. */
const char *cvg_files_digest(const char *bytes, size_t length, struct cvg_arena *arena);
/* Never NULL; an empty map where there is nothing. */
const struct cvg_node *cvg_files_merge(const struct cvg_node *const *roots, size_t count,
                                       struct cvg_arena *arena,
                                       struct cvg_diagnostics *diagnostics);

#endif
