/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host that is all in memory: a clock that the test moves, HTTP requests that the test answers
 * byte by byte, workers that run when the test says so. As the real one, it never calls back before
 * it returns, ends an operation's handle with its last callback, and calls nothing that was
 * cancelled. Handles are freed at once then, so that a sanitizer sees who uses a dead one.
 * One at a time.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <convergate/module.h>

#define FAKE_SECOND INT64_C(1000000000)
#define FAKE_MS     INT64_C(1000000)

struct fake_host;

struct fake_host *fake_host_new(void);
/* Ends the scope: everything is cancelled, and handles are dead. What a worker has goes on, and is
 * discarded by fake_host_free. To be called before what the module made is destroyed. */
void fake_host_end(struct fake_host *fake);
void fake_host_free(struct fake_host *fake);
const struct cvg_host *fake_host_table(struct fake_host *fake);
struct cvg_source *fake_host_source(struct fake_host *fake);
/* What has happened: alive() calls, log lines, refusals, connections that were shut down. */
unsigned fake_host_alive(const struct fake_host *fake);
unsigned fake_host_severed(const struct fake_host *fake);
const char *fake_host_log(const struct fake_host *fake); /* the latest line; "" */
unsigned fake_host_refusals(const struct fake_host *fake);
const char *fake_host_refusal(const struct fake_host *fake);  /* the latest: "path: text"; "" */
const char *fake_host_endpoint(const struct fake_host *fake); /* the latest URL; "" */

/* ---- time ---- */

/* Runs what is due until then, each at its time, in order. Wall time moves along. */
void fake_host_advance(struct fake_host *fake, int64_t ns);
void fake_host_run(struct fake_host *fake); /* what is due now, and what it leads to */
/* From now on worker's jobs wait for fake_host_work; else they run with whatever runs next. */
void fake_host_hold_work(struct fake_host *fake);
unsigned fake_host_work(struct fake_host *fake); /* how many were done */

/* ---- HTTP: a request that is open is its operation ---- */

/* The oldest open request whose path contains the text; NULL: there is none. */
struct cvg_op *fake_host_find(struct fake_host *fake, const char *part);
size_t fake_host_open_requests(const struct fake_host *fake);
size_t fake_host_requests(const struct fake_host *fake); /* since the start */
const char *fake_request_path(const struct cvg_op *request);
const char *fake_request_header(const struct cvg_op *request, const char *name); /* "" */
uint32_t fake_request_flags(const struct cvg_op *request);

/* The connection that requests are on when their answer begins: 1 until this is called. 0: each on
 * one of its own, as HTTP/1.1 has it. */
void fake_host_connect(struct fake_host *fake, uint64_t connection);
/* How many bytes a callback gets next; NULL: all there are. */
void fake_host_cut(struct fake_host *fake, size_t (*next)(void *arg), void *arg);

/* Piecewise. The request may be over after each of these: where the module ends it, or cancels. They
 * return whether it is still open. */
int fake_head(struct fake_host *fake, struct cvg_op *request, uint32_t status,
              const char *content_type);
int fake_bytes(struct fake_host *fake, struct cvg_op *request, const void *bytes, size_t length);
void fake_end(struct fake_host *fake, struct cvg_op *request);
void fake_fail(struct fake_host *fake, struct cvg_op *request, uint32_t fault, const char *text);
/* Seconds of Retry-After in the answer that fake_end ends. */
void fake_retry_after(struct cvg_op *request, int64_t seconds);
/* Whole: content type JSON where the body begins with '{', else text. */
void fake_answer(struct fake_host *fake, struct cvg_op *request, uint32_t status, const char *body);

/* ---- checks ---- */

struct cvg_check *fake_host_check(struct fake_host *fake, const char *name);
unsigned fake_check_reports(const struct cvg_check *check);
/* The latest; its texts are copies that live until the next. NULL: none. */
const struct cvg_reading *fake_check_reading(const struct cvg_check *check);
/* Of the latest reading; "" where it has no such fact. */
const char *fake_check_fact(const struct cvg_check *check, const char *name);

#endif
