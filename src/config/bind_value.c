/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One scalar, from its text to a member of a struct. What YAML thinks that the text is plays no
 * part: `yes`, `010` and `1e3` mean what the field's type says, or are refused.
 *
 * A value is never echoed where it may be a secret that was put into the wrong place.
 */
#include "config/bind_value.h"

#include "base/secret.h"
#include "base/text.h"
#include "base/url.h"
#include "config/reference.h"

#include <convergate/number.h>

#include <math.h>
#include <string.h>

void cvg_bind_absent(const struct cvg_field *field, void *member)
{
    switch (field->type) {
    case CVG_FIELD_BOOL:
    case CVG_FIELD_ENUM:
        *(uint32_t *)member = CVG_ABSENT_UINT;
        break;
    case CVG_FIELD_INT:
    case CVG_FIELD_DURATION:
    case CVG_FIELD_SIZE:
        *(int64_t *)member = CVG_ABSENT_INT;
        break;
    case CVG_FIELD_NUMBER:
        *(double *)member = NAN;
        break;
    case CVG_FIELD_LIST:
    case CVG_FIELD_MAP:
        *(struct cvg_list *)member = (struct cvg_list){0};
        break;
    default:
        *(const void **)member = NULL;
    }
}

const char *cvg_bind_choices(struct cvg_arena *arena, const struct cvg_field *field)
{
    struct cvg_buf text CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(4096);
    cvg_buf_puts(&text, "one of ");
    for (size_t i = 0; field->choices && field->choices[i]; i++) {
        cvg_buf_printf(&text, "%s%s", i ? ", " : "", field->choices[i]);
    }
    return cvg_arena_strdup(arena, cvg_buf_text(&text));
}

static const char *wanted(struct cvg_binder *binder, const struct cvg_field *field)
{
    switch (field->type) {
    case CVG_FIELD_BOOL:
        return "true or false";
    case CVG_FIELD_INT:
        return "a whole number";
    case CVG_FIELD_NUMBER:
        return "a number";
    case CVG_FIELD_DURATION:
        return "a duration such as 15s or 1h30m";
    case CVG_FIELD_SIZE:
        return "a size such as 512KiB or 8MiB";
    case CVG_FIELD_ENUM:
        return cvg_bind_choices(binder->arena, field);
    case CVG_FIELD_URL:
        return "an http or https URL";
    case CVG_FIELD_SECRET:
        return "a reference to a secret (file:/path, credential:NAME or env:NAME)";
    default:
        return "text";
    }
}

/* True where the node is a scalar; else says so. */
static bool expect_scalar(struct cvg_binder *binder, const struct cvg_field *field,
                          const struct cvg_node *node)
{
    if (node->kind == CVG_NODE_SCALAR) {
        return true;
    }
    if (node->kind == CVG_NODE_NULL) {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' has no value; it must be %s",
                              field->name, wanted(binder, field));
        return false;
    }
    bool list = node->kind == CVG_NODE_LIST;
    bool text = field->type != CVG_FIELD_BOOL && field->type != CVG_FIELD_SECRET;
    cvg_diagnostics_error(binder->diagnostics, node, "'%s' must be %s, not a %s%s", field->name,
                          wanted(binder, field), list ? "list" : "map",
                          !text  ? ""
                          : list ? "; text that begins with '[' must be quoted"
                                 : "; text that begins with '{' must be quoted");
    return false;
}

static void refuse(struct cvg_binder *binder, const struct cvg_field *field,
                   const struct cvg_node *node, const char *hint)
{
    char shown[CVG_BIND_SHOWN];
    cvg_text_printable(node->text, node->length, shown, sizeof shown);
    cvg_diagnostics_error(binder->diagnostics, node, "'%s' must be %s, not '%s'%s%s", field->name,
                          wanted(binder, field), shown, hint ? "; " : "", hint ? hint : "");
}

static size_t format_bound(const struct cvg_field *field, int64_t value, char *ret, size_t size)
{
    if (field->type == CVG_FIELD_DURATION) {
        return cvg_format_duration(value, ret, size);
    }
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    while (field->type == CVG_FIELD_SIZE && value && value % 1024 == 0 && unit < 3) {
        value /= 1024;
        unit++;
    }
    return (size_t)snprintf(ret, size, "%lld%s", (long long)value, units[unit]);
}

bool cvg_bind_in_range(struct cvg_binder *binder, const struct cvg_field *field,
                       const struct cvg_node *node, int64_t value, const char *what)
{
    bool limited = field->min || field->max;
    /* A smaller max, or the largest there is, means that there is only a min. */
    bool upper = field->max >= field->min && field->max != INT64_MAX;
    if (!limited || (value >= field->min && (!upper || value <= field->max))) {
        return true;
    }
    char min[CVG_NUMBER_TEXT], max[CVG_NUMBER_TEXT], seen[CVG_NUMBER_TEXT];
    format_bound(field, field->min, min, sizeof min);
    format_bound(field, field->max, max, sizeof max);
    format_bound(field, value, seen, sizeof seen);
    const char *verb = *what ? "have" : "be";
    if (upper) {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' must %s from %s to %s%s, not %s",
                              field->name, verb, min, max, what, seen);
    } else {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' must %s at least %s%s, not %s",
                              field->name, verb, min, what, seen);
    }
    return false;
}

const char *cvg_bind_text(struct cvg_binder *binder, const struct cvg_field *field,
                          const struct cvg_node *node)
{
    if (!expect_scalar(binder, field, node)) {
        return NULL;
    }
    if (!strstr(node->text, "${")) {
        return cvg_arena_strndup(binder->arena, node->text, node->length);
    }
    return cvg_reference_expand(binder, field->name, node);
}

