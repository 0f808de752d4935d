/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of a list, item by item: each is decoded into the arena, shown, and gone before the
 * next, so that a page costs the memory of its largest object.
 */
#include "decode.h"
#include "decode_inner.h"
#include "kit/printable.h"
#include "proto.h"

#include <kube.pb-c.h>

#include <stdlib.h>
#include <string.h>

struct page {
    const struct cvg_kube_decoding *decoding;
    const uint8_t *start;
    cvg_kube_see *see;
    void *arg;
    struct cvg_kube_list_end end; /* owned until the page was OK */
    int has_items;
};

void cvg_kube_list_end_done(struct cvg_kube_list_end *end)
{
    free(end->resource_version);
    free(end->next);
    *end = (struct cvg_kube_list_end){0};
}

static size_t offset_of(const struct page *page, const uint8_t *at)
{
    return (size_t)(at - page->start);
}

/* Takes the list's metadata over, which comes before or after the items. */
static enum cvg_kube_decoded take_end(struct page *page, const char *version, const char *next,
                                      int64_t remaining)
{
    cvg_kube_list_end_done(&page->end);
    page->end.resource_version = cvg_kube_token_copy(version);
    page->end.next = cvg_kube_token_copy(next);
    page->end.remaining = remaining < 0 ? CVG_KUBE_ABSENT : remaining;
    if (page->end.resource_version == NULL || page->end.next == NULL) {
        return cvg_kube_decoding_fail(page->decoding, CVG_KUBE_BROKEN, 0,
                                      "the list's version or continue token is too long");
    }
    return CVG_KUBE_OK;
}

static enum cvg_kube_decoded show(struct page *page, enum cvg_kube_decoded decoded,
                                  const struct cvg_kube_view *view, size_t offset,
                                  const char *problem)
{
    if (decoded != CVG_KUBE_OK) {
        return cvg_kube_decoding_fail(page->decoding, decoded, offset, problem);
    }
    return page->see(page->arg, view) ? CVG_KUBE_STOPPED : CVG_KUBE_OK;
}

/* What a list calls itself: DeploymentList. Definitions of custom kinds choose as they like. */
static int is_list_of(const struct cvg_kube_kind *kind, const char *name, size_t length,
                      int *ret_partial)
{
    static const char partial[] = "PartialObjectMetadataList";
    size_t stem = strlen(kind->name);
    *ret_partial = length == sizeof(partial) - 1 && memcmp(name, partial, length) == 0;
    return *ret_partial || kind->type == CVG_KUBE_CUSTOM ||
           (length == stem + 4 && memcmp(name, kind->name, stem) == 0 &&
            memcmp(name + stem, "List", 4) == 0);
}

/* ---- protobuf ---- */

static enum cvg_kube_decoded proto_end(struct page *page, struct cvg_kube_bytes bytes)
{
    cvg_kit_arena_reset(page->decoding->arena);
    const Kube__ListMeta *meta =
        cvg_kube_proto_unpack(&kube__list_meta__descriptor, bytes, page->decoding->arena);
    const char *version =
        meta == NULL || meta->resourceversion == NULL ? "" : meta->resourceversion;
    const char *next = meta == NULL || meta->continue_ == NULL ? "" : meta->continue_;
    if (meta == NULL || !cvg_kit_is_utf8(version) || !cvg_kit_is_utf8(next)) {
        return cvg_kube_decoding_fail(page->decoding, CVG_KUBE_BROKEN, offset_of(page, bytes.at),
                                      "the list's metadata is damaged");
    }
    return take_end(page, version, next,
                    meta->has_remainingitemcount ? meta->remainingitemcount : CVG_KUBE_ABSENT);
}

static enum cvg_kube_decoded proto_item(struct page *page, int partial, struct cvg_kube_bytes bytes)
{
    const struct cvg_kube_view *view = NULL;
    const char *problem = NULL;
    cvg_kit_arena_reset(page->decoding->arena);
    enum cvg_kube_decoded decoded = cvg_kube_proto_view(page->decoding->kind, partial, bytes,
                                                        page->decoding->arena, &view, &problem);
    return show(page, decoded, view, offset_of(page, bytes.at), problem);
}

