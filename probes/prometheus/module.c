/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of Prometheus and what speaks its API or one close to it: queries, alerts, rules, error
 * budgets, canaries.
 *
 * A check has an inquiry (inquiry.h): what it asks, and who judges. All its questions are asked at
 * the round's instant. One with a single question is judged on the stack while the body is there;
 * only one with several keeps what it knows on the heap until all are answered.
 */
#include "inquiry.h"
#include "kit/memory.h"
#include "request.h"

#include <convergate/module.h>

#include <stdlib.h>
#include <string.h>

#define SECOND      1e9
#define BEHIND_MOST 1e9 /* seconds; beyond, an age is an age */

struct source {
    const struct cvg_host *host;
    struct cvg_prom_desk desk;
};

struct check;

struct asked {
    struct cvg_prom_asker asker; /* first, so that an asker is its `asked` */
    struct check *check;
};

/* What a run with several questions knows so far. */
struct waiting {
    struct cvg_prom_held held; /* its parts are ours */
    struct cvg_prom_part parts[];
};

struct check {
    struct source *source;
    struct cvg_prom_inquiry inquiry;
    int refers;
    /* The run in flight, one at a time. */
    struct cvg_run *run; /* NULL: none */
    int64_t round_ns, wall_ns;
    int64_t behind_ns;       /* how much older than the round an answer says it is */
    size_t open;             /* questions without an answer */
    struct waiting *waiting; /* owned; NULL: has one question */
    struct asked *asked;     /* owned; one for each question */
};

/* ---- sources ---- */

struct refusing {
    const struct cvg_host *host;
    struct cvg_scope *scope;
};

static void refuse_in_file(void *arg, const char *path, const char *text)
{
    const struct refusing *refusing = arg;
    refusing->host->config_error(refusing->scope, path, text);
}

static int32_t source_create(const struct cvg_host *host, struct cvg_source *handle,
                             const void *config, void **ret_state)
{
    struct refusing refusing = {.host = host, .scope = host->source_scope(handle)};
    if (cvg_prom_source_check(config, refuse_in_file, &refusing) < 0) {
        return -1;
    }
    struct source *source = cvg_kit_alloc(sizeof(*source));
    source->host = host;
    cvg_prom_desk_open(&source->desk, host, handle, config);
    *ret_state = source;
    return 0;
}

static void source_destroy(void *state)
{
    struct source *source = state;
    cvg_prom_desk_close(&source->desk);
    free(source);
}

/* ---- checks ---- */

static void on_answer(struct cvg_prom_asker *asker, const struct cvg_prom_answer *answer);

/* As many as the inquiry asks. */
static void make_asked(struct check *check)
{
    check->asked = cvg_kit_alloc(check->inquiry.count * sizeof(*check->asked));
    for (size_t i = 0; i < check->inquiry.count; i++) {
        check->asked[i].asker.on_answer = on_answer;
        check->asked[i].check = check;
    }
}

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    struct cvg_prom_inquiry inquiry;
    const struct cvg_prom_check_config *keys = config;
    if (cvg_prom_inquiry_make(keys, source->desk.flavour, CVG_PROM_AS_WRITTEN, refuse_in_file,
                              &refusing, &inquiry) < 0) {
        return -1;
    }
    struct check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    check->inquiry = inquiry;
    check->refers = cvg_prom_config_refers(keys);
    make_asked(check);
    source->host->group(handle, inquiry.wanted[0].text);
    *ret_state = check;
    return 0;
}

static void stop_asking(struct check *check)
{
    for (size_t i = 0; i < check->inquiry.count; i++) {
        cvg_prom_desk_leave(&check->asked[i].asker);
    }
    free(check->waiting);
    check->waiting = NULL;
    check->run = NULL;
}

static void check_destroy(void *state)
{
    struct check *check = state;
    stop_asking(check);
    cvg_prom_inquiry_done(&check->inquiry);
    free(check->asked);
    free(check);
}

/* ---- runs ---- */

static void complete(struct check *check, struct cvg_prom_finding *finding)
{
    struct cvg_run *run = check->run;
    int64_t at = check->round_ns - check->behind_ns;
    finding->reading.observed_at_ns = at > 0 ? at : 1;
    check->run = NULL;
    check->source->host->complete(run, &finding->reading);
}

static void begin(const struct check *check, struct cvg_prom_held *held,
                  struct cvg_prom_part *parts)
{
    cvg_prom_finding_begin(&held->finding);
    held->parts = parts;
    held->wall_ns = check->wall_ns;
}

/* A server says what time its answer is about, which is the time that was asked for, unless a
 * cache or a setting of its own made it another. Evidence is as old as it says itself. */