static void bind_string(struct cvg_binder *binder, const struct cvg_field *field,
                        const struct cvg_node *node, const char **member)
{
    const char *text = cvg_bind_text(binder, field, node);
    if (!text) {
        return;
    }
    if ((field->flags & CVG_FIELD_NONEMPTY) && text[0] == '\0') {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' must not be empty", field->name);
        return;
    }
    if (cvg_bind_in_range(binder, field, node, (int64_t)strlen(text), " bytes")) {
        *member = text;
    }
}

static void bind_url(struct cvg_binder *binder, const struct cvg_field *field,
                     const struct cvg_node *node, const char **member)
{
    const char *text = cvg_bind_text(binder, field, node);
    struct cvg_url url;
    struct cvg_error error;
    if (!text) {
        return;
    }
    bool unresolved = strstr(text, "${") != NULL;
    if (!unresolved && cvg_url_parse(text, &url, &error) < 0) {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s': %s", field->name, error.text);
        return;
    }
    *member = text;
}

static void bind_secret(struct cvg_binder *binder, const struct cvg_field *field,
                        const struct cvg_node *node, const void **member)
{
    if (!expect_scalar(binder, field, node)) {
        return;
    }
    struct cvg_secret *secret = cvg_arena_alloc(binder->arena, sizeof *secret);
    struct cvg_error error;
    const char *text = cvg_arena_strndup(binder->arena, node->text, node->length);
    if (cvg_secret_parse(text, secret, &error) < 0) {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' %s", field->name, error.text);
        return;
    }
    *member = secret;
}

static void bind_enum(struct cvg_binder *binder, const struct cvg_field *field,
                      const struct cvg_node *node, uint32_t *member)
{
    size_t count = 0;
    for (const struct cvg_field *with = field->members; with && with->name; with++) {
        if (strcmp(with->name, node->text) == 0) {
            cvg_diagnostics_error(binder->diagnostics, node,
                                  "'%s: %s' needs a value: '%s: {%s: %s}'", field->name, with->name,
                                  field->name, with->name, with->example);
            return;
        }
    }
    for (; field->choices && field->choices[count]; count++) {
        if (strcmp(field->choices[count], node->text) == 0) {
            *member = (uint32_t)count;
            return;
        }
    }
    refuse(binder, field, node, cvg_bind_suggest(binder->arena, node->text, field->choices, count));
}

static void bind_bool(struct cvg_binder *binder, const struct cvg_field *field,
                      const struct cvg_node *node, uint32_t *member)
{
    static const char *const on[] = {"yes", "on", "1", "y", "true"};
    static const char *const off[] = {"no", "off", "0", "n", "false"};
    if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0) {
        *member = node->text[0] == 't';
        return;
    }
    const char *hint = NULL;
    for (size_t i = 0; i < CVG_COUNT(on); i++) {
        hint = cvg_text_equal_nocase(node->text, on[i]) ? "write true" : hint;
        hint = cvg_text_equal_nocase(node->text, off[i]) ? "write false" : hint;
    }
    refuse(binder, field, node, hint);
}

static void bind_int(struct cvg_binder *binder, const struct cvg_field *field,
                     const struct cvg_node *node, int64_t *member)
{
    int64_t value;
    const char *hint = NULL;
    int code;
    if (field->type == CVG_FIELD_DURATION) {
        code = cvg_parse_duration(node->text, node->length, &value);
        double number;
        hint = code < 0 && cvg_parse_double(node->text, node->length, &number) == 0
                   ? "a unit is missing (ms, s, m, h, d, w)"
                   : NULL;
    } else if (field->type == CVG_FIELD_SIZE) {
        code = cvg_parse_size(node->text, node->length, &value);
    } else {
        code = cvg_parse_int64(node->text, node->length, &value);
    }
    if (code < 0) {
        refuse(binder, field, node, hint);
    } else if (cvg_bind_in_range(binder, field, node, value, "")) {
        *member = value;
    }
}

static void bind_number(struct cvg_binder *binder, const struct cvg_field *field,
                        const struct cvg_node *node, double *member)
{
    double value;
    if (cvg_parse_double(node->text, node->length, &value) < 0 || !isfinite(value)) {
        refuse(binder, field, node, NULL);
        return;
    }
    *member = value;
}

void cvg_bind_scalar(struct cvg_binder *binder, const struct cvg_field *field,
                     const struct cvg_node *node, void *member)
{
    cvg_bind_absent(field, member);
    switch (field->type) {
    case CVG_FIELD_STRING:
        bind_string(binder, field, node, member);
        return;
    case CVG_FIELD_URL:
        bind_url(binder, field, node, member);
        return;
    case CVG_FIELD_SECRET:
        bind_secret(binder, field, node, member);
        return;
    default:
        break;
    }
    if (!expect_scalar(binder, field, node)) {
        return;
    }
    if (cvg_reference_is(node->text)) {
        cvg_diagnostics_error(binder->diagnostics, node,
                              "'%s' must be %s; a reference can only stand in text", field->name,
                              wanted(binder, field));
        return;
    }
    switch (field->type) {
    case CVG_FIELD_BOOL:
        bind_bool(binder, field, node, member);
        return;
    case CVG_FIELD_ENUM:
        bind_enum(binder, field, node, member);
        return;
    case CVG_FIELD_NUMBER:
        bind_number(binder, field, node, member);
        return;
    default:
        bind_int(binder, field, node, member);
    }
}
