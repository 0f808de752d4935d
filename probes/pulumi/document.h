/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Pulumi stack as it is kept (a checkpoint of a DIY backend) or as `pulumi stack export` prints it,
 * reduced to what says how far it is. Values of resources are never copied; of the stack's outputs
 * only scalars that the configuration names, and of secret ones only that they are set. What is not
 * exactly the format is refused by name. Pure; any thread.
 *
 * Format: pulumi/pulumi sdk/go/common/apitype/core.go; pkg/backend/diy.
 */
#ifndef CVG_PULUMI_DOCUMENT_H
#define CVG_PULUMI_DOCUMENT_H

#include "kit/arena.h"
#include "kit/want.h"
#include "pattern.h"
#include "reason.h"

#include <stdint.h>

struct cvg_pulumi_resource {
    struct cvg_pulumi_resource *next;
    struct cvg_pulumi_urn urn;
    uint32_t is_stack, is_provider; /* neither is a resource of its own to people */
    uint32_t deleting;              /* an old object that awaits its deletion */
    uint32_t replacing;             /* deleted, and not made again */
    uint32_t tainted;
    uint32_t init_failed;
};

struct cvg_pulumi_operation {
    struct cvg_pulumi_operation *next;
    const char *urn;
};

struct cvg_pulumi_output {
    struct cvg_pulumi_output *next;
    const char *name;           /* or the path of a part: "lb.hostname", "hosts.0" */
    struct cvg_kit_value value; /* secret: it, or something in the same output, is */
};

struct cvg_pulumi_stack {
    uint32_t is_export; /* else a checkpoint */
    uint32_t deployed;  /* 0: it was made, and there is no deployment yet */
    uint32_t integrity_error;
    const char *stack; /* "organization/shop/prod" of a checkpoint, else "prod"; "" not told */
    const char *pulumi_version;
    const char *time_text; /* manifest.time; "" where there is none */
    int64_t time;          /* the same, wall; 0 */
    struct cvg_pulumi_resource *resources;
    struct cvg_pulumi_operation *pending;
    struct cvg_pulumi_output *outputs; /* of those that are wished for */
    size_t resource_count;             /* without the stack's own and providers */
};

struct cvg_pulumi_refusal {
    uint32_t refused;
    uint32_t torn; /* empty or cut short: being written */
    enum cvg_pulumi_reason reason;
    char where[160]; /* "resources[3].taint", "offset 17: duplicate key"; "" */
};

/* Outputs, or paths into them, that are wanted. */
struct cvg_pulumi_wish {
    const char *const *outputs;
    size_t count;
};

/* 0, or -1 with *ret_refusal. Everything in *ret lives in the arena, and what it points to in text
 * does not. text is JSON: see unpack.h. */
int cvg_pulumi_document_read(const char *text, size_t length, const struct cvg_pulumi_wish *wish,
                             struct cvg_kit_arena *arena, struct cvg_pulumi_stack *ret,
                             struct cvg_pulumi_refusal *ret_refusal);

#endif
