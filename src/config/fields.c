/* SPDX-License-Identifier: Apache-2.0 */
/* The host's own keys. The texts are the reference page: write for somebody who is new here. */
#include "config/fields.h"

#include "base/time.h"

#define SECONDS(n) ((n)*CVG_SECOND)
#define DAYS(n)    SECONDS((n)*INT64_C(86400))

#define MIB(n) ((n)*INT64_C(1048576))

#define AT(type, member) offsetof(struct type, member)

const struct cvg_field cvg_names_fields[] = {
    {.name = "servers",
     .doc =
         "Name servers (addresses, with a port where it is not 53) that look up the hosts of all "
         "sources. Without them those of /etc/resolv.conf are asked.",
     .example = "[10.0.0.2, \"10.0.0.3:5353\"]",
     .type = CVG_FIELD_LIST,
     .max = 8,
     .offset = AT(cvg_names_keys, servers)},
    {.name = "timeout",
     .doc = "How long a look-up may take.",
     .default_text = "5s",
     .type = CVG_FIELD_DURATION,
     .min = 100 * CVG_MS,
     .max = SECONDS(60),
     .offset = AT(cvg_names_keys, timeout)},
    {0}};

const struct cvg_field cvg_defaults_fields[] = {
    {.name = "interval",
     .doc = "How often a check is asked that has no interval of its own.",
     .default_text = "15s",
     .type = CVG_FIELD_DURATION,
     .min = 100 * CVG_MS,
     .max = DAYS(1),
     .offset = AT(cvg_defaults_keys, interval)},
    {.name = "timeout",
     .doc = "How long one answer may take; never longer than the check's interval.",
     .default_text = "10s",
     .type = CVG_FIELD_DURATION,
     .min = 10 * CVG_MS,
     .max = SECONDS(3600),
     .offset = AT(cvg_defaults_keys, timeout)},
    {.name = "rise",
     .doc = "How long a check must be ready without interruption before it counts as ready.",
     .default_text = "30s",
     .type = CVG_FIELD_DURATION,
     .max = DAYS(7),
     .offset = AT(cvg_defaults_keys, rise)},
    {.name = "fall",
     .doc = "How long a ready check may be anything else before it stops counting as ready.",
     .default_text = "0",
     .type = CVG_FIELD_DURATION,
     .max = DAYS(7),
     .offset = AT(cvg_defaults_keys, fall)},
    {.name = "max_age",
     .doc = "Evidence older than this counts as unknown. Without it: the larger of 60s and three "
            "intervals plus the timeout; 150s for checks that are told of changes.",
     .example = "2m",
     .type = CVG_FIELD_DURATION,
     .min = CVG_SECOND,
     .max = DAYS(30),
     .offset = AT(cvg_defaults_keys, max_age)},
    {0}};

static const struct cvg_field retention_fields[] = {
    {.name = "decisions",
     .doc = "Decisions and what people did are kept for so long. What goes leaves a signed "
            "checkpoint, so that the rest can still be verified.",
     .default_text = "400d",
     .type = CVG_FIELD_DURATION,
     .min = SECONDS(3600),
     .max = DAYS(36500),
     .offset = AT(cvg_retention_keys, decisions)},
    {.name = "history",
     .doc = "Changes of checks, phases, sources and configuration are kept for so long.",
     .default_text = "90d",
     .type = CVG_FIELD_DURATION,
     .min = SECONDS(3600),
     .max = DAYS(36500),
     .offset = AT(cvg_retention_keys, history)},
    {.name = "size",
     .doc = "The store's files together: above it the oldest history goes, then the oldest "
            "decisions, however young they are.",
     .default_text = "10GiB",
     .type = CVG_FIELD_SIZE,
     .min = MIB(16),
     .max = MIB(16 * 1024 * 1024),
     .offset = AT(cvg_retention_keys, size)},
    {0}};

