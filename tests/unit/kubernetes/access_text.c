/* SPDX-License-Identifier: Apache-2.0 */
#include "access_text.h"

#include <stdio.h>
#include <string.h>

static char text[2048];

static void add(const char *key, const char *value)
{
    size_t used = strlen(text);
    if (value && *value) {
        (void)snprintf(text + used, sizeof text - used, " %s=%s", key, value);
    }
}

static void add_pem(const char *key, const char *pem)
{
    char line[64] = "";
    const char *at = pem ? strchr(pem, '\n') : NULL;
    if (at) {
        (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
    }
    add(key, line);
}

const char *access_text(const struct cvg_kube_access *access)
{
    (void)snprintf(text, sizeof text, "%s", access->server);
    add("name", access->server_name);
    add("proxy", access->proxy);
    add_pem("ca", access->ca_pem);
    add("insecure", access->insecure ? "yes" : "");
    add_pem("cert", access->cert_pem);
    add_pem("key", access->key_pem);
    add("token", access->token);
    add("username", access->username);
    add("password", access->password);
    for (size_t i = 0; i < access->header_count; i++) {
        add(access->headers[i].name, access->headers[i].value);
    }
    return text;
}

const char *plugin_text(const struct cvg_kube_plugin *plugin)
{
    (void)snprintf(text, sizeof text, "%s:", plugin->command);
    for (size_t i = 0; plugin->arguments[i]; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, " '%s'", plugin->arguments[i]);
    }
    for (size_t i = 0; plugin->environment[i]; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, " | %s", plugin->environment[i]);
    }
    return text;
}
