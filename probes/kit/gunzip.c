/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking gzip; see gunzip.h. What comes out is wiped where it is not handed over: it may be secret. */
#define ZLIB_CONST /* what goes in stays as it is */
#include "kit/gunzip.h"

#include "kit/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    GZIP_ONLY = 16 + MAX_WBITS, /* zlib's word for: a gzip file, no other wrapping */
    TRAILER_LENGTH = 4,         /* the length of the content, modulo 2^32 */
    FIRST_ROOM = 4096,
    MOST_RATIO = 1032 /* what deflate can do at best */
};

struct unpacking {
    z_stream stream;
    char *room; /* with one byte more than size, for the NUL */
    size_t size, used, limit;
    int is_over; /* there is more than the limit */
};

int cvg_kit_is_gzip(const char *bytes, size_t length)
{
    return length >= 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b;
}

/* What the file itself says it holds. Only a first guess, so that an honest one is unpacked in place: a
 * lie costs no more than what could be in there, and no more than the limit. */
static size_t first_size(const char *bytes, size_t length, size_t limit)
{
    size_t said = 0;
    if (length < TRAILER_LENGTH) {
        return limit < FIRST_ROOM ? limit : FIRST_ROOM;
    }
    for (size_t i = TRAILER_LENGTH; i > 0; i--) {
        said = said << 8 | (unsigned char)bytes[length - TRAILER_LENGTH + i - 1];
    }
    if (said / MOST_RATIO > length) {
        said = FIRST_ROOM;
    }
    return said < limit ? said : limit;
}

static void wipe(char *room, size_t length)
{
    explicit_bzero(room, length);
    free(room);
}

/* A new place and a copy: realloc() would leave what it moves behind. */
static void grow(struct unpacking *unpacking)
{
    size_t size = unpacking->size < FIRST_ROOM ? FIRST_ROOM : unpacking->size * 2;
    if (size > unpacking->limit) {
        size = unpacking->limit;
    }
    char *room = cvg_kit_resize(NULL, size + 1, 1);
    memcpy(room, unpacking->room, unpacking->used);
    wipe(unpacking->room, unpacking->used);
    unpacking->room = room;
    unpacking->size = size;
}

static uInt part_of(size_t length)
{
    return length < UINT_MAX ? (uInt)length : UINT_MAX;
}

/* One call of inflate(), and what it says. */
static int step(struct unpacking *unpacking, const char *bytes, size_t length, size_t *at)
{
    unsigned char spare = 0;
    z_stream *stream = &unpacking->stream;
    uInt in = part_of(length - *at), out = part_of(unpacking->size - unpacking->used);
    /* With no room left, one byte tells whether there is more, or only the trailer. */
    int is_full = out == 0;
    stream->next_in = (const Bytef *)(bytes + *at);
    stream->avail_in = in;
    stream->next_out = is_full ? &spare : (Bytef *)unpacking->room + unpacking->used;
    stream->avail_out = is_full ? 1 : out;
    int code = inflate(stream, Z_NO_FLUSH);
    *at += in - stream->avail_in;
    if (!is_full) {
        unpacking->used += out - stream->avail_out;
    } else if (stream->avail_out == 0) {
        unpacking->is_over = unpacking->size == unpacking->limit;
        if (!unpacking->is_over) {
            grow(unpacking);
            unpacking->room[unpacking->used++] = (char)spare;
        }
    }
    return code;
}

static enum cvg_kit_gunzip_result unpack(struct unpacking *unpacking, const char *bytes,
                                         size_t length)
{
    size_t at = 0;
    for (;;) {
        size_t before = at, had = unpacking->used;
        int code = step(unpacking, bytes, length, &at);
        if (unpacking->is_over) {
            return CVG_KIT_GUNZIP_TOO_LARGE;
        }
        if (code == Z_STREAM_END) {
            return at == length ? CVG_KIT_GUNZIP_DONE : CVG_KIT_GUNZIP_TRAILING;
        }
        if (code != Z_OK && code != Z_BUF_ERROR) {
            return CVG_KIT_GUNZIP_BROKEN;
        }
        if (at == before && unpacking->used == had) {
            return CVG_KIT_GUNZIP_CUT;
        }
    }
}

enum cvg_kit_gunzip_result cvg_kit_gunzip(const char *bytes, size_t length, size_t limit,
                                          char **ret, size_t *ret_length)
{
    struct unpacking unpacking = {.limit = limit};
    if (inflateInit2(&unpacking.stream, GZIP_ONLY) != Z_OK) {
        abort(); /* no memory */
    }
    unpacking.size = first_size(bytes, length, limit);
    unpacking.room = cvg_kit_resize(NULL, unpacking.size + 1, 1);
    enum cvg_kit_gunzip_result result = unpack(&unpacking, bytes, length);
    (void)inflateEnd(&unpacking.stream);
    if (result != CVG_KIT_GUNZIP_DONE) {
        wipe(unpacking.room, unpacking.used);
        return result;
    }
    unpacking.room[unpacking.used] = '\0';
    *ret = unpacking.room;
    *ret_length = unpacking.used;
    return CVG_KIT_GUNZIP_DONE;
}

const char *cvg_kit_gunzip_text(enum cvg_kit_gunzip_result result)
{
    static const char *const texts[] = {
        [CVG_KIT_GUNZIP_DONE] = "",
        [CVG_KIT_GUNZIP_CUT] = "is cut short",
        [CVG_KIT_GUNZIP_BROKEN] = "is not whole gzip",
        [CVG_KIT_GUNZIP_TRAILING] = "has something behind its end",
        [CVG_KIT_GUNZIP_TOO_LARGE] = "is larger than allowed when unpacked",
    };
    return texts[result];
}
