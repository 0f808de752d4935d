/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection's life, see connection.h.
 *
 *   created   its way is chosen and read once, so that `--check` finds what is wrong
 *   started   watches the files that it was read from, and reads all of it again when one changed,
 *             once a minute (a token that was rotated where nothing can be watched), and when the
 *             server says 401. Reading is a worker's.
 *
 * What cannot be read changes nothing: the old settings go on until they are refused. With an exec
 * plugin there is nothing to connect with until it has answered.
 */
#include "connection.h"

#include "backoff.h"
#include "connection_inner.h"
#include "exec.h"
#include "kit/memory.h"
#include "reason.h"
#include "settings.h"
#include "way.h"

#include <stdlib.h>
#include <string.h>

#define SECOND        INT64_C(1000000000)
#define REREAD        (60 * SECOND)
#define LEEWAY        (60 * SECOND) /* before a credential's end, or a fifth of its life */
#define REFRESH_LEAST (5 * SECOND)

struct reading;

struct cvg_kube_connection {
    const struct cvg_host *host;
    struct cvg_source *source;
    struct cvg_scope *scope;
    struct cvg_kube_way *way;               /* NULL: the operator's own */
    struct cvg_kube_access *access;         /* owned; what it came to; NULL as way */
    struct cvg_kube_credential *credential; /* owned; of the plugin */
    void (*ready)(void *arg);
    void (*failed)(void *arg, uint32_t fault, const char *reason, const char *message);
    void *arg;
    int started;
    uint32_t warned; /* enum cvg_kube_warning */
    struct cvg_op *watches[CVG_KUBE_FILES_MOST];
    size_t watch_count;
    struct reading *reading; /* that is going on; NULL: none */
    int read_again;
    struct cvg_kube_exec_run run;
    struct cvg_op *running;          /* the plugin; NULL: it does not run */
    struct cvg_op *refresh;          /* the timer that runs it next; NULL: none */
    struct cvg_kube_backoff backoff; /* after it failed */
    struct cvg_kube_backoff refetch; /* after what it gave was refused */
    int refetching;                  /* `refresh` runs it because of that */
    int64_t refused_at;              /* host->now() of the latest 401 that was acted on; 0: none */
    int refusal_waits;               /* a timer acts on another one */
    char complaint[sizeof(((struct cvg_kube_problem *)0)->text)]; /* the latest that was logged */
};

static void say(const struct cvg_kube_connection *connection, uint32_t level, const char *text)
{
    connection->host->log(connection->scope, level, text);
}

/* Once for each thing that is wrong, until something else is. */
static void complain(struct cvg_kube_connection *connection, const struct cvg_kube_problem *problem)
{
    struct cvg_kube_problem line;
    if (strcmp(connection->complaint, problem->text) == 0) {
        return;
    }
    memcpy(connection->complaint, problem->text, sizeof(connection->complaint));
    (void)cvg_kube_problem_set(
        &line, "", "credentials cannot be read again, the old ones go on: %s", problem->text);
    say(connection, CVG_LOG_WARNING, line.text);
}

static const struct cvg_kube_problem too_large = {
    "kubeconfig", "a token, a password or a key is larger than 64 KiB"};

static void use(struct cvg_kube_connection *connection)
{
    if (cvg_kube_settings_apply(connection->host, connection->source, connection->access,
                                connection->credential, &connection->warned) < 0) {
        complain(connection, &too_large);
        return;
    }
    connection->ready(connection->arg);
}

/* ---- the exec plugin ---- */

static void run_plugin(struct cvg_kube_connection *connection);

/* By the clock's last digits: many that failed together do not come back together. */
static int64_t back_off(const struct cvg_kube_connection *connection,
                        struct cvg_kube_backoff *backoff)
{
    int64_t now = connection->host->now();
    return cvg_kube_backoff_next(backoff, now, (uint64_t)now * UINT64_C(0x9E3779B97F4A7C15));
}

static void on_refresh(void *arg, struct cvg_op *op)
{
    struct cvg_kube_connection *connection = arg;
    (void)op;
    connection->refresh = NULL;
    run_plugin(connection);
}

