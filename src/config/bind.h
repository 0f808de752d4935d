/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binding: a tree's map into a plain struct, by a table of fields (<convergate/field.h>). Checks
 * types, ranges, required and unknown keys (with a suggestion where a name is nearly right),
 * expands defaults. The same tables make the JSON Schema and the reference page.
 *
 * A value that YAML would misread is refused with the hint to quote it: a scalar where text that
 * begins with '>' or '|' was swallowed as a block, a `${...}` in a flow map, `ready: >= 3`.
 *
 * Two things that only the host's own tables use:
 *   - An ENUM with `members`: those of its choices that have the name of a member are written as a map
 *     of that one key, `{keep: 5m}`; the member is bound into the same struct as the ENUM.
 *   - CVG_FIELD_NODE: a map of named things that its owner binds; stored as const struct cvg_node *.
 *     `members`, where set, are what each of them has, for the schema and the reference page.
 *
 * References. In a check's own keys a STRING may contain ${checks.NAME.facts.PATH}. The text is
 * bound as written and reported to `on_reference`; binding again with `resolve` fills it in. So
 * may a URL, the items of a LIST and the values of a MAP. `$${` stands for a plain `${`.
 */
#ifndef CVG_CONFIG_BIND_H
#define CVG_CONFIG_BIND_H

#include "base/buf.h"
#include "config/tree.h"

#include <convergate/field.h>

/* enum cvg_field_type goes on, for the host alone. */
#define CVG_FIELD_NODE 1000u

struct cvg_binder {
    struct cvg_arena *arena;
    struct cvg_diagnostics *diagnostics;
    /* A reference was found at node; check and fact are its parts. NULL: references are refused. */
    void (*on_reference)(void *ctx, const struct cvg_node *node, const char *check,
                         const char *fact);
    /* Appends the fact's text; nonzero where it is not known. NULL: bound as written. */
    int (*resolve)(void *ctx, const char *check, const char *fact, struct cvg_buf *ret);
    void *ctx;
    bool missing; /* a resolve failed */
    bool open;    /* unknown keys are not reported: whose they are is not known */
};

/* Several tables may share one map: the host's keys and the module's. Each binds into its own
 * struct. */
struct cvg_bind_target {
    const struct cvg_field *fields;
    void *out; /* zeroed by the caller; filled also where errors were found */
};

/* Problems go to diagnostics; returns 0, or CVG_E_INVALID where this map had any. node may be NULL or a
 * null node: an empty map (place: the parent's). */
int cvg_bind_map(struct cvg_binder *binder, const struct cvg_node *node,
                 const struct cvg_bind_target *targets, size_t target_count);

/* The member of a LIST's structs that a plain item stands for; NULL: there is none. */
const struct cvg_field *cvg_bind_shorthand(const struct cvg_field *list);

/* "did you mean 'query'?" or NULL; from a list of names. The text is in the arena. */
const char *cvg_bind_suggest(struct cvg_arena *arena, const char *name,
                             const char *const *candidates, size_t count);

#endif
