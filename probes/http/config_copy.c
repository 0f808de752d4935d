/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a check's keys, for a judge that may outlive them; see config.h. */
#include "config.h"

#include <string.h>

static const char *copy(struct cvg_kit_arena *arena, const char *text)
{
    return text != NULL ? cvg_kit_arena_text(arena, text, strlen(text)) : NULL;
}

static struct cvg_list copy_texts(struct cvg_kit_arena *arena, const struct cvg_list *list)
{
    const char *const *from = list->items;
    const char **to = cvg_kit_arena_array(arena, list->count, sizeof(*to));
    for (size_t i = 0; to != NULL && i < list->count; i++) {
        to[i] = copy(arena, from[i]);
    }
    return (struct cvg_list){.count = list->count, .items = (const void *)to};
}

static struct cvg_list copy_pairs(struct cvg_kit_arena *arena, const struct cvg_list *list)
{
    const struct cvg_pair *from = list->items;
    struct cvg_pair *to = cvg_kit_arena_array(arena, list->count, sizeof(*to));
    for (size_t i = 0; to != NULL && i < list->count; i++) {
        to[i] = (struct cvg_pair){copy(arena, from[i].name), copy(arena, from[i].value)};
    }
    return (struct cvg_list){.count = list->count, .items = to};
}

static struct cvg_list copy_wants(struct cvg_kit_arena *arena, const struct cvg_list *list)
{
    const struct cvg_http_want *from = list->items;
    struct cvg_http_want *to = cvg_kit_arena_array(arena, list->count, sizeof(*to));
    for (size_t i = 0; to != NULL && i < list->count; i++) {
        to[i] = from[i];
        to[i].pointer = copy(arena, from[i].pointer);
        to[i].equals = copy(arena, from[i].equals);
        to[i].not_equals = copy(arena, from[i].not_equals);
        to[i].matches = copy(arena, from[i].matches);
        to[i].condition = copy(arena, from[i].condition);
        to[i].count = copy(arena, from[i].count);
    }
    return (struct cvg_list){.count = list->count, .items = to};
}

const struct cvg_http_check_config *cvg_http_check_copy(const struct cvg_http_check_config *config,
                                                        struct cvg_kit_arena *arena)
{
    struct cvg_http_check_config *made = cvg_kit_arena_alloc(arena, sizeof(*made));
    if (made == NULL) {
        return NULL;
    }
    *made = (struct cvg_http_check_config){
        .path = copy(arena, config->path),
        .url = copy(arena, config->url),
        .status = copy_texts(arena, &config->status),
        .on_status = copy_pairs(arena, &config->on_status),
        .body_contains = copy_texts(arena, &config->body_contains),
        .body_lacks = copy_texts(arena, &config->body_lacks),
        .body_matches = copy(arena, config->body_matches),
        .otherwise = config->otherwise,
        .json = copy_wants(arena, &config->json),
        .value = copy(arena, config->value),
        .facts = copy_pairs(arena, &config->facts),
        .max_response = config->max_response,
    };
    return cvg_kit_arena_is_full(arena) ? NULL : made;
}
