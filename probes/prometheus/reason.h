/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them. A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_PROM_REASON_H
#define CVG_PROM_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_PROM_REASONS(X)                                                                        \
    X(CONDITION_MET, "ConditionMet", "The value is as `ready` asks.", "Nothing.")                  \
    X(CONDITION_NOT_MET, "ConditionNotMet",                                                        \
      "The value is neither as `ready` nor as `degraded` "                                         \
      "asks.",                                                                                     \
      "Look at the metric; the check heals by itself when its value does.")                        \
    X(IN_DEGRADED_RANGE, "InDegradedRange",                                                        \
      "The value is not as `ready` asks, but as `degraded` "                                       \
      "does.",                                                                                     \
      "Look at the metric before it gets worse.")                                                  \
    X(NO_DATA, "NoData", "The query answered without any series.",                                 \
      "Look whether the metric exists under these labels; say with on_empty what empty means.")    \
    X(NOT_A_NUMBER, "NotANumber", "The value is NaN, as 0/0 without traffic is.",                  \
      "Wait for traffic, or use min_volume to say what too little of it means.")                   \
    X(NOT_FINITE, "NotFinite",                                                                     \
      "The value is infinite, which proves nothing although it would "                             \
      "satisfy the condition.",                                                                    \
      "Look for a division by zero in the query.")                                                 \
    X(MANY_SERIES, "ManySeries",                                                                   \
      "The query answered several series and the check does not say "                              \
      "how to reduce them.",                                                                       \
      "Aggregate in the query, or set reduce.")                                                    \
    X(PARTIAL_DATA, "PartialData", "The source warned that it could not look everywhere.",         \
      "Look at the source's warning: a store or a remote read is missing.")                        \
    X(LOW_VOLUME, "LowVolume", "There is less traffic than min_volume asks for.",                  \
      "Wait for traffic; on_low_volume says what this means for the gate.")                        \
    X(VOLUME_UNKNOWN, "VolumeUnknown", "The query of min_volume did not answer one number.",       \
      "Make it one number, as sum() does, of a metric that always exists.")                        \
    X(SAMPLES_TOO_OLD, "SamplesTooOld",                                                            \
      "The oldest sample behind the value is older than "                                          \
      "max_sample_age, or there is none.",                                                         \
      "Look whether the targets are scraped and the samples still arrive.")                        \
    X(CLOCK_BEHIND, "ClockBehind",                                                                 \
      "This machine's clock is more than 10 s behind the source's, so its "                        \
      "queries are about the past.",                                                               \
      "Set both clocks, best by NTP.")                                                             \
    X(NO_ALERTS, "NoAlerts", "No alert that matches fires.", "Nothing.")                           \
    X(ALERTS_FIRING, "AlertsFiring", "Alerts that match fire.",                                    \
      "Look at the alert that the message names.")                                                 \
    X(ALERTS_PENDING, "AlertsPending", "Alerts that match are about to fire.",                     \
      "Look at the alert that the message names, or set on_pending.")                              \
    X(ALERTS_SILENCED, "AlertsSilenced",                                                           \
      "Alerts that match are silenced, or inhibited by others: somebody knows, but nothing is "    \
      "healed.",                                                                                   \
      "Ask who silenced it; on_degraded says what this means for the gate.")                       \
    X(WATCHDOG_SILENT, "WatchdogSilent",                                                           \
      "The alert that always fires does not: rules are not evaluated, or alerts do not arrive.",   \
      "Look at the Prometheus behind it, or name another alert in watchdog.")                      \
    X(RULES_HEALTHY, "RulesHealthy", "The rules exist and are evaluated.", "Nothing.")             \
    X(RULE_MISSING, "RuleMissing", "There is no such rule.",                                       \
      "Look whether the rule file is loaded, and at names and group.")                             \
    X(RULE_BROKEN, "RuleBroken", "A rule cannot be evaluated; an alert would never fire.",         \
      "Mend the rule; the message has the source's own words.")                                    \
    X(RULE_NOT_EVALUATED, "RuleNotEvaluated", "A rule has not been evaluated yet.",                \
      "Wait for the group's interval.")                                                            \
    X(RULE_OVERDUE, "RuleOverdue", "A rule was last evaluated too long ago.",                      \
      "Look whether the source keeps up with its rules, and at both clocks.")                      \
    X(RULE_FIRING, "RuleFiring", "A rule fires that on_firing is about.",                          \
      "Look at the alert that the message names.")                                                 \
    X(WITHIN_BUDGET, "WithinBudget", "The error budget does not burn too fast.", "Nothing.")       \
    X(BUDGET_BURNING_FAST, "BudgetBurningFast",                                                    \
      "The error budget burns so fast that somebody is paged.",                                    \
      "Mend the service; the check heals when the short window does.")                             \
    X(BUDGET_BURNING_SLOWLY, "BudgetBurningSlowly",                                                \
      "The error budget will not last the period at this speed.",                                  \
      "Look for the errors before the budget is spent.")                                           \
    X(BUDGET_SPENT, "BudgetSpent", "The period's error budget is spent.",                          \
      "Deploy nothing but what makes it better until old errors leave the period.")                \
    X(BUDGET_LOW, "BudgetLow", "Under a tenth of the period's error budget is left.",              \
      "Deploy with care.")                                                                         \
    X(RATIO_INVALID, "RatioInvalid", "An amount of events is negative.",                           \
      "Make errors and total counts or rates, as increase() and rate() give.")                     \
    X(CANARY_HEALTHY, "CanaryHealthy", "The canary is no worse than its limits.", "Nothing.")      \
    X(CANARY_OVER_LIMIT, "CanaryOverLimit", "The canary fails more than max_ratio.",               \
      "Take it back, or look at its errors.")                                                      \
    X(CANARY_WORSE, "CanaryWorse", "The canary fails more than the baseline allows.",              \
      "Take it back, or look at what differs.")                                                    \
    X(CONDITION_INVALID, "ConditionInvalid",                                                       \
      "A condition, selector or matcher is not valid once facts of "                               \
      "other checks were filled in.",                                                              \
      "Look at the facts that the check's keys refer to.")                                         \
    X(QUERY_REJECTED, "QueryRejected", "The source understood the question and refused it.",       \
      "Mend the query; the message has the source's own words.")                                   \
    X(WRONG_RESULT_TYPE, "WrongResultType",                                                        \
      "The query answers something that is not a number "                                          \
      "for each series.",                                                                          \
      "Make it an instant vector or a scalar.")                                                    \
    X(QUERY_TIMEOUT, "QueryTimeout", "The source gave up on the query.",                           \
      "Use a recording rule for what is expensive, or raise the check's timeout.")                 \
    X(QUERY_CANCELED, "QueryCanceled", "The source dropped the query, as it does when it stops.",  \
      "Look whether the source is being restarted.")                                               \
    X(SOURCE_STARTING, "SourceStarting",                                                           \
      "The source is not ready to answer, as while it replays "                                    \
      "its log.",                                                                                  \
      "Wait; a Prometheus answers again when its log is read.")                                    \
    X(SOURCE_ERROR, "SourceError", "The source or a proxy before it answered with an error.",      \
      "Look at the source's log; the message has what it said.")                                   \
    X(THROTTLED, "Throttled", "The source asked to come back later.",                              \
      "Ask less often, or raise the tenant's limit.")                                              \
    X(UNAUTHORIZED, "Unauthorized", "The credentials are missing, unreadable or wrong.",           \
      "Look at the source's bearer, username or client certificate.")                              \
    X(FORBIDDEN, "Forbidden", "The credentials are right but may not ask this.",                   \
      "Give them the right to query, or name the right tenant in a header.")                       \
    X(NOT_FOUND, "NotFound", "There is no query API under the source's URL.",                      \
      "Look at the path in the source's url, such as /prometheus for Mimir.")                      \
    X(REDIRECTED, "Redirected", "The source answered with a redirect, which is not followed.",     \
      "Put the address that really answers into the source's url.")                                \
    X(BAD_ANSWER, "BadAnswer", "The answer is not what the query API promises.",                   \
      "Look whether url leads to a Prometheus API and not to a page or a proxy.")                  \
    X(TOO_LARGE, "TooLarge", "The answer has more bytes or series than are allowed.",              \
      "Aggregate in the query.")                                                                   \
    X(TIMED_OUT, "TimedOut", "No answer came before the check's timeout.",                         \
      "Look whether the source is slow or cut off.")                                               \
    X(CONNECT_FAILED, "ConnectFailed", "No connection, or it was cut.",                            \
      "Look whether the source runs and can be reached.")                                          \
    X(TLS_FAILED, "TlsFailed", "The TLS handshake or the certificate was refused.",                \
      "Look at the source's certificate and its tls keys.")                                        \
    X(NOT_ASKED, "NotAsked", "The request could not be made.",                                     \
      "Look at the source's url; the message says what was refused.")

enum cvg_prom_reason {
#define CVG_PROM_REASON_ENUM(constant, code, meaning, action) CVG_PROM_REASON_##constant,
    CVG_PROM_REASONS(CVG_PROM_REASON_ENUM)
#undef CVG_PROM_REASON_ENUM
    CVG_PROM_REASON_COUNT
};

#endif
