/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of DIY backends; see layout.h. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

const struct cvg_place_kind *cvg_pulumi_place_kind(const struct cvg_pulumi_source_config *config)
{
    switch (config->backend) {
    case CVG_PULUMI_HTTP:
        return &cvg_place_http;
    case CVG_PULUMI_S3:
        return &cvg_place_s3;
    default:
        return &cvg_place_file;
    }
}

static int fits(int wrote)
{
    return wrote >= 0 && wrote < CVG_PULUMI_PATH_MOST;
}

/* With projects: .pulumi/stacks/PROJECT/STACK.json, .pulumi/locks/organization/PROJECT/STACK/. Of the
 * old layout: .pulumi/stacks/STACK.json, .pulumi/locks/STACK/. */
static int make_paths(const struct cvg_pulumi_source_config *config, struct cvg_pulumi_layout *ret)
{
    const char *root = config->path != NULL ? config->path : "";
    size_t length = strlen(root);
    const char *slash = length > 0 && root[length - 1] != '/' ? "/" : "";
    const char *project = config->project != NULL ? config->project : "";
    const char *below = config->project != NULL ? "/" : "";
    int document =
        snprintf(ret->document, sizeof(ret->document), "%s%s.pulumi/stacks/%s%s%s.json%s", root,
                 slash, project, below, config->stack, config->gzip == 1 ? ".gz" : "");
    int locks =
        snprintf(ret->locks, sizeof(ret->locks), "%s%s.pulumi/locks/%s%s%s%s/", root, slash,
                 config->project != NULL ? "organization/" : "", project, below, config->stack);
    return fits(document) && fits(locks) ? 0 : -1;
}

int cvg_pulumi_layout_make(const struct cvg_pulumi_source_config *config,
                           struct cvg_pulumi_layout *ret, struct cvg_place_settings *ret_settings)
{
    ret->document[0] = ret->locks[0] = '\0';
    *ret_settings = (struct cvg_place_settings){
        .style = config->stack != NULL ? CVG_PLACE_PULUMI : CVG_PLACE_PLAIN,
        .path = config->path,
        .limit = (size_t)config->limit,
        .bucket = config->bucket,
        .path_style = config->path_style == 1,
    };
    if (config->stack == NULL) {
        return 0;
    }
    ret_settings->path = ret->document;
    ret_settings->lock_path = ret->locks;
    return make_paths(config, ret);
}
