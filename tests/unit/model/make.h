/* SPDX-License-Identifier: Apache-2.0 */
/* Readings for tests of the model, in seconds. */
#ifndef TEST_MODEL_MAKE_H
#define TEST_MODEL_MAKE_H

#include "base/time.h"
#include "model/reading.h"

#define S(seconds) ((int64_t)(seconds)*CVG_SECOND)

/* The status's own word in CamelCase as reason: "Ready", "Failed", ... */
struct cvg_kept_reading *make_reading(uint32_t status, int64_t observed_at);

#endif
