/* SPDX-License-Identifier: Apache-2.0 */
/* A document in a file: read as one picture, read again only where it may have changed. */
#include "base/alloc.h"
#include "base/time.h"
#include "holder.h"
#include "stage.h"
#include "unit/io/harness.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char folder[32];
    char *path; /* of the state */
    struct stage stage;
};

static void open_limited(struct world *world, const char *name, size_t limit)
{
    struct cvg_place_settings settings = {.style = CVG_PLACE_TERRAFORM, .limit = limit};
    memcpy(world->folder, "/tmp/cvg-place-XXXXXX", 22);
    harness_make_folder(world->folder);
    settings.path = world->path = stage_path(world->folder, name);
    stage_open(&world->stage, "", &cvg_place_file, &settings);
}

static void open_world(struct world *world)
{
    open_limited(world, "terraform.tfstate", 0);
}

static void close_world(struct world *world)
{
    stage_close(&world->stage);
    harness_remove_folder(world->folder);
    free(world->path);
}

static void a_file_is_handed_over_whole(void **state)
{
    static const char *const texts[] = {"", "{}", "{\"serial\": 41}\n"};
    (void)state;
    struct world world;
    open_world(&world);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t before = cvg_time_wall() - 20 * CVG_MS;
        stage_write(world.path, texts[i]);
        const struct cvg_place_sight *sight = stage_look(&world.stage);
        assert_int_equal(sight->fault, CVG_FAULT_NONE);
        assert_string_equal(sight->bytes, texts[i]);
        assert_int_equal(sight->length, strlen(texts[i]));
        assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
        assert_int_equal(sight->being_written, 0);
        assert_true(sight->changed_at >= before && sight->changed_at <= cvg_time_wall());
    }
    close_world(&world);
}

static bool is_unchanged(const struct cvg_place_sight *sight)
{
    return sight->unchanged;
}

/* The same length, and the old time of change put back. */
static void change_slyly(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "2", 1, 0), 1);
    struct timespec times[2] = {info.st_atim, info.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void what_stands_still_is_not_read_again(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    stage_write(world.path, "1");
    /* Just written: another change could bear the same stamp. */
    assert_non_null(stage_look(&world.stage)->bytes);
    assert_non_null(stage_look(&world.stage)->bytes);
    stage_until(&world.stage, is_unchanged);
    struct holder holder = holder_lock(world.path);
    const struct cvg_place_sight *sight = stage_look(&world.stage);
    assert_int_equal(sight->unchanged, 1);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD); /* is of now */
    assert_true(sight->changed_at > 0);
    assert_int_equal(holder_end(&holder), 0);
    change_slyly(world.path);
    assert_string_equal(stage_look(&world.stage)->bytes, "2");
    stage_until(&world.stage, is_unchanged);
    stage_write(world.path, NULL);
    assert_int_equal(stage_look(&world.stage)->absent, 1);
    stage_write(world.path, "2");
    assert_string_equal(stage_look(&world.stage)->bytes, "2");
    close_world(&world);
}

static void another_file_of_the_same_name_is_read(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    CVG_CLEANUP(cvg_free_pointer) char *other = stage_path(world.folder, "other");
    stage_write(world.path, "1");
    stage_write(other, "2");
    stage_until(&world.stage, is_unchanged);
    assert_int_equal(rename(other, world.path), 0);
    assert_string_equal(stage_look(&world.stage)->bytes, "2");
    close_world(&world);
}

static void a_limit_is_kept(void **state)
{
    (void)state;
    struct world world;
    open_limited(&world, "state", 5);
    stage_write(world.path, "12345");
    assert_string_equal(stage_look(&world.stage)->bytes, "12345");
    stage_write(world.path, "123456");
    const struct cvg_place_sight *sight = stage_look(&world.stage);
    assert_int_equal(sight->fault, CVG_FAULT_TOO_LARGE);
    assert_string_equal(sight->reason, "TooLarge");
    close_world(&world);
}

