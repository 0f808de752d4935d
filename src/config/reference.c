/* SPDX-License-Identifier: Apache-2.0 */
/* Taking references apart and putting facts in their place. */
#include "config/reference.h"

#include "base/text.h"

#include <string.h>

#define FACT_MOST 255

bool cvg_reference_is(const char *text)
{
    return strstr(text, "${") != NULL;
}

static bool is_fact(const char *path)
{
    size_t length = strlen(path);
    if (length == 0 || length > FACT_MOST) {
        return false;
    }
    for (const char *c = path; *c; c++) {
        bool alnum =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (!alnum && *c != '_' && *c != '-' && *c != '.') {
            return false;
        }
    }
    return true;
}

/* inside: what stands between the braces. Check names may have dots, so the first ".facts."
 * divides. */
static bool parse(struct cvg_arena *arena, const char *inside, size_t length,
                  const char **ret_check, const char **ret_fact)
{
    char *text = cvg_arena_strndup(arena, inside, length);
    if (!cvg_text_starts(text, "checks.")) {
        return false;
    }
    char *check = text + strlen("checks.");
    char *divide = strstr(check, ".facts.");
    if (!divide) {
        return false;
    }
    *divide = '\0';
    *ret_check = check;
    *ret_fact = divide + strlen(".facts.");
    return cvg_text_is_name(check) && is_fact(*ret_fact);
}

static int fill(struct cvg_binder *binder, const char *key, const struct cvg_node *node,
                const char *check, const char *fact, struct cvg_buf *out)
{
    size_t before = out->length;
    if (binder->resolve(binder->ctx, check, fact, out) != 0) {
        binder->missing = true;
        return cvg_buf_printf(out, "${checks.%s.facts.%s}", check, fact);
    }
    const char *value = cvg_buf_text(out) + before;
    size_t length = out->length - before;
    if (strlen(value) != length || !cvg_text_is_utf8(value, length)) {
        cvg_diagnostics_error(binder->diagnostics, node,
                              "'%s': the fact checks.%s.facts.%s is not text", key, check, fact);
        return -1;
    }
    return 0;
}

/* One reference that begins at `text`; returns its length, 0 after a problem. */
static size_t expand_one(struct cvg_binder *binder, const char *key, const struct cvg_node *node,
                         const char *text, struct cvg_buf *out)
{
    const char *end = strchr(text, '}');
    const char *check, *fact;
    if (!end || !parse(binder->arena, text + 2, (size_t)(end - text) - 2, &check, &fact)) {
        cvg_diagnostics_error(binder->diagnostics, node,
                              "'%s': a reference is written ${checks.NAME.facts.NAME}; write $${ "
                              "for a plain ${",
                              key);
        return 0;
    }
    size_t length = (size_t)(end - text) + 1;
    if (binder->resolve) {
        return fill(binder, key, node, check, fact, out) < 0 ? 0 : length;
    }
    if (!binder->on_reference) {
        cvg_diagnostics_error(binder->diagnostics, node,
                              "'%s' cannot refer to facts; only a check's own keys can", key);
        return 0;
    }
    binder->on_reference(binder->ctx, node, check, fact);
    cvg_buf_add(out, text, length);
    return length;
}

const char *cvg_reference_expand(struct cvg_binder *binder, const char *key,
                                 const struct cvg_node *node)
{
    struct cvg_buf out CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(CVG_TREE_SCALAR_LIMIT);
    for (const char *at = node->text; *at;) {
        const char *dollar = strchr(at, '$');
        cvg_buf_add(&out, at, dollar ? (size_t)(dollar - at) : strlen(at));
        if (!dollar) {
            break;
        }
        at = dollar;
        if (cvg_text_starts(at, "$${")) {
            cvg_buf_puts(&out, "${");
            at += 3;
        } else if (cvg_text_starts(at, "${")) {
            size_t length = expand_one(binder, key, node, at, &out);
            if (length == 0) {
                return NULL;
            }
            at += length;
        } else {
            cvg_buf_putc(&out, '$');
            at++;
        }
    }
    if (out.overflow) {
        cvg_diagnostics_error(binder->diagnostics, node,
                              "'%s' is longer than 64 KiB with its facts filled in", key);
        return NULL;
    }
    return cvg_arena_strdup(binder->arena, cvg_buf_text(&out));
}
