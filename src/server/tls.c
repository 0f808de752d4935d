/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of a chain and a key, swapped by one atomic pointer; old ones in a list until their time. */
#include "server/tls.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LIMIT  ((size_t)1024 * 1024)
#define CHAIN_MOST  16
#define KEY_ID_SIZE 64
/* Longer than any handshake may take (server.limits.request). */
#define RETIREMENT  (30 * CVG_MINUTE)

/* What shows that a file was changed. */
struct print {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct prints {
    struct print cert, key;
};

struct pair {
    struct pair *next; /* older */
    gnutls_pcert_st chain[CHAIN_MOST];
    unsigned length;
    gnutls_privkey_t key;
    int64_t expires_at;
    int64_t retired_at;
};

struct cvg_tls {
    char *cert, *key, *client_ca; /* owned; client_ca is the PEM text */
    struct pair *_Atomic current; /* owned */
    struct pair *retired;         /* owned; the attending thread's */
    struct prints tried;          /* of what was read last, good or bad */
};

/* ---- files ---- */

struct file {
    char *bytes; /* owned; NUL-terminated */
    size_t length;
};

/* It may be a private key. */
static void file_done(struct file *file)
{
    if (file->bytes) {
        gnutls_memset(file->bytes, 0, file->length);
        free(file->bytes);
    }
}

static int read_open(int fd, struct file *ret)
{
    struct stat status;

    if (fstat(fd, &status) < 0) {
        return -errno;
    }
    if (!S_ISREG(status.st_mode) || status.st_size > (off_t)FILE_LIMIT) {
        return -EINVAL;
    }
    ret->bytes = cvg_alloc((size_t)status.st_size + 1);
    while (ret->length < (size_t)status.st_size) {
        ssize_t got = read(fd, ret->bytes + ret->length, (size_t)status.st_size - ret->length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? -errno : 0;
        }
        ret->length += (size_t)got;
    }
    return 0;
}

static int read_file(const char *what, const char *path, struct file *ret, struct cvg_error *reterr)
{
    /* Not blocking: a FIFO of that name must not hold up the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = fd < 0 ? -errno : read_open(fd, ret);

    if (fd >= 0) {
        close(fd);
    }
    return rc == 0 ? 0 : cvg_error_set_errno(reterr, -rc, "tls.%s: %s", what, path);
}

static struct print print_of(const char *path)
{
    struct stat status;
    struct print ret = {0};

    if (stat(path, &status) == 0) {
        ret.device = status.st_dev;
        ret.inode = status.st_ino;
        ret.size = status.st_size;
        ret.changed = status.st_mtim;
    }
    return ret;
}

static bool same_print(const struct print *a, const struct print *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static struct prints take_prints(const struct cvg_tls *tls)
{
    return (struct prints){print_of(tls->cert), print_of(tls->key)};
}

/* ---- pairs ---- */

static void pair_free(struct pair *pair)
{
    if (!pair) {
        return;
    }
    for (unsigned i = 0; i < pair->length; i++) {
        gnutls_pcert_deinit(&pair->chain[i]);
    }
    if (pair->key) {
        gnutls_privkey_deinit(pair->key);
    }
    free(pair);
}

static int refuse(struct cvg_error *reterr, const char *what, const char *path, int gnutls)
{
    return cvg_error_set(reterr, CVG_E_INVALID, "tls.%s: %s: %s", what, path,
                         gnutls_strerror(gnutls));
}

static int64_t wall_of(time_t at)
{
    return at < INT64_MAX / CVG_SECOND ? at * CVG_SECOND : INT64_MAX;
}

static int import_chain(const struct file *file, struct pair *pair)
{
    gnutls_datum_t bytes = {(unsigned char *)file->bytes, (unsigned)file->length};
    gnutls_x509_crt_t list[CHAIN_MOST];
    unsigned count = CHAIN_MOST, length = CHAIN_MOST;
    int rc = gnutls_x509_crt_list_import(list, &count, &bytes, GNUTLS_X509_FMT_PEM,
                                         GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);

    if (rc < 0) {
        return rc;
    }
    count = (unsigned)rc;
    length = count;
    if (count == 0) {
        return GNUTLS_E_NO_CERTIFICATE_FOUND;
    }
    pair->expires_at = wall_of(gnutls_x509_crt_get_expiration_time(list[0]));
    rc = gnutls_pcert_import_x509_list(pair->chain, list, &length, 0);
    pair->length = rc < 0 ? 0 : length;
    for (unsigned i = 0; i < count; i++) {
        gnutls_x509_crt_deinit(list[i]);
    }
    return rc;
}

static int import_key(const struct file *file, struct pair *pair)
{
    gnutls_datum_t bytes = {(unsigned char *)file->bytes, (unsigned)file->length};
    int rc = gnutls_privkey_init(&pair->key);

    return rc < 0 ? rc
                  : gnutls_privkey_import_x509_raw(pair->key, &bytes, GNUTLS_X509_FMT_PEM, NULL, 0);
}

/* While a pair is renewed, one file is newer than the other for a moment. */
static bool belong_together(struct pair *pair)
{
    unsigned char of_cert[KEY_ID_SIZE], of_key[KEY_ID_SIZE];
    size_t cert_size = sizeof(of_cert), key_size = sizeof(of_key);
    gnutls_pubkey_t public = NULL;
    bool read = gnutls_pubkey_init(&public) == 0 &&
                gnutls_pubkey_import_privkey(public, pair->key, 0, 0) == 0 &&
                gnutls_pubkey_get_key_id(public, 0, of_key, &key_size) == 0 &&
                gnutls_pubkey_get_key_id(pair->chain[0].pubkey, 0, of_cert, &cert_size) == 0;

    if (public) {
        gnutls_pubkey_deinit(public);
    }
    return read && cert_size == key_size && memcmp(of_cert, of_key, key_size) == 0;
}

static int fill_pair(const struct cvg_tls *tls, struct pair *pair, struct cvg_error *reterr)
{
    CVG_CLEANUP(file_done) struct file cert = {0};
    CVG_CLEANUP(file_done) struct file key = {0};
    int rc = read_file("cert", tls->cert, &cert, reterr);

    if (rc == 0) {
        rc = read_file("key", tls->key, &key, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    rc = import_chain(&cert, pair);
    if (rc < 0) {
        return refuse(reterr, "cert", tls->cert, rc);
    }
    rc = import_key(&key, pair);
    if (rc < 0) {
        return refuse(reterr, "key", tls->key, rc);
    }
    if (!belong_together(pair)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "tls.key: %s is not the key of %s", tls->key,
                             tls->cert);
    }
    return 0;
}

static int pair_load(const struct cvg_tls *tls, struct pair **ret, struct cvg_error *reterr)
{
    struct pair *pair = CVG_NEW(struct pair);
    int rc = fill_pair(tls, pair, reterr);

    if (rc < 0) {
        pair_free(pair);
        return rc;
    }
    *ret = pair;
    return 0;
}

/* ---- life ---- */

static int load_client_ca(struct cvg_tls *tls, const char *path, struct cvg_error *reterr)
{
    struct file file = {0};
    gnutls_x509_trust_list_t trust = NULL;
    int rc = read_file("client_ca", path, &file, reterr);

    if (rc == 0) {
        gnutls_datum_t bytes = {(unsigned char *)file.bytes, (unsigned)file.length};
        int count = gnutls_x509_trust_list_init(&trust, 0);
        if (count == 0) {
            count = gnutls_x509_trust_list_add_trust_mem(trust, &bytes, NULL, GNUTLS_X509_FMT_PEM,
                                                         0, 0);
        }
        if (count <= 0) {
            rc = refuse(reterr, "client_ca", path,
                        count < 0 ? count : GNUTLS_E_NO_CERTIFICATE_FOUND);
        }
    }
    if (trust) {
        gnutls_x509_trust_list_deinit(trust, 1);
    }
    if (rc < 0) {
        file_done(&file);
        return rc;
    }
    tls->client_ca = file.bytes;
    return 0;
}

int cvg_tls_new(const struct cvg_tls_options *options, struct cvg_tls **ret,
                struct cvg_error *reterr)
{
    struct cvg_tls *tls = CVG_NEW(struct cvg_tls);
    struct pair *pair = NULL;

    tls->cert = cvg_strdup(options->cert);
    tls->key = cvg_strdup(options->key);
    tls->tried = take_prints(tls); /* before reading: a change meanwhile is seen later */
    int rc = pair_load(tls, &pair, reterr);
    if (rc == 0 && options->client_ca) {
        rc = load_client_ca(tls, options->client_ca, reterr);
    }
    atomic_init(&tls->current, pair);
    if (rc < 0) {
        cvg_tls_free(tls);
        return rc;
    }
    *ret = tls;
    return 0;
}

void cvg_tls_free(struct cvg_tls *tls)
{
    if (!tls) {
        return;
    }
    pair_free(atomic_load(&tls->current));
    while (tls->retired) {
        struct pair *old = tls->retired;
        tls->retired = old->next;
        pair_free(old);
    }
    free(tls->cert);
    free(tls->key);
    free(tls->client_ca);
    free(tls);
}

static void sweep(struct cvg_tls *tls, int64_t now)
{
    for (struct pair **link = &tls->retired; *link;) {
        struct pair *pair = *link;
        if (now - pair->retired_at < RETIREMENT) {
            link = &pair->next;
            continue;
        }
        *link = pair->next;
        pair_free(pair);
    }
}

void cvg_tls_attend(struct cvg_tls *tls, int64_t now)
{
    struct prints prints = take_prints(tls);
    struct pair *pair = NULL;
    struct cvg_error error;

    sweep(tls, now);
    if (same_print(&prints.cert, &tls->tried.cert) && same_print(&prints.key, &tls->tried.key)) {
        return;
    }
    tls->tried = prints;
    if (pair_load(tls, &pair, &error) < 0) {
        cvg_log(CVG_LOG_WARNING, "the server's certificate was not renewed", "error", error.text,
                NULL);
        return;
    }
    struct pair *old = atomic_exchange(&tls->current, pair);
    old->retired_at = now;
    old->next = tls->retired;
    tls->retired = old;
    cvg_log(CVG_LOG_INFO, "the server's certificate was renewed", "cert", tls->cert, NULL);
}

const char *cvg_tls_client_ca(const struct cvg_tls *tls)
{
    return tls->client_ca;
}

int64_t cvg_tls_expires_at(const struct cvg_tls *tls)
{
    return atomic_load(&tls->current)->expires_at;
}

void cvg_tls_get(const struct cvg_tls *tls, struct gnutls_pcert_st **ret_chain,
                 unsigned *ret_length, struct gnutls_privkey_st **ret_key)
{
    struct pair *pair = atomic_load(&tls->current);

    *ret_chain = pair->chain;
    *ret_length = pair->length;
    *ret_key = pair->key;
}
