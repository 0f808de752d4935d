/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema 2020-12 of the configuration, for editors. Like the binder, but where the binder is
 * generous (a quoted number) the schema shows the usual way.
 *
 * A source's keys follow from its type. A check's follow from the type of the source that it
 * names, which no schema can look up; so a check must be one of the kinds' checks.
 */
#include "config/describe.h"

#include "config/bind.h"
#include "config/fields.h"
#include "config/json_text.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define SCHEMA   "https://json-schema.org/draft/2020-12/schema"
#define NAME     "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
#define DURATION "^(?=[0-9])([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m(?!s))?([0-9]+s)?([0-9]+ms)?$"
#define SIZE     "^[0-9]+(B|KB|MB|GB|KiB|MiB|GiB)?$"
#define SECRET   "^(file:/.+|credential:.+|env:.+)$"
#define URL      "^([Hh][Tt][Tt][Pp][Ss]?://|.*\\$\\{)"

/* The recursion is as deep as the tables of fields, which are the program's own. */
static void put_field(struct cvg_json_text *json, const struct cvg_field *field);

/* NOLINTBEGIN(misc-no-recursion) */

static void put_ref(struct cvg_json_text *json, const char *prefix, const char *name)
{
    char text[160];
    (void)snprintf(text, sizeof text, "#/$defs/%s%s", prefix, name);
    cvg_json_text_pair(json, "$ref", text);
}

/* What a template has, or goes over it, is only whole, and valid, once both were put together. */
#define ANY_MAP (CVG_FIELD_NODE + 1u)

static void put_int(struct cvg_json_text *json, const char *key, int64_t value)
{
    char text[CVG_NUMBER_TEXT];
    (void)snprintf(text, sizeof text, "%lld", (long long)value);
    cvg_json_text_key(json, key);
    cvg_json_text_raw(json, text);
}

static void put_limits(struct cvg_json_text *json, const struct cvg_field *field, const char *low,
                       const char *high)
{
    if (field->min > 0 || field->type == CVG_FIELD_INT) {
        if (field->min || field->max) {
            put_int(json, low, field->min);
        }
    }
    if ((field->min || field->max) && field->max >= field->min && field->max != INT64_MAX) {
        put_int(json, high, field->max);
    }
}

/* A STRING is whatever stands there as one value: an unquoted 1.10 or true is text to the binder. */
static void put_text_type(struct cvg_json_text *json)
{
    cvg_json_text_key(json, "type");
    cvg_json_text_open(json, '[');
    cvg_json_text_string(json, "string");
    cvg_json_text_string(json, "number");
    cvg_json_text_string(json, "boolean");
    cvg_json_text_close(json, ']');
}

static void put_object(struct cvg_json_text *json, const struct cvg_field *const *tables,
                       size_t count, bool nullable)
{
    bool required = false;
    cvg_json_text_key(json, "properties");
    cvg_json_text_open(json, '{');
    for (size_t i = 0; i < count; i++) {
        for (const struct cvg_field *field = tables[i]; field && field->name; field++) {
            required = required || (field->flags & CVG_FIELD_REQUIRED);
            cvg_json_text_key(json, field->name);
            put_field(json, field);
        }
    }
    cvg_json_text_close(json, '}');
    cvg_json_text_key(json, "additionalProperties");
    cvg_json_text_raw(json, "false");
    cvg_json_text_key(json, "type");
    if (required || !nullable) {
        cvg_json_text_string(json, "object");
    } else {
        cvg_json_text_open(json, '[');
        cvg_json_text_string(json, "object");
        cvg_json_text_string(json, "null");
        cvg_json_text_close(json, ']');
    }
    if (!required) {
        return;
    }
    cvg_json_text_key(json, "required");
    cvg_json_text_open(json, '[');
    for (size_t i = 0; i < count; i++) {
        for (const struct cvg_field *field = tables[i]; field && field->name; field++) {
            if (field->flags & CVG_FIELD_REQUIRED) {
                cvg_json_text_string(json, field->name);
            }
        }
    }
    cvg_json_text_close(json, ']');
}

