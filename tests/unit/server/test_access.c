/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, and whether that one may: tables of the two pure functions. */
#include "server/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OWN_UID 990u

static const char *const staging[] = {"staging", NULL};
static const char *const both[] = {"staging", "prod", "staging", NULL};

enum {
    OPEN = 0,      /* nothing is configured */
    USERS_ONLY,    /* users alone do not close the door */
    TOKENS,        /* tokens and users */
    TOKENS_CLIENTS /* all */
};

static struct cvg_access *make(int kind)
{
    struct cvg_grant tokens[] = {
        {.name = "ci", .scopes = CVG_MAY_READ | CVG_MAY_DECIDE, .environments = both},
        {.name = "ops", .scopes = CVG_MAY_ALL},
    };
    struct cvg_grant clients[] = {
        {.name = "spinnaker", .scopes = CVG_MAY_READ, .common_name = "spin"},
        {.name = "argo", .scopes = CVG_MAY_READ, .uri = "spiffe://x/argo"},
        {.name = "jenkins", .scopes = CVG_MAY_PUSH, .dns = "ci.example"},
    };
    struct cvg_grant users[] = {
        {.name = "alice", .scopes = CVG_MAY_READ, .uid = 1000, .environments = staging},
    };
    struct cvg_access_options options = {
        .tokens = {tokens, kind >= TOKENS ? 2 : 0},
        .clients = {clients, kind >= TOKENS_CLIENTS ? 3 : 0},
        .users = {users, kind >= USERS_ONLY ? 1 : 0},
        .own_uid = OWN_UID,
    };

    cvg_sha256("secret-ci", 9, tokens[0].sha256);
    cvg_sha256("secret-ops", 10, tokens[1].sha256);
    struct cvg_access *access = cvg_access_new(&options);
    memset(tokens, 0xff, sizeof(tokens)); /* everything was copied */
    return access;
}

static const char *const no_names[] = {NULL};
static const char *const argo_uris[] = {"spiffe://x/other", "spiffe://x/argo", NULL};
static const char *const jenkins_dns[] = {"CI.Example", NULL};
static const struct cvg_certificate_names spinnaker = {"spin", no_names, no_names},
                                          argo = {NULL, no_names, argo_uris},
                                          jenkins = {"x", jenkins_dns, no_names},
                                          stranger = {"spinn", no_names, no_names},
                                          nameless = {NULL, NULL, NULL};

#define UNKNOWN_UID 4000

