/* SPDX-License-Identifier: Apache-2.0 */
/* The envelope, the deployment and its resources; see document.h. Outputs are in document_outputs.c. */
#include "document_inner.h"

#include <convergate/number.h>

#include <string.h>

#define DEPTH_MOST  200
#define STRING_MOST ((size_t)16 << 20)

/* What was told besides the stack. */
struct envelope {
    uint32_t has_version, has_deployment, has_checkpoint;
};

static int refuse(struct cvg_pulumi_reading *reading, const char *member)
{
    return cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_BAD_CONTENT, member);
}

static int is_null(const struct cvg_pulumi_reading *reading)
{
    return cvg_json_current(reading->json) == CVG_JSON_NULL;
}

/* What Go writes only where it is true; null leaves it false there. */
static int read_flag(struct cvg_pulumi_reading *reading, uint32_t *ret, const char *member)
{
    enum cvg_json_token token = cvg_json_current(reading->json);
    if (token != CVG_JSON_TRUE && token != CVG_JSON_FALSE && token != CVG_JSON_NULL) {
        return refuse(reading, member);
    }
    *ret = token == CVG_JSON_TRUE;
    return 0;
}

/* ---- resources ---- */

/* One while it is read. Its outputs may stand before what says that it is the stack's own, so who
 * else has members called so reads them as the stack's, and they are dropped again. */
struct raw_resource {
    struct cvg_pulumi_resource *resource;
    const char *urn, *type;
    struct cvg_pulumi_output **outputs_before;
};

static int read_urn(struct cvg_pulumi_reading *reading, void *into)
{
    struct raw_resource *raw = into;
    raw->urn = cvg_pulumi_string(reading, "urn");
    return raw->urn == NULL ? -1 : 0;
}

static int read_type(struct cvg_pulumi_reading *reading, void *into)
{
    struct raw_resource *raw = into;
    raw->type = cvg_pulumi_string(reading, "type");
    return raw->type == NULL ? -1 : 0;
}

static int read_delete(struct cvg_pulumi_reading *reading, void *into)
{
    struct raw_resource *raw = into;
    return read_flag(reading, &raw->resource->deleting, "delete");
}

static int read_replacement(struct cvg_pulumi_reading *reading, void *into)
{
    struct raw_resource *raw = into;
    return read_flag(reading, &raw->resource->replacing, "pendingReplacement");
}

static int read_taint(struct cvg_pulumi_reading *reading, void *into)
{
    struct raw_resource *raw = into;
    return read_flag(reading, &raw->resource->tainted, "taint");
}

static int read_init_errors(struct cvg_pulumi_reading *reading, void *into)
{
    struct raw_resource *raw = into;
    enum cvg_json_token token;
    if (is_null(reading)) {
        return 0;
    }
    if (cvg_json_current(reading->json) != CVG_JSON_ARRAY) {
        return refuse(reading, "initErrors");
    }
    while ((token = cvg_pulumi_next(reading)) == CVG_JSON_STRING) {
        raw->resource->init_failed = 1;
    }
    return token == CVG_JSON_END ? 0 : refuse(reading, "initErrors");
}

static int read_resource_outputs(struct cvg_pulumi_reading *reading, void *into)
{
    const struct raw_resource *raw = into;
    int others = raw->type != NULL && strcmp(raw->type, "pulumi:pulumi:Stack") != 0;
    if (others || is_null(reading)) {
        return cvg_pulumi_skip(reading);
    }
    return cvg_pulumi_read_outputs(reading);
}

static const struct cvg_pulumi_member resource_members[] = {
    {"urn", read_urn},
    {"type", read_type},
    {"delete", read_delete},
    {"pendingReplacement", read_replacement},
    {"taint", read_taint},
    {"initErrors", read_init_errors},
    {"outputs", read_resource_outputs},
    {NULL, NULL},
};

static int keep_resource(struct cvg_pulumi_reading *reading, const struct raw_resource *raw)
{
    struct cvg_pulumi_resource *resource = raw->resource;
    if (raw->urn == NULL || cvg_pulumi_urn_read(raw->urn, &resource->urn) < 0) {
        return refuse(reading, "urn");
    }
    size_t length = (size_t)(resource->urn.type_end - resource->urn.type);
    if (raw->type == NULL || strlen(raw->type) != length ||
        memcmp(raw->type, resource->urn.type, length) != 0) {
        return refuse(reading, "type");
    }
    resource->is_stack = strcmp(raw->type, "pulumi:pulumi:Stack") == 0 && !resource->deleting;
    resource->is_provider = strncmp(raw->type, "pulumi:providers:", 17) == 0;
    if (resource->is_stack && ++reading->stacks > 1) {
        return refuse(reading, "type");
    }
    if (!resource->is_stack) {
        *raw->outputs_before = NULL;
        reading->output_end = raw->outputs_before;
    }
    reading->stack->resource_count +=
        !resource->is_stack && !resource->is_provider && !resource->deleting;
    *reading->resource_end = resource;
    reading->resource_end = &resource->next;
    return 0;
}

