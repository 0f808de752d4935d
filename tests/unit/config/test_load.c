/* SPDX-License-Identifier: Apache-2.0 */
/* The host's keys: every mistake with its place, and what a good file becomes. */
#include "cases.h"
#include "kinds.h"

#include "base/secret.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* One good source and environment, so that nothing else is said. */
#define GOOD                                                                                       \
    "sources: {m: {type: poll, url: http://h}}\n"                                                  \
    "environments: {e: {checks: {c: {source: m, query: up}}}}\n"

#define SOURCE(keys)                                                                               \
    "environments: {e: {checks: {c: {source: m, query: up}}}}\n"                                   \
    "sources:\n"                                                                                   \
    "  m: {type: poll, url: \"http://h\"}\n"                                                       \
    "  s: " keys "\n"

#define CHECK(keys)                                                                                \
    "sources:\n"                                                                                   \
    "  m: {type: poll, url: \"http://h\"}\n"                                                       \
    "  w: {type: watch}\n"                                                                         \
    "environments:\n"                                                                              \
    "  e:\n"                                                                                       \
    "    checks:\n"                                                                                \
    "      other: {source: m, query: up}\n"                                                        \
    "      c: " keys "\n"

#define GATE(keys)                                                                                 \
    "sources: {m: {type: poll, url: \"http://h\"}}\n"                                              \
    "environments:\n"                                                                              \
    "  e:\n"                                                                                       \
    "    checks:\n"                                                                                \
    "      api: {source: m, query: up, component: shop}\n"                                         \
    "      errors: {source: m, query: up, required: false, component: side}\n"                     \
    "    gates:\n"                                                                                 \
    "      deploy: " keys "\n"

