/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files and secrets, and watching every way in which a file changes. */
#include "base/alloc.h"
#include "base/time.h"
#include "io/file.h"
#include "io/secret.h"
#include "unit/io/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct harness harness;
    char folder[64];
    char room[256];
};

static void set_up(struct fixture *fixture)
{
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/cvg-file-XXXXXX");
    harness_make_folder(fixture->folder);
    harness_start(&fixture->harness, NULL);
}

static void tear_down(struct fixture *fixture)
{
    harness_stop(&fixture->harness);
    harness_remove_folder(fixture->folder);
}

/* Lives until the next call. */
static const char *path_of(struct fixture *fixture, const char *name)
{
    snprintf(fixture->room, sizeof fixture->room, "%s/%s", fixture->folder, name);
    return fixture->room;
}

static void put(struct fixture *fixture, const char *name, const char *text)
{
    int fd = open(path_of(fixture, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void move(struct fixture *fixture, const char *from, const char *to)
{
    char old[256];
    snprintf(old, sizeof old, "%s/%s", fixture->folder, from);
    assert_int_equal(rename(old, path_of(fixture, to)), 0);
}

static void make_link(struct fixture *fixture, const char *target, const char *name)
{
    assert_int_equal(symlink(target, path_of(fixture, name)), 0);
}

struct content {
    bool done;
    int32_t error;
    char bytes[256];
    size_t length;
    int64_t mtime_ns;
};

static void take(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                 int64_t mtime_ns)
{
    struct content *content = arg;
    (void)op;
    content->done = true;
    content->error = error;
    content->length = length;
    content->mtime_ns = mtime_ns;
    snprintf(content->bytes, sizeof content->bytes, "%s", bytes);
}

static struct content read_now(struct fixture *fixture, const char *path, size_t limit)
{
    struct content content = {0};
    cvg_file_read(&fixture->harness.scope, path, limit, take, &content);
    assert_false(content.done);
    harness_wait(&fixture->harness, &content.done);
    return content;
}

static void test_reads_regular_files_up_to_the_limit(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    put(&fixture, "five", "hello");
    put(&fixture, "empty", "");
    assert_int_equal(mkfifo(path_of(&fixture, "fifo"), 0600), 0);

    static const struct {
        const char *name;
        size_t limit;
        int32_t error;
        const char *bytes;
    } table[] = {
        {"five", 100, 0, "hello"}, {"five", 5, 0, "hello"},   {"five", 4, EFBIG, ""},
        {"empty", 0, 0, ""},       {"fifo", 100, EINVAL, ""}, {".", 100, EISDIR, ""},
        {"none", 100, ENOENT, ""},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct content content =
            read_now(&fixture, path_of(&fixture, table[i].name), table[i].limit);
        assert_int_equal(content.error, table[i].error);
        assert_string_equal(content.bytes, table[i].bytes);
        assert_int_equal(content.length, strlen(table[i].bytes));
        assert_true(table[i].error || content.mtime_ns > 0);
    }
    struct content content = read_now(&fixture, "/proc/self/status", 65536); /* size 0 */
    assert_int_equal(content.error, 0);
    assert_true(content.length > 100);
    assert_int_equal(read_now(&fixture, "/proc/self/status", 100).error, EFBIG);
    tear_down(&fixture);
}

struct changes {
    int count;
    bool seen;
};

static void on_change(void *arg, struct cvg_op *op)
{
    struct changes *changes = arg;
    assert_non_null(op);
    changes->count++;
    changes->seen = true;
}

/* What a change is; run between "armed" and "told". */
static void rewrite(struct fixture *fixture)
{
    put(fixture, "dir/file", "rewritten");
}

static void rename_over(struct fixture *fixture)
{
    put(fixture, "dir/new", "renamed");
    move(fixture, "dir/new", "dir/file");
}

static void delete_it(struct fixture *fixture)
{
    assert_int_equal(unlink(path_of(fixture, "dir/file")), 0);
}

static void make_it(struct fixture *fixture)
{
    put(fixture, "dir/file", "made");
}

static void move_folder_away(struct fixture *fixture)
{
    move(fixture, "dir", "gone");
}

static void bring_folder_back(struct fixture *fixture)
{
    assert_int_equal(mkdir(path_of(fixture, "dir"), 0700), 0);
    put(fixture, "dir/file", "again");
}

static void test_each_kind_of_change_is_seen(void **state)
{
    (void)state;
    static void (*const changes_made[])(struct fixture *) = {
        rewrite, rename_over, rename_over,      rewrite,           delete_it,
        make_it, rename_over, move_folder_away, bring_folder_back, rewrite,
    };
    struct fixture fixture;
    struct changes changes = {0};
    set_up(&fixture);
    assert_int_equal(mkdir(path_of(&fixture, "dir"), 0700), 0);
    put(&fixture, "dir/file", "first");
    harness_run(&fixture.harness, 50 * CVG_MS); /* older than the watch */
    cvg_file_watch(&fixture.harness.scope, path_of(&fixture, "dir/file"), on_change, &changes);
    harness_run(&fixture.harness, 100 * CVG_MS);
    assert_int_equal(changes.count, 0);
    for (size_t i = 0; i < CVG_COUNT(changes_made); i++) {
        changes.seen = false;
        int64_t started = cvg_time_now();
        changes_made[i](&fixture);
        harness_wait(&fixture.harness, &changes.seen);
        print_message("change %zu told after %d ms\n", i,
                      (int)((cvg_time_now() - started) / CVG_MS));
        assert_true(cvg_time_now() - started < 2 * CVG_SECOND);
        harness_run(&fixture.harness, 100 * CVG_MS);
    }
    /* Others in the folder are none of its business. */
    int before = changes.count;
    put(&fixture, "dir/other", "x");
    harness_run(&fixture.harness, 150 * CVG_MS);
    assert_int_equal(changes.count, before);
    tear_down(&fixture);
}

static void test_a_kubernetes_swap_is_seen_each_time(void **state)
{
    (void)state;
    struct fixture fixture;
    struct changes changes = {0};
    set_up(&fixture);
    assert_int_equal(mkdir(path_of(&fixture, "..v0"), 0700), 0);
    put(&fixture, "..v0/key", "v0");
    make_link(&fixture, "..v0", "..data");
    make_link(&fixture, "..data/key", "key");
    harness_run(&fixture.harness, 50 * CVG_MS);
    cvg_file_watch(&fixture.harness.scope, path_of(&fixture, "key"), on_change, &changes);
    harness_run(&fixture.harness, 100 * CVG_MS);
    assert_int_equal(changes.count, 0);
    for (int i = 1; i <= 3; i++) {
        char folder[16], file[32];
        snprintf(folder, sizeof folder, "..v%d", i);
        snprintf(file, sizeof file, "..v%d/key", i);
        changes.seen = false;
        assert_int_equal(mkdir(path_of(&fixture, folder), 0700), 0);
        put(&fixture, file, folder);
        make_link(&fixture, folder, "..data_tmp");
        int64_t started = cvg_time_now();
        move(&fixture, "..data_tmp", "..data");
        harness_wait(&fixture.harness, &changes.seen);
        assert_true(cvg_time_now() - started < 2 * CVG_SECOND);
        harness_run(&fixture.harness, 100 * CVG_MS);
    }
    tear_down(&fixture);
}

static void test_a_path_that_does_not_exist_yet(void **state)
{
    (void)state;
    struct fixture fixture;
    struct changes changes = {0};
    set_up(&fixture);
    cvg_file_watch(&fixture.harness.scope, path_of(&fixture, "a/b/c"), on_change, &changes);
    harness_run(&fixture.harness, 100 * CVG_MS);
    assert_int_equal(mkdir(path_of(&fixture, "a"), 0700), 0);
    harness_run(&fixture.harness, 200 * CVG_MS);
    assert_int_equal(changes.count, 0);
    assert_int_equal(mkdir(path_of(&fixture, "a/b"), 0700), 0);
    put(&fixture, "a/b/c", "x");
    int64_t started = cvg_time_now();
    harness_wait(&fixture.harness, &changes.seen);
    assert_true(cvg_time_now() - started < 2 * CVG_SECOND);
    tear_down(&fixture);
}

struct told {
    bool done;
    char error[300], text[64];
};

static void take_secret(void *arg, struct cvg_op *op, const char *error, const char *text,
                        size_t length)
{
    struct told *told = arg;
    (void)op;
    told->done = true;
    snprintf(told->error, sizeof told->error, "%s", error ? error : "");
    snprintf(told->text, sizeof told->text, "%s", text);
    assert_int_equal(strlen(told->text), error ? 0 : length);
}

static void test_secrets(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    put(&fixture, "token", "s3cret\n");
    put(&fixture, "lines", "a\nb\n\n");
    put(&fixture, "empty", "\n");
    harness_setenv("CREDENTIALS_DIRECTORY", fixture.folder);
    harness_setenv("CVG_TEST_SECRET", "from-env");

    static const struct {
        enum cvg_secret_kind kind;
        const char *name, *text, *error;
    } table[] = {
        {CVG_SECRET_FILE, "token", "s3cret", ""},
        {CVG_SECRET_FILE, "lines", "a\nb\n", ""},
        {CVG_SECRET_FILE, "empty", "", "it is empty"},
        {CVG_SECRET_FILE, "none", "", "No such file"},
        {CVG_SECRET_FILE, ".", "", "not a regular file"},
        {CVG_SECRET_CREDENTIAL, "token", "s3cret", ""},
        {CVG_SECRET_CREDENTIAL, "../token", "", "not a name"},
        {CVG_SECRET_ENV, "CVG_TEST_SECRET", "from-env", ""},
        {CVG_SECRET_ENV, "CVG_TEST_NONE", "", "is not set"},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct told told = {0};
        struct cvg_secret secret = {table[i].kind, table[i].name};
        if (table[i].kind == CVG_SECRET_FILE) {
            secret.name = path_of(&fixture, table[i].name);
        }
        cvg_secret_fetch(&fixture.harness.scope, &secret, take_secret, &told);
        assert_false(told.done);
        harness_wait(&fixture.harness, &told.done);
        assert_string_equal(told.text, table[i].text);
        assert_non_null(strstr(told.error, table[i].error));
        assert_null(strstr(told.error, "s3cret"));
    }
    tear_down(&fixture);
}

static void test_lane_settings_are_checked(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    put(&fixture, "file.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n");
    char pem[256];
    snprintf(pem, sizeof pem, "%s", path_of(&fixture, "file.pem"));
    struct cvg_secret unset = {CVG_SECRET_ENV, "CVG_TEST_NONE"};

    const struct {
        struct cvg_endpoint endpoint;
        const char *error; /* NULL: fine */
    } table[] = {
        {{.url = "https://h/p"}, NULL},
        {{.url = "https://h/", .cert_file = pem, .key_file = pem, .ca_file = pem}, NULL},
        {{.url = "ftp://h/"}, "url: "},
        {{.url = "https://h/?q=1"}, "url: has a query"},
        {{.url = "https://h/", .proxy = "h:1"}, "proxy: "},
        {{.url = "https://h/", .cert_file = pem}, "a certificate without its key"},
        {{.url = "https://h/", .ca_file = "/nonexistent"}, "tls.ca: /nonexistent: No such file"},
        {{.url = "https://h/", .ca_file = "/etc/hosts"}, "tls.ca: /etc/hosts: has no"},
        {{.url = "https://h/", .bearer = &unset}, "bearer: env:CVG_TEST_NONE: is not set"},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct cvg_endpoint endpoint = table[i].endpoint;
        struct cvg_error error = {0};
        endpoint.size = sizeof endpoint;
        int code = cvg_lane_check(&endpoint, &error);
        assert_int_equal(code == 0, table[i].error == NULL);
        assert_non_null(strstr(error.text, table[i].error ? table[i].error : ""));
    }
    tear_down(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_regular_files_up_to_the_limit),
        cmocka_unit_test(test_each_kind_of_change_is_seen),
        cmocka_unit_test(test_a_kubernetes_swap_is_seen_each_time),
        cmocka_unit_test(test_a_path_that_does_not_exist_yet),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_lane_settings_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
