/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What modules remember for their checks (host->remember, host->recall): a few bytes each, by the
 * names of environment, check and module, so that they outlive a configuration and can be kept in
 * a store under the same key. A check that was given to another module starts with nothing.
 * Deciding thread.
 */
#ifndef CVG_MODULE_MEMORY_H
#define CVG_MODULE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

struct cvg_memory;

struct cvg_memory *cvg_memory_new(void);
void cvg_memory_free(struct cvg_memory *memory); /* takes NULL */

/* The key of a check; free it. Names hold no spaces (base/text.h), so it is unambiguous. */
char *cvg_memory_key(const char *environment, const char *check, const char *module);
/* 0, or -1 where it is over CVG_MEMORY_LIMIT, or memory is not known: nothing changes then. Copies;
 * length 0 forgets. */
int cvg_memory_put(struct cvg_memory *memory, const char *key, const void *bytes, size_t length);
/* The length, 0 where nothing is known. Valid until the next put of this key. */
size_t cvg_memory_get(const struct cvg_memory *memory, const char *key, const void **ret_bytes);

/* Whether what was remembered before the start is known. It is, unless somebody says that it is not
 * (a store that cannot be read yet). While it is not, gets find nothing, puts change nothing (-1), and
 * a run that asked is
 * unknown, StoreUnavailable (instance_inner.h): a module that found nothing would
 * take whatever it sees for the first time. */
void cvg_memory_set_known(struct cvg_memory *memory, bool known);
bool cvg_memory_is_known(const struct cvg_memory *memory);
/* Puts what was remembered before the start, known or not, and tells nobody. */
int cvg_memory_restore(struct cvg_memory *memory, const char *key, const void *bytes,
                       size_t length);
/* for (size_t at = 0; cvg_memory_next(memory, &at, &key);): what there is a piece of. No puts
 * meanwhile. */
bool cvg_memory_next(const struct cvg_memory *memory, size_t *at, const char **ret_key);
/* Called after each put that changed something; fn NULL: nobody. */
void cvg_memory_on_put(struct cvg_memory *memory,
                       void (*fn)(void *ctx, const char *key, const void *bytes, size_t length),
                       void *ctx);

#endif
