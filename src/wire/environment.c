/* SPDX-License-Identifier: Apache-2.0 */
/* Readiness as JSON: every key in every document, in the order that people read. */
#include "wire/environment.h"

#include "base/time.h"
#include "gate/verdict.h"
#include "wire/document.h"
#include "wire/reading_parts.h"

#include <math.h>

/* Shares and scores are for people: four digits are plenty. */
static double rounded(double value)
{
    return round(value * 10000) / 10000;
}

static void add_plane(cJSON *root, const char *name, const struct cvg_plane_view *plane)
{
    cJSON *item = cvg_document_object();

    cvg_document_number(item, "ready", (double)plane->ready);
    cvg_document_number(item, "of", (double)plane->of);
    cvg_document_add(root, name, item);
}

static void add_check(cJSON *list, const struct cvg_check_view *view, int64_t wall_offset)
{
    const struct cvg_reading *reading = view->reading ? cvg_reading_get(view->reading) : NULL;
    cJSON *item = cvg_document_object();

    cvg_document_text(item, "name", view->rules->name);
    cvg_document_text(item, "status", cvg_status_text(view->steady.status));
    cvg_document_text(item, "reason", view->steady.reason);
    cvg_document_text(item, "message", reading ? reading->message : "");
    cvg_document_text(item, "plane", cvg_plane_text(view->rules->plane));
    cvg_document_text(item, "component", view->rules->component);
    cvg_document_text(item, "source", view->rules->source);
    cvg_document_bool(item, "required", view->rules->required);
    cvg_document_bool(item, "fresh", view->steady.fresh);
    cvg_document_value(item, reading);
    cvg_document_text(item, "expected", reading ? reading->expected : "");
    cvg_document_text(item, "observed", reading ? reading->observed : "");
    cvg_document_facts(item, reading);
    cvg_document_text(item, "revision", reading ? reading->revision : "");
    cvg_document_time(item, "observed_at", view->steady.observed_at, wall_offset);
    cvg_document_time(item, "since", view->steady.since, wall_offset);
    cvg_document_add(list, NULL, item);
}

static void add_component(cJSON *list, const struct cvg_component_view *component)
{
    cJSON *item = cvg_document_object();
    cJSON *bare = cvg_document_array();

    cvg_document_text(item, "name", component->name);
    cvg_document_text(item, "phase", cvg_phase_text(component->phase));
    cvg_document_number(item, "ready", (double)component->ready);
    cvg_document_number(item, "of", (double)component->of);
    add_plane(item, "declared", &component->planes[CVG_DECLARED]);
    add_plane(item, "observed", &component->planes[CVG_OBSERVED]);
    for (uint32_t plane = 0; plane < CVG_PLANE_COUNT; plane++) {
        if (!component->covered[plane]) {
            cvg_document_text(bare, NULL, cvg_plane_text(plane));
        }
    }
    cvg_document_add(item, "bare", bare);
    cvg_document_add(list, NULL, item);
}

int cvg_wire_environment_write(const char *environment, const struct cvg_readiness *readiness,
                               const char *const *gates, size_t gate_count, int64_t wall_offset,
                               struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    cJSON *checks = cvg_document_array();
    cJSON *components = cvg_document_array();
    cJSON *names = cvg_document_array();

    cvg_document_text(root, "environment", environment);
    cvg_document_text(root, "phase", cvg_phase_text(readiness->phase));
    cvg_document_number(root, "score", rounded(readiness->score));
    cvg_document_number(root, "coverage",
                        readiness->coverable
                            ? rounded((double)readiness->covered / (double)readiness->coverable)
                            : 1);
    if (readiness->has_lag) {
        cvg_document_number(root, "lag_s", rounded((double)readiness->lag_ns / 1e9));
    } else {
        cvg_document_null(root, "lag_s");
    }
    cvg_document_bool(root, "lag_open", readiness->lag_open);
    cvg_document_number(root, "ready", (double)readiness->ready);
    cvg_document_number(root, "of", (double)readiness->of);
    add_plane(root, "declared", &readiness->planes[CVG_DECLARED]);
    add_plane(root, "observed", &readiness->planes[CVG_OBSERVED]);
    cvg_document_bool(root, "declared_not_observed", readiness->declared_not_observed);
    for (size_t i = 0; i < readiness->component_count; i++) {
        add_component(components, &readiness->components[i]);
    }
    cvg_document_add(root, "components", components);
    for (size_t i = 0; i < readiness->check_count; i++) {
        add_check(checks, &readiness->checks[i], wall_offset);
    }
    cvg_document_add(root, "checks", checks);
    for (size_t i = 0; i < gate_count; i++) {
        cvg_document_text(names, NULL, gates[i]);
    }
    cvg_document_add(root, "gates", names);
    cvg_document_time(root, "updated_at", readiness->at, wall_offset);
    return cvg_document_print(root, ret);
}

int cvg_wire_environments_write(const struct cvg_wire_environment_row *rows, size_t count,
                                const char *next, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();
    cJSON *list = cvg_document_array();

    for (size_t i = 0; i < count; i++) {
        cJSON *item = cvg_document_object();
        cJSON *gates = cvg_document_object();
        cvg_document_text(item, "environment", rows[i].environment);
        cvg_document_text(item, "phase", cvg_phase_text(rows[i].phase));
        cvg_document_number(item, "score", rounded(rows[i].readiness->score));
        cvg_document_number(item, "ready", (double)rows[i].readiness->ready);
        cvg_document_number(item, "of", (double)rows[i].readiness->of);
        for (size_t k = 0; k < rows[i].gate_count; k++) {
            cvg_document_text(gates, rows[i].gates[k], cvg_verdict_text(rows[i].verdicts[k]));
        }
        cvg_document_add(item, "gates", gates);
        cvg_document_add(list, NULL, item);
    }
    cvg_document_add(root, "environments", list);
    cvg_document_text(root, "next", next);
    return cvg_document_print(root, ret);
}
