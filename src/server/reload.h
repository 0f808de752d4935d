/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/reload. POST asks for a reload and answers at once with a ticket; GET says how the latest one
 * went. It is done when `done` has come to the ticket. Nobody waits on a connection: reading
 * 100,000 checks takes seconds.
 */
#ifndef CVG_SERVER_RELOAD_H
#define CVG_SERVER_RELOAD_H

#include "server/request.h"

enum MHD_Result cvg_reload_answer(struct cvg_request *request);

#endif
