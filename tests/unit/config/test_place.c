/* SPDX-License-Identifier: Apache-2.0 */
/* Where the store is, told without modules, whatever else is wrong with the configuration. */
#include "config/place.h"

#include "base/text.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
    const char *name, *yaml, *piece; /* piece: conf.d/a.yaml; NULL: none */
    int code;
    const char *want; /* the path, or what the error says */
} cases[] = {
    {"said", "store: /var/lib/s.db\n", NULL, 0, "/var/lib/s.db"},
    {"in a piece", "{}\n", "store: /s.db\n", 0, "/s.db"},
    {"beside modules that are not there", "sources: {a: {type: none}}\nstore: \"/s.db\"\n", NULL, 0,
     "/s.db"},
    {"beside a mistake", "sources: 7\nsourcse: {}\nstore: /s.db\n", NULL, 0, "/s.db"},
    {"not said", "sources: {}\n", NULL, CVG_E_NOT_FOUND, "no key 'store'"},
    {"empty file", "", NULL, CVG_E_NOT_FOUND, "no key 'store'"},
    {"relative", "store: s.db\n", NULL, CVG_E_INVALID, "c.yaml:1:8: 'store' must be an absolute"},
    {"a list", "store: [/s.db]\n", NULL, CVG_E_INVALID, "'store' must be an absolute path"},
    {"broken", "store: [\n", NULL, CVG_E_INVALID, "c.yaml"},
};

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
}

static int look(struct cvg_arena *arena, const char *folder, size_t i, const char **ret,
                struct cvg_error *reterr)
{
    const char *file = cvg_arena_format(arena, "%s/c.yaml", folder);
    const char *piece = cvg_arena_format(arena, "%s/conf.d/a.yaml", folder);

    write_file(file, cases[i].yaml);
    if (cases[i].piece) {
        write_file(piece, cases[i].piece);
    }
    int rc = cvg_config_find_store(file, arena, ret, reterr);
    (void)unlink(file);
    (void)unlink(piece);
    return rc;
}

static void tells_where_the_store_is(void **state)
{
    char folder[] = "/tmp/convergate-place-XXXXXX";
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();

    (void)state;
    assert_non_null(mkdtemp(folder));
    const char *pieces = cvg_arena_format(arena, "%s/conf.d", folder);
    assert_int_equal(mkdir(pieces, 0700), 0);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const char *found = NULL;
        struct cvg_error error = {0};
        int code = look(arena, folder, i, &found, &error);
        const char *said = code == 0 ? found : error.text;
        bool right = code == cases[i].code && (code == 0 ? cvg_text_equal(said, cases[i].want)
                                                         : strstr(said, cases[i].want) != NULL);
        if (!right) {
            fail_msg("%s: %d, %s", cases[i].name, code, said);
        }
    }
    (void)rmdir(pieces);
    (void)rmdir(folder);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    const char *found = NULL;
    struct cvg_error error = {0};

    (void)state;
    assert_int_equal(cvg_config_find_store("/nowhere/c.yaml", arena, &found, &error),
                     CVG_E_INVALID);
    assert_non_null(strstr(error.text, "/nowhere/c.yaml"));
    assert_null(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_where_the_store_is),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
