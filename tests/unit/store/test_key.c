/* SPDX-License-Identifier: Apache-2.0 */
/* The signing key's file and the store's lock. */
#include "base/macros.h"
#include "folder.h"
#include "store/head.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct stage {
    struct folder folder;
    char key[120], fresh[120], lock[120];
};

static int set_up(void **state)
{
    static struct stage stage;
    folder_make(&stage.folder);
    folder_beside(&stage.folder, "key", stage.key, sizeof stage.key);
    folder_beside(&stage.folder, "key.new", stage.fresh, sizeof stage.fresh);
    folder_beside(&stage.folder, "lock", stage.lock, sizeof stage.lock);
    *state = &stage;
    return 0;
}

static int tear_down(void **state)
{
    const struct stage *stage = *state;
    folder_remove(&stage->folder);
    return 0;
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static void public_of(const struct stage *stage, bool make, unsigned char ret[CVG_ED25519_PUBLIC])
{
    struct cvg_ed25519 *key;
    struct cvg_error error;
    assert_int_equal(cvg_seal_key(stage->folder.file, make, &key, &error), 0);
    cvg_ed25519_public(key, ret);
    cvg_ed25519_free(key);
}

/* ---- the key ---- */

static void a_key_is_made_once_and_stays(void **state)
{
    const struct stage *stage = *state;
    unsigned char first[CVG_ED25519_PUBLIC], again[CVG_ED25519_PUBLIC];
    struct cvg_ed25519 *key = NULL;
    struct cvg_error error = {0};

    assert_int_equal(cvg_seal_key(stage->folder.file, false, &key, &error), CVG_E_NOT_FOUND);
    assert_null(key);
    assert_non_null(strstr(error.text, stage->key));
    assert_int_equal(access(stage->key, F_OK), -1);

    public_of(stage, true, first);
    assert_int_equal(mode_of(stage->key), 0600);
    assert_int_equal(access(stage->fresh, F_OK), -1);
    public_of(stage, true, again);
    assert_memory_equal(first, again, sizeof first);
    public_of(stage, false, again);
    assert_memory_equal(first, again, sizeof first);
}

static void a_key_that_others_may_use_is_refused(void **state)
{
    const struct stage *stage = *state;

    static const struct {
        mode_t mode;
        int rc;
    } cases[] = {{0600, 0},
                 {0400, 0},
                 {0640, CVG_E_REFUSED},
                 {0604, CVG_E_REFUSED},
                 {0620, CVG_E_REFUSED},
                 {0602, CVG_E_REFUSED},
                 {0610, CVG_E_REFUSED},
                 {0644, CVG_E_REFUSED}};

    unsigned char public_key[CVG_ED25519_PUBLIC];
    public_of(stage, true, public_key);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_ed25519 *key = NULL;
        struct cvg_error error = {0};
        assert_int_equal(chmod(stage->key, cases[i].mode), 0);
        assert_int_equal(cvg_seal_key(stage->folder.file, true, &key, &error), cases[i].rc);
        cvg_ed25519_free(key);
    }
}

