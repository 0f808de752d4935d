/* SPDX-License-Identifier: Apache-2.0 */
/* Names find the counterpart, bound keys tell whether it is the same. */
#include "config/diff.h"

#include "base/map.h"
#include "base/text.h"
#include "config/equal.h"
#include "config/fields.h"

#include <string.h>

/* ---- sources ---- */

/* Bound once more, by the table, so that no key of a connection can be forgotten here. */
static bool same_connection(const struct cvg_source_config *a, const struct cvg_source_config *b)
{
    if (a->endpoint.size == 0 || b->endpoint.size == 0) {
        return a->endpoint.size == b->endpoint.size;
    }
    struct cvg_diagnostics ignored CVG_CLEANUP(cvg_diagnostics_done) = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_binder binder = {.arena = arena, .diagnostics = &ignored, .open = true};
    struct cvg_endpoint_keys keys[2] = {0};
    struct cvg_bind_target targets[2] = {{cvg_endpoint_fields, &keys[0]},
                                         {cvg_endpoint_fields, &keys[1]}};
    /* What was accepted once is accepted again. */
    (void)!cvg_bind_map(&binder, a->node, &targets[0], 1);
    (void)!cvg_bind_map(&binder, b->node, &targets[1], 1);
    return cvg_fields_equal(cvg_endpoint_fields, &keys[0], &keys[1]);
}

static bool same_keys(const struct cvg_source_config *a, const struct cvg_source_config *b)
{
    if (a->kind != b->kind || !a->via != !b->via) {
        return false;
    }
    return (!a->via || cvg_text_equal(a->via->name, b->via->name)) &&
           cvg_fields_equal(a->kind->source_fields, a->settings, b->settings) &&
           same_connection(a, b);
}

static size_t number_of(const struct cvg_config *config, const struct cvg_source_config *source)
{
    return (size_t)(source - config->sources);
}

/* A source is what it goes through, all the way, which is never a circle. */
static void forget_borrowers(const struct cvg_config *after, size_t *sources)
{
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < after->source_count; i++) {
            const struct cvg_source_config *via = after->sources[i].via;
            if (sources[i] != CVG_DIFF_NONE && via &&
                sources[number_of(after, via)] == CVG_DIFF_NONE) {
                sources[i] = CVG_DIFF_NONE;
                moved = true;
            }
        }
    }
}

static void diff_sources(struct cvg_config_diff *diff, const struct cvg_config *before,
                         const struct cvg_config *after)
{
    struct cvg_map *old = cvg_map_new();
    for (size_t i = 0; i < before->source_count; i++) {
        cvg_map_put(old, before->sources[i].name, (void *)(uintptr_t)&before->sources[i]);
    }
    for (size_t i = 0; i < after->source_count; i++) {
        const struct cvg_source_config *match = cvg_map_get(old, after->sources[i].name);
        bool same = match && same_keys(match, &after->sources[i]);
        diff->sources[i] = same ? number_of(before, match) : CVG_DIFF_NONE;
    }
    cvg_map_free(old);
    forget_borrowers(after, diff->sources);
}

/* ---- environments and checks ---- */

static size_t find_environment(const struct cvg_config *config, const char *name)
{
    size_t low = 0, high = config->environment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, config->environments[middle].name);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return CVG_DIFF_NONE;
}

struct pairing {
    const struct cvg_config_diff *diff;
    const struct cvg_config *before, *after;
};

static bool same_check(const struct pairing *pairing, const struct cvg_check_config *a,
                       const struct cvg_check_config *b)
{
    size_t source = pairing->diff->sources[number_of(pairing->after, b->source)];
    return source != CVG_DIFF_NONE && source == number_of(pairing->before, a->source) &&
           cvg_fields_equal(b->source->kind->check_fields, a->settings, b->settings);
}

/* a: NULL where the environment is new. */
static void diff_checks(const struct pairing *pairing, const struct cvg_environment_config *a,
                        const struct cvg_environment_config *b, size_t *ret)
{
    if (!a) {
        for (size_t i = 0; i < b->check_count; i++) {
            ret[i] = CVG_DIFF_NONE;
        }
        return;
    }
    struct cvg_map *old = cvg_map_new();
    for (size_t i = 0; i < a->check_count; i++) {
        cvg_map_put(old, a->checks[i].name, (void *)(uintptr_t)&a->checks[i]);
    }
    for (size_t i = 0; i < b->check_count; i++) {
        const struct cvg_check_config *match = cvg_map_get(old, b->checks[i].name);
        bool same = match && same_check(pairing, match, &b->checks[i]);
        ret[i] = same ? (size_t)(match - a->checks) : CVG_DIFF_NONE;
    }
    cvg_map_free(old);
}

/* A check asks with the facts of its inputs: where one of those asks something else, so does it.
 * Never a circle. */
static void forget_dependents(const struct cvg_environment_config *environment, size_t *checks)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < environment->check_count; i++) {
            const struct cvg_check_config *check = &environment->checks[i];
            for (size_t k = 0; k < check->input_count && checks[i] != CVG_DIFF_NONE; k++) {
                if (checks[check->inputs[k]] == CVG_DIFF_NONE) {
                    checks[i] = CVG_DIFF_NONE;
                    moved = true;
                }
            }
        }
    }
}

