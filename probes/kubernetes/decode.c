/* SPDX-License-Identifier: Apache-2.0 */
/* One object, in either format; see decode.h. */
#include "decode.h"

#include "decode_inner.h"
#include "json.h"
#include "kit/memory.h"
#include "proto.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int begins_with(const char *content_type, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(content_type, name, length) == 0 &&
           (content_type[length] == '\0' || content_type[length] == ';' ||
            content_type[length] == ' ');
}

enum cvg_kube_format cvg_kube_format_of(const char *content_type)
{
    if (content_type == NULL) {
        return CVG_KUBE_OTHER;
    }
    if (begins_with(content_type, "application/vnd.kubernetes.protobuf")) {
        return CVG_KUBE_PROTOBUF;
    }
    return begins_with(content_type, "application/json") ? CVG_KUBE_JSON : CVG_KUBE_OTHER;
}

enum cvg_kube_decoded cvg_kube_decoding_fail(const struct cvg_kube_decoding *decoding,
                                             enum cvg_kube_decoded code, size_t offset,
                                             const char *words)
{
    if (code == CVG_KUBE_TOO_LARGE) {
        words = "an object is larger than any may be";
    }
    (void)snprintf(decoding->error, decoding->error_size, "offset %zu: %s", offset,
                   words == NULL ? "it cannot be read" : words);
    return code;
}

int cvg_kube_decoding_is_partial(const struct cvg_kube_decoding *decoding, const char *name,
                                 size_t length)
{
    static const char partial[] = "PartialObjectMetadata";
    const char *wanted = decoding->kind->name;
    if (name == NULL || (length == strlen(wanted) && memcmp(name, wanted, length) == 0)) {
        return 0;
    }
    return length == sizeof(partial) - 1 && memcmp(name, partial, length) == 0 ? 1 : -1;
}

enum cvg_kube_decoded cvg_kube_decoding_envelope(const struct cvg_kube_decoding *decoding,
                                                 const struct cvg_kube_envelope *envelope,
                                                 const struct cvg_kube_view **ret,
                                                 const char **problem)
{
    int partial = cvg_kube_decoding_is_partial(decoding, (const char *)envelope->kind.at,
                                               envelope->kind.length);
    if (envelope->kind.at == NULL || partial < 0) {
        *problem = "it is of another kind than was asked for";
        return CVG_KUBE_BROKEN;
    }
    return cvg_kube_proto_view(decoding->kind, partial, envelope->raw, decoding->arena, ret,
                               problem);
}

enum cvg_kube_decoded cvg_kube_decoding_tree(const struct cvg_kube_decoding *decoding,
                                             const struct cvg_kube_node *tree,
                                             const struct cvg_kube_view **ret, const char **problem)
{
    const struct cvg_kube_node *kind = cvg_kube_node_get(tree, "kind");
    if (tree->kind != CVG_KUBE_OBJECT) {
        *problem = "what should be an object is none";
        return CVG_KUBE_BROKEN;
    }
    if (kind != NULL && cvg_kube_decoding_is_partial(decoding, kind->text, kind->length) < 0) {
        *problem = "it is of another kind than was asked for";
        return CVG_KUBE_BROKEN;
    }
    return cvg_kube_json_view(decoding->kind, tree, decoding->arena, ret, problem);
}

char *cvg_kube_token_copy(const char *text)
{
    return strlen(text) > CVG_KUBE_TOKEN_MOST ? NULL : cvg_kit_copy(text);
}

static enum cvg_kube_decoded object_of_protobuf(const struct cvg_kube_decoding *decoding,
                                                const char *body, size_t length,
                                                const struct cvg_kube_view **ret)
{
    struct cvg_kube_envelope envelope;
    const char *problem =
        cvg_kube_envelope_open((struct cvg_kube_bytes){(const uint8_t *)body, length}, &envelope);
    enum cvg_kube_decoded decoded =
        problem != NULL ? CVG_KUBE_BROKEN
                        : cvg_kube_decoding_envelope(decoding, &envelope, ret, &problem);
    if (decoded != CVG_KUBE_OK) {
        return cvg_kube_decoding_fail(decoding, decoded, 0, problem);
    }
    return CVG_KUBE_OK;
}

static enum cvg_kube_decoded object_of_json(const struct cvg_kube_decoding *decoding,
                                            const char *body, size_t length,
                                            const struct cvg_kube_view **ret)
{
    const char *problem = NULL;
    const struct cvg_kube_node *tree =
        cvg_kube_tree_read(decoding->arena, body, length, decoding->error, decoding->error_size);
    if (tree == NULL) {
        return cvg_kit_arena_is_full(decoding->arena) ? CVG_KUBE_TOO_LARGE : CVG_KUBE_BROKEN;
    }
    enum cvg_kube_decoded decoded = cvg_kube_decoding_tree(decoding, tree, ret, &problem);
    if (decoded != CVG_KUBE_OK) {
        return cvg_kube_decoding_fail(decoding, decoded, 0, problem);
    }
    decoding->error[0] = '\0';
    return CVG_KUBE_OK;
}

/* NOLINTNEXTLINE(readability-function-size): a pure function's inputs are its arguments */
enum cvg_kube_decoded cvg_kube_decode_object(const struct cvg_kube_kind *kind,
                                             const char *content_type, const char *body,
                                             size_t length, struct cvg_kit_arena *arena,
                                             const struct cvg_kube_view **ret, char *error,
                                             size_t error_size)
{
    const struct cvg_kube_decoding decoding = {kind, arena, error, error_size};
    enum cvg_kube_format format = cvg_kube_format_of(content_type);
    error[0] = '\0';
    cvg_kit_arena_reset(arena);
    if (format == CVG_KUBE_OTHER) {
        return cvg_kube_decoding_fail(&decoding, CVG_KUBE_BROKEN, 0,
                                      "its content type is neither protobuf nor JSON");
    }
    if (length > CVG_KUBE_OBJECT_MOST) {
        return cvg_kube_decoding_fail(&decoding, CVG_KUBE_TOO_LARGE, 0, NULL);
    }
    return format == CVG_KUBE_PROTOBUF ? object_of_protobuf(&decoding, body, length, ret)
                                       : object_of_json(&decoding, body, length, ret);
}
