/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: the checks and gates that many environments have alike, written once.
 *
 *   templates:
 *     service: {vars: [cluster, host], defaults: {path: /}, checks: {...}, gates: {...}}
 *   environments:
 *     prod-eu: {template: service, vars: {cluster: eu, host: eu.example.com}}
 *
 * An environment is expanded to the map that it would be without a template: the template's checks
 * and gates with the vars filled in, and over them, name by name and key by key, what the
 * environment writes itself; `~` takes a check, a gate or a key of one out. Every template has the
 * var `environment`, the environment's name. Nodes of a template are marked (cvg_node.templated), so
 * that a problem there also tells which environment brought it up.
 */
#ifndef CVG_CONFIG_TEMPLATE_H
#define CVG_CONFIG_TEMPLATE_H

#include "config/loader.h"

struct cvg_template;

/* loader->templates. map may be NULL. */
void cvg_template_load(struct cvg_loader *loader, const struct cvg_node *map);
/* The expanded map; environment->use is set where there is a template. Problems are reported, and what
 * is left is returned; never NULL. */
const struct cvg_node *cvg_template_expand(struct cvg_loader *loader,
                                           struct cvg_environment_config *environment);
/* What a discovery says of its template, before there is any object: that it is there, and has these
 * vars. Problems are reported; the template counts as used. */
void cvg_template_check_use(struct cvg_loader *loader, const struct cvg_node *use);
/* Warns of templates that nothing uses: their checks were never looked at. */
void cvg_template_check_used(struct cvg_loader *loader);

#endif
