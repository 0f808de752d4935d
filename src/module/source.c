/* SPDX-License-Identifier: Apache-2.0 */
/* A source: its connection, its clock of callbacks, and its module's slips. */
#include "base/text.h"
#include "base/time.h"
#include "io/timer.h"
#include "module/instance_inner.h"
#include "module/table.h"

#include <convergate/number.h>

#include <assert.h>
#include <string.h>

#define BUDGET_NS    (5 * CVG_MS)
#define COMPLAINT_NS (20 * CVG_MS)

static const char *const slip_texts[CVG_SLIP_COUNT] = {
    [CVG_SLIP_COMPLETED_TWICE] = "it completed a run twice; the second reading is ignored",
    [CVG_SLIP_COMPLETED_LATE] = "it completed a run that was over; the reading is ignored",
    [CVG_SLIP_NO_READING] = "it handed over no reading, or one without a size",
    [CVG_SLIP_REPORTED_EARLY] = "it reported before its source was started",
    [CVG_SLIP_ALIVE] = "it called alive() but does not stream, or was not started",
    [CVG_SLIP_FOUND] = "it called found() without a discovery that was started, or with nothing",
    [CVG_SLIP_WAKE] = "it called wake() but streams, or was not started",
    [CVG_SLIP_CONFIG_ERROR] = "it refused configuration after it had been accepted",
    [CVG_SLIP_ENDPOINT] = "it set an endpoint that it does not have, or whose settings are bad",
    [CVG_SLIP_GROUP] = "it called group() after check_create, or without a key",
    [CVG_SLIP_TOO_MUCH_MEMORY] = "it wanted to remember too much, or nothing at all",
};

static void count_time(struct cvg_source *source, int64_t ns)
{
    int64_t now = cvg_time_now();
    if (source->excluded_at >= now - ns) {
        ns -= CVG_MIN(ns, source->excluded_ns);
    }
    source->excluded_ns = 0;
    source->stats.calls++;
    source->stats.longest_ns = CVG_MAX(source->stats.longest_ns, ns);
    if (ns <= BUDGET_NS) {
        return;
    }
    source->stats.over_budget++;
    if (ns > COMPLAINT_NS && cvg_complaint_raise(&source->slow, now)) {
        char took[CVG_NUMBER_TEXT];
        cvg_format_duration(ns, took, sizeof took);
        cvg_log(CVG_LOG_WARNING, "a callback of a module held everything up", "module",
                source->setup.module->name, "took", took, "source", source->setup.config->name,
                NULL);
    }
}

static void timed(void *owner, int64_t ns)
{
    count_time(owner, ns);
}

static void exchanged(void *owner, const struct cvg_exchange *exchange)
{
    struct cvg_source *source = owner;
    source->setup.events->exchanged(source->setup.ctx, source, exchange);
}

static const struct cvg_scope_hooks quiet_hooks = {.timed = timed};
static const struct cvg_scope_hooks telling_hooks = {.timed = timed, .exchanged = exchanged};
static const struct cvg_scope_hooks no_hooks = {0};

/* All scopes have the source as owner: it outlives them, also where a callback ends its own. */
void cvg_handle_init(struct cvg_handle *handle, struct cvg_source *source, int kind)
{
    bool tells = source->setup.events->exchanged != NULL;
    cvg_scope_init(&handle->scope, source->setup.loop, source->lane,
                   tells ? &telling_hooks : &quiet_hooks, source);
    handle->kind = kind;
}

int64_t cvg_source_enter(struct cvg_source *source)
{
    source->excluded_ns = 0;
    return cvg_time_now();
}

void cvg_source_leave(struct cvg_source *source, int64_t entered)
{
    count_time(source, cvg_time_now() - entered);
}

int64_t cvg_source_exclude(void)
{
    return cvg_time_now();
}

void cvg_source_exclude_end(struct cvg_source *source, int64_t began)
{
    int64_t now = cvg_time_now();
    source->excluded_ns += now - began;
    source->excluded_at = now;
}

void cvg_source_slip(struct cvg_source *source, const struct cvg_check *check, enum cvg_slip slip)
{
    source->stats.contract_faults++;
    if (cvg_complaint_raise(&source->slips[slip], cvg_time_now())) {
        cvg_log(CVG_LOG_WARNING, "a module broke its contract", "module",
                source->setup.module->name, "what", slip_texts[slip], "source",
                source->setup.config->name, "environment", check ? check->environment : NULL,
                "check", check ? check->config->name : NULL, NULL);
    }
}

