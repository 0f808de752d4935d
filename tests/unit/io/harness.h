/* SPDX-License-Identifier: Apache-2.0 */
/* A loop with one scope and lane, and a place where one HTTP answer is kept. */
#ifndef CVG_TEST_HARNESS_H
#define CVG_TEST_HARNESS_H

#include "base/buf.h"
#include "io/http.h"
#include "io/lane.h"
#include "io/timer.h"

struct harness {
    struct cvg_loop *loop;
    struct cvg_lane *lane;
    struct cvg_scope scope;
};

void harness_start(struct harness *harness, const struct cvg_loop_options *options);
/* The lane for 127.0.0.1:port; settings may be NULL (its url is set here). */
void harness_point(struct harness *harness, uint16_t port, const struct cvg_endpoint *settings);
void harness_stop(struct harness *harness);
/* Fails the test where *done is not set within 10 s. */
void harness_wait(struct harness *harness, const bool *done);
/* Runs the loop for this long: to see that something does not happen. */
void harness_run(struct harness *harness, int64_t ns);

/* For secrets; value NULL takes it away. */
void harness_setenv(const char *name, const char *value);
/* Makes a folder below /tmp from a template that ends with XXXXXX; removes one with all in it. */
void harness_make_folder(char *template);
void harness_remove_folder(const char *path);

struct answer {
    bool done;
    int calls;
    uint32_t fault, status, http_version;
    char fault_text[400], content_type[100], address[80];
    char *headers, *body; /* owned */
    size_t body_length;
    uint64_t connection;
    int64_t retry_after_ns, connect_ns, total_ns;
};

/* on_done for requests with arg = struct answer. */
void answer_take(void *arg, struct cvg_op *op, const struct cvg_http_response *response);
void answer_clear(struct answer *answer);
/* One request, waited for. */
void harness_ask(struct harness *harness, const struct cvg_http_request *request,
                 struct answer *ret);
void harness_get(struct harness *harness, const char *path, struct answer *ret);

#endif
