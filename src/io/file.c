/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files on the worker pool. O_NONBLOCK lets open() return for a FIFO without a writer, so
 * that it can be refused.
 */
#include "io/file.h"

#include "base/alloc.h"
#include "base/time.h"
#include "io/loop_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_READ ((size_t)16 << 10)

struct file_read {
    struct cvg_op op;
    uv_work_t uv;
    struct cvg_loop *loop;
    size_t limit;
    int64_t started;
    void (*on_done)(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                    int64_t mtime_ns);
    void *arg;
    /* What was found. */
    int32_t error;
    char *bytes; /* owned */
    size_t length;
    int64_t mtime_ns;
    char path[];
};

static void cancel(struct cvg_op *op)
{
    struct file_read *reading = (struct file_read *)op;
    cvg_op_leave(op);
    (void)uv_cancel((uv_req_t *)&reading->uv); /* either way on_worked comes */
}

static const struct cvg_op_kind kind = {"file", cancel};

static int32_t read_open(struct file_read *reading, int fd, size_t expected)
{
    size_t capacity = CVG_MIN(expected, reading->limit) + 1;
    capacity = CVG_MAX(capacity, CVG_MIN(FIRST_READ, reading->limit + 1));
    reading->bytes = cvg_alloc(capacity + 1);
    for (;;) {
        ssize_t got = read(fd, reading->bytes + reading->length, capacity - reading->length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return errno;
        }
        reading->length += (size_t)got;
        if (reading->length > reading->limit) {
            return EFBIG;
        }
        if (got == 0) {
            reading->bytes[reading->length] = '\0';
            return 0;
        }
        if (reading->length == capacity) {
            /* It grew while it was read, or is a file of the kernel that has no size. */
            capacity = CVG_MIN(capacity * 2, reading->limit + 1);
            reading->bytes = cvg_realloc_array(reading->bytes, capacity + 1, 1);
        }
    }
}

static int32_t read_path(struct file_read *reading)
{
    int fd = open(reading->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return errno;
    }
    struct stat info;
    int32_t error = 0;
    if (fstat(fd, &info) != 0) {
        error = errno;
    } else if (!S_ISREG(info.st_mode)) {
        error = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    } else if ((uint64_t)info.st_size > reading->limit) {
        error = EFBIG;
    } else {
        reading->mtime_ns = info.st_mtim.tv_sec * CVG_SECOND + info.st_mtim.tv_nsec;
        error = read_open(reading, fd, (size_t)info.st_size);
    }
    close(fd);
    return error;
}

static void on_work(uv_work_t *request)
{
    struct file_read *reading = request->data;
    reading->error = read_path(reading);
}

static void tell_exchange(const struct file_read *reading, const struct cvg_scope *scope)
{
    size_t shown = reading->error ? 0 : CVG_MIN(reading->length, 4096);
    struct cvg_exchange exchange = {
        .kind = "file",
        .request = reading->path,
        .sent = "",
        .fault = reading->error ? strerrordesc_np(reading->error) : "",
        .received = shown ? reading->bytes : "",
        .received_length = shown,
        .total_length = reading->error ? 0 : reading->length,
        .took_ns = cvg_time_now() - reading->started,
    };
    scope->hooks->exchanged(scope->owner, &exchange);
}

static void on_worked(uv_work_t *request, int status)
{
    struct file_read *reading = request->data;
    struct cvg_scope *scope = reading->op.scope;
    (void)status;
    cvg_loop_wake(reading->loop);
    if (scope) {
        cvg_op_leave(&reading->op);
        if (scope->hooks && scope->hooks->exchanged) {
            tell_exchange(reading, scope);
        }
        bool fine = reading->error == 0;
        struct cvg_op_call call;
        cvg_op_enter(&call, scope);
        reading->on_done(reading->arg, &reading->op, reading->error, fine ? reading->bytes : "",
                         fine ? reading->length : 0, reading->mtime_ns);
        cvg_op_return(&call);
    }
    free(reading->bytes);
    free(reading);
}

struct cvg_op *cvg_file_read(struct cvg_scope *scope, const char *path, size_t limit,
                             void (*on_done)(void *arg, struct cvg_op *op, int32_t error,
                                             const char *bytes, size_t length, int64_t mtime_ns),
                             void *arg)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    size_t length = strlen(path);
    struct file_read *reading = cvg_alloc(sizeof *reading + length + 1);
    memcpy(reading->path, path, length + 1);
    reading->loop = scope->loop;
    reading->limit = CVG_MIN(limit, SIZE_MAX / 4);
    reading->started = cvg_time_now();
    reading->on_done = on_done;
    reading->arg = arg;
    reading->uv.data = reading;
    cvg_op_join(&reading->op, &kind, scope);
    uv_queue_work(&scope->loop->uv, &reading->uv, on_work, on_worked);
    return &reading->op;
}
