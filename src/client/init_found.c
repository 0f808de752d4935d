/* SPDX-License-Identifier: Apache-2.0 */
/* Judging and keeping what was found; see init_found.h. */
#include "client/init_found.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 300

const char *cvg_init_kind_text(enum cvg_init_kind kind)
{
    static const char *const texts[CVG_INIT_KIND_COUNT] = {
        [CVG_INIT_DEPLOYMENT] = "Deployment",
        [CVG_INIT_STATEFULSET] = "StatefulSet",
        [CVG_INIT_DAEMONSET] = "DaemonSet",
        [CVG_INIT_JOB] = "Job",
    };
    return texts[kind];
}

void cvg_init_found_new(struct cvg_init_found *ret)
{
    *ret = (struct cvg_init_found){
        .arena = cvg_arena_new(), .names = cvg_map_new(), .sets = cvg_map_new()};
}

void cvg_init_found_done(struct cvg_init_found *found)
{
    free(found->cluster.workloads);
    free(found->cluster.presets);
    free(found->cluster.hosts);
    free(found->state.modules);
    free(found->state.outputs);
    free(found->metrics.criticals);
    free(found->metrics.ratios);
    free(found->notes);
    cvg_map_free(found->names);
    cvg_map_free(found->sets);
    cvg_arena_free(found->arena);
    *found = (struct cvg_init_found){0};
}

const char *cvg_init_shown(struct cvg_init_found *found, const char *text)
{
    char shown[SHOWN];
    cvg_text_printable(text ? text : "", text ? strlen(text) : 0, shown, sizeof shown);
    return cvg_arena_strdup(found->arena, shown);
}