const struct cvg_field cvg_file_fields[] = {
    {.name = "server",
     .doc =
         "The HTTP API. Only tokens, clients and users change with a reload; the rest waits for a "
         "restart.",
     .default_text = "{}",
     .type = CVG_FIELD_STRUCT,
     .offset = AT(cvg_file_keys, server),
     .members = cvg_server_fields,
     .member_size = sizeof(struct cvg_server_keys)},
    {.name = "store",
     .doc =
         "File of the database that keeps decisions, history, and what the daemon must know again "
         "after a restart; an absolute path. Without it nothing is kept. Changes wait for a "
         "restart.",
     .example = "/var/lib/convergate/convergate.db",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_file_keys, store)},
    {.name = "retention",
     .doc = "How long the store keeps what is in it; needs `store`. Changes wait for a restart.",
     .default_text = "{}",
     .type = CVG_FIELD_STRUCT,
     .offset = AT(cvg_file_keys, retention),
     .members = retention_fields,
     .member_size = sizeof(struct cvg_retention_keys)},
    {.name = "names",
     .doc = "How names of hosts are looked up. Changes wait for a restart.",
     .default_text = "{}",
     .type = CVG_FIELD_STRUCT,
     .offset = AT(cvg_file_keys, names),
     .members = cvg_names_fields,
     .member_size = sizeof(struct cvg_names_keys)},
    {.name = "defaults",
     .doc = "What checks have that say nothing themselves.",
     .default_text = "{}",
     .type = CVG_FIELD_STRUCT,
     .offset = AT(cvg_file_keys, defaults),
     .members = cvg_defaults_fields,
     .member_size = sizeof(struct cvg_defaults_keys)},
    {.name = "sources",
     .doc = "Connections to the systems that are asked: names of your choice, each with a type.",
     .type = CVG_FIELD_NODE,
     .offset = AT(cvg_file_keys, sources)},
    {.name = "templates",
     .doc = "Checks and gates that many environments have alike: names of your choice. An "
            "environment takes one with `template`.",
     .type = CVG_FIELD_NODE,
     .offset = AT(cvg_file_keys, templates)},
    {.name = "environments",
     .doc =
         "What rollouts target, each with the checks that make up its readiness and the gates that "
         "deployments ask.",
     .type = CVG_FIELD_NODE,
     .offset = AT(cvg_file_keys, environments)},
    {.name = "discover",
     .doc = "Environments that come and go with objects of a cluster: names of your choice, each "
            "with the source that is asked and the template that they are made from.",
     .type = CVG_FIELD_NODE,
     .offset = AT(cvg_file_keys, discover)},
    {0}};

const struct cvg_field cvg_source_fields[] = {
    {.name = "type",
     .doc = "The module that speaks to this kind of system.",
     .type = CVG_FIELD_STRING,
     .example = "prometheus",
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_source_keys, type)},
    {0}};

const struct cvg_field cvg_via_fields[] = {
    {.name = "via",
     .doc = "Another source whose connection this one uses instead of its own.",
     .type = CVG_FIELD_STRING,
     .example = "cluster",
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_source_keys, via)},
    {0}};

static const struct cvg_field basic_fields[] = {{.name = "username",
                                                 .doc = "The user's name.",
                                                 .type = CVG_FIELD_STRING,
                                                 .example = "convergate",
                                                 .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
                                                 .offset = AT(cvg_basic_keys, username)},
                                                {.name = "password",
                                                 .doc = "Where the password is.",
                                                 .type = CVG_FIELD_SECRET,
                                                 .example = "file:/etc/convergate/password",
                                                 .flags = CVG_FIELD_REQUIRED,
                                                 .offset = AT(cvg_basic_keys, password)},
                                                {0}};

static const struct cvg_field tls_fields[] = {
    {.name = "ca",
     .doc = "PEM file of the authorities that may have signed the server's certificate, instead of "
            "the "
            "system's; an absolute path.",
     .type = CVG_FIELD_STRING,
     .example = "/etc/convergate/ca.pem",
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_tls_keys, ca)},
    {.name = "cert",
     .doc = "PEM file of the client certificate that is shown to the server; needs `key`.",
     .type = CVG_FIELD_STRING,
     .example = "/etc/convergate/client.pem",
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_tls_keys, cert)},
    {.name = "key",
     .doc = "Where the client certificate's private key (PEM) is.",
     .type = CVG_FIELD_SECRET,
     .example = "file:/etc/convergate/client.key",
     .offset = AT(cvg_tls_keys, key)},
    {.name = "server_name",
     .doc = "Verify the server's certificate against this name instead of the URL's host.",
     .type = CVG_FIELD_STRING,
     .example = "prometheus.internal",
     .flags = CVG_FIELD_NONEMPTY,
     .max = 253,
     .offset = AT(cvg_tls_keys, server_name)},
    {.name = "insecure_skip_verify",
     .doc = "Take any certificate. Whoever is on the way can then make the gate open.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = AT(cvg_tls_keys, insecure_skip_verify)},
    {0}};