static void what_is_no_document_is_said(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    const struct cvg_place_sight *sight = stage_look(&world.stage);
    assert_int_equal(sight->absent, 1);
    assert_non_null(strstr(sight->text, world.path));

    assert_int_equal(mkdir(world.path, 0755), 0);
    sight = stage_look(&world.stage);
    assert_int_equal(sight->fault, CVG_FAULT_REQUEST);
    assert_string_equal(sight->reason, "NotAFile");
    assert_int_equal(rmdir(world.path), 0);

    assert_int_equal(mkfifo(world.path, 0644), 0);
    assert_string_equal(stage_look(&world.stage)->reason, "NotAFile");
    assert_int_equal(unlink(world.path), 0);

    assert_int_equal(symlink(world.path, world.path), 0);
    assert_string_equal(stage_look(&world.stage)->reason, "NotAFile");
    assert_int_equal(unlink(world.path), 0);

    stage_write(world.path, "1");
    assert_int_equal(chmod(world.path, 0), 0);
    sight = stage_look(&world.stage);
    if (geteuid() != 0) {
        assert_int_equal(sight->fault, CVG_FAULT_AUTH);
        assert_string_equal(sight->reason, "Forbidden");
    }
    close_world(&world);
}

/* ---- a writer ---- */

struct tally {
    unsigned looks, whole, prefixes, being_written, empty;
};

static void count(struct tally *tally, const struct cvg_place_sight *sight)
{
    assert_int_equal(sight->fault, CVG_FAULT_NONE);
    assert_int_equal(sight->absent, 0);
    int judged = holder_judge(sight->bytes, sight->length);
    tally->looks++;
    if (sight->being_written) {
        tally->being_written++;
        return;
    }
    /* What is not said to be being written is of one document; a part of it, where the writer
     * rested, is for the reader to see. */
    assert_int_not_equal(judged, -1);
    tally->whole += judged == 1;
    tally->empty += sight->length == 0;
    tally->prefixes += judged == 0 && sight->length > 0;
}

static bool has_seen_all(const struct tally *tally, bool rests)
{
    return tally->looks >= 200 && (rests ? tally->whole >= 20 : tally->being_written > 0);
}

static void look_at_a_writer(bool rests)
{
    struct world world;
    struct tally tally = {0};
    open_world(&world);
    struct holder holder = holder_rewrite(world.path, rests ? 4 : 0);
    int64_t deadline = cvg_time_now() + 30 * CVG_SECOND;
    while (!has_seen_all(&tally, rests)) {
        count(&tally, stage_look(&world.stage));
        assert_int_equal(world.stage.sight.unchanged, 0);
        assert_true(cvg_time_now() < deadline);
    }
    print_message("%u looks: %u whole, %u parts, %u empty, %u being written\n", tally.looks,
                  tally.whole, tally.prefixes, tally.empty, tally.being_written);
    assert_int_equal(holder_end(&holder), 0);
    const struct cvg_place_sight *sight = stage_look(&world.stage);
    assert_int_equal(sight->being_written, 0);
    assert_int_equal(holder_judge(sight->bytes, sight->length), 1);
    close_world(&world);
}

static void a_rewritten_file_is_one_picture(void **state)
{
    (void)state;
    look_at_a_writer(true);
}

static void a_file_that_never_stands_still_is_being_written(void **state)
{
    (void)state;
    look_at_a_writer(false);
}

/* ---- asking twice, and not any more ---- */

static void a_look_that_was_called_back_says_nothing(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    stage_write(world.path, "1");
    for (int i = 0; i < 20; i++) {
        world.stage.kind->cancel(stage_begin(&world.stage));
    }
    assert_int_equal(world.stage.seen, 0);
    /* Waits until those before it are home. */
    assert_string_equal(stage_look(&world.stage)->bytes, "1");
    assert_int_equal(world.stage.seen, 1);
    close_world(&world);
}

static void looks_end_with_their_source(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    stage_write(world.path, "1");
    world.stage.kind->cancel(stage_begin(&world.stage));
    (void)stage_begin(&world.stage);
    (void)stage_begin(&world.stage);
    close_world(&world);
    assert_int_equal(world.stage.seen, 0);
}

static void several_looks_are_each_answered(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    stage_write(world.path, "1");
    for (int i = 0; i < 5; i++) {
        (void)stage_begin(&world.stage);
    }
    while (world.stage.seen < 5) {
        world.stage.done = false;
        stage_wait(&world.stage);
    }
    close_world(&world);
}

