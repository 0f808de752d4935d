/* SPDX-License-Identifier: Apache-2.0 */
/* The head file: what was written last is read, whatever tore the write before it. */
#include "store/head.h"

#include "base/macros.h"
#include "folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define SLOT  512
#define STEP  4096
#define WHOLE (STEP + SLOT)

/* Stands in for the system's: the disk says no as often as a test wants it. */
static unsigned syncs_that_fail;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the system's is __fildes */
int fdatasync(int fd)
{
    if (syncs_that_fail > 0) {
        syncs_that_fail--;
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

struct stage {
    struct folder folder;
    struct cvg_ed25519 *key;
    struct cvg_head_file *head;
    char path[120];
};

static int set_up(void **state)
{
    static struct stage stage;
    stage = (struct stage){0};
    folder_make(&stage.folder);
    folder_beside(&stage.folder, "head", stage.path, sizeof stage.path);
    assert_int_equal(cvg_ed25519_make(&stage.key, NULL), 0);
    assert_int_equal(cvg_head_open(stage.folder.file, &stage.head, NULL), 0);
    *state = &stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    syncs_that_fail = 0;
    cvg_head_close(stage->head);
    cvg_ed25519_free(stage->key);
    folder_remove(&stage->folder);
    return 0;
}

static struct cvg_head head_of(const struct stage *stage, uint64_t number)
{
    struct cvg_head head = {.point = {.point = {.number = number}, .at = (int64_t)(number * 10)}};
    memset(head.point.point.hash, (int)(number * 7 + 1), sizeof head.point.point.hash);
    cvg_chain_sign(stage->key, CVG_CHAIN_HEAD, &head.point);
    cvg_ed25519_public(stage->key, head.public_key);
    return head;
}

static int put(struct stage *stage, uint64_t number)
{
    struct cvg_head head = head_of(stage, number);
    struct cvg_error error;
    return cvg_head_write(stage->head, &head, &error);
}

/* The number that is read, or a code. */
static int64_t number_of(const struct stage *stage)
{
    struct cvg_head head;
    struct cvg_error error = {0};
    int rc = cvg_head_read(stage->folder.file, &head, &error);
    if (rc < 0) {
        assert_non_null(strstr(error.text, stage->path)); /* the error names the file */
        return rc;
    }
    struct cvg_head expected = head_of(stage, head.point.point.number);
    assert_memory_equal(&head, &expected, sizeof head);
    return (int64_t)head.point.point.number;
}

static void reopen(struct stage *stage)
{
    cvg_head_close(stage->head);
    assert_int_equal(cvg_head_open(stage->folder.file, &stage->head, NULL), 0);
}

static void nothing_written_is_not_found(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(number_of(stage), CVG_E_NOT_FOUND); /* made, and never written */
    reopen(stage);
    assert_int_equal(number_of(stage), CVG_E_NOT_FOUND);
    folder_write(stage->path, "", 0);
    assert_int_equal(number_of(stage), CVG_E_NOT_FOUND);
    unlink(stage->path);
    assert_int_equal(number_of(stage), CVG_E_NOT_FOUND);
    folder_write(stage->path, "x", 1);
    assert_int_equal(number_of(stage), CVG_E_INVALID);
}

static void what_was_written_last_is_read(void **state)
{
    struct stage *stage = *state;
    for (uint64_t number = 0; number < 12; number++) {
        assert_int_equal(put(stage, number), 0);
        assert_int_equal(number_of(stage), number);
        if (number % 3 == 0) {
            reopen(stage);
        }
    }
}

/* After rows were lost and the rest was sealed the head is a lower one. */
static void a_lower_number_that_was_written_later_counts(void **state)
{
    struct stage *stage = *state;
    static const uint64_t numbers[] = {100, 101, 7, 102, 102, 3};
    for (size_t i = 0; i < CVG_COUNT(numbers); i++) {
        assert_int_equal(put(stage, numbers[i]), 0);
        assert_int_equal(number_of(stage), numbers[i]);
        reopen(stage);
        assert_int_equal(number_of(stage), numbers[i]);
    }
}

static void the_file_is_the_owners_alone(void **state)
{
    struct stage *stage = *state;
    struct stat info;
    assert_int_equal(stat(stage->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

/* The write of `number` over what is there, torn at each byte: from the front, and from the end. */
static void tear(struct stage *stage, uint64_t number)
{
    unsigned char before[WHOLE], after[WHOLE], torn[WHOLE];
    assert_int_equal(folder_read(stage->path, before, WHOLE), WHOLE);
    assert_int_equal(put(stage, number), 0);
    assert_int_equal(folder_read(stage->path, after, WHOLE), WHOLE);
    size_t slot = memcmp(before, after, SLOT) ? 0 : STEP;

    for (size_t cut = 0; cut <= SLOT; cut++) {
        memcpy(torn, before, WHOLE);
        memcpy(torn + slot, after + slot, cut);
        folder_write(stage->path, torn, WHOLE);
        int64_t read = number_of(stage);
        assert_true(read == (int64_t)number || (cut < SLOT && read == (int64_t)number - 1));

        memcpy(torn, after, WHOLE);
        memcpy(torn + slot, before + slot, cut);
        folder_write(stage->path, torn, WHOLE);
        read = number_of(stage);
        assert_true(read == (int64_t)number - 1 || (cut < SLOT && read == (int64_t)number));

        memcpy(torn, before, WHOLE); /* something else from there on */
        memset(torn + slot + cut, 0xff, SLOT - cut);
        folder_write(stage->path, torn, WHOLE);
        read = number_of(stage);
        assert_int_equal(read, number - 1);
    }
    folder_write(stage->path, after, WHOLE);
}

static void a_torn_write_leaves_the_other_slot(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(put(stage, 1), 0);
    assert_int_equal(put(stage, 2), 0);
    tear(stage, 3);
    tear(stage, 4);
    tear(stage, 5);
}

static void a_writer_that_finds_a_torn_slot_writes_that_one(void **state)
{
    struct stage *stage = *state;
    unsigned char bytes[WHOLE];
    for (uint64_t number = 1; number < 8; number++) {
        assert_int_equal(put(stage, number), 0);
        if (number > 1) {
            folder_read(stage->path, bytes, WHOLE);
            bytes[number % 2 ? 100 : STEP + 100] ^= 1; /* the slot of this write */
            folder_write(stage->path, bytes, WHOLE);
            assert_int_equal(number_of(stage), number - 1);
            reopen(stage);
            assert_int_equal(put(stage, number), 0);
        }
        assert_int_equal(number_of(stage), number);
    }
}

static void each_byte_of_a_slot_counts(void **state)
{
    struct stage *stage = *state;
    unsigned char bytes[WHOLE];
    assert_int_equal(put(stage, 1), 0);
    assert_int_equal(put(stage, 2), 0);
    folder_read(stage->path, bytes, WHOLE);
    for (size_t i = 0; i < SLOT; i++) {
        bytes[STEP + i] ^= 0x10;
        folder_write(stage->path, bytes, WHOLE);
        assert_int_equal(number_of(stage), 1);
        bytes[i] ^= 0x10; /* and the other one */
        folder_write(stage->path, bytes, WHOLE);
        assert_int_equal(number_of(stage), CVG_E_INVALID);
        bytes[STEP + i] ^= 0x10;
        folder_write(stage->path, bytes, WHOLE);
        assert_int_equal(number_of(stage), 2);
        bytes[i] ^= 0x10;
    }
}

static void a_cut_file_has_the_slots_that_are_left(void **state)
{
    struct stage *stage = *state;
    unsigned char bytes[WHOLE];
    assert_int_equal(put(stage, 1), 0);
    assert_int_equal(put(stage, 2), 0);
    folder_read(stage->path, bytes, WHOLE);
    for (size_t length = 1; length < WHOLE; length += length < SLOT || length > STEP ? 1 : 97) {
        folder_write(stage->path, bytes, length);
        assert_int_equal(number_of(stage), length < SLOT ? CVG_E_INVALID : 1);
    }
}

/* Who can write the file can make a whole slot, but not a signature. */
static void a_forged_slot_is_refused(void **state)
{
    struct stage *stage = *state;
    static const size_t fields[] = {24, 32, 40, 72, 136}; /* number, at, hash, signature, key */
    unsigned char bytes[WHOLE];
    assert_int_equal(put(stage, 1), 0);
    assert_int_equal(put(stage, 2), 0);
    for (size_t i = 0; i < CVG_COUNT(fields); i++) {
        folder_read(stage->path, bytes, WHOLE);
        unsigned char *slot = bytes + STEP;
        slot[fields[i]] ^= 1;
        cvg_sha256(slot, SLOT - CVG_SHA256_SIZE, slot + SLOT - CVG_SHA256_SIZE);
        folder_write(stage->path, bytes, WHOLE);
        assert_int_equal(number_of(stage), CVG_E_INVALID);
        slot[fields[i]] ^= 1;
        cvg_sha256(slot, SLOT - CVG_SHA256_SIZE, slot + SLOT - CVG_SHA256_SIZE);
        folder_write(stage->path, bytes, WHOLE);
    }
    /* A number of the write beyond all others would be the last one for ever. */
    memset(bytes + STEP + 16, 0xff, 8);
    cvg_sha256(bytes + STEP, SLOT - CVG_SHA256_SIZE, bytes + WHOLE - CVG_SHA256_SIZE);
    folder_write(stage->path, bytes, WHOLE);
    assert_int_equal(number_of(stage), 1);
}

static void a_sync_that_fails_is_told_and_costs_nothing(void **state)
{
    struct stage *stage = *state;
    unsigned char before[WHOLE], after[WHOLE];
    assert_int_equal(put(stage, 1), 0);
    assert_int_equal(put(stage, 2), 0);
    folder_read(stage->path, before, WHOLE);

    /* As often as it fails the slot with 2 in it, the only one that is surely on disk, is left. */
    for (unsigned i = 0; i < 3; i++) {
        syncs_that_fail = 1;
        assert_int_equal(put(stage, 3), CVG_E_IO);
        folder_read(stage->path, after, WHOLE);
        assert_memory_equal(after + STEP, before + STEP, SLOT);
    }
    assert_int_equal(put(stage, 4), 0);
    assert_int_equal(number_of(stage), 4);
    folder_read(stage->path, after, WHOLE);
    assert_memory_equal(after + STEP, before + STEP, SLOT);
    assert_int_equal(put(stage, 5), 0);
    assert_int_equal(number_of(stage), 5);
}

static void what_is_no_file_is_refused(void **state)
{
    struct stage *stage = *state;
    struct cvg_head_file *head = NULL;
    struct cvg_error error;
    unlink(stage->path);
    assert_int_equal(mkfifo(stage->path, 0600), 0);
    assert_int_equal(number_of(stage), CVG_E_IO);
    assert_int_equal(cvg_head_open(stage->folder.file, &head, &error), CVG_E_IO);
    unlink(stage->path);
    assert_int_equal(cvg_head_open("/nowhere/at/all", &head, &error), CVG_E_NOT_FOUND);
    assert_null(head);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_written_is_not_found),
        TEST(what_was_written_last_is_read),
        TEST(a_lower_number_that_was_written_later_counts),
        TEST(the_file_is_the_owners_alone),
        TEST(a_torn_write_leaves_the_other_slot),
        TEST(a_writer_that_finds_a_torn_slot_writes_that_one),
        TEST(each_byte_of_a_slot_counts),
        TEST(a_cut_file_has_the_slots_that_are_left),
        TEST(a_forged_slot_is_refused),
        TEST(a_sync_that_fails_is_told_and_costs_nothing),
        TEST(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
