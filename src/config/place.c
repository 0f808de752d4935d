/* SPDX-License-Identifier: Apache-2.0 */
/* The files are read and merged as for the daemon; then one key of them is looked at. */
#include "config/place.h"

#include "config/files.h"

int cvg_config_find_store(const char *file, struct cvg_arena *arena, const char **ret,
                          struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    const struct cvg_node *const *roots = NULL;
    const char *digest = NULL;
    size_t count = 0;

    /* What is wrong with it matters only where the key cannot be found. */
    (void)!cvg_files_read(file, arena, &diagnostics, &roots, &count, &digest);
    const struct cvg_node *root = cvg_files_merge(roots, count, arena, &diagnostics);
    const struct cvg_node *store = cvg_node_get(root, "store");
    if (!store && diagnostics.errors) {
        const struct cvg_diagnostic *first = &diagnostics.items[0];
        return cvg_error_set(reterr, CVG_E_INVALID, "%s: %s", first->file ? first->file : file,
                             first->text);
    }
    if (!store) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND, "%s has no key 'store'", file);
    }
    if (store->kind != CVG_NODE_SCALAR || store->text[0] != '/') {
        return cvg_error_set(reterr, CVG_E_INVALID, "%s:%u:%u: 'store' must be an absolute path",
                             store->file, store->line, store->column);
    }
    *ret = store->text;
    return 0;
}
