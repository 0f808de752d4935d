/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/io/harness.h"

#include "base/alloc.h"
#include "base/time.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void harness_start(struct harness *harness, const struct cvg_loop_options *options)
{
    *harness = (struct harness){0};
    struct cvg_error error;
    assert_int_equal(cvg_loop_new(options, &harness->loop, &error), 0);
    cvg_scope_init(&harness->scope, harness->loop, NULL, NULL, NULL);
}

void harness_point(struct harness *harness, uint16_t port, const struct cvg_endpoint *settings)
{
    struct cvg_endpoint endpoint = {0};
    if (settings) {
        endpoint = *settings;
    }
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
    endpoint.size = sizeof endpoint;
    endpoint.url = endpoint.url ? endpoint.url : url;
    struct cvg_error error;
    assert_int_equal(cvg_lane_new(harness->loop, &endpoint, &harness->lane, &error), 0);
    harness->scope.lane = harness->lane;
}

void harness_stop(struct harness *harness)
{
    cvg_scope_end(&harness->scope);
    assert_int_equal(cvg_scope_count(&harness->scope), 0);
    cvg_lane_free(harness->lane);
    cvg_loop_free(harness->loop);
}

void harness_wait(struct harness *harness, const bool *done)
{
    assert_true(cvg_loop_run_until(harness->loop, done, cvg_time_now() + 10 * CVG_SECOND));
}

void harness_run(struct harness *harness, int64_t ns)
{
    const bool never = false;
    assert_false(cvg_loop_run_until(harness->loop, &never, cvg_time_now() + ns));
}

void harness_setenv(const char *name, const char *value)
{
    if (value) {
        setenv(name, value, 1); // NOLINT(concurrency-mt-unsafe): no other thread reads it now
    } else {
        unsetenv(name); // NOLINT(concurrency-mt-unsafe)
    }
}

void harness_make_folder(char *template)
{
    assert_non_null(mkdtemp(template));
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

void harness_remove_folder(const char *path)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the working directory stays
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void answer_take(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct answer *answer = arg;
    assert_non_null(op);
    answer->calls++;
    answer->done = true;
    answer->fault = response->fault;
    answer->status = response->status;
    answer->http_version = response->http_version;
    snprintf(answer->fault_text, sizeof answer->fault_text, "%s", response->fault_text);
    snprintf(answer->content_type, sizeof answer->content_type, "%s", response->content_type);
    snprintf(answer->address, sizeof answer->address, "%s", response->address);
    free(answer->headers);
    free(answer->body);
    answer->headers = cvg_strdup(response->headers);
    answer->body = cvg_strndup(response->body, response->body_length);
    answer->body_length = response->body_length;
    answer->connection = response->connection;
    answer->retry_after_ns = response->retry_after_ns;
    answer->connect_ns = response->connect_ns;
    answer->total_ns = response->total_ns;
}

void answer_clear(struct answer *answer)
{
    free(answer->headers);
    free(answer->body);
    *answer = (struct answer){0};
}

void harness_ask(struct harness *harness, const struct cvg_http_request *request,
                 struct answer *ret)
{
    struct cvg_http_request full = *request;
    full.size = sizeof full;
    full.on_done = answer_take;
    full.arg = ret;
    answer_clear(ret);
    assert_non_null(cvg_http_start(&harness->scope, &full));
    assert_false(ret->done);
    harness_wait(harness, &ret->done);
}

void harness_get(struct harness *harness, const char *path, struct answer *ret)
{
    struct cvg_http_request request = {.path = path};
    harness_ask(harness, &request, ret);
}
