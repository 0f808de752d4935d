/* SPDX-License-Identifier: Apache-2.0 */
/* The outermost object of a raw state; see state.h. */
#include "state.h"

#include "document.h"
#include "state_inner.h"

#include <convergate/number.h>

#include <string.h>

enum {
    STATE_VERSION,
    STATE_TERRAFORM_VERSION,
    STATE_SERIAL,
    STATE_LINEAGE,
    STATE_OUTPUTS,
    STATE_RESOURCES,
    STATE_CHECKS,
    STATE_TOFU,
    STATE_SOPS,
};

static const struct cvg_tf_field fields[] = {
    [STATE_VERSION] = {"version", CVG_TF_NUMBER, 1},
    [STATE_TERRAFORM_VERSION] = {"terraform_version", CVG_TF_STRING, 0},
    [STATE_SERIAL] = {"serial", CVG_TF_NUMBER, 1},
    [STATE_LINEAGE] = {"lineage", CVG_TF_STRING, 1},
    [STATE_OUTPUTS] = {"outputs", CVG_TF_OBJECT, 1},
    [STATE_RESOURCES] = {"resources", CVG_TF_ARRAY, 1},
    [STATE_CHECKS] = {"check_results", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    /* Marks of an encrypted one, whatever else it has. */
    [STATE_TOFU] = {"encryption_version", CVG_TF_ANY, 0},
    [STATE_SOPS] = {"sops", CVG_TF_ANY, 0},
    {NULL, 0, 0},
};

static int read_version(struct cvg_tf_document *document)
{
    size_t length = 0;
    const char *text = cvg_json_text(document->json, &length);
    return strcmp(text, "4") == 0 ? 0 : cvg_tf_refuse(document, CVG_TF_VERSION, NULL);
}

static int read_serial(struct cvg_tf_document *document, struct cvg_tf_state *ret)
{
    size_t length = 0;
    const char *text = cvg_json_text(document->json, &length);
    if (cvg_parse_uint64(text, length, &ret->serial_number) < 0) {
        return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
    }
    ret->serial = cvg_tf_text(document);
    return ret->serial == NULL ? -1 : 0;
}

/* "1.9.0-beta1", or nothing; the tool refuses a state whose version it cannot read, too. */
static int is_version(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return text[0] == '\0' ||
           (digits > 0 &&
            text[digits + strspn(text + digits, "0123456789.+~-"
                                                "abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0');
}

static int read_terraform_version(struct cvg_tf_document *document, const char **ret)
{
    *ret = cvg_tf_text(document);
    if (*ret == NULL) {
        return -1;
    }
    return is_version(*ret) ? 0 : cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

static int read_lineage(struct cvg_tf_document *document, const char **ret)
{
    *ret = cvg_tf_text(document);
    return *ret == NULL ? -1 : 0;
}

static int read_mark(struct cvg_tf_document *document)
{
    if (cvg_json_current(document->json) == CVG_JSON_STRING && cvg_tf_is(document, "")) {
        return 0;
    }
    return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
}

static int read_field(struct cvg_tf_document *document, int field, const struct cvg_tf_wish *wish,
                      struct cvg_tf_state *ret)
{
    switch (field) {
    case STATE_VERSION:
        return read_version(document);
    case STATE_TERRAFORM_VERSION:
        return read_terraform_version(document, &ret->terraform_version);
    case STATE_SERIAL:
        return read_serial(document, ret);
    case STATE_LINEAGE:
        return read_lineage(document, &ret->lineage);
    case STATE_OUTPUTS:
        return cvg_tf_outputs_read(document, wish, 1, ret);
    case STATE_RESOURCES:
        return cvg_tf_resources_read(document, ret);
    case STATE_CHECKS:
        return cvg_json_current(document->json) == CVG_JSON_NULL
                   ? 0
                   : cvg_tf_check_results_read(document, ret);
    default:
        return read_mark(document);
    }
}

static int read_document(struct cvg_tf_document *document, const struct cvg_tf_wish *wish,
                         struct cvg_tf_state *ret)
{
    if (cvg_tf_document_begin(document) < 0) {
        return -1;
    }
    struct cvg_tf_object object = cvg_tf_object_begin(document, fields);
    int field = 0;
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        if (read_field(document, field, wish, ret) < 0) {
            return -1;
        }
    }
    return field == CVG_TF_END ? cvg_tf_document_end(document) : -1;
}

int cvg_tf_state_read(const char *text, size_t length, const struct cvg_tf_wish *wish,
                      struct cvg_kit_arena *arena, struct cvg_tf_state *ret,
                      struct cvg_tf_refusal *ret_refusal)
{
    struct cvg_tf_document document;
    *ret = (struct cvg_tf_state){
        .terraform_version = "", .lineage = "", .serial = "", .has_serial = 1};
    int result = cvg_tf_document_open(&document, text, length, arena, ret_refusal);
    if (result == 0 && read_document(&document, wish, ret) < 0) {
        result = cvg_tf_recognize(&document, CVG_TF_CONTENT_STATE);
    }
    cvg_tf_document_close(&document);
    return result;
}