static bool has_member(const struct cvg_field *field, const char *choice)
{
    for (const struct cvg_field *with = field->members; with && with->name; with++) {
        if (strcmp(with->name, choice) == 0) {
            return true;
        }
    }
    return false;
}

static void put_words(struct cvg_json_text *json, const struct cvg_field *field)
{
    cvg_json_text_key(json, "enum");
    cvg_json_text_open(json, '[');
    for (size_t i = 0; field->choices && field->choices[i]; i++) {
        if (!has_member(field, field->choices[i])) {
            cvg_json_text_string(json, field->choices[i]);
        }
    }
    cvg_json_text_close(json, ']');
}

/* Words, and for each choice that carries a value a map of that one key. */
static void put_enum(struct cvg_json_text *json, const struct cvg_field *field)
{
    if (!field->members) {
        put_words(json, field);
        return;
    }
    cvg_json_text_key(json, "anyOf");
    cvg_json_text_open(json, '[');
    cvg_json_text_open(json, '{');
    put_words(json, field);
    cvg_json_text_close(json, '}');
    for (const struct cvg_field *with = field->members; with->name; with++) {
        struct cvg_field only[] = {*with, {0}};
        const struct cvg_field *table = only;
        only[0].flags |= CVG_FIELD_REQUIRED;
        cvg_json_text_open(json, '{');
        put_object(json, &table, 1, false);
        cvg_json_text_close(json, '}');
    }
    cvg_json_text_close(json, ']');
}

static void put_item(struct cvg_json_text *json, const struct cvg_field *field)
{
    cvg_json_text_open(json, '{');
    if (field->members) {
        put_object(json, &field->members, 1, true);
    } else {
        put_text_type(json);
    }
    cvg_json_text_close(json, '}');
}

/* An item may be a plain value that stands for one of its keys. */
static void put_list_item(struct cvg_json_text *json, const struct cvg_field *field)
{
    const struct cvg_field *plain = cvg_bind_shorthand(field);
    if (!plain) {
        put_item(json, field);
        return;
    }
    cvg_json_text_open(json, '{');
    cvg_json_text_key(json, "anyOf");
    cvg_json_text_open(json, '[');
    put_field(json, plain);
    put_item(json, field);
    cvg_json_text_close(json, ']');
    cvg_json_text_close(json, '}');
}

/* A list, or one item without the brackets. */
static void put_list(struct cvg_json_text *json, const struct cvg_field *field)
{
    cvg_json_text_key(json, "anyOf");
    cvg_json_text_open(json, '[');
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "type", "array");
    cvg_json_text_key(json, "items");
    put_list_item(json, field);
    if ((field->flags & CVG_FIELD_NONEMPTY) && field->min < 1) {
        put_int(json, "minItems", 1);
    }
    put_limits(json, field, "minItems", "maxItems");
    cvg_json_text_close(json, '}');
    put_list_item(json, field);
    cvg_json_text_close(json, ']');
}

static void put_map(struct cvg_json_text *json, const struct cvg_field *field)
{
    cvg_json_text_pair(json, "type", "object");
    cvg_json_text_key(json, "additionalProperties");
    cvg_json_text_open(json, '{');
    put_text_type(json);
    cvg_json_text_close(json, '}');
    put_limits(json, field, "minProperties", "maxProperties");
}

/* A map from names to what its owner binds: by the members, or as a definition of its own. */
static void put_node(struct cvg_json_text *json, const struct cvg_field *field)
{
    if (!field->members) {
        put_ref(json, "", field->name);
        return;
    }
    cvg_json_text_key(json, "type");
    cvg_json_text_open(json, '[');
    cvg_json_text_string(json, "object");
    cvg_json_text_string(json, "null");
    cvg_json_text_close(json, ']');
    cvg_json_text_key(json, "propertyNames");
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "pattern", NAME);
    cvg_json_text_close(json, '}');
    cvg_json_text_key(json, "additionalProperties");
    put_item(json, field);
}

