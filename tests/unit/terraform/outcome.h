/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader makes of a document, as a line that a table can hold: the refusal with its place, or
 * what was counted. One buffer a call; the caller's.
 */
#ifndef CVG_TEST_TF_OUTCOME_H
#define CVG_TEST_TF_OUTCOME_H

#include <stddef.h>

enum outcome_reader {
    OUTCOME_STATE,
    OUTCOME_SHOW,
    OUTCOME_PLAN,
};

#define OUTCOME_TEXT 512

void outcome_of(enum outcome_reader reader, const char *text, size_t length,
                char ret[OUTCOME_TEXT]);
/* A fixture, by its path in the folder of fixtures; free() it. */
char *outcome_load(const char *path, size_t *ret_length);

#endif
