/* SPDX-License-Identifier: Apache-2.0 */
/* Records as text; see value.h. */
#include "value.h"

#include "kit/printable.h"
#include "name.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *const cvg_dns_type_choices[] = {"A",  "AAAA", "both", "CNAME", "MX",  "TXT",
                                            "NS", "SRV",  "CAA",  "PTR",   "SOA", NULL};

/* What a type's data are made of: 4 and 6 addresses, s and l numbers of 16 and 32 bits, d a domain
 * name, t strings, c what CAA has. Never mixed with others: 4, 6, t, c. */
static const struct {
    uint16_t code;
    const char *parts;
} types[CVG_DNS_TYPE_COUNT] = {
    [CVG_DNS_A] = {1, "4"},    [CVG_DNS_AAAA] = {28, "6"},     [CVG_DNS_CNAME] = {5, "d"},
    [CVG_DNS_MX] = {15, "sd"}, [CVG_DNS_TXT] = {16, "t"},      [CVG_DNS_NS] = {2, "d"},
    [CVG_DNS_PTR] = {12, "d"}, [CVG_DNS_SRV] = {33, "sssd"},   [CVG_DNS_CAA] = {257, "c"},
    [CVG_DNS_BOTH] = {0, ""},  [CVG_DNS_SOA] = {6, "ddlllll"},
};

uint16_t cvg_dns_type_code(uint32_t type)
{
    return types[type].code;
}

/* ---- texts of a bounded length ---- */

struct line {
    char *text;
    size_t length;
    int full; /* something did not fit: the line is of no use */
};

static void add(struct line *line, const char *bytes, size_t length)
{
    if (line->full || length >= CVG_DNS_VALUE_TEXT - line->length) {
        line->full = 1;
        return;
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
    line->text[line->length] = '\0';
}

static void add_words(struct line *line, const char *words)
{
    add(line, words, strlen(words));
}

static void add_part(struct line *line, const char *words)
{
    if (line->length > 0) {
        add(line, " ", 1);
    }
    add_words(line, words);
}

static void add_number(struct line *line, uint32_t number)
{
    char words[16];
    (void)snprintf(words, sizeof(words), "%u", number);
    add_part(line, words);
}

/* Whatever the bytes are: no two of them give the same text. */
static void add_bytes(struct line *line, const char *bytes, size_t length, int quoted)
{
    for (size_t at = 0; at < length && !line->full;) {
        uint32_t c = 0;
        size_t size = cvg_kit_character((const unsigned char *)bytes + at, length - at, &c);
        if (size == 0 || !cvg_kit_is_shown(c)) {
            char words[8];
            (void)snprintf(words, sizeof(words), "\\%03u", (unsigned char)bytes[at]);
            add_words(line, words);
            at++;
            continue;
        }
        if (c == '\\' || (quoted && c == '"')) {
            add(line, "\\", 1);
        }
        add(line, bytes + at, size);
        at += size;
    }
}

static enum cvg_dns_value_fault end_line(const struct line *line)
{
    return line->full ? CVG_DNS_VALUE_TOO_LONG : CVG_DNS_VALUE_READ;
}

/* ---- from messages ---- */

struct data {
    const unsigned char *message;
    size_t length;
    size_t at, end; /* of the record's own */
};

static int read_address(struct data *data, int family, size_t size, struct line *line)
{
    char words[INET6_ADDRSTRLEN];
    if (data->end - data->at != size ||
        inet_ntop(family, data->message + data->at, words, sizeof(words)) == NULL) {
        return -1;
    }
    data->at = data->end;
    add_part(line, words);
    return 0;
}

static int read_number(struct data *data, size_t size, struct line *line)
{
    uint32_t number = 0;
    if (data->end - data->at < size) {
        return -1;
    }
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | data->message[data->at++];
    }
    add_number(line, number);
    return 0;
}

static int read_name(struct data *data, struct line *line)
{
    char name[CVG_DNS_NAME_TEXT];
    if (cvg_dns_name_read(data->message, data->length, &data->at, name) < 0 ||
        data->at > data->end) {
        return -1;
    }
    add_part(line, name);
    return 0;
}

/* Character strings, put together first: a character may be cut between two of them. */
static int read_strings(struct data *data, struct line *line)
{
    char bytes[CVG_DNS_VALUE_TEXT];
    size_t used = 0;
    if (data->at == data->end) {
        return -1;
    }
    while (data->at < data->end) {
        size_t size = data->message[data->at++];
        if (size > data->end - data->at) {
            return -1;
        }
        if (size > sizeof(bytes) - used) {
            line->full = 1;
            data->at = data->end;
            return 0;
        }
        memcpy(bytes + used, data->message + data->at, size);
        used += size;
        data->at += size;
    }
    add_bytes(line, bytes, used, 0);
    return 0;
}

/* RFC 8659 4.1: flags, the length of a tag, the tag, and the rest is the value. */
static int read_caa(struct data *data, struct line *line)
{
    if (data->end - data->at < 2) {
        return -1;
    }
    size_t tag = data->message[data->at + 1];
    add_number(line, data->message[data->at]);
    data->at += 2;
    if (tag == 0 || tag > data->end - data->at) {
        return -1;
    }
    const char *bytes = (const char *)data->message + data->at;
    add(line, " ", 1);
    add_bytes(line, bytes, tag, 1);
    add(line, " \"", 2);
    add_bytes(line, bytes + tag, data->end - data->at - tag, 1);
    add(line, "\"", 1);
    data->at = data->end;
    return 0;
}

