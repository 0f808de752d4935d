/* SPDX-License-Identifier: Apache-2.0 */
/* Requests one after the other, and the desk's list of looks; see errand.h. */
#include "place/errand.h"

#include "kit/header.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)

void cvg_place_errand_begin(struct cvg_place_errand *errand, struct cvg_place_desk *desk,
                            int64_t deadline_ns, struct cvg_place_tag *tag, cvg_place_seen *seen,
                            void *arg)
{
    errand->desk = desk;
    errand->deadline_ns = deadline_ns;
    errand->tag = tag;
    errand->seen = seen;
    errand->arg = arg;
    errand->sight.observed_at = desk->host->now();
    errand->next = desk->first;
    if (desk->first != NULL) {
        desk->first->previous = errand;
    }
    desk->first = errand;
}

static void free_errand(struct cvg_place_errand *errand)
{
    cvg_place_body_done(&errand->body);
    cvg_place_sight_done(&errand->sight);
    free(errand);
}

/* Out of the desk's list, and freed. */
static void drop(struct cvg_place_errand *errand)
{
    struct cvg_place_desk *desk = errand->desk;
    if (errand->previous != NULL) {
        errand->previous->next = errand->next;
    } else {
        desk->first = errand->next;
    }
    if (errand->next != NULL) {
        errand->next->previous = errand->previous;
    }
    free_errand(errand);
}

void cvg_place_errand_cancel(struct cvg_place_errand *errand)
{
    if (errand->op != NULL) {
        errand->desk->host->cancel(errand->op);
    }
    drop(errand);
}

void cvg_place_desk_clear(struct cvg_place_desk *desk)
{
    struct cvg_place_errand *errand = desk->first;
    desk->first = NULL;
    while (errand != NULL) {
        struct cvg_place_errand *next = errand->next;
        free_errand(errand);
        errand = next;
    }
}

/* ---- a request ---- */

static int on_head(void *arg, struct cvg_op *op, const struct cvg_http_response *head)
{
    struct cvg_place_errand *errand = arg;
    (void)op;
    size_t length = 0;
    int64_t expected = 0;
    const char *text = cvg_kit_header(head->headers, "Content-Length", &length);
    errand->status = head->status;
    if (head->status != 200) {
        errand->body.limit = CVG_PLACE_WORDS;
    } else if (!errand->bodiless && text != NULL && cvg_parse_int64(text, length, &expected) == 0 &&
               expected > 0) {
        cvg_place_body_expect(&errand->body, (size_t)expected);
    }
    return 0;
}

/* Of the words of a refusal, what is too much is not waited for: the connection goes with it. */
static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct cvg_place_errand *errand = arg;
    (void)op;
    if (errand->status != 200) {
        size_t room = errand->body.limit - errand->body.length;
        (void)cvg_place_body_add(&errand->body, bytes, length < room ? length : room);
        return 0;
    }
    return cvg_place_body_add(&errand->body, bytes, length);
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_place_errand *errand = arg;
    struct cvg_http_response said = *response;
    (void)op;
    errand->op = NULL;
    if (errand->body.over) {
        said.fault = CVG_FAULT_TOO_LARGE;
        said.fault_text = "the answer has more bytes than the source's limit";
    }
    if (errand->body.bytes != NULL) {
        errand->body.bytes[errand->body.length] = '\0';
    }
    const struct cvg_place_answer answer = {
        .response = &said,
        .headers = response->headers != NULL ? response->headers : "",
        .fault = said.fault,
        .status = response->status,
        .body = errand->body.bytes != NULL ? errand->body.bytes : "",
        .length = errand->body.length,
    };
    errand->then(errand, &answer);
}

void cvg_place_errand_ask(struct cvg_place_errand *errand, const struct cvg_place_asked *asked,
                          cvg_place_then *then)
{
    const struct cvg_host *host = errand->desk->host;
    int64_t left_ns = errand->deadline_ns - host->now();
    const struct cvg_http_request request = {
        .size = sizeof(request),
        .method = asked->method,
        .path = asked->path,
        .headers = asked->headers,
        .header_count = asked->header_count,
        .body = asked->body,
        .body_length = asked->body != NULL ? strlen(asked->body) : 0,
        .content_type = asked->content_type,
        .body_limit = (int64_t)(asked->limit > CVG_PLACE_WORDS ? asked->limit : CVG_PLACE_WORDS),
        .timeout_ns = left_ns > MILLISECOND ? left_ns : MILLISECOND,
        .flags = CVG_HTTP_IDENTITY | CVG_HTTP_SECRET,
        .on_head = on_head,
        .on_body = on_body,
        .on_done = on_done,
        .arg = errand,
        .sigv4_service = asked->sigv4_service,
    };
    cvg_place_body_done(&errand->body);
    errand->body.limit = asked->limit;
    errand->bodiless = asked->method != NULL && strcmp(asked->method, "HEAD") == 0;
    errand->status = 0;
    errand->then = then;
    errand->op = host->http(host->source_scope(errand->desk->source), &request);
}

char *cvg_place_errand_take(struct cvg_place_errand *errand, size_t *ret_length)
{
    return cvg_place_body_take(&errand->body, ret_length);
}

/* ---- the sight ---- */

void cvg_place_errand_note(struct cvg_place_errand *errand, const char *note, size_t length)
{
    struct cvg_place_sight *sight = &errand->sight;
    if (length >= sizeof(sight->lock_note)) {
        length = sizeof(sight->lock_note) - 1;
    }
    memcpy(sight->lock_note, note, length);
    sight->lock_note[length] = '\0';
    sight->lock_note_length = length;
}

void cvg_place_errand_end(struct cvg_place_errand *errand)
{
    struct cvg_place_sight sight = errand->sight;
    cvg_place_seen *seen = errand->seen;
    void *arg = errand->arg;
    if (sight.fault != CVG_FAULT_NONE) {
        cvg_place_sight_done(&sight);
        sight.absent = sight.being_written = sight.digest_mismatch = sight.unchanged = 0;
        sight.lock = CVG_PLACE_LOCK_UNSEEN;
    }
    errand->sight.bytes = NULL; /* the taker's */
    drop(errand);
    seen(arg, &sight);
}
