/* SPDX-License-Identifier: Apache-2.0 */
/* Choosing, and reading what was chosen; see way.h. */
#include "way.h"

#include "kit/memory.h"
#include "kubeconfig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cvg_kube_way {
    size_t references; /* of the source's thread */
    const struct cvg_host *host;
    cvg_kube_file_reader *reader;
    int in_pod, allow_exec;
    struct cvg_kube_search search; /* where not in_pod */
    char *context;                 /* NULL: the current one */
    char *pod_host, *pod_port, *pod_folder;
};

void cvg_kube_surroundings_here(struct cvg_kube_surroundings *ret)
{
    *ret = (struct cvg_kube_surroundings){.reader = cvg_kube_file_read};
    /* Nobody changes the environment while the daemon runs. */
    ret->list = getenv("KUBECONFIG"); // NOLINT(concurrency-mt-unsafe)
    ret->home = getenv("HOME");       // NOLINT(concurrency-mt-unsafe)
    ret->directory = getcwd(ret->folder, sizeof(ret->folder));
    ret->in_pod = cvg_kube_pod_here(&ret->pod);
}

struct cvg_kube_way *cvg_kube_way_hold(struct cvg_kube_way *way)
{
    way->references++;
    return way;
}

void cvg_kube_way_drop(struct cvg_kube_way *way)
{
    if (way == NULL || --way->references > 0) {
        return;
    }
    cvg_kube_search_done(&way->search);
    free(way->context);
    free(way->pod_host);
    free(way->pod_port);
    free(way->pod_folder);
    free(way);
}

/* ---- which ---- */

static const char *given_way(const struct cvg_kube_source_config *config)
{
    return config->kubeconfig != NULL ? "kubeconfig"
           : config->context != NULL  ? "context"
           : config->in_cluster == 1  ? "in_cluster"
                                      : NULL;
}

/* What would have no effect is refused, because somebody believes in it. */
static int check_keys(const struct cvg_host *host, struct cvg_source *source, const char *given,
                      struct cvg_kube_problem *problem)
{
    static const char *const own[] = {"url", "via"};
    static const char *const credentials[] = {"tls", "bearer", "basic", "sigv4"};
    for (size_t i = 0; given != NULL && i < sizeof(own) / sizeof(own[0]); i++) {
        if (host->endpoint_has(source, own[i])) {
            return cvg_kube_problem_set(problem, given,
                                        "is another way to the cluster than %s: keep one", own[i]);
        }
    }
    int operators = host->endpoint_has(source, "url") || host->endpoint_has(source, "via");
    for (size_t i = 0; !operators && i < sizeof(credentials) / sizeof(credentials[0]); i++) {
        if (host->endpoint_has(source, credentials[i])) {
            return cvg_kube_problem_set(problem, credentials[i],
                                        "has no effect without url: a kubeconfig, or the pod's "
                                        "account, has its own");
        }
    }
    return operators;
}

static int is_there(cvg_kube_file_reader *reader, const struct cvg_kube_search *search)
{
    int found = 0;
    for (size_t i = 0; i < search->count && !found; i++) {
        char *bytes = NULL;
        size_t length = 0;
        int error = reader(search->paths[i], CVG_KUBE_KUBECONFIG_MOST, &bytes, &length);
        /* One that is there and cannot be read is there: that is to be told. */
        found = error != ENOENT && error != ENOTDIR;
        cvg_kube_bytes_free(error == 0 ? bytes : NULL, length);
    }
    return found;
}

/* 1: by a kubeconfig, which way->search finds; 0: as the pod; -1: neither. */
static int choose(const struct cvg_kube_source_config *config,
                  const struct cvg_kube_surroundings *surroundings, struct cvg_kube_way *way,
                  struct cvg_kube_problem *problem)
{
    if (config->in_cluster == 1) {
        return surroundings->in_pod
                   ? 0
                   : cvg_kube_problem_set(problem, "in_cluster",
                                          "the daemon does not run in a pod: "
                                          "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT "
                                          "are not set");
    }
    int made = cvg_kube_search_make(&way->search, config->kubeconfig, surroundings->list,
                                    surroundings->home, surroundings->directory, problem);
    int wanted = config->kubeconfig != NULL || config->context != NULL;
    if (made == 0 && (wanted || is_there(surroundings->reader, &way->search))) {
        return 1;
    }
    if (made == 0 || !wanted) {
        if (surroundings->in_pod && config->in_cluster != 0) {
            return 0;
        }
        return cvg_kube_problem_set(problem, "",
                                    "no way to the cluster: give url, kubeconfig or in_cluster "
                                    "(KUBECONFIG names no file that is there, there is no "
                                    "~/.kube/config, and the daemon %s)",
                                    surroundings->in_pod ? "is not to use the pod's account"
                                                         : "does not run in a pod");
    }
    return -1;
}

int cvg_kube_way_choose(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_kube_source_config *config,
                        const struct cvg_kube_surroundings *surroundings, struct cvg_kube_way **ret,
                        struct cvg_kube_problem *problem)
{
    int operators = check_keys(host, source, given_way(config), problem);
    if (operators != 0) {
        return operators < 0 ? -1 : 0;
    }
    struct cvg_kube_way *way = cvg_kit_alloc(sizeof(*way));
    way->references = 1;
    way->host = host;
    way->reader = surroundings->reader;
    way->allow_exec = config->allow_exec == 1;
    int chosen = choose(config, surroundings, way, problem);
    if (chosen < 0) {
        cvg_kube_way_drop(way);
        return -1;
    }
    way->in_pod = chosen == 0;
    way->context = cvg_kit_copy(config->context);
    if (way->in_pod) {
        way->pod_host = cvg_kit_copy(surroundings->pod.host);
        way->pod_port = cvg_kit_copy(surroundings->pod.port);
        way->pod_folder = cvg_kit_copy(surroundings->pod.folder);
    }
    *ret = way;
    return 1;
}

/* ---- reading it ---- */

struct cvg_kube_access *cvg_kube_way_load(const struct cvg_kube_way *way,
                                          struct cvg_kube_problem *problem)
{
    if (way->in_pod) {
        struct cvg_kube_pod pod = {way->pod_host, way->pod_port, way->pod_folder};
        return cvg_kube_pod_load(&pod, way->reader, problem);
    }
    struct cvg_kube_access *access =
        cvg_kube_kubeconfig_load(way->host, &way->search, way->context, way->reader, problem);
    if (access != NULL && access->plugin != NULL && !way->allow_exec) {
        (void)cvg_kube_problem_set(problem, "allow_exec",
                                   "user '%.80s' of the kubeconfig gets credentials from the "
                                   "program '%.80s': allow_exec: true lets the daemon run it",
                                   access->user, access->plugin->command);
        cvg_kube_access_free(access);
        return NULL;
    }
    return access;
}
