/* SPDX-License-Identifier: Apache-2.0 */
/* conf.d: which files are read, in which order, and what two of them cannot both say. */
#include "cases.h"
#include "kinds.h"

#include "base/text.h"
#include "crypto/hex.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test has a folder of its own and works in it, so that places are short. */
static int enter_folder(void **state)
{
    char *folder = cvg_strdup("/tmp/convergate-config-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("conf.d", 0700), 0);
    *state = folder;
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static int leave_folder(void **state)
{
    assert_int_equal(chdir("/"), 0);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    int code = nftw(*state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return code;
}

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
}

static char *load(const char *path, struct cvg_config **ret)
{
    struct cvg_diagnostics diagnostics = {0};
    int code = cvg_config_load(path, &test_kinds, &diagnostics, ret);
    assert_int_equal(code == 0, *ret != NULL);
    char *text = print_diagnostics(&diagnostics);
    cvg_diagnostics_done(&diagnostics);
    return text;
}

static void expect(const char *path, const char *want)
{
    struct cvg_config *config = NULL;
    char *text = load(path, &config);
    assert_string_equal(text, want);
    free(text);
    cvg_config_unref(config);
}

#define SOURCES "sources: {m: {type: poll, url: http://h}}\n"

static void test_files_of_conf_d_are_put_together(void **state)
{
    (void)state;
    write_file("c.yaml", SOURCES "store: /db\n");
    write_file("conf.d/20-b.yaml", "environments: {b: {checks: {c: {source: n, query: up}}}}\n");
    write_file("conf.d/10-a.yaml", "sources: {n: {type: poll, url: http://n}}\n"
                                   "environments: {a: {checks: {c: {source: m, query: up}}}}\n");
    write_file("conf.d/.hidden.yaml", "- no\n");
    write_file("conf.d/readme.txt", "- no\n");
    write_file("conf.d/empty.yaml", "");
    assert_int_equal(mkdir("conf.d/folder.yaml", 0700), 0);
    struct cvg_config *config = NULL;
    char *text = load("c.yaml", &config);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(config->source_count, 2);
    assert_int_equal(config->environment_count, 2);
    assert_string_equal(config->environments[1].checks[0].source->name, "n");
    assert_string_equal(config->environments[1].node->file, "conf.d/20-b.yaml");
    cvg_config_unref(config);

    write_file("conf.d/old.yml", "- no\n");
    char path[600];
    (void)snprintf(path, sizeof path, "%s/c.yaml", (const char *)*state);
    text = load(path, &config);
    char want[700];
    (void)snprintf(want, sizeof want,
                   "%s/conf.d/old.yml: warning: is not read: its name must end in .yaml\n",
                   (const char *)*state);
    assert_string_equal(text, want);
    free(text);
    cvg_config_unref(config);
}

static void test_a_name_that_two_files_have_is_refused_with_both_places(void **state)
{
    (void)state;
    write_file("c.yaml", SOURCES "store: /db\n"
                                 "environments:\n  e: {checks: {c: {source: m, query: up}}}\n");
    write_file("conf.d/a.yaml", "store: /other\n"
                                "sources: {m: {type: watch}}\n"
                                "environments:\n  e: {checks: {c: {source: m, query: up}}}\n");
    expect("c.yaml", "conf.d/a.yaml:1:1: error: key 'store' is already in c.yaml:2:1\n"
                     "conf.d/a.yaml:2:11: error: source 'm' is already in c.yaml:1:11\n"
                     "conf.d/a.yaml:4:3: error: environment 'e' is already in c.yaml:4:3\n");
}

static void test_mistakes_of_all_files_are_said_at_once(void **state)
{
    (void)state;
    write_file("c.yaml", SOURCES "foo: 1\n");
    write_file("conf.d/a.yaml", "environments: {e: {checks: {c: {source: x, query: up}}}}\n");
    write_file("conf.d/b.yaml", "environments: [1]\n");
    expect("c.yaml",
           "c.yaml:2:1: error: unknown key 'foo' (known here: server, store, retention, names, "
           "defaults, sources, templates, environments, discover)\n"
           "conf.d/a.yaml:1:41: error: there is no source 'x'\n"
           "conf.d/b.yaml:1:15: error: 'environments' must be a map of names\n");
}

static void test_broken_syntax_is_not_followed_by_what_it_hides(void **state)
{
    (void)state;
    write_file("c.yaml", "sources: {m: {type: poll\n");
    write_file("conf.d/a.yaml", "environments: {e: {checks: {c: {source: m, query: up}}}}\n");
    write_file("conf.d/b.yaml", "a: *b\n");
    expect(
        "c.yaml",
        "c.yaml:2:1: error: not valid YAML: did not find expected ',' or '}' while parsing a flow "
        "mapping\n"
        "conf.d/b.yaml:1:4: error: aliases are not supported; text that begins with '*' must be "
        "quoted\n");
}

static void test_files_that_cannot_be_read_are_errors(void **state)
{
    (void)state;
    expect("none.yaml", "none.yaml: error: cannot be read: No such file or directory\n");
    expect("conf.d", "conf.d: error: not a regular file\n");
    write_file("c.yaml", SOURCES "environments: {e: {checks: {c: {source: m, query: up}}}}\n");
    assert_int_equal(symlink("nowhere", "conf.d/a.yaml"), 0);
    assert_int_equal(mkfifo("conf.d/b.yaml", 0600), 0);
    expect("c.yaml", "conf.d/a.yaml: error: cannot be read: No such file or directory\n"
                     "conf.d/b.yaml: error: not a regular file\n");
    assert_int_equal(unlink("conf.d/a.yaml"), 0);
    assert_int_equal(unlink("conf.d/b.yaml"), 0);
    write_file("conf.d/a.yaml", "");
    assert_int_equal(truncate("conf.d/a.yaml", (off_t)CVG_TREE_FILE_LIMIT + 1), 0);
    expect("c.yaml", "conf.d/a.yaml: error: the file is larger than 64 MiB\n");
    assert_int_equal(unlink("conf.d/a.yaml"), 0);
    assert_int_equal(rmdir("conf.d"), 0);
    expect("c.yaml", "");
    write_file("conf.d", "");
    expect("c.yaml", "conf.d: error: cannot be read: Not a directory\n");
}

static void expect_digest(const char *path, bool same, char digest[CVG_SHA256_HEX])
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_config *config = cvg_config_read(path, &test_kinds, &diagnostics);

    assert_int_equal(strlen(config->digest), CVG_SHA256_HEX - 1);
    assert_int_equal(strcmp(config->digest, digest) == 0, same);
    memcpy(digest, config->digest, CVG_SHA256_HEX);
    cvg_config_unref(config);
}

static void test_any_byte_of_any_file_changes_the_digest(void **state)
{
    char digest[CVG_SHA256_HEX] = "";

    (void)state;
    write_file("c.yaml", SOURCES);
    expect_digest("c.yaml", false, digest);
    /* sha256sum c.yaml | cut -c1-64 | xxd -r -p | sha256sum */
    assert_string_equal(digest, "61d327d41d9d9a7c4a0f9427b2395d165fc218e833359e8c1c10904386707267");
    expect_digest("c.yaml", true, digest);
    write_file("conf.d/a.yaml", "# more\n");
    expect_digest("c.yaml", false, digest);
    write_file("conf.d/a.yaml", "# move\n");
    expect_digest("c.yaml", false, digest);
    /* The same bytes, cut between the files elsewhere. */
    write_file("c.yaml", SOURCES "# move\n");
    write_file("conf.d/a.yaml", "");
    expect_digest("c.yaml", false, digest);
    /* A refused configuration has one, too. */
    write_file("conf.d/a.yaml", "nonsense: 1\n");
    expect_digest("c.yaml", false, digest);
}

static void test_what_could_not_be_read_has_no_digest(void **state)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_config *config = cvg_config_read("none.yaml", &test_kinds, &diagnostics);

    (void)state;
    assert_string_equal(config->digest, "");
    cvg_config_unref(config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files_of_conf_d_are_put_together),
        TEST(test_a_name_that_two_files_have_is_refused_with_both_places),
        TEST(test_mistakes_of_all_files_are_said_at_once),
        TEST(test_broken_syntax_is_not_followed_by_what_it_hides),
        TEST(test_files_that_cannot_be_read_are_errors),
        TEST(test_any_byte_of_any_file_changes_the_digest),
        TEST(test_what_could_not_be_read_has_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
