/* SPDX-License-Identifier: Apache-2.0 */
#include "draw.h"

#include "base/macros.h"
#include "base/text.h"
#include "model/reason.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint32_t status_of(const char *text)
{
    for (uint32_t status = 0; status < CVG_STATUS_COUNT; status++) {
        if (strcmp(cvg_status_text(status), text) == 0) {
            return status;
        }
    }
    fail_msg("no status '%s'", text);
    return CVG_UNKNOWN;
}

/* The number behind a prefix, in seconds; false where the mark is another one. */
static bool seconds(const char *mark, const char *prefix, int64_t *ret)
{
    if (!cvg_text_starts(mark, prefix)) {
        return false;
    }
    const char *digits = mark + strlen(prefix);
    int64_t number;
    if (cvg_parse_int64(digits, strlen(digits), &number) < 0) {
        return false;
    }
    *ret = S(number);
    return true;
}

static bool draw_time(struct cvg_check_rules *rules, struct cvg_steady_view *steady,
                      const char *mark)
{
    if (seconds(mark, "rising", &steady->dwell_done_ns)) {
        steady->rising = true;
        steady->reason = cvg_reason_code(CVG_REASON_RISING);
        steady->dwell_of_ns = S(30);
        return true;
    }
    if (seconds(mark, "halt", &rules->halt_after_ns)) {
        rules->on_failed = CVG_FAILED_HALT_AFTER;
        return true;
    }
    return seconds(mark, "+", &steady->since) || seconds(mark, "until", &steady->next_change_at) ||
           seconds(mark, "from", &steady->earliest_ready_at);
}

static void draw_word(struct cvg_check_rules *rules, struct cvg_steady_view *steady,
                      const char *mark)
{
    if (strcmp(mark, "~") == 0) {
        steady->fresh = false;
    } else if (strcmp(mark, "?") == 0) {
        rules->steady.on_unknown = CVG_ON_UNKNOWN_IGNORE;
    } else if (strcmp(mark, "go") == 0) {
        rules->degraded_goes = true;
    } else if (strcmp(mark, "halt") == 0) {
        rules->on_failed = CVG_FAILED_HALT;
    } else if (strcmp(mark, "o") == 0) {
        rules->required = false;
    } else if (*mark == '@') {
        rules->component = mark + 1;
    } else if (strcmp(mark, "falling") == 0) {
        steady->falling = true;
        steady->reason = cvg_reason_code(CVG_REASON_FALLING);
    } else if (strcmp(mark, "flapping") == 0) {
        steady->flapping = true;
        steady->reason = cvg_reason_code(CVG_REASON_FLAPPING);
    } else if (strcmp(mark, "stale") == 0) {
        steady->reason = cvg_reason_code(CVG_REASON_STALE);
        steady->fresh = false;
        steady->expires_at = 0;
    } else if (strcmp(mark, "kept") == 0) {
        rules->steady.on_unknown = CVG_ON_UNKNOWN_KEEP;
        rules->steady.keep_ns = S(300);
        steady->kept = true;
        steady->kept_since = S(90);
        steady->fresh = false;
    } else {
        fail_msg("no mark '%s'", mark);
    }
}

static char *next_word(char **rest)
{
    char *word = *rest;
    char *space = word ? strchr(word, ' ') : NULL;
    *rest = space ? space + 1 : NULL;
    if (space) {
        *space = '\0';
    }
    return word;
}

static void draw_check(struct drawing *drawing, const char *text)
{
    size_t index = drawing->count++;
    assert_true(index < DRAW_MOST);
    struct cvg_check_rules *rules = &drawing->rules[index];
    struct cvg_check_view *check = &drawing->checks[index];
    char *rest = drawing->words[index];

    (void)snprintf(drawing->words[index], sizeof drawing->words[index], "%s", text);
    *rules = (struct cvg_check_rules){.name = next_word(&rest), .required = true, .weight = 1};
    rules->steady = (struct cvg_steady_rules){
        .polled = true, .interval_ns = S(10), .rise_ns = S(30), .max_age_ns = S(60)};
    uint32_t status = status_of(next_word(&rest));
    *check = (struct cvg_check_view){
        .rules = rules,
        .steady = {.status = status,
                   .reason = status == CVG_UNKNOWN ? "CannotTell" : "AsRead",
                   .fresh = status != CVG_UNKNOWN,
                   .since = S(50),
                   .observed_at = S(95),
                   .expires_at = S(155),
                   .next_change_at = S(155),
                   .earliest_ready_at = status == CVG_READY ? DRAW_NOW : S(140)},
    };
    while (rest) {
        const char *mark = next_word(&rest);
        if (!draw_time(rules, &check->steady, mark)) {
            draw_word(rules, &check->steady, mark);
        }
    }
    if (rules->required) {
        drawing->indexes[drawing->policy.check_count++] = (uint32_t)index;
    }
}

void draw(struct drawing *drawing, const char *const *texts)
{
    *drawing = (struct drawing){.policy = {.name = "deploy"}};
    drawing->policy.checks = drawing->indexes;
    for (; *texts; texts++) {
        draw_check(drawing, *texts);
    }
    drawing->arena = cvg_arena_new();
    cvg_readiness_fold(drawing->checks, drawing->count, DRAW_NOW, drawing->arena,
                       &drawing->readiness);
}

void draw_done(struct drawing *drawing)
{
    for (size_t i = 0; i < drawing->count; i++) {
        cvg_reading_unref(drawing->checks[i].reading);
    }
    cvg_arena_free(drawing->arena);
}

struct cvg_decision draw_judge(struct drawing *drawing, int64_t now)
{
    static const struct cvg_subject nobody = {.app = "", .revision = ""};
    struct cvg_decision decision;
    cvg_gate_judge(&drawing->readiness, &drawing->policy, &nobody, now, 0, drawing->arena,
                   &decision);
    return decision;
}

void draw_reading(struct drawing *drawing, size_t index, const struct cvg_reading *reading)
{
    drawing->checks[index].reading = cvg_reading_keep(reading, DRAW_NOW);
}
