/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream's response: the library asks for bytes on the connection's thread; where there are
 * none, the connection is held.
 */
#include "server/stream.h"

#include "base/text.h"
#include "base/time.h"
#include "server/answer.h"
#include "server/connection.h"
#include "server/events.h"
#include "server/parameters.h"

#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* The library's own buffer; longer texts are sent in pieces. */
#define BLOCK       1024
/* As much is collected at a time, and at most one environment's gates more. */
#define ENOUGH      ((size_t)8 * 1024)
#define PIECE_LIMIT ((size_t)16 * 1024 * 1024)
/* What a browser waits before it comes back. */
#define RETRY_MS    2000
#define STREAM_TYPE "text/event-stream"

struct stream {
    struct cvg_request *request; /* as long as the library asks for bytes */
    struct cvg_buf piece;        /* what is being sent */
    size_t sent;                 /* of the piece */
    uint64_t cursor;             /* number of the latest event that was sent */
    int64_t quiet_since;
    bool stalled;                     /* what the client was told was of a stalled daemon */
    bool telling;                     /* the state, environment by environment */
    char told_upto[CVG_REQUEST_NAME]; /* the environment that was told last; "": none */
};

/* ---- who may see what ---- */

static bool sees(const void *ctx, const char *environment)
{
    const struct cvg_request *request = ctx;

    return cvg_access_sees(&request->identity, environment);
}

static bool permitted(struct cvg_request *request)
{
    struct cvg_want want = {.scope = CVG_MAY_READ, .environment = request->environment};

    return cvg_permit(request, &want);
}

/* Whenever something is to be sent: a stream lives long, and its credential may have been taken
 * away or expired. A reload wakes everybody, but not who is just about to be held. */
static bool still_permitted(struct cvg_request *request)
{
    cvg_permit_identify_again(request);
    return permitted(request);
}

/* ---- the state ---- */

static void begin_state(struct stream *stream, bool stalled)
{
    stream->stalled = stalled;
    stream->telling = true;
    stream->told_upto[0] = '\0';
    /* What happens while the state is told may be told twice, but never not at all. */
    stream->cursor = cvg_events_latest(stream->request->context->events);
}

static void tell_environment(struct stream *stream, const struct cvg_snapshot *snapshot)
{
    const struct cvg_request *request = stream->request;
    int64_t now = cvg_time_now();

    for (size_t i = 0; i < snapshot->gate_count && sees(request, snapshot->environment); i++) {
        const struct cvg_snapshot_gate *gate = &snapshot->gates[i];
        if (!*request->gate || cvg_text_equal(request->gate, gate->policy->name)) {
            bool trusted = cvg_board_trusts(request->context->board, &gate->decision, now);
            cvg_events_frame(snapshot, gate, trusted ? &gate->decision : &gate->stale,
                             &stream->piece);
        }
    }
}

/* The one environment that was asked for, or the next one of all; NULL: there is no more. */
static struct cvg_snapshot *next_environment(const struct stream *stream)
{
    const struct cvg_request *request = stream->request;
    struct cvg_board *board = request->context->board;
    const char *after = *stream->told_upto ? stream->told_upto : NULL;
    struct cvg_snapshot **page = NULL, *next = NULL;
    bool more = false;

    if (*request->environment) {
        return after ? NULL : cvg_board_lookup(board, request->environment);
    }
    size_t count = cvg_board_page(board, after, 1, &page, &more);
    if (count) {
        next = cvg_snapshot_ref(page[0]);
    }
    cvg_board_release(page, count);
    return next;
}

static void tell_state(struct stream *stream)
{
    while (stream->telling && stream->piece.length < ENOUGH) {
        struct cvg_snapshot *snapshot = next_environment(stream);
        if (snapshot) {
            tell_environment(stream, snapshot);
            (void)snprintf(stream->told_upto, sizeof(stream->told_upto), "%s",
                           snapshot->environment);
            cvg_snapshot_unref(snapshot);
        } else {
            /* Only now: who is cut off before comes back with the old id, and is told all. */
            cvg_events_id(stream->request->context->events, stream->cursor, &stream->piece);
            cvg_buf_putc(&stream->piece, '\n');
            stream->telling = false;
        }
    }
}

/* ---- what to send next ---- */

/* False: the stream ends. */
static bool fill(struct stream *stream, int64_t now)
{
    struct cvg_request *request = stream->request;
    struct cvg_context *context = request->context;
    enum cvg_woken woken = request->hold.woken;
    struct cvg_events_filter filter = {
        .environment = request->environment,
        .gate = request->gate,
        .sees = sees,
        .ctx = request,
    };
    bool stalled = cvg_board_stalled(context->board, now);

    if (woken == CVG_WOKEN_LEFT || woken == CVG_WOKEN_CLOSED || !still_permitted(request)) {
        return false;
    }
    request->hold.woken = CVG_WOKEN_CHANGED;
    if (woken == CVG_WOKEN_ALL || stalled != stream->stalled) {
        begin_state(stream, stalled);
    }
    tell_state(stream);
    if (!stream->telling &&
        !cvg_events_read(context->events, &filter, &stream->cursor, ENOUGH, &stream->piece)) {
        return false;
    }
    if (!stream->piece.length && now - stream->quiet_since >= CVG_STREAM_KEEP_ALIVE) {
        cvg_buf_puts(&stream->piece, ":\n\n");
    }
    if (stream->piece.length) {
        stream->quiet_since = now;
    }
    return !stream->piece.overflow;
}

