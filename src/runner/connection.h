/* SPDX-License-Identifier: Apache-2.0 */
/* The connection of a source, for one who asks it more than its checks do (`convergate init`). */
#ifndef CVG_RUNNER_CONNECTION_H
#define CVG_RUNNER_CONNECTION_H

#include "runner/runner.h"

/* The runner's, which must outlive every request through it. NULL: the source has none. Of a source whose
 * module finds the endpoint by itself it works once a check of it was read. */
struct cvg_lane *cvg_runner_lane(const struct cvg_runner *runner, size_t source);

#endif
