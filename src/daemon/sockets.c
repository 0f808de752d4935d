/* SPDX-License-Identifier: Apache-2.0 */
/* From the variables to checked descriptors. */
#include "daemon/sockets.h"

#include "base/alloc.h"
#include "base/text.h"

#include <convergate/number.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST        3 /* SD_LISTEN_FDS_START */
#define SOCKETS_MOST 16
#define DEFAULT_NAME "http"

struct socket {
    int fd; /* -1: taken */
    char *name;
};

struct cvg_sockets {
    struct socket all[SOCKETS_MOST];
    size_t count;
};

struct variables {
    char *pid, *count, *names;
};

static char *take_variable(const char *name)
{
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): no other thread is there
    char *copy = value ? cvg_strdup(value) : NULL;

    unsetenv(name); // NOLINT(concurrency-mt-unsafe): as above
    return copy;
}

static void variables_done(struct variables *variables)
{
    free(variables->pid);
    free(variables->count);
    free(variables->names);
}

/* The variables are inherited by children of the process that they were meant for. */
static bool is_for_us(const struct variables *variables)
{
    uint64_t pid;

    return variables->pid && variables->count &&
           cvg_parse_uint64(variables->pid, strlen(variables->pid), &pid) == 0 &&
           pid == (uint64_t)getpid();
}

static int check_descriptor(int fd, struct cvg_error *reterr)
{
    int listening = 0, type = 0;
    socklen_t length = sizeof(listening), type_length = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_length) < 0) {
        return cvg_error_set_errno(reterr, errno, "LISTEN_FDS: descriptor %d", fd);
    }
    if (!listening || type != SOCK_STREAM) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "LISTEN_FDS: descriptor %d is not a listening stream socket", fd);
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        return cvg_error_set_errno(reterr, errno, "LISTEN_FDS: descriptor %d", fd);
    }
    return 0;
}

/* "http:health" is two names; where the list is too short, the rest have none. */
static char *name_at(const char *names, size_t index)
{
    for (; names && index; index--) {
        names = strchr(names, ':');
        names = names ? names + 1 : NULL;
    }
    return names ? cvg_strndup(names, strcspn(names, ":")) : cvg_strdup("");
}

/* Where the unit sets no FileDescriptorName=, systemd passes the unit's own name. */
static bool has_no_name(const char *name)
{
    return !*name || cvg_text_equal(name, "unknown") || cvg_text_ends(name, ".socket");
}

static int add_all(struct cvg_sockets *sockets, const struct variables *variables, size_t count,
                   struct cvg_error *reterr)
{
    for (size_t i = 0; i < count; i++) {
        struct socket *socket = &sockets->all[i];
        int rc = check_descriptor(FIRST + (int)i, reterr);

        if (rc < 0) {
            return rc;
        }
        socket->fd = FIRST + (int)i;
        socket->name = name_at(variables->names, i);
        sockets->count++;
        if (count == 1 && has_no_name(socket->name)) {
            free(socket->name);
            socket->name = cvg_strdup(DEFAULT_NAME);
        }
        for (size_t k = 0; k < i; k++) {
            if (cvg_text_equal(sockets->all[k].name, socket->name)) {
                return cvg_error_set(reterr, CVG_E_INVALID,
                                     "LISTEN_FDNAMES: two sockets are called '%s'", socket->name);
            }
        }
    }
    return 0;
}

int cvg_sockets_take(struct cvg_sockets **ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(variables_done)
    struct variables variables = {
        .pid = take_variable("LISTEN_PID"),
        .count = take_variable("LISTEN_FDS"),
        .names = take_variable("LISTEN_FDNAMES"),
    };
    uint64_t count = 0;

    if (is_for_us(&variables) &&
        (cvg_parse_uint64(variables.count, strlen(variables.count), &count) < 0 ||
         count > SOCKETS_MOST)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "LISTEN_FDS: '%s' is not a number up to %d",
                             variables.count, SOCKETS_MOST);
    }
    struct cvg_sockets *sockets = CVG_NEW(struct cvg_sockets);
    int rc = add_all(sockets, &variables, (size_t)count, reterr);
    if (rc < 0) {
        cvg_sockets_free(sockets);
        return rc;
    }
    *ret = sockets;
    return 0;
}

int cvg_sockets_use(struct cvg_sockets *sockets, const char *name)
{
    for (size_t i = 0; i < sockets->count; i++) {
        struct socket *socket = &sockets->all[i];
        if (socket->fd >= 0 && cvg_text_equal(socket->name, name)) {
            int fd = socket->fd;
            socket->fd = -1;
            return fd;
        }
    }
    return 0;
}

int cvg_sockets_check(const struct cvg_sockets *sockets, struct cvg_error *reterr)
{
    for (size_t i = 0; i < sockets->count; i++) {
        if (sockets->all[i].fd >= 0) {
            return cvg_error_set(reterr, CVG_E_INVALID,
                                 "LISTEN_FDNAMES: no listener is called '%s'; FileDescriptorName= "
                                 "of the socket unit is http, socket or health",
                                 sockets->all[i].name);
        }
    }
    return 0;
}

void cvg_sockets_free(struct cvg_sockets *sockets)
{
    if (!sockets) {
        return;
    }
    for (size_t i = 0; i < sockets->count; i++) {
        if (sockets->all[i].fd >= 0) {
            close(sockets->all[i].fd);
        }
        free(sockets->all[i].name);
    }
    free(sockets);
}
