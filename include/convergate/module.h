/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module ABI: how a shared object teaches convergated to speak to a kind of system.
 *
 * A module exports one function, cvg_module_v1(), which returns a const table of callbacks. The
 * host hands every callback's object a const table of host functions, so a module has no
 * undefined symbols of ours. The file must belong to root or the daemon's user and be writable
 * by nobody else; it is never unloaded.
 *
 * Versions. Another major is another exported symbol. A newer minor only appends to structs:
 * both sides read min(size) and take the rest as zero. Fixed-width integers only, no enums and
 * no bool in structs.
 *
 * Objects. A *source* is one configured connection, a *check* one question asked through it, a
 * *run* one time that a polled check is asked. They are the host's and opaque; the module keeps
 * its own state beside each.
 *
 * Threads. All callbacks of one source, its checks and runs are serial, on a thread of the
 * host's choosing. Only `work` of an offload runs elsewhere, and may touch nothing but its
 * argument. A host function never calls back before it returns. Nothing may block; each callback
 * is timed, over 5 ms is counted and logged under the module's name.
 *
 * Memory. What the host passes in lives until the callback returns, except configurations (as
 * long as their object) and the host table (for ever). What a module passes is copied before the
 * call returns, except `arg` pointers, which are the module's.
 *
 * Scopes. Every operation (HTTP request, timer, socket, ...) belongs to a scope: a source, a
 * check or a run. When the scope ends, its operations are cancelled silently: their callbacks
 * are not called any more. An operation's handle is dead after its last callback, or after
 * cancel().
 */
#ifndef CONVERGATE_MODULE_H
#define CONVERGATE_MODULE_H

#include <convergate/field.h>
#include <convergate/reading.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CVG_ABI_MAJOR 1u
#define CVG_ABI_MINOR 2u

struct cvg_source;
struct cvg_check;
struct cvg_run;
struct cvg_scope;
struct cvg_op;
struct cvg_wanted;
struct cvg_found;

/* ---- endpoints ------------------------------------------------------------------------- */

/* Connection settings. The operator writes them as keys of a source (url, tls, bearer, ...) and
 * the host keeps them; a module that learns them elsewhere (a kubeconfig) hands them over with
 * endpoint_set(). Inline PEM beats a file name. NULL and 0 mean "not set". */
struct cvg_endpoint {
    size_t size;
    const char *url; /* http or https; may carry a path prefix; no user information, no query */
    const char *ca_file, *ca_pem;
    const char *cert_file, *cert_pem;
    const char *key_file;
    const struct cvg_secret *key_pem;
    const char *server_name; /* verify the certificate against this name instead of the host */
    const struct cvg_secret *bearer; /* re-read for each request */
    const char *username;
    const struct cvg_secret *password;
    struct cvg_list headers; /* struct cvg_pair */
    const char *proxy;       /* http://host:port; NULL or "": none (never from the environment) */
    uint32_t insecure_skip_verify;
    uint32_t allow_link_local; /* the address guard lets 169.254/16, fe80::/10 and metadata pass */
    int64_t concurrency;       /* requests in flight; streams are not counted */
    int64_t max_body;          /* bytes of a decoded body */
    int64_t connect_timeout_ns;
    /* Both set: each request is signed by AWS Signature Version 4, and carries no other
     * credentials. The keys are re-read for each request; the token may be NULL. */
    const char *sigv4_region, *sigv4_service;
    const struct cvg_secret *sigv4_access_key, *sigv4_secret_key, *sigv4_session_token;
};

/* ---- HTTP ------------------------------------------------------------------------------- */

enum cvg_http_flag {
    CVG_HTTP_STREAM = 1,   /* no deadline and no ceiling on the whole; needs on_body */
    CVG_HTTP_IDENTITY = 2, /* do not offer compression */
    CVG_HTTP_FRESH = 4,    /* on a new connection */
    CVG_HTTP_NO_CREDENTIALS = 8,
    CVG_HTTP_FOLLOW = 16, /* up to 5 redirects within the same origin */
    /* From minor 2 on. Its URL's query and both bodies are secret: they are not shown to who looks on
     * (`convergate probe`). */
    CVG_HTTP_SECRET = 32,
};

