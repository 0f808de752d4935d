/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of sources and checks, and plans; see config.h. */
#include "config.h"

#include "flavour.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define QUERY_LIMIT 65536

const struct cvg_field cvg_prom_source_fields[] = {
    {.name = "flavour",
     .doc = "What answers there: they differ in paths, parameters and in how they say that "
            "something is missing.",
     .default_text = "prometheus",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_prom_source_config, flavour),
     .choices = cvg_prom_flavour_choices},
    {.name = "tenant",
     .doc = "The tenant that is asked for, sent in the header that the flavour wants "
            "(X-Scope-OrgID, THANOS-TENANT).",
     .example = "shop",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_source_config, tenant),
     .max = 256},
    {.name = "parameters",
     .doc =
         "More parameters for each query, for servers that have some beyond Prometheus's own. "
         "What the flavour sends by itself, such as partial_response: \"false\", is left out where "
         "it is set here.",
     .example = "{nocache: \"1\"}",
     .type = CVG_FIELD_MAP,
     .offset = offsetof(struct cvg_prom_source_config, parameters)},
    {0},
};

static const char *const reduce_choices[] = {"single", "all", "any",   "min", "max",
                                             "sum",    "avg", "count", NULL};
static const char *const stand_in_choices[] = {"unknown", "ready", "failed", NULL};

static const struct cvg_field volume_fields[] = {
    {.name = "query",
     .doc = "A query for one number: how much traffic there is.",
     .example = "sum(rate(http_requests_total[5m]))",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_volume, query),
     .max = QUERY_LIMIT},
    {.name = "at_least",
     .doc = "Below this the value of the check's own query is not judged.",
     .example = "1",
     .type = CVG_FIELD_NUMBER,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct cvg_prom_volume, at_least)},
    {0},
};

const struct cvg_field cvg_prom_check_fields[] = {
    {.name = "query",
     .doc = "A PromQL query for an instant vector or a scalar. Leave the comparison out of it: "
            "that is what `ready` is for. A check has one of query, alerts, rules, slo, canary.",
     .example = "sum(rate(http_requests_total{code=~\"5..\"}[5m])) / "
                "sum(rate(http_requests_total[5m]))",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_check_config, query),
     .max = QUERY_LIMIT},
    {.name = "ready",
     .doc = "The value is ready when this holds: <, <=, >, >=, ==, != and a number, or a range "
            "with both ends in it. Required beside query.",
     .example = "\"< 0.01\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_check_config, ready),
     .max = 256},
    {.name = "degraded",
     .doc = "A value that is not ready is degraded, not failed, when this holds.",
     .example = "\"< 0.05\"",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_check_config, degraded),
     .max = 256},
    {.name = "reduce",
     .doc = "What to do with several series: single takes more than one for a mistake, all and "
            "any judge each of them, the others make one number.",
     .default_text = "single",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_prom_check_config, reduce),
     .choices = reduce_choices},
    {.name = "on_empty",
     .doc = "What an answer without any series means. With ready, use max_sample_age too: a "
            "query like up == 0 is also empty when nothing is scraped any more.",
     .default_text = "unknown",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_prom_check_config, on_empty),
     .choices = stand_in_choices},
    {.name = "min_volume",
     .doc = "Judge the value only when there is enough traffic for it to mean something.",
     .example = "{query: \"sum(rate(http_requests_total[5m]))\", at_least: 1}",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct cvg_prom_check_config, min_volume),
     .members = volume_fields,
     .member_size = sizeof(struct cvg_prom_volume)},
    {.name = "on_low_volume",
     .doc =
         "What less traffic than min_volume asks for means; also none at all in a window of slo, "
         "and fewer than min_events in canary.",
     .default_text = "unknown",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_prom_check_config, on_low_volume),
     .choices = stand_in_choices},
    {.name = "max_sample_age",
     .doc = "The oldest sample that may stand behind the value. Give it at least three scrape "
            "intervals.",
     .example = "45s",
     .type = CVG_FIELD_DURATION,
     .offset = offsetof(struct cvg_prom_check_config, max_sample_age),
     .min = 1000000000,
     .max = INT64_MAX},
    {.name = "sample_age_of",
     .doc = "The series whose samples max_sample_age looks at: a metric name, label matchers or "
            "both. May be left out where the query is nothing more itself.",
     .example = "http_requests_total{job=\"shop\"}",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_prom_check_config, sample_age_of),
     .max = QUERY_LIMIT},
    {.name = "alerts",
     .doc = "Instead of query: no alert that matches may fire, and a watchdog must.",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct cvg_prom_check_config, alerts),
     .members = cvg_prom_alerts_fields,
     .member_size = sizeof(struct cvg_prom_alerts)},
    {.name = "rules",
     .doc = "Instead of query: these rules exist, are healthy and were evaluated lately.",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct cvg_prom_check_config, rules),
     .members = cvg_prom_rules_fields,
     .member_size = sizeof(struct cvg_prom_rules)},
    {.name = "slo",
     .doc = "Instead of query: the error budget of an objective does not burn too fast, by the "
            "standard pairs of windows (1h and 5m, 6h and 30m, 1d and 2h, 3d and 6h).",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct cvg_prom_check_config, slo),
     .members = cvg_prom_slo_fields,
     .member_size = sizeof(struct cvg_prom_slo)},
    {.name = "canary",
     .doc = "Instead of query: a new track fails no more than a limit and no more than another "
            "track.",
     .type = CVG_FIELD_STRUCT,
     .offset = offsetof(struct cvg_prom_check_config, canary),
     .members = cvg_prom_canary_fields,
     .member_size = sizeof(struct cvg_prom_canary)},
    {0},
};

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

