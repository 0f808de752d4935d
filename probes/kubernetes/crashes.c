/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of runs; see crashes.h. */
#include "crashes.h"

#define WINDOW INT64_C(600000000000)

static int has_done_its_work(const struct cvg_kube_container *container)
{
    return container->init && !container->sidecar && container->exit_code == 0;
}

static const struct cvg_kube_container *find_worst(const struct cvg_kube_pod *pod)
{
    const struct cvg_kube_container *worst = NULL;
    for (size_t i = 0; i < pod->container_count; i++) {
        const struct cvg_kube_container *container = &pod->containers[i];
        if (container->restarts > (worst == NULL ? 0 : worst->restarts) &&
            !has_done_its_work(container)) {
            worst = container;
        }
    }
    return worst;
}

void cvg_kube_crashes_take(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                           struct cvg_kube_crashes *ret)
{
    const struct cvg_kube_container *worst = find_worst(&view->of.pod);
    *ret = (struct cvg_kube_crashes){
        .container = cvg_kube_pool_take(pool, worst == NULL ? "" : worst->name)};
    if (worst == NULL) {
        return;
    }
    ret->restarts = worst->restarts;
    ret->began_at = worst->started_at;
    ret->ended_at[0] = worst->last_finished_at;
    for (size_t i = 1; i < CVG_KUBE_CRASHES && (int64_t)i < worst->restarts; i++) {
        ret->ended_at[i] = view->meta.created_at;
    }
}

void cvg_kube_crashes_follow(struct cvg_kube_crashes *crashes,
                             const struct cvg_kube_crashes *before)
{
    int64_t more = crashes->restarts - before->restarts;
    if (crashes->container != before->container || before->restarts == 0 || more < 0) {
        return;
    }
    /* The latest end is told. Of those between the two versions it is known that they came after
     * what ended last before. */
    for (size_t i = 1; i < CVG_KUBE_CRASHES; i++) {
        size_t earlier = (int64_t)i < more ? 0 : i - (size_t)more;
        if ((int64_t)i < crashes->restarts) {
            crashes->ended_at[i] = before->ended_at[earlier];
        }
    }
}

int64_t cvg_kube_crashes_until(const struct cvg_kube_crashes *crashes)
{
    int64_t latest = crashes->ended_at[0], first = crashes->ended_at[CVG_KUBE_CRASHES - 1];
    int64_t from = crashes->began_at > latest ? crashes->began_at : latest, until;
    if (first <= 0 || latest < first || latest - first > WINDOW ||
        __builtin_add_overflow(from, WINDOW, &until)) {
        return 0;
    }
    return until;
}
