/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of the API server: paths with their queries, and which encodings are taken. Texts
 * that come from outside (continue, resourceVersion, names) are percent-encoded. Pure.
 */
#ifndef CVG_KUBE_PATH_H
#define CVG_KUBE_PATH_H

#include "kind.h"

#define CVG_KUBE_ACCEPT 160

/* All are malloc'd. namespace: "" all; what a kind without namespaces ignores. */

/* One page. next: the continue of the page before; NULL or "" the first. Without a
 * resourceVersion, which asks for the newest. */
char *cvg_kube_path_list(const struct cvg_kube_kind *kind, const char *namespace, int64_t limit,
                         const char *next);
/* version: to go on from; NULL: a streaming list, which begins with all that there is. */
char *cvg_kube_path_watch(const struct cvg_kube_kind *kind, const char *namespace,
                          const char *version, int64_t seconds);
/* Which resources a group has in a version. */
char *cvg_kube_path_group(const struct cvg_kube_kind *kind);

/* The Accept header. Of Helm releases (Secrets) only the metadata is ever asked for: their data
 * stays with the server. */
void cvg_kube_path_accept(const struct cvg_kube_kind *kind, int json, int watch,
                          char ret[CVG_KUBE_ACCEPT]);

#endif
