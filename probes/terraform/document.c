/* SPDX-License-Identifier: Apache-2.0 */
/* Fields, places and refusals; see document.h. */
#include "document.h"

#include <stdio.h>
#include <string.h>

/* Attributes of large resources (firewall rules within rules) are deeper than the SDK's default, and
 * files are kept whole in them; numbers are written in full (1e-300 has 302 digits). */
#define DEPTH_MOST  256
#define STRING_MOST ((size_t)16 << 20)
#define NUMBER_MOST 1024

static int refuse_bytes(struct cvg_tf_document *document, enum cvg_tf_refusal_kind kind)
{
    document->refusal->kind = kind;
    document->refusal->where[0] = '\0';
    return -1;
}

static int begins(const struct cvg_tf_document *document, const char *bytes, size_t length)
{
    return document->length >= length && memcmp(document->text, bytes, length) == 0;
}

/* What people serve by mistake, told by its first bytes: 0 where none of it is. */
static int check_magic(struct cvg_tf_document *document)
{
    static const struct {
        const char *bytes;
        size_t length;
        enum cvg_tf_refusal_kind kind;
    } magic[] = {
        {"\x1f\x8b", 2, CVG_TF_COMPRESSED},                 /* gzip */
        {"PK\x03\x04", 4, CVG_TF_COMPRESSED},               /* zip: a binary plan */
        {"\x28\xb5\x2f\xfd", 4, CVG_TF_COMPRESSED},         /* zstd */
        {"\xfd\x37\x7a\x58\x5a\x00", 6, CVG_TF_COMPRESSED}, /* xz */
        {"BZh", 3, CVG_TF_COMPRESSED},
        {"\xef\xbb\xbf", 3, CVG_TF_NOT_UTF8}, /* byte order marks */
        {"\xff\xfe", 2, CVG_TF_NOT_UTF8},
        {"\xfe\xff", 2, CVG_TF_NOT_UTF8},
        {"{\0", 2, CVG_TF_NOT_UTF8}, /* UTF-16 without one */
        {"\0{", 2, CVG_TF_NOT_UTF8},
    };

    for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++) {
        if (begins(document, magic[i].bytes, magic[i].length)) {
            return refuse_bytes(document, magic[i].kind);
        }
    }
    return 0;
}

/* Nothing but white space is an empty document. So are NULs alone: a file system that was stopped while it
 * wrote knows the size and has none of the content. */
static int check_beginning(struct cvg_tf_document *document)
{
    size_t at = 0;
    int is_nul = document->length > 0 && document->text[0] == '\0';
    while (at < document->length &&
           (is_nul ? document->text[at] == '\0'
                   : document->text[at] == ' ' ||
                         (document->text[at] >= '\t' && document->text[at] <= '\r'))) {
        at++;
    }
    if (at == document->length) {
        return refuse_bytes(document, CVG_TF_EMPTY);
    }
    /* "<<<<<<<" begins a merge conflict. */
    if (document->text[at] == '<' && document->length - at > 1 && document->text[at + 1] != '<') {
        return refuse_bytes(document, CVG_TF_HTML);
    }
    return check_magic(document);
}

int cvg_tf_document_open(struct cvg_tf_document *document, const char *text, size_t length,
                         struct cvg_kit_arena *arena, struct cvg_tf_refusal *ret_refusal)
{
    static const struct cvg_json_limits limits = {
        .depth = DEPTH_MOST,
        .string_length = STRING_MOST,
        .number_length = NUMBER_MOST,
    };
    *document = (struct cvg_tf_document){
        .text = text, .length = length, .arena = arena, .refusal = ret_refusal};
    *ret_refusal = (struct cvg_tf_refusal){.kind = CVG_TF_FINE};
    if (check_beginning(document) < 0) {
        return -1;
    }
    document->json = cvg_json_new(text, length, &limits);
    return document->json == NULL ? refuse_bytes(document, CVG_TF_TOO_LARGE) : 0;
}

void cvg_tf_document_close(struct cvg_tf_document *document)
{
    cvg_json_free(document->json);
    document->json = NULL;
}

