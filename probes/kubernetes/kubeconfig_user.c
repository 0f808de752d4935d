/* SPDX-License-Identifier: Apache-2.0 */
/* The user that a context names: what proves who asks, and as whom; see kubeconfig.h. */
#include "kubeconfig.h"

#include <stdio.h>
#include <string.h>

struct user {
    const struct cvg_kube_entry *entry;
    const char *where;
    struct cvg_kube_access *access;
    struct cvg_kube_problem *problem;
};

/* A copy of a text of the entry; NULL where it is not set. */
static int take_text(const struct user *user, const char *key, const char **ret)
{
    const char *text = NULL;
    if (cvg_kube_entry_text(user->entry, user->where, key, &text, user->problem) < 0) {
        return -1;
    }
    *ret = text == NULL ? NULL : cvg_kube_access_keep(user->access, text, strlen(text));
    return 0;
}

static int is_header_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return 0;
        }
    }
    return 1;
}

/* ---- what proves who asks ---- */

static int take_certificate(const struct user *user)
{
    struct cvg_kube_access *access = user->access;
    if (cvg_kube_entry_bytes(user->entry, user->where, "client-certificate", access,
                             &access->cert_pem, user->problem) < 0 ||
        cvg_kube_entry_bytes(user->entry, user->where, "client-key", access, &access->key_pem,
                             user->problem) < 0) {
        return -1;
    }
    if ((access->cert_pem == NULL) != (access->key_pem == NULL)) {
        return cvg_kube_problem_set(user->problem, "kubeconfig", "%s: a %s", user->where,
                                    access->cert_pem == NULL
                                        ? "client-key without its client-certificate"
                                        : "client-certificate without its client-key");
    }
    if (access->cert_pem != NULL && (strstr(access->cert_pem, "-----BEGIN ") == NULL ||
                                     strstr(access->key_pem, "-----BEGIN ") == NULL)) {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: client-certificate and client-key must be PEM",
                                    user->where);
    }
    return 0;
}

static int take_token(const struct user *user)
{
    struct cvg_kube_access *access = user->access;
    const char *path = NULL;
    if (cvg_kube_entry_text(user->entry, user->where, "tokenFile", &path, user->problem) < 0 ||
        take_text(user, "token", &access->token) < 0) {
        return -1;
    }
    if (path != NULL) {
        path = cvg_kube_entry_path(user->entry, access, path);
        access->token = cvg_kube_access_read_token(access, path, user->problem);
        if (access->token == NULL) {
            return -1;
        }
    }
    if (access->token != NULL && !is_header_text(access->token)) {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: the token has control characters in it", user->where);
    }
    return 0;
}

static int take_basic(const struct user *user)
{
    struct cvg_kube_access *access = user->access;
    if (take_text(user, "username", &access->username) < 0 ||
        take_text(user, "password", &access->password) < 0) {
        return -1;
    }
    if ((access->username == NULL) != (access->password == NULL)) {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: username and password need each other", user->where);
    }
    if (access->username != NULL && access->token != NULL) {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: a token and a password: keep one", user->where);
    }
    return 0;
}

static int refuse_provider(const struct user *user)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(user->entry->node, "auth-provider");
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return 0;
    }
    return cvg_kube_problem_set(user->problem, "kubeconfig",
                                "%s: auth-provider '%.60s' is not known here, and not in "
                                "Kubernetes any more: use an exec plugin or a service account's "
                                "token",
                                user->where, cvg_kube_node_text(cvg_kube_node_get(node, "name")));
}

/* ---- as whom ---- */

static int add_header(const struct user *user, const char *name, const char *value)
{
    if (!is_header_text(value) || value[0] == '\0') {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: what stands for %s cannot be sent", user->where, name);
    }
    if (cvg_kube_access_add_header(user->access, name, value) < 0) {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: impersonates with more than %d values", user->where,
                                    CVG_KUBE_HEADERS_MOST);
    }
    return 0;
}

static int add_list(const struct user *user, const char *header, const char *key,
                    const struct cvg_kube_node *list)
{
    if (list == NULL || list->kind == CVG_KUBE_NULL) {
        return 0;
    }
    int code = list->kind == CVG_KUBE_ARRAY ? 0 : -1;
    for (size_t i = 0; code == 0 && i < list->count; i++) {
        const struct cvg_kube_node *item = &list->items[i];
        if ((item->kind != CVG_KUBE_STRING && item->kind != CVG_KUBE_NUMBER) ||
            strlen(item->text) != item->length) {
            code = -1;
        } else if (add_header(user, header, item->text) < 0) {
            return -1;
        }
    }
    return code == 0 ? 0
                     : cvg_kube_problem_set(user->problem, "kubeconfig",
                                            "%s: '%s' must be a list of texts", user->where, key);
}

/* What a header's name may have stays, the rest is %XX: as client-go does it. */
static int extra_header(char *ret, size_t size, const char *key)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$&'*+-.^_`|~";
    int more = snprintf(ret, size, "Impersonate-Extra-");
    size_t used = (size_t)more;
    for (; *key != '\0' && used + 4 < size; key++) {
        if (strchr(legal, *key) != NULL) {
            ret[used++] = *key;
        } else {
            (void)snprintf(ret + used, size - used, "%%%02X", (unsigned)(unsigned char)*key);
            used += 3;
        }
    }
    ret[used] = '\0';
    return *key == '\0' ? 0 : -1;
}

static int take_extra(const struct user *user)
{
    const struct cvg_kube_node *extra = cvg_kube_node_get(user->entry->node, "as-user-extra");
    if (extra == NULL || extra->kind == CVG_KUBE_NULL) {
        return 0;
    }
    if (extra->kind != CVG_KUBE_OBJECT) {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: 'as-user-extra' must be a map of lists", user->where);
    }
    for (size_t i = 0; i < extra->count; i++) {
        char header[256];
        if (extra_header(header, sizeof(header), extra->items[i].key) < 0) {
            return cvg_kube_problem_set(user->problem, "kubeconfig",
                                        "%s: a key of 'as-user-extra' is too long", user->where);
        }
        if (add_list(user, header, "as-user-extra", &extra->items[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int take_impersonation(const struct user *user)
{
    const char *as = NULL, *uid = NULL;
    if (cvg_kube_entry_text(user->entry, user->where, "as", &as, user->problem) < 0 ||
        cvg_kube_entry_text(user->entry, user->where, "as-uid", &uid, user->problem) < 0) {
        return -1;
    }
    if ((as != NULL && add_header(user, "Impersonate-User", as) < 0) ||
        (uid != NULL && add_header(user, "Impersonate-Uid", uid) < 0) ||
        add_list(user, "Impersonate-Group", "as-groups",
                 cvg_kube_node_get(user->entry->node, "as-groups")) < 0 ||
        take_extra(user) < 0) {
        return -1;
    }
    if (as == NULL && user->access->header_count > 0) {
        return cvg_kube_problem_set(user->problem, "kubeconfig",
                                    "%s: as-uid, as-groups and as-user-extra need 'as'",
                                    user->where);
    }
    return 0;
}

int cvg_kube_take_user(const struct cvg_kube_entry *entry, const char *name,
                       struct cvg_kube_access *access, struct cvg_kube_problem *problem)
{
    char where[128];
    struct user user = {entry, where, access, problem};
    (void)snprintf(where, sizeof(where), "user '%.80s'", name);
    access->user = cvg_kube_access_keep(access, name, strlen(name));
    if (refuse_provider(&user) < 0 || take_certificate(&user) < 0 || take_token(&user) < 0 ||
        take_basic(&user) < 0) {
        return -1;
    }
    return take_impersonation(&user);
}