/* ---- the rest ---- */

static void changed(void *arg)
{
    struct stage *stage = arg;
    stage->changed++;
    stage->done = true;
}

static void wait_changed(struct stage *stage)
{
    size_t before = stage->changed;
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;
    while (stage->changed == before) {
        stage->done = false;
        stage_wait(stage);
        assert_true(cvg_time_now() < deadline);
    }
}

static void a_watch_tells_of_the_document_and_its_lock(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    CVG_CLEANUP(cvg_free_pointer)
    char *note = stage_path(world.folder, ".terraform.tfstate.lock.info");
    world.stage.kind->watch(world.stage.place, changed, &world.stage);
    stage_write(world.path, "1");
    wait_changed(&world.stage);
    stage_write(note, "{}");
    wait_changed(&world.stage);
    stage_write(note, NULL);
    wait_changed(&world.stage);
    close_world(&world);
}

static void set_mtime(const char *path, int64_t seconds)
{
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_terraform_could_not_save_is_told_until_it_is_pushed(void **state)
{
    static const struct {
        int64_t state, errored; /* mtime; 0: there is none */
        uint32_t given;
    } cases[] = {{1000, 0, 0}, {1000, 999, 0}, {1000, 1000, 1}, {1000, 1001, 1}, {0, 1000, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        open_world(&world);
        CVG_CLEANUP(cvg_free_pointer) char *errored = stage_path(world.folder, "errored.tfstate");
        if (cases[i].state) {
            stage_write(world.path, "{}");
            set_mtime(world.path, cases[i].state);
        }
        if (cases[i].errored) {
            stage_write(errored, "{}");
            set_mtime(errored, cases[i].errored);
        }
        const struct cvg_place_sight *sight = stage_look(&world.stage);
        assert_int_equal(sight->run.given, cases[i].given);
        assert_int_equal(sight->absent, cases[i].state == 0);
        if (cases[i].given) {
            assert_int_equal(sight->run.status, CVG_UNKNOWN);
            assert_string_equal(sight->run.reason, "ErroredState");
            assert_int_equal(sight->run.made_at, cases[i].errored * CVG_SECOND);
        }
        close_world(&world);
    }
}

struct refused {
    char text[128];
};

static void refuse(void *arg, const char *path, const char *text)
{
    struct refused *refused = arg;
    (void)snprintf(refused->text, sizeof refused->text, "%s %s", path, text);
}

static void paths_that_cannot_be_meant_are_refused(void **state)
{
    static char longest[PATH_MAX];

    static const struct {
        const char *path, *refused;
    } cases[] = {
        {NULL, "path is needed: the file to look at"},
        {"", "path is needed: the file to look at"},
        {"terraform.tfstate", "path must be absolute: begin with '/'"},
        {"/srv/infra/", "path names a folder, not a file"},
        {longest, "path is too long"},
        {"/srv/infra/terraform.tfstate", ""},
    };

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct refused refused = {0};
        struct cvg_place_settings settings = {.path = cases[i].path};
        int rc = cvg_place_file.check(NULL, NULL, &settings, refuse, &refused);
        assert_string_equal(refused.text, cases[i].refused);
        assert_int_equal(rc, cases[i].refused[0] ? -1 : 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_handed_over_whole),
        cmocka_unit_test(what_stands_still_is_not_read_again),
        cmocka_unit_test(another_file_of_the_same_name_is_read),
        cmocka_unit_test(a_limit_is_kept),
        cmocka_unit_test(what_is_no_document_is_said),
        cmocka_unit_test(a_rewritten_file_is_one_picture),
        cmocka_unit_test(a_file_that_never_stands_still_is_being_written),
        cmocka_unit_test(a_look_that_was_called_back_says_nothing),
        cmocka_unit_test(looks_end_with_their_source),
        cmocka_unit_test(several_looks_are_each_answered),
        cmocka_unit_test(a_watch_tells_of_the_document_and_its_lock),
        cmocka_unit_test(what_terraform_could_not_save_is_told_until_it_is_pushed),
        cmocka_unit_test(paths_that_cannot_be_meant_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
