/* SPDX-License-Identifier: Apache-2.0 */
/* What pods ask for and nodes have to give; sums saturate. See draft.h. */
#include "draft.h"

#include "quantity.h"

#include <string.h>

static int64_t add(int64_t left, int64_t right)
{
    int64_t sum = 0;
    return __builtin_add_overflow(left, right, &sum) ? INT64_MAX : sum;
}

static int64_t larger(int64_t left, int64_t right)
{
    return left > right ? left : right;
}

static struct cvg_kube_amounts sum_of(const struct cvg_kube_amounts *left,
                                      const struct cvg_kube_amounts *right)
{
    return (struct cvg_kube_amounts){
        .cpu_milli = add(left->cpu_milli, right->cpu_milli),
        .memory_bytes = add(left->memory_bytes, right->memory_bytes),
        .pods = add(left->pods, right->pods),
    };
}

static struct cvg_kube_amounts larger_of(const struct cvg_kube_amounts *left,
                                         const struct cvg_kube_amounts *right)
{
    return (struct cvg_kube_amounts){
        .cpu_milli = larger(left->cpu_milli, right->cpu_milli),
        .memory_bytes = larger(left->memory_bytes, right->memory_bytes),
        .pods = larger(left->pods, right->pods),
    };
}

/* Whole units, rounded up as the API's own Value() does. */
static int64_t whole(int64_t milli)
{
    return milli / 1000 + (milli % 1000 > 0);
}

void cvg_kube_draft_amount(struct cvg_kube_draft *draft, struct cvg_kube_amounts *amounts,
                           const char *resource, const char *quantity)
{
    int64_t *member = NULL;
    int64_t milli = 0;
    int in_units = 1;
    if (strcmp(resource, "cpu") == 0) {
        member = &amounts->cpu_milli;
        in_units = 0;
    } else if (strcmp(resource, "memory") == 0) {
        member = &amounts->memory_bytes;
    } else if (strcmp(resource, "pods") == 0) {
        member = &amounts->pods;
    } else {
        return;
    }
    if (cvg_kube_quantity_milli(quantity, &milli) < 0 || milli < 0) {
        cvg_kube_draft_refuse(draft, "a quantity is none");
        return;
    }
    *member = in_units ? whole(milli) : milli;
}

void cvg_kube_requests_add(struct cvg_kube_requests *requests,
                           const struct cvg_kube_container *container,
                           const struct cvg_kube_amounts *amounts)
{
    if (container->init && !container->sidecar) {
        const struct cvg_kube_amounts with = sum_of(&requests->sidecars, amounts);
        requests->peak = larger_of(&requests->peak, &with);
        return;
    }
    requests->sum = sum_of(&requests->sum, amounts);
    if (container->sidecar) {
        /* Sidecars stay, so that one counts while the ones before it run. */
        requests->sidecars = sum_of(&requests->sidecars, amounts);
        requests->peak = larger_of(&requests->peak, &requests->sidecars);
    }
}

void cvg_kube_requests_total(const struct cvg_kube_requests *requests,
                             const struct cvg_kube_amounts *overhead, struct cvg_kube_pod *ret)
{
    const struct cvg_kube_amounts most = larger_of(&requests->sum, &requests->peak);
    const struct cvg_kube_amounts total = sum_of(&most, overhead);
    ret->cpu_milli = total.cpu_milli;
    ret->memory_bytes = total.memory_bytes;
}