int cvg_tf_document_begin(struct cvg_tf_document *document)
{
    enum cvg_json_token token = cvg_json_next(document->json);
    if (token == CVG_JSON_ERROR) {
        return cvg_tf_refuse_json(document);
    }
    return token == CVG_JSON_OBJECT ? 0 : cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

int cvg_tf_document_end(struct cvg_tf_document *document)
{
    return cvg_json_next(document->json) == CVG_JSON_DONE ? 0 : cvg_tf_refuse_json(document);
}

/* ---- objects and lists -------------------------------------------------------------------- */

static void enter(struct cvg_tf_document *document, const char *name)
{
    size_t depth = cvg_json_depth(document->json);
    if (depth > 0 && depth <= CVG_TF_PATH_MOST) {
        document->path[depth - 1].name = name;
        document->path[depth - 1].number = SIZE_MAX;
    }
}

struct cvg_tf_object cvg_tf_object_begin(struct cvg_tf_document *document,
                                         const struct cvg_tf_field *fields)
{
    struct cvg_tf_object object = {.fields = fields};
    while (fields[object.count].name != NULL) {
        object.count++;
    }
    enter(document, "");
    return object;
}

/* One letter of a key, folded as the tool's reader does it: besides ASCII, two letters of Unicode fold
 * to an "s" and a "k". */
static size_t fold(const char *at, char *ret)
{
    if (strncmp(at, "\xc5\xbf", 2) == 0) {
        *ret = 's';
        return 2;
    }
    if (strncmp(at, "\xe2\x84\xaa", 3) == 0) {
        *ret = 'k';
        return 3;
    }
    *ret = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    return 1;
}

static int is_other_case(const char *key, size_t length, const char *name)
{
    const char *end = key + length;
    char letter = '\0';
    while (key < end && *name != '\0') {
        key += fold(key, &letter);
        if (letter != *name) {
            return 0;
        }
        name++;
    }
    return key == end && *name == '\0';
}

/* The field at the key at hand; count: none; -1: one in another case. */
static int find_field(const struct cvg_tf_document *document, const struct cvg_tf_object *object)
{
    for (uint32_t i = 0; i < object->count; i++) {
        uint32_t at =
            object->next + i < object->count ? object->next + i : object->next + i - object->count;
        if (cvg_json_is(document->json, object->fields[at].name)) {
            return (int)at;
        }
    }
    size_t length = 0;
    const char *key = cvg_json_text(document->json, &length);
    for (uint32_t i = 0; i < object->count; i++) {
        if (is_other_case(key, length, object->fields[i].name)) {
            return -1;
        }
    }
    return (int)object->count;
}

static int end_object(struct cvg_tf_document *document, const struct cvg_tf_object *object)
{
    for (uint32_t i = 0; i < object->count; i++) {
        if (object->fields[i].required && !(object->seen & 1u << i)) {
            return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, object->fields[i].name);
        }
    }
    return CVG_TF_END;
}

int cvg_tf_object_next(struct cvg_tf_document *document, struct cvg_tf_object *object)
{
    for (;;) {
        enum cvg_json_token token = cvg_json_next(document->json);
        if (token == CVG_JSON_END) {
            return end_object(document, object);
        }
        if (token != CVG_JSON_KEY) {
            return cvg_tf_refuse_json(document);
        }
        int field = find_field(document, object);
        if (field < 0) {
            enter(document, "");
            return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, ": a field in another case");
        }
        if (field < (int)object->count) {
            enter(document, object->fields[field].name);
            object->next = (uint32_t)field + 1;
            object->seen |= 1u << field;
            return cvg_tf_map_value(document, object->fields[field].kinds) < 0 ? -1 : field;
        }
        enter(document, "");
        if (cvg_json_skip(document->json) < 0) {
            return cvg_tf_refuse_json(document);
        }
    }
}

void cvg_tf_list_begin(struct cvg_tf_document *document)
{
    enter(document, NULL);
}

static void count(struct cvg_tf_document *document, size_t depth)
{
    if (depth <= CVG_TF_PATH_MOST) {
        document->path[depth - 1].number++;
    }
}

