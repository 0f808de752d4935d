/* SPDX-License-Identifier: Apache-2.0 */
/* posix_spawn of the launcher; see child_start.h. */
#include "io/child_start.h"

#include "base/alloc.h"
#include "base/time.h"
#include "process/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#define ABOVE (CVG_LAUNCH_CONTROL + 1)

/* Above those that the child gets, or dup2 in it would be in its own way. */
static int lift(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] < ABOVE) {
            int above = fcntl(pair[i], F_DUPFD_CLOEXEC, ABOVE);
            close(pair[i]);
            pair[i] = above;
        }
    }
    return pair[0] < 0 || pair[1] < 0 ? EMFILE : 0;
}

/* Ours first. */
static int make_pair(enum cvg_child_end which, int ret[2])
{
    if (which == CVG_CHILD_CONTROL) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) != 0) {
            return errno;
        }
    } else if (pipe2(ret, O_CLOEXEC) != 0) {
        return errno;
    }
    if (which == CVG_CHILD_IN) {
        int reading = ret[0];
        ret[0] = ret[1];
        ret[1] = reading;
    }
    int problem = lift(ret);
    if (!problem && fcntl(ret[0], F_SETFL, O_NONBLOCK) != 0) {
        problem = errno;
    }
    return problem;
}

static int set_actions(posix_spawn_file_actions_t *actions, const int theirs[CVG_CHILD_ENDS])
{
    int problem = 0;
    if (theirs[CVG_CHILD_IN] < 0) {
        problem = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    }
    for (int i = 0; i < CVG_CHILD_ENDS && !problem; i++) {
        if (theirs[i] >= 0) {
            problem = posix_spawn_file_actions_adddup2(actions, theirs[i], i);
        }
    }
    return problem ? problem : posix_spawn_file_actions_addclosefrom_np(actions, ABOVE);
}

/* convergate-exec DIRECTORY LIMITS PROGRAM ARGUMENT... The array is the caller's to free. */
static const char **make_words(const char *launcher, const struct cvg_spawn *spawn,
                               const char *limits)
{
    size_t count = 0;
    while (spawn->argv[count]) {
        count++;
    }
    const char **words = cvg_alloc_array(CVG_LAUNCH_WORDS + count + 1, sizeof(*words));
    words[0] = launcher;
    words[1] = spawn->directory ? spawn->directory : "/";
    words[2] = limits;
    for (size_t i = 0; i < count; i++) {
        words[CVG_LAUNCH_WORDS + i] = spawn->argv[i];
    }
    return words;
}

static int run(const char *launcher, const struct cvg_spawn *spawn,
               const int theirs[CVG_CHILD_ENDS], pid_t *ret_pid)
{
    static const char *const nothing[] = {NULL};
    char limits[CVG_LAUNCH_LIMITS_TEXT];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    cvg_launch_limits_write(
        &(struct cvg_launch_limits){.memory = spawn->memory_limit,
                                    .processes = spawn->process_limit,
                                    .file = spawn->file_limit,
                                    .cpu_s = (spawn->cpu_limit_ns + CVG_SECOND - 1) / CVG_SECOND},
        limits);

    const char **words = make_words(launcher, spawn, limits);

    union {
        const char *const *in;
        char *const *out;
    } argv = {words}, environment = {spawn->environment ? spawn->environment : nothing};

    int problem = set_actions(&actions, theirs);
    if (!problem) {
        problem = posix_spawn(ret_pid, launcher, &actions, &attributes, argv.out, environment.out);
    }
    free(words);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (problem) {
        *ret_pid = 0;
    }
    return problem;
}

int cvg_child_start(const char *launcher, const struct cvg_spawn *spawn,
                    struct cvg_child_started *ret)
{
    int theirs[CVG_CHILD_ENDS];
    int problem = 0;
    *ret = (struct cvg_child_started){0};
    for (int i = 0; i < CVG_CHILD_ENDS; i++) {
        ret->ends[i] = theirs[i] = -1;
    }
    for (int i = spawn->input && spawn->input_length ? CVG_CHILD_IN : CVG_CHILD_OUT;
         i < CVG_CHILD_ENDS && !problem; i++) {
        int pair[2] = {-1, -1};
        problem = make_pair((enum cvg_child_end)i, pair);
        ret->ends[i] = pair[0];
        theirs[i] = pair[1];
    }
    if (!problem) {
        problem = run(launcher, spawn, theirs, &ret->pid);
    }
    for (int i = 0; i < CVG_CHILD_ENDS; i++) {
        if (theirs[i] >= 0) {
            close(theirs[i]);
        }
    }
    return problem;
}
