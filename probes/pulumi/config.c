/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of sources and checks; see config.h. What is wrong with them is in config_check.c. */
#include "config.h"

#include <stddef.h>

#define SECOND    INT64_C(1000000000)
#define DAY       (24 * 3600 * SECOND)
#define PATH_MOST 2048
#define NAME_MOST 100 /* of projects and stacks, by Pulumi's own rule */

static const char *const backend_choices[] = {"local", "http", "s3", NULL};

const struct cvg_field cvg_pulumi_source_fields[] = {
    {.name = "backend",
     .doc = "Where the stack is kept: local files, an HTTP server or an S3 bucket.",
     .default_text = "local",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_pulumi_source_config, backend),
     .choices = backend_choices},
    {.name = "path",
     .doc = "Without stack: the document itself, an export or a checkpoint (http: what follows the "
            "url; s3: the key). With stack: the folder that has .pulumi in it (s3: what the keys "
            "begin with).",
     .example = "/srv/pulumi",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_pulumi_source_config, path),
     .max = PATH_MOST},
    {.name = "project",
     .doc = "With stack: its project. Leave it out only for a backend of the old layout, whose "
            ".pulumi/stacks has no folders of projects.",
     .example = "shop",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_pulumi_source_config, project),
     .max = NAME_MOST},
    {.name = "stack",
     .doc = "The stack of a DIY backend: its checkpoint is read, and its locks are looked for.",
     .example = "prod",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_pulumi_source_config, stack),
     .max = NAME_MOST},
    {.name = "gzip",
     .doc = "With stack: the backend compresses, so the checkpoint's name ends in .json.gz. "
            "A document that is named by path may be compressed by gzip or not.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_pulumi_source_config, gzip)},
    {.name = "bucket",
     .doc = "s3: the bucket.",
     .example = "acme-pulumi",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_pulumi_source_config, bucket),
     .max = 255},
    {.name = "path_style",
     .doc = "s3: the bucket stands in the path and not in the host's name, as compatible stores "
            "want it.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_pulumi_source_config, path_style)},
    {.name = "limit",
     .doc = "A document that is larger, also once it is unpacked, is refused, never cut.",
     .default_text = "64MiB",
     .type = CVG_FIELD_SIZE,
     .offset = offsetof(struct cvg_pulumi_source_config, limit),
     .min = 4096,
     .max = INT64_C(1) << 30},
    {0},
};

static const struct cvg_field resource_fields[] = {
    {.name = "address",
     .doc = "TYPE::NAME or a whole URN; * stands for any text.",
     .example = "\"aws:ec2/instance:Instance::web-*\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY | CVG_FIELD_SHORTHAND,
     .offset = offsetof(struct cvg_pulumi_want_resource, address),
     .max = 1024},
    {.name = "count",
     .doc = "So many there must be, no more and no fewer; 0: none.",
     .example = "3",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_pulumi_want_resource, count),
     .min = 0,
     .max = 10000000},
    {.name = "at_least",
     .doc = "So many there must be at least; without it and count: one.",
     .example = "2",
     .type = CVG_FIELD_INT,
     .offset = offsetof(struct cvg_pulumi_want_resource, at_least),
     .min = 1,
     .max = 10000000},
    {0},
};

static const char *const lock_choices[] = {"wait", "ignore", NULL};

const struct cvg_field cvg_pulumi_check_fields[] = {
    {.name = "resources",
     .doc = "What must be there and in order. Without it all that is in the stack must be in "
            "order, and something must be in it.",
     .example = "[\"eks:index:Cluster::*\", {address: \"aws:ec2/instance:Instance::*\", count: 3}]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_pulumi_check_config, resources),
     .max = 256,
     .members = resource_fields,
     .member_size = sizeof(struct cvg_pulumi_want_resource)},
    {.name = "outputs",
     .doc = "Outputs of the stack that must be there and not be empty, and what they must be. Of "
            "secret ones only whether they are set.",
     .example = "[lb_hostname, {name: region, equals: eu-central-1}]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_pulumi_check_config, outputs),
     .max = 64,
     .members = cvg_kit_want_fields,
     .member_size = sizeof(struct cvg_kit_want)},
    {.name = "max_change_age",
     .doc = "The stack must have been updated within this time (manifest.time), for stacks that "
            "somebody updates regularly. What `max_age` is about is when we looked.",
     .example = "7d",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_pulumi_check_config, max_change_age),
     .min = SECOND,
     .max = 3650 * DAY},
    {.name = "settle",
     .doc = "So long the stack must have been whole, unchanged and unlocked: an update saves many "
            "checkpoints on the way, and each of them can be read.",
     .default_text = "30s",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_pulumi_check_config, settle),
     .max = DAY},
    {.name = "grace",
     .doc = "A document that is empty or torn is being written for so long; after that it is "
            "unknown.",
     .default_text = "45s",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_pulumi_check_config, grace),
     .max = DAY},
    {.name = "operation_limit",
     .doc = "How long an update may take: a lock that is older, or an operation that is pending "
            "for longer, was left behind, and the check is unknown.",
     .default_text = "1h",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_pulumi_check_config, operation_limit),
     .min = SECOND,
     .max = 30 * DAY},
    {.name = "lock",
     .doc = "Whether a lock that is held means that the stack is being updated. ignore: it is "
            "shown and does not count.",
     .default_text = "wait",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_pulumi_check_config, lock),
     .choices = lock_choices},
    {.name = "allow_empty",
     .doc = "A stack without resources will do. One that was destroyed looks exactly so.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_pulumi_check_config, allow_empty)},
    {0},
};
