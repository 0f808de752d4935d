/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions about text. Nothing here looks at the locale or allocates. */
#ifndef CVG_BASE_TEXT_H
#define CVG_BASE_TEXT_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

bool cvg_text_equal(const char *a, const char *b); /* NULL equals only NULL */
bool cvg_text_starts(const char *text, const char *prefix);
bool cvg_text_ends(const char *text, const char *suffix);
bool cvg_text_equal_nocase(const char *a, const char *b); /* ASCII */
/* Well-formed UTF-8 as RFC 3629 has it. */
bool cvg_text_is_utf8(const char *bytes, size_t length);
/* The length of the well-formed UTF-8 character at bytes, 0 where there is none (or length 0). */
size_t cvg_text_decode(const char *bytes, size_t length, uint32_t *ret_character);
/* Neither a control character nor one that changes how its neighbours are shown (line and
 * paragraph separators, overrides of the writing direction). */
bool cvg_text_is_printable(uint32_t character);
/* Names of environments, checks, gates, sources: 1 to 63 of a-z A-Z 0-9 '-' '_' '.', beginning
 * with a letter or digit. */
bool cvg_text_is_name(const char *text);
/* Copies what is printable UTF-8 and replaces the rest by '?', cut at a character's end with
 * "..." where it does not fit: for evidence from outside that goes into messages. */
void cvg_text_printable(const char *bytes, size_t length, char *ret, size_t size);
/* FNV-1a. */
uint64_t cvg_text_hash(const char *bytes, size_t length);
/* Edit distance in bytes (insert, delete, replace, swap of neighbours), at most limit + 1. Texts
 * of over 127 bytes count as further away than any limit, unless they are equal. */
size_t cvg_text_distance(const char *a, const char *b, size_t limit);

#endif
