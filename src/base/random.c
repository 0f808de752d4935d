/* SPDX-License-Identifier: Apache-2.0 */
/* xoroshiro128++ (Blackman and Vigna), seeded by splitmix64. A generator has one owner. */
#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

void cvg_random_seed(struct cvg_random *random, uint64_t seed)
{
    random->state[0] = splitmix(&seed);
    random->state[1] = splitmix(&seed);
}

uint64_t cvg_random_next(struct cvg_random *random)
{
    uint64_t a = random->state[0], b = random->state[1];
    uint64_t result = rotate(a + b, 17) + a;
    b ^= a;
    random->state[0] = rotate(a, 49) ^ b ^ b << 21;
    random->state[1] = rotate(b, 28);
    return result;
}

uint64_t cvg_random_below(struct cvg_random *random, uint64_t bound)
{
    if (bound == 0) {
        return 0;
    }
    /* The lowest values would come more often where bound does not divide 2^64: draw again. */
    uint64_t uneven = (0 - bound) % bound;
    uint64_t value = cvg_random_next(random);
    while (value < uneven) {
        value = cvg_random_next(random);
    }
    return value % bound;
}

int64_t cvg_random_jitter(struct cvg_random *random, int64_t value, double share)
{
    double unit = (double)(cvg_random_next(random) >> 11) * 0x1p-53;
    double result = (double)value * (1 + share * (2 * unit - 1));
    if (result >= 0x1p63) {
        return INT64_MAX;
    }
    return result < -0x1p63 ? INT64_MIN : (int64_t)result;
}

void cvg_random_bytes(void *ret, size_t size)
{
    char *at = ret;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        } else if (errno != EINTR) {
            static const char text[] = "getrandom failed, giving up\n";
            ssize_t told = write(STDERR_FILENO, text, sizeof text - 1);
            (void)told;
            abort();
        }
    }
}
