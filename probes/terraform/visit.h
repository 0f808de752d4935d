/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at a service that keeps states: a chain of GETs, one at a time, until the sight is whole. A
 * kind's look has a visit as its first member and says what comes next in each answer's callback.
 * The source's thread; the visit owns its request and the bytes that are coming in.
 */
#ifndef CVG_TF_VISIT_H
#define CVG_TF_VISIT_H

#include "place/body.h"
#include "place/place.h"

/* Of one request. Lives until its callback returns. */
struct cvg_tf_answer {
    const struct cvg_http_response *response;
    uint32_t status; /* 0: a fault of the transfer */
    uint32_t is_fine;
    char *bytes; /* where it is fine, a NUL behind; set it to NULL to keep it: then free() it */
    size_t length;
};

struct cvg_tf_asked {
    const char *path;   /* as in struct cvg_http_request */
    const char *accept; /* NULL: application/json */
    size_t limit;       /* bytes of the answer */
};

struct cvg_tf_visit {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    int64_t deadline_ns;
    struct cvg_place_tag *tag;
    struct cvg_place_sight sight;
    struct cvg_op *op; /* NULL: none in flight. Also of an offload that a kind starts */
    /* Of the request in flight. */
    void (*then)(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer);
    struct cvg_place_body body;
    uint32_t status;
    struct cvg_tf_visit **list, *next; /* of the place's looks */
};

/* The visit is zeroed. list: the place's looks that are in flight; it joins them. */
void cvg_tf_visit_begin(struct cvg_tf_visit *visit, struct cvg_tf_visit **list,
                        const struct cvg_host *host, struct cvg_source *source, int64_t deadline_ns,
                        struct cvg_place_tag *tag);
/* then() is called once, in a later turn, unless the visit is dropped. */
void cvg_tf_visit_get(struct cvg_tf_visit *visit, const struct cvg_tf_asked *asked,
                      void (*then)(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer));
/* An answer that is not fine becomes the sight's fault; what: of what it is the answer ("the lease"). */
void cvg_tf_visit_refuse(struct cvg_tf_visit *visit, const struct cvg_tf_answer *answer,
                         const char *what);
/* What people read of a sight without a fault; see cvg_place_refuse() for one with. */
void cvg_tf_visit_say(struct cvg_tf_visit *visit, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The note of a lock, cut where it does not fit. */
void cvg_tf_visit_note(struct cvg_tf_visit *visit, const char *note, size_t length);
/* Nothing is called any more; nothing is left of it but its own memory. */
void cvg_tf_visit_drop(struct cvg_tf_visit *visit);
/* In close(): drops all looks, whose operations are cancelled already. */
void cvg_tf_visit_drop_all(struct cvg_tf_visit **list,
                           void (*drop_look)(struct cvg_place_look *look));
/* Of a document, by the settings. */
size_t cvg_tf_visit_limit(const struct cvg_place_settings *settings);

/* Appends the bytes, percent-encoded but for unreserved characters (RFC 3986), and slashes where
 * keep_slashes. Returns 0; -1: it does not fit, and what is there is cut. */
int cvg_tf_path_add(char *path, size_t size, const char *bytes, int keep_slashes);

#endif
