/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON reader against a second, naive one that is easy to believe: recursive, byte by byte,
 * with a list for the keys. For each input
 *   - both accept or both refuse,
 *   - skipping the whole document accepts exactly what reading it does, with the same error,
 *   - a second reading and the reading of the tokens written out anew give the same tokens,
 *   - a container that lost its last byte is refused as cut, as is whatever goes wrong at the end.
 */
/* links: cvg_sdk */
#include "fuzz.h"

#include <convergate/json.h>

#include <stdlib.h>
#include <string.h>

#define INPUT_MOST ((size_t)1 << 16)
#define DEPTH_MOST 64

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- the naive reader -------------------------------------------------------------------- */

struct naive {
    const unsigned char *at, *end;
    int depth;
};

struct key {
    const struct key *next;
    size_t length;
    unsigned char *text;
};

static int naive_value(struct naive *naive);

static void naive_space(struct naive *naive)
{
    while (naive->at < naive->end &&
           (*naive->at == ' ' || *naive->at == '\t' || *naive->at == '\n' || *naive->at == '\r')) {
        naive->at++;
    }
}

static int naive_byte(struct naive *naive, unsigned char byte)
{
    if (naive->at < naive->end && *naive->at == byte) {
        naive->at++;
        return 1;
    }
    return 0;
}

/* Four hexadecimal digits. */
static long naive_hex(struct naive *naive)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    long value = 0;
    for (int i = 0; i < 4; i++) {
        const char *digit =
            naive->at < naive->end && *naive->at ? strchr(digits, *naive->at) : NULL;
        if (!digit) {
            return -1;
        }
        long number = digit - digits;
        value = value * 16 + (number < 16 ? number : number - 6);
        naive->at++;
    }
    return value;
}

static size_t put_utf8(unsigned long c, unsigned char *to)
{
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--) {
        to[i] = (unsigned char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    to[0] = (unsigned char)(lead[more] | c);
    return more + 1;
}

static int naive_escape(struct naive *naive, unsigned char *to, size_t *used)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (naive->at == naive->end || *naive->at == 0) {
        return 0;
    }
    unsigned char name = *naive->at++;
    const char *found = strchr(names, name);
    if (found) {
        to[(*used)++] = (unsigned char)meanings[found - names];
        return 1;
    }
    long unit = name == 'u' ? naive_hex(naive) : -1;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        long low = naive_byte(naive, '\\') && naive_byte(naive, 'u') ? naive_hex(naive) : -1;
        if (low < 0xdc00 || low > 0xdfff) {
            return 0;
        }
        unit = 0x10000 + (unit - 0xd800) * 0x400 + low - 0xdc00;
    } else if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return 0;
    }
    *used += put_utf8((unsigned long)unit, to + *used);
    return 1;
}

/* A raw character: decoded, encoded again and compared, which finds every second spelling. */
static int naive_utf8(struct naive *naive, unsigned char *to, size_t *used)
{
    unsigned char first = *naive->at, again[4];
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    unsigned long c = size == 1 ? first : first & (0xffU >> (size + 1));
    if ((size_t)(naive->end - naive->at) < size || first < 0x20) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        c = c << 6 | (naive->at[i] & 0x3f);
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) || put_utf8(c, again) != size ||
        memcmp(again, naive->at, size) != 0) {
        return 0;
    }
    memcpy(to + *used, again, size);
    *used += size;
    naive->at += size;
    return 1;
}

/* The decoded text (free it), or NULL. */
static unsigned char *naive_string(struct naive *naive, size_t *ret_length)
{
    if (!naive_byte(naive, '"')) {
        return NULL;
    }
    unsigned char *text = malloc((size_t)(naive->end - naive->at) + 4);
    must(text != NULL);
    size_t used = 0;
    while (naive->at < naive->end) {
        if (naive_byte(naive, '"')) {
            *ret_length = used;
            return text;
        }
        if (naive_byte(naive, '\\') ? !naive_escape(naive, text, &used)
                                    : !naive_utf8(naive, text, &used)) {
            break;
        }
    }
    free(text);
    return NULL;
}

