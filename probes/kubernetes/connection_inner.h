/* SPDX-License-Identifier: Apache-2.0 */
/* A connection in other surroundings than the daemon's own: for tests. */
#ifndef CVG_KUBE_CONNECTION_INNER_H
#define CVG_KUBE_CONNECTION_INNER_H

#include "connection.h"
#include "way.h"

/* As cvg_kube_connection_new(). */
struct cvg_kube_connection *
cvg_kube_connection_new_in(const struct cvg_host *host, struct cvg_source *source,
                           const struct cvg_kube_source_config *config,
                           const struct cvg_kube_surroundings *surroundings);

#endif
