/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts from outside: are they UTF-8, and how they look where people read them. Nothing here
 * allocates or looks at the locale. Any thread.
 */
#ifndef CVG_KIT_PRINTABLE_H
#define CVG_KIT_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

/* The length of the well-formed UTF-8 character (RFC 3629) that bytes begin with, and the character
 * in *ret; 0 where there is none. length is at least 1. */
size_t cvg_kit_character(const unsigned char *bytes, size_t length, uint32_t *ret);
/* Neither a control character nor one that changes how its neighbours are shown. */
int cvg_kit_is_shown(uint32_t c);
/* Well-formed UTF-8 (RFC 3629: no surrogates, nothing longer than needed). */
int cvg_kit_is_utf8(const char *text);
/* Copies at most size - 1 bytes and a NUL: white space becomes a blank, several of them one, what
 * is not printable UTF-8 a '?'. What does not fit is cut between characters and ends in "...".
 * size is at least 4. */
void cvg_kit_printable(char *ret, size_t size, const char *bytes, size_t length);

#endif
