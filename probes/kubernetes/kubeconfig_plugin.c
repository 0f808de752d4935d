/* SPDX-License-Identifier: Apache-2.0 */
/* The exec plugin that a user names: what is to be run, and what it is told; see kubeconfig.h. */
#include "kit/base64.h"
#include "kubeconfig.h"
#include "writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXTENSION "client.authentication.k8s.io/exec"

struct making {
    struct cvg_kube_entry exec;
    const char *where;
    struct cvg_kube_access *access;
    struct cvg_kube_plugin *plugin;
    struct cvg_kube_problem *problem;
};

static int refuse(const struct making *making, const char *what)
{
    return cvg_kube_problem_set(making->problem, "kubeconfig", "%s: %s", making->where, what);
}

static int take_text(const struct making *making, const char *key, const char **ret)
{
    const char *text = NULL;
    if (cvg_kube_entry_text(&making->exec, making->where, key, &text, making->problem) < 0) {
        return -1;
    }
    *ret = text == NULL ? "" : cvg_kube_access_keep(making->access, text, strlen(text));
    return 0;
}

static const char **new_list(const struct making *making, const struct cvg_kube_node *list)
{
    return cvg_kube_access_alloc(making->access, (list->count + 1) * sizeof(const char *));
}

static int take_arguments(const struct making *making)
{
    static const struct cvg_kube_node none = {.kind = CVG_KUBE_ARRAY};
    const struct cvg_kube_node *list = cvg_kube_node_get(making->exec.node, "args");
    list = list == NULL || list->kind == CVG_KUBE_NULL ? &none : list;
    if (list->kind != CVG_KUBE_ARRAY || list->count > CVG_KUBE_ARGUMENTS_MOST) {
        return refuse(making, "'args' must be a list of at most 256 texts");
    }
    making->plugin->arguments = new_list(making, list);
    for (size_t i = 0; i < list->count; i++) {
        const struct cvg_kube_node *item = &list->items[i];
        const char *text =
            item->kind == CVG_KUBE_BOOL ? (item->boolean ? "true" : "false") : item->text;
        if (item->kind == CVG_KUBE_ARRAY || item->kind == CVG_KUBE_OBJECT ||
            (item->kind != CVG_KUBE_BOOL && strlen(text) != item->length)) {
            return refuse(making, "'args' must be a list of texts");
        }
        making->plugin->arguments[i] = cvg_kube_access_keep(making->access, text, strlen(text));
    }
    return 0;
}

static int take_environment(const struct making *making)
{
    static const struct cvg_kube_node none = {.kind = CVG_KUBE_ARRAY};
    const struct cvg_kube_node *list = cvg_kube_node_get(making->exec.node, "env");
    list = list == NULL || list->kind == CVG_KUBE_NULL ? &none : list;
    if (list->kind != CVG_KUBE_ARRAY || list->count > CVG_KUBE_ARGUMENTS_MOST) {
        return refuse(making, "'env' must be a list of at most 256 of {name, value}");
    }
    making->plugin->environment = new_list(making, list);
    for (size_t i = 0; i < list->count; i++) {
        struct cvg_kube_entry pair = {.node = &list->items[i]};
        const char *name = NULL, *value = NULL;
        if (cvg_kube_entry_text(&pair, making->where, "name", &name, making->problem) < 0 ||
            cvg_kube_entry_text(&pair, making->where, "value", &value, making->problem) < 0) {
            return -1;
        }
        if (name == NULL || strchr(name, '=') != NULL) {
            return refuse(making, "'env' must be a list of {name, value}");
        }
        making->plugin->environment[i] =
            cvg_kube_access_format(making->access, "%s=%s", name, value == NULL ? "" : value);
    }
    return 0;
}

static int take_version(const struct making *making)
{
    const char *mode = NULL;
    if (take_text(making, "apiVersion", &making->plugin->api_version) < 0 ||
        take_text(making, "interactiveMode", &mode) < 0) {
        return -1;
    }
    const char *version = making->plugin->api_version;
    int stable = strcmp(version, "client.authentication.k8s.io/v1") == 0;
    if (!stable && strcmp(version, "client.authentication.k8s.io/v1beta1") != 0) {
        return refuse(making, "exec's apiVersion must be client.authentication.k8s.io/v1 (or its "
                              "v1beta1)");
    }
    if (strcmp(mode, "Always") == 0) {
        return refuse(making, "exec wants to ask somebody (interactiveMode Always), and a daemon "
                              "has nobody to ask");
    }
    if (strcmp(mode, "Never") != 0 && strcmp(mode, "IfAvailable") != 0 &&
        (stable || mode[0] != '\0')) {
        return refuse(making, "exec's interactiveMode must be Never or IfAvailable");
    }
    return 0;
}

