/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubeconfigs, read as kubectl reads them: where they are looked for, how several become one, and
 * what a context of them comes to. Of entries with one name the first file's counts, whole; nothing
 * is merged within an entry. What kubectl would do and a daemon cannot (ask a person, old
 * auth-providers) is refused in words.
 *
 * Everything here blocks on small files and is for the creation of a source and for workers. No
 * state between two readings.
 */
#ifndef CVG_KUBE_KUBECONFIG_H
#define CVG_KUBE_KUBECONFIG_H

#include "access.h"
#include "tree.h"

#define CVG_KUBE_KUBECONFIG_MOST ((size_t)4 << 20) /* bytes of one file */

/* ---- where they are looked for ---- */

struct cvg_kube_search {
    char *paths[CVG_KUBE_FILES_MOST]; /* absolute; owned */
    size_t count;
    int list; /* of KUBECONFIG: those that are not there are skipped */
};

/* explicit_path: the operator's; else list (KUBECONFIG) where it names any file, else home
 * (HOME)'s .kube/config. directory: what relative names of the list are relative to. Each but
 * the result may be NULL. -1: nothing to look for, or too many (problem says so). */
int cvg_kube_search_make(struct cvg_kube_search *ret, const char *explicit_path, const char *list,
                         const char *home, const char *directory, struct cvg_kube_problem *problem);
void cvg_kube_search_done(struct cvg_kube_search *search);

/* ---- several as one ---- */

struct cvg_kube_kubeconfig;

struct cvg_kube_kubeconfig *cvg_kube_kubeconfig_new(void);
void cvg_kube_kubeconfig_free(struct cvg_kube_kubeconfig *kubeconfig); /* takes NULL */
/* Another file, which counts after those before it. json: of host->yaml. path: absolute, for
 * relative names in it. -1: it is no kubeconfig. */
int cvg_kube_kubeconfig_add(struct cvg_kube_kubeconfig *kubeconfig, const char *path,
                            const char *json, size_t length, struct cvg_kube_problem *problem);

struct cvg_kube_entry {
    const struct cvg_kube_node *node; /* the entry's object: what stands beside its name */
    const char *folder;               /* of the file that has it */
};

/* list: "clusters", "users", "contexts"; key: "cluster", "user", "context". 1 found, 0 there is
 * none, -1 it is there and broken. */
int cvg_kube_kubeconfig_find(const struct cvg_kube_kubeconfig *kubeconfig, const char *list,
                             const char *key, const char *name, struct cvg_kube_entry *ret,
                             struct cvg_kube_problem *problem);
/* The first file's that sets one; "" none. */
const char *cvg_kube_kubeconfig_current(const struct cvg_kube_kubeconfig *kubeconfig);
/* Names of all contexts, for messages: "a, b". */
void cvg_kube_kubeconfig_contexts(const struct cvg_kube_kubeconfig *kubeconfig, char *ret,
                                  size_t size);

/* ---- what a context comes to ---- */

/* Texts and truths of an entry. NULL, 0: absent or null. What is neither text nor a plain word or
 * number, or no truth, is a problem: -1. where: "cluster 'x'", for the message. */
int cvg_kube_entry_text(const struct cvg_kube_entry *entry, const char *where, const char *key,
                        const char **ret, struct cvg_kube_problem *problem);
int cvg_kube_entry_true(const struct cvg_kube_entry *entry, const char *where, const char *key,
                        uint32_t *ret, struct cvg_kube_problem *problem);
/* What stands in `key`-data, or the file that `key` names; NULL where neither is set. */
int cvg_kube_entry_bytes(const struct cvg_kube_entry *entry, const char *where, const char *key,
                         struct cvg_kube_access *access, const char **ret,
                         struct cvg_kube_problem *problem);
/* A path of the entry, absolute. */
const char *cvg_kube_entry_path(const struct cvg_kube_entry *entry, struct cvg_kube_access *access,
                                const char *path);

/* Fills in what its parts say: kubeconfig_cluster.c, kubeconfig_user.c, kubeconfig_plugin.c. */
int cvg_kube_take_cluster(const struct cvg_kube_entry *entry, const char *name,
                          struct cvg_kube_access *access, struct cvg_kube_problem *problem);
int cvg_kube_take_user(const struct cvg_kube_entry *entry, const char *name,
                       struct cvg_kube_access *access, struct cvg_kube_problem *problem);
/* exec: the user's. cluster: of the same context, for provideClusterInfo; access has what was
 * taken of it. */
int cvg_kube_take_plugin(const struct cvg_kube_entry *user, const struct cvg_kube_entry *cluster,
                         const char *name, struct cvg_kube_access *access,
                         struct cvg_kube_problem *problem);

/* context: NULL the current one. NULL: it cannot be used, and problem says why. */
struct cvg_kube_access *cvg_kube_kubeconfig_access(const struct cvg_kube_kubeconfig *kubeconfig,
                                                   const char *context,
                                                   cvg_kube_file_reader *reader,
                                                   struct cvg_kube_problem *problem);
/* All of it: reads the files of the search, merges them, and takes the context. */
struct cvg_kube_access *cvg_kube_kubeconfig_load(const struct cvg_host *host,
                                                 const struct cvg_kube_search *search,
                                                 const char *context, cvg_kube_file_reader *reader,
                                                 struct cvg_kube_problem *problem);

#endif
