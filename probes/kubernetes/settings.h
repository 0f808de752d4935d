/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a way to the cluster came to, as the host's connection settings. The source's thread.
 */
#ifndef CVG_KUBE_SETTINGS_H
#define CVG_KUBE_SETTINGS_H

#include "access.h"
#include "exec.h"

#define CVG_KUBE_BODY_MOST ((int64_t)64 << 20) /* lists are large */

enum cvg_kube_warning {
    CVG_KUBE_WARNING_INSECURE = 1,
    CVG_KUBE_WARNING_CLEAR = 2,
};

/* credential: the plugin's, which counts instead of the access's own; NULL: none. warned: what was
 * logged already, and is true still. 0, or -1: a secret is larger than the host takes (64 KiB), and
 * nothing changed. */
int cvg_kube_settings_apply(const struct cvg_host *host, struct cvg_source *source,
                            const struct cvg_kube_access *access,
                            const struct cvg_kube_credential *credential, uint32_t *warned);
/* The connection is the operator's: only its limit is raised, unless he wrote one. */
void cvg_kube_settings_limit(const struct cvg_host *host, struct cvg_source *source);

#endif
