/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with keys, before anything is connected; see config.h. */
#include "config.h"

#include "pattern.h"

#include <stdio.h>
#include <string.h>

struct refusing {
    cvg_pulumi_refuse *refuse;
    void *arg;
    int refused;
};

static void refuse(struct refusing *refusing, const char *path, const char *text)
{
    refusing->refuse(refusing->arg, path, text);
    refusing->refused = -1;
}

/* ---- sources ---- */

/* Pulumi's own rule for projects and stacks; also what keeps a path below its folder. */
static void check_name(struct refusing *refusing, const char *key, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";
    if (name == NULL) {
        return;
    }
    if (strspn(name, letters) != strlen(name)) {
        refuse(refusing, key, "has letters, digits, '-', '_' and '.' only");
    } else if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        refuse(refusing, key, "is no name");
    }
}

int cvg_pulumi_source_check(const struct cvg_pulumi_source_config *config,
                            cvg_pulumi_refuse *refuse_key, void *arg)
{
    struct refusing refusing = {.refuse = refuse_key, .arg = arg};
    check_name(&refusing, "project", config->project);
    check_name(&refusing, "stack", config->stack);
    if (config->project != NULL && config->stack == NULL) {
        refuse(&refusing, "project", "needs stack beside it");
    }
    if (config->gzip == 1 && config->stack == NULL) {
        refuse(&refusing, "gzip",
               "needs stack beside it; a document that is named by path may be "
               "compressed as it is");
    }
    if (config->stack != NULL && config->backend == CVG_PULUMI_HTTP) {
        refuse(&refusing, "stack",
               "is for local and s3: over HTTP nobody can see the locks. Name the document by "
               "path");
    }
    if (config->path == NULL && config->backend == CVG_PULUMI_LOCAL) {
        refuse(&refusing, "path", "is missing: the document, or the folder that has .pulumi");
    }
    if (config->path == NULL && config->stack == NULL && config->backend == CVG_PULUMI_S3) {
        refuse(&refusing, "path", "is missing: the document's key, or else set stack");
    }
    if (config->bucket != NULL && config->backend != CVG_PULUMI_S3) {
        refuse(&refusing, "bucket", "is for backend: s3");
    }
    return refusing.refused;
}

/* ---- checks ---- */

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

static void check_resource(struct refusing *refusing, size_t index,
                           const struct cvg_pulumi_want_resource *want)
{
    char path[48];
    if (!refers(want->address)) {
        const char *problem = cvg_pulumi_pattern_check(want->address);
        (void)snprintf(path, sizeof(path), "resources[%zu].address", index);
        if (problem != NULL) {
            refuse(refusing, path, problem);
        }
    }
    if (want->count != CVG_ABSENT_INT && want->at_least != CVG_ABSENT_INT) {
        (void)snprintf(path, sizeof(path), "resources[%zu].at_least", index);
        refuse(refusing, path, "has no effect beside count");
    }
}

static void check_output(struct refusing *refusing, size_t index, const struct cvg_kit_want *want)
{
    char path[48], text[160];
    if (!refers(want->matches) && cvg_kit_want_check(want, text, sizeof(text)) < 0) {
        (void)snprintf(path, sizeof(path), "outputs[%zu].matches", index);
        refuse(refusing, path, text);
    }
}

int cvg_pulumi_check_check(const struct cvg_pulumi_check_config *config,
                           cvg_pulumi_refuse *refuse_key, void *arg)
{
    struct refusing refusing = {.refuse = refuse_key, .arg = arg};
    const struct cvg_pulumi_want_resource *resources = config->resources.items;
    const struct cvg_kit_want *outputs = config->outputs.items;
    for (size_t i = 0; i < config->resources.count; i++) {
        check_resource(&refusing, i, &resources[i]);
    }
    for (size_t i = 0; i < config->outputs.count; i++) {
        check_output(&refusing, i, &outputs[i]);
    }
    return refusing.refused;
}
