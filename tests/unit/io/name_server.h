/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name server for tests, on a free UDP port of 127.0.0.1. What it answers is in the name:
 * "a1.…" one IPv4 address (127.0.0.1), "a2.…" two, "none.…" NXDOMAIN, "fail.…" SERVFAIL,
 * "refuse.…" REFUSED, "silent.…" nothing ever, anything else: no address of that kind.
 */
#ifndef CVG_TEST_NAME_SERVER_H
#define CVG_TEST_NAME_SERVER_H

#include <stdint.h>

struct name_server;
struct name_server *name_server_start(void);
void name_server_stop(struct name_server *server);
/* "127.0.0.1:port", for cvg_loop_options. */
const char *name_server_address(const struct name_server *server);
unsigned name_server_questions(const struct name_server *server);

#endif
