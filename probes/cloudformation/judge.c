/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses, drift, outputs; see judge.h. Answers that tell of no stack are in refusal.c. */
#include "judge.h"

#include "kit/printable.h"

#include <stdio.h>
#include <string.h>

struct meaning {
    const char *status; /* of the stack */
    uint32_t verdict;
    enum cvg_cfn_reason reason;
};

/* aws-sdk-go-v2, service/cloudformation/types/enums.go: StackStatus. */
static const struct meaning meanings[] = {
    {"CREATE_COMPLETE", CVG_READY, CVG_CFN_REASON_COMPLETE},
    {"UPDATE_COMPLETE", CVG_READY, CVG_CFN_REASON_COMPLETE},
    {"IMPORT_COMPLETE", CVG_READY, CVG_CFN_REASON_COMPLETE},
    {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_CLEANING_UP},
    {"CREATE_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_IN_PROGRESS},
    {"UPDATE_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_IN_PROGRESS},
    {"IMPORT_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_IN_PROGRESS},
    {"DELETE_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_DELETING},
    {"REVIEW_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_IN_REVIEW},
    {"ROLLBACK_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_ROLLING_BACK},
    {"UPDATE_ROLLBACK_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_ROLLING_BACK},
    {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_ROLLING_BACK},
    {"IMPORT_ROLLBACK_IN_PROGRESS", CVG_PROGRESSING, CVG_CFN_REASON_ROLLING_BACK},
    {"UPDATE_ROLLBACK_COMPLETE", CVG_FAILED, CVG_CFN_REASON_ROLLED_BACK},
    {"IMPORT_ROLLBACK_COMPLETE", CVG_FAILED, CVG_CFN_REASON_ROLLED_BACK},
    {"ROLLBACK_COMPLETE", CVG_FAILED, CVG_CFN_REASON_CREATE_ROLLED_BACK},
    {"CREATE_FAILED", CVG_FAILED, CVG_CFN_REASON_OPERATION_FAILED},
    {"UPDATE_FAILED", CVG_FAILED, CVG_CFN_REASON_OPERATION_FAILED},
    {"DELETE_FAILED", CVG_FAILED, CVG_CFN_REASON_OPERATION_FAILED},
    {"ROLLBACK_FAILED", CVG_FAILED, CVG_CFN_REASON_OPERATION_FAILED},
    {"UPDATE_ROLLBACK_FAILED", CVG_FAILED, CVG_CFN_REASON_OPERATION_FAILED},
    {"IMPORT_ROLLBACK_FAILED", CVG_FAILED, CVG_CFN_REASON_OPERATION_FAILED},
    {"DELETE_COMPLETE", CVG_PROGRESSING, CVG_CFN_REASON_ABSENT},
};

static struct meaning of_status(const struct cvg_cfn_check_config *config, const char *status)
{
    struct meaning meaning = {"", CVG_UNKNOWN, CVG_CFN_REASON_STATUS_UNKNOWN};
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].status, status) == 0) {
            meaning = meanings[i];
        }
    }
    if ((meaning.reason == CVG_CFN_REASON_ROLLED_BACK && config->allow_rollback == 1) ||
        (meaning.reason == CVG_CFN_REASON_CLEANING_UP && config->allow_cleanup == 1)) {
        meaning.verdict = CVG_READY;
    }
    return meaning;
}

static void say(struct cvg_kit_finding *finding, uint32_t status, enum cvg_cfn_reason reason,
                const char *what)
{
    cvg_kit_finding_say(finding, status, cvg_cfn_reason(reason), "%s%s%s",
                        cvg_cfn_reason_text(reason), *what ? " " : "", what);
}

/* ---- outputs ---- */

static struct cvg_kit_value find_value(const struct cvg_cfn_stack *stack, const char *name)
{
    for (const struct cvg_cfn_output *at = stack->outputs; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            return at->value;
        }
    }
    return (struct cvg_kit_value){.kind = CVG_KIT_VALUE_NULL};
}

/* 1 where it decides. */
static int judge_outputs(const struct cvg_cfn_check_config *config,
                         const struct cvg_cfn_stack *stack, struct cvg_kit_finding *finding)
{
    const struct cvg_kit_want *wants = config->outputs.items;
    struct cvg_kit_names missing = {.count = 0}, differs = {.count = 0};
    for (size_t i = 0; i < config->outputs.count; i++) {
        const struct cvg_kit_value value = find_value(stack, wants[i].name);
        enum cvg_kit_fit fit = cvg_kit_want_fit(&wants[i], &value);
        if (fit != CVG_KIT_FITS) {
            cvg_kit_names_add(fit == CVG_KIT_DIFFERS ? &differs : &missing, wants[i].name, "");
        }
    }
    if (missing.count > 0) {
        cvg_kit_finding_say(finding, CVG_PROGRESSING, cvg_cfn_reason(CVG_CFN_REASON_OUTPUT_MISSING),
                            "outputs are missing or empty: %s", cvg_kit_names_end(&missing));
    } else if (differs.count > 0) {
        cvg_kit_finding_say(finding, CVG_PROGRESSING, cvg_cfn_reason(CVG_CFN_REASON_OUTPUT_DIFFERS),
                            "outputs are not what is wanted: %s", cvg_kit_names_end(&differs));
    }
    return missing.count + differs.count > 0;
}

/* ---- drift ---- */

static int judge_drift(const struct cvg_cfn_check_config *config, const struct cvg_cfn_stack *stack,
                       struct cvg_kit_finding *finding)
{
    static const uint32_t verdicts[] = {CVG_FAILED, CVG_DEGRADED, CVG_UNKNOWN};
    if (strcmp(stack->drift, "DRIFTED") != 0 || config->drift >= CVG_CFN_BLEMISH_IGNORE) {
        return 0;
    }
    say(finding, verdicts[config->drift], CVG_CFN_REASON_DRIFTED, "");
    return 1;
}

/* ---- all ---- */

static void tell_facts(const struct cvg_cfn_check_config *config, const struct cvg_cfn_stack *stack,
                       struct cvg_kit_finding *finding)
{
    const struct cvg_kit_want *wants = config->outputs.items;
    const char *changed = *stack->updated ? stack->updated : stack->created;

    const struct {
        const char *name, *text;
    } facts[] = {{"status", stack->status},
                 {"stack_id", stack->id},
                 {"drift", stack->drift},
                 {"updated_at", changed}};

    char room[300];
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        cvg_kit_printable(room, sizeof(room), facts[i].text, strlen(facts[i].text));
        cvg_kit_finding_fact(finding, facts[i].name, "%s", room);
    }
    for (size_t i = 0; i < config->outputs.count; i++) {
        const struct cvg_kit_value value = find_value(stack, wants[i].name);
        cvg_kit_want_tell(&wants[i], &value, finding);
    }
    cvg_kit_printable(room, sizeof(room), changed, strlen(changed));
    finding->reading.revision = *room ? cvg_kit_finding_text(finding, "%s", room) : NULL;
    cvg_kit_printable(room, sizeof(room), stack->status, strlen(stack->status));
    finding->reading.observed = cvg_kit_finding_text(finding, "%s", room);
}

void cvg_cfn_judge(const struct cvg_cfn_check_config *config, const struct cvg_cfn_stack *stack,
                   struct cvg_kit_finding *ret)
{
    char status[72], words[80];
    if (stack == NULL) {
        say(ret, CVG_PROGRESSING, CVG_CFN_REASON_ABSENT, "");
        return;
    }
    tell_facts(config, stack, ret);
    struct meaning meaning = of_status(config, stack->status);
    cvg_kit_printable(status, sizeof(status), stack->status, strlen(stack->status));
    (void)snprintf(words, sizeof(words), "(%s)", status);
    if (meaning.verdict == CVG_READY &&
        (judge_drift(config, stack, ret) || judge_outputs(config, stack, ret))) {
        return;
    }
    say(ret, meaning.verdict, meaning.reason, words);
}
