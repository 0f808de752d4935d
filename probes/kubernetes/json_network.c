/* SPDX-License-Identifier: Apache-2.0 */
/* Service, EndpointSlice, Ingress from JSON; see json.h. */
#include "json.h"

/* An entry without a name and without an address is none that anybody could reach. */
static size_t count_ingress(const struct cvg_kube_node *from)
{
    size_t count = 0;
    for (size_t i = 0; i < cvg_kube_json_size(from); i++) {
        const struct cvg_kube_node *entry = &from->items[i];
        count += *cvg_kube_node_text(cvg_kube_node_get(entry, "ip")) != '\0' ||
                 *cvg_kube_node_text(cvg_kube_node_get(entry, "hostname")) != '\0';
    }
    return count;
}

static struct cvg_kube_service *begin(const struct cvg_kube_json *json)
{
    struct cvg_kube_service *ret = &json->draft->view->of.service;
    *ret = (struct cvg_kube_service){
        .type = "", .cluster_ip = "", .external_name = "", .ingress_class = "", .service = ""};
    ret->ingress_count = count_ingress(
        cvg_kube_node_get(cvg_kube_node_get(json->status, "loadBalancer"), "ingress"));
    return ret;
}

void cvg_kube_json_service(const struct cvg_kube_json *json)
{
    struct cvg_kube_service *ret = begin(json);
    ret->type = cvg_kube_json_text(json->draft, json->spec, "type");
    ret->cluster_ip = cvg_kube_json_text(json->draft, json->spec, "clusterIP");
    ret->external_name = cvg_kube_json_text(json->draft, json->spec, "externalName");
    ret->has_selector = cvg_kube_json_size(cvg_kube_node_get(json->spec, "selector")) > 0;
    ret->external_ips = cvg_kube_json_size(cvg_kube_node_get(json->spec, "externalIPs"));
}

void cvg_kube_json_ingress(const struct cvg_kube_json *json)
{
    struct cvg_kube_service *ret = begin(json);
    ret->ingress_class = cvg_kube_json_text(json->draft, json->spec, "ingressClassName");
}

static const struct cvg_kube_node *addresses_of(const struct cvg_kube_node *endpoint)
{
    return cvg_kube_node_get(endpoint, "addresses");
}

void cvg_kube_json_slice(const struct cvg_kube_json *json)
{
    const struct cvg_kube_node *from = cvg_kube_node_get(json->object, "endpoints");
    struct cvg_kube_service *ret = begin(json);
    size_t count = 0, used = 0;
    for (size_t i = 0; i < cvg_kube_json_size(from); i++) {
        count += cvg_kube_json_size(addresses_of(&from->items[i]));
    }
    struct cvg_kube_endpoint *endpoints =
        cvg_kube_draft_array(json->draft, count, sizeof(*endpoints), &ret->endpoint_count);
    ret->endpoints = endpoints;
    for (size_t i = 0; i < cvg_kube_json_size(from) && endpoints != NULL; i++) {
        const struct cvg_kube_node *addresses = addresses_of(&from->items[i]);
        const struct cvg_kube_node *is = cvg_kube_node_get(&from->items[i], "conditions");
        for (size_t j = 0; j < cvg_kube_json_size(addresses); j++, used++) {
            endpoints[used].address = cvg_kube_node_text(&addresses->items[j]);
            endpoints[used].ready = cvg_kube_json_true(is, "ready", 1);
            endpoints[used].serving = cvg_kube_json_true(is, "serving", 1);
            endpoints[used].terminating = cvg_kube_json_true(is, "terminating", 0);
        }
    }
}
