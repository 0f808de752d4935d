/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to a survey; see reading.h. */
#include "reading.h"

#include "kit/memory.h"
#include "unpack.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MOST         ((size_t)4 << 20)
/* A stack is reduced to less than its text; a hostile one of nothing but short entries is not. */
#define READ_MOST(length) (((size_t)1 << 20) + 4 * (length))

struct cvg_pulumi_job *cvg_pulumi_job_new(const struct cvg_host *host,
                                          const struct cvg_pulumi_check_config *config, char *bytes,
                                          size_t length, size_t limit)
{
    struct cvg_pulumi_job *job = cvg_kit_alloc(sizeof(*job));
    job->host = host;
    job->bytes = bytes;
    job->length = length;
    job->limit = limit;
    job->kept = cvg_kit_arena_new(KEPT_MOST);
    job->ask = cvg_pulumi_ask_make(config, job->kept);
    return job;
}

void cvg_pulumi_job_free(struct cvg_pulumi_job *job)
{
    if (job != NULL) {
        free(job->bytes);
        cvg_kit_arena_free(job->kept);
        free(job);
    }
}

static void refuse(struct cvg_pulumi_job *job)
{
    job->refusal = (struct cvg_pulumi_refusal){
        .refused = 1, .reason = CVG_PULUMI_REASON_TOO_LARGE, .where = "too much to keep"};
}

static void read_text(struct cvg_pulumi_job *job, const struct cvg_pulumi_text *text)
{
    const struct cvg_pulumi_wish wish = {job->ask->outputs, job->ask->output_count};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(READ_MOST(text->length));
    struct cvg_pulumi_stack stack;
    if (cvg_pulumi_document_read(text->data, text->length, &wish, arena, &stack, &job->refusal) ==
        0) {
        if (cvg_pulumi_survey_make(job->ask, &stack, job->kept, &job->survey) < 0) {
            refuse(job);
        }
        (void)job->host->digest(CVG_DIGEST_SHA256, text->data, text->length, job->survey.digest);
    }
    cvg_kit_arena_free(arena);
}

void cvg_pulumi_job_work(void *arg)
{
    struct cvg_pulumi_job *job = arg;
    struct cvg_pulumi_text text;
    if (job->ask == NULL) {
        refuse(job);
        return;
    }
    if (cvg_pulumi_unpack(job->bytes, job->length, job->limit, &text, &job->refusal) == 0) {
        read_text(job, &text);
    }
    free(text.own);
    free(job->bytes);
    job->bytes = NULL;
}
