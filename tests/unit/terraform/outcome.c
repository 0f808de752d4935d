/* SPDX-License-Identifier: Apache-2.0 */
/* One reading, described; see outcome.h. */
#include "outcome.h"

#include "plan.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int describe_refusal(const struct cvg_tf_refusal *refusal, char *ret)
{
    if (refusal->kind == CVG_TF_FINE) {
        return 0;
    }
    snprintf(ret, OUTCOME_TEXT, "%s%s%s", cvg_tf_refusal_reason(refusal->kind),
             refusal->where[0] != '\0' ? " " : "", refusal->where);
    return 1;
}

static void describe_checks(const struct cvg_tf_check_result *checks, size_t count, char *room,
                            size_t size)
{
    unsigned seen[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < count; i++) {
        seen[checks[i].status]++;
    }
    snprintf(room, size, "checks %zu (pass %u fail %u error %u unknown %u)", count,
             seen[CVG_TF_CHECK_PASS], seen[CVG_TF_CHECK_FAIL], seen[CVG_TF_CHECK_ERROR],
             seen[CVG_TF_CHECK_UNKNOWN]);
}

static void describe_state(const struct cvg_tf_state *state, char *ret)
{
    size_t tainted = 0, deposed = 0, bare = 0, data = 0, sensitive = 0, hollow = 0;
    for (size_t i = 0; i < state->resource_count; i++) {
        const struct cvg_tf_resource *resource = &state->resources[i];
        bare += resource->instance_count == 0;
        data += resource->is_data;
        for (uint32_t j = 0; j < resource->instance_count; j++) {
            tainted += resource->instances[j].tainted;
            deposed += resource->instances[j].deposed[0] != '\0';
        }
    }
    for (size_t i = 0; i < state->output_count; i++) {
        sensitive += state->outputs[i].sensitive;
        hollow += state->outputs[i].kind != CVG_TF_OUTPUT_SET;
    }
    char checks[128];
    describe_checks(state->checks, state->check_count, checks, sizeof(checks));
    snprintf(ret, OUTCOME_TEXT,
             "serial %s lineage %.8s version %s resources %zu instances %zu tainted %zu deposed "
             "%zu bare %zu data %zu outputs %zu sensitive %zu hollow %zu %s",
             state->has_serial ? state->serial : "-", state->lineage, state->terraform_version,
             state->resource_count, state->instance_count, tainted, deposed, bare, data,
             state->output_count, sensitive, hollow, state->has_checks ? checks : "no checks");
}

static void describe_plan(const struct cvg_tf_plan *plan, char *ret)
{
    char checks[128];
    describe_checks(plan->checks, plan->check_count, checks, sizeof(checks));
    snprintf(ret, OUTCOME_TEXT,
             "format %s version %s create %zu update %zu delete %zu replace %zu other %zu read %zu "
             "outputs %zu drift %zu deferred %zu first '%s' '%s'%s%s%s %s",
             plan->format_version, plan->terraform_version, plan->creates, plan->updates,
             plan->deletes, plan->replaces, plan->others, plan->reads, plan->output_changes,
             plan->drifted, plan->deferred, plan->first_change, plan->first_drift,
             plan->errored ? " errored" : "", plan->complete == 0 ? " incomplete" : "",
             plan->made_at != 0 ? " dated" : "", checks);
}

void outcome_of(enum outcome_reader reader, const char *text, size_t length, char ret[OUTCOME_TEXT])
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)64 << 20);
    struct cvg_tf_refusal refusal;
    if (reader == OUTCOME_PLAN) {
        struct cvg_tf_plan plan;
        (void)cvg_tf_plan_read(text, length, arena, &plan, &refusal);
        if (!describe_refusal(&refusal, ret)) {
            describe_plan(&plan, ret);
        }
    } else {
        struct cvg_tf_state state;
        (void)(reader == OUTCOME_STATE
                   ? cvg_tf_state_read(text, length, NULL, arena, &state, &refusal)
                   : cvg_tf_show_read(text, length, NULL, arena, &state, &refusal));
        if (!describe_refusal(&refusal, ret)) {
            describe_state(&state, ret);
        }
    }
    cvg_kit_arena_free(arena);
}

char *outcome_load(const char *path, size_t *ret_length)
{
    char name[512];
    snprintf(name, sizeof(name), "%s/terraform/%s", CVG_FIXTURES, path);
    FILE *file = fopen(name, "rb");
    if (file == NULL) {
        return NULL;
    }
    size_t size = (size_t)1 << 20, used = 0;
    char *text = malloc(size);
    used = text == NULL ? 0 : fread(text, 1, size, file);
    (void)fclose(file);
    /* Exactly as large as the document, so that a sanitizer sees what is read behind it. */
    char *exact = malloc(used == 0 ? 1 : used);
    if (exact != NULL && text != NULL) {
        memcpy(exact, text, used);
    }
    free(text);
    *ret_length = used;
    return exact;
}
