/* SPDX-License-Identifier: Apache-2.0 */
#include "golden.h"

#include <convergate/json.h>
#include <convergate/number.h>

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = CVG_FIXTURES "/kubernetes/golden";

static const char *const status_names[CVG_STATUS_COUNT] = {
    [CVG_UNKNOWN] = "unknown",         [CVG_FAILED] = "failed", [CVG_DEGRADED] = "degraded",
    [CVG_PROGRESSING] = "progressing", [CVG_READY] = "ready",
};

static char *read_all(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    assert_true(length > 0);
    rewind(file);
    char *text = calloc(1, (size_t)length + 1);
    assert_non_null(text);
    *ret_length = fread(text, 1, (size_t)length, file);
    assert_int_equal(*ret_length, length);
    (void)fclose(file);
    return text;
}

/* The object's own bytes, as a server would send them. */
static void find_object(const char *text, size_t length, size_t *ret_from, size_t *ret_to)
{
    struct cvg_json *json = cvg_json_new(text, length, NULL);
    assert_int_equal(cvg_json_next(json), CVG_JSON_OBJECT);
    *ret_to = 0;
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        if (cvg_json_is(json, "object")) {
            assert_int_equal(cvg_json_next(json), CVG_JSON_OBJECT);
            *ret_from = cvg_json_offset(json);
            assert_int_equal(cvg_json_skip(json), 0);
            *ret_to = cvg_json_offset(json) + 1;
        } else {
            assert_int_equal(cvg_json_skip(json), 0);
        }
    }
    cvg_json_free(json);
    assert_true(*ret_to > 0);
}

static const struct cvg_kube_kind *kind_of(struct golden *golden,
                                           const struct cvg_kube_node *object)
{
    char text[3 * CVG_KUBE_NAME];
    static char group[CVG_KUBE_NAME], version[CVG_KUBE_NAME], name[CVG_KUBE_NAME];
    (void)snprintf(text, sizeof(text), "%s/%s",
                   cvg_kube_node_text(cvg_kube_node_get(object, "apiVersion")),
                   cvg_kube_node_text(cvg_kube_node_get(object, "kind")));
    assert_int_equal(cvg_kube_kind_parse(text, group, version, name), 0);
    const struct cvg_kube_kind *kind = cvg_kube_kind_of(group, version, name);
    golden->kind = (struct cvg_kube_kind){group, version, name, "things", CVG_KUBE_CUSTOM, 0, 1};
    return kind == NULL ? &golden->kind : kind;
}

static void check_keys(const struct cvg_kube_node *expect)
{
    static const char *const known[] = {"status", "reason",  "done",  "total",      "since",
                                        "common", "message", "worse", "only_paused"};
    for (size_t i = 0; i < expect->count; i++) {
        size_t k = 0;
        while (k < sizeof(known) / sizeof(known[0]) &&
               strcmp(known[k], expect->items[i].key) != 0) {
            k++;
        }
        if (k == sizeof(known) / sizeof(known[0])) {
            fail_msg("nothing is expected by the key %s", expect->items[i].key);
        }
    }
}

void golden_load(const char *path, struct golden *ret)
{
    char error[256] = "";
    size_t length, from = 0, to;
    *ret = (struct golden){.arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST),
                           .objects = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST)};
    ret->text = read_all(path, &length);
    const struct cvg_kube_node *file =
        cvg_kube_tree_read(ret->arena, ret->text, length, error, sizeof(error));
    if (file == NULL) {
        fail_msg("%s: %s", path, error);
    }
    ret->expect = cvg_kube_node_get(file, "expect");
    assert_non_null(ret->expect);
    assert_true(*cvg_kube_node_text(cvg_kube_node_get(file, "why")) != '\0');
    check_keys(ret->expect);
    find_object(ret->text, length, &from, &to);
    const struct cvg_kube_kind *kind = kind_of(ret, cvg_kube_node_get(file, "object"));
    if (cvg_kube_decode_object(kind, "application/json", ret->text + from, to - from, ret->objects,
                               &ret->view, error, sizeof(error)) != CVG_KUBE_OK) {
        fail_msg("%s: %s", path, error);
    }
}

void golden_done(struct golden *golden)
{
    cvg_kit_arena_free(golden->arena);
    cvg_kit_arena_free(golden->objects);
    free(golden->text);
}

