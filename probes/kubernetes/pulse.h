/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small read: GET /readyz on the connection that the watches are on, every some seconds. Its
 * answer is the only proof that a quiet watch is knowledge and not a dead path. The host chooses
 * the connection and says which it was; where watches are on others too, a round asks a few times
 * more. A read without an answer for 3 s takes its connection down, since libcurl would go on
 * using it. The source's thread.
 *
 *   2xx, 403, 404    the server answers: its connection is proved (403, 404: it may not say more)
 *   5xx              it answers and is not in order (its store stalls): nothing is proved
 *   401, 429         credentials, throttling: nothing is proved
 */
#ifndef CVG_KUBE_PULSE_H
#define CVG_KUBE_PULSE_H

#include <convergate/module.h>

struct cvg_kube_pulse;

struct cvg_kube_pulse_owner {
    /* What came over this connection before was true at `at` (host->now(), when it was asked). */
    void (*proved)(void *arg, uint64_t connection, int64_t at);
    /* Whether an open watch was not proved since then. */
    int (*wants)(void *arg, int64_t since);
    /* The round that began then is over. */
    void (*over)(void *arg, int64_t since);
    void (*unauthorized)(void *arg);
    void (*throttled)(void *arg);
    void *arg;
};

struct cvg_kube_pulse *cvg_kube_pulse_new(const struct cvg_host *host, struct cvg_scope *scope,
                                          int64_t every_ns,
                                          const struct cvg_kube_pulse_owner *owner);
void cvg_kube_pulse_free(struct cvg_kube_pulse *pulse); /* takes NULL */
/* The first round begins after so long; once. */
void cvg_kube_pulse_start(struct cvg_kube_pulse *pulse, int64_t after_ns);
/* The latest answer proved what came over its connection. */
int cvg_kube_pulse_is_sound(const struct cvg_kube_pulse *pulse);
/* HTTP status of the latest answer, 0: none yet; text: what it says has failed; at: host->now(). */
uint32_t cvg_kube_pulse_status(const struct cvg_kube_pulse *pulse, const char **ret_text,
                               int64_t *ret_at);

#endif
