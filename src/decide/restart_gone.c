/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What modules remember of checks that are gone. It stays for as long as history does, so that an
 * alarm outlives a configuration from which its check was taken for a while, and then goes, so that
 * checks which come and go leave no notes for ever.
 *
 * Counted is the time that the daemon ran without the check, and no clock that can be set: a jump
 * of the wall clock would forget an alarm. The count is noted once an hour and at a stop; what a
 * kill loses of it makes memory stay longer.
 */
#include "base/alloc.h"
#include "base/log.h"
#include "base/time.h"
#include "decide/restart_inner.h"
#include "module/memory.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>

#define NOTE_EVERY (60 * CVG_MINUTE)

struct gone {
    int64_t for_ns;     /* as it is noted */
    int64_t counted_at; /* CLOCK_BOOTTIME; 0: counting begins with the next look */
};

bool cvg_restart_gone_see(void *ctx, const struct cvg_note *note)
{
    struct cvg_restart *restart = ctx;
    struct gone *gone = CVG_NEW(struct gone);

    if (cvg_parse_int64(note->bytes, note->length, &gone->for_ns) != 0 || gone->for_ns < 0) {
        gone->for_ns = 0;
    }
    free(cvg_map_put(restart->gone, note->key, gone));
    return true;
}

void cvg_restart_gone_done(struct cvg_restart *restart)
{
    const char *key;
    void *gone;

    for (size_t at = 0; cvg_map_next(restart->gone, &at, &key, &gone);) {
        free(gone);
    }
    cvg_map_free(restart->gone);
}

static struct cvg_map *keys_of(const struct cvg_config *config)
{
    struct cvg_map *keys = cvg_map_new();

    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *environment = &config->environments[i];
        for (size_t k = 0; k < environment->check_count; k++) {
            const struct cvg_check_config *check = &environment->checks[k];
            CVG_CLEANUP(cvg_free_pointer)
            char *key = cvg_memory_key(environment->name, check->name, check->source->kind->name);
            cvg_map_put(keys, key, keys);
        }
    }
    return keys;
}

static void note(struct cvg_restart_notes *notes, const char *key, const struct gone *gone)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(32);

    cvg_buf_printf(&text, "%" PRId64, gone->for_ns);
    cvg_restart_note(notes, CVG_NOTE_GONE, key, &text);
}

static void drop(struct cvg_restart *restart, struct cvg_restart_notes *notes, const char *key)
{
    /* The key may be the map's own. */
    cvg_restart_note(notes, CVG_NOTE_GONE, key, NULL);
    free(cvg_map_remove(restart->gone, notes->items[notes->count - 1].key));
}

void cvg_restart_gone_find(struct cvg_restart *restart)
{
    CVG_CLEANUP(cvg_restart_notes_done) struct cvg_restart_notes notes = {0};
    const char *key;
    void *gone;

    if (!restart->store || !restart->loaded) {
        return;
    }
    struct cvg_map *there = keys_of(restart->config);
    struct cvg_map *back = cvg_map_new();
    for (size_t at = 0; cvg_memory_next(restart->memory, &at, &key);) {
        if (!cvg_map_get(there, key) && !cvg_map_get(restart->gone, key)) {
            struct gone *now = CVG_NEW(struct gone);
            cvg_map_put(restart->gone, key, now);
            note(&notes, key, now);
        }
    }
    for (size_t at = 0; cvg_map_next(restart->gone, &at, &key, &gone);) {
        const void *bytes;
        if (cvg_map_get(there, key) || cvg_memory_get(restart->memory, key, &bytes) == 0) {
            cvg_map_put(back, key, gone);
        }
    }
    for (size_t at = 0; cvg_map_next(back, &at, &key, &gone);) {
        drop(restart, &notes, key);
    }
    cvg_map_free(back);
    cvg_map_free(there);
    cvg_restart_notes_send(&notes, restart->store);
}

void cvg_restart_gone_count(struct cvg_restart *restart, int64_t now, bool all)
{
    CVG_CLEANUP(cvg_restart_notes_done) struct cvg_restart_notes notes = {0};
    struct cvg_map *over = cvg_map_new();
    const char *key;
    void *value;

    for (size_t at = 0; restart->loaded && cvg_map_next(restart->gone, &at, &key, &value);) {
        struct gone *gone = value;
        gone->counted_at = gone->counted_at ? gone->counted_at : now;
        int64_t passed = CVG_MAX(now - gone->counted_at, 0);
        if (restart->keep_gone_ns > 0 && gone->for_ns + passed >= restart->keep_gone_ns) {
            cvg_map_put(over, key, gone);
        } else if (passed >= NOTE_EVERY || (all && passed > 0)) {
            gone->for_ns += passed;
            gone->counted_at = now;
            note(&notes, key, gone);
        }
    }
    for (size_t at = 0; cvg_map_next(over, &at, &key, &value);) {
        (void)cvg_memory_put(restart->memory, key, NULL, 0);
        drop(restart, &notes, key);
        cvg_log(CVG_LOG_INFO, "what a module remembered of a check that is gone is forgotten",
                "key", key, NULL);
    }
    cvg_map_free(over);
    cvg_restart_notes_send(&notes, restart->store);
}
