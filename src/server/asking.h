/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the deciding thread answers: a POST with a subject waits here, its connection suspended,
 * until the decision is recorded, and so does who accepts an alarm, until that is. Both are called
 * a question.
 *
 *   HTTP thread       cvg_asking_post    suspends the connection and posts the question
 *   deciding thread   (its done)         writes the answer and resumes the connection
 *   HTTP thread       cvg_asking_take    called again after the resume: prints the answer
 *
 * A question is owned by two, the connection and the deciding thread, and ends with the later one:
 * the answer may come long after the client, the connection or the whole server has gone. For the
 * same reason the room itself is shared by reference. Connections are resumed under the room's
 * lock and only while they are listed, so nobody resumes one that is gone.
 */
#ifndef CVG_SERVER_ASKING_H
#define CVG_SERVER_ASKING_H

#include "decide/board.h"

/* After this long without an answer the connection is told that the decision is stale: the
 * deciding thread has stalled. */
#define CVG_ASKING_PATIENCE CVG_HEARTBEAT_LIMIT

struct MHD_Connection;
struct cvg_asking;
struct cvg_pending;

struct cvg_asking *cvg_asking_new(void);
void cvg_asking_unref(struct cvg_asking *asking); /* takes NULL */

/* Suspends the connection. All texts are copied. NULL: the server is stopping, and
 * nothing happened. Each one that is not NULL ends with cvg_asking_leave, and each request that
 * posted calls cvg_asking_finished when it is over. */
struct cvg_pending *cvg_asking_post(struct cvg_asking *asking, struct cvg_board *board,
                                    struct MHD_Connection *connection,
                                    const struct cvg_ask *question);
struct cvg_pending *cvg_asking_post_accept(struct cvg_asking *asking, struct cvg_board *board,
                                           struct MHD_Connection *connection,
                                           const struct cvg_accept *question);
/* The answered question, to be read until cvg_asking_leave; NULL: it was given up. Each for what
 * was posted as such. */
struct cvg_ask *cvg_asking_take(struct cvg_pending *pending);
struct cvg_accept *cvg_asking_take_accept(struct cvg_pending *pending);
void cvg_asking_leave(struct cvg_pending *pending);
void cvg_asking_finished(struct cvg_asking *asking);

/* Gives up what has waited for longer than CVG_ASKING_PATIENCE. */
void cvg_asking_sweep(struct cvg_asking *asking, int64_t now);
/* Gives up all, takes no more, and waits up to a second until all of them were answered. */
void cvg_asking_close(struct cvg_asking *asking);

#endif
