/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flap detection. Weights are whole numbers in 190ths (0.8 = 152, 1.2 = 228, steps of 4), so that
 * a threshold is crossed at the same sample on every machine.
 */
#include "model/flap.h"

#include "base/macros.h"
#include "base/time.h"

#define CHANGES      (CVG_FLAP_SAMPLES - 1)
#define WEIGHT_OLD   152u
#define WEIGHT_STEP  4u
#define WEIGHT_TOTAL 3800u /* all changes: 20 times 1.0 */
#define START_WEIGHT (WEIGHT_TOTAL * 30 / 100)
#define STOP_WEIGHT  (WEIGHT_TOTAL * 25 / 100)
#define SAMPLE_MASK  ((UINT32_C(1) << CVG_FLAP_SAMPLES) - 1)

static uint32_t weight_of_changes(const struct cvg_flap *flap)
{
    uint32_t changed = flap->samples ^ (flap->samples >> 1);
    uint32_t filled = flap->count > 0 ? flap->count - 1 : 0;
    uint32_t sum = 0;

    for (uint32_t age = 0; age < filled; age++) {
        if (changed >> age & 1) {
            sum += WEIGHT_OLD + WEIGHT_STEP * (CHANGES - 1 - age);
        }
    }
    return sum;
}

static bool push(struct cvg_flap *flap, bool ready, int64_t at)
{
    flap->samples = ((flap->samples << 1) | (ready ? 1u : 0u)) & SAMPLE_MASK;
    flap->count = CVG_MIN(flap->count + 1, (uint32_t)CVG_FLAP_SAMPLES);

    uint32_t weight = weight_of_changes(flap);
    bool flapping = flap->flapping ? weight > STOP_WEIGHT : weight >= START_WEIGHT;
    if (flapping == flap->flapping) {
        return false;
    }
    flap->flapping = flapping;
    flap->since = at;
    return true;
}

bool cvg_flap_sample(struct cvg_flap *flap, int64_t period, bool ready, int64_t now)
{
    bool before = flap->flapping;

    if (flap->next_at == 0) {
        flap->next_at = now;
    }
    for (int pushed = 0; flap->next_at <= now; pushed++) {
        if (pushed > CVG_FLAP_SAMPLES) {
            /* All samples are equal by now: more of them change nothing but the time. */
            flap->next_at += (now - flap->next_at) / period * period + period;
            break;
        }
        push(flap, ready, flap->next_at);
        flap->next_at += period;
    }
    return flap->flapping != before;
}

double cvg_flap_percent(const struct cvg_flap *flap)
{
    return 100.0 * weight_of_changes(flap) / WEIGHT_TOTAL;
}

bool cvg_flap_last(const struct cvg_flap *flap)
{
    return (flap->samples & 1) != 0;
}

int64_t cvg_flap_change_at(const struct cvg_flap *flap, int64_t period, bool ready)
{
    /* Changes only lose weight as they grow old, so without a new one nothing starts. */
    if (flap->count == 0 || (!flap->flapping && cvg_flap_last(flap) == ready)) {
        return CVG_NEVER;
    }
    struct cvg_flap ahead = *flap;
    for (int sample = 0; sample <= CVG_FLAP_SAMPLES; sample++) {
        int64_t at = ahead.next_at;
        if (cvg_flap_sample(&ahead, period, ready, at)) {
            return at;
        }
    }
    return CVG_NEVER;
}
