/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document behind a GET, as Terraform's http backend reads it: 200 with a body is the document,
 * 204, 404 and an empty body say that there is none. Whether it is locked cannot be asked.
 *
 * What did not change is not sent again: the latest answer's ETag or Last-Modified goes with the
 * next request, but only where they can tell two contents apart. A server of files makes both from
 * the time of the last change in whole seconds, so they are trusted when that was some time before
 * the answer.
 */
#include "kit/header.h"
#include "kit/memory.h"
#include "kit/printable.h"
#include "place/body.h"
#include "place/fault.h"

#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      (1000 * MILLISECOND)
/* How much older than the answer the last change must be: with an ETag made of it and the length,
 * and alone, where the two times may come from two machines (RFC 9110 8.8.2.2). */
#define ETAG_AGE    (2 * SECOND)
#define DATE_AGE    (60 * SECOND)
#define ETAG_MAX    160
#define DATE_MAX    32
/* Of an answer that is no document; more is not waited for. */
#define REST_MAX    ((size_t)64 * 1024)

struct validators {
    char etag[ETAG_MAX];     /* "" none */
    char modified[DATE_MAX]; /* "" none */
};

_Static_assert(sizeof(struct validators) <= sizeof(struct cvg_place_tag), "a tag has room");

struct place {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    const char *path;
    size_t limit;
    struct cvg_place_look *looks;
};

struct cvg_place_look {
    struct place *place;
    struct cvg_place_look *previous, *next; /* of the place */
    struct cvg_op *op;
    struct cvg_place_body body;
    uint32_t status;
    size_t rest;
    int asked_if; /* with the tag's validators */
    int64_t began_ns;
    struct cvg_place_tag *tag;
    cvg_place_seen *seen;
    void *arg;
};

/* ---- validators ---- */

/* As RFC 9110 8.8.3 has it, so that it can go back as it came. */
static int is_etag(const char *text, size_t length)
{
    size_t at = length > 2 && memcmp(text, "W/", 2) == 0 ? 2 : 0;
    if (length - at < 2 || length >= ETAG_MAX || text[at] != '"' || text[length - 1] != '"') {
        return 0;
    }
    for (at++; at < length - 1; at++) {
        if (text[at] <= ' ' || text[at] == '"' || text[at] > '~') {
            return 0;
        }
    }
    return 1;
}

static int read_time(const char *headers, const char *name, int64_t *ret_ns)
{
    size_t length = 0;
    const char *value = cvg_kit_header(headers, name, &length);
    return value != NULL ? cvg_kit_http_date(value, length, ret_ns) : -1;
}

static void keep_validators(const char *headers, struct cvg_place_tag *tag)
{
    struct validators validators = {0};
    int64_t modified = 0, answered = 0, age = 0;
    size_t length = 0;
    int dated = read_time(headers, "Last-Modified", &modified) == 0;
    if (dated && read_time(headers, "Date", &answered) == 0) {
        age = answered - modified;
    }
    const char *etag = cvg_kit_header(headers, "ETag", &length);
    if (etag != NULL && is_etag(etag, length) && (!dated || age >= ETAG_AGE)) {
        memcpy(validators.etag, etag, length);
    }
    const char *text = cvg_kit_header(headers, "Last-Modified", &length);
    if (etag == NULL && dated && age >= DATE_AGE && length < DATE_MAX) {
        memcpy(validators.modified, text, length);
    }
    *tag = (struct cvg_place_tag){0};
    memcpy(tag->bytes, &validators, sizeof(validators));
}

/* ---- the answer ---- */

static int is_document(uint32_t status)
{
    return status == 200 || status == 203;
}

static int on_head(void *arg, struct cvg_op *op, const struct cvg_http_response *head)
{
    struct cvg_place_look *look = arg;
    size_t length = 0;
    uint64_t promised = 0;
    (void)op;
    look->status = head->status;
    const char *text = cvg_kit_header(head->headers, "Content-Length", &length);
    if (is_document(head->status) && text != NULL &&
        cvg_parse_uint64(text, length, &promised) == 0) {
        if (promised > look->body.limit) {
            look->body.over = 1;
            return -1;
        }
        cvg_place_body_expect(&look->body, (size_t)promised);
    }
    return 0;
}

static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct cvg_place_look *look = arg;
    (void)op;
    if (is_document(look->status)) {
        return cvg_place_body_add(&look->body, bytes, length);
    }
    look->rest += length;
    return look->rest > REST_MAX ? -1 : 0;
}

static int is_absent(const struct cvg_place_look *look, const struct cvg_http_response *response)
{
    return response->status == 204 || response->status == 404 ||
           (is_document(response->status) && look->body.length == 0);
}

static void say_absent(const struct cvg_place_look *look, struct cvg_place_sight *sight)
{
    char text[sizeof(sight->text)];
    (void)snprintf(text, sizeof(text), "%s: %u%s", *look->place->path ? look->place->path : "url",
                   (unsigned)look->status, look->status == 200 ? " and nothing in it" : "");
    sight->absent = 1;
    cvg_kit_printable(sight->text, sizeof(sight->text), text, strlen(text));
}

static void take_document(struct cvg_place_look *look, const struct cvg_http_response *response,
                          struct cvg_place_sight *sight)
{
    sight->bytes = cvg_place_body_take(&look->body, &sight->length);
    if (read_time(response->headers, "Last-Modified", &sight->changed_at) < 0) {
        sight->changed_at = 0;
    }
    keep_validators(response->headers, look->tag);
}

