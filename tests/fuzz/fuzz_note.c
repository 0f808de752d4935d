/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes from any bytes, as a store that was damaged may hand them over. For each input
 *   - it is read or refused, whatever the clocks say,
 *   - what was read is written and read again as it was,
 *   - a state that is restored is unread, and never ready or fresh, before its first reading, and
 *     after one it is a state like any other.
 */
/* links: cvg_wire */
#include "fuzz.h"

#include "base/text.h"
#include "base/time.h"
#include "model/reading.h"
#include "wire/note.h"

#include <stdlib.h>
#include <string.h>

#define ABOUT "a"
#define BOOT  "b"
#define NOW   (INT64_C(100000) * CVG_SECOND)

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

static void look(struct cvg_steady *steady, const struct cvg_steady_rules *rules, int64_t now)
{
    cvg_steady_advance(steady, rules, now);
    struct cvg_steady_view view = cvg_steady_view(steady, rules, now);

    must(!view.fresh || view.status != CVG_UNKNOWN);
    must(view.since <= now && view.next_change_at > now);
    must(steady->latest || (view.status == CVG_UNKNOWN && !view.fresh && !view.kept));
}

static void live_on(const struct cvg_steady_saved *saved, uint32_t status, bool polled)
{
    const struct cvg_steady_rules rules = {
        .polled = polled,
        .interval_ns = 10 * CVG_SECOND,
        .rise_ns = 30 * CVG_SECOND,
        .fall_ns = 20 * CVG_SECOND,
        .max_age_ns = CVG_MINUTE,
        .on_unknown = CVG_ON_UNKNOWN_KEEP,
        .keep_ns = CVG_MINUTE,
    };
    struct cvg_steady steady = {0};
    struct cvg_reading reading = {.size = sizeof(reading),
                                  .status = status,
                                  .reason = "Read",
                                  .observed_at_ns = NOW + CVG_SECOND};

    if (cvg_steady_restore(&steady, saved, NOW)) {
        look(&steady, &rules, NOW);
        (void)cvg_steady_observe(&steady, &rules, cvg_reading_keep(&reading, NOW + CVG_SECOND),
                                 NOW + CVG_SECOND);
        for (int64_t later = 1; later < 200; later += 7) {
            look(&steady, &rules, NOW + later * CVG_SECOND);
        }
    }
    cvg_steady_done(&steady);
}

static void read_steady(const uint8_t *data, size_t size, const struct cvg_note_clock *clock)
{
    struct cvg_steady_saved saved, again;
    struct cvg_error error;
    struct cvg_buf text = CVG_BUF_INIT(65536);

    if (cvg_note_steady_read(data, size, ABOUT, clock, &saved, &error) < 0) {
        must(error.text[0] != '\0');
        return;
    }
    for (uint32_t status = 0; status < CVG_STATUS_COUNT; status++) {
        live_on(&saved, status, true);
        live_on(&saved, status, false);
    }
    if (!*clock->boot) {
        return; /* what comes back is of another boot */
    }
    must(cvg_note_steady_write(&saved, ABOUT, clock, &text) == 0);
    must(cvg_note_steady_read(text.data, text.length, ABOUT, clock, &again, &error) == 0);
    must(saved.status == again.status && saved.fresh_at == again.fresh_at &&
         saved.since == again.since && saved.flap.samples == again.flap.samples &&
         saved.flap.next_at == again.flap.next_at);
    cvg_buf_done(&text);
}

static void read_others(const uint8_t *data, size_t size, const struct cvg_note_clock *clock)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_note_breaker breaker;
    struct cvg_note_published published;

    (void)!cvg_note_breaker_read(data, size, ABOUT, clock, &breaker, NULL);
    if (cvg_note_published_read(data, size, arena, &published, NULL) == 0) {
        must(published.gate_count <= CVG_NOTE_GATES);
        for (size_t i = 0; i < published.gate_count; i++) {
            must(strlen(published.gates[i].name) <= size);
        }
    }
    cvg_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cvg_note_clock clocks[] = {
        {BOOT, NOW, 1000 * CVG_SECOND},
        {"", NOW, 1000 * CVG_SECOND},
        {"c", NOW, INT64_MAX},
        {"c", 0, INT64_MIN},
    };

    for (size_t i = 0; i < CVG_COUNT(clocks); i++) {
        read_steady(data, size, &clocks[i]);
        read_others(data, size, &clocks[i]);
    }
    return 0;
}
