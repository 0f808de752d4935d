/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded configuration's life, and filling facts into a check's keys. Any thread. */
#include "config/config.h"

#include "config/fields.h"

#include <stdatomic.h>

struct cvg_config *cvg_config_ref(struct cvg_config *config)
{
    atomic_fetch_add_explicit(&config->references, 1, memory_order_relaxed);
    return config;
}

void cvg_config_unref(struct cvg_config *config) /* NOLINT(misc-no-recursion): a base has none */
{
    if (config && atomic_fetch_sub_explicit(&config->references, 1, memory_order_acq_rel) == 1) {
        struct cvg_config *base = config->base;
        cvg_arena_free(config->arena); /* the configuration itself is in there */
        cvg_config_unref(base);
    }
}

/* ---- settings that outlive it ---- */

static void leave_reference(CVG_UNUSED void *ctx, CVG_UNUSED const struct cvg_node *node,
                            CVG_UNUSED const char *check, CVG_UNUSED const char *fact)
{
}

static const void *bind_again(const struct cvg_node *node, const struct cvg_field *fields,
                              size_t size, struct cvg_arena *arena)
{
    struct cvg_diagnostics ignored CVG_CLEANUP(cvg_diagnostics_done) = {0};
    struct cvg_binder binder = {.arena = arena,
                                .diagnostics = &ignored,
                                .on_reference = leave_reference,
                                .open = true}; /* the host's keys stand there too */
    void *settings = cvg_arena_alloc(arena, CVG_MAX(size, 1));
    struct cvg_bind_target target = {fields, settings};
    (void)!cvg_bind_map(&binder, node, &target, 1); /* it was accepted before */
    return settings;
}

const void *cvg_config_check_settings(const struct cvg_check_config *check, struct cvg_arena *arena)
{
    const struct cvg_kind *kind = check->source->kind;
    return bind_again(check->node, kind->check_fields, kind->check_size, arena);
}

const void *cvg_config_source_settings(const struct cvg_source_config *source,
                                       struct cvg_arena *arena)
{
    return bind_again(source->node, source->kind->source_fields, source->kind->source_size, arena);
}

/* ---- facts ---- */

/* Notes the first fact that is not known. */
struct resolving {
    int (*resolve)(void *ctx, const char *check, const char *fact, struct cvg_buf *ret);
    void *ctx;
    struct cvg_arena *arena;
    const char *missing;
};

static int resolve_one(void *ctx, const char *check, const char *fact, struct cvg_buf *ret)
{
    struct resolving *resolving = ctx;
    int code = resolving->resolve(resolving->ctx, check, fact, ret);
    if (code != 0 && !resolving->missing) {
        resolving->missing = cvg_arena_format(resolving->arena, "checks.%s.facts.%s", check, fact);
    }
    return code;
}

const void *cvg_config_resolve(const struct cvg_check_config *check,
                               int (*resolve)(void *ctx, const char *check, const char *fact,
                                              struct cvg_buf *ret),
                               void *ctx, struct cvg_arena *arena, const char **ret_missing,
                               struct cvg_error *reterr)
{
    struct cvg_diagnostics diagnostics CVG_CLEANUP(cvg_diagnostics_done) = {0};
    struct resolving resolving = {.resolve = resolve, .ctx = ctx, .arena = arena};
    const struct cvg_kind *kind = check->source->kind;
    void *settings = cvg_arena_alloc(arena, CVG_MAX(kind->check_size, 1));
    struct cvg_binder binder = {.arena = arena,
                                .diagnostics = &diagnostics,
                                .resolve = resolve_one,
                                .ctx = &resolving,
                                .open = true}; /* the host's keys stand there too */
    struct cvg_bind_target target = {kind->check_fields, settings};
    *ret_missing = NULL;
    int code = cvg_bind_map(&binder, check->node, &target, 1);
    if (resolving.missing) {
        *ret_missing = resolving.missing;
        cvg_error_set(reterr, CVG_E_NOT_FOUND, "%s is not known", resolving.missing);
        return NULL;
    }
    if (code < 0) {
        const struct cvg_diagnostic *first = diagnostics.items;
        while (first->warning) {
            first++;
        }
        cvg_error_set(reterr, CVG_E_INVALID, "%s", first->text);
        return NULL;
    }
    return settings;
}
