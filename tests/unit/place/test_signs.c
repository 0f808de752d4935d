/* SPDX-License-Identifier: Apache-2.0 */
/* Is a file locked: the holders are other processes, as a process never sees its own locks. */
#include "base/alloc.h"
#include "base/time.h"
#include "holder.h"
#include "place/signs.h"
#include "stage.h"
#include "unit/io/harness.h"

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

#define NOTE "{\"ID\":\"1\",\"Operation\":\"OperationTypeApply\"}"

struct world {
    char folder[32];
    char *path, *note; /* of the state, and of its lock */
    struct stage stage;
};

static void open_styled(struct world *world, uint32_t style, const char *lock_name)
{
    memcpy(world->folder, "/tmp/cvg-signs-XXXXXX", 22);
    harness_make_folder(world->folder);
    world->path = stage_path(world->folder, "terraform.tfstate");
    world->note = stage_path(world->folder, lock_name);
    struct cvg_place_settings settings = {
        .style = style,
        .path = world->path,
        .lock_path = style == CVG_PLACE_PULUMI ? world->note : NULL,
    };
    stage_open(&world->stage, "", &cvg_place_file, &settings);
}

static void open_world(struct world *world)
{
    open_styled(world, CVG_PLACE_TERRAFORM, ".terraform.tfstate.lock.info");
    stage_write(world->path, "{}");
}

static void close_world(struct world *world)
{
    stage_close(&world->stage);
    harness_remove_folder(world->folder);
    free(world->path);
    free(world->note);
}

static void a_note_stands_where_terraform_puts_it(void **state)
{
    static const char *const cases[][2] = {
        {"/srv/terraform.tfstate", "/srv/.terraform.tfstate.lock.info"},
        {"/srv/.hidden", "/srv/.hidden.lock.info"},
        {"/srv/a.b/..two", "/srv/a.b/..two.lock.info"},
        {"/x", "/.x.lock.info"},
        {"x", ".x.lock.info"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CVG_CLEANUP(cvg_free_pointer) char *made = cvg_place_signs_note_path(cases[i][0]);
        assert_string_equal(made, cases[i][1]);
    }
}

static void holder_and_note_are_told_apart(void **state)
{
    static const struct {
        bool holder;
        const char *note;
        uint32_t lock;
    } cases[] = {
        {false, NULL, CVG_PLACE_LOCK_FREE},  {true, NULL, CVG_PLACE_LOCK_HELD},
        {true, NOTE, CVG_PLACE_LOCK_HELD},   {true, "", CVG_PLACE_LOCK_HELD},
        {false, NOTE, CVG_PLACE_LOCK_STALE}, {false, "", CVG_PLACE_LOCK_STALE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        struct holder holder = {0};
        open_world(&world);
        if (cases[i].holder) {
            holder = holder_lock(world.path);
        }
        if (cases[i].note) {
            stage_write(world.note, cases[i].note);
        }
        const struct cvg_place_sight *sight = stage_look(&world.stage);
        assert_int_equal(sight->lock, cases[i].lock);
        assert_string_equal(sight->lock_note, cases[i].note ? cases[i].note : "");
        assert_int_equal(sight->lock_note_length, strlen(sight->lock_note));
        assert_string_equal(sight->bytes, "{}");
        if (cases[i].holder) {
            assert_int_equal(holder_end(&holder), 0);
            assert_int_equal(stage_look(&world.stage)->lock,
                             cases[i].note ? CVG_PLACE_LOCK_STALE : CVG_PLACE_LOCK_FREE);
        }
        close_world(&world);
    }
}

static void without_a_document_a_note_is_of_the_dead(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    stage_write(world.path, NULL);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_FREE);
    stage_write(world.note, NOTE);
    assert_int_equal(stage_look(&world.stage)->absent, 1);
    assert_int_equal(world.stage.sight.lock, CVG_PLACE_LOCK_STALE);
    close_world(&world);
}

static void a_look_is_in_nobodys_way(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct holder holder = holder_compete(world.path, 200000);
    unsigned held = 0;
    for (int i = 0; i < 500; i++) {
        held += stage_look(&world.stage)->lock == CVG_PLACE_LOCK_HELD;
    }
    assert_int_equal(holder_wait(&holder), 0); /* it got the lock each time */
    close(holder.life);
    print_message("%u of 500 looks saw the lock\n", held);

    holder = holder_lock(world.path);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_HELD);
    }
    assert_int_equal(holder_end(&holder), 0);
    close_world(&world);
}