void cvg_init_note(struct cvg_init_found *found, const char *format, ...)
{
    char words[2 * SHOWN];
    va_list arguments;
    if (found->note_count >= CVG_INIT_NOTES) {
        found->notes_over++;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    CVG_GROW(found->notes, found->note_count, found->note_capacity);
    found->notes[found->note_count++] = cvg_init_shown(found, words);
}

/* ---- names ---- */

static bool is_alnum(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/* All of its bytes are letters, digits or one of those; and there are some, and not too many. */
static bool is_of(const char *text, const char *more, size_t most)
{
    size_t length = text ? strlen(text) : 0;
    for (size_t i = 0; i < length; i++) {
        if (!is_alnum(text[i]) && !strchr(more, text[i])) {
            return false;
        }
    }
    return length > 0 && length <= most;
}

/* What the API server takes as the name of an object. */
static bool is_object_name(const char *text)
{
    if (!is_of(text, "-.", 253) || !is_alnum(text[0]) || !is_alnum(text[strlen(text) - 1])) {
        return false;
    }
    for (const char *at = text; *at; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            return false;
        }
    }
    return true;
}

static bool is_label_value(const char *text)
{
    return is_of(text, "-._", 63) && is_alnum(text[0]) && is_alnum(text[strlen(text) - 1]);
}

/* A name or address that can be looked up: no wildcard, no port. */
static bool is_host(const char *text)
{
    if (!is_of(text, "-.", 253) || !strchr(text, '.') || strstr(text, "..")) {
        return false;
    }
    for (const char *at = text; *at; at++) {
        bool begins = at == text || at[-1] == '.', ends = !at[1] || at[1] == '.';
        if ((begins || ends) && *at == '-') {
            return false;
        }
    }
    return text[0] != '.' && text[strlen(text) - 1] != '.';
}

const char *cvg_init_name(struct cvg_init_found *found, const char *text, const char *fallback)
{
    char name[64];
    size_t length = 0;
    for (const char *at = text ? text : ""; *at && length < sizeof name - 1; at++) {
        bool fits = is_alnum(*at) || (length > 0 && strchr("-_.", *at));
        if (fits || length > 0) {
            name[length++] = fits ? *at : '-';
        }
    }
    name[length] = '\0';
    return length > 0 ? cvg_arena_strdup(found->arena, name) : fallback;
}

const char *cvg_init_unique(struct cvg_init_found *found, const char *text)
{
    const char *base = cvg_init_name(found, text, "check"), *name = base;
    for (unsigned number = 2; cvg_map_get(found->names, name); number++) {
        char tail[16];
        int length = snprintf(tail, sizeof tail, "-%u", number);
        name = cvg_arena_format(found->arena, "%.*s%s", 63 - length, base, tail);
    }
    cvg_map_put(found->names, name, found);
    return name;
}

bool cvg_init_first(struct cvg_init_found *found, const char *set, const char *text)
{
    const char *key = cvg_arena_format(found->arena, "%s %s", set, text);
    return cvg_map_put(found->sets, key, found) == NULL;
}

/* ---- a cluster ---- */

static bool is_system(const char *namespace)
{
    return cvg_text_starts(namespace, "kube-") || cvg_text_equal(namespace, "gke-managed-system");
}

static bool is_named(const struct cvg_init_cluster *cluster, const char *namespace)
{
    for (size_t i = 0; i < cluster->namespace_count; i++) {
        if (cvg_text_equal(cluster->namespaces[i], namespace)) {
            return true;
        }
    }
    return false;
}

/* Whoever owns it makes and replaces it: a check on it would wait for something that is gone. */
static bool is_owned(enum cvg_init_kind kind, const struct cvg_init_object *object)
{
    return kind == CVG_INIT_JOB && object->owner != NULL;
}

void cvg_init_add_workload(struct cvg_init_found *found, enum cvg_init_kind kind,
                           const struct cvg_init_object *object)
{
    struct cvg_init_cluster *cluster = &found->cluster;
    if (!is_object_name(object->name) || !is_object_name(object->namespace)) {
        cvg_init_note(found, "a %s whose name is none: %s/%s", cvg_init_kind_text(kind),
                      object->namespace ? object->namespace : "", object->name ? object->name : "");
        return;
    }
    if (is_system(object->namespace) && !is_named(cluster, object->namespace)) {
        cluster->system++;
        return;
    }
    if (is_owned(kind, object)) {
        cluster->owned++;
        return;
    }
    cluster->seen[kind]++;
    if (cluster->workload_count >= CVG_INIT_SEEN) {
        return;
    }
    bool parted = is_label_value(object->part_of);
    const char *part = parted                        ? object->part_of
                       : is_label_value(object->app) ? object->app
                                                     : object->name;
    CVG_GROW(cluster->workloads, cluster->workload_count, cluster->workload_capacity);
    cluster->workloads[cluster->workload_count++] = (struct cvg_init_workload){
        .kind = kind,
        .namespace = cvg_arena_strdup(found->arena, object->namespace),
        .name = cvg_arena_strdup(found->arena, object->name),
        .part_of = parted ? cvg_arena_strdup(found->arena, object->part_of) : NULL,
        .component = cvg_init_name(found, part, "app"),
    };
}

void cvg_init_add_preset(struct cvg_init_found *found, const char *name, enum cvg_init_trial trial,
                         const char *why)
{
    struct cvg_init_cluster *cluster = &found->cluster;
    CVG_GROW(cluster->presets, cluster->preset_count, cluster->preset_capacity);
    cluster->presets[cluster->preset_count++] =
        (struct cvg_init_preset){.name = name, .trial = trial, .why = cvg_init_shown(found, why)};
}

void cvg_init_add_host(struct cvg_init_found *found, const char *kind,
                       const struct cvg_init_object *object, const char *host, bool tls)
{
    struct cvg_init_cluster *cluster = &found->cluster;
    const char *namespace = object->namespace ? object->namespace : "";
    const char *name = object->name ? object->name : "";
    if (!is_host(host)) {
        cvg_init_note(found, "a host of %s %s/%s that cannot be looked up: %s", kind, namespace,
                      name, host ? host : "");
        return;
    }
    if (!cvg_init_first(found, "host", host)) {
        return;
    }
    if (cluster->host_count >= CVG_INIT_HOSTS) {
        cluster->hosts_over++;
        return;
    }
    const char *from = cvg_arena_format(found->arena, "%s %s/%s", kind, namespace, name);
    CVG_GROW(cluster->hosts, cluster->host_count, cluster->host_capacity);
    cluster->hosts[cluster->host_count++] = (struct cvg_init_host){
        .host = cvg_arena_strdup(found->arena, host),
        .tls = tls,
        .from = cvg_init_shown(found, from),
    };
}

/* ---- a state ---- */

void cvg_init_add_resource(struct cvg_init_found *found, const char *address)
{
    struct cvg_init_state *state = &found->state;
    state->resources++;
    if (!address || !cvg_text_starts(address, "module.")) {
        return;
    }
    const char *begin = address + strlen("module.");
    char *name = cvg_arena_strndup(found->arena, begin, strcspn(begin, ".["));
    if (!is_of(name, "-_", 128)) {
        if (cvg_init_first(found, "bad module", name)) {
            cvg_init_note(found, "a module whose name is none: %s", name);
        }
        return;
    }
    for (size_t i = 0; i < state->module_count; i++) {
        if (cvg_text_equal(state->modules[i].name, name)) {
            state->modules[i].resources++;
            return;
        }
    }
    if (state->module_count >= CVG_INIT_MODULES) {
        state->modules_over += cvg_init_first(found, "module", name);
        return;
    }
    CVG_GROW(state->modules, state->module_count, state->module_capacity);
    state->modules[state->module_count++] = (struct cvg_init_module){.name = name, .resources = 1};
}

static bool is_url(const char *text)
{
    return text && (cvg_text_starts(text, "https://") || cvg_text_starts(text, "http://")) &&
           !strchr(text, '@') && strlen(text) < 512;
}

void cvg_init_add_output(struct cvg_init_found *found, const char *name, const char *value,
                         bool sensitive)
{
    struct cvg_init_state *state = &found->state;
    state->outputs_seen++;
    state->outputs_secret += sensitive;
    if (sensitive || (!is_host(value) && !is_url(value))) {
        return;
    }
    if (!is_of(name, "-_", 100)) {
        cvg_init_note(found, "an output whose name is none: %s", name ? name : "");
        return;
    }
    if (state->output_count >= CVG_INIT_OUTPUTS) {
        cvg_init_note(found, "the output %s: there are too many", name);
        return;
    }
    CVG_GROW(state->outputs, state->output_count, state->output_capacity);
    state->outputs[state->output_count++] = (struct cvg_init_output){
        .name = cvg_arena_strdup(found->arena, name),
        .kind = is_url(value) ? CVG_INIT_OUTPUT_URL : CVG_INIT_OUTPUT_HOST,
    };
}

/* ---- a Prometheus ---- */

/* "job:http_errors:ratio_rate5m", "slo:error_budget:burnrate1h". */
static bool is_ratio(const char *name)
{
    static const char *const words[] = {"burn", "error_ratio", "errors:ratio", "slo:sli_error"};
    for (size_t i = 0; i < CVG_COUNT(words); i++) {
        if (strstr(name, words[i])) {
            return true;
        }
    }
    return strstr(name, "error") && strstr(name, "rati");
}

static void add_name(struct cvg_init_found *found, const char *name, const char ***names,
                     size_t *count, size_t *capacity)
{
    if (*count < CVG_INIT_RULES && cvg_init_first(found, "rule", name)) {
        CVG_GROW(*names, *count, *capacity);
        (*names)[(*count)++] = cvg_arena_strdup(found->arena, name);
    }
}

void cvg_init_add_rule(struct cvg_init_found *found, const char *name, bool alerting,
                       const char *severity)
{
    struct cvg_init_metrics *metrics = &found->metrics;
    bool critical = alerting && cvg_text_equal(severity, "critical");
    metrics->alerting += alerting;
    metrics->recording += !alerting;
    metrics->critical |= critical;
    metrics->watchdog |= alerting && cvg_text_equal(name, "Watchdog");
    if (!is_of(name, "_:", 128) || (name[0] >= '0' && name[0] <= '9')) {
        if (critical) {
            cvg_init_note(found, "an alert whose name has signs in it: %s", name ? name : "");
        }
        return;
    }
    if (critical) {
        add_name(found, name, &metrics->criticals, &metrics->critical_count,
                 &metrics->critical_capacity);
    } else if (!alerting && is_ratio(name)) {
        add_name(found, name, &metrics->ratios, &metrics->ratio_count, &metrics->ratio_capacity);
    }
}

/* ---- order ---- */

static int compare_workloads(const void *a, const void *b)
{
    const struct cvg_init_workload *left = a, *right = b;
    int order = strcmp(left->namespace, right->namespace);
    if (order == 0) {
        order = (int)left->kind - (int)right->kind;
    }
    return order ? order : strcmp(left->name, right->name);
}

static int compare_modules(const void *a, const void *b)
{
    const struct cvg_init_module *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static int compare_outputs(const void *a, const void *b)
{
    const struct cvg_init_output *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static int compare_hosts(const void *a, const void *b)
{
    const struct cvg_init_host *left = a, *right = b;
    return strcmp(left->host, right->host);
}

static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    if (count > 0) {
        qsort(items, count, size, compare);
    }
}

void cvg_init_sort(struct cvg_init_found *found)
{
    struct cvg_init_cluster *cluster = &found->cluster;
    struct cvg_init_state *state = &found->state;
    sort(cluster->workloads, cluster->workload_count, sizeof *cluster->workloads,
         compare_workloads);
    sort(cluster->hosts, cluster->host_count, sizeof *cluster->hosts, compare_hosts);
    sort(state->modules, state->module_count, sizeof *state->modules, compare_modules);
    sort(state->outputs, state->output_count, sizeof *state->outputs, compare_outputs);
}
