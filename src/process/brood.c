/* SPDX-License-Identifier: Apache-2.0 */
/* Descendants by /proc/PID/task/TID/children; see brood.h. */
#include "process/brood.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A brood that makes others faster than it is stopped is killed as far as it is known, and looked at
 * again by the caller. */
#define PASSES 16

static void add(struct cvg_brood *brood, pid_t pid)
{
    if (pid > 0 && brood->count < CVG_BROOD_MOST) {
        brood->pids[brood->count++] = pid;
    }
}

/* Numbers with a blank behind each. */
static void read_numbers(int fd, struct cvg_brood *brood)
{
    char room[4096];
    ssize_t got = 0;
    pid_t number = 0;
    while ((got = read(fd, room, sizeof room)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (room[i] >= '0' && room[i] <= '9') {
                number = number * 10 + (room[i] - '0');
            } else {
                add(brood, number);
                number = 0;
            }
        }
    }
    add(brood, number);
}

static void add_children(struct cvg_brood *brood, const char *process)
{
    char path[sizeof "/proc//task" + 16];
    (void)snprintf(path, sizeof path, "/proc/%s/task", process);
    DIR *threads = opendir(path);
    const struct dirent *thread;
    while (threads && (thread = readdir(threads))) { // NOLINT(concurrency-mt-unsafe): own DIR
        char name[sizeof thread->d_name + sizeof "/children"];
        (void)snprintf(name, sizeof name, "%s/children", thread->d_name);
        int fd = thread->d_name[0] == '.'
                     ? -1
                     : openat(dirfd(threads), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0) {
            read_numbers(fd, brood);
            close(fd);
        }
    }
    if (threads) {
        closedir(threads);
    }
}

void cvg_brood_list(struct cvg_brood *ret, cvg_brood_spare *spare, void *arg)
{
    ret->count = 0;
    add_children(ret, "self");
    size_t kept = 0;
    for (size_t i = 0; i < ret->count; i++) {
        if (!spare || !spare(arg, ret->pids[i])) {
            ret->pids[kept++] = ret->pids[i];
        }
    }
    ret->count = kept;
    for (size_t i = 0; i < ret->count; i++) {
        char process[16];
        (void)snprintf(process, sizeof process, "%d", (int)ret->pids[i]);
        add_children(ret, process);
    }
}

static void signal_all(const struct cvg_brood *brood, int number)
{
    for (size_t i = 0; i < brood->count; i++) {
        kill(brood->pids[i], number);
    }
}

/* A storm forks faster than anybody can list it, and most are in one group. A descendant's group has
 * nobody else in it, unless it has not left ours yet. */
static void kill_groups(const struct cvg_brood *brood)
{
    pid_t own = getpgrp();
    pid_t latest = 0;
    for (size_t i = 0; i < brood->count; i++) {
        pid_t group = getpgid(brood->pids[i]);
        if (group > 1 && group != own && group != latest) {
            kill(-group, SIGKILL);
            latest = group;
        }
    }
}

size_t cvg_brood_kill(cvg_brood_spare *spare, void *arg)
{
    struct cvg_brood now;
    struct cvg_brood before;
    before.count = 0;
    cvg_brood_list(&now, spare, arg);
    kill_groups(&now);
    for (int pass = 0; pass < PASSES && now.count > 0; pass++) {
        if (now.count == before.count &&
            memcmp(now.pids, before.pids, now.count * sizeof now.pids[0]) == 0) {
            break;
        }
        signal_all(&now, SIGSTOP);
        before.count = now.count;
        memcpy(before.pids, now.pids, now.count * sizeof now.pids[0]);
        cvg_brood_list(&now, spare, arg);
    }
    signal_all(&now, SIGKILL);
    return now.count;
}