static const struct {
    const char *name;
    int kind;
    const char *authorization;
    const struct cvg_certificate_names *certificate;
    bool bad_certificate;
    int64_t uid; /* -1: not over the socket */
    enum cvg_access_outcome want;
    const char *who;
    uint32_t scopes;
} identities[] = {
    {"open: anybody", OPEN, NULL, NULL, false, -1, CVG_ACCESS_GRANTED, "local",
     CVG_MAY_READ | CVG_MAY_DECIDE},
    {"open: the header is the proxy's business", OPEN, "Bearer whatever", NULL, false, -1,
     CVG_ACCESS_GRANTED, "local", CVG_MAY_READ | CVG_MAY_DECIDE},
    {"open: root over the socket", OPEN, NULL, NULL, false, 0, CVG_ACCESS_GRANTED, "user:0",
     CVG_MAY_ALL},
    {"open: somebody over the socket", OPEN, NULL, NULL, false, UNKNOWN_UID, CVG_ACCESS_GRANTED,
     "user:4000", CVG_MAY_READ | CVG_MAY_DECIDE},
    {"users: the network stays open", USERS_ONLY, NULL, NULL, false, -1, CVG_ACCESS_GRANTED,
     "local", CVG_MAY_READ | CVG_MAY_DECIDE},
    {"users: what was granted and no more", USERS_ONLY, NULL, NULL, false, 1000, CVG_ACCESS_GRANTED,
     "user:alice", CVG_MAY_READ},
    {"closed: nobody", TOKENS, NULL, NULL, false, -1, CVG_ACCESS_MISSING, "", 0},
    {"closed: a token", TOKENS, "Bearer secret-ci", NULL, false, -1, CVG_ACCESS_GRANTED, "token:ci",
     CVG_MAY_READ | CVG_MAY_DECIDE},
    {"closed: the scheme in any case", TOKENS, "BEARER   secret-ops", NULL, false, -1,
     CVG_ACCESS_GRANTED, "token:ops", CVG_MAY_ALL},
    {"closed: another token", TOKENS, "Bearer secret-cj", NULL, false, -1, CVG_ACCESS_BAD_TOKEN, "",
     0},
    {"closed: the beginning of a token", TOKENS, "Bearer secret-c", NULL, false, -1,
     CVG_ACCESS_BAD_TOKEN, "", 0},
    {"closed: a token and more", TOKENS, "Bearer secret-ci ", NULL, false, -1, CVG_ACCESS_BAD_TOKEN,
     "", 0},
    {"closed: no token at all", TOKENS, "Bearer ", NULL, false, -1, CVG_ACCESS_BAD_TOKEN, "", 0},
    {"closed: another scheme", TOKENS, "Basic c2VjcmV0LWNp", NULL, false, -1, CVG_ACCESS_MISSING,
     "", 0},
    {"closed: the scheme alone", TOKENS, "Bearer", NULL, false, -1, CVG_ACCESS_MISSING, "", 0},
    {"closed: root over the socket", TOKENS, NULL, NULL, false, 0, CVG_ACCESS_GRANTED, "user:0",
     CVG_MAY_ALL},
    {"closed: the daemon's own user", TOKENS, NULL, NULL, false, OWN_UID, CVG_ACCESS_GRANTED,
     "user:990", CVG_MAY_ALL},
    {"closed: a user of the list", TOKENS, NULL, NULL, false, 1000, CVG_ACCESS_GRANTED,
     "user:alice", CVG_MAY_READ},
    {"closed: a user of no list", TOKENS, NULL, NULL, false, UNKNOWN_UID, CVG_ACCESS_UNKNOWN, "",
     0},
    {"closed: a bad token of root's", TOKENS, "Bearer x", NULL, false, 0, CVG_ACCESS_BAD_TOKEN, "",
     0},
    {"certificate: by its common name", TOKENS_CLIENTS, NULL, &spinnaker, false, -1,
     CVG_ACCESS_GRANTED, "client:spinnaker", CVG_MAY_READ},
    {"certificate: by one of its URIs", TOKENS_CLIENTS, NULL, &argo, false, -1, CVG_ACCESS_GRANTED,
     "client:argo", CVG_MAY_READ},
    {"certificate: by its DNS name, in any case", TOKENS_CLIENTS, NULL, &jenkins, false, -1,
     CVG_ACCESS_GRANTED, "client:jenkins", CVG_MAY_PUSH},
    {"certificate: a longer name", TOKENS_CLIENTS, NULL, &stranger, false, -1, CVG_ACCESS_UNKNOWN,
     "", 0},
    {"certificate: without names", TOKENS_CLIENTS, NULL, &nameless, false, -1, CVG_ACCESS_UNKNOWN,
     "", 0},
    {"certificate: one that did not verify", TOKENS_CLIENTS, NULL, NULL, true, -1,
     CVG_ACCESS_BAD_CERTIFICATE, "", 0},
    {"a token speaks before a certificate", TOKENS_CLIENTS, "Bearer secret-ci", &spinnaker, false,
     -1, CVG_ACCESS_GRANTED, "token:ci", CVG_MAY_READ | CVG_MAY_DECIDE},
    {"a bad token is not saved by a certificate", TOKENS_CLIENTS, "Bearer x", &spinnaker, false, -1,
     CVG_ACCESS_BAD_TOKEN, "", 0},
    {"a token beside a certificate that did not verify", TOKENS_CLIENTS, "Bearer secret-ops", NULL,
     true, -1, CVG_ACCESS_GRANTED, "token:ops", CVG_MAY_ALL},
};

static void test_who_asks(void **state)
{
    bool failed = false;

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(identities); i++) {
        struct cvg_access *access = make(identities[i].kind);
        struct cvg_identity identity;
        struct cvg_presented presented = {
            .authorization = identities[i].authorization,
            .authorization_length =
                identities[i].authorization ? strlen(identities[i].authorization) : 0,
            .certificate = identities[i].certificate,
            .bad_certificate = identities[i].bad_certificate,
            .has_peer = identities[i].uid >= 0,
            .peer_uid = (uint32_t)identities[i].uid,
        };
        enum cvg_access_outcome outcome = cvg_access_identify(access, &presented, &identity);
        if (outcome != identities[i].want || strcmp(identity.who, identities[i].who) != 0 ||
            identity.scopes != identities[i].scopes) {
            print_error("%s: %s, '%s', scopes %u\n", identities[i].name, cvg_access_text(outcome),
                        identity.who, identity.scopes);
            failed = true;
        }
        cvg_access_unref(access);
    }
    assert_false(failed);
}

