/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "base/alloc.h"
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void scene_open(struct scene *scene)
{
    *scene = (struct scene){.wall = NOON, .max_age_ns = CVG_ABSENT_INT};
    scene->config = (struct cvg_pulumi_check_config){
        .resources = {0, scene->resources},
        .outputs = {0, scene->outputs},
        .max_change_age = CVG_ABSENT_INT,
        .settle = 30 * SECOND,
        .grace = 45 * SECOND,
        .operation_limit = 3600 * SECOND,
    };
    scene->sight = (struct cvg_place_sight){
        .lock = CVG_PLACE_LOCK_FREE, .changed_at = NOON - 3600 * SECOND, .observed_at = 7};
}

void scene_want(struct scene *scene, const char *address, int64_t count)
{
    scene->resources[scene->config.resources.count++] = (struct cvg_pulumi_want_resource){
        .address = address, .count = count, .at_least = CVG_ABSENT_INT};
}

void scene_want_output(struct scene *scene, const char *name, const char *equals)
{
    scene->outputs[scene->config.outputs.count++] =
        (struct cvg_kit_want){.name = name, .equals = equals, .serve = 1};
}

static void digest(const struct cvg_pulumi_text *text, unsigned char *ret)
{
    cvg_sha256(text->data, text->length, ret);
}

static int read_text(struct scene *scene, const char *bytes, size_t length,
                     struct cvg_kit_arena *arena, struct cvg_pulumi_survey *survey)
{
    struct cvg_pulumi_text text;
    struct cvg_pulumi_stack stack;
    const struct cvg_pulumi_ask *ask = cvg_pulumi_ask_make(&scene->config, arena);
    const struct cvg_pulumi_wish wish = {ask->outputs, ask->output_count};
    int result = cvg_pulumi_unpack(bytes, length, (size_t)1 << 20, &text, &scene->refusal);
    if (result == 0) {
        result =
            cvg_pulumi_document_read(text.data, text.length, &wish, arena, &stack, &scene->refusal);
    }
    if (result == 0) {
        assert_int_equal(cvg_pulumi_survey_make(ask, &stack, arena, survey), 0);
        digest(&text, survey->digest);
    }
    free(text.own);
    return result;
}

void scene_look(struct scene *scene, const char *text, size_t length)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)16 << 20);
    struct cvg_pulumi_survey survey;
    unsigned char bytes[CVG_PULUMI_MEMORY_BYTES];
    struct cvg_pulumi_evidence evidence = {
        .sight = &scene->sight, .max_age_ns = scene->max_age_ns, .wall = scene->wall};
    scene->refusal = (struct cvg_pulumi_refusal){0};
    scene->sight.absent = text == NULL;
    if (text != NULL && read_text(scene, text, length, arena, &survey) == 0) {
        evidence.survey = &survey;
    } else if (text != NULL) {
        evidence.refusal = &scene->refusal;
    }
    cvg_pulumi_judge(&scene->config, &evidence, &scene->memory, &scene->finding);
    /* As over a restart, each time. */
    cvg_pulumi_memory_write(&scene->memory, bytes);
    assert_int_equal(cvg_pulumi_memory_read(bytes, sizeof(bytes), &scene->memory), 0);
    cvg_kit_arena_free(arena);
}

char *scene_load(const char *path, size_t *ret_length)
{
    char name[512];
    (void)snprintf(name, sizeof(name), "%s/terraform/%s", CVG_FIXTURES, path);
    FILE *file = fopen(name, "rbe");
    assert_non_null(file);
    char *text = cvg_alloc((size_t)1 << 20);
    *ret_length = fread(text, 1, ((size_t)1 << 20) - 1, file);
    text[*ret_length] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

void scene_look_at(struct scene *scene, const char *fixture)
{
    size_t length;
    char *text = scene_load(fixture, &length);
    scene_look(scene, text, length);
    free(text);
}

const char *scene_verdict(const struct scene *scene)
{
    static const char *const names[] = {"unknown", "failed", "degraded", "progressing", "ready"};
    static char text[128];
    (void)snprintf(text, sizeof(text), "%s %s", names[scene->finding.reading.status],
                   scene->finding.reading.reason);
    return text;
}

const char *scene_fact(const struct scene *scene, const char *name)
{
    const struct cvg_reading *reading = &scene->finding.reading;
    for (size_t i = 0; i < reading->fact_count; i++) {
        if (strcmp(reading->facts[i].name, name) == 0) {
            return reading->facts[i].text;
        }
    }
    return "";
}
