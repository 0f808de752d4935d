/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backends by name, and how each makes a path of its keys; see backend.h. As Terraform does it:
 * hashicorp/terraform internal/backend/local/backend.go, internal/backend/remote-state/NAME.
 */
#include "backend.h"

#include <stdio.h>
#include <string.h>

#define NOT_SUPPORTED                                                                              \
    "is not supported yet: export the state (`terraform state pull > FILE`, or to a URL) and "     \
    "read "                                                                                        \
    "it with backend: local or http"

const struct cvg_place_kind *cvg_tf_backend_find(const char *name, const char **ret_error)
{
    static const struct {
        const char *name;
        const struct cvg_place_kind *kind;
        const char *error; /* where kind is NULL */
    } all[] = {
        {"local", &cvg_place_file, NULL},
        {"http", &cvg_place_http, NULL},
        {"s3", &cvg_place_s3, NULL},
        {"gcs", &cvg_tf_gcs, NULL},
        {"azurerm", &cvg_tf_azurerm, NULL},
        {"consul", &cvg_tf_consul, NULL},
        {"kubernetes", &cvg_tf_kubernetes, NULL},
        {"remote", &cvg_tf_remote, NULL},
        {"cloud", NULL, "is written remote here: HCP Terraform and Terraform Enterprise"},
        {"pg", NULL, NOT_SUPPORTED},
        {"cos", NULL, NOT_SUPPORTED},
        {"oss", NULL, NOT_SUPPORTED},
        {"oci", NULL, NOT_SUPPORTED},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(all[i].name, name) == 0) {
            *ret_error = all[i].error;
            return all[i].kind;
        }
    }
    *ret_error = "is none of local, http, s3, gcs, azurerm, consul, kubernetes, remote";
    return NULL;
}

/* Room that is written piece by piece; full stays full. */
struct room {
    char *at;
    size_t left;
    int full;
};

/* One text of up to four parts; NULL where the room is full. */
static const char *join(struct room *room, const char *a, const char *b, const char *c,
                        const char *d)
{
    char *text = room->at;
    int length = room->full ? -1 : snprintf(text, room->left, "%s%s%s%s", a, b, c, d);
    if (length < 0 || (size_t)length >= room->left) {
        room->full = 1;
        return NULL;
    }
    room->at += length + 1;
    room->left -= (size_t)length + 1;
    return text;
}

static int is_default(const struct cvg_tf_source_config *config)
{
    return config->workspace == NULL || strcmp(config->workspace, "default") == 0;
}

static const char *workspace_of(const struct cvg_tf_source_config *config)
{
    return config->workspace == NULL ? "default" : config->workspace;
}

static const char *local_path(const struct cvg_tf_source_config *config, struct room *room)
{
    const char *path = config->path;
    size_t length = strlen(path);
    if (length == 0 || path[length - 1] != '/') {
        return path;
    }
    if (is_default(config)) {
        return join(room, path, "terraform.tfstate", "", "");
    }
    const char *within =
        config->workspace_dir == NULL ? "terraform.tfstate.d" : config->workspace_dir;
    const char *directory = join(room, within[0] == '/' ? "" : path, within, "/", "");
    return directory == NULL ? NULL
                             : join(room, directory, config->workspace, "/terraform.tfstate", "");
}

static const char *s3_path(const struct cvg_tf_source_config *config, struct room *room)
{
    if (is_default(config)) {
        return config->key;
    }
    const char *prefix = config->prefix == NULL ? "env:" : config->prefix;
    const char *folder = join(room, prefix, "/", config->workspace, "/");
    return folder == NULL ? NULL : join(room, folder, config->key, "", "");
}

/* PREFIX/WORKSPACE and what the object is, without a slash too many. */
static const char *gcs_path(const struct cvg_tf_source_config *config, const char *suffix,
                            struct room *room)
{
    const char *prefix = config->prefix == NULL ? "" : config->prefix;
    prefix += strspn(prefix, "/");
    size_t length = strlen(prefix);
    const char *slash = length == 0 || prefix[length - 1] == '/' ? "" : "/";
    return join(room, prefix, slash, workspace_of(config), suffix);
}

/* Backends that put a word between the key and the workspace. */
static const char *marked_path(const char *key, const char *mark,
                               const struct cvg_tf_source_config *config, struct room *room)
{
    return is_default(config) ? key : join(room, key, mark, config->workspace, "");
}

static void set_s3(const struct cvg_tf_source_config *config, struct room *room,
                   struct cvg_place_settings *ret)
{
    ret->path = s3_path(config, room);
    ret->bucket = config->bucket;
    ret->path_style = config->path_style == 1;
    ret->lock_object = config->use_lockfile != 0 && ret->style == CVG_PLACE_TERRAFORM;
    ret->dynamodb_table = config->dynamodb_table;
    ret->dynamodb_url = config->dynamodb_url;
}

int cvg_tf_backend_settings(const struct cvg_tf_source_config *config, char *room, size_t size,
                            struct cvg_place_settings *ret)
{
    struct room left = {0};
    const char *backend = config->backend;
    left.at = room;
    left.left = size;
    *ret = (struct cvg_place_settings){
        .style = config->content == CVG_TF_CONTENT_STATE ? CVG_PLACE_TERRAFORM : CVG_PLACE_PLAIN,
        .path = config->path,
        .limit = (size_t)config->limit,
        .own = config,
    };
    if (strcmp(backend, "local") == 0) {
        ret->path = local_path(config, &left);
    } else if (strcmp(backend, "s3") == 0) {
        set_s3(config, &left, ret);
    } else if (strcmp(backend, "gcs") == 0) {
        ret->bucket = config->bucket;
        ret->path = gcs_path(config, ".tfstate", &left);
        ret->lock_path = gcs_path(config, ".tflock", &left);
    } else if (strcmp(backend, "azurerm") == 0) {
        ret->bucket = config->container;
        ret->path = marked_path(config->key, "env:", config, &left);
    } else if (strcmp(backend, "consul") == 0) {
        ret->path = marked_path(config->path, "-env:", config, &left);
    }
    return left.full ? -1 : 0;
}