static void free_spent(struct cvg_source *source)
{
    for (size_t i = 0; i < source->spent_count; i++) {
        cvg_arena_free(source->spent[i]);
    }
    source->spent_count = 0;
}

static void on_spent(void *arg, CVG_UNUSED struct cvg_op *op)
{
    free_spent(arg);
}

void cvg_source_spend(struct cvg_source *source, struct cvg_arena *arena)
{
    if (!arena) {
        return;
    }
    if (source->spent_count == 0) {
        cvg_timer_start(&source->inner, 0, on_spent, source);
    }
    CVG_GROW(source->spent, source->spent_count, source->spent_capacity);
    source->spent[source->spent_count++] = arena;
}

/* What the operator wrote about limits and the way there holds also for a connection whose address
 * and credentials the module learned elsewhere. */
static void merge_limits(struct cvg_endpoint *into, const struct cvg_endpoint *operators)
{
    if (operators->size == 0) {
        return;
    }
    if (!into->proxy) {
        into->proxy = operators->proxy;
    }
    if (into->concurrency == 0) {
        into->concurrency = operators->concurrency;
    }
    if (into->max_body == 0) {
        into->max_body = operators->max_body;
    }
    if (into->connect_timeout_ns == 0) {
        into->connect_timeout_ns = operators->connect_timeout_ns;
    }
    into->allow_link_local |= operators->allow_link_local;
}

