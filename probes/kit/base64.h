/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648, section 4) as YAML and JSON documents have it: strict, padded; line breaks may stand in it. Pure. */
#ifndef CVG_KIT_BASE64_H
#define CVG_KIT_BASE64_H

#include <stddef.h>

/* *ret is the caller's to free, with a NUL behind ret_length bytes. -1: it is not base64. */
int cvg_kit_base64_decode(const char *text, size_t length, char **ret, size_t *ret_length);
/* The caller's to free. */
char *cvg_kit_base64_encode(const char *bytes, size_t length);

#endif