static int list_refers(const struct cvg_list *list)
{
    const char *const *items = list->items;
    size_t i = 0;
    while (i < list->count && !refers(items[i])) {
        i++;
    }
    return i < list->count;
}

static int alerts_refer(const struct cvg_prom_alerts *keys)
{
    return keys != NULL && (list_refers(&keys->match) || list_refers(&keys->watchdog));
}

static int rules_refer(const struct cvg_prom_rules *keys)
{
    return keys != NULL && (list_refers(&keys->names) || refers(keys->group));
}

static int slo_refers(const struct cvg_prom_slo *keys)
{
    return keys != NULL && (refers(keys->objective) || refers(keys->errors) || refers(keys->total));
}

static int canary_refers(const struct cvg_prom_canary *keys)
{
    return keys != NULL && (refers(keys->errors) || refers(keys->total) || refers(keys->canary) ||
                            refers(keys->baseline));
}

int cvg_prom_config_refers(const struct cvg_prom_check_config *config)
{
    return refers(config->query) || refers(config->ready) || refers(config->degraded) ||
           refers(config->sample_age_of) ||
           (config->min_volume != NULL && refers(config->min_volume->query)) ||
           alerts_refer(config->alerts) || rules_refer(config->rules) || slo_refers(config->slo) ||
           canary_refers(config->canary);
}

static int is_name_byte(char byte, int first)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           byte == ':' || (!first && byte >= '0' && byte <= '9');
}

/* Behind the closing quote of the string that begins here; NULL where it does not end. */
static const char *pass_string(const char *text)
{
    char quote = *text++;
    while (*text != '\0' && *text != quote) {
        if (*text == '\\' && quote != '`') {
            text++;
            if (*text == '\0') {
                return NULL;
            }
        }
        text++;
    }
    return *text == '\0' ? NULL : text + 1;
}

/* Behind the closing brace; NULL where there is none. A comment could hide it. */
static const char *pass_matchers(const char *text)
{
    text++;
    while (text != NULL && *text != '}') {
        if (*text == '\0' || strchr("#{[(", *text) != NULL) {
            return NULL;
        }
        text = strchr("\"'`", *text) != NULL ? pass_string(text) : text + 1;
    }
    return text != NULL ? text + 1 : NULL;
}

int cvg_prom_is_selector(const char *text)
{
    text += strspn(text, " \t\r\n");
    const char *start = text;
    while (is_name_byte(*text, text == start)) {
        text++;
    }
    int something = text != start;
    text += strspn(text, " \t\r\n");
    if (*text == '{') {
        text = pass_matchers(text);
        something = 1;
    }
    return something && text != NULL && text[strspn(text, " \t\r\n")] == '\0';
}

struct refusal {
    cvg_prom_refuse_key *refuse;
    void *arg;
    int refused;
};

static void refuse_key(struct refusal *refusal, const char *path, const char *text)
{
    refusal->refuse(refusal->arg, path, text);
    refusal->refused = 1;
}

