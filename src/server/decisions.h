/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/decisions, the recorded decisions in pages from the newest on, and /v1/decisions/{id}, one
 * with its document as it was sent. A credential that is limited to some environments is shown
 * those of these; any other decision is 404 to it, whether there is one or not.
 */
#ifndef CVG_SERVER_DECISIONS_H
#define CVG_SERVER_DECISIONS_H

#include "server/request.h"

enum MHD_Result cvg_decisions_answer(struct cvg_request *request);
enum MHD_Result cvg_decision_answer(struct cvg_request *request);

#endif
