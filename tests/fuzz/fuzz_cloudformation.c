/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_cloudformation */
/*
 * Any bytes as an answer of CloudFormation, with every kind of status line. Whatever they are: only an
 * answer with status 200 is ready, a fault is unknown, and each has a reason.
 */
#include "fuzz.h"

#include "judge.h"

#include <stdlib.h>
#include <string.h>

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t statuses[] = {200, 302, 400, 403, 500, 503};
    static const struct cvg_kit_want outputs[] = {{.name = "Url", .serve = 1}};
    const struct cvg_cfn_check_config config = {.stack = "shop", .outputs = {1, outputs}};
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        const struct cvg_http_response response = {.size = sizeof(response),
                                                   .status = statuses[i],
                                                   .content_type = "text/xml",
                                                   .headers = text,
                                                   .body = text,
                                                   .body_length = size};
        struct cvg_kit_finding finding;
        cvg_cfn_judge_response(&config, &response, &finding);
        check(finding.reading.reason != NULL && finding.reading.message != NULL);
        check(finding.reading.status != CVG_READY || statuses[i] == 200);
        check(finding.reading.fault == CVG_FAULT_NONE || finding.reading.status == CVG_UNKNOWN);
    }
    free(text);
    return 0;
}
