/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and answers as tests want them. */
#ifndef CVG_TEST_HTTP_FIXTURE_H
#define CVG_TEST_HTTP_FIXTURE_H

#include "config.h"

#include <convergate/module.h>

/* What an operator gets who writes nothing but `path: /`: status 200-299. */
struct cvg_http_check_config cvg_test_check(void);
/* The same, with values wanted of its JSON. */
struct cvg_http_check_config cvg_test_check_json(const struct cvg_http_want *wants, size_t count);
/* Nothing is asked of the value. */
struct cvg_http_want cvg_test_want(const char *pointer);
struct cvg_http_response cvg_test_response(uint32_t status, const char *type, const char *body);

#endif
