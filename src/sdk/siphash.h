/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-1-3: a keyed hash for tables whose keys come from outside. Who does not know the key
 * cannot make many texts fall into one slot, so a hostile document costs no more than a big one.
 */
#ifndef CVG_SDK_SIPHASH_H
#define CVG_SDK_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* From getrandom(2), 128 bits that nobody outside can guess. Where the system has none yet, a
 * weaker key from the clock and the stack's address: the hash guards only running time. */
void cvg_siphash_key(uint64_t ret_key[2]);
uint64_t cvg_siphash(const uint64_t key[2], const char *bytes, size_t length);

#endif
