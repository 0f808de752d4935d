/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the bytes, with a stack of names; see xml.h. */
#include "kit/xml.h"

#include "kit/memory.h"
#include "kit/printable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REFERENCE_MOST 10 /* "&#x10FFFF;" */

struct reader {
    const char *at, *end;
    cvg_kit_xml_element *element;
    void *arg;
    char path[CVG_KIT_XML_PATH];
    size_t starts[CVG_KIT_XML_DEPTH]; /* where in path each open name begins */
    size_t depth;
    char *text; /* as long as the document */
    size_t length;
    int rooted; /* the root has begun */
    int enough; /* element() wants no more */
};

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int starts_with(const struct reader *reader, const char *words)
{
    size_t length = strlen(words);
    return (size_t)(reader->end - reader->at) >= length && memcmp(reader->at, words, length) == 0;
}

/* Behind the next occurrence of words; -1: there is none. */
static int pass(struct reader *reader, const char *words)
{
    size_t length = strlen(words);
    for (; (size_t)(reader->end - reader->at) >= length; reader->at++) {
        if (memcmp(reader->at, words, length) == 0) {
            reader->at += length;
            return 0;
        }
    }
    return -1;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && is_space(*reader->at)) {
        reader->at++;
    }
}

static size_t name_length(const struct reader *reader)
{
    size_t length = 0;
    while (reader->at + length < reader->end && !is_space(reader->at[length]) &&
           memchr("<>/=\"'&!?", reader->at[length], 9) == NULL) {
        length++;
    }
    return length;
}

/* ---- text ---- */

static void put_character(struct reader *reader, uint32_t code)
{
    static const struct {
        uint32_t below;
        unsigned char first;
        size_t more;
    } forms[] = {{0x80, 0, 0}, {0x800, 0xc0, 1}, {0x10000, 0xe0, 2}, {0x110000, 0xf0, 3}};

    size_t form = 0;
    while (code >= forms[form].below) {
        form++;
    }
    size_t more = forms[form].more;
    reader->text[reader->length++] = (char)(forms[form].first | (code >> (6 * more)));
    while (more-- > 0) {
        reader->text[reader->length++] = (char)(0x80 | (code >> (6 * more) & 0x3f));
    }
}

/* "#38", "#x26": the character's number; 0 where it is none that may stand in text. */
static uint32_t number_of(const char *name, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t base = name[1] == 'x' ? 16 : 10, code = 0;
    size_t at = base == 16 ? 2 : 1;
    if (at >= length) {
        return 0;
    }
    for (; at < length; at++) {
        char c = name[at];
        char lower = (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        const char *digit = memchr(digits, lower, base);
        if (digit == NULL) {
            return 0;
        }
        code = code * base + (uint32_t)(digit - digits);
    }
    int allowed = code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code < 0xd800) ||
                  (code > 0xdfff && code < 0x110000);
    return allowed ? code : 0;
}

/* At '&'. What it stands for is never longer than the reference. */
static int read_reference(struct reader *reader)
{
    static const struct {
        const char *name;
        uint32_t code;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

    const char *name = ++reader->at;
    size_t room = (size_t)(reader->end - name);
    const char *end = memchr(name, ';', room < REFERENCE_MOST ? room : REFERENCE_MOST);
    if (end == NULL || end == name) {
        return -1;
    }
    size_t length = (size_t)(end - name);
    uint32_t code = name[0] == '#' && length > 1 ? number_of(name, length) : 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].name) == length && memcmp(known[i].name, name, length) == 0) {
            code = known[i].code;
        }
    }
    if (code == 0) {
        return -1;
    }
    put_character(reader, code);
    reader->at = end + 1;
    return 0;
}

/* Up to the next tag. Outside of the root only white space may stand. */
static int read_text(struct reader *reader)
{
    while (reader->at < reader->end && *reader->at != '<') {
        char c = *reader->at;
        if (reader->depth == 0 ? !is_space(c) : (unsigned char)c < 0x20 && !is_space(c)) {
            return -1;
        }
        if (c == '&') {
            if (read_reference(reader) < 0) {
                return -1;
            }
        } else {
            reader->text[reader->length++] = c;
            reader->at++;
        }
    }
    return 0;
}

/* ---- tags ---- */

