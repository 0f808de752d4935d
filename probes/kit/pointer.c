/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk through the document with every pointer beside it: a track knows how many of its
 * pointer's names are the path of where the walk stands. What no pointer leads into is skipped
 * (and checked), so that strings of it are never copied; nothing recurses.
 */
#include "kit/pointer.h"

#include <convergate/number.h>

#include <string.h>

struct track {
    const char *at; /* in the pointer: behind the names that fit */
    size_t names;   /* how many of them */
};

struct frame {
    enum cvg_json_token kind;
    size_t members;
};

struct walk {
    struct cvg_json *json;
    struct cvg_kit_arena *arena;
    struct track *tracks;
    struct cvg_kit_pointed *ret;
    size_t count;
    size_t depth; /* frames in use; the length of the path of a value in the innermost */
    struct frame frames[CVG_KIT_POINTER_DEPTH + 1];
};

const char *cvg_kit_pointer_check(const char *pointer)
{
    if (pointer[0] != '\0' && pointer[0] != '/') {
        return "has to begin with '/', as in \"/status/phase\" (\"\" is the whole document)";
    }
    for (const char *at = strchr(pointer, '~'); at != NULL; at = strchr(at + 1, '~')) {
        if (at[1] != '0' && at[1] != '1') {
            return "has a '~' that is neither \"~0\" (a '~') nor \"~1\" (a '/')";
        }
    }
    return NULL;
}

/* Behind the name that begins at `at`, where it is these bytes; else NULL. */
static const char *name_fits(const char *at, const char *name, size_t length)
{
    for (size_t i = 0; i < length; i++, at++) {
        char byte = *at;
        if (byte == '\0' || byte == '/') {
            return NULL;
        }
        if (byte == '~') {
            at++;
            byte = *at == '0' ? '~' : '/';
        }
        if (byte != name[i]) {
            return NULL;
        }
    }
    return *at == '\0' || *at == '/' ? at : NULL;
}

/* The walk goes into the member of this name: how many pointers go with it. */
static size_t enter(struct walk *walk, const char *name, size_t length)
{
    size_t with = 0;
    for (size_t i = 0; i < walk->count; i++) {
        struct track *track = &walk->tracks[i];
        if (track->names + 1 != walk->depth || *track->at != '/') {
            continue;
        }
        const char *behind = name_fits(track->at + 1, name, length);
        if (behind != NULL) {
            track->at = behind;
            track->names++;
            with++;
        }
    }
    return with;
}

static void leave(struct walk *walk)
{
    for (size_t i = 0; walk->depth > 0 && i < walk->count; i++) {
        struct track *track = &walk->tracks[i];
        if (track->names < walk->depth) {
            continue;
        }
        track->names--;
        do {
            track->at--;
        } while (*track->at != '/');
    }
}

/* Before a value of an array, which has no key of its own. */
static size_t enter_item(struct walk *walk)
{
    struct frame *frame = &walk->frames[walk->depth];
    if (walk->depth == 0 || frame->kind != CVG_JSON_ARRAY) {
        return 1; /* the whole document, or a key that some pointer went into */
    }
    char name[CVG_NUMBER_TEXT];
    size_t at = sizeof(name);
    size_t index = frame->members++;
    do {
        name[--at] = (char)('0' + index % 10);
        index /= 10;
    } while (index > 0);
    return enter(walk, name + at, sizeof(name) - at);
}

/* What stands here is what some pointers mean. -1: the arena is full. */
static int note(struct walk *walk, enum cvg_json_token kind)
{
    static const char *const words[] = {
        [CVG_JSON_TRUE] = "true", [CVG_JSON_FALSE] = "false", [CVG_JSON_NULL] = "null"};
    struct cvg_kit_pointed value = {.kind = kind, .text = ""};
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->tracks[i].names != walk->depth || *walk->tracks[i].at != '\0') {
            continue;
        }
        if (value.text[0] == '\0' && (kind == CVG_JSON_STRING || kind == CVG_JSON_NUMBER)) {
            const char *text = cvg_json_text(walk->json, &value.length);
            value.text = cvg_kit_arena_text(walk->arena, text, value.length);
        } else if (kind == CVG_JSON_TRUE || kind == CVG_JSON_FALSE || kind == CVG_JSON_NULL) {
            value.text = words[kind];
            value.length = strlen(value.text);
        }
        if (value.text == NULL) {
            return -1;
        }
        walk->ret[i] = value;
    }
    return 0;
}

static void open_container(struct walk *walk, enum cvg_json_token kind)
{
    walk->frames[++walk->depth] = (struct frame){.kind = kind};
}

static void close_container(struct walk *walk)
{
    size_t members = walk->frames[walk->depth--].members;
    for (size_t i = 0; i < walk->count; i++) {
        if (walk->tracks[i].names == walk->depth && *walk->tracks[i].at == '\0') {
            walk->ret[i].members = members;
        }
    }
    leave(walk);
}

static int take_key(struct walk *walk)
{
    size_t length = 0;
    const char *name = cvg_json_text(walk->json, &length);
    walk->frames[walk->depth].members++;
    return enter(walk, name, length) == 0 ? cvg_json_skip(walk->json) : 0;
}

/* One token. 1: the document is over; -1: the reader or the arena says why. */
static int step(struct walk *walk)
{
    enum cvg_json_token token = cvg_json_next(walk->json);
    switch (token) {
    case CVG_JSON_DONE:
        return 1;
    case CVG_JSON_ERROR:
        return -1;
    case CVG_JSON_KEY:
        return take_key(walk);
    case CVG_JSON_END:
        close_container(walk);
        return 0;
    case CVG_JSON_OBJECT:
    case CVG_JSON_ARRAY:
        if (enter_item(walk) == 0) {
            return cvg_json_skip(walk->json);
        }
        if (note(walk, token) < 0) {
            return -1;
        }
        open_container(walk, token);
        return 0;
    default:
        break;
    }
    if (enter_item(walk) > 0 && note(walk, token) < 0) {
        return -1;
    }
    leave(walk);
    return 0;
}

static int find(struct walk *walk, const char **ret_error)
{
    int result = 0;
    while (result == 0) {
        result = step(walk);
    }
    if (result > 0) {
        return 0;
    }
    if (!cvg_kit_arena_is_full(walk->arena)) {
        const char *error = cvg_json_error(walk->json);
        *ret_error = cvg_kit_arena_text(walk->arena, error, strlen(error));
    }
    return -1;
}

/* NOLINTNEXTLINE(readability-function-size): a document, its questions, and where answers go */
int cvg_kit_pointer_find(const char *json, size_t length, const char *const *pointers, size_t count,
                         struct cvg_kit_arena *arena, struct cvg_kit_pointed *ret,
                         const char **ret_error)
{
    struct cvg_json_limits limits = {.depth = CVG_KIT_POINTER_DEPTH};
    struct walk walk = {.arena = arena, .ret = ret, .count = count};
    *ret_error = NULL;
    walk.tracks = cvg_kit_arena_array(arena, count, sizeof(*walk.tracks));
    if (walk.tracks == NULL) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        walk.tracks[i] = (struct track){.at = pointers[i]};
        ret[i] = (struct cvg_kit_pointed){.kind = CVG_JSON_ERROR, .text = ""};
    }
    walk.json = cvg_json_new(json, length, &limits);
    if (walk.json == NULL) {
        *ret_error = "there is no memory to read it";
        return -1;
    }
    int result = find(&walk, ret_error);
    cvg_json_free(walk.json);
    return result;
}
