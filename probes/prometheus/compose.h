/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that grows: queries and request parameters that are put together. What people read is
 * bounded text (text.h). One owner, no locks.
 */
#ifndef CVG_PROM_COMPOSE_H
#define CVG_PROM_COMPOSE_H

#include <stddef.h>

struct cvg_prom_string {
    char *data; /* owned; NULL while empty, otherwise ends with a NUL */
    size_t length, size;
};

void cvg_prom_string_add(struct cvg_prom_string *string, const char *bytes, size_t length);
void cvg_prom_string_put(struct cvg_prom_string *string, const char *words);
/* As it must stand within the double quotes of a query or a matcher, without the quotes. */
void cvg_prom_string_escape(struct cvg_prom_string *string, const char *words);
/* As a form's or a URL's parameter takes it (a blank becomes a plus). */
void cvg_prom_string_encode(struct cvg_prom_string *string, const char *words);
/* `template` with every `placeholder` in it replaced by `words`. */
void cvg_prom_string_fill(struct cvg_prom_string *string, const char *template,
                          const char *placeholder, const char *words);
/* The text, now the caller's, to be freed; the string is empty again. */
char *cvg_prom_string_take(struct cvg_prom_string *string);
void cvg_prom_string_done(struct cvg_prom_string *string);

#endif
