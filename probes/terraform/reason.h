/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them. A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_TF_REASON_H
#define CVG_TF_REASON_H

/* X(constant, code, meaning, action); in the order of the docs: in order, on its way, not in order,
 * alarms, cannot tell, documents that are refused. */
#define CVG_TF_REASONS(X)                                                                          \
    X(APPLIED, "Applied",                                                                          \
      "All that is wanted is in the state, nothing in it is tainted or half replaced, and it has " \
      "stood still for `settle`.",                                                                 \
      "Nothing. A state is what was believed at its last write: hold it against live checks.")     \
    X(CONVERGED, "Converged", "The plan or assessment found nothing to do.", "Nothing.")           \
    X(NO_STATE, "NoState", "There is no document at the place.",                                   \
      "Wait for the first apply, or look at the path that the message names.")                     \
    X(BEING_WRITTEN, "BeingWritten",                                                               \
      "The document is empty or torn, as it is most of the time during an apply.",                 \
      "Wait; after `grace` it is unknown.")                                                        \
    X(LOCKED, "Locked", "Somebody holds the state's lock, so it is being changed.",                \
      "Wait; the message says who holds it and since when.")                                       \
    X(SETTLING, "Settling",                                                                        \
      "The state is whole and in order, but has not stood still for `settle`: states in the "      \
      "middle of an apply look so.",                                                               \
      "Wait.")                                                                                     \
    X(EMPTY_STATE, "EmptyState", "There are no resources in the state, as after a destroy.",       \
      "Apply, or say `allow_empty: true` where that is in order.")                                 \
    X(RESOURCES_MISSING, "ResourcesMissing", "Resources that are wanted are not in the state.",    \
      "Wait for the apply; where it has ended, look at its log and at the addresses.")             \
    X(RESOURCES_SURPLUS, "ResourcesSurplus", "There are more instances than `count` says.",        \
      "Wait for the apply, or mend `count`.")                                                      \
    X(OUTPUTS_MISSING, "OutputsMissing",                                                           \
      "Outputs that are wanted are not in the state. A null output is not stored.",                \
      "Wait for the apply; where it has ended, look why the output is null.")                      \
    X(OUTPUTS_EMPTY, "OutputsEmpty", "Outputs that are wanted are null or empty.",                 \
      "Apply again once the value exists, or say `allow_empty: true` for the output.")             \
    X(OUTPUTS_DIFFER, "OutputsDiffer",                                                             \
      "Outputs have another value or type than the check wants. Values are not told.",             \
      "Wait for the apply, or mend `equals` or `matches`.")                                        \
    X(SERIAL_TOO_LOW, "SerialTooLow", "The state has not come to `serial_at_least`.",              \
      "Wait for the apply that raises it.")                                                        \
    X(RESOURCES_TAINTED, "ResourcesTainted",                                                       \
      "Resources are tainted: their creation failed, or somebody wants them replaced.",            \
      "Apply again, or untaint what is in order.")                                                 \
    X(OBJECTS_DEPOSED, "ObjectsDeposed",                                                           \
      "Objects were replaced and not deleted, as after an apply that was interrupted.",            \
      "Apply again; `deposed` says what this means for the check.")                                \
    X(CHECKS_FAILED, "ChecksFailed",                                                               \
      "Check blocks or conditions failed. An apply ends without an error all the same.",           \
      "Mend what the check is about and apply again.")                                             \
    X(PLAN_ERRORED, "PlanErrored", "The plan ended with an error.",                                \
      "Look at the plan's log and plan again.")                                                    \
    X(PENDING_CHANGES, "PendingChanges", "The plan would change something.",                       \
      "Apply, or look why.")                                                                       \
    X(DRIFTED, "Drifted", "Objects were changed or deleted behind the tool's back.",               \
      "Apply, or take the changes over; `drift` says what this means for the check.")              \
    X(PLAN_INCOMPLETE, "PlanIncomplete", "The plan does not cover everything; more is to follow.", \
      "Apply it and plan again.")                                                                  \
    X(SERIAL_BEHIND, "SerialBehind",                                                               \
      "The state went back to an older serial: a snapshot was restored or pushed by force.",       \
      "Look what happened, then `convergate accept ENV CHECK`.")                                   \
    X(LINEAGE_CHANGED, "LineageChanged",                                                           \
      "Another state stands where the known one stood: it was created anew, or it is the wrong "   \
      "file.",                                                                                     \
      "Look what happened, then `convergate accept ENV CHECK`.")                                   \
    X(SAME_SERIAL_OTHER_CONTENT, "SameSerialOtherContent",                                         \
      "The state changed without a new serial: two writers, or somebody's hand.",                  \
      "Look what happened, then `convergate accept ENV CHECK`.")                                   \
    X(MEMORY_UNREADABLE, "MemoryUnreadable",                                                       \
      "What is remembered of the state cannot be read, so that going back would not be seen.",     \
      "`convergate accept ENV CHECK` begins anew with the state as it is.")                        \
    X(LOCK_STALE, "LockStale",                                                                     \
      "A lock's note is there and its holder is not: a run was killed, and the state may be in "   \
      "the middle.",                                                                               \
      "Look at the run; the next plan or apply removes the note.")                                 \
    X(RESOURCES_BARE, "ResourcesBare",                                                             \
      "Resources are listed without instances, as only failed, killed or running applies leave "   \
      "them.",                                                                                     \
      "Apply again.")                                                                              \
    X(CHECKS_UNKNOWN, "ChecksUnknown",                                                             \
      "Results of checks are not known, or of a kind that is not.", "Apply again.")                \
    X(CHECKS_MISSING, "ChecksMissing",                                                             \
      "There are no results of the checks that are wanted. Terraform before 1.3 keeps none.",      \
      "Look at the addresses in `checks`, and apply with a newer version.")                        \
    X(OUTPUT_SENSITIVE, "OutputSensitive",                                                         \
      "A sensitive output is wanted to have a certain value, and is never looked at.",             \
      "Leave `equals` and `matches` out, or make the output not sensitive.")                       \
    X(SERIAL_UNKNOWN, "SerialUnknown", "The document has no serial.",                              \
      "Use the raw state, or leave `serial_at_least` out.")                                        \
    X(EVIDENCE_TOO_OLD, "EvidenceTooOld",                                                          \
      "The state, plan or assessment is older than the check allows.",                             \
      "Make a new one, or raise `max_age` or `max_change_age`.")                                   \
    X(EVIDENCE_AGE_UNKNOWN, "EvidenceAgeUnknown",                                                  \
      "It is not told when the evidence was made, or it says that this is yet to come.",           \
      "Look at both clocks; plans have a time from Terraform 1.5 on.")                             \
    X(NO_ASSESSMENT, "NoAssessment",                                                               \
      "The service has no assessment that could show that nothing is left to do.",                 \
      "Switch health assessments on for the workspace, or leave `converged` out.")                 \
    X(RUN_TARGETED, "RunTargeted",                                                                 \
      "The latest run was limited to some addresses, and says nothing of the others.",             \
      "Run without targets, or say `targeted: true`.")                                             \
    X(DIGEST_MISMATCH, "DigestMismatch",                                                           \
      "The place keeps a digest of the state, and the state has another.",                         \
      "Wait for the writer; where it stays, look which of the two is old.")                        \
    X(CONDITION_INVALID, "ConditionInvalid",                                                       \
      "With the facts of other checks filled in, a key is not what it must be.",                   \
      "Look at the facts that the key refers to; the message names the key.")                      \
    X(STATE_EMPTY, "StateEmpty", "The document has been empty for longer than `grace`.",           \
      "Look whether the writer still runs; restore the state from its backup.")                    \
    X(STATE_TORN, "StateTorn", "The document has been cut off for longer than `grace`.",           \
      "Look whether the writer still runs; restore the state from its backup.")                    \
    X(NOT_JSON, "NotJson", "The document is broken.", "Look at the place that the message names.") \
    X(DUPLICATE_KEY, "DuplicateKey", "A key stands twice, so that one hides the other.",           \
      "Look who wrote it; Terraform does not write such documents.")                               \
    X(TOO_LARGE, "TooLarge", "The document, or something in it, is larger than is allowed.",       \
      "Raise the source's `limit`, or split the state.")                                           \
    X(NOT_A_STATE, "NotAState", "The document is not what it should be.",                          \
      "Look at the path and at the source's `content`.")                                           \
    X(VERSION_UNSUPPORTED, "VersionUnsupported", "The state's format is not version 4.",           \
      "Write it with Terraform 0.12 or newer.")                                                    \
    X(BACKEND_FILE, "BackendFile",                                                                 \
      "It is .terraform/terraform.tfstate: settings of a backend, with its password.",             \
      "Point the source at the state itself.")                                                     \
    X(PLAN_GIVEN, "PlanGiven", "It is a plan where a state is expected.",                          \
      "Set the source's `content: plan`, or mend the path.")                                       \
    X(STATE_GIVEN, "StateGiven", "It is a state where a plan is expected.",                        \
      "Mend the source's `content` or path.")                                                      \
    X(SHOW_GIVEN, "ShowGiven", "It is the output of `show -json` where a raw state is expected.",  \
      "Set the source's `content: show`, or mend the path.")                                       \
    X(STATE_ENCRYPTED, "StateEncrypted", "It is encrypted by OpenTofu or sops.",                   \
      "Give the source a decrypted copy.")                                                         \
    X(HTML_GIVEN, "HtmlGiven", "It is a web page, as a login page is.",                            \
      "Look at the source's URL and credentials.")                                                 \
    X(COMPRESSED, "Compressed", "It is compressed: gzip, or a binary plan.",                       \
      "Unpack it; make plans readable with `terraform show -json PLANFILE`.")                      \
    X(NOT_UTF8, "NotUtf8", "Its text is not UTF-8.", "Look which tool rewrote it.")                \
    X(BAD_CONTENT, "BadContent", "A field is not what the format says; the message names it.",     \
      "Look who wrote it; report it where it is Terraform's own.")

enum cvg_tf_reason {
#define CVG_TF_REASON_ENUM(constant, code, meaning, action) CVG_TF_REASON_##constant,
    CVG_TF_REASONS(CVG_TF_REASON_ENUM)
#undef CVG_TF_REASON_ENUM
    CVG_TF_REASON_COUNT
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_tf_reason(enum cvg_tf_reason reason);

#endif
