/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exec plugins (client.authentication.k8s.io): a program of the operator's that prints a credential.
 * It is run without a terminal, with limits on time, output and memory, in a process group of its
 * own. What it printed is used until shortly before its end and never shown; of its errors the first
 * line of stderr is. The source's thread.
 */
#ifndef CVG_KUBE_EXEC_H
#define CVG_KUBE_EXEC_H

#include "access.h"

#define CVG_KUBE_EXEC_TIME   INT64_C(30000000000)
#define CVG_KUBE_EXEC_OUTPUT ((size_t)1 << 20)
#define CVG_KUBE_EXEC_MEMORY ((int64_t)4 << 30) /* address space: Go reserves much of it */

/* What a plugin printed. */
struct cvg_kube_credential {
    char *token, *cert_pem, *key_pem; /* owned; NULL: not given */
    int64_t expires_wall_ns;          /* 0: it does not say */
};

/* Wipes and frees; takes NULL. */
void cvg_kube_credential_free(struct cvg_kube_credential *credential);
int cvg_kube_credential_same(const struct cvg_kube_credential *a,
                             const struct cvg_kube_credential *b);
/* Reads one ExecCredential. NULL: it is none, and problem says why, without its words. Pure. */
struct cvg_kube_credential *cvg_kube_credential_read(const char *text, size_t length,
                                                     const char *api_version,
                                                     struct cvg_kube_problem *problem);

/* Where the plugin's command is, as execvp(3) and client-go find it: with a slash relative to the
 * kubeconfig's folder, else on path (PATH). 0, or -1: it is nowhere. */
int cvg_kube_exec_find(const struct cvg_kube_plugin *plugin, const char *path, char *ret,
                       size_t size);
/* What KUBERNETES_EXEC_INFO holds. The caller's to free. */
char *cvg_kube_exec_info(const struct cvg_kube_plugin *plugin);

/* on_done gets a credential (its to free) or a problem. Exactly once, in a later turn, unless
 * the scope ended or the operation (*ret) was cancelled; the run and its plugin must live until then.
 * -1 is returned, and told at once in problem, where the command cannot be found: nothing is called
 * back then. */
struct cvg_kube_exec_run {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    const struct cvg_kube_plugin *plugin;
    void (*on_done)(void *arg, struct cvg_kube_credential *credential,
                    const struct cvg_kube_problem *problem);
    void *arg;
};

int cvg_kube_exec_start(const struct cvg_kube_exec_run *run, struct cvg_op **ret,
                        struct cvg_kube_problem *problem);

#endif
