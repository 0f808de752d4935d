/* SPDX-License-Identifier: Apache-2.0 */
/* See fixture.h. */
#include "fixture.h"

#include <string.h>

struct cvg_http_check_config cvg_test_check(void)
{
    static const char *const expected[] = {"200-299"};
    return (struct cvg_http_check_config){
        .path = "/",
        .content_type = "application/json",
        .status = {.count = 1, .items = (const void *)expected},
        .max_response = CVG_ABSENT_INT,
        .max_body = 1 << 20,
    };
}

struct cvg_http_check_config cvg_test_check_json(const struct cvg_http_want *wants, size_t count)
{
    struct cvg_http_check_config config = cvg_test_check();
    config.json = (struct cvg_list){.count = count, .items = wants};
    return config;
}

struct cvg_http_want cvg_test_want(const char *pointer)
{
    return (struct cvg_http_want){.pointer = pointer, .exists = CVG_ABSENT_UINT};
}

struct cvg_http_response cvg_test_response(uint32_t status, const char *type, const char *body)
{
    return (struct cvg_http_response){
        .size = sizeof(struct cvg_http_response),
        .status = status,
        .fault_text = "",
        .content_type = type,
        .headers = "",
        .body = body,
        .body_length = strlen(body),
        .started_ns = 1000,
        .total_ns = INT64_C(120000000),
        .address = "192.0.2.7",
    };
}
