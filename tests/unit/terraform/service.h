/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host whose network is a table: each request is answered by the first entry that is in its path and
 * not used up, in a later turn, as the real host does; workers run then too. What is asked for and not in
 * the table is 404. One at a time.
 */
#ifndef CVG_TEST_SERVICE_H
#define CVG_TEST_SERVICE_H

#include "place/place.h"

struct service;

/* One entry. Texts live as long as the service. */
struct service_says {
    const char *path;    /* found at the end of what is asked, or in it where it begins with '*' */
    uint32_t status;     /* 0: the connection is cut */
    const char *body;    /* NULL: "" */
    size_t length;       /* 0: of the text */
    const char *headers; /* NULL: "" */
    unsigned times;      /* it is used so often; 0: always */
};

struct service *service_new(void);
/* The source ends as in the real host: first its operations, then the place, then what workers had. */
void service_free(struct service *service);
void service_says(struct service *service, const struct service_says *says);
void service_forget(struct service *service); /* all entries */
const struct cvg_host *service_host(struct service *service);

/* The place is open until the service ends. */
void service_open(struct service *service, const struct cvg_place_kind *kind,
                  const struct cvg_place_settings *settings);
/* One look, to its end. The sight is good until the next. */
const struct cvg_place_sight *service_look(struct service *service);
/* A look that has begun and had so many turns; NULL: it is over. It can be cancelled. */
struct cvg_place_look *service_begin(struct service *service, unsigned turns);
/* How often seen() was called. */
unsigned service_seen(const struct service *service);
void service_pass(struct service *service, int64_t ns); /* time */
/* Paths of what was asked since the last look began, each with a newline; and what was accepted. */
const char *service_asked(const struct service *service);
/* Offline: what check() refused, "path: text" with a newline each; "" nothing. has_url: the source has one. */
const char *service_check(struct service *service, const struct cvg_place_kind *kind,
                          const struct cvg_place_settings *settings, int has_url);

/* A file of tests/fixtures/terraform; lives as long as the service. */
const char *service_file(struct service *service, const char *name, size_t *ret_length);

#endif
