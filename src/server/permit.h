/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door that every request goes through: who asks is told once, when the headers are there, and
 * what a route wants is asked of cvg_permit. Refusals are kept in the request until it has been
 * read, counted by reason, and the log says once in a while who keeps knocking.
 */
#ifndef CVG_SERVER_PERMIT_H
#define CVG_SERVER_PERMIT_H

#include "base/log.h"
#include "server/access.h"
#include "server/certificate.h"

#include <pthread.h>

struct cvg_request;

struct cvg_door {
    pthread_mutex_t lock;
    struct cvg_access *access;      /* a reference; under the lock */
    struct cvg_complaint complaint; /* under the lock */
    _Atomic uint64_t refused[CVG_ACCESS_OUTCOMES];
};

/* Where a connection came in. */
enum cvg_place {
    CVG_PLACE_NETWORK, /* server.listen */
    CVG_PLACE_SOCKET,  /* server.socket */
    CVG_PLACE_HEALTH,  /* server.health: only the routes of health */
    CVG_PLACES
};

/* What is known of a connection's other end; its owner is the connection. */
struct cvg_peer {
    enum cvg_place place;
    bool has_uid; /* of the Unix socket */
    uint32_t uid;
    bool looked; /* at the certificate, which is there after the handshake only */
    enum cvg_certificate_state state;
    struct cvg_certificate *certificate; /* owned */
};

void cvg_door_init(struct cvg_door *door);
void cvg_door_done(struct cvg_door *door);
/* Takes the reference over. Requests that are under way keep what they were told. Any thread. */
void cvg_door_set(struct cvg_door *door, struct cvg_access *access);

/* Who asks; called once for a request, before cvg_permit. authorization: the header's value. */
void cvg_permit_identify(struct cvg_request *request, const char *authorization, size_t length);
/* The same by the policy of now, for a request that has been held: a reload may have taken its
 * credential away meanwhile, and a certificate may have expired. */
void cvg_permit_identify_again(struct cvg_request *request);
/* Whether who asks may have what is wanted. false: the request has its refusal. */
bool cvg_permit(struct cvg_request *request, const struct cvg_want *want);

#endif
