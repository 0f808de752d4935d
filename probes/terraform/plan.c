/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `show -json` of a plan. Of a change only its actions and address are read; before, after,
 * variables and the configuration are checked as JSON and left alone. A word that is not known
 * counts as a change.
 */
#include "plan.h"

#include "document.h"
#include "state_inner.h"

#include <convergate/number.h>

#include <string.h>

enum effect {
    EFFECT_NONE,
    EFFECT_READ,
    EFFECT_CREATE,
    EFFECT_UPDATE,
    EFFECT_DELETE,
    EFFECT_REPLACE,
    EFFECT_OTHER,
};

/* A change of a resource, or of an output. */
struct change {
    const char *address;
    uint32_t is_data;
    enum effect effect;
    int moves; /* imported, or under another address: the state would change */
};

/* ---- changes -------------------------------------------------------------------------------- */

/* On the ARRAY of words. */
static int read_actions(struct cvg_tf_document *document, enum effect *ret)
{
    static const struct {
        const char *word;
        enum effect effect;
    } words[] = {
        {"no-op", EFFECT_NONE},    {"read", EFFECT_READ},     {"create", EFFECT_CREATE},
        {"update", EFFECT_UPDATE}, {"delete", EFFECT_DELETE},
    };

    enum effect seen[2] = {EFFECT_OTHER, EFFECT_OTHER};

    size_t count = 0;
    int more = 0;
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_list_next(document, CVG_TF_STRING)) > 0) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && count < 2; i++) {
            if (cvg_tf_is(document, words[i].word)) {
                seen[count] = words[i].effect;
            }
        }
        count++;
    }
    int replaces = count == 2 && ((seen[0] == EFFECT_CREATE && seen[1] == EFFECT_DELETE) ||
                                  (seen[0] == EFFECT_DELETE && seen[1] == EFFECT_CREATE));
    *ret = count == 1 ? seen[0] : replaces ? EFFECT_REPLACE : EFFECT_OTHER;
    return more;
}

static const struct cvg_tf_field change_fields[] = {
    {"actions", CVG_TF_ARRAY, 1},
    {"importing", CVG_TF_OBJECT | CVG_TF_NULL, 0},
    {NULL, 0, 0},
};

/* On the OBJECT. */
static int read_change(struct cvg_tf_document *document, struct change *change)
{
    struct cvg_tf_object object = cvg_tf_object_begin(document, change_fields);
    int field = 0;
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        if (field == 0) {
            if (read_actions(document, &change->effect) < 0) {
                return -1;
            }
            continue;
        }
        change->moves |= cvg_json_current(document->json) == CVG_JSON_OBJECT;
        if (cvg_tf_skip(document) < 0) {
            return -1;
        }
    }
    return field == CVG_TF_END ? 0 : -1;
}

enum {
    RESOURCE_ADDRESS,
    RESOURCE_BEFORE,
    RESOURCE_MODE,
    RESOURCE_CHANGE,
};

static const struct cvg_tf_field resource_fields[] = {
    [RESOURCE_ADDRESS] = {"address", CVG_TF_STRING, 1},
    [RESOURCE_BEFORE] = {"previous_address", CVG_TF_STRING, 0},
    [RESOURCE_MODE] = {"mode", CVG_TF_STRING, 1},
    [RESOURCE_CHANGE] = {"change", CVG_TF_OBJECT, 1},
    {NULL, 0, 0},
};

/* On the OBJECT. */
static int read_resource(struct cvg_tf_document *document, struct change *change)
{
    struct cvg_tf_object object = cvg_tf_object_begin(document, resource_fields);
    int field = 0;
    *change = (struct change){.address = ""};
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        int read = 0;
        switch (field) {
        case RESOURCE_ADDRESS:
            read = cvg_tf_name_read(document, &change->address);
            break;
        case RESOURCE_BEFORE:
            change->moves = 1;
            break;
        case RESOURCE_MODE:
            /* A mode that is not known may be of things that change. */
            change->is_data = (uint32_t)cvg_tf_is(document, "data");
            break;
        default:
            read = read_change(document, change);
            break;
        }
        if (read < 0) {
            return -1;
        }
    }
    return field == CVG_TF_END ? 0 : -1;
}

