/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time that goes ten times as fast: preloaded into the daemon, it hastens all clocks but those of
 * CPU time, and what waits for descriptors waits a tenth. What the daemon says of times is then of
 * its own, so it is for tests of what happens after a minute, not of when. Any thread.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define FASTER 10
#define SECOND INT64_C(1000000000)

static int64_t began[CLOCK_TAI + 1]; /* what each clock said at the start */

static int read_clock(clockid_t clock, int64_t *ret)
{
    struct timespec now = {0};
    int rc = (int)syscall(SYS_clock_gettime, clock, &now);

    *ret = (int64_t)now.tv_sec * SECOND + now.tv_nsec;
    return rc;
}

__attribute__((constructor)) static void begin(void)
{
    for (clockid_t clock = 0; clock <= CLOCK_TAI; clock++) {
        (void)read_clock(clock, &began[clock]);
    }
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
    int64_t now;
    int rc = read_clock(clock, &now);

    if (clock >= 0 && clock <= CLOCK_TAI && clock != CLOCK_PROCESS_CPUTIME_ID &&
        clock != CLOCK_THREAD_CPUTIME_ID) {
        now += (now - began[clock]) * (FASTER - 1);
    }
    ret->tv_sec = now / SECOND;
    ret->tv_nsec = now % SECOND;
    return rc;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    ret->tv_sec = now.tv_sec;
    ret->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *ret)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret) {
        *ret = now.tv_sec;
    }
    return now.tv_sec;
}

/* Never 0 where it was not, which would be no waiting at all. */
static int shorter(int milliseconds)
{
    return milliseconds <= 0 ? milliseconds : (milliseconds + FASTER - 1) / FASTER;
}

int epoll_pwait(int fd, struct epoll_event *events, int most, int timeout, const sigset_t *mask)
{
    return (int)syscall(SYS_epoll_pwait, fd, events, most, shorter(timeout), mask, _NSIG / 8);
}

int epoll_wait(int fd, struct epoll_event *events, int most, int timeout)
{
    return epoll_pwait(fd, events, most, timeout, NULL);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    int waited = shorter(timeout);
    const struct timespec span = {waited / 1000, waited % 1000 * 1000000L};

    return ppoll(fds, count, waited < 0 ? NULL : &span, NULL);
}