static const struct cvg_field sigv4_fields[] = {
    {.name = "region",
     .doc = "The AWS region of the service.",
     .type = CVG_FIELD_STRING,
     .example = "eu-central-1",
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .max = 64,
     .offset = AT(cvg_signing_keys, region)},
    {.name = "service",
     .doc = "The service's name in signatures: `aps` for Amazon Managed Service for Prometheus, "
            "`s3` for buckets, which are signed by S3's own rules.",
     .type = CVG_FIELD_STRING,
     .default_text = "aps",
     .flags = CVG_FIELD_NONEMPTY,
     .max = 64,
     .offset = AT(cvg_signing_keys, service)},
    {.name = "access_key",
     .doc = "Where the access key's id is.",
     .type = CVG_FIELD_SECRET,
     .example = "env:AWS_ACCESS_KEY_ID",
     .flags = CVG_FIELD_REQUIRED,
     .offset = AT(cvg_signing_keys, access_key)},
    {.name = "secret_key",
     .doc = "Where the secret access key is.",
     .type = CVG_FIELD_SECRET,
     .example = "file:/etc/convergate/aws-secret-key",
     .flags = CVG_FIELD_REQUIRED,
     .offset = AT(cvg_signing_keys, secret_key)},
    {.name = "session_token",
     .doc = "Where the session token of temporary keys is.",
     .type = CVG_FIELD_SECRET,
     .example = "file:/run/aws/session-token",
     .offset = AT(cvg_signing_keys, session_token)},
    {0}};

#define ENDPOINT_FIELDS(url_flags)                                                                 \
    {.name = "url",                                                                                \
     .doc = "Where the system is reached; may have a path that comes before every request's.",     \
     .type = CVG_FIELD_URL,                                                                        \
     .example = "http://127.0.0.1:9090",                                                           \
     .flags = (url_flags),                                                                         \
     .offset = AT(cvg_endpoint_keys, url)},                                                        \
        {.name = "bearer",                                                                         \
         .doc = "Where the token for `Authorization: Bearer` is; read again for each request.",    \
         .type = CVG_FIELD_SECRET,                                                                 \
         .example = "file:/run/secrets/token",                                                     \
         .offset = AT(cvg_endpoint_keys, bearer)},                                                 \
        {.name = "basic",                                                                          \
         .doc = "User name and password for `Authorization: Basic`.",                              \
         .type = CVG_FIELD_STRUCT,                                                                 \
         .offset = AT(cvg_endpoint_keys, basic),                                                   \
         .members = basic_fields,                                                                  \
         .member_size = sizeof(struct cvg_basic_keys)},                                            \
        {.name = "sigv4",                                                                          \
         .doc = "Sign each request by AWS Signature Version 4, instead of `bearer` and `basic`. "  \
                "The keys are read again for each request.",                                       \
         .type = CVG_FIELD_STRUCT,                                                                 \
         .offset = AT(cvg_endpoint_keys, sigv4),                                                   \
         .members = sigv4_fields,                                                                  \
         .member_size = sizeof(struct cvg_signing_keys)},                                          \
        {.name = "headers",                                                                        \
         .doc = "Further headers of each request. Not for credentials: those are `bearer`, "       \
                "`basic` and `sigv4`.",                                                            \
         .type = CVG_FIELD_MAP,                                                                    \
         .example = "{X-Scope-OrgID: shop}",                                                       \
         .max = 32,                                                                                \
         .offset = AT(cvg_endpoint_keys, headers)},                                                \
        {.name = "tls",                                                                            \
         .doc = "How an https server proves who it is, and this daemon to it.",                    \
         .type = CVG_FIELD_STRUCT,                                                                 \
         .offset = AT(cvg_endpoint_keys, tls),                                                     \
         .members = tls_fields,                                                                    \
         .member_size = sizeof(struct cvg_tls_keys)},                                              \
        {.name = "proxy",                                                                          \
         .doc = "HTTP proxy to go through. Never taken from the environment.",                     \
         .type = CVG_FIELD_URL,                                                                    \
         .example = "http://proxy.internal:3128",                                                  \
         .offset = AT(cvg_endpoint_keys, proxy)},                                                  \
        {.name = "concurrency",                                                                    \
         .doc = "Requests in flight at the same time, at most.",                                   \
         .default_text = "8",                                                                      \
         .type = CVG_FIELD_INT,                                                                    \
         .min = 1,                                                                                 \
         .max = 1024,                                                                              \
         .offset = AT(cvg_endpoint_keys, concurrency)},                                            \
        {.name = "max_body",                                                                       \
         .doc = "An answer that is larger, decompressed, is refused.",                             \
         .default_text = "8MiB",                                                                   \
         .type = CVG_FIELD_SIZE,                                                                   \
         .min = 1024,                                                                              \
         .max = INT64_C(1) << 30,                                                                  \
         .offset = AT(cvg_endpoint_keys, max_body)},                                               \
        {.name = "connect_timeout",                                                                \
         .doc = "How long it may take until the connection stands.",                               \
         .default_text = "5s",                                                                     \
         .type = CVG_FIELD_DURATION,                                                               \
         .min = 10 * CVG_MS,                                                                       \
         .max = SECONDS(120),                                                                      \
         .offset = AT(cvg_endpoint_keys, connect_timeout)},                                        \
    {                                                                                              \
        .name = "allow_link_local",                                                                \
        .doc =                                                                                     \
            "Let requests go to link-local addresses (169.254.0.0/16, fe80::/10), where clouds "   \
            "keep their metadata service with its credentials.",                                   \
        .default_text = "false", .type = CVG_FIELD_BOOL,                                           \
        .offset = AT(cvg_endpoint_keys, allow_link_local)                                          \
    }