static void a_note_that_comes_or_goes_had_a_holder(void **state)
{
    static const struct {
        const char *before, *after;
        uint32_t lock;
    } cases[] = {
        {NULL, NOTE, CVG_PLACE_LOCK_HELD},
        {NOTE, NULL, CVG_PLACE_LOCK_HELD},
        {NOTE, "{\"ID\":\"2\"}", CVG_PLACE_LOCK_HELD},
        {NOTE, NOTE, CVG_PLACE_LOCK_STALE},
        {NULL, NULL, CVG_PLACE_LOCK_FREE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        struct cvg_place_signs signs;
        struct cvg_place_sight sight = {0};
        open_world(&world);
        if (cases[i].before) {
            stage_write(world.note, cases[i].before);
        }
        cvg_place_signs_begin(&signs, CVG_PLACE_TERRAFORM, world.note);
        int fd = open(world.path, O_RDONLY | O_CLOEXEC);
        cvg_place_signs_ask(&signs, fd);
        close(fd);
        if (cases[i].after != cases[i].before) {
            stage_write(world.note, cases[i].after);
        }
        cvg_place_signs_end(&signs, &sight);
        assert_int_equal(sight.lock, cases[i].lock);
        const char *note = cases[i].after ? cases[i].after : cases[i].before;
        assert_string_equal(sight.lock_note, note ? note : "");
        close_world(&world);
    }
}

/* A descriptor that cannot be asked stands for a file system without locks. */
static void where_the_holder_cannot_be_asked_for_its_note_counts(void **state)
{
    (void)state;
    struct world world;
    struct cvg_place_signs signs;
    struct cvg_place_sight sight = {0};
    open_world(&world);
    cvg_place_signs_begin(&signs, CVG_PLACE_TERRAFORM, world.note);
    cvg_place_signs_ask(&signs, -1);
    cvg_place_signs_end(&signs, &sight);
    assert_int_equal(sight.lock, CVG_PLACE_LOCK_UNSEEN);
    stage_write(world.note, NOTE);
    cvg_place_signs_begin(&signs, CVG_PLACE_TERRAFORM, world.note);
    cvg_place_signs_ask(&signs, -1);
    cvg_place_signs_end(&signs, &sight);
    assert_int_equal(sight.lock, CVG_PLACE_LOCK_HELD);
    close_world(&world);
}

static void a_long_note_is_cut_and_a_strange_one_is_only_there(void **state)
{
    static char note[5000];
    (void)state;
    struct world world;
    open_world(&world);
    memset(note, 'x', sizeof note - 1);
    stage_write(world.note, note);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_STALE);
    assert_int_equal(world.stage.sight.lock_note_length, sizeof world.stage.sight.lock_note - 1);
    stage_write(world.note, NULL);
    assert_int_equal(mkfifo(world.note, 0600), 0);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_STALE);
    assert_string_equal(world.stage.sight.lock_note, "");
    close_world(&world);
}

static void the_note_of_a_link_stands_beside_the_link(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    CVG_CLEANUP(cvg_free_pointer) char *folder = stage_path(world.folder, "real");
    CVG_CLEANUP(cvg_free_pointer) char *real = stage_path(folder, "state");
    CVG_CLEANUP(cvg_free_pointer) char *other = stage_path(folder, ".state.lock.info");
    assert_int_equal(mkdir(folder, 0755), 0);
    stage_write(real, "real");
    stage_write(other, NOTE);
    stage_write(world.path, NULL);
    assert_int_equal(symlink(real, world.path), 0);
    assert_string_equal(stage_look(&world.stage)->bytes, "real");
    assert_int_equal(world.stage.sight.lock, CVG_PLACE_LOCK_FREE);
    stage_write(world.note, NOTE);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_STALE);
    struct holder holder = holder_lock(real);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_HELD);
    assert_int_equal(holder_end(&holder), 0);
    close_world(&world);
}

static void any_file_among_pulumis_locks_is_one(void **state)
{
    (void)state;
    struct world world;
    open_styled(&world, CVG_PLACE_PULUMI, "locks");
    stage_write(world.path, "{}");
    CVG_CLEANUP(cvg_free_pointer) char *first = stage_path(world.note, "a.json");
    CVG_CLEANUP(cvg_free_pointer) char *second = stage_path(world.note, "b.json");
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_FREE);
    assert_int_equal(mkdir(world.note, 0755), 0);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_FREE);
    stage_write(second, "second");
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_HELD);
    assert_string_equal(world.stage.sight.lock_note, "second");
    stage_write(first, "first");
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_HELD);
    assert_string_equal(world.stage.sight.lock_note, "first");
    stage_write(first, NULL);
    stage_write(second, NULL);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_FREE);
    assert_int_equal(rmdir(world.note), 0);
    stage_write(world.note, "no folder");
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_UNSEEN);
    close_world(&world);
}

static void what_is_never_locked_is_not_asked(void **state)
{
    (void)state;
    struct world world;
    open_styled(&world, CVG_PLACE_PLAIN, ".terraform.tfstate.lock.info");
    stage_write(world.path, "{}");
    stage_write(world.note, NOTE);
    struct holder holder = holder_lock(world.path);
    assert_int_equal(stage_look(&world.stage)->lock, CVG_PLACE_LOCK_UNSEEN);
    assert_string_equal(world.stage.sight.lock_note, "");
    assert_int_equal(holder_end(&holder), 0);
    close_world(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_stands_where_terraform_puts_it),
        cmocka_unit_test(holder_and_note_are_told_apart),
        cmocka_unit_test(without_a_document_a_note_is_of_the_dead),
        cmocka_unit_test(a_look_is_in_nobodys_way),
        cmocka_unit_test(a_note_that_comes_or_goes_had_a_holder),
        cmocka_unit_test(where_the_holder_cannot_be_asked_for_its_note_counts),
        cmocka_unit_test(a_long_note_is_cut_and_a_strange_one_is_only_there),
        cmocka_unit_test(the_note_of_a_link_stands_beside_the_link),
        cmocka_unit_test(any_file_among_pulumis_locks_is_one),
        cmocka_unit_test(what_is_never_locked_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
