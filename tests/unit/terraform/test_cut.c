/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document that is cut off anywhere is never read as a whole one: as a file is found while its
 * writer is at work. Every fixture that one of the readers takes is cut at every byte, and large
 * ones at a sample of them.
 */
#include "outcome.h"
#include "plan.h"
#include "state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EACH_MOST   1024 /* bytes at the beginning and the end that are all cut at */
#define SAMPLE_STEP 131

static enum cvg_tf_refusal_kind refusal_of(enum outcome_reader reader, const char *text,
                                           size_t length)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)64 << 20);
    struct cvg_tf_refusal refusal;
    struct cvg_tf_state state;
    struct cvg_tf_plan plan;
    int result = reader == OUTCOME_PLAN ? cvg_tf_plan_read(text, length, arena, &plan, &refusal)
                 : reader == OUTCOME_SHOW
                     ? cvg_tf_show_read(text, length, NULL, arena, &state, &refusal)
                     : cvg_tf_state_read(text, length, NULL, arena, &state, &refusal);
    assert_int_equal(result == 0, refusal.kind == CVG_TF_FINE);
    cvg_kit_arena_free(arena);
    return refusal.kind;
}

static int is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Returns how many cuts were tried. */
static size_t cut_everywhere(const char *name, enum outcome_reader reader, const char *text,
                             size_t length)
{
    size_t whole = length, tried = 0;
    while (whole > 0 && is_space(text[whole - 1])) {
        whole--;
    }
    for (size_t cut = 0; cut < whole;) {
        enum cvg_tf_refusal_kind kind = refusal_of(reader, text, cut);
        size_t blank = 0;
        while (blank < cut && is_space(text[blank])) {
            blank++;
        }
        if (kind != (blank == cut ? CVG_TF_EMPTY : CVG_TF_TORN)) {
            fail_msg("%s, cut at %zu, is %d", name, cut, (int)kind);
        }
        tried++;
        cut += cut < EACH_MOST || whole - cut < EACH_MOST ? 1 : SAMPLE_STEP;
    }
    return tried;
}

static void a_document_that_is_cut_is_torn(void **state)
{
    (void)state;
    char line[2048];
    size_t taken = 0, tried = 0;
    FILE *table = fopen(CVG_FIXTURES "/terraform/READINGS.tsv", "r");
    assert_non_null(table);
    while (fgets(line, sizeof(line), table) != NULL) {
        size_t length = 0;
        line[strcspn(line, "\t\n")] = '\0';
        char *text = line[0] == '#' ? NULL : outcome_load(line, &length);
        for (int reader = OUTCOME_STATE; text != NULL && reader <= OUTCOME_PLAN; reader++) {
            if (refusal_of((enum outcome_reader)reader, text, length) == CVG_TF_FINE) {
                tried += cut_everywhere(line, (enum outcome_reader)reader, text, length);
                taken++;
            }
        }
        free(text);
    }
    (void)fclose(table);
    assert_true(taken > 60);
    assert_true(tried > 40000);
}

/* The end of what stood there before, behind a shorter document: an editor that does not cut off. */
static void the_tail_of_an_older_document_is_no_document(void **state)
{
    (void)state;
    size_t shorter_length = 0, longer_length = 0;
    char *shorter = outcome_load("tf-1.5.7/app/destroyed.tfstate", &shorter_length);
    char *longer = outcome_load("tf-1.5.7/app/applied.tfstate", &longer_length);
    assert_true(shorter != NULL && longer != NULL && shorter_length < longer_length);
    memcpy(longer, shorter, shorter_length);
    for (size_t length = shorter_length; length <= longer_length; length++) {
        enum cvg_tf_refusal_kind kind = refusal_of(OUTCOME_STATE, longer, length);
        int is_whole = length == shorter_length;
        for (size_t i = shorter_length; i < length && is_space(longer[i]); i++) {
            is_whole = i + 1 == length;
        }
        assert_int_equal(kind, is_whole ? CVG_TF_FINE : CVG_TF_NOT_JSON);
    }
    free(shorter);
    free(longer);
}

static void what_has_nothing_in_it_is_empty(void **state)
{
    (void)state;
    static const char nuls[4096];

    static const struct {
        const char *text;
        size_t length;
        enum cvg_tf_refusal_kind kind;
    } cases[] = {
        {"", 0, CVG_TF_EMPTY},
        {" \n", 2, CVG_TF_EMPTY},
        {"\t\r\n \v\f", 6, CVG_TF_EMPTY},
        {"\0", 1, CVG_TF_EMPTY},
        {nuls, 4096, CVG_TF_EMPTY},
        {"\0\n", 2, CVG_TF_NOT_JSON},
        {"{\n\0\0", 4, CVG_TF_NOT_JSON},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int reader = OUTCOME_STATE; reader <= OUTCOME_PLAN; reader++) {
            assert_int_equal(
                refusal_of((enum outcome_reader)reader, cases[i].text, cases[i].length),
                cases[i].kind);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_that_is_cut_is_torn),
        cmocka_unit_test(the_tail_of_an_older_document_is_no_document),
        cmocka_unit_test(what_has_nothing_in_it_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
