/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a JSON string: found and checked once, decoded only when somebody asks. Most
 * strings of a document are skipped, so that most are never copied. Pure; any thread.
 */
#ifndef CVG_SDK_JSON_STRING_H
#define CVG_SDK_JSON_STRING_H

#include <stddef.h>

/* A checked string as it stands in the document, without its quotes. */
struct cvg_json_string {
    const char *raw; /* into the document */
    size_t length;
    size_t decoded_length; /* smaller than length exactly where there are escapes */
};

/* `at` is behind the opening quote. Returns NULL, or what is wrong, with *ret_at there. */
const char *cvg_json_string_scan(const char *at, const char *end, struct cvg_json_string *ret,
                                 const char **ret_at);
/* Writes decoded_length bytes, and no NUL. */
void cvg_json_string_decode(const struct cvg_json_string *string, char *ret);
/* Nonzero where both decode to the same bytes. */
int cvg_json_string_same(const struct cvg_json_string *a, const struct cvg_json_string *b);

#endif
