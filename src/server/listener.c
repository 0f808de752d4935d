/* SPDX-License-Identifier: Apache-2.0 */
/* From a literal address to a listening socket. */
#include "server/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int parse(const char *host, uint16_t port, union address *ret, socklen_t *ret_length)
{
    memset(ret, 0, sizeof(*ret));
    if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
        ret->v4.sin_family = AF_INET;
        ret->v4.sin_port = htons(port);
        *ret_length = sizeof(ret->v4);
        return 0;
    }
    if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1) {
        ret->v6.sin6_family = AF_INET6;
        ret->v6.sin6_port = htons(port);
        *ret_length = sizeof(ret->v6);
        return 0;
    }
    return -1;
}

static uint16_t port_of(const union address *address)
{
    return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
}

static int set_up(int fd, const union address *address, socklen_t length, union address *ret_bound)
{
    int on = 1, off = 0;
    socklen_t bound_length = sizeof(*ret_bound);

    /* Addresses of connections that linger after a restart; never SO_REUSEPORT, which would let a
     * second daemon share the port without a word. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0) {
        return -1;
    }
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0) {
        return -1;
    }
    if (bind(fd, &address->any, length) < 0 || listen(fd, SOMAXCONN) < 0) {
        return -1;
    }
    return getsockname(fd, &ret_bound->any, &bound_length);
}

int cvg_listener_open(const char *host, uint16_t port, int *ret_fd, uint16_t *ret_port,
                      struct cvg_error *reterr)
{
    union address address, bound = {0};
    socklen_t length = 0;

    if (parse(host, port, &address, &length) < 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "listen: '%s' is not a literal address", host);
    }
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || set_up(fd, &address, length, &bound) < 0) {
        int rc = cvg_error_set_errno(reterr, errno, "listen on %s port %u", host, port);
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    *ret_port = port_of(&bound);
    *ret_fd = fd;
    return 0;
}

static bool same_address(const union address *a, const union address *b)
{
    if (a->any.sa_family != b->any.sa_family) {
        return false;
    }
    return a->any.sa_family == AF_INET
               ? a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr
               : memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

static int make_nonblocking(int fd, const char *key, struct cvg_error *reterr)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0
               ? 0
               : cvg_error_set_errno(reterr, errno, "the socket passed for `%s`", key);
}

int cvg_listener_adopt(int fd, const char *key, const char *host, uint16_t *port_inout,
                       struct cvg_error *reterr)
{
    uint16_t port = *port_inout;
    union address wanted, bound = {0};
    socklen_t length = 0, bound_length = sizeof(bound);

    if (parse(host, port, &wanted, &length) < 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "listen: '%s' is not a literal address", host);
    }
    if (getsockname(fd, &bound.any, &bound_length) < 0) {
        return cvg_error_set_errno(reterr, errno, "the socket passed for `%s`", key);
    }
    if (!same_address(&wanted, &bound) || (port && port != port_of(&bound))) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "the socket passed for `%s` does not listen on %s port %u, as the "
                             "configuration says: change one of the two",
                             key, host, port);
    }
    *port_inout = port_of(&bound);
    return make_nonblocking(fd, key, reterr);
}

int cvg_listener_adopt_path(int fd, const char *key, const char *path, struct cvg_error *reterr)
{
    struct sockaddr_un bound = {0};
    socklen_t length = sizeof(bound);

    if (getsockname(fd, (struct sockaddr *)&bound, &length) < 0) {
        return cvg_error_set_errno(reterr, errno, "the socket passed for `%s`", key);
    }
    if (bound.sun_family != AF_UNIX || strlen(path) >= sizeof(bound.sun_path) ||
        strncmp(bound.sun_path, path, sizeof(bound.sun_path)) != 0) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "the socket passed for `%s` does not listen on %s, as the "
                             "configuration says: change one of the two",
                             key, path);
    }
    return make_nonblocking(fd, key, reterr);
}

/* Whether somebody listens there. Anything but a refusal is taken for a yes. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
                   errno == ECONNREFUSED;

    if (fd >= 0) {
        close(fd);
    }
    return !refused;
}

static int clear_path(const struct sockaddr_un *address, struct cvg_error *reterr)
{
    struct stat status;

    if (lstat(address->sun_path, &status) < 0) {
        return 0; /* bind says what else is wrong */
    }
    if (!S_ISSOCK(status.st_mode)) {
        return cvg_error_set(reterr, CVG_E_EXISTS, "listen on %s: there is something else",
                             address->sun_path);
    }
    if (is_alive(address)) {
        return cvg_error_set(reterr, CVG_E_EXISTS, "listen on %s: another process listens there",
                             address->sun_path);
    }
    return unlink(address->sun_path) == 0
               ? 0
               : cvg_error_set_errno(reterr, errno, "remove the old socket %s", address->sun_path);
}

int cvg_listener_open_path(const char *path, unsigned mode, int *ret_fd, struct cvg_error *reterr)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "listen on %s: the path is too long", path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int rc = clear_path(&address, reterr);
    if (rc < 0) {
        return rc;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode before listen: until then nobody can connect. */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        chmod(path, (mode_t)mode) < 0 || listen(fd, SOMAXCONN) < 0) {
        rc = cvg_error_set_errno(reterr, errno, "listen on %s", path);
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    *ret_fd = fd;
    return 0;
}
