/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that run a program of this machine. A run waits for its turn (so that many checks are no storm
 * of processes), reads the secrets one after the other, spawns the program without a shell, and is
 * judged by how it ended (outcome.h). The secrets live from their reading to that end, and are wiped.
 */
#include "config.h"
#include "kit/memory.h"
#include "kit/text.h"
#include "mask.h"
#include "outcome.h"

#include <convergate/module.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS           INT64_C(1000000)
#define DEFAULT_PATH "PATH=/usr/local/bin:/usr/bin:/bin"
#define DEFAULT_LANG "LANG=C.UTF-8"
#define VALUE_MOST   65536

struct check;

struct source {
    const struct cvg_host *host;
    int64_t concurrency, running;
    struct check *first, *last; /* runs that wait for their turn */
};

enum stage {
    NO_RUN = 0,
    WAITING, /* in the source's line */
    RUNNING, /* one of its concurrency */
};

struct check {
    struct source *source;
    struct cvg_run *run;                        /* NULL: none */
    const struct cvg_exec_check_config *config; /* of the run */
    enum stage stage;
    struct check *before, *next; /* in the line */
    struct cvg_op *patience;     /* NULL: none */
    int64_t deadline_ns, started_ns;
    char **secrets; /* owned: those that were read, NAME=value */
    size_t secret_count;
};

/* ---- sources ---- */

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    const struct cvg_exec_source_config *keys = config;
    (void)handle;
    struct source *source = cvg_kit_alloc(sizeof(*source));
    source->host = host;
    source->concurrency = keys->concurrency;
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    free(state);
}

/* ---- checks ---- */

struct refusing {
    const struct cvg_host *host;
    struct cvg_scope *scope;
};

