/* SPDX-License-Identifier: Apache-2.0 */
/* A table of chains with a seeded hash: nobody can choose addresses that share a chain. */
#include "server/addresses.h"

#include "base/alloc.h"
#include "base/random.h"

#include <netinet/in.h>
#include <string.h>

#define CHAINS 4096u /* a power of two */

/* Marks IPv4, so that no address of it has the key 0, or that of an IPv6 network. */
#define FOUR (UINT64_C(0xfffffffe) << 32)

struct entry {
    struct entry *next;
    uint64_t key;
    unsigned count;
};

struct cvg_addresses {
    uint64_t seed;
    struct entry *chains[CHAINS];
};

struct cvg_addresses *cvg_addresses_new(void)
{
    struct cvg_addresses *addresses = CVG_NEW(struct cvg_addresses);

    cvg_random_bytes(&addresses->seed, sizeof(addresses->seed));
    return addresses;
}

void cvg_addresses_free(struct cvg_addresses *addresses)
{
    for (size_t i = 0; addresses && i < CHAINS; i++) {
        while (addresses->chains[i]) {
            struct entry *entry = addresses->chains[i];
            addresses->chains[i] = entry->next;
            free(entry);
        }
    }
    free(addresses);
}

uint64_t cvg_addresses_key(const struct sockaddr *address)
{
    uint64_t key = 0;

    if (address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof(four));
        return FOUR | four.sin_addr.s_addr;
    }
    if (address->sa_family != AF_INET6) {
        return 0;
    }
    struct sockaddr_in6 six;
    memcpy(&six, address, sizeof(six));
    if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
        uint32_t four;
        memcpy(&four, &six.sin6_addr.s6_addr[12], sizeof(four));
        return FOUR | four;
    }
    memcpy(&key, six.sin6_addr.s6_addr, sizeof(key));
    return key ? key : 1; /* ::1 */
}

static struct entry **find(const struct cvg_addresses *addresses, uint64_t key)
{
    uint64_t mixed = (key ^ addresses->seed) * UINT64_C(0x9e3779b97f4a7c15);
    /* Chains are this table's own memory, which its owner lets us change. */
    struct entry **link =
        (struct entry **)(uintptr_t)&addresses->chains[(mixed >> 40) & (CHAINS - 1)];

    while (*link && (*link)->key != key) {
        link = &(*link)->next;
    }
    return link;
}

unsigned cvg_addresses_count(const struct cvg_addresses *addresses, uint64_t key)
{
    const struct entry *entry = key ? *find(addresses, key) : NULL;

    return entry ? entry->count : 0;
}

void cvg_addresses_add(struct cvg_addresses *addresses, uint64_t key)
{
    struct entry **link = key ? find(addresses, key) : NULL;

    if (!link) {
        return;
    }
    if (!*link) {
        *link = CVG_NEW(struct entry);
        (*link)->key = key;
    }
    (*link)->count++;
}

void cvg_addresses_remove(struct cvg_addresses *addresses, uint64_t key)
{
    struct entry **link = key ? find(addresses, key) : NULL;

    if (link && *link && --(*link)->count == 0) {
        struct entry *gone = *link;
        *link = gone->next;
        free(gone);
    }
}