static int read_part(char part, struct data *data, struct line *line)
{
    switch (part) {
    case '4':
        return read_address(data, AF_INET, 4, line);
    case '6':
        return read_address(data, AF_INET6, 16, line);
    case 's':
        return read_number(data, 2, line);
    case 'l':
        return read_number(data, 4, line);
    case 'd':
        return read_name(data, line);
    case 't':
        return read_strings(data, line);
    default:
        return read_caa(data, line);
    }
}

enum cvg_dns_value_fault cvg_dns_value_read(uint32_t type, const unsigned char *message,
                                            size_t length, size_t at, size_t size,
                                            char ret[CVG_DNS_VALUE_TEXT])
{
    struct data data = {.message = message, .length = length, .at = at, .end = at + size};
    struct line line = {.text = ret};
    ret[0] = '\0';
    for (const char *part = types[type].parts; *part != '\0'; part++) {
        if (read_part(*part, &data, &line) < 0) {
            return CVG_DNS_VALUE_BROKEN;
        }
    }
    return data.at == data.end ? end_line(&line) : CVG_DNS_VALUE_BROKEN;
}

/* ---- from operators ---- */

/* The next word of the text, its length 0 where there is none. */
static const char *next_word(const char **text, size_t *ret_length)
{
    const char *word = *text + strspn(*text, " ");
    *ret_length = strcspn(word, " ");
    *text = word + *ret_length;
    return word;
}

static const char *take_address(int family, const char *text, struct line *line)
{
    unsigned char octets[16];
    char words[INET6_ADDRSTRLEN];
    if (inet_pton(family, text, octets) != 1 ||
        inet_ntop(family, octets, words, sizeof(words)) == NULL) {
        return family == AF_INET ? "is no IPv4 address" : "is no IPv6 address";
    }
    add_part(line, words);
    return NULL;
}

static const char *take_number(const char **text, uint64_t most, struct line *line)
{
    size_t length;
    uint64_t number;
    const char *word = next_word(text, &length);
    if (cvg_parse_uint64(word, length, &number) < 0 || number > most) {
        return "must have its numbers first, as \"10 mail.example.net\" of an MX has";
    }
    add_number(line, (uint32_t)number);
    return NULL;
}

static const char *take_name(const char **text, struct line *line)
{
    char word[CVG_DNS_NAME_MOST], name[CVG_DNS_NAME_MOST];
    size_t length;
    const char *begin = next_word(text, &length);
    if (length == 0) {
        return "lacks a name";
    }
    if (length >= sizeof(word)) {
        return "has a name that is too long";
    }
    memcpy(word, begin, length);
    word[length] = '\0';
    const char *wrong = cvg_dns_name_take(word, name);
    if (wrong == NULL) {
        add_part(line, name);
    }
    return wrong;
}

static const char *take_caa(const char **text, struct line *line)
{
    size_t tag_length;
    const char *wrong = take_number(text, 255, line);
    if (wrong != NULL) {
        return "must be as 0 issue \"ca.example.net\" is";
    }
    const char *tag = next_word(text, &tag_length);
    const char *value = *text + strspn(*text, " ");
    size_t length = strlen(value);
    *text = value + length;
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
        value++;
        length -= 2;
    }
    if (tag_length == 0) {
        return "must be as 0 issue \"ca.example.net\" is";
    }
    add(line, " ", 1);
    add_bytes(line, tag, tag_length, 1);
    add(line, " \"", 2);
    add_bytes(line, value, length, 1);
    add(line, "\"", 1);
    return NULL;
}

static const char *take_part(char part, const char **text, struct line *line)
{
    switch (part) {
    case 's':
        return take_number(text, UINT16_MAX, line);
    case 'l':
        return take_number(text, UINT32_MAX, line);
    case 'd':
        return take_name(text, line);
    default:
        return take_caa(text, line);
    }
}

static const char *take_parts(const char *parts, const char *text, struct line *line)
{
    const char *wrong = NULL;
    for (; *parts != '\0' && wrong == NULL; parts++) {
        wrong = take_part(*parts, &text, line);
    }
    if (wrong == NULL && text[strspn(text, " ")] != '\0') {
        return "has something behind what the type has";
    }
    return wrong;
}

const char *cvg_dns_value_take(uint32_t type, const char *text, char ret[CVG_DNS_VALUE_TEXT])
{
    struct line line = {.text = ret};
    const char *wrong = NULL;
    ret[0] = '\0';
    if (type == CVG_DNS_A || (type == CVG_DNS_BOTH && strchr(text, ':') == NULL)) {
        wrong = take_address(AF_INET, text, &line);
    } else if (type == CVG_DNS_AAAA || type == CVG_DNS_BOTH) {
        wrong = take_address(AF_INET6, text, &line);
    } else if (type == CVG_DNS_TXT) {
        add_bytes(&line, text, strlen(text), 0);
    } else {
        wrong = take_parts(types[type].parts, text, &line);
    }
    return wrong == NULL && line.full ? "is too long" : wrong;
}
