/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading secrets. The file's bytes are wiped wherever they passed; errors name the place, never
 * the content. cvg_secret_read() blocks and runs on any thread, the rest on the loop's.
 */
#include "io/secret.h"

#include "base/alloc.h"
#include "io/loop_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX ((size_t)64 << 10)

struct fetch {
    struct cvg_op op;
    uv_work_t uv;
    struct cvg_loop *loop;
    struct cvg_secret secret; /* name is below */
    char *text;
    size_t length;
    struct cvg_error error;
    int code;
    void (*on_done)(void *arg, struct cvg_op *op, const char *error, const char *text,
                    size_t length);
    void *arg;
    char name[];
};

static int accept_text(const char *bytes, size_t length, char **ret_text, size_t *ret_length,
                       struct cvg_error *reterr)
{
    if (length && bytes[length - 1] == '\n') {
        length--;
        length -= length && bytes[length - 1] == '\r' ? 1 : 0;
    }
    if (length == 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "it is empty");
    }
    if (memchr(bytes, '\0', length)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "it has a NUL byte in it");
    }
    *ret_text = cvg_strndup(bytes, length);
    *ret_length = length;
    return 0;
}

/* Everything until the end, or SECRET_MAX + 1 bytes. */
static ssize_t read_all(int fd, char *ret)
{
    size_t used = 0;
    while (used <= SECRET_MAX) {
        ssize_t got = read(fd, ret + used, SECRET_MAX + 1 - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
    }
    return (ssize_t)used;
}

static int read_file(const char *path, char **ret_text, size_t *ret_length,
                     struct cvg_error *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return cvg_error_set_errno(reterr, errno, "%s", path);
    }
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return cvg_error_set(reterr, CVG_E_INVALID, "%s: not a regular file", path);
    }
    char *bytes = cvg_alloc(SECRET_MAX + 2);
    ssize_t length = read_all(fd, bytes);
    int problem = errno;
    close(fd);
    int code;
    if (length < 0) {
        code = cvg_error_set_errno(reterr, problem, "%s", path);
    } else if ((size_t)length > SECRET_MAX) {
        code = cvg_error_set(reterr, CVG_E_TOO_LARGE, "%s: over %zu bytes", path, SECRET_MAX);
    } else {
        code = accept_text(bytes, (size_t)length, ret_text, ret_length, reterr);
        if (code) {
            (void)cvg_error_prefix(reterr, "%s", path);
        }
    }
    explicit_bzero(bytes, SECRET_MAX + 2);
    free(bytes);
    return code;
}

static int read_credential(const char *name, char **ret_text, size_t *ret_length,
                           struct cvg_error *reterr)
{
    /* The environment does not change while the daemon runs. */
    const char *directory = getenv("CREDENTIALS_DIRECTORY"); // NOLINT(concurrency-mt-unsafe)
    char path[4096];
    if (!directory || directory[0] != '/') {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND,
                             "credential:%s: there is no CREDENTIALS_DIRECTORY", name);
    }
    if (strchr(name, '/') ||
        (size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >= sizeof path) {
        return cvg_error_set(reterr, CVG_E_INVALID, "credential: not a name");
    }
    return read_file(path, ret_text, ret_length, reterr);
}

static int read_environment(const char *name, char **ret_text, size_t *ret_length,
                            struct cvg_error *reterr)
{
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): as above
    if (!value) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND, "env:%s: is not set", name);
    }
    size_t length = strnlen(value, SECRET_MAX + 1);
    if (length > SECRET_MAX) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "env:%s: over %zu bytes", name, SECRET_MAX);
    }
    int code = accept_text(value, length, ret_text, ret_length, reterr);
    return code ? cvg_error_prefix(reterr, "env:%s", name) : 0;
}

int cvg_secret_read(const struct cvg_secret *secret, char **ret_text, size_t *ret_length,
                    struct cvg_error *reterr)
{
    switch (secret->kind) {
    case CVG_SECRET_FILE:
        return read_file(secret->name, ret_text, ret_length, reterr);
    case CVG_SECRET_CREDENTIAL:
        return read_credential(secret->name, ret_text, ret_length, reterr);
    case CVG_SECRET_ENV:
        return read_environment(secret->name, ret_text, ret_length, reterr);
    case CVG_SECRET_TEXT:
        *ret_length = strlen(secret->name);
        *ret_text = cvg_strndup(secret->name, *ret_length);
        return 0;
    }
    return cvg_error_set(reterr, CVG_E_BUG, "unknown kind of secret");
}

static void cancel(struct cvg_op *op)
{
    struct fetch *fetch = (struct fetch *)op;
    cvg_op_leave(op);
    (void)uv_cancel((uv_req_t *)&fetch->uv); /* either way on_worked comes */
}

static const struct cvg_op_kind kind = {"secret", cancel};

static void on_work(uv_work_t *request)
{
    struct fetch *fetch = request->data;
    fetch->code = cvg_secret_read(&fetch->secret, &fetch->text, &fetch->length, &fetch->error);
}

static void on_worked(uv_work_t *request, int status)
{
    struct fetch *fetch = request->data;
    struct cvg_scope *scope = fetch->op.scope;
    (void)status;
    cvg_loop_wake(fetch->loop);
    if (scope) {
        cvg_op_leave(&fetch->op);
        struct cvg_op_call call;
        cvg_op_enter(&call, scope);
        fetch->on_done(fetch->arg, &fetch->op, fetch->code ? fetch->error.text : NULL,
                       fetch->code ? "" : fetch->text, fetch->length);
        cvg_op_return(&call);
    }
    cvg_free_secret(fetch->text);
    explicit_bzero(fetch->name, strlen(fetch->name)); /* it may be the secret itself */
    free(fetch);
}

struct cvg_op *cvg_secret_fetch(struct cvg_scope *scope, const struct cvg_secret *secret,
                                void (*on_done)(void *arg, struct cvg_op *op, const char *error,
                                                const char *text, size_t length),
                                void *arg)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    size_t length = strlen(secret->name);
    struct fetch *fetch = cvg_alloc(sizeof *fetch + length + 1);
    memcpy(fetch->name, secret->name, length + 1);
    fetch->secret = (struct cvg_secret){secret->kind, fetch->name};
    fetch->loop = scope->loop;
    fetch->on_done = on_done;
    fetch->arg = arg;
    fetch->uv.data = fetch;
    cvg_op_join(&fetch->op, &kind, scope);
    uv_queue_work(&scope->loop->uv, &fetch->uv, on_work, on_worked);
    return &fetch->op;
}
