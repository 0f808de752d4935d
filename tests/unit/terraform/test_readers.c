/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every file of the fixtures through each reader: fixtures/terraform/READINGS.tsv says what comes out.
 * A file without a line there fails, too.
 */
#include "outcome.h"

#include <fts.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char root[] = CVG_FIXTURES "/terraform";

/* Texts, tables and what inputs were made of. */
static int is_document(const char *path)
{
    const char *end = strrchr(path, '.');
    return strncmp(path, "inputs/", 7) != 0 &&
           (end == NULL || (strcmp(end, ".tsv") != 0 && strcmp(end, ".md") != 0));
}

/* Of one line of the table. Returns how many of the readers make something else of the file. */
static int check_line(char *line)
{
    char *fields[4] = {NULL, NULL, NULL, NULL};
    for (size_t i = 0; i < 4; i++) {
        fields[i] = strsep(&line, "\t");
        assert_non_null(fields[i]);
    }
    size_t length = 0;
    char *text = outcome_load(fields[0], &length);
    int wrong = 0;
    assert_non_null(text);
    for (size_t i = 0; i < 3; i++) {
        char outcome[OUTCOME_TEXT];
        outcome_of((enum outcome_reader)i, text, length, outcome);
        if (strcmp(outcome, fields[i + 1]) != 0) {
            print_error("%s, reader %zu:\n  is   %s\n  want %s\n", fields[0], i, outcome,
                        fields[i + 1]);
            wrong++;
        }
    }
    free(text);
    return wrong;
}

static void every_file_is_read_as_its_line_says(void **state)
{
    (void)state;
    char path[512], line[2048];
    size_t lines = 0;
    int wrong = 0;
    snprintf(path, sizeof(path), "%s/READINGS.tsv", root);
    FILE *table = fopen(path, "r");
    assert_non_null(table);
    while (fgets(line, sizeof(line), table) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '#' && line[0] != '\0') {
            wrong += check_line(line);
            lines++;
        }
    }
    (void)fclose(table);
    assert_int_equal(wrong, 0);
    assert_true(lines > 200);
}

static int has_line(const char *table, const char *path)
{
    size_t length = strlen(path);
    for (const char *at = table; (at = strstr(at, path)) != NULL; at++) {
        if (at > table && at[-1] == '\n' && at[length] == '\t') {
            return 1;
        }
    }
    return 0;
}

static void every_file_has_a_line(void **state)
{
    (void)state;
    char *const folders[] = {(char[]){CVG_FIXTURES "/terraform"}, NULL};
    size_t length = 0, files = 0;
    char *loaded = outcome_load("READINGS.tsv", &length);
    assert_non_null(loaded);
    char *table = strndup(loaded, length);
    free(loaded);
    FTS *walk = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    assert_non_null(walk);
    for (FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk)) {
        const char *path = entry->fts_path + sizeof(root) - 1;
        if (entry->fts_info != FTS_F || !is_document(path + 1)) {
            continue;
        }
        if (!has_line(table, path + 1)) {
            fail_msg("%s has no line in READINGS.tsv", path + 1);
        }
        files++;
    }
    fts_close(walk);
    free(table);
    assert_true(files > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_read_as_its_line_says),
        cmocka_unit_test(every_file_has_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
