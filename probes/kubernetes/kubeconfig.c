/* SPDX-License-Identifier: Apache-2.0 */
/* Files as trees, and their named entries; see kubeconfig.h. */
#include "kubeconfig.h"

#include "kit/base64.h"
#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tree of a file of 4 MiB, whose values may each be a few bytes. */
#define TREE_MOST ((size_t)256 << 20)

struct file {
    char *path, *folder; /* owned */
    const struct cvg_kube_node *root;
};

struct cvg_kube_kubeconfig {
    struct cvg_kit_arena *arena;
    struct file files[CVG_KUBE_FILES_MOST];
    size_t count;
};

struct cvg_kube_kubeconfig *cvg_kube_kubeconfig_new(void)
{
    struct cvg_kube_kubeconfig *kubeconfig = cvg_kit_alloc(sizeof(*kubeconfig));
    kubeconfig->arena = cvg_kit_arena_new(TREE_MOST);
    return kubeconfig;
}

void cvg_kube_kubeconfig_free(struct cvg_kube_kubeconfig *kubeconfig)
{
    if (kubeconfig == NULL) {
        return;
    }
    for (size_t i = 0; i < kubeconfig->count; i++) {
        free(kubeconfig->files[i].path);
        free(kubeconfig->files[i].folder);
    }
    cvg_kit_arena_wipe(kubeconfig->arena);
    cvg_kit_arena_free(kubeconfig->arena);
    free(kubeconfig);
}

static char *folder_of(const char *path)
{
    char *folder = cvg_kit_copy(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    return folder;
}

int cvg_kube_kubeconfig_add(struct cvg_kube_kubeconfig *kubeconfig, const char *path,
                            const char *json, size_t length, struct cvg_kube_problem *problem)
{
    char error[160];
    if (kubeconfig->count == CVG_KUBE_FILES_MOST) {
        return cvg_kube_problem_set(problem, "kubeconfig", "there are more than %d kubeconfigs",
                                    CVG_KUBE_FILES_MOST);
    }
    const struct cvg_kube_node *root =
        cvg_kube_tree_read(kubeconfig->arena, json, length, error, sizeof(error));
    if (root == NULL) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: %s", path, error);
    }
    if (root->kind != CVG_KUBE_OBJECT && root->kind != CVG_KUBE_NULL) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: is no kubeconfig", path);
    }
    const char *kind = cvg_kube_node_text(cvg_kube_node_get(root, "kind"));
    if (kind[0] != '\0' && strcmp(kind, "Config") != 0) {
        return cvg_kube_problem_set(problem, "kubeconfig",
                                    "%s: is no kubeconfig but of the kind '%.80s'", path, kind);
    }
    struct file *file = &kubeconfig->files[kubeconfig->count++];
    file->root = root;
    file->path = cvg_kit_copy(path);
    file->folder = folder_of(path);
    return 0;
}

/* 1: a name that a list has, and where; 0: it does not. */
static int find_in(const struct file *file, const char *list, const char *key, const char *name,
                   const struct cvg_kube_node **ret, struct cvg_kube_problem *problem)
{
    const struct cvg_kube_node *entries = cvg_kube_node_get(file->root, list);
    int found = 0;
    if (entries == NULL || entries->kind == CVG_KUBE_NULL) {
        return 0;
    }
    if (entries->kind != CVG_KUBE_ARRAY) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: '%s' must be a list", file->path,
                                    list);
    }
    for (size_t i = 0; i < entries->count; i++) {
        const struct cvg_kube_node *label = cvg_kube_node_get(&entries->items[i], "name");
        /* A plain 42 is a name, too. */
        if (label == NULL || strcmp(label->text, name) != 0) {
            continue;
        }
        if (found) {
            return cvg_kube_problem_set(problem, "kubeconfig", "%s: the %s '%s' stands there twice",
                                        file->path, key, name);
        }
        *ret = cvg_kube_node_get(&entries->items[i], key);
        found = 1;
    }
    return found;
}

int cvg_kube_kubeconfig_find(const struct cvg_kube_kubeconfig *kubeconfig, const char *list,
                             const char *key, const char *name, struct cvg_kube_entry *ret,
                             struct cvg_kube_problem *problem)
{
    for (size_t i = 0; i < kubeconfig->count; i++) {
        const struct file *file = &kubeconfig->files[i];
        const struct cvg_kube_node *node = NULL;
        int found = find_in(file, list, key, name, &node, problem);
        if (found < 0) {
            return -1;
        }
        if (found && (node == NULL || node->kind != CVG_KUBE_OBJECT)) {
            return cvg_kube_problem_set(problem, "kubeconfig",
                                        "%s: the %s '%s' is empty, or no map", file->path, key,
                                        name);
        }
        if (found) {
            *ret = (struct cvg_kube_entry){.node = node, .folder = file->folder};
            return 1;
        }
    }
    return 0;
}

