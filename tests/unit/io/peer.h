/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scripted peer for tests: a TCP server on a free port of 127.0.0.1 whose behaviour is a
 * function, called on a thread of its own for each connection. Sockets are blocking there.
 */
#ifndef CVG_TEST_PEER_H
#define CVG_TEST_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;

/* fd is closed by the peer afterwards. number counts connections from 0. */
typedef void peer_serve_fn(int fd, unsigned number, void *arg);

struct peer *peer_start(peer_serve_fn *serve, void *arg);
/* The same on a Unix socket; the port is 0. The file is the caller's to remove. */
struct peer *peer_start_at(const char *path, peer_serve_fn *serve, void *arg);
/* Cuts what is open, joins all threads. */
void peer_stop(struct peer *peer);
uint16_t peer_port(const struct peer *peer);
unsigned peer_connections(const struct peer *peer);

/* For serve functions. Reads one request with its body (Content-Length only); false at the end of
 * the connection. text is NUL-terminated. */
bool peer_read_request(int fd, char *text, size_t size);
bool peer_send(int fd, const void *bytes, size_t length);
bool peer_say(int fd, const char *text);
/* Until the other side closes. */
void peer_wait_closed(int fd);
/* Closes with RST: for the end of a serve function. */
void peer_reset(int fd);

#endif
