/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every document of fixtures/terraform gives its verdict: VERDICTS.tsv has a line for each look at
 * one, with the check's configuration in the words of scene.h and, behind them, what else is so:
 * `held=FILE` and `stale=FILE` a lock with this note, `after=FILE` a state that was seen before,
 * `for=600` how long it has stood so.
 */
#include "scene.h"

#include <convergate/number.h>

#include <fts.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER CVG_FIXTURES "/terraform/"

static char *load(const char *name, size_t *ret_length)
{
    char path[512];
    (void)snprintf(path, sizeof(path), FOLDER "%s", name);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        fail_msg("%s: cannot be opened", path);
    }
    char *bytes = malloc((size_t)4 << 20);
    assert_non_null(bytes);
    *ret_length = fread(bytes, 1, ((size_t)4 << 20) - 1, file);
    bytes[*ret_length] = '\0';
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void show_file(struct scene *scene, const char *content, const char *name)
{
    size_t length = 0;
    char *bytes = load(name, &length);
    scene_document(scene, content, bytes, length);
    free(bytes);
    scene->sight.changed_at = scene->wall - 3600 * SECOND;
}

static void lock_file(struct scene *scene, enum cvg_place_lock lock, const char *name)
{
    size_t length = 0;
    char *note = load(name, &length);
    cvg_tf_lock_read(note, length, scene->wall, &scene->evidence.lock);
    scene->evidence.lock.state = lock;
    free(note);
}

/* One line of the table. */
struct row {
    char *file, *content, *words, *status, *reason;
};

/* Takes `key=VALUE` out of words. NULL: it is not there. */
static const char *take(char *words, const char *key, char room[256])
{
    size_t length = strlen(key);
    char *at = words;
    while ((at = strstr(at, key)) != NULL && !(at == words || at[-1] == ' ')) {
        at += length;
    }
    if (at == NULL) {
        return NULL;
    }
    size_t value = strcspn(at + length, " ");
    (void)snprintf(room, 256, "%.*s", (int)value, at + length);
    memset(at, ' ', length + value);
    return room;
}

static const char *status_word(uint32_t status)
{
    static const char *const words[] = {"unknown", "failed", "degraded", "progressing", "ready"};
    return words[status];
}

/* Passwords of the documents, words of failed checks, a lock's Info. */
static int tells_a_secret(const char *text)
{
    static const char *const secrets[] = {
        "fixture-password", "pyilroSE6JQRUNYIzwzGZK0V", "szEXfO4Uug7fA7fvIEaYSxim",
        "REDACTED-PRIVATE", "privileged port",          "wrong node count",
        "no such file",     "db.example.test",
    };
    for (size_t i = 0; text != NULL && i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (strstr(text, secrets[i]) != NULL) {
            return 1;
        }
    }
    return 0;
}

static int reading_tells_a_secret(const struct cvg_reading *reading)
{
    int found = tells_a_secret(reading->message) || tells_a_secret(reading->expected) ||
                tells_a_secret(reading->observed) || tells_a_secret(reading->revision);
    for (size_t i = 0; i < reading->fact_count; i++) {
        found |= tells_a_secret(reading->facts[i].text) || tells_a_secret(reading->facts[i].name);
    }
    return found;
}

/* An escape that a terminal would obey, a line break. */
static int has_control(const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F) {
            return 1;
        }
    }
    return 0;
}

static int judge_row(const struct row *row, int line)
{
    struct scene scene;
    char room[256];
    scene_begin(&scene, "");
    const char *before = take(row->words, "after=", room);
    if (before != NULL) {
        show_file(&scene, "state", before);
        scene_look(&scene, 0);
        scene_says(&scene, CVG_READY, "Applied");
    }
    const char *held = take(row->words, "held=", room);
    if (held != NULL) {
        lock_file(&scene, CVG_PLACE_LOCK_HELD, held);
    }
    const char *stale = take(row->words, "stale=", room);
    if (stale != NULL) {
        lock_file(&scene, CVG_PLACE_LOCK_STALE, stale);
    }
    const char *later = take(row->words, "for=", room);
    int64_t seconds = 0;
    if (later != NULL) {
        assert_int_equal(cvg_parse_int64(later, strlen(later), &seconds), 0);
    }
    scene_configure(&scene, row->words);
    show_file(&scene, row->content, row->file);
    scene_look(&scene, 0);
    if (seconds > 0) {
        show_file(&scene, row->content, row->file);
        scene_look(&scene, seconds);
    }
    const struct cvg_reading *reading = &scene.finding.reading;
    int wrong = strcmp(status_word(reading->status), row->status) != 0 ||
                strcmp(reading->reason, row->reason) != 0;
    if (wrong) {
        print_error("VERDICTS.tsv:%d: %s: %s %s: %s\n", line, row->file,
                    status_word(reading->status), reading->reason, reading->message);
    }
    if (reading_tells_a_secret(reading) || has_control(reading->message)) {
        print_error("VERDICTS.tsv:%d: %s: tells what it must not\n", line, row->file);
        wrong = 1;
    }
    scene_end(&scene);
    return wrong;
}

static int split(char *line, struct row *ret)
{
    char *cells[5], *at = line;
    for (size_t i = 0; i < 5; i++) {
        cells[i] = at == NULL ? line : strsep(&at, "\t");
        if (i < 4 && at == NULL) {
            return -1;
        }
    }
    *ret = (struct row){cells[0], cells[1], cells[2], cells[3], cells[4]};
    return at == NULL ? 0 : -1;
}

static void every_document_gives_its_verdict(void **state)
{
    (void)state;
    size_t length = 0;
    int number = 0, rows = 0, wrong = 0;
    char *table = load("VERDICTS.tsv", &length), *at = table;
    for (char *line; (line = strsep(&at, "\n")) != NULL;) {
        char none[] = "";
        struct row row = {none, none, none, none, none};
        number++;
        if (*line == '\0' || *line == '#') {
            continue;
        }
        if (split(line, &row) < 0) {
            fail_msg("VERDICTS.tsv:%d: not five cells", number);
        }
        rows++;
        wrong += judge_row(&row, number);
    }
    free(table);
    assert_true(rows > 150);
    assert_int_equal(wrong, 0);
}

/* ---- and none is left out ---- */

static int is_evidence(const char *name)
{
    return strncmp(name, "inputs/", 7) != 0 && strstr(name, ".tsv") == NULL &&
           strstr(name, ".md") == NULL;
}

static void no_document_is_left_out(void **state)
{
    (void)state;
    char root[] = CVG_FIXTURES "/terraform";
    char *const folders[] = {root, NULL};
    size_t length = 0;
    int without = 0;
    char *table = load("VERDICTS.tsv", &length);
    FTS *walk = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    assert_non_null(walk);
    for (FTSENT *entry = fts_read(walk); entry != NULL; entry = fts_read(walk)) {
        const char *name = entry->fts_path + sizeof(root);
        if (entry->fts_info == FTS_F && is_evidence(name) && strstr(table, name) == NULL) {
            print_error("%s: VERDICTS.tsv has no verdict on it\n", name);
            without++;
        }
    }
    fts_close(walk);
    free(table);
    assert_int_equal(without, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_gives_its_verdict),
        cmocka_unit_test(no_document_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