const char *cvg_kube_kubeconfig_current(const struct cvg_kube_kubeconfig *kubeconfig)
{
    for (size_t i = 0; i < kubeconfig->count; i++) {
        const struct cvg_kube_node *node =
            cvg_kube_node_get(kubeconfig->files[i].root, "current-context");
        if (node != NULL && node->text[0] != '\0') {
            return node->text;
        }
    }
    return "";
}

/* Returns 0 where it does not fit: it is told of as "..." then. */
static int add_name(char *ret, size_t size, const char *name)
{
    size_t used = strlen(ret);
    int more = snprintf(ret + used, size - used, "%s%.60s", used ? ", " : "", name);
    if (more > 0 && (size_t)more + sizeof(", ...") <= size - used) {
        return 1;
    }
    (void)snprintf(ret + used, size - used, ", ...");
    return 0;
}

void cvg_kube_kubeconfig_contexts(const struct cvg_kube_kubeconfig *kubeconfig, char *ret,
                                  size_t size)
{
    int fits = 1;
    ret[0] = '\0';
    for (size_t i = 0; i < kubeconfig->count; i++) {
        const struct cvg_kube_node *list = cvg_kube_node_get(kubeconfig->files[i].root, "contexts");
        size_t count = list != NULL && list->kind == CVG_KUBE_ARRAY ? list->count : 0;
        for (size_t k = 0; fits && k < count; k++) {
            const struct cvg_kube_node *name = cvg_kube_node_get(&list->items[k], "name");
            fits = name == NULL || name->text[0] == '\0' || add_name(ret, size, name->text);
        }
    }
}

/* ---- values of an entry ---- */

int cvg_kube_entry_text(const struct cvg_kube_entry *entry, const char *where, const char *key,
                        const char **ret, struct cvg_kube_problem *problem)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(entry->node, key);
    *ret = NULL;
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return 0;
    }
    if (node->kind == CVG_KUBE_BOOL) {
        *ret = node->boolean ? "true" : "false";
        return 0;
    }
    if ((node->kind != CVG_KUBE_STRING && node->kind != CVG_KUBE_NUMBER) ||
        strlen(node->text) != node->length) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: '%s' must be text", where, key);
    }
    *ret = node->length == 0 ? NULL : node->text;
    return 0;
}

int cvg_kube_entry_true(const struct cvg_kube_entry *entry, const char *where, const char *key,
                        uint32_t *ret, struct cvg_kube_problem *problem)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(entry->node, key);
    *ret = 0;
    if (node == NULL || node->kind == CVG_KUBE_NULL) {
        return 0;
    }
    if (node->kind != CVG_KUBE_BOOL) {
        return cvg_kube_problem_set(problem, "kubeconfig", "%s: '%s' must be true or false", where,
                                    key);
    }
    *ret = node->boolean;
    return 0;
}

const char *cvg_kube_entry_path(const struct cvg_kube_entry *entry, struct cvg_kube_access *access,
                                const char *path)
{
    if (path[0] == '/') {
        return cvg_kube_access_keep(access, path, strlen(path));
    }
    return cvg_kube_access_format(access, "%s/%s",
                                  strcmp(entry->folder, "/") == 0 ? "" : entry->folder, path);
}

static const char *decode(struct cvg_kube_access *access, const char *text)
{
    char *bytes = NULL;
    size_t length = 0;
    const char *kept = NULL;
    if (cvg_kit_base64_decode(text, strlen(text), &bytes, &length) < 0) {
        return NULL;
    }
    if (length > 0 && memchr(bytes, '\0', length) == NULL) {
        kept = cvg_kube_access_keep(access, bytes, length);
    }
    cvg_kube_bytes_free(bytes, length);
    return kept;
}

int cvg_kube_entry_bytes(const struct cvg_kube_entry *entry, const char *where, const char *key,
                         struct cvg_kube_access *access, const char **ret,
                         struct cvg_kube_problem *problem)
{
    char data_key[64], what[160];
    const char *data = NULL, *path = NULL;
    *ret = NULL;
    (void)snprintf(data_key, sizeof(data_key), "%s-data", key);
    (void)snprintf(what, sizeof(what), "%s: %s", where, key);
    if (cvg_kube_entry_text(entry, where, data_key, &data, problem) < 0 ||
        cvg_kube_entry_text(entry, where, key, &path, problem) < 0) {
        return -1;
    }
    if (data != NULL) {
        *ret = decode(access, data);
        return *ret != NULL
                   ? 0
                   : cvg_kube_problem_set(problem, "kubeconfig", "%s: '%s' is not base64 of text",
                                          where, data_key);
    }
    if (path != NULL) {
        path = cvg_kube_entry_path(entry, access, path);
        *ret = cvg_kube_access_read(access, path, what, problem);
        return *ret == NULL ? -1 : 0;
    }
    return 0;
}
