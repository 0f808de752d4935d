/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a registry whether it has an image (OCI distribution specification, "Checking if content
 * exists in the registry"): HEAD of the manifest, and, where the registry wants a token, that one
 * first.
 *
 *   asked -> (HEAD) -> 200, 404, refused -> told
 *                   -> 401 Bearer -> (secret) -> (token) -> HEAD again -> told
 *
 * Passwords go to the registry's own origin (by the host, as the source's `basic`) and to the token
 * service of the source's `token_service`, nowhere else. A token is kept until it ends, in the
 * memory of the check, and wiped. Source's thread.
 */
#ifndef CVG_HTTP_REGISTRY_H
#define CVG_HTTP_REGISTRY_H

#include "config.h"
#include "image.h"
#include "kit/finding.h"

#include <convergate/module.h>

struct cvg_http_registry;

struct cvg_http_registry_setup {
    const struct cvg_host *host;
    struct cvg_source *source;
    const struct cvg_http_source_config *config;
    struct cvg_kit_arena *arena; /* borrowed; reset by whoever uses it */
    int has_url;
    /* Once for each that was asked and not stopped. The finding lives until it returns. */
    void (*on_done)(void *arg, struct cvg_kit_finding *finding);
    void *arg;
};

struct cvg_http_registry *cvg_http_registry_new(const struct cvg_http_registry_setup *setup);
void cvg_http_registry_free(struct cvg_http_registry *registry); /* takes NULL */
/* One at a time. */
void cvg_http_registry_ask(struct cvg_http_registry *registry, struct cvg_scope *scope,
                           const char *image, int64_t timeout_ns);
/* Its operations are cancelled: forget what was asked. */
void cvg_http_registry_stop(struct cvg_http_registry *registry);

/* From the answer to HEAD to a verdict. Pure. */
void cvg_http_registry_judge(const struct cvg_http_image *image,
                             const struct cvg_http_response *response, int has_url,
                             struct cvg_kit_finding *ret);

#endif
