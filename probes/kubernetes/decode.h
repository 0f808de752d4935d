/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an API server sends, taken apart: lists, watch frames, Status objects, in protobuf and in
 * JSON. Pure: bytes in, views out. Facts: a protobuf body begins with "k8s\0" and one `Unknown`;
 * a watch is frames of 4 bytes length (big-endian) and a bare WatchEvent; JSON watches are one
 * object a line. Errors are text/plain as often as a Status.
 *
 * Threads: nothing here is shared. Any thread may decode as long as the arena (and the frames) are
 * its own for that time, and what it is handed is only read there: the kind, the body. A page of
 * pods is decoded fast enough for the loop in protobuf; in JSON it belongs on a worker.
 */
#ifndef CVG_KUBE_DECODE_H
#define CVG_KUBE_DECODE_H

#include "view.h"

#define CVG_KUBE_OBJECT_MOST ((size_t)4 << 20)  /* bytes of one object (etcd's limit is 1.5 MiB) */
#define CVG_KUBE_ARENA_MOST  ((size_t)32 << 20) /* while one object is decoded */
#define CVG_KUBE_TOKEN_MOST  8192               /* bytes of a resourceVersion or continue token */

enum cvg_kube_decoded {
    CVG_KUBE_OK = 0,
    CVG_KUBE_BROKEN,    /* not what the format says */
    CVG_KUBE_TOO_LARGE, /* over a ceiling */
    CVG_KUBE_STOPPED,   /* the visitor said so */
};

/* Called for each object; the view lives until it returns. Nonzero ends. */
typedef int cvg_kube_see(void *arg, const struct cvg_kube_view *view);

struct cvg_kube_list_end {
    char *resource_version; /* malloc'd, never NULL on OK */
    char *next;             /* continue; "" on the last page */
    int64_t remaining;      /* CVG_KUBE_ABSENT */
};

void cvg_kube_list_end_done(struct cvg_kube_list_end *end);

/* One page. content_type decides. kind: of the items, which lists of built-in kinds do not name. An
 * item that cannot be read makes the whole page BROKEN: half a list is no list, so what `see` got
 * must not count before OK. Resets the arena. error: where and what, without the object's words;
 * "" on OK and STOPPED. *ret is filled in on OK only; it is the caller's to end then. */
enum cvg_kube_decoded
cvg_kube_decode_list(const struct cvg_kube_kind *kind, const char *content_type, const char *body,
                     size_t length, struct cvg_kit_arena *arena, cvg_kube_see *see, void *arg,
                     struct cvg_kube_list_end *ret, char *error, size_t error_size);
/* One object as a GET answers it. Resets the arena; the view lives in it. */
enum cvg_kube_decoded cvg_kube_decode_object(const struct cvg_kube_kind *kind,
                                             const char *content_type, const char *body,
                                             size_t length, struct cvg_kit_arena *arena,
                                             const struct cvg_kube_view **ret, char *error,
                                             size_t error_size);

enum cvg_kube_event_type {
    CVG_KUBE_ADDED,
    CVG_KUBE_MODIFIED,
    CVG_KUBE_DELETED,
    CVG_KUBE_BOOKMARK,
    CVG_KUBE_ERROR
};

/* A Status, in whatever it came, or what stands for it where the body is plain text. */
struct cvg_kube_status {
    int64_t code;          /* HTTP's where the body has none */
    char reason[64];       /* "Expired"; "" */
    char message[256];     /* printable */
    char cause[64];        /* of the first cause: "ResourceVersionTooLarge"; "" */
    int64_t retry_after_s; /* 0: none */
};

void cvg_kube_decode_status(int64_t http_status, const char *content_type, const char *body,
                            size_t length, struct cvg_kube_status *ret);

struct cvg_kube_event {
    enum cvg_kube_event_type type;
    const struct cvg_kube_view *view;     /* ADDED, MODIFIED, DELETED */
    const char *resource_version;         /* of the object or the bookmark; opaque */
    int initial_end;                      /* BOOKMARK: k8s.io/initial-events-end */
    const struct cvg_kube_status *status; /* ERROR */
};

/* Puts frames together however the bytes are cut. The arena is borrowed, and reset for each event;
 * an event lives until `see` returns, which must not free the frames. After anything but OK no more
 * can be fed. */
struct cvg_kube_frames;
struct cvg_kube_frames *cvg_kube_frames_new(const struct cvg_kube_kind *kind,
                                            const char *content_type, struct cvg_kit_arena *arena);
void cvg_kube_frames_free(struct cvg_kube_frames *frames); /* takes NULL */
enum cvg_kube_decoded
cvg_kube_frames_feed(struct cvg_kube_frames *frames, const void *bytes, size_t length,
                     int (*see)(void *arg, const struct cvg_kube_event *event), void *arg,
                     char *error, size_t error_size);
/* A frame has begun and not ended: a stream that ends here was cut. */
int cvg_kube_frames_is_open(const struct cvg_kube_frames *frames);

#endif
