/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing what an attacker guesses at: the time it takes depends on the length alone. */
#ifndef CVG_CRYPTO_COMPARE_H
#define CVG_CRYPTO_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether both are equal. Any thread. */
bool cvg_compare_secret(const void *a, const void *b, size_t length);

#endif
