/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watch's stream: frames are cut out of the bytes as they come, which line up with nothing, and
 * each is decoded into one event. A frame that came whole is decoded where it stands; one that was
 * cut is gathered in a buffer that grows with the bytes that are there, never by what is announced.
 */
#include "decode.h"
#include "decode_inner.h"
#include "kit/memory.h"
#include "proto.h"

#include <kube.pb-c.h>

#include <stdlib.h>
#include <string.h>

#define HEAD_SIZE  4
#define FRAME_MOST (CVG_KUBE_OBJECT_MOST + 4096) /* an object and what stands around it */
#define KEEP_MOST  ((size_t)64 << 10)            /* of the buffer, between frames */

struct cvg_kube_frames {
    const struct cvg_kube_kind *kind;
    struct cvg_kit_arena *arena; /* borrowed */
    enum cvg_kube_format format;
    unsigned char *buffer; /* owned: a frame's beginning; of protobuf with its head */
    size_t length, size;
    uint64_t passed;               /* bytes of the stream before the current frame */
    enum cvg_kube_decoded outcome; /* once it is not OK, nothing follows */
};

struct feeding {
    struct cvg_kube_frames *frames;
    struct cvg_kube_decoding decoding;
    int (*see)(void *arg, const struct cvg_kube_event *event);
    void *arg;
};

struct cvg_kube_frames *cvg_kube_frames_new(const struct cvg_kube_kind *kind,
                                            const char *content_type, struct cvg_kit_arena *arena)
{
    struct cvg_kube_frames *frames = cvg_kit_alloc(sizeof(*frames));
    frames->kind = kind;
    frames->arena = arena;
    frames->format = cvg_kube_format_of(content_type);
    return frames;
}

void cvg_kube_frames_free(struct cvg_kube_frames *frames)
{
    if (frames != NULL) {
        free(frames->buffer);
        free(frames);
    }
}

int cvg_kube_frames_is_open(const struct cvg_kube_frames *frames)
{
    return frames->length > 0;
}

static enum cvg_kube_decoded fail(const struct feeding *feeding, enum cvg_kube_decoded code,
                                  const char *problem)
{
    return cvg_kube_decoding_fail(&feeding->decoding, code, (size_t)feeding->frames->passed,
                                  problem);
}

/* ---- from a frame to an event ---- */

static int type_of(const char *name, size_t length, enum cvg_kube_event_type *ret)
{
    static const char *const names[] = {[CVG_KUBE_ADDED] = "ADDED",
                                        [CVG_KUBE_MODIFIED] = "MODIFIED",
                                        [CVG_KUBE_DELETED] = "DELETED",
                                        [CVG_KUBE_BOOKMARK] = "BOOKMARK",
                                        [CVG_KUBE_ERROR] = "ERROR"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            *ret = (enum cvg_kube_event_type)i;
            return 0;
        }
    }
    return -1;
}

static enum cvg_kube_decoded show(const struct feeding *feeding, const struct cvg_kube_event *event)
{
    if (event->resource_version[0] == '\0' && event->type != CVG_KUBE_ERROR) {
        return fail(feeding, CVG_KUBE_BROKEN, "an event has no version");
    }
    if (strlen(event->resource_version) > CVG_KUBE_TOKEN_MOST) {
        return fail(feeding, CVG_KUBE_BROKEN, "an event's version is too long");
    }
    return feeding->see(feeding->arg, event) ? CVG_KUBE_STOPPED : CVG_KUBE_OK;
}

static enum cvg_kube_decoded show_object(const struct feeding *feeding,
                                         struct cvg_kube_event *event,
                                         enum cvg_kube_decoded decoded, const char *problem)
{
    if (decoded != CVG_KUBE_OK) {
        return fail(feeding, decoded, problem);
    }
    event->resource_version = event->view->meta.resource_version;
    return show(feeding, event);
}

/* ---- protobuf ---- */

/* A bookmark is an object that has nothing but its version, and maybe the annotation. */
static enum cvg_kube_decoded proto_bookmark(const struct feeding *feeding,
                                            struct cvg_kube_bytes object,
                                            struct cvg_kube_event *event)
{
    struct cvg_kube_draft draft;
    const Kube__Plain *plain =
        cvg_kube_proto_unpack(&kube__plain__descriptor, object, feeding->frames->arena);
    if (plain == NULL ||
        cvg_kube_draft_begin(&draft, feeding->frames->arena, feeding->frames->kind) < 0) {
        return fail(feeding, CVG_KUBE_BROKEN, "a bookmark is damaged");
    }
    cvg_kube_proto_meta(&draft, plain->metadata);
    if (draft.wrong != NULL) {
        return fail(feeding, CVG_KUBE_BROKEN, draft.wrong);
    }
    event->resource_version = draft.view->meta.resource_version;
    event->initial_end =
        strcmp(cvg_kube_annotation(&draft.view->meta, "k8s.io/initial-events-end"), "true") == 0;
    return show(feeding, event);
}