static void refresh_after(struct cvg_kube_connection *connection, int64_t after)
{
    if (connection->refresh != NULL) {
        connection->host->cancel(connection->refresh);
    }
    connection->refresh = connection->host->timer(connection->scope, after, on_refresh, connection);
}

/* How long the credential is good for; negative: not any more. */
static int64_t life_of(const struct cvg_kube_connection *connection,
                       const struct cvg_kube_credential *credential)
{
    return credential->expires_wall_ns == 0
               ? INT64_MAX
               : credential->expires_wall_ns - connection->host->wall();
}

static void plugin_failed(struct cvg_kube_connection *connection,
                          const struct cvg_kube_problem *problem)
{
    refresh_after(connection, back_off(connection, &connection->backoff));
    if (connection->credential != NULL && life_of(connection, connection->credential) > 0) {
        complain(connection, problem);
        return;
    }
    connection->failed(connection->arg, CVG_FAULT_AUTH,
                       cvg_kube_reason(CVG_KUBE_REASON_CREDENTIALS_FAILED), problem->text);
}

static void plan_refresh(struct cvg_kube_connection *connection)
{
    int64_t life = life_of(connection, connection->credential);
    if (life == INT64_MAX) {
        return;
    }
    int64_t leeway = life / 5 < LEEWAY ? life / 5 : LEEWAY;
    int64_t after = life - leeway;
    refresh_after(connection, after < REFRESH_LEAST ? REFRESH_LEAST : after);
}

static void on_plugin(void *arg, struct cvg_kube_credential *credential,
                      const struct cvg_kube_problem *problem)
{
    struct cvg_kube_connection *connection = arg;
    connection->running = NULL;
    if (credential != NULL && life_of(connection, credential) <= 0) {
        struct cvg_kube_problem expired;
        (void)cvg_kube_problem_set(&expired, "kubeconfig",
                                   "the exec plugin '%.80s' gave a credential that has expired "
                                   "already",
                                   connection->access->plugin->command);
        cvg_kube_credential_free(credential);
        plugin_failed(connection, &expired);
        return;
    }
    if (credential == NULL) {
        plugin_failed(connection, problem);
        return;
    }
    int same = cvg_kube_credential_same(connection->credential, credential);
    cvg_kube_credential_free(connection->credential);
    connection->credential = credential;
    connection->complaint[0] = '\0';
    plan_refresh(connection);
    if (!same) {
        use(connection);
    }
}

static void run_plugin(struct cvg_kube_connection *connection)
{
    struct cvg_kube_problem problem;
    if (connection->running != NULL) {
        return;
    }
    if (connection->refetching) {
        connection->refetching = 0;
        (void)back_off(connection, &connection->refetch);
    }
    connection->run = (struct cvg_kube_exec_run){
        .host = connection->host,
        .scope = connection->scope,
        .plugin = connection->access->plugin,
        .on_done = on_plugin,
        .arg = connection,
    };
    if (cvg_kube_exec_start(&connection->run, &connection->running, &problem) < 0) {
        plugin_failed(connection, &problem);
    }
}

/* At once, but a server that refuses whatever the plugin gives, which may be another token each
 * time, is no reason to run it, and to ask with all that it made, each second. */
static void fetch_again(struct cvg_kube_connection *connection)
{
    int64_t after = connection->refetch.until - connection->host->now();
    if (!connection->refetching && connection->running == NULL) {
        connection->refetching = 1;
        refresh_after(connection, after > 0 ? after : 0);
    }
}

static void stop_plugin(struct cvg_kube_connection *connection)
{
    connection->refetching = 0;
    if (connection->running != NULL) {
        connection->host->cancel(connection->running);
        connection->running = NULL;
    }
    if (connection->refresh != NULL) {
        connection->host->cancel(connection->refresh);
        connection->refresh = NULL;
    }
}

/* ---- reading again ---- */

