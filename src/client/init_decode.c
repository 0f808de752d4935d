/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking documents; see init_decode.h. Every function here is called with the reader at the first
 * token of a value and leaves it at the value's last one.
 */
#include "client/init_decode.h"

#include "base/text.h"

#include <convergate/json.h>

#include <string.h>

#define KEY_MOST  256
#define TEXT_MOST 2048

struct walk {
    struct cvg_init_found *found;
    struct cvg_json *json;
    /* Of the list that is read. */
    enum cvg_init_list list;
    enum cvg_init_kind kind;
    struct cvg_init_object object;
    const char **hosts; /* owned; of the object */
    size_t host_count, host_capacity;
    bool tls, about_list;
    const char *next;
    /* Of the rule, output or resource that is read. */
    const char *name, *type, *severity, *value, *module, *mode;
    bool sensitive;
    size_t count;
};

/* key: of the member; "" of an item. */
typedef void visit(struct walk *walk, const char *key);

static void each(struct walk *walk, visit *one)
{
    struct cvg_json *json = walk->json;
    enum cvg_json_token token = cvg_json_current(json);
    char key[KEY_MOST] = "";

    if (token != CVG_JSON_OBJECT && token != CVG_JSON_ARRAY) {
        return;
    }
    bool keyed = token == CVG_JSON_OBJECT;
    for (;;) {
        token = cvg_json_next(json);
        if (token == CVG_JSON_END || token == CVG_JSON_ERROR || token == CVG_JSON_DONE) {
            return;
        }
        if (keyed) {
            size_t length = 0;
            const char *text = cvg_json_text(json, &length);
            bool fits = length < sizeof key && strlen(text) == length;
            memcpy(key, fits ? text : "", fits ? length + 1 : 1);
            (void)cvg_json_next(json);
        }
        one(walk, key);
    }
}

/* Nothing here is interesting. */
static void pass(struct walk *walk)
{
    (void)cvg_json_skip(walk->json);
}

/* A string, in the arena; NULL where it is none, or nothing that could be a name. */
static const char *take(struct walk *walk)
{
    size_t length = 0;
    if (cvg_json_current(walk->json) != CVG_JSON_STRING) {
        pass(walk);
        return NULL;
    }
    const char *text = cvg_json_text(walk->json, &length);
    if (length > TEXT_MOST || strlen(text) != length) {
        return NULL;
    }
    return cvg_arena_strndup(walk->found->arena, text, length);
}

/* Reads the whole document. */
static int walk_all(struct walk *walk, const char *json, size_t length, visit *one,
                    struct cvg_error *reterr)
{
    int rc = 0;
    walk->json = cvg_json_new(json, length, NULL);
    if (!walk->json) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "no memory for the answer");
    }
    if (cvg_json_next(walk->json) == CVG_JSON_OBJECT) {
        each(walk, one);
        (void)cvg_json_next(walk->json);
    }
    if (cvg_json_current(walk->json) != CVG_JSON_DONE) {
        const char *why = cvg_json_error(walk->json);
        rc = cvg_error_set(reterr, CVG_E_INVALID, "the answer is no valid JSON object%s%s",
                           *why ? ": " : "", why);
    }
    cvg_json_free(walk->json);
    free(walk->hosts);
    return rc;
}

/* ---- lists of the Kubernetes API ---- */

static void visit_label(struct walk *walk, const char *key)
{
    if (strcmp(key, "app.kubernetes.io/part-of") == 0) {
        walk->object.part_of = take(walk);
    } else if (strcmp(key, "app.kubernetes.io/name") == 0) {
        walk->object.app = take(walk);
    } else {
        pass(walk);
    }
}

static void visit_owner_key(struct walk *walk, const char *key)
{
    if (strcmp(key, "kind") == 0) {
        walk->object.owner = take(walk);
    } else {
        pass(walk);
    }
}

static void visit_owner(struct walk *walk, const char *key)
{
    (void)key;
    each(walk, visit_owner_key);
}

static void visit_metadata(struct walk *walk, const char *key)
{
    if (strcmp(key, "name") == 0) {
        walk->object.name = take(walk);
    } else if (strcmp(key, "namespace") == 0) {
        walk->object.namespace = take(walk);
    } else if (strcmp(key, "labels") == 0) {
        each(walk, visit_label);
    } else if (strcmp(key, "ownerReferences") == 0) {
        each(walk, visit_owner);
    } else {
        pass(walk);
    }
}

static void keep_host(struct walk *walk)
{
    const char *host = take(walk);
    if (host && *host && walk->host_count < CVG_INIT_HOSTS) {
        CVG_GROW(walk->hosts, walk->host_count, walk->host_capacity);
        walk->hosts[walk->host_count++] = host;
    }
}

