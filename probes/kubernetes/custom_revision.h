/* SPDX-License-Identifier: Apache-2.0 */
/* What the controllers of custom resources call the revision that they have brought about. */
#ifndef CVG_KUBE_CUSTOM_REVISION_H
#define CVG_KUBE_CUSTOM_REVISION_H

#include "view.h"

#define CVG_KUBE_CUSTOM_REVISION 512

/* "" where none is told. Lives as long as the view, or as the room, which takes those that are put
 * together. */
const char *cvg_kube_custom_revision(const struct cvg_kube_view *view,
                                     char room[CVG_KUBE_CUSTOM_REVISION]);

#endif
