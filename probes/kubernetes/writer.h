/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that this module writes itself: what an exec plugin is told. One owner. */
#ifndef CVG_KUBE_WRITER_H
#define CVG_KUBE_WRITER_H

#include "tree.h"

#include <stddef.h>

struct cvg_kube_writer {
    char *text; /* owned; NUL-terminated once something was written; free() it */
    size_t length, capacity;
};

/* As it is. */
void cvg_kube_write(struct cvg_kube_writer *writer, const char *text);
/* In quotes, escaped. The text is UTF-8: nobody looks here. */
void cvg_kube_write_string(struct cvg_kube_writer *writer, const char *text);
/* "key": before a value; a comma before it unless it is the first of its object. */
void cvg_kube_write_key(struct cvg_kube_writer *writer, const char *key);
void cvg_kube_write_node(struct cvg_kube_writer *writer, const struct cvg_kube_node *node);

#endif
