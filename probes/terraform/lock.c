/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock's note. It only says who and since when, never whether: one that is broken, cut or hostile
 * leaves an unknown holder. Info and Path are not read, since people put commands and paths there.
 */
#include "lock.h"

#include "kit/printable.h"

#include <convergate/json.h>
#include <convergate/number.h>

#include <string.h>

#define NOTE_MOST ((size_t)64 << 10)

static void read_text(const struct cvg_json *json, char *room, size_t size)
{
    size_t length = 0;
    const char *text = cvg_json_text(json, &length);
    cvg_kit_printable(room, size, text, length);
}

/* Go's zero time is before 1970 and does not parse; a clock ahead of ours proves nothing. */
static int64_t read_time(const struct cvg_json *json, int64_t wall)
{
    size_t length = 0;
    int64_t at = 0;
    const char *text = cvg_json_text(json, &length);
    return cvg_parse_time(text, length, &at) < 0 || at > wall ? 0 : at;
}

enum wanted {
    WANTED_NOTHING,
    WANTED_ID,
    WANTED_OPERATION,
    WANTED_WHO,
    WANTED_VERSION,
    WANTED_CREATED,
};

static enum wanted wanted_at(const struct cvg_json *json)
{
    static const char *const names[] = {
        [WANTED_ID] = "ID",           [WANTED_OPERATION] = "Operation", [WANTED_WHO] = "Who",
        [WANTED_VERSION] = "Version", [WANTED_CREATED] = "Created",
    };
    for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (cvg_json_is(json, names[i])) {
            return (enum wanted)i;
        }
    }
    return WANTED_NOTHING;
}

static void read_field(const struct cvg_json *json, enum wanted wanted, int64_t wall,
                       struct cvg_tf_lock *ret)
{
    switch (wanted) {
    case WANTED_ID:
        read_text(json, ret->id, sizeof(ret->id));
        break;
    case WANTED_OPERATION:
        read_text(json, ret->operation, sizeof(ret->operation));
        ret->is_plan =
            cvg_json_is(json, "OperationTypePlan") || cvg_json_is(json, "OperationTypeRefresh");
        break;
    case WANTED_WHO:
        read_text(json, ret->who, sizeof(ret->who));
        break;
    case WANTED_VERSION:
        read_text(json, ret->version, sizeof(ret->version));
        break;
    case WANTED_CREATED:
        ret->created_at = read_time(json, wall);
        break;
    case WANTED_NOTHING:
        break;
    }
}

/* 0: it was read to its end. */
static int read_note(struct cvg_json *json, int64_t wall, struct cvg_tf_lock *ret)
{
    if (cvg_json_next(json) != CVG_JSON_OBJECT) {
        return -1;
    }
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        enum wanted wanted = wanted_at(json);
        if (cvg_json_next(json) == CVG_JSON_STRING) {
            read_field(json, wanted, wall, ret);
        }
        if (cvg_json_skip(json) < 0) {
            return -1;
        }
    }
    return cvg_json_next(json) == CVG_JSON_DONE ? 0 : -1;
}

void cvg_tf_lock_read(const char *note, size_t length, int64_t wall, struct cvg_tf_lock *ret)
{
    static const struct cvg_json_limits limits = {.size = NOTE_MOST, .depth = 8};
    uint32_t state = ret->state;
    struct cvg_json *json = cvg_json_new(note, length, &limits);
    *ret = (struct cvg_tf_lock){.state = state};
    if (json == NULL || read_note(json, wall, ret) < 0) {
        /* Half of a note may be of another one. */
        *ret = (struct cvg_tf_lock){.state = state};
    }
    cvg_json_free(json);
}
