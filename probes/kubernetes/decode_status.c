/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the server refused. Its answer is a Status in protobuf or JSON, a Status that calls itself
 * plain text, or plain text. What it looks like decides, not what it is called.
 */
#include "decode.h"
#include "decode_inner.h"
#include "kit/printable.h"
#include "proto.h"

#include <kube.pb-c.h>

#include <string.h>

#define ARENA_MOST ((size_t)1 << 20)
#define BODY_MOST  ((size_t)256 << 10) /* a Status is short; what is longer is some page */
#define RETRY_MOST 86400

static void put(char *ret, size_t size, const char *text)
{
    cvg_kit_printable(ret, size, text == NULL ? "" : text, text == NULL ? 0 : strlen(text));
}

static void put_numbers(struct cvg_kube_status *status, int64_t code, int64_t retry_after_s)
{
    if (code >= 100 && code <= 599) {
        status->code = code;
    }
    if (retry_after_s > 0) {
        status->retry_after_s = retry_after_s > RETRY_MOST ? RETRY_MOST : retry_after_s;
    }
}

int cvg_kube_status_of_message(struct cvg_kube_bytes message, struct cvg_kit_arena *arena,
                               struct cvg_kube_status *ret)
{
    const Kube__Status *status = cvg_kube_proto_unpack(&kube__status__descriptor, message, arena);
    if (status == NULL) {
        return -1;
    }
    put(ret->reason, sizeof(ret->reason), status->reason);
    put(ret->message, sizeof(ret->message), status->message);
    put_numbers(ret, status->code, 0);
    if (status->details != NULL) {
        put_numbers(ret, 0, status->details->retryafterseconds);
        if (status->details->n_causes > 0) {
            put(ret->cause, sizeof(ret->cause), status->details->causes[0]->reason);
        }
    }
    return 0;
}

void cvg_kube_status_of_tree(const struct cvg_kube_node *tree, struct cvg_kube_status *ret)
{
    const struct cvg_kube_node *details = cvg_kube_node_get(tree, "details");
    int64_t code = 0, retry_after_s = 0;
    put(ret->reason, sizeof(ret->reason), cvg_kube_node_text(cvg_kube_node_get(tree, "reason")));
    put(ret->message, sizeof(ret->message), cvg_kube_node_text(cvg_kube_node_get(tree, "message")));
    put(ret->cause, sizeof(ret->cause),
        cvg_kube_node_text(cvg_kube_node_at(details, "/causes/0/reason")));
    (void)cvg_kube_node_int(cvg_kube_node_get(tree, "code"), &code);
    (void)cvg_kube_node_int(cvg_kube_node_get(details, "retryAfterSeconds"), &retry_after_s);
    put_numbers(ret, code, retry_after_s);
}

static int of_protobuf(const char *body, size_t length, struct cvg_kit_arena *arena,
                       struct cvg_kube_status *ret)
{
    struct cvg_kube_envelope envelope;
    const struct cvg_kube_bytes bytes = {(const uint8_t *)body, length};
    if (cvg_kube_envelope_open(bytes, &envelope) != NULL ||
        !cvg_kube_bytes_are(envelope.kind, "Status")) {
        return -1;
    }
    return cvg_kube_status_of_message(envelope.raw, arena, ret);
}

static int of_json(const char *body, size_t length, struct cvg_kit_arena *arena,
                   struct cvg_kube_status *ret)
{
    char error[128];
    const struct cvg_kube_node *tree =
        cvg_kube_tree_read(arena, body, length, error, sizeof(error));
    /* One that was written after a timeout does not say that it is a Status. */
    if (tree == NULL ||
        (cvg_kube_node_get(tree, "reason") == NULL && cvg_kube_node_get(tree, "message") == NULL)) {
        return -1;
    }
    cvg_kube_status_of_tree(tree, ret);
    return 0;
}

static int looks_like_json(const char *body, size_t length)
{
    size_t at = 0;
    while (at < length && (body[at] == ' ' || body[at] == '\n' || body[at] == '\r')) {
        at++;
    }
    return at < length && body[at] == '{';
}

void cvg_kube_decode_status(int64_t http_status, const char *content_type, const char *body,
                            size_t length, struct cvg_kube_status *ret)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(ARENA_MOST);
    int code = -1;
    *ret = (struct cvg_kube_status){.code = http_status};
    if (body != NULL && length <= BODY_MOST) {
        if (length > 0 && body[0] == 'k') {
            code = of_protobuf(body, length, arena, ret);
        } else if (looks_like_json(body, length)) {
            code = of_json(body, length, arena, ret);
        }
    }
    if (code < 0) {
        *ret = (struct cvg_kube_status){.code = http_status};
        /* Binary says nothing to people. */
        if (body != NULL && cvg_kube_format_of(content_type) != CVG_KUBE_PROTOBUF) {
            cvg_kit_printable(ret->message, sizeof(ret->message), body,
                              length > 1024 ? 1024 : length);
        }
    }
    cvg_kit_arena_free(arena);
}
