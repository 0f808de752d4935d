/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a way to the cluster comes to once it is read: an address, whom to trust, who asks. All
 * bytes of files are in it, so that what is used is what was looked at, and two readings can be
 * compared. Its texts are its own and are wiped when it ends.
 */
#ifndef CVG_KUBE_ACCESS_H
#define CVG_KUBE_ACCESS_H

#include <convergate/module.h>

#include <stddef.h>
#include <stdint.h>

#define CVG_KUBE_HEADERS_MOST     64
#define CVG_KUBE_ARGUMENTS_MOST   256
#define CVG_KUBE_ACCESS_FILE_MOST ((size_t)1 << 20) /* bytes of a certificate, key or token file */
#define CVG_KUBE_FILES_MOST       32

/* What is wrong, and which key of the source says so. The text never has a secret in it. */
struct cvg_kube_problem {
    const char *key; /* "kubeconfig", "context", "allow_exec", ... */
    char text[480];
};

/* Returns -1. */
int cvg_kube_problem_set(struct cvg_kube_problem *problem, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How an exec plugin is to be run. */
struct cvg_kube_plugin {
    const char *command, *directory; /* directory: of the kubeconfig that names it */
    const char *api_version;         /* client.authentication.k8s.io/v1 or v1beta1 */
    const char *install_hint;        /* "" none */
    const char **arguments;          /* besides the command; ends at NULL */
    const char **environment;        /* NAME=value, added to the daemon's own; ends at NULL */
    const char *cluster;             /* JSON for spec.cluster; NULL: it does not ask for it */
};

/* How files are read: cvg_kube_file_read, or a test's own. *ret is the caller's to free, with a NUL
 * behind its bytes. Returns 0, or an errno value. */
typedef int cvg_kube_file_reader(const char *path, size_t limit, char **ret, size_t *ret_length);

struct cvg_kube_access {
    cvg_kube_file_reader *reader;
    /* NULL: not set. */
    const char *server, *server_name, *proxy, *ca_pem;
    const char *cert_pem, *key_pem, *token, *username, *password;
    uint32_t insecure;
    const char *user; /* the kubeconfig's name for who asks, for messages; "" none */
    struct cvg_pair headers[CVG_KUBE_HEADERS_MOST]; /* impersonation */
    size_t header_count;
    struct cvg_kube_plugin *plugin; /* NULL: none */
    /* What it was read from, absolute: to be watched. Also those that are not there yet. */
    const char *files[CVG_KUBE_FILES_MOST];
    size_t file_count;
    struct cvg_kube_text *texts; /* all of the above; owned */
};

struct cvg_kube_access *cvg_kube_access_new(cvg_kube_file_reader *reader);
void cvg_kube_access_free(struct cvg_kube_access *access); /* takes NULL */
/* A copy that lives as long as the access. */
const char *cvg_kube_access_keep(struct cvg_kube_access *access, const char *bytes, size_t length);
const char *cvg_kube_access_format(struct cvg_kube_access *access, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Zeroed memory that lives as long. */
void *cvg_kube_access_alloc(struct cvg_kube_access *access, size_t size);
/* Notes a file as one to be watched, once. -1: there are too many. */
int cvg_kube_access_note_file(struct cvg_kube_access *access, const char *path);
/* -1: there are too many. name: what a header's name may have. */
int cvg_kube_access_add_header(struct cvg_kube_access *access, const char *name, const char *value);

/* Do both lead to the same place as the same user? Files to be watched are not looked at. */
int cvg_kube_access_same(const struct cvg_kube_access *a, const struct cvg_kube_access *b);
/* The same for how their plugins are to be run; both may be NULL. */
int cvg_kube_plugin_same(const struct cvg_kube_plugin *a, const struct cvg_kube_plugin *b);

/* A regular file (behind links, too), whole; EFBIG over the limit. Blocks: for the creation of a
 * source, and for workers. */
cvg_kube_file_reader cvg_kube_file_read;
/* strerror, on any thread. */
const char *cvg_kube_errno_text(int error);
/* Reads a file that belongs to an access into it and notes it. what: for the message. NULL: it
 * cannot be read, is empty or has a NUL in it, and problem says so. */
const char *cvg_kube_access_read(struct cvg_kube_access *access, const char *path, const char *what,
                                 struct cvg_kube_problem *problem);
/* The same without the white space around it: a token. */
const char *cvg_kube_access_read_token(struct cvg_kube_access *access, const char *path,
                                       struct cvg_kube_problem *problem);
/* Wipes and frees what a reader gave; takes NULL. */
void cvg_kube_bytes_free(char *bytes, size_t length);

#endif
