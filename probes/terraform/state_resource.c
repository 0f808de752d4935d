/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources of a raw state and their instances. Attributes, private data and dependencies are
 * checked as JSON and never kept.
 */
#include "state_inner.h"

#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

void *cvg_tf_pile_add(struct cvg_tf_pile *pile, size_t size)
{
    if (pile->count == pile->capacity) {
        pile->capacity = pile->capacity == 0 ? 16 : pile->capacity * 2;
        pile->items = cvg_kit_resize(pile->items, pile->capacity, size);
    }
    return (char *)pile->items + pile->count++ * size;
}

int cvg_tf_pile_keep(struct cvg_tf_document *document, const struct cvg_tf_pile *pile, size_t size,
                     const void **ret)
{
    void *copy = cvg_kit_arena_raw(document->arena, pile->count * size);
    if (copy == NULL) {
        return cvg_tf_refuse_size(document);
    }
    if (pile->count > 0) {
        memcpy(copy, pile->items, pile->count * size);
    }
    *ret = copy;
    return 0;
}

/* ---- fields of a resource ------------------------------------------------------------------ */

int cvg_tf_mode_read(struct cvg_tf_document *document, uint32_t *ret_is_data)
{
    *ret_is_data = (uint32_t)cvg_tf_is(document, "data");
    return *ret_is_data || cvg_tf_is(document, "managed")
               ? 0
               : cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

int cvg_tf_name_read(struct cvg_tf_document *document, const char **ret)
{
    if (cvg_tf_is(document, "")) {
        return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
    }
    *ret = cvg_tf_text(document);
    return *ret == NULL ? -1 : 0;
}

int cvg_tf_deposed_read(struct cvg_tf_document *document, const char **ret)
{
    *ret = cvg_tf_text(document);
    if (*ret == NULL) {
        return -1;
    }
    return strlen(*ret) == 8 ? 0 : cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

/* A name, and the one before where it is the same: those of a state repeat themselves. */
static int read_again(struct cvg_tf_document *document, const char *before, const char **ret)
{
    if (before != NULL && before[0] != '\0' && cvg_tf_is(document, before)) {
        *ret = before;
        return 0;
    }
    return cvg_tf_name_read(document, ret);
}

static int read_provider(struct cvg_tf_document *document)
{
    size_t length = 0;
    const char *text = cvg_json_text(document->json, &length);
    return strlen(text) == length && cvg_tf_is_provider(text)
               ? 0
               : cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

/* ---- instances ------------------------------------------------------------------------------ */

enum {
    INSTANCE_INDEX,
    INSTANCE_STATUS,
    INSTANCE_DEPOSED,
    INSTANCE_SCHEMA,
    INSTANCE_ATTRIBUTES,
    INSTANCE_FLAT,
    INSTANCE_SENSITIVE,
    INSTANCE_IDENTITY_SCHEMA,
    INSTANCE_IDENTITY,
    INSTANCE_PRIVATE,
    INSTANCE_DEPENDENCIES,
    INSTANCE_PROVIDER,
};

static const struct cvg_tf_field instance_fields[] = {
    [INSTANCE_INDEX] = {"index_key", CVG_TF_STRING | CVG_TF_NUMBER, 0},
    [INSTANCE_STATUS] = {"status", CVG_TF_STRING, 0},
    [INSTANCE_DEPOSED] = {"deposed", CVG_TF_STRING, 0},
    [INSTANCE_SCHEMA] = {"schema_version", CVG_TF_NUMBER, 0},
    [INSTANCE_ATTRIBUTES] = {"attributes", CVG_TF_OBJECT | CVG_TF_NULL, 0},
    [INSTANCE_FLAT] = {"attributes_flat", CVG_TF_OBJECT | CVG_TF_NULL, 0},
    [INSTANCE_SENSITIVE] = {"sensitive_attributes", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    [INSTANCE_IDENTITY_SCHEMA] = {"identity_schema_version", CVG_TF_NUMBER, 0},
    [INSTANCE_IDENTITY] = {"identity", CVG_TF_ANY, 0},
    [INSTANCE_PRIVATE] = {"private", CVG_TF_STRING | CVG_TF_NULL, 0},
    [INSTANCE_DEPENDENCIES] = {"dependencies", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    [INSTANCE_PROVIDER] = {"provider", CVG_TF_STRING, 0},
    {NULL, 0, 0},
};

static int read_status(struct cvg_tf_document *document, uint32_t *ret_tainted)
{
    *ret_tainted = (uint32_t)cvg_tf_is(document, "tainted");
    return *ret_tainted || cvg_tf_is(document, "")
               ? 0
               : cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

static int read_instance_field(struct cvg_tf_document *document, int field,
                               struct cvg_tf_instance *instance)
{
    switch (field) {
    case INSTANCE_INDEX:
        instance->index = cvg_tf_index(document);
        return instance->index == NULL ? -1 : 0;
    case INSTANCE_STATUS:
        return read_status(document, &instance->tainted);
    case INSTANCE_DEPOSED:
        return cvg_tf_deposed_read(document, &instance->deposed);
    case INSTANCE_PROVIDER:
        return read_provider(document);
    default:
        return cvg_tf_skip(document);
    }
}

/* On the OBJECT. */
static int read_instance(struct cvg_tf_document *document, struct cvg_tf_instance *instance,
                         uint32_t *ret_has_provider)
{
    struct cvg_tf_object object = cvg_tf_object_begin(document, instance_fields);
    int field = 0;
    *instance = (struct cvg_tf_instance){.index = "", .deposed = ""};
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        if (read_instance_field(document, field, instance) < 0) {
            return -1;
        }
    }
    *ret_has_provider = object.seen >> INSTANCE_PROVIDER & 1u;
    return field == CVG_TF_END ? 0 : -1;
}

/* ---- resources ------------------------------------------------------------------------------ */

enum {
    RESOURCE_MODULE,
    RESOURCE_MODE,
    RESOURCE_TYPE,
    RESOURCE_NAME,
    RESOURCE_PROVIDER,
    RESOURCE_INSTANCES,
};

static const struct cvg_tf_field resource_fields[] = {
    [RESOURCE_MODULE] = {"module", CVG_TF_STRING, 0},
    [RESOURCE_MODE] = {"mode", CVG_TF_STRING, 1},
    [RESOURCE_TYPE] = {"type", CVG_TF_STRING, 1},
    [RESOURCE_NAME] = {"name", CVG_TF_STRING, 1},
    [RESOURCE_PROVIDER] = {"provider", CVG_TF_STRING, 0},
    [RESOURCE_INSTANCES] = {"instances", CVG_TF_ARRAY, 1},
    {NULL, 0, 0},
};

/* All resources while they are read. */
struct reading {
    struct cvg_tf_document *document;
    struct cvg_tf_pile resources, instances; /* instances: of the one at hand */
    struct cvg_tf_resource before;           /* whose texts are used again */
    size_t current;                          /* instances that are no deposed objects */
    uint32_t has_providers;                  /* each instance at hand has one of its own */
};

static int read_instances(struct reading *reading, struct cvg_tf_resource *resource)
{
    struct cvg_tf_document *document = reading->document;
    struct cvg_tf_pile *pile = &reading->instances;
    int more = 0;
    pile->count = 0;
    reading->has_providers = 1;
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_list_next(document, CVG_TF_OBJECT)) > 0) {
        uint32_t has_provider = 0;
        if (read_instance(document, cvg_tf_pile_add(pile, sizeof(struct cvg_tf_instance)),
                          &has_provider) < 0) {
            return -1;
        }
        const struct cvg_tf_instance *instances = pile->items;
        reading->current += instances[pile->count - 1].deposed[0] == '\0';
        reading->has_providers &= has_provider;
    }
    if (more < 0) {
        return -1;
    }
    if (pile->count > UINT32_MAX) {
        return cvg_tf_refuse_size(document);
    }
    if (cvg_tf_twice_instance(pile->items, pile->count) != SIZE_MAX) {
        return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, ": one stands twice");
    }
    const void *instances = NULL;
    if (cvg_tf_pile_keep(document, pile, sizeof(struct cvg_tf_instance), &instances) < 0) {
        return -1;
    }
    resource->instances = instances;
    resource->instance_count = (uint32_t)pile->count;
    return 0;
}

static int read_module(struct reading *reading, const char **ret)
{
    if (read_again(reading->document, reading->before.module, ret) < 0) {
        return -1;
    }
    return *ret == reading->before.module || cvg_tf_is_module(*ret)
               ? 0
               : cvg_tf_refuse(reading->document, CVG_TF_BAD_CONTENT, NULL);
}

static int read_resource_field(struct reading *reading, int field, struct cvg_tf_resource *resource)
{
    switch (field) {
    case RESOURCE_MODULE:
        return read_module(reading, &resource->module);
    case RESOURCE_MODE:
        return cvg_tf_mode_read(reading->document, &resource->is_data);
    case RESOURCE_TYPE:
        return read_again(reading->document, reading->before.type, &resource->type);
    case RESOURCE_NAME:
        return read_again(reading->document, reading->before.name, &resource->name);
    case RESOURCE_PROVIDER:
        return read_provider(reading->document);
    default:
        return read_instances(reading, resource);
    }
}

/* On the OBJECT. */
static int read_resource(struct reading *reading)
{
    struct cvg_tf_object object = cvg_tf_object_begin(reading->document, resource_fields);
    struct cvg_tf_resource resource = {.module = "", .type = "", .name = ""};
    int field = 0;
    while ((field = cvg_tf_object_next(reading->document, &object)) >= 0) {
        if (read_resource_field(reading, field, &resource) < 0) {
            return -1;
        }
    }
    if (field != CVG_TF_END) {
        return -1;
    }
    if (!(object.seen >> RESOURCE_PROVIDER & 1u) &&
        !(reading->has_providers && resource.instance_count > 0)) {
        return cvg_tf_refuse(reading->document, CVG_TF_BAD_CONTENT, "provider");
    }
    reading->before = resource;
    struct cvg_tf_resource *kept = cvg_tf_pile_add(&reading->resources, sizeof(*kept));
    *kept = resource;
    return 0;
}

static int read_all(struct reading *reading, struct cvg_tf_state *ret)
{
    struct cvg_tf_document *document = reading->document;
    const struct cvg_tf_pile *pile = &reading->resources;
    int more = 0;
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_list_next(document, CVG_TF_OBJECT)) > 0) {
        if (read_resource(reading) < 0) {
            return -1;
        }
    }
    if (more < 0) {
        return -1;
    }
    if (cvg_tf_twice_resource(pile->items, pile->count) != SIZE_MAX) {
        return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, ": one stands twice");
    }
    const void *resources = NULL;
    if (cvg_tf_pile_keep(document, pile, sizeof(struct cvg_tf_resource), &resources) < 0) {
        return -1;
    }
    ret->resources = resources;
    ret->resource_count = pile->count;
    ret->instance_count = reading->current;
    return 0;
}

int cvg_tf_resources_read(struct cvg_tf_document *document, struct cvg_tf_state *ret)
{
    struct reading reading = {.document = document};
    int result = read_all(&reading, ret);
    free(reading.resources.items);
    free(reading.instances.items);
    return result;
}
