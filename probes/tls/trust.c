/* SPDX-License-Identifier: Apache-2.0 */
/* Whom to trust; see trust.h. */
#include "trust.h"

#include "kit/memory.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST         (8 * 1024 * 1024)
#define CERTIFICATES_MOST 4096

struct cvg_tls_trust {
    const struct cvg_host *host;
    struct cvg_source *source;
    const char *ca; /* NULL: the system's */
    size_t place;   /* of the system's files, the one that is tried */
    int loading;
    int changed; /* while it was being read */
    struct cvg_op *watch;
    X509_STORE *store; /* owned; NULL: none that is up to date */
    char problem[512];
    struct cvg_tls_waiter *first;
};

/* What a worker makes of a file. */
struct job {
    struct cvg_tls_trust *trust;
    X509_STORE *store; /* made here */
    const char *problem;
    size_t length;
    char bytes[];
};

static const char *path_of(const struct cvg_tls_trust *trust)
{
    /* Debian, Fedora, Alpine, SUSE. */
    static const char *const places[] = {"/etc/ssl/certs/ca-certificates.crt",
                                         "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
                                         "/etc/ssl/ca-bundle.pem"};
    if (trust->ca != NULL) {
        return trust->place == 0 ? trust->ca : NULL;
    }
    return trust->place < sizeof(places) / sizeof(places[0]) ? places[trust->place] : NULL;
}

/* ---- decoding ---- */

static const char *read_all(X509_STORE *store, BIO *in)
{
    size_t count = 0;
    for (;;) {
        X509 *certificate = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL);
        if (certificate == NULL) {
            break;
        }
        int added = X509_STORE_add_cert(store, certificate);
        X509_free(certificate);
        if (!added || ++count > CERTIFICATES_MOST) {
            return added ? "has too many certificates" : "has a certificate that OpenSSL refuses";
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return "has something that is no certificate in PEM";
    }
    return count == 0 ? "has no certificate in PEM" : NULL;
}

static void work(void *arg)
{
    struct job *job = arg;
    ERR_clear_error();
    BIO *in = BIO_new_mem_buf(job->bytes, (int)job->length);
    job->store = X509_STORE_new();
    job->problem =
        in != NULL && job->store != NULL ? read_all(job->store, in) : "could not be decoded";
    BIO_free(in);
    OPENSSL_thread_stop(); /* as after an exam: see there */
}

static void discard(void *arg)
{
    struct job *job = arg;
    X509_STORE_free(job->store);
    free(job);
}

/* ---- telling ---- */

static void tell_all(struct cvg_tls_trust *trust)
{
    /* Who waits may want it again: the list is theirs from here on. */
    struct cvg_tls_waiter *waiter = trust->first;
    trust->first = NULL;
    while (waiter != NULL) {
        struct cvg_tls_waiter *next = waiter->next;
        waiter->next = NULL;
        if (trust->store != NULL) {
            (void)X509_STORE_up_ref(trust->store);
        }
        waiter->on_trust(waiter, trust->store, trust->problem);
        waiter = next;
    }
}

static void load(struct cvg_tls_trust *trust);

/* Once around at most: who loads again has seen the change. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void settle(struct cvg_tls_trust *trust)
{
    trust->loading = 0;
    if (trust->changed) {
        load(trust);
    } else {
        tell_all(trust);
    }
}

static void drop_store(struct cvg_tls_trust *trust)
{
    X509_STORE_free(trust->store);
    trust->store = NULL;
}

static void on_decoded(void *arg, struct cvg_op *op)
{
    struct job *job = arg;
    struct cvg_tls_trust *trust = job->trust;
    (void)op;
    drop_store(trust);
    if (job->problem == NULL) {
        trust->store = job->store;
        job->store = NULL;
    } else {
        (void)snprintf(trust->problem, sizeof(trust->problem), "%s %s", path_of(trust),
                       job->problem);
    }
    discard(job);
    settle(trust);
}

static void on_change(void *arg, struct cvg_op *op)
{
    struct cvg_tls_trust *trust = arg;
    (void)op;
    trust->changed = 1;
    if (!trust->loading) {
        load(trust);
    }
}

/* ---- reading ---- */

static void read_next(struct cvg_tls_trust *trust);

static void on_read(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                    int64_t mtime_ns)
{
    struct cvg_tls_trust *trust = arg;
    (void)op, (void)mtime_ns;
    if (error != 0) {
        const char *why = strerrordesc_np(error);
        (void)snprintf(trust->problem, sizeof(trust->problem), "%s: %s", path_of(trust),
                       why != NULL ? why : "cannot be read");
        trust->place++;
        read_next(trust);
        return;
    }
    if (trust->watch == NULL) {
        const struct cvg_host *host = trust->host;
        trust->watch =
            host->watch_file(host->source_scope(trust->source), path_of(trust), on_change, trust);
    }
    struct job *job = cvg_kit_alloc(sizeof(*job) + length + 1);
    job->trust = trust;
    job->length = length;
    memcpy(job->bytes, bytes, length);
    (void)trust->host->offload(trust->host->source_scope(trust->source), work, on_decoded, discard,
                               job);
}

/* NOLINTNEXTLINE(misc-no-recursion): see settle() */
static void read_next(struct cvg_tls_trust *trust)
{
    const char *path = path_of(trust);
    if (path == NULL) {
        drop_store(trust);
        settle(trust);
        return;
    }
    (void)trust->host->read_file(trust->host->source_scope(trust->source), path, FILE_MOST, on_read,
                                 trust);
}

/* NOLINTNEXTLINE(misc-no-recursion): see settle() */
static void load(struct cvg_tls_trust *trust)
{
    trust->loading = 1;
    trust->changed = 0;
    trust->place = 0;
    read_next(trust);
}

/* ---- who wants it ---- */

struct cvg_tls_trust *cvg_tls_trust_new(const struct cvg_host *host, struct cvg_source *source,
                                        const char *ca)
{
    struct cvg_tls_trust *trust = cvg_kit_alloc(sizeof(*trust));
    trust->host = host;
    trust->source = source;
    trust->ca = ca;
    return trust;
}

void cvg_tls_trust_free(struct cvg_tls_trust *trust)
{
    drop_store(trust);
    free(trust);
}

void cvg_tls_trust_want(struct cvg_tls_trust *trust, struct cvg_tls_waiter *waiter)
{
    if (trust->store != NULL && !trust->loading) {
        (void)X509_STORE_up_ref(trust->store);
        waiter->on_trust(waiter, trust->store, "");
        return;
    }
    waiter->next = trust->first;
    trust->first = waiter;
    if (!trust->loading) {
        load(trust);
    }
}

void cvg_tls_trust_leave(struct cvg_tls_trust *trust, struct cvg_tls_waiter *waiter)
{
    for (struct cvg_tls_waiter **at = &trust->first; *at != NULL; at = &(*at)->next) {
        if (*at == waiter) {
            *at = waiter->next;
            waiter->next = NULL;
            return;
        }
    }
}
