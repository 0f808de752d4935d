/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 after Aumasson and Bernstein. Pure but for the key; any thread. */
#include "sdk/siphash.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

void cvg_siphash_key(uint64_t ret_key[2])
{
    uint64_t key[2];
    if (getrandom(key, sizeof key, GRND_NONBLOCK) != (ssize_t)sizeof key) {
        struct timespec now = {0};
        clock_gettime(CLOCK_MONOTONIC, &now);
        key[0] = (uint64_t)now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15);
        key[1] = (uint64_t)(uintptr_t)key ^ (uint64_t)now.tv_sec;
    }
    ret_key[0] = key[0];
    ret_key[1] = key[1];
}

static inline uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void mix(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

uint64_t cvg_siphash(const uint64_t key[2], const char *bytes, size_t length)
{
    uint64_t v[4] = {
        key[0] ^ UINT64_C(0x736f6d6570736575),
        key[1] ^ UINT64_C(0x646f72616e646f6d),
        key[0] ^ UINT64_C(0x6c7967656e657261),
        key[1] ^ UINT64_C(0x7465646279746573),
    };
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        v[3] ^= word;
        mix(v);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)length << 56;
    for (unsigned shift = 0; at < length; at++, shift += 8) {
        last |= (uint64_t)(unsigned char)bytes[at] << shift;
    }
    v[3] ^= last;
    mix(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    mix(v);
    mix(v);
    mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
