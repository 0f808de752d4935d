/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known about names, and who waits for it. An entry stands for a name and a family; it is
 * asked about once however many wait, and answers them one after the other in a later turn.
 * Entries that nobody waits for and that are out of date are dropped when there are too many.
 */
#include "io/name.h"

#include "base/alloc.h"
#include "base/map.h"
#include "base/time.h"
#include "io/loop_inner.h"
#include "io/name_inner.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define ENTRIES_SOFT 1024 /* beyond, what is out of date is dropped */
#define NAME_MOST    254  /* 253 and a dot at the end */
#define KEPT_LEAST   (5 * CVG_SECOND)
#define KEPT_MOST    (5 * CVG_MINUTE)
#define KEPT_FAILURE CVG_SECOND

struct entry {
    struct cvg_names *names;
    char *key; /* owned: family digit, then the name in lower case */
    bool asking;
    bool telling;                  /* its answer is being handed out: neither changed nor freed */
    int64_t expires;               /* of the answer; 0: none yet */
    struct cvg_name_answer answer; /* owns its addresses */
    struct lookup *first, *last;   /* who waits */
    struct cvg_later tell;
};

struct cvg_names {
    struct cvg_loop *loop;
    struct cvg_names_channel *channel;
    struct cvg_map *entries;
};

struct lookup {
    struct cvg_op op;
    struct cvg_loop *loop;
    struct entry *entry; /* NULL: needs no entry, told by `later` */
    struct lookup *previous, *next;
    struct cvg_later later;
    uint32_t family;
    void (*on_done)(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                    const char *const *addresses, size_t count);
    void *arg;
    char name[]; /* as asked */
};

static void drop_answer(struct entry *entry)
{
    for (size_t i = 0; i < entry->answer.count; i++) {
        free(entry->answer.addresses[i]);
    }
    free(entry->answer.addresses);
    entry->answer = (struct cvg_name_answer){0};
}

static void free_entry(struct entry *entry)
{
    cvg_later_remove(entry->names->loop, &entry->tell);
    drop_answer(entry);
    free(entry->key);
    free(entry);
}

int cvg_names_new(struct cvg_loop *loop, const struct cvg_loop_options *options,
                  struct cvg_names **ret, struct cvg_error *reterr)
{
    struct cvg_names_channel *channel;
    int code = cvg_names_channel_new(loop, options, &channel, reterr);
    if (code) {
        return code;
    }
    struct cvg_names *names = CVG_NEW(struct cvg_names);
    names->loop = loop;
    names->channel = channel;
    names->entries = cvg_map_new();
    *ret = names;
    return 0;
}

void cvg_names_free(struct cvg_names *names)
{
    if (!names) {
        return;
    }
    cvg_names_channel_free(names->channel);
    const char *key;
    void *value;
    for (size_t at = 0; cvg_map_next(names->entries, &at, &key, &value);) {
        free_entry(value);
    }
    cvg_map_free(names->entries);
    free(names);
}

static bool is_fresh(const struct entry *entry)
{
    return entry->expires > cvg_time_now();
}

static void drop_stale(struct cvg_names *names)
{
    const char *key;
    void *value;
    for (size_t at = 0; cvg_map_next(names->entries, &at, &key, &value);) {
        struct entry *entry = value;
        if (!entry->asking && !entry->telling && !entry->first && !entry->tell.queued &&
            !is_fresh(entry)) {
            cvg_map_remove(names->entries, entry->key);
            free_entry(entry);
        }
    }
}

static void make_key(const char *name, uint32_t family, char *ret)
{
    size_t at = 0;
    ret[at++] = (char)('0' + family);
    for (; *name; name++) {
        ret[at++] = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
    }
    ret[at] = '\0';
}

static bool is_host_name(const char *name)
{
    size_t length = strnlen(name, NAME_MOST + 1);
    if (length == 0 || length > NAME_MOST) {
        return false;
    }
    for (const char *c = name; *c; c++) {
        bool fine = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || *c == '-' || *c == '_' || *c == '.';
        if (!fine) {
            return false;
        }
    }
    return true;
}

