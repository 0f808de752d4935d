/* SPDX-License-Identifier: Apache-2.0 */
/* Asking and telling; see check.h. */
#include "check.h"

#include "kit/memory.h"
#include "kit/text.h"
#include "reason.h"

#include <stdlib.h>
#include <string.h>

struct cvg_tf_check {
    struct cvg_tf_asker asker; /* first, so that an asker is its check */
    struct cvg_tf_source *source;
    struct cvg_check *handle;
    int refers;
    struct cvg_run *run; /* NULL: none */
    int64_t max_age_ns;  /* of that run */
};

static const struct cvg_host *host_of(const struct cvg_tf_check *check)
{
    return cvg_tf_source_host(check->source);
}

static void complete(struct cvg_tf_check *check, struct cvg_kit_finding *finding)
{
    struct cvg_run *run = check->run;
    check->run = NULL;
    host_of(check)->complete(run, &finding->reading);
}

/* What the host remembers; its length, 0 where nothing is known. What cannot be read raises an alarm,
 * and is replaced by that. */
static size_t recall(const struct cvg_tf_check *check, char bytes[CVG_TF_MEMORY_BYTES],
                     struct cvg_tf_memory *ret)
{
    const void *known = NULL;
    size_t length = host_of(check)->recall(check->handle, &known);
    memset(ret, 0, sizeof(*ret));
    if (length == 0 || cvg_tf_memory_read(known, length, ret) < 0) {
        return 0;
    }
    memcpy(bytes, known, length);
    return length;
}

static void told(struct cvg_tf_asker *asker, struct cvg_tf_evidence *evidence, int64_t wall)
{
    struct cvg_tf_check *check = (struct cvg_tf_check *)(void *)asker;
    struct cvg_tf_memory memory;
    struct cvg_kit_finding finding;
    char before[CVG_TF_MEMORY_BYTES], after[CVG_TF_MEMORY_BYTES];
    size_t known = recall(check, before, &memory);
    evidence->max_age_ns = check->max_age_ns;
    cvg_kit_finding_begin(&finding);
    cvg_tf_judge(&asker->question->config, evidence, wall, &memory, &finding);
    size_t length = cvg_tf_memory_write(&memory, after);
    if (length != known || memcmp(before, after, length) != 0) {
        /* What could not be kept is not known at the next reading, and the host says so then. */
        (void)host_of(check)->remember(check->handle, after, length);
    }
    complete(check, &finding);
}

struct cvg_tf_check *cvg_tf_check_new(struct cvg_tf_source *source, struct cvg_check *handle,
                                      const struct cvg_tf_check_config *config,
                                      cvg_tf_refuse_key *refuse, void *arg)
{
    const struct cvg_tf_source_config *settings = cvg_tf_source_config(source);
    if (cvg_tf_check_check(config, settings, refuse, arg) < 0) {
        return NULL;
    }
    struct cvg_tf_check *check = cvg_kit_alloc(sizeof(*check));
    check->source = source;
    check->handle = handle;
    check->refers = cvg_tf_check_refers(config);
    check->asker.told = told;
    check->asker.question = cvg_tf_question_new(config, settings->content);
    cvg_tf_source_join(source, &check->asker);
    /* All ask the same of the place: the document. */
    cvg_tf_source_host(source)->group(handle, "document");
    return check;
}

void cvg_tf_check_free(struct cvg_tf_check *check)
{
    cvg_tf_source_leave(check->source, &check->asker);
    cvg_tf_question_drop(check->asker.question);
    free(check);
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

/* With the facts of other checks filled in. Returns 0, or -1 when the run was completed. */
static int ask_anew(struct cvg_tf_check *check, const struct cvg_tf_check_config *config)
{
    const struct cvg_tf_source_config *settings = cvg_tf_source_config(check->source);
    char words[256];
    struct cvg_kit_text first;
    cvg_kit_text_init(&first, words, sizeof(words));
    if (cvg_tf_check_check(config, settings, keep_first, &first) < 0) {
        struct cvg_kit_finding finding;
        cvg_kit_finding_begin(&finding);
        cvg_kit_finding_say(&finding, CVG_UNKNOWN, cvg_tf_reason(CVG_TF_REASON_CONDITION_INVALID),
                            "%s", words);
        finding.reading.fault = CVG_FAULT_REQUEST;
        complete(check, &finding);
        return -1;
    }
    struct cvg_tf_question *question = cvg_tf_question_new(config, settings->content);
    if (cvg_tf_question_same(question, check->asker.question)) {
        cvg_tf_question_drop(question);
    } else {
        cvg_tf_question_drop(check->asker.question);
        cvg_tf_source_question(check->source, &check->asker, question);
    }
    return 0;
}

void cvg_tf_check_run(struct cvg_tf_check *check, struct cvg_run *run,
                      const struct cvg_run_inputs *inputs)
{
    check->run = run;
    check->max_age_ns = inputs->max_age_ns;
    if (check->refers && ask_anew(check, inputs->config) < 0) {
        return;
    }
    cvg_tf_source_ask(check->source, &check->asker, inputs->round_ns, inputs->deadline_ns);
}

void cvg_tf_check_cancel(struct cvg_tf_check *check)
{
    check->run = NULL;
    cvg_tf_source_call_off(check->source, &check->asker);
}
