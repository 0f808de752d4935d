/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of an environment: the host's keys, the module's, and which check needs facts of
 * which. References are collected while the checks are bound and looked up afterwards, because
 * they may point forward.
 */
#include "config/loader.h"

#include "base/text.h"

#include <convergate/number.h>

/* One ${checks.NAME...} in the text of a check. */
struct reference {
    const struct cvg_node *node;
    const char *name;
    size_t from; /* index of the check that needs it */
};

struct work {
    struct cvg_loader *loader;
    struct cvg_check_config *checks;
    size_t count, at;             /* at: the check that is being bound */
    struct reference *references; /* owned; ordered by `from` */
    size_t reference_count, reference_capacity;
    struct cvg_map *indexes; /* owned; name to its struct cvg_check_config */
};

static void work_done(struct work *work)
{
    free(work->references);
    cvg_map_free(work->indexes);
}

static void on_reference(void *ctx, const struct cvg_node *node, const char *check,
                         const char *fact)
{
    struct work *work = ctx;
    (void)fact;
    CVG_GROW(work->references, work->reference_count, work->reference_capacity);
    work->references[work->reference_count++] =
        (struct reference){.node = node, .name = check, .from = work->at};
}

static const struct cvg_source_config *find_source(struct cvg_loader *loader,
                                                   const struct cvg_node *check)
{
    const struct cvg_node *node = cvg_node_get(check, "source");
    if (!node || node->kind != CVG_NODE_SCALAR || node->length == 0) {
        return NULL; /* binding says so */
    }
    const struct cvg_source_config *source = cvg_map_get(loader->sources, node->text);
    if (!source) {
        char shown[64];
        cvg_text_printable(node->text, node->length, shown, sizeof shown);
        cvg_diagnostics_error(loader->diagnostics, node, "there is no source '%s'%s", shown,
                              cvg_load_suggest(loader, node->text, loader->sources));
    }
    return source;
}

static int64_t or_else(int64_t value, int64_t other)
{
    return value == CVG_ABSENT_INT ? other : value;
}

/* When it is asked, and how old its evidence may be. */
static void set_times(struct cvg_loader *loader, struct cvg_check_config *check,
                      const struct cvg_check_keys *keys)
{
    const struct cvg_defaults_keys *defaults = loader->defaults;
    check->rise_ns = or_else(keys->rise, defaults->rise);
    check->fall_ns = or_else(keys->fall, defaults->fall);
    check->max_age_ns = or_else(keys->max_age, defaults->max_age);
    check->max_age_written_ns = keys->max_age;
    if (!check->polled) {
        static const char *const asked[] = {"interval", "timeout"};
        for (size_t i = 0; i < CVG_COUNT(asked); i++) {
            const struct cvg_node *key = cvg_node_get_key(check->node, asked[i]);
            if (key && check->source && check->source->kind) {
                cvg_diagnostics_error(loader->diagnostics, key,
                                      "'%s' has no effect here: a %s source tells of changes by "
                                      "itself and is not asked",
                                      asked[i], check->source->kind->name);
            }
        }
        return;
    }
    check->interval_ns = or_else(keys->interval, defaults->interval);
    check->timeout_ns = or_else(keys->timeout, CVG_MIN(defaults->timeout, check->interval_ns));
    char interval[CVG_NUMBER_TEXT], other[CVG_NUMBER_TEXT];
    cvg_format_duration(check->interval_ns, interval, sizeof interval);
    if (check->timeout_ns > check->interval_ns) {
        cvg_format_duration(check->timeout_ns, other, sizeof other);
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(check->node, "timeout"),
                              "'timeout' (%s) must not be longer than the interval (%s)", other,
                              interval);
    }
    if (check->max_age_ns != CVG_ABSENT_INT && check->max_age_ns <= check->interval_ns) {
        const struct cvg_node *node = cvg_node_get(check->node, "max_age");
        cvg_format_duration(check->max_age_ns, other, sizeof other);
        cvg_diagnostics_error(loader->diagnostics, node ? node : check->node,
                              "'max_age' (%s) must be longer than the interval (%s), or the check "
                              "is unknown between two answers",
                              other, interval);
    }
}

static void set_rules(struct cvg_loader *loader, struct cvg_check_config *check,
                      const struct cvg_check_keys *keys)
{
    const struct cvg_kind *kind = check->source ? check->source->kind : NULL;
    check->component = keys->component;
    if (keys->component && !cvg_text_is_name(keys->component)) {
        cvg_load_name(loader, cvg_node_get(check->node, "component"), "component");
    }
    check->plane = keys->plane != CVG_ABSENT_UINT ? keys->plane : kind ? kind->plane : 0;
    check->required = keys->required != 0;
    check->weight = keys->weight;
    if (keys->weight <= 0) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(check->node, "weight"),
                              "'weight' must be more than 0");
    }
    check->on_unknown = keys->on_unknown;
    check->keep_ns = or_else(keys->keep, 0);
    check->on_failed = keys->on_failed != CVG_ABSENT_UINT              ? keys->on_failed
                       : kind && kind->on_failed == CVG_ON_FAILED_HALT ? CVG_CONFIG_FAILED_HALT
                                                                       : CVG_CONFIG_FAILED_WAIT;
    check->halt_after_ns = or_else(keys->halt_after, 0);
    check->degraded_goes = keys->on_degraded == 1;
    check->disagrees = keys->agree == 0;
    check->revision = keys->revision;
}