const struct cvg_field cvg_endpoint_fields[] = {ENDPOINT_FIELDS(0), {0}};
const struct cvg_field cvg_endpoint_required[] = {ENDPOINT_FIELDS(CVG_FIELD_REQUIRED), {0}};

/* What an environment and a template have alike; the struct says where. */
#define PARTS(keys)                                                                                \
    {.name = "checks",                                                                             \
     .doc = "Questions asked of sources: names of your choice, each with a source and the keys "   \
            "of its type.",                                                                        \
     .type = CVG_FIELD_NODE,                                                                       \
     .offset = AT(keys, checks)},                                                                  \
    {                                                                                              \
        .name = "gates",                                                                           \
        .doc = "What deployments ask. The first one is asked where only the environment is "       \
               "named. Without any there is one that looks at every required check.",              \
        .type = CVG_FIELD_NODE, .offset = AT(keys, gates)                                          \
    }

const struct cvg_field cvg_template_fields[] = {
    {.name = "vars",
     .doc = "Names that stand in the values of this template as `${vars.NAME}`. Each environment "
            "gives them, unless they have a default. `${vars.environment}` is there by itself: the "
            "environment's name.",
     .example = "[cluster, host]",
     .type = CVG_FIELD_LIST,
     .offset = AT(cvg_template_keys, vars)},
    {.name = "defaults",
     .doc = "What a var is where the environment does not say.",
     .example = "{host: www.example.com}",
     .type = CVG_FIELD_MAP,
     .offset = AT(cvg_template_keys, defaults)},
    PARTS(cvg_template_keys),
    {0}};

const struct cvg_field cvg_environment_fields[] = {
    {.name = "template",
     .doc = "The template whose checks and gates it has. What is written here as well goes over "
            "them, key by key; `~` takes a check, a gate or a key out.",
     .example = "service",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_environment_keys, template)},
    {.name = "vars",
     .doc = "What `${vars.NAME}` stands for in the values of the template, and of this "
            "environment.",
     .example = "{cluster: eu, host: eu.example.com}",
     .type = CVG_FIELD_MAP,
     .offset = AT(cvg_environment_keys, vars)},
    PARTS(cvg_environment_keys),
    {0}};

