/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who reads what the cluster knows, and when they look: at once at a change after a rest, then
 * together every 20 ms, and when the time has come that they named themselves. Looking is spread
 * over turns where it takes long. The source's thread.
 */
#ifndef CVG_KUBE_READERS_H
#define CVG_KUBE_READERS_H

#include "cluster.h"

struct cvg_kube_readers;

struct cvg_kube_readers *cvg_kube_readers_new(const struct cvg_host *host, struct cvg_scope *scope);
void cvg_kube_readers_free(struct cvg_kube_readers *readers); /* takes NULL */
/* Twice is once. */
void cvg_kube_readers_add(struct cvg_kube_readers *readers, struct cvg_kube_reader *reader);
void cvg_kube_readers_remove(struct cvg_kube_readers *readers, struct cvg_kube_reader *reader);
/* Something that it reads changed. */
void cvg_kube_readers_mark(struct cvg_kube_readers *readers, struct cvg_kube_reader *reader);
void cvg_kube_readers_mark_all(struct cvg_kube_readers *readers);

#endif
