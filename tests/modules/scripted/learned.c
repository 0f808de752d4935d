/* SPDX-License-Identifier: Apache-2.0 */
/* What the host offers since minor 1: learned secrets and connections, and YAML. */
#include "scripted.h"

#include <stdio.h>
#include <string.h>

static void on_secret(void *arg, struct cvg_op *op, const char *error, const char *text,
                      size_t length)
{
    struct asked *asked = arg;
    (void)op;
    (void)snprintf(asked->text, sizeof asked->text, "%s %zu", error ? error : text, length);
    scripted_finish(asked, asked->text);
}

static struct cvg_endpoint endpoint_of(const struct settings *settings,
                                       const struct cvg_secret *bearer)
{
    struct cvg_endpoint endpoint = {
        .size = sizeof endpoint,
        .url = settings->text && *settings->text ? settings->text : NULL,
        .bearer = bearer,
        .headers = settings->labels,
    };
    return endpoint;
}

/* From now on the source's requests go to `text` with the token `key`, a file's where it is a path.
 * The host has its own copy then, so that the secret is dropped at once; with `flag` it stays. */
void scripted_learn(struct asked *asked)
{
    const struct cvg_host *host = asked->host;
    struct cvg_source *source = asked->check->source;
    const struct settings *settings = asked->settings;
    const struct cvg_secret *bearer = NULL;
    if (settings->key && settings->key[0] == '/') {
        bearer = host->secret_file(source, settings->key);
    } else if (settings->key) {
        bearer = host->secret_text(source, settings->key, strlen(settings->key));
    }
    struct cvg_endpoint endpoint = endpoint_of(settings, bearer);
    host->endpoint_set(source, &endpoint);
    if (settings->flag && bearer) {
        host->secret(asked->scope, bearer, on_secret, asked);
        return;
    }
    host->secret_drop(source, bearer);
    scripted_finish(asked, bearer ? "learned" : "learned no secret");
}

static void on_json(void *arg, const char *json, size_t length)
{
    struct asked *asked = arg;
    (void)snprintf(asked->text, sizeof asked->text, "%.*s", (int)length, json);
    asked->steps++;
}

void scripted_yaml(struct asked *asked)
{
    char error[256] = "";
    const char *text = asked->settings->text;
    int32_t code = asked->host->yaml(text, strlen(text), on_json, asked, error, sizeof error);
    if (code == 0 && asked->steps == 1) {
        scripted_finish(asked, asked->text);
    } else {
        scripted_fail(asked, CVG_FAULT_REQUEST, error);
    }
}

void scripted_has(struct asked *asked)
{
    static const char *const keys[] = {"url", "via", "bearer", "max_body", "nonsense"};
    size_t used = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (asked->host->endpoint_has(asked->check->source, keys[i])) {
            int more = snprintf(asked->text + used, sizeof asked->text - used, "%s%s",
                                used ? " " : "", keys[i]);
            used += (size_t)more;
        }
    }
    scripted_finish(asked, asked->text);
}
