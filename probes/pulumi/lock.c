/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of locks; see lock.h. */
#include "lock.h"

#include "kit/printable.h"

#include <convergate/json.h>
#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

struct note {
    char user[60], host[60];
    int64_t at;
};

static void read_member(struct cvg_json *json, struct note *note)
{
    char *into = cvg_json_is(json, "username")   ? note->user
                 : cvg_json_is(json, "hostname") ? note->host
                                                 : NULL;
    int is_time = cvg_json_is(json, "timestamp");
    size_t length = 0;
    if (into == NULL && !is_time) {
        (void)cvg_json_skip(json);
        return;
    }
    if (cvg_json_next(json) != CVG_JSON_STRING) {
        (void)cvg_json_skip(json);
        return;
    }
    const char *text = cvg_json_text(json, &length);
    if (is_time) {
        (void)cvg_parse_time(text, length, &note->at);
    } else {
        cvg_kit_printable(into, sizeof(note->user), text, length);
    }
}

void cvg_pulumi_lock_read(const char *note, size_t length, int64_t wall,
                          struct cvg_pulumi_lock *ret)
{
    const struct cvg_json_limits limits = {.size = 4096, .depth = 8};
    struct note read = {.at = 0};
    *ret = (struct cvg_pulumi_lock){.created_at = 0};
    struct cvg_json *json = cvg_json_new(note, length, &limits);
    if (json == NULL) {
        return;
    }
    if (cvg_json_next(json) == CVG_JSON_OBJECT) {
        while (cvg_json_next(json) == CVG_JSON_KEY) {
            read_member(json, &read);
        }
    }
    int whole = cvg_json_current(json) == CVG_JSON_END && cvg_json_next(json) == CVG_JSON_DONE;
    cvg_json_free(json);
    if (!whole) {
        return;
    }
    ret->created_at = read.at <= wall ? read.at : 0;
    (void)snprintf(ret->who, sizeof(ret->who), "%s%s%s", read.user,
                   read.user[0] && read.host[0] ? "@" : "", read.host);
}
