/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rules of all kinds say their outcomes with, and the rules themselves, one function a
 * kind. A rule sees a view that is not being deleted, whose generation is observed and that is
 * neither Reconciling nor Stalled (outcome.c looks first). It says something on every path, and
 * Ready only where it has seen what makes it so: what is absent is unknown.
 */
#ifndef CVG_KUBE_RULE_H
#define CVG_KUBE_RULE_H

#include "outcome.h"
#include "reason.h"

#include <convergate/reading.h>

/* Status, reason and message; what was said before is replaced, but not done and total. reason:
 * static or in the view's arena. format: NULL or what the message says; texts of the object among
 * its arguments become printable, and what does not fit is cut. */
void cvg_kube_say(struct cvg_kube_outcome *ret, enum cvg_status status, const char *reason,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* With the condition's own reason where it is a code (else `otherwise`), message and time. */
void cvg_kube_say_condition(struct cvg_kube_outcome *ret, enum cvg_status status,
                            const struct cvg_kube_condition *condition,
                            enum cvg_kube_reason otherwise);
/* A controller's word for a reason, where it is one that a reading may carry, else ours. */
const char *cvg_kube_own_reason(const char *own, enum cvg_kube_reason otherwise);
/* By time alone: at since + dwell it becomes this. Nothing where since is not told or dwell is 0,
 * and nothing where this would not be worse than what it is. The earliest of several stays. */
void cvg_kube_worsen(struct cvg_kube_outcome *ret, int64_t since, int64_t dwell,
                     enum cvg_status status, const char *reason);
/* Nobody works on it: what is ready is only paused, and what is on its way will not arrive. What
 * has failed or cannot be told stays so. */
void cvg_kube_suspend(struct cvg_kube_outcome *ret);
/* Which of two outcomes is worse: the larger. Failed over unknown over degraded over progressing
 * over ready. */
int cvg_kube_badness(uint32_t status);

/* A condition that was written for an older generation says nothing about this one. */
int cvg_kube_is_stale(const struct cvg_kube_view *view, const struct cvg_kube_condition *condition);
/* The condition of that type; NULL where there is none or it is stale. */
const struct cvg_kube_condition *cvg_kube_current(const struct cvg_kube_view *view,
                                                  const char *type);
/* 1 True, 0 False, -1 Unknown, absent or stale. */
int cvg_kube_current_is(const struct cvg_kube_view *view, const char *type);
/* Status of a condition; NULL is none. */
int cvg_kube_is(const struct cvg_kube_condition *condition, const char *status);

/* A waiting reason that does not go away by itself, of any of the pod's containers, or "". */
const char *cvg_kube_pod_trouble(const struct cvg_kube_view *view,
                                 const struct cvg_kube_container **ret_container);
/* Why a namespace cannot go: the words of its condition, or NULL. */
const struct cvg_kube_condition *cvg_kube_namespace_stuck(const struct cvg_kube_view *view);
/* A taint of those that Kubernetes itself sets on nodes that are not to be used, or NULL. */
const struct cvg_kube_taint *cvg_kube_node_taint(const struct cvg_kube_view *view);
/* The first pressure condition that is True, and how many are; NULL: none. */
const struct cvg_kube_condition *cvg_kube_node_pressure(const struct cvg_kube_view *view,
                                                        uint32_t *ret_count);

typedef void cvg_kube_rule(const struct cvg_kube_view *view, const struct cvg_kube_dwells *dwells,
                           struct cvg_kube_outcome *ret);

cvg_kube_rule cvg_kube_rule_deployment, cvg_kube_rule_statefulset, cvg_kube_rule_daemonset,
    cvg_kube_rule_replicaset;
cvg_kube_rule cvg_kube_rule_job, cvg_kube_rule_cronjob;
cvg_kube_rule cvg_kube_rule_pod, cvg_kube_rule_node;
cvg_kube_rule cvg_kube_rule_claim, cvg_kube_rule_volume;
cvg_kube_rule cvg_kube_rule_service, cvg_kube_rule_endpointslice, cvg_kube_rule_ingress;
cvg_kube_rule cvg_kube_rule_budget, cvg_kube_rule_autoscaler, cvg_kube_rule_quota;
cvg_kube_rule cvg_kube_rule_namespace, cvg_kube_rule_definition, cvg_kube_rule_apiservice,
    cvg_kube_rule_webhooks;

#endif