/* 0: it is of the kinds. */
static int check_kind(struct cvg_tf_document *document, enum cvg_json_token token, uint32_t kinds)
{
    if (token == CVG_JSON_ERROR) {
        return cvg_tf_refuse_json(document);
    }
    return kinds & 1u << token ? 0 : cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

int cvg_tf_list_next(struct cvg_tf_document *document, uint32_t kinds)
{
    count(document, cvg_json_depth(document->json));
    enum cvg_json_token token = cvg_json_next(document->json);
    if (token == CVG_JSON_END) {
        return 0;
    }
    return check_kind(document, token, kinds) < 0 ? -1 : 1;
}

int cvg_tf_map_next(struct cvg_tf_document *document)
{
    count(document, cvg_json_depth(document->json));
    enum cvg_json_token token = cvg_json_next(document->json);
    if (token == CVG_JSON_END) {
        return 0;
    }
    return token == CVG_JSON_KEY ? 1 : cvg_tf_refuse_json(document);
}

int cvg_tf_map_value(struct cvg_tf_document *document, uint32_t kinds)
{
    return check_kind(document, cvg_json_next(document->json), kinds);
}

int cvg_tf_skip(struct cvg_tf_document *document)
{
    return cvg_json_skip(document->json) < 0 ? cvg_tf_refuse_json(document) : 0;
}

const char *cvg_tf_text(struct cvg_tf_document *document)
{
    size_t length = 0;
    const char *text = cvg_json_text(document->json, &length);
    if (length > CVG_TF_NAME_MOST) {
        (void)cvg_tf_refuse(document, CVG_TF_TOO_LARGE, NULL);
        return NULL;
    }
    if (strlen(text) != length) {
        (void)cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
        return NULL;
    }
    if (length == 0) {
        return "";
    }
    const char *copy = cvg_kit_arena_text(document->arena, text, length);
    if (copy == NULL) {
        (void)cvg_tf_refuse_size(document);
    }
    return copy;
}

const char *cvg_tf_format_read(struct cvg_tf_document *document)
{
    const char *text = cvg_tf_text(document);
    if (text == NULL) {
        return NULL;
    }
    size_t major = strspn(text, "0123456789");
    size_t minor = text[major] == '.' ? strspn(text + major + 1, "0123456789") : 0;
    if (minor == 0 || text[major + 1 + minor] != '\0' || major == 0) {
        (void)cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
        return NULL;
    }
    if (major != 1 || text[0] > '1') {
        (void)cvg_tf_refuse(document, CVG_TF_VERSION, NULL);
        return NULL;
    }
    return text;
}

int cvg_tf_is(const struct cvg_tf_document *document, const char *text)
{
    return cvg_json_is(document->json, text);
}

/* ---- refusals ----------------------------------------------------------------------------- */

int cvg_tf_refuse(struct cvg_tf_document *document, enum cvg_tf_refusal_kind kind,
                  const char *field)
{
    enum cvg_json_token token = cvg_json_current(document->json);
    size_t depth = cvg_json_depth(document->json);
    char *where = document->refusal->where;
    size_t size = sizeof(document->refusal->where), used = 0;

    /* A container's own slot says nothing before something in it was read. */
    depth -= (token == CVG_JSON_OBJECT || token == CVG_JSON_ARRAY) && field == NULL;
    depth = depth > CVG_TF_PATH_MOST ? CVG_TF_PATH_MOST : depth;
    where[0] = '\0';
    for (size_t i = 0; i <= depth && used < size; i++) {
        const char *name = i < depth ? document->path[i].name : field;
        int length = 0;
        if (i < depth && name == NULL) {
            length = snprintf(where + used, size - used, "[%zu]", document->path[i].number);
        } else if (name != NULL && name[0] != '\0') {
            length = snprintf(where + used, size - used, "%s%s",
                              used > 0 && name[0] != ':' ? "." : "", name);
        }
        used += length > 0 ? (size_t)length : 0;
    }
    document->refusal->kind = kind;
    return -1;
}

int cvg_tf_refuse_json(struct cvg_tf_document *document)
{
    static const enum cvg_tf_refusal_kind kinds[] = {
        [CVG_JSON_FINE] = CVG_TF_NOT_JSON,           [CVG_JSON_CUT] = CVG_TF_TORN,
        [CVG_JSON_SYNTAX] = CVG_TF_NOT_JSON,         [CVG_JSON_NOT_UTF8] = CVG_TF_NOT_UTF8,
        [CVG_JSON_DUPLICATE] = CVG_TF_DUPLICATE_KEY, [CVG_JSON_OVER_LIMIT] = CVG_TF_TOO_LARGE,
        [CVG_JSON_NO_MEMORY] = CVG_TF_TOO_LARGE,
    };

    document->refusal->kind = kinds[cvg_json_fault(document->json)];
    (void)snprintf(document->refusal->where, sizeof(document->refusal->where), "%s",
                   cvg_json_error(document->json));
    return -1;
}

int cvg_tf_refuse_size(struct cvg_tf_document *document)
{
    return cvg_tf_refuse(document, CVG_TF_TOO_LARGE, NULL);
}