static int literal_family(const char *text)
{
    struct in6_addr room;
    if (inet_pton(AF_INET, text, &room) == 1) {
        return CVG_FAMILY_IPV4;
    }
    return inet_pton(AF_INET6, text, &room) == 1 ? CVG_FAMILY_IPV6 : CVG_FAMILY_ANY;
}

bool cvg_name_is_literal(const char *text)
{
    return literal_family(text) != CVG_FAMILY_ANY;
}

static void unlink_lookup(struct lookup *lookup)
{
    struct entry *entry = lookup->entry;
    if (!entry) {
        return;
    }
    if (lookup->previous) {
        lookup->previous->next = lookup->next;
    } else {
        entry->first = lookup->next;
    }
    if (lookup->next) {
        lookup->next->previous = lookup->previous;
    } else {
        entry->last = lookup->previous;
    }
    lookup->entry = NULL;
}

static struct lookup *take_first(struct entry *entry)
{
    struct lookup *lookup = entry->first;
    entry->first = lookup->next;
    if (entry->first) {
        entry->first->previous = NULL;
    } else {
        entry->last = NULL;
    }
    lookup->entry = NULL;
    return lookup;
}

static void cancel(struct cvg_op *op)
{
    struct lookup *lookup = (struct lookup *)op;
    cvg_op_leave(op);
    unlink_lookup(lookup);
    cvg_later_remove(lookup->loop, &lookup->later);
    free(lookup);
}

static const struct cvg_op_kind kind = {"resolve", cancel};

/* The last callback; frees the lookup. */
static void tell(struct lookup *lookup, uint32_t fault, const char *why,
                 const char *const *addresses, size_t count)
{
    struct cvg_scope *scope = lookup->op.scope;
    char text[NAME_MOST + 160] = "";
    cvg_op_leave(&lookup->op);
    if (fault) {
        snprintf(text, sizeof text, "resolve %.*s: %s", NAME_MOST, lookup->name, why);
    }
    if (scope->hooks && scope->hooks->exchanged) {
        char found[512] = "";
        size_t used = 0;
        for (size_t i = 0; i < count && used + CVG_ADDRESS_TEXT < sizeof found; i++) {
            used += (size_t)snprintf(found + used, sizeof found - used, "%s%s", i ? " " : "",
                                     addresses[i]);
        }
        struct cvg_exchange exchange = {
            .kind = "resolve",
            .request = lookup->name,
            .sent = "",
            .fault = text,
            .received = found,
            .received_length = used,
            .total_length = used,
        };
        scope->hooks->exchanged(scope->owner, &exchange);
    }
    struct cvg_op_call call;
    cvg_op_enter(&call, scope);
    lookup->on_done(lookup->arg, &lookup->op, fault, text, addresses, count);
    cvg_op_return(&call);
    free(lookup);
}

static void on_tell(struct cvg_later *later)
{
    struct entry *entry = CVG_CONTAINER(later, struct entry, tell);
    if (!is_fresh(entry) && entry->asking) {
        return;
    }
    /* Callbacks may cancel others or ask again: what they add waits for the next turn. */
    size_t left = 0;
    for (const struct lookup *lookup = entry->first; lookup; lookup = lookup->next) {
        left++;
    }
    entry->telling = true;
    for (; left && entry->first; left--) {
        struct lookup *lookup = take_first(entry);
        tell(lookup, entry->answer.fault, entry->answer.text,
             (const char *const *)entry->answer.addresses, entry->answer.count);
    }
    entry->telling = false;
    if (entry->first) {
        cvg_later_add(entry->names->loop, &entry->tell, on_tell);
    }
}

