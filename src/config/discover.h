/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environments that come and go with objects of a source.
 *
 *   discover:
 *     previews:
 *       {source: cluster, kind: Namespace, selector: "preview=true", template: preview,
 *        name: "preview-${object.name}", vars: {host: "${object.labels.host}"}, grace: 10m}
 *
 * What is asked of the source is a check of its kind that is in no environment. Each object that is
 * found becomes the map `{template: preview, vars: {...}}`, and that is loaded as if it stood in the
 * files; what is wrong with it leaves out this object alone.
 *
 * What comes from a cluster is hostile. References to it stand in `name` and `vars` only. A name must be
 * one of an environment. A value is text for good: a `${` in it is escaped, and one that could make a
 * reference together with its neighbours, is longer than CVG_DISCOVER_VALUE, or is not printable
 * counts as one that cannot be used.
 */
#ifndef CVG_CONFIG_DISCOVER_H
#define CVG_CONFIG_DISCOVER_H

#include "config/loader.h"

#define CVG_DISCOVER_VALUE 1024
/* Entries, and labels and annotations that one takes. */
#define CVG_DISCOVER_MOST  100
#define CVG_DISCOVER_KEYS  64

/* config->discovers. map may be NULL. After sources and templates. */
void cvg_discover_load(struct cvg_loader *loader, const struct cvg_node *map);
/* Adds an environment for each of loader->found that can be one to the files' own, and tells what
 * became of each in config->outcomes. environments has room for all. Returns how many there are. */
size_t cvg_discover_expand(struct cvg_loader *loader, struct cvg_environment_config *environments,
                           size_t count);
/* Whether an environment of that name may be discovered one day. */
bool cvg_discover_may_make(const struct cvg_config *config, const char *name);

#endif
