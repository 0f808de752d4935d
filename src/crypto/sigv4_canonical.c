/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Path, query and headers in one spelling. Everything that is sorted is sorted as it is written,
 * byte by byte; a parameter's name and value are compared apart, since '=' sorts after '-'.
 */
#include "crypto/sigv4_canonical.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/url.h"

#include <stdlib.h>
#include <string.h>

struct part {
    const char *name, *value; /* encoded, or a header's as they are signed */
    size_t index;             /* as it was given: equals keep their order */
};

/* ---- path ---- */

/* Removes empty, "." and ".." segments; keeps a slash at the end. path begins with '/'. */
static void remove_dots(const char *path, struct cvg_buf *ret)
{
    bool slash_last = true;
    for (const char *at = path; *at;) {
        at += strspn(at, "/");
        size_t length = strcspn(at, "/");
        bool dot = length == 1 && at[0] == '.', two = length == 2 && at[0] == '.' && at[1] == '.';
        if (two) {
            while (ret->length && ret->data[--ret->length] != '/') {
            }
        } else if (length && !dot) {
            cvg_buf_putc(ret, '/');
            cvg_buf_add(ret, at, length);
        }
        slash_last = !length || dot || two;
        at += length;
    }
    if (slash_last) {
        cvg_buf_putc(ret, '/');
    }
}

static void encode_segments(const char *path, size_t length, struct cvg_buf *ret)
{
    while (length) {
        size_t segment = 0;
        while (segment < length && path[segment] != '/') {
            segment++;
        }
        cvg_url_encode(path, segment, ret);
        path += segment;
        length -= segment;
        if (length) {
            cvg_buf_putc(ret, '/');
            path++;
            length--;
        }
    }
}

static int add_path(const struct cvg_sigv4_request *request, struct cvg_buf *ret,
                    struct cvg_error *reterr)
{
    const char *path = request->path && request->path[0] ? request->path : "/";
    if (path[0] != '/') {
        return cvg_error_set(reterr, CVG_E_INVALID, "the path does not begin with '/'");
    }
    if (!request->s3) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf clean = CVG_BUF_INIT(CVG_SIGV4_CANONICAL_MAX);
        remove_dots(path, &clean);
        encode_segments(cvg_buf_text(&clean), clean.length, ret);
        return 0;
    }
    size_t size = strlen(path) + 1;
    CVG_CLEANUP(cvg_free_pointer) char *plain = cvg_alloc(size);
    long length = cvg_url_decode(path, size - 1, false, plain, size);
    if (length < 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the path has a bad percent escape");
    }
    encode_segments(plain, (size_t)length, ret);
    return 0;
}

/* ---- query ---- */

static int by_name_and_value(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->value, b->value);
}

