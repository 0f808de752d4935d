/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Terraform's backends: which kind of place each is, and how its keys come to a document's path. Those
 * that only Terraform has (gcs, azurerm, consul, kubernetes, remote) stand beside this file, one each; local,
 * http and s3 are probes/place's. pg, cos, oss and oci are refused with a way out.
 */
#ifndef CVG_TF_BACKEND_H
#define CVG_TF_BACKEND_H

#include "config.h"
#include "place/place.h"

extern const struct cvg_place_kind cvg_tf_gcs, cvg_tf_azurerm, cvg_tf_consul, cvg_tf_kubernetes,
    cvg_tf_remote;

/* NULL: *ret_error says why, and what to do. */
const struct cvg_place_kind *cvg_tf_backend_find(const char *name, const char **ret_error);
/* Texts that are made (workspaces' paths) are written into room. 0; -1: they do not fit. */
int cvg_tf_backend_settings(const struct cvg_tf_source_config *config, char *room, size_t size,
                            struct cvg_place_settings *ret);

#endif
