/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routes /v1/verdict and /v1/check: one decision, printed in two ways.
 *
 *             go    wait                halt   rollback
 *   verdict   200   200                 200    200
 *   check     200   503 + Retry-After   412    412
 *
 * Without a subject the answer is prepared once for each publication. With one, GET runs the
 * gate's pure function on the published snapshot and POST asks the deciding thread. Whoever
 * answers, a decision that the board does not trust becomes wait with DecisionStale.
 *
 * With `wait=` an answer that would be wait is held back (waiting.h): judged on the snapshot each
 * time the gate changes, and given when it is another one or the time is up. A POST asks the
 * deciding thread only then, so that one record is made of the answer that was given.
 */
#ifndef CVG_SERVER_VERDICT_H
#define CVG_SERVER_VERDICT_H

#include "server/request.h"

/* The last handler call, and once more after a suspended connection was resumed. */
enum MHD_Result cvg_verdict_answer(struct cvg_request *request);

#endif
