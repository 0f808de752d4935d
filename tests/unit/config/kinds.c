/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include <string.h>

static const struct cvg_field step_fields[] = {
    {.name = "name",
     .doc = "The step's name.",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY | CVG_FIELD_SHORTHAND,
     .offset = offsetof(struct step, name)},
    {.name = "wait",
     .doc = "How long.",
     .default_text = "1s",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct step, wait)},
    {0}};

static const struct cvg_field extra_fields[] = {{.name = "depth",
                                                 .doc = "How deep.",
                                                 .default_text = "3",
                                                 .type = CVG_FIELD_INT,
                                                 .min = 1,
                                                 .max = 0, /* no upper limit */
                                                 .offset = offsetof(struct extra, depth)},
                                                {.name = "word",
                                                 .doc = "A word.",
                                                 .type = CVG_FIELD_STRING,
                                                 .offset = offsetof(struct extra, word)},
                                                {0}};

static const char *const modes[] = {"fast", "slow", NULL};

static const struct cvg_field poll_check_fields[] = {
    {.name = "query",
     .doc = "What is asked.",
     .example = "up == 1",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .max = 100,
     .offset = offsetof(struct poll_check, query)},
    {.name = "ready",
     .doc = "When it is \"ready\" | or not.",
     .example = "\">= 3\"",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct poll_check, ready)},
    {.name = "target",
     .doc = "Where to.",
     .type = CVG_FIELD_URL,
     .offset = offsetof(struct poll_check, target)},
    {.name = "flag",
     .doc = "Whether.",
     .default_text = "true",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct poll_check, flag)},
    {.name = "mode",
     .doc = "How.",
     .default_text = "slow",
     .type = CVG_FIELD_ENUM,
     .choices = modes,
     .offset = offsetof(struct poll_check, mode)},
    {.name = "count",
     .doc = "How many.",
     .type = CVG_FIELD_INT,
     .min = 1,
     .max = 10,
     .offset = offsetof(struct poll_check, count)},
    {.name = "window",
     .doc = "How long.",
     .type = CVG_FIELD_DURATION,
     .min = INT64_C(1000000000),
     .max = INT64_C(3600000000000),
     .offset = offsetof(struct poll_check, window)},
    {.name = "limit",
     .doc = "How large.",
     .type = CVG_FIELD_SIZE,
     .min = 1024,
     .max = 1048576,
     .offset = offsetof(struct poll_check, limit)},
    {.name = "ratio",
     .doc = "How much.",
     .default_text = "0.5",
     .type = CVG_FIELD_NUMBER,
     .offset = offsetof(struct poll_check, ratio)},
    {.name = "token",
     .doc = "Who.",
     .type = CVG_FIELD_SECRET,
     .offset = offsetof(struct poll_check, token)},
    {.name = "parts",
     .doc = "Which.",
     .default_text = "[a, b]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .max = 3,
     .offset = offsetof(struct poll_check, parts)},
    {.name = "steps",
     .doc = "In which order.",
     .type = CVG_FIELD_LIST,
     .offset = offsetof(struct poll_check, steps),
     .members = step_fields,
     .member_size = sizeof(struct step)},
    {.name = "labels",
     .doc = "Called what.",
     .type = CVG_FIELD_MAP,
     .offset = offsetof(struct poll_check, labels)},
    {.name = "extra",
     .doc = "What else.",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct poll_check, extra),
     .members = extra_fields,
     .member_size = sizeof(struct extra)},
    {0}};

static const struct cvg_field watch_check_fields[] = {
    {.name = "object",
     .doc = "Which object.",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct watch_check, object)},
    {0}};

static const struct cvg_field plain_source_fields[] = {
    {.name = "path",
     .doc = "Where it is.",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED,
     .example = "/srv/state",
     .offset = offsetof(struct plain_source, path)},
    {.name = "retries",
     .doc = "How often again.",
     .type = CVG_FIELD_INT,
     .flags = CVG_FIELD_DEPRECATED,
     .offset = offsetof(struct plain_source, retries)},
    {0}};

static const struct cvg_field none[] = {{0}};

const struct cvg_kind test_poll = {.name = "poll",
                                   .version = "1",
                                   .summary = "asks for answers",
                                   .flags = CVG_MODULE_ENDPOINT,
                                   .plane = CVG_OBSERVED,
                                   .on_failed = CVG_ON_FAILED_WAIT,
                                   .source_fields = none,
                                   .check_fields = poll_check_fields,
                                   .check_size = sizeof(struct poll_check)};
static const struct cvg_kind watch = {.name = "watch",
                                      .version = "1",
                                      .summary = "is told of changes",
                                      .flags = CVG_MODULE_STREAMING | CVG_MODULE_VIA |
                                               CVG_MODULE_ENDPOINT_OPTIONAL,
                                      .plane = CVG_DECLARED,
                                      .on_failed = CVG_ON_FAILED_HALT,
                                      .source_fields = none,
                                      .check_fields = watch_check_fields,
                                      .check_size = sizeof(struct watch_check)};
static const struct cvg_kind remote = {.name = "remote",
                                       .version = "1",
                                       .summary = "is reached through others",
                                       .flags = CVG_MODULE_VIA | CVG_MODULE_ENDPOINT,
                                       .plane = CVG_OBSERVED,
                                       .source_fields = none,
                                       .check_fields = none};
static const struct cvg_kind plain = {.name = "plain",
                                      .version = "1",
                                      .summary = "connects to nothing",
                                      .plane = CVG_OBSERVED,
                                      .source_fields = plain_source_fields,
                                      .source_size = sizeof(struct plain_source),
                                      .check_fields = none};

static const struct cvg_kind *const all[] = {&test_poll, &watch, &remote, &plain, NULL};

static const struct cvg_kind *find_kind(void *ctx, const char *name, const char **ret_why)
{
    (void)ctx;
    *ret_why = strcmp(name, "broken") == 0 ? "broken.so may be written by others" : NULL;
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

static const struct cvg_kind *const *all_kinds(void *ctx)
{
    (void)ctx;
    return all;
}

const struct cvg_kinds test_kinds = {.find = find_kind, .all = all_kinds};