static int read_resource(struct cvg_pulumi_reading *reading)
{
    struct raw_resource raw = {.resource = cvg_pulumi_new(reading, sizeof(*raw.resource)),
                               .outputs_before = reading->output_end};
    if (raw.resource == NULL || cvg_pulumi_members(reading, resource_members, &raw) < 0) {
        return -1;
    }
    return keep_resource(reading, &raw);
}

/* ---- pending operations ---- */

static int read_pending_resource(struct cvg_pulumi_reading *reading, void *into)
{
    static const struct cvg_pulumi_member members[] = {{"urn", read_urn}, {NULL, NULL}};
    return cvg_pulumi_members(reading, members, into);
}

/* Any type of operation is one that has not ended, also one of a later version. */
static int read_operation(struct cvg_pulumi_reading *reading)
{
    static const struct cvg_pulumi_member members[] = {{"resource", read_pending_resource},
                                                       {NULL, NULL}};
    struct raw_resource raw = {0};
    struct cvg_pulumi_operation *operation = cvg_pulumi_new(reading, sizeof(*operation));
    if (operation == NULL || cvg_pulumi_members(reading, members, &raw) < 0) {
        return -1;
    }
    if (raw.urn == NULL) {
        return refuse(reading, "resource.urn");
    }
    operation->urn = raw.urn;
    *reading->pending_end = operation;
    reading->pending_end = &operation->next;
    return 0;
}

/* ---- the deployment ---- */

static int read_list(struct cvg_pulumi_reading *reading, const char *section,
                     int (*read)(struct cvg_pulumi_reading *reading))
{
    const char *outer = reading->section;
    enum cvg_json_token token;
    if (is_null(reading)) {
        return 0;
    }
    reading->section = section;
    if (cvg_json_current(reading->json) != CVG_JSON_ARRAY) {
        return refuse(reading, NULL);
    }
    reading->is_list = 1;
    for (reading->index = 0; (token = cvg_pulumi_next(reading)) != CVG_JSON_END; reading->index++) {
        if (token == CVG_JSON_ERROR || read(reading) < 0) {
            return -1;
        }
    }
    reading->is_list = 0;
    reading->section = outer;
    return 0;
}

static int read_resources(struct cvg_pulumi_reading *reading, void *into)
{
    (void)into;
    return read_list(reading, "resources", read_resource);
}

static int read_pending(struct cvg_pulumi_reading *reading, void *into)
{
    (void)into;
    return read_list(reading, "pending_operations", read_operation);
}

static int read_time(struct cvg_pulumi_reading *reading, void *into)
{
    struct cvg_pulumi_stack *stack = into;
    const char *text = cvg_pulumi_string(reading, "manifest.time");
    if (text == NULL) {
        return -1;
    }
    /* Go's zero time: a stack that was never updated. */
    if (strncmp(text, "0001-01-01T", 11) == 0) {
        return 0;
    }
    if (cvg_parse_time(text, strlen(text), &stack->time) < 0) {
        return refuse(reading, "manifest.time");
    }
    stack->time_text = text;
    return 0;
}

static int read_pulumi_version(struct cvg_pulumi_reading *reading, void *into)
{
    struct cvg_pulumi_stack *stack = into;
    stack->pulumi_version = cvg_pulumi_string(reading, "manifest.version");
    return stack->pulumi_version == NULL ? -1 : 0;
}

static int read_manifest(struct cvg_pulumi_reading *reading, void *into)
{
    static const struct cvg_pulumi_member members[] = {
        {"time", read_time}, {"version", read_pulumi_version}, {NULL, NULL}};
    return cvg_pulumi_members(reading, members, into);
}

static int read_integrity(struct cvg_pulumi_reading *reading, void *into)
{
    struct cvg_pulumi_stack *stack = into;
    stack->integrity_error = !is_null(reading);
    return cvg_pulumi_skip(reading);
}

static int read_metadata(struct cvg_pulumi_reading *reading, void *into)
{
    static const struct cvg_pulumi_member members[] = {{"integrity_error", read_integrity},
                                                       {NULL, NULL}};
    return is_null(reading) ? 0 : cvg_pulumi_members(reading, members, into);
}

static int read_deployment(struct cvg_pulumi_reading *reading)
{
    static const struct cvg_pulumi_member members[] = {
        {"manifest", read_manifest},
        {"resources", read_resources},
        {"pending_operations", read_pending},
        {"metadata", read_metadata},
        {NULL, NULL},
    };
    if (is_null(reading)) {
        return 0;
    }
    reading->stack->deployed = 1;
    return cvg_pulumi_members(reading, members, reading->stack);
}

/* ---- the envelope ---- */

