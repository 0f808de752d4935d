/* SPDX-License-Identifier: Apache-2.0 */
/* See connection.h. */
#include "runner/connection.h"

#include "runner/runner_inner.h"

struct cvg_lane *cvg_runner_lane(const struct cvg_runner *runner, size_t source)
{
    struct cvg_source *instance = runner->sources[source].instance;
    return instance ? cvg_source_lane(instance) : NULL;
}
