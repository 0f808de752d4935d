/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hands of the reader of stacks: one reading, its refusals, and the walk over an object's members.
 * Functions return 0, or -1 when the reading is over: then the refusal is written.
 */
#ifndef CVG_PULUMI_DOCUMENT_INNER_H
#define CVG_PULUMI_DOCUMENT_INNER_H

#include "document.h"

#include <convergate/json.h>

/* How every Pulumi value begins that is more than it looks: secrets, assets, references. */
#define CVG_PULUMI_SIGNATURE "4dabf18193072939515e22adb298388d"

struct cvg_pulumi_reading {
    struct cvg_json *json;
    struct cvg_kit_arena *arena;
    const struct cvg_pulumi_wish *wish;
    struct cvg_pulumi_stack *stack;
    struct cvg_pulumi_refusal *refusal;
    struct cvg_pulumi_resource **resource_end;
    struct cvg_pulumi_operation **pending_end;
    struct cvg_pulumi_output **output_end;
    const char *section; /* of the path in refusals: "deployment.resources" */
    size_t index;        /* in the section, where it is a list */
    uint32_t is_list, stacks;
};

/* One known member of an object. read() finds the reader on the value's first token. */
struct cvg_pulumi_member {
    const char *name;
    int (*read)(struct cvg_pulumi_reading *reading, void *into);
};

/* Always -1. member may be NULL. */
int cvg_pulumi_refuse_at(struct cvg_pulumi_reading *reading, enum cvg_pulumi_reason reason,
                         const char *member);
/* The next token; CVG_JSON_ERROR once the refusal is written. */
enum cvg_json_token cvg_pulumi_next(struct cvg_pulumi_reading *reading);
/* Over whatever the current token begins. */
int cvg_pulumi_skip(struct cvg_pulumi_reading *reading);
/* Walks over the object that the current token begins, by a table that ends at NULL; members that are
 * not in it are skipped. One that differs only in case is refused: Go would take it. */
int cvg_pulumi_members(struct cvg_pulumi_reading *reading, const struct cvg_pulumi_member *table,
                       void *into);
/* The current STRING; NULL once refused (another token, a NUL in it, the arena full). */
const char *cvg_pulumi_string(struct cvg_pulumi_reading *reading, const char *member);
void *cvg_pulumi_new(struct cvg_pulumi_reading *reading, size_t size);

/* The outputs object that the current token begins, of the stack's own resource. */
int cvg_pulumi_read_outputs(struct cvg_pulumi_reading *reading);

#endif
