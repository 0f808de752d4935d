/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at which revision. */
#include "gate/agreement.h"

#include "base/text.h"
#include "base/time.h"
#include "model/reason.h"

#include <string.h>

#define COMMIT_LEAST 7
#define COMMIT_MOST  64 /* SHA-256 */

/* What the check names, or NULL. */
static const char *named(const struct cvg_check_view *check)
{
    const struct cvg_reading *reading = check->reading ? cvg_reading_get(check->reading) : NULL;
    bool tells = reading && reading->status != CVG_UNKNOWN && !check->rules->disagrees &&
                 check->steady.status != CVG_UNKNOWN && reading->revision && *reading->revision;
    return tells ? reading->revision : NULL;
}

/* Without what stands before a commit's digits: "main@sha1:". */
static const char *digits_of(const char *revision)
{
    const char *mark = strstr(revision, "sha1:");
    bool begins = mark && (mark == revision || mark[-1] == '@');
    return begins ? mark + strlen("sha1:") : revision;
}

static bool is_commit(const char *text)
{
    size_t length = strspn(text, "0123456789abcdef");
    return length >= COMMIT_LEAST && length <= COMMIT_MOST && text[length] == '\0';
}

bool cvg_agreement_same(const char *a, const char *b)
{
    if (strcmp(a, b) == 0) {
        return true;
    }
    const char *left = digits_of(a), *right = digits_of(b);
    return is_commit(left) && is_commit(right) &&
           strncmp(left, right, CVG_MIN(strlen(left), strlen(right))) == 0;
}

/* What is asked for where the subject does not say. */
static void take_declared(const struct cvg_readiness *readiness,
                          const struct cvg_gate_policy *policy, struct cvg_agreement *ret)
{
    for (size_t i = 0; i < policy->check_count; i++) {
        const struct cvg_check_view *check = &readiness->checks[policy->checks[i]];
        const char *revision = named(check);
        bool declared = check->rules->plane == CVG_DECLARED;
        if (revision && (!ret->wanted || declared)) {
            ret->wanted = revision;
            ret->whose = declared ? "declared" : check->rules->name;
        }
        if (revision && declared) {
            return;
        }
    }
}

struct cvg_agreement cvg_agreement_of(const struct cvg_readiness *readiness,
                                      const struct cvg_gate_policy *policy,
                                      const struct cvg_subject *subject)
{
    struct cvg_agreement agreement = {.whose = "asked"};
    bool asked = subject->revision && *subject->revision;
    if (policy->agree_on == CVG_AGREE_NOTHING || (policy->agree_on == CVG_AGREE_ASKED && !asked)) {
        return agreement;
    }
    if (asked) {
        agreement.wanted = subject->revision;
    } else {
        take_declared(readiness, policy, &agreement);
    }
    for (size_t i = 0; i < policy->check_count; i++) {
        const struct cvg_check_view *check = &readiness->checks[policy->checks[i]];
        agreement.telling += named(check) != NULL;
        agreement.apart += cvg_agreement_is_apart(&agreement, check);
    }
    agreement.missing = policy->agree_on == CVG_AGREE_REVISION && agreement.telling == 0;
    return agreement;
}

bool cvg_agreement_is_apart(const struct cvg_agreement *agreement,
                            const struct cvg_check_view *check)
{
    const char *revision = agreement->wanted ? named(check) : NULL;
    return revision && !cvg_agreement_same(revision, agreement->wanted);
}

struct cvg_reason cvg_agreement_reason(const struct cvg_agreement *agreement,
                                       const struct cvg_check_view *check, struct cvg_arena *arena)
{
    const char *revision = named(check);
    const char *verb = check->rules->plane == CVG_DECLARED ? "declares" : "at";
    return (struct cvg_reason){
        .code = cvg_reason_code(CVG_REASON_REVISION_DIFFERS),
        .check = check->rules->name,
        .expected = agreement->wanted,
        .observed = revision,
        .message = cvg_arena_format(arena, "%s %s, %s %s", verb, revision, agreement->whose,
                                    agreement->wanted),
        .since = check->steady.since,
        .until = CVG_NEVER,
        .severity = CVG_WAIT,
    };
}

struct cvg_reason cvg_agreement_missing(const struct cvg_agreement *agreement)
{
    return (struct cvg_reason){
        .code = cvg_reason_code(CVG_REASON_REVISION_UNKNOWN),
        .check = "",
        .expected = agreement->wanted ? agreement->wanted : "one revision",
        .observed = "none",
        .message = "the gate agrees on a revision, and no check names one",
        .until = CVG_NEVER,
        .severity = CVG_WAIT,
    };
}
