/* SPDX-License-Identifier: Apache-2.0 */
/* The query API's XML; see answer.h. */
#include "answer.h"

#include "kit/printable.h"
#include "kit/xml.h"

#include <stdio.h>
#include <string.h>

#define ROOT         "DescribeStacksResponse"
#define MEMBER       ROOT "/DescribeStacksResult/Stacks/member"
#define OUTPUT       MEMBER "/Outputs/member"
#define OUTPUTS_MOST 1000 /* five times what a stack may have */

struct reading {
    struct cvg_kit_arena *arena;
    struct cvg_cfn_stack *stack;
    struct cvg_cfn_output **end;
    size_t stacks, outputs;
    const char *key, *value; /* of the output that is being read; NULL: not yet */
    int broken, answered;
};

static int fail(struct reading *reading)
{
    reading->broken = 1;
    return 1;
}

/* Once in a stack or output. */
static int keep(struct reading *reading, const char **into, const char *text, size_t length)
{
    if (*into != NULL || strlen(text) != length) {
        return fail(reading);
    }
    *into = cvg_kit_arena_text(reading->arena, text, length);
    return *into == NULL ? fail(reading) : 0;
}

static int end_output(struct reading *reading)
{
    struct cvg_cfn_output *output = cvg_kit_arena_alloc(reading->arena, sizeof(*output));
    if (output == NULL || reading->key == NULL || reading->value == NULL ||
        ++reading->outputs > OUTPUTS_MOST) {
        return fail(reading);
    }
    output->name = reading->key;
    output->value.kind = *reading->value ? CVG_KIT_VALUE_SET : CVG_KIT_VALUE_EMPTY;
    output->value.text = strlen(reading->value) <= CVG_KIT_VALUE_MOST ? reading->value : NULL;
    *reading->end = output;
    reading->end = &output->next;
    reading->key = reading->value = NULL;
    return 0;
}

static int on_element(void *arg, const char *path, const char *text, size_t length)
{
    struct reading *reading = arg;

    const struct {
        const char *path;
        const char **into;
    } texts[] = {
        {MEMBER "/StackId", &reading->stack->id},
        {MEMBER "/StackStatus", &reading->stack->status},
        {MEMBER "/CreationTime", &reading->stack->created},
        {MEMBER "/LastUpdatedTime", &reading->stack->updated},
        {MEMBER "/DriftInformation/StackDriftStatus", &reading->stack->drift},
        {OUTPUT "/OutputKey", &reading->key},
        {OUTPUT "/OutputValue", &reading->value},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(path, texts[i].path) == 0) {
            return keep(reading, texts[i].into, text, length);
        }
    }
    if (strcmp(path, OUTPUT) == 0) {
        return end_output(reading);
    }
    reading->stacks += strcmp(path, MEMBER) == 0;
    reading->answered |= strcmp(path, ROOT) == 0;
    return 0;
}

int cvg_cfn_answer_read(const char *body, size_t length, struct cvg_kit_arena *arena,
                        struct cvg_cfn_stack *ret)
{
    struct reading reading = {.arena = arena, .stack = ret, .end = &ret->outputs};
    *ret = (struct cvg_cfn_stack){.outputs = NULL};
    if (cvg_kit_xml_read(body, length, on_element, &reading) < 0 || reading.broken ||
        !reading.answered || reading.stacks != 1 || ret->status == NULL) {
        return -1;
    }
    ret->id = ret->id != NULL ? ret->id : "";
    ret->drift = ret->drift != NULL ? ret->drift : "";
    ret->created = ret->created != NULL ? ret->created : "";
    ret->updated = ret->updated != NULL ? ret->updated : "";
    return 0;
}

/* ---- errors ---- */

static int on_error_element(void *arg, const char *path, const char *text, size_t length)
{
    struct cvg_cfn_error *error = arg;
    if (strcmp(path, "ErrorResponse/Error/Code") == 0) {
        cvg_kit_printable(error->code, sizeof(error->code), text, length);
    } else if (strcmp(path, "ErrorResponse/Error/Message") == 0) {
        cvg_kit_printable(error->message, sizeof(error->message), text, length);
    }
    return 0;
}

/* A signature that does not match is told with all that was signed, the session token too. */
static int may_be_told(const char *code)
{
    return strcmp(code, "ValidationError") == 0 || strcmp(code, "AccessDenied") == 0;
}

void cvg_cfn_error_read(const char *body, size_t length, struct cvg_cfn_error *ret)
{
    *ret = (struct cvg_cfn_error){.absent = 0};
    if (cvg_kit_xml_read(body, length, on_error_element, ret) < 0) {
        *ret = (struct cvg_cfn_error){.absent = 0};
        return;
    }
    ret->absent =
        strcmp(ret->code, "ValidationError") == 0 && strstr(ret->message, "does not exist") != NULL;
    if (!may_be_told(ret->code)) {
        ret->message[0] = '\0';
    }
}
