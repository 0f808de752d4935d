/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows; see compose.h. */
#include "compose.h"

#include "kit/memory.h"
#include "kit/text.h"

#include <stdlib.h>
#include <string.h>

static char *reserve(struct cvg_prom_string *string, size_t length)
{
    size_t needed = string->length + length + 1;
    if (needed > string->size) {
        string->size = needed < 64 ? 64 : needed * 2;
        string->data = cvg_kit_resize(string->data, string->size, 1);
    }
    return string->data + string->length;
}

void cvg_prom_string_add(struct cvg_prom_string *string, const char *bytes, size_t length)
{
    char *at = reserve(string, length);
    memcpy(at, bytes, length);
    at[length] = '\0';
    string->length += length;
}

void cvg_prom_string_put(struct cvg_prom_string *string, const char *words)
{
    cvg_prom_string_add(string, words, strlen(words));
}

void cvg_prom_string_escape(struct cvg_prom_string *string, const char *words)
{
    for (; *words != '\0'; words++) {
        if (*words == '\n') {
            cvg_prom_string_put(string, "\\n");
        } else if (*words == '"' || *words == '\\') {
            char pair[] = {'\\', *words};
            cvg_prom_string_add(string, pair, sizeof(pair));
        } else {
            cvg_prom_string_add(string, words, 1);
        }
    }
}

void cvg_prom_string_encode(struct cvg_prom_string *string, const char *words)
{
    static const char digits[] = "0123456789ABCDEF";
    char *start = reserve(string, 3 * strlen(words));
    char *at = start;
    for (; *words != '\0'; words++) {
        unsigned byte = (unsigned char)*words;
        if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
            (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.') {
            *at++ = (char)byte;
        } else if (byte == ' ') {
            *at++ = '+';
        } else {
            *at++ = '%';
            *at++ = digits[byte >> 4];
            *at++ = digits[byte & 15u];
        }
    }
    *at = '\0';
    string->length += (size_t)(at - start);
}

void cvg_prom_string_fill(struct cvg_prom_string *string, const char *template,
                          const char *placeholder, const char *words)
{
    const char *found = strstr(template, placeholder);
    for (; found != NULL; found = strstr(template, placeholder)) {
        cvg_prom_string_add(string, template, (size_t)(found - template));
        cvg_prom_string_put(string, words);
        template = found + strlen(placeholder);
    }
    cvg_prom_string_put(string, template);
}

char *cvg_prom_string_take(struct cvg_prom_string *string)
{
    *reserve(string, 0) = '\0'; /* also where nothing was ever added */
    char *taken = string->data;
    *string = (struct cvg_prom_string){0};
    return taken;
}

void cvg_prom_string_done(struct cvg_prom_string *string)
{
    free(string->data);
    *string = (struct cvg_prom_string){0};
}