/* Of a rule of an Ingress, and of a listener of a Gateway. */
static void visit_host(struct walk *walk, const char *key)
{
    if (strcmp(key, "host") == 0 || strcmp(key, "hostname") == 0) {
        keep_host(walk);
    } else if (strcmp(key, "protocol") == 0) {
        const char *protocol = take(walk);
        walk->tls |= cvg_text_equal(protocol, "HTTPS") || cvg_text_equal(protocol, "TLS");
    } else {
        pass(walk);
    }
}

static void visit_hosts(struct walk *walk, const char *key)
{
    (void)key;
    each(walk, visit_host);
}

static void visit_spec(struct walk *walk, const char *key)
{
    if (strcmp(key, "rules") == 0 || strcmp(key, "listeners") == 0) {
        each(walk, visit_hosts);
    } else if (strcmp(key, "tls") == 0) {
        walk->tls |= cvg_json_current(walk->json) == CVG_JSON_ARRAY;
        pass(walk);
    } else {
        pass(walk);
    }
}

static void visit_object_key(struct walk *walk, const char *key)
{
    if (strcmp(key, "metadata") == 0) {
        each(walk, visit_metadata);
    } else if (strcmp(key, "spec") == 0) {
        each(walk, visit_spec);
    } else {
        pass(walk);
    }
}

static void visit_object(struct walk *walk, const char *key)
{
    (void)key;
    walk->object = (struct cvg_init_object){0};
    walk->host_count = 0;
    walk->tls = false;
    each(walk, visit_object_key);
    if (cvg_json_current(walk->json) == CVG_JSON_ERROR) {
        return; /* it is not whole */
    }
    switch (walk->list) {
    case CVG_INIT_LIST_WORKLOADS:
        cvg_init_add_workload(walk->found, walk->kind, &walk->object);
        break;
    case CVG_INIT_LIST_CRONJOBS:
        walk->found->cluster.cronjobs++;
        break;
    case CVG_INIT_LIST_INGRESSES:
    case CVG_INIT_LIST_GATEWAYS:
        for (size_t i = 0; i < walk->host_count; i++) {
            cvg_init_add_host(walk->found,
                              walk->list == CVG_INIT_LIST_INGRESSES ? "Ingress" : "Gateway",
                              &walk->object, walk->hosts[i], walk->tls);
        }
        break;
    }
}

static void visit_list_metadata(struct walk *walk, const char *key)
{
    if (strcmp(key, "continue") == 0) {
        const char *token = take(walk);
        walk->next = token && *token ? token : NULL;
    } else {
        pass(walk);
    }
}

static void visit_list(struct walk *walk, const char *key)
{
    if (strcmp(key, "metadata") == 0) {
        each(walk, visit_list_metadata);
    } else if (strcmp(key, "items") == 0) {
        walk->about_list = true;
        each(walk, visit_object);
    } else {
        pass(walk);
    }
}

int cvg_init_decode_list(const char *json, size_t length, struct cvg_init_listed listed,
                         struct cvg_init_found *found, const char **ret_continue,
                         struct cvg_error *reterr)
{
    struct walk walk = {.found = found, .list = listed.list, .kind = listed.kind};
    int rc = walk_all(&walk, json, length, visit_list, reterr);
    *ret_continue = rc == 0 ? walk.next : NULL;
    if (rc == 0 && !walk.about_list) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the answer is no list");
    }
    return rc;
}

/* ---- groups of the Kubernetes API ---- */

/* "apps", "batch", "networking.k8s.io": part of every cluster. */
static bool is_built_in(const char *group)
{
    return !strchr(group, '.') || cvg_text_ends(group, ".k8s.io");
}

static void visit_group_key(struct walk *walk, const char *key)
{
    if (strcmp(key, "name") == 0) {
        walk->name = take(walk);
    } else {
        pass(walk);
    }
}

static void visit_group(struct walk *walk, const char *key)
{
    (void)key;
    walk->name = NULL;
    each(walk, visit_group_key);
    if (walk->name && !is_built_in(walk->name)) {
        cvg_init_note(walk->found,
                      "custom resources of %s: add checks with kind: GROUP/VERSION/KIND",
                      walk->name);
    }
}

static void visit_groups(struct walk *walk, const char *key)
{
    if (strcmp(key, "groups") == 0) {
        each(walk, visit_group);
    } else {
        pass(walk);
    }
}

