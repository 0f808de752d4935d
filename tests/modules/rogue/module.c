/* SPDX-License-Identifier: Apache-2.0 */
/* A module that breaks its contract in the way that its checks ask for. */
#include <convergate/module.h>

#include <stdlib.h>
#include <string.h>

enum {
    TWICE,
    LATE,
    NEVER,
    IN_CANCEL,
    NO_REASON,
    NO_READING,
    FAULT_AND_READY,
    FROM_THE_FUTURE,
    SLOW,
    EARLY,
    ALIVE,
    GROUP,
    CONFIG_ERROR,
    ENDPOINT,
    WAKE_EARLY,
};

static const char *const ways[] = {
    "twice",           "late", "never", "in-cancel", "no-reason", "no-reading",   "fault-and-ready",
    "from-the-future", "slow", "early", "alive",     "group",     "config-error", "endpoint",
    "wake-early",      NULL,
};

struct settings {
    uint32_t way;
};

static const struct cvg_field check_fields[] = {
    {.name = "way",
     .doc = "What it gets wrong.",
     .type = CVG_FIELD_ENUM,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct settings, way),
     .choices = ways},
    {.name = NULL},
};

struct source {
    const struct cvg_host *host;
    struct cvg_source *handle;
};

struct check {
    const struct source *source;
    struct cvg_check *handle;
    struct cvg_run *late;
    uint32_t way;
};

static const struct cvg_reading good = {
    .size = sizeof good,
    .status = CVG_READY,
    .reason = "Good",
};

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    struct source *source = calloc(1, sizeof *source);
    (void)config;
    if (!source) {
        return -1;
    }
    source->host = host;
    source->handle = handle;
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
    const struct settings *settings = config;
    struct check *check = calloc(1, sizeof *check);
    if (!check) {
        return -1;
    }
    check->source = state;
    check->handle = handle;
    check->way = settings->way;
    if (check->way == EARLY) {
        check->source->host->report(handle, &good);
    }
    if (check->way == WAKE_EARLY) {
        check->source->host->wake(check->source->handle);
    }
    *ret_state = check;
    return 0;
}

static void check_destroy(void *state)
{
    free(state);
}

static void on_late(void *arg, struct cvg_op *op)
{
    struct check *check = arg;
    (void)op;
    check->source->host->complete(check->late, &good);
}

static void hold_everything_up(const struct cvg_host *host)
{
    int64_t until = host->now() + 30 * 1000000;
    while (host->now() < until) {
    }
}

static void run(void *state, struct cvg_run *handle, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    const struct cvg_host *host = check->source->host;
    struct cvg_reading reading = good;
    switch (check->way) {
    case TWICE:
        host->complete(handle, &good);
        break;
    case LATE:
        /* By a timer of the check, which lives on after the run; the next run is not answered. */
        if (!check->late) {
            check->late = handle;
            host->timer(host->check_scope(check->handle),
                        inputs->deadline_ns - host->now() + 20 * 1000000, on_late, check);
        }
        return;
    case NEVER:
    case IN_CANCEL:
        return;
    case NO_REASON:
        reading.reason = NULL;
        break;
    case NO_READING:
        host->complete(handle, NULL);
        return;
    case FAULT_AND_READY:
        reading.fault = CVG_FAULT_CONNECT;
        break;
    case FROM_THE_FUTURE:
        reading.observed_at_ns = host->now() + INT64_C(3600000000000);
        break;
    case SLOW:
        hold_everything_up(host);
        break;
    case ALIVE:
        host->alive(check->source->handle);
        break;
    case GROUP:
        host->group(check->handle, "now");
        break;
    case CONFIG_ERROR:
        host->config_error(host->check_scope(check->handle), "way", "changed my mind");
        break;
    case ENDPOINT: {
        struct cvg_endpoint endpoint = {.size = sizeof endpoint, .url = "http://127.0.0.1:1"};
        host->endpoint_set(check->source->handle, &endpoint);
        break;
    }
    default:
        break;
    }
    host->complete(handle, &reading);
}

static void cancel(void *state, struct cvg_run *handle)
{
    struct check *check = state;
    if (check->way == IN_CANCEL) {
        check->source->host->complete(handle, &good);
    }
}

static const struct cvg_module module = {
    .size = sizeof module,
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .name = "rogue",
    .version = "1.0",
    .summary = "Breaks its contract, for tests.",
    .field_size = sizeof(struct cvg_field),
    .check_fields = check_fields,
    .check_config_size = sizeof(struct settings),
    .source_create = source_create,
    .source_destroy = source_destroy,
    .check_create = check_create,
    .check_destroy = check_destroy,
    .run = run,
    .cancel = cancel,
};

const struct cvg_module *cvg_module_v1(void)
{
    return &module;
}
