/* SPDX-License-Identifier: Apache-2.0 */
/* What a collection holds, against a plain array, and what a list that is set aside does to it. */
#include "collection.h"
#include "looking.h"
#include "object.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAMES 40

struct held {
    struct cvg_kube_pool *pool;
    struct cvg_kube_collection *pods;
};

static void open_pods(struct held *held)
{
    held->pool = cvg_kube_pool_new();
    held->pods = cvg_kube_collection_new(held->pool, cvg_kube_kind_of("", "v1", "Pod"), "");
}

static void close_pods(struct held *held)
{
    cvg_kube_collection_free(held->pods);
    cvg_kube_pool_free(held->pool);
}

/* owner: 0 none. */
static int put(struct held *held, const char *namespace, const char *name, const char *version,
               int owner)
{
    static const struct cvg_kube_keep keep = {.labels = 0};
    char owner_uid[32] = "";
    char uid[64];
    struct cvg_kube_outcome outcome = {.reason = "Ready", .worse_reason = ""};
    if (owner) {
        snprintf(owner_uid, sizeof owner_uid, "owner-%d", owner);
    }
    snprintf(uid, sizeof uid, "uid-%s-%s", namespace, name);
    struct cvg_kube_view view = {
        .kind = cvg_kube_collection_kind(held->pods),
        .meta = {.name = name,
                 .namespace = namespace,
                 .uid = uid,
                 .resource_version = version,
                 .owner_kind = "ReplicaSet",
                 .owner_name = "",
                 .owner_uid = owner_uid},
        .phase = "",
        .of.pod = {.phase = "",
                   .reason = "",
                   .message = "",
                   .node = "",
                   .restart_policy = "",
                   .template_hash = ""},
    };
    return cvg_kube_collection_put(held->pods,
                                   cvg_kube_object_make(held->pool, &view, &outcome, &keep));
}

static const char *version_of(const struct held *held, const char *namespace, const char *name)
{
    const struct cvg_kube_object *object = cvg_kube_collection_get(held->pods, namespace, name);
    return object ? object->version : "";
}

static size_t count_owned(const struct held *held, int owner)
{
    char uid[32];
    snprintf(uid, sizeof uid, "owner-%d", owner);
    struct cvg_kube_id id = cvg_kube_id_of(uid);
    const struct cvg_kube_object *object = NULL;
    size_t count = 0;
    while ((object = cvg_kube_collection_owned(held->pods, id, object))) {
        assert_true(object->owner.high == id.high && object->owner.low == id.low);
        count++;
    }
    return count;
}

static void test_it_holds_what_was_put_and_not_removed(void **state)
{
    struct held held;
    int versions[2][NAMES] = {{0}};
    int owners[2][NAMES] = {{0}};
    uint32_t chance = 7;
    (void)state;
    open_pods(&held);
    for (int i = 1; i <= 20000; i++) {
        chance = chance * 1664525u + 1013904223u;
        int space = (int)(chance >> 30 & 1);
        int number = (int)((chance >> 16) % NAMES);
        char name[16];
        char at[16];
        snprintf(name, sizeof name, "pod-%d", number);
        snprintf(at, sizeof at, "%d", i);
        if (chance >> 8 & 3) {
            owners[space][number] = (int)((chance >> 10) % 4);
            versions[space][number] = i;
            assert_int_equal(put(&held, space ? "b" : "a", name, at, owners[space][number]), 0);
        } else {
            versions[space][number] = owners[space][number] = 0;
            cvg_kube_collection_remove(held.pods, space ? "b" : "a", name);
        }
    }
    size_t wanted[4] = {0};
    size_t count = 0;
    for (int space = 0; space < 2; space++) {
        for (int number = 0; number < NAMES; number++) {
            char name[16];
            char at[16] = "";
            snprintf(name, sizeof name, "pod-%d", number);
            if (versions[space][number]) {
                snprintf(at, sizeof at, "%d", versions[space][number]);
                wanted[owners[space][number]]++;
                count++;
            }
            assert_string_equal(version_of(&held, space ? "b" : "a", name), at);
        }
    }
    assert_int_equal(count_objects(held.pods), count);
    for (int owner = 1; owner < 4; owner++) {
        assert_true(wanted[owner] > 0);
        assert_int_equal(count_owned(&held, owner), wanted[owner]);
    }
    size_t walked = 0;
    for (size_t at = 0; cvg_kube_collection_next(held.pods, &at);) {
        walked++;
    }
    assert_int_equal(walked, count);
    close_pods(&held);
}

