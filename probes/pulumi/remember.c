/* SPDX-License-Identifier: Apache-2.0 */
/* Memory over looks and restarts; see remember.h. */
#include "remember.h"

#include <string.h>

#define MAGIC  UINT64_C(0x63767050756c6d31) /* "cvpPulm1" */
#define MINUTE (INT64_C(60) * 1000000000)
#define FIELDS 6 /* numbers behind the digest */

void cvg_pulumi_memory_see(struct cvg_pulumi_memory *memory, int64_t time, int64_t wall)
{
    if (time == 0) {
        return;
    }
    time = time < wall ? time : wall;
    if (time < memory->newest - CVG_PULUMI_CLOCKS_APART) {
        memory->behind = time;
    } else if (time > memory->newest) {
        memory->newest = time;
    }
}

static unsigned char *put(unsigned char *at, uint64_t number)
{
    for (int i = 0; i < 8; i++) {
        at[i] = (unsigned char)(number >> (56 - 8 * i));
    }
    return at + 8;
}

static uint64_t get(const unsigned char **at)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) {
        number = number << 8 | (*at)[i];
    }
    *at += 8;
    return number;
}

/* Magic, known, digest, the times, zeros up to the end. */
void cvg_pulumi_memory_write(const struct cvg_pulumi_memory *memory,
                             unsigned char ret[CVG_PULUMI_MEMORY_BYTES])
{
    const struct cvg_place_stillness *still = &memory->still;
    const int64_t numbers[FIELDS] = {still->seen_at,      still->still_since, still->torn_since,
                                     still->locked_since, memory->newest,     memory->behind};
    memset(ret, 0, CVG_PULUMI_MEMORY_BYTES);
    unsigned char *at = put(put(ret, MAGIC), still->known);
    memcpy(at, still->digest, CVG_PLACE_DIGEST);
    at += CVG_PLACE_DIGEST;
    for (size_t i = 0; i < FIELDS; i++) {
        at = put(at, (uint64_t)numbers[i]);
    }
}

static int is_zero(const unsigned char *from, const unsigned char *end)
{
    while (from < end && *from == 0) {
        from++;
    }
    return from == end;
}

int cvg_pulumi_memory_read(const void *bytes, size_t length, struct cvg_pulumi_memory *ret)
{
    const unsigned char *at = bytes;
    int64_t numbers[FIELDS];
    *ret = (struct cvg_pulumi_memory){.newest = 0};
    if (length != CVG_PULUMI_MEMORY_BYTES || get(&at) != MAGIC) {
        return -1;
    }
    uint64_t known = get(&at);
    const unsigned char *digest = at;
    at += CVG_PLACE_DIGEST;
    for (size_t i = 0; i < FIELDS; i++) {
        uint64_t number = get(&at);
        if (number > INT64_MAX) {
            return -1;
        }
        numbers[i] = (int64_t)number;
    }
    if (known > 1 || !is_zero(at, (const unsigned char *)bytes + length)) {
        return -1;
    }
    ret->still.known = (uint32_t)known;
    memcpy(ret->still.digest, digest, CVG_PLACE_DIGEST);
    ret->still.seen_at = numbers[0];
    ret->still.still_since = numbers[1];
    ret->still.torn_since = numbers[2];
    ret->still.locked_since = numbers[3];
    ret->newest = numbers[4];
    ret->behind = numbers[5];
    return 0;
}

int cvg_pulumi_memory_moved(const struct cvg_pulumi_memory *before,
                            const struct cvg_pulumi_memory *after)
{
    unsigned char one[CVG_PULUMI_MEMORY_BYTES], other[CVG_PULUMI_MEMORY_BYTES];
    struct cvg_pulumi_memory as_before = *after;
    int64_t since = after->still.seen_at - before->still.seen_at;
    if (since < 0 || since > MINUTE) {
        return 1;
    }
    as_before.still.seen_at = before->still.seen_at;
    cvg_pulumi_memory_write(before, one);
    cvg_pulumi_memory_write(&as_before, other);
    return memcmp(one, other, sizeof(one)) != 0;
}
