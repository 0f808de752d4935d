/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them; besides them a place that cannot be asked has its own (a connection that
 * is refused). A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_PULUMI_REASON_H
#define CVG_PULUMI_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_PULUMI_REASONS(X)                                                                      \
    X(READY, "Deployed", "What the check wants is in the stack, in order and settled.",            \
      "Nothing.")                                                                                  \
    X(EMPTY, "Empty", "The stack has no resources, and allow_empty says that this is in order.",   \
      "Nothing.")                                                                                  \
    X(SETTLING, "Settling",                                                                        \
      "Everything is there, but the stack has not stood still for as long as settle asks.",        \
      "Wait; an update saves many checkpoints on its way, each of which can be read.")             \
    X(LOCKED, "Locked", "Somebody holds the stack's lock: an update runs.", "Wait.")               \
    X(BEING_WRITTEN, "BeingWritten",                                                               \
      "The document is empty or cut short, as while it is written.",                               \
      "Wait; after the check's grace it is unknown.")                                              \
    X(PENDING, "OperationsPending", "Operations on resources have begun and not ended.", "Wait.")  \
    X(NO_STACK, "NoStack", "There is no document in this place.",                                  \
      "Deploy the stack, or look whether path, project and stack are right.")                      \
    X(NEVER_DEPLOYED, "NeverDeployed", "The stack was made and never deployed.",                   \
      "Deploy it with `pulumi up`.")                                                               \
    X(NO_RESOURCES, "NoResources", "The stack has no resources, as one that was destroyed.",       \
      "Deploy it, or set allow_empty where that is meant.")                                        \
    X(MISSING, "Missing", "Resources or outputs that the check wants are not there or not set.",   \
      "Wait for the update; where none runs, look at what the message names.")                     \
    X(OUTPUT_DIFFERS, "OutputDiffers", "An output is not what the check wants it to be.",          \
      "Look at the output that the message names.")                                                \
    X(SURPLUS, "Surplus", "There are more resources than `count` says.",                           \
      "Look at the resources, or at the check's count.")                                           \
    X(PENDING_DELETE, "PendingDelete", "Old resources were replaced and are not deleted yet.",     \
      "Run `pulumi up` again; it deletes them.")                                                   \
    X(PENDING_REPLACEMENT, "PendingReplacement",                                                   \
      "Resources were deleted to be replaced, and not made again.",                                \
      "Run `pulumi up` again; it makes them.")                                                     \
    X(TAINTED, "Tainted", "Resources are marked to be replaced.", "Run `pulumi up`.")              \
    X(INIT_FAILED, "InitFailed", "Resources were made and did not come up as they should.",        \
      "Look at the resources that the message names, and run `pulumi up` again.")                  \
    X(LOCK_STALE, "LockStale",                                                                     \
      "A lock is older than operation_limit: who left it is probably gone.",                       \
      "Look whether the update still runs; else `pulumi cancel`.")                                 \
    X(INTERRUPTED, "OperationsInterrupted",                                                        \
      "Operations are pending and nobody is at them, so nobody knows what became of them.",        \
      "Run `pulumi refresh` or `pulumi up`, which asks about them.")                               \
    X(INTEGRITY_ERROR, "IntegrityError",                                                           \
      "Pulumi itself noted that it wrote a stack that is not valid.",                              \
      "See `pulumi state repair`, and Pulumi's own words in metadata.integrity_error.")            \
    X(TIME_BEHIND, "TimeBehind",                                                                   \
      "The stack is older than one that was seen before: somebody put an old one back.",           \
      "Look which one is true, then `convergate accept` the check.")                               \
    X(CHANGE_TOO_OLD, "ChangeTooOld",                                                              \
      "The last update is longer ago than max_change_age, or has no time.",                        \
      "Deploy the stack, or look whether the place still gets what is deployed.")                  \
    X(EVIDENCE_TOO_OLD, "EvidenceTooOld", "The export was made longer ago than max_age.",          \
      "Look why it is not renewed.")                                                               \
    X(OUTPUT_SECRET, "OutputSecret",                                                               \
      "An output is secret, so it is not compared with what the check wants.",                     \
      "Leave out equals and matches; then only whether it is set counts.")                         \
    X(DOCUMENT_TORN, "DocumentTorn",                                                               \
      "The document stays empty or cut short for longer than grace.",                              \
      "Look why nobody writes the rest; `pulumi stack import` puts a backup back.")                \
    X(NOT_A_STACK, "NotAStack", "It is JSON of something else than a Pulumi stack.",               \
      "Point the source at a checkpoint or at what `pulumi stack export` printed.")                \
    X(VERSION_UNKNOWN, "VersionUnknown", "It is of another version than 3 and 4.",                 \
      "Bring it up to date with a newer pulumi, or update convergate.")                            \
    X(FEATURE_UNKNOWN, "FeatureUnknown",                                                           \
      "It uses a feature that this module does not know, so it may mean something else.",          \
      "Update convergate.")                                                                        \
    X(BAD_CONTENT, "BadContent", "A part of the document is not what the format says.",            \
      "Look at the part that the message names.")                                                  \
    X(NOT_JSON, "NotJson", "It is not JSON, or broken JSON.",                                      \
      "Look at the document, at the place that the message names.")                                \
    X(DUPLICATE_KEY, "DuplicateKey",                                                               \
      "A key stands twice in one object, so it means one thing to one reader and another to the "  \
      "next.",                                                                                     \
      "Export the stack again.")                                                                   \
    X(NOT_UTF8, "NotUtf8", "It is not UTF-8, or begins with a byte order mark.",                   \
      "Write the export as UTF-8; PowerShell's > does not.")                                       \
    X(HTML, "HtmlPage", "It is a page for people, such as a login page.",                          \
      "Look at the source's url and credentials.")                                                 \
    X(ZSTD, "ZstdUnsupported", "It is compressed by zstd, which is not read.",                     \
      "Let pulumi write gzip (PULUMI_DIY_BACKEND_GZIP=true), or read what `pulumi stack export` "  \
      "prints.")                                                                                   \
    X(BAD_GZIP, "GzipBroken", "It begins as gzip and cannot be unpacked.",                         \
      "Look at the document; `gzip -t` tells more.")                                               \
    X(TOO_LARGE, "TooLarge", "It is over a limit of size, depth or number.",                       \
      "Raise the source's limit where it is that.")                                                \
    X(PATTERN_INVALID, "ConditionInvalid",                                                         \
      "A key is not valid once facts of other checks were filled in.",                             \
      "Look at the facts that the check's keys refer to.")

enum cvg_pulumi_reason {
#define CVG_PULUMI_REASON_CONSTANT(constant, code, meaning, action) CVG_PULUMI_REASON_##constant,
    CVG_PULUMI_REASONS(CVG_PULUMI_REASON_CONSTANT)
#undef CVG_PULUMI_REASON_CONSTANT
    CVG_PULUMI_REASON_COUNT
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_pulumi_reason(enum cvg_pulumi_reason reason);
/* What it means, a sentence. */
const char *cvg_pulumi_reason_text(enum cvg_pulumi_reason reason);

#endif
