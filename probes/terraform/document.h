/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reading of a document of infrastructure code: the SDK's reader, the place in the document as
 * people name it, and the first thing that is wrong. Each object of the format is a table of
 * fields; what a table does not know is checked as JSON and left alone, except a key that is one of
 * its fields in another case: the tool's own reader takes that one for the field.
 *
 * Functions that return int return -1 once the document is refused, with the refusal filled. One
 * user at a time; everything that is kept lives in the arena.
 */
#ifndef CVG_TF_DOCUMENT_H
#define CVG_TF_DOCUMENT_H

#include "config.h"
#include "kit/arena.h"
#include "refusal.h"

#include <convergate/json.h>

#include <stdint.h>

#define CVG_TF_NAME_MOST 4096 /* bytes of a name, an address or a key that is kept */
#define CVG_TF_PATH_MOST 12   /* containers in each other that a place is told of */

/* Kinds of values, for tables. */
#define CVG_TF_OBJECT (1u << CVG_JSON_OBJECT)
#define CVG_TF_ARRAY  (1u << CVG_JSON_ARRAY)
#define CVG_TF_STRING (1u << CVG_JSON_STRING)
#define CVG_TF_NUMBER (1u << CVG_JSON_NUMBER)
#define CVG_TF_BOOL   (1u << CVG_JSON_TRUE | 1u << CVG_JSON_FALSE)
#define CVG_TF_NULL   (1u << CVG_JSON_NULL)
#define CVG_TF_ANY                                                                                 \
    (CVG_TF_OBJECT | CVG_TF_ARRAY | CVG_TF_STRING | CVG_TF_NUMBER | CVG_TF_BOOL | CVG_TF_NULL)

/* A field of an object. A table ends at name == NULL and has at most 32. */
struct cvg_tf_field {
    const char *name;
    uint32_t kinds; /* of its value */
    uint32_t required;
};

struct cvg_tf_document {
    const char *text;
    size_t length;
    struct cvg_json *json; /* owned */
    struct cvg_kit_arena *arena;
    struct cvg_tf_refusal *refusal;

    struct {
        const char *name; /* of a field; NULL: an element */
        size_t number;
    } path[CVG_TF_PATH_MOST]; /* one for each open container */
};

/* An object being read. */
struct cvg_tf_object {
    const struct cvg_tf_field *fields;
    uint32_t count, next; /* next: where the coming field is looked for first */
    uint32_t seen;        /* a bit for each */
};

/* 0 with the reader before the first token; -1: refused by its first bytes. Close it in any case. */
int cvg_tf_document_open(struct cvg_tf_document *document, const char *text, size_t length,
                         struct cvg_kit_arena *arena, struct cvg_tf_refusal *ret_refusal);
void cvg_tf_document_close(struct cvg_tf_document *document);

/* The document is one object: 0 with the reader in it. */
int cvg_tf_document_begin(struct cvg_tf_document *document);
/* The object was read, and nothing follows. */
int cvg_tf_document_end(struct cvg_tf_document *document);

/* On an OBJECT. */
struct cvg_tf_object cvg_tf_object_begin(struct cvg_tf_document *document,
                                         const struct cvg_tf_field *fields);
#define CVG_TF_END (-2)
/* The number of the next field of the table, with the reader at its value, which is of the field's
 * kinds; CVG_TF_END, where all required ones were there; -1. The caller reads or skips the value. */
int cvg_tf_object_next(struct cvg_tf_document *document, struct cvg_tf_object *object);

/* On an ARRAY, or an OBJECT whose keys are names. */
void cvg_tf_list_begin(struct cvg_tf_document *document);
/* 1 with the reader at the next element, which is of the kinds; 0 at the end; -1. */
int cvg_tf_list_next(struct cvg_tf_document *document, uint32_t kinds);
/* The same of an object: the reader is at the key; and then at its value. */
int cvg_tf_map_next(struct cvg_tf_document *document);
int cvg_tf_map_value(struct cvg_tf_document *document, uint32_t kinds);

/* The value at hand is checked and left alone. */
int cvg_tf_skip(struct cvg_tf_document *document);
/* The STRING, KEY or NUMBER at hand, in the arena; NULL: refused, being too long or having a NUL in it. */
const char *cvg_tf_text(struct cvg_tf_document *document);
/* The STRING at hand as the format's version of `show -json`, in the arena; NULL: refused, being
 * broken or of a major version other than 0 and 1. */
const char *cvg_tf_format_read(struct cvg_tf_document *document);
/* Nonzero where the STRING or KEY is this. */
int cvg_tf_is(const struct cvg_tf_document *document, const char *text);

/* Always -1. The place is that of the token at hand, and in it the field, or what begins with a ":",
 * unless that is NULL. */
int cvg_tf_refuse(struct cvg_tf_document *document, enum cvg_tf_refusal_kind kind,
                  const char *field);
/* The same for what the reader of JSON refused. */
int cvg_tf_refuse_json(struct cvg_tf_document *document);
/* Always -1: the arena is full. */
int cvg_tf_refuse_size(struct cvg_tf_document *document);

/* Always -1. A content that was refused may be another document than the one that is expected: the
 * refusal then says which, or what is wrong with it as JSON, if anything. */
int cvg_tf_recognize(const struct cvg_tf_document *document, enum cvg_tf_content expected);

#endif
