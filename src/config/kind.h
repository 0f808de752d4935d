/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kind of source, as the configuration needs it: what a module declares. The module layer makes
 * these from loaded modules; tests make their own.
 */
#ifndef CVG_CONFIG_KIND_H
#define CVG_CONFIG_KIND_H

#include <convergate/module.h>

#include <stdbool.h>

struct cvg_kind {
    const char *name, *version, *summary;
    uint32_t flags;                        /* enum cvg_module_flag */
    uint32_t plane;                        /* enum cvg_plane */
    uint32_t on_failed;                    /* enum cvg_on_failed */
    const struct cvg_field *source_fields; /* never NULL; may be empty */
    size_t source_size;
    const struct cvg_field *check_fields;
    size_t check_size;
};

struct cvg_kinds {
    /* NULL: there is none; *ret_why (static or the owner's) says why, where a file of that name
     * exists but was refused, else NULL. */
    const struct cvg_kind *(*find)(void *ctx, const char *name, const char **ret_why);
    /* All that there are, NULL-terminated. */
    const struct cvg_kind *const *(*all)(void *ctx);
    void *ctx;
};

#endif