/* Decoded and encoded again: one spelling, whichever was sent. */
static const char *respell(struct cvg_arena *arena, const char *text, size_t length)
{
    char *plain = cvg_arena_alloc(arena, length + 1);
    long decoded = cvg_url_decode(text, length, false, plain, length + 1);
    if (decoded < 0) {
        return NULL;
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf encoded = CVG_BUF_INIT(CVG_SIGV4_CANONICAL_MAX);
    cvg_url_encode(plain, (size_t)decoded, &encoded);
    return encoded.overflow ? NULL : cvg_arena_strdup(arena, cvg_buf_text(&encoded));
}

static int add_query(const char *query, struct cvg_arena *arena, struct cvg_buf *ret,
                     struct cvg_error *reterr)
{
    size_t room = 1, count = 0;
    for (const char *c = query; *c; c++) {
        room += *c == '&';
    }
    struct part *parts = cvg_arena_alloc(arena, room * sizeof *parts);
    for (const char *at = query; *at;) {
        size_t length = strcspn(at, "&"), name = strcspn(at, "=&");
        size_t value = name < length ? name + 1 : length;
        if (length) {
            parts[count].name = respell(arena, at, name);
            parts[count].value = respell(arena, at + value, length - value);
            if (!parts[count].name || !parts[count].value) {
                return cvg_error_set(reterr, CVG_E_INVALID, "the query has a bad percent escape");
            }
            count++;
        }
        at += at[length] ? length + 1 : length;
    }
    qsort(parts, count, sizeof *parts, by_name_and_value);
    for (size_t i = 0; i < count; i++) {
        cvg_buf_printf(ret, "%s%s=%s", i ? "&" : "", parts[i].name, parts[i].value);
    }
    return 0;
}

/* ---- headers ---- */

static int by_name_as_given(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static const char *lower(struct cvg_arena *arena, const char *name)
{
    char *text = cvg_arena_strdup(arena, name);
    for (char *c = text; *c; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        } else if (*c <= 0x20 || *c > 0x7e || strchr(":;,", *c)) {
            return NULL;
        }
    }
    return *text ? text : NULL;
}

/* Without spaces around it, and one where there were several. NULL: it is no header's value. */
static const char *squeeze(struct cvg_arena *arena, const char *value)
{
    char *text = cvg_arena_strdup(arena, value), *to = text;
    for (const char *c = value; *c; c++) {
        if (*c == ' ' || *c == '\t') {
            if (to > text && to[-1] != ' ') {
                *to++ = ' ';
            }
        } else if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return NULL;
        } else {
            *to++ = *c;
        }
    }
    to -= to > text && to[-1] == ' ';
    *to = '\0';
    return text;
}

static int take_headers(struct cvg_arena *arena, const struct cvg_pair *pairs, size_t count,
                        struct part *parts, size_t *used, struct cvg_error *reterr)
{
    for (size_t i = 0; i < count; i++) {
        if (!pairs[i].value) {
            continue;
        }
        struct part *part = &parts[*used];
        part->name = lower(arena, pairs[i].name);
        part->value = squeeze(arena, pairs[i].value);
        part->index = (*used)++;
        if (!part->name || !part->value) {
            return cvg_error_set(reterr, CVG_E_INVALID, "a header cannot be signed as it is");
        }
    }
    return 0;
}

static void add_headers(const struct part *parts, size_t count, struct cvg_buf *ret,
                        struct cvg_buf *ret_names)
{
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(parts[i].name, parts[i - 1].name) == 0) {
            cvg_buf_printf(ret, ",%s", parts[i].value);
            continue;
        }
        cvg_buf_printf(ret, "%s%s:%s", i ? "\n" : "", parts[i].name, parts[i].value);
        cvg_buf_printf(ret_names, "%s%s", i ? ";" : "", parts[i].name);
    }
}

int cvg_sigv4_canonical(const struct cvg_sigv4_request *request, const struct cvg_sigv4_own *own,
                        struct cvg_buf *ret, struct cvg_buf *ret_signed_headers,
                        struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct part *parts =
        cvg_arena_alloc(arena, (request->header_count + CVG_COUNT(own->headers)) * sizeof *parts);
    size_t count = 0;
    cvg_buf_printf(ret, "%s\n", request->method);
    int code = add_path(request, ret, reterr);
    cvg_buf_putc(ret, '\n');
    if (!code && request->query) {
        code = add_query(request->query, arena, ret, reterr);
    }
    cvg_buf_putc(ret, '\n');
    if (!code) {
        code = take_headers(arena, request->headers, request->header_count, parts, &count, reterr);
    }
    if (!code) {
        code = take_headers(arena, own->headers, CVG_COUNT(own->headers), parts, &count, reterr);
    }
    if (code) {
        return code;
    }
    qsort(parts, count, sizeof *parts, by_name_as_given);
    add_headers(parts, count, ret, ret_signed_headers);
    cvg_buf_printf(ret, "\n\n%s\n%s", cvg_buf_text(ret_signed_headers), own->body_sha256);
    return ret->overflow || ret_signed_headers->overflow
               ? cvg_error_set(reterr, CVG_E_TOO_LARGE, "the request is too large to be signed")
               : 0;
}
