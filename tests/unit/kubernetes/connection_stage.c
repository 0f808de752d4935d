/* SPDX-License-Identifier: Apache-2.0 */
#include "connection_stage.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/time.h"
#include "io/child.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/offload.h"
#include "io/scope.h"
#include "io/timer.h"
#include "module/yaml.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    struct stage *stage;
    struct cvg_loop *loop;
    struct cvg_scope scope;
    struct cvg_host table;
    int64_t began, began_wall;
    bool happened;
} world;

/* ---- what is noted ---- */

static void note(char *text, const char *line)
{
    size_t used = strlen(text), length = strlen(line);
    if (used + length + 2 > STAGE_TEXT) {
        size_t cut = CVG_MIN(used, length + 2 + STAGE_TEXT / 2);
        memmove(text, text + cut, used - cut + 1);
        used -= cut;
    }
    (void)snprintf(text + used, STAGE_TEXT - used, "%s\n", line);
    world.happened = true;
}

static void host_log(struct cvg_scope *scope, uint32_t level, const char *text)
{
    assert_ptr_equal(scope, &world.scope);
    CVG_CLEANUP(cvg_free_pointer) char *line = cvg_format("%u %s", level, text);
    note(world.stage->log, line);
}

static void config_error(struct cvg_scope *scope, const char *path, const char *text)
{
    assert_ptr_equal(scope, &world.scope);
    CVG_CLEANUP(cvg_free_pointer) char *line = cvg_format("%s: %s", path, text);
    note(world.stage->refusals, line);
}

static int32_t endpoint_has(struct cvg_source *source, const char *key)
{
    (void)source;
    CVG_CLEANUP(cvg_free_pointer) char *word = cvg_format(" %s ", key);
    return strstr(world.stage->given, word) != NULL;
}

static const struct cvg_secret *secret_text(struct cvg_source *source, const char *text,
                                            size_t length)
{
    (void)source;
    if (length == 0 || length > 64 * 1024 || memchr(text, '\0', length)) {
        return NULL;
    }
    struct cvg_secret *secret = CVG_NEW(struct cvg_secret);
    secret->kind = CVG_SECRET_TEXT;
    secret->name = cvg_strndup(text, length);
    world.stage->secrets++;
    return secret;
}

static void secret_drop(struct cvg_source *source, const struct cvg_secret *secret)
{
    (void)source;
    if (!secret) {
        return;
    }

    union {
        const void *in;
        void *out;
    } memory = {.in = secret->name};

    free(memory.out);
    memory.in = secret;
    free(memory.out);
    world.stage->secrets--;
}

static void add(char *text, const char *key, const char *value)
{
    size_t used = strlen(text);
    if (value && *value) {
        (void)snprintf(text + used, STAGE_TEXT - used, " %s=%s", key, value);
    }
}