static void put_type(struct cvg_json_text *json, const struct cvg_field *field)
{
    switch (field->type) {
    case CVG_FIELD_BOOL:
        cvg_json_text_pair(json, "type", "boolean");
        break;
    case CVG_FIELD_INT:
        cvg_json_text_pair(json, "type", "integer");
        put_limits(json, field, "minimum", "maximum");
        break;
    case CVG_FIELD_NUMBER:
        cvg_json_text_pair(json, "type", "number");
        break;
    case CVG_FIELD_DURATION:
        put_ref(json, "", "duration");
        break;
    case CVG_FIELD_SIZE:
        put_ref(json, "", "size");
        break;
    case CVG_FIELD_SECRET:
        put_ref(json, "", "secret");
        break;
    case CVG_FIELD_URL:
        cvg_json_text_pair(json, "type", "string");
        cvg_json_text_pair(json, "pattern", URL);
        break;
    case CVG_FIELD_ENUM:
        put_enum(json, field);
        break;
    case CVG_FIELD_LIST:
        put_list(json, field);
        break;
    case CVG_FIELD_MAP:
        put_map(json, field);
        break;
    case CVG_FIELD_STRUCT:
        put_object(json, &field->members, 1, true);
        break;
    case CVG_FIELD_NODE:
        put_node(json, field);
        break;
    case ANY_MAP:
        cvg_json_text_key(json, "type");
        cvg_json_text_open(json, '[');
        cvg_json_text_string(json, "object");
        cvg_json_text_string(json, "null");
        cvg_json_text_close(json, ']');
        break;
    default:
        put_text_type(json);
        put_limits(json, field, "minLength", "maxLength");
        if ((field->flags & CVG_FIELD_NONEMPTY) && field->min < 1) {
            put_int(json, "minLength", 1);
        }
    }
}

static void put_default(struct cvg_json_text *json, const struct cvg_field *field)
{
    const char *text = field->default_text;
    bool plain = field->type == CVG_FIELD_BOOL || field->type == CVG_FIELD_INT ||
                 field->type == CVG_FIELD_NUMBER;
    bool structured = text && (text[0] == '[' || text[0] == '{');
    if (!text || structured) {
        return;
    }
    cvg_json_text_key(json, "default");
    if (plain) {
        cvg_json_text_raw(json, text);
    } else {
        cvg_json_text_string(json, text);
    }
}

static void put_field(struct cvg_json_text *json, const struct cvg_field *field)
{
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "description", field->doc ? field->doc : field->name);
    put_default(json, field);
    if (field->flags & CVG_FIELD_DEPRECATED) {
        cvg_json_text_key(json, "deprecated");
        cvg_json_text_raw(json, "true");
    }
    put_type(json, field);
    cvg_json_text_close(json, '}');
}

/* NOLINTEND(misc-no-recursion) */

/* ---- definitions ---- */

static void put_pattern(struct cvg_json_text *json, const char *name, const char *description,
                        const char *pattern)
{
    cvg_json_text_key(json, name);
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "description", description);
    cvg_json_text_key(json, "anyOf");
    cvg_json_text_open(json, '[');
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "type", "string");
    cvg_json_text_pair(json, "pattern", pattern);
    cvg_json_text_close(json, '}');
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "type", "integer");
    put_int(json, "minimum", 0);
    if (strcmp(name, "duration") == 0) {
        put_int(json, "maximum", 0); /* no unit is needed for nothing */
    }
    cvg_json_text_close(json, '}');
    cvg_json_text_close(json, ']');
    cvg_json_text_close(json, '}');
}

/* "sources": {names to what `put` writes}. */
static void open_named(struct cvg_json_text *json, const char *name)
{
    cvg_json_text_key(json, name);
    cvg_json_text_open(json, '{');
    cvg_json_text_key(json, "type");
    cvg_json_text_open(json, '[');
    cvg_json_text_string(json, "object");
    cvg_json_text_string(json, "null");
    cvg_json_text_close(json, ']');
    cvg_json_text_key(json, "propertyNames");
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "pattern", NAME);
    cvg_json_text_close(json, '}');
    cvg_json_text_key(json, "additionalProperties");
    cvg_json_text_open(json, '{');
}