static void write_pair(struct cvg_kube_writer *writer, const char *key, const char *value)
{
    if (value != NULL) {
        cvg_kube_write_key(writer, key);
        cvg_kube_write_string(writer, value);
    }
}

static const struct cvg_kube_node *extension_of(const struct cvg_kube_node *cluster)
{
    const struct cvg_kube_node *list = cvg_kube_node_get(cluster, "extensions");
    for (size_t i = 0; list != NULL && list->kind == CVG_KUBE_ARRAY && i < list->count; i++) {
        if (strcmp(cvg_kube_node_text(cvg_kube_node_get(&list->items[i], "name")), EXTENSION) ==
            0) {
            return cvg_kube_node_get(&list->items[i], "extension");
        }
    }
    return NULL;
}

/* What client-go tells: the bytes of the CA also where a file has them. */
static const char *describe_cluster(const struct making *making,
                                    const struct cvg_kube_entry *cluster)
{
    const struct cvg_kube_access *access = making->access;
    const struct cvg_kube_node *extension = extension_of(cluster->node);
    struct cvg_kube_writer writer = {0};
    cvg_kube_write(&writer, "{");
    write_pair(&writer, "server", access->server);
    write_pair(&writer, "tls-server-name", access->server_name);
    if (access->insecure) {
        cvg_kube_write_key(&writer, "insecure-skip-tls-verify");
        cvg_kube_write(&writer, "true");
    }
    if (access->ca_pem != NULL) {
        char *data = cvg_kit_base64_encode(access->ca_pem, strlen(access->ca_pem));
        write_pair(&writer, "certificate-authority-data", data);
        free(data);
    }
    write_pair(&writer, "proxy-url", access->proxy);
    if (extension != NULL) {
        cvg_kube_write_key(&writer, "config");
        cvg_kube_write_node(&writer, extension);
    }
    cvg_kube_write(&writer, "}");
    const char *text = cvg_kube_access_keep(making->access, writer.text, writer.length);
    cvg_kube_bytes_free(writer.text, writer.length);
    return text;
}

static int take(struct making *making, const struct cvg_kube_entry *cluster)
{
    uint32_t provide = 0;
    struct cvg_kube_plugin *plugin = making->plugin;
    if (take_text(making, "command", &plugin->command) < 0 ||
        take_text(making, "installHint", &plugin->install_hint) < 0 || take_version(making) < 0 ||
        take_arguments(making) < 0 || take_environment(making) < 0 ||
        cvg_kube_entry_true(&making->exec, making->where, "provideClusterInfo", &provide,
                            making->problem) < 0) {
        return -1;
    }
    if (plugin->command[0] == '\0') {
        return refuse(making, "exec names no command");
    }
    if (provide) {
        plugin->cluster = describe_cluster(making, cluster);
    }
    return 0;
}

int cvg_kube_take_plugin(const struct cvg_kube_entry *user, const struct cvg_kube_entry *cluster,
                         const char *name, struct cvg_kube_access *access,
                         struct cvg_kube_problem *problem)
{
    char where[128];
    const struct cvg_kube_node *node = cvg_kube_node_get(user->node, "exec");
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return 0;
    }
    struct making making = {
        .exec = {.node = node, .folder = user->folder},
        .where = where,
        .access = access,
        .plugin = cvg_kube_access_alloc(access, sizeof(struct cvg_kube_plugin)),
        .problem = problem,
    };
    (void)snprintf(where, sizeof(where), "user '%.80s'", name);
    if (node->kind != CVG_KUBE_OBJECT) {
        return refuse(&making, "'exec' must be a map");
    }
    if (access->token != NULL || access->username != NULL || access->cert_pem != NULL) {
        return refuse(&making, "exec beside a token, a password or a certificate: keep one");
    }
    making.plugin->directory = cvg_kube_access_keep(access, user->folder, strlen(user->folder));
    if (take(&making, cluster) < 0) {
        return -1;
    }
    access->plugin = making.plugin;
    return 0;
}
