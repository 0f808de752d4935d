/* SPDX-License-Identifier: Apache-2.0 */
/* The library's options and callbacks. */
#include "server/listening.h"

#include "base/time.h"
#include "server/route.h"
#include "server/tls.h"

#include <gnutls/abstract.h>
#include <string.h>
#include <unistd.h>

/* The library has a limit of its own, beyond which it leaves newcomers unanswered: it stands above
 * ours, and is divided among the threads, which do not fill evenly. */
#define ROOM_ABOVE 128u

#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

/* The library decides how many parameters it has. */
// NOLINTNEXTLINE(readability-function-size)
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **con_cls)
{
    struct cvg_request *request = *con_cls;

    (void)cls;
    (void)connection;
    if (!request->headers_seen) {
        return cvg_request_headers(request, url, method, version);
    }
    if (*upload_data_size) {
        enum MHD_Result result = cvg_request_body(request, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return result;
    }
    return cvg_route_answer(request);
}

/* Decoding is ours (parameters.c, route.c): the library would cut texts at a decoded zero byte. */
static size_t leave_as_it_is(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* The library keeps its connection as the session's pointer. What is handed out stays ours. */
// NOLINTNEXTLINE(readability-function-size)
static int present(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                   const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                   gnutls_pcert_st **ret_chain, unsigned *ret_length, gnutls_privkey_t *ret_key)
{
    struct MHD_Connection *connection = gnutls_session_get_ptr(session);

    (void)authorities;
    (void)authority_count;
    (void)algorithms;
    (void)algorithm_count;
    cvg_tls_get(cvg_connections_context(connection)->tls, ret_chain, ret_length, ret_key);
    return 0;
}

/* Four thirds: the library keeps its own notes of each header there too. */
static size_t memory_for(const struct cvg_limits *limits)
{
    return (limits->header + limits->header / 3) / 16 * 16;
}

static unsigned whole_seconds(int64_t ns)
{
    return (unsigned)((ns + CVG_SECOND - 1) / CVG_SECOND);
}

/* The library only reads it. */
static void *as_option(const char *text)
{
    return (void *)(uintptr_t)text;
}

static struct MHD_Daemon *start_library(struct cvg_listening *listening, unsigned threads,
                                        bool secure)
{
    struct cvg_context *context = cvg_connections_server(listening->entrance.connections);
    const struct cvg_limits *limits = &context->limits;
    gnutls_certificate_retrieve_function2 *function = present;
    void *callback = NULL;
    memcpy(&callback, &function, sizeof(callback)); /* the array has room for pointers to data */
    const char *trust = secure ? cvg_tls_client_ca(context->tls) : NULL;
    const struct MHD_OptionItem end = {MHD_OPTION_END, 0, NULL};
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, listening->fd, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)memory_for(limits), NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)(limits->connections + ROOM_ABOVE) * threads, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, whole_seconds(limits->idle_ns), NULL},
        secure ? (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, as_option(PRIORITIES)}
               : end,
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, callback},
        trust ? (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, as_option(trust)} : end,
        end,
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
                     (secure ? MHD_USE_TLS : 0u);

    return MHD_start_daemon(
        flags, 0, cvg_connections_accept, &listening->entrance, handle, NULL, MHD_OPTION_ARRAY,
        options, MHD_OPTION_NOTIFY_CONNECTION, cvg_connections_notify, &listening->entrance,
        MHD_OPTION_NOTIFY_COMPLETED, cvg_connections_completed, &listening->entrance,
        MHD_OPTION_URI_LOG_CALLBACK, cvg_connections_begin, &listening->entrance,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL, MHD_OPTION_END);
}

int cvg_listening_start(struct cvg_listening *listening, unsigned threads, bool secure,
                        struct cvg_error *reterr)
{
    listening->daemon = start_library(listening, threads, secure);
    return listening->daemon
               ? 0
               : cvg_error_set(reterr, CVG_E_IO, "the HTTP server's threads did not start");
}

void cvg_listening_quiesce(struct cvg_listening *listening)
{
    if (listening->daemon) {
        MHD_quiesce_daemon(listening->daemon);
    }
}

void cvg_listening_stop(struct cvg_listening *listening)
{
    if (listening->daemon) {
        MHD_stop_daemon(listening->daemon);
        listening->daemon = NULL;
    }
}

void cvg_listening_close(struct cvg_listening *listening)
{
    if (listening->fd >= 0) {
        close(listening->fd);
    }
    if (listening->path) {
        unlink(listening->path);
    }
    free(listening->path);
}
