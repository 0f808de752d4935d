/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of custom resources, by the family of controllers that writes their status, and what these
 * rules have in common. A rule sees what rule.h says, and an object whose status may be missing
 * altogether: no status is unknown and never ready, whatever the family.
 */
#ifndef CVG_KUBE_RULE_CUSTOM_H
#define CVG_KUBE_RULE_CUSTOM_H

#include "rule.h"

cvg_kube_rule cvg_kube_rule_conditions; /* whatever has none of its own */
cvg_kube_rule cvg_kube_rule_flux;
cvg_kube_rule cvg_kube_rule_application, cvg_kube_rule_applicationset;
cvg_kube_rule cvg_kube_rule_rollout, cvg_kube_rule_analysis;
cvg_kube_rule cvg_kube_rule_certificate, cvg_kube_rule_certificaterequest, cvg_kube_rule_issuer,
    cvg_kube_rule_acme;
cvg_kube_rule cvg_kube_rule_managed, cvg_kube_rule_package, cvg_kube_rule_composite_definition;
cvg_kube_rule cvg_kube_rule_machine, cvg_kube_rule_machine_cluster, cvg_kube_rule_machine_set;
cvg_kube_rule cvg_kube_rule_knative;
cvg_kube_rule cvg_kube_rule_gateway, cvg_kube_rule_route, cvg_kube_rule_istio;
cvg_kube_rule cvg_kube_rule_canary;

/* Does the object itself have the marks of a Crossplane one? Its group can be any. */
int cvg_kube_is_composite(const struct cvg_kube_view *view);

/* 1: no controller has written a status, and that was said. */
int cvg_kube_say_no_status(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret);
/* The status has nothing of what the rule looks for. */
void cvg_kube_say_no_conditions(const char *type, struct cvg_kube_outcome *ret);
/* Of a positive condition that is not True: False is on its way and failed after the dwell, and
 * anything else unknown after it. Unknown since the beginning of time is what a definition fills in
 * until a controller comes, and no status. */
void cvg_kube_say_not_yet(const struct cvg_kube_condition *condition, int64_t dwell,
                          struct cvg_kube_outcome *ret);
/* 1: it is such a default, and that was said. */
int cvg_kube_say_default(const struct cvg_kube_condition *condition, struct cvg_kube_outcome *ret);
/* 1: the condition is missing, or older than the object, and that was said. */
int cvg_kube_say_missing(const struct cvg_kube_view *view, const char *type,
                         struct cvg_kube_outcome *ret);
/* Ready, with the condition's message and time. */
void cvg_kube_say_ready(const struct cvg_kube_condition *condition, struct cvg_kube_outcome *ret);

/* By JSON Pointer: "", 0 and what is given where there is none. */
const char *cvg_kube_text_at(const struct cvg_kube_view *view, const char *pointer);
int64_t cvg_kube_time_at(const struct cvg_kube_view *view, const char *pointer);
int64_t cvg_kube_count_at(const struct cvg_kube_view *view, const char *pointer, int64_t absent);
int cvg_kube_true_at(const struct cvg_kube_view *view, const char *pointer);

#endif
