/* SPDX-License-Identifier: Apache-2.0 */
/* The tables in words: for a terminal, and as the reference page in Markdown. */
#include "config/describe.h"

#include "base/alloc.h"
#include "config/bind.h"
#include "config/fields.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define TERMINAL 79 /* columns */
#define INDENT   6

static const char *type_name(const struct cvg_field *field)
{
    switch (field->type) {
    case CVG_FIELD_BOOL:
        return "true or false";
    case CVG_FIELD_INT:
        return "whole number";
    case CVG_FIELD_NUMBER:
        return "number";
    case CVG_FIELD_DURATION:
        return "duration";
    case CVG_FIELD_SIZE:
        return "size";
    case CVG_FIELD_URL:
        return "URL";
    case CVG_FIELD_SECRET:
        return "secret";
    case CVG_FIELD_LIST:
        return field->members ? "list of maps" : "list of text";
    case CVG_FIELD_MAP:
        return "map of text";
    case CVG_FIELD_STRUCT:
    case CVG_FIELD_NODE:
        return "map";
    default:
        return "text";
    }
}

static void put_choices(struct cvg_buf *out, const struct cvg_field *field)
{
    for (size_t i = 0; field->choices && field->choices[i]; i++) {
        const char *example = NULL;
        for (const struct cvg_field *with = field->members; with && with->name; with++) {
            example = strcmp(with->name, field->choices[i]) == 0 ? with->example : example;
        }
        if (example) {
            cvg_buf_printf(out, "%s{%s: %s}", i ? ", " : "", field->choices[i], example);
        } else {
            cvg_buf_printf(out, "%s%s", i ? ", " : "", field->choices[i]);
        }
    }
}

static void put_number(struct cvg_buf *out, const struct cvg_field *field, int64_t value)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    char text[CVG_NUMBER_TEXT];
    size_t unit = 0;
    if (field->type == CVG_FIELD_DURATION) {
        cvg_format_duration(value, text, sizeof text);
        cvg_buf_puts(out, text);
        return;
    }
    while (field->type == CVG_FIELD_SIZE && value && value % 1024 == 0 && unit < 3) {
        value /= 1024;
        unit++;
    }
    cvg_buf_printf(out, "%lld%s", (long long)value, units[unit]);
}

/* "duration, 1s to 1h", "one of go, wait". */
static void put_type(struct cvg_buf *out, const struct cvg_field *field)
{
    if (field->type == CVG_FIELD_ENUM) {
        put_choices(out, field);
        return;
    }
    const struct cvg_field *plain =
        field->type == CVG_FIELD_LIST ? cvg_bind_shorthand(field) : NULL;
    cvg_buf_puts(out, type_name(field));
    if (plain) {
        cvg_buf_printf(out, ", or of text (%s)", plain->name);
    }
    bool number = field->type == CVG_FIELD_INT || field->type == CVG_FIELD_DURATION ||
                  field->type == CVG_FIELD_SIZE;
    if (number && (field->min || field->max)) {
        bool upper = field->max >= field->min && field->max != INT64_MAX;
        cvg_buf_puts(out, upper ? ", " : ", at least ");
        put_number(out, field, field->min);
        if (upper) {
            cvg_buf_puts(out, " to ");
            put_number(out, field, field->max);
        }
    }
}

/* "{}" and the like say nothing to a reader: the keys below have their own. */
static const char *shown_default(const struct cvg_field *field)
{
    return field->type == CVG_FIELD_STRUCT ? NULL : field->default_text;
}

static bool has_keys_below(const struct cvg_field *field)
{
    return field->members && (field->type == CVG_FIELD_STRUCT || field->type == CVG_FIELD_LIST ||
                              field->type == CVG_FIELD_NODE);
}

/* What stands between a key and those below it. */
static const char *suffix(const struct cvg_field *field)
{
    if (field->type == CVG_FIELD_LIST) {
        return "[]";
    }
    return field->type == CVG_FIELD_NODE ? ".NAME" : "";
}

/* ---- terminal ---- */

