/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module's table, brought to this host's layout and looked over. A module may have been built
 * with an older or newer minor of the SDK, where structs are shorter or longer: what it lacks is
 * zero, what we do not know is left out. Whatever the rest of the daemon relies on is checked here
 * once: each refusal is a sentence for the module's author. Pure.
 */
#ifndef CVG_MODULE_TABLE_H
#define CVG_MODULE_TABLE_H

#include "base/alloc.h"
#include "base/error.h"

#include <convergate/module.h>

/* Copies at most `size` bytes of a struct that begins with its own size, and at most as many as it
 * says to have; the rest is zero. ret's size becomes `size`. */
void cvg_table_copy(void *ret, size_t size, const void *from);

/* name: the file's, without ".so". The copy and its field tables are in the arena; texts stay the
 * module's, which is never unloaded. */
CVG_NODISCARD int cvg_table_take(const struct cvg_module *from, const char *name,
                                 struct cvg_arena *arena, const struct cvg_module **ret,
                                 struct cvg_error *reterr);

/* 1 to 63 letters, digits and '-'. */
int cvg_table_is_module_name(const char *name);

#endif