static int naive_digits(struct naive *naive)
{
    const unsigned char *from = naive->at;
    while (naive->at < naive->end && *naive->at >= '0' && *naive->at <= '9') {
        naive->at++;
    }
    return naive->at > from;
}

static int naive_number(struct naive *naive)
{
    const unsigned char *from = naive->at;
    naive_byte(naive, '-');
    if (!naive_byte(naive, '0') && !naive_digits(naive)) {
        return 0;
    }
    if (naive_byte(naive, '.') && !naive_digits(naive)) {
        return 0;
    }
    if (naive_byte(naive, 'e') || naive_byte(naive, 'E')) {
        if (!naive_byte(naive, '+')) {
            naive_byte(naive, '-');
        }
        if (!naive_digits(naive)) {
            return 0;
        }
    }
    return naive->at - from <= 128;
}

static int naive_members(struct naive *naive, const struct key *keys)
{
    struct key key = {keys, 0, NULL};
    naive_space(naive);
    key.text = naive_string(naive, &key.length);
    int good = key.text != NULL;
    for (const struct key *other = keys; good && other; other = other->next) {
        good = other->length != key.length || memcmp(other->text, key.text, key.length) != 0;
    }
    naive_space(naive);
    good = good && naive_byte(naive, ':') && naive_value(naive);
    if (good && !naive_byte(naive, '}')) {
        good = naive_byte(naive, ',') && naive_members(naive, &key);
    }
    free(key.text);
    return good;
}

static int naive_container(struct naive *naive)
{
    int object = *naive->at++ == '{', good = 1;
    if (++naive->depth > DEPTH_MOST) {
        return 0;
    }
    naive_space(naive);
    if (!naive_byte(naive, object ? '}' : ']')) {
        if (object) {
            good = naive_members(naive, NULL);
        } else {
            do {
                good = naive_value(naive);
            } while (good && naive_byte(naive, ','));
            good = good && naive_byte(naive, ']');
        }
    }
    naive->depth--;
    return good;
}

static int naive_word(struct naive *naive, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(naive->end - naive->at) < length || memcmp(naive->at, word, length) != 0) {
        return 0;
    }
    naive->at += length;
    return 1;
}

static int naive_value(struct naive *naive)
{
    int good = 0;
    size_t length;
    naive_space(naive);
    if (naive->at == naive->end) {
        return 0;
    }
    if (*naive->at == '{' || *naive->at == '[') {
        good = naive_container(naive);
    } else if (*naive->at == '"') {
        unsigned char *text = naive_string(naive, &length);
        good = text != NULL;
        free(text);
    } else {
        good = naive_word(naive, "true") || naive_word(naive, "false") ||
               naive_word(naive, "null") || naive_number(naive);
    }
    naive_space(naive);
    return good;
}

static int naive_document(const uint8_t *data, size_t size)
{
    struct naive naive = {data, data + size, 0};
    return naive_value(&naive) && naive.at == naive.end;
}

/* ---- what the reader says ---------------------------------------------------------------- */

/* Everything read, in one buffer: for each token its kind, its text's length, its text. */
struct record {
    unsigned char *bytes;
    size_t used, size;
    int accepted;
    enum cvg_json_fault fault;
    char error[128];
};

static void put(struct record *record, const void *bytes, size_t length)
{
    if (record->size - record->used < length) {
        record->size = (record->size + length) * 2;
        record->bytes = realloc(record->bytes, record->size);
        must(record->bytes != NULL);
    }
    if (length > 0) {
        memcpy(record->bytes + record->used, bytes, length);
    }
    record->used += length;
}

static struct record read_all(const void *data, size_t size)
{
    struct record record = {0};
    struct cvg_json *json = cvg_json_new(data, size, NULL);
    must(json != NULL);
    enum cvg_json_token token;
    while ((token = cvg_json_next(json)) != CVG_JSON_ERROR && token != CVG_JSON_DONE) {
        size_t length;
        const char *text = cvg_json_text(json, &length);
        must(text[length] == '\0' && cvg_json_offset(json) < size);
        if (token == CVG_JSON_STRING || token == CVG_JSON_KEY) {
            must(strlen(text) != length || cvg_json_is(json, text));
        }
        put(&record, &token, sizeof token);
        put(&record, &length, sizeof length);
        put(&record, text, length);
    }
    record.accepted = token == CVG_JSON_DONE;
    must(cvg_json_next(json) == token && cvg_json_current(json) == token);
    must(record.accepted == (cvg_json_error(json)[0] == '\0') && cvg_json_offset(json) <= size);
    strcpy(record.error, cvg_json_error(json));
    record.fault = cvg_json_fault(json);
    must(record.accepted == (record.fault == CVG_JSON_FINE));
    must((record.fault == CVG_JSON_CUT) == (!record.accepted && cvg_json_offset(json) == size));
    cvg_json_free(json);
    return record;
}

