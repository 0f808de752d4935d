/* SPDX-License-Identifier: Apache-2.0 */
/* Names and sentences of refusals; see refusal.h. */
#include "refusal.h"

#include "reason.h"

static const struct {
    enum cvg_tf_reason reason;
    const char *text;
} refusals[CVG_TF_REFUSALS] = {
    [CVG_TF_EMPTY] = {CVG_TF_REASON_STATE_EMPTY,
                      "The document is empty: it is being written, or nothing was ever applied."},
    [CVG_TF_TORN] = {CVG_TF_REASON_STATE_TORN,
                     "The document ends in the middle: it is being written, or its writer died."},
    [CVG_TF_NOT_JSON] = {CVG_TF_REASON_NOT_JSON,
                         "The document is not well-formed JSON. Restore it from a "
                         "backup, or look at who wrote it."},
    [CVG_TF_DUPLICATE_KEY] = {CVG_TF_REASON_DUPLICATE_KEY,
                              "A key stands twice in one object, and the tool would read only the "
                              "last one. No tool writes that: restore the document."},
    [CVG_TF_TOO_LARGE] = {CVG_TF_REASON_TOO_LARGE,
                          "The document, or a name, number or nesting in it, is over "
                          "the limit."},
    [CVG_TF_NOT_A_STATE] = {CVG_TF_REASON_NOT_A_STATE,
                            "The document is JSON of something else. Look at the "
                            "path, and at what is served there."},
    [CVG_TF_VERSION] = {CVG_TF_REASON_VERSION_UNSUPPORTED,
                        "The format's version is not one that is read here. States of version 4 "
                        "are; the tool of today upgrades older ones with its next apply."},
    [CVG_TF_BACKEND_FILE] = {CVG_TF_REASON_BACKEND_FILE,
                             "This is .terraform/terraform.tfstate, which has the settings of the "
                             "backend and no state. Configure that backend instead."},
    [CVG_TF_PLAN_GIVEN] = {CVG_TF_REASON_PLAN_GIVEN,
                           "This is a plan, and the source's `content` says "
                           "otherwise. Set `content: plan`, or another path."},
    [CVG_TF_STATE_GIVEN] = {CVG_TF_REASON_STATE_GIVEN,
                            "This is a raw state, and the source's `content` says "
                            "otherwise. Set `content: state`, or another path."},
    [CVG_TF_SHOW_GIVEN] = {CVG_TF_REASON_SHOW_GIVEN,
                           "This is `show -json` of a state, and the source's "
                           "`content` says otherwise. Set `content: show`, or another "
                           "path."},
    [CVG_TF_ENCRYPTED] = {CVG_TF_REASON_STATE_ENCRYPTED,
                          "The document is encrypted, by OpenTofu or sops. Give "
                          "the source a decrypted one, as `show -json` makes."},
    [CVG_TF_HTML] = {CVG_TF_REASON_HTML_GIVEN,
                     "This is an HTML page, as of a login or a proxy. Look at the "
                     "address and the credentials."},
    [CVG_TF_COMPRESSED] = {CVG_TF_REASON_COMPRESSED,
                           "The document is compressed, or a binary plan. Export it with "
                           "`show -json`, or unpack it."},
    [CVG_TF_NOT_UTF8] = {CVG_TF_REASON_NOT_UTF8,
                         "The document is not UTF-8, or begins with a byte order mark. "
                         "No tool writes that: look at what copied it."},
    [CVG_TF_BAD_CONTENT] = {CVG_TF_REASON_BAD_CONTENT,
                            "A field is not what the format says. No tool writes that: restore "
                            "the document, or report it if one did."},
};

static unsigned known(enum cvg_tf_refusal_kind kind)
{
    return (unsigned)kind < CVG_TF_REFUSALS ? (unsigned)kind : CVG_TF_BAD_CONTENT;
}

const char *cvg_tf_refusal_reason(enum cvg_tf_refusal_kind kind)
{
    return kind == CVG_TF_FINE ? "" : cvg_tf_reason(refusals[known(kind)].reason);
}

const char *cvg_tf_refusal_text(enum cvg_tf_refusal_kind kind)
{
    return kind == CVG_TF_FINE ? "" : refusals[known(kind)].text;
}
