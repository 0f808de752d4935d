/* SPDX-License-Identifier: Apache-2.0 */
/* "127.0.0.1:8717", "[::1]:8717": a literal address, so that no name service decides who listens. */
#include "base/text.h"
#include "config/config.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static int copy_host(const char *text, size_t length, char *ret, size_t size)
{
    if (length == 0 || length >= size) {
        return -1;
    }
    memcpy(ret, text, length);
    ret[length] = '\0';
    return 0;
}

int cvg_config_parse_listen(const char *text, char *ret_host, size_t host_size, uint16_t *ret_port,
                            struct cvg_error *reterr)
{
    char host[INET6_ADDRSTRLEN];
    struct in_addr four;
    struct in6_addr six;
    bool bracket = text[0] == '[';
    const char *colon = strrchr(text, ':');
    const char *end = bracket ? strchr(text, ']') : colon;
    uint64_t port;
    if (!colon || !end || (bracket && end + 1 != colon) ||
        cvg_parse_uint64(colon + 1, strlen(colon + 1), &port) < 0 || port > 65535) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "must be an address and a port, such as 127.0.0.1:8717 or [::1]:8717");
    }
    const char *start = text + (bracket ? 1 : 0);
    size_t length = (size_t)(end - start);
    if (cvg_text_starts(text, "localhost:")) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "must be an address, not a name: write 127.0.0.1%s", colon);
    }
    if (copy_host(start, length, host, sizeof host) < 0 ||
        inet_pton(bracket ? AF_INET6 : AF_INET, host, bracket ? (void *)&six : (void *)&four) !=
            1) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "must begin with an IPv4 address, or an IPv6 address in brackets");
    }
    if (copy_host(host, strlen(host), ret_host, host_size) < 0) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "the address is too long");
    }
    *ret_port = (uint16_t)port;
    return 0;
}
