/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs, strictly: what two libraries could read differently (a host as a short or octal IPv4
 * number, user information, stray control characters) is refused, because the address guard and
 * the library that connects must mean the same host. Pure; any thread.
 */
#include "base/url.h"

#include "base/text.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int hex_value(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_unreserved(char c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Dotted labels of 1 to 63 bytes, at most 253 together, one dot at the end allowed. */
static bool is_host_name(const char *host, size_t length)
{
    size_t label = 0;
    if (length > 253) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = host[i];
        if (c == '.') {
            if (label == 0) {
                return false;
            }
            label = 0;
        } else if ((!is_alpha(c) && !is_digit(c) && c != '-' && c != '_') || ++label > 63) {
            return false;
        }
    }
    return length > 0 && (label > 0 || length > 1);
}

/* Whether some library would take the name for an IPv4 number: its last label is one. */
static bool looks_numeric(const char *host)
{
    size_t length = strlen(host);
    if (host[length - 1] == '.') {
        length--;
    }
    size_t start = length;
    while (start > 0 && host[start - 1] != '.') {
        start--;
    }
    const char *label = host + start;
    size_t size = length - start;
    bool hex = size >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');
    for (size_t i = hex ? 2 : 0; i < size; i++) {
        if (hex ? hex_value(label[i]) < 0 : !is_digit(label[i])) {
            return false;
        }
    }
    return true;
}

static int parse_host(const char *host, size_t length, struct cvg_url *ret,
                      struct cvg_error *reterr)
{
    if (length == 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL has no host");
    }
    ret->ipv6 = host[0] == '[';
    if (ret->ipv6) {
        host++;
        length -= 2;
    }
    if (length >= sizeof ret->host || (!ret->ipv6 && !is_host_name(host, length))) {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL has an invalid host");
    }
    for (size_t i = 0; i < length; i++) {
        ret->host[i] = (char)(host[i] >= 'A' && host[i] <= 'Z' ? host[i] - 'A' + 'a' : host[i]);
    }
    ret->host[length] = '\0';
    struct in6_addr six;
    if (ret->ipv6 && inet_pton(AF_INET6, ret->host, &six) != 1) {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL has an invalid IPv6 address");
    }
    if (ret->ipv6) {
        /* One spelling for each address, so that origins compare. */
        inet_ntop(AF_INET6, &six, ret->host, sizeof ret->host);
    }
    struct in_addr four;
    if (!ret->ipv6 && looks_numeric(ret->host) && inet_pton(AF_INET, ret->host, &four) != 1) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "URL has an invalid IPv4 address (four decimal numbers, please)");
    }
    return 0;
}

static int parse_port(const char *text, size_t length, uint16_t *ret, struct cvg_error *reterr)
{
    uint64_t port;
    if (length > 5 || cvg_parse_uint64(text, length, &port) < 0 || port == 0 || port > 65535) {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL has an invalid port (1 to 65535)");
    }
    *ret = (uint16_t)port;
    return 0;
}

static int check_path(const char *path, struct cvg_error *reterr)
{
    for (const char *c = path; *c; c++) {
        if (*c == '#') {
            return cvg_error_set(reterr, CVG_E_INVALID, "URL must not have a fragment ('#')");
        }
        if (*c == '%') {
            if (hex_value(c[1]) < 0 || hex_value(c[2]) < 0) {
                return cvg_error_set(reterr, CVG_E_INVALID, "URL has a broken '%%' escape");
            }
        } else if (!is_unreserved(*c) && !strchr("/?:@!$&'()*+,;=", *c)) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "URL has a character that must be percent-encoded");
        }
    }
    return 0;
}

int cvg_url_parse(const char *text, struct cvg_url *ret, struct cvg_error *reterr)
{
    struct cvg_url url = {0};
    const char *at;
    if (strncasecmp(text, "https://", 8) == 0) {
        url.tls = true;
        at = text + 8;
    } else if (strncasecmp(text, "http://", 7) == 0) {
        at = text + 7;
    } else {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL must begin with http:// or https://");
    }
    size_t length = strcspn(at, "/?#");
    if (memchr(at, '@', length)) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "URL must not have user information; use the credential keys");
    }
    /* The colon of a port is the first one after the host, brackets set aside. */
    const char *bracket = at[0] == '[' ? memchr(at, ']', length) : NULL;
    if (at[0] == '[' && !bracket) {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL has an invalid host");
    }
    size_t host_length = bracket ? (size_t)(bracket - at) + 1 : strcspn(at, ":/?#");
    if (bracket && host_length < length && at[host_length] != ':') {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL has an invalid host");
    }
    int code = parse_host(at, host_length, &url, reterr);
    if (code < 0) {
        return code;
    }
    url.port = url.tls ? 443 : 80;
    if (host_length < length) {
        code = parse_port(at + host_length + 1, length - host_length - 1, &url.port, reterr);
        if (code < 0) {
            return code;
        }
    }
    url.path = at + length;
    if (url.path[0] == '?') {
        return cvg_error_set(reterr, CVG_E_INVALID, "URL has a query without a path: write '/?'");
    }
    code = check_path(url.path, reterr);
    if (code < 0) {
        return code;
    }
    *ret = url;
    return 0;
}

bool cvg_url_same_origin(const struct cvg_url *a, const struct cvg_url *b)
{
    return a->tls == b->tls && a->port == b->port && a->ipv6 == b->ipv6 &&
           strcmp(a->host, b->host) == 0;
}

bool cvg_url_is_loopback(const struct cvg_url *url)
{
    struct in_addr address;

    return strcmp(url->host, "localhost") == 0 || strcmp(url->host, "::1") == 0 ||
           (inet_pton(AF_INET, url->host, &address) == 1 && cvg_text_starts(url->host, "127."));
}

int cvg_url_join(const char *base, const char *path, struct cvg_buf *ret)
{
    size_t length = strlen(base);
    if (path[0] == '\0') {
        return cvg_buf_add(ret, base, length);
    }
    if (path[0] != '?') {
        while (length > 0 && base[length - 1] == '/') {
            length--;
        }
    }
    if (cvg_buf_add(ret, base, length) < 0) {
        return -1;
    }
    if (path[0] != '/' && path[0] != '?' && cvg_buf_putc(ret, '/') < 0) {
        return -1;
    }
    return cvg_buf_puts(ret, path);
}

int cvg_url_encode(const char *bytes, size_t length, struct cvg_buf *ret)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        int result = is_unreserved(bytes[i]) ? cvg_buf_putc(ret, bytes[i])
                                             : cvg_buf_add(ret, escape, sizeof escape);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

long cvg_url_decode(const char *text, size_t length, bool plus, char *ret, size_t size)
{
    size_t used = 0;
    for (size_t at = 0; at < length; at++) {
        int byte = (unsigned char)text[at];
        if (text[at] == '%') {
            int high = at + 2 < length ? hex_value(text[at + 1]) : -1;
            int low = high >= 0 ? hex_value(text[at + 2]) : -1;
            if (low < 0) {
                return -1;
            }
            byte = high << 4 | low;
            at += 2;
        } else if (plus && text[at] == '+') {
            byte = ' ';
        }
        if (byte == 0 || used + 1 >= size) {
            return -1;
        }
        ret[used++] = (char)byte;
    }
    if (size == 0) {
        return -1;
    }
    ret[used] = '\0';
    return (long)used;
}
