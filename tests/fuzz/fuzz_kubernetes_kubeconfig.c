/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_kubernetes */
/*
 * Any JSON as what comes out of YAML: files of a KUBECONFIG, with a NUL between two of them. Whatever
 * they are, a connection that comes out of them leads somewhere, asks in one way, and has nothing in
 * its headers that would begin another one. The same bytes are an exec plugin's answer and base64.
 */
#include "fuzz.h"

#include "exec.h"
#include "kit/base64.h"
#include "kubeconfig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* No input reads a file of this machine. */
static int read_nothing(const char *path, size_t limit, char **ret, size_t *ret_length)
{
    static const char pem[] = "-----BEGIN THING-----\n";
    check(path[0] == '/' && limit >= sizeof pem);
    if (strstr(path, "none") != NULL) {
        return ENOENT;
    }
    *ret = malloc(sizeof pem);
    check(*ret != NULL);
    memcpy(*ret, pem, sizeof pem);
    *ret_length = sizeof pem - 1;
    return 0;
}

static int is_line(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return 0;
        }
    }
    return 1;
}

static void check_access(const struct cvg_kube_access *access)
{
    check(access->server != NULL && strncmp(access->server, "http", 4) == 0);
    check(is_line(access->server) && strpbrk(access->server, " ?#") == NULL);
    check(access->token == NULL || is_line(access->token));
    check((access->cert_pem == NULL) == (access->key_pem == NULL));
    check((access->username == NULL) == (access->password == NULL));
    check(access->token == NULL || access->username == NULL);
    check(!access->insecure || access->ca_pem == NULL);
    for (size_t i = 0; i < access->header_count; i++) {
        check(strncmp(access->headers[i].name, "Impersonate-", 12) == 0);
        check(strpbrk(access->headers[i].name, " :;\r\n\t") == NULL);
        check(access->headers[i].value[0] != '\0' && is_line(access->headers[i].value));
    }
    if (access->plugin != NULL) {
        check(access->token == NULL && access->username == NULL && access->cert_pem == NULL);
        char *info = cvg_kube_exec_info(access->plugin);
        struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)64 << 20);
        char error[128];
        check(cvg_kube_tree_read(arena, info, strlen(info), error, sizeof error) != NULL);
        cvg_kit_arena_free(arena);
        free(info);
    }
    check(cvg_kube_access_same(access, access));
}

static void try_context(const struct cvg_kube_kubeconfig *kubeconfig, const char *context)
{
    struct cvg_kube_problem problem = {.key = NULL};
    struct cvg_kube_access *access =
        cvg_kube_kubeconfig_access(kubeconfig, context, read_nothing, &problem);
    if (access != NULL) {
        check_access(access);
    } else {
        check(problem.key != NULL && problem.text[0] != '\0' && is_line(problem.text));
    }
    cvg_kube_access_free(access);
}

static void try_answer(const char *text, size_t size)
{
    struct cvg_kube_problem problem = {.key = NULL};
    struct cvg_kube_credential *credential =
        cvg_kube_credential_read(text, size, "client.authentication.k8s.io/v1", &problem);
    if (credential != NULL) {
        check(credential->token != NULL || credential->cert_pem != NULL);
        check(credential->token == NULL || is_line(credential->token));
        check((credential->cert_pem == NULL) == (credential->key_pem == NULL));
    } else {
        check(problem.text[0] != '\0');
    }
    cvg_kube_credential_free(credential);
}

static void try_base64(const char *text, size_t size)
{
    char *bytes = NULL, *again = NULL;
    size_t length = 0, second = 0;
    if (cvg_kit_base64_decode(text, size, &bytes, &length) == 0) {
        char *encoded = cvg_kit_base64_encode(bytes, length);
        check(cvg_kit_base64_decode(encoded, strlen(encoded), &again, &second) == 0);
        check(second == length && memcmp(bytes, again, length) == 0);
        free(encoded);
    }
    free(bytes);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_kube_kubeconfig *kubeconfig = cvg_kube_kubeconfig_new();
    struct cvg_kube_problem problem;
    const char *text = (const char *)data;
    char contexts[512];
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\0', size - at);
        size_t length = end == NULL ? size - at : (size_t)(end - text) - at;
        (void)cvg_kube_kubeconfig_add(kubeconfig, "/etc/kube/config", text + at, length, &problem);
        at += length + 1;
    }
    try_context(kubeconfig, NULL);
    cvg_kube_kubeconfig_contexts(kubeconfig, contexts, sizeof contexts);
    for (char *name = contexts; *name != '\0';) {
        char *end = strstr(name, ", ");
        size_t length = end == NULL ? strlen(name) : (size_t)(end - name);
        char kept = name[length];
        name[length] = '\0';
        try_context(kubeconfig, name);
        name[length] = kept;
        name += length + (end == NULL ? 0 : 2);
    }
    cvg_kube_kubeconfig_free(kubeconfig);
    try_answer(text, size);
    try_base64(text, size);
    return 0;
}
