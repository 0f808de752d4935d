/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables nest (a LIST of structs has members of its own). They are taken in passes over a list of
 * tables still to do, not by recursion: a table that contains itself ends at the depth limit.
 */
#include "module/field.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define FIELDS_MOST  256 /* in one table */
#define TABLES_MOST  64  /* of one module's source or check */
#define DEPTH_MOST   8
#define STRUCT_MOST  ((size_t)1 << 20)
/* Until here went the shortest struct cvg_field that we understand. */
#define STRIDE_LEAST offsetof(struct cvg_field, choices)

/* How a type is stored. */
struct shape {
    size_t size, alignment;
};

static const struct shape shapes[] = {
    [CVG_FIELD_STRING] = {sizeof(const char *), _Alignof(const char *)},
    [CVG_FIELD_BOOL] = {sizeof(uint32_t), _Alignof(uint32_t)},
    [CVG_FIELD_INT] = {sizeof(int64_t), _Alignof(int64_t)},
    [CVG_FIELD_NUMBER] = {sizeof(double), _Alignof(double)},
    [CVG_FIELD_DURATION] = {sizeof(int64_t), _Alignof(int64_t)},
    [CVG_FIELD_SIZE] = {sizeof(int64_t), _Alignof(int64_t)},
    [CVG_FIELD_ENUM] = {sizeof(uint32_t), _Alignof(uint32_t)},
    [CVG_FIELD_URL] = {sizeof(const char *), _Alignof(const char *)},
    [CVG_FIELD_SECRET] = {sizeof(const struct cvg_secret *), _Alignof(const struct cvg_secret *)},
    [CVG_FIELD_LIST] = {sizeof(struct cvg_list), _Alignof(struct cvg_list)},
    [CVG_FIELD_MAP] = {sizeof(struct cvg_list), _Alignof(struct cvg_list)},
    [CVG_FIELD_STRUCT] = {sizeof(const void *), _Alignof(const void *)},
};

struct pending {
    const struct cvg_field *from;
    size_t size; /* of the struct that the table fills */
    unsigned depth;
    bool items;                   /* its structs are the items of a list */
    const struct cvg_field **ret; /* where the copy is wanted */
};

struct taking {
    size_t stride;
    struct cvg_arena *arena;
    struct pending tables[TABLES_MOST];
    size_t count;
};

static bool is_key(const char *name)
{
    if (!cvg_text_is_name(name)) {
        return false;
    }
    /* A dot would part a path, as in config_error("tls.ca"). */
    return strchr(name, '.') == NULL;
}

static int check_place(const struct cvg_field *field, size_t struct_size, struct cvg_error *reterr)
{
    const struct shape *shape = &shapes[field->type];
    if (field->offset > struct_size || struct_size - field->offset < shape->size) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "field '%s' lies outside its struct: offset %zu and %zu bytes, of "
                             "%zu",
                             field->name, field->offset, shape->size, struct_size);
    }
    if (field->offset % shape->alignment) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' has the misaligned offset %zu",
                             field->name, field->offset);
    }
    return 0;
}

static int check_parts(const struct cvg_field *field, struct cvg_error *reterr)
{
    bool is_enum = field->type == CVG_FIELD_ENUM;
    if (is_enum && (!field->choices || !field->choices[0])) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' is an enum without choices",
                             field->name);
    }
    if (!is_enum && field->choices) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' has choices but is no enum",
                             field->name);
    }
    bool nests = field->type == CVG_FIELD_STRUCT || field->type == CVG_FIELD_LIST;
    if (field->members && !nests) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "field '%s' has members but is neither a struct nor a list",
                             field->name);
    }
    if (field->type == CVG_FIELD_STRUCT && !field->members) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' is a struct without members",
                             field->name);
    }
    if (field->members && (field->member_size == 0 || field->member_size > STRUCT_MOST)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' has members of %zu bytes",
                             field->name, field->member_size);
    }
    return 0;
}

