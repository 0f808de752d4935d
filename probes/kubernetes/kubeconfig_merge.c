/* SPDX-License-Identifier: Apache-2.0 */
/* Which files there are, and what a context of all of them comes to; see kubeconfig.h. */
#include "kubeconfig.h"

#include "kit/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the search ---- */

static char *join(const char *folder, const char *name, size_t length)
{
    size_t size = strlen(folder) + length + 2;
    char *path = cvg_kit_alloc(size);
    (void)snprintf(path, size, "%s/%.*s", folder, (int)length, name);
    return path;
}

static int add_path(struct cvg_kube_search *search, char *path, struct cvg_kube_problem *problem)
{
    if (search->count == CVG_KUBE_FILES_MOST) {
        free(path);
        return cvg_kube_problem_set(problem, "kubeconfig", "KUBECONFIG names more than %d files",
                                    CVG_KUBE_FILES_MOST);
    }
    search->paths[search->count++] = path;
    return 0;
}

static int add_list(struct cvg_kube_search *search, const char *list, const char *directory,
                    struct cvg_kube_problem *problem)
{
    int code = 0;
    for (const char *at = list; *at != '\0' && code == 0;) {
        size_t length = strcspn(at, ":");
        if (at[0] == '/') {
            code = add_path(search, join("", at + 1, length - 1), problem);
        } else if (length > 0 && directory != NULL) {
            code = add_path(search, join(directory, at, length), problem);
        }
        at += length + (at[length] == ':');
    }
    return code;
}

int cvg_kube_search_make(struct cvg_kube_search *ret, const char *explicit_path, const char *list,
                         const char *home, const char *directory, struct cvg_kube_problem *problem)
{
    *ret = (struct cvg_kube_search){0};
    if (explicit_path != NULL) {
        if (explicit_path[0] != '/') {
            return cvg_kube_problem_set(problem, "kubeconfig",
                                        "must be an absolute path: the daemon has no folder of "
                                        "its own");
        }
        return add_path(ret, cvg_kit_copy(explicit_path), problem);
    }
    if (list != NULL) {
        ret->list = 1;
        if (add_list(ret, list, directory, problem) < 0) {
            return -1;
        }
    }
    if (ret->count == 0 && home != NULL && home[0] == '/') {
        ret->list = 0;
        return add_path(ret, join(home, ".kube/config", strlen(".kube/config")), problem);
    }
    if (ret->count == 0) {
        return cvg_kube_problem_set(problem, "kubeconfig",
                                    "is not set, and neither KUBECONFIG nor HOME is");
    }
    return 0;
}

void cvg_kube_search_done(struct cvg_kube_search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        free(search->paths[i]);
    }
    *search = (struct cvg_kube_search){0};
}

/* ---- a context ---- */

static int find_context(const struct cvg_kube_kubeconfig *kubeconfig, const char *wanted,
                        struct cvg_kube_entry *ret, struct cvg_kube_problem *problem)
{
    const char *name = wanted != NULL ? wanted : cvg_kube_kubeconfig_current(kubeconfig);
    const char *key = wanted != NULL ? "context" : "kubeconfig";
    char all[240];
    cvg_kube_kubeconfig_contexts(kubeconfig, all, sizeof(all));
    if (name[0] == '\0') {
        return cvg_kube_problem_set(
            problem, key,
            all[0] ? "no current-context is set: say which context; there are: %s"
                   : "it has no contexts: it is empty, or no kubeconfig%s",
            all);
    }
    int found = cvg_kube_kubeconfig_find(kubeconfig, "contexts", "context", name, ret, problem);
    if (found == 0) {
        (void)cvg_kube_problem_set(problem, key, "there is no context '%.80s'%s%s", name,
                                   all[0] ? "; there are: " : ", and no other", all);
    }
    return found == 1 ? 0 : -1;
}

/* An entry that a context names. */
static int find_named(const struct cvg_kube_kubeconfig *kubeconfig, const char *list,
                      const char *key, const char *name, struct cvg_kube_entry *ret,
                      struct cvg_kube_problem *problem)
{
    int found = cvg_kube_kubeconfig_find(kubeconfig, list, key, name, ret, problem);
    if (found == 0) {
        (void)cvg_kube_problem_set(problem, "kubeconfig",
                                   "the context names the %s '%.80s', and there is none", key,
                                   name);
    }
    return found == 1 ? 0 : -1;
}

