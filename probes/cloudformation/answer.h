/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CloudFormation answers to DescribeStacks for one stack: XML of the query API, version 2010-05-15.
 * Only what is judged is kept; parameters, tags and the reasons of statuses, which may tell
 * values, are passed over. Pure; any thread.
 */
#ifndef CVG_CFN_ANSWER_H
#define CVG_CFN_ANSWER_H

#include "kit/arena.h"
#include "kit/want.h"

struct cvg_cfn_output {
    struct cvg_cfn_output *next;
    const char *name;
    struct cvg_kit_value value;
};

struct cvg_cfn_stack {
    const char *id, *status, *drift; /* drift: "" where it is not told */
    const char *created, *updated;   /* times as they stand there; updated "": never */
    struct cvg_cfn_output *outputs;
};

/* What an error answer says; "" what it does not. */
struct cvg_cfn_error {
    char code[64];     /* "ValidationError" */
    char message[320]; /* printable; only of codes whose messages hold no secrets */
    uint32_t absent;   /* the stack does not exist */
};

/* 0; -1: it is no such answer, or not of exactly one stack. Everything in *ret lives in the arena. */
int cvg_cfn_answer_read(const char *body, size_t length, struct cvg_kit_arena *arena,
                        struct cvg_cfn_stack *ret);
/* What cannot be read leaves it empty. */
void cvg_cfn_error_read(const char *body, size_t length, struct cvg_cfn_error *ret);

#endif
