/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an HTTP answer to a verdict; see judge.h. Which error it is says its code, which stands in the
 * body: CloudFormation answers 400 to a stack that is not there, to credentials that have expired and to
 * those who ask too often.
 */
#include "judge.h"

#include "place/fault.h"

#include <string.h>

#define ANSWER_MOST ((size_t)4 << 20)

struct meaning {
    const char *code;
    uint32_t fault;
    const char *reason; /* NULL: QUERY_REJECTED */
};

/* https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html, and what the
 * service says besides. */
static const struct meaning meanings[] = {
    {"ValidationError", CVG_FAULT_REQUEST, NULL},
    {"AccessDenied", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN},
    {"AccessDeniedException", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN},
    {"NotAuthorized", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN},
    {"OptInRequired", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN},
    {"ExpiredToken", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"ExpiredTokenException", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"IncompleteSignature", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"InvalidClientTokenId", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"MissingAuthenticationToken", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"RequestExpired", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"SignatureDoesNotMatch", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"UnrecognizedClientException", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED},
    {"Throttling", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED},
    {"ThrottlingException", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED},
    {"RequestLimitExceeded", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED},
    {"ServiceUnavailable", CVG_FAULT_THROTTLED, CVG_PLACE_SOURCE_STARTING},
    {"InternalFailure", CVG_FAULT_PROTOCOL, CVG_PLACE_SOURCE_ERROR},
};

static void refuse(struct cvg_kit_finding *finding, uint32_t fault, const char *reason,
                   const char *words, const char *more)
{
    cvg_kit_finding_say(finding, CVG_UNKNOWN, reason, "%s%s%s", words, *more ? ": " : "", more);
    finding->reading.fault = fault;
}

/* What all services may answer, by the status alone. */
static void refuse_response(const struct cvg_http_response *response,
                            struct cvg_kit_finding *finding)
{
    struct cvg_place_sight sight = {.fault = CVG_FAULT_NONE};
    cvg_place_refuse_response(&sight, response);
    refuse(finding, sight.fault, sight.reason, sight.text, "");
}

static void judge_error(const struct cvg_cfn_check_config *config,
                        const struct cvg_http_response *response, struct cvg_kit_finding *finding)
{
    struct cvg_cfn_error error;
    cvg_cfn_error_read(response->body, response->body_length, &error);
    if (error.absent && response->status == 400) {
        cvg_cfn_judge(config, NULL, finding);
        return;
    }
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].code, error.code) == 0) {
            const char *reason = meanings[i].reason != NULL
                                     ? meanings[i].reason
                                     : cvg_cfn_reason(CVG_CFN_REASON_QUERY_REJECTED);
            refuse(finding, meanings[i].fault, reason, error.code, error.message);
            return;
        }
    }
    refuse_response(response, finding);
}

void cvg_cfn_judge_response(const struct cvg_cfn_check_config *config,
                            const struct cvg_http_response *response, struct cvg_kit_finding *ret)
{
    struct cvg_cfn_stack stack;
    cvg_kit_finding_begin(ret);
    ret->reading.observed_at_ns = response->started_ns;
    if (response->fault != CVG_FAULT_NONE) {
        refuse_response(response, ret);
        return;
    }
    if (response->status != 200) {
        judge_error(config, response, ret);
        return;
    }
    struct cvg_kit_arena *arena = cvg_kit_arena_new(ANSWER_MOST);
    if (cvg_cfn_answer_read(response->body, response->body_length, arena, &stack) < 0) {
        refuse(ret, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
               "the answer is not one of DescribeStacks about one stack", "");
    } else {
        cvg_cfn_judge(config, &stack, ret);
    }
    cvg_kit_arena_free(arena);
}
