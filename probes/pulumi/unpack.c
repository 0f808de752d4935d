/* SPDX-License-Identifier: Apache-2.0 */
/* Recognising what the bytes are; see unpack.h. */
#include "unpack.h"

#include "kit/gunzip.h"

#include <stdio.h>
#include <string.h>

static int refuse(struct cvg_pulumi_refusal *refusal, enum cvg_pulumi_reason reason,
                  const char *where)
{
    refusal->refused = 1;
    refusal->reason = reason;
    refusal->torn = reason == CVG_PULUMI_REASON_DOCUMENT_TORN;
    (void)snprintf(refusal->where, sizeof(refusal->where), "%s", where);
    return -1;
}

static int begins(const struct cvg_pulumi_text *text, const char *bytes, size_t length)
{
    return text->length >= length && memcmp(text->data, bytes, length) == 0;
}

static int refuse_gzip(struct cvg_pulumi_refusal *refusal, enum cvg_kit_gunzip_result result)
{
    enum cvg_pulumi_reason reason = CVG_PULUMI_REASON_BAD_GZIP;
    if (result == CVG_KIT_GUNZIP_CUT) {
        reason = CVG_PULUMI_REASON_DOCUMENT_TORN;
    } else if (result == CVG_KIT_GUNZIP_TOO_LARGE) {
        reason = CVG_PULUMI_REASON_TOO_LARGE;
    }
    return refuse(refusal, reason, cvg_kit_gunzip_text(result));
}

/* What is no JSON in a way that people know by name. */
static int recognise(const struct cvg_pulumi_text *text, struct cvg_pulumi_refusal *refusal)
{
    size_t at = 0;
    while (at < text->length && memchr(" \t\r\n", text->data[at], 4) != NULL) {
        at++;
    }
    if (at == text->length) {
        return refuse(refusal, CVG_PULUMI_REASON_DOCUMENT_TORN, "empty");
    }
    if (begins(text, "\x28\xb5\x2f\xfd", 4)) {
        return refuse(refusal, CVG_PULUMI_REASON_ZSTD, "");
    }
    if (begins(text, "\xff\xfe", 2) || begins(text, "\xfe\xff", 2) ||
        begins(text, "\xef\xbb\xbf", 3)) {
        return refuse(refusal, CVG_PULUMI_REASON_NOT_UTF8, "byte order mark");
    }
    return text->data[at] == '<' ? refuse(refusal, CVG_PULUMI_REASON_HTML, "") : 0;
}

int cvg_pulumi_unpack(const char *bytes, size_t length, size_t limit, struct cvg_pulumi_text *ret,
                      struct cvg_pulumi_refusal *ret_refusal)
{
    *ret = (struct cvg_pulumi_text){.data = bytes, .length = length};
    *ret_refusal = (struct cvg_pulumi_refusal){0};
    if (cvg_kit_is_gzip(bytes, length)) {
        enum cvg_kit_gunzip_result result =
            cvg_kit_gunzip(bytes, length, limit, &ret->own, &ret->length);
        if (result != CVG_KIT_GUNZIP_DONE) {
            return refuse_gzip(ret_refusal, result);
        }
        ret->data = ret->own;
    }
    return recognise(ret, ret_refusal);
}
