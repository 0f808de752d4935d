/* SPDX-License-Identifier: Apache-2.0 */
/* The voices held against each other; see judge.h. */
#include "judge.h"

#include "kit/memory.h"
#include "kit/text.h"
#include "opinion.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

#define NS_A_MS     INT64_C(1000000)
#define VALUES_TOLD 24   /* as facts */
#define VALUE_TOLD  1000 /* bytes: longer ones would be cut, and then not be true */

struct council {
    const struct cvg_dns_plan *plan;
    const struct cvg_dns_voice *voices;
    const struct cvg_dns_opinion *opinions;
    size_t count;
};

static size_t with_status(const struct council *council, uint32_t status)
{
    size_t count = 0;
    for (size_t i = 0; i < council->count; i++) {
        count += council->opinions[i].status == status;
    }
    return count;
}

/* The first with this status, which is there. */
static size_t first_with(const struct council *council, uint32_t status)
{
    size_t i = 0;
    while (council->opinions[i].status != status) {
        i++;
    }
    return i;
}

/* Of those that are as wanted, the most that say the same; *ret: the first of them. */
static size_t largest_group(const struct council *council, size_t *ret)
{
    size_t most = 0;
    for (size_t i = 0; i < council->count; i++) {
        size_t size = 0;
        for (size_t j = 0; j < council->count && council->opinions[i].status == CVG_READY; j++) {
            size += council->opinions[j].status == CVG_READY &&
                    cvg_dns_opinion_same(&council->opinions[i], &council->opinions[j]);
        }
        if (size > most) {
            most = size;
            *ret = i;
        }
    }
    return most;
}

static size_t needed(const struct council *council)
{
    switch (council->plan->agree) {
    case CVG_DNS_ANY:
        return 1;
    case CVG_DNS_MAJORITY:
        return council->count / 2 + 1;
    default:
        return council->count;
    }
}

/* ---- saying it ---- */

static void say_each(const struct council *council, struct cvg_kit_text *text)
{
    for (size_t i = 0; i < council->count; i++) {
        if (council->count > 1) {
            cvg_kit_text_format(text, "%s%s: ", i == 0 ? "" : "; ", council->voices[i].label);
        }
        cvg_kit_text_add(text, council->opinions[i].says);
    }
    if (council->count == 1) {
        cvg_kit_text_format(text, " (%s)", council->voices[0].label);
    }
}

static void conclude(const struct council *council, uint32_t status, enum cvg_dns_reason reason,
                     size_t agreeing, struct cvg_kit_finding *finding)
{
    char words[1000];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    if (status == CVG_READY && agreeing == council->count && council->count > 1) {
        cvg_kit_text_format(&text, "all %zu servers: %s", agreeing, council->opinions[0].says);
    } else {
        say_each(council, &text);
    }
    cvg_kit_finding_say(finding, status, cvg_dns_reason(reason), "%s", words);
}

static const char *say_wanted(const struct cvg_dns_plan *plan, struct cvg_kit_finding *finding)
{
    char words[400];
    struct cvg_kit_text text;
    const char *type = plan->type == CVG_DNS_BOTH ? "A and AAAA" : cvg_dns_type_choices[plan->type];
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_format(&text, "%s of %s", type, plan->name);
    if (plan->wanted_count > 0) {
        cvg_kit_text_add(&text, plan->exact ? ": " : ": with ");
        cvg_dns_values_say(&text, (const char *const *)plan->wanted, plan->wanted_count);
    }
    if (plan->count != CVG_ABSENT_INT) {
        cvg_kit_text_format(&text, ": %lld", (long long)plan->count);
    }
    if (plan->at_least != CVG_ABSENT_INT) {
        cvg_kit_text_format(&text, ": at least %lld", (long long)plan->at_least);
    }
    if (plan->has_serial) {
        cvg_kit_text_format(&text, ": serial at least %u", plan->serial);
    }
    return cvg_kit_finding_text(finding, "%s", words);
}

/* ---- facts ---- */

static int64_t whole_ms(int64_t ns)
{
    return (ns + NS_A_MS / 2) / NS_A_MS;
}

