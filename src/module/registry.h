/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The modules in a folder, loaded when first asked for and never unloaded. A file is refused, with
 * a sentence that says why, when it is not a regular file of root's or the daemon's user, is
 * writable by others (its folder too), has another ABI major, an inconsistent table, or a name
 * that is not its file's. A refused file is looked at again the next time it is asked for; a
 * loaded one stays as it is until the process ends. Deciding thread (or start-up).
 */
#ifndef CVG_MODULE_REGISTRY_H
#define CVG_MODULE_REGISTRY_H

#include "base/error.h"
#include "config/kind.h"
#include "module/memory.h"

struct cvg_registry;

/* directory is copied. It must exist, belong to root or the daemon's user, and be writable by
 * nobody else. */
CVG_NODISCARD int cvg_registry_open(const char *directory, struct cvg_registry **ret,
                                    struct cvg_error *reterr);
/* The shared objects stay mapped. Takes NULL. */
void cvg_registry_free(struct cvg_registry *registry);
/* For the configuration. Valid as long as the registry. */
struct cvg_kinds cvg_registry_kinds(struct cvg_registry *registry);
/* The module's table, brought to this host's layout (what an older minor lacks is zero). NULL:
 * see reterr. */
const struct cvg_module *cvg_registry_get(struct cvg_registry *registry, const char *name,
                                          struct cvg_error *reterr);

/* What modules remember; it outlives each configuration, as the registry does. */
struct cvg_memory *cvg_registry_memory(struct cvg_registry *registry);

/* Where the modules are when nothing else is said: beside the program that runs
 * (../lib/convergate/probes), or the installed place. ret gets a path; -1: too long. */
int cvg_registry_default(char *ret, size_t size);

#endif
