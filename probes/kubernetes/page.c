/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A page is its own world while a worker has it: it has copies of all that it needs of the cluster,
 * and objects in a pool of its own, which move into the cluster's when they are handed over.
 */
#include "page.h"

#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* About 5 ms each, by what was measured: JSON costs some 10 ns a byte, protobuf 1.5. */
#define LIGHT_JSON     ((size_t)256 << 10)
#define LIGHT_PROTOBUF ((size_t)2 << 20)

struct cvg_kube_page {
    const struct cvg_kube_kind *kind; /* built in, or `custom` */
    struct cvg_kube_kind custom;      /* a copy: the cluster may be gone before the worker is */
    char *texts[4];                   /* owned: of `custom` */
    struct cvg_kube_keep keep;
    char **pointers; /* owned; of keep */
    size_t pointer_count;
    struct cvg_kube_dwells dwells;
    char *namespace;               /* owned */
    char content_type[128], *body; /* body: owned */
    size_t length;
    struct cvg_kube_pool *own_pool;   /* NULL: the cluster's was used */
    struct cvg_kit_arena *own_arena;  /* NULL: the cluster's was used */
    struct cvg_kube_object **objects; /* owned, each too, from `handed` on */
    size_t count, room, handed;
    struct cvg_kube_pool *pool; /* that the objects are in */
    struct cvg_kube_list_end end;
    enum cvg_kube_decoded result;
    char error[160];
};

int cvg_kube_page_is_heavy(const char *content_type, size_t length)
{
    int protobuf = strstr(content_type, "protobuf") != NULL;
    return length > (protobuf ? LIGHT_PROTOBUF : LIGHT_JSON);
}

static void copy_kind(struct cvg_kube_page *page, const struct cvg_kube_kind *kind)
{
    if (kind->type != CVG_KUBE_CUSTOM) {
        page->kind = kind;
        return;
    }
    page->custom = *kind;
    page->custom.group = page->texts[0] = cvg_kit_copy(kind->group);
    page->custom.version = page->texts[1] = cvg_kit_copy(kind->version);
    page->custom.name = page->texts[2] = cvg_kit_copy(kind->name);
    page->custom.resource = page->texts[3] = cvg_kit_copy(kind->resource);
    page->kind = &page->custom;
}

static void copy_keep(struct cvg_kube_page *page, const struct cvg_kube_keep *keep)
{
    size_t count = 0;
    while (keep->pointers && keep->pointers[count]) {
        count++;
    }
    page->keep.labels = keep->labels;
    if (keep->pointers) {
        page->pointers = cvg_kit_alloc((count + 1) * sizeof(*page->pointers));
        for (size_t i = 0; i < count; i++) {
            page->pointers[i] = cvg_kit_copy(keep->pointers[i]);
        }
        page->keep.pointers = (const char *const *)page->pointers;
    }
    page->pointer_count = count;
}

struct cvg_kube_page *cvg_kube_page_new(const struct cvg_kube_collection *collection,
                                        const struct cvg_kube_dwells *dwells,
                                        const char *content_type, char *body, size_t length)
{
    struct cvg_kube_page *page = cvg_kit_alloc(sizeof(*page));
    copy_kind(page, cvg_kube_collection_kind(collection));
    copy_keep(page, cvg_kube_collection_keep(collection));
    page->namespace = cvg_kit_copy(cvg_kube_collection_namespace(collection));
    page->dwells = *dwells;
    (void)snprintf(page->content_type, sizeof(page->content_type), "%s", content_type);
    page->body = body;
    page->length = length;
    return page;
}

void cvg_kube_page_free(struct cvg_kube_page *page)
{
    if (!page) {
        return;
    }
    for (size_t i = page->handed; i < page->count; i++) {
        cvg_kube_object_free(page->pool, page->objects[i]);
    }
    free(page->objects);
    for (size_t i = 0; i < page->pointer_count; i++) {
        free(page->pointers[i]);
    }
    free(page->pointers);
    cvg_kube_list_end_done(&page->end);
    cvg_kit_arena_free(page->own_arena);
    cvg_kube_pool_free(page->own_pool);
    for (size_t i = 0; i < sizeof(page->texts) / sizeof(page->texts[0]); i++) {
        free(page->texts[i]);
    }
    free(page->namespace);
    free(page->body);
    free(page);
}

static int see(void *arg, const struct cvg_kube_view *view)
{
    struct cvg_kube_page *page = arg;
    struct cvg_kube_outcome outcome;
    if (*page->namespace && page->kind->namespaced &&
        strcmp(view->meta.namespace, page->namespace) != 0) {
        return -1;
    }
    cvg_kube_judge(view, &page->dwells, &outcome);
    if (page->count == page->room) {
        page->room = page->room ? page->room * 2 : 64;
        page->objects = cvg_kit_resize(page->objects, page->room, sizeof(struct cvg_kube_object *));
    }
    page->objects[page->count++] = cvg_kube_object_make(page->pool, view, &outcome, &page->keep);
    return 0;
}

void cvg_kube_page_read(struct cvg_kube_page *page, struct cvg_kube_pool *pool,
                        struct cvg_kit_arena *arena)
{
    page->pool = pool ? pool : (page->own_pool = cvg_kube_pool_new());
    if (!arena) {
        arena = page->own_arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
    }
    page->result =
        cvg_kube_decode_list(page->kind, page->content_type, page->body, page->length, arena, see,
                             page, &page->end, page->error, sizeof(page->error));
    if (page->result == CVG_KUBE_STOPPED) {
        page->result = CVG_KUBE_BROKEN;
        (void)snprintf(page->error, sizeof(page->error), "an object of another namespace");
    }
    free(page->body);
    page->body = NULL;
}

enum cvg_kube_decoded cvg_kube_page_result(const struct cvg_kube_page *page, const char **ret_error)
{
    *ret_error = page->error;
    return page->result;
}

const struct cvg_kube_list_end *cvg_kube_page_end(const struct cvg_kube_page *page)
{
    return &page->end;
}

int64_t cvg_kube_page_hand(struct cvg_kube_page *page, struct cvg_kube_collection *collection,
                           struct cvg_kube_pool *pool, size_t most)
{
    for (; most > 0 && page->handed < page->count; most--) {
        struct cvg_kube_object *object = page->objects[page->handed++];
        if (page->own_pool) {
            cvg_kube_object_move(pool, object);
        }
        object->kind = cvg_kube_collection_kind(collection);
        if (cvg_kube_collection_put(collection, object) < 0) {
            return -1;
        }
    }
    return (int64_t)(page->count - page->handed);
}
