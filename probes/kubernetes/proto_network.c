/* SPDX-License-Identifier: Apache-2.0 */
/* Service, EndpointSlice, Ingress from protobuf; see proto.h. */
#include "proto.h"

#include <kube.pb-c.h>

static struct cvg_kube_service *begin(struct cvg_kube_draft *draft)
{
    draft->view->of.service = (struct cvg_kube_service){
        .type = "", .cluster_ip = "", .external_name = "", .ingress_class = "", .service = ""};
    return &draft->view->of.service;
}

static int is_there(const char *text)
{
    return text != NULL && *text != '\0';
}

/* An entry without a name and without an address is none that anybody could reach. */
static size_t count_ingress(const Kube__LoadBalancerStatus *balancer)
{
    size_t count = 0;
    for (size_t i = 0; balancer != NULL && i < balancer->n_ingress; i++) {
        count += is_there(balancer->ingress[i]->ip) || is_there(balancer->ingress[i]->hostname);
    }
    return count;
}

void cvg_kube_proto_service(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Service *service = (const void *)message;
    const Kube__ServiceSpec *spec = service->spec;
    struct cvg_kube_service *ret = begin(draft);
    cvg_kube_proto_meta(draft, service->metadata);
    if (spec != NULL) {
        ret->type = cvg_kube_draft_text(draft, spec->type);
        ret->cluster_ip = cvg_kube_draft_text(draft, spec->clusterip);
        ret->external_name = cvg_kube_draft_text(draft, spec->externalname);
        ret->has_selector = spec->n_selector > 0;
        ret->external_ips = spec->n_externalips;
    }
    if (service->status != NULL) {
        ret->ingress_count = count_ingress(service->status->loadbalancer);
        cvg_kube_proto_conditions(draft, service->status->conditions,
                                  service->status->n_conditions);
    }
}

void cvg_kube_proto_ingress(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    const Kube__Ingress *ingress = (const void *)message;
    struct cvg_kube_service *ret = begin(draft);
    cvg_kube_proto_meta(draft, ingress->metadata);
    if (ingress->spec != NULL) {
        ret->ingress_class = cvg_kube_draft_text(draft, ingress->spec->ingressclassname);
    }
    if (ingress->status != NULL) {
        ret->ingress_count = count_ingress(ingress->status->loadbalancer);
    }
}

static size_t count_addresses(const Kube__EndpointSlice *slice)
{
    size_t count = 0;
    for (size_t i = 0; i < slice->n_endpoints; i++) {
        count += slice->endpoints[i]->n_addresses;
    }
    return count;
}

void cvg_kube_proto_slice(struct cvg_kube_draft *draft, const ProtobufCMessage *message)
{
    static const Kube__EndpointConditions none;
    const Kube__EndpointSlice *slice = (const void *)message;
    struct cvg_kube_service *ret = begin(draft);
    size_t used = 0;
    cvg_kube_proto_meta(draft, slice->metadata);
    struct cvg_kube_endpoint *endpoints = cvg_kube_draft_array(
        draft, count_addresses(slice), sizeof(*endpoints), &ret->endpoint_count);
    ret->endpoints = endpoints;
    for (size_t i = 0; i < slice->n_endpoints && endpoints != NULL; i++) {
        const Kube__Endpoint *from = slice->endpoints[i];
        const Kube__EndpointConditions *is = from->conditions == NULL ? &none : from->conditions;
        for (size_t j = 0; j < from->n_addresses; j++, used++) {
            endpoints[used].address = cvg_kube_draft_text(draft, from->addresses[j]);
            endpoints[used].ready = !is->has_ready || is->ready;
            endpoints[used].serving = !is->has_serving || is->serving;
            endpoints[used].terminating = is->has_terminating && is->terminating;
        }
    }
}