static void what_is_no_key_is_refused_and_kept(void **state)
{
    const struct stage *stage = *state;
    static const char *const wrong[] = {
        "", "hunter2\n", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"};
    for (size_t i = 0; i < CVG_COUNT(wrong); i++) {
        struct cvg_ed25519 *key = NULL;
        struct cvg_error error = {0};
        char kept[200] = "";
        folder_write(stage->key, wrong[i], strlen(wrong[i]));
        assert_int_equal(cvg_seal_key(stage->folder.file, true, &key, &error), CVG_E_INVALID);
        assert_null(key);
        assert_non_null(strstr(error.text, stage->key));
        assert_null(strstr(error.text, "hunter2"));
        folder_read(stage->key, kept, sizeof kept - 1);
        assert_string_equal(kept, wrong[i]);
    }
    /* Far too long: read to a bound only. */
    static char big[100000];
    struct cvg_ed25519 *key = NULL;
    folder_write(stage->key, big, sizeof big);
    assert_int_equal(cvg_seal_key(stage->folder.file, true, &key, NULL), CVG_E_INVALID);
}

/* The power went between making the file and giving it its name. */
static void half_a_key_that_was_left_is_replaced(void **state)
{
    const struct stage *stage = *state;
    unsigned char first[CVG_ED25519_PUBLIC], again[CVG_ED25519_PUBLIC];
    folder_write(stage->fresh, "-----BEGIN PRIV", 15);
    public_of(stage, true, first);
    public_of(stage, false, again);
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(access(stage->fresh, F_OK), -1);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct cvg_ed25519 *key = NULL;
    struct cvg_error error = {0};
    int fd = -1;
    assert_int_equal(cvg_seal_key("/nowhere/at/all.db", true, &key, &error), CVG_E_NOT_FOUND);
    assert_non_null(strstr(error.text, "/nowhere/at/all.db: its folder is not there"));
    assert_int_equal(cvg_store_lock("/nowhere/at/all.db", &fd, &error), CVG_E_NOT_FOUND);
    assert_int_equal(fd, -1);
}

/* ---- the lock ---- */

static void a_store_is_locked_once(void **state)
{
    const struct stage *stage = *state;
    struct cvg_error error = {0};
    char holder[32] = "", expected[32];
    int fd = -1, second = -1;

    assert_int_equal(cvg_store_lock(stage->folder.file, &fd, &error), 0);
    assert_int_equal(mode_of(stage->lock), 0600);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    folder_read(stage->lock, holder, sizeof holder - 1);
    snprintf(expected, sizeof expected, "%ld\n", (long)getpid());
    assert_string_equal(holder, expected);

    /* From this very process, too. */
    assert_int_equal(cvg_store_lock(stage->folder.file, &second, &error), CVG_E_EXISTS);
    assert_int_equal(second, -1);
    snprintf(expected, sizeof expected, "process %ld", (long)getpid());
    assert_non_null(strstr(error.text, expected));
    assert_non_null(strstr(error.text, stage->folder.file));

    close(fd);
    assert_int_equal(cvg_store_lock(stage->folder.file, &second, &error), 0);
    close(second);
}

/* What a longer number left in the file is not taken for part of a shorter one. */
static void the_number_in_the_lock_is_the_holders(void **state)
{
    const struct stage *stage = *state;
    struct cvg_error error = {0};
    char expected[32];
    int fd = -1, second = -1;
    folder_write(stage->lock, "99999999999999 and more\n", 24);
    assert_int_equal(cvg_store_lock(stage->folder.file, &fd, &error), 0);
    assert_int_equal(cvg_store_lock(stage->folder.file, &second, &error), CVG_E_EXISTS);
    snprintf(expected, sizeof expected, "by process %ld", (long)getpid());
    assert_non_null(strstr(error.text, expected));
    assert_null(strstr(error.text, "9999999"));
    close(fd);
}

static void a_lock_ends_with_its_process(void **state)
{
    const struct stage *stage = *state;
    struct cvg_error error = {0};
    int ready[2], fd = -1;
    char byte = 0, expected[32];
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int held;
        byte = cvg_store_lock(stage->folder.file, &held, NULL) == 0;
        if (write(ready[1], &byte, 1) != 1) {
            _exit(1);
        }
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    assert_int_equal(cvg_store_lock(stage->folder.file, &fd, &error), CVG_E_EXISTS);
    snprintf(expected, sizeof expected, "by process %ld", (long)child);
    assert_non_null(strstr(error.text, expected));

    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(cvg_store_lock(stage->folder.file, &fd, &error), 0);
    close(fd);
    close(ready[0]);
    close(ready[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_made_once_and_stays),          TEST(a_key_that_others_may_use_is_refused),
        TEST(what_is_no_key_is_refused_and_kept),    TEST(half_a_key_that_was_left_is_replaced),
        TEST(a_folder_that_is_not_there_is_told),    TEST(a_store_is_locked_once),
        TEST(the_number_in_the_lock_is_the_holders), TEST(a_lock_ends_with_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
