/* SPDX-License-Identifier: Apache-2.0 */
/* What the words of a check come to, and what is wrong with them; see config.h. */
#include "config.h"
#include "kit/memory.h"

#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct refusal {
    cvg_dns_refuse_key *refuse;
    void *arg;
    enum cvg_dns_words words;
    int refused;
};

static void refuse_key(struct refusal *refusal, const char *path, const char *text)
{
    refusal->refused = 1;
    refusal->refuse(refusal->arg, path, text);
}

static void refuse_item(struct refusal *refusal, const char *list, size_t number, const char *text)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "%s[%zu]", list, number);
    refuse_key(refusal, path, text);
}

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

static int list_refers(const struct cvg_list *list)
{
    const char *const *items = list->items;
    size_t i = 0;
    while (i < list->count && !refers(items[i])) {
        i++;
    }
    return i < list->count;
}

int cvg_dns_config_refers(const struct cvg_dns_check_config *config)
{
    return refers(config->name) || refers(config->serial) || list_refers(&config->expect) ||
           list_refers(&config->contains) || list_refers(&config->servers);
}

/* It will be known when the check runs. */
static int is_open(const struct refusal *refusal, const char *text)
{
    return refusal->words == CVG_DNS_AS_WRITTEN && refers(text);
}

/* ---- servers ---- */

/* One voice each, or `majority` and `all` mean less than they say. */
static int is_there(const struct cvg_dns_plan *plan)
{
    const struct cvg_dns_server *last = &plan->servers[plan->server_count];
    for (size_t i = 0; i < plan->server_count; i++) {
        if (plan->servers[i].port == last->port &&
            strcmp(plan->servers[i].address, last->address) == 0) {
            return 1;
        }
    }
    return 0;
}

static void take_servers(struct refusal *refusal, const struct cvg_list *list,
                         struct cvg_dns_plan *plan)
{
    const char *const *items = list->items;
    for (size_t i = 0; i < list->count && i < CVG_DNS_SERVERS_MOST; i++) {
        if (is_open(refusal, items[i])) {
            continue;
        }
        const char *wrong = cvg_dns_server_take(items[i], &plan->servers[plan->server_count]);
        if (wrong == NULL && is_there(plan)) {
            wrong = "stands here twice";
        }
        if (wrong != NULL) {
            refuse_item(refusal, "servers", i, wrong);
        } else {
            plan->server_count++;
        }
    }
}

int cvg_dns_source_check(const struct cvg_dns_source_config *config, cvg_dns_refuse_key *refuse,
                         void *arg)
{
    struct refusal refusal = {.refuse = refuse, .arg = arg, .words = CVG_DNS_FILLED_IN};
    struct cvg_dns_plan plan = {.server_count = 0};
    take_servers(&refusal, &config->servers, &plan);
    return refusal.refused ? -1 : 0;
}

/* ---- names and values ---- */

static void take_name(struct refusal *refusal, const struct cvg_dns_check_config *config,
                      struct cvg_dns_plan *plan)
{
    char reversed[CVG_DNS_NAME_MOST];
    if (is_open(refusal, config->name)) {
        return;
    }
    int is_address = cvg_dns_name_reverse(config->name, reversed) == 0;
    if (is_address && config->type == CVG_DNS_PTR) {
        memcpy(plan->name, reversed, sizeof(plan->name));
        return;
    }
    const char *wrong = is_address ? "is an address, and only type: PTR takes one"
                                   : cvg_dns_name_take(config->name, plan->name);
    if (wrong != NULL) {
        refuse_key(refusal, "name", wrong);
    }
}

