/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/environments/{environment}/history: what became something else, in pages from the newest on.
 * An environment that was taken out of the configuration is there as long as its rows are. */
#ifndef CVG_SERVER_HISTORY_H
#define CVG_SERVER_HISTORY_H

#include "server/request.h"

enum MHD_Result cvg_history_answer(struct cvg_request *request);

#endif
