/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convergate-exec: what posix_spawn cannot do before a program starts, and what nobody else can do when
 * it ends. One process for each run, between the daemon and the program:
 *
 *   before   a session of the program's own, limits, and an end with its launcher (PDEATHSIG)
 *   while    counts its processes; the daemon's end of the socket pair is gone: ends everything
 *   after    the program's group is killed in one step, which no storm outruns; every descendant that
 *            moved to another group or session became its own (subreaper), and is killed too; the
 *            daemon is told how it ended only when none is left
 *
 * It blocks all signals: the program runs as the same user and may send any. Killed by force it says
 * nothing, and its brood falls to the daemon, which is a subreaper too. Single-threaded.
 */
#include "process/brood.h"
#include "process/launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_USAGE 64
/* Between two counts; what a storm makes meanwhile is bounded by RLIMIT_NPROC. */
#define COUNT_MS   20
/* Processes of the same user that others may start while this one runs: exact is the count. */
#define OTHERS     64
/* Between two attempts at those that do not end at once. */
#define AGAIN_MS   2

struct launch {
    const char *directory;
    char **argv;
    struct cvg_launch_limits limits;
    pid_t pid;   /* the program; 0: not started, or reaped */
    int signals; /* signalfd of SIGCHLD */
    int trouble; /* the program's own word about what precedes it; -1: it runs */
    struct cvg_launch_report report;
};

/* ---- in the program's place ---- */

/* Threads and processes of this user. */
static int64_t count_tasks(void)
{
    int64_t count = 0;
    DIR *processes = opendir("/proc");
    const struct dirent *process;
    uid_t self = getuid();
    while (processes && (process = readdir(processes))) { // NOLINT(concurrency-mt-unsafe): own DIR
        struct stat info;
        char path[sizeof process->d_name + sizeof "/task"];
        (void)snprintf(path, sizeof path, "%s/task", process->d_name);
        if (process->d_name[0] >= '1' && process->d_name[0] <= '9' &&
            fstatat(dirfd(processes), path, &info, 0) == 0 && info.st_uid == self) {
            count += info.st_nlink > 2 ? (int64_t)info.st_nlink - 2 : 1;
        }
    }
    if (processes) {
        closedir(processes);
    }
    return count;
}

static int limit(__rlimit_resource_t resource, int64_t value)
{
    const struct rlimit both = {(rlim_t)value, (rlim_t)value};
    struct rlimit now;
    if (getrlimit(resource, &now) == 0 && now.rlim_max < both.rlim_max) {
        return 0; /* stricter already */
    }
    return setrlimit(resource, &both);
}

static int set_limits(const struct cvg_launch_limits *limits, int64_t tasks)
{
    int failed = limit(RLIMIT_CORE, 0);
    if (limits->memory > 0) {
        failed |= limit(RLIMIT_AS, limits->memory);
    }
    if (limits->file > 0) {
        failed |= limit(RLIMIT_FSIZE, limits->file);
    }
    if (limits->cpu_s > 0) {
        failed |= limit(RLIMIT_CPU, limits->cpu_s);
    }
    if (limits->processes > 0) {
        failed |= limit(RLIMIT_NPROC, tasks + limits->processes + OTHERS);
    }
    return failed;
}

/* Tells why and ends; success is the end of the pipe, which execve closes. */
static void give_up(int trouble, enum cvg_launch_outcome outcome)
{
    const struct cvg_launch_report report = {outcome, errno};
    ssize_t sent = write(trouble, &report, sizeof report);
    _exit(sent == (ssize_t)sizeof report ? 127 : 126);
}

static void become(const struct launch *launch, int trouble, int64_t tasks, pid_t launcher)
{
    sigset_t none;
    sigemptyset(&none);
    setsid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != launcher) {
        errno = ESRCH;
        give_up(trouble, CVG_LAUNCH_NOT_STARTED);
    }
    if (chdir(launch->directory) != 0) {
        give_up(trouble, CVG_LAUNCH_NO_DIRECTORY);
    }
    if (set_limits(&launch->limits, tasks) != 0 || pthread_sigmask(SIG_SETMASK, &none, NULL) != 0) {
        give_up(trouble, CVG_LAUNCH_NOT_STARTED);
    }
    execv(launch->argv[0], launch->argv);
    give_up(trouble, CVG_LAUNCH_NOT_STARTED);
}

/* ---- the launcher ---- */

/* Not the launcher's: while it holds them, who reads them never sees their end. */
static void drop_standard(void)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = STDIN_FILENO; i <= STDERR_FILENO && nothing >= 0; i++) {
        dup3(nothing, i, O_CLOEXEC);
    }
}

