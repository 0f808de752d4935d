/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts: what each stack means, and how time, locks and memory move it. */
#include "scene.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GOOD "constructed/pulumi-diy-checkpoint.json"
#define PET  "random:index/randomPet:RandomPet::pet"

static void test_each_fixture_has_its_verdict(void **state)
{
    static const struct {
        const char *file, *resource, *verdict;
    } cases[] = {
        {GOOD, NULL, "ready Deployed"},
        {GOOD, PET, "ready Deployed"},
        {GOOD, "random:*::p*", "ready Deployed"},
        {GOOD, "urn:pulumi:staging::shop::" PET, "ready Deployed"},
        {GOOD, "random:*::cat", "progressing Missing"},
        {"constructed/pulumi-export.json", NULL, "ready Deployed"},
        {"constructed/pulumi-export-v4-features.json", NULL, "ready Deployed"},
        {"constructed/pulumi-diy-checkpoint-never-deployed.json", NULL,
         "progressing NeverDeployed"},
        {"constructed/pulumi-export-pending-create.json", NULL, "unknown OperationsInterrupted"},
        {"constructed/pulumi-export-bad-resources.json", NULL, "failed InitFailed"},
        {"constructed/pulumi-export-bad-resources.json", "*::pet2", "failed PendingReplacement"},
        {"constructed/pulumi-export-bad-resources.json", "*::pet3", "failed Tainted"},
        {"constructed/pulumi-export-bad-resources.json", "*::nobody", "progressing Missing"},
        {"constructed/pulumi-diy-lock.json", NULL, "unknown NotAStack"},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        if (cases[i].resource != NULL) {
            scene_want(&scene, cases[i].resource, CVG_ABSENT_INT);
        }
        scene_look_at(&scene, cases[i].file);
        assert_string_equal(scene_verdict(&scene), cases[i].verdict);
    }
}

static void test_counts_what_is_wanted(void **state)
{
    static const struct {
        int64_t count;
        const char *verdict;
    } cases[] = {{0, "degraded Surplus"}, {1, "ready Deployed"}, {2, "progressing Missing"}};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        scene_want(&scene, "random:*::*", cases[i].count);
        scene_look_at(&scene, GOOD);
        assert_string_equal(scene_verdict(&scene), cases[i].verdict);
        assert_int_equal(scene.finding.reading.total, cases[i].count);
    }
}

static void test_tells_what_it_saw(void **state)
{
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene_want_output(&scene, "url", NULL);
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_fact(&scene, "stack"), "organization/shop/staging");
    assert_string_equal(scene_fact(&scene, "resources"), "1");
    assert_string_equal(scene_fact(&scene, "outputs.url"), "https://x.example.test");
    assert_string_equal(scene.finding.reading.revision, "2026-01-02T03:04:05Z");
    assert_int_equal(scene.finding.reading.observed_at_ns, 7);
    assert_int_equal(scene.finding.reading.done, 1);
}

static void test_waits_until_it_has_settled(void **state)
{
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene.sight.changed_at = NOON - 10 * SECOND;
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "progressing Settling");
    scene.wall += 19 * SECOND;
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "progressing Settling");
    scene.wall += SECOND;
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "ready Deployed");
}

static void test_a_lock_is_an_update_until_it_is_too_old(void **state)
{
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene.sight.lock = CVG_PLACE_LOCK_HELD;
    scene.sight.lock_note_length =
        (size_t)snprintf(scene.sight.lock_note, sizeof(scene.sight.lock_note),
                         "{\"pid\":1,\"username\":\"deploy\",\"hostname\":\"b7\",\"timestamp\":"
                         "\"2026-11-21T11:58:00.5Z\"}");
    scene_look_at(&scene, "constructed/pulumi-export-bad-resources.json");
    assert_string_equal(scene_verdict(&scene), "progressing Locked");
    assert_string_equal(scene.finding.reading.message,
                        "deploy@b7 holds the stack's lock, for 1m59s");
    assert_string_equal(scene_fact(&scene, "lock.who"), "deploy@b7");
    scene.wall += 3600 * SECOND;
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "unknown LockStale");
    scene.config.lock = CVG_PULUMI_LOCK_IGNORE;
    scene.wall += 60 * SECOND;
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "progressing Settling");
}

static void test_a_lock_that_tells_nothing_is_one_all_the_same(void **state)
{
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene.sight.lock = CVG_PLACE_LOCK_HELD;
    scene_look(&scene, NULL, 0);
    assert_string_equal(scene_verdict(&scene), "progressing Locked");
    scene.wall += 3599 * SECOND;
    scene_look(&scene, NULL, 0);
    assert_string_equal(scene_verdict(&scene), "progressing Locked");
    scene.wall += SECOND;
    scene_look(&scene, NULL, 0);
    assert_string_equal(scene_verdict(&scene), "unknown LockStale");
}