/* A worker's: it may outlive the connection. */
struct reading {
    struct cvg_kube_connection *connection;
    struct cvg_kube_way *way; /* a reference */
    struct cvg_kube_access *access;
    struct cvg_kube_problem problem;
};

static void on_read(void *arg, struct cvg_op *op);
static void watch_files(struct cvg_kube_connection *connection);

static void work(void *arg)
{
    struct reading *reading = arg;
    reading->access = cvg_kube_way_load(reading->way, &reading->problem);
}

static void discard(void *arg)
{
    struct reading *reading = arg;
    cvg_kube_way_drop(reading->way);
    cvg_kube_access_free(reading->access);
    free(reading);
}

static void read_now(struct cvg_kube_connection *connection)
{
    if (connection->reading != NULL) {
        connection->read_again = 1;
        return;
    }
    struct reading *reading = cvg_kit_alloc(sizeof(*reading));
    reading->connection = connection;
    reading->way = cvg_kube_way_hold(connection->way);
    connection->reading = reading;
    (void)connection->host->offload(connection->scope, work, on_read, discard, reading);
}

static int same_files(const struct cvg_kube_access *a, const struct cvg_kube_access *b)
{
    int same = a->file_count == b->file_count;
    for (size_t i = 0; same && i < a->file_count; i++) {
        same = strcmp(a->files[i], b->files[i]) == 0;
    }
    return same;
}

/* After a change. told: the host knows it already. */
static void go_on(struct cvg_kube_connection *connection, int told)
{
    if (connection->access->plugin != NULL && connection->credential == NULL) {
        run_plugin(connection);
        return;
    }
    if (connection->access->plugin != NULL) {
        plan_refresh(connection);
    }
    if (!told) {
        use(connection);
    }
}

/* Takes it over. */
static void change(struct cvg_kube_connection *connection, struct cvg_kube_access *access)
{
    struct cvg_kube_access *old = connection->access;
    int same = cvg_kube_access_same(old, access);
    connection->complaint[0] = '\0';
    if (same && same_files(old, access)) {
        cvg_kube_access_free(access);
        return;
    }
    if (!same) {
        say(connection, CVG_LOG_INFO, "the connection's settings changed");
    }
    stop_plugin(connection); /* it was told by what ends here */
    if (!cvg_kube_plugin_same(old->plugin, access->plugin)) {
        cvg_kube_credential_free(connection->credential);
        connection->credential = NULL;
    }
    connection->access = access;
    cvg_kube_access_free(old);
    watch_files(connection);
    go_on(connection, same);
}

static void on_read(void *arg, struct cvg_op *op)
{
    struct reading *reading = arg;
    struct cvg_kube_connection *connection = reading->connection;
    struct cvg_kube_access *access = reading->access;
    (void)op;
    connection->reading = NULL;
    reading->access = NULL;
    if (access == NULL) {
        complain(connection, &reading->problem);
    }
    discard(reading);
    if (connection->read_again) {
        connection->read_again = 0;
        read_now(connection);
    }
    if (access != NULL) {
        change(connection, access);
    }
}

static void on_minute(void *arg, struct cvg_op *op)
{
    struct cvg_kube_connection *connection = arg;
    (void)op;
    read_now(connection);
    (void)connection->host->timer(connection->scope, REREAD, on_minute, connection);
}

static void on_file(void *arg, struct cvg_op *op)
{
    (void)op;
    read_now(arg);
}

static void watch_files(struct cvg_kube_connection *connection)
{
    const struct cvg_kube_access *access = connection->access;
    for (size_t i = 0; i < connection->watch_count; i++) {
        connection->host->cancel(connection->watches[i]);
    }
    for (size_t i = 0; i < access->file_count; i++) {
        connection->watches[i] =
            connection->host->watch_file(connection->scope, access->files[i], on_file, connection);
    }
    connection->watch_count = access->file_count;
}

/* ---- 401 ---- */

static void act_on_refusal(struct cvg_kube_connection *connection)
{
    connection->refused_at = connection->host->now();
    if (connection->access->plugin != NULL) {
        fetch_again(connection);
    }
    read_now(connection);
}

