/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that are read once from the command line; see online.h. */
#include "daemon/online.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "runner/runner.h"

#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Given to what times out by itself, so that its own words are heard. */
#define GRACE CVG_SECOND

struct online {
    const struct cvg_config *config;
    struct cvg_kept_reading ***readings; /* owned, by environment and check; NULL: none yet */
    size_t left;
    bool done;
    size_t unknown, unasked; /* unasked: of the unknown, those whose source could not be asked */
};

static void on_reading(void *ctx, size_t environment, size_t check,
                       struct cvg_kept_reading *reading)
{
    struct online *online = ctx;
    struct cvg_kept_reading **place = &online->readings[environment][check];

    if (!*place && --online->left == 0) {
        online->done = true;
    }
    cvg_reading_unref(*place);
    *place = reading;
}

static void on_alive(void *ctx, size_t environment, size_t check, int64_t at)
{
    (void)ctx, (void)environment, (void)check, (void)at;
}

/* Rights that are missing are no fault of the source, but of what was given to us for it. */
static bool is_unasked(const struct cvg_reading *reading)
{
    return cvg_breaker_fault_counts(reading->fault) ||
           cvg_text_equal(reading->reason, "Forbidden") ||
           cvg_text_equal(reading->reason, "Unauthorized") ||
           cvg_text_equal(reading->reason, CVG_NOT_SYNCED);
}

/* What a reading did without is told although it came to something. */
static void tell_not_read(const char *environment, const char *check,
                          const struct cvg_reading *reading)
{
    for (size_t i = 0; i < reading->fact_count; i++) {
        const struct cvg_fact *fact = &reading->facts[i];
        if (strncmp(fact->name, CVG_NOT_READ, strlen(CVG_NOT_READ)) == 0) {
            printf("%s/%s: without %s: %s\n", environment, check, fact->name + strlen(CVG_NOT_READ),
                   fact->text);
        }
    }
}

static void tell(struct online *online, const char *environment, const char *check,
                 const struct cvg_reading *reading)
{
    if (!reading) {
        printf("%s/%s: unknown: nothing came in time\n", environment, check);
        online->unknown++;
        online->unasked++;
        return;
    }
    if (reading->status == CVG_UNKNOWN) {
        bool has_words = reading->message && *reading->message;
        printf("%s/%s: unknown: %s%s%s\n", environment, check, reading->reason,
               has_words ? ": " : "", has_words ? reading->message : "");
        online->unknown++;
        online->unasked += is_unasked(reading);
    }
    tell_not_read(environment, check, reading);
}

static void tell_all(struct online *online)
{
    size_t read = 0;

    for (size_t i = 0; i < online->config->environment_count; i++) {
        const struct cvg_environment_config *environment = &online->config->environments[i];
        for (size_t k = 0; k < environment->check_count; k++, read++) {
            struct cvg_kept_reading *kept = online->readings[i][k];
            tell(online, environment->name, environment->checks[k].name,
                 kept ? cvg_reading_get(kept) : NULL);
        }
    }
    printf("online: %zu %s, %zu unknown, %zu of them because their source could not be asked\n",
           read, cvg_plural(read, "check", "checks"), online->unknown, online->unasked);
}

static void make_room(struct online *online)
{
    const struct cvg_config *config = online->config;

    online->readings = cvg_alloc_array(config->environment_count, sizeof(*online->readings));
    for (size_t i = 0; i < config->environment_count; i++) {
        size_t count = config->environments[i].check_count;
        online->readings[i] = cvg_alloc_array(count, sizeof(*online->readings[i]));
        online->left += count;
    }
    online->done = online->left == 0;
}

static void free_room(struct online *online)
{
    for (size_t i = 0; i < online->config->environment_count; i++) {
        for (size_t k = 0; k < online->config->environments[i].check_count; k++) {
            cvg_reading_unref(online->readings[i][k]);
        }
        free(online->readings[i]);
    }
    free(online->readings);
}

static void read_all(struct cvg_loop *loop, struct cvg_runner *runner, struct online *online,
                     int64_t timeout_ns)
{
    cvg_runner_probe_patience(runner, timeout_ns);
    for (size_t i = 0; i < online->config->environment_count; i++) {
        for (size_t k = 0; k < online->config->environments[i].check_count; k++) {
            cvg_runner_probe(runner, i, k);
        }
    }
    cvg_loop_run_until(loop, &online->done, cvg_time_now() + timeout_ns + GRACE);
}

int cvg_online_check(struct cvg_loop *loop, struct cvg_config *config,
                     struct cvg_registry *registry, int64_t timeout_ns)
{
    static const struct cvg_runner_events events = {.reading = on_reading, .alive = on_alive};
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct online online = {.config = config};
    struct cvg_runner *runner = NULL;

    int rc = cvg_runner_new(loop, config, registry, &events, &online, &diagnostics, &runner);
    if (rc < 0) {
        /* Else they were printed when it was checked offline. */
        cvg_diagnostics_print(&diagnostics, stderr);
    } else {
        make_room(&online);
        read_all(loop, runner, &online, timeout_ns);
        tell_all(&online);
        free_room(&online);
    }
    cvg_runner_free(runner);
    return rc == 0 && online.unasked > 0 ? CVG_E_UNAVAILABLE : rc;
}
