/* SPDX-License-Identifier: Apache-2.0 */
/* Secret headers; see secrets.h. */
#include "secrets.h"

#include "config.h"
#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

struct cvg_http_secrets {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    const struct cvg_list *wanted;
    void (*on_done)(void *arg, const char *error, const struct cvg_pair *headers, size_t count);
    void *arg;
    size_t count; /* that are here */
    char *values[CVG_HTTP_SECRETS_MOST];
};

static void tell(struct cvg_http_secrets *secrets)
{
    const struct cvg_http_secret_header *wanted = secrets->wanted->items;
    struct cvg_pair headers[CVG_HTTP_SECRETS_MOST];
    for (size_t i = 0; i < secrets->count; i++) {
        headers[i] = (struct cvg_pair){wanted[i].name, secrets->values[i]};
    }
    secrets->on_done(secrets->arg, NULL, headers, secrets->count);
}

static void on_secret(void *arg, struct cvg_op *op, const char *error, const char *text,
                      size_t length)
{
    struct cvg_http_secrets *secrets = arg;
    const struct cvg_http_secret_header *wanted = secrets->wanted->items;
    (void)op;
    (void)length;
    if (error != NULL) {
        secrets->on_done(secrets->arg, error, NULL, 0);
        return;
    }
    secrets->values[secrets->count++] = cvg_kit_copy(text);
    if (secrets->count == secrets->wanted->count || secrets->count == CVG_HTTP_SECRETS_MOST) {
        tell(secrets);
        return;
    }
    (void)secrets->host->secret(secrets->scope, wanted[secrets->count].value, on_secret, secrets);
}

struct cvg_http_secrets *cvg_http_secrets_read(
    const struct cvg_host *host, struct cvg_scope *scope, const struct cvg_list *headers,
    void (*on_done)(void *arg, const char *error, const struct cvg_pair *headers, size_t count),
    void *arg)
{
    const struct cvg_http_secret_header *wanted = headers->items;
    struct cvg_http_secrets *secrets = cvg_kit_alloc(sizeof(*secrets));
    secrets->host = host;
    secrets->scope = scope;
    secrets->wanted = headers;
    secrets->on_done = on_done;
    secrets->arg = arg;
    (void)host->secret(scope, wanted[0].value, on_secret, secrets);
    return secrets;
}

void cvg_http_secrets_free(struct cvg_http_secrets *secrets)
{
    for (size_t i = 0; secrets != NULL && i < secrets->count; i++) {
        explicit_bzero(secrets->values[i], strlen(secrets->values[i]));
        free(secrets->values[i]);
    }
    free(secrets);
}
