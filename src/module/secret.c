/* SPDX-License-Identifier: Apache-2.0 */
/* A list for each source; it is short, since what is replaced is dropped. */
#include "module/secret.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "module/instance_inner.h"

#include <string.h>

#define TEXT_MOST ((size_t)64 << 10)
#define PATH_MOST 4096

struct cvg_made_secret {
    struct cvg_secret secret; /* its name is text */
    struct cvg_made_secret *next;
    char *text; /* owned; wiped */
};

static const struct cvg_secret *make(struct cvg_source *source, enum cvg_secret_kind kind,
                                     const char *text, size_t length)
{
    struct cvg_made_secret *made = CVG_NEW(struct cvg_made_secret);
    made->text = cvg_strndup(text, length);
    made->secret.kind = kind;
    made->secret.name = made->text;
    made->next = source->secrets;
    source->secrets = made;
    return &made->secret;
}

const struct cvg_secret *cvg_made_secret_text(struct cvg_source *source, const char *text,
                                              size_t length)
{
    if (!text || length == 0 || length > TEXT_MOST || memchr(text, '\0', length)) {
        return NULL;
    }
    return make(source, CVG_SECRET_TEXT, text, length);
}

const struct cvg_secret *cvg_made_secret_file(struct cvg_source *source, const char *path)
{
    size_t length = path ? strnlen(path, PATH_MOST) : 0;
    if (length < 2 || length >= PATH_MOST || path[0] != '/') {
        return NULL;
    }
    return make(source, CVG_SECRET_FILE, path, length);
}

static void free_one(struct cvg_made_secret *made)
{
    cvg_free_secret(made->text);
    free(made);
}

void cvg_made_secret_drop(struct cvg_source *source, const struct cvg_secret *secret)
{
    for (struct cvg_made_secret **link = &source->secrets; secret && *link; link = &(*link)->next) {
        if (&(*link)->secret == secret) {
            struct cvg_made_secret *made = *link;
            *link = made->next;
            free_one(made);
            return;
        }
    }
}

void cvg_made_secrets_free(struct cvg_made_secret *first)
{
    while (first) {
        struct cvg_made_secret *next = first->next;
        free_one(first);
        first = next;
    }
}
