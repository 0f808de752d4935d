/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses of HTTP as operators write them: "404", "200-299". Pure; any thread. */
#ifndef CVG_HTTP_STATUS_H
#define CVG_HTTP_STATUS_H

#include <stdint.h>

struct cvg_http_range {
    uint32_t low, high;
};

/* 0; -1: the text is no status between 100 and 599, and no range of them. */
int cvg_http_range_parse(const char *text, struct cvg_http_range *ret);
/* A text that is none has no status in it. */
int cvg_http_range_has(const char *text, uint32_t status);

#endif
