/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a source reaches its cluster: where the server is, whom it trusts and who asks, from the
 * operator's keys, a kubeconfig, or the pod it runs in. Everything that moves (token and CA files,
 * a kubeconfig, what an exec plugin says) is read again, and endpoint_set() is told.
 * The source's thread.
 */
#ifndef CVG_KUBE_CONNECTION_H
#define CVG_KUBE_CONNECTION_H

#include "config.h"

#include <convergate/module.h>

struct cvg_kube_connection;

/* Refuses with config_error() what can be told without connecting (a kubeconfig that cannot be read or has
 * no such context, exec without allow_exec, several ways at once); NULL then. */
struct cvg_kube_connection *cvg_kube_connection_new(const struct cvg_host *host,
                                                    struct cvg_source *source,
                                                    const struct cvg_kube_source_config *config);
void cvg_kube_connection_free(struct cvg_kube_connection *connection);
/* Evidence is wanted: gets credentials where they must be fetched, then calls ready (and again
 * whenever credentials changed), or failed with what is wrong (and tries again by itself). */
void cvg_kube_connection_start(struct cvg_kube_connection *connection, void (*ready)(void *arg),
                               void (*failed)(void *arg, uint32_t fault, const char *reason,
                                              const char *message),
                               void *arg);
/* A request was answered 401: credentials are read again at once (at most once a second). */
void cvg_kube_connection_refused(struct cvg_kube_connection *connection);

#endif
