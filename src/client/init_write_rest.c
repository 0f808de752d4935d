/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of a state and of a Prometheus, and probes of what both and the cluster say is reachable. */
#include "base/text.h"
#include "client/init_write_inner.h"

#include <convergate/number.h>

#include <string.h>

/* ---- a Terraform state ---- */

static const char *list_modules(struct cvg_init_found *found)
{
    const char *names[CVG_INIT_MODULES];
    for (size_t i = 0; i < found->state.module_count; i++) {
        names[i] = cvg_arena_format(found->arena, "module.%s", found->state.modules[i].name);
    }
    return cvg_init_scalars(found, names, found->state.module_count);
}

static const char *list_outputs(struct cvg_init_found *found)
{
    const char *names[CVG_INIT_OUTPUTS];
    for (size_t i = 0; i < found->state.output_count; i++) {
        names[i] = found->state.outputs[i].name;
    }
    return cvg_init_scalars(found, names, found->state.output_count);
}

void cvg_init_write_state(struct cvg_init_writer *writer)
{
    struct cvg_init_found *found = writer->found;
    const struct cvg_init_state *state = &found->state;
    if (!state->read) {
        return;
    }
    bool ready = state->trial == CVG_INIT_READY;
    cvg_buf_printf(writer->out, "      # What is declared: %zu %s in the state.\n",
                   state->resources, cvg_plural(state->resources, "resource", "resources"));
    if (!ready) {
        cvg_buf_printf(writer->out,
                       "      # Not required, as it was not ready when this was written: %s\n",
                       cvg_init_shown(found, state->why));
    }
    cvg_buf_printf(writer->out, "      %s:\n        source: infra\n",
                   cvg_init_check(writer, "infra", ready));
    if (state->module_count) {
        cvg_buf_printf(writer->out, "        resources: %s\n", list_modules(found));
    }
    if (state->output_count) {
        cvg_buf_printf(writer->out, "        outputs: %s\n", list_outputs(found));
    }
    cvg_buf_puts(writer->out, ready ? "" : "        required: false\n");
    if (state->modules_over) {
        cvg_init_note(found, "%zu more modules of the state", state->modules_over);
    }
    size_t silent = state->outputs_seen - state->outputs_secret;
    if (silent > state->output_count) {
        cvg_init_note(
            found, "%zu %s no host and no URL", silent - state->output_count,
            cvg_plural(silent - state->output_count, "output that names", "outputs that name"));
    }
    if (state->outputs_secret) {
        cvg_init_note(found, "%zu sensitive %s", state->outputs_secret,
                      cvg_plural(state->outputs_secret, "output", "outputs"));
    }
}

/* ---- a Prometheus ---- */

static void write_up(struct cvg_init_writer *writer)
{
    const struct cvg_init_metrics *metrics = &writer->found->metrics;
    bool ready = metrics->up == CVG_INIT_READY;
    if (metrics->up == CVG_INIT_CANNOT) {
        cvg_init_note(writer->found, "what is scraped: %s", metrics->up_why ? metrics->up_why : "");
        return;
    }
    cvg_buf_printf(writer->out, "      # What is scraped answers (%zu %s).\n", metrics->jobs,
                   cvg_plural(metrics->jobs, "job", "jobs"));
    if (!ready) {
        cvg_buf_printf(writer->out,
                       "      # Not required, as it was not ready when this was written: %s\n",
                       cvg_init_shown(writer->found, metrics->up_why));
    }
    cvg_buf_printf(writer->out,
                   "      %s: {source: metrics, query: avg(up), ready: \">= 0.9\"%s}\n",
                   cvg_init_check(writer, "targets", ready), ready ? "" : ", required: false");
}

static void write_alerts(struct cvg_init_writer *writer)
{
    const struct cvg_init_metrics *metrics = &writer->found->metrics;
    bool ready = metrics->alerts == CVG_INIT_READY;
    if (!metrics->critical) {
        return;
    }
    if (!metrics->watchdog) {
        cvg_init_note(writer->found, "critical alerts: nothing firing is good news only while an "
                                     "alert Watchdog always fires, and there is no such rule");
        return;
    }
    cvg_buf_puts(writer->out,
                 "      # No critical alert fires, and alerts are evaluated at all.\n");
    if (!ready) {
        cvg_buf_printf(writer->out,
                       "      # Not required, as it was not ready when this was written: %s\n",
                       cvg_init_shown(writer->found, metrics->alerts_why));
    }
    cvg_buf_printf(writer->out,
                   "      %s: {source: metrics, alerts: {match: ['severity=\"critical\"']}%s}\n",
                   cvg_init_check(writer, "alerts", ready), ready ? "" : ", required: false");
}

