/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of a check; see check.h. */
#include "check.h"

#include "judge.h"
#include "kit/memory.h"
#include "kit/text.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

struct cvg_pulumi_check {
    struct cvg_pulumi_source *source;
    struct cvg_check *handle;
    struct cvg_place_tag tag;      /* of the document that `latest` is about */
    struct cvg_pulumi_job *latest; /* owned; NULL: no document was read, or it is gone */
    int64_t changed_at;            /* of that document, by the place; 0: not told */
    /* The run in flight. */
    struct cvg_run *run; /* NULL: none */
    const struct cvg_pulumi_check_config *config;
    int64_t max_age_ns;
    struct cvg_place_tag seen_tag; /* of this look */
    struct cvg_place_look *look;   /* NULL: not looking */
    struct cvg_place_sight sight;  /* without bytes */
};

struct cvg_pulumi_check *cvg_pulumi_check_new(struct cvg_pulumi_source *source,
                                              struct cvg_check *handle)
{
    struct cvg_pulumi_check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    check->handle = handle;
    return check;
}

static void forget(struct cvg_pulumi_check *check)
{
    cvg_pulumi_job_free(check->latest);
    check->latest = NULL;
    check->tag = (struct cvg_place_tag){0};
}

void cvg_pulumi_check_free(struct cvg_pulumi_check *check)
{
    cvg_pulumi_check_cancel(check);
    forget(check);
    free(check);
}

void cvg_pulumi_check_cancel(struct cvg_pulumi_check *check)
{
    if (check->look != NULL) {
        check->source->kind->cancel(check->look);
        check->look = NULL;
    }
    /* What a worker reads is discarded by the host, whose scope of the run has ended. */
    check->run = NULL;
}

/* ---- judging ---- */

static void recall(const struct cvg_pulumi_check *check, struct cvg_pulumi_memory *ret)
{
    const void *bytes = NULL;
    size_t length = check->source->host->recall(check->handle, &bytes);
    *ret = (struct cvg_pulumi_memory){.newest = 0};
    if (length > 0) {
        (void)cvg_pulumi_memory_read(bytes, length, ret);
    }
}

static void remember(const struct cvg_pulumi_check *check, const struct cvg_pulumi_memory *before,
                     const struct cvg_pulumi_memory *after)
{
    unsigned char bytes[CVG_PULUMI_MEMORY_BYTES];
    if (cvg_pulumi_memory_moved(before, after)) {
        cvg_pulumi_memory_write(after, bytes);
        (void)check->source->host->remember(check->handle, bytes, sizeof(bytes));
    }
}

/* Ends the run. */
static void judge(struct cvg_pulumi_check *check)
{
    const struct cvg_host *host = check->source->host;
    int told = check->sight.fault == CVG_FAULT_NONE && !check->sight.absent &&
               !check->sight.being_written && check->latest != NULL;
    const struct cvg_pulumi_evidence evidence = {
        .sight = &check->sight,
        .refusal = told && check->latest->refusal.refused ? &check->latest->refusal : NULL,
        .survey = told && !check->latest->refusal.refused ? &check->latest->survey : NULL,
        .max_age_ns = check->max_age_ns,
        .wall = host->wall(),
    };
    struct cvg_pulumi_memory before, after;
    struct cvg_kit_finding finding;
    struct cvg_run *run = check->run;
    recall(check, &before);
    after = before;
    cvg_pulumi_judge(check->config, &evidence, &after, &finding);
    remember(check, &before, &after);
    check->run = NULL;
    host->complete(run, &finding.reading);
}

/* ---- reading ---- */

static void on_read(void *arg, struct cvg_op *op)
{
    struct cvg_pulumi_job *job = arg;
    struct cvg_pulumi_check *check = job->owner;
    (void)op;
    cvg_pulumi_job_free(check->latest);
    check->latest = job;
    check->tag = check->seen_tag;
    check->changed_at = check->sight.changed_at;
    judge(check);
}

static void discard(void *job)
{
    cvg_pulumi_job_free(job);
}

static void read_new(struct cvg_pulumi_check *check, struct cvg_place_sight *sight)
{
    const struct cvg_pulumi_source *source = check->source;
    struct cvg_pulumi_job *job = cvg_pulumi_job_new(source->host, check->config, sight->bytes,
                                                    sight->length, source->settings.limit);
    sight->bytes = NULL;
    job->owner = check;
    (void)source->host->offload(source->host->run_scope(check->run), cvg_pulumi_job_work, on_read,
                                discard, job);
}

static void on_seen(void *arg, struct cvg_place_sight *sight)
{
    struct cvg_pulumi_check *check = arg;
    check->look = NULL;
    check->sight = *sight;
    check->sight.bytes = NULL;
    if (sight->bytes != NULL) {
        read_new(check, sight);
        return;
    }
    /* Who says that nothing changed (a 304 without Last-Modified) may leave out since when. */
    if (sight->unchanged && sight->changed_at == 0) {
        check->sight.changed_at = check->changed_at;
    } else if (sight->unchanged) {
        check->changed_at = sight->changed_at;
    }
    if (!sight->unchanged && sight->fault == CVG_FAULT_NONE) {
        forget(check);
    }
    judge(check);
}

/* ---- runs ---- */

static void keep_first(void *arg, const char *path, const char *text)
{
    struct cvg_kit_text *first = arg;
    if (first->length == 0) {
        cvg_kit_text_add(first, path);
        cvg_kit_text_add(first, " ");
        cvg_kit_text_add(first, text);
    }
}

/* Facts that were filled in may not make sense. 0; -1: the run is over. */
static int check_words(struct cvg_pulumi_check *check)
{
    char words[256];
    struct cvg_kit_text first;
    struct cvg_kit_finding finding;
    cvg_kit_text_init(&first, words, sizeof(words));
    if (cvg_pulumi_check_check(check->config, keep_first, &first) == 0) {
        return 0;
    }
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_say(&finding, CVG_UNKNOWN, cvg_pulumi_reason(CVG_PULUMI_REASON_PATTERN_INVALID),
                        "%s", words);
    finding.reading.fault = CVG_FAULT_REQUEST;
    struct cvg_run *run = check->run;
    check->run = NULL;
    check->source->host->complete(run, &finding.reading);
    return -1;
}

/* The survey of before answers another question where facts have changed what is asked. */
static int is_same_question(const struct cvg_pulumi_check *check)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    const struct cvg_pulumi_ask *ask = cvg_pulumi_ask_make(check->config, arena);
    int same =
        ask != NULL && check->latest->ask != NULL && cvg_pulumi_ask_same(ask, check->latest->ask);
    cvg_kit_arena_free(arena);
    return same;
}

void cvg_pulumi_check_run(struct cvg_pulumi_check *check, struct cvg_run *run,
                          const struct cvg_run_inputs *inputs)
{
    const struct cvg_pulumi_source *source = check->source;
    check->run = run;
    check->config = inputs->config;
    check->max_age_ns = inputs->max_age_ns;
    if (check_words(check) < 0) {
        return;
    }
    if (check->latest != NULL && !is_same_question(check)) {
        forget(check);
    }
    check->seen_tag = check->tag;
    check->look =
        source->kind->look(source->place, inputs->deadline_ns, &check->seen_tag, on_seen, check);
}