int cvg_init_decode_groups(const char *json, size_t length, struct cvg_init_found *found,
                           struct cvg_error *reterr)
{
    struct walk walk = {.found = found};
    return walk_all(&walk, json, length, visit_groups, reterr);
}

/* ---- a Prometheus ---- */

static void visit_rule_label(struct walk *walk, const char *key)
{
    if (strcmp(key, "severity") == 0) {
        walk->severity = take(walk);
    } else {
        pass(walk);
    }
}

static void visit_rule_key(struct walk *walk, const char *key)
{
    if (strcmp(key, "name") == 0) {
        walk->name = take(walk);
    } else if (strcmp(key, "type") == 0) {
        walk->type = take(walk);
    } else if (strcmp(key, "labels") == 0) {
        each(walk, visit_rule_label);
    } else {
        pass(walk);
    }
}

static void visit_rule(struct walk *walk, const char *key)
{
    (void)key;
    walk->name = walk->type = walk->severity = NULL;
    each(walk, visit_rule_key);
    if (walk->name && walk->type) {
        cvg_init_add_rule(walk->found, walk->name, cvg_text_equal(walk->type, "alerting"),
                          walk->severity);
    }
}

static void visit_rule_group_key(struct walk *walk, const char *key)
{
    if (strcmp(key, "rules") == 0) {
        each(walk, visit_rule);
    } else {
        pass(walk);
    }
}

static void visit_rule_group(struct walk *walk, const char *key)
{
    (void)key;
    each(walk, visit_rule_group_key);
}

static void visit_rules_data(struct walk *walk, const char *key)
{
    if (strcmp(key, "groups") == 0) {
        each(walk, visit_rule_group);
    } else {
        pass(walk);
    }
}

static void visit_rules(struct walk *walk, const char *key)
{
    if (strcmp(key, "data") == 0) {
        each(walk, visit_rules_data);
    } else {
        pass(walk);
    }
}

int cvg_init_decode_rules(const char *json, size_t length, struct cvg_init_found *found,
                          struct cvg_error *reterr)
{
    struct walk walk = {.found = found};
    return walk_all(&walk, json, length, visit_rules, reterr);
}

static void visit_series(struct walk *walk, const char *key)
{
    (void)key;
    walk->count++;
    pass(walk);
}

static void visit_query_data(struct walk *walk, const char *key)
{
    if (strcmp(key, "result") == 0) {
        each(walk, visit_series);
    } else {
        pass(walk);
    }
}

static void visit_query(struct walk *walk, const char *key)
{
    if (strcmp(key, "data") == 0) {
        each(walk, visit_query_data);
    } else {
        pass(walk);
    }
}

int cvg_init_decode_count(const char *json, size_t length, size_t *ret, struct cvg_error *reterr)
{
    struct walk walk = {0};
    int rc = walk_all(&walk, json, length, visit_query, reterr);
    if (rc == 0) {
        *ret = walk.count;
    }
    return rc;
}

/* ---- a Terraform state ---- */

static void visit_output_key(struct walk *walk, const char *key)
{
    if (strcmp(key, "value") == 0) {
        walk->value = take(walk);
    } else if (strcmp(key, "sensitive") == 0) {
        walk->sensitive = cvg_json_current(walk->json) != CVG_JSON_FALSE;
        pass(walk);
    } else {
        pass(walk);
    }
}

static void visit_output(struct walk *walk, const char *key)
{
    walk->value = NULL;
    walk->sensitive = false;
    each(walk, visit_output_key);
    cvg_init_add_output(walk->found, key, walk->value, walk->sensitive);
}

static void visit_resource_key(struct walk *walk, const char *key)
{
    if (strcmp(key, "module") == 0) {
        walk->module = take(walk);
    } else if (strcmp(key, "mode") == 0) {
        walk->mode = take(walk);
    } else {
        pass(walk);
    }
}

static void visit_resource(struct walk *walk, const char *key)
{
    (void)key;
    walk->module = walk->mode = NULL;
    each(walk, visit_resource_key);
    if (cvg_text_equal(walk->mode, "managed")) {
        cvg_init_add_resource(walk->found, walk->module);
    }
}

static void visit_state(struct walk *walk, const char *key)
{
    if (strcmp(key, "outputs") == 0) {
        each(walk, visit_output);
    } else if (strcmp(key, "resources") == 0) {
        each(walk, visit_resource);
    } else {
        pass(walk);
    }
}

int cvg_init_decode_state(const char *json, size_t length, struct cvg_init_found *found,
                          struct cvg_error *reterr)
{
    struct walk walk = {.found = found};
    return walk_all(&walk, json, length, visit_state, reterr);
}
