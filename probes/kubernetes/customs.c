/* SPDX-License-Identifier: Apache-2.0 */
/* A list; operators name a handful of kinds. */
#include "customs.h"

#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

struct cvg_kube_custom {
    struct cvg_kube_kind kind;
    char *group, *version, *name, *resource; /* owned; of kind */
    struct cvg_kube_custom *next;
};

static void free_custom(struct cvg_kube_custom *custom)
{
    free(custom->group);
    free(custom->version);
    free(custom->name);
    free(custom->resource);
    free(custom);
}

void cvg_kube_customs_done(struct cvg_kube_customs *customs)
{
    while (customs->first) {
        struct cvg_kube_custom *next = customs->first->next;
        free_custom(customs->first);
        customs->first = next;
    }
}

const struct cvg_kube_kind *cvg_kube_customs_take(struct cvg_kube_customs *customs,
                                                  const char *group, const char *version,
                                                  const char *name)
{
    struct cvg_kube_custom *custom = customs->first;
    for (; custom; custom = custom->next) {
        if (strcmp(custom->group, group) == 0 && strcmp(custom->version, version) == 0 &&
            strcmp(custom->name, name) == 0) {
            return &custom->kind;
        }
    }
    custom = cvg_kit_alloc(sizeof(*custom));
    custom->kind.group = custom->group = cvg_kit_copy(group);
    custom->kind.version = custom->version = cvg_kit_copy(version);
    custom->kind.name = custom->name = cvg_kit_copy(name);
    custom->kind.type = CVG_KUBE_CUSTOM;
    custom->next = customs->first;
    customs->first = custom;
    return &custom->kind;
}

void cvg_kube_customs_name(struct cvg_kube_customs *customs, const struct cvg_kube_kind *kind,
                           const char *resource, int namespaced)
{
    struct cvg_kube_custom *custom = customs->first;
    while (custom && &custom->kind != kind) {
        custom = custom->next;
    }
    if (custom) {
        char *old = custom->resource;
        custom->kind.resource = custom->resource = cvg_kit_copy(resource);
        custom->kind.namespaced = namespaced;
        free(old);
    }
}