static enum cvg_kube_decoded proto_error(const struct feeding *feeding,
                                         const struct cvg_kube_envelope *envelope)
{
    struct cvg_kube_status status = {.code = 500};
    if (!cvg_kube_bytes_are(envelope->kind, "Status") ||
        cvg_kube_status_of_message(envelope->raw, feeding->frames->arena, &status) < 0) {
        return fail(feeding, CVG_KUBE_BROKEN, "an error without a Status");
    }
    const struct cvg_kube_event told = {
        .type = CVG_KUBE_ERROR, .resource_version = "", .status = &status};
    return show(feeding, &told);
}

static enum cvg_kube_decoded proto_frame(const struct feeding *feeding, const void *frame,
                                         size_t length)
{
    struct cvg_kube_event event = {.resource_version = ""};
    struct cvg_kube_bytes type, body;
    struct cvg_kube_envelope envelope;
    const char *problem = cvg_kube_frame_open((struct cvg_kube_bytes){frame, length}, &type, &body);
    if (problem == NULL) {
        problem = cvg_kube_envelope_open(body, &envelope);
    }
    if (problem == NULL && type_of((const char *)type.at, type.length, &event.type) < 0) {
        problem = "an event of an unknown type";
    }
    if (problem != NULL) {
        return fail(feeding, CVG_KUBE_BROKEN, problem);
    }
    cvg_kit_arena_reset(feeding->frames->arena);
    if (event.type == CVG_KUBE_ERROR) {
        return proto_error(feeding, &envelope);
    }
    if (event.type == CVG_KUBE_BOOKMARK) {
        return proto_bookmark(feeding, envelope.raw, &event);
    }
    enum cvg_kube_decoded decoded =
        cvg_kube_decoding_envelope(&feeding->decoding, &envelope, &event.view, &problem);
    return show_object(feeding, &event, decoded, problem);
}

/* ---- JSON ---- */

static enum cvg_kube_decoded json_event(const struct feeding *feeding,
                                        const struct cvg_kube_node *tree)
{
    struct cvg_kube_event event = {.resource_version = ""};
    struct cvg_kube_status status = {.code = 500};
    const struct cvg_kube_node *type = cvg_kube_node_get(tree, "type");
    const struct cvg_kube_node *object = cvg_kube_node_get(tree, "object");
    const struct cvg_kube_node *meta = cvg_kube_node_get(object, "metadata");
    const char *problem = NULL;
    if (type == NULL || object == NULL || object->kind != CVG_KUBE_OBJECT ||
        type_of(type->text, type->length, &event.type) < 0) {
        return fail(feeding, CVG_KUBE_BROKEN, "a watch event lacks its type or its object");
    }
    if (event.type == CVG_KUBE_ERROR) {
        cvg_kube_status_of_tree(object, &status);
        event.status = &status;
        return show(feeding, &event);
    }
    if (event.type == CVG_KUBE_BOOKMARK) {
        const struct cvg_kube_node *annotations = cvg_kube_node_get(meta, "annotations");
        const struct cvg_kube_node *end =
            cvg_kube_node_get(annotations, "k8s.io/initial-events-end");
        event.resource_version = cvg_kube_node_text(cvg_kube_node_get(meta, "resourceVersion"));
        event.initial_end = strcmp(cvg_kube_node_text(end), "true") == 0;
        return show(feeding, &event);
    }
    enum cvg_kube_decoded decoded =
        cvg_kube_decoding_tree(&feeding->decoding, object, &event.view, &problem);
    return show_object(feeding, &event, decoded, problem);
}

static int is_blank(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (line[i] != ' ' && line[i] != '\r' && line[i] != '\t') {
            return 0;
        }
    }
    return 1;
}

static enum cvg_kube_decoded json_frame(const struct feeding *feeding, const void *frame,
                                        size_t length)
{
    struct cvg_kit_arena *arena = feeding->frames->arena;
    char problem[128];
    if (is_blank(frame, length)) {
        return CVG_KUBE_OK;
    }
    cvg_kit_arena_reset(arena);
    const struct cvg_kube_node *tree =
        cvg_kube_tree_read(arena, frame, length, problem, sizeof(problem));
    if (tree == NULL) {
        return fail(feeding, cvg_kit_arena_is_full(arena) ? CVG_KUBE_TOO_LARGE : CVG_KUBE_BROKEN,
                    problem);
    }
    return json_event(feeding, tree);
}

