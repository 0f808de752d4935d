/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory as bytes: a mark with the version, then every field in order, numbers little end first,
 * texts with their length. When the latest look was is left out, so that a look that shows nothing
 * new leaves the same bytes; who reads them knows only that there was one.
 */
#include "remember.h"

#include <string.h>

static const char mark[] = "cvg-tf-1";

/* One walk for both ways, so that they cannot differ. */
struct cursor {
    unsigned char *out;      /* writing; NULL: reading */
    const unsigned char *in; /* reading */
    size_t at, size;
    int failed;
};

static void walk_bytes(struct cursor *cursor, void *bytes, size_t length)
{
    if (cursor->failed || length > cursor->size - cursor->at) {
        cursor->failed = 1;
        return;
    }
    if (cursor->out != NULL) {
        memcpy(cursor->out + cursor->at, bytes, length);
    } else if (cursor->in != NULL) {
        memcpy(bytes, cursor->in + cursor->at, length);
    }
    cursor->at += length;
}

static void walk_number(struct cursor *cursor, uint64_t *number, uint64_t most)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(*number >> (8 * i));
    }
    walk_bytes(cursor, bytes, sizeof(bytes));
    uint64_t value = 0;
    for (size_t i = sizeof(bytes); i > 0; i--) {
        value = value << 8 | bytes[i - 1];
    }
    if (value > most) {
        cursor->failed = 1;
    }
    *number = value;
}

static void walk_word(struct cursor *cursor, uint32_t *word, uint32_t most)
{
    uint64_t number = *word;
    walk_number(cursor, &number, most);
    *word = cursor->failed ? 0 : (uint32_t)number;
}

/* Times and their lengths: none is negative. */
static void walk_time(struct cursor *cursor, int64_t *time)
{
    uint64_t number = *time < 0 ? 0 : (uint64_t)*time;
    walk_number(cursor, &number, INT64_MAX);
    *time = cursor->failed ? 0 : (int64_t)number;
}

static void walk_text(struct cursor *cursor, char *text, size_t room)
{
    uint32_t length = (uint32_t)strnlen(text, room - 1);
    walk_word(cursor, &length, (uint32_t)(room - 1));
    walk_bytes(cursor, text, length);
    if (cursor->out == NULL) {
        text[length] = '\0';
        cursor->failed |= strlen(text) != length;
    }
}

static void walk_stillness(struct cursor *cursor, struct cvg_place_stillness *stillness)
{
    uint32_t seen = stillness->seen_at != 0;
    walk_word(cursor, &stillness->known, 1);
    walk_bytes(cursor, stillness->digest, sizeof(stillness->digest));
    walk_time(cursor, &stillness->still_since);
    walk_time(cursor, &stillness->torn_since);
    walk_time(cursor, &stillness->locked_since);
    walk_word(cursor, &seen, 1);
    /* A time of change proves something only behind the latest look: behind none that is known, so
     * that a document with an old time that took another's place is new. */
    stillness->seen_at = seen ? INT64_MAX : 0;
}

static void walk(struct cursor *cursor, struct cvg_tf_memory *memory)
{
    uint64_t clock = (uint64_t)memory->clock;
    walk_word(cursor, &memory->known, 1);
    walk_word(cursor, &memory->digested, 1);
    walk_word(cursor, &memory->alarm, CVG_TF_ALARMS - 1);
    walk_word(cursor, &memory->clock_known, 1);
    walk_text(cursor, memory->lineage, sizeof(memory->lineage));
    walk_text(cursor, memory->other_lineage, sizeof(memory->other_lineage));
    walk_number(cursor, &memory->serial, UINT64_MAX);
    walk_number(cursor, &memory->other_serial, UINT64_MAX);
    walk_bytes(cursor, memory->digest, sizeof(memory->digest));
    walk_number(cursor, &clock, UINT64_MAX);
    walk_stillness(cursor, &memory->stillness);
    walk_time(cursor, &memory->lock_since);
    walk_time(cursor, &memory->apply_since);
    walk_number(cursor, &memory->applies, UINT64_MAX);
    walk_number(cursor, &memory->failed_applies, UINT64_MAX);
    walk_number(cursor, &memory->drift, UINT64_MAX);
    walk_time(cursor, &memory->last_apply_ns);
    walk_time(cursor, &memory->last_lock_ns);
    memory->clock = (int64_t)clock;
}

size_t cvg_tf_memory_write(const struct cvg_tf_memory *memory, char ret[CVG_TF_MEMORY_BYTES])
{
    struct cvg_tf_memory copy = *memory;
    char begin[sizeof(mark)];
    memcpy(begin, mark, sizeof(mark));
    memset(ret, 0, CVG_TF_MEMORY_BYTES);
    struct cursor cursor = {.out = (unsigned char *)ret, .size = CVG_TF_MEMORY_BYTES};
    walk_bytes(&cursor, begin, sizeof(begin));
    walk(&cursor, &copy);
    return cursor.at;
}

int cvg_tf_memory_read(const void *bytes, size_t length, struct cvg_tf_memory *ret)
{
    char begin[sizeof(mark)] = "";
    struct cursor cursor = {.in = bytes, .size = length};
    memset(ret, 0, sizeof(*ret));
    walk_bytes(&cursor, begin, sizeof(begin));
    if (!cursor.failed && memcmp(begin, mark, sizeof(mark)) == 0) {
        walk(&cursor, ret);
        if (!cursor.failed && cursor.at == length) {
            return 0;
        }
    }
    memset(ret, 0, sizeof(*ret));
    ret->alarm = CVG_TF_MEMORY_LOST;
    return -1;
}
