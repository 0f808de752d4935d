/* SPDX-License-Identifier: Apache-2.0 */
#include "holder.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PIECE ((size_t)16 * 1024)
#define MOST  ((size_t)2 << 20)

static size_t length_of(char letter)
{
    return MOST - ((letter - 'a') & 2 ? 1000 : 0);
}

static bool is_over(int life)
{
    struct pollfd poll_fd = {.fd = life, .events = POLLIN};
    return poll(&poll_fd, 1, 0) != 0;
}

static int set_lock(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, F_SETLK, &lock);
}

static struct holder start(int (*act)(const char *path, int argument, int ready, int life),
                           const char *path, int argument)
{
    struct holder holder = {0};
    int ready[2], life[2];
    char byte = 0;
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    assert_int_equal(pipe2(life, O_CLOEXEC), 0);
    holder.pid = fork();
    assert_true(holder.pid >= 0);
    if (holder.pid == 0) {
        close(life[1]);
        close(ready[0]);
        _exit(act(path, argument, ready[1], life[0]));
    }
    close(ready[1]);
    close(life[0]);
    holder.life = life[1];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return holder;
}

static int act_lock(const char *path, int argument, int ready, int life)
{
    char byte = 'x';
    (void)argument;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || set_lock(fd, F_WRLCK) != 0 || write(ready, &byte, 1) != 1) {
        return 1;
    }
    return read(life, &byte, 1) == 0 ? 0 : 2;
}

static int act_compete(const char *path, int argument, int ready, int life)
{
    char byte = 'x';
    (void)life;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || write(ready, &byte, 1) != 1) {
        return 1;
    }
    for (int i = 0; i < argument; i++) {
        if (set_lock(fd, F_WRLCK) != 0 || set_lock(fd, F_UNLCK) != 0) {
            return 2;
        }
    }
    return 0;
}

static bool rewrite(int fd, char letter)
{
    char piece[PIECE];
    size_t length = length_of(letter);
    memset(piece, letter, sizeof piece);
    if (ftruncate(fd, 0) != 0) {
        return false;
    }
    for (size_t at = 0; at < length; at += PIECE) {
        size_t size = length - at < PIECE ? length - at : PIECE;
        if (pwrite(fd, piece, size, (off_t)at) != (ssize_t)size) {
            return false;
        }
    }
    return true;
}

static int act_rewrite(const char *path, int argument, int ready, int life)
{
    const struct timespec rest = {.tv_nsec = 4000000};
    char byte = 'x';
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || !rewrite(fd, 'a') || write(ready, &byte, 1) != 1) {
        return 1;
    }
    for (int number = 1; !is_over(life); number++) {
        if (!rewrite(fd, (char)('a' + number % 26))) {
            return 2;
        }
        if (argument > 0 && number % argument == 0) {
            nanosleep(&rest, NULL);
        }
    }
    return 0;
}

struct holder holder_lock(const char *path)
{
    return start(act_lock, path, 0);
}

struct holder holder_compete(const char *path, int times)
{
    return start(act_compete, path, times);
}

struct holder holder_rewrite(const char *path, int documents)
{
    return start(act_rewrite, path, documents);
}

int holder_wait(struct holder *holder)
{
    int status = 0;
    assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int holder_end(struct holder *holder)
{
    close(holder->life);
    return holder_wait(holder);
}

int holder_judge(const char *bytes, size_t length)
{
    if (length > 0 && memcmp(bytes, bytes + 1, length - 1) != 0) {
        return -1;
    }
    return length > 0 && length == length_of(bytes[0]);
}
