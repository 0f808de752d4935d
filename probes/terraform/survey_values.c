/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outputs and results of checks that a check wants. Values are compared here and leave only as
 * facts that the configuration asks for; a sensitive one is never looked at.
 */
#include "survey_inner.h"

#include "kit/regex.h"

#include <string.h>

/* Regular expressions may take long on long texts, and nobody matches such outputs. */
#define MATCHED_MOST 4096

/* ---- outputs ---- */

static const struct cvg_tf_output *find_output(const struct cvg_tf_state *state, const char *name)
{
    for (size_t i = 0; i < state->output_count; i++) {
        if (strcmp(state->outputs[i].name, name) == 0) {
            return &state->outputs[i];
        }
    }
    return NULL;
}

/* A part of a sensitive output is sensitive, whatever is said of the part. */
static int is_sensitive(const struct cvg_tf_state *state, const struct cvg_tf_output *output)
{
    int found = output->sensitive != 0;
    for (size_t i = 0; i < state->output_count && !found; i++) {
        const struct cvg_tf_output *each = &state->outputs[i];
        size_t length = strlen(each->name);
        found = each->sensitive && strncmp(each->name, output->name, length) == 0 &&
                (output->name[length] == '.' || output->name[length] == '\0');
    }
    return found;
}

static int matches(const char *pattern, const char *text)
{
    size_t length = strlen(text);
    return length <= MATCHED_MOST && cvg_kit_regex_matches(pattern, text, length);
}

/* A list or an object has no text, and so is never what is wanted. An empty scalar's may be missing. */
static int is_as_wanted(const struct cvg_tf_want_output *want, const struct cvg_tf_output *output)
{
    const char *text = output->text;
    if (text == NULL && output->kind == CVG_TF_OUTPUT_EMPTY &&
        strcmp(output->type, "string") == 0) {
        text = "";
    }
    if (want->equals != NULL && (text == NULL || strcmp(text, want->equals) != 0)) {
        return 0;
    }
    return want->matches == NULL || (text != NULL && matches(want->matches, text));
}

static void keep_output(const struct cvg_tf_want_output *want, const struct cvg_tf_output *output,
                        int sensitive, struct cvg_kit_arena *arena, struct cvg_tf_output *ret)
{
    *ret = *output;
    ret->sensitive = sensitive != 0;
    ret->name = cvg_kit_arena_text(arena, output->name, strlen(output->name));
    ret->type = cvg_kit_arena_text(arena, output->type, strlen(output->type));
    ret->text = NULL;
    if (want->serve == 1 && !sensitive && output->text != NULL) {
        ret->text = cvg_kit_arena_text(arena, output->text, strlen(output->text));
    }
}

static void survey_output(const struct cvg_tf_want_output *want, const struct cvg_tf_state *state,
                          struct cvg_tf_output *room, struct cvg_kit_arena *arena,
                          struct cvg_tf_survey *ret)
{
    const struct cvg_tf_output *output = find_output(state, want->name);
    ret->wanted++;
    if (output == NULL) {
        cvg_tf_some_add(&ret->outputs_missing, arena, "%s", want->name);
        return;
    }
    int sensitive = is_sensitive(state, output);
    keep_output(want, output, sensitive, arena, &room[ret->output_count++]);
    if (sensitive && (want->equals != NULL || want->matches != NULL)) {
        cvg_tf_some_add(&ret->outputs_secret, arena, "%s", want->name);
    } else if (output->kind != CVG_TF_OUTPUT_SET && want->allow_empty != 1) {
        cvg_tf_some_add(&ret->outputs_empty, arena, "%s", want->name);
    } else if (!is_as_wanted(want, output)) {
        cvg_tf_some_add(&ret->outputs_differ, arena, "%s", want->name);
    } else {
        ret->present++;
    }
}

void cvg_tf_survey_outputs(const struct cvg_tf_check_config *config,
                           const struct cvg_tf_state *state, struct cvg_kit_arena *arena,
                           struct cvg_tf_survey *ret)
{
    const struct cvg_tf_want_output *wants = config->outputs.items;
    struct cvg_tf_output *room = cvg_kit_arena_array(arena, config->outputs.count, sizeof(*room));
    ret->outputs = room;
    for (size_t i = 0; room != NULL && i < config->outputs.count; i++) {
        survey_output(&wants[i], state, room, arena, ret);
    }
}

/* ---- results of checks ---- */

static int is_known_kind(const char *kind)
{
    static const char *const kinds[] = {"resource", "output", "check", "var", "output_value"};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i], kind) == 0) {
            return 1;
        }
    }
    return 0;
}

static int wants_check(const struct cvg_tf_check_config *config, const char *address)
{
    const char *const *names = config->checks.items;
    for (size_t i = 0; i < config->checks.count; i++) {
        if (strcmp(names[i], "all") == 0 || strcmp(names[i], address) == 0) {
            return 1;
        }
    }
    return 0;
}

/* named: the operator asked for it, and not only for all that is there. */
static void survey_check(const struct cvg_tf_check_result *check, int named, int wanted,
                         struct cvg_kit_arena *arena, struct cvg_tf_survey *ret)
{
    int failed = check->status == CVG_TF_CHECK_FAIL || check->status == CVG_TF_CHECK_ERROR;
    int passed = check->status == CVG_TF_CHECK_PASS && is_known_kind(check->kind);
    ret->wanted += named != 0;
    ret->present += named && passed;
    if (failed && check->failed > 0 && check->of > 1) {
        cvg_tf_some_add(&ret->checks_failed, arena, "%s (%u of %u)", check->address, check->failed,
                        check->of);
    } else if (failed) {
        cvg_tf_some_add(&ret->checks_failed, arena, "%s", check->address);
    } else if (!passed && wanted) {
        cvg_tf_some_add(&ret->checks_unknown, arena, "%s", check->address);
    }
}

/* Names that no result has; "all" where there are no results at all. */
static void survey_missing(const struct cvg_tf_check_config *config,
                           const struct cvg_tf_check_result *checks, size_t count,
                           struct cvg_kit_arena *arena, struct cvg_tf_survey *ret)
{
    const char *const *names = config->checks.items;
    for (size_t i = 0; i < config->checks.count; i++) {
        int found = strcmp(names[i], "all") == 0 && count > 0;
        for (size_t j = 0; j < count && !found; j++) {
            found = strcmp(names[i], checks[j].address) == 0;
        }
        if (!found) {
            ret->wanted++;
            cvg_tf_some_add(&ret->checks_missing, arena, "%s", names[i]);
        }
    }
}

void cvg_tf_survey_checks(const struct cvg_tf_check_config *config,
                          const struct cvg_tf_check_result *checks, size_t count,
                          struct cvg_kit_arena *arena, struct cvg_tf_survey *ret)
{
    /* Who names nothing means all that is there: then none of it may be unknown. */
    int all = config->resources.count == 0 && config->checks.count == 0;
    for (size_t i = 0; i < count; i++) {
        int named = wants_check(config, checks[i].address);
        survey_check(&checks[i], named, named || all, arena, ret);
    }
    survey_missing(config, checks, count, arena, ret);
}