static void note_age(struct check *check, const struct cvg_prom_answer *answer)
{
    double behind = (double)check->wall_ns / SECOND - answer->about;
    if (answer->fault == CVG_FAULT_NONE && answer->about != 0 && behind > 1) {
        int64_t ns = behind < BEHIND_MOST ? (int64_t)(behind * SECOND) : INT64_MAX / 2;
        check->behind_ns = ns > check->behind_ns ? ns : check->behind_ns;
    }
}

static void on_answer(struct cvg_prom_asker *asker, const struct cvg_prom_answer *answer)
{
    struct asked *asked = (struct asked *)(void *)asker;
    struct check *check = asked->check;
    struct waiting *waiting = check->waiting;
    size_t which = (size_t)(asked - check->asked);
    note_age(check, answer);
    if (waiting == NULL) {
        struct cvg_prom_held held;
        struct cvg_prom_part part = {.status = CVG_UNKNOWN};
        begin(check, &held, &part);
        cvg_prom_inquiry_take(&check->inquiry, which, answer, &held);
        cvg_prom_inquiry_conclude(&check->inquiry, &held);
        complete(check, &held.finding);
        return;
    }
    cvg_prom_inquiry_take(&check->inquiry, which, answer, &waiting->held);
    if (--check->open == 0) {
        cvg_prom_inquiry_conclude(&check->inquiry, &waiting->held);
        complete(check, &waiting->held.finding);
        free(waiting);
        check->waiting = NULL;
    }
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

/* With the facts of other checks filled in, the words may have come to mean something else, or
 * nothing. Returns 0, or -1 when the run was completed. */
static int inquire_again(struct check *check, const struct cvg_prom_check_config *config)
{
    char words[256];
    struct cvg_kit_text first;
    struct cvg_prom_inquiry inquiry;
    cvg_kit_text_init(&first, words, sizeof(words));
    if (cvg_prom_inquiry_make(config, check->source->desk.flavour, CVG_PROM_FILLED_IN, keep_first,
                              &first, &inquiry) < 0) {
        struct cvg_prom_finding finding;
        cvg_prom_finding_unknown(&finding, CVG_FAULT_REQUEST, CVG_PROM_REASON_CONDITION_INVALID,
                                 words);
        complete(check, &finding);
        return -1;
    }
    cvg_prom_inquiry_done(&check->inquiry);
    check->inquiry = inquiry;
    free(check->asked);
    make_asked(check);
    return 0;
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    const struct cvg_prom_inquiry *inquiry = &check->inquiry;
    const struct cvg_prom_when when = {.wall_ns = inputs->round_wall_ns,
                                       .deadline_ns = inputs->deadline_ns};
    check->run = run;
    check->round_ns = inputs->round_ns;
    check->behind_ns = 0;
    check->wall_ns = inputs->round_wall_ns;
    if (check->refers && inquire_again(check, inputs->config) < 0) {
        return;
    }
    check->open = inquiry->count;
    if (check->open > 1) {
        check->waiting =
            cvg_kit_alloc(sizeof(*check->waiting) + check->open * sizeof(check->waiting->parts[0]));
        begin(check, &check->waiting->held, check->waiting->parts);
    }
    for (size_t i = 0; i < inquiry->count; i++) {
        cvg_prom_desk_ask(&check->source->desk, &check->asked[i].asker, &inquiry->wanted[i], &when);
    }
}

static void cancel_run(void *state, struct cvg_run *run)
{
    (void)run;
    stop_asking(state);
}

/* ---- the table ---- */

const struct cvg_module *cvg_module_v1(void)
{
    static const struct cvg_module module = {
        .size = sizeof(module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "prometheus",
        .version = CVG_VERSION,
        .summary = "Queries, alerts, rules, error budgets and canaries of Prometheus and its "
                   "kin: Thanos, Mimir, VictoriaMetrics, Loki, Alertmanager",
        .flags = CVG_MODULE_ENDPOINT,
        .plane = CVG_OBSERVED,
        .on_failed = CVG_ON_FAILED_WAIT,
        .field_size = sizeof(struct cvg_field),
        .source_fields = cvg_prom_source_fields,
        .source_config_size = sizeof(struct cvg_prom_source_config),
        .check_fields = cvg_prom_check_fields,
        .check_config_size = sizeof(struct cvg_prom_check_config),
        .source_create = source_create,
        .source_destroy = source_destroy,
        .check_create = check_create,
        .check_destroy = check_destroy,
        .run = run_check,
        .cancel = cancel_run,
    };
    return &module;
}