struct cvg_http_response {
    size_t size;
    uint32_t fault;           /* enum cvg_fault; NONE: an answer came, whatever its status */
    uint32_t status;          /* 0 where no status line came */
    const char *fault_text;   /* "connect 10.0.0.7:9090: Connection refused" */
    const char *content_type; /* "" where absent */
    int64_t retry_after_ns;   /* from Retry-After, at most 1 h; 0 where absent */
    const char *headers;      /* all response headers as received, lines end with \n */
    const char *body;         /* NUL after body_length; "" with on_body, which had it */
    size_t body_length;
    int64_t started_ns, finished_ns;                              /* host->now() */
    int64_t name_ns, connect_ns, tls_ns, first_byte_ns, total_ns; /* since started_ns; 0: none */
    uint32_t http_version;                                        /* 10, 11, 20 */
    uint32_t reserved;
    uint64_t connection; /* same number, same connection; 0: none */
    const char *address; /* the address that was connected to */
};

struct cvg_http_request {
    size_t size;
    const char *method; /* NULL: GET, or POST with a body */
    const char *path;   /* joined to the endpoint's URL, query included; or an absolute URL,
                                which gets the endpoint's credentials only at the same origin */
    const struct cvg_pair *headers;
    size_t header_count;
    const void *body;
    size_t body_length;
    const char *content_type;
    int64_t body_limit; /* ceiling on decoded bytes, at most the endpoint's; 0: the endpoint's */
    int64_t timeout_ns; /* 0: what is left of the scope's deadline, or 30 s */
    uint32_t flags;     /* enum cvg_http_flag */
    uint32_t reserved;
    /* Optional: the status line and headers are in. Return nonzero to end the transfer. */
    int (*on_head)(void *arg, struct cvg_op *op, const struct cvg_http_response *head);
    /* Optional: decoded bytes as they come; nothing is collected then. Return nonzero to end. */
    int (*on_body)(void *arg, struct cvg_op *op, const void *bytes, size_t length);
    /* Required: exactly once, unless the operation was cancelled. */
    void (*on_done)(void *arg, struct cvg_op *op, const struct cvg_http_response *response);
    void *arg;
    /* From minor 2 on. Signed by AWS Signature Version 4 with the endpoint's keys and region for this
     * service, also where path leads to another origin: for a second service of the same account.
     * NULL: as the endpoint says. */
    const char *sigv4_service;
};

/* ---- names, sockets, descriptors -------------------------------------------------------- */

enum cvg_family {
    CVG_FAMILY_ANY = 0,
    CVG_FAMILY_IPV4 = 4,
    CVG_FAMILY_IPV6 = 6
};

enum cvg_event {
    CVG_EVENT_READ = 1,
    CVG_EVENT_WRITE = 2
};

struct cvg_connect {
    size_t size;
    const char *host; /* name or address */
    uint32_t port;
    uint32_t family;   /* enum cvg_family */
    uint32_t datagram; /* 0 TCP, 1 UDP */
    uint32_t allow_link_local;
    int64_t timeout_ns; /* 0: as for HTTP */
    /* fd is connected, non-blocking, close-on-exec, guarded, and the module's from here on: close
     * it. fault other than NONE: fd is -1 and text says why. */
    void (*on_done)(void *arg, struct cvg_op *op, int fd, uint32_t fault, const char *text);
    void *arg;
};

/* ---- child processes -------------------------------------------------------------------- */

enum cvg_spawn_flag {
    /* What it is told and what it prints are secret: neither its arguments nor its output are shown to
     * who looks on (`convergate probe`), and the host wipes what it kept. */
    CVG_SPAWN_SECRET = 1,
};