static void count_change(struct cvg_tf_plan *plan, const struct change *change)
{
    enum effect effect = change->effect;
    /* Data sources are read again or forgotten, and nothing is changed by it. */
    if (change->is_data && effect != EFFECT_OTHER) {
        plan->reads += effect != EFFECT_NONE;
        return;
    }
    if (effect == EFFECT_NONE && change->moves) {
        effect = EFFECT_OTHER;
    }
    plan->reads += effect == EFFECT_READ;
    plan->creates += effect == EFFECT_CREATE;
    plan->updates += effect == EFFECT_UPDATE;
    plan->deletes += effect == EFFECT_DELETE;
    plan->replaces += effect == EFFECT_REPLACE;
    plan->others += effect == EFFECT_OTHER;
    if (effect > EFFECT_READ && plan->first_change[0] == '\0') {
        plan->first_change = change->address;
    }
}

/* On the ARRAY of resource_changes, or of resource_drift. */
static int read_resources(struct cvg_tf_document *document, int is_drift, struct cvg_tf_plan *plan)
{
    int more = 0;
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_list_next(document, CVG_TF_OBJECT)) > 0) {
        struct change change;
        if (read_resource(document, &change) < 0) {
            return -1;
        }
        if (!is_drift) {
            count_change(plan, &change);
        } else if (change.effect != EFFECT_NONE) {
            plan->drifted++;
            plan->first_drift = plan->first_drift[0] == '\0' ? change.address : plan->first_drift;
        }
    }
    return more;
}

/* On the OBJECT. */
static int read_outputs(struct cvg_tf_document *document, struct cvg_tf_plan *plan)
{
    int more = 0;
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_map_next(document)) > 0) {
        struct change change = {.address = ""};
        if (cvg_tf_map_value(document, CVG_TF_OBJECT) < 0 || read_change(document, &change) < 0) {
            return -1;
        }
        plan->output_changes += change.effect != EFFECT_NONE;
    }
    return more;
}

/* ---- the document --------------------------------------------------------------------------- */

enum {
    PLAN_FORMAT,
    PLAN_TERRAFORM_VERSION,
    PLAN_VARIABLES,
    PLAN_VALUES,
    PLAN_DRIFT,
    PLAN_CHANGES,
    PLAN_OUTPUTS,
    PLAN_STATE,
    PLAN_CONFIGURATION,
    PLAN_CHECKS,
    PLAN_TIME,
    PLAN_ERRORED,
    PLAN_COMPLETE,
    PLAN_DEFERRED,
    PLAN_DEFERRED_INVOCATIONS,
    PLAN_INVOCATIONS,
};

static const struct cvg_tf_field fields[] = {
    [PLAN_FORMAT] = {"format_version", CVG_TF_STRING, 1},
    [PLAN_TERRAFORM_VERSION] = {"terraform_version", CVG_TF_STRING, 0},
    [PLAN_VARIABLES] = {"variables", CVG_TF_ANY, 0},
    [PLAN_VALUES] = {"planned_values", CVG_TF_OBJECT, 1},
    [PLAN_DRIFT] = {"resource_drift", CVG_TF_ARRAY, 0},
    [PLAN_CHANGES] = {"resource_changes", CVG_TF_ARRAY, 0},
    [PLAN_OUTPUTS] = {"output_changes", CVG_TF_OBJECT, 0},
    [PLAN_STATE] = {"prior_state", CVG_TF_ANY, 0},
    [PLAN_CONFIGURATION] = {"configuration", CVG_TF_ANY, 0},
    [PLAN_CHECKS] = {"checks", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    [PLAN_TIME] = {"timestamp", CVG_TF_STRING, 0},
    [PLAN_ERRORED] = {"errored", CVG_TF_BOOL, 0},
    [PLAN_COMPLETE] = {"complete", CVG_TF_BOOL, 0},
    [PLAN_DEFERRED] = {"deferred_changes", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    [PLAN_DEFERRED_INVOCATIONS] = {"deferred_action_invocations", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    [PLAN_INVOCATIONS] = {"action_invocations", CVG_TF_ARRAY | CVG_TF_NULL, 0},
    /* Of `show -json` of a state, and of what is encrypted. */
    {"values", 0, 0},
    {"encryption_version", 0, 0},
    {"sops", 0, 0},
    {NULL, 0, 0},
};

static int read_time(struct cvg_tf_document *document, int64_t *ret)
{
    size_t length = 0;
    const char *text = cvg_json_text(document->json, &length);
    return cvg_parse_time(text, length, ret) < 0 ? cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL)
                                                 : 0;
}

/* How many there are is all that is wanted. */
static int count_elements(struct cvg_tf_document *document, size_t *count)
{
    int more = 0;
    if (cvg_json_current(document->json) == CVG_JSON_NULL) {
        return 0;
    }
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_list_next(document, CVG_TF_ANY)) > 0) {
        (*count)++;
        if (cvg_tf_skip(document) < 0) {
            return -1;
        }
    }
    return more;
}

