/* SPDX-License-Identifier: Apache-2.0 */
/* Files of modules: what is loaded, what is refused and what the refusal says. */
#include "base/alloc.h"
#include "module/registry.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MODULES CVG_BUILD "/tests/modules"

/* A folder of the test's own, to tamper with. */
struct folder {
    char path[64];
    struct cvg_registry *registry;
};

static void copy(const char *from, const char *to)
{
    static char bytes[4096];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(in >= 0 && out >= 0);
    ssize_t got;
    while ((got = read(in, bytes, sizeof bytes)) > 0) {
        assert_int_equal(write(out, bytes, (size_t)got), got);
    }
    assert_int_equal(close(in) | close(out), 0);
}

static char *inside(const struct folder *folder, const char *name)
{
    return cvg_format("%s/%s", folder->path, name);
}

static int make_folder(void **state)
{
    struct folder *folder = CVG_NEW(struct folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/cvg-registry-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(cvg_registry_open(folder->path, &folder->registry, NULL), 0);
    CVG_CLEANUP(cvg_free_pointer) char *scripted = inside(folder, "scripted.so");
    copy(MODULES "/scripted.so", scripted);
    *state = folder;
    return 0;
}

static int drop_folder(void **state)
{
    struct folder *folder = *state;
    assert_int_equal(chmod(folder->path, 0700), 0);
    DIR *directory = opendir(folder->path);
    const struct dirent *file;
    while ((file = readdir(directory))) {
        if (file->d_name[0] != '.') {
            CVG_CLEANUP(cvg_free_pointer) char *path = inside(folder, file->d_name);
            assert_int_equal(unlink(path) == 0 || rmdir(path) == 0, 1);
        }
    }
    closedir(directory);
    assert_int_equal(rmdir(folder->path), 0);
    cvg_registry_free(folder->registry);
    free(folder);
    return 0;
}

static void assert_refused(struct cvg_registry *registry, const char *name, const char *says)
{
    struct cvg_error error = {0};
    assert_null(cvg_registry_get(registry, name, &error));
    if (!strstr(error.text, says)) {
        fail_msg("'%s' does not say '%s'", error.text, says);
    }
    const char *why = NULL;
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    assert_null(kinds.find(kinds.ctx, name, &why));
    if (error.code == CVG_E_NOT_FOUND) {
        assert_null(why);
    } else {
        assert_string_equal(why, error.text);
    }
}

static void a_module_is_loaded_once(void **state)
{
    struct folder *folder = *state;
    struct cvg_error error = {0};
    const struct cvg_module *module = cvg_registry_get(folder->registry, "scripted", &error);
    assert_string_equal(error.text, "");
    assert_non_null(module);
    assert_string_equal(module->name, "scripted");
    assert_ptr_equal(cvg_registry_get(folder->registry, "scripted", NULL), module);

    struct cvg_kinds kinds = cvg_registry_kinds(folder->registry);
    const char *why = NULL;
    const struct cvg_kind *kind = kinds.find(kinds.ctx, "scripted", &why);
    assert_non_null(kind);
    assert_string_equal(kind->version, "1.0");
    assert_int_equal(kind->flags, CVG_MODULE_ENDPOINT_OPTIONAL | CVG_MODULE_VIA);
    assert_ptr_equal(kind->check_fields, module->check_fields);
    assert_int_equal(kind->check_size, module->check_config_size);
    assert_string_equal(kind->check_fields[0].name, "do");
}

static void a_loaded_module_stays_when_its_file_goes(void **state)
{
    struct folder *folder = *state;
    assert_non_null(cvg_registry_get(folder->registry, "scripted", NULL));
    CVG_CLEANUP(cvg_free_pointer) char *path = inside(folder, "scripted.so");
    assert_int_equal(unlink(path), 0);
    const struct cvg_module *module = cvg_registry_get(folder->registry, "scripted", NULL);
    assert_non_null(module);
    assert_non_null(module->run);
}

static void unknown_names_are_not_found(void **state)
{
    struct folder *folder = *state;
    assert_refused(folder->registry, "nothing", "there is no module 'nothing' in ");
    assert_refused(folder->registry, "../scripted", "letters, digits");
    assert_refused(folder->registry, "", "letters, digits");
}

static void a_file_that_others_may_write_is_refused_until_mended(void **state)
{
    struct folder *folder = *state;
    CVG_CLEANUP(cvg_free_pointer) char *path = inside(folder, "scripted.so");
    assert_int_equal(chmod(path, 0664), 0);
    assert_refused(folder->registry, "scripted", "may be written by its group or by others");
    assert_refused(folder->registry, "scripted", "(mode 0664); make it 0644");
    assert_int_equal(chmod(path, 0646), 0);
    assert_refused(folder->registry, "scripted", "(mode 0646); make it 0644");
    assert_int_equal(chmod(path, 0644), 0);
    assert_non_null(cvg_registry_get(folder->registry, "scripted", NULL));
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
    struct folder *folder = *state;
    assert_int_equal(chmod(folder->path, 0777), 0);
    assert_refused(folder->registry, "scripted", "may be written by its group or by others");
    struct cvg_registry *registry = NULL;
    struct cvg_error error = {0};
    assert_int_equal(cvg_registry_open(folder->path, &registry, &error), CVG_E_REFUSED);
    assert_non_null(strstr(error.text, "modules: "));
    assert_null(registry);
}

static void a_file_of_another_user_is_refused(void **state)
{
    struct folder *folder = *state;
    if (geteuid() != 0) {
        skip(); /* only root can give files away */
    }
    CVG_CLEANUP(cvg_free_pointer) char *path = inside(folder, "scripted.so");
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    assert_refused(folder->registry, "scripted", "belongs to user 12345; it must belong to root");
    assert_int_equal(chown(path, 0, (gid_t)-1), 0);
    assert_int_equal(chown(folder->path, 12345, (gid_t)-1), 0);
    assert_refused(folder->registry, "scripted", "belongs to user 12345");
    assert_int_equal(chown(folder->path, 0, (gid_t)-1), 0);
}

static void what_is_no_regular_file_is_refused(void **state)
{
    struct folder *folder = *state;
    CVG_CLEANUP(cvg_free_pointer) char *link = inside(folder, "link.so");
    CVG_CLEANUP(cvg_free_pointer) char *directory = inside(folder, "folder.so");
    assert_int_equal(symlink("scripted.so", link), 0);
    assert_int_equal(mkdir(directory, 0755), 0);
    assert_refused(folder->registry, "link", "is not a regular file but a symbolic link");
    assert_refused(folder->registry, "folder", "is not a regular file");
}

static void what_is_no_shared_object_is_refused(void **state)
{
    struct folder *folder = *state;
    CVG_CLEANUP(cvg_free_pointer) char *path = inside(folder, "text.so");
    copy("/etc/passwd", path);
    assert_refused(folder->registry, "text", "cannot be loaded: ");
}

static void broken_modules_are_refused_with_a_sentence(void **state)
{
    (void)state;

    static const struct {
        const char *name, *says;
    } cases[] = {
        {"no-symbol", "does not export cvg_module_v1: it is no module"},
        {"no-table", "returns no table from cvg_module_v1()"},
        {"misnamed", "it calls itself 'someone-else', so its file must be someone-else.so"},
        {"major-two", "it was built for module ABI 2.0; this daemon has 1.2"},
        {"undefined", "undefined symbol: cvg_function_that_is_nowhere"},
        {"no-run", "it lacks the callback run"},
    };
    struct cvg_registry *registry = NULL;
    assert_int_equal(cvg_registry_open(MODULES "/broken", &registry, NULL), 0);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_refused(registry, cases[i].name, cases[i].says);
        assert_refused(registry, cases[i].name, cases[i].name);
    }
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    assert_null(kinds.all(kinds.ctx)[0]);
    cvg_registry_free(registry);
}