static void count_checks(struct cvg_config_diff *diff, const struct cvg_config *before,
                         const struct cvg_config *after)
{
    size_t had = 0;
    for (size_t i = 0; i < before->environment_count; i++) {
        had += before->environments[i].check_count;
    }
    for (size_t i = 0; i < after->environment_count; i++) {
        for (size_t k = 0; k < after->environments[i].check_count; k++) {
            bool kept = diff->checks[i][k] != CVG_DIFF_NONE;
            *(kept ? &diff->checks_kept : &diff->checks_new) += 1;
        }
    }
    diff->checks_gone = had - diff->checks_kept;
}

/* ---- discoveries ---- */

static bool same_words(const char *const *a, const char *const *b)
{
    while (*a && *b && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return !*a && !*b;
}

static bool same_discover(const struct pairing *pairing, const struct cvg_discover_config *a,
                          const struct cvg_discover_config *b)
{
    return cvg_text_equal(a->name, b->name) && same_check(pairing, &a->check, &b->check) &&
           same_words(a->wanted.labels, b->wanted.labels) &&
           same_words(a->wanted.annotations, b->wanted.annotations);
}

static void diff_discovers(const struct pairing *pairing, size_t *ret)
{
    for (size_t i = 0; i < pairing->after->discover_count; i++) {
        ret[i] = CVG_DIFF_NONE;
        for (size_t k = 0; k < pairing->before->discover_count; k++) {
            if (same_discover(pairing, &pairing->before->discovers[k],
                              &pairing->after->discovers[i])) {
                ret[i] = k;
            }
        }
    }
}

struct cvg_config_diff *cvg_config_diff_new(const struct cvg_config *before,
                                            const struct cvg_config *after)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_config_diff *diff = cvg_arena_alloc(arena, sizeof *diff);
    size_t count = after->environment_count;
    diff->arena = arena;
    diff->sources = cvg_arena_alloc(arena, (after->source_count + 1) * sizeof(size_t));
    diff->environments = cvg_arena_alloc(arena, (count + 1) * sizeof(size_t));
    diff->checks = cvg_arena_alloc(arena, (count + 1) * sizeof(size_t *));
    diff_sources(diff, before, after);
    struct pairing pairing = {.diff = diff, .before = before, .after = after};
    for (size_t i = 0; i < count; i++) {
        const struct cvg_environment_config *environment = &after->environments[i];
        size_t old = find_environment(before, environment->name);
        diff->environments[i] = old;
        diff->checks[i] = cvg_arena_alloc(arena, (environment->check_count + 1) * sizeof(size_t));
        diff_checks(&pairing, old == CVG_DIFF_NONE ? NULL : &before->environments[old], environment,
                    diff->checks[i]);
        forget_dependents(environment, diff->checks[i]);
    }
    diff->discovers = cvg_arena_alloc(arena, (after->discover_count + 1) * sizeof(size_t));
    diff_discovers(&pairing, diff->discovers);
    count_checks(diff, before, after);
    return diff;
}

void cvg_config_diff_free(struct cvg_config_diff *diff)
{
    if (diff) {
        cvg_arena_free(diff->arena); /* the diff itself is in there */
    }
}

/* ---- settings ---- */

/* The keys of server are named by both, "server.tokens". */
static bool applies_in_place(const char *key)
{
    static const char *const keys[] = {"sources",        "environments", "templates",
                                       "discover",       "defaults",     "server.tokens",
                                       "server.clients", "server.users"};
    for (size_t i = 0; i < CVG_COUNT(keys); i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

struct names {
    struct cvg_arena *arena;
    const char **items; /* owned until they are handed over */
    size_t count, capacity;
};

static void add_name(struct names *names, const char *above, const char *key)
{
    const char *name = above ? cvg_arena_format(names->arena, "%s.%s", above, key) : key;
    if (applies_in_place(name)) {
        return;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (cvg_text_equal(names->items[i], name)) {
            return;
        }
    }
    CVG_GROW(names->items, names->count, names->capacity);
    names->items[names->count++] = name;
}

static bool is_map(const struct cvg_node *node)
{
    return node && node->kind == CVG_NODE_MAP;
}

/* Keys below `above` that a has and b has not, or has otherwise. */
static void compare_below(struct names *names, const char *above, const struct cvg_node *a,
                          const struct cvg_node *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const char *key = a->keys[i]->text;
        if (!cvg_node_equal(a->items[i], cvg_node_get(b, key))) {
            add_name(names, above, key);
        }
    }
}

static void compare_keys(struct names *names, const struct cvg_node *a, const struct cvg_node *b)
{
    for (size_t i = 0; is_map(a) && i < a->count; i++) {
        const char *key = a->keys[i]->text;
        const struct cvg_node *other = cvg_node_get(b, key);
        if (cvg_node_equal(a->items[i], other)) {
            continue;
        }
        if (is_map(a->items[i]) && !applies_in_place(key)) {
            compare_below(names, key, a->items[i], other);
        } else {
            add_name(names, NULL, key);
        }
    }
}

size_t cvg_config_diff_settings(const struct cvg_config *before, const struct cvg_config *after,
                                struct cvg_arena *arena, const char ***ret)
{
    struct names names = {.arena = arena};
    compare_keys(&names, before->root, after->root);
    compare_keys(&names, after->root, before->root);
    *ret = cvg_arena_alloc(arena, (names.count + 1) * sizeof **ret);
    for (size_t i = 0; i < names.count; i++) {
        (*ret)[i] = cvg_arena_strdup(arena, names.items[i]);
    }
    free(names.items);
    return names.count;
}
