/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source's secret headers, read one after the other for one request, and wiped behind it.
 * Source's thread.
 */
#ifndef CVG_HTTP_SECRETS_H
#define CVG_HTTP_SECRETS_H

#include <convergate/module.h>

#define CVG_HTTP_SECRETS_MOST 8

struct cvg_http_secrets;

/* headers: struct cvg_http_secret_header, at least one. on_done is called once, in a later turn,
 * unless it is freed before or the scope ends: with all of them, or an error that says why not. */
struct cvg_http_secrets *cvg_http_secrets_read(
    const struct cvg_host *host, struct cvg_scope *scope, const struct cvg_list *headers,
    void (*on_done)(void *arg, const char *error, const struct cvg_pair *headers, size_t count),
    void *arg);
/* Also from on_done. Only when no more of it can come: it came, or the scope ended. Takes NULL. */
void cvg_http_secrets_free(struct cvg_http_secrets *secrets);

#endif