struct cvg_spawn {
    size_t size;
    const char *const *argv;        /* absolute argv[0], no shell; ends at NULL */
    const char *const *environment; /* NAME=value, all of it; ends at NULL */
    const char *directory;          /* NULL: / */
    const void *input;              /* standard input; NULL: empty */
    size_t input_length;
    size_t output_limit;  /* of each of stdout and stderr; over it all is killed */
    int64_t timeout_ns;   /* then everything that came of it is killed */
    int64_t memory_limit; /* RLIMIT_AS; 0: none */
    /* It is called when the program ended, and whatever it has left, in its group or not, was killed.
     * exit_code -1 where it was killed; signal 0 where it exited. fault: TIMEOUT, TOO_LARGE (output,
     * processes), CONNECT (could not be started, text says why) or NONE. */
    void (*on_done)(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                    int32_t exit_code, int32_t signal, const char *out, size_t out_length,
                    const char *err, size_t err_length);
    void *arg;
    /* From minor 1 on. */
    uint32_t flags; /* enum cvg_spawn_flag */
    uint32_t reserved;
    /* From minor 2 on. 0: none. */
    int64_t process_limit; /* processes at one time, itself included; over it all are killed */
    int64_t file_limit;    /* RLIMIT_FSIZE: of each file that it writes */
    int64_t cpu_limit_ns;  /* RLIMIT_CPU: of each process, in whole seconds */
};

/* ---- the host --------------------------------------------------------------------------- */

enum cvg_log_level {
    CVG_LOG_ERROR = 3,
    CVG_LOG_WARNING = 4,
    CVG_LOG_INFO = 6,
    CVG_LOG_DEBUG = 7
};

/* Everything returns at once. An operation that cannot even be started still reports through its
 * callback, in a later turn; so a returned handle is never NULL. */
struct cvg_host {
    size_t size;
    uint32_t abi_major, abi_minor;

    /* Nanoseconds. now: CLOCK_BOOTTIME, for ages and deadlines. wall: since 1970, for labels. */
    int64_t (*now)(void);
    int64_t (*wall)(void);

    struct cvg_scope *(*source_scope)(struct cvg_source *source);
    struct cvg_scope *(*check_scope)(struct cvg_check *check);
    struct cvg_scope *(*run_scope)(struct cvg_run *run);

    /* One line, at a level; the host adds source, environment and check. */
    void (*log)(struct cvg_scope *scope, uint32_t level, const char *text);

    /* From source_create and check_create only: refuse a value, with the place of the key in the
     * operator's file. path: "query", "tls.ca", "resources[2]"; "" for the whole object. */
    void (*config_error)(struct cvg_scope *scope, const char *path, const char *text);

    /* From source_create, or later when credentials moved: see struct cvg_endpoint. What the
     * operator wrote about limits and proxy holds for what is left unset, headers are added to the
     * operator's. Without a url only the limits are taken, and the operator's connection stays. Who
     * uses the connection (`via:`) gets the new settings with the next request. */
    void (*endpoint_set)(struct cvg_source *source, const struct cvg_endpoint *endpoint);

    /* From check_create: checks of one source with the same key are run in the same round, so
     * that the module can ask once for all of them. The key is hashed and not kept. */
    void (*group)(struct cvg_check *check, const char *key);

    /* Ends a run. Exactly once a run; a second one is logged as the module's bug and ignored. */
    void (*complete)(struct cvg_run *run, const struct cvg_reading *reading);
    /* A streaming source knows better about a check. */
    void (*report)(struct cvg_check *check, const struct cvg_reading *reading);
    /* Bytes, or a small read on the same connection, proved that silence is still knowledge:
     * the latest readings of this source's checks are as true now as they were. Never from a
     * timer alone. */
    void (*alive)(struct cvg_source *source);