static void put_wrapped(struct cvg_buf *out, const char *text, size_t indent)
{
    size_t column = 0;
    while (*text) {
        size_t word = strcspn(text, " \n");
        if (column && column + 1 + word > TERMINAL) {
            cvg_buf_putc(out, '\n');
            column = 0;
        }
        if (column == 0) {
            cvg_buf_printf(out, "%*s", (int)indent, "");
            column = indent;
        } else {
            cvg_buf_putc(out, ' ');
            column++;
        }
        cvg_buf_add(out, text, word);
        column += word;
        text += word;
        text += strspn(text, " \n");
    }
    cvg_buf_putc(out, '\n');
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables of fields */
static void put_table(struct cvg_buf *out, const struct cvg_field *fields, const char *prefix)
{
    for (const struct cvg_field *field = fields; field && field->name; field++) {
        cvg_buf_printf(out, "  %s%s (", prefix, field->name);
        put_type(out, field);
        if (field->flags & CVG_FIELD_REQUIRED) {
            cvg_buf_puts(out, "; required");
        }
        if (field->flags & CVG_FIELD_DEPRECATED) {
            cvg_buf_puts(out, "; deprecated");
        }
        if (shown_default(field)) {
            cvg_buf_printf(out, "; default %s", field->default_text);
        }
        cvg_buf_puts(out, ")\n");
        put_wrapped(out, field->doc ? field->doc : "", INDENT);
        if (field->example) {
            cvg_buf_printf(out, "%*sexample: %s: %s\n", INDENT, "", field->name, field->example);
        }
        if (has_keys_below(field)) {
            char *below CVG_CLEANUP(cvg_free_pointer) =
                cvg_format("%s%s%s.", prefix, field->name, suffix(field));
            put_table(out, field->members, below);
        }
    }
}

int cvg_describe_kind(const struct cvg_kind *kind, struct cvg_buf *ret)
{
    bool streaming = kind->flags & CVG_MODULE_STREAMING;
    const struct cvg_field *tables[CVG_SOURCE_TABLES];
    size_t count = cvg_source_tables(kind, tables);
    cvg_buf_printf(ret, "%s %s: %s\n", kind->name, kind->version ? kind->version : "",
                   kind->summary ? kind->summary : "");
    cvg_buf_printf(ret,
                   "\nIts checks are on the %s plane, are %s, and a failed one makes a gate %s.\n",
                   kind->plane == CVG_DECLARED ? "declared" : "observed",
                   streaming ? "told of changes" : "asked at an interval",
                   kind->on_failed == CVG_ON_FAILED_HALT ? "halt" : "wait");
    cvg_buf_puts(ret, "\nKeys of a check:\n");
    put_table(ret, kind->check_fields, "");
    cvg_buf_puts(ret, "\nKeys of every check:\n");
    put_table(ret, cvg_check_fields, "");
    put_table(ret, streaming ? NULL : cvg_polled_fields, "");
    cvg_buf_puts(ret, "\nKeys of a source:\n");
    put_table(ret, kind->source_fields, "");
    for (size_t i = 0; i < count; i++) {
        put_table(ret, tables[i], "");
    }
    return ret->overflow ? -1 : 0;
}

/* ---- the reference page ---- */

/* In a table's cell a '|' would begin the next one. */
static void put_cell(struct cvg_buf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '|') {
            cvg_buf_putc(out, '\\');
        }
        cvg_buf_putc(out, *c == '\n' ? ' ' : *c);
    }
}

