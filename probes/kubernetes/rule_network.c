/* SPDX-License-Identifier: Apache-2.0 */
/* Service, EndpointSlice and Ingress. */
#include "rule.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <string.h>

static void say_no_address(struct cvg_kube_outcome *ret)
{
    cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_NO_ADDRESS),
                 "no load balancer has given it an address yet");
}

/* Argo CD (health_service.go): a LoadBalancer needs an address, where kstatus is content with the
 * cluster IP. Who answers behind it is the EndpointSlices' matter. */
void cvg_kube_rule_service(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_service *of = &view->of.service;
    const struct cvg_kube_condition *ports = cvg_kube_current(view, "LoadBalancerPortsError");
    (void)dwells;
    if (strcmp(of->type, "ExternalName") == 0) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "another name for %s",
                     of->external_name);
    } else if (*of->cluster_ip == '\0') {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_PROGRESSING),
                     "it has no cluster IP yet");
    } else if (strcmp(of->type, "LoadBalancer") != 0) {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), NULL);
    } else if (cvg_kube_is(ports, "True")) {
        cvg_kube_say_condition(ret, CVG_FAILED, ports, CVG_KUBE_REASON_LOAD_BALANCER);
        ret->reason = cvg_kube_reason(CVG_KUBE_REASON_LOAD_BALANCER);
    } else if (of->ingress_count == 0) {
        say_no_address(ret);
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "it has %zu addresses",
                     of->ingress_count);
    }
}

/* The same address may stand in it twice for a moment. */
static int stood_before(const struct cvg_kube_service *of, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (strcmp(of->endpoints[i].address, of->endpoints[place].address) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A slice has at most 1,000 endpoints (100 by default), so that looking back is cheap enough. */
#define LOOK_BACK_MOST 1000

/* discovery/v1 types.go: one that is ready is enough to be answered. */
void cvg_kube_rule_endpointslice(const struct cvg_kube_view *view,
                                 const struct cvg_kube_dwells *dwells, struct cvg_kube_outcome *ret)
{
    const struct cvg_kube_service *of = &view->of.service;
    (void)dwells;
    for (size_t i = 0; i < of->endpoint_count; i++) {
        if (i >= LOOK_BACK_MOST || !stood_before(of, i)) {
            ret->total++;
            ret->done += of->endpoints[i].ready != 0;
        }
    }
    if (ret->done == 0) {
        cvg_kube_say(ret, CVG_PROGRESSING, cvg_kube_reason(CVG_KUBE_REASON_NO_ENDPOINTS),
                     "none of %" PRId64 " %s is ready", ret->total,
                     cvg_plural((uint64_t)ret->total, "address", "addresses"));
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY),
                     "%" PRId64 " of %" PRId64 " %s ready", ret->done, ret->total,
                     cvg_plural((uint64_t)ret->total, "address is", "addresses are"));
    }
}

/* Argo CD (health_ingress.go). Some controllers never write an address: for these a check says
 * with `fields` what it wants to see. */
void cvg_kube_rule_ingress(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret)
{
    (void)dwells;
    if (view->of.service.ingress_count == 0) {
        say_no_address(ret);
    } else {
        cvg_kube_say(ret, CVG_READY, cvg_kube_reason(CVG_KUBE_REASON_READY), "it has %zu addresses",
                     view->of.service.ingress_count);
    }
}
