/* SPDX-License-Identifier: Apache-2.0 */
/* Texts in a chain of their own, since which of them is secret is not told apart. */
#include "access.h"

#include "kit/memory.h"
#include "kit/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cvg_kube_text {
    struct cvg_kube_text *next;
    size_t size;
    _Alignas(max_align_t) char bytes[];
};

int cvg_kube_problem_set(struct cvg_kube_problem *problem, const char *key, const char *format, ...)
{
    char text[2 * sizeof(problem->text)];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    problem->key = key;
    cvg_kit_printable(problem->text, sizeof(problem->text), text,
                      length < 0 ? 0 : strnlen(text, sizeof(text)));
    return -1;
}

struct cvg_kube_access *cvg_kube_access_new(cvg_kube_file_reader *reader)
{
    struct cvg_kube_access *access = cvg_kit_alloc(sizeof(*access));
    access->reader = reader;
    access->user = "";
    return access;
}

void cvg_kube_access_free(struct cvg_kube_access *access)
{
    if (access == NULL) {
        return;
    }
    for (struct cvg_kube_text *text = access->texts, *next; text != NULL; text = next) {
        next = text->next;
        explicit_bzero(text->bytes, text->size);
        free(text);
    }
    free(access);
}

void *cvg_kube_access_alloc(struct cvg_kube_access *access, size_t size)
{
    struct cvg_kube_text *text = cvg_kit_alloc(sizeof(*text) + size);
    text->size = size;
    text->next = access->texts;
    access->texts = text;
    return text->bytes;
}

const char *cvg_kube_access_keep(struct cvg_kube_access *access, const char *bytes, size_t length)
{
    char *copy = cvg_kube_access_alloc(access, length + 1);
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    return copy;
}

const char *cvg_kube_access_format(struct cvg_kube_access *access, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = length < 0 ? 1 : (size_t)length + 1;
    char *text = cvg_kube_access_alloc(access, size);
    (void)vsnprintf(text, size, format, again);
    va_end(again);
    return text;
}

int cvg_kube_access_note_file(struct cvg_kube_access *access, const char *path)
{
    for (size_t i = 0; i < access->file_count; i++) {
        if (strcmp(access->files[i], path) == 0) {
            return 0;
        }
    }
    if (access->file_count == CVG_KUBE_FILES_MOST) {
        return -1;
    }
    access->files[access->file_count++] = cvg_kube_access_keep(access, path, strlen(path));
    return 0;
}

int cvg_kube_access_add_header(struct cvg_kube_access *access, const char *name, const char *value)
{
    if (access->header_count == CVG_KUBE_HEADERS_MOST) {
        return -1;
    }
    struct cvg_pair *pair = &access->headers[access->header_count++];
    pair->name = cvg_kube_access_keep(access, name, strlen(name));
    pair->value = cvg_kube_access_keep(access, value, strlen(value));
    return 0;
}

/* ---- the same? ---- */

static int same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int same_list(const char *const *a, const char *const *b)
{
    while (*a != NULL && *b != NULL && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return *a == NULL && *b == NULL;
}

int cvg_kube_plugin_same(const struct cvg_kube_plugin *a, const struct cvg_kube_plugin *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return same_text(a->command, b->command) && same_text(a->directory, b->directory) &&
           same_text(a->api_version, b->api_version) && same_text(a->cluster, b->cluster) &&
           same_list(a->arguments, b->arguments) && same_list(a->environment, b->environment);
}

static int same_headers(const struct cvg_kube_access *a, const struct cvg_kube_access *b)
{
    int same = a->header_count == b->header_count;
    for (size_t i = 0; same && i < a->header_count; i++) {
        same = strcmp(a->headers[i].name, b->headers[i].name) == 0 &&
               strcmp(a->headers[i].value, b->headers[i].value) == 0;
    }
    return same;
}

int cvg_kube_access_same(const struct cvg_kube_access *a, const struct cvg_kube_access *b)
{
    const char *const left[] = {a->server,  a->server_name, a->proxy,    a->ca_pem,  a->cert_pem,
                                a->key_pem, a->token,       a->username, a->password};
    const char *const right[] = {b->server,  b->server_name, b->proxy,    b->ca_pem,  b->cert_pem,
                                 b->key_pem, b->token,       b->username, b->password};
    int same = a->insecure == b->insecure && same_headers(a, b) &&
               cvg_kube_plugin_same(a->plugin, b->plugin);
    for (size_t i = 0; same && i < sizeof(left) / sizeof(left[0]); i++) {
        same = same_text(left[i], right[i]);
    }
    return same;
}
