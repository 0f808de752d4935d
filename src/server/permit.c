/* SPDX-License-Identifier: Apache-2.0 */
/* From a request and its connection to the two pure functions, and from their outcome to words. */
#include "server/permit.h"

#include "base/time.h"
#include "server/request.h"

#include <stdatomic.h>
#include <string.h>

void cvg_door_init(struct cvg_door *door)
{
    struct cvg_access_options nothing = {.own_uid = UINT32_MAX};

    pthread_mutex_init(&door->lock, NULL);
    door->access = cvg_access_new(&nothing);
}

void cvg_door_done(struct cvg_door *door)
{
    cvg_access_unref(door->access);
    pthread_mutex_destroy(&door->lock);
}

void cvg_door_set(struct cvg_door *door, struct cvg_access *access)
{
    pthread_mutex_lock(&door->lock);
    struct cvg_access *before = door->access;
    door->access = access;
    pthread_mutex_unlock(&door->lock);
    cvg_access_unref(before);
}

static struct cvg_access *take(struct cvg_door *door)
{
    pthread_mutex_lock(&door->lock);
    struct cvg_access *access = cvg_access_ref(door->access);
    pthread_mutex_unlock(&door->lock);
    return access;
}

/* ---- who asks ---- */

static void look_at_certificate(struct cvg_request *request, struct cvg_peer *peer)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    peer->looked = true;
    if (info && info->tls_session) {
        peer->state = cvg_certificate_read(info->tls_session, &peer->certificate);
    }
}

void cvg_permit_identify(struct cvg_request *request, const char *authorization, size_t length)
{
    struct cvg_peer *peer = request->peer;
    struct cvg_presented presented = {
        .authorization = authorization,
        .authorization_length = length,
        .has_peer = peer->has_uid,
        .peer_uid = peer->uid,
    };

    if (!peer->looked && request->context->tls) {
        look_at_certificate(request, peer);
    }
    presented.bad_certificate = peer->state == CVG_CERTIFICATE_BAD;
    if (peer->state == CVG_CERTIFICATE_GOOD) {
        bool holds = cvg_certificate_holds(peer->certificate, cvg_time_wall());
        presented.bad_certificate = !holds;
        presented.certificate = holds ? cvg_certificate_names(peer->certificate) : NULL;
    }
    request->access = take(&request->context->door);
    request->identified = cvg_access_identify(request->access, &presented, &request->identity);
}

void cvg_permit_identify_again(struct cvg_request *request)
{
    const char *authorization = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
                                                            MHD_HTTP_HEADER_AUTHORIZATION);

    cvg_access_unref(request->access);
    cvg_permit_identify(request, authorization, authorization ? strlen(authorization) : 0);
}

/* ---- what is said to those who may not ---- */

static struct cvg_refusal explain(struct cvg_request *request, enum cvg_access_outcome outcome,
                                  const struct cvg_want *want)
{
    switch (outcome) {
    case CVG_ACCESS_MISSING:
        return (struct cvg_refusal){401, "CredentialMissing",
                                    "Send a token (Authorization: Bearer), show a client "
                                    "certificate, or use the daemon's Unix socket."};
    case CVG_ACCESS_BAD_TOKEN:
        return (struct cvg_refusal){401, "BadToken", "There is no such token."};
    case CVG_ACCESS_BAD_CERTIFICATE:
        return (struct cvg_refusal){401, "BadCertificate",
                                    "The client certificate is not valid now, not for clients, or "
                                    "of an authority that is not trusted."};
    case CVG_ACCESS_UNKNOWN:
        return (struct cvg_refusal){
            403, "NothingGranted", "The configuration grants nothing to this certificate or user."};
    case CVG_ACCESS_SCOPE:
        return (struct cvg_refusal){
            403, "ScopeMissing",
            cvg_arena_format(cvg_request_arena(request), "%s lacks the scope '%s'.",
                             request->identity.who, cvg_scope_text(want->scope))};
    default:
        return (struct cvg_refusal){403, "EnvironmentForbidden",
                                    want->all_environments
                                        ? "This shows all environments, and the credential is "
                                          "limited to some."
                                        : "The credential is limited to other environments."};
    }
}

/* One line for the first, then at growing gaps: whoever knocks must not fill the log. */
static void complain(struct cvg_request *request, enum cvg_access_outcome outcome)
{
    struct cvg_door *door = &request->context->door;
    const char *who = request->identity.who;

    pthread_mutex_lock(&door->lock);
    bool now = cvg_complaint_raise(&door->complaint, cvg_time_now());
    pthread_mutex_unlock(&door->lock);
    if (now) {
        cvg_log(CVG_LOG_WARNING, "request refused", "reason", cvg_access_text(outcome), "asked_by",
                *who ? who : NULL, "route", cvg_route_text(request->route), NULL);
    }
}

bool cvg_permit(struct cvg_request *request, const struct cvg_want *want)
{
    enum cvg_access_outcome outcome = CVG_ACCESS_GRANTED;

    if (want->scope) {
        outcome = request->identified == CVG_ACCESS_GRANTED
                      ? cvg_access_judge(&request->identity, want)
                      : request->identified;
    }
    if (outcome == CVG_ACCESS_GRANTED) {
        return true;
    }
    atomic_fetch_add_explicit(&request->context->door.refused[outcome], 1, memory_order_relaxed);
    complain(request, outcome);
    request->refusal = explain(request, outcome, want);
    return false;
}
