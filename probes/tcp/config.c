/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of sources and checks; see config.h. */
#include "config.h"

#include "banner.h"
#include "kit/reach.h"

#include <stddef.h>
#include <string.h>

#define MILLISECOND INT64_C(1000000)
#define MINUTE      (60000 * MILLISECOND)

const struct cvg_field cvg_tcp_source_fields[] = {
    {.name = "allow_link_local",
     .doc = "Connect to link-local addresses too, among them the metadata services of clouds.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_tcp_source_config, allow_link_local)},
    {0},
};

static const char *const family_choices[] = {"any", "ipv4", "ipv6", NULL};

static const struct cvg_field expect_fields[] = {
    {.name = "contains",
     .doc = "What is said holds this text somewhere.",
     .example = "\"220 \"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tcp_expect, contains),
     .max = 1024},
    {.name = "matches",
     .doc =
         "An extended regular expression that what is said must match somewhere; begin it with ^ "
         "for its beginning.",
     .example = "\"^SSH-2\\\\.0-\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tcp_expect, matches),
     .max = 512},
    {.name = "within",
     .doc = "How long to wait for it once connected. Without it, as long as the check's timeout "
            "leaves.",
     .example = "2s",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_tcp_expect, within),
     .min = 10 * MILLISECOND,
     .max = 10 * MINUTE},
    {.name = "limit",
     .doc = "It must stand within so many bytes; more are not read.",
     .default_text = "4KiB",
     .type = CVG_FIELD_SIZE,
     .offset = offsetof(struct cvg_tcp_expect, limit),
     .min = 16,
     .max = CVG_TCP_BANNER_MOST},
    {0},
};

const struct cvg_field cvg_tcp_check_fields[] = {
    {.name = "host",
     .doc = "The host: a name, or an address without brackets.",
     .example = "db.example.com",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tcp_check_config, host),
     .max = 1024},
    {.name = "port",
     .doc = "The port.",
     .example = "5432",
     .type = CVG_FIELD_INT,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct cvg_tcp_check_config, port),
     .min = 1,
     .max = 65535},
    {.name = "family",
     .doc = "Which of the host's addresses are tried.",
     .default_text = "any",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_tcp_check_config, family),
     .choices = family_choices},
    {.name = "send",
     .doc = "Sent as soon as the connection stands, for services that speak second. In YAML's "
            "double quotes \\r and \\n are the ends of lines.",
     .example = "\"PING\\r\\n\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_tcp_check_config, send),
     .max = 4096},
    {.name = "expect",
     .doc = "What the service must say: the check is ready only when it did. Without it, that it "
            "accepts the connection is enough.",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct cvg_tcp_check_config, expect),
     .members = expect_fields,
     .member_size = sizeof(struct cvg_tcp_expect)},
    {.name = "expect_closed",
     .doc = "Nothing may listen: refused is ready, accepted is failed. Silence is unknown, since a "
            "firewall that drops packets looks like a network that does.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_tcp_check_config, closed)},
    {0},
};

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

int cvg_tcp_check_refers(const struct cvg_tcp_check_config *config)
{
    return refers(config->host) || refers(config->send) ||
           (config->expect != NULL &&
            (refers(config->expect->contains) || refers(config->expect->matches)));
}

static int check_expect(const struct cvg_tcp_expect *expect, cvg_tcp_refuse *refuse, void *arg)
{
    char text[160];
    if (expect->contains == NULL && expect->matches == NULL) {
        refuse(arg, "expect", "needs contains, matches or both");
        return -1;
    }
    if (!refers(expect->matches) &&
        cvg_tcp_pattern_check(expect->matches, text, sizeof(text)) < 0) {
        refuse(arg, "expect.matches", text);
        return -1;
    }
    return 0;
}

int cvg_tcp_check_check(const struct cvg_tcp_check_config *config, cvg_tcp_refuse *refuse,
                        void *arg)
{
    const char *problem = refers(config->host) ? NULL : cvg_kit_host_check(config->host);
    int refused = 0;
    if (problem != NULL) {
        refuse(arg, "host", problem);
        refused = -1;
    }
    if (config->expect != NULL && check_expect(config->expect, refuse, arg) < 0) {
        refused = -1;
    }
    if (config->closed == 1 && (config->expect != NULL || config->send != NULL)) {
        refuse(arg, "expect_closed", "has nobody to speak with: leave out send and expect");
        refused = -1;
    }
    return refused;
}
