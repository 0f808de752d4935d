/* SPDX-License-Identifier: Apache-2.0 */
/*
 * age: is what a file speaks of young enough? The file holds one number, the time (seconds since
 * 1970) of the last backup, sync or certificate renewal, and whoever does that job writes it.
 */
#include <convergate/module.h>
#include <convergate/number.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND     INT64_C(1000000000)
#define FILE_LIMIT 64 /* a number and a newline; what is longer is no such file */

/* ---- configuration: a struct, and the table that says which key fills which member ---- */

struct settings {
    const char *path;
    int64_t at_most_ns;
};

static const struct cvg_field check_fields[] = {
    {.name = "path",
     .doc = "The file that holds the time, as seconds since 1970.",
     .example = "/var/lib/backup/last-success",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct settings, path)},
    {.name = "at_most",
     .doc = "The check is ready while that time is no longer ago than this.",
     .default_text = "1d",
     .example = "26h",
     .type = CVG_FIELD_DURATION,
     .min = SECOND,
     .max = 366 * 86400 * SECOND,
     .offset = offsetof(struct settings, at_most_ns)},
    {.name = NULL},
};

/* ---- a source: this module has nothing to connect to, and keeps the host table in it ---- */

struct source {
    const struct cvg_host *host;
};

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    (void)handle;
    (void)config;
    struct source *source = calloc(1, sizeof *source);
    if (!source) {
        return -1;
    }
    source->host = host;
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    free(state);
}

/* ---- a check: one file. Runs of a check never overlap, so its state can hold the run's ---- */

struct check {
    const struct cvg_host *host;
    const struct settings *settings; /* of the run that is going on */
    struct cvg_run *run;
    int64_t asked_wall_ns;
};

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    const struct source *source = source_state;
    const struct settings *settings = config;
    if (settings->path[0] != '/') {
        source->host->config_error(source->host->check_scope(handle), "path",
                                   "must be absolute: the daemon has no folder of its own");
        return -1;
    }
    struct check *check = calloc(1, sizeof *check);
    if (!check) {
        return -1;
    }
    check->host = source->host;
    *ret_state = check;
    return 0;
}

static void check_destroy(void *state)
{
    free(state);
}

/* ---- a run: ask for the file; the answer comes in a later turn ---- */

static void cannot_tell(struct check *check, uint32_t fault, const char *reason,
                        const char *message)
{
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = CVG_UNKNOWN,
        .fault = fault,
        .reason = reason,
        .message = message,
    };
    check->host->complete(check->run, &reading);
}

static void judge(struct check *check, int64_t written_s)
{
    int64_t age_ns = check->asked_wall_ns - written_s * SECOND;
    char age[CVG_NUMBER_TEXT], most[CVG_NUMBER_TEXT], number[CVG_NUMBER_TEXT];
    cvg_format_duration(age_ns, age, sizeof age);
    cvg_format_duration(check->settings->at_most_ns, most, sizeof most);
    (void)snprintf(number, sizeof number, "%lld", (long long)written_s);

    int young = age_ns <= check->settings->at_most_ns;
    struct cvg_fact fact = {.name = "written_at", .text = number, .kind = CVG_FACT_NUMBER};
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = young ? CVG_READY : CVG_DEGRADED,
        .reason = young ? "Young" : "TooOld",
        .expected = most,
        .observed = age,
        .facts = &fact,
        .fact_count = 1,
        .value = (double)age_ns / (double)SECOND,
        .has_value = 1,
    };
    check->host->complete(check->run, &reading);
}

static void on_file(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                    int64_t mtime_ns)
{
    (void)op;
    (void)mtime_ns;
    struct check *check = arg;
    if (error) {
        cannot_tell(check, error == ENOENT ? CVG_FAULT_NONE : CVG_FAULT_REQUEST, "NoFile",
                    error == ENOENT ? "the file does not exist" : "the file cannot be read");
        return;
    }
    while (length > 0 && bytes[length - 1] == '\n') {
        length--;
    }
    int64_t written_s;
    if (cvg_parse_int64(bytes, length, &written_s) != 0 || written_s < 0 ||
        written_s > INT64_MAX / SECOND) {
        cannot_tell(check, CVG_FAULT_PROTOCOL, "NoTime", "the file does not hold a time");
        return;
    }
    judge(check, written_s);
}

static void run(void *state, struct cvg_run *handle, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    check->settings = inputs->config;
    check->run = handle;
    check->asked_wall_ns = inputs->round_wall_ns;
    check->host->read_file(check->host->run_scope(handle), check->settings->path, FILE_LIMIT,
                           on_file, check);
}

/* ---- the table: all that the host knows of the module ---- */

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .name = "age",
    .version = "1.0",
    .summary = "Looks whether the time that a file holds is young enough.",
    .plane = CVG_OBSERVED,
    .on_failed = CVG_ON_FAILED_WAIT,
    .field_size = sizeof(struct cvg_field),
    .check_fields = check_fields,
    .check_config_size = sizeof(struct settings),
    .source_create = source_create,
    .source_destroy = source_destroy,
    .check_create = check_create,
    .check_destroy = check_destroy,
    .run = run,
};

const struct cvg_module *cvg_module_v1(void)
{
    return &module;
}
