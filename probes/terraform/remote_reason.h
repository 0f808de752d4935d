/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes that only HCP Terraform's words have, each with what it means and what to do; the others
 * are in reason.h. A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_TF_REMOTE_REASON_H
#define CVG_TF_REMOTE_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_TF_REMOTE_REASONS(X)                                                                   \
    X(RUN_APPLIED, "RunApplied", "The latest run was applied, or had nothing to apply.",           \
      "Nothing.")                                                                                  \
    X(ASSESSMENT_CLEAN, "AssessmentClean",                                                         \
      "The latest health assessment found no drift and no failed checks.", "Nothing.")             \
    X(RUN_IN_PROGRESS, "RunInProgress", "A run is on its way.", "Wait for it.")                    \
    X(RUN_WAITING, "RunWaiting", "A run waits for a person to confirm it.",                        \
      "Confirm or discard the run that the message names.")                                        \
    X(RUN_DESTROYED, "RunDestroyed", "The latest run took everything away.",                       \
      "Run an apply, or take the check out.")                                                      \
    X(RUN_FAILED, "RunFailed", "A run ended after its apply had begun: some of it may be done.",   \
      "Look at the run that the message names, and apply again.")                                  \
    X(RUN_STOPPED, "RunStopped",                                                                   \
      "A run ended before its apply: what was applied before stands, and is not what was wanted.", \
      "Look at the run that the message names, and run it again.")                                 \
    X(RUN_UNCLEAR, "RunUnclear", "The latest run does not say how it ended.",                      \
      "Look at the run that the message names; report a status that is not known.")                \
    X(RUN_UNREADABLE, "RunUnreadable", "The runs of the workspace cannot be read.",                \
      "Give the token the right to read runs.")                                                    \
    X(ASSESSMENT_FAILED, "AssessmentFailed", "The latest health assessment is no evidence.",       \
      "Look at it in the service, and start another.")                                             \
    X(ASSESSMENT_UNREADABLE, "AssessmentUnreadable",                                               \
      "The health assessment of the workspace cannot be read.",                                    \
      "Give the token the right to read it, or switch assessments off.")

#define CVG_TF_REMOTE_REASON_DEFINE(constant, code, meaning, action)                               \
    static const char CVG_TF_##constant[] __attribute__((unused)) = code;
CVG_TF_REMOTE_REASONS(CVG_TF_REMOTE_REASON_DEFINE)
#undef CVG_TF_REMOTE_REASON_DEFINE

#endif
