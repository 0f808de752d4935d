/* SPDX-License-Identifier: Apache-2.0 */
/* What a check asks; see inquiry.h. */
#include "inquiry.h"

#include "compose.h"
#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

void cvg_prom_planning_refuse(struct cvg_prom_planning *planning, const char *path,
                              const char *text)
{
    planning->refuse(planning->arg, path, text);
    planning->refused = 1;
}

void cvg_prom_planning_want(struct cvg_prom_planning *planning, enum cvg_prom_api api, char *text)
{
    struct cvg_prom_inquiry *inquiry = planning->inquiry;
    size_t size = sizeof(*inquiry->wanted);
    inquiry->wanted = cvg_kit_resize(inquiry->wanted, inquiry->count + 1, size);
    struct cvg_prom_wanted *wanted = &inquiry->wanted[inquiry->count++];
    wanted->api = api;
    wanted->text = text;
}

void cvg_prom_planning_template(struct cvg_prom_planning *planning, const char *path,
                                const char *template, const char *placeholder)
{
    char words[160];
    struct cvg_kit_text text;
    if (strstr(template, placeholder) != NULL) {
        return;
    }
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_format(&text, "lacks %s, the place for what is filled in for each query",
                        placeholder);
    cvg_prom_planning_refuse(planning, path, words);
}

/* ---- which kind, and which keys go with it ---- */

static const struct cvg_prom_kind *choose_kind(struct cvg_prom_planning *planning)
{
    const struct cvg_prom_check_config *config = planning->inquiry->config;

    const struct {
        const void *key;
        const struct cvg_prom_kind *kind;
    } kinds[] = {{config->query, &cvg_prom_kind_query},
                 {config->alerts, &cvg_prom_kind_alerts},
                 {config->rules, &cvg_prom_kind_rules},
                 {config->slo, &cvg_prom_kind_slo},
                 {config->canary, &cvg_prom_kind_canary}};
    const struct cvg_prom_kind *found = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].key != NULL && found != NULL) {
            char words[96];
            struct cvg_kit_text text;
            cvg_kit_text_init(&text, words, sizeof(words));
            cvg_kit_text_format(&text, "makes another kind of check than %s: one of them must go",
                                found->key);
            cvg_prom_planning_refuse(planning, kinds[i].kind->key, words);
        } else if (kinds[i].key != NULL) {
            found = kinds[i].kind;
        }
    }
    if (found == NULL) {
        cvg_prom_planning_refuse(planning, "",
                                 "needs one of query, alerts, rules, slo and canary: the key says "
                                 "what kind of check it is");
    }
    return found;
}

static void refuse_stray_keys(struct cvg_prom_planning *planning)
{
    const struct cvg_prom_inquiry *inquiry = planning->inquiry;
    const struct cvg_prom_check_config *config = inquiry->config;
    int is_query = inquiry->kind == &cvg_prom_kind_query;

    const struct {
        const char *path;
        int stands, may;
    } keys[] = {
        {"ready", config->ready != NULL, is_query},
        {"degraded", config->degraded != NULL, is_query},
        {"reduce", config->reduce != CVG_PROM_SINGLE, is_query},
        {"on_empty", config->on_empty != CVG_PROM_UNKNOWN, is_query},
        {"min_volume", config->min_volume != NULL, inquiry->kind->guarded != 0},
        {"on_low_volume", config->on_low_volume != CVG_PROM_UNKNOWN, inquiry->kind->guarded != 0},
        {"max_sample_age", config->max_sample_age != CVG_ABSENT_INT, inquiry->kind->guarded != 0},
        {"sample_age_of", config->sample_age_of != NULL, inquiry->kind->guarded != 0},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].stands && !keys[i].may) {
            char words[96];
            struct cvg_kit_text text;
            cvg_kit_text_init(&text, words, sizeof(words));
            cvg_kit_text_format(&text, "has no effect beside %s", inquiry->kind->key);
            cvg_prom_planning_refuse(planning, keys[i].path, words);
        }
    }
}

/* ---- guards ---- */

static char *copy(const char *words)
{
    struct cvg_prom_string string = {0};
    cvg_prom_string_put(&string, words);
    return cvg_prom_string_take(&string);
}

/* The oldest sample, not the newest: one series that still comes must not hide that the others
 * have stopped. */
static char *age_query(const char *selector)
{
    struct cvg_prom_string string = {0};
    cvg_prom_string_fill(&string, "time() - min(timestamp($series))", "$series", selector);
    return cvg_prom_string_take(&string);
}

static void want_guards(struct cvg_prom_planning *planning)
{
    struct cvg_prom_inquiry *inquiry = planning->inquiry;
    inquiry->own = inquiry->count;
    if (inquiry->config->min_volume != NULL) {
        cvg_prom_planning_want(planning, CVG_PROM_QUERY, copy(inquiry->config->min_volume->query));
    }
    if (inquiry->plan.age_selector != NULL) {
        if (!inquiry->flavour->timestamps) {
            cvg_prom_planning_refuse(planning, "max_sample_age",
                                     "cannot be asked of this flavour: it has no timestamp()");
        }
        cvg_prom_planning_want(planning, CVG_PROM_QUERY, age_query(inquiry->plan.age_selector));
    }
}

/* ---- the whole ---- */

int cvg_prom_inquiry_make(const struct cvg_prom_check_config *config,
                          const struct cvg_prom_flavour *flavour, enum cvg_prom_words words,
                          cvg_prom_refuse_key *refuse, void *arg, struct cvg_prom_inquiry *ret)
{
    struct cvg_prom_planning planning = {
        .inquiry = ret, .words = words, .refuse = refuse, .arg = arg};
    *ret = (struct cvg_prom_inquiry){.config = config, .flavour = flavour};
    ret->kind = choose_kind(&planning);
    if (ret->kind != NULL) {
        refuse_stray_keys(&planning);
    }
    if (!planning.refused && cvg_prom_plan_make(config, words, refuse, arg, &ret->plan) < 0) {
        planning.refused = 1;
    }
    if (ret->kind != NULL && !planning.refused) {
        ret->kind->plan(&planning);
        want_guards(&planning);
    }
    if (planning.refused) {
        cvg_prom_inquiry_done(ret);
        return -1;
    }
    return 0;
}

void cvg_prom_inquiry_done(struct cvg_prom_inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->count; i++) {
        free(inquiry->wanted[i].text);
    }
    free(inquiry->wanted);
    *inquiry = (struct cvg_prom_inquiry){0};
}

void cvg_prom_inquiry_take(const struct cvg_prom_inquiry *inquiry, size_t which,
                           const struct cvg_prom_answer *answer, struct cvg_prom_held *held)
{
    if (which < inquiry->own) {
        inquiry->kind->take(inquiry, which, answer, held);
    } else if (which == inquiry->own && inquiry->config->min_volume != NULL) {
        cvg_prom_judge_volume(answer, &held->parts[which]);
    } else {
        cvg_prom_judge_age(inquiry->config, answer, &held->parts[which]);
    }
}

void cvg_prom_inquiry_conclude(const struct cvg_prom_inquiry *inquiry, struct cvg_prom_held *held)
{
    const struct cvg_prom_part *guards = &held->parts[inquiry->own];
    int has_volume = inquiry->config->min_volume != NULL;
    if (inquiry->kind->conclude != NULL) {
        inquiry->kind->conclude(inquiry, held);
    }
    cvg_prom_conclude(inquiry->config, has_volume ? guards : NULL,
                      inquiry->plan.age_selector != NULL ? guards + has_volume : NULL,
                      &held->finding);
}