static int in_order(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void take_wanted(struct refusal *refusal, const char *key, const struct cvg_list *list,
                        struct cvg_dns_plan *plan)
{
    char value[CVG_DNS_VALUE_TEXT];
    const char *const *items = list->items;
    plan->wanted = cvg_kit_alloc((list->count + 1) * sizeof(*plan->wanted));
    for (size_t i = 0; i < list->count; i++) {
        if (is_open(refusal, items[i])) {
            continue;
        }
        const char *wrong = cvg_dns_value_take(plan->type, items[i], value);
        if (wrong != NULL) {
            refuse_item(refusal, key, i, wrong);
        } else {
            plan->wanted[plan->wanted_count++] = cvg_kit_copy(value);
        }
    }
    if (plan->wanted_count > 1) {
        qsort(plan->wanted, plan->wanted_count, sizeof(*plan->wanted), in_order);
    }
    size_t kept = 0;
    for (size_t i = 0; i < plan->wanted_count; i++) {
        if (kept > 0 && strcmp(plan->wanted[kept - 1], plan->wanted[i]) == 0) {
            free(plan->wanted[i]);
        } else {
            plan->wanted[kept++] = plan->wanted[i];
        }
    }
    plan->wanted_count = kept;
}

static void take_serial(struct refusal *refusal, const struct cvg_dns_check_config *config,
                        struct cvg_dns_plan *plan)
{
    uint64_t number;
    if (config->type != CVG_DNS_SOA) {
        refuse_key(refusal, "serial", "has no effect beside this type: only a SOA has one");
    } else if (is_open(refusal, config->serial)) {
        return;
    } else if (cvg_parse_uint64(config->serial, strlen(config->serial), &number) < 0 ||
               number > UINT32_MAX) {
        refuse_key(refusal, "serial", "must be a number from 0 to 4294967295");
    } else {
        plan->has_serial = 1;
        plan->serial = (uint32_t)number;
    }
}

/* ---- keys beside each other ---- */

static void check_conditions(struct refusal *refusal, const struct cvg_dns_check_config *config)
{
    int has_count = config->count != CVG_ABSENT_INT;
    int has_least = config->at_least != CVG_ABSENT_INT;
    int has_ttl = config->min_ttl != CVG_ABSENT_INT || config->max_ttl != CVG_ABSENT_INT;
    if (config->expect.count > 0 && config->contains.count > 0) {
        refuse_key(refusal, "contains", "has no effect beside expect");
    }
    if (has_count && (config->expect.count > 0 || config->contains.count > 0) &&
        (config->expect.count > 0 || config->count == 0)) {
        refuse_key(refusal, "count",
                   config->count == 0 ? "of 0 contradicts the records wanted"
                                      : "has no effect beside expect");
    }
    if (has_least && (config->expect.count > 0 || has_count)) {
        refuse_key(refusal, "at_least",
                   has_count ? "has no effect beside count" : "has no effect beside expect");
    }
    if (has_count && config->count == 0 && (has_ttl || config->serial != NULL)) {
        refuse_key(refusal, "count", "of 0 leaves no record that could have a TTL or a serial");
    }
    if (config->min_ttl != CVG_ABSENT_INT && config->max_ttl != CVG_ABSENT_INT &&
        config->min_ttl > config->max_ttl) {
        refuse_key(refusal, "max_ttl", "is below min_ttl");
    }
}

int cvg_dns_plan_make(const struct cvg_dns_check_config *config,
                      const struct cvg_dns_source_config *source, enum cvg_dns_words words,
                      cvg_dns_refuse_key *refuse, void *arg, struct cvg_dns_plan *ret)
{
    struct refusal refusal = {.refuse = refuse, .arg = arg, .words = words};
    *ret = (struct cvg_dns_plan){.type = config->type,
                                 .agree = config->agree,
                                 .authenticated = config->authenticated == 1,
                                 .exact = config->expect.count > 0,
                                 .count = config->count,
                                 .at_least = config->at_least,
                                 .min_ttl = config->min_ttl,
                                 .max_ttl = config->max_ttl};
    take_name(&refusal, config, ret);
    if (config->serial != NULL) {
        take_serial(&refusal, config, ret);
    }
    check_conditions(&refusal, config);
    take_wanted(&refusal, ret->exact ? "expect" : "contains",
                ret->exact ? &config->expect : &config->contains, ret);
    take_servers(&refusal, config->servers.count > 0 ? &config->servers : &source->servers, ret);
    if (ret->server_count == 0) {
        (void)cvg_dns_server_take(CVG_DNS_SYSTEM, &ret->servers[ret->server_count++]);
    }
    if (refusal.refused) {
        cvg_dns_plan_done(ret);
        return -1;
    }
    return 0;
}

void cvg_dns_plan_done(struct cvg_dns_plan *plan)
{
    for (size_t i = 0; i < plan->wanted_count; i++) {
        free(plan->wanted[i]);
    }
    free(plan->wanted);
    plan->wanted = NULL;
    plan->wanted_count = 0;
}
