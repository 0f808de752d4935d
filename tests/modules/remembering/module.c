/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module that remembers, for tests. A check reads a number from `file`. One that is not below the
 * highest it has seen is ready, and remembered; a lower one is an alarm, unknown with the reason
 * SerialBehind, until somebody accepts it, which is: until nothing is remembered. Numbers are what
 * they are in infrastructure states: serials that only rise.
 */
#include <convergate/module.h>
#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT 64

struct settings {
    const char *file;
};

struct check {
    const struct cvg_host *host;
    struct cvg_check *handle;
    const struct settings *settings;
    struct cvg_run *run;
};

static const struct cvg_field check_fields[] = {
    {.name = "file",
     .doc = "The file with the number.",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct settings, file)},
    {.name = NULL},
};

static void tell(struct check *check, uint32_t status, const char *reason, const char *message,
                 const char *observed)
{
    struct cvg_fact fact = {.name = "serial", .text = observed, .kind = CVG_FACT_NUMBER};
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = status,
        .reason = reason,
        .message = message,
        .observed = observed,
        .facts = &fact,
        .fact_count = observed ? 1 : 0,
    };
    check->host->complete(check->run, &reading);
}

static void compare(struct check *check, uint64_t seen, const char *text)
{
    const void *bytes = NULL;
    uint64_t highest = 0;
    char message[128] = "";

    size_t length = check->host->recall(check->handle, &bytes);
    if (length > 0 && cvg_parse_uint64(bytes, length, &highest) == 0 && seen < highest) {
        (void)snprintf(message, sizeof message, "is %s, but was %llu before", text,
                       (unsigned long long)highest);
        tell(check, CVG_UNKNOWN, "SerialBehind", message, text);
        return;
    }
    /* Where it cannot be remembered now, the host knows better what that means. */
    (void)check->host->remember(check->handle, text, strlen(text));
    tell(check, CVG_READY, "Remembered", NULL, text);
}

static void on_read(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                    int64_t mtime_ns)
{
    struct check *check = arg;
    char text[FILE_LIMIT + 1];
    uint64_t seen = 0;

    (void)op;
    (void)mtime_ns;
    while (!error && length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == ' ')) {
        length--;
    }
    if (error || cvg_parse_uint64(bytes, length, &seen) < 0) {
        tell(check, CVG_UNKNOWN, "NoNumber", "the file has no number", NULL);
        return;
    }
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)seen);
    compare(check, seen, text);
}

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    (void)handle;
    (void)config;
    /* Nothing but the host, which is constant and lives for ever. */
    const struct cvg_host **source = malloc(sizeof *source);
    if (!source) {
        return -1;
    }
    *source = host;
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    free(state);
}

static int32_t check_create(void *state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    const struct cvg_host *const *source = state;
    struct check *check = calloc(1, sizeof *check);
    if (!check) {
        return -1;
    }
    check->host = *source;
    check->handle = handle;
    check->settings = config;
    *ret_state = check;
    return 0;
}

static void check_destroy(void *state)
{
    free(state);
}

static void run(void *state, struct cvg_run *handle, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    (void)inputs;
    check->run = handle;
    check->host->read_file(check->host->run_scope(handle), check->settings->file, FILE_LIMIT,
                           on_read, check);
}

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .name = "remembering",
    .version = "1.0",
    .summary = "Remembers the highest number of a file, for tests.",
    .plane = CVG_DECLARED,
    .on_failed = CVG_ON_FAILED_HALT,
    .field_size = sizeof(struct cvg_field),
    .source_create = source_create,
    .source_destroy = source_destroy,
    .check_fields = check_fields,
    .check_config_size = sizeof(struct settings),
    .check_create = check_create,
    .check_destroy = check_destroy,
    .run = run,
};

const struct cvg_module *cvg_module_v1(void)
{
    return &module;
}