static int open_element(struct reader *reader, const char *name, size_t length)
{
    size_t used = strlen(reader->path);
    if (reader->depth == CVG_KIT_XML_DEPTH || used + length + 2 > sizeof(reader->path) ||
        (reader->depth == 0 && reader->rooted)) {
        return -1;
    }
    reader->rooted = 1;
    reader->starts[reader->depth] = used;
    if (reader->depth++ > 0) {
        reader->path[used++] = '/';
    }
    memcpy(reader->path + used, name, length);
    reader->path[used + length] = '\0';
    reader->length = 0;
    return 0;
}

static void close_element(struct reader *reader)
{
    char *text = reader->text;
    size_t length = reader->length;
    while (length > 0 && is_space(text[length - 1])) {
        length--;
    }
    text[length] = '\0';
    while (length > 0 && is_space(*text)) {
        text++;
        length--;
    }
    reader->enough = reader->element(reader->arg, reader->path, text, length);
    reader->path[reader->starts[--reader->depth]] = '\0';
    reader->length = 0;
}

/* At white space or what ends the tag. */
static int skip_attributes(struct reader *reader)
{
    for (;;) {
        skip_space(reader);
        size_t name = name_length(reader);
        if (name == 0) {
            return 0;
        }
        reader->at += name;
        skip_space(reader);
        if (!starts_with(reader, "=")) {
            return -1;
        }
        reader->at++;
        skip_space(reader);
        if (!starts_with(reader, "\"") && !starts_with(reader, "'")) {
            return -1;
        }
        char quote = *reader->at++;
        const char *end = memchr(reader->at, quote, (size_t)(reader->end - reader->at));
        if (end == NULL || memchr(reader->at, '<', (size_t)(end - reader->at)) != NULL) {
            return -1;
        }
        reader->at = end + 1;
    }
}

static int read_start(struct reader *reader)
{
    const char *name = reader->at;
    size_t length = name_length(reader);
    if (length == 0 || open_element(reader, name, length) < 0) {
        return -1;
    }
    reader->at += length;
    if (skip_attributes(reader) < 0) {
        return -1;
    }
    int empty = starts_with(reader, "/");
    reader->at += empty;
    if (!starts_with(reader, ">")) {
        return -1;
    }
    reader->at++;
    if (empty) {
        close_element(reader);
    }
    return 0;
}

static int read_end(struct reader *reader)
{
    const char *name = reader->at;
    size_t length = name_length(reader);
    if (reader->depth == 0) {
        return -1;
    }
    const char *open = reader->path + reader->starts[reader->depth - 1];
    open += reader->depth > 1; /* its slash */
    if (strlen(open) != length || memcmp(open, name, length) != 0) {
        return -1;
    }
    reader->at += length;
    skip_space(reader);
    if (!starts_with(reader, ">")) {
        return -1;
    }
    reader->at++;
    close_element(reader);
    return 0;
}

static int read_section(struct reader *reader)
{
    const char *from = reader->at;
    if (reader->depth == 0 || pass(reader, "]]>") < 0) {
        return -1;
    }
    size_t length = (size_t)(reader->at - from) - 3;
    memcpy(reader->text + reader->length, from, length);
    reader->length += length;
    return 0;
}

/* At '<'. */
static int read_tag(struct reader *reader)
{
    static const struct {
        const char *begin;
        int (*read)(struct reader *reader);
    } kinds[] = {{"<![CDATA[", read_section}, {"</", read_end}};

    if (starts_with(reader, "<?")) {
        return pass(reader, "?>");
    }
    if (starts_with(reader, "<!--")) {
        reader->at += 4;
        return pass(reader, "-->");
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (starts_with(reader, kinds[i].begin)) {
            reader->at += strlen(kinds[i].begin);
            return kinds[i].read(reader);
        }
    }
    reader->at++;
    return read_start(reader);
}

int cvg_kit_xml_read(const char *bytes, size_t length, cvg_kit_xml_element *element, void *arg)
{
    struct reader reader = {.at = bytes, .end = bytes + length, .element = element, .arg = arg};
    reader.text = cvg_kit_alloc(length + 1);
    memcpy(reader.text, bytes, length);
    int code = memchr(bytes, '\0', length) == NULL && cvg_kit_is_utf8(reader.text) ? 0 : -1;
    while (code == 0 && !reader.enough && reader.at < reader.end) {
        code = *reader.at == '<' ? read_tag(&reader) : read_text(&reader);
    }
    if (!reader.enough && (reader.depth > 0 || !reader.rooted)) {
        code = -1;
    }
    free(reader.text);
    return code;
}
