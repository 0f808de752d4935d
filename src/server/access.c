/* SPDX-License-Identifier: Apache-2.0 */
/* The policy as three arrays that are walked whole: there are few, and a walk tells no secret. */
#include "server/access.h"

#include "base/alloc.h"
#include "base/text.h"
#include "crypto/compare.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What the kernel says of users whom this user namespace does not have: anybody. */
#define OVERFLOW_UID 65534u

struct cvg_access {
    _Atomic unsigned references;
    struct cvg_arena *arena; /* owner of the rest */
    struct cvg_grants tokens, clients, users;
    uint32_t own_uid;
};

static const char *copy(struct cvg_arena *arena, const char *text)
{
    return text ? cvg_arena_strdup(arena, text) : NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted and without repeats, as lists are shown. */
static const char *const *copy_names(struct cvg_arena *arena, const char *const *names)
{
    size_t count = 0, kept = 0;

    while (names && names[count]) {
        count++;
    }
    if (!names) {
        return NULL;
    }
    const char **ret = cvg_arena_alloc(arena, (count + 1) * sizeof(*ret));
    for (size_t i = 0; i < count; i++) {
        ret[i] = cvg_arena_strdup(arena, names[i]);
    }
    qsort(ret, count, sizeof(*ret), compare_names);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(ret[kept - 1], ret[i]) != 0) {
            ret[kept++] = ret[i];
        }
    }
    ret[kept] = NULL;
    return ret;
}

static struct cvg_grants copy_grants(struct cvg_arena *arena, const struct cvg_grants *grants)
{
    struct cvg_grant *items = cvg_arena_alloc(arena, (grants->count + 1) * sizeof(*items));

    for (size_t i = 0; i < grants->count; i++) {
        items[i] = grants->items[i];
        items[i].name = copy(arena, grants->items[i].name);
        items[i].environments = copy_names(arena, grants->items[i].environments);
        items[i].common_name = copy(arena, grants->items[i].common_name);
        items[i].dns = copy(arena, grants->items[i].dns);
        items[i].uri = copy(arena, grants->items[i].uri);
    }
    return (struct cvg_grants){items, grants->count};
}

struct cvg_access *cvg_access_new(const struct cvg_access_options *options)
{
    struct cvg_access *access = CVG_NEW(struct cvg_access);

    atomic_init(&access->references, 1);
    access->arena = cvg_arena_new();
    access->tokens = copy_grants(access->arena, &options->tokens);
    access->clients = copy_grants(access->arena, &options->clients);
    access->users = copy_grants(access->arena, &options->users);
    access->own_uid = options->own_uid;
    return access;
}

struct cvg_access *cvg_access_ref(struct cvg_access *access)
{
    atomic_fetch_add_explicit(&access->references, 1, memory_order_relaxed);
    return access;
}

void cvg_access_unref(struct cvg_access *access)
{
    if (access && atomic_fetch_sub_explicit(&access->references, 1, memory_order_acq_rel) == 1) {
        cvg_arena_free(access->arena);
        free(access);
    }
}

bool cvg_access_is_closed(const struct cvg_access *access)
{
    return access->tokens.count || access->clients.count;
}

/* ---- who asks ---- */

static void become(struct cvg_identity *ret, const char *kind, const struct cvg_grant *grant)
{
    (void)snprintf(ret->who, sizeof(ret->who), "%s:%s", kind, grant->name);
    ret->scopes = grant->scopes;
    ret->environments = grant->environments;
}

/* The token behind "Bearer "; false: the header speaks of something else. */
static bool bearer(const struct cvg_presented *presented, const char **ret, size_t *ret_length)
{
    static const char scheme[] = "Bearer ";
    const char *at = presented->authorization;
    size_t length = presented->authorization_length;

    if (!at || length < sizeof(scheme) - 1 || strncasecmp(at, scheme, sizeof(scheme) - 1) != 0) {
        return false;
    }
    at += sizeof(scheme) - 1;
    length -= sizeof(scheme) - 1;
    while (length && *at == ' ') {
        at++;
        length--;
    }
    *ret = at;
    *ret_length = length;
    return true;
}

/* No short cut: how long it takes tells neither whether one was found nor how near it was. */
static const struct cvg_grant *find_token(const struct cvg_access *access, const char *token,
                                          size_t length)
{
    unsigned char digest[CVG_SHA256_SIZE];
    const struct cvg_grant *found = NULL;

    cvg_sha256(token, length, digest);
    for (size_t i = 0; i < access->tokens.count; i++) {
        bool equal = cvg_compare_secret(digest, access->tokens.items[i].sha256, sizeof(digest));
        found = equal ? &access->tokens.items[i] : found;
    }
    return found;
}