void cvg_init_write_metrics(struct cvg_init_writer *writer)
{
    struct cvg_init_found *found = writer->found;
    const struct cvg_init_metrics *metrics = &found->metrics;
    if (!metrics->read) {
        return;
    }
    cvg_buf_printf(writer->out, "\n      # Prometheus: %zu alerting and %zu recording rules.\n",
                   metrics->alerting, metrics->recording);
    write_up(writer);
    write_alerts(writer);
    if (metrics->critical_count) {
        cvg_buf_puts(writer->out,
                     "      # The rules of critical alerts are healthy and evaluated.\n");
        cvg_buf_printf(
            writer->out,
            "      %s: {source: metrics, rules: {names: %s}, required: false, interval: 1m}\n",
            cvg_init_check(writer, "rules", false),
            cvg_init_scalars(found, metrics->criticals, metrics->critical_count));
    }
    for (size_t i = 0; i < metrics->ratio_count; i++) {
        cvg_buf_printf(writer->out,
                       "%s      # ratio-%zu: {source: metrics, query: %s, ready: \"< "
                       "0.01\", reduce: max}\n",
                       i ? ""
                         : "      # Rules that look like error ratios or burn rates. Where 1 % is "
                           "the right bound:\n",
                       i + 1, cvg_init_scalar(found, metrics->ratios[i]));
    }
    if (metrics->critical_count >= CVG_INIT_RULES) {
        cvg_init_note(found, "critical alerts beyond the first %d", CVG_INIT_RULES);
    }
}

/* ---- probes ---- */

/* A check, or a comment where its module is not here. keys: what comes after the source. */
static void write_probe(struct cvg_init_writer *writer, const char *module, bool live,
                        const char *name, const char *keys)
{
    const char *check = cvg_arena_format(writer->found->arena, "%s-%s", name, module);
    cvg_buf_printf(
        writer->out, "      %s%s: {source: %s, %s, required: false}\n", live ? "" : "# ",
        cvg_init_scalar(writer->found, live ? cvg_init_check(writer, check, false)
                                            : cvg_init_name(writer->found, check, "probe")),
        module, keys);
}

static void write_host(struct cvg_init_writer *writer, const char *name, const char *host, bool tls)
{
    struct cvg_arena *arena = writer->found->arena;
    const struct cvg_init_live *live = writer->live;
    write_probe(writer, "dns", live->dns, name, cvg_arena_format(arena, "name: \"%s\"", host));
    if (tls) {
        write_probe(writer, "tls", live->tls, name, cvg_arena_format(arena, "host: \"%s\"", host));
    }
    write_probe(writer, "http", live->http, name,
                cvg_arena_format(arena, "url: \"%s://%s/\"", tls ? "https" : "http", host));
}

static void write_output(struct cvg_init_writer *writer, const struct cvg_init_output *output)
{
    struct cvg_arena *arena = writer->found->arena;
    const char *fact = cvg_arena_format(arena, "${checks.infra.facts.outputs.%s}", output->name);
    const char *name = cvg_arena_format(arena, "out-%s", output->name);
    if (output->kind == CVG_INIT_OUTPUT_URL) {
        write_probe(writer, "http", writer->live->http, name,
                    cvg_arena_format(arena, "url: \"%s\"", fact));
    } else {
        write_host(writer, name, fact, true);
    }
}

void cvg_init_write_probes(struct cvg_init_writer *writer)
{
    struct cvg_init_found *found = writer->found;
    const struct cvg_init_live *live = writer->live;
    if (!found->state.output_count && !found->cluster.host_count) {
        return;
    }
    cvg_buf_puts(writer->out, "\n      # What is declared, held against what answers. Not required "
                              "until it is known to answer from here.\n");
    if (!live->dns || !live->tls || !live->http) {
        cvg_buf_puts(writer->out, "      # Those in comments need modules that are not installed "
                                  "(and sources: `dns: {type: dns}`).\n");
    }
    for (size_t i = 0; i < found->state.output_count; i++) {
        write_output(writer, &found->state.outputs[i]);
    }
    for (size_t i = 0; i < found->cluster.host_count; i++) {
        const struct cvg_init_host *host = &found->cluster.hosts[i];
        cvg_buf_printf(writer->out, "      # %s\n", host->from);
        write_host(writer, cvg_arena_format(found->arena, "host-%s", host->host), host->host,
                   host->tls);
    }
}
