/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no network: time, workers, files, children, secrets, memory, configuration. */
#include "scripted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void scripted_ready(struct asked *asked)
{
    scripted_finish(asked, asked->settings->text ? asked->settings->text : "");
}

void scripted_silent(struct asked *asked)
{
    (void)asked;
}

void scripted_log(struct asked *asked)
{
    asked->host->log(asked->scope, CVG_LOG_INFO, asked->settings->text);
    scripted_finish(asked, "logged");
}

/* ---- time ---- */

static void on_timer(void *arg, struct cvg_op *op)
{
    struct asked *asked = arg;
    (void)op;
    char text[64];
    int64_t waited = asked->host->now() - asked->inputs.round_ns;
    (void)snprintf(text, sizeof text, "%s",
                   waited >= asked->settings->after_ns ? "waited" : "early");
    scripted_finish(asked, text);
}

void scripted_timer(struct asked *asked)
{
    asked->host->timer(asked->scope, asked->settings->after_ns, on_timer, asked);
}

static void on_cancelled_timer(void *arg, struct cvg_op *op)
{
    struct asked *asked = arg;
    (void)op;
    asked->steps = 1;
}

static void on_later_timer(void *arg, struct cvg_op *op)
{
    struct asked *asked = arg;
    (void)op;
    scripted_finish(asked, asked->steps ? "fired" : "cancelled");
}

void scripted_cancel(struct asked *asked)
{
    struct cvg_op *op = asked->host->timer(asked->scope, 0, on_cancelled_timer, asked);
    asked->host->cancel(op);
    asked->host->timer(asked->scope, asked->settings->after_ns, on_later_timer, asked);
}

void scripted_clock(struct asked *asked)
{
    const int64_t second = 1000000000, year = 365 * 24 * 3600 * second;
    int64_t now = asked->host->now();
    int sane = now >= asked->inputs.round_ns && asked->inputs.deadline_ns > now &&
               asked->host->wall() > 50 * year && asked->inputs.round_wall_ns > 50 * year &&
               asked->inputs.size == sizeof(struct cvg_run_inputs) &&
               asked->host->size >= sizeof(struct cvg_host);
    scripted_finish(asked, sane ? "sane" : "insane");
}

/* What no module may do: the deciding thread waits with it. */
void scripted_stall(struct asked *asked)
{
    struct timespec span = {
        .tv_sec = asked->settings->after_ns / 1000000000,
        .tv_nsec = asked->settings->after_ns % 1000000000,
    };
    nanosleep(&span, NULL);
    scripted_finish(asked, "stalled");
}

void scripted_round(struct asked *asked)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%lld %lld", (long long)asked->inputs.round_ns,
                   (long long)asked->inputs.round_wall_ns);
    scripted_finish(asked, text);
}

void scripted_aged(struct asked *asked)
{
    if (asked->inputs.max_age_ns == CVG_ABSENT_INT) {
        scripted_finish(asked, "any age");
        return;
    }
    (void)snprintf(asked->text, sizeof asked->text, "%lld", (long long)asked->inputs.max_age_ns);
    scripted_finish(asked, asked->text);
}

/* ---- workers ---- */

static long thread_id(void)
{
    return syscall(SYS_gettid);
}

static void work(void *arg)
{
    struct asked *asked = arg;
    asked->bytes = (size_t)thread_id();
}

static void worked(void *arg, struct cvg_op *op)
{
    struct asked *asked = arg;
    (void)op;
    scripted_finish(asked, asked->bytes == (size_t)thread_id() ? "same thread" : "other thread");
}

void scripted_offload(struct asked *asked)
{
    asked->host->offload(asked->scope, work, worked, NULL, asked);
}

static void print_digest(struct asked *asked, uint32_t kind, size_t size)
{
    unsigned char digest[CVG_DIGEST_MOST];
    const char *text = asked->settings->text;
    if (asked->host->digest(kind, text, strlen(text), digest) < 0) {
        (void)snprintf(asked->text, sizeof asked->text, "no such kind");
        return;
    }
    for (size_t i = 0; i < size; i++) {
        (void)snprintf(asked->text + 2 * i, sizeof asked->text - 2 * i, "%02x", digest[i]);
    }
}

