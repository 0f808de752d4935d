/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as the tool writes them; Terraform's internal/addrs. */
#include "kit/text.h"
#include "state_inner.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define INDEX_MOST (INT64_C(1) << 53) /* beyond it the tool's own reader rounds */

/* A character that is shown as it is: neither a control character of ASCII nor of Latin 1. */
static int is_plain(const unsigned char *at)
{
    return at[0] >= 0x20 && at[0] != 0x7f && !(at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0);
}

/* How the byte at `at` is written in quotes; NULL: as it is. */
static const char *escape_of(const char *at)
{
    switch (*at) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '$':
        return at[1] == '{' ? "$$" : NULL;
    case '%':
        return at[1] == '{' ? "%%" : NULL;
    default:
        return NULL;
    }
}

/* [key] quoted, into room for six bytes for each of the key and five more. */
static size_t quote(const char *key, size_t length, char *room)
{
    const char *end = key + length;
    size_t used = 0;
    room[used++] = '[';
    room[used++] = '"';
    for (const char *at = key; at < end; at++) {
        const char *escape = escape_of(at);
        if (escape != NULL) {
            memcpy(room + used, escape, 2);
            used += 2;
        } else if (!is_plain((const unsigned char *)at)) {
            unsigned code = (unsigned char)*at == 0xc2 ? (unsigned char)*++at : (unsigned char)*at;
            used += (size_t)snprintf(room + used, 7, "\\u%04x", code);
        } else {
            room[used++] = *at;
        }
    }
    room[used++] = '"';
    room[used++] = ']';
    return used;
}

static const char *refuse_index(struct cvg_tf_document *document, enum cvg_tf_refusal_kind kind)
{
    (void)cvg_tf_refuse(document, kind, NULL);
    return NULL;
}

const char *cvg_tf_index(struct cvg_tf_document *document)
{
    size_t length = 0;
    const char *text = cvg_json_text(document->json, &length);
    if (length > CVG_TF_NAME_MOST) {
        return refuse_index(document, CVG_TF_TOO_LARGE);
    }
    char room[6 * 64 + 5];
    int64_t number = 0;
    if (cvg_json_current(document->json) == CVG_JSON_NUMBER) {
        if (cvg_parse_int64(text, length, &number) < 0 || number < 0 || number > INDEX_MOST ||
            text[0] == '-') {
            return refuse_index(document, CVG_TF_BAD_CONTENT);
        }
        length = (size_t)snprintf(room, sizeof(room), "[%s]", text);
    } else if (length > 64) {
        char *large = cvg_kit_arena_raw(document->arena, 6 * length + 5);
        if (large == NULL) {
            return refuse_index(document, CVG_TF_TOO_LARGE);
        }
        large[quote(text, length, large)] = '\0';
        return large;
    } else {
        length = quote(text, length, room);
    }
    const char *copy = cvg_kit_arena_text(document->arena, room, length);
    return copy != NULL ? copy : refuse_index(document, CVG_TF_TOO_LARGE);
}

/* ---- what an address looks like ------------------------------------------------------------ */

static int is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || (unsigned char)c >= 0x80;
}

/* Behind the name at `at`; NULL: there is none. */
static const char *pass_name(const char *at)
{
    const char *from = at;
    while (is_name_byte(*at)) {
        at++;
    }
    return at > from ? at : NULL;
}

/* Behind "..." in quotes, with its escapes; NULL: it does not end. */
static const char *pass_quoted(const char *at)
{
    if (*at != '"') {
        return NULL;
    }
    for (at++; *at != '"'; at++) {
        at += *at == '\\' && at[1] != '\0';
        if (*at == '\0') {
            return NULL;
        }
    }
    return at + 1;
}

/* Behind [0] or ["key"], or where there is none at `at` itself; NULL: broken. */
static const char *pass_index(const char *at)
{
    if (*at != '[') {
        return at;
    }
    at++;
    if (*at == '"') {
        at = pass_quoted(at);
    } else {
        size_t digits = strspn(at, "0123456789");
        at = digits > 0 ? at + digits : NULL;
    }
    return at != NULL && *at == ']' ? at + 1 : NULL;
}

/* Behind all modules at the beginning, and the dot that follows them if any; NULL: broken. */
static const char *pass_modules(const char *at)
{
    while (strncmp(at, "module.", 7) == 0) {
        at = pass_name(at + 7);
        at = at == NULL ? NULL : pass_index(at);
        if (at == NULL || *at == '\0') {
            return at;
        }
        if (*at != '.' || at[1] == '\0') {
            return NULL;
        }
        at++;
    }
    return at;
}

int cvg_tf_is_module(const char *address)
{
    const char *end = address[0] == '\0' ? NULL : pass_modules(address);
    return end != NULL && *end == '\0' && end > address && end[-1] != '.';
}

int cvg_tf_is_provider(const char *address)
{
    const char *at = pass_modules(address);
    if (at == NULL || strncmp(at, "provider", 8) != 0) {
        return 0;
    }
    at += 8;
    if (*at == '[') {
        at = pass_quoted(at + 1);
        if (at == NULL || *at++ != ']') {
            return 0;
        }
    } else {
        at = *at == '.' ? pass_name(at + 1) : NULL;
    }
    if (at != NULL && *at == '.') {
        at = pass_name(at + 1);
    }
    /* OpenTofu's, which an instance has for itself. */
    at = at == NULL ? NULL : pass_index(at);
    return at != NULL && *at == '\0';
}

void cvg_tf_address(const struct cvg_tf_resource *resource, const struct cvg_tf_instance *instance,
                    char *room, size_t size)
{
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, room, size);
    cvg_kit_text_format(&text, "%s%s%s%s.%s%s", resource->module,
                        resource->module[0] != '\0' ? "." : "", resource->is_data ? "data." : "",
                        resource->type, resource->name, instance != NULL ? instance->index : "");
}
