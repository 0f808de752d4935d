/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module's field tables in this host's layout, looked over: the binder writes into the module's
 * struct by these offsets, so each must lie inside it. Pure.
 */
#ifndef CVG_MODULE_FIELD_H
#define CVG_MODULE_FIELD_H

#include "base/alloc.h"
#include "base/error.h"

#include <convergate/field.h>

/* from may be NULL: no fields. stride: the module's sizeof(struct cvg_field). size: of the struct
 * that is filled. *ret is in the arena and never NULL. */
CVG_NODISCARD int cvg_field_table_take(const struct cvg_field *from, size_t stride, size_t size,
                                       struct cvg_arena *arena, const struct cvg_field **ret,
                                       struct cvg_error *reterr);

#endif