static void refuse_in_file(void *arg, const char *path, const char *text)
{
    const struct refusing *refusing = arg;
    refusing->host->config_error(refusing->scope, path, text);
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    if (cvg_exec_check_check(config, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    struct check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    *ret_state = check;
    return 0;
}

/* ---- the line ---- */

static void begin(struct check *check);

static void stand_in_line(struct check *check)
{
    struct source *source = check->source;
    check->stage = WAITING;
    check->before = source->last;
    check->next = NULL;
    *(source->last == NULL ? &source->first : &source->last->next) = check;
    source->last = check;
}

static void step_out(struct check *check)
{
    struct source *source = check->source;
    *(check->before == NULL ? &source->first : &check->before->next) = check->next;
    *(check->next == NULL ? &source->last : &check->next->before) = check->before;
    check->before = check->next = NULL;
}

static void call_next(struct source *source)
{
    while (source->first != NULL && source->running < source->concurrency) {
        struct check *check = source->first;
        step_out(check);
        begin(check);
    }
}

/* ---- the end of a run ---- */

static void forget_secrets(struct check *check)
{
    for (size_t i = 0; i < check->secret_count; i++) {
        explicit_bzero(check->secrets[i], strlen(check->secrets[i]));
        free(check->secrets[i]);
    }
    free(check->secrets);
    check->secrets = NULL;
    check->secret_count = 0;
}

/* Its place goes to the next one. */
static void leave(struct check *check)
{
    enum stage stage = check->stage;
    check->stage = NO_RUN;
    check->run = NULL;
    check->patience = NULL;
    forget_secrets(check);
    if (stage == WAITING) {
        step_out(check);
    } else if (stage == RUNNING) {
        check->source->running--;
        call_next(check->source);
    }
}

static void complete(struct check *check, const struct cvg_kit_finding *finding)
{
    struct cvg_run *run = check->run;
    const struct cvg_host *host = check->source->host;
    leave(check);
    host->complete(run, &finding->reading);
}

static void complete_unknown(struct check *check, uint32_t fault, enum cvg_exec_reason reason,
                             const char *text)
{
    struct cvg_kit_finding finding;
    cvg_exec_unknown(&finding, fault, reason, text);
    complete(check, &finding);
}

static void check_destroy(void *state)
{
    struct check *check = state;
    leave(check);
    free(check);
}

static void cancel_run(void *state, struct cvg_run *run)
{
    (void)run;
    leave(state);
}

/* ---- the program ---- */

static char *masked_copy(const struct check *check, const char *bytes, size_t length)
{
    char *copy = cvg_kit_resize(NULL, length + 1, 1);
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    for (size_t i = 0; i < check->secret_count; i++) {
        cvg_exec_mask(copy, length, cvg_exec_secret_value(check->secrets[i]));
    }
    return copy;
}

/* What was not found there in another spelling may be a secret still. */
static void free_wiped(char *bytes, size_t length)
{
    explicit_bzero(bytes, length);
    free(bytes);
}

// NOLINTNEXTLINE(readability-function-size): the shape is the host table's
static void on_done(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                    int32_t exit_code, int32_t signal, const char *out, size_t out_length,
                    const char *err, size_t err_length)
{
    struct check *check = arg;
    struct cvg_kit_finding finding;
    (void)op;
    char *said = masked_copy(check, out, out_length);
    char *complained = masked_copy(check, err, err_length);
    const struct cvg_exec_outcome outcome = {
        .fault = fault,
        .text = text,
        .exit_code = exit_code,
        .signal = signal,
        .out = said,
        .out_length = out_length,
        .err = complained,
        .err_length = err_length,
        .took_ns = check->source->host->now() - check->started_ns,
    };
    cvg_exec_judge(check->config, &outcome, &finding);
    for (size_t i = 0; i < check->secret_count; i++) {
        /* In another spelling, a \u0041 of JSON, it was not found before. */
        cvg_exec_mask_finding(&finding, cvg_exec_secret_value(check->secrets[i]));
    }
    free_wiped(said, out_length);
    free_wiped(complained, err_length);
    complete(check, &finding);
}

static int has_variable(const struct cvg_exec_check_config *config, const char *name)
{
    const struct cvg_pair *pairs = config->environment.items;
    const struct cvg_exec_secret *secrets = config->secrets.items;
    int found = 0;
    for (size_t i = 0; i < config->environment.count; i++) {
        found |= strcmp(pairs[i].name, name) == 0;
    }
    for (size_t i = 0; i < config->secrets.count; i++) {
        found |= strcmp(secrets[i].name, name) == 0;
    }
    return found;
}

static char *make_variable(const char *name, const char *value, size_t length)
{
    size_t name_length = strlen(name);
    char *text = cvg_kit_resize(NULL, name_length + length + 2, 1);
    memcpy(text, name, name_length);
    text[name_length] = '=';
    memcpy(text + name_length + 1, value, length);
    text[name_length + 1 + length] = '\0';
    return text;
}

/* Before the deadline, at which the host would blame the source. */
static int64_t patience(const struct check *check)
{
    int64_t left = check->deadline_ns - check->source->host->now();
    int64_t margin = left / 20 < 200 * MS ? left / 20 : 200 * MS;
    return left - margin > MS ? left - margin : MS;
}

static void spawn(struct check *check)
{
    const struct cvg_exec_check_config *config = check->config;
    const struct cvg_host *host = check->source->host;
    const struct cvg_pair *pairs = config->environment.items;
    size_t given = config->environment.count;
    const char **argv = cvg_kit_alloc((config->argv.count + 1) * sizeof(*argv));
    const char **environment =
        cvg_kit_alloc((given + check->secret_count + 3) * sizeof(*environment));
    char **made = cvg_kit_alloc((given + 1) * sizeof(*made));
    size_t count = 0;
    memcpy(argv, config->argv.items, config->argv.count * sizeof(*argv));
    if (!has_variable(config, "PATH")) {
        environment[count++] = DEFAULT_PATH;
    }
    if (!has_variable(config, "LANG")) {
        environment[count++] = DEFAULT_LANG;
    }
    for (size_t i = 0; i < given; i++) {
        made[i] = make_variable(pairs[i].name, pairs[i].value, strlen(pairs[i].value));
        environment[count++] = made[i];
    }
    for (size_t i = 0; i < check->secret_count; i++) {
        environment[count++] = check->secrets[i];
    }
    check->started_ns = host->now();
    const struct cvg_spawn asked = {
        .size = sizeof(asked),
        .argv = argv,
        .environment = environment,
        .directory = config->directory,
        .input = config->input,
        .input_length = config->input == NULL ? 0 : strlen(config->input),
        .output_limit = (size_t)config->output_limit,
        .timeout_ns = patience(check),
        .memory_limit = config->memory,
        .on_done = on_done,
        .arg = check,
        .flags = check->secret_count > 0 ? CVG_SPAWN_SECRET : 0,
        .process_limit = config->max_processes,
        .file_limit = config->file_limit,
        .cpu_limit_ns = patience(check),
    };
    (void)host->spawn(host->run_scope(check->run), &asked);
    for (size_t i = 0; i < given; i++) {
        free(made[i]);
    }
    free(made);
    free(environment);
    free(argv);
}

/* ---- secrets ---- */

static void read_secrets(struct check *check);

static void on_secret(void *arg, struct cvg_op *op, const char *error, const char *text,
                      size_t length)
{
    struct check *check = arg;
    const struct cvg_exec_secret *secrets = check->config->secrets.items;
    const char *name = secrets[check->secret_count].name;
    char words[320];
    (void)op;
    if (error == NULL && (length > VALUE_MOST || strlen(text) != length)) {
        error = "it is over 64 KiB or has a NUL in it";
    }
    if (error == NULL && length < CVG_EXEC_MASK_LEAST) {
        error = "it has fewer than 4 bytes, and could not be masked where the program prints it";
    }
    if (error != NULL) {
        (void)snprintf(words, sizeof(words), "%s: %s", name, error);
        complete_unknown(check, CVG_FAULT_REQUEST, CVG_EXEC_REASON_SECRET_UNREADABLE, words);
        return;
    }
    cvg_exec_secrets_add(check->secrets, check->secret_count, make_variable(name, text, length));
    check->secret_count++;
    read_secrets(check);
}

/* The next one, or the program once all are there. */
static void read_secrets(struct check *check)
{
    const struct cvg_exec_secret *secrets = check->config->secrets.items;
    const struct cvg_host *host = check->source->host;
    if (check->secret_count == check->config->secrets.count) {
        spawn(check);
        return;
    }
    (void)host->secret(host->run_scope(check->run), secrets[check->secret_count].value, on_secret,
                       check);
}

/* ---- runs ---- */

/* It is its turn. */
static void begin(struct check *check)
{
    check->stage = RUNNING;
    check->source->running++;
    if (check->patience != NULL) {
        check->source->host->cancel(check->patience);
        check->patience = NULL;
    }
    if (check->config->secrets.count > 0) {
        check->secrets = cvg_kit_alloc(check->config->secrets.count * sizeof(*check->secrets));
    }
    read_secrets(check);
}

static void on_patience_lost(void *arg, struct cvg_op *op)
{
    struct check *check = arg;
    char words[128];
    (void)op;
    check->patience = NULL;
    (void)snprintf(words, sizeof(words),
                   "it was not started: %" PRId64 " programs of the source ran all the time",
                   check->source->concurrency);
    complete_unknown(check, CVG_FAULT_NONE, CVG_EXEC_REASON_CROWDED, words);
}

static void keep_first(void *arg, const char *path, const char *text)
{
    struct cvg_kit_text *first = arg;
    if (first->length == 0) {
        cvg_kit_text_add(first, path);
        cvg_kit_text_add(first, " ");
        cvg_kit_text_add(first, text);
    }
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    const struct cvg_host *host = check->source->host;
    char words[256];
    struct cvg_kit_text first;
    check->run = run;
    check->config = inputs->config;
    check->deadline_ns = inputs->deadline_ns;
    cvg_kit_text_init(&first, words, sizeof(words));
    if (cvg_exec_check_check(check->config, keep_first, &first) < 0) {
        complete_unknown(check, CVG_FAULT_REQUEST, CVG_EXEC_REASON_CONDITION_INVALID, words);
        return;
    }
    stand_in_line(check);
    if (check->source->running >= check->source->concurrency) {
        check->patience =
            host->timer(host->run_scope(run), patience(check), on_patience_lost, check);
    }
    call_next(check->source);
}

/* ---- the table ---- */

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "exec",
        .version = CVG_VERSION,
        .summary = "Programs of this machine: scripts, monitoring plugins, psql and the like, by "
                   "their exit codes and output",
        .plane = CVG_OBSERVED,
        .on_failed = CVG_ON_FAILED_WAIT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_exec_source_fields,
        .source_config_size = sizeof(struct cvg_exec_source_config),
        .check_fields = cvg_exec_check_fields,
        .check_config_size = sizeof(struct cvg_exec_check_config),
        .source_create = source_create,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
        .run = run_check,
        .cancel = cancel_run,
    };
    return &module;
}
