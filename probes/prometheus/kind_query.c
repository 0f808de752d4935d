/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of kind `query`: one number, held against conditions. Judged in judge.c. */
#include "inquiry.h"

#include "compose.h"

static void plan_query(struct cvg_prom_planning *planning)
{
    const struct cvg_prom_inquiry *inquiry = planning->inquiry;
    struct cvg_prom_string query = {0};
    if (inquiry->flavour->paths[CVG_PROM_QUERY] == NULL) {
        cvg_prom_planning_refuse(planning, "query",
                                 "cannot be asked of an Alertmanager, which answers `alerts` only");
        return;
    }
    cvg_prom_string_put(&query, inquiry->config->query);
    cvg_prom_planning_want(planning, CVG_PROM_QUERY, cvg_prom_string_take(&query));
}

static void take_query(const struct cvg_prom_inquiry *inquiry, size_t which,
                       const struct cvg_prom_answer *answer, struct cvg_prom_held *held)
{
    (void)which;
    cvg_prom_judge(inquiry->config, &inquiry->plan, answer, &held->finding);
}

const struct cvg_prom_kind cvg_prom_kind_query = {
    .key = "query", .guarded = 1, .plan = plan_query, .take = take_query};
