/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that looks after the HTTP threads. It resumes who waits when their time is up or their
 * client left (waiting.h); once a second it gives up questions that the deciding thread has not
 * answered in time, cuts off connections that send too slowly, and reads the certificate again when
 * its files change. It is neither the deciding thread, which it must outlast when that stalls, nor one of the library's,
 * which never wake up by themselves.
 */
#ifndef CVG_SERVER_KEEPER_H
#define CVG_SERVER_KEEPER_H

#include "base/error.h"

struct cvg_asking;
struct cvg_connections;
struct cvg_keeper;
struct cvg_tls;
struct cvg_waiting;

/* All must outlive it; tls may be NULL. */
CVG_NODISCARD int cvg_keeper_start(struct cvg_asking *asking, struct cvg_connections *connections,
                                   struct cvg_waiting *waiting, struct cvg_tls *tls,
                                   struct cvg_keeper **ret, struct cvg_error *reterr);
void cvg_keeper_stop(struct cvg_keeper *keeper); /* waits for its end; takes NULL */

#endif
