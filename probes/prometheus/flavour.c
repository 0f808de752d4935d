/* SPDX-License-Identifier: Apache-2.0 */
/* The table of servers; see flavour.h. */
#include "flavour.h"

#define QUERY_PATH "/api/v1/query"
#define RULES_PATH "/api/v1/rules"

const char *const cvg_prom_flavour_choices[] = {
    "prometheus", "thanos", "mimir", "victoriametrics", "loki", "alertmanager", NULL};

const struct cvg_prom_flavour *cvg_prom_flavour(uint32_t name)
{
    static const char url_tenant[] =
        "has no effect here: the tenant is part of the url, such as /select/0/prometheus";
    static const struct cvg_prom_flavour flavours[CVG_PROM_FLAVOUR_COUNT] = {
        /* Also asks as a Thanos wants it, for one that nobody declared; others do not mind. */
        [CVG_PROM_PROMETHEUS] = {.paths = {QUERY_PATH, RULES_PATH},
                                 .parameters = {{"partial_response", "false"}, {"dedup", "true"}},
                                 .tenant_hint = "needs flavour: mimir, loki, thanos or "
                                                "alertmanager; a Prometheus has no tenants",
                                 .ready_path = "/-/ready",
                                 .bounds = 1,
                                 .timestamps = 1},
        [CVG_PROM_THANOS] = {.paths = {QUERY_PATH, RULES_PATH},
                             .parameters = {{"partial_response", "false"}, {"dedup", "true"}},
                             .tenant_header = "THANOS-TENANT",
                             .ready_path = "/-/ready",
                             .partial_words = "rpc error",
                             .bounds = 1,
                             .timestamps = 1},
        [CVG_PROM_MIMIR] = {.paths = {QUERY_PATH, RULES_PATH},
                            .tenant_header = "X-Scope-OrgID",
                            .ready_path = "/ready",
                            .bounds = 1,
                            .timestamps = 1},
        [CVG_PROM_VICTORIAMETRICS] = {.paths = {QUERY_PATH, RULES_PATH},
                                      .parameters = {{"nocache", "1"},
                                                     {"deny_partial_response", "1"}},
                                      .tenant_hint = url_tenant,
                                      .ready_path = "/health",
                                      .partial_words = "vmstorage",
                                      .bounds = 1,
                                      .timestamps = 1},
        [CVG_PROM_LOKI] = {.paths = {"/loki" QUERY_PATH},
                           .tenant_header = "X-Scope-OrgID",
                           .ready_path = "/ready",
                           .nanoseconds = 1},
        [CVG_PROM_ALERTMANAGER] = {.paths = {[CVG_PROM_ALERTS] = "/api/v2/alerts"},
                                   .tenant_header = "X-Scope-OrgID",
                                   .ready_path = "/-/ready"},
    };

    return &flavours[name < CVG_PROM_FLAVOUR_COUNT ? name : CVG_PROM_PROMETHEUS];
}
