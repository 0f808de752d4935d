/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolving `require` and `exclude` to indexes, once for each configuration. Names go into a map
 * to what they refer to, so that one pass over the checks finds all of them.
 */
#include "gate/policy.h"

#include "base/map.h"
#include "base/text.h"

#include <stdint.h>

#define SUGGEST_WITHIN 2

/* One name in `require` or `exclude`. */
struct mention {
    bool known;    /* a check or a component has this name */
    bool selected; /* it required one check at least */
};

static void free_map(struct cvg_map **map)
{
    cvg_map_free(*map);
}

static void free_mentions(struct mention **mentions)
{
    free(*mentions);
}

static struct cvg_map *map_names(const char *const *names, size_t count, struct mention *mentions)
{
    struct cvg_map *map = cvg_map_new();
    for (size_t i = 0; i < count; i++) {
        if (!cvg_map_get(map, names[i])) {
            cvg_map_put(map, names[i], &mentions[i]);
        }
    }
    return map;
}

/* What names the check: itself, or NULL; and its component, or NULL. */
struct named {
    struct mention *check, *component;
};

static struct named look_up(const struct cvg_map *map, const struct cvg_check_rules *check)
{
    struct named named = {
        .check = cvg_map_get(map, check->name),
        .component = check->component ? cvg_map_get(map, check->component) : NULL,
    };
    if (named.check) {
        named.check->known = true;
    }
    if (named.component) {
        named.component->known = true;
    }
    return named;
}

static bool is_required(const struct cvg_map *require, size_t require_count,
                        const struct cvg_check_rules *check)
{
    struct named named = look_up(require, check);
    if (require_count == 0) {
        return check->required;
    }
    if (named.check) {
        named.check->selected = true;
    }
    if (named.component && check->required) {
        named.component->selected = true;
    }
    return named.check || (named.component && check->required);
}

static bool is_excluded(const struct cvg_map *exclude, const struct cvg_check_rules *check)
{
    struct named named = look_up(exclude, check);
    return named.check || named.component;
}

static const char *suggest(const char *name, const struct cvg_check_rules *checks,
                           size_t check_count)
{
    const char *best = NULL;
    size_t best_distance = SUGGEST_WITHIN + 1;

    for (size_t i = 0; i < check_count; i++) {
        const char *known[] = {checks[i].name, checks[i].component};
        for (size_t j = 0; j < CVG_COUNT(known); j++) {
            size_t distance =
                known[j] ? cvg_text_distance(name, known[j], SUGGEST_WITHIN) : best_distance;
            if (distance < best_distance) {
                best = known[j];
                best_distance = distance;
            }
        }
    }
    return best;
}

static int refuse_name(const char *key, const char *name, bool known,
                       const struct cvg_check_rules *checks, size_t check_count,
                       struct cvg_error *reterr)
{
    if (known) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "%s: no check of component '%s' is required; name its checks instead",
                             key, name);
    }
    const char *near = suggest(name, checks, check_count);
    return cvg_error_set(reterr, CVG_E_INVALID, "%s: '%s' is neither a check nor a component%s%s%s",
                         key, name, near ? "; did you mean '" : "", near ? near : "",
                         near ? "'?" : "");
}

/* NOLINTNEXTLINE(readability-function-size): two lists with their lengths are the configuration */
int cvg_policy_resolve(const char *name, const struct cvg_check_rules *checks, size_t check_count,
                       const char *const *require, size_t require_count, const char *const *exclude,
                       size_t exclude_count, struct cvg_arena *arena, struct cvg_gate_policy *ret,
                       size_t *ret_bad, struct cvg_error *reterr)
{
    CVG_CLEANUP(free_mentions)
    struct mention *mentions = cvg_alloc_array(require_count + exclude_count + 1, sizeof *mentions);
    CVG_CLEANUP(free_map) struct cvg_map *required = map_names(require, require_count, mentions);
    CVG_CLEANUP(free_map)
    struct cvg_map *excluded = map_names(exclude, exclude_count, mentions + require_count);
    uint32_t *chosen = cvg_arena_alloc(arena, (check_count + 1) * sizeof *chosen);
    size_t count = 0;

    for (size_t i = 0; i < check_count; i++) {
        bool in = is_required(required, require_count, &checks[i]);
        bool out = is_excluded(excluded, &checks[i]);
        if (in && !out) {
            chosen[count++] = (uint32_t)i;
        }
    }
    for (size_t i = 0; i < require_count; i++) {
        const struct mention *mention = cvg_map_get(required, require[i]);
        if (!mention->selected) {
            *ret_bad = i;
            return refuse_name("require", require[i], mention->known, checks, check_count, reterr);
        }
    }
    for (size_t i = 0; i < exclude_count; i++) {
        const struct mention *mention = cvg_map_get(excluded, exclude[i]);
        if (!mention->known) {
            *ret_bad = require_count + i;
            return refuse_name("exclude", exclude[i], false, checks, check_count, reterr);
        }
    }
    if (count == 0) {
        *ret_bad = SIZE_MAX;
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "no check is left to look at, so it could never open");
    }
    *ret = (struct cvg_gate_policy){.name = name, .checks = chosen, .check_count = count};
    return 0;
}
