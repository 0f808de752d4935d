/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Terraform keeps in Kubernetes (hashicorp/terraform internal/backend/remote-state/kubernetes): one gzip
 * file in the key tfstate of the secret NAME, and where it is too large of NAME-part-1, NAME-part-2 and so on.
 * Secrets are made empty and filled afterwards, one by one, so what does not fit together is being
 * written. The lock is a Lease that has a holder. Pure; any thread.
 */
#ifndef CVG_TF_KUBERNETES_DECODE_H
#define CVG_TF_KUBERNETES_DECODE_H

#include <convergate/module.h>

#define CVG_TF_KUBE_SECRETS 1024 /* of 1 MiB */

enum cvg_tf_kube_result {
    CVG_TF_KUBE_DONE = 0,
    CVG_TF_KUBE_ABSENT,        /* there is no secret */
    CVG_TF_KUBE_BEING_WRITTEN, /* a gap, a secret without data, gzip that is not whole */
    CVG_TF_KUBE_FOREIGN,       /* a secret with these labels and another name */
    CVG_TF_KUBE_BROKEN,        /* not a list of secrets, or not all of it */
    CVG_TF_KUBE_TOO_LARGE,
};

struct cvg_tf_kube_state {
    char version[80]; /* changes when any of the secrets does; "" where the server told none */
    char *bytes;      /* the caller's to free; NULL unless DONE */
    size_t length;
    char text[192]; /* unless DONE: what is wrong, printable */
};

struct cvg_tf_kube_wanted {
    const char *name; /* of the first secret */
    size_t limit;     /* bytes of the document */
    int only_version; /* the list may be of metadata only, and no bytes are made */
};

enum cvg_tf_kube_result cvg_tf_kube_list_read(const struct cvg_host *host, const char *bytes,
                                              size_t length,
                                              const struct cvg_tf_kube_wanted *wanted,
                                              struct cvg_tf_kube_state *ret);

struct cvg_tf_kube_lease {
    int is_held;
    char note[2048]; /* as the holder left it; "" */
};

/* 0; -1: it is no Lease. */
int cvg_tf_kube_lease_read(const char *bytes, size_t length, struct cvg_tf_kube_lease *ret);

#endif
