/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of sources and checks; see config.h. */
#include "config.h"

#include <stddef.h>

#define NS_A_SECOND INT64_C(1000000000)

static const char *const agree_choices[] = {"all", "any", "majority", NULL};

const struct cvg_field cvg_dns_source_fields[] = {
    {.name = "servers",
     .doc = "The name servers that are asked: addresses, with a port behind them where it is not "
            "53. system stands for those of this machine's resolv.conf, which are asked one after "
            "the other until one answers, as one server.",
     .default_text = "[system]",
     .example = "[192.0.2.53, \"[2001:db8::53]:5353\"]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_dns_source_config, servers),
     .max = CVG_DNS_SERVERS_MOST},
    {.name = "allow_link_local",
     .doc = "Also servers at link-local addresses and those of metadata services are asked, as "
            "169.254.169.253 of AWS.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_dns_source_config, allow_link_local)},
    {0},
};

const struct cvg_field cvg_dns_check_fields[] = {
    {.name = "name",
     .doc = "The name that is asked for, always absolute: search domains are never put behind it. "
            "Beside type: PTR it may be an address.",
     .example = "shop.example.net",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_dns_check_config, name),
     .max = 1024},
    {.name = "type",
     .doc = "Which records. both is A and AAAA, each of which must be there.",
     .default_text = "A",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_dns_check_config, type),
     .choices = cvg_dns_type_choices},
    {.name = "expect",
     .doc =
         "Exactly these records, in any order, written as in a zone file. A TXT record's strings "
         "are put together.",
     .example = "[192.0.2.10, 192.0.2.11]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_dns_check_config, expect),
     .max = CVG_DNS_WANTED_MOST},
    {.name = "contains",
     .doc = "These records, and perhaps others. Not beside expect.",
     .example = "\"10 mail.example.net\"",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_dns_check_config, contains),
     .max = CVG_DNS_WANTED_MOST},
    {.name = "count",
     .doc = "So many records. 0 wants that there are none: no such name, or none of this type.",
     .example = "3",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_dns_check_config, count),
     .min = 0,
     .max = 256},
    {.name = "at_least",
     .doc = "So many records or more.",
     .example = "2",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_dns_check_config, at_least),
     .min = 1,
     .max = 256},
    {.name = "servers",
     .doc = "Instead of the source's servers.",
     .example = "[192.0.2.53, system]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_dns_check_config, servers),
     .max = CVG_DNS_SERVERS_MOST},
    {.name = "servers_agree",
     .doc = "How many of the servers must answer as wanted, and the same: all, any of them, or "
            "more than half.",
     .default_text = "all",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_dns_check_config, agree),
     .choices = agree_choices},
    {.name = "serial",
     .doc = "Beside type: SOA: the zone's serial has come to this one, in the order of RFC 1982. "
            "May be a fact of another check.",
     .example = "\"2024010107\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_dns_check_config, serial),
     .max = 1024},
    {.name = "min_ttl",
     .doc = "The least TTL of the records and the aliases before them is this long or longer.",
     .example = "5m",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_dns_check_config, min_ttl),
     .min = NS_A_SECOND,
     .max = INT64_MAX},
    {.name = "max_ttl",
     .doc = "The least TTL is no longer than this, as before a move.",
     .example = "60s",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_dns_check_config, max_ttl),
     .min = 0,
     .max = INT64_MAX},
    {.name = "authenticated",
     .doc = "The server must say that it verified the answer by DNSSEC (AD bit). Only as good as "
            "the way to the server: ask one on this machine or in a network that is trusted.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_dns_check_config, authenticated)},
    {0},
};
