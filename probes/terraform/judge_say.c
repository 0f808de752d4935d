/* SPDX-License-Identifier: Apache-2.0 */
/* Words of verdicts. What was read from outside is printable before it comes into one. */
#include "judge_inner.h"

#include <convergate/number.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cvg_tf_say_some(struct cvg_kit_text *text, const struct cvg_tf_some *some)
{
    size_t shown = some->count < CVG_TF_EXAMPLES ? some->count : CVG_TF_EXAMPLES;
    for (size_t i = 0; i < shown && some->first[i] != NULL; i++) {
        cvg_kit_text_add(text, i > 0 ? ", " : "");
        cvg_kit_text_add(text, some->first[i]);
    }
    if (some->count > shown) {
        cvg_kit_text_format(text, " and %zu more", some->count - shown);
    }
}

void cvg_tf_say_time(struct cvg_kit_text *text, int64_t wall)
{
    char words[CVG_NUMBER_TEXT];
    cvg_format_time(wall, 0, words, sizeof(words));
    cvg_kit_text_add(text, words);
}

void cvg_tf_say_progress(struct cvg_kit_text *text, const struct cvg_tf_judging *judging)
{
    const struct cvg_tf_survey *survey = judging->survey;
    if (survey != NULL && judging->plan == NULL && survey->wanted > 0) {
        cvg_kit_text_format(text, "; %zu of %zu wanted are present", survey->present,
                            survey->wanted);
    }
}

int cvg_tf_say(struct cvg_tf_judging *judging, enum cvg_status status, enum cvg_tf_reason reason,
               const char *format, ...)
{
    char words[CVG_TF_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    cvg_kit_finding_say(judging->finding, status, cvg_tf_reason(reason), "%s", words);
    return 1;
}

int cvg_tf_say_of(struct cvg_tf_judging *judging, enum cvg_status status, enum cvg_tf_reason reason,
                  const char *before, const struct cvg_tf_some *some, const char *behind)
{
    if (some->count == 0) {
        return 0;
    }
    char words[CVG_TF_MESSAGE];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_add(&text, before);
    cvg_tf_say_some(&text, some);
    cvg_kit_text_add(&text, behind);
    return cvg_tf_say(judging, status, reason, "%s", words);
}

int cvg_tf_say_word(struct cvg_tf_judging *judging, const struct cvg_place_word *word,
                    enum cvg_status status)
{
    if (word == NULL || word->status != status) {
        return 0;
    }
    char words[sizeof(word->text) + 4];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_evidence(&text, word->text, strnlen(word->text, sizeof(word->text)),
                          sizeof(word->text));
    cvg_kit_finding_say(judging->finding, status, word->reason, "%s", words);
    return 1;
}