static void put_code_cell(struct cvg_buf *out, const char *text)
{
    cvg_buf_putc(out, '`');
    put_cell(out, text);
    cvg_buf_putc(out, '`');
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables of fields */
static void put_rows(struct cvg_buf *out, const struct cvg_field *fields, const char *prefix)
{
    for (const struct cvg_field *field = fields; field && field->name; field++) {
        struct cvg_buf type CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(4096);
        put_type(&type, field);
        cvg_buf_printf(out, "| `%s%s` | ", prefix, field->name);
        put_cell(out, cvg_buf_text(&type));
        cvg_buf_puts(out, " | ");
        if (field->flags & CVG_FIELD_REQUIRED) {
            cvg_buf_puts(out, "required");
        } else if (shown_default(field)) {
            put_code_cell(out, field->default_text);
        }
        cvg_buf_puts(out, " | ");
        put_cell(out, field->flags & CVG_FIELD_DEPRECATED ? "Deprecated. " : "");
        put_cell(out, field->doc ? field->doc : "");
        if (field->example) {
            cvg_buf_puts(out, " Example: ");
            put_code_cell(out, field->example);
        }
        cvg_buf_puts(out, " |\n");
        if (has_keys_below(field)) {
            char *below CVG_CLEANUP(cvg_free_pointer) =
                cvg_format("%s%s%s.", prefix, field->name, suffix(field));
            put_rows(out, field->members, below);
        }
    }
}

static void put_section(struct cvg_buf *out, const char *title, const char *text,
                        const struct cvg_field *first, const struct cvg_field *second)
{
    cvg_buf_printf(out, "\n%s\n\n", title);
    if (text) {
        cvg_buf_printf(out, "%s\n\n", text);
    }
    if (!(first && first->name) && !(second && second->name)) {
        cvg_buf_puts(out, "None of its own.\n");
        return;
    }
    cvg_buf_puts(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    put_rows(out, first, "");
    put_rows(out, second, "");
}

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "This page is printed by `convergated --print-reference`, from the same tables that check a\n"
    "configuration. `convergated --check -c FILE` reports all mistakes at once, each with its "
    "line\n"
    "and column; `convergated --print-schema` prints a JSON Schema for editors.\n"
    "\n"
    "The configuration is one YAML file, and every `*.yaml` in `conf.d` beside it, in the order "
    "of\n"
    "their names. The files' `sources`, `templates`, `environments` and `discover` are put "
    "together; a name, "
    "or any other key,\n"
    "can stand in one file only. Anchors, aliases and tags are not supported. An unknown key is "
    "an\n"
    "error.\n"
    "\n"
    "| value | written as |\n"
    "|---|---|\n"
    "| duration | `500ms`, `15s`, `2m`, `1h30m`, `7d`, `2w` |\n"
    "| size | `512`, `64KiB`, `8MiB`, `1GiB` (also `KB`, `MB`, `GB`: powers of 1000) |\n"
    "| secret | where it is, never the secret itself: `file:/path`, `credential:NAME` (systemd), "
    "`env:NAME`; read again on each use |\n"
    "| name | 1 to 63 letters, digits, `-`, `_`, `.`, beginning with a letter or digit |\n"
    "| list | `[a, b]`; a single value is a list of one |\n"
    "\n"
    "Text that begins with one of `> | ! & * { [ % @` or a backtick, or contains `: ` or ` #`, "
    "must be\n"
    "quoted: `ready: \">= 3\"`.\n"
    "\n"
    "A check's own keys can refer to facts that other checks of the environment found:\n"
    "`\"${checks.network.facts.outputs.lb_hostname}\"`. Until the fact is known, the check is "
    "unknown\n"
    "(`InputMissing`). `$${` stands for a plain `${`.\n";

static void put_kind(struct cvg_buf *out, const struct cvg_kind *kind)
{
    bool via = kind->flags & CVG_MODULE_VIA;
    bool optional = kind->flags & CVG_MODULE_ENDPOINT_OPTIONAL;
    bool endpoint = optional || (kind->flags & CVG_MODULE_ENDPOINT);
    cvg_buf_printf(out,
                   "\n## Type `%s`\n\n%s. Its checks are on the %s plane, are %s; while one is "
                   "failed a gate says %s, where `on_failed` says nothing else.\n",
                   kind->name, kind->summary ? kind->summary : kind->name,
                   kind->plane == CVG_DECLARED ? "declared" : "observed",
                   kind->flags & CVG_MODULE_STREAMING ? "told of changes and not asked"
                                                      : "asked at an interval",
                   kind->on_failed == CVG_ON_FAILED_HALT ? "halt" : "wait");
    if (endpoint) {
        cvg_buf_printf(out, "\nIts sources have the keys of a connection (`url` is %s)%s.\n",
                       optional ? "optional"
                       : via    ? "required where `via` is not given"
                                : "required",
                       via ? ", or `via`" : "");
    } else if (via) {
        cvg_buf_puts(out, "\nIts sources have no connection of their own; they can have `via`.\n");
    }
    put_section(out, "### Its sources", NULL, kind->source_fields, NULL);
    put_section(out, "### Its checks", NULL, kind->check_fields, NULL);
}

int cvg_describe_reference(const struct cvg_kinds *kinds, struct cvg_buf *ret)
{
    const struct cvg_kind *const *all = kinds->all(kinds->ctx);
    cvg_buf_puts(ret, introduction);
    put_section(ret, "## The file", NULL, cvg_file_fields, NULL);
    put_section(ret, "## Sources",
                "`sources` maps names to connections. Every source has:", cvg_source_fields,
                cvg_via_fields);
    put_section(
        ret, "## Connections",
        "Sources of types that connect by HTTP have these keys; `via` takes their place where "
        "a type knows it.",
        cvg_endpoint_fields, NULL);
    put_section(ret, "## Templates", "`templates` maps names to what environments have alike.",
                cvg_template_fields, NULL);
    put_section(ret, "## Environments", "`environments` maps names to what a rollout targets.",
                cvg_environment_fields, NULL);
    put_section(ret, "## Discovery",
                "`discover` maps names to what makes environments of the objects of a source, and "
                "lets them go. Beside these keys stand those of a check of the source's type that "
                "say which objects.",
                cvg_discover_fields, NULL);
    put_section(
        ret, "## Checks",
        "Every check has these keys, and those of its source's type. `interval` and `timeout` "
        "are only for types that are asked.",
        cvg_check_fields, cvg_polled_fields);
    put_section(
        ret, "## Gates",
        "A gate says `go` when every check that it looks at is ready. `deploy: {}` looks at "
        "all required checks.",
        cvg_gate_fields, NULL);
    for (size_t i = 0; all && all[i]; i++) {
        put_kind(ret, all[i]);
    }
    return ret->overflow ? -1 : 0;
}