static void test_the_header_ends_where_it_ends(void **state)
{
    struct cvg_access *access = make(TOKENS);
    struct cvg_identity identity;
    struct cvg_presented presented = {.authorization = "Bearer secret-ci and what follows",
                                      .authorization_length = strlen("Bearer secret-ci")};

    (void)state;
    assert_int_equal(cvg_access_identify(access, &presented, &identity), CVG_ACCESS_GRANTED);
    cvg_access_unref(access);
}

static const struct {
    const char *name;
    uint32_t scopes;
    const char *const *environments;
    struct cvg_want want;
    enum cvg_access_outcome outcome;
} judgements[] = {
    {"nothing is needed", 0, NULL, {.scope = 0}, CVG_ACCESS_GRANTED},
    {"nothing is needed of an environment",
     0,
     staging,
     {.scope = 0, .environment = "prod"},
     CVG_ACCESS_GRANTED},
    {"read by nobody", 0, NULL, {.scope = CVG_MAY_READ}, CVG_ACCESS_SCOPE},
    {"read",
     CVG_MAY_READ,
     NULL,
     {.scope = CVG_MAY_READ, .environment = "prod"},
     CVG_ACCESS_GRANTED},
    {"decide by a reader", CVG_MAY_READ, NULL, {.scope = CVG_MAY_DECIDE}, CVG_ACCESS_SCOPE},
    {"read by a pusher", CVG_MAY_PUSH, NULL, {.scope = CVG_MAY_READ}, CVG_ACCESS_SCOPE},
    {"its environment",
     CVG_MAY_READ,
     staging,
     {.scope = CVG_MAY_READ, .environment = "staging"},
     CVG_ACCESS_GRANTED},
    {"another one",
     CVG_MAY_READ,
     staging,
     {.scope = CVG_MAY_READ, .environment = "prod"},
     CVG_ACCESS_ENVIRONMENT},
    {"the beginning of its name",
     CVG_MAY_READ,
     staging,
     {.scope = CVG_MAY_READ, .environment = "stag"},
     CVG_ACCESS_ENVIRONMENT},
    {"of none in particular",
     CVG_MAY_READ,
     staging,
     {.scope = CVG_MAY_READ, .environment = ""},
     CVG_ACCESS_GRANTED},
    {"of all",
     CVG_MAY_READ,
     NULL,
     {.scope = CVG_MAY_READ, .all_environments = true},
     CVG_ACCESS_GRANTED},
    {"of all, by one that is limited",
     CVG_MAY_ALL,
     staging,
     {.scope = CVG_MAY_READ, .all_environments = true},
     CVG_ACCESS_ENVIRONMENT},
    {"scope first, so that nothing is learnt of environments",
     CVG_MAY_READ,
     staging,
     {.scope = CVG_MAY_DECIDE, .environment = "prod"},
     CVG_ACCESS_SCOPE},
};

static void test_whether_one_may(void **state)
{
    bool failed = false;

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(judgements); i++) {
        struct cvg_identity identity = {.scopes = judgements[i].scopes,
                                        .environments = judgements[i].environments};
        enum cvg_access_outcome outcome = cvg_access_judge(&identity, &judgements[i].want);
        if (outcome != judgements[i].outcome) {
            print_error("%s: %s\n", judgements[i].name, cvg_access_text(outcome));
            failed = true;
        }
    }
    assert_false(failed);
}

static void test_environments_are_sorted_and_once(void **state)
{
    struct cvg_access *access = make(TOKENS);
    struct cvg_identity identity;
    struct cvg_presented presented = {.authorization = "Bearer secret-ci",
                                      .authorization_length = strlen("Bearer secret-ci")};

    (void)state;
    assert_true(cvg_access_is_closed(access));
    assert_int_equal(cvg_access_identify(access, &presented, &identity), CVG_ACCESS_GRANTED);
    assert_string_equal(identity.environments[0], "prod");
    assert_string_equal(identity.environments[1], "staging");
    assert_null(identity.environments[2]);
    assert_true(cvg_access_sees(&identity, "prod"));
    assert_false(cvg_access_sees(&identity, "dev"));
    cvg_access_unref(access);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_asks),
        cmocka_unit_test(test_the_header_ends_where_it_ends),
        cmocka_unit_test(test_whether_one_may),
        cmocka_unit_test(test_environments_are_sorted_and_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