static void all_kinds_are_listed_by_name(void **state)
{
    (void)state;
    struct cvg_registry *registry = NULL;
    assert_int_equal(cvg_registry_open(MODULES, &registry, NULL), 0);
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    for (int again = 0; again < 2; again++) {
        static const char *const names[] = {"age", "old", "rogue", "scripted", "stream"};
        const struct cvg_kind *const *all = kinds.all(kinds.ctx);
        size_t found = 0;
        for (size_t i = 0; all[i]; i++) {
            assert_true(i == 0 || strcmp(all[i - 1]->name, all[i]->name) < 0);
            found += found < CVG_COUNT(names) && strcmp(all[i]->name, names[found]) == 0;
        }
        assert_int_equal(found, CVG_COUNT(names));
    }
    cvg_registry_free(registry);
}

static void a_folder_must_exist(void **state)
{
    (void)state;
    struct cvg_registry *registry = NULL;
    struct cvg_error error = {0};
    assert_int_equal(cvg_registry_open("/nowhere/at/all", &registry, &error), CVG_E_NOT_FOUND);
    assert_string_equal(error.text, "modules: /nowhere/at/all does not exist");
    assert_int_equal(cvg_registry_open("/etc/passwd", &registry, &error), CVG_E_REFUSED);
    cvg_registry_free(NULL);
}

static void the_default_place_is_a_path(void **state)
{
    (void)state;
    char path[512], tiny[4];
    assert_int_equal(cvg_registry_default(path, sizeof path), 0);
    assert_non_null(strstr(path, "convergate/probes"));
    assert_int_equal(cvg_registry_default(tiny, sizeof tiny), -1);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_module_is_loaded_once),
        WITH_FOLDER(a_loaded_module_stays_when_its_file_goes),
        WITH_FOLDER(unknown_names_are_not_found),
        WITH_FOLDER(a_file_that_others_may_write_is_refused_until_mended),
        WITH_FOLDER(a_folder_that_others_may_write_is_refused),
        WITH_FOLDER(a_file_of_another_user_is_refused),
        WITH_FOLDER(what_is_no_regular_file_is_refused),
        WITH_FOLDER(what_is_no_shared_object_is_refused),
        cmocka_unit_test(broken_modules_are_refused_with_a_sentence),
        cmocka_unit_test(all_kinds_are_listed_by_name),
        cmocka_unit_test(a_folder_must_exist),
        cmocka_unit_test(the_default_place_is_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
