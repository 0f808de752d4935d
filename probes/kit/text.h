/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of a bounded length for people: messages, observed values, labels. What does not fit is cut
 * at a character's end and marked with "..."; what came from outside is made printable first.
 * Nothing here allocates or looks at the locale. One owner, no locks.
 */
#ifndef CVG_KIT_TEXT_H
#define CVG_KIT_TEXT_H

#include <stddef.h>

struct cvg_kit_text {
    char *data; /* borrowed; always ends with a NUL */
    size_t size, length;
    int cut; /* nothing is added any more */
};

/* size is at least 4. */
void cvg_kit_text_init(struct cvg_kit_text *text, char *data, size_t size);
/* Our own words. */
void cvg_kit_text_add(struct cvg_kit_text *text, const char *words);
void cvg_kit_text_format(struct cvg_kit_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cvg_kit_text_number(struct cvg_kit_text *text, double value);
/* Somebody else's words, at most `limit` bytes of them: white space becomes a blank, what is not
 * printable UTF-8 a '?'. */
void cvg_kit_text_evidence(struct cvg_kit_text *text, const char *bytes, size_t length,
                           size_t limit);

#endif