static void test_a_list_is_seen_when_it_is_whole(void **state)
{
    struct held held;
    (void)state;
    open_pods(&held);
    put(&held, "a", "stays", "1", 1);
    put(&held, "a", "moves", "2", 1);
    put(&held, "a", "goes", "3", 1);
    const struct cvg_kube_object *same = cvg_kube_collection_get(held.pods, "a", "stays");
    uint64_t edition = cvg_kube_collection_edition(held.pods);

    cvg_kube_collection_begin(held.pods);
    put(&held, "a", "stays", "1", 1);
    put(&held, "a", "moves", "8", 2);
    put(&held, "a", "comes", "9", 1);
    put(&held, "a", "comes", "10", 1);
    put(&held, "a", "back", "4", 0);
    cvg_kube_collection_remove(held.pods, "a", "back");
    assert_int_equal(count_objects(held.pods), 3);
    assert_string_equal(version_of(&held, "a", "moves"), "2");
    assert_true(cvg_kube_collection_edition(held.pods) == edition);

    cvg_kube_collection_end(held.pods);
    assert_true(cvg_kube_collection_edition(held.pods) > edition);
    assert_int_equal(count_objects(held.pods), 3);
    assert_ptr_equal(cvg_kube_collection_get(held.pods, "a", "stays"), same);
    assert_string_equal(version_of(&held, "a", "moves"), "8");
    assert_string_equal(version_of(&held, "a", "comes"), "10");
    assert_string_equal(version_of(&held, "a", "goes"), "");
    assert_int_equal(count_owned(&held, 1), 2);
    assert_int_equal(count_owned(&held, 2), 1);
    close_pods(&held);
}

static void test_a_list_that_is_abandoned_was_never_there(void **state)
{
    struct held held;
    (void)state;
    open_pods(&held);
    put(&held, "a", "stays", "1", 1);
    for (int again = 0; again < 2; again++) {
        cvg_kube_collection_begin(held.pods);
        put(&held, "a", "stays", "1", 1);
        put(&held, "a", "stays", "5", 1);
        put(&held, "a", "stays", "1", 1);
        put(&held, "a", "comes", "9", 1);
        cvg_kube_collection_remove(held.pods, "a", "stays");
        if (again) {
            cvg_kube_collection_abandon(held.pods);
        }
    }
    assert_int_equal(count_objects(held.pods), 1);
    assert_string_equal(version_of(&held, "a", "stays"), "1");
    put(&held, "a", "new", "6", 0);
    assert_int_equal(count_objects(held.pods), 2);
    close_pods(&held);
}

static void test_a_relist_needs_little_more_memory(void **state)
{
    struct held held;
    char name[32];
    (void)state;
    open_pods(&held);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "pod-%d", i);
        put(&held, "a", name, "7", 1);
    }
    size_t bytes = cvg_kube_pool_bytes(held.pool);
    cvg_kube_collection_begin(held.pods);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "pod-%d", i);
        const struct cvg_kube_object *before = cvg_kube_collection_get(held.pods, "a", name);
        put(&held, "a", name, "7", 1);
        assert_ptr_equal(cvg_kube_collection_get(held.pods, "a", name), before);
    }
    assert_int_equal(cvg_kube_pool_bytes(held.pool), bytes);
    cvg_kube_collection_end(held.pods);
    assert_int_equal(count_objects(held.pods), 1000);
    assert_int_equal(cvg_kube_pool_bytes(held.pool), bytes);
    close_pods(&held);
}

/* What the list has as it was is there once: neither the sweep nor a newer version frees it twice,
 * and nothing stays. */
