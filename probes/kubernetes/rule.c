/* SPDX-License-Identifier: Apache-2.0 */
/* Words and dwells of the rules; see rule.h. */
#include "rule.h"

#include "kit/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CODE_MOST 64

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The pattern that the API gives for a condition's reason, which is also what the host takes. */
static int is_code(const char *text)
{
    size_t length = strnlen(text, CODE_MOST + 1);
    if (length > CODE_MOST || !is_letter(text[0])) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        int inner = (text[i] == ',' || text[i] == ':') && i + 1 < length;
        if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '_' && !inner) {
            return 0;
        }
    }
    return 1;
}

const char *cvg_kube_own_reason(const char *own, enum cvg_kube_reason otherwise)
{
    return is_code(own) ? own : cvg_kube_reason(otherwise);
}

/* The object's own words go into logs and onto terminals. */
__attribute__((format(printf, 2, 0))) static void write_message(struct cvg_kube_outcome *ret,
                                                                const char *format, va_list words)
{
    char text[4 * CVG_KUBE_MESSAGE];
    (void)vsnprintf(text, sizeof(text), format, words);
    cvg_kit_printable(ret->message, sizeof(ret->message), text, strlen(text));
}

void cvg_kube_say(struct cvg_kube_outcome *ret, enum cvg_status status, const char *reason,
                  const char *format, ...)
{
    ret->only_paused = 0;
    ret->status = status;
    ret->reason = reason;
    ret->message[0] = '\0';
    ret->since = 0;
    ret->worse_at = 0;
    ret->worse_status = 0;
    ret->worse_reason = "";
    if (format != NULL) {
        va_list words;
        va_start(words, format);
        write_message(ret, format, words);
        va_end(words);
    }
}

void cvg_kube_say_condition(struct cvg_kube_outcome *ret, enum cvg_status status,
                            const struct cvg_kube_condition *condition,
                            enum cvg_kube_reason otherwise)
{
    const char *reason = cvg_kube_own_reason(condition->reason, otherwise);
    if (*condition->message != '\0') {
        cvg_kube_say(ret, status, reason, "%s", condition->message);
    } else {
        cvg_kube_say(ret, status, reason, "condition %s is %s", condition->type, condition->status);
    }
    ret->since = condition->changed_at;
}

void cvg_kube_suspend(struct cvg_kube_outcome *ret)
{
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_SUSPENDED);
    char words[CVG_KUBE_MESSAGE];
    memcpy(words, ret->message, sizeof(words));
    if (ret->status == CVG_READY) {
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "it is suspended, so nothing will happen");
        ret->only_paused = 1;
    } else if (ret->status == CVG_PROGRESSING) {
        cvg_kube_say(ret, CVG_PROGRESSING, reason, "it is suspended: %s", words);
    }
}

int cvg_kube_badness(uint32_t status)
{
    static const int badness[CVG_STATUS_COUNT] = {
        [CVG_READY] = 0,   [CVG_PROGRESSING] = 1, [CVG_DEGRADED] = 2,
        [CVG_UNKNOWN] = 3, [CVG_FAILED] = 4,
    };
    return badness[status];
}

void cvg_kube_worsen(struct cvg_kube_outcome *ret, int64_t since, int64_t dwell,
                     enum cvg_status status, const char *reason)
{
    int64_t at;
    if (since <= 0 || dwell <= 0 || __builtin_add_overflow(since, dwell, &at) ||
        cvg_kube_badness(status) <= cvg_kube_badness(ret->status) ||
        (ret->worse_at != 0 && ret->worse_at <= at)) {
        return;
    }
    ret->worse_at = at;
    ret->worse_status = status;
    ret->worse_reason = reason;
}

int cvg_kube_is_stale(const struct cvg_kube_view *view, const struct cvg_kube_condition *condition)
{
    return view->meta.generation != CVG_KUBE_ABSENT &&
           condition->observed_generation != CVG_KUBE_ABSENT &&
           condition->observed_generation != 0 &&
           condition->observed_generation < view->meta.generation;
}

const struct cvg_kube_condition *cvg_kube_current(const struct cvg_kube_view *view,
                                                  const char *type)
{
    const struct cvg_kube_condition *condition = cvg_kube_condition(view, type);
    return condition == NULL || cvg_kube_is_stale(view, condition) ? NULL : condition;
}

int cvg_kube_is(const struct cvg_kube_condition *condition, const char *status)
{
    return condition != NULL && strcmp(condition->status, status) == 0;
}

int cvg_kube_current_is(const struct cvg_kube_view *view, const char *type)
{
    const struct cvg_kube_condition *condition = cvg_kube_current(view, type);
    return cvg_kube_is(condition, "True") ? 1 : cvg_kube_is(condition, "False") ? 0 : -1;
}
