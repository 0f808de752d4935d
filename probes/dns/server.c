/* SPDX-License-Identifier: Apache-2.0 */
/* Which servers are asked; see server.h. */
#include "server.h"

#include <convergate/number.h>

#include <ares.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define PORT 53

static int take_port(const char *text, uint32_t *ret)
{
    uint64_t number;
    if (cvg_parse_uint64(text, strlen(text), &number) < 0 || number == 0 || number > UINT16_MAX) {
        return -1;
    }
    *ret = (uint32_t)number;
    return 0;
}

const char *cvg_dns_server_take(const char *text, struct cvg_dns_server *ret)
{
    static const char wrong[] = "must be an address, as 192.0.2.1, 192.0.2.1:5353 or "
                                "[2001:db8::1]:5353, or system";
    unsigned char octets[16];
    struct cvg_dns_server server = {.port = PORT};
    if (strcmp(text, CVG_DNS_SYSTEM) == 0) {
        *ret = (struct cvg_dns_server){.address = CVG_DNS_SYSTEM};
        return NULL;
    }
    int bracket = text[0] == '[';
    const char *begin = text + bracket;
    const char *end = strchr(text, bracket ? ']' : ':');
    if (!bracket && end != NULL && strchr(end + 1, ':') != NULL) {
        end = NULL; /* an IPv6 address without a port */
    }
    size_t length = end != NULL ? (size_t)(end - begin) : strlen(begin);
    if ((bracket && end == NULL) || length >= sizeof(server.address)) {
        return wrong;
    }
    memcpy(server.address, begin, length);
    const char *port = end != NULL ? end + bracket : "";
    if (*port != '\0' && (*port != ':' || take_port(port + 1, &server.port) < 0)) {
        return wrong;
    }
    int is_6 = bracket || strchr(server.address, ':') != NULL;
    if (inet_pton(is_6 ? AF_INET6 : AF_INET, server.address, octets) != 1) {
        return wrong;
    }
    *ret = server;
    return NULL;
}

void cvg_dns_server_text(const struct cvg_dns_server *server, char *ret, size_t size)
{
    if (server->port == PORT || server->port == 0) {
        (void)snprintf(ret, size, "%s", server->address);
    } else {
        (void)snprintf(ret, size, strchr(server->address, ':') != NULL ? "[%s]:%u" : "%s:%u",
                       server->address, server->port);
    }
}

size_t cvg_dns_system_read(struct cvg_dns_server ret[CVG_DNS_SYSTEM_MOST])
{
    ares_channel channel = NULL;
    struct ares_addr_port_node *servers = NULL;
    size_t count = 0;
    struct ares_options options = {.flags = 0};
    if (ares_init_options(&channel, &options, ARES_OPT_FLAGS) == ARES_SUCCESS) {
        if (ares_get_servers_ports(channel, &servers) != ARES_SUCCESS) {
            servers = NULL;
        }
        ares_destroy(channel);
    }
    for (struct ares_addr_port_node *each = servers; each != NULL && count < CVG_DNS_SYSTEM_MOST;
         each = each->next) {
        struct cvg_dns_server *server = &ret[count];
        if (inet_ntop(each->family, &each->addr, server->address, sizeof(server->address)) !=
            NULL) {
            server->port = each->udp_port > 0 ? (uint32_t)each->udp_port : PORT;
            count++;
        }
    }
    if (servers != NULL) {
        ares_free_data(servers);
    }
    if (count == 0) {
        ret[count++] = (struct cvg_dns_server){.address = "127.0.0.1", .port = PORT};
    }
    return count;
}
