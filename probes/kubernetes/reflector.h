/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List and watch of one collection, as client-go's reflector does it. A state machine over the
 * host's operations:
 *
 *   waiting --start (staggered)--> listing --pages--> watching --events--> watching
 *      ^                              |                  |  clean end: again, at the last version
 *      |--backoff, jitter-------------+------------------+  410: list again (the server's newest)
 *
 *   resolve (custom kinds): GET /apis/GROUP/VERSION names the resource first
 *   streaming lists are tried first where the source asks for them; 422/400 falls back for good
 *
 * The resourceVersion is an opaque text. Half a list changes nothing. Silence is proved to be
 * knowledge by the cluster's small read (pulse.h), or by bytes of the watch itself, never assumed.
 * The source's thread.
 */
#ifndef CVG_KUBE_REFLECTOR_H
#define CVG_KUBE_REFLECTOR_H

#include "cluster.h"

struct cvg_kube_reflector;

struct cvg_kube_reflector *cvg_kube_reflector_new(struct cvg_kube_cluster *cluster,
                                                  struct cvg_kube_collection *collection);
void cvg_kube_reflector_free(struct cvg_kube_reflector *reflector);
/* after_ns: so that not all begin at once. */
void cvg_kube_reflector_start(struct cvg_kube_reflector *reflector, int64_t after_ns);
/* Credentials or connection changed: what waits to be tried again is tried now, or after_ns from
 * now. What the server told to wait waits. */
void cvg_kube_reflector_hurry(struct cvg_kube_reflector *reflector, int64_t after_ns);
/* There is no connection to be had, and why: what is not watched says so. */
void cvg_kube_reflector_fail(struct cvg_kube_reflector *reflector, uint32_t fault,
                             const char *reason, const char *message);
/* host->now() of the latest byte of the open watch; 0: none is open. */
int64_t cvg_kube_reflector_heard_at(const struct cvg_kube_reflector *reflector);
/* Nothing proved the watch for too long: its connection is shut down, and it begins anew. */
void cvg_kube_reflector_sever(struct cvg_kube_reflector *reflector);
/* The connection that the watch is on (host's number); 0: none is open. */
uint64_t cvg_kube_reflector_connection(const struct cvg_kube_reflector *reflector);
/* The small read on that connection was answered: what is in the collection was true at `at`. */
void cvg_kube_reflector_proved(struct cvg_kube_reflector *reflector, uint64_t connection,
                               int64_t at);

#endif