static int check_field(const struct cvg_field *field, size_t struct_size, struct cvg_error *reterr)
{
    if (!is_key(field->name)) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "a field's name must be 1 to 63 letters, digits, '-' and '_'");
    }
    if (!field->doc || !*field->doc) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' has no documentation", field->name);
    }
    if (field->type == 0 || field->type >= CVG_COUNT(shapes)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' has the unknown type %u",
                             field->name, field->type);
    }
    if ((field->flags & CVG_FIELD_REQUIRED) && field->default_text) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "field '%s' is required and has a default: it can be only one",
                             field->name);
    }
    if (field->min > field->max) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' has a minimum above its maximum",
                             field->name);
    }
    int code = check_place(field, struct_size, reterr);
    return code < 0 ? code : check_parts(field, reterr);
}

static int check_unique(const struct cvg_field *fields, size_t count, struct cvg_error *reterr)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (cvg_text_equal(fields[i].name, fields[k].name)) {
                return cvg_error_set(reterr, CVG_E_INVALID, "field '%s' stands there twice",
                                     fields[i].name);
            }
        }
    }
    return 0;
}

/* The one key of a list's items that may stand there alone, as plain text. */
static int check_shorthand(const struct cvg_field *fields, size_t count, bool items,
                           struct cvg_error *reterr)
{
    const struct cvg_field *plain = NULL, *required = NULL;
    for (size_t i = 0; i < count; i++) {
        bool shorthand = fields[i].flags & CVG_FIELD_SHORTHAND;
        if (shorthand && (!items || fields[i].type != CVG_FIELD_STRING || plain)) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "field '%s' is a shorthand, but is not the one text of a list's "
                                 "items that may be",
                                 fields[i].name);
        }
        if (shorthand) {
            plain = &fields[i];
        } else if (fields[i].flags & CVG_FIELD_REQUIRED) {
            required = &fields[i];
        }
    }
    if (plain && required) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "field '%s' is a shorthand, but cannot stand alone: '%s' is required",
                             plain->name, required->name);
    }
    return 0;
}

static int push(struct taking *taking, struct cvg_field *field, unsigned depth,
                struct cvg_error *reterr)
{
    if (depth > DEPTH_MOST || taking->count == TABLES_MOST) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "field '%s' is nested too deep, or there are too many tables",
                             field->name);
    }
    taking->tables[taking->count++] = (struct pending){
        .from = field->members,
        .size = field->member_size,
        .depth = depth,
        .items = field->type == CVG_FIELD_LIST,
        .ret = &field->members,
    };
    return 0;
}

static const struct cvg_field *at(const struct cvg_field *from, size_t stride, size_t index)
{
    return (const struct cvg_field *)(const void *)((const char *)from + index * stride);
}

static int take_one(struct taking *taking, const struct pending *table, struct cvg_error *reterr)
{
    size_t count = 0;
    while (at(table->from, taking->stride, count)->name) {
        if (++count > FIELDS_MOST) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "a table has over %d fields, or no end (a field without a name)",
                                 FIELDS_MOST);
        }
    }
    struct cvg_field *fields = cvg_arena_alloc(taking->arena, (count + 1) * sizeof *fields);
    for (size_t i = 0; i < count; i++) {
        memcpy(&fields[i], at(table->from, taking->stride, i),
               CVG_MIN(taking->stride, sizeof *fields));
        int code = check_field(&fields[i], table->size, reterr);
        if (code == 0 && fields[i].members) {
            code = push(taking, &fields[i], table->depth + 1, reterr);
        }
        if (code < 0) {
            return code;
        }
    }
    *table->ret = fields;
    int code = check_unique(fields, count, reterr);
    return code < 0 ? code : check_shorthand(fields, count, table->items, reterr);
}

int cvg_field_table_take(const struct cvg_field *from, size_t stride, size_t size,
                         struct cvg_arena *arena, const struct cvg_field **ret,
                         struct cvg_error *reterr)
{
    if (!from) {
        *ret = cvg_arena_alloc(arena, sizeof **ret);
        return 0;
    }
    if (stride < STRIDE_LEAST || stride > 16 * sizeof(struct cvg_field) ||
        stride % _Alignof(struct cvg_field)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "field_size %zu is not a struct cvg_field's",
                             stride);
    }
    if (size > STRUCT_MOST) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the configuration struct has %zu bytes", size);
    }
    struct taking taking = {.stride = stride, .arena = arena};
    taking.tables[taking.count++] = (struct pending){.from = from, .size = size, .ret = ret};
    for (size_t done = 0; done < taking.count; done++) {
        int code = take_one(&taking, &taking.tables[done], reterr);
        if (code < 0) {
            return code;
        }
    }
    return 0;
}