static void bind_check(struct work *work, struct cvg_check_config *check)
{
    struct cvg_loader *loader = work->loader;
    struct cvg_check_keys keys = {0};
    check->source = find_source(loader, check->node);
    const struct cvg_kind *kind = check->source ? check->source->kind : NULL;
    struct cvg_binder binder = {.arena = loader->arena,
                                .diagnostics = loader->diagnostics,
                                .on_reference = on_reference,
                                .ctx = work,
                                .open = !kind};
    void *settings = cvg_arena_alloc(loader->arena, CVG_MAX(kind ? kind->check_size : 0, 1));
    struct cvg_bind_target targets[] = {{cvg_check_fields, &keys},
                                        {cvg_polled_fields, &keys},
                                        {kind ? kind->check_fields : NULL, settings}};
    (void)cvg_bind_map(&binder, check->node, targets, CVG_COUNT(targets));
    check->settings = settings;
    check->polled = kind && !(kind->flags & CVG_MODULE_STREAMING);
    set_times(loader, check, &keys);
    set_rules(loader, check, &keys);
}

/* Fills check->inputs from its references, each check once. */
static void link_inputs(struct work *work, size_t first, size_t count)
{
    struct cvg_loader *loader = work->loader;
    struct cvg_check_config *check = &work->checks[work->references[first].from];
    uint32_t *inputs = cvg_arena_alloc(loader->arena, count * sizeof *inputs);
    struct cvg_map *seen = cvg_map_new();
    size_t used = 0;
    for (size_t i = first; i < first + count; i++) {
        const struct reference *reference = &work->references[i];
        const struct cvg_check_config *target = cvg_map_get(work->indexes, reference->name);
        if (!target) {
            cvg_diagnostics_error(loader->diagnostics, reference->node,
                                  "${checks.%s...}: there is no check '%s' in this environment%s",
                                  reference->name, reference->name,
                                  cvg_load_suggest(loader, reference->name, work->indexes));
        } else if (!cvg_map_put(seen, reference->name, seen)) {
            inputs[used++] = (uint32_t)(target - work->checks);
        }
    }
    cvg_map_free(seen);
    check->inputs = inputs;
    check->input_count = used;
}

/* ---- circles ---- */

enum colour {
    NEW = 0,
    OPEN, /* on the path that is being walked */
    DONE
};

struct walk {
    uint8_t *colours;
    uint32_t *path; /* checks on the way, and which of their inputs comes next */
    size_t *next;
    size_t depth;
};

static void report_circle(struct work *work, const struct walk *walk, uint32_t back)
{
    struct cvg_buf text CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(512);
    size_t start = walk->depth - 1;
    while (walk->path[start] != back) {
        start--;
    }
    for (size_t i = start; i < walk->depth; i++) {
        cvg_buf_printf(&text, "%s -> ", work->checks[walk->path[i]].name);
    }
    cvg_buf_puts(&text, work->checks[back].name);
    cvg_diagnostics_error(work->loader->diagnostics, work->checks[back].node,
                          "checks need facts of each other in a circle: %s%s", cvg_buf_text(&text),
                          text.overflow ? " ..." : "");
}

static void walk_from(struct work *work, struct walk *walk, uint32_t root)
{
    walk->path[0] = root;
    walk->next[0] = 0;
    walk->depth = 1;
    walk->colours[root] = OPEN;
    while (walk->depth > 0) {
        size_t top = walk->depth - 1;
        const struct cvg_check_config *check = &work->checks[walk->path[top]];
        if (walk->next[top] == check->input_count) {
            walk->colours[walk->path[top]] = DONE;
            walk->depth--;
            continue;
        }
        uint32_t input = check->inputs[walk->next[top]++];
        if (walk->colours[input] == OPEN) {
            report_circle(work, walk, input);
        } else if (walk->colours[input] == NEW) {
            walk->colours[input] = OPEN;
            walk->path[walk->depth] = input;
            walk->next[walk->depth++] = 0;
        }
    }
}

static void refuse_circles(struct work *work)
{
    struct walk walk = {.colours = cvg_alloc_array(work->count, sizeof(uint8_t)),
                        .path = cvg_alloc_array(work->count, sizeof(uint32_t)),
                        .next = cvg_alloc_array(work->count, sizeof(size_t))};
    for (size_t i = 0; i < work->count; i++) {
        if (walk.colours[i] == NEW) {
            walk_from(work, &walk, (uint32_t)i);
        }
    }
    free(walk.colours);
    free(walk.path);
    free(walk.next);
}

void cvg_load_checks(struct cvg_loader *loader, struct cvg_environment_config *environment,
                     const struct cvg_node *map)
{
    size_t count = map ? map->count : 0;
    struct work work CVG_CLEANUP(work_done) = {
        .loader = loader,
        .count = count,
        .checks =
            cvg_arena_alloc(loader->arena, CVG_MAX(count, 1) * sizeof(struct cvg_check_config)),
        .indexes = cvg_map_new()};
    for (work.at = 0; work.at < count; work.at++) {
        struct cvg_check_config *check = &work.checks[work.at];
        cvg_load_name(loader, map->keys[work.at], "check");
        check->name = map->keys[work.at]->text;
        check->node = map->items[work.at];
        check->use = environment->use;
        size_t errors = loader->diagnostics->errors;
        bind_check(&work, check);
        check->faulty = loader->diagnostics->errors != errors || !check->source;
        cvg_map_put(work.indexes, check->name, check);
    }
    for (size_t i = 0; i < work.reference_count;) {
        size_t end = i;
        while (end < work.reference_count && work.references[end].from == work.references[i].from) {
            end++;
        }
        link_inputs(&work, i, end - i);
        i = end;
    }
    if (work.reference_count) {
        refuse_circles(&work);
    }
    environment->checks = work.checks;
    environment->check_count = count;
}