static void make_condition(struct refusal *refusal, const char *path, const char *text,
                           enum cvg_prom_words words, struct cvg_kit_condition *ret)
{
    if (words == CVG_PROM_AS_WRITTEN && refers(text)) {
        return;
    }
    const char *wrong = cvg_kit_condition_parse(text, ret);
    if (wrong != NULL) {
        refuse_key(refusal, path, wrong);
    }
}

static void make_age(struct refusal *refusal, const struct cvg_prom_check_config *config,
                     enum cvg_prom_words words, struct cvg_prom_plan *plan)
{
    if (config->max_sample_age == CVG_ABSENT_INT) {
        if (config->sample_age_of != NULL) {
            refuse_key(refusal, "sample_age_of", "has no effect without max_sample_age");
        }
        return;
    }
    plan->age_selector = config->sample_age_of ? config->sample_age_of : config->query;
    if (plan->age_selector == NULL) {
        refuse_key(refusal, "max_sample_age",
                   "needs sample_age_of beside it: the series whose "
                   "samples must be young");
        return;
    }
    if ((words == CVG_PROM_AS_WRITTEN && refers(plan->age_selector)) ||
        cvg_prom_is_selector(plan->age_selector)) {
        return;
    }
    if (config->sample_age_of != NULL) {
        refuse_key(refusal, "sample_age_of",
                   "must be a metric name, label matchers or both, and nothing else: what comes "
                   "out of a function is as young as its evaluation");
    } else {
        refuse_key(refusal, "max_sample_age",
                   "needs sample_age_of beside it, since this query computes something: say whose "
                   "samples must be young, such as http_requests_total{job=\"shop\"}");
    }
}

int cvg_prom_plan_make(const struct cvg_prom_check_config *config, enum cvg_prom_words words,
                       cvg_prom_refuse_key *refuse, void *arg, struct cvg_prom_plan *ret)
{
    struct refusal refusal = {.refuse = refuse, .arg = arg};
    struct cvg_prom_plan plan = {.has_degraded = config->degraded != NULL};
    if (config->query != NULL && config->ready == NULL) {
        refuse_key(&refusal, "ready", "is required beside query: the condition for ready");
    } else if (config->ready != NULL) {
        make_condition(&refusal, "ready", config->ready, words, &plan.ready);
    }
    if (plan.has_degraded) {
        make_condition(&refusal, "degraded", config->degraded, words, &plan.degraded);
    }
    int whole = words == CVG_PROM_FILLED_IN || !(refers(config->ready) || refers(config->degraded));
    if (!refusal.refused && plan.has_degraded && whole &&
        cvg_kit_condition_covers(&plan.ready, &plan.degraded)) {
        refuse_key(&refusal, "degraded", "never applies: whatever it takes is ready already");
    }
    if (config->min_volume != NULL && !isfinite(config->min_volume->at_least)) {
        refuse_key(&refusal, "min_volume.at_least", "must be a finite number");
    }
    if (config->query != NULL && config->min_volume == NULL &&
        config->on_low_volume != CVG_PROM_UNKNOWN) {
        refuse_key(&refusal, "on_low_volume", "has no effect without min_volume");
    }
    make_age(&refusal, config, words, &plan);
    if (refusal.refused) {
        return -1;
    }
    *ret = plan;
    return 0;
}

static int is_printable(const char *text)
{
    while (*text > ' ' && *text < 0x7F) {
        text++;
    }
    return *text == '\0';
}

int cvg_prom_source_check(const struct cvg_prom_source_config *config, cvg_prom_refuse_key *refuse,
                          void *arg)
{
    static const char *const ours[] = {"query", "time", "timeout", "limit", "filter", NULL};
    const struct cvg_prom_flavour *flavour = cvg_prom_flavour(config->flavour);
    const struct cvg_pair *pairs = config->parameters.items;
    for (size_t i = 0; i < config->parameters.count; i++) {
        for (size_t j = 0; ours[j] != NULL; j++) {
            if (strcmp(pairs[i].name, ours[j]) == 0) {
                refuse(arg, "parameters",
                       "query, time, timeout, limit and filter are set by the module");
                return -1;
            }
        }
    }
    if (config->tenant != NULL && flavour->tenant_header == NULL) {
        refuse(arg, "tenant", flavour->tenant_hint);
        return -1;
    }
    if (config->tenant != NULL && !is_printable(config->tenant)) {
        refuse(arg, "tenant", "must be of printable ASCII without blanks");
        return -1;
    }
    return 0;
}