static void test_pending_operations_are_under_way_or_left(void **state)
{
    static const struct {
        uint32_t lock;
        int64_t age;
        const char *verdict;
    } cases[] = {
        {CVG_PLACE_LOCK_FREE, 10, "progressing OperationsPending"},
        {CVG_PLACE_LOCK_FREE, 45, "unknown OperationsInterrupted"},
        {CVG_PLACE_LOCK_UNSEEN, 3599, "progressing OperationsPending"},
        {CVG_PLACE_LOCK_UNSEEN, 3600, "unknown OperationsInterrupted"},
    };

    size_t length;
    char *text = scene_load("constructed/pulumi-export-pending-create.json", &length);
    memcpy(strstr(text, "2026-01-02T03:04:05Z"), "2026-11-21T12:00:00Z", 20);
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        scene.sight.lock = cases[i].lock;
        scene.sight.changed_at = NOON;
        scene.wall = NOON + cases[i].age * SECOND;
        scene_look(&scene, text, length);
        assert_string_equal(scene_verdict(&scene), cases[i].verdict);
    }
    free(text);
}

static void test_torn_is_being_written_until_the_grace_is_over(void **state)
{
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "ready Deployed");
    scene.wall += SECOND;
    scene_look(&scene, "", 0);
    assert_string_equal(scene_verdict(&scene), "progressing BeingWritten");
    scene.wall += 45 * SECOND;
    scene_look(&scene, "{\"version\"", 10);
    assert_string_equal(scene_verdict(&scene), "unknown DocumentTorn");
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "progressing Settling");
}

static void test_what_goes_back_in_time_is_unknown_until_accepted(void **state)
{
    struct scene scene;
    size_t length;
    char *text = scene_load(GOOD, &length);
    (void)state;
    scene_open(&scene);
    scene_look(&scene, text, length);
    memcpy(strstr(text, "2026-01-02T03:04:05Z"), "2026-01-02T03:00:00Z", 20);
    scene_look(&scene, text, length); /* clocks of two machines */
    assert_string_equal(scene_verdict(&scene), "progressing Settling");
    memcpy(strstr(text, "2026-01-02T03:00:00Z"), "2026-01-02T02:00:00Z", 20);
    scene_look(&scene, text, length);
    assert_string_equal(scene_verdict(&scene), "unknown TimeBehind");
    scene_look_at(&scene, GOOD); /* it stays so */
    assert_string_equal(scene_verdict(&scene), "unknown TimeBehind");
    scene.memory = (struct cvg_pulumi_memory){0};
    scene_look(&scene, text, length);
    assert_string_equal(scene_verdict(&scene), "ready Deployed");
    free(text);
}

static void test_age_of_updates_and_of_exports(void **state)
{
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene.config.max_change_age = 24 * 3600 * SECOND;
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "unknown ChangeTooOld");
    scene.config.max_change_age = 365 * 24 * 3600 * SECOND;
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "ready Deployed");
    scene.max_age_ns = 600 * SECOND; /* of a checkpoint it says nothing */
    scene_look_at(&scene, GOOD);
    assert_string_equal(scene_verdict(&scene), "ready Deployed");
    scene_look_at(&scene, "constructed/pulumi-export.json");
    assert_string_equal(scene_verdict(&scene), "unknown EvidenceTooOld");
}

static void test_no_resources_and_no_document(void **state)
{
    static const char empty[] = "{\"version\":3,\"deployment\":{\"manifest\":{},\"resources\":[]}}";
    static const char broken[] = "{\"version\":3,\"deployment\":{\"metadata\":{\"integrity_error\":"
                                 "{\"error\":\"x\"}}}}";
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene_look(&scene, NULL, 0);
    assert_string_equal(scene_verdict(&scene), "progressing NoStack");
    scene_look(&scene, empty, strlen(empty));
    assert_string_equal(scene_verdict(&scene), "progressing NoResources");
    scene.config.allow_empty = 1;
    scene.wall += 30 * SECOND;
    scene_look(&scene, empty, strlen(empty));
    assert_string_equal(scene_verdict(&scene), "ready Empty");
    scene_look(&scene, broken, strlen(broken));
    assert_string_equal(scene_verdict(&scene), "unknown IntegrityError");
}

static void test_a_place_that_cannot_be_asked_changes_no_memory(void **state)
{
    struct scene scene;
    (void)state;
    scene_open(&scene);
    scene_look_at(&scene, GOOD);
    struct cvg_pulumi_memory before = scene.memory;
    scene.sight.fault = CVG_FAULT_CONNECT;
    scene.sight.reason = "ConnectFailed";
    scene.wall += 60 * SECOND;
    scene_look(&scene, NULL, 0);
    assert_string_equal(scene_verdict(&scene), "unknown ConnectFailed");
    assert_int_equal(scene.finding.reading.fault, CVG_FAULT_CONNECT);
    assert_int_equal(cvg_pulumi_memory_moved(&before, &scene.memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fixture_has_its_verdict),
        cmocka_unit_test(test_counts_what_is_wanted),
        cmocka_unit_test(test_tells_what_it_saw),
        cmocka_unit_test(test_waits_until_it_has_settled),
        cmocka_unit_test(test_a_lock_is_an_update_until_it_is_too_old),
        cmocka_unit_test(test_a_lock_that_tells_nothing_is_one_all_the_same),
        cmocka_unit_test(test_pending_operations_are_under_way_or_left),
        cmocka_unit_test(test_torn_is_being_written_until_the_grace_is_over),
        cmocka_unit_test(test_what_goes_back_in_time_is_unknown_until_accepted),
        cmocka_unit_test(test_age_of_updates_and_of_exports),
        cmocka_unit_test(test_no_resources_and_no_document),
        cmocka_unit_test(test_a_place_that_cannot_be_asked_changes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
