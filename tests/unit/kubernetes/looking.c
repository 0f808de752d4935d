/* SPDX-License-Identifier: Apache-2.0 */
#include "looking.h"

size_t count_objects(const struct cvg_kube_collection *collection)
{
    size_t count = 0, at = 0;
    while (cvg_kube_collection_next(collection, &at) != NULL) {
        count++;
    }
    return count;
}

const char *condition_status(const struct cvg_kube_view *view, const char *type)
{
    const struct cvg_kube_condition *condition = cvg_kube_condition(view, type);
    return condition != NULL ? condition->status : "";
}
