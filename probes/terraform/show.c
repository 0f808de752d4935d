/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `show -json` of a state. Here an instance is an entry of its own and a module has its resources in
 * it, so that entries are gathered flat, sorted, and then told apart by resource; a module's name may
 * follow its resources.
 */
#include "document.h"
#include "state.h"
#include "state_inner.h"

#include <stdlib.h>
#include <string.h>

#define MODULES_MOST 64 /* in each other */

/* An instance with its resource. */
struct entry {
    struct cvg_tf_resource resource; /* module NULL: that of the module that is being read */
    struct cvg_tf_instance instance;
};

/* A module being read. */
struct module {
    struct cvg_tf_object object;
    size_t first; /* of its entries; those of modules in it stand among them */
    const char *address;
    int in_children;
};

struct reading {
    struct cvg_tf_document *document;
    const struct cvg_tf_wish *wish;
    struct cvg_tf_pile entries;
    struct module modules[MODULES_MOST];
    size_t depth; /* of modules */
    struct cvg_tf_state *state;
};

/* ---- resources ------------------------------------------------------------------------------ */

enum {
    ENTRY_ADDRESS,
    ENTRY_MODE,
    ENTRY_TYPE,
    ENTRY_NAME,
    ENTRY_INDEX,
    ENTRY_PROVIDER,
    ENTRY_SCHEMA,
    ENTRY_VALUES,
    ENTRY_TAINTED,
    ENTRY_DEPOSED,
};

static const struct cvg_tf_field entry_fields[] = {
    [ENTRY_ADDRESS] = {"address", CVG_TF_STRING, 0},
    [ENTRY_MODE] = {"mode", CVG_TF_STRING, 1},
    [ENTRY_TYPE] = {"type", CVG_TF_STRING, 1},
    [ENTRY_NAME] = {"name", CVG_TF_STRING, 1},
    [ENTRY_INDEX] = {"index", CVG_TF_STRING | CVG_TF_NUMBER, 0},
    [ENTRY_PROVIDER] = {"provider_name", CVG_TF_STRING, 0},
    [ENTRY_SCHEMA] = {"schema_version", CVG_TF_NUMBER, 0},
    [ENTRY_VALUES] = {"values", CVG_TF_OBJECT | CVG_TF_NULL, 0},
    [ENTRY_TAINTED] = {"tainted", CVG_TF_BOOL, 0},
    [ENTRY_DEPOSED] = {"deposed_key", CVG_TF_STRING, 0},
    {NULL, 0, 0},
};

static int read_entry_field(struct cvg_tf_document *document, int field, struct entry *entry)
{
    switch (field) {
    case ENTRY_MODE:
        return cvg_tf_mode_read(document, &entry->resource.is_data);
    case ENTRY_TYPE:
        return cvg_tf_name_read(document, &entry->resource.type);
    case ENTRY_NAME:
        return cvg_tf_name_read(document, &entry->resource.name);
    case ENTRY_INDEX:
        entry->instance.index = cvg_tf_index(document);
        return entry->instance.index == NULL ? -1 : 0;
    case ENTRY_TAINTED:
        entry->instance.tainted = cvg_json_current(document->json) == CVG_JSON_TRUE;
        return 0;
    case ENTRY_DEPOSED:
        return cvg_tf_deposed_read(document, &entry->instance.deposed);
    default:
        return cvg_tf_skip(document);
    }
}

/* On the ARRAY. */
static int read_entries(struct reading *reading)
{
    int more = 0;
    cvg_tf_list_begin(reading->document);
    while ((more = cvg_tf_list_next(reading->document, CVG_TF_OBJECT)) > 0) {
        struct cvg_tf_object object = cvg_tf_object_begin(reading->document, entry_fields);
        struct entry *entry = cvg_tf_pile_add(&reading->entries, sizeof(*entry));
        int field = 0;
        *entry = (struct entry){.instance = {.index = "", .deposed = ""}};
        while ((field = cvg_tf_object_next(reading->document, &object)) >= 0) {
            if (read_entry_field(reading->document, field, entry) < 0) {
                return -1;
            }
        }
        if (field != CVG_TF_END) {
            return -1;
        }
    }
    return more;
}

/* ---- modules -------------------------------------------------------------------------------- */

enum {
    MODULE_RESOURCES,
    MODULE_ADDRESS,
    MODULE_CHILDREN,
};

