/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are link-local, however they are dressed up. Pure; any thread. */
#include "io/guard.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static bool is_link_local_4(const uint8_t *octets)
{
    return octets[0] == 169 && octets[1] == 254;
}

static bool is_link_local_6(const uint8_t *octets)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t compatible[12] = {0};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t metadata[16] = {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};

    if (octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80) {
        return true;
    }
    if (memcmp(octets, metadata, sizeof metadata) == 0) {
        return true;
    }
    if (memcmp(octets, mapped, sizeof mapped) == 0 ||
        memcmp(octets, compatible, sizeof compatible) == 0 ||
        memcmp(octets, nat64, sizeof nat64) == 0) {
        return is_link_local_4(octets + 12);
    }
    if (octets[0] == 0x20 && octets[1] == 0x02) {
        return is_link_local_4(octets + 2);
    }
    return false;
}

bool cvg_guard_is_link_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        uint8_t octets[4];
        memcpy(octets, &in.sin_addr, sizeof octets);
        return is_link_local_4(octets);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        return is_link_local_6(in6.sin6_addr.s6_addr);
    }
    return false;
}