static bool has_header(const struct cvg_list *headers, const char *name)
{
    const struct cvg_pair *pairs = headers->items;
    for (size_t i = 0; i < headers->count; i++) {
        if (pairs[i].name && cvg_text_equal_nocase(pairs[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* The module's headers, and those of the operator that it does not have. Returns what the caller
 * frees. */
static struct cvg_pair *merge_headers(struct cvg_endpoint *into,
                                      const struct cvg_endpoint *operators)
{
    const struct cvg_pair *written = operators->headers.items;
    size_t count = into->headers.count;
    struct cvg_pair *pairs =
        cvg_alloc_array(count + operators->headers.count + 1, sizeof(struct cvg_pair));
    if (count) {
        memcpy(pairs, into->headers.items, count * sizeof(struct cvg_pair));
    }
    for (size_t i = 0; i < operators->headers.count; i++) {
        if (!has_header(&into->headers, written[i].name)) {
            pairs[count++] = written[i];
        }
    }
    into->headers = (struct cvg_list){.count = count, .items = pairs};
    return pairs;
}

/* Only the limits are the module's: the connection stays the operator's. */
static void keep_connection(struct cvg_endpoint *into, const struct cvg_endpoint *operators)
{
    struct cvg_endpoint limits = *into;
    *into = *operators;
    into->concurrency = limits.concurrency;
    into->max_body = limits.max_body;
    into->connect_timeout_ns = limits.connect_timeout_ns;
    into->headers = limits.headers;
}

/* Tells where the operator or, in a log line, whoever maintains the module can see it. */
static void refuse_endpoint(struct cvg_source *source, const char *why)
{
    const struct cvg_source_config *config = source->setup.config;
    if (source->creating) {
        source->refusals++;
        cvg_diagnostics_error(source->creating, config->node, "source '%s': %s", config->name, why);
        return;
    }
    cvg_source_slip(source, NULL, CVG_SLIP_ENDPOINT);
    cvg_log(CVG_LOG_ERROR, "new connection settings are refused; the old ones go on", "source",
            config->name, "why", why, NULL);
}

void cvg_source_set_endpoint(struct cvg_source *source, const struct cvg_endpoint *endpoint)
{
    if (!source->owns_lane) {
        refuse_endpoint(source, source->setup.via
                                    ? "its module sets an endpoint, but it uses another's (via)"
                                    : "its module sets an endpoint, but declares to have none");
        return;
    }
    if (!endpoint) {
        refuse_endpoint(source, "its module sets no endpoint at all");
        return;
    }
    struct cvg_endpoint settings;
    const struct cvg_endpoint *operators = &source->setup.config->endpoint;
    cvg_table_copy(&settings, sizeof settings, endpoint);
    if (!settings.url && operators->url) {
        keep_connection(&settings, operators);
    }
    merge_limits(&settings, operators);
    CVG_CLEANUP(cvg_free_pointer) struct cvg_pair *pairs = merge_headers(&settings, operators);
    struct cvg_error error;
    if (cvg_lane_check(&settings, &error) < 0 ||
        cvg_lane_set(source->lane, &settings, &error) < 0) {
        refuse_endpoint(source, error.text);
    }
}

/* The connection: another source's, its own, or none. */
static int open_lane(struct cvg_source *source, struct cvg_diagnostics *diagnostics)
{
    const struct cvg_source_config *config = source->setup.config;
    if (source->setup.via) {
        source->lane = source->setup.via->lane;
        if (!source->lane) {
            cvg_diagnostics_error(diagnostics, cvg_node_at(config->node, "via"),
                                  "source '%s': '%s' has no connection that it could lend",
                                  config->name, source->setup.via->setup.config->name);
            return CVG_E_INVALID;
        }
        return 0;
    }
    if (config->endpoint.size == 0) {
        return 0;
    }
    struct cvg_error error;
    if (cvg_lane_check(&config->endpoint, &error) < 0 ||
        cvg_lane_new(source->setup.loop, &config->endpoint, &source->lane, &error) < 0) {
        cvg_diagnostics_error(diagnostics, config->node, "source '%s': %s", config->name,
                              error.text);
        return CVG_E_INVALID;
    }
    source->owns_lane = true;
    return 0;
}

/* Nothing of the module's is left when this returns. */
static void dispose(struct cvg_source *source)
{
    cvg_scope_end(&source->handle.scope);
    cvg_scope_end(&source->inner);
    free_spent(source);
    free(source->spent);
    if (source->owns_lane) {
        cvg_lane_free(source->lane);
    }
    cvg_made_secrets_free(source->secrets);
    cvg_batch_leave(source->batch);
    cvg_arena_free(source->arena);
    free(source);
}

static int create(struct cvg_source *source, struct cvg_diagnostics *diagnostics)
{
    const struct cvg_module *module = source->setup.module;
    const struct cvg_source_config *config = source->setup.config;
    const void *settings = cvg_config_source_settings(config, source->arena);
    source->creating = diagnostics;
    int64_t entered = cvg_source_enter(source);
    int32_t refused = module->source_create(&cvg_host_table, source, settings, &source->state);
    cvg_source_leave(source, entered);
    source->creating = NULL;
    if (refused && source->refusals == 0) {
        cvg_diagnostics_error(diagnostics, config->node,
                              "source '%s': module '%s' refuses it without saying why",
                              config->name, module->name);
    }
    if (!refused && source->refusals > 0) {
        cvg_scope_end(&source->handle.scope);
        module->source_destroy(source->state);
    }
    return refused || source->refusals > 0 ? CVG_E_INVALID : 0;
}

int cvg_source_new(const struct cvg_source_setup *setup, struct cvg_diagnostics *diagnostics,
                   struct cvg_source **ret)
{
    struct cvg_source *source = CVG_NEW(struct cvg_source);
    source->setup = *setup;
    source->arena = cvg_arena_new();
    cvg_scope_init(&source->inner, setup->loop, NULL, &no_hooks, source);
    int code = open_lane(source, diagnostics);
    cvg_handle_init(&source->handle, source, CVG_HANDLE_SOURCE);
    if (code == 0) {
        code = create(source, diagnostics);
    }
    if (code < 0) {
        dispose(source);
        return code;
    }
    *ret = source;
    return 0;
}

void cvg_source_adopt(struct cvg_source *source, const struct cvg_source_config *config,
                      const struct cvg_instance_events *events, void *ctx)
{
    source->setup.config = config;
    source->setup.events = events;
    source->setup.ctx = ctx;
}

void cvg_source_start(struct cvg_source *source)
{
    assert(!source->started);
    source->started = true;
    if (source->setup.module->source_start) {
        int64_t entered = cvg_source_enter(source);
        source->setup.module->source_start(source->state);
        cvg_source_leave(source, entered);
    }
}

void cvg_source_free(struct cvg_source *source)
{
    if (!source) {
        return;
    }
    assert(source->checks == 0);
    cvg_scope_end(&source->handle.scope);
    source->setup.module->source_destroy(source->state);
    dispose(source);
}

const struct cvg_source_config *cvg_source_config(const struct cvg_source *source)
{
    return source->setup.config;
}

struct cvg_lane *cvg_source_lane(struct cvg_source *source)
{
    return source->lane;
}

struct cvg_callback_stats cvg_source_callbacks(const struct cvg_source *source)
{
    return source->stats;
}