static int read_text(struct cvg_tf_document *document, const char **ret)
{
    *ret = cvg_tf_text(document);
    return *ret == NULL ? -1 : 0;
}

static int read_format(struct cvg_tf_document *document, const char **ret)
{
    *ret = cvg_tf_format_read(document);
    return *ret == NULL ? -1 : 0;
}

static int read_field(struct cvg_tf_document *document, int field, struct cvg_tf_plan *plan)
{
    enum cvg_json_token token = cvg_json_current(document->json);
    switch (field) {
    case PLAN_FORMAT:
        return read_format(document, &plan->format_version);
    case PLAN_TERRAFORM_VERSION:
        return read_text(document, &plan->terraform_version);
    case PLAN_DRIFT:
    case PLAN_CHANGES:
        return read_resources(document, field == PLAN_DRIFT, plan);
    case PLAN_OUTPUTS:
        return read_outputs(document, plan);
    case PLAN_CHECKS:
        return token == CVG_JSON_NULL
                   ? 0
                   : cvg_tf_checks_read(document, &plan->checks, &plan->check_count);
    case PLAN_TIME:
        return read_time(document, &plan->made_at);
    case PLAN_ERRORED:
        plan->errored = token == CVG_JSON_TRUE;
        return 0;
    case PLAN_COMPLETE:
        plan->complete = token == CVG_JSON_TRUE;
        return 0;
    case PLAN_DEFERRED:
    case PLAN_DEFERRED_INVOCATIONS:
        return count_elements(document, &plan->deferred);
    case PLAN_INVOCATIONS:
        /* Actions of providers that would be run. */
        return count_elements(document, &plan->others);
    default:
        return cvg_tf_skip(document);
    }
}

static int read_document(struct cvg_tf_document *document, struct cvg_tf_plan *plan)
{
    if (cvg_tf_document_begin(document) < 0) {
        return -1;
    }
    struct cvg_tf_object object = cvg_tf_object_begin(document, fields);
    int field = 0;
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        if (read_field(document, field, plan) < 0) {
            return -1;
        }
    }
    if (field != CVG_TF_END) {
        return -1;
    }
    /* 0.13 lists every output as created, whatever it is. */
    if (strcmp(plan->format_version, "0.1") == 0) {
        plan->output_changes = 0;
    }
    return cvg_tf_document_end(document);
}

int cvg_tf_plan_read(const char *text, size_t length, struct cvg_kit_arena *arena,
                     struct cvg_tf_plan *ret, struct cvg_tf_refusal *ret_refusal)
{
    struct cvg_tf_document document;
    *ret = (struct cvg_tf_plan){.format_version = "",
                                .terraform_version = "",
                                .first_change = "",
                                .first_drift = "",
                                .complete = CVG_ABSENT_UINT};
    int result = cvg_tf_document_open(&document, text, length, arena, ret_refusal);
    if (result == 0 && read_document(&document, ret) < 0) {
        result = cvg_tf_recognize(&document, CVG_TF_CONTENT_PLAN);
    }
    cvg_tf_document_close(&document);
    return result;
}