static void on_refusal_wait(void *arg, struct cvg_op *op)
{
    struct cvg_kube_connection *connection = arg;
    (void)op;
    connection->refusal_waits = 0;
    act_on_refusal(connection);
}

void cvg_kube_connection_refused(struct cvg_kube_connection *connection)
{
    if (connection->way == NULL || !connection->started || connection->refusal_waits) {
        return; /* the operator's own secrets are the host's, which reads them for each request */
    }
    int64_t ago = connection->host->now() - connection->refused_at;
    if (connection->refused_at == 0 || ago >= SECOND) {
        act_on_refusal(connection);
        return;
    }
    connection->refusal_waits = 1;
    (void)connection->host->timer(connection->scope, SECOND - ago, on_refusal_wait, connection);
}

/* ---- life ---- */

static void refuse(const struct cvg_kube_connection *connection,
                   const struct cvg_kube_problem *problem)
{
    connection->host->config_error(connection->scope, problem->key, problem->text);
}

static int prepare(struct cvg_kube_connection *connection,
                   const struct cvg_kube_source_config *config,
                   const struct cvg_kube_surroundings *surroundings)
{
    const struct cvg_host *host = connection->host;
    struct cvg_kube_problem problem = {.key = ""};
    int chosen = cvg_kube_way_choose(host, connection->source, config, surroundings,
                                     &connection->way, &problem);
    if (chosen > 0) {
        connection->access = cvg_kube_way_load(connection->way, &problem);
    }
    if (chosen < 0 || (chosen > 0 && connection->access == NULL)) {
        refuse(connection, &problem);
        return -1;
    }
    if (chosen == 0) {
        cvg_kube_settings_limit(host, connection->source);
        return 0;
    }
    /* Until a plugin has answered nobody may ask in nobody's name. */
    if (connection->access->plugin == NULL &&
        cvg_kube_settings_apply(host, connection->source, connection->access, NULL,
                                &connection->warned) < 0) {
        refuse(connection, &too_large);
        return -1;
    }
    return 0;
}

struct cvg_kube_connection *
cvg_kube_connection_new_in(const struct cvg_host *host, struct cvg_source *source,
                           const struct cvg_kube_source_config *config,
                           const struct cvg_kube_surroundings *surroundings)
{
    struct cvg_kube_connection *connection = cvg_kit_alloc(sizeof(*connection));
    connection->host = host;
    connection->source = source;
    connection->scope = host->source_scope(source);
    if (prepare(connection, config, surroundings) < 0) {
        cvg_kube_connection_free(connection);
        return NULL;
    }
    return connection;
}

struct cvg_kube_connection *cvg_kube_connection_new(const struct cvg_host *host,
                                                    struct cvg_source *source,
                                                    const struct cvg_kube_source_config *config)
{
    struct cvg_kube_surroundings surroundings;
    cvg_kube_surroundings_here(&surroundings);
    return cvg_kube_connection_new_in(host, source, config, &surroundings);
}

/* Operations are the scope's, which has ended them. */
void cvg_kube_connection_free(struct cvg_kube_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    cvg_kube_credential_free(connection->credential);
    cvg_kube_access_free(connection->access);
    cvg_kube_way_drop(connection->way);
    free(connection);
}

static void on_first_turn(void *arg, struct cvg_op *op)
{
    struct cvg_kube_connection *connection = arg;
    (void)op;
    if (connection->access != NULL && connection->access->plugin != NULL) {
        run_plugin(connection);
    } else {
        connection->ready(connection->arg);
    }
}

void cvg_kube_connection_start(struct cvg_kube_connection *connection, void (*ready)(void *arg),
                               void (*failed)(void *arg, uint32_t fault, const char *reason,
                                              const char *message),
                               void *arg)
{
    connection->ready = ready;
    connection->failed = failed;
    connection->arg = arg;
    connection->started = 1;
    if (connection->way != NULL) {
        watch_files(connection);
        (void)connection->host->timer(connection->scope, REREAD, on_minute, connection);
    }
    (void)connection->host->timer(connection->scope, 0, on_first_turn, connection);
}
