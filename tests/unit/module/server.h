/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small server for the modules of the tests: on a free port of 127.0.0.1, one connection after
 * the other, on a thread of its own. A request for
 *
 *   /big      is answered with SERVER_BIG bytes
 *   /forever  with bytes until the other side goes
 *   /where    with the Authorization header's value, or "nobody"
 *   others    with "hello PATH"
 *
 * and the line "ping" with "pong".
 */
#ifndef CVG_TEST_SERVER_H
#define CVG_TEST_SERVER_H

#include <stddef.h>

#define SERVER_BIG ((size_t)1 << 20)

struct server;

struct server *server_start(void);
void server_stop(struct server *server);
unsigned server_port(const struct server *server);

#endif