static void on_answer(void *arg, struct cvg_name_answer *answer)
{
    struct entry *entry = arg;
    drop_answer(entry);
    entry->answer = *answer;
    entry->asking = false;
    int64_t kept =
        answer->fault ? KEPT_FAILURE : CVG_MIN(CVG_MAX(answer->ttl_ns, KEPT_LEAST), KEPT_MOST);
    entry->expires = cvg_time_now() + kept;
    cvg_later_add(entry->names->loop, &entry->tell, on_tell);
}

static struct entry *get_entry(struct cvg_names *names, const char *name, uint32_t family)
{
    char key[NAME_MOST + 2];
    make_key(name, family, key);
    struct entry *entry = cvg_map_get(names->entries, key);
    if (!entry) {
        if (cvg_map_count(names->entries) >= ENTRIES_SOFT) {
            drop_stale(names);
        }
        entry = CVG_NEW(struct entry);
        entry->names = names;
        entry->key = cvg_strdup(key);
        cvg_map_put(names->entries, key, entry);
    }
    return entry;
}

static void wait_for(struct lookup *lookup, struct entry *entry)
{
    lookup->entry = entry;
    lookup->previous = entry->last;
    if (entry->last) {
        entry->last->next = lookup;
    } else {
        entry->first = lookup;
    }
    entry->last = lookup;
}

static void on_literal(struct cvg_later *later)
{
    struct lookup *lookup = CVG_CONTAINER(later, struct lookup, later);
    int family = literal_family(lookup->name);
    if (family == CVG_FAMILY_ANY) {
        tell(lookup, CVG_FAULT_REQUEST, "not a host name", NULL, 0);
    } else if (lookup->family != CVG_FAMILY_ANY && lookup->family != (uint32_t)family) {
        tell(lookup, CVG_FAULT_CONNECT, "the address is of the other family", NULL, 0);
    } else {
        char address[CVG_ADDRESS_TEXT];
        snprintf(address, sizeof address, "%s", lookup->name);
        const char *const addresses[] = {address};
        tell(lookup, CVG_FAULT_NONE, "", addresses, 1);
    }
}

struct cvg_op *cvg_name_resolve(struct cvg_scope *scope, const char *name, uint32_t family,
                                void (*on_done)(void *arg, struct cvg_op *op, uint32_t fault,
                                                const char *text, const char *const *addresses,
                                                size_t count),
                                void *arg)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    size_t length = strnlen(name, NAME_MOST + 1);
    struct lookup *lookup = cvg_alloc(sizeof *lookup + length + 1);
    memcpy(lookup->name, name, length);
    lookup->loop = scope->loop;
    lookup->family = family == CVG_FAMILY_IPV4 || family == CVG_FAMILY_IPV6 ? family : 0;
    lookup->on_done = on_done;
    lookup->arg = arg;
    cvg_op_join(&lookup->op, &kind, scope);
    if (cvg_name_is_literal(lookup->name) || !is_host_name(lookup->name)) {
        cvg_later_add(scope->loop, &lookup->later, on_literal);
        return &lookup->op;
    }
    struct cvg_names *names = scope->loop->names;
    struct entry *entry = get_entry(names, lookup->name, lookup->family);
    wait_for(lookup, entry);
    if (is_fresh(entry) || entry->telling) {
        cvg_later_add(scope->loop, &entry->tell, on_tell);
    } else if (!entry->asking) {
        entry->asking = true;
        cvg_names_channel_ask(names->channel, lookup->name, lookup->family, on_answer, entry);
    }
    return &lookup->op;
}

size_t cvg_name_peek(struct cvg_loop *loop, const char *name, uint32_t family,
                     const char *const **ret_addresses)
{
    char key[NAME_MOST + 2];
    if (strnlen(name, NAME_MOST + 1) > NAME_MOST) {
        return 0;
    }
    make_key(name, family, key);
    const struct entry *entry = cvg_map_get(loop->names->entries, key);
    if (!entry || !is_fresh(entry) || !entry->answer.count) {
        return 0;
    }
    *ret_addresses = (const char *const *)entry->answer.addresses;
    return entry->answer.count;
}