    struct cvg_op *(*http)(struct cvg_scope *scope, const struct cvg_http_request *request);
    void (*http_pause)(struct cvg_op *op); /* stop reading; the peer's window closes */
    void (*http_resume)(struct cvg_op *op);
    /* Shut down the connection that this transfer uses: all on it end with CONNECT, and the next
     * request opens a new one. For connections that proved dead. */
    void (*http_sever)(struct cvg_op *op);

    struct cvg_op *(*timer)(struct cvg_scope *scope, int64_t after_ns,
                            void (*on_timer)(void *arg, struct cvg_op *op), void *arg);

    /* work runs on a worker thread, done afterwards on the source's thread. When the scope ends
     * first, done is not called and `discard` is, once work has returned; it may be NULL. */
    struct cvg_op *(*offload)(struct cvg_scope *scope, void (*work)(void *arg),
                              void (*done)(void *arg, struct cvg_op *op),
                              void (*discard)(void *arg), void *arg);

    /* Reads a regular file whole, at most limit bytes (TOO_LARGE beyond). error: an errno value,
     * 0 where it was read. bytes are followed by a NUL. */
    struct cvg_op *(*read_file)(struct cvg_scope *scope, const char *path, size_t limit,
                                void (*on_done)(void *arg, struct cvg_op *op, int32_t error,
                                                const char *bytes, size_t length, int64_t mtime_ns),
                                void *arg);
    /* Tells, after a pause of 50 to 100 ms, that the file or what its path leads to may have
     * changed: rewritten, renamed over, made, deleted, or its directory swapped. Until cancelled.
     * A hint: read and compare. */
    struct cvg_op *(*watch_file)(struct cvg_scope *scope, const char *path,
                                 void (*on_change)(void *arg, struct cvg_op *op), void *arg);

    struct cvg_op *(*spawn)(struct cvg_scope *scope, const struct cvg_spawn *spawn);

    /* addresses: text form, best first; none with a fault. */
    struct cvg_op *(*resolve)(struct cvg_scope *scope, const char *name, uint32_t family,
                              void (*on_done)(void *arg, struct cvg_op *op, uint32_t fault,
                                              const char *text, const char *const *addresses,
                                              size_t count),
                              void *arg);
    struct cvg_op *(*connect)(struct cvg_scope *scope, const struct cvg_connect *connect);
    /* Tells that the descriptor is ready, until cancelled; call again to change the events. */
    struct cvg_op *(*watch_fd)(struct cvg_scope *scope, int fd, uint32_t events,
                               void (*on_ready)(void *arg, struct cvg_op *op, uint32_t events),
                               void *arg);

    void (*cancel)(struct cvg_op *op);

    /* Reads a secret afresh. text is NUL-terminated, wiped after the callback; error says why it
     * could not be read, without its content. */
    struct cvg_op *(*secret)(struct cvg_scope *scope, const struct cvg_secret *secret,
                             void (*on_done)(void *arg, struct cvg_op *op, const char *error,
                                             const char *text, size_t length),
                             void *arg);

    /* At most CVG_MEMORY_LIMIT bytes for each check, kept over restarts where there is a store.
     * remember returns 0 or -1 (too large, or not now). recall returns the length, 0 where nothing
     * is known; bytes live until the next remember. While the store cannot be read, and in
     * check_create, recall finds nothing and what the check is told to be counts as unknown
     * (StoreUnavailable), until recall was called again when it can: so recall for each reading,
     * and do not keep what it returned. */
    int32_t (*remember)(struct cvg_check *check, const void *bytes, size_t length);
    size_t (*recall)(struct cvg_check *check, const void **ret_bytes);

    /* From minor 1 on. */

    /* Nonzero where the operator wrote this key of the source's connection: "url", "bearer", "tls",
     * "max_body", and "via" where it is another source's. */
    int32_t (*endpoint_has)(struct cvg_source *source, const char *key);

