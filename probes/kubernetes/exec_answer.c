/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin printed, as a credential; see exec.h. */
#include "exec.h"
#include "kit/memory.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>

/* Of a tree whose document is at most CVG_KUBE_EXEC_OUTPUT. */
#define TREE_MOST ((size_t)64 << 20)

static void wipe(char *text)
{
    cvg_kube_bytes_free(text, text == NULL ? 0 : strlen(text));
}

void cvg_kube_credential_free(struct cvg_kube_credential *credential)
{
    if (credential == NULL) {
        return;
    }
    wipe(credential->token);
    wipe(credential->cert_pem);
    wipe(credential->key_pem);
    free(credential);
}

static int same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int cvg_kube_credential_same(const struct cvg_kube_credential *a,
                             const struct cvg_kube_credential *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return same_text(a->token, b->token) && same_text(a->cert_pem, b->cert_pem) &&
           same_text(a->key_pem, b->key_pem);
}

static int refuse(struct cvg_kube_problem *problem, const char *why)
{
    return cvg_kube_problem_set(problem, "kubeconfig", "the exec plugin's answer %s", why);
}

/* A text that may be missing; what cannot be sent as a header or read as PEM is refused. */
static int take(const struct cvg_kube_node *status, const char *key, int lines, char **ret,
                struct cvg_kube_problem *problem)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(status, key);
    int good = node != NULL && node->kind == CVG_KUBE_STRING;
    if (node == NULL || node->kind == CVG_KUBE_NULL || (good && node->length == 0)) {
        return 0;
    }
    for (size_t i = 0; good && i < node->length; i++) {
        unsigned char byte = (unsigned char)node->text[i];
        good = byte >= 0x20 ? byte != 0x7f : lines && (byte == '\n' || byte == '\r');
    }
    if (!good) {
        return cvg_kube_problem_set(problem, "kubeconfig",
                                    "the exec plugin's answer has a %s that is none", key);
    }
    *ret = cvg_kit_copy(node->text);
    return 0;
}

static int take_time(const struct cvg_kube_node *status, struct cvg_kube_credential *credential,
                     struct cvg_kube_problem *problem)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(status, "expirationTimestamp");
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return 0;
    }
    credential->expires_wall_ns = cvg_kube_node_time(node);
    return credential->expires_wall_ns > 0
               ? 0
               : refuse(problem, "has an expirationTimestamp that is no time");
}

static int take_all(const struct cvg_kube_node *root, const char *api_version,
                    struct cvg_kube_credential *credential, struct cvg_kube_problem *problem)
{
    const struct cvg_kube_node *status = cvg_kube_node_get(root, "status");
    if (strcmp(cvg_kube_node_text(cvg_kube_node_get(root, "kind")), "ExecCredential") != 0) {
        return refuse(problem, "is no ExecCredential");
    }
    if (strcmp(cvg_kube_node_text(cvg_kube_node_get(root, "apiVersion")), api_version) != 0) {
        return refuse(problem, "is of another apiVersion than the kubeconfig says");
    }
    if (take(status, "token", 0, &credential->token, problem) < 0 ||
        take(status, "clientCertificateData", 1, &credential->cert_pem, problem) < 0 ||
        take(status, "clientKeyData", 1, &credential->key_pem, problem) < 0 ||
        take_time(status, credential, problem) < 0) {
        return -1;
    }
    if ((credential->cert_pem == NULL) != (credential->key_pem == NULL)) {
        return refuse(problem, "has a certificate without its key, or a key without one");
    }
    if (credential->token == NULL && credential->cert_pem == NULL) {
        return refuse(problem, "has neither a token nor a certificate");
    }
    return 0;
}

struct cvg_kube_credential *cvg_kube_credential_read(const char *text, size_t length,
                                                     const char *api_version,
                                                     struct cvg_kube_problem *problem)
{
    char error[160];
    struct cvg_kit_arena *arena = cvg_kit_arena_new(TREE_MOST);
    struct cvg_kube_credential *credential = cvg_kit_alloc(sizeof(*credential));
    const struct cvg_kube_node *root =
        cvg_kube_tree_read(arena, text, length, error, sizeof(error));
    int code = 0;
    if (root == NULL) {
        code = cvg_kube_problem_set(problem, "kubeconfig",
                                    "the exec plugin's answer is no JSON: %s", error);
    } else {
        code = take_all(root, api_version, credential, problem);
    }
    cvg_kit_arena_wipe(arena);
    cvg_kit_arena_free(arena);
    if (code < 0) {
        cvg_kube_credential_free(credential);
        return NULL;
    }
    return credential;
}
