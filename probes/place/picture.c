/* SPDX-License-Identifier: Apache-2.0 */
/* Tries, and what proves one; see picture.h. */
#include "place/picture.h"

#include "place/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND INT64_C(1000000)
#define SECOND      (1000 * MILLISECOND)
/* The coarsest clocks that stamp files (FAT, old NFS servers) go in steps of 2 s. */
#define CLOCK_STEP  (2 * SECOND)
#define TRIES       6
#define PIECE       ((size_t)64 * 1024)

static int64_t clock_of(clockid_t clock)
{
    struct timespec time = {0};
    (void)clock_gettime(clock, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static struct cvg_place_print print_of(const struct stat *info, int64_t wall)
{
    return (struct cvg_place_print){
        .device = info->st_dev,
        .inode = info->st_ino,
        .size = (uint64_t)info->st_size,
        .mtime_ns = info->st_mtim.tv_sec * SECOND + info->st_mtim.tv_nsec,
        .ctime_ns = info->st_ctim.tv_sec * SECOND + info->st_ctim.tv_nsec,
        .taken_wall = wall,
    };
}

static int is_same(const struct cvg_place_print *a, const struct cvg_place_print *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/* Whether a change after the print was taken must have left other stamps. */
static int proves(const struct cvg_place_print *print)
{
    int64_t latest = print->mtime_ns > print->ctime_ns ? print->mtime_ns : print->ctime_ns;
    return print->taken_wall != 0 && latest < print->taken_wall - CLOCK_STEP;
}

static ssize_t read_some(int fd, void *bytes, size_t length)
{
    ssize_t got = 0;
    do {
        got = read(fd, bytes, length);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* To the end, however long it has become since it was opened. */
static int32_t read_all(int fd, size_t size, struct cvg_place_body *body)
{
    char more = 0;
    cvg_place_body_expect(body, size + 1);
    for (;;) {
        if (body->length == body->capacity && body->length < body->limit) {
            cvg_place_body_expect(body, body->length + PIECE);
        }
        int full = body->length == body->capacity;
        ssize_t got =
            full ? read_some(fd, &more, 1)
                 : read_some(fd, body->bytes + body->length, body->capacity - body->length);
        if (got < 0) {
            return errno;
        }
        if (got == 0) {
            return 0;
        }
        if (full) {
            return EFBIG;
        }
        body->length += (size_t)got;
    }
}

/* Whether the same bytes stand there once more. A writer goes from the front to the back, so what
 * was put together from two of its turns has its front overwritten by now. */
static int reads_again(int fd, const struct cvg_place_body *body)
{
    char piece[PIECE];
    size_t at = 0;
    for (ssize_t got = 1; got > 0; at += (size_t)got) {
        do {
            got = pread(fd, piece, sizeof(piece), (off_t)at);
        } while (got < 0 && errno == EINTR);
        if (got < 0 || (size_t)got > body->length - at ||
            (got > 0 && memcmp(piece, body->bytes + at, (size_t)got) != 0)) {
            return 0;
        }
    }
    return at == body->length;
}

static int stands_still(int fd, const char *path, const struct cvg_place_print *before)
{
    struct stat open_one, named;
    if (fstat(fd, &open_one) != 0 || stat(path, &named) != 0) {
        return 0;
    }
    struct cvg_place_print after = print_of(&open_one, 0), there = print_of(&named, 0);
    return is_same(before, &after) && is_same(before, &there);
}

static void try_open(struct cvg_place_picture *picture, int fd, const char *path, size_t limit,
                     const struct cvg_place_print *known)
{
    struct stat info;
    struct cvg_place_body body = {.limit = limit};
    /* Taken before, so that what happens in between counts as later. */
    int64_t wall = clock_of(CLOCK_REALTIME);
    if (fstat(fd, &info) != 0) {
        picture->error = errno;
        return;
    }
    if (!S_ISREG(info.st_mode)) {
        picture->error = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        return;
    }
    picture->print = print_of(&info, wall);
    if (known->taken_wall != 0 && is_same(&picture->print, known) && proves(known)) {
        picture->unchanged = 1;
        return;
    }
    picture->error =
        (uint64_t)info.st_size > limit ? EFBIG : read_all(fd, (size_t)info.st_size, &body);
    if (picture->error == 0) {
        picture->torn = (!proves(&picture->print) && !reads_again(fd, &body)) ||
                        !stands_still(fd, path, &picture->print);
        picture->bytes = cvg_place_body_take(&body, &picture->length);
    }
    cvg_place_body_done(&body);
}

static void try_once(struct cvg_place_picture *picture, const char *path, size_t limit,
                     const struct cvg_place_print *known, struct cvg_place_signs *signs)
{
    /* Without waiting: a pipe without a writer is opened at once, and refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        picture->error = errno;
        return;
    }
    cvg_place_signs_ask(signs, fd);
    try_open(picture, fd, path, limit, known);
    cvg_place_signs_ask(signs, fd);
    (void)close(fd);
}

void cvg_place_picture_take(struct cvg_place_picture *picture, const char *path, size_t limit,
                            const struct cvg_place_print *known, int64_t until,
                            struct cvg_place_signs *signs)
{
    for (int i = 0;; i++) {
        struct cvg_place_picture tried = {0};
        try_once(&tried, path, limit, known, signs);
        int again = tried.torn || tried.error == ESTALE;
        int64_t pause = MILLISECOND << i;
        if (!again || i + 1 == TRIES || clock_of(CLOCK_BOOTTIME) + pause >= until) {
            *picture = tried;
            return;
        }
        free(tried.bytes);
        struct timespec rest = {.tv_nsec = pause};
        (void)nanosleep(&rest, NULL);
    }
}
