/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a DIY backend keeps a stack and its locks (pulumi/pulumi pkg/backend/diy), and what a source's
 * keys mean to its place. Pure.
 */
#ifndef CVG_PULUMI_LAYOUT_H
#define CVG_PULUMI_LAYOUT_H

#include "config.h"
#include "place/place.h"

#define CVG_PULUMI_PATH_MOST 4096

struct cvg_pulumi_layout {
    char document[CVG_PULUMI_PATH_MOST];
    char locks[CVG_PULUMI_PATH_MOST]; /* a folder (s3: a prefix), ends in a slash; "": none */
};

const struct cvg_place_kind *cvg_pulumi_place_kind(const struct cvg_pulumi_source_config *config);
/* 0; -1: a path is too long. ret_settings points into config and ret. */
int cvg_pulumi_layout_make(const struct cvg_pulumi_source_config *config,
                           struct cvg_pulumi_layout *ret, struct cvg_place_settings *ret_settings);

#endif