static bool has(const char *const *names, const char *name, bool nocase)
{
    for (size_t i = 0; names && names[i]; i++) {
        if (nocase ? cvg_text_equal_nocase(names[i], name) : strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const struct cvg_grant *find_client(const struct cvg_access *access,
                                           const struct cvg_certificate_names *names)
{
    for (size_t i = 0; i < access->clients.count; i++) {
        const struct cvg_grant *grant = &access->clients.items[i];
        if ((grant->common_name && names->common_name &&
             strcmp(grant->common_name, names->common_name) == 0) ||
            (grant->dns && has(names->dns, grant->dns, true)) ||
            (grant->uri && has(names->uris, grant->uri, false))) {
            return grant;
        }
    }
    return NULL;
}

static bool is_master(const struct cvg_access *access, const struct cvg_presented *presented)
{
    return presented->has_peer && presented->peer_uid != OVERFLOW_UID &&
           (presented->peer_uid == 0 || presented->peer_uid == access->own_uid);
}

static const struct cvg_grant *find_user(const struct cvg_access *access, uint32_t uid)
{
    for (size_t i = 0; i < access->users.count; i++) {
        if (access->users.items[i].uid == uid) {
            return &access->users.items[i];
        }
    }
    return NULL;
}

/* Without a credential of its own: what the place it comes from gives. */
static enum cvg_access_outcome by_place(const struct cvg_access *access,
                                        const struct cvg_presented *presented,
                                        struct cvg_identity *ret)
{
    bool closed = cvg_access_is_closed(access);
    const struct cvg_grant *user =
        presented->has_peer ? find_user(access, presented->peer_uid) : NULL;

    if (user) {
        become(ret, "user", user);
        return CVG_ACCESS_GRANTED;
    }
    if (presented->has_peer) {
        (void)snprintf(ret->who, sizeof(ret->who), "user:%u", presented->peer_uid);
    } else {
        (void)snprintf(ret->who, sizeof(ret->who), "local");
    }
    if (is_master(access, presented)) {
        ret->scopes = CVG_MAY_ALL;
        return CVG_ACCESS_GRANTED;
    }
    if (!closed) {
        ret->scopes = CVG_MAY_READ | CVG_MAY_DECIDE;
        return CVG_ACCESS_GRANTED;
    }
    ret->who[0] = '\0';
    return presented->has_peer ? CVG_ACCESS_UNKNOWN : CVG_ACCESS_MISSING;
}

enum cvg_access_outcome cvg_access_identify(const struct cvg_access *access,
                                            const struct cvg_presented *presented,
                                            struct cvg_identity *ret)
{
    const char *token = NULL;
    size_t length = 0;

    *ret = (struct cvg_identity){.who = ""};
    /* Without tokens the header is somebody else's business: that of a proxy in front. */
    if (access->tokens.count && bearer(presented, &token, &length)) {
        const struct cvg_grant *grant = find_token(access, token, length);
        if (!grant) {
            return CVG_ACCESS_BAD_TOKEN;
        }
        become(ret, "token", grant);
        return CVG_ACCESS_GRANTED;
    }
    if (presented->certificate) {
        const struct cvg_grant *grant = find_client(access, presented->certificate);
        if (grant) {
            become(ret, "client", grant);
        }
        return grant ? CVG_ACCESS_GRANTED : CVG_ACCESS_UNKNOWN;
    }
    return presented->bad_certificate ? CVG_ACCESS_BAD_CERTIFICATE
                                      : by_place(access, presented, ret);
}

/* ---- whether that one may ---- */

bool cvg_access_sees(const struct cvg_identity *identity, const char *environment)
{
    return !identity->environments || has(identity->environments, environment, false);
}

enum cvg_access_outcome cvg_access_judge(const struct cvg_identity *identity,
                                         const struct cvg_want *want)
{
    bool named = want->environment && want->environment[0];

    if ((identity->scopes & want->scope) != want->scope) {
        return CVG_ACCESS_SCOPE;
    }
    if (want->scope == 0) {
        return CVG_ACCESS_GRANTED;
    }
    if ((named && !cvg_access_sees(identity, want->environment)) ||
        (want->all_environments && identity->environments)) {
        return CVG_ACCESS_ENVIRONMENT;
    }
    return CVG_ACCESS_GRANTED;
}

const char *cvg_access_text(enum cvg_access_outcome outcome)
{
    static const char *const texts[CVG_ACCESS_OUTCOMES] = {
        [CVG_ACCESS_GRANTED] = "granted",         [CVG_ACCESS_MISSING] = "missing",
        [CVG_ACCESS_BAD_TOKEN] = "bad_token",     [CVG_ACCESS_BAD_CERTIFICATE] = "bad_certificate",
        [CVG_ACCESS_UNKNOWN] = "unknown",         [CVG_ACCESS_SCOPE] = "scope",
        [CVG_ACCESS_ENVIRONMENT] = "environment",
    };

    return texts[outcome];
}
