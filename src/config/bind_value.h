/* SPDX-License-Identifier: Apache-2.0 */
/* Binding one scalar; inside of this layer. See config/bind.h. */
#ifndef CVG_CONFIG_BIND_VALUE_H
#define CVG_CONFIG_BIND_VALUE_H

#include "config/bind.h"

/* A value of the operator's in a message, cut to something that fits a line. */
#define CVG_BIND_SHOWN 64

/* What stands in the member when the key is absent and has no default. */
void cvg_bind_absent(const struct cvg_field *field, void *member);
/* Any type but LIST, MAP, STRUCT and NODE. Problems go to diagnostics; member keeps its absent value
 * then. */
void cvg_bind_scalar(struct cvg_binder *binder, const struct cvg_field *field,
                     const struct cvg_node *node, void *member);
/* Text with its references reported or filled in; NULL after a problem. */
const char *cvg_bind_text(struct cvg_binder *binder, const struct cvg_field *field,
                          const struct cvg_node *node);
/* A value outside of min and max is reported. what: "items", "bytes" or "". */
bool cvg_bind_in_range(struct cvg_binder *binder, const struct cvg_field *field,
                       const struct cvg_node *node, int64_t value, const char *what);
/* "one of go, wait"; in the arena. */
const char *cvg_bind_choices(struct cvg_arena *arena, const struct cvg_field *field);

#endif
