/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of decode.h share: which format a body is in, how a problem is told, and one
 * object or Status out of either format. For decode*.c only.
 */
#ifndef CVG_KUBE_DECODE_INNER_H
#define CVG_KUBE_DECODE_INNER_H

#include "decode.h"
#include "wire.h"

/* What decoding works on, and where it says what went wrong. */
struct cvg_kube_decoding {
    const struct cvg_kube_kind *kind;
    struct cvg_kit_arena *arena;
    char *error;
    size_t error_size;
};

enum cvg_kube_format {
    CVG_KUBE_OTHER = 0,
    CVG_KUBE_PROTOBUF,
    CVG_KUBE_JSON,
};

enum cvg_kube_format cvg_kube_format_of(const char *content_type); /* takes NULL */

/* Says what went wrong at that byte, and returns the code. words may be NULL. */
enum cvg_kube_decoded cvg_kube_decoding_fail(const struct cvg_kube_decoding *decoding,
                                             enum cvg_kube_decoded code, size_t offset,
                                             const char *words);

/* Is what an object calls itself the kind that was asked for, or only its metadata? The name may
 * be NULL: a built-in list's items have none. -1: it is something else. */
int cvg_kube_decoding_is_partial(const struct cvg_kube_decoding *decoding, const char *name,
                                 size_t length);

/* One object. *problem is static, and set where the result is not OK. */
enum cvg_kube_decoded cvg_kube_decoding_envelope(const struct cvg_kube_decoding *decoding,
                                                 const struct cvg_kube_envelope *envelope,
                                                 const struct cvg_kube_view **ret,
                                                 const char **problem);
enum cvg_kube_decoded cvg_kube_decoding_tree(const struct cvg_kube_decoding *decoding,
                                             const struct cvg_kube_node *tree,
                                             const struct cvg_kube_view **ret,
                                             const char **problem);

/* A Status; code stays where the Status has none. -1: the message is none. */
int cvg_kube_status_of_message(struct cvg_kube_bytes message, struct cvg_kit_arena *arena,
                               struct cvg_kube_status *ret);
void cvg_kube_status_of_tree(const struct cvg_kube_node *tree, struct cvg_kube_status *ret);

/* A malloc'd copy of a resourceVersion or token. NULL: it is too long. */
char *cvg_kube_token_copy(const char *text);

#endif