static void close_named(struct cvg_json_text *json)
{
    cvg_json_text_close(json, '}');
    cvg_json_text_close(json, '}');
}

static void put_sources(struct cvg_json_text *json, const struct cvg_kind *const *all)
{
    open_named(json, "sources");
    cvg_json_text_pair(json, "type", "object");
    cvg_json_text_key(json, "required");
    cvg_json_text_open(json, '[');
    cvg_json_text_string(json, "type");
    cvg_json_text_close(json, ']');
    cvg_json_text_key(json, "properties");
    cvg_json_text_open(json, '{');
    cvg_json_text_key(json, "type");
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "description", cvg_source_fields[0].doc);
    cvg_json_text_key(json, "enum");
    cvg_json_text_open(json, '[');
    for (size_t i = 0; all && all[i]; i++) {
        cvg_json_text_string(json, all[i]->name);
    }
    cvg_json_text_close(json, ']');
    cvg_json_text_close(json, '}');
    cvg_json_text_close(json, '}');
    cvg_json_text_key(json, "allOf");
    cvg_json_text_open(json, '[');
    cvg_json_text_raw(json, "true"); /* allOf may not be empty */
    for (size_t i = 0; all && all[i]; i++) {
        cvg_json_text_open(json, '{');
        cvg_json_text_key(json, "if");
        cvg_json_text_open(json, '{');
        cvg_json_text_key(json, "properties");
        cvg_json_text_open(json, '{');
        cvg_json_text_key(json, "type");
        cvg_json_text_open(json, '{');
        cvg_json_text_pair(json, "const", all[i]->name);
        cvg_json_text_close(json, '}');
        cvg_json_text_close(json, '}');
        cvg_json_text_close(json, '}');
        cvg_json_text_key(json, "then");
        cvg_json_text_open(json, '{');
        put_ref(json, "source_", all[i]->name);
        cvg_json_text_close(json, '}');
        cvg_json_text_close(json, '}');
    }
    cvg_json_text_close(json, ']');
    close_named(json);
}

static void put_checks(struct cvg_json_text *json, const struct cvg_kind *const *all)
{
    open_named(json, "checks");
    if (all && all[0] && !all[1]) {
        put_ref(json, "check_",
                all[0]->name); /* editors say more about one than about any of one */
    } else if (all && all[0]) {
        cvg_json_text_key(json, "anyOf");
        cvg_json_text_open(json, '[');
        for (size_t i = 0; all[i]; i++) {
            cvg_json_text_open(json, '{');
            put_ref(json, "check_", all[i]->name);
            cvg_json_text_close(json, '}');
        }
        cvg_json_text_close(json, ']');
    }
    close_named(json);
}

static void put_kind(struct cvg_json_text *json, const struct cvg_kind *kind)
{
    char name[128];
    const struct cvg_field *tables[CVG_SOURCE_TABLES + 1];
    size_t count = cvg_source_tables(kind, tables);
    tables[count++] = kind->source_fields;
    (void)snprintf(name, sizeof name, "source_%s", kind->name);
    cvg_json_text_key(json, name);
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "description", kind->summary ? kind->summary : kind->name);
    put_object(json, tables, count, false);
    cvg_json_text_close(json, '}');

    const struct cvg_field *check[] = {
        cvg_check_fields, kind->flags & CVG_MODULE_STREAMING ? NULL : cvg_polled_fields,
        kind->check_fields};
    (void)snprintf(name, sizeof name, "check_%s", kind->name);
    cvg_json_text_key(json, name);
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "description", kind->summary ? kind->summary : kind->name);
    put_object(json, check, CVG_COUNT(check), false);
    cvg_json_text_close(json, '}');
}

#define PARTS_MOST 8

/* The same fields, with any map for those that name things. */
static void loosen(const struct cvg_field *fields, struct cvg_field ret[PARTS_MOST])
{
    size_t count = 0;
    for (; fields->name && count + 1 < PARTS_MOST; fields++) {
        ret[count] = *fields;
        ret[count].type = fields->type == CVG_FIELD_NODE ? ANY_MAP : fields->type;
        count++;
    }
    ret[count] = (struct cvg_field){0};
}

