/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prometheus' text format 0.0.4, piece by piece into a buffer. A buffer that overflowed says so at
 * the end; nothing here needs to be checked in between.
 */
#ifndef CVG_SERVER_EXPOSITION_H
#define CVG_SERVER_EXPOSITION_H

#include "base/buf.h"

#define CVG_EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct cvg_exposition_label {
    const char *name, *value; /* value: any text, escaped here */
};

/* The lines HELP and TYPE, before the family's samples. type: "gauge", "counter", "histogram". */
void cvg_exposition_family(struct cvg_buf *buf, const char *name, const char *type,
                           const char *help);
void cvg_exposition_sample(struct cvg_buf *buf, const char *name,
                           const struct cvg_exposition_label *labels, size_t label_count,
                           double value);
/* The same for whole numbers, which keep all their digits. */
void cvg_exposition_count(struct cvg_buf *buf, const char *name,
                          const struct cvg_exposition_label *labels, size_t label_count,
                          uint64_t value);

/* A family of one sample without labels. */
void cvg_exposition_one(struct cvg_buf *buf, const char *name, const char *type, const char *help,
                        double value);
/* Nanoseconds as the base unit that metrics have. */
double cvg_exposition_seconds(int64_t ns);

#endif
