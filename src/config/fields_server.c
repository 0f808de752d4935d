/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of `server`. The texts are the reference page: write for somebody who is new here. */
#include "base/time.h"
#include "config/fields.h"

#define SECONDS(n) ((n)*CVG_SECOND)
#define KIB(n)     ((n)*INT64_C(1024))

#define AT(type, member) offsetof(struct type, member)

#define GRANT_FIELDS                                                                               \
    {.name = "scopes",                                                                             \
     .doc = "What it may do: `read` (look), `decide` (ask with a subject, so that the decision "   \
            "is recorded; includes read), `push` (report signals), `operate` (what people do; "    \
            "includes read), `admin` (all).",                                                      \
     .type = CVG_FIELD_LIST,                                                                       \
     .example = "[decide]",                                                                        \
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,                                             \
     .max = 5,                                                                                     \
     .offset = AT(cvg_grant_keys, scopes)},                                                        \
    {                                                                                              \
        .name = "environments",                                                                    \
        .doc = "The only environments that it sees. Without it: all, and `/metrics`, which shows " \
               "them all.",                                                                        \
        .type = CVG_FIELD_LIST, .example = "[staging]", .flags = CVG_FIELD_NONEMPTY,               \
        .offset = AT(cvg_grant_keys, environments)                                                 \
    }

const struct cvg_field cvg_token_fields[] = {
    {.name = "sha256",
     .doc = "SHA-256 of the token, 64 hexadecimal digits: the token itself stands in no file of "
            "the daemon. `convergate token` makes a token and prints this.",
     .type = CVG_FIELD_STRING,
     .example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
     .flags = CVG_FIELD_REQUIRED,
     .offset = AT(cvg_grant_keys, sha256)},
    GRANT_FIELDS,
    {0}};

const struct cvg_field cvg_client_fields[] = {
    {.name = "common_name",
     .doc = "The common name (CN) of the certificate's subject. Exactly one of `common_name`, "
            "`dns` and `uri` must be given.",
     .type = CVG_FIELD_STRING,
     .example = "spinnaker",
     .flags = CVG_FIELD_NONEMPTY,
     .max = 255,
     .offset = AT(cvg_grant_keys, common_name)},
    {.name = "dns",
     .doc = "A DNS name among the certificate's alternative names.",
     .type = CVG_FIELD_STRING,
     .example = "ci.example.com",
     .flags = CVG_FIELD_NONEMPTY,
     .max = 255,
     .offset = AT(cvg_grant_keys, dns)},
    {.name = "uri",
     .doc = "A URI among the certificate's alternative names, such as a SPIFFE id.",
     .type = CVG_FIELD_STRING,
     .example = "spiffe://example.com/ci",
     .flags = CVG_FIELD_NONEMPTY,
     .max = 255,
     .offset = AT(cvg_grant_keys, uri)},
    GRANT_FIELDS,
    {0}};

const struct cvg_field cvg_user_fields[] = {GRANT_FIELDS, {0}};

static const struct cvg_field tls_fields[] = {
    {.name = "cert",
     .doc = "PEM file of the server's certificate, with the intermediate ones behind it; an "
            "absolute path. Read again within seconds of a change; connections go on.",
     .type = CVG_FIELD_STRING,
     .example = "/etc/convergate/server.pem",
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_server_tls_keys, cert)},
    {.name = "key",
     .doc = "Where its private key (PEM) is: `file:` or `credential:`.",
     .type = CVG_FIELD_SECRET,
     .example = "file:/etc/convergate/server.key",
     .flags = CVG_FIELD_REQUIRED,
     .offset = AT(cvg_server_tls_keys, key)},
    {.name = "client_ca",
     .doc = "PEM file of the authorities that sign client certificates; needs `clients`. Clients "
            "are asked for a certificate and may go without, with a token. Read at start.",
     .type = CVG_FIELD_STRING,
     .example = "/etc/convergate/clients-ca.pem",
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_server_tls_keys, client_ca)},
    {0}};