static void tell_values(const struct cvg_dns_plan *plan, const struct cvg_dns_opinion *opinion,
                        struct cvg_kit_finding *finding)
{
    int addresses =
        plan->type == CVG_DNS_A || plan->type == CVG_DNS_AAAA || plan->type == CVG_DNS_BOTH;
    for (size_t i = 0; i < opinion->count && i < VALUES_TOLD; i++) {
        char name[32];
        struct cvg_kit_text text;
        cvg_kit_text_init(&text, name, sizeof(name));
        cvg_kit_text_format(&text, "%s.%zu", addresses ? "addresses" : "values", i);
        if (strlen(opinion->values[i]) <= VALUE_TOLD) {
            cvg_kit_finding_fact(finding, name, "%s", opinion->values[i]);
        }
    }
}

/* What is not one truth is not told: those who take facts would act on half of it. */
static const struct cvg_dns_opinion *one_truth(const struct council *council)
{
    const struct cvg_dns_opinion *found = NULL;
    for (size_t i = 0; i < council->count; i++) {
        const struct cvg_dns_opinion *each = &council->opinions[i];
        if (each->status == CVG_UNKNOWN) {
            continue;
        }
        if (found != NULL && !cvg_dns_opinion_same(found, each)) {
            return NULL;
        }
        found = found != NULL ? found : each;
    }
    return found;
}

/* The few that everybody wants first: there is room for the others where values are long. */
static void tell(const struct council *council, const struct cvg_dns_opinion *opinion,
                 size_t agreeing, struct cvg_kit_finding *finding)
{
    if (council->count > 1) {
        cvg_kit_finding_metric(finding, "servers", (int64_t)council->count);
        cvg_kit_finding_metric(finding, "agreeing", (int64_t)agreeing);
    }
    if (opinion == NULL) {
        return;
    }
    const struct cvg_dns_voice *voice = &council->voices[opinion - council->opinions];
    cvg_kit_finding_metric(finding, "count", (int64_t)opinion->count);
    cvg_kit_finding_metric(finding, "response_ms", whole_ms(voice->took_ns));
    cvg_kit_finding_fact(finding, "server", "%s", voice->label);
    if (opinion->count > 0) {
        cvg_kit_finding_metric(finding, "ttl", opinion->ttl);
        finding->reading.observed = cvg_kit_finding_text(finding, "%s", opinion->says);
    }
    if (opinion->has_serial) {
        cvg_kit_finding_metric(finding, "serial", opinion->serial);
        finding->reading.revision = cvg_kit_finding_text(finding, "%u", opinion->serial);
    }
    if (opinion->alias_end != NULL && strlen(opinion->alias_end) <= VALUE_TOLD) {
        cvg_kit_finding_fact(finding, "canonical_name", "%s", opinion->alias_end);
    }
    tell_values(council->plan, opinion, finding);
}

/* ---- the whole ---- */

static void decide(const struct council *council, struct cvg_kit_finding *finding)
{
    size_t member = 0;
    size_t agreeing = largest_group(council, &member);
    size_t ready = with_status(council, CVG_READY);
    size_t unknown = with_status(council, CVG_UNKNOWN);
    if (agreeing >= needed(council)) {
        conclude(council, CVG_READY, council->opinions[member].reason, agreeing, finding);
        tell(council, &council->opinions[member], agreeing, finding);
        return;
    }
    uint32_t status = CVG_PROGRESSING;
    enum cvg_dns_reason reason = CVG_DNS_REASON_SERVERS_DISAGREE;
    if (unknown > 0 && agreeing + unknown >= needed(council)) {
        /* They might say what is still missing. */
        status = CVG_UNKNOWN;
        reason = council->opinions[first_with(council, CVG_UNKNOWN)].reason;
    } else if (ready + unknown < council->count) {
        reason = council->opinions[first_with(council, CVG_PROGRESSING)].reason;
    }
    conclude(council, status, reason, agreeing, finding);
    tell(council, one_truth(council), agreeing, finding);
}

void cvg_dns_judge(const struct cvg_dns_plan *plan, const struct cvg_dns_voice *voices,
                   size_t count, struct cvg_kit_finding *finding)
{
    struct cvg_dns_opinion *opinions = cvg_kit_alloc(count * sizeof(*opinions));
    for (size_t i = 0; i < count; i++) {
        cvg_dns_opinion_make(plan, &voices[i], &opinions[i]);
    }
    const struct council council = {
        .plan = plan, .voices = voices, .opinions = opinions, .count = count};
    decide(&council, finding);
    finding->reading.expected = say_wanted(plan, finding);
    free(opinions);
}