static void put_templates(struct cvg_json_text *json)
{
    struct cvg_field loose[PARTS_MOST];
    const struct cvg_field *table = loose;
    loosen(cvg_template_fields, loose);
    open_named(json, "templates");
    put_object(json, &table, 1, false);
    close_named(json);
}

static void put_environments(struct cvg_json_text *json)
{
    struct cvg_field loose[PARTS_MOST];
    const struct cvg_field *from_template = loose, *own = cvg_environment_fields;
    loosen(cvg_environment_fields, loose);
    open_named(json, "environments");
    cvg_json_text_key(json, "if");
    cvg_json_text_raw(json, "{\"required\": [\"template\"]}");
    cvg_json_text_key(json, "then");
    cvg_json_text_open(json, '{');
    put_object(json, &from_template, 1, false);
    cvg_json_text_close(json, '}');
    cvg_json_text_key(json, "else");
    cvg_json_text_open(json, '{');
    put_object(json, &own, 1, false);
    cvg_json_text_close(json, '}');
    close_named(json);
}

static bool is_discovered_by(const struct cvg_field *field)
{
    for (const struct cvg_field *own = cvg_discover_fields; own->name; own++) {
        if (strcmp(own->name, field->name) == 0) {
            return true;
        }
    }
    return false;
}

/* The keys of all types that can be discovered by, which is one as far as is known. */
static void put_discover(struct cvg_json_text *json, const struct cvg_kind *const *all)
{
    open_named(json, "discover");
    for (size_t i = 0; all && all[i]; i++) {
        size_t count = 0, kept = 0;
        if (!(all[i]->flags & CVG_MODULE_DISCOVERS)) {
            continue;
        }
        while (all[i]->check_fields[count].name) {
            count++;
        }
        CVG_CLEANUP(cvg_free_pointer)
        struct cvg_field *fields = cvg_alloc_array(count + 1, sizeof *fields);
        for (size_t k = 0; k < count; k++) {
            if (!is_discovered_by(&all[i]->check_fields[k])) {
                fields[kept++] = all[i]->check_fields[k];
            }
        }
        const struct cvg_field *tables[] = {cvg_discover_fields, fields};
        put_object(json, tables, CVG_COUNT(tables), false);
        break;
    }
    close_named(json);
}

static void put_definitions(struct cvg_json_text *json, const struct cvg_kind *const *all)
{
    const struct cvg_field *gate = cvg_gate_fields;
    put_pattern(json, "duration", "500ms, 15s, 2m, 1h30m, 7d", DURATION);
    put_pattern(json, "size", "512, 64KiB, 8MiB, 1GiB", SIZE);
    cvg_json_text_key(json, "secret");
    cvg_json_text_open(json, '{');
    cvg_json_text_pair(json, "description",
                       "Where a secret is, never the secret itself: file:/path, credential:NAME "
                       "(systemd), env:NAME");
    cvg_json_text_pair(json, "type", "string");
    cvg_json_text_pair(json, "pattern", SECRET);
    cvg_json_text_close(json, '}');
    put_sources(json, all);
    put_templates(json);
    put_environments(json);
    put_discover(json, all);
    put_checks(json, all);
    open_named(json, "gates");
    put_object(json, &gate, 1, true);
    close_named(json);
    for (size_t i = 0; all && all[i]; i++) {
        put_kind(json, all[i]);
    }
}

int cvg_describe_schema(const struct cvg_kinds *kinds, struct cvg_buf *ret)
{
    struct cvg_json_text json = {.out = ret};
    const struct cvg_field *file = cvg_file_fields;
    cvg_json_text_open(&json, '{');
    cvg_json_text_pair(&json, "$schema", SCHEMA);
    cvg_json_text_pair(&json, "title", "Configuration of convergated");
    put_object(&json, &file, 1, true);
    cvg_json_text_key(&json, "$defs");
    cvg_json_text_open(&json, '{');
    put_definitions(&json, kinds->all(kinds->ctx));
    cvg_json_text_close(&json, '}');
    cvg_json_text_close(&json, '}');
    return cvg_buf_putc(ret, '\n');
}