/* ---- cutting the stream ---- */

/* The length of the frame that begins at bytes, with its head or end, as far as it can be told:
 * 0 where more is needed for that. */
static size_t frame_length(const struct cvg_kube_frames *frames, const unsigned char *bytes,
                           size_t length, size_t seen)
{
    if (frames->format == CVG_KUBE_JSON) {
        /* What was there before the last bytes came has no end in it. */
        const unsigned char *end = memchr(bytes + seen, '\n', length - seen);
        return end == NULL ? 0 : (size_t)(end - bytes) + 1;
    }
    if (length < HEAD_SIZE) {
        return 0;
    }
    return HEAD_SIZE + ((size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 |
                        (size_t)bytes[3]);
}

static enum cvg_kube_decoded take_frame(const struct feeding *feeding, const unsigned char *frame,
                                        size_t length)
{
    enum cvg_kube_decoded decoded =
        feeding->frames->format == CVG_KUBE_JSON
            ? json_frame(feeding, frame, length - 1)
            : proto_frame(feeding, frame + HEAD_SIZE, length - HEAD_SIZE);
    feeding->frames->passed += length;
    return decoded;
}

static void gather(struct cvg_kube_frames *frames, const unsigned char *bytes, size_t length)
{
    if (frames->size - frames->length < length) {
        size_t size = frames->size * 2;
        size = size < frames->length + length ? frames->length + length : size;
        frames->buffer = cvg_kit_resize(frames->buffer, size, 1);
        frames->size = size;
    }
    memcpy(frames->buffer + frames->length, bytes, length);
    frames->length += length;
}

static void forget_buffer(struct cvg_kube_frames *frames)
{
    frames->length = 0;
    if (frames->size > KEEP_MOST) {
        free(frames->buffer);
        frames->buffer = NULL;
        frames->size = 0;
    }
}

/* Adds to the frame that is in the buffer. Returns how many bytes belonged to it. */
static size_t complete(const struct feeding *feeding, const unsigned char *bytes, size_t length,
                       enum cvg_kube_decoded *ret)
{
    struct cvg_kube_frames *frames = feeding->frames;
    size_t seen = frames->length, used = length;
    if (frames->format == CVG_KUBE_JSON) {
        const unsigned char *end = memchr(bytes, '\n', length);
        used = end == NULL ? length : (size_t)(end - bytes) + 1;
    } else if (seen < HEAD_SIZE) {
        used = length < HEAD_SIZE - seen ? length : HEAD_SIZE - seen;
    } else {
        size_t missing = frame_length(frames, frames->buffer, seen, seen) - seen;
        used = length < missing ? length : missing;
    }
    gather(frames, bytes, used);
    size_t wanted = frame_length(frames, frames->buffer, frames->length, seen);
    if (wanted > FRAME_MOST || frames->length > FRAME_MOST) {
        *ret = fail(feeding, CVG_KUBE_TOO_LARGE, NULL);
    } else if (wanted != 0 && wanted == frames->length) {
        *ret = take_frame(feeding, frames->buffer, wanted);
        forget_buffer(frames);
    }
    return used;
}

enum cvg_kube_decoded
/* NOLINTNEXTLINE(readability-function-size): a visitor and an error text beside the bytes */
cvg_kube_frames_feed(struct cvg_kube_frames *frames, const void *bytes, size_t length,
                     int (*see)(void *arg, const struct cvg_kube_event *event), void *arg,
                     char *error, size_t error_size)
{
    const struct feeding feeding = {
        .frames = frames,
        .decoding = {frames->kind, frames->arena, error, error_size},
        .see = see,
        .arg = arg,
    };
    const unsigned char *at = bytes;
    error[0] = '\0';
    if (frames->format == CVG_KUBE_OTHER) {
        frames->outcome = CVG_KUBE_BROKEN;
    }
    if (frames->outcome != CVG_KUBE_OK) {
        return fail(&feeding, frames->outcome, "the stream cannot be read any further");
    }
    while (length > 0 && frames->outcome == CVG_KUBE_OK) {
        size_t wanted = frames->length > 0 ? 0 : frame_length(frames, at, length, 0);
        size_t used = wanted;
        if (wanted != 0 && wanted <= length && wanted <= FRAME_MOST) {
            frames->outcome = take_frame(&feeding, at, wanted);
        } else {
            used = complete(&feeding, at, length, &frames->outcome);
        }
        at += used;
        length -= used;
    }
    return frames->outcome;
}
