/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of sources and checks; see config.h. */
#include "config.h"

#include "kit/reach.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define NAMES_MOST 100
#define ALPN_MOST  16

const struct cvg_field cvg_tls_source_fields[] = {
    {.name = "ca",
     .doc = "A file of certificates in PEM that chains must end in, instead of the system's. It is "
            "read anew when it changes.",
     .example = "/etc/convergate/ca.pem",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tls_source_config, ca),
     .max = 4096},
    {.name = "allow_link_local",
     .doc = "Connect to link-local addresses too, among them the metadata services of clouds.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_tls_source_config, allow_link_local)},
    {0},
};

const char *const cvg_tls_protocols[] = {"TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", NULL};
static const char *const starttls_choices[] = {"smtp", "imap", "pop3", "postgres", NULL};
static const char *const family_choices[] = {"any", "ipv4", "ipv6", NULL};

const struct cvg_field cvg_tls_check_fields[] = {
    {.name = "host",
     .doc = "The host: a name, or an address without brackets.",
     .example = "shop.example.com",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tls_check_config, host),
     .max = 1024},
    {.name = "port",
     .doc = "The port. Without it 443, or with starttls that of the protocol: 25, 143, 110, 5432.",
     .example = "8443",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_tls_check_config, port),
     .min = 1,
     .max = 65535},
    {.name = "server_name",
     .doc = "The name that is asked for (SNI) and that the certificate must have, where it is not "
            "the host: to look behind a load balancer, or before a name is moved.",
     .example = "shop.example.com",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tls_check_config, server_name),
     .max = 1024},
    {.name = "min_days",
     .doc = "The first certificate of the chain to expire must be good for so many days more; with "
            "fewer the check is degraded.",
     .default_text = "7",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_tls_check_config, min_days),
     .min = 0,
     .max = 3650},
    {.name = "names",
     .doc =
         "Further names and addresses that the certificate must be good for; its wildcards count.",
     .example = "[www.example.com, api.example.com]",
     .type = CVG_FIELD_LIST,
     .offset = offsetof(struct cvg_tls_check_config, names),
     .max = NAMES_MOST},
    {.name = "min_protocol",
     .doc =
         "The oldest protocol that will do. What is agreed on is the newest that the server has.",
     .default_text = "TLSv1.2",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_tls_check_config, min_protocol),
     .choices = cvg_tls_protocols},
    {.name = "alpn",
     .doc = "Protocols that are offered (ALPN), of which the server must choose one.",
     .example = "[h2]",
     .type = CVG_FIELD_LIST,
     .offset = offsetof(struct cvg_tls_check_config, alpn),
     .max = ALPN_MOST},
    {.name = "starttls",
     .doc = "The connection begins in this protocol and is then asked for TLS.",
     .example = "smtp",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_tls_check_config, starttls),
     .choices = starttls_choices},
    {.name = "fingerprint",
     .doc =
         "The SHA-256 fingerprint of the certificate that is to be there: 64 hexadecimal digits, "
         "with colons or without. Until it is there the check is progressing.",
     .example = "\"${checks.cert.facts.outputs.fingerprint}\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tls_check_config, fingerprint),
     .max = 1024},
    {.name = "issuer",
     .doc = "A text that the name of the certificate's issuer holds. Until it does the check is "
            "progressing.",
     .example = "\"O=Let's Encrypt\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tls_check_config, issuer),
     .max = 256},
    {.name = "family",
     .doc = "Which of the host's addresses are tried.",
     .default_text = "any",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_tls_check_config, family),
     .choices = family_choices},
    {0},
};

int cvg_tls_source_check(const struct cvg_tls_source_config *config, cvg_tls_refuse *refuse,
                         void *arg)
{
    if (config->ca != NULL && *config->ca != '/') {
        refuse(arg, "ca", "is an absolute path");
        return -1;
    }
    return 0;
}

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

int cvg_tls_check_refers(const struct cvg_tls_check_config *config)
{
    const char *const *names = config->names.items, *const *alpn = config->alpn.items;
    int found = refers(config->host) || refers(config->server_name) ||
                refers(config->fingerprint) || refers(config->issuer);
    for (size_t i = 0; i < config->names.count; i++) {
        found = found || refers(names[i]);
    }
    for (size_t i = 0; i < config->alpn.count; i++) {
        found = found || refers(alpn[i]);
    }
    return found;
}

struct refusing {
    cvg_tls_refuse *refuse;
    void *arg;
    int refused;
};

static void check_host(struct refusing *refusing, const char *path, const char *host)
{
    const char *problem = host == NULL || refers(host) ? NULL : cvg_kit_host_check(host);
    if (problem != NULL) {
        refusing->refuse(refusing->arg, path, problem);
        refusing->refused = -1;
    }
}

int cvg_tls_check_check(const struct cvg_tls_check_config *config, cvg_tls_refuse *refuse,
                        void *arg)
{
    struct refusing refusing = {.refuse = refuse, .arg = arg};
    const char *const *names = config->names.items, *const *alpn = config->alpn.items;
    char path[32], digits[65];
    check_host(&refusing, "host", config->host);
    check_host(&refusing, "server_name", config->server_name);
    for (size_t i = 0; i < config->names.count; i++) {
        (void)snprintf(path, sizeof(path), "names[%zu]", i);
        check_host(&refusing, path, names[i]);
    }
    for (size_t i = 0; i < config->alpn.count; i++) {
        if (!refers(alpn[i]) && (*alpn[i] == '\0' || strlen(alpn[i]) > 255)) {
            (void)snprintf(path, sizeof(path), "alpn[%zu]", i);
            refuse(arg, path, "is 1 to 255 bytes long");
            refusing.refused = -1;
        }
    }
    if (config->fingerprint != NULL && !refers(config->fingerprint) &&
        cvg_tls_fingerprint(config->fingerprint, digits) < 0) {
        refuse(arg, "fingerprint", "is 64 hexadecimal digits (SHA-256), with colons or without");
        refusing.refused = -1;
    }
    return refusing.refused;
}

uint32_t cvg_tls_check_port(const struct cvg_tls_check_config *config)
{
    static const uint32_t ports[] = {25, 143, 110, 5432};
    if (config->port != CVG_ABSENT_INT) {
        return (uint32_t)config->port;
    }
    return config->starttls == CVG_TLS_AT_ONCE ? 443 : ports[config->starttls];
}

const char *cvg_tls_check_name(const struct cvg_tls_check_config *config)
{
    return config->server_name != NULL ? config->server_name : config->host;
}

int cvg_tls_fingerprint(const char *text, char ret[65])
{
    static const char digits[] = "0123456789abcdef";
    size_t length = 0;
    for (; *text != '\0'; text++) {
        char c = (char)(*text >= 'A' && *text <= 'F' ? *text - 'A' + 'a' : *text);
        if (c == ':' || c == ' ') {
            continue;
        }
        if (length == 64 || strchr(digits, c) == NULL) {
            return -1;
        }
        ret[length++] = c;
    }
    ret[length] = '\0';
    return length == 64 ? 0 : -1;
}