static const struct cvg_field limit_fields[] = {
    {.name = "connections",
     .doc = "Connections that are open at one time; never more than half of the process' file "
            "descriptors. One over it is closed at once.",
     .default_text = "8192",
     .type = CVG_FIELD_INT,
     .min = 16,
     .max = 1000000,
     .offset = AT(cvg_limits_keys, connections)},
    {.name = "per_address",
     .doc = "Connections from one address (of IPv6, from one /64). Without it: three quarters of "
            "`connections`. Behind a proxy all have its address.",
     .type = CVG_FIELD_INT,
     .example = "256",
     .min = 1,
     .max = 1000000,
     .offset = AT(cvg_limits_keys, per_address)},
    {.name = "waiters",
     .doc = "Requests that wait for a change at one time; one over it is answered at once. Must be "
            "below `connections`. Without it: three quarters of `connections`.",
     .type = CVG_FIELD_INT,
     .example = "4096",
     .min = 1,
     .max = 1000000,
     .offset = AT(cvg_limits_keys, waiters)},
    {.name = "header",
     .doc = "Request line and headers together; larger ones get 431 or 414. Each open connection "
            "takes up to four thirds of it in memory.",
     .default_text = "6KiB",
     .type = CVG_FIELD_SIZE,
     .min = KIB(3),
     .max = KIB(192),
     .offset = AT(cvg_limits_keys, header)},
    {.name = "body",
     .doc = "A request's body; larger ones get 413.",
     .default_text = "256KiB",
     .type = CVG_FIELD_SIZE,
     .min = KIB(1),
     .max = KIB(256),
     .offset = AT(cvg_limits_keys, body)},
    {.name = "bodies",
     .doc = "All bodies that are being received at one time; the next one gets 503.",
     .default_text = "64MiB",
     .type = CVG_FIELD_SIZE,
     .min = KIB(1024),
     .max = KIB(16 * 1024 * 1024),
     .offset = AT(cvg_limits_keys, bodies)},
    {.name = "answers",
     .doc = "All documents that clients have not read to their end; the next one gets 503. "
            "Verdicts without a subject do not count.",
     .default_text = "256MiB",
     .type = CVG_FIELD_SIZE,
     .min = KIB(1024),
     .max = KIB(16 * 1024 * 1024),
     .offset = AT(cvg_limits_keys, answers)},
    {.name = "idle",
     .doc = "A connection that is silent for so long is closed.",
     .default_text = "30s",
     .type = CVG_FIELD_DURATION,
     .min = SECONDS(1),
     .max = SECONDS(600),
     .offset = AT(cvg_limits_keys, idle)},
    {.name = "request",
     .doc = "A connection that has not brought a whole request for so long is closed, however "
            "busily it sends; longer than `idle`.",
     .default_text = "40s",
     .type = CVG_FIELD_DURATION,
     .min = SECONDS(2),
     .max = SECONDS(1200),
     .offset = AT(cvg_limits_keys, request)},
    {0}};

static const char *const modes[] = {"owner", "group", "all", NULL};

const struct cvg_field cvg_server_fields[] = {
    {.name = "listen",
     .doc = "Address and port of the HTTP API. Another address than a loopback one needs `tls`, or "
            "`behind_proxy: true`, and `tokens` or `clients`. Port 0 takes any free port.",
     .default_text = "127.0.0.1:8717",
     .example = "\"[::1]:8717\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_server_keys, listen)},
    {.name = "hosts",
     .doc = "Further names that the Host header of a request may have: the name in the "
            "certificate, or that of the proxy in front. Loopback names and addresses are always "
            "taken; any other request is refused, so that no web page can reach the gate through "
            "somebody's browser.",
     .example = "[gate.example.com]",
     .type = CVG_FIELD_LIST,
     .offset = AT(cvg_server_keys, hosts)},
    {.name = "threads",
     .doc = "Threads that answer HTTP requests. Two serve some 100,000 verdicts a second; more "
            "only help beyond that.",
     .default_text = "2",
     .type = CVG_FIELD_INT,
     .min = 1,
     .max = 64,
     .offset = AT(cvg_server_keys, threads)},
    {.name = "behind_proxy",
     .doc = "Says that a proxy with TLS stands in front, so that `listen` may have an address that "
            "is not a loopback one without `tls`. Tokens go over that wire as they are.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = AT(cvg_server_keys, behind_proxy)},
    {.name = "tls",
     .doc = "HTTPS on `listen`, and no HTTP any more.",
     .type = CVG_FIELD_STRUCT,
     .offset = AT(cvg_server_keys, tls),
     .members = tls_fields,
     .member_size = sizeof(struct cvg_server_tls_keys)},
    {.name = "socket",
     .doc = "Path of a Unix socket that serves the same API. Who connects is known from the "
            "system: root and the daemon's own user may do everything, others what `users` says.",
     .example = "/run/convergate/convergate.sock",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .max = 107,
     .offset = AT(cvg_server_keys, socket)},
    {.name = "socket_mode",
     .doc = "Who may connect to the socket at all: its `owner`, its `group` too, or `all`.",
     .default_text = "group",
     .type = CVG_FIELD_ENUM,
     .choices = modes,
     .offset = AT(cvg_server_keys, socket_mode)},
    {.name = "tokens",
     .doc = "Who may ask with `Authorization: Bearer`: names of your choice.",
     .type = CVG_FIELD_NODE,
     .offset = AT(cvg_server_keys, tokens),
     .members = cvg_token_fields},
    {.name = "clients",
     .doc = "Who may ask with a client certificate: names of your choice.",
     .type = CVG_FIELD_NODE,
     .offset = AT(cvg_server_keys, clients),
     .members = cvg_client_fields},
    {.name = "users",
     .doc = "Who may ask over `socket`: names of the system's users, or their numbers.",
     .type = CVG_FIELD_NODE,
     .offset = AT(cvg_server_keys, users),
     .members = cvg_user_fields},
    {.name = "health",
     .doc = "A listener of its own for `/livez`, `/readyz` and `/healthz`, which no flood of other "
            "requests can fill: a loopback address with a port, or the path of a Unix socket.",
     .example = "127.0.0.1:8718",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .max = 107,
     .offset = AT(cvg_server_keys, health)},
    {.name = "limits",
     .doc = "What requests may take of the daemon. What was refused is counted in "
            "`convergate_http_refused_total`.",
     .default_text = "{}",
     .type = CVG_FIELD_STRUCT,
     .offset = AT(cvg_server_keys, limits),
     .members = limit_fields,
     .member_size = sizeof(struct cvg_limits_keys)},
    {0}};
