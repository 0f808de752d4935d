/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of a place to JSON: gzip is unpacked; what is plainly something else (a page, zstd, nothing
 * at all) is refused by name. Pure; any thread.
 */
#ifndef CVG_PULUMI_UNPACK_H
#define CVG_PULUMI_UNPACK_H

#include "document.h"

struct cvg_pulumi_text {
    const char *data;
    size_t length;
    char *own; /* NULL, or the unpacked text, to be freed */
};

/* 0, or -1 with *ret_refusal. limit: of the unpacked text. */
int cvg_pulumi_unpack(const char *bytes, size_t length, size_t limit, struct cvg_pulumi_text *ret,
                      struct cvg_pulumi_refusal *ret_refusal);

#endif