static int read_version(struct cvg_pulumi_reading *reading, void *into)
{
    struct envelope *envelope = into;
    size_t length = 0;
    const char *text = cvg_json_text(reading->json, &length);
    envelope->has_version = 1;
    if (cvg_json_current(reading->json) != CVG_JSON_NUMBER) {
        return refuse(reading, "version");
    }
    return length == 1 && (*text == '3' || *text == '4')
               ? 0
               : cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_VERSION_UNKNOWN, "version");
}

static int read_features(struct cvg_pulumi_reading *reading, void *into)
{
    static const char *const known[] = {
        "refreshBeforeUpdate", "views", "hooks", "taint", "snippets", "extensions"};
    enum cvg_json_token token;
    (void)into;
    if (is_null(reading)) {
        return 0;
    }
    if (cvg_json_current(reading->json) != CVG_JSON_ARRAY) {
        return refuse(reading, "features");
    }
    while ((token = cvg_pulumi_next(reading)) == CVG_JSON_STRING) {
        size_t i = 0, count = sizeof(known) / sizeof(known[0]);
        while (i < count && !cvg_json_is(reading->json, known[i])) {
            i++;
        }
        if (i == count) {
            return cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_FEATURE_UNKNOWN, "features");
        }
    }
    return token == CVG_JSON_END ? 0 : refuse(reading, "features");
}

static int read_exported(struct cvg_pulumi_reading *reading, void *into)
{
    struct envelope *envelope = into;
    envelope->has_deployment = 1;
    reading->section = "deployment";
    int result = read_deployment(reading);
    reading->section = "";
    return result;
}

static int read_stack_name(struct cvg_pulumi_reading *reading, void *into)
{
    (void)into;
    reading->stack->stack = cvg_pulumi_string(reading, "stack");
    return reading->stack->stack == NULL ? -1 : 0;
}

static int read_latest(struct cvg_pulumi_reading *reading, void *into)
{
    (void)into;
    reading->section = "latest";
    int result = read_deployment(reading);
    reading->section = "checkpoint";
    return result;
}

static int read_checkpoint(struct cvg_pulumi_reading *reading, void *into)
{
    static const struct cvg_pulumi_member members[] = {
        {"stack", read_stack_name}, {"latest", read_latest}, {NULL, NULL}};
    struct envelope *envelope = into;
    envelope->has_checkpoint = 1;
    reading->section = "checkpoint";
    int result = cvg_pulumi_members(reading, members, NULL);
    reading->section = "";
    return result;
}

/* An export does not tell its stack but in the URNs. */
static void name_stack(struct cvg_pulumi_reading *reading)
{
    struct cvg_pulumi_stack *stack = reading->stack;
    if (stack->stack[0] == '\0' && stack->resources != NULL) {
        const char *name = stack->resources->urn.text + strlen("urn:pulumi:");
        const char *kept =
            cvg_kit_arena_text(reading->arena, name, (size_t)(strstr(name, "::") - name));
        stack->stack = kept != NULL ? kept : "";
    }
}

static int read_document(struct cvg_pulumi_reading *reading)
{
    static const struct cvg_pulumi_member members[] = {
        {"version", read_version},
        {"features", read_features},
        {"deployment", read_exported},
        {"checkpoint", read_checkpoint},
        {NULL, NULL},
    };
    struct envelope envelope = {0};
    enum cvg_json_token token = cvg_pulumi_next(reading);
    if (token == CVG_JSON_ERROR) {
        return -1;
    }
    if (token != CVG_JSON_OBJECT) {
        return cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_NOT_A_STACK, NULL);
    }
    if (cvg_pulumi_members(reading, members, &envelope) < 0 ||
        cvg_pulumi_next(reading) == CVG_JSON_ERROR) {
        return -1;
    }
    if (!envelope.has_version || envelope.has_deployment == envelope.has_checkpoint) {
        return cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_NOT_A_STACK, NULL);
    }
    reading->stack->is_export = envelope.has_deployment;
    name_stack(reading);
    return 0;
}

int cvg_pulumi_document_read(const char *text, size_t length, const struct cvg_pulumi_wish *wish,
                             struct cvg_kit_arena *arena, struct cvg_pulumi_stack *ret,
                             struct cvg_pulumi_refusal *ret_refusal)
{
    const struct cvg_json_limits limits = {.depth = DEPTH_MOST, .string_length = STRING_MOST};
    *ret = (struct cvg_pulumi_stack){.stack = "", .pulumi_version = "", .time_text = ""};
    *ret_refusal = (struct cvg_pulumi_refusal){0};
    struct cvg_pulumi_reading reading = {
        .json = cvg_json_new(text, length, &limits),
        .arena = arena,
        .wish = wish,
        .stack = ret,
        .refusal = ret_refusal,
        .resource_end = &ret->resources,
        .pending_end = &ret->pending,
        .output_end = &ret->outputs,
        .section = "",
    };
    if (reading.json == NULL) {
        return cvg_pulumi_refuse_at(&reading, CVG_PULUMI_REASON_TOO_LARGE, NULL);
    }
    int result = read_document(&reading);
    cvg_json_free(reading.json);
    return result;
}