    /* Secrets that a module learned by itself, for endpoint_set() and secret(). text: copied and
     * kept in memory only; NULL where it is empty, has a NUL in it or is over 64 KiB. path: absolute,
     * read afresh on each use; NULL where it is none. They live as long as the source, and are wiped
     * then; what is replaced often is dropped before, which takes NULL. endpoint_set() keeps a copy
     * of its own. */
    const struct cvg_secret *(*secret_text)(struct cvg_source *source, const char *text,
                                            size_t length);
    const struct cvg_secret *(*secret_file)(struct cvg_source *source, const char *path);
    void (*secret_drop)(struct cvg_source *source, const struct cvg_secret *secret);

    /* YAML, by the rules of the operator's own files (one document, no anchors, aliases, tags or
     * keys that stand twice, 32 levels, 64 KiB a text; of CVG_YAML_LIMIT bytes at most), handed out
     * as one JSON document. Nothing is guessed: a scalar is a string with the text that stands there,
     * except a plain one that is a number, true, false or null as JSON writes them (up to 64 bytes),
     * which stays that, with its digits as they are; and `~`, nothing, Null and NULL are null. So
     * `0123`, `yes` and "7" are strings. Where keys are wanted as text, take numbers and words too.
     * 0, emit was called once and json lives until it returns; or -1, and error says where and what,
     * without the text's values. Pure: may also be called from the work of an offload. */
    int32_t (*yaml)(const char *text, size_t length,
                    void (*emit)(void *arg, const char *json, size_t length), void *arg,
                    char *error, size_t error_size);

    /* From minor 2 on. */

    /* The source's polled checks are asked as soon as its limits allow, as if their time had come: for
     * who was told that something changed. At most once in 250 ms; more is put off, not lost. */
    void (*wake)(struct cvg_source *source);
    /* kind: enum cvg_digest; ret has its size, at most CVG_DIGEST_MOST. 0, or -1 where there is no such
     * kind. Pure: may also be called from the work of an offload. */
    int32_t (*digest)(uint32_t kind, const void *bytes, size_t length, unsigned char *ret);
    /* The source's connection, or that of the one it uses (`via:`): for who must make another URL of it
     * (a bucket's host). NULL where none is set. It lives until the connection's settings change. */
    const char *(*endpoint_url)(struct cvg_source *source);
    /* Not NULL: the check is no question about readiness, but what environments are discovered by (see
     * CVG_MODULE_DISCOVERS), and this is what is wanted of each object. It lives as long as the check's
     * configuration. */
    const struct cvg_wanted *(*discovers)(struct cvg_check *check);
    /* All that such a check's question matches, whole and certain: never a part of it, and never what
     * was known before a connection broke off. Whenever it changed, and once after the start; what is
     * the same does no harm. */
    void (*found)(struct cvg_check *check, const struct cvg_found *found);
};

/* Which labels and annotations of its objects a discovery reads; both end at NULL. */
struct cvg_wanted {
    size_t size;
    const char *const *labels;
    const char *const *annotations;
};

struct cvg_found_object {
    const char *namespace_name; /* "": it is in none */
    const char *name;
    /* Those that are wanted and that it has. What is not whole is left out. */
    const struct cvg_pair *labels;
    size_t label_count;
    const struct cvg_pair *annotations;
    size_t annotation_count;
};

struct cvg_found {
    size_t size;
    size_t object_size; /* sizeof(struct cvg_found_object), the stride of objects */
    const struct cvg_found_object *objects;
    size_t count;
    int64_t observed_at_ns; /* as of a reading: up to then it was true */
};

enum cvg_digest {
    CVG_DIGEST_SHA256 = 1, /* 32 bytes */
    CVG_DIGEST_MD5 = 2,    /* 16: only to compare with what others keep */
};

#define CVG_DIGEST_MOST 32

#define CVG_YAML_LIMIT (8u * 1024 * 1024)

#define CVG_MEMORY_LIMIT 4096

/* ---- the module ------------------------------------------------------------------------- */

