/* SPDX-License-Identifier: Apache-2.0 */
/* Wanted outputs; see want.h. */
#include "kit/want.h"

#include "kit/printable.h"
#include "kit/regex.h"

#include <stdio.h>
#include <string.h>

#define SERVED_MOST 1000
#define ROOM_BEHIND 2048 /* of a finding, for what is said after its facts */
#define NAMES_MOST  3

const struct cvg_field cvg_kit_want_fields[] = {
    {.name = "name",
     .doc = "The output's name; where it has parts, a path into it will do: lb.hostname, hosts.0.",
     .example = "lb_hostname",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY | CVG_FIELD_SHORTHAND,
     .offset = offsetof(struct cvg_kit_want, name),
     .max = 512},
    {.name = "equals",
     .doc = "What stands there, as text; numbers as they are written there.",
     .example = "eu-central-1",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct cvg_kit_want, equals),
     .max = CVG_KIT_VALUE_MOST},
    {.name = "matches",
     .doc = "An extended regular expression that what stands there must match somewhere; begin it "
            "with ^ and end it with $ for all of it.",
     .example = "\"\\\\.elb\\\\.amazonaws\\\\.com$\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_kit_want, matches),
     .max = 512},
    {.name = "allow_empty",
     .doc = "An empty text, list or object will do.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_kit_want, allow_empty)},
    {.name = "serve",
     .doc = "Its value is shown and can be used by other checks, as the fact outputs.NAME. Never "
            "that of an output which is marked secret.",
     .default_text = "true",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_kit_want, serve)},
    {0},
};

int cvg_kit_want_check(const struct cvg_kit_want *want, char *ret, size_t size)
{
    return want->matches != NULL ? cvg_kit_regex_check(want->matches, ret, size) : 0;
}

static int matches(const char *pattern, const char *text)
{
    size_t length = strlen(text);
    return length <= CVG_KIT_VALUE_MOST && cvg_kit_regex_matches(pattern, text, length);
}

enum cvg_kit_fit cvg_kit_want_fit(const struct cvg_kit_want *want,
                                  const struct cvg_kit_value *value)
{
    if (value->kind == CVG_KIT_VALUE_NULL) {
        return CVG_KIT_MISSING;
    }
    if (value->kind == CVG_KIT_VALUE_EMPTY && want->allow_empty != 1) {
        return CVG_KIT_EMPTY;
    }
    if (want->equals == NULL && want->matches == NULL) {
        return CVG_KIT_FITS;
    }
    if (value->secret) {
        return CVG_KIT_SECRET;
    }
    if (value->text == NULL || (want->equals != NULL && strcmp(want->equals, value->text) != 0)) {
        return CVG_KIT_DIFFERS;
    }
    return want->matches == NULL || matches(want->matches, value->text) ? CVG_KIT_FITS
                                                                        : CVG_KIT_DIFFERS;
}

static int is_fact_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";
    return *name != '\0' && strlen(name) <= 200 && strspn(name, letters) == strlen(name);
}

static int can_be_told(const struct cvg_kit_finding *finding, const char *name, const char *text)
{
    char room[SERVED_MOST];
    size_t needed = strlen(name) + strlen(text) + ROOM_BEHIND;
    if (needed > sizeof(finding->room) - finding->used || strlen(text) >= sizeof(room)) {
        return 0;
    }
    cvg_kit_printable(room, sizeof(room), text, strlen(text));
    return strcmp(room, text) == 0;
}

void cvg_kit_want_tell(const struct cvg_kit_want *want, const struct cvg_kit_value *value,
                       struct cvg_kit_finding *finding)
{
    char name[240];
    if (want->serve != 1 || value->secret || value->text == NULL || !is_fact_name(want->name)) {
        return;
    }
    (void)snprintf(name, sizeof(name), "outputs.%s", want->name);
    if (can_be_told(finding, name, value->text)) {
        cvg_kit_finding_fact(finding, name, "%s", value->text);
    }
}

/* ---- names ---- */

void cvg_kit_names_add(struct cvg_kit_names *names, const char *name, const char *note)
{
    char room[160];
    if (names->count++ >= NAMES_MOST) {
        return;
    }
    cvg_kit_printable(room, sizeof(room), name, strlen(name));
    size_t left = sizeof(names->words) - names->length;
    int wrote = snprintf(names->words + names->length, left, "%s%s%s", names->count > 1 ? ", " : "",
                         room, note);
    names->length += wrote > 0 && (size_t)wrote < left ? (size_t)wrote : 0;
}

const char *cvg_kit_names_end(struct cvg_kit_names *names)
{
    if (names->count > NAMES_MOST) {
        (void)snprintf(names->words + names->length, sizeof(names->words) - names->length,
                       " and %zu more", names->count - NAMES_MOST);
    }
    return names->words;
}