/* By key: a worker may call it, so one does. */
static void work_digest(void *arg)
{
    struct asked *asked = arg;
    const char *key = asked->settings->key;
    if (strcmp(key, "sha256") == 0) {
        print_digest(asked, CVG_DIGEST_SHA256, 32);
    } else if (strcmp(key, "md5") == 0) {
        print_digest(asked, CVG_DIGEST_MD5, 16);
    } else {
        print_digest(asked, 77, 0);
    }
}

static void worked_digest(void *arg, struct cvg_op *op)
{
    struct asked *asked = arg;
    (void)op;
    scripted_finish(asked, asked->text);
}

void scripted_digest(struct asked *asked)
{
    asked->host->offload(asked->scope, work_digest, worked_digest, NULL, asked);
}

/* ---- files ---- */

static void on_read(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                    int64_t mtime_ns)
{
    struct asked *asked = arg;
    (void)op;
    if (error) {
        (void)snprintf(asked->text, sizeof asked->text, "error %d", error);
        scripted_fail(asked, CVG_FAULT_REQUEST, asked->text);
        return;
    }
    (void)snprintf(asked->text, sizeof asked->text, "%.*s%s", (int)length, bytes,
                   mtime_ns > 0 && bytes[length] == '\0' ? "" : "?");
    scripted_finish(asked, asked->text);
}

void scripted_read(struct asked *asked)
{
    asked->host->read_file(asked->scope, asked->settings->text, (size_t)asked->settings->bytes,
                           on_read, asked);
}

/* A change is only a hint, so what was there is compared with what is there now. */
static void on_compare(void *arg, struct cvg_op *op, int32_t error, const char *bytes,
                       size_t length, int64_t mtime_ns)
{
    struct asked *asked = arg;
    (void)op;
    (void)mtime_ns;
    char now[sizeof asked->text];
    (void)snprintf(now, sizeof now, "%.*s", error ? 0 : (int)length, error ? "" : bytes);
    if (asked->steps++ == 0) {
        memcpy(asked->text, now, sizeof now);
    } else if (strcmp(now, asked->text) != 0) {
        scripted_finish(asked, now);
    }
}

static void on_change(void *arg, struct cvg_op *op)
{
    struct asked *asked = arg;
    (void)op;
    asked->host->read_file(asked->scope, asked->settings->text, (size_t)asked->settings->bytes,
                           on_compare, asked);
}

void scripted_watch(struct asked *asked)
{
    asked->host->watch_file(asked->scope, asked->settings->text, on_change, asked);
    on_change(asked, NULL);
}

/* A file's words: a status or fault, and then a fact. */
static void on_script(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                      int64_t mtime_ns)
{
    struct asked *asked = arg;
    (void)op;
    (void)mtime_ns;
    (void)length;
    if (error || strncmp(bytes, "connect", 7) == 0) {
        scripted_fail(asked, CVG_FAULT_CONNECT, "the file says so");
    } else if (strncmp(bytes, "request", 7) == 0) {
        scripted_fail(asked, CVG_FAULT_REQUEST, "a wrong question");
    } else if (strncmp(bytes, "unknown", 7) == 0) {
        scripted_fail(asked, CVG_FAULT_NONE, "cannot tell");
    } else {
        scripted_finish(asked, bytes);
    }
}

void scripted_file(struct asked *asked)
{
    asked->host->read_file(asked->scope, asked->settings->text, 256, on_script, asked);
}

/* ---- children ---- */

static void on_exit_of_child(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                             int32_t exit_code, int32_t signal, const char *out, size_t out_length,
                             const char *err, size_t err_length)
{
    struct asked *asked = arg;
    (void)op;
    if (fault) {
        scripted_fail(asked, fault, text);
        return;
    }
    (void)snprintf(asked->text, sizeof asked->text, "%d %d [%.*s] [%.*s]", exit_code, signal,
                   (int)out_length, out, (int)err_length, err);
    scripted_finish(asked, asked->text);
}

