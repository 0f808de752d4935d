/* SPDX-License-Identifier: Apache-2.0 */
/* One comparison for each way in which a field is stored. */
#include "config/equal.h"

#include "base/secret.h"
#include "base/text.h"
#include "config/bind.h"

#include <math.h>
#include <string.h>

/* NOLINTBEGIN(misc-no-recursion): as deep as a table, or a tree, which is CVG_TREE_DEPTH */

static bool same_secret(const struct cvg_secret *a, const struct cvg_secret *b)
{
    if (!a || !b) {
        return a == b;
    }
    return a->kind == b->kind && cvg_text_equal(a->name, b->name);
}

static const char *pair_value(const struct cvg_list *pairs, const char *name)
{
    const struct cvg_pair *items = pairs->items;
    for (size_t i = 0; i < pairs->count; i++) {
        if (cvg_text_equal(items[i].name, name)) {
            return items[i].value;
        }
    }
    return NULL;
}

/* Names are unique in each. */
static bool same_pairs(const struct cvg_list *a, const struct cvg_list *b)
{
    const struct cvg_pair *items = a->items;
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        const char *value = pair_value(b, items[i].name);
        if (!value || !cvg_text_equal(items[i].value, value)) {
            return false;
        }
    }
    return true;
}

static bool same_list(const struct cvg_field *field, const struct cvg_list *a,
                      const struct cvg_list *b)
{
    if (a->count != b->count) {
        return false;
    }
    const char *const *left = a->items;
    const char *const *right = b->items;
    for (size_t i = 0; i < a->count; i++) {
        bool same =
            field->members
                ? cvg_fields_equal(field->members, (const char *)a->items + i * field->member_size,
                                   (const char *)b->items + i * field->member_size)
                : cvg_text_equal(left[i], right[i]);
        if (!same) {
            return false;
        }
    }
    return true;
}

static bool same_struct(const struct cvg_field *field, const void *a, const void *b)
{
    return a && b ? cvg_fields_equal(field->members, a, b) : a == b;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_member(const struct cvg_field *field, const void *a, const void *b)
{
    switch (field->type) {
    case CVG_FIELD_BOOL:
        return *(const uint32_t *)a == *(const uint32_t *)b;
    case CVG_FIELD_INT:
    case CVG_FIELD_DURATION:
    case CVG_FIELD_SIZE:
        return *(const int64_t *)a == *(const int64_t *)b;
    case CVG_FIELD_NUMBER:
        return same_number(*(const double *)a, *(const double *)b);
    case CVG_FIELD_ENUM:
        return *(const uint32_t *)a == *(const uint32_t *)b;
    case CVG_FIELD_STRING:
    case CVG_FIELD_URL:
        return cvg_text_equal(*(const char *const *)a, *(const char *const *)b);
    case CVG_FIELD_SECRET:
        return same_secret(*(const struct cvg_secret *const *)a,
                           *(const struct cvg_secret *const *)b);
    case CVG_FIELD_LIST:
        return same_list(field, a, b);
    case CVG_FIELD_MAP:
        return same_pairs(a, b);
    case CVG_FIELD_STRUCT:
        return same_struct(field, *(const void *const *)a, *(const void *const *)b);
    case CVG_FIELD_NODE:
        return cvg_node_equal(*(const struct cvg_node *const *)a,
                              *(const struct cvg_node *const *)b);
    default:
        return false; /* a type that nobody knows cannot be told to be the same */
    }
}

bool cvg_fields_equal(const struct cvg_field *fields, const void *a, const void *b)
{
    for (const struct cvg_field *field = fields; field && field->name; field++) {
        const char *left = (const char *)a + field->offset;
        const char *right = (const char *)b + field->offset;
        if (!same_member(field, left, right)) {
            return false;
        }
        /* The values of an ENUM's choices stand in the same struct. */
        if (field->type == CVG_FIELD_ENUM && field->members &&
            !cvg_fields_equal(field->members, a, b)) {
            return false;
        }
    }
    return true;
}

static bool same_items(const struct cvg_node *a, const struct cvg_node *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct cvg_node *other =
            a->kind == CVG_NODE_MAP ? cvg_node_get(b, a->keys[i]->text) : b->items[i];
        if (!other || !cvg_node_equal(a->items[i], other)) {
            return false;
        }
    }
    return true;
}

bool cvg_node_equal(const struct cvg_node *a, const struct cvg_node *b)
{
    if (!a || !b || a->kind != b->kind) {
        return a == b;
    }
    if (a->kind == CVG_NODE_SCALAR) {
        return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
    }
    return a->count == b->count && same_items(a, b);
}

/* NOLINTEND(misc-no-recursion) */
