/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/events: server-sent events. A stream first tells how every gate that was asked for stands
 * (or, with a Last-Event-ID that is still kept, what happened since), then each change, and a
 * comment where it was quiet for long. Between two of these its connection is held like a long
 * poll's (waiting.h).
 *
 * A stream whose client reads too slowly falls behind what is kept, and is ended; the client comes
 * back and is told everything anew. When the deciding thread stalls, and when it is back, the whole
 * state is told again: a `go` that nobody can vouch for does not stand uncorrected.
 */
#ifndef CVG_SERVER_STREAM_H
#define CVG_SERVER_STREAM_H

#include "server/request.h"

/* A comment after so long without an event. Shorter than the library's limit of silence. */
#define CVG_STREAM_KEEP_ALIVE (15 * INT64_C(1000000000))

enum MHD_Result cvg_stream_answer(struct cvg_request *request);

#endif