static void test_where_the_server_may_listen(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"defaults", GOOD, ""},
        {"other port", GOOD "server: {listen: \"[::1]:0\", threads: 2, hosts: gate.example.com}\n",
         ""},
        {"everywhere", GOOD "server: {listen: \"0.0.0.0:8717\"}\n",
         "t.yaml:3:18: error: 'listen' is 0.0.0.0, so other machines reach it: add 'tls', or "
         "'behind_proxy: true' where a proxy with TLS stands in front, and add 'tokens' or "
         "'clients', so that not everybody may ask; or listen on 127.0.0.1\n"},
        {"name", GOOD "server: {listen: \"localhost:80\"}\n",
         "t.yaml:3:18: error: 'listen' must be an address, not a name: write 127.0.0.1:80\n"},
        {"no port", GOOD "server: {listen: 127.0.0.1}\n",
         "t.yaml:3:18: error: 'listen' must be an address and a port, such as 127.0.0.1:8717 or "
         "[::1]:8717\n"},
        {"threads", GOOD "server: {threads: 0}\n",
         "t.yaml:3:19: error: 'threads' must be from 1 to 64, not 0\n"},
        {"host", GOOD "server: {hosts: [a.b, \"http://x/\"]}\n",
         "t.yaml:3:23: error: 'hosts' must be names such as gate.example.com\n"},
        {"unknown", GOOD "server: {liste: x}\n",
         "t.yaml:3:10: error: unknown key 'liste'; did you mean 'listen'?\n"},
        {"names", GOOD "names: {servers: [10.0.0.1, \"[::1]:53\", dns.example], timeout: 5}\n",
         "t.yaml:3:41: error: 'servers' must be addresses, such as 10.0.0.2 or \"10.0.0.2:5353\"\n"
         "t.yaml:3:64: error: 'timeout' must be a duration such as 15s or 1h30m, not '5'; a unit "
         "is "
         "missing (ms, s, m, h, d, w)\n"},
        {"store", GOOD "store: db\n", "t.yaml:3:8: error: 'store' must be an absolute path\n"},
        {"retention of nothing", GOOD "retention: {history: 30d}\n",
         "t.yaml:3:1: error: 'retention' needs 'store': without one nothing is kept\n"},
        {"too short a retention", GOOD "store: /db\nretention: {decisions: 59m}\n",
         "t.yaml:4:24: error: 'decisions' must be from 1h to 36500d, not 59m\n"},
        {"a section that is text", GOOD "server: fast\n",
         "t.yaml:3:9: error: 'server' must be a map (key: value), not text\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

#define DIGEST "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""
#define OTHER  "\"0000000000000000000000000000000000000000000000000000000000000000\""
#define TLS    "tls: {cert: /c, key: \"file:/k\"}"
#define TLS_CA "tls: {cert: /c, key: \"file:/k\", client_ca: /ca}"

static void test_who_may_ask(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"all of it",
         GOOD "server:\n"
              "  listen: \"0.0.0.0:8717\"\n"
              "  " TLS_CA "\n"
              "  tokens: {ci: {sha256: " DIGEST ", scopes: [decide, push], environments: [e]}}\n"
              "  clients: {a: {uri: \"spiffe://x\", scopes: read}}\n"
              "  socket: /run/x.sock\n"
              "  users: {root: {scopes: [admin]}, \"1000\": {scopes: [operate]}}\n",
         ""},
        {"tokens without TLS",
         GOOD "server: {listen: \"10.0.0.1:1\", tokens: {ci: {sha256: " DIGEST
              ", scopes: read}}}\n",
         "t.yaml:3:18: error: 'listen' is 10.0.0.1, so other machines reach it: add 'tls', or "
         "'behind_proxy: true' where a proxy with TLS stands in front; or listen on 127.0.0.1\n"},
        {"TLS without tokens", GOOD "server: {listen: \"[::]:1\", " TLS "}\n",
         "t.yaml:3:18: error: 'listen' is ::, so other machines reach it: add 'tokens' or "
         "'clients', so that not everybody may ask; or listen on 127.0.0.1\n"},
        {"behind a proxy",
         GOOD "server: {listen: \"10.0.0.1:1\", behind_proxy: true, tokens: {ci: {sha256: " DIGEST
              ", scopes: read}}}\n",
         ""},
        {"what is no digest is not shown",
         GOOD "server: {tokens: {ci: {sha256: the-token-itself, scopes: read}}}\n",
         "t.yaml:3:32: error: 'sha256' must be 64 hexadecimal digits, as `convergate token` prints "
         "them\n"},
        {"the digest of nothing",
         GOOD "server: {tokens: {ci: {sha256: "
              "E3B0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, scopes: read}}}\n",
         "t.yaml:3:32: error: 'sha256' is the digest of an empty token\n"},
        {"no scopes", GOOD "server: {tokens: {ci: {sha256: " DIGEST "}}}\n",
         "t.yaml:3:23: error: 'scopes' is missing, for example scopes: [decide]\n"},
        {"an unknown scope", GOOD "server: {tokens: {ci: {sha256: " DIGEST ", scopes: [write]}}}\n",
         "t.yaml:3:109: error: 'scopes' must be of read, decide, push, operate, admin\n"},
        {"an unknown environment",
         GOOD "server: {tokens: {ci: {sha256: " DIGEST ", scopes: read, environments: f}}}\n",
         "t.yaml:3:128: error: there is no environment 'f'\n"},
        {"one token twice",
         GOOD "server: {tokens: {a: {sha256: " OTHER ", scopes: read}, b: {sha256: " OTHER
              ", scopes: read}}}\n",
         "t.yaml:3:114: error: token 'b' is the same credential as 'a'\n"},
        {"clients without TLS", GOOD "server: {clients: {a: {dns: x, scopes: read}}}\n",
         "t.yaml:3:10: error: 'clients' needs 'tls' with 'client_ca': without them nobody can show "
         "a certificate\n"},
        {"clients without an authority",
         GOOD "server: {" TLS ", clients: {a: {dns: x, scopes: read}}}\n",
         "t.yaml:3:15: error: 'client_ca' is missing: 'clients' needs it\n"},
        {"an authority without clients", GOOD "server: {" TLS_CA "}\n",
         "t.yaml:3:42: error: 'client_ca' has no effect without 'clients'\n"},
        {"a client of two names",
         GOOD "server: {" TLS_CA ", clients: {a: {dns: x, uri: y, scopes: read}}}\n",
         "t.yaml:3:72: error: exactly one of 'common_name', 'dns' and 'uri' must say which "
         "certificate is meant\n"},
        {"a key in the environment", GOOD "server: {tls: {cert: /c, key: \"env:KEY\"}}\n",
         "t.yaml:3:31: error: 'key' must be file: or credential:, so that it can be renewed\n"},
        {"a relative path", GOOD "server: {tls: {cert: c, key: \"file:/k\"}, socket: s}\n",
         "t.yaml:3:22: error: 'cert' must be an absolute path\n"
         "t.yaml:3:50: error: 'socket' must be an absolute path\n"},
        {"users without a socket", GOOD "server: {users: {root: {scopes: read}}}\n",
         "t.yaml:3:10: error: 'users' has no effect without 'socket'\n"},
        {"no such user",
         GOOD
         "server: {socket: /s, users: {no-such-user: {scopes: read}, \"0\": {scopes: read}}}\n",
         "t.yaml:3:30: error: there is no user 'no-such-user' on this system; its number can stand "
         "here too\n"},
        {"a user that could be anybody",
         GOOD "server: {socket: /s, users: {\"65534\": {scopes: read}}}\n",
         "t.yaml:3:30: error: user '65534' (65534) cannot be told from users of other namespaces, "
         "so nothing can be granted to it\n"},
        {"health for everybody", GOOD "server: {health: \"0.0.0.0:8718\"}\n",
         "t.yaml:3:18: error: 'health' must be a loopback address or the path of a Unix socket: it "
         "has neither TLS nor credentials\n"},
        {"limits that do not fit",
         GOOD "server: {limits: {connections: 100, per_address: 101, waiters: 100, idle: 60s}}\n",
         "t.yaml:3:50: error: 'per_address' must not be more than 'connections'\n"
         "t.yaml:3:64: error: 'waiters' must be less than 'connections', so that there is room for "
         "those who do not wait\n"
         "t.yaml:3:75: error: 'request' must be longer than 'idle'\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static void test_mistakes_in_sources_are_named(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"good", SOURCE("{type: plain, path: /x}"), ""},
        {"no type", SOURCE("{url: http://h}"),
         "t.yaml:4:6: error: 'type' is missing, for example type: prometheus\n"},
        {"nothing", SOURCE(""),
         "t.yaml:4:5: error: 'type' is missing, for example type: prometheus\n"},
        {"text", SOURCE("poll"),
         "t.yaml:4:6: error: a map (key: value) must stand here, not text\n"},
        {"type nearly", SOURCE("{type: pol, foo: bar}"),
         "t.yaml:4:13: error: type 'pol': no such module; did you mean 'poll'?\n"},
        {"type unknown", SOURCE("{type: kubernetes}"),
         "t.yaml:4:13: error: type 'kubernetes': no such module (there are: poll, watch, remote, "
         "plain)\n"},
        {"type refused", SOURCE("{type: broken}"),
         "t.yaml:4:13: error: type 'broken': broken.so may be written by others\n"},
        {"name", SOURCE("{type: plain, path: /x}\n  \"a b\": {type: plain, path: /x}"),
         "t.yaml:5:3: error: 'a b' cannot be the name of a source: 1 to 63 letters, digits, '-', "
         "'_', "
         "'.', beginning with a letter or digit\n"},
        {"url missing", SOURCE("{type: poll}"),
         "t.yaml:4:6: error: 'url' is missing, for example url: http://127.0.0.1:9090\n"},
        {"url with password", SOURCE("{type: poll, url: \"http://me:hunter2@h\"}"),
         "t.yaml:4:24: error: 'url': URL must not have user information; use the credential "
         "keys\n"},
        {"url with query", SOURCE("{type: poll, url: \"http://h/?a=b\"}"),
         "t.yaml:4:24: error: 'url' must not have a query ('?')\n"},
        {"url with reference", SOURCE("{type: poll, url: \"http://${checks.c.facts.f}\"}"),
         "t.yaml:4:24: error: 'url' cannot refer to facts; only a check's own keys can\n"},
        {"literal secret", SOURCE("{type: poll, url: http://127.0.0.1, bearer: hunter2}"),
         "t.yaml:4:50: error: 'bearer' must be a reference to a secret (file:/path, "
         "credential:NAME or "
         "env:NAME), not the secret itself\n"},
        {"literal password",
         SOURCE("{type: poll, url: https://h, basic: {username: me, password: "
                "hunter2}}"),
         "t.yaml:4:67: error: 'password' must be a reference to a secret (file:/path, "
         "credential:NAME "
         "or env:NAME), not the secret itself\n"},
        {"secret that is a list", SOURCE("{type: poll, url: https://h, bearer: [hunter2]}"),
         "t.yaml:4:43: error: 'bearer' must be a reference to a secret (file:/path, "
         "credential:NAME or "
         "env:NAME), not a list\n"},
        {"both credentials",
         SOURCE("{type: poll, url: https://h, bearer: \"env:A\", basic: {username: me, password: "
                "\"env:B\"}}"),
         "t.yaml:4:52: error: 'basic' and 'bearer' exclude each other\n"},
        {"sigv4 without a key",
         SOURCE("{type: poll, url: https://h, sigv4: {region: r, access_key: \"env:A\"}}"),
         "t.yaml:4:42: error: 'secret_key' is missing, for example secret_key: "
         "file:/etc/convergate/aws-secret-key\n"},
        {"unencrypted", SOURCE("{type: poll, url: http://h, bearer: \"env:A\"}"),
         "t.yaml:4:24: warning: credentials are sent unencrypted to an http URL\n"},
        {"secret header", SOURCE("{type: poll, url: http://h, headers: {authorization: Bearer x}}"),
         "t.yaml:4:44: error: credentials cannot stand in 'headers'; use 'bearer' or 'basic', "
         "which "
         "refer to a secret\n"},
        {"bad headers",
         SOURCE("{type: poll, url: http://h, headers: {Host: x, \"a b\": c, d: \"e\\nf\"}}"),
         "t.yaml:4:44: error: the header 'Host' cannot be set\n"
         "t.yaml:4:53: error: not the name of a header\n"
         "t.yaml:4:66: error: the value of a header must be one line\n"},
        {"tls on http", SOURCE("{type: poll, url: http://h, tls: {ca: /ca}}"),
         "t.yaml:4:34: error: 'tls' has no effect on an http URL; write https\n"},
        {"half a client", SOURCE("{type: poll, url: https://h, tls: {cert: c.pem}}"),
         "t.yaml:4:40: error: 'key' is missing: 'cert' needs it\n"
         "t.yaml:4:47: error: 'cert' must be an absolute path\n"},
        {"insecure", SOURCE("{type: poll, url: https://h, tls: {insecure_skip_verify: true}}"),
         "t.yaml:4:63: warning: the server's certificate is not verified\n"},
        {"proxy", SOURCE("{type: poll, url: https://h, proxy: \"https://p/x\"}"),
         "t.yaml:4:42: error: 'proxy' must be http://HOST:PORT\n"},
        {"limits", SOURCE("{type: poll, url: https://h, concurrency: 0, max_body: 2GiB}"),
         "t.yaml:4:48: error: 'concurrency' must be from 1 to 1024, not 0\n"
         "t.yaml:4:61: error: 'max_body' must be from 1KiB to 1GiB, not 2GiB\n"},
        {"no endpoint", SOURCE("{type: plain, path: /x, url: http://h}"),
         "t.yaml:4:30: error: unknown key 'url' (known here: type, path, retries)\n"},
        {"deprecated", SOURCE("{type: plain, path: /x, retries: 3}"),
         "t.yaml:4:30: warning: 'retries' is deprecated\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static void test_a_connection_is_shared_by_via_without_circles(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"good", SOURCE("{type: remote, via: m}"), ""},
        {"optional", SOURCE("{type: watch}"), ""},
        {"own", SOURCE("{type: remote, url: http://h}"), ""},
        {"neither", SOURCE("{type: remote}"), "t.yaml:4:6: error: 'url' or 'via' is missing\n"},
        {"not there", SOURCE("{type: remote, via: mm}"),
         "t.yaml:4:26: error: 'via': there is no source 'mm'; did you mean 'm'?\n"},
        {"no connection", SOURCE("{type: remote, via: p}\n  p: {type: plain, path: /x}"),
         "t.yaml:4:26: error: 'via': source 'p' (type plain) has no connection to share\n"},
        {"both", SOURCE("{type: remote, via: m, url: http://h}"),
         "t.yaml:4:29: error: 'url' has no effect beside 'via': the connection is that of source "
         "'m'\n"},
        {"itself", SOURCE("{type: remote, via: s}"),
         "t.yaml:4:26: error: 'via' goes in a circle, back to source 's'\n"},
        {"circle",
         SOURCE("{type: remote, via: t}\n  t: {type: remote, via: u}\n  u: {type: watch, via: "
                "t}"),
         "t.yaml:5:26: error: 'via' goes in a circle, back to source 't'\n"},
        {"kind without", SOURCE("{type: poll, url: http://h, via: m}"),
         "t.yaml:4:34: error: unknown key 'via' (known here: type, url, bearer, basic, sigv4, "
         "headers, "
         "tls, proxy, "
         "concurrency, max_body, connect_timeout, allow_link_local)\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static void test_mistakes_in_checks_are_named(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"good", CHECK("{source: m, query: up}"), ""},
        {"unknown key", CHECK("{source: m, querry: up}"),
         "t.yaml:8:10: error: 'query' is missing, for example query: up == 1\n"
         "t.yaml:8:22: error: unknown key 'querry'; did you mean 'query'?\n"},
        {"no source", CHECK("{query: up, foo: 1, rise: x}"),
         "t.yaml:8:10: error: 'source' is missing, for example source: metrics\n"
         "t.yaml:8:36: error: 'rise' must be a duration such as 15s or 1h30m, not 'x'\n"},
        {"source nearly", CHECK("{source: mw, query: up}"),
         "t.yaml:8:19: error: there is no source 'mw'; did you mean 'm'?\n"},
        {"interval of a stream", CHECK("{source: w, object: x, interval: 5s, timeout: 1s}"),
         "t.yaml:8:33: error: 'interval' has no effect here: a watch source tells of changes by "
         "itself "
         "and is not asked\n"
         "t.yaml:8:47: error: 'timeout' has no effect here: a watch source tells of changes by "
         "itself "
         "and is not asked\n"},
        {"timeout", CHECK("{source: m, query: up, timeout: 20s}"),
         "t.yaml:8:42: error: 'timeout' (20s) must not be longer than the interval (15s)\n"},
        {"max age", CHECK("{source: m, query: up, max_age: 10s}"),
         "t.yaml:8:42: error: 'max_age' (10s) must be longer than the interval (15s), or the check "
         "is "
         "unknown between two answers\n"},
        {"weight", CHECK("{source: m, query: up, weight: 0}"),
         "t.yaml:8:41: error: 'weight' must be more than 0\n"},
        {"weight inf", CHECK("{source: m, query: up, weight: Inf}"),
         "t.yaml:8:41: error: 'weight' must be a number, not 'Inf'\n"},
        {"plane", CHECK("{source: m, query: up, plane: declare}"),
         "t.yaml:8:40: error: 'plane' must be one of observed, declared, not 'declare'; did you "
         "mean "
         "'declared'?\n"},
        {"component", CHECK("{source: m, query: up, component: a b}"),
         "t.yaml:8:44: error: 'a b' cannot be the name of a component: 1 to 63 letters, digits, "
         "'-', "
         "'_', '.', beginning with a letter or digit\n"},
        {"required", CHECK("{source: m, query: up, required: no}"),
         "t.yaml:8:43: error: 'required' must be true or false, not 'no'; write false\n"},
        {"choices with values",
         CHECK("{source: m, query: up, on_unknown: {keep: 5m}, on_failed: {halt_after: 1m}}"), ""},
        {"value missing", CHECK("{source: m, query: up, on_unknown: keep}"),
         "t.yaml:8:45: error: 'on_unknown: keep' needs a value: 'on_unknown: {keep: 5m}'\n"},
        {"wrong choice", CHECK("{source: m, query: up, on_failed: {keep: 5m}}"),
         "t.yaml:8:45: error: unknown key 'keep' (known here: halt_after)\n"},
        {"no choice", CHECK("{source: m, query: up, on_failed: {}}"),
         "t.yaml:8:44: error: 'on_failed' must be one of wait, halt, halt_after\n"},
        {"all at once",
         "sources: {m: {type: poll}}\nenvironments: {e: {checks: {c: {source: n, rise: 1}}, gate: "
         "{}}}\n",
         "t.yaml:1:14: error: 'url' is missing, for example url: http://127.0.0.1:9090\n"
         "t.yaml:2:41: error: there is no source 'n'\n"
         "t.yaml:2:50: error: 'rise' must be a duration such as 15s or 1h30m, not '1'; a unit is "
         "missing (ms, s, m, h, d, w)\n"
         "t.yaml:2:55: error: unknown key 'gate'; did you mean 'gates'?\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static void test_references_lead_somewhere_and_not_in_circles(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"good", CHECK("{source: m, query: \"${checks.other.facts.a.b}\"}"), ""},
        {"not there", CHECK("{source: m, query: \"${checks.othr.facts.a}\"}"),
         "t.yaml:8:29: error: ${checks.othr...}: there is no check 'othr' in this environment; did "
         "you "
         "mean 'other'?\n"},
        {"not a reference", CHECK("{source: m, query: \"${env.HOME}\"}"),
         "t.yaml:8:29: error: 'query': a reference is written ${checks.NAME.facts.NAME}; write $${ "
         "for "
         "a plain ${\n"},
        {"unclosed", CHECK("{source: m, query: \"${checks.other.facts.a\"}"),
         "t.yaml:8:29: error: 'query': a reference is written ${checks.NAME.facts.NAME}; write $${ "
         "for "
         "a plain ${\n"},
        {"escaped", CHECK("{source: m, query: \"$${x} $1\"}"), ""},
        {"in a number", CHECK("{source: m, query: up, count: \"${checks.other.facts.a}\"}"),
         "t.yaml:8:40: error: 'count' must be a whole number; a reference can only stand in "
         "text\n"},
        {"in a list, a map and a URL",
         CHECK("{source: m, query: up, parts: [\"${checks.nn.facts.a}\"], labels: {a: "
               "\"${checks.nm.facts.a}\"}, target: \"http://${checks.no.facts.a}/\"}"),
         "t.yaml:8:41: error: ${checks.nn...}: there is no check 'nn' in this environment\n"
         "t.yaml:8:78: error: ${checks.nm...}: there is no check 'nm' in this environment\n"
         "t.yaml:8:111: error: ${checks.no...}: there is no check 'no' in this environment\n"},
        {"itself", CHECK("{source: m, query: \"${checks.c.facts.a}\"}"),
         "t.yaml:8:10: error: checks need facts of each other in a circle: c -> c\n"},
        {"circle",
         CHECK("{source: m, query: \"${checks.d.facts.a}\"}\n"
               "      d: {source: m, query: \"${checks.e.facts.a}${checks.other.facts.a}\"}\n"
               "      e: {source: m, query: \"${checks.d.facts.a}\"}"),
         "t.yaml:9:10: error: checks need facts of each other in a circle: d -> e -> d\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static void test_gates_look_at_something_that_exists(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"all", GATE(""), ""},
        {"check and component", GATE("{require: [api, side, errors], exclude: shop}"), ""},
        {"not there", GATE("{require: [ap, side], exclude: [x]}"),
         "t.yaml:8:26: error: there is no check or component 'ap' in this environment; did you "
         "mean "
         "'api'?\n"
         "t.yaml:8:47: error: there is no check or component 'x' in this environment\n"},
        {"twice", GATE("{require: [api, api]}"), "t.yaml:8:31: error: 'api' stands here twice\n"},
        {"empty list", GATE("{require: []}"), "t.yaml:8:25: error: 'require' must not be empty\n"},
        {"nothing left", GATE("{require: api, exclude: shop}"),
         "t.yaml:8:15: error: gate 'deploy' is left with no check to look at, so it could never "
         "say "
         "go\n"},
        {"only optional ones", GATE("{require: side}"),
         "t.yaml:8:15: error: gate 'deploy' is left with no check to look at, so it could never "
         "say "
         "go\n"},
        {"unknown key", GATE("{requires: api}"),
         "t.yaml:8:16: error: unknown key 'requires'; did you mean 'require'?\n"},
        {"no checks", "environments: {e: {}}\n",
         "t.yaml:1:19: error: environment 'e' has no checks, so it could never say go\n"},
        {"no required check",
         "sources: {m: {type: watch}}\n"
         "environments: {e: {checks: {c: {source: m, object: x, required: false}}}}\n",
         "t.yaml:2:19: error: environment 'e' has no required check, so it could never say go\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static const char whole[] =
    "server: {listen: \"127.0.0.2:1\", hosts: [a, b]}\n"
    "store: /db\n"
    "retention: {decisions: 7d, size: 1GiB}\n"
    "names: {servers: 10.0.0.1}\n"
    "defaults: {interval: 5s, rise: 1m}\n"
    "sources:\n"
    "  m:\n"
    "    type: poll\n"
    "    url: https://h/prefix\n"
    "    basic: {username: me, password: \"env:P\"}\n"
    "    headers: {X-Scope: a}\n"
    "    tls: {ca: /ca, cert: /c, key: \"file:/k\", server_name: n}\n"
    "    concurrency: 3\n"
    "  w: {type: watch, via: m}\n"
    "environments:\n"
    "  z: {checks: {c: {source: w, object: o}}}\n"
    "  a:\n"
    "    checks:\n"
    "      first:\n"
    "        source: m\n"
    "        query: ${checks.third.facts.x} ${checks.third.facts.y}\n"
    "        labels: {l: \"${checks.second.facts.x}\"}\n"
    "        on_unknown: {keep: 5m}\n"
    "        on_failed: {halt_after: 2m}\n"
    "        on_degraded: go\n"
    "        weight: 2.5\n"
    "      second: {source: m, query: up, timeout: 1s, fall: 3s, max_age: 1h}\n"
    "      third: {source: w, object: o, plane: observed, required: false}\n"
    "    gates: {deploy: , verify: {require: [first, third]}}\n";

static void test_a_good_file_becomes_what_it_says(void **state)
{
    (void)state;
    struct cvg_config *config = NULL;
    char *text = load_and_print(whole, &config);
    assert_string_equal(text, "");
    free(text);
    assert_string_equal(config->server.listen_host, "127.0.0.2");
    assert_int_equal(config->server.listen_port, 1);
    assert_int_equal(config->server.hosts.count, 2);
    assert_int_equal(config->server.threads, 2);
    assert_string_equal(config->store, "/db");
    assert_int_equal(config->retention.decisions_ns, 7 * 24 * 60 * CVG_MINUTE);
    assert_int_equal(config->retention.history_ns, 90 * 24 * 60 * CVG_MINUTE);
    assert_int_equal(config->retention.size, INT64_C(1) << 30);
    assert_int_equal(config->names.servers.count, 1);
    assert_int_equal(config->names.timeout_ns, 5 * CVG_SECOND);

    assert_int_equal(config->source_count, 2);
    const struct cvg_source_config *m = &config->sources[0], *w = &config->sources[1];
    assert_ptr_equal(m->kind, &test_poll);
    assert_int_equal(m->endpoint.size, sizeof m->endpoint);
    assert_string_equal(m->endpoint.url, "https://h/prefix");
    assert_string_equal(m->endpoint.username, "me");
    assert_string_equal(m->endpoint.password->name, "P");
    assert_string_equal(m->endpoint.key_file, "/k");
    assert_string_equal(m->endpoint.server_name, "n");
    assert_int_equal(m->endpoint.concurrency, 3);
    assert_int_equal(m->endpoint.max_body, 8 << 20);
    assert_int_equal(m->endpoint.insecure_skip_verify, 0);
    const struct cvg_pair *header = m->endpoint.headers.items;
    assert_string_equal(header->value, "a");
    assert_ptr_equal(w->via, m);
    assert_int_equal(w->endpoint.size, 0);

    assert_int_equal(config->environment_count, 2);
    const struct cvg_environment_config *a = &config->environments[0];
    assert_string_equal(a->name, "a");
    const struct cvg_check_config *first = &a->checks[0], *second = &a->checks[1],
                                  *third = &a->checks[2];
    assert_true(first->polled);
    assert_int_equal(first->interval_ns, 5 * CVG_SECOND);
    assert_int_equal(first->timeout_ns, 5 * CVG_SECOND); /* never longer than the interval */
    assert_int_equal(first->rise_ns, CVG_MINUTE);
    assert_true(first->max_age_ns == CVG_ABSENT_INT);
    assert_int_equal(first->on_unknown, CVG_CONFIG_UNKNOWN_KEEP);
    assert_int_equal(first->keep_ns, 5 * CVG_MINUTE);
    assert_int_equal(first->on_failed, CVG_CONFIG_FAILED_HALT_AFTER);
    assert_int_equal(first->halt_after_ns, 2 * CVG_MINUTE);
    assert_true(first->degraded_goes);
    assert_true(first->weight > 2.4 && first->weight < 2.6);
    assert_int_equal(first->plane, CVG_OBSERVED);
    assert_int_equal(first->input_count, 2);
    assert_int_equal(first->inputs[0], 2);
    assert_int_equal(first->inputs[1], 1);
    assert_int_equal(second->timeout_ns, CVG_SECOND);
    assert_int_equal(second->fall_ns, 3 * CVG_SECOND);
    assert_int_equal(second->max_age_ns, 60 * CVG_MINUTE);
    assert_int_equal(second->on_failed, CVG_CONFIG_FAILED_WAIT);
    assert_false(third->polled);
    assert_int_equal(third->interval_ns, 0);
    assert_int_equal(third->plane, CVG_OBSERVED);
    assert_int_equal(third->on_failed, CVG_CONFIG_FAILED_HALT);
    assert_false(third->required);
    assert_int_equal(a->gate_count, 2);
    assert_string_equal(a->gates[0].name, "deploy");
    assert_int_equal(a->gates[0].require.count, 0);
    assert_int_equal(a->gates[1].require.count, 2);

    const struct cvg_environment_config *z = &config->environments[1];
    assert_int_equal(z->checks[0].plane, CVG_DECLARED);
    assert_int_equal(z->gate_count, 1);
    assert_null(z->gates[0].node);

    assert_ptr_equal(cvg_config_ref(config), config);
    cvg_config_unref(config);
    assert_string_equal(config->store, "/db"); /* one reference is left */
    cvg_config_unref(config);
}

static int known_facts(void *ctx, const char *check, const char *fact, struct cvg_buf *ret)
{
    (void)ctx;
    if (strcmp(check, "second") == 0) {
        return cvg_buf_puts(ret, "two");
    }
    return strcmp(fact, "x") == 0 ? cvg_buf_puts(ret, "X")
           : *(int *)ctx          ? cvg_buf_puts(ret, "Y")
                                  : -1;
}

static int long_fact(void *ctx, const char *check, const char *fact, struct cvg_buf *ret)
{
    (void)ctx;
    (void)check;
    (void)fact;
    return cvg_buf_printf(ret, "%200s", "");
}

static int fact_with_nul(void *ctx, const char *check, const char *fact, struct cvg_buf *ret)
{
    (void)ctx;
    (void)check;
    (void)fact;
    return cvg_buf_add(ret, "a\0b", 3);
}

static void test_facts_are_filled_in_or_named_where_unknown(void **state)
{
    (void)state;
    struct cvg_config *config = NULL;
    free(load_and_print(whole, &config));
    const struct cvg_check_config *first = &config->environments[0].checks[0];
    struct cvg_arena *arena = cvg_arena_new();
    const char *missing = NULL;
    struct cvg_error error;
    int all = 0;
    assert_null(cvg_config_resolve(first, known_facts, &all, arena, &missing, &error));
    assert_string_equal(missing, "checks.third.facts.y");

    all = 1;
    const struct poll_check *check =
        cvg_config_resolve(first, known_facts, &all, arena, &missing, &error);
    assert_non_null(check);
    assert_null(missing);
    assert_string_equal(check->query, "X Y");
    const struct cvg_pair *label = check->labels.items;
    assert_string_equal(label->value, "two");
    assert_int_equal(check->parts.count, 2); /* a default */

    assert_null(cvg_config_resolve(first, long_fact, NULL, arena, &missing, &error));
    assert_null(missing);
    assert_string_equal(error.text, "'query' must have from 0 to 100 bytes, not 401");

    assert_null(cvg_config_resolve(first, fact_with_nul, NULL, arena, &missing, &error));
    assert_string_equal(error.text, "'query': the fact checks.third.facts.x is not text");
    cvg_arena_free(arena);
    cvg_config_unref(config);
}

/* Each check needs the one after it: neither the stack nor the time may grow with the chain. */
static void test_a_long_chain_of_inputs_is_walked(void **state)
{
    (void)state;

    enum {
        LENGTH = 20000
    };
    struct cvg_buf yaml = CVG_BUF_INIT(1u << 24);
    cvg_buf_puts(&yaml, "sources: {m: {type: poll, url: http://h}}\n"
                        "environments:\n  e:\n    checks:\n");
    for (int i = 0; i < LENGTH - 1; i++) {
        cvg_buf_printf(&yaml, "      c%d: {source: m, query: \"${checks.c%d.facts.x}\"}\n", i,
                       i + 1);
    }
    cvg_buf_printf(&yaml, "      c%d: {source: m, query: up}\n", LENGTH - 1);
    struct cvg_config *config = NULL;
    char *text = load_and_print(cvg_buf_text(&yaml), &config);
    assert_string_equal(text, "");
    assert_int_equal(config->environments[0].check_count, LENGTH);
    assert_int_equal(config->environments[0].checks[LENGTH - 2].inputs[0], LENGTH - 1);
    free(text);
    cvg_config_unref(config);
    cvg_buf_done(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_the_server_may_listen),
        cmocka_unit_test(test_who_may_ask),
        cmocka_unit_test(test_mistakes_in_sources_are_named),
        cmocka_unit_test(test_a_connection_is_shared_by_via_without_circles),
        cmocka_unit_test(test_mistakes_in_checks_are_named),
        cmocka_unit_test(test_references_lead_somewhere_and_not_in_circles),
        cmocka_unit_test(test_gates_look_at_something_that_exists),
        cmocka_unit_test(test_a_good_file_becomes_what_it_says),
        cmocka_unit_test(test_facts_are_filled_in_or_named_where_unknown),
        cmocka_unit_test(test_a_long_chain_of_inputs_is_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
