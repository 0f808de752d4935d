/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Terraform or OpenTofu state, version 4, reduced to what says how far it is: addresses, statuses,
 * outputs. Attribute values are never copied; of outputs only scalars that the configuration names,
 * and of sensitive ones only whether they are set. Read strictly and within bounds by the SDK's
 * reader; what is not exactly the format is refused by name. Pure; any thread.
 *
 * Format: hashicorp/terraform internal/states/statefile/version4.go; `show -json`:
 * internal/command/jsonstate/state.go.
 */
#ifndef CVG_TF_STATE_H
#define CVG_TF_STATE_H

#include "kit/arena.h"
#include "refusal.h"

#include <convergate/field.h>

#include <stdint.h>

struct cvg_tf_instance {
    const char *index;   /* as an address has it: "", "[0]", "[\"api\"]" */
    const char *deposed; /* its key; "": the current object */
    uint32_t tainted;
    uint32_t reserved;
};

struct cvg_tf_resource {
    const char *module; /* "module.a[\"x\"].module.b"; "" the root */
    const char *type, *name;
    const struct cvg_tf_instance *instances;
    uint32_t instance_count; /* 0: only failed or running applies leave such */
    uint32_t is_data;
};

enum cvg_tf_output_kind {
    CVG_TF_OUTPUT_NULL = 0,
    CVG_TF_OUTPUT_EMPTY, /* "", [], {} */
    CVG_TF_OUTPUT_SET,
};

struct cvg_tf_output {
    const char *name; /* for a part of an output its path: "lb.hostname", "hosts.0" */
    const char *type; /* "string", "number", "bool", "list", "object", ... of the value itself */
    const char *
        text; /* a scalar's, where it is wanted and its output not sensitive; else NULL. Numbers and
                         bools as they stand there */
    uint32_t kind; /* enum cvg_tf_output_kind */
    uint32_t sensitive;
};

enum cvg_tf_check_status {
    CVG_TF_CHECK_UNKNOWN = 0,
    CVG_TF_CHECK_PASS,
    CVG_TF_CHECK_FAIL,
    CVG_TF_CHECK_ERROR
};

struct cvg_tf_check_result {
    const char *kind, *address; /* "check", "check.health" */
    uint32_t status; /* enum cvg_tf_check_status: the worst of the aggregate's and its objects' */
    uint32_t failed, of; /* objects */
};

struct cvg_tf_state {
    const char *terraform_version, *lineage;
    const char *serial; /* decimal: an uint64's text; "" of `show -json` */
    uint64_t serial_number;
    const struct cvg_tf_resource *resources;
    size_t resource_count, instance_count; /* managed and data; deposed ones are no instances */
    const struct cvg_tf_output
        *outputs; /* all of the root's, and after them the wanted paths that exist */
    size_t output_count;
    const struct cvg_tf_check_result *checks;
    size_t check_count;
    uint32_t has_checks; /* check_results is an array */
    uint32_t
        has_serial; /* a raw state: serial and lineage are told, and empty entries are to be seen */
};

/* Outputs, or paths into them, whose values are wanted. */
struct cvg_tf_wish {
    const char *const *outputs;
    size_t count;
};

/* 0, or -1 with *ret_refusal. Everything in *ret lives in the arena. */
int cvg_tf_state_read(const char *text, size_t length, const struct cvg_tf_wish *wish,
                      struct cvg_kit_arena *arena, struct cvg_tf_state *ret,
                      struct cvg_tf_refusal *ret_refusal);
/* The same of `show -json` of a state. Checks are those of its `checks`. */
int cvg_tf_show_read(const char *text, size_t length, const struct cvg_tf_wish *wish,
                     struct cvg_kit_arena *arena, struct cvg_tf_state *ret,
                     struct cvg_tf_refusal *ret_refusal);
/* "module.a.type.name[0]", "data.type.name" into room; instance may be NULL. Cut where it does not fit. */
void cvg_tf_address(const struct cvg_tf_resource *resource, const struct cvg_tf_instance *instance,
                    char *room, size_t size);

#endif
