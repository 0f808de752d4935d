/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fuzz target offers: libFuzzer calls it with inputs of its own, replay.c with the kept ones.
 * It returns 0, keeps nothing between two calls, and says that something is wrong by abort().
 */
#ifndef CVG_FUZZ_H
#define CVG_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
