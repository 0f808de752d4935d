/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration from any bytes: tree, binding, references, gates. For each input
 *   - it ends, says something where it refuses, and what is said is bounded and one line each,
 *   - every place lies within the input,
 *   - a second loading says the same,
 *   - what was taken holds together: sources and inputs are there, inputs form no circle, gates
 *     exist, numbers are in their ranges,
 *   - facts from outside, whatever they are, fill in or are refused.
 */
/* links: cvg_config */
#include "fuzz.h"

#include "base/text.h"
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#define INPUT_MOST ((size_t)1 << 16)

struct part {
    const char *name;
    int64_t wait;
};

struct settings {
    const char *query, *target;
    uint32_t flag, mode;
    int64_t count, window, limit;
    double ratio;
    const struct cvg_secret *token;
    struct cvg_list parts, steps, labels;
    const struct part *extra;
};

static const char *const modes[] = {"fast", "slow", NULL};

static const struct cvg_field part_fields[] = {
    {.name = "name", .type = CVG_FIELD_STRING, .offset = offsetof(struct part, name)},
    {.name = "wait",
     .type = CVG_FIELD_DURATION,
     .default_text = "1s",
     .offset = offsetof(struct part, wait)},
    {0}};

static const struct cvg_field check_fields[] = {
    {.name = "query",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct settings, query)},
    {.name = "target", .type = CVG_FIELD_URL, .offset = offsetof(struct settings, target)},
    {.name = "flag", .type = CVG_FIELD_BOOL, .offset = offsetof(struct settings, flag)},
    {.name = "mode",
     .type = CVG_FIELD_ENUM,
     .choices = modes,
     .offset = offsetof(struct settings, mode)},
    {.name = "count",
     .type = CVG_FIELD_INT,
     .min = 1,
     .max = 9,
     .offset = offsetof(struct settings, count)},
    {.name = "window", .type = CVG_FIELD_DURATION, .offset = offsetof(struct settings, window)},
    {.name = "limit", .type = CVG_FIELD_SIZE, .offset = offsetof(struct settings, limit)},
    {.name = "ratio", .type = CVG_FIELD_NUMBER, .offset = offsetof(struct settings, ratio)},
    {.name = "token", .type = CVG_FIELD_SECRET, .offset = offsetof(struct settings, token)},
    {.name = "parts",
     .type = CVG_FIELD_LIST,
     .default_text = "[a]",
     .offset = offsetof(struct settings, parts)},
    {.name = "steps",
     .type = CVG_FIELD_LIST,
     .members = part_fields,
     .member_size = sizeof(struct part),
     .offset = offsetof(struct settings, steps)},
    {.name = "labels", .type = CVG_FIELD_MAP, .offset = offsetof(struct settings, labels)},
    {.name = "extra",
     .type = CVG_FIELD_STRUCT,
     .members = part_fields,
     .member_size = sizeof(struct part),
     .offset = offsetof(struct settings, extra)},
    {0}};

static const struct cvg_field none[] = {{0}};

static const struct cvg_kind poll = {.name = "poll",
                                     .flags = CVG_MODULE_ENDPOINT,
                                     .source_fields = none,
                                     .check_fields = check_fields,
                                     .check_size = sizeof(struct settings)};
static const struct cvg_kind watch = {.name = "watch",
                                      .flags = CVG_MODULE_STREAMING | CVG_MODULE_VIA |
                                               CVG_MODULE_ENDPOINT_OPTIONAL,
                                      .plane = CVG_DECLARED,
                                      .on_failed = CVG_ON_FAILED_HALT,
                                      .source_fields = none,
                                      .check_fields = check_fields,
                                      .check_size = sizeof(struct settings)};
static const struct cvg_kind *const all[] = {&poll, &watch, NULL};

static const struct cvg_kind *find_kind(void *ctx, const char *name, const char **ret_why)
{
    (void)ctx;
    *ret_why = strcmp(name, "broken") == 0 ? "refused" : NULL;
    return strcmp(name, "poll") == 0 ? &poll : strcmp(name, "watch") == 0 ? &watch : NULL;
}

static const struct cvg_kind *const *all_kinds(void *ctx)
{
    (void)ctx;
    return all;
}

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- what must hold ---- */

static void check_diagnostics(const struct cvg_diagnostics *diagnostics, size_t size)
{
    must(diagnostics->count <= CVG_DIAGNOSTICS_LIMIT);
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct cvg_diagnostic *item = &diagnostics->items[i];
        must(item->text[0] != '\0' && !strpbrk(item->text, "\n\r\x1b"));
        must(item->line <= size + 1 && item->column <= size + 1);
    }
}

