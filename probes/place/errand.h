/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look that takes several requests to a service, one after the other, until its sight is whole. A
 * kind's place begins with a desk and its look with an errand, as their first members; in each
 * answer's callback it says what comes next: another request, or the end.
 *
 * A desk knows the errands that are under way, so that they can be freed when the source goes. What
 * is asked and answered is secret (a document's bytes, signatures in queries): it is not shown to
 * who looks on. The source's thread.
 */
#ifndef CVG_PLACE_ERRAND_H
#define CVG_PLACE_ERRAND_H

#include "place/body.h"
#include "place/place.h"

struct cvg_place_errand;

struct cvg_place_desk {
    const struct cvg_host *host;
    struct cvg_source *source;
    const struct cvg_place_settings *settings;
    struct cvg_place_errand *first; /* under way */
};

/* What came. Lives until the callback returns. */
struct cvg_place_answer {
    const struct cvg_http_response *response;
    const char *headers;
    uint32_t fault;   /* of the transfer */
    uint32_t status;  /* meaningful without a fault */
    const char *body; /* a NUL behind; of other statuses than 200 at most CVG_PLACE_WORDS bytes */
    size_t length;
};

#define CVG_PLACE_WORDS ((size_t)16 * 1024)

typedef void cvg_place_then(struct cvg_place_errand *errand, const struct cvg_place_answer *answer);

struct cvg_place_errand {
    struct cvg_place_desk *desk;
    struct cvg_place_errand *next, *previous;
    int64_t deadline_ns;
    struct cvg_place_tag *tag;
    cvg_place_seen *seen;
    void *arg;
    struct cvg_place_sight sight;
    struct cvg_op *op; /* what is waited for; NULL: nothing */
    struct cvg_place_body body;
    uint32_t status; /* of the answer that is coming in */
    int bodiless;    /* its length is told, and no body comes */
    cvg_place_then *then;
};

struct cvg_place_asked {
    const char *method; /* NULL: GET */
    const char *path;   /* as in struct cvg_http_request */
    const struct cvg_pair *headers;
    size_t header_count;
    const char *body; /* NULL: none */
    const char *content_type;
    const char *sigv4_service; /* NULL: as the endpoint says */
    size_t limit;              /* bytes of the answer */
};

/* A zeroed look whose first member is the errand. */
void cvg_place_errand_begin(struct cvg_place_errand *errand, struct cvg_place_desk *desk,
                            int64_t deadline_ns, struct cvg_place_tag *tag, cvg_place_seen *seen,
                            void *arg);
/* then() is called in a later turn, unless the errand is dropped. */
void cvg_place_errand_ask(struct cvg_place_errand *errand, const struct cvg_place_asked *asked,
                          cvg_place_then *then);
/* In then(): the body that came, malloc'd. */
char *cvg_place_errand_take(struct cvg_place_errand *errand, size_t *ret_length);
/* What a holder left, cut where it does not fit. */
void cvg_place_errand_note(struct cvg_place_errand *errand, const char *note, size_t length);
/* In a later turn than its beginning: tells the sight, and frees the look. Where it has a fault,
 * nothing else is left in it. */
void cvg_place_errand_end(struct cvg_place_errand *errand);
/* Frees the look without a word; its operation is cancelled. */
void cvg_place_errand_cancel(struct cvg_place_errand *errand);
/* Of a source whose operations are cancelled already: frees all of the desk's looks. */
void cvg_place_desk_clear(struct cvg_place_desk *desk);

#endif
