/* SPDX-License-Identifier: Apache-2.0 */
/* Address from the environment, the rest from the mounted files; see incluster.h. */
#include "incluster.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cvg_kube_pod_here(struct cvg_kube_pod *ret)
{
    /* Nobody changes the environment while the daemon runs. */
    const char *host = getenv("KUBERNETES_SERVICE_HOST"); // NOLINT(concurrency-mt-unsafe)
    const char *port = getenv("KUBERNETES_SERVICE_PORT"); // NOLINT(concurrency-mt-unsafe)
    if (host == NULL || host[0] == '\0' || port == NULL || port[0] == '\0') {
        return 0;
    }
    *ret = (struct cvg_kube_pod){.host = host, .port = port, .folder = CVG_KUBE_POD_FOLDER};
    return 1;
}

static int is_host(const char *host)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    struct in6_addr address;
    size_t length = strlen(host);
    return inet_pton(AF_INET6, host, &address) == 1 ||
           (length > 0 && length <= 253 && strspn(host, allowed) == length);
}

static int take_server(const struct cvg_kube_pod *pod, struct cvg_kube_access *access,
                       struct cvg_kube_problem *problem)
{
    uint64_t port = 0;
    if (!is_host(pod->host)) {
        return cvg_kube_problem_set(problem, "in_cluster", "KUBERNETES_SERVICE_HOST is no host");
    }
    if (cvg_parse_uint64(pod->port, strlen(pod->port), &port) < 0 || port == 0 || port > 65535) {
        return cvg_kube_problem_set(problem, "in_cluster", "KUBERNETES_SERVICE_PORT is no port");
    }
    access->server = cvg_kube_access_format(
        access, strchr(pod->host, ':') != NULL ? "https://[%s]:%u" : "https://%s:%u", pod->host,
        (unsigned)port);
    return 0;
}

static const char *path_of(const struct cvg_kube_pod *pod, struct cvg_kube_access *access,
                           const char *name)
{
    return cvg_kube_access_format(access, "%s/%s", pod->folder, name);
}

struct cvg_kube_access *cvg_kube_pod_load(const struct cvg_kube_pod *pod,
                                          cvg_kube_file_reader *reader,
                                          struct cvg_kube_problem *problem)
{
    struct cvg_kube_access *access = cvg_kube_access_new(reader);
    int code = take_server(pod, access, problem);
    if (code == 0) {
        access->token = cvg_kube_access_read_token(access, path_of(pod, access, "token"), problem);
    }
    if (access->token != NULL) {
        access->ca_pem = cvg_kube_access_read(access, path_of(pod, access, "ca.crt"),
                                              "the cluster's CA", problem);
    }
    if (access->ca_pem == NULL) {
        problem->key = "in_cluster";
        cvg_kube_access_free(access);
        return NULL;
    }
    return access;
}