static int any_fact(void *ctx, const char *check, const char *fact, struct cvg_buf *ret)
{
    const struct cvg_buf *input = ctx;
    must(cvg_text_is_name(check) && *fact);
    return cvg_buf_add(ret, input->data, CVG_MIN(input->length, 64));
}

static int no_fact(void *ctx, const char *check, const char *fact, struct cvg_buf *ret)
{
    (void)ctx;
    (void)check;
    (void)fact;
    (void)ret;
    return -1;
}

static void check_resolving(const struct cvg_check_config *check, struct cvg_buf *input)
{
    struct cvg_arena *arena = cvg_arena_new();
    const char *missing = NULL;
    struct cvg_error error = {0};
    const void *settings = cvg_config_resolve(check, any_fact, input, arena, &missing, &error);
    must(missing == NULL && (settings != NULL || error.text[0]));
    settings = cvg_config_resolve(check, no_fact, NULL, arena, &missing, &error);
    must((settings == NULL) == (check->input_count > 0));
    must((missing != NULL) == (check->input_count > 0));
    cvg_arena_free(arena);
}

/* Takes away, again and again, every check whose inputs are all gone; a circle would stay. */
static void check_inputs(const struct cvg_environment_config *environment)
{
    bool *gone = calloc(environment->check_count + 1, sizeof *gone);
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < environment->check_count; i++) {
            const struct cvg_check_config *check = &environment->checks[i];
            bool free_now = !gone[i];
            for (size_t j = 0; j < check->input_count; j++) {
                must(check->inputs[j] < environment->check_count);
                free_now = free_now && gone[check->inputs[j]];
            }
            gone[i] = gone[i] || free_now;
            moved = moved || free_now;
        }
    }
    for (size_t i = 0; i < environment->check_count; i++) {
        must(gone[i]);
    }
    free(gone);
}

static void check_check(const struct cvg_check_config *check)
{
    must(cvg_text_is_name(check->name) && check->source && check->source->kind && check->settings);
    must(!check->component || cvg_text_is_name(check->component));
    must(check->plane < CVG_PLANE_COUNT && check->weight > 0);
    must(check->rise_ns >= 0 && check->fall_ns >= 0);
    must(check->polled == !(check->source->kind->flags & CVG_MODULE_STREAMING));
    must(!check->polled || (check->interval_ns > 0 && check->timeout_ns > 0 &&
                            check->timeout_ns <= check->interval_ns));
    must(check->on_unknown <= CVG_CONFIG_UNKNOWN_KEEP &&
         check->on_failed <= CVG_CONFIG_FAILED_HALT_AFTER);
    must((check->on_unknown == CVG_CONFIG_UNKNOWN_KEEP) == (check->keep_ns > 0));
    must((check->on_failed == CVG_CONFIG_FAILED_HALT_AFTER) == (check->halt_after_ns > 0));
    const struct settings *settings = check->settings;
    must(settings->query && settings->query[0]);
    must(settings->count == CVG_ABSENT_INT || (settings->count >= 1 && settings->count <= 9));
}

static void check_config(const struct cvg_config *config, struct cvg_buf *input)
{
    must(config->server.listen_host != NULL && config->server.threads >= 1);
    for (size_t i = 0; i < config->source_count; i++) {
        const struct cvg_source_config *at = &config->sources[i];
        must(at->kind != NULL && (at->endpoint.size != 0) == (at->via == NULL));
        for (size_t steps = 0; at->via; at = at->via) {
            must(steps++ < config->source_count);
        }
    }
    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *environment = &config->environments[i];
        must(i == 0 || strcmp(config->environments[i - 1].name, environment->name) < 0);
        must(environment->check_count > 0 && environment->gate_count > 0);
        check_inputs(environment);
        for (size_t j = 0; j < environment->check_count; j++) {
            check_check(&environment->checks[j]);
            check_resolving(&environment->checks[j], input);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MOST) {
        return 0;
    }
    const struct cvg_kinds kinds = {.find = find_kind, .all = all_kinds};
    struct cvg_diagnostics first = {0}, second = {0};
    struct cvg_config *config = NULL, *again = NULL;
    const char *bytes = (const char *)data;
    int code = cvg_config_load_text("f", bytes, size, &kinds, &first, &config);
    must(code == cvg_config_load_text("f", bytes, size, &kinds, &second, &again));
    must((code == 0) == (config != NULL) && (code == 0) == (first.errors == 0));
    must(first.count == second.count && first.dropped == second.dropped);
    check_diagnostics(&first, size);
    if (config) {
        struct cvg_buf input = CVG_BUF_INIT(INPUT_MOST);
        cvg_buf_add(&input, data, size);
        check_config(config, &input);
        cvg_buf_done(&input);
    }
    cvg_config_unref(config);
    cvg_config_unref(again);
    cvg_diagnostics_done(&first);
    cvg_diagnostics_done(&second);
    return 0;
}