static void read_answer(struct cvg_place_look *look, const struct cvg_http_response *response,
                        struct cvg_place_sight *sight)
{
    if (look->body.over) {
        cvg_place_refuse(sight, CVG_FAULT_TOO_LARGE, CVG_PLACE_TOO_LARGE, "it is over %zu bytes",
                         look->body.limit);
    } else if (response->fault == CVG_FAULT_NONE && is_absent(look, response)) {
        say_absent(look, sight);
    } else if (response->fault == CVG_FAULT_NONE && is_document(response->status)) {
        take_document(look, response, sight);
    } else if (response->fault == CVG_FAULT_NONE && response->status == 304 && look->asked_if) {
        sight->unchanged = 1;
        if (read_time(response->headers, "Last-Modified", &sight->changed_at) < 0) {
            sight->changed_at = 0;
        }
    } else {
        cvg_place_refuse_response(sight, response);
    }
}

static void leave(struct cvg_place_look *look)
{
    struct cvg_place_look **at = look->previous ? &look->previous->next : &look->place->looks;
    *at = look->next;
    if (look->next != NULL) {
        look->next->previous = look->previous;
    }
    look->previous = look->next = NULL;
}

static void drop(struct cvg_place_look *look)
{
    cvg_place_body_done(&look->body);
    free(look);
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_place_look *look = arg;
    struct cvg_place_sight sight = {.observed_at = look->began_ns};
    (void)op;
    look->status = response->status;
    leave(look);
    read_answer(look, response, &sight);
    if (sight.bytes == NULL && !sight.unchanged) {
        *look->tag = (struct cvg_place_tag){0};
    }
    look->seen(look->arg, &sight);
    drop(look);
}

/* ---- asking ---- */

static void send(struct cvg_place_look *look, int64_t deadline_ns)
{
    const struct place *place = look->place;
    struct validators validators;
    struct cvg_pair headers[2] = {{"Accept", "application/json, */*;q=0.1"}};
    size_t count = 1;
    int64_t left_ns = deadline_ns - look->began_ns;
    memcpy(&validators, look->tag->bytes, sizeof(validators));
    if (validators.etag[0] != '\0') {
        headers[count++] = (struct cvg_pair){"If-None-Match", validators.etag};
    } else if (validators.modified[0] != '\0') {
        headers[count++] = (struct cvg_pair){"If-Modified-Since", validators.modified};
    }
    look->asked_if = count > 1;
    struct cvg_http_request request = {
        .size = sizeof(request),
        .path = place->path,
        .headers = headers,
        .header_count = count,
        .body_limit = (int64_t)place->limit,
        .timeout_ns = left_ns > MILLISECOND ? left_ns : MILLISECOND,
        .flags = CVG_HTTP_SECRET,
        .on_head = on_head,
        .on_body = on_body,
        .on_done = on_done,
        .arg = look,
    };
    look->op = place->host->http(place->scope, &request);
}

static struct cvg_place_look *look_at(void *arg, int64_t deadline_ns, struct cvg_place_tag *tag,
                                      cvg_place_seen *seen, void *seen_arg)
{
    struct place *place = arg;
    struct cvg_place_look *look = cvg_kit_alloc(sizeof(*look));
    look->place = place;
    look->body.limit = place->limit;
    look->began_ns = place->host->now();
    look->tag = tag;
    look->seen = seen;
    look->arg = seen_arg;
    look->next = place->looks;
    if (look->next != NULL) {
        look->next->previous = look;
    }
    place->looks = look;
    send(look, deadline_ns);
    return look;
}

static void cancel(struct cvg_place_look *look)
{
    look->place->host->cancel(look->op);
    leave(look);
    drop(look);
}

/* ---- the place ---- */

static const char *wrong_path(const char *path)
{
    if (strncasecmp(path, "http://", 7) == 0 || strncasecmp(path, "https://", 8) == 0) {
        return "is what comes behind the source's url, not an address of its own";
    }
    for (; *path != '\0'; path++) {
        if (*path <= ' ' || *path > '~' || *path == '#') {
            return "has a character that must be written as %XX";
        }
    }
    return NULL;
}

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse)(void *arg, const char *path, const char *text), void *arg)
{
    int rc = 0;
    const char *wrong = settings->path != NULL ? wrong_path(settings->path) : NULL;
    if (!host->endpoint_has(source, "url") && !host->endpoint_has(source, "via")) {
        refuse(arg, "url", "is needed: the server that has the document");
        rc = -1;
    }
    if (wrong != NULL) {
        refuse(arg, "path", wrong);
        rc = -1;
    }
    return rc;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    struct place *place = cvg_kit_alloc(sizeof(*place));
    place->host = host;
    place->scope = host->source_scope(source);
    place->path = settings->path != NULL ? settings->path : "";
    place->limit = settings->limit != 0 ? settings->limit : CVG_PLACE_LIMIT;
    cvg_place_raise_ceiling(host, source, place->limit);
    return place;
}

static void close_place(void *arg)
{
    struct place *place = arg;
    struct cvg_place_look *next = NULL;
    for (struct cvg_place_look *look = place->looks; look != NULL; look = next) {
        next = look->next;
        drop(look);
    }
    free(place);
}

const struct cvg_place_kind cvg_place_http = {
    .name = "http",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = look_at,
    .cancel = cancel,
};
