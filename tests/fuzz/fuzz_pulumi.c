/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_pulumi */
/*
 * Any bytes as a stack, as the note of a lock, as a pattern and as memory. Whatever they are: what is
 * refused is never ready and has a reason, what is ready is a whole deployment, and no secret's text
 * is kept.
 */
#include "fuzz.h"

#include "judge.h"
#include "lock.h"
#include "unpack.h"

#include <stdlib.h>
#include <string.h>

#define WALL  (INT64_C(1795262400) * 1000000000)
#define LIMIT ((size_t)1 << 20)

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void judge(const struct cvg_pulumi_check_config *config,
                  const struct cvg_pulumi_refusal *refusal, const struct cvg_pulumi_survey *survey)
{
    const struct cvg_place_sight sight = {.lock = CVG_PLACE_LOCK_FREE, .changed_at = 1};
    const struct cvg_pulumi_evidence evidence = {.sight = &sight,
                                                 .refusal = refusal,
                                                 .survey = survey,
                                                 .max_age_ns = CVG_ABSENT_INT,
                                                 .wall = WALL};
    struct cvg_pulumi_memory memory = {.newest = 0};
    struct cvg_kit_finding finding;
    cvg_pulumi_judge(config, &evidence, &memory, &finding);
    check(finding.reading.reason != NULL && finding.reading.message != NULL);
    check(finding.reading.fact_count <= CVG_KIT_FACTS);
    if (finding.reading.status == CVG_READY) {
        check(survey != NULL && survey->deployed && !survey->integrity_error);
        check(survey->pending.count == 0 && survey->resources > 0);
    }
}

static void read_stack(const char *bytes, size_t length)
{
    static const struct cvg_pulumi_want_resource resources[] = {
        {.address = "*::*", .count = CVG_ABSENT_INT, .at_least = CVG_ABSENT_INT}};
    static const struct cvg_kit_want outputs[] = {
        {.name = "url", .serve = 1}, {.name = "token", .serve = 1}, {.name = "a.0", .serve = 1}};
    const struct cvg_pulumi_check_config config = {.resources = {1, resources},
                                                   .outputs = {3, outputs},
                                                   .max_change_age = CVG_ABSENT_INT,
                                                   .operation_limit = 1};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(LIMIT + 4 * length);
    const struct cvg_pulumi_ask *ask = cvg_pulumi_ask_make(&config, arena);
    const struct cvg_pulumi_wish wish = {ask->outputs, ask->output_count};
    struct cvg_pulumi_refusal refusal;
    struct cvg_pulumi_survey survey;
    struct cvg_pulumi_stack stack;
    struct cvg_pulumi_text text;
    int result = cvg_pulumi_unpack(bytes, length, LIMIT, &text, &refusal);
    if (result == 0) {
        result = cvg_pulumi_document_read(text.data, text.length, &wish, arena, &stack, &refusal);
    }
    check((result < 0) == (refusal.refused != 0));
    if (result < 0) {
        judge(&config, &refusal, NULL);
    } else if (cvg_pulumi_survey_make(ask, &stack, arena, &survey) == 0) {
        for (size_t i = 0; i < ask->output_count; i++) {
            const struct cvg_pulumi_output *output = survey.outputs[i];
            check(output == NULL || !output->value.secret || output->value.text == NULL);
        }
        judge(&config, NULL, &survey);
    }
    free(text.own);
    cvg_kit_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_pulumi_memory memory;
    struct cvg_pulumi_lock lock;
    struct cvg_pulumi_urn urn;
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    read_stack(text, size);
    cvg_pulumi_lock_read(text, size, WALL, &lock);
    check(lock.created_at <= WALL);
    (void)cvg_pulumi_memory_read(text, size, &memory);
    if (cvg_pulumi_urn_read(text, &urn) == 0) {
        check(cvg_pulumi_pattern_covers("*::*", &urn));
        check(cvg_pulumi_pattern_check(text) == NULL);
    }
    free(text);
    return 0;
}