static int start(struct launch *launch)
{
    int pair[2];
    pid_t self = getpid();
    int64_t tasks = launch->limits.processes > 0 && getuid() != 0 ? count_tasks() : 0;
    if (pipe2(pair, O_CLOEXEC) != 0) {
        return -1;
    }
    launch->pid = fork();
    if (launch->pid == 0) {
        become(launch, pair[1], tasks, self);
    }
    int problem = errno;
    close(pair[1]);
    launch->trouble = pair[0];
    errno = problem;
    return launch->pid < 0 ? -1 : 0;
}

static void hear_trouble(struct launch *launch)
{
    struct cvg_launch_report report;
    if (read(launch->trouble, &report, sizeof report) == (ssize_t)sizeof report) {
        launch->report = report;
    }
    close(launch->trouble);
    launch->trouble = -1;
}

/* At once, before anything is listed. Its number is the program's, which is not reaped yet. */
static void kill_session_group(const struct launch *launch)
{
    if (launch->pid > 0) {
        kill(-launch->pid, SIGKILL);
    }
}

/* Returns nonzero while there are children. */
static int reap(struct launch *launch)
{
    struct signalfd_siginfo heard;
    siginfo_t ended = {0};
    int status = 0;
    pid_t pid;
    while (read(launch->signals, &heard, sizeof heard) > 0) {
    }
    if (launch->pid > 0 &&
        waitid(P_PID, (id_t)launch->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == launch->pid) {
        kill_session_group(launch);
    }
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != launch->pid) {
            continue;
        }
        launch->pid = 0;
        if (launch->trouble >= 0) {
            hear_trouble(launch);
        }
        if (launch->report.outcome == 0 && WIFEXITED(status)) {
            launch->report = (struct cvg_launch_report){CVG_LAUNCH_EXITED, WEXITSTATUS(status)};
        } else if (launch->report.outcome == 0) {
            launch->report = (struct cvg_launch_report){CVG_LAUNCH_SIGNALED, WTERMSIG(status)};
        }
    }
    return pid == 0;
}

static void count(struct launch *launch)
{
    struct cvg_brood brood;
    cvg_brood_list(&brood, NULL, NULL);
    if ((int64_t)brood.count > launch->limits.processes) {
        launch->report = (struct cvg_launch_report){CVG_LAUNCH_TOO_MANY, (int32_t)brood.count};
        kill_session_group(launch);
    }
}

/* Until the program ended, is to be ended, or the host is gone. */
static void attend(struct launch *launch)
{
    while (launch->pid > 0 && launch->report.outcome == 0) {
        struct pollfd watched[] = {{.fd = CVG_LAUNCH_CONTROL, .events = POLLIN},
                                   {.fd = launch->signals, .events = POLLIN},
                                   {.fd = launch->trouble, .events = POLLIN}};
        poll(watched, sizeof watched / sizeof watched[0],
             launch->limits.processes > 0 ? COUNT_MS : -1);
        if (watched[0].revents) {
            return;
        }
        if (watched[2].revents) {
            hear_trouble(launch);
        }
        if (watched[1].revents) {
            reap(launch);
        } else if (launch->limits.processes > 0) {
            count(launch);
        }
    }
}

static void end_brood(struct launch *launch)
{
    kill_session_group(launch);
    while (reap(launch)) {
        struct pollfd watched = {.fd = launch->signals, .events = POLLIN};
        cvg_brood_kill(NULL, NULL);
        poll(&watched, 1, AGAIN_MS);
    }
}

static int prepare(struct launch *launch)
{
    sigset_t all;
    sigset_t child;
    sigfillset(&all);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (pthread_sigmask(SIG_SETMASK, &all, NULL) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
        prctl(PR_SET_DUMPABLE, 0) != 0 || fcntl(CVG_LAUNCH_CONTROL, F_SETFD, FD_CLOEXEC) != 0) {
        return -1;
    }
    launch->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    return launch->signals < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct launch launch = {.trouble = -1};
    if (argc <= CVG_LAUNCH_WORDS || cvg_launch_limits_read(argv[2], &launch.limits) < 0) {
        (void)fputs("convergate-exec: started by convergated, for one run of a program\n", stderr);
        return EXIT_USAGE;
    }
    launch.directory = argv[1];
    launch.argv = argv + CVG_LAUNCH_WORDS;
    if (prepare(&launch) < 0 || start(&launch) < 0) {
        launch.report = (struct cvg_launch_report){CVG_LAUNCH_NOT_STARTED, errno};
        launch.pid = 0;
    }
    drop_standard();
    attend(&launch);
    end_brood(&launch);
    ssize_t told = send(CVG_LAUNCH_CONTROL, &launch.report, sizeof launch.report, MSG_NOSIGNAL);
    /* Nothing is left to be cleaned up, and a sanitizer's last look would need what was given up. */
    _exit(told == (ssize_t)sizeof launch.report ? 0 : 1);
}