static void check_skip(const uint8_t *data, size_t size, const struct record *read)
{
    struct cvg_json *json = cvg_json_new((const char *)data, size, NULL);
    must(json != NULL);
    cvg_json_next(json);
    int skipped = cvg_json_skip(json) == 0;
    must(!skipped || cvg_json_depth(json) == 0);
    enum cvg_json_token token = cvg_json_next(json);
    must((skipped && token == CVG_JSON_DONE) == read->accepted);
    must(strcmp(cvg_json_error(json), read->error) == 0);
    cvg_json_free(json);
}

/* Another spelling of the same string: whatever may be escaped is. */
static void write_string(struct record *out, const unsigned char *text, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    put(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        char escape[6] = {'\\', 'u', '0', '0', digits[text[i] >> 4], digits[text[i] & 15]};
        if (text[i] < 0x80) {
            put(out, escape, sizeof escape);
        } else {
            put(out, text + i, 1);
        }
    }
    put(out, "\"", 1);
}

/* The tokens as a document again. */
static struct record write_all(const struct record *read)
{
    struct record out = {0};
    char closers[DEPTH_MOST + 1];
    size_t depth = 0;
    int comma = 0;
    for (size_t at = 0; at < read->used;) {
        enum cvg_json_token token;
        size_t length;
        memcpy(&token, read->bytes + at, sizeof token);
        memcpy(&length, read->bytes + at + sizeof token, sizeof length);
        const unsigned char *text = read->bytes + at + sizeof token + sizeof length;
        at += sizeof token + sizeof length + length;
        if (token == CVG_JSON_END) {
            put(&out, &closers[--depth], 1);
        } else if (comma) {
            put(&out, ", ", 2);
        }
        comma = token != CVG_JSON_OBJECT && token != CVG_JSON_ARRAY && token != CVG_JSON_KEY;
        if (token == CVG_JSON_OBJECT || token == CVG_JSON_ARRAY) {
            closers[depth++] = token == CVG_JSON_OBJECT ? '}' : ']';
            put(&out, token == CVG_JSON_OBJECT ? "{" : "[", 1);
        } else if (token == CVG_JSON_STRING || token == CVG_JSON_KEY) {
            write_string(&out, text, length);
            put(&out, ":", token == CVG_JSON_KEY);
        } else if (token == CVG_JSON_NUMBER) {
            put(&out, text, length);
        } else if (token != CVG_JSON_END) {
            const char *word = token == CVG_JSON_TRUE    ? "true"
                               : token == CVG_JSON_FALSE ? "false"
                                                         : "null";
            put(&out, word, strlen(word));
        }
    }
    return out;
}

static void same_tokens(const struct record *a, const void *data, size_t size)
{
    struct record b = read_all(data, size);
    must(b.accepted && a->used == b.used && memcmp(a->bytes, b.bytes, a->used) == 0);
    free(b.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MOST) {
        return 0;
    }
    struct record read = read_all(data, size);
    must(read.accepted == naive_document(data, size));
    check_skip(data, size, &read);
    if (read.accepted) {
        struct record written = write_all(&read);
        same_tokens(&read, data, size);
        same_tokens(&read, written.bytes, written.used);
        if (written.bytes[0] == '{' || written.bytes[0] == '[' || written.bytes[0] == '"') {
            struct record cut = read_all(written.bytes, written.used - 1);
            must(cut.fault == CVG_JSON_CUT);
            free(cut.bytes);
        }
        free(written.bytes);
    }
    free(read.bytes);
    return 0;
}
