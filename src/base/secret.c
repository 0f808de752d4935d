/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax of references to secrets. Messages never echo the text: where a reference was meant
 * and a value was written, the value would reach the log.
 */
#include "base/secret.h"

#include "base/text.h"

#include <string.h>

#define PATH_MOST 4095
#define NAME_MOST 255

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_path(const char *path)
{
    size_t length = strnlen(path, PATH_MOST + 1);
    if (path[0] != '/' || length < 2 || length > PATH_MOST) {
        return false;
    }
    for (const char *c = path; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* One file name below a folder: without '/' and not "..", so that it stays below. */
static bool is_credential(const char *name)
{
    size_t length = strnlen(name, NAME_MOST + 1);
    if (length == 0 || length > NAME_MOST || name[0] == '.') {
        return false;
    }
    for (const char *c = name; *c; c++) {
        if (!is_word(*c) && *c != '-' && *c != '.' && *c != '@' && *c != ':') {
            return false;
        }
    }
    return true;
}

static bool is_variable(const char *name)
{
    size_t length = strnlen(name, NAME_MOST + 1);
    if (length == 0 || length > NAME_MOST || (name[0] >= '0' && name[0] <= '9')) {
        return false;
    }
    for (const char *c = name; *c; c++) {
        if (!is_word(*c)) {
            return false;
        }
    }
    return true;
}

int cvg_secret_parse(const char *text, struct cvg_secret *ret, struct cvg_error *reterr)
{
    static const struct {
        const char *prefix;
        enum cvg_secret_kind kind;
        bool (*valid)(const char *name);
        const char *want;
    } forms[] = {
        {"file:", CVG_SECRET_FILE, is_path, "'file:' needs an absolute path"},
        {"credential:", CVG_SECRET_CREDENTIAL, is_credential,
         "'credential:' needs the name of a credential"},
        {"env:", CVG_SECRET_ENV, is_variable, "'env:' needs the name of a variable"},
    };

    for (size_t i = 0; text && i < CVG_COUNT(forms); i++) {
        if (!cvg_text_starts(text, forms[i].prefix)) {
            continue;
        }
        const char *name = text + strlen(forms[i].prefix);
        if (!forms[i].valid(name)) {
            return cvg_error_set(reterr, CVG_E_INVALID, "%s", forms[i].want);
        }
        *ret = (struct cvg_secret){.kind = forms[i].kind, .name = name};
        return 0;
    }
    return cvg_error_set(reterr, CVG_E_INVALID,
                         "must be a reference to a secret (file:/path, credential:NAME or "
                         "env:NAME), not the secret itself");
}
