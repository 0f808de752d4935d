/* SPDX-License-Identifier: Apache-2.0 */
/* What tests look at and the module has no need of. */
#ifndef CVG_TESTS_KUBERNETES_LOOKING_H
#define CVG_TESTS_KUBERNETES_LOOKING_H

#include "collection.h"
#include "view.h"

/* How many objects readers see. */
size_t count_objects(const struct cvg_kube_collection *collection);
/* The status of the condition of that type; "" where there is none. */
const char *condition_status(const struct cvg_kube_view *view, const char *type);

#endif
