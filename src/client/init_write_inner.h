/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that write a configuration know of each other: init_write.c has the frame, the others a
 * kind of source each. */
#ifndef CVG_CLIENT_INIT_WRITE_INNER_H
#define CVG_CLIENT_INIT_WRITE_INNER_H

#include "client/init_write.h"

struct cvg_init_writer {
    struct cvg_init_found *found;
    const struct cvg_init_live *live;
    struct cvg_buf *out;
    struct cvg_init_written *written;
    const char **names; /* owned array: of the checks so far */
    size_t name_count, name_capacity;
    struct cvg_map *components; /* of required checks; the values mean nothing */
};

/* As YAML reads it back: plain where it can be nothing but this text, else in double quotes. */
const char *cvg_init_scalar(struct cvg_init_found *found, const char *text);
/* "[a, b]" */
const char *cvg_init_scalars(struct cvg_init_found *found, const char *const *items, size_t count);
/* The name of the next check, which nothing else has; counted. */
const char *cvg_init_check(struct cvg_init_writer *writer, const char *name, bool required);

/* The map of sources. */
void cvg_init_write_sources(struct cvg_init_writer *writer);
/* Checks; each writes nothing where nothing was read. */
void cvg_init_write_state(struct cvg_init_writer *writer);
void cvg_init_write_cluster(struct cvg_init_writer *writer);
void cvg_init_write_metrics(struct cvg_init_writer *writer);
void cvg_init_write_probes(struct cvg_init_writer *writer);

#endif