static enum cvg_kube_decoded proto_list(struct page *page, struct cvg_kube_bytes body)
{
    struct cvg_kube_envelope envelope;
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field;
    int more = 0, partial = 0;
    const char *problem = cvg_kube_envelope_open(body, &envelope);
    if (problem == NULL && !is_list_of(page->decoding->kind, (const char *)envelope.kind.at,
                                       envelope.kind.length, &partial)) {
        problem = "it is another list than was asked for";
    }
    if (problem != NULL) {
        return cvg_kube_decoding_fail(page->decoding, CVG_KUBE_BROKEN, 0, problem);
    }
    cvg_kube_wire_begin(&wire, envelope.raw);
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        enum cvg_kube_decoded decoded = CVG_KUBE_OK;
        if (field.type == CVG_KUBE_BYTES && field.number == 1) {
            decoded = proto_end(page, field.bytes);
        } else if (field.type == CVG_KUBE_BYTES && field.number == 2) {
            decoded = proto_item(page, partial, field.bytes);
        }
        if (decoded != CVG_KUBE_OK) {
            return decoded;
        }
    }
    if (more < 0) {
        return cvg_kube_decoding_fail(page->decoding, CVG_KUBE_BROKEN, offset_of(page, wire.at),
                                      "the list is cut short or damaged");
    }
    page->has_items = 1; /* none at all is an empty list */
    return CVG_KUBE_OK;
}

/* ---- JSON ---- */

static enum cvg_kube_decoded json_fail(struct page *page, struct cvg_json *json, const char *words)
{
    const char *told = cvg_json_error(json);
    enum cvg_kube_decoded code =
        cvg_kit_arena_is_full(page->decoding->arena) ? CVG_KUBE_TOO_LARGE : CVG_KUBE_BROKEN;
    /* The reader says where by itself. */
    if (told[0] != '\0') {
        size_t size = page->decoding->error_size;
        cvg_kit_printable(page->decoding->error, size, told, strlen(told));
        return code;
    }
    return cvg_kube_decoding_fail(page->decoding, code, cvg_json_offset(json), words);
}

static enum cvg_kube_decoded json_end(struct page *page, struct cvg_json *json)
{
    int64_t remaining = CVG_KUBE_ABSENT;
    cvg_kit_arena_reset(page->decoding->arena);
    (void)cvg_json_next(json);
    const struct cvg_kube_node *meta = cvg_kube_tree_value(page->decoding->arena, json);
    if (meta == NULL || meta->kind != CVG_KUBE_OBJECT) {
        return json_fail(page, json, "the list's metadata is damaged");
    }
    (void)cvg_kube_node_int(cvg_kube_node_get(meta, "remainingItemCount"), &remaining);
    return take_end(page, cvg_kube_node_text(cvg_kube_node_get(meta, "resourceVersion")),
                    cvg_kube_node_text(cvg_kube_node_get(meta, "continue")), remaining);
}

static enum cvg_kube_decoded json_item(struct page *page, struct cvg_json *json)
{
    const struct cvg_kube_view *view = NULL;
    const char *problem = NULL;
    size_t begins = cvg_json_offset(json);
    cvg_kit_arena_reset(page->decoding->arena);
    const struct cvg_kube_node *tree = cvg_kube_tree_value(page->decoding->arena, json);
    if (tree == NULL) {
        return json_fail(page, json, "an item is damaged");
    }
    if (cvg_json_offset(json) - begins > CVG_KUBE_OBJECT_MOST) {
        return cvg_kube_decoding_fail(page->decoding, CVG_KUBE_TOO_LARGE, begins, NULL);
    }
    enum cvg_kube_decoded decoded = cvg_kube_decoding_tree(page->decoding, tree, &view, &problem);
    return show(page, decoded, view, begins, problem);
}