/* Its second line; of a text with one line, that. */
static void add_pem(char *text, const char *key, const char *pem)
{
    char line[64] = "";
    const char *at = pem ? strchr(pem, '\n') : NULL;
    at = at ? at + 1 : pem;
    if (at) {
        (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    }
    add(text, key, line);
}

static void endpoint_set(struct cvg_source *source, const struct cvg_endpoint *endpoint)
{
    char *text = world.stage->endpoint;
    const struct cvg_pair *headers = endpoint->headers.items;
    char number[32] = "";
    (void)source;
    (void)snprintf(text, STAGE_TEXT, "%s", endpoint->url ? endpoint->url : "(operator's)");
    add(text, "name", endpoint->server_name);
    add(text, "proxy", endpoint->proxy);
    add_pem(text, "ca", endpoint->ca_pem);
    add(text, "insecure", endpoint->insecure_skip_verify ? "yes" : "");
    add_pem(text, "cert", endpoint->cert_pem);
    add_pem(text, "key", endpoint->key_pem ? endpoint->key_pem->name : NULL);
    add(text, "token", endpoint->bearer ? endpoint->bearer->name : NULL);
    add(text, "username", endpoint->username);
    add(text, "password", endpoint->password ? endpoint->password->name : NULL);
    for (size_t i = 0; i < endpoint->headers.count; i++) {
        add(text, headers[i].name, headers[i].value);
    }
    if (endpoint->max_body) {
        (void)snprintf(number, sizeof number, "%lld", (long long)(endpoint->max_body >> 20));
        add(text, "MiB", number);
    }
    world.stage->endpoints++;
    world.happened = true;
}

static void on_ready(void *arg)
{
    struct stage *stage = arg;
    stage->ready++;
    world.happened = true;
}

static void on_failed(void *arg, uint32_t fault, const char *reason, const char *message)
{
    struct stage *stage = arg;
    stage->failed++;
    (void)snprintf(stage->failure, sizeof stage->failure, "%u %s: %s", fault, reason, message);
    world.happened = true;
}

/* ---- its clock ---- */

static int64_t now(void)
{
    return world.began + (cvg_time_now() - world.began) * world.stage->faster;
}

static int64_t wall(void)
{
    return world.began_wall + (cvg_time_now() - world.began) * world.stage->faster;
}

static struct cvg_op *timer(struct cvg_scope *scope, int64_t after_ns,
                            void (*on_timer)(void *arg, struct cvg_op *op), void *arg)
{
    return cvg_timer_start(scope, after_ns / world.stage->faster, on_timer, arg);
}

static struct cvg_op *watch_file(struct cvg_scope *scope, const char *path,
                                 void (*on_change)(void *arg, struct cvg_op *op), void *arg)
{
    return cvg_file_watch(scope, world.stage->unwatched ? "/nonexistent" : path, on_change, arg);
}

static struct cvg_scope *source_scope(struct cvg_source *source)
{
    assert_ptr_equal(source, world.stage);
    return &world.scope;
}

/* ---- a stage ---- */

void stage_open(struct stage *stage)
{
    struct cvg_error error;
    *stage = (struct stage){.folder = "/tmp/cvg-connection-XXXXXX", .given = "", .faster = 1};
    assert_non_null(mkdtemp(stage->folder));
    stage->config.in_cluster = stage->config.allow_exec = CVG_ABSENT_UINT;
    stage->surroundings.reader = cvg_kube_file_read;
    stage->surroundings.directory = stage->folder;
    world.stage = stage;
    world.began = cvg_time_now();
    world.began_wall = cvg_time_wall();
    assert_int_equal(cvg_loop_new(NULL, &world.loop, &error), 0);
    cvg_scope_init(&world.scope, world.loop, NULL, NULL, NULL);
    world.table = (struct cvg_host){
        .size = sizeof world.table,
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .now = now,
        .wall = wall,
        .source_scope = source_scope,
        .log = host_log,
        .config_error = config_error,
        .endpoint_set = endpoint_set,
        .timer = timer,
        .offload = cvg_offload_start,
        .watch_file = watch_file,
        .spawn = cvg_child_spawn,
        .cancel = cvg_op_cancel,
        .endpoint_has = endpoint_has,
        .secret_text = secret_text,
        .secret_drop = secret_drop,
        .yaml = cvg_yaml_to_json,
    };
}

static int on_entry(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

void stage_close(struct stage *stage)
{
    cvg_scope_end(&world.scope);
    cvg_kube_connection_free(stage->connection);
    cvg_loop_free(world.loop);
    assert_int_equal(stage->secrets, 0);
    assert_int_equal(nftw(stage->folder, on_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int stage_create(struct stage *stage)
{
    struct cvg_source *source = (struct cvg_source *)(void *)stage;
    stage->connection =
        cvg_kube_connection_new_in(&world.table, source, &stage->config, &stage->surroundings);
    return stage->connection != NULL;
}

void stage_start(struct stage *stage)
{
    if (!stage_create(stage)) {
        fail_msg("%s", stage->refusals);
    }
    cvg_kube_connection_start(stage->connection, on_ready, on_failed, stage);
    assert_int_equal(stage->ready + stage->failed, 0); /* never from inside */
}

const char *stage_path(struct stage *stage, const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", stage->folder, name);
    return path;
}

const char *stage_write(struct stage *stage, const char *name, const char *text, unsigned mode)
{
    CVG_CLEANUP(cvg_free_pointer) char *fresh = cvg_format("%s/.fresh", stage->folder);
    FILE *file = fopen(fresh, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(fresh, mode ? mode : 0600), 0);
    const char *path = stage_path(stage, name);
    assert_int_equal(rename(fresh, path), 0);
    return path;
}

void stage_remove(struct stage *stage, const char *name)
{
    assert_int_equal(unlink(stage_path(stage, name)), 0);
}

static void until(const char *text, const char *part, const unsigned *count, unsigned least)
{
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;
    while (text ? !strstr(text, part) : *count < least) {
        world.happened = false;
        if (!cvg_loop_run_until(world.loop, &world.happened, deadline)) {
            fail_msg("'%s' never came, but: %s; log: %s", part, text ? text : "", world.stage->log);
        }
    }
}

void stage_until_endpoint(struct stage *stage, const char *part)
{
    until(stage->endpoint, part, NULL, 0);
}

void stage_until_failure(struct stage *stage, const char *part)
{
    until(stage->failure, part, NULL, 0);
}

void stage_until_log(struct stage *stage, const char *part)
{
    until(stage->log, part, NULL, 0);
}

void stage_until_ready(struct stage *stage, unsigned count)
{
    until(NULL, "ready", &stage->ready, count);
}

void stage_turn(struct stage *stage, int64_t ns)
{
    (void)stage;
    bool never = false;
    (void)cvg_loop_run_until(world.loop, &never, cvg_time_now() + ns);
}

struct cvg_scope *stage_scope(struct stage *stage)
{
    (void)stage;
    return &world.scope;
}

const struct cvg_host *stage_host(struct stage *stage)
{
    (void)stage;
    return &world.table;
}
