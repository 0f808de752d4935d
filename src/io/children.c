/* SPDX-License-Identifier: Apache-2.0 */
/* Where the launcher is, and who is a stray; see children.h. */
#include "io/children.h"

#include "base/alloc.h"
#include "base/time.h"
#include "process/brood.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A stray that was killed and is still there waits for the kernel. */
#define AGAIN_FIRST (10 * CVG_MS)
#define AGAIN_LAST  (5 * CVG_SECOND)

struct cvg_children {
    struct cvg_loop *loop;
    bool adopts;
    char launcher[PATH_MAX];
    pid_t *pids; /* owned: those that live */
    size_t count, capacity;
    uv_timer_t again;
    int64_t pause;
};

/* Beside the program, as its modules are: ../lib/convergate. */
static void find_launcher(char *ret, size_t size)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    char *name = strrchr(program, '/');
    if (name) {
        *name = '\0';
    }
    int written = snprintf(ret, size, "%s/../lib/convergate/convergate-exec", program);
    if (written < 0 || (size_t)written >= size || access(ret, X_OK) != 0) {
        snprintf(ret, size, "%s", CVG_LAUNCHER);
    }
}

struct cvg_children *cvg_children_new(struct cvg_loop *loop, const struct cvg_loop_options *options)
{
    struct cvg_children *children = CVG_NEW(struct cvg_children);
    children->loop = loop;
    children->adopts = options->adopts_strays && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
    find_launcher(children->launcher, sizeof children->launcher);
    uv_timer_init(&loop->uv, &children->again);
    children->again.data = children;
    return children;
}

void cvg_children_close(struct cvg_children *children)
{
    if (children) {
        children->adopts = false;
        uv_close((uv_handle_t *)&children->again, NULL);
    }
}

void cvg_children_free(struct cvg_children *children)
{
    if (children) {
        free(children->pids);
        free(children);
    }
}

const char *cvg_children_launcher(const struct cvg_children *children)
{
    return children->launcher;
}

static bool is_ours(void *arg, pid_t pid)
{
    const struct cvg_children *children = arg;
    for (size_t i = 0; i < children->count; i++) {
        if (children->pids[i] == pid) {
            return true;
        }
    }
    return false;
}

/* Zombies too were strays, and are reaped here. */
static size_t reap_strays(struct cvg_children *children)
{
    struct cvg_brood strays;
    cvg_brood_list(&strays, is_ours, children);
    for (size_t i = 0; i < strays.count; i++) {
        (void)waitpid(strays.pids[i], NULL, WNOHANG); /* fails for those that are not children */
    }
    return strays.count;
}

static void end_strays(struct cvg_children *children);

static void on_again(uv_timer_t *timer)
{
    struct cvg_children *children = timer->data;
    cvg_loop_wake(children->loop);
    end_strays(children);
}

static void end_strays(struct cvg_children *children)
{
    cvg_brood_kill(is_ours, children);
    if (reap_strays(children) == 0) {
        children->pause = 0;
        return;
    }
    children->pause = CVG_MIN(CVG_MAX(children->pause * 2, AGAIN_FIRST), AGAIN_LAST);
    cvg_loop_arm(&children->again, on_again, children->pause);
}

void cvg_children_add(struct cvg_children *children, pid_t pid)
{
    CVG_GROW(children->pids, children->count, children->capacity);
    children->pids[children->count++] = pid;
}

void cvg_children_remove(struct cvg_children *children, pid_t pid, bool clean)
{
    for (size_t i = 0; i < children->count; i++) {
        if (children->pids[i] == pid) {
            children->pids[i] = children->pids[--children->count];
            break;
        }
    }
    if (!clean && children->adopts) {
        end_strays(children);
    }
}
