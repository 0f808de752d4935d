/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /v1/accept/{environment}/{check}: a person clears what a module remembers of a check, an
 * alarm that went off. The deciding thread does it, after the act was recorded; the connection is
 * suspended meanwhile.
 */
#ifndef CVG_SERVER_ACCEPT_H
#define CVG_SERVER_ACCEPT_H

#include "server/request.h"

/* The last handler call, and once more after the connection was resumed. */
enum MHD_Result cvg_accept_answer(struct cvg_request *request);

#endif