static enum cvg_kube_decoded json_items(struct page *page, struct cvg_json *json)
{
    enum cvg_json_token token = cvg_json_next(json);
    page->has_items = 1;
    if (token == CVG_JSON_NULL) {
        return CVG_KUBE_OK; /* how Go writes an empty list that was never made */
    }
    if (token != CVG_JSON_ARRAY) {
        return json_fail(page, json, "items is no list");
    }
    while ((token = cvg_json_next(json)) != CVG_JSON_END) {
        enum cvg_kube_decoded decoded =
            token == CVG_JSON_ERROR ? json_fail(page, json, NULL) : json_item(page, json);
        if (decoded != CVG_KUBE_OK) {
            return decoded;
        }
    }
    return CVG_KUBE_OK;
}

static enum cvg_kube_decoded json_kind(struct page *page, struct cvg_json *json)
{
    int partial = 0;
    size_t length = 0;
    enum cvg_json_token token = cvg_json_next(json);
    const char *name = cvg_json_text(json, &length);
    if (token != CVG_JSON_STRING || !is_list_of(page->decoding->kind, name, length, &partial)) {
        return json_fail(page, json, "it is another list than was asked for");
    }
    return CVG_KUBE_OK;
}

static enum cvg_kube_decoded json_list(struct page *page, struct cvg_json *json)
{
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return json_fail(page, json, "it is no list");
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        enum cvg_kube_decoded decoded = CVG_KUBE_OK;
        if (cvg_json_is(json, "metadata")) {
            decoded = json_end(page, json);
        } else if (cvg_json_is(json, "items")) {
            decoded = json_items(page, json);
        } else if (cvg_json_is(json, "kind")) {
            decoded = json_kind(page, json);
        } else if (cvg_json_skip(json) < 0) {
            decoded = json_fail(page, json, NULL);
        }
        if (decoded != CVG_KUBE_OK) {
            return decoded;
        }
    }
    if (cvg_json_current(json) != CVG_JSON_END || cvg_json_next(json) != CVG_JSON_DONE) {
        return json_fail(page, json, NULL);
    }
    return CVG_KUBE_OK;
}

/* ---- */

enum cvg_kube_decoded
/* NOLINTNEXTLINE(readability-function-size): a pure function's inputs are its arguments */
cvg_kube_decode_list(const struct cvg_kube_kind *kind, const char *content_type, const char *body,
                     size_t length, struct cvg_kit_arena *arena, cvg_kube_see *see, void *arg,
                     struct cvg_kube_list_end *ret, char *error, size_t error_size)
{
    const struct cvg_kube_decoding decoding = {kind, arena, error, error_size};
    struct page page = {
        .decoding = &decoding, .start = (const uint8_t *)body, .see = see, .arg = arg};
    enum cvg_kube_format format = cvg_kube_format_of(content_type);
    enum cvg_kube_decoded decoded = CVG_KUBE_OK;
    error[0] = '\0';
    cvg_kit_arena_reset(arena);
    if (format == CVG_KUBE_PROTOBUF) {
        decoded = proto_list(&page, (struct cvg_kube_bytes){page.start, length});
    } else if (format == CVG_KUBE_JSON) {
        struct cvg_json *json = cvg_kube_tree_reader(body, length);
        decoded = json == NULL ? CVG_KUBE_TOO_LARGE : json_list(&page, json);
        cvg_json_free(json);
    } else {
        decoded = cvg_kube_decoding_fail(&decoding, CVG_KUBE_BROKEN, 0,
                                         "its content type is neither protobuf nor JSON");
    }
    if (decoded == CVG_KUBE_OK && (!page.has_items || page.end.resource_version == NULL)) {
        decoded = cvg_kube_decoding_fail(&decoding, CVG_KUBE_BROKEN, length,
                                         "the list lacks its items or its metadata");
    }
    if (decoded != CVG_KUBE_OK) {
        cvg_kube_list_end_done(&page.end);
        return decoded;
    }
    *ret = page.end;
    return CVG_KUBE_OK;
}
