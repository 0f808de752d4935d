/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host for connections: workers, watched files and child processes are the daemon's own on a real
 * loop; what the connection tells the host (settings, secrets, log lines, refusals) is noted. Its
 * clock may run faster than the world's, so that an hour's token ends within a test. One at a time.
 */
#ifndef CONNECTION_STAGE_H
#define CONNECTION_STAGE_H

#include "connection_inner.h"

#include <convergate/module.h>

#include <stdint.h>

#define STAGE_TEXT 2048

struct stage {
    char folder[64]; /* of its own; emptied at the end */
    /* Settings as access_text() has them, with limits; "" none yet. */
    char endpoint[STAGE_TEXT];
    unsigned endpoints, ready, failed;
    char failure[STAGE_TEXT];  /* the latest: "fault reason: message" */
    char refusals[STAGE_TEXT]; /* "key: text" lines */
    char log[STAGE_TEXT];      /* all lines, cut at the front */
    const char *given;         /* keys of the endpoint that the operator wrote: " url bearer " */
    size_t secrets;            /* that are not dropped */
    int64_t faster;            /* of its clock; 1 */
    int unwatched;             /* watches of files tell nothing, as on some network file systems */
    struct cvg_kube_source_config config;
    struct cvg_kube_surroundings surroundings;
    struct cvg_kube_connection *connection;
};

void stage_open(struct stage *stage);
void stage_close(struct stage *stage);
/* Makes the connection by config and surroundings; whether it was taken. */
int stage_create(struct stage *stage);
/* And starts it. Fails the test where it is refused. */
void stage_start(struct stage *stage);
/* A file of its folder, made or replaced by renaming; mode 0: 0600. Its path lives until the next
 * call. */
const char *stage_write(struct stage *stage, const char *name, const char *text, unsigned mode);
const char *stage_path(struct stage *stage, const char *name);
void stage_remove(struct stage *stage, const char *name);
/* Turns until the endpoint's text (or the failure's, the log's) has that in it, at most 10 s. */
void stage_until_endpoint(struct stage *stage, const char *part);
void stage_until_failure(struct stage *stage, const char *part);
void stage_until_log(struct stage *stage, const char *part);
void stage_until_ready(struct stage *stage, unsigned count);
/* Turns for a while. */
void stage_turn(struct stage *stage, int64_t ns);
struct cvg_scope *stage_scope(struct stage *stage);
const struct cvg_host *stage_host(struct stage *stage);

#endif