static int differs(const struct cvg_kube_node *expect, const char *key, const char *have, char *ret,
                   size_t size)
{
    const char *want = cvg_kube_node_text(cvg_kube_node_get(expect, key));
    if (strcmp(want, have) == 0) {
        return 0;
    }
    (void)snprintf(ret, size, "%s is \"%s\", not \"%s\"", key, have, want);
    return 1;
}

static int count_differs(const struct cvg_kube_node *expect, const char *key, int64_t have,
                         char *ret, size_t size)
{
    const struct cvg_kube_node *node = cvg_kube_node_get(expect, key);
    int64_t want = 0;
    if (node == NULL) {
        return 0;
    }
    if (cvg_kube_node_int(node, &want) != 0 || want != have) {
        (void)snprintf(ret, size, "%s is %" PRId64 ", not %" PRId64, key, have, want);
        return 1;
    }
    return 0;
}

static int time_differs(const struct cvg_kube_node *node, const char *what, int64_t have, char *ret,
                        size_t size)
{
    char text[CVG_NUMBER_TEXT];
    if (cvg_kube_node_time(node) == have) {
        return 0;
    }
    (void)cvg_format_time(have, 0, text, sizeof(text));
    (void)snprintf(ret, size, "%s is %s, not %s", what, have == 0 ? "not told" : text,
                   node == NULL ? "nothing" : cvg_kube_node_text(node));
    return 1;
}

static int worse_differs(const struct cvg_kube_node *expect, const struct cvg_kube_outcome *outcome,
                         char *ret, size_t size)
{
    const struct cvg_kube_node *worse = cvg_kube_node_get(expect, "worse");
    if (time_differs(cvg_kube_node_get(worse, "at"), "worse.at", outcome->worse_at, ret, size)) {
        return 1;
    }
    return worse != NULL &&
           (differs(worse, "status", status_names[outcome->worse_status], ret, size) ||
            differs(worse, "reason", outcome->worse_reason, ret, size));
}

void golden_compare(const struct golden *golden, const struct cvg_kube_outcome *outcome, char *ret,
                    size_t size)
{
    const struct cvg_kube_node *expect = golden->expect;
    const struct cvg_kube_node *since = cvg_kube_node_get(expect, "since");
    const struct cvg_kube_node *common = cvg_kube_node_get(expect, "common");
    const char *message = cvg_kube_node_text(cvg_kube_node_get(expect, "message"));
    ret[0] = '\0';
    if (differs(expect, "status", status_names[outcome->status], ret, size) ||
        differs(expect, "reason", outcome->reason, ret, size) ||
        count_differs(expect, "done", outcome->done, ret, size) ||
        count_differs(expect, "total", outcome->total, ret, size) ||
        worse_differs(expect, outcome, ret, size) ||
        (since != NULL && time_differs(since, "since", outcome->since, ret, size))) {
        return;
    }
    const int only_paused = cvg_kube_node_true(cvg_kube_node_get(expect, "only_paused"));
    if (only_paused != outcome->only_paused) {
        (void)snprintf(ret, size, "only_paused is %d", outcome->only_paused);
    } else if (common != NULL && cvg_kube_node_true(common) != outcome->common) {
        (void)snprintf(ret, size, "common is %d", outcome->common);
    } else if (strstr(outcome->message, message) == NULL) {
        (void)snprintf(ret, size, "message is \"%s\", without \"%s\"", outcome->message, message);
    }
}

static size_t each_of(const char *kind, void (*see)(const char *path))
{
    char path[1024];
    size_t count = 0;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, kind);
    DIR *files = opendir(path);
    if (files == NULL) {
        return 0;
    }
    for (const struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        const char *end = strrchr(entry->d_name, '.');
        if (end != NULL && strcmp(end, ".json") == 0) {
            (void)snprintf(path, sizeof(path), "%s/%s/%s", folder, kind, entry->d_name);
            see(path);
            count++;
        }
    }
    closedir(files);
    return count;
}

size_t golden_each(void (*see)(const char *path))
{
    size_t count = 0;
    DIR *kinds = opendir(folder);
    assert_non_null(kinds);
    for (const struct dirent *entry = readdir(kinds); entry != NULL; entry = readdir(kinds)) {
        if (entry->d_name[0] != '.' && strchr(entry->d_name, '.') == NULL) {
            count += each_of(entry->d_name, see);
        }
    }
    closedir(kinds);
    return count;
}