static void test_what_a_list_replaced_is_swept_in_parts(void **state)
{
    (void)state;
    for (int abandoned = 0; abandoned < 2; abandoned++) {
        struct held held;
        char name[32];
        open_pods(&held);
        size_t bytes = cvg_kube_pool_bytes(held.pool);
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "pod-%d", i);
            put(&held, "a", name, "7", 1);
        }
        cvg_kube_collection_begin(held.pods);
        for (int i = 0; i < 90; i++) {
            snprintf(name, sizeof name, "pod-%d", i);
            put(&held, "a", name, i % 2 ? "7" : "8", 1);
        }
        put(&held, "a", "pod-1", "9", 1); /* was as it was, and then was not */
        if (abandoned) {
            cvg_kube_collection_abandon(held.pods);
        } else {
            cvg_kube_collection_end(held.pods);
        }
        assert_true(cvg_kube_collection_sweep(held.pods, 10));
        put(&held, "a", "pod-51", "10", 1);
        cvg_kube_collection_remove(held.pods, "a", "pod-53");
        int turns = 1;
        while (cvg_kube_collection_sweep(held.pods, 10)) {
            turns++;
        }
        assert_in_range(turns, 8, 10);
        assert_int_equal(count_objects(held.pods), abandoned ? 99 : 89);
        assert_string_equal(version_of(&held, "a", "pod-51"), "10");
        assert_string_equal(version_of(&held, "a", "pod-55"), "7");
        assert_string_equal(version_of(&held, "a", "pod-1"), abandoned ? "7" : "9");
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "pod-%d", i);
            cvg_kube_collection_remove(held.pods, "a", name);
        }
        assert_int_equal(cvg_kube_pool_bytes(held.pool), bytes);
        close_pods(&held);
    }
}

static void test_it_is_full_at_its_ceiling_and_takes_newer_versions(void **state)
{
    (void)state;
    for (int listing = 0; listing < 2; listing++) {
        struct held held;
        open_pods(&held);
        cvg_kube_collection_set_most(held.pods, 2);
        if (listing) {
            cvg_kube_collection_begin(held.pods);
        }
        assert_int_equal(put(&held, "a", "one", "1", 0), 0);
        assert_int_equal(put(&held, "a", "two", "1", 0), 0);
        assert_int_equal(put(&held, "a", "three", "1", 0), -1);
        assert_int_equal(put(&held, "a", "two", "2", 0), 0);
        cvg_kube_collection_remove(held.pods, "a", "one");
        assert_int_equal(put(&held, "a", "three", "1", 0), 0);
        close_pods(&held);
    }
}

static void test_its_state_is_a_copy_and_knowledge_does_not_go_back(void **state)
{
    struct held held;
    char version[] = "12";
    (void)state;
    open_pods(&held);
    struct cvg_kube_collection_state synced = {
        .sync = CVG_KUBE_SYNCED, .reason = "", .known_at = 50, .resource_version = version};
    uint64_t edition = cvg_kube_collection_edition(held.pods);
    cvg_kube_collection_set_state(held.pods, &synced);
    version[0] = '9';
    const struct cvg_kube_collection_state *now = cvg_kube_collection_state(held.pods);
    assert_string_equal(now->resource_version, "12");
    assert_true(cvg_kube_collection_edition(held.pods) > edition);
    edition = cvg_kube_collection_edition(held.pods);
    cvg_kube_collection_know(held.pods, 40);
    assert_true(now->known_at == 50);
    cvg_kube_collection_know(held.pods, 60);
    assert_true(now->known_at == 60);
    assert_true(cvg_kube_collection_edition(held.pods) == edition);
    close_pods(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_holds_what_was_put_and_not_removed),
        cmocka_unit_test(test_a_list_is_seen_when_it_is_whole),
        cmocka_unit_test(test_a_list_that_is_abandoned_was_never_there),
        cmocka_unit_test(test_a_relist_needs_little_more_memory),
        cmocka_unit_test(test_what_a_list_replaced_is_swept_in_parts),
        cmocka_unit_test(test_it_is_full_at_its_ceiling_and_takes_newer_versions),
        cmocka_unit_test(test_its_state_is_a_copy_and_knowledge_does_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
