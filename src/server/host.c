/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Host header against the names that are ours. The usual ones are compared as whole texts
 * first; only what is not among them is taken apart.
 */
#include "server/host.h"

#include "base/alloc.h"
#include "base/text.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define OWN_MAX   8
#define HOST_SIZE 256 /* the longest DNS name, and a NUL */

struct text {
    char *bytes; /* owned */
    size_t length;
};

struct cvg_hosts {
    uint16_t port;
    bool any_address;
    struct text own[OWN_MAX]; /* "127.0.0.1:8717", ready to compare: this is on every request */
    size_t own_count;
    char **extra; /* owned, without port, IPv6 in brackets */
    size_t extra_count;
};

static void add_own(struct cvg_hosts *hosts, const char *host)
{
    bool bare_ipv6 = strchr(host, ':') != NULL;
    const char *open = bare_ipv6 ? "[" : "", *close = bare_ipv6 ? "]" : "";
    struct text *text = &hosts->own[hosts->own_count++];

    text->bytes = cvg_format("%s%s%s:%u", open, host, close, hosts->port);
    text->length = strlen(text->bytes);
    if (hosts->port == 80) {
        text = &hosts->own[hosts->own_count++];
        text->bytes = cvg_format("%s%s%s", open, host, close);
        text->length = strlen(text->bytes);
    }
}

struct cvg_hosts *cvg_hosts_new(const char *listen_host, uint16_t port, const char *const *extra)
{
    struct cvg_hosts *hosts = CVG_NEW(struct cvg_hosts);
    size_t count = 0;

    hosts->port = port;
    hosts->any_address =
        cvg_text_equal(listen_host, "0.0.0.0") || cvg_text_equal(listen_host, "::");
    add_own(hosts, "127.0.0.1");
    add_own(hosts, "localhost");
    add_own(hosts, "::1");
    add_own(hosts, listen_host);
    while (extra && extra[count]) {
        count++;
    }
    hosts->extra = cvg_alloc_array(count ? count : 1, sizeof(*hosts->extra));
    hosts->extra_count = count;
    for (size_t i = 0; i < count; i++) {
        bool bare_ipv6 = strchr(extra[i], ':') != NULL && extra[i][0] != '[';
        hosts->extra[i] =
            cvg_format("%s%s%s", bare_ipv6 ? "[" : "", extra[i], bare_ipv6 ? "]" : "");
    }
    return hosts;
}

void cvg_hosts_free(struct cvg_hosts *hosts)
{
    if (!hosts) {
        return;
    }
    for (size_t i = 0; i < hosts->own_count; i++) {
        free(hosts->own[i].bytes);
    }
    for (size_t i = 0; i < hosts->extra_count; i++) {
        free(hosts->extra[i]);
    }
    free(hosts->extra);
    free(hosts);
}

/* "host", "host:port", "[v6]:port". *ret_port is 0 where there is none. */
static bool split(const char *value, size_t length, char *ret_host, uint16_t *ret_port)
{
    const char *end = value + length;
    const char *bracket = length && value[0] == '[' ? memchr(value, ']', length) : NULL;
    const char *colon = bracket ? bracket + 1 : memchr(value, ':', length);
    const char *host_end = colon ? colon : end;
    size_t host_length = (size_t)(host_end - value);
    uint64_t port = 0;

    if (host_length == 0 || host_length >= HOST_SIZE) {
        return false;
    }
    if (host_end != end) {
        if (*host_end != ':' ||
            cvg_parse_uint64(host_end + 1, (size_t)(end - host_end) - 1, &port) < 0 || port == 0 ||
            port > UINT16_MAX) {
            return false;
        }
    }
    memcpy(ret_host, value, host_length);
    ret_host[host_length] = '\0';
    *ret_port = (uint16_t)port;
    return true;
}

static bool is_literal_address(const char *host)
{
    struct in6_addr address;
    char inner[INET6_ADDRSTRLEN];
    size_t length = strlen(host);

    if (host[0] != '[') {
        return inet_pton(AF_INET, host, &address) == 1;
    }
    if (length < 3 || length - 2 >= sizeof(inner)) {
        return false;
    }
    memcpy(inner, host + 1, length - 2);
    inner[length - 2] = '\0';
    return inet_pton(AF_INET6, inner, &address) == 1;
}

bool cvg_hosts_allow(const struct cvg_hosts *hosts, const char *value, size_t length)
{
    char host[HOST_SIZE];
    uint16_t port = 0;

    for (size_t i = 0; i < hosts->own_count; i++) {
        if (hosts->own[i].length == length &&
            strncasecmp(hosts->own[i].bytes, value, length) == 0) {
            return true;
        }
    }
    if (!split(value, length, host, &port)) {
        return false;
    }
    for (size_t i = 0; i < hosts->extra_count; i++) {
        if (cvg_text_equal_nocase(hosts->extra[i], host)) {
            return true;
        }
    }
    return hosts->any_address && (port ? port : 80) == hosts->port && is_literal_address(host);
}