const struct cvg_field cvg_discover_fields[] = {
    {.name = "source",
     .doc = "The source whose objects are looked for, of a type that can be discovered by. Which "
            "objects is said by keys of its type's checks (`kind`, `selector`, `namespace`).",
     .example = "cluster",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_discover_keys, source)},
    {.name = "template",
     .doc = "The template that each of these environments is made from.",
     .example = "preview",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_discover_keys, template)},
    {.name = "name",
     .doc = "The environment's name, with `${object.name}`, `${object.namespace}`, "
            "`${object.labels.KEY}` and `${object.annotations.KEY}`. An object that makes no valid "
            "name, or one that is taken, is left out and told in the log. Without it: the object's "
            "name.",
     .example = "\"preview-${object.name}\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_discover_keys, name)},
    {.name = "vars",
     .doc = "What the template's vars are, with the same references. A var that takes a label or "
            "an annotation which the object does not have is left to the template's default.",
     .example = "{namespace: \"${object.name}\", host: \"${object.labels.host}\"}",
     .type = CVG_FIELD_MAP,
     .offset = AT(cvg_discover_keys, vars)},
    {.name = "grace",
     .doc = "How long an environment stays when its object is gone, or has lost its label. Only "
            "time in which the source could be read counts.",
     .default_text = "10m",
     .type = CVG_FIELD_DURATION,
     .max = DAYS(30),
     .offset = AT(cvg_discover_keys, grace)},
    {.name = "most",
     .doc = "At most so many environments are made by this; what is more is left out and told in "
            "the log.",
     .default_text = "200",
     .type = CVG_FIELD_INT,
     .min = 1,
     .max = 10000,
     .offset = AT(cvg_discover_keys, most)},
    {0}};

static const char *const agreements[] = {"asked", "revision", "nothing", NULL};

const struct cvg_field cvg_gate_fields[] = {
    {.name = "require",
     .doc =
         "Checks or components that must agree. Without it: every required check. A check that is "
         "named here counts even where it has `required: false`.",
     .example = "[api, errors]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_gate_keys, require)},
    {.name = "exclude",
     .doc = "Checks or components that are not looked at after all.",
     .example = "[nodes]",
     .type = CVG_FIELD_LIST,
     .offset = AT(cvg_gate_keys, exclude)},
    {.name = "agree_on",
     .doc =
         "Whether the checks must name one revision, those that name any. `asked`: the subject's, "
         "where it has one. `revision`: always, and one check at least must name it. `nothing`: "
         "no, "
         "for a gate that is asked before that revision is rolled out.",
     .default_text = "asked",
     .type = CVG_FIELD_ENUM,
     .choices = agreements,
     .offset = AT(cvg_gate_keys, agree_on)},
    {0}};

/* In the order of the enums that they stand for: enum cvg_plane, cvg_config_on_unknown,
 * cvg_config_on_failed; on_degraded: go is 1. */
static const char *const planes[] = {"observed", "declared", NULL};
static const char *const unknowns[] = {"block", "ignore", "keep", NULL};
static const char *const failures[] = {"wait", "halt", "halt_after", NULL};
static const char *const degradations[] = {"wait", "go", NULL};

static const struct cvg_field keep_fields[] = {
    {.name = "keep",
     .doc = "Goes on counting as what it was before, for at most this long.",
     .example = "5m",
     .type = CVG_FIELD_DURATION,
     .min = CVG_SECOND,
     .max = DAYS(7),
     .offset = AT(cvg_check_keys, keep)},
    {0}};

static const struct cvg_field halt_fields[] = {
    {.name = "halt_after",
     .doc = "The verdict is wait first, and halt once the check has been failed for this long.",
     .example = "5m",
     .type = CVG_FIELD_DURATION,
     .min = CVG_SECOND,
     .max = DAYS(7),
     .offset = AT(cvg_check_keys, halt_after)},
    {0}};

const struct cvg_field cvg_check_fields[] = {
    {.name = "source",
     .doc = "Which source is asked; its type decides which other keys the check has.",
     .example = "metrics",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_check_keys, source)},
    {.name = "plane",
     .doc = "`declared`: what infrastructure code says. `observed`: what answers. Without it, what "
            "checks of this type usually are.",
     .type = CVG_FIELD_ENUM,
     .choices = planes,
     .offset = AT(cvg_check_keys, plane)},
    {.name = "component",
     .doc = "The part of the environment that it tells about; checks of one component are folded "
            "together, and gates can name it.",
     .example = "api",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_check_keys, component)},
    {.name = "required",
     .doc = "Whether the environment is only ready when this check is. Otherwise it is shown and "
            "counts "
            "for the score.",
     .default_text = "true",
     .type = CVG_FIELD_BOOL,
     .offset = AT(cvg_check_keys, required)},
    {.name = "weight",
     .doc = "How much it counts in the score; more than 0.",
     .default_text = "1",
     .type = CVG_FIELD_NUMBER,
     .offset = AT(cvg_check_keys, weight)},
    {.name = "rise",
     .doc = "How long it must be ready without interruption before it counts as ready. Without it: "
            "`defaults.rise`.",
     .example = "2m",
     .type = CVG_FIELD_DURATION,
     .max = DAYS(7),
     .offset = AT(cvg_check_keys, rise)},
    {.name = "fall",
     .doc = "How long it may be anything else before it stops counting as ready. Without it: "
            "`defaults.fall`.",
     .example = "30s",
     .type = CVG_FIELD_DURATION,
     .max = DAYS(7),
     .offset = AT(cvg_check_keys, fall)},
    {.name = "max_age",
     .doc = "Evidence older than this counts as unknown. Without it: `defaults.max_age`.",
     .example = "2m",
     .type = CVG_FIELD_DURATION,
     .min = CVG_SECOND,
     .max = DAYS(30),
     .offset = AT(cvg_check_keys, max_age)},
    {.name = "on_unknown",
     .doc =
         "What happens while nobody can tell. `block`: the gate waits. `ignore`: as if the check "
         "were not there. `{keep: 5m}`: it goes on counting as what it was before, for at most "
         "that "
         "long, and the answer says so.",
     .default_text = "block",
     .type = CVG_FIELD_ENUM,
     .choices = unknowns,
     .members = keep_fields,
     .offset = AT(cvg_check_keys, on_unknown)},
    {.name = "on_failed",
     .doc = "What the gate says while it is failed. `wait`: it may heal by itself. `halt`: "
            "somebody must "
            "look. `{halt_after: 5m}`: first the one, then the other. Without it, what suits the "
            "type.",
     .example = "{halt_after: 5m}",
     .type = CVG_FIELD_ENUM,
     .choices = failures,
     .members = halt_fields,
     .offset = AT(cvg_check_keys, on_failed)},
    {.name = "on_degraded",
     .doc = "What the gate says while it is degraded. `go` lets rollouts pass, and the answer says "
            "so.",
     .default_text = "wait",
     .type = CVG_FIELD_ENUM,
     .choices = degradations,
     .offset = AT(cvg_check_keys, on_degraded)},
    {.name = "revision",
     .doc = "The fact whose text is the check's revision, such as `outputs.version`. Without it: "
            "what the type calls its revision.",
     .example = "outputs.version",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = AT(cvg_check_keys, revision)},
    {.name = "agree",
     .doc = "Whether its revision counts where a gate agrees on one; see `agree_on`.",
     .default_text = "true",
     .type = CVG_FIELD_BOOL,
     .offset = AT(cvg_check_keys, agree)},
    {0}};

