/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question asked of one server, or of several that stand in for each other (resolv.conf's): by
 * datagrams, a second one where the first is not answered, by TCP where the answer did not fit,
 * without EDNS where the server does not know it. What is not an answer to the question (another
 * id, another name, noise) is passed over, and waiting goes on.
 *
 * It owns its descriptor; its operations belong to the run's scope, so that after the scope has
 * ended only cvg_dns_exchange_close() is left to do. Source's thread.
 */
#ifndef CVG_DNS_EXCHANGE_H
#define CVG_DNS_EXCHANGE_H

#include "message.h"
#include "server.h"

#include <convergate/module.h>

enum cvg_dns_heard {
    CVG_DNS_HEARD_ANSWER = 0,
    CVG_DNS_HEARD_NOTHING,     /* until the deadline */
    CVG_DNS_HEARD_UNREACHABLE, /* refused, no way there, or not allowed */
    CVG_DNS_HEARD_NOISE,       /* over TCP, where what comes is from the server */
};

struct cvg_dns_exchange {
    /* To be set before it begins; these live longer than it. */
    const struct cvg_host *host;
    struct cvg_scope *scope;
    const struct cvg_dns_server *servers;
    size_t server_count; /* at least 1 */
    struct cvg_dns_query query;
    uint32_t allow_link_local;
    int64_t deadline_ns; /* host->now() */
    /* Once: heard, text, message and what stands beside them are set. */
    void (*on_done)(void *arg, struct cvg_dns_exchange *exchange);
    void *arg;

    /* What came of it. */
    uint32_t heard; /* enum cvg_dns_heard */
    size_t server;  /* which one it is about */
    int64_t took_ns;
    unsigned char *message; /* owned; NULL: none */
    size_t message_length;
    char text[256]; /* where no answer was heard: why */

    /* Its own. */
    int fd; /* -1: none */
    int over_tcp;
    struct cvg_op *connecting, *watching, *timer;
    int64_t asked_ns; /* of this server */
    unsigned sent;    /* datagrams to this server */
    unsigned ignored; /* that were no answers */
    size_t received;  /* of a message over TCP with its length before it */
    unsigned char *incoming;
};

/* Zeroed but for what is to be set. on_done comes in a later turn. */
void cvg_dns_exchange_begin(struct cvg_dns_exchange *exchange);
/* Takes one that has ended, too; also after its scope has, when `scope_ended`. */
void cvg_dns_exchange_close(struct cvg_dns_exchange *exchange, int scope_ended);

#endif
