/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver of a loop. Only files of this folder include it. */
#ifndef CVG_IO_NAME_INNER_H
#define CVG_IO_NAME_INNER_H

#include "io/name.h"

/* Room for an address in text form, with the zone of a link-local one. */
#define CVG_ADDRESS_TEXT 64

struct cvg_names;
struct cvg_names_channel;

CVG_NODISCARD int cvg_names_new(struct cvg_loop *loop, const struct cvg_loop_options *options,
                                struct cvg_names **ret, struct cvg_error *reterr);
void cvg_names_free(struct cvg_names *names); /* takes NULL */

bool cvg_name_is_literal(const char *text);
/* The addresses where they are known right now, without asking; 0 where they are not. They live
 * until control goes back to the loop. */
size_t cvg_name_peek(struct cvg_loop *loop, const char *name, uint32_t family,
                     const char *const **ret_addresses);

/* ---- name_channel.c: c-ares on libuv ---------------------------------------------------- */

struct cvg_name_answer {
    uint32_t fault;   /* enum cvg_fault */
    char text[96];    /* why there is none, without the name: "no such name" */
    char **addresses; /* owned by whoever takes the answer, each one too */
    size_t count;
    int64_t ttl_ns;
};

CVG_NODISCARD int cvg_names_channel_new(struct cvg_loop *loop,
                                        const struct cvg_loop_options *options,
                                        struct cvg_names_channel **ret, struct cvg_error *reterr);
void cvg_names_channel_free(struct cvg_names_channel *channel); /* takes NULL; forgets questions */
/* on_answer may be called before this returns, and exactly once unless the channel is freed. */
void cvg_names_channel_ask(struct cvg_names_channel *channel, const char *name, uint32_t family,
                           void (*on_answer)(void *arg, struct cvg_name_answer *answer), void *arg);

#endif
