/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instant queries to Prometheus and what speaks its API (Thanos, Mimir, VictoriaMetrics).
 *
 * A check has up to three questions: its query, how much traffic there is (min_volume), and how
 * old the samples are (max_sample_age). All are asked at the round's instant, so they are about
 * the same moment, and judged when the last answer is in, so that the order of answers does not
 * change what is found. A run without companions is judged on the stack while the body is there;
 * only one with companions keeps its finding on the heap until they have answered too.
 */
#include "judge.h"
#include "request.h"

#include <convergate/module.h>

#include <stdlib.h>
#include <string.h>

struct source {
    const struct cvg_host *host;
    struct cvg_prom_desk desk;
};

enum question_kind {
    ASK_VALUE = 0,
    ASK_VOLUME,
    ASK_AGE,
    ASK_COUNT
};

struct check;

struct asked {
    struct cvg_prom_asker asker; /* first, so that an asker is its `asked` */
    struct check *check;
    enum question_kind kind;
};

/* What a run with companions knows so far. */
struct held {
    struct cvg_prom_finding finding;
    struct cvg_prom_companion volume, age;
};

struct check {
    struct source *source;
    const struct cvg_prom_check_config *config; /* of the run where there is one */
    struct cvg_prom_plan plan;
    int refers;
    char *age_query; /* owned; NULL: age is not asked for */
    /* The run in flight, one at a time. */
    struct cvg_run *run; /* NULL: none */
    int64_t round_ns;
    size_t open;       /* questions without an answer */
    struct held *held; /* owned; NULL: has no companions */
    struct asked asked[ASK_COUNT];
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
    struct source *source = cvg_prom_alloc(sizeof(*source));
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

/* The oldest sample, not the newest: one series that still comes must not hide that the others
 * have stopped. */
static void set_age_query(struct check *check)
{
    static const char before[] = "time() - min(timestamp(", after[] = "))";
    free(check->age_query);
    check->age_query = NULL;
    if (check->plan.age_selector == NULL) {
        return;
    }
    size_t length = strlen(check->plan.age_selector);
    char *at = cvg_prom_alloc(sizeof(before) + length + sizeof(after));
    check->age_query = at;
    memcpy(at, before, sizeof(before) - 1);
    memcpy(at + sizeof(before) - 1, check->plan.age_selector, length);
    memcpy(at + sizeof(before) - 1 + length, after, sizeof(after));
}

static void on_answer(struct cvg_prom_asker *asker, const struct cvg_prom_answer *answer);

static int32_t check_create(void *source_state, struct cvg_check *handle, const void *config,
                            void **ret_state)
{
    struct source *source = source_state;
    struct refusing refusing = {.host = source->host, .scope = source->host->check_scope(handle)};
    struct cvg_prom_plan plan;
    const struct cvg_prom_check_config *keys = config;
    if (cvg_prom_plan_make(keys, CVG_PROM_AS_WRITTEN, refuse_in_file, &refusing, &plan) < 0) {
        return -1;
    }
    struct check *check = cvg_prom_alloc(sizeof(*check));
    check->source = source;
    check->config = keys;
    check->plan = plan;
    check->refers = cvg_prom_config_refers(keys);
    set_age_query(check);
    for (size_t i = 0; i < ASK_COUNT; i++) {
        check->asked[i].asker.on_answer = on_answer;
        check->asked[i].check = check;
        check->asked[i].kind = (enum question_kind)i;
    }
    source->host->group(handle, keys->query);
    *ret_state = check;
    return 0;
}

static void stop_asking(struct check *check)
{
    for (size_t i = 0; i < ASK_COUNT; i++) {
        cvg_prom_desk_leave(&check->asked[i].asker);
    }
    free(check->held);
    check->held = NULL;
    check->run = NULL;
}

static void check_destroy(void *state)
{
    struct check *check = state;
    stop_asking(check);
    free(check->age_query);
    free(check);
}

/* ---- runs ---- */

static void complete(struct check *check, struct cvg_prom_finding *finding)
{
    struct cvg_run *run = check->run;
    finding->reading.observed_at_ns = check->round_ns;
    check->run = NULL;
    check->source->host->complete(run, &finding->reading);
}

static void on_answer(struct cvg_prom_asker *asker, const struct cvg_prom_answer *answer)
{
    struct asked *asked = (struct asked *)(void *)asker;
    struct check *check = asked->check;
    struct held *held = check->held;
    if (held == NULL) {
        struct cvg_prom_finding finding;
        cvg_prom_judge(check->config, &check->plan, answer, &finding);
        cvg_prom_conclude(check->config, NULL, NULL, &finding);
        complete(check, &finding);
        return;
    }
    switch (asked->kind) {
    case ASK_VOLUME:
        cvg_prom_judge_volume(answer, &held->volume);
        break;
    case ASK_AGE:
        cvg_prom_judge_age(check->config, answer, &held->age);
        break;
    default:
        cvg_prom_judge(check->config, &check->plan, answer, &held->finding);
        break;
    }
    if (--check->open == 0) {
        cvg_prom_conclude(check->config, check->config->min_volume ? &held->volume : NULL,
                          check->age_query ? &held->age : NULL, &held->finding);
        complete(check, &held->finding);
        free(held);
        check->held = NULL;
    }
}

static void keep_first(void *arg, const char *path, const char *text)
{
    struct cvg_prom_text *first = arg;
    if (first->length == 0) {
        cvg_prom_text_add(first, path);
        cvg_prom_text_add(first, " ");
        cvg_prom_text_add(first, text);
    }
}

/* With the facts of other checks filled in, the words may have come to mean something else, or
 * nothing. Returns 0, or -1 when the run was completed. */
static int plan_again(struct check *check)
{
    char words[256];
    struct cvg_prom_text first;
    cvg_prom_text_init(&first, words, sizeof(words));
    if (cvg_prom_plan_make(check->config, CVG_PROM_FILLED_IN, keep_first, &first, &check->plan) <
        0) {
        struct cvg_prom_finding finding;
        cvg_prom_finding_unknown(&finding, CVG_FAULT_REQUEST, CVG_PROM_REASON_CONDITION_INVALID,
                                 words);
        complete(check, &finding);
        return -1;
    }
    set_age_query(check);
    return 0;
}

static void run_check(void *state, struct cvg_run *run, const struct cvg_run_inputs *inputs)
{
    struct check *check = state;
    struct cvg_prom_desk *desk = &check->source->desk;
    const struct cvg_prom_when when = {.wall_ns = inputs->round_wall_ns,
                                       .deadline_ns = inputs->deadline_ns};
    check->run = run;
    check->round_ns = inputs->round_ns;
    check->config = inputs->config;
    if (check->refers && plan_again(check) < 0) {
        return;
    }
    const struct cvg_prom_volume *volume = check->config->min_volume;
    check->open = 1U + (volume != NULL ? 1U : 0U) + (check->age_query != NULL ? 1U : 0U);
    if (check->open > 1) {
        check->held = cvg_prom_alloc(sizeof(*check->held));
    }
    cvg_prom_desk_ask(desk, &check->asked[ASK_VALUE].asker, check->config->query, &when);
    if (volume != NULL) {
        cvg_prom_desk_ask(desk, &check->asked[ASK_VOLUME].asker, volume->query, &when);
    }
    if (check->age_query != NULL) {
        cvg_prom_desk_ask(desk, &check->asked[ASK_AGE].asker, check->age_query, &when);
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
        .summary = "Instant queries to Prometheus and what speaks its API: Thanos, Mimir, "
                   "VictoriaMetrics",
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