static const struct cvg_tf_field module_fields[] = {
    [MODULE_RESOURCES] = {"resources", CVG_TF_ARRAY, 0},
    [MODULE_ADDRESS] = {"address", CVG_TF_STRING, 0},
    [MODULE_CHILDREN] = {"child_modules", CVG_TF_ARRAY, 0},
    {NULL, 0, 0},
};

/* On the OBJECT. */
static int begin_module(struct reading *reading)
{
    if (reading->depth == MODULES_MOST) {
        return cvg_tf_refuse_size(reading->document);
    }
    reading->modules[reading->depth] = (struct module){
        .object = cvg_tf_object_begin(reading->document, module_fields),
        .first = reading->entries.count,
        .address = "",
    };
    reading->depth++;
    return 0;
}

/* At its END: what has no module yet is its own. */
static int end_module(struct reading *reading)
{
    const struct module *module = &reading->modules[--reading->depth];
    struct entry *entries = reading->entries.items;
    if ((reading->depth == 0) != (module->address[0] == '\0')) {
        return cvg_tf_refuse(reading->document, CVG_TF_BAD_CONTENT, "address");
    }
    for (size_t i = module->first; i < reading->entries.count; i++) {
        if (entries[i].resource.module == NULL) {
            entries[i].resource.module = module->address;
        }
    }
    return 0;
}

static int read_address(struct reading *reading, struct module *module)
{
    module->address = cvg_tf_text(reading->document);
    if (module->address == NULL) {
        return -1;
    }
    return cvg_tf_is_module(module->address)
               ? 0
               : cvg_tf_refuse(reading->document, CVG_TF_BAD_CONTENT, NULL);
}

static int read_module_field(struct reading *reading, struct module *module, int field)
{
    switch (field) {
    case CVG_TF_END:
        return end_module(reading);
    case MODULE_RESOURCES:
        return read_entries(reading);
    case MODULE_ADDRESS:
        return read_address(reading, module);
    case MODULE_CHILDREN:
        module->in_children = 1;
        cvg_tf_list_begin(reading->document);
        return 0;
    default:
        return -1;
    }
}

/* The next thing in the innermost module. */
static int step_module(struct reading *reading)
{
    struct module *module = &reading->modules[reading->depth - 1];
    if (!module->in_children) {
        return read_module_field(reading, module,
                                 cvg_tf_object_next(reading->document, &module->object));
    }
    int more = cvg_tf_list_next(reading->document, CVG_TF_OBJECT);
    module->in_children = more > 0;
    return more > 0 ? begin_module(reading) : more;
}

/* On the OBJECT of the root. */
static int read_modules(struct reading *reading)
{
    int result = begin_module(reading);
    while (result == 0 && reading->depth > 0) {
        result = step_module(reading);
    }
    return result;
}

/* ---- entries to resources ------------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    int order = cvg_tf_compare_resources(&one->resource, &other->resource);
    return order != 0 ? order : cvg_tf_compare_instances(&one->instance, &other->instance);
}

/* How many of the sorted entries from this one on are of its resource. */
static size_t run_of(const struct entry *entries, size_t left)
{
    size_t count = 1;
    while (count < left &&
           cvg_tf_compare_resources(&entries[0].resource, &entries[count].resource) == 0) {
        count++;
    }
    return count;
}

static int keep_resource(struct cvg_tf_document *document, const struct entry *entries,
                         size_t count, struct cvg_tf_resource *ret)
{
    struct cvg_tf_instance *instances =
        cvg_kit_arena_array(document->arena, count, sizeof(*instances));
    if (instances == NULL || count > UINT32_MAX) {
        return cvg_tf_refuse_size(document);
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_entries(&entries[i - 1], &entries[i]) == 0) {
            return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, ": a resource stands twice");
        }
        instances[i] = entries[i].instance;
    }
    *ret = entries[0].resource;
    ret->instances = instances;
    ret->instance_count = (uint32_t)count;
    return 0;
}

static int gather_resources(struct reading *reading, struct cvg_tf_pile *resources)
{
    struct entry *entries = reading->entries.items;
    size_t count = reading->entries.count;
    if (count > 0) {
        qsort(entries, count, sizeof(*entries), compare_entries);
    }
    for (size_t i = 0; i < count;) {
        size_t run = run_of(entries + i, count - i);
        if (keep_resource(reading->document, entries + i, run,
                          cvg_tf_pile_add(resources, sizeof(struct cvg_tf_resource))) < 0) {
            return -1;
        }
        i += run;
    }
    for (size_t i = 0; i < count; i++) {
        reading->state->instance_count += entries[i].instance.deposed[0] == '\0';
    }
    return 0;
}

