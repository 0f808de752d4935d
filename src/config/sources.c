/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: which module, which connection, and the module's own keys. */
#include "config/loader.h"

#include "base/text.h"
#include "config/bind_value.h"

#include <string.h>

static const struct cvg_kind *find_kind(struct cvg_loader *loader, const struct cvg_node *type)
{
    const char *why = NULL;
    const struct cvg_kind *kind = loader->kinds->find(loader->kinds->ctx, type->text, &why);
    if (kind) {
        return kind;
    }
    char shown[CVG_BIND_SHOWN];
    cvg_text_printable(type->text, type->length, shown, sizeof shown);
    if (why) {
        cvg_diagnostics_error(loader->diagnostics, type, "type '%s': %s", shown, why);
        return NULL;
    }
    struct cvg_map *names = cvg_map_new();
    const struct cvg_kind *const *all = loader->kinds->all(loader->kinds->ctx);
    struct cvg_buf known CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(512);
    for (size_t i = 0; all && all[i]; i++) {
        cvg_map_put(names, all[i]->name, names);
        cvg_buf_printf(&known, "%s%s", i ? ", " : " (there are: ", all[i]->name);
    }
    if (known.length) {
        cvg_buf_putc(&known, ')');
    }
    const char *suggestion = cvg_load_suggest(loader, type->text, names);
    bool list = !*suggestion && !known.overflow;
    cvg_diagnostics_error(loader->diagnostics, type, "type '%s': no such module%s%s", shown,
                          suggestion, list ? cvg_buf_text(&known) : "");
    cvg_map_free(names);
    return NULL;
}

static void *new_settings(struct cvg_loader *loader, size_t size)
{
    return cvg_arena_alloc(loader->arena, CVG_MAX(size, 1));
}

/* With `via` the connection is another source's: keys of one's own would have no effect. */
static void refuse_endpoint_keys(struct cvg_loader *loader, const struct cvg_source_config *source,
                                 const char *via)
{
    for (const struct cvg_field *field = cvg_endpoint_fields; field->name; field++) {
        const struct cvg_node *key = cvg_node_get_key(source->node, field->name);
        if (key) {
            cvg_diagnostics_error(loader->diagnostics, key,
                                  "'%s' has no effect beside 'via': the connection is that of "
                                  "source '%s'",
                                  field->name, via);
        }
    }
}

static void bind_source(struct cvg_loader *loader, struct cvg_source_config *source,
                        const char **ret_via)
{
    struct cvg_binder binder = {.arena = loader->arena, .diagnostics = loader->diagnostics};
    struct cvg_source_keys keys = {0};
    struct cvg_endpoint_keys endpoint = {0};
    const struct cvg_node *type = cvg_node_get(source->node, "type");
    bool readable = type && type->kind == CVG_NODE_SCALAR && type->length;
    const struct cvg_kind *kind = readable ? find_kind(loader, type) : NULL;
    source->kind = kind;
    if (!kind) {
        struct cvg_bind_target target = {cvg_source_fields, &keys};
        binder.open = true; /* which keys belong here is only known with the type */
        (void)cvg_bind_map(&binder, source->node, &target, 1);
        return;
    }
    struct cvg_bind_target targets[CVG_SOURCE_TABLES + 1];
    const struct cvg_field *tables[CVG_SOURCE_TABLES];
    size_t count = cvg_source_tables(kind, tables);
    bool connects = kind->flags & (CVG_MODULE_ENDPOINT | CVG_MODULE_ENDPOINT_OPTIONAL);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count && connects;
        targets[i] = (struct cvg_bind_target){tables[i], last ? (void *)&endpoint : (void *)&keys};
    }
    void *settings = new_settings(loader, kind->source_size);
    targets[count] = (struct cvg_bind_target){kind->source_fields, settings};
    (void)cvg_bind_map(&binder, source->node, targets, count + 1);
    source->settings = settings;
    *ret_via = keys.via;
    if (keys.via) {
        refuse_endpoint_keys(loader, source, keys.via);
    } else if (connects) {
        bool via = kind->flags & CVG_MODULE_VIA;
        if (via && !(kind->flags & CVG_MODULE_ENDPOINT_OPTIONAL) &&
            !cvg_node_get(source->node, "url") && !cvg_node_get(source->node, "via")) {
            cvg_diagnostics_error(loader->diagnostics, source->node, "'url' or 'via' is missing");
        }
        cvg_load_endpoint(loader, source, &endpoint);
    }
}

static void link_via(struct cvg_loader *loader, struct cvg_source_config *source, const char *via)
{
    const struct cvg_node *node = cvg_node_get(source->node, "via");
    struct cvg_source_config *target = cvg_map_get(loader->sources, via);
    if (!target) {
        cvg_diagnostics_error(loader->diagnostics, node, "'via': there is no source '%s'%s", via,
                              cvg_load_suggest(loader, via, loader->sources));
        return;
    }
    source->via = target;
}

/* The connection is that of the last one on the way, which must be of a type that has some. */
static void check_connection(struct cvg_loader *loader, const struct cvg_source_config *source)
{
    const struct cvg_source_config *last = source;
    while (last->via) {
        last = last->via;
    }
    if (last != source && last->kind &&
        !(last->kind->flags & (CVG_MODULE_ENDPOINT | CVG_MODULE_ENDPOINT_OPTIONAL))) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(source->node, "via"),
                              "'via': source '%s' (type %s) has no connection to share", last->name,
                              last->kind->name);
    }
}

/* Each source has one `via` at most, so a walk that takes more steps than there are sources is in
 * a circle; marks of finished walks keep the whole linear. */
static void refuse_circles(struct cvg_loader *loader, struct cvg_source_config *sources,
                           size_t count)
{
    uint32_t *walks = cvg_arena_alloc(loader->arena, (count + 1) * sizeof *walks);
    for (size_t i = 0; i < count; i++) {
        struct cvg_source_config *at = &sources[i];
        while (at && walks[at - sources] == 0) {
            walks[at - sources] = (uint32_t)i + 1;
            at = at->via ? &sources[at->via - sources] : NULL;
        }
        if (at && walks[at - sources] == i + 1) {
            cvg_diagnostics_error(loader->diagnostics, cvg_node_get(at->node, "via"),
                                  "'via' goes in a circle, back to source '%s'", at->name);
            at->via = NULL;
        }
    }
}

void cvg_load_sources(struct cvg_loader *loader, const struct cvg_node *map)
{
    size_t count = map ? map->count : 0;
    struct cvg_source_config *sources =
        cvg_arena_alloc(loader->arena, CVG_MAX(count, 1) * sizeof *sources);
    const char **vias = cvg_arena_alloc(loader->arena, CVG_MAX(count, 1) * sizeof *vias);
    for (size_t i = 0; i < count; i++) {
        cvg_load_name(loader, map->keys[i], "source");
        sources[i].name = map->keys[i]->text;
        sources[i].node = map->items[i];
        size_t errors = loader->diagnostics->errors;
        bind_source(loader, &sources[i], &vias[i]);
        sources[i].faulty = loader->diagnostics->errors != errors || !sources[i].kind;
        cvg_map_put(loader->sources, sources[i].name, &sources[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (vias[i]) {
            link_via(loader, &sources[i], vias[i]);
        }
    }
    refuse_circles(loader, sources, count);
    for (size_t i = 0; i < count; i++) {
        check_connection(loader, &sources[i]);
    }
    loader->config->sources = sources;
    loader->config->source_count = count;
}
