/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them; besides them a service that does not answer has those of all places
 * (place/fault.h). A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_CFN_REASON_H
#define CVG_CFN_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_CFN_REASONS(X)                                                                         \
    X(COMPLETE, "Complete", "The stack's latest operation succeeded.", "Nothing.")                 \
    X(IN_PROGRESS, "InProgress", "The stack is being made, updated or imported.", "Wait.")         \
    X(CLEANING_UP, "CleaningUp", "The update succeeded, and what it replaced is being deleted.",   \
      "Wait, or set allow_cleanup where the old resources are in nobody's way.")                   \
    X(ROLLING_BACK, "RollingBack", "The operation failed and is being taken back.",                \
      "Look at the stack's events for what failed first.")                                         \
    X(DELETING, "Deleting", "The stack is being deleted.", "Wait; then make it again.")            \
    X(IN_REVIEW, "InReview",                                                                       \
      "There is a change set for it that nobody executed: nothing is made.",                       \
      "Execute the change set.")                                                                   \
    X(ABSENT, "Absent", "There is no such stack, or it was deleted.",                              \
      "Make it, or look at its name, the account and the region.")                                 \
    X(ROLLED_BACK, "RolledBack", "The last update failed; the stack works as it did before it.",   \
      "Mend the template and update again; or set allow_rollback where the old one will do.")      \
    X(CREATE_ROLLED_BACK, "CreateRolledBack",                                                      \
      "The stack could not be made, and nothing of it is left.",                                   \
      "Delete it, mend the template and make it again.")                                           \
    X(OPERATION_FAILED, "OperationFailed", "An operation failed and the stack needs a person.",    \
      "Look at the stack's events.")                                                               \
    X(DRIFTED, "Drifted", "The last drift detection found resources that were changed by hand.",   \
      "Look at the stack's drift; `drift` says what it counts as.")                                \
    X(OUTPUT_MISSING, "OutputMissing", "Outputs that the check wants are not there or empty.",     \
      "Look at the outputs that the message names.")                                               \
    X(OUTPUT_DIFFERS, "OutputDiffers", "An output is not what the check wants it to be.",          \
      "Look at the output that the message names.")                                                \
    X(STATUS_UNKNOWN, "StatusUnknown", "The stack has a status that this module does not know.",   \
      "Update convergate.")                                                                        \
    X(QUERY_REJECTED, "QueryRejected", "The service understood the question and refused it.",      \
      "Look at the stack's name; the message has the service's own words.")                        \
    X(CONDITION_INVALID, "ConditionInvalid",                                                       \
      "A key is not valid once facts of other checks were filled in.",                             \
      "Look at the facts that the check's keys refer to.")

enum cvg_cfn_reason {
#define CVG_CFN_REASON_CONSTANT(constant, code, meaning, action) CVG_CFN_REASON_##constant,
    CVG_CFN_REASONS(CVG_CFN_REASON_CONSTANT)
#undef CVG_CFN_REASON_CONSTANT
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_cfn_reason(enum cvg_cfn_reason reason);
/* What it means, a sentence. */
const char *cvg_cfn_reason_text(enum cvg_cfn_reason reason);

#endif