/* False: the server stops. */
static bool hold(struct stream *stream)
{
    struct cvg_request *request = stream->request;
    struct cvg_context *context = request->context;

    if (!cvg_waiting_hold(context->waiting, &request->hold,
                          stream->quiet_since + CVG_STREAM_KEEP_ALIVE)) {
        return false;
    }
    /* An event that came while the connection was being suspended woke nobody. */
    if (cvg_events_latest(context->events) != stream->cursor) {
        cvg_waiting_wake(context->waiting, &request->hold);
    }
    return true;
}

/* The library decides which parameters it has. */
static ssize_t read_stream(void *cls, uint64_t position, char *into, size_t room)
{
    struct stream *stream = cls;

    (void)position;
    if (stream->sent == stream->piece.length) {
        cvg_buf_done(&stream->piece); /* most of its time a stream is quiet, and holds nothing */
        stream->sent = 0;
        if (!fill(stream, cvg_time_now())) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        if (!stream->piece.length) {
            return hold(stream) ? 0 : MHD_CONTENT_READER_END_OF_STREAM;
        }
    }
    size_t length = CVG_MIN(room, stream->piece.length - stream->sent);
    memcpy(into, stream->piece.data + stream->sent, length);
    stream->sent += length;
    return (ssize_t)length;
}

static void free_stream(void *cls)
{
    struct stream *stream = cls;

    cvg_buf_done(&stream->piece);
    free(stream);
}

/* ---- the route ---- */

static void go_on_or_begin(struct stream *stream)
{
    struct cvg_request *request = stream->request;
    struct cvg_events *events = request->context->events;
    const char *id =
        MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Last-Event-ID");
    uint64_t latest = cvg_events_latest(events);

    if (id && cvg_events_parse_id(events, id, &stream->cursor) && stream->cursor <= latest &&
        latest - stream->cursor <= CVG_EVENTS_KEPT) {
        return;
    }
    begin_state(stream, cvg_board_stalled(request->context->board, cvg_time_now()));
}

/* Proxies are to pass each event on as it comes. */
static struct MHD_Response *dress(struct MHD_Response *response)
{
    if (response) {
        MHD_add_response_header(response, "X-Accel-Buffering", "no");
    }
    return response;
}

static struct MHD_Response *make_response(struct cvg_request *request)
{
    struct stream *stream = CVG_NEW(struct stream);

    stream->request = request;
    stream->quiet_since = cvg_time_now();
    stream->piece.limit = PIECE_LIMIT;
    cvg_buf_printf(&stream->piece, "retry: %d\n\n", RETRY_MS);
    go_on_or_begin(stream);
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK, read_stream, stream, free_stream);
    if (!response) {
        free_stream(stream);
        return NULL;
    }
    cvg_answer_dress(response, STREAM_TYPE);
    return dress(response);
}

static enum MHD_Result send_once(struct cvg_request *request, struct MHD_Response *response)
{
    enum MHD_Result result = cvg_answer_send(request, 200, response);

    if (response) {
        MHD_destroy_response(response);
    }
    return result;
}

/* The library ends a chunked answer to HEAD with a last chunk, which the client would take for the
 * beginning of its next answer. */
static enum MHD_Result answer_head(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf nothing = CVG_BUF_INIT(1);

    return send_once(request, dress(cvg_answer_make(STREAM_TYPE, &nothing)));
}

/* Whether some environment that was asked for has a gate that was asked for. */
static bool shows_something(const struct cvg_request *request)
{
    struct cvg_board *board = request->context->board;
    struct cvg_snapshot **page = NULL;
    bool more = false, found = false;

    if (*request->environment) {
        struct cvg_snapshot *snapshot = cvg_board_lookup(board, request->environment);
        found = snapshot && (!*request->gate || cvg_snapshot_gate(snapshot, request->gate));
        cvg_snapshot_unref(snapshot);
        return found;
    }
    if (!*request->gate) {
        return true;
    }
    size_t count = cvg_board_page(board, NULL, SIZE_MAX, &page, &more);
    for (size_t i = 0; i < count && !found; i++) {
        found = sees(request, page[i]->environment) && cvg_snapshot_gate(page[i], request->gate);
    }
    cvg_board_release(page, count);
    return found;
}

static void take_name(char *into, const char *name)
{
    /* What is no name is none of ours. */
    (void)snprintf(into, CVG_REQUEST_NAME, "%s", name && cvg_text_is_name(name) ? name : "");
}

enum MHD_Result cvg_stream_answer(struct cvg_request *request)
{
    struct cvg_parameters parameters = {0};
    struct cvg_error error;

    if (cvg_parameters_read(request->query, cvg_request_arena(request), &parameters, &error) < 0) {
        return cvg_answer_problem(request, 400, "BadRequest", error.text);
    }
    take_name(request->environment, parameters.environment);
    take_name(request->gate, parameters.gate);
    if (!permitted(request)) {
        return cvg_answer_problem(request, request->refusal.status, request->refusal.code,
                                  request->refusal.detail);
    }
    if ((parameters.environment && !*request->environment) ||
        (parameters.gate && !*request->gate) || !shows_something(request)) {
        return cvg_answer_problem(request, 404, "NotFound",
                                  "There is no environment or gate of that name.");
    }
    if (request->is_head) {
        return answer_head(request);
    }
    if (!cvg_connections_enter(request, true)) {
        return cvg_answer_problem(request, 503, "Busy", "All places for waiting are taken.");
    }
    return send_once(request, make_response(request));
}
