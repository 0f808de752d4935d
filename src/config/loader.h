/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of loading share; inside of this layer. A step reports all that it finds and goes
 * on with what it has: an entry that could not be understood stays in its place, so that what
 * refers to it is not reported as well.
 */
#ifndef CVG_CONFIG_LOADER_H
#define CVG_CONFIG_LOADER_H

#include "base/map.h"
#include "config/config.h"
#include "config/fields.h"

struct cvg_loader {
    struct cvg_config *config;
    struct cvg_arena *arena; /* config's */
    const struct cvg_kinds *kinds;
    struct cvg_diagnostics *diagnostics;
    const struct cvg_defaults_keys *defaults;
    struct cvg_map *sources;   /* name to struct cvg_source_config *; kind NULL: not understood */
    struct cvg_map *templates; /* name to struct cvg_template * */
    /* What environments are made of besides the files' own; see discover.h. */
    const struct cvg_discovered *found;
    size_t found_count;
};

/* config->server: the listeners, who may ask, and the limits. */
void cvg_load_server(struct cvg_loader *loader, const struct cvg_node *node,
                     const struct cvg_server_keys *keys);
/* config->server's tokens, clients and users. */
#define CVG_GRANTS_MOST 1000
void cvg_load_grants(struct cvg_loader *loader, const struct cvg_server_keys *keys);
/* Whether the environments that tokens, clients and users name exist: after those were loaded. */
void cvg_load_grants_check(struct cvg_loader *loader, const struct cvg_node *server);
/* A list item's place; a list may also be a single value. */
const struct cvg_node *cvg_load_item(const struct cvg_node *list, size_t i);
/* config->sources and loader->sources. In all of these map may be NULL: there are none. */
void cvg_load_sources(struct cvg_loader *loader, const struct cvg_node *map);
/* The endpoint that a source's keys describe; whatever does not fit together is reported. */
void cvg_load_endpoint(struct cvg_loader *loader, struct cvg_source_config *source,
                       const struct cvg_endpoint_keys *keys);
/* One environment's checks with their inputs, and its gates. */
void cvg_load_environment(struct cvg_loader *loader, struct cvg_environment_config *environment);
void cvg_load_checks(struct cvg_loader *loader, struct cvg_environment_config *environment,
                     const struct cvg_node *map);
void cvg_load_gates(struct cvg_loader *loader, struct cvg_environment_config *environment,
                    const struct cvg_node *map);
/* Reports names that are not names. what: "check". */
void cvg_load_name(struct cvg_loader *loader, const struct cvg_node *key, const char *what);
/* "; did you mean 'api'?" or ""; from a map's keys. */
const char *cvg_load_suggest(struct cvg_loader *loader, const char *name,
                             const struct cvg_map *map);

#endif
