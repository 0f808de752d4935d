/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lane is an endpoint at work: its connection settings, the cap on requests in flight with a
 * FIFO behind it, and its counters. A source has one; `via:` lets another source use it. Streams
 * are not counted against the cap.
 */
#ifndef CVG_IO_LANE_H
#define CVG_IO_LANE_H

#include "io/scope.h"

struct cvg_lane_stats {
    uint64_t requests, failures, bytes_received, connections;
    size_t in_flight, queued;
};

/* Copies the settings. loop must outlive it. */
CVG_NODISCARD int cvg_lane_new(struct cvg_loop *loop, const struct cvg_endpoint *settings,
                               struct cvg_lane **ret, struct cvg_error *reterr);
/* No scope may use it any more. Takes NULL. */
void cvg_lane_free(struct cvg_lane *lane);
/* New settings for requests that start from now on. */
CVG_NODISCARD int cvg_lane_set(struct cvg_lane *lane, const struct cvg_endpoint *settings,
                               struct cvg_error *reterr);
/* From now on requests connect to the Unix socket of this path (copied) instead of the host that their
 * URL names, which is only told to the server. For an endpoint without a proxy. Refused where the
 * path is not absolute, or longer than such an address can be. */
CVG_NODISCARD int cvg_lane_set_socket(struct cvg_lane *lane, const char *path,
                                      struct cvg_error *reterr);
struct cvg_lane_stats cvg_lane_stats(const struct cvg_lane *lane);
/* Of its settings; NULL: none. Lives until they are set anew. */
const char *cvg_lane_url(const struct cvg_lane *lane);
/* What is wrong with settings, without connecting: unreadable files, certificate without key. */
CVG_NODISCARD int cvg_lane_check(const struct cvg_endpoint *settings, struct cvg_error *reterr);

#endif