static int keep_resources(struct reading *reading)
{
    struct cvg_tf_pile resources = {NULL, 0, 0};
    const void *kept = NULL;
    int result = gather_resources(reading, &resources);
    if (result == 0) {
        result =
            cvg_tf_pile_keep(reading->document, &resources, sizeof(struct cvg_tf_resource), &kept);
        reading->state->resources = kept;
        reading->state->resource_count = resources.count;
    }
    free(resources.items);
    return result;
}

/* ---- the document --------------------------------------------------------------------------- */

static const struct cvg_tf_field values_fields[] = {
    {"outputs", CVG_TF_OBJECT, 0},
    {"root_module", CVG_TF_OBJECT, 0},
    {NULL, 0, 0},
};

/* On the OBJECT. */
static int read_values(struct reading *reading)
{
    struct cvg_tf_object object = cvg_tf_object_begin(reading->document, values_fields);
    int field = 0;
    while ((field = cvg_tf_object_next(reading->document, &object)) >= 0) {
        int read = field == 0
                       ? cvg_tf_outputs_read(reading->document, reading->wish, 0, reading->state)
                       : read_modules(reading);
        if (read < 0) {
            return -1;
        }
    }
    return field == CVG_TF_END ? 0 : -1;
}

enum {
    SHOW_FORMAT,
    SHOW_TERRAFORM_VERSION,
    SHOW_VALUES,
    SHOW_CHECKS,
};

/* An empty state has the first alone, so that one of a plan's fields tells that it is a plan. */
static const struct cvg_tf_field fields[] = {
    [SHOW_FORMAT] = {"format_version", CVG_TF_STRING, 1},
    [SHOW_TERRAFORM_VERSION] = {"terraform_version", CVG_TF_STRING, 0},
    [SHOW_VALUES] = {"values", CVG_TF_OBJECT, 0},
    [SHOW_CHECKS] = {"checks", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    {"planned_values", 0, 0},
    {"resource_changes", 0, 0},
    {"output_changes", 0, 0},
    {"prior_state", 0, 0},
    {"configuration", 0, 0},
    {"encryption_version", 0, 0},
    {"sops", 0, 0},
    {NULL, 0, 0},
};

static int read_field(struct reading *reading, int field)
{
    struct cvg_tf_state *state = reading->state;
    switch (field) {
    case SHOW_FORMAT:
        return cvg_tf_format_read(reading->document) == NULL ? -1 : 0;
    case SHOW_TERRAFORM_VERSION:
        state->terraform_version = cvg_tf_text(reading->document);
        return state->terraform_version == NULL ? -1 : 0;
    case SHOW_VALUES:
        return read_values(reading);
    default:
        if (cvg_json_current(reading->document->json) == CVG_JSON_NULL) {
            return 0;
        }
        state->has_checks = 1;
        return cvg_tf_checks_read(reading->document, &state->checks, &state->check_count);
    }
}

static int read_document(struct reading *reading)
{
    if (cvg_tf_document_begin(reading->document) < 0) {
        return -1;
    }
    struct cvg_tf_object object = cvg_tf_object_begin(reading->document, fields);
    int field = 0;
    while ((field = cvg_tf_object_next(reading->document, &object)) >= 0) {
        if (read_field(reading, field) < 0) {
            return -1;
        }
    }
    if (field != CVG_TF_END || keep_resources(reading) < 0) {
        return -1;
    }
    return cvg_tf_document_end(reading->document);
}

int cvg_tf_show_read(const char *text, size_t length, const struct cvg_tf_wish *wish,
                     struct cvg_kit_arena *arena, struct cvg_tf_state *ret,
                     struct cvg_tf_refusal *ret_refusal)
{
    struct cvg_tf_document document;
    struct reading reading = {.document = &document, .wish = wish, .state = ret};
    *ret = (struct cvg_tf_state){.terraform_version = "", .lineage = "", .serial = ""};
    int result = cvg_tf_document_open(&document, text, length, arena, ret_refusal);
    if (result == 0 && read_document(&reading) < 0) {
        result = cvg_tf_recognize(&document, CVG_TF_CONTENT_SHOW);
    }
    free(reading.entries.items);
    cvg_tf_document_close(&document);
    return result;
}
