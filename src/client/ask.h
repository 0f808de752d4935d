/* SPDX-License-Identifier: Apache-2.0 */
/* One request to the daemon and its answer. */
#ifndef CVG_CLIENT_ASK_H
#define CVG_CLIENT_ASK_H

#include "base/buf.h"
#include "base/error.h"
#include "client/options.h"

struct cvg_loop;

#define CVG_ASK_LIMIT (64u * 1024 * 1024)

struct cvg_reply {
    uint32_t status;
    struct cvg_buf body; /* initialised by cvg_ask; owned */
};

void cvg_reply_done(struct cvg_reply *reply);
/* Asks the server that the options name, with the credentials that they name. A token is not sent
 * unencrypted to another machine. path: "/v1/verdict/prod"; body NULL: GET, else POST of a JSON
 * document. Errors are of the connection; any status is an answer. */
CVG_NODISCARD int cvg_client_ask(struct cvg_loop *loop, const struct cvg_client_options *options,
                                 const char *path, const char *body, struct cvg_reply *ret,
                                 struct cvg_error *reterr);

struct cvg_question {
    const char *path;
    const char *body; /* NULL: GET */
    int64_t held_ns;  /* the daemon may hold its answer back so long */
};

/* The same for an answer that may be held back. */
CVG_NODISCARD int cvg_client_ask_held(struct cvg_loop *loop,
                                      const struct cvg_client_options *options,
                                      const struct cvg_question *question, struct cvg_reply *ret,
                                      struct cvg_error *reterr);
/* The same, where only 200 is of use: other statuses become errors with the problem's detail. */
CVG_NODISCARD int cvg_client_get(struct cvg_loop *loop, const struct cvg_client_options *options,
                                 const char *path, struct cvg_reply *ret, struct cvg_error *reterr);

#endif
