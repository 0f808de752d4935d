/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An environment's gates. The names in `require` and `exclude` are checks or components; a gate
 * that is left with nothing to look at could never say go and is refused.
 */
#include "config/loader.h"

#include "base/text.h"
#include "config/bind_value.h"

/* Reports names that are neither; the others go into the set. */
static struct cvg_map *read_names(struct cvg_loader *loader, const struct cvg_list *names,
                                  const struct cvg_node *node, const struct cvg_map *known)
{
    struct cvg_map *set = cvg_map_new();
    const char *const *items = names->items;
    for (size_t i = 0; i < names->count; i++) {
        if (!items[i][0]) {
            continue; /* was reported while it was bound */
        }
        const struct cvg_node *at = node->kind == CVG_NODE_LIST ? node->items[i] : node;
        if (!cvg_map_get(known, items[i])) {
            char shown[CVG_BIND_SHOWN];
            cvg_text_printable(at->text, at->length, shown, sizeof shown);
            cvg_diagnostics_error(loader->diagnostics, at,
                                  "there is no check or component '%s' in this environment%s",
                                  shown, cvg_load_suggest(loader, items[i], known));
        } else if (cvg_map_put(set, items[i], set)) {
            cvg_diagnostics_error(loader->diagnostics, at, "'%s' stands here twice", items[i]);
        }
    }
    return set;
}

static bool names_check(const struct cvg_map *set, const struct cvg_check_config *check)
{
    return cvg_map_get(set, check->name) ||
           (check->component && cvg_map_get(set, check->component));
}

/* The rule of gate/policy.h: a component stands for its required checks, a check for itself. */
static bool is_left_with_any(const struct cvg_environment_config *environment, bool all,
                             const struct cvg_map *require, const struct cvg_map *exclude)
{
    for (size_t i = 0; i < environment->check_count; i++) {
        const struct cvg_check_config *check = &environment->checks[i];
        bool wanted = all ? check->required
                          : cvg_map_get(require, check->name) ||
                                (check->required && names_check(require, check));
        if (wanted && !names_check(exclude, check)) {
            return true;
        }
    }
    return false;
}

static void load_gate(struct cvg_loader *loader, struct cvg_environment_config *environment,
                      struct cvg_gate_config *gate, const struct cvg_map *known)
{
    struct cvg_binder binder = {.arena = loader->arena, .diagnostics = loader->diagnostics};
    struct cvg_gate_keys keys = {0};
    struct cvg_bind_target target = {cvg_gate_fields, &keys};
    size_t errors = loader->diagnostics->errors;
    (void)cvg_bind_map(&binder, gate->node, &target, 1);
    struct cvg_map *require =
        read_names(loader, &keys.require, cvg_node_get(gate->node, "require"), known);
    struct cvg_map *exclude =
        read_names(loader, &keys.exclude, cvg_node_get(gate->node, "exclude"), known);
    if (loader->diagnostics->errors == errors && environment->check_count &&
        !is_left_with_any(environment, keys.require.count == 0, require, exclude)) {
        cvg_diagnostics_error(
            loader->diagnostics, gate->node,
            "gate '%s' is left with no check to look at, so it could never say go", gate->name);
    }
    cvg_map_free(require);
    cvg_map_free(exclude);
    gate->require = keys.require;
    gate->exclude = keys.exclude;
    gate->agree_on = keys.agree_on;
}

/* An environment that lists no gate has one that looks at every required check. */
static void add_default(struct cvg_loader *loader, struct cvg_environment_config *environment)
{
    struct cvg_gate_config *gate = cvg_arena_alloc(loader->arena, sizeof *gate);
    bool any = environment->check_count == 0; /* then there is something else to say */
    gate->name = "default";
    for (size_t i = 0; i < environment->check_count; i++) {
        any = any || environment->checks[i].required;
    }
    if (!any) {
        cvg_diagnostics_error(loader->diagnostics, environment->node,
                              "environment '%s' has no required check, so it could never say go",
                              environment->name);
    }
    environment->gates = gate;
    environment->gate_count = 1;
}

void cvg_load_gates(struct cvg_loader *loader, struct cvg_environment_config *environment,
                    const struct cvg_node *map)
{
    size_t count = map ? map->count : 0;
    if (count == 0) {
        add_default(loader, environment);
        return;
    }
    struct cvg_map *known = cvg_map_new(); /* checks and components */
    for (size_t i = 0; i < environment->check_count; i++) {
        const struct cvg_check_config *check = &environment->checks[i];
        cvg_map_put(known, check->name, known);
        if (check->component) {
            cvg_map_put(known, check->component, known);
        }
    }
    struct cvg_gate_config *gates = cvg_arena_alloc(loader->arena, count * sizeof *gates);
    for (size_t i = 0; i < count; i++) {
        cvg_load_name(loader, map->keys[i], "gate");
        gates[i].name = map->keys[i]->text;
        gates[i].node = map->items[i];
        load_gate(loader, environment, &gates[i], known);
    }
    cvg_map_free(known);
    environment->gates = gates;
    environment->gate_count = count;
}
