/* SPDX-License-Identifier: Apache-2.0 */
/* Finding one's way in a view; see view.h. */
#include "view.h"

#include <string.h>

const struct cvg_kube_condition *cvg_kube_condition(const struct cvg_kube_view *view,
                                                    const char *type)
{
    for (size_t i = 0; i < view->condition_count; i++) {
        if (strcmp(view->conditions[i].type, type) == 0) {
            return &view->conditions[i];
        }
    }
    return NULL;
}

/* The last one of a name, as whoever reads a map's entries one after the other ends up with. */
static const char *find(const struct cvg_pair *pairs, size_t count, const char *name)
{
    while (count > 0) {
        if (strcmp(pairs[--count].name, name) == 0) {
            return pairs[count].value;
        }
    }
    return "";
}

const char *cvg_kube_label(const struct cvg_kube_meta *meta, const char *name)
{
    return find(meta->labels, meta->label_count, name);
}

const char *cvg_kube_annotation(const struct cvg_kube_meta *meta, const char *name)
{
    return find(meta->annotations, meta->annotation_count, name);
}