void scripted_spawn(struct asked *asked)
{
    const char *const argv[] = {"/bin/sh", "-c", asked->settings->text, NULL};
    const char *const environment[] = {"GREETING=hello", NULL};
    struct cvg_spawn spawn = {
        .size = sizeof spawn,
        .argv = argv,
        .environment = environment,
        .input = "from the parent",
        .input_length = strlen("from the parent"),
        .output_limit = (size_t)asked->settings->bytes,
        .timeout_ns = asked->settings->after_ns,
        .on_done = on_exit_of_child,
        .arg = asked,
    };
    asked->host->spawn(asked->scope, &spawn);
}

/* ---- secrets and memory ---- */

static void on_secret(void *arg, struct cvg_op *op, const char *error, const char *text,
                      size_t length)
{
    struct asked *asked = arg;
    (void)op;
    if (error) {
        scripted_fail(asked, CVG_FAULT_AUTH, error);
        return;
    }
    (void)snprintf(asked->text, sizeof asked->text, "%zu bytes, %s", length,
                   text[length] == '\0' ? "ended" : "open");
    scripted_finish(asked, asked->text);
}

void scripted_secret(struct asked *asked)
{
    asked->host->secret(asked->scope, asked->settings->secret, on_secret, asked);
}

static void remember_now(struct asked *asked)
{
    struct cvg_check *handle = asked->check->handle;
    static const char big[CVG_MEMORY_LIMIT + 1];
    if (asked->host->remember(handle, big, sizeof big) == 0 ||
        asked->host->remember(handle, asked->settings->text, strlen(asked->settings->text)) != 0) {
        scripted_fail(asked, CVG_FAULT_BUG, "remember is wrong about sizes");
        return;
    }
    scripted_finish(asked, asked->text);
}

static void on_remember(void *arg, struct cvg_op *op)
{
    (void)op;
    remember_now(arg);
}

/* What it knew at first, and `after` a while it remembers its text. */
void scripted_remember(struct asked *asked)
{
    const void *bytes = NULL;
    size_t length = asked->host->recall(asked->check->handle, &bytes);
    (void)snprintf(asked->text, sizeof asked->text, "%.*s", (int)length,
                   length ? (const char *)bytes : "");
    if (asked->settings->after_ns) {
        asked->host->timer(asked->scope, asked->settings->after_ns, on_remember, asked);
    } else {
        remember_now(asked);
    }
}

/* ---- configuration ---- */

void scripted_config(struct asked *asked)
{
    const struct settings *settings = asked->settings;
    const char *const *names = settings->names.items;
    const struct cvg_pair *labels = settings->labels.items;
    (void)snprintf(asked->text, sizeof asked->text,
                   "text=%s after=%lld bytes=%lld names=%zu:%s labels=%zu:%s=%s limits=%g..%g "
                   "flag=%u secret=%s",
                   settings->text, (long long)settings->after_ns, (long long)settings->bytes,
                   settings->names.count, settings->names.count ? names[0] : "",
                   settings->labels.count, settings->labels.count ? labels[0].name : "",
                   settings->labels.count ? labels[0].value : "",
                   settings->limits ? settings->limits->low : -1,
                   settings->limits ? settings->limits->high : -1, settings->flag,
                   settings->secret ? "yes" : "no");
    scripted_finish(asked, asked->text);
}

/* "one=1 two=3": what stood there as text, and what as a map. */
void scripted_parts(struct asked *asked)
{
    const struct part *parts = asked->settings->parts.items;
    size_t used = 0;
    for (size_t i = 0; i < asked->settings->parts.count && used < sizeof asked->text / 2; i++) {
        used += (size_t)snprintf(asked->text + used, sizeof asked->text - used, "%s%.64s=%lld",
                                 used ? " " : "", parts[i].name, (long long)parts[i].count);
    }
    scripted_finish(asked, asked->text);
}

/* How often it was asked, as a number to be drawn. */
void scripted_count(struct asked *asked)
{
    (void)snprintf(asked->text, sizeof asked->text, "%u", ++asked->check->runs);
    struct cvg_fact facts[] = {
        {.name = "runs", .text = asked->text, .kind = CVG_FACT_NUMBER, .flags = CVG_FACT_METRIC},
        {.name = "steps", .text = asked->text, .kind = CVG_FACT_NUMBER},
    };
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = CVG_READY,
        .reason = "Done",
        .facts = facts,
        .fact_count = sizeof facts / sizeof facts[0],
    };
    scripted_complete(asked, &reading);
}
