/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness for people and their tools: /v1/environments, in pages, and /v1/environments/{env}. */
#ifndef CVG_SERVER_ENVIRONMENTS_H
#define CVG_SERVER_ENVIRONMENTS_H

#include "server/request.h"

enum MHD_Result cvg_environments_answer(struct cvg_request *request);
enum MHD_Result cvg_environment_answer(struct cvg_request *request);

#endif
