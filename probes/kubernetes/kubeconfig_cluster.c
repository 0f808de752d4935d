/* SPDX-License-Identifier: Apache-2.0 */
/* The cluster that a context names: where it is, and whom to trust; see kubeconfig.h. */
#include "kubeconfig.h"

#include <stdio.h>
#include <string.h>

static int is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f) {
            return 0;
        }
    }
    return 1;
}

/* A scheme, an authority without user information, a path; the host looks closer. */
static const char *fault_of_url(const char *url)
{
    const char *rest = strncmp(url, "https://", 8) == 0  ? url + 8
                       : strncmp(url, "http://", 7) == 0 ? url + 7
                                                         : NULL;
    if (rest == NULL) {
        return "must begin with https:// or http://";
    }
    if (!is_plain(url) || rest[strcspn(rest, "?#")] != '\0' || rest[0] == '/' || rest[0] == '\0') {
        return "is no address of a server";
    }
    if (memchr(rest, '@', strcspn(rest, "/")) != NULL) {
        return "must not have credentials in it";
    }
    return NULL;
}

static int take_server(const struct cvg_kube_entry *entry, const char *where,
                       struct cvg_kube_access *access, struct cvg_kube_problem *problem)
{
    const char *server = NULL;
    if (cvg_kube_entry_text(entry, where, "server", &server, problem) < 0) {
        return -1;
    }
    const char *fault = server == NULL ? "is missing" : fault_of_url(server);
    if (fault != NULL) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: 'server' %s", where, fault);
    }
    access->server = cvg_kube_access_keep(access, server, strlen(server));
    return 0;
}

static int take_proxy(const struct cvg_kube_entry *entry, const char *where,
                      struct cvg_kube_access *access, struct cvg_kube_problem *problem)
{
    const char *proxy = NULL;
    if (cvg_kube_entry_text(entry, where, "proxy-url", &proxy, problem) < 0) {
        return -1;
    }
    if (proxy == NULL) {
        return 0;
    }
    const char *fault = fault_of_url(proxy);
    if (strncmp(proxy, "http://", 7) != 0) {
        fault = "must be http://HOST:PORT; no other proxies are known here";
    }
    if (fault == NULL && strcspn(proxy + 7, "/") + 1 < strlen(proxy + 7)) {
        fault = "must be http://HOST:PORT, without a path";
    }
    if (fault != NULL) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: 'proxy-url' %s", where, fault);
    }
    access->proxy = cvg_kube_access_keep(access, proxy, 7 + strcspn(proxy + 7, "/"));
    return 0;
}

/* A name that TLS is asked for, and that stands in a certificate. */
static int is_server_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";
    size_t length = strlen(name);
    return length <= 253 && strspn(name, allowed) == length;
}

int cvg_kube_take_cluster(const struct cvg_kube_entry *entry, const char *name,
                          struct cvg_kube_access *access, struct cvg_kube_problem *problem)
{
    char where[128];
    const char *server_name = NULL;
    (void)snprintf(where, sizeof(where), "cluster '%.80s'", name);
    if (take_server(entry, where, access, problem) < 0 ||
        take_proxy(entry, where, access, problem) < 0 ||
        cvg_kube_entry_text(entry, where, "tls-server-name", &server_name, problem) < 0 ||
        cvg_kube_entry_true(entry, where, "insecure-skip-tls-verify", &access->insecure, problem) <
            0 ||
        cvg_kube_entry_bytes(entry, where, "certificate-authority", access, &access->ca_pem,
                             problem) < 0) {
        return -1;
    }
    if (access->insecure && access->ca_pem != NULL) {
        return cvg_kube_problem_set(problem, "kubeconfig",
                                    "%s: with insecure-skip-tls-verify a certificate-authority "
                                    "has no effect: keep one",
                                    where);
    }
    if (server_name != NULL && !is_server_name(server_name)) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: 'tls-server-name' is no name",
                                    where);
    }
    if (access->ca_pem != NULL && strstr(access->ca_pem, "-----BEGIN ") == NULL) {
        return cvg_kube_problem_set(problem, "kubeconfig",
                                    "%s: certificate-authority has no certificate (PEM) in it",
                                    where);
    }
    if (server_name != NULL) {
        access->server_name = cvg_kube_access_keep(access, server_name, strlen(server_name));
    }
    return 0;
}
