/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of requests; see visit.h. */
#include "visit.h"

#include "kit/printable.h"
#include "place/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)

int cvg_tf_path_add(char *path, size_t size, const char *bytes, int keep_slashes)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    size_t at = strlen(path);
    for (const char *byte = bytes; *byte != '\0'; byte++) {
        int plain = strchr(unreserved, *byte) != NULL || (keep_slashes && *byte == '/');
        if (at + (plain ? 1 : 3) >= size) {
            return -1;
        }
        int wrote = snprintf(path + at, size - at, plain ? "%c" : "%%%02X",
                             plain ? *byte : (int)(unsigned char)*byte);
        at += (size_t)wrote;
    }
    return 0;
}

/* ---- the sight ---- */

void cvg_tf_visit_say(struct cvg_tf_visit *visit, const char *format, ...)
{
    char words[512];
    va_list list;
    va_start(list, format);
    int wrote = vsnprintf(words, sizeof(words), format, list);
    va_end(list);
    cvg_kit_printable(visit->sight.text, sizeof(visit->sight.text), wrote < 0 ? "" : words,
                      wrote < 0 ? 0 : strlen(words));
}

void cvg_tf_visit_refuse(struct cvg_tf_visit *visit, const struct cvg_tf_answer *answer,
                         const char *what)
{
    char words[sizeof(visit->sight.text)];
    cvg_place_refuse_response(&visit->sight, answer->response);
    memcpy(words, visit->sight.text, sizeof(words));
    cvg_tf_visit_say(visit, "%s: %s", what, words);
}

void cvg_tf_visit_note(struct cvg_tf_visit *visit, const char *note, size_t length)
{
    struct cvg_place_sight *sight = &visit->sight;
    if (length >= sizeof(sight->lock_note)) {
        length = sizeof(sight->lock_note) - 1;
    }
    memcpy(sight->lock_note, note, length);
    sight->lock_note[length] = '\0';
    sight->lock_note_length = length;
}

/* ---- a request ---- */

static int on_head(void *arg, struct cvg_op *op, const struct cvg_http_response *head)
{
    struct cvg_tf_visit *visit = arg;
    (void)op;
    visit->status = head->status;
    return 0;
}

static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct cvg_tf_visit *visit = arg;
    (void)op;
    if (visit->status < 200 || visit->status > 299) {
        return 0; /* an error's own words are not looked at */
    }
    return cvg_place_body_add(&visit->body, bytes, length);
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_tf_visit *visit = arg;
    struct cvg_http_response told = *response;
    struct cvg_tf_answer answer = {.response = &told};
    (void)op;
    visit->op = NULL;
    if (visit->body.over) {
        told.fault = CVG_FAULT_TOO_LARGE;
        told.fault_text = "the answer is over the limit";
    }
    answer.status = told.fault == CVG_FAULT_NONE ? told.status : 0;
    answer.is_fine = answer.status >= 200 && answer.status <= 299;
    char *bytes = cvg_place_body_take(&visit->body, &answer.length);
    answer.bytes = bytes;
    visit->then(visit, &answer);
    if (answer.bytes != NULL) {
        free(bytes);
    }
}

void cvg_tf_visit_begin(struct cvg_tf_visit *visit, struct cvg_tf_visit **list,
                        const struct cvg_host *host, struct cvg_source *source, int64_t deadline_ns,
                        struct cvg_place_tag *tag)
{
    visit->list = list;
    visit->next = *list;
    *list = visit;
    visit->host = host;
    visit->scope = host->source_scope(source);
    visit->deadline_ns = deadline_ns;
    visit->tag = tag;
    visit->sight.observed_at = host->now();
}

void cvg_tf_visit_get(struct cvg_tf_visit *visit, const struct cvg_tf_asked *asked,
                      void (*then)(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer))
{
    const struct cvg_pair headers[] = {
        {"Accept", asked->accept ? asked->accept : "application/json"}};
    int64_t left_ns = visit->deadline_ns - visit->host->now();
    const struct cvg_http_request request = {
        .size = sizeof(request),
        .method = "GET",
        .path = asked->path,
        .headers = headers,
        .header_count = 1,
        .body_limit = (int64_t)asked->limit,
        .timeout_ns = left_ns > MILLISECOND ? left_ns : MILLISECOND,
        .flags = CVG_HTTP_SECRET,
        .on_head = on_head,
        .on_body = on_body,
        .on_done = on_done,
        .arg = visit,
    };
    visit->then = then;
    visit->body.limit = asked->limit;
    visit->status = 0;
    visit->op = visit->host->http(visit->scope, &request);
}

void cvg_tf_visit_drop(struct cvg_tf_visit *visit)
{
    if (visit->op != NULL) {
        visit->host->cancel(visit->op);
        visit->op = NULL;
    }
    cvg_place_body_done(&visit->body);
    cvg_place_sight_done(&visit->sight);
    struct cvg_tf_visit **at = visit->list;
    while (*at != visit) {
        at = &(*at)->next;
    }
    *at = visit->next;
}

void cvg_tf_visit_drop_all(struct cvg_tf_visit **list,
                           void (*drop_look)(struct cvg_place_look *look))
{
    while (*list != NULL) {
        (*list)->op = NULL;
        /* A look begins with its visit. */
        drop_look((struct cvg_place_look *)(void *)*list);
    }
}

size_t cvg_tf_visit_limit(const struct cvg_place_settings *settings)
{
    return settings->limit > 0 ? settings->limit : CVG_PLACE_LIMIT;
}
