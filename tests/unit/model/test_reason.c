/* SPDX-License-Identifier: Apache-2.0 */
/* Reason codes are a promise to people and tools: stable, one word, explained. */
#include "base/macros.h"
#include "model/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Released codes. One may be added, none may leave or change. */
static const char *const released[] = {
    "NoReading",         "Stale",           "Rising",       "Falling",       "Flapping",
    "SourceUnavailable", "TimedOut",        "InputMissing", "ModuleFault",   "StatusKept",
    "UnknownIgnored",    "DegradedAllowed", "NothingFresh", "DecisionStale",
};

static void released_codes_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(released); i++) {
        size_t found = 0;
        for (uint32_t id = 0; id < CVG_REASON_COUNT; id++) {
            found += strcmp(cvg_reason_entry(id)->code, released[i]) == 0;
        }
        if (found != 1) {
            fail_msg("%s stands %zu times in the table", released[i], found);
        }
    }
}

static void each_is_one_word_with_a_meaning_and_an_action(void **state)
{
    (void)state;
    for (uint32_t id = 0; id < CVG_REASON_COUNT; id++) {
        const struct cvg_reason_entry *entry = cvg_reason_entry(id);
        assert_ptr_equal(entry->code, cvg_reason_code((enum cvg_reason_id)id));
        assert_in_range(entry->code[0], 'A', 'Z');
        assert_null(strpbrk(entry->code, " -_.:,"));
        assert_string_equal(entry->meaning + strlen(entry->meaning) - 1, ".");
        assert_string_equal(entry->action + strlen(entry->action) - 1, ".");
    }
    assert_null(cvg_reason_entry(CVG_REASON_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(released_codes_stay),
        cmocka_unit_test(each_is_one_word_with_a_meaning_and_an_action),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