enum cvg_module_flag {
    CVG_MODULE_ENDPOINT = 1,          /* sources have the endpoint keys; url is required */
    CVG_MODULE_ENDPOINT_OPTIONAL = 2, /* they have them, and url may be left out */
    CVG_MODULE_STREAMING = 4,         /* checks are reported, not run, and have no interval */
    CVG_MODULE_VIA = 8,               /* a source may use another's connection (`via:`) */
    /* From minor 2 on. Environments can be discovered by it: its checks with host->discovers() call
     * host->found(). They are reported as others are: ready while what was found is certain and as of
     * observed_at, unknown with a reason while it is not. Only with STREAMING. */
    CVG_MODULE_DISCOVERS = 16,
};

/* What a required check's `failed` does where the operator says nothing. */
enum cvg_on_failed {
    CVG_ON_FAILED_WAIT = 0,
    CVG_ON_FAILED_HALT = 1
};

/* What a run is asked with. */
struct cvg_run_inputs {
    size_t size;
    const void *config;    /* the check's struct, with facts of other checks filled in; lives as
                              long as the run */
    int64_t round_wall_ns; /* one instant for all runs of a round: since 1970 */
    int64_t round_ns;      /* the same on host->now()'s clock */
    int64_t deadline_ns;   /* then the host cancels the run and records TimedOut */
    /* From minor 2 on. What the operator wrote as the check's own `max_age` (not as a default of all),
     * CVG_ABSENT_INT where nothing: for evidence that carries a time of its own, such as a plan. */
    int64_t max_age_ns;
};

struct cvg_module {
    size_t size;
    uint32_t abi_major, abi_minor; /* CVG_ABI_MAJOR, CVG_ABI_MINOR */
    const char *name;              /* letters, digits, '-'; the file is NAME.so */
    const char *version, *summary;
    uint32_t flags;     /* enum cvg_module_flag */
    uint32_t plane;     /* enum cvg_plane: the default of its checks */
    uint32_t on_failed; /* enum cvg_on_failed */
    uint32_t reserved;
    size_t field_size;                     /* sizeof(struct cvg_field), the stride of the tables */
    const struct cvg_field *source_fields; /* besides the host's; may be NULL */
    size_t source_config_size;
    const struct cvg_field *check_fields;
    size_t check_config_size;

    /* Refuse with config_error() and return nonzero, or set *ret_state (may stay NULL) and
     * return 0. Nothing may be connected yet: `convergated --check` stops here. */
    int32_t (*source_create)(const struct cvg_host *host, struct cvg_source *source,
                             const void *config, void **ret_state);
    /* Optional: evidence is wanted from now on. */
    void (*source_start)(void *source_state);
    /* All of its checks are gone, its operations cancelled. */
    void (*source_destroy)(void *source_state);

    /* Of a streaming source, where a check takes facts of others: when they are known, and anew, after
     * check_destroy, when one of them is another; refusals are then the check's reading. */
    int32_t (*check_create)(void *source_state, struct cvg_check *check, const void *config,
                            void **ret_state);
    void (*check_destroy)(void *check_state);

    /* Polled modules: ask. Leads to exactly one complete(), at once or later. */
    void (*run)(void *check_state, struct cvg_run *run, const struct cvg_run_inputs *inputs);
    /* Optional: the run is over without a complete() (deadline, shutdown). Its operations are
     * cancelled already; the handle is dead when this returns. */
    void (*cancel)(void *check_state, struct cvg_run *run);
};

#if defined(__GNUC__)
#define CVG_MODULE_EXPORT __attribute__((visibility("default")))
#else
#define CVG_MODULE_EXPORT
#endif

/* The only exported symbol. */
CVG_MODULE_EXPORT const struct cvg_module *cvg_module_v1(void);
#define CVG_MODULE_SYMBOL "cvg_module_v1"

#ifdef __cplusplus
}
#endif

#endif