static int take_context(const struct cvg_kube_kubeconfig *kubeconfig,
                        const struct cvg_kube_entry *context, struct cvg_kube_access *access,
                        struct cvg_kube_problem *problem)
{
    const char *cluster_name = NULL, *user_name = NULL;
    struct cvg_kube_entry cluster, user;
    if (cvg_kube_entry_text(context, "the context", "cluster", &cluster_name, problem) < 0 ||
        cvg_kube_entry_text(context, "the context", "user", &user_name, problem) < 0) {
        return -1;
    }
    if (cluster_name == NULL) {
        return cvg_kube_problem_set(problem, "kubeconfig", "the context names no cluster");
    }
    if (find_named(kubeconfig, "clusters", "cluster", cluster_name, &cluster, problem) < 0 ||
        cvg_kube_take_cluster(&cluster, cluster_name, access, problem) < 0) {
        return -1;
    }
    if (user_name == NULL) {
        return 0; /* as kubectl: nobody in particular asks */
    }
    if (find_named(kubeconfig, "users", "user", user_name, &user, problem) < 0 ||
        cvg_kube_take_user(&user, user_name, access, problem) < 0) {
        return -1;
    }
    return cvg_kube_take_plugin(&user, &cluster, user_name, access, problem);
}

struct cvg_kube_access *cvg_kube_kubeconfig_access(const struct cvg_kube_kubeconfig *kubeconfig,
                                                   const char *context,
                                                   cvg_kube_file_reader *reader,
                                                   struct cvg_kube_problem *problem)
{
    struct cvg_kube_access *access = cvg_kube_access_new(reader);
    struct cvg_kube_entry entry;
    if (find_context(kubeconfig, context, &entry, problem) < 0 ||
        take_context(kubeconfig, &entry, access, problem) < 0) {
        cvg_kube_access_free(access);
        return NULL;
    }
    return access;
}

/* ---- all of it ---- */

struct taking {
    struct cvg_kube_kubeconfig *kubeconfig;
    const char *path;
    struct cvg_kube_problem *problem;
    int code;
};

static void on_json(void *arg, const char *json, size_t length)
{
    struct taking *taking = arg;
    taking->code =
        cvg_kube_kubeconfig_add(taking->kubeconfig, taking->path, json, length, taking->problem);
}

static int read_one(const struct cvg_host *host, struct cvg_kube_kubeconfig *kubeconfig,
                    const char *path, cvg_kube_file_reader *reader,
                    struct cvg_kube_problem *problem)
{
    struct taking taking = {.kubeconfig = kubeconfig, .path = path, .problem = problem};
    char *bytes = NULL, error[256] = "";
    size_t length = 0;
    int failed = reader(path, CVG_KUBE_KUBECONFIG_MOST, &bytes, &length);
    if (failed != 0) {
        (void)cvg_kube_problem_set(problem, "kubeconfig", "%s: %s", path,
                                   cvg_kube_errno_text(failed));
        return failed;
    }
    if (host->yaml(bytes, length, on_json, &taking, error, sizeof(error)) != 0) {
        taking.code = cvg_kube_problem_set(problem, "kubeconfig", "%s: %s", path, error);
    }
    cvg_kube_bytes_free(bytes, length);
    return taking.code;
}

static int read_all(const struct cvg_host *host, const struct cvg_kube_search *search,
                    struct cvg_kube_kubeconfig *kubeconfig, cvg_kube_file_reader *reader,
                    struct cvg_kube_problem *problem)
{
    size_t read = 0;
    for (size_t i = 0; i < search->count; i++) {
        int failed = read_one(host, kubeconfig, search->paths[i], reader, problem);
        if (failed == ENOENT && search->list) {
            continue;
        }
        if (failed != 0) {
            return -1;
        }
        read++;
    }
    if (read == 0) {
        return cvg_kube_problem_set(problem, "kubeconfig",
                                    "none of the files that KUBECONFIG names is there");
    }
    return 0;
}

struct cvg_kube_access *cvg_kube_kubeconfig_load(const struct cvg_host *host,
                                                 const struct cvg_kube_search *search,
                                                 const char *context, cvg_kube_file_reader *reader,
                                                 struct cvg_kube_problem *problem)
{
    struct cvg_kube_kubeconfig *kubeconfig = cvg_kube_kubeconfig_new();
    struct cvg_kube_access *access = NULL;
    if (read_all(host, search, kubeconfig, reader, problem) == 0) {
        access = cvg_kube_kubeconfig_access(kubeconfig, context, reader, problem);
    }
    for (size_t i = 0; access != NULL && i < search->count; i++) {
        if (cvg_kube_access_note_file(access, search->paths[i]) < 0) {
            (void)cvg_kube_problem_set(problem, "kubeconfig", "too many files are named");
            cvg_kube_access_free(access);
            access = NULL;
        }
    }
    cvg_kube_kubeconfig_free(kubeconfig);
    return access;
}
