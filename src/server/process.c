/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/self/stat, the open descriptors and the limit on them. */
#include "server/process.h"

#include "base/time.h"

#include <convergate/number.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Numbers of proc(5)'s /proc/PID/stat, counted from 1. */
#define FIELD_UTIME  14
#define FIELD_STIME  15
#define FIELD_START  22
#define FIELD_VSIZE  23
#define FIELD_RSS    24
#define FIELD_BEHIND 3 /* the first one behind the name */

static int read_stat(char *ret, size_t size)
{
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return -1;
    }
    ssize_t length = read(fd, ret, size - 1);
    close(fd);
    if (length <= 0) {
        return -1;
    }
    ret[length] = '\0';
    return 0;
}

static int read_field(const char *behind_name, int field, uint64_t *ret)
{
    const char *at = behind_name;

    for (int i = FIELD_BEHIND; i < field; i++) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return cvg_parse_uint64(at, strcspn(at, " \n"), ret);
}

/* The descriptor that reads the folder is in it. */
static uint64_t count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (!folder) {
        return 0;
    }
    while (readdir(folder)) { // NOLINT(concurrency-mt-unsafe): each call has its own stream
        count++;
    }
    closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and itself */
}

int cvg_process_read(struct cvg_process *ret)
{
    char text[1024];
    uint64_t user = 0, kernel = 0, start = 0, size = 0, pages = 0;
    struct rlimit files = {0};

    if (read_stat(text, sizeof(text)) < 0) {
        return -1;
    }
    /* The name may hold spaces and parentheses: what counts is the last one. */
    const char *behind_name = strrchr(text, ')');
    if (!behind_name || behind_name[1] != ' ') {
        return -1;
    }
    behind_name += 2;
    if (read_field(behind_name, FIELD_UTIME, &user) < 0 ||
        read_field(behind_name, FIELD_STIME, &kernel) < 0 ||
        read_field(behind_name, FIELD_START, &start) < 0 ||
        read_field(behind_name, FIELD_VSIZE, &size) < 0 ||
        read_field(behind_name, FIELD_RSS, &pages) < 0 || getrlimit(RLIMIT_NOFILE, &files) < 0) {
        return -1;
    }
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    *ret = (struct cvg_process){
        .cpu_seconds = (double)(user + kernel) / (double)ticks,
        .resident_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE),
        .virtual_bytes = size,
        .open_fds = count_fds(),
        .max_fds = files.rlim_cur,
        /* The kernel counts from its start, as CLOCK_BOOTTIME does. */
        .started_at = cvg_time_wall() - cvg_time_now() + (int64_t)(start / ticks) * CVG_SECOND +
                      (int64_t)(start % ticks) * (CVG_SECOND / (int64_t)ticks),
    };
    return 0;
}