const struct cvg_field cvg_polled_fields[] = {
    {.name = "interval",
     .doc = "How often it is asked. Without it: `defaults.interval`.",
     .example = "30s",
     .type = CVG_FIELD_DURATION,
     .min = 100 * CVG_MS,
     .max = DAYS(1),
     .offset = AT(cvg_check_keys, interval)},
    {.name = "timeout",
     .doc = "How long an answer may take, at most the interval. Without it: `defaults.timeout`, or "
            "the "
            "interval where that is shorter.",
     .example = "10s",
     .type = CVG_FIELD_DURATION,
     .min = 10 * CVG_MS,
     .max = SECONDS(3600),
     .offset = AT(cvg_check_keys, timeout)},
    {0}};

size_t cvg_source_tables(const struct cvg_kind *kind, const struct cvg_field *ret[])
{
    size_t count = 0;
    ret[count++] = cvg_source_fields;
    if (kind->flags & CVG_MODULE_VIA) {
        ret[count++] = cvg_via_fields;
    }
    if (kind->flags & CVG_MODULE_ENDPOINT_OPTIONAL) {
        ret[count++] = cvg_endpoint_fields;
    } else if (kind->flags & CVG_MODULE_ENDPOINT) {
        /* With `via` the connection, and so the URL, may be another source's. */
        ret[count++] = kind->flags & CVG_MODULE_VIA ? cvg_endpoint_fields : cvg_endpoint_required;
    }
    return count;
}
