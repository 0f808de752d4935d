/* SPDX-License-Identifier: Apache-2.0 */
/* From an access to an endpoint, and what has to be said loudly about it; see settings.h. */
#include "settings.h"

#include <string.h>

static const char *const texts[] = {
    "INSECURE: the certificate of the API server is not verified (insecure-skip-tls-verify), so "
    "whoever answers at its address gets the credentials and is believed",
    "INSECURE: credentials are sent unencrypted to an http address",
};

static int is_clear(const struct cvg_kube_access *access)
{
    static const char *const near[] = {"http://127.", "http://localhost", "http://[::1]"};
    int clear = strncmp(access->server, "http://", 7) == 0 &&
                (access->token != NULL || access->username != NULL || access->plugin != NULL);
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        clear = clear && strncmp(access->server, near[i], strlen(near[i])) != 0;
    }
    return clear;
}

/* Once, until it was mended in between. */
static void warn(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_kube_access *access, uint32_t *warned)
{
    uint32_t now = (access->insecure ? (uint32_t)CVG_KUBE_WARNING_INSECURE : 0) |
                   (is_clear(access) ? (uint32_t)CVG_KUBE_WARNING_CLEAR : 0);
    for (uint32_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if ((now & ~*warned) & (1u << i)) {
            host->log(host->source_scope(source), CVG_LOG_WARNING, texts[i]);
        }
    }
    *warned = now;
}

static const struct cvg_secret *secret_of(const struct cvg_host *host, struct cvg_source *source,
                                          const char *text, int *failed)
{
    if (text == NULL) {
        return NULL;
    }
    const struct cvg_secret *secret = host->secret_text(source, text, strlen(text));
    *failed |= secret == NULL;
    return secret;
}

int cvg_kube_settings_apply(const struct cvg_host *host, struct cvg_source *source,
                            const struct cvg_kube_access *access,
                            const struct cvg_kube_credential *credential, uint32_t *warned)
{
    const char *token = credential != NULL ? credential->token : access->token;
    const char *key = credential != NULL ? credential->key_pem : access->key_pem;
    int failed = 0;
    const struct cvg_secret *bearer = secret_of(host, source, token, &failed);
    const struct cvg_secret *password = secret_of(host, source, access->password, &failed);
    const struct cvg_secret *key_pem = secret_of(host, source, key, &failed);
    struct cvg_endpoint endpoint = {
        .size = sizeof(endpoint),
        .url = access->server,
        .ca_pem = access->ca_pem,
        .cert_pem = credential != NULL ? credential->cert_pem : access->cert_pem,
        .key_pem = key_pem,
        .server_name = access->server_name,
        .bearer = bearer,
        .username = access->username,
        .password = password,
        .headers = {.count = access->header_count, .items = access->headers},
        .proxy = access->proxy,
        .insecure_skip_verify = access->insecure,
        .max_body = host->endpoint_has(source, "max_body") ? 0 : CVG_KUBE_BODY_MOST,
    };
    if (!failed) {
        warn(host, source, access, warned);
        host->endpoint_set(source, &endpoint);
    }
    host->secret_drop(source, bearer); /* the endpoint has its own copies */
    host->secret_drop(source, password);
    host->secret_drop(source, key_pem);
    return failed ? -1 : 0;
}

void cvg_kube_settings_limit(const struct cvg_host *host, struct cvg_source *source)
{
    struct cvg_endpoint limits = {.size = sizeof(limits), .max_body = CVG_KUBE_BODY_MOST};
    if (!host->endpoint_has(source, "via") && !host->endpoint_has(source, "max_body")) {
        host->endpoint_set(source, &limits);
    }
}
