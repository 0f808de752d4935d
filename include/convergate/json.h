/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict pull reader for JSON (RFC 8259), for evidence from outside.
 *
 * Refused, each with its byte offset: duplicate keys in one object, invalid UTF-8, lone
 * surrogates, raw control characters, leading zeros, trailing bytes, a byte order mark, comments,
 * and whatever is over the limits. Numbers stay text. The whole document is in memory; the reader
 * itself holds a bounded amount (its stack of containers and the keys of open objects, as places
 * in the document) and never recurses. Keys are compared decoded: "a" and "\u0061" are one.
 *
 * Not safe for two threads on one reader; readers are independent of each other.
 */
#ifndef CONVERGATE_JSON_H
#define CONVERGATE_JSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cvg_json_token {
    CVG_JSON_ERROR = 0, /* see cvg_json_error(); the reader stays here */
    CVG_JSON_OBJECT,    /* { : keys follow until CVG_JSON_END */
    CVG_JSON_ARRAY,     /* [ */
    CVG_JSON_END,       /* } or ] */
    CVG_JSON_KEY,
    CVG_JSON_STRING,
    CVG_JSON_NUMBER,
    CVG_JSON_TRUE,
    CVG_JSON_FALSE,
    CVG_JSON_NULL,
    CVG_JSON_DONE, /* the document ended, and nothing follows it */
};

/* What kind of wrong it is. */
enum cvg_json_fault {
    CVG_JSON_FINE = 0,
    CVG_JSON_CUT,       /* the document ends before it is complete, and all before it is valid */
    CVG_JSON_SYNTAX,    /* more bytes would not mend it; nor any of those below */
    CVG_JSON_NOT_UTF8,  /* a byte order mark too */
    CVG_JSON_DUPLICATE, /* a key stands twice in one object */
    CVG_JSON_OVER_LIMIT,
    CVG_JSON_NO_MEMORY,
};

/* 0 in any limit takes the default. */
struct cvg_json_limits {
    size_t size;          /* bytes of the document: no limit */
    size_t depth;         /* containers in each other: 64 */
    size_t string_length; /* bytes of a decoded string or key: 1 MiB */
    size_t number_length; /* 128 */
    size_t object_keys;   /* keys of one object: 1,000,000 */
    size_t tokens;        /* of the whole document: no limit */
};

struct cvg_json;

/* text stays the caller's and must outlive the reader. limits may be NULL. Free with
 * cvg_json_free(), which takes NULL. NULL when memory is gone. */
struct cvg_json *cvg_json_new(const char *text, size_t length,
                              const struct cvg_json_limits *limits);
void cvg_json_free(struct cvg_json *json);

/* The next token. After CVG_JSON_ERROR and CVG_JSON_DONE it repeats itself. */
enum cvg_json_token cvg_json_next(struct cvg_json *json);
/* The one that cvg_json_next returned last; CVG_JSON_ERROR without a message before the first. */
enum cvg_json_token cvg_json_current(const struct cvg_json *json);

/* Of the current KEY or STRING: decoded, NUL-terminated (a \u0000 may stand inside: compare the
 * length). Of a NUMBER: its text. Of others "". Lives until the next call of cvg_json_next or
 * _skip. Copies with each call: nothing is copied for strings that nobody asks for. */
const char *cvg_json_text(const struct cvg_json *json, size_t *ret_length);
/* Nonzero where the current KEY or STRING is exactly this. */
int cvg_json_is(const struct cvg_json *json, const char *text);

/* On OBJECT or ARRAY: reads to its END, checking all of it. On KEY: skips its value. Else
 * nothing. Returns 0, or -1 with the reader at CVG_JSON_ERROR. */
int cvg_json_skip(struct cvg_json *json);

size_t cvg_json_offset(const struct cvg_json *json); /* of the current token's first byte */
size_t cvg_json_depth(const struct cvg_json *json);  /* open containers; at END without its own */
/* "offset 17: duplicate key". Never contains text of the document. "" where there is none.
 * cvg_json_offset() is the byte where it went wrong then. */
const char *cvg_json_error(const struct cvg_json *json);
/* Of the same error, for programs. */
enum cvg_json_fault cvg_json_fault(const struct cvg_json *json);

#ifdef __cplusplus
}
#endif

#endif
