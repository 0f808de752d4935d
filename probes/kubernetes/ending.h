/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a request to the API server ended, in the words of whoever has to go on: list, watch and
 * discovery make it, the reflector decides by it. Plain data.
 *
 *   401                       UNAUTHORIZED   credentials are read again
 *   403                       FORBIDDEN      tried again rarely
 *   404                       NOT_FOUND      tried again rarely
 *   400, 422                  UNSUPPORTED    of a streaming list: without streaming
 *   410                       EXPIRED        list again
 *   429                       THROTTLED      later
 *   504, version too large    TOO_NEW        list again
 *   other 5xx                 TROUBLE        the same again, for a while
 *   no answer, cut            LOST           the same again
 */
#ifndef CVG_KUBE_ENDING_H
#define CVG_KUBE_ENDING_H

#include "decode.h"
#include "reason.h"

#include <convergate/module.h>

enum cvg_kube_ending_kind {
    CVG_KUBE_ENDED = 0, /* as it should */
    CVG_KUBE_UNAUTHORIZED,
    CVG_KUBE_FORBIDDEN,
    CVG_KUBE_NOT_FOUND,
    CVG_KUBE_UNSUPPORTED,
    CVG_KUBE_EXPIRED,
    CVG_KUBE_THROTTLED,
    CVG_KUBE_TOO_NEW,
    CVG_KUBE_TROUBLE,
    CVG_KUBE_LOST,
    CVG_KUBE_GARBLED,  /* not what the API promises */
    CVG_KUBE_TOO_MANY, /* more objects than a collection may hold */
};

struct cvg_kube_ending {
    enum cvg_kube_ending_kind kind;
    uint32_t fault; /* enum cvg_fault */
    enum cvg_kube_reason reason;
    int64_t retry_after; /* nanoseconds; 0: not said */
    char message[256];   /* printable, for people */
};

/* What was asked, for the message. verb: "list", "watch", "get". */
struct cvg_kube_asked {
    const char *verb;
    const struct cvg_kube_kind *kind;
    const char *namespace;
};

/* Of an answer other than a 200, or of none. body: as far as it came. */
void cvg_kube_ending_of(struct cvg_kube_ending *ret, const struct cvg_kube_asked *asked,
                        const struct cvg_http_response *response, const char *body, size_t length);
/* Of a Status, which came as an answer's body or inside a watch. */
void cvg_kube_ending_status(struct cvg_kube_ending *ret, const struct cvg_kube_asked *asked,
                            const struct cvg_kube_status *status);
/* Of our own finding. text: printable. */
void cvg_kube_ending_say(struct cvg_kube_ending *ret, enum cvg_kube_ending_kind kind,
                         uint32_t fault, enum cvg_kube_reason reason, const char *text);
/* Of what cannot be read: BROKEN or TOO_LARGE. */
void cvg_kube_ending_garbled(struct cvg_kube_ending *ret, const struct cvg_kube_asked *asked,
                             enum cvg_kube_decoded decoded, const char *error);

#endif
