/* SPDX-License-Identifier: Apache-2.0 */
/* preset: images. */
#include "preset_rig.h"

static void put_pod(const char *name, const char *waiting, int init, const char *more)
{
    fake_putf(fake_find("pods", ""),
              "{'metadata': {'name': '%s', 'namespace': 'shop', 'creationTimestamp': '%s'%s}, "
              "'spec': {'containers': [{'name': 'app'}]}, 'status': {'phase': 'Pending', "
              "'%s': [{'name': 'app', "
              "'image': 'registry/app:2', 'state': {'waiting': {'reason': '%s', 'message': "
              "'no such image'}}}]}}",
              name, ago(100), more, init ? "initContainerStatuses" : "containerStatuses", waiting);
}

static void test_which_words_are_of_images(void **state)
{
    (void)state;

    static const struct {
        const char *waiting;
        int init;
        uint32_t status;
    } rows[] = {
        {"ErrImagePull", 0, CVG_FAILED},        {"ImagePullBackOff", 0, CVG_FAILED},
        {"InvalidImageName", 0, CVG_FAILED},    {"ErrImageNeverPull", 0, CVG_FAILED},
        {"RegistryUnavailable", 0, CVG_FAILED}, {"SignatureValidationFailed", 0, CVG_FAILED},
        {"ImagePullBackOff", 1, CVG_FAILED},    {"CrashLoopBackOff", 0, CVG_READY},
        {"ContainerCreating", 0, CVG_READY},    {"CreateContainerConfigError", 0, CVG_READY},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_IMAGES, NULL);
        put_pod("api", rows[i].waiting, rows[i].init, "");
        if (rows[i].status == CVG_FAILED) {
            preset_expect(&preset, CVG_FAILED, rows[i].waiting, "shop/api");
            preset_fact(&preset, "without_image_names", "shop/api");
        } else {
            preset_expect(&preset, CVG_READY, "InOrder", "none of 1 pod waits");
        }
        preset_close(&preset);
    }
}

static void test_no_pods_are_good_news(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_IMAGES, NULL);
    preset_expect(&preset, CVG_READY, "InOrder", "none of 0 pods");
    fake_state(fake_find("pods", ""), CVG_KUBE_NOT_SYNCED, CVG_FAULT_NONE, "NotSynced", "", 0);
    cvg_kube_check_read(preset.check, FAKE_WALL, &preset.finding);
    assert_int_equal(preset.finding.reading.status, CVG_UNKNOWN);
    preset_close(&preset);
}

static void test_a_pod_that_goes_away_does_not_count(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_IMAGES, NULL);
    put_pod("api", "ImagePullBackOff", 0, ", 'deletionTimestamp': '2026-01-01T00:09:59Z'");
    preset_expect(&preset, CVG_READY, "InOrder", "");
    preset_close(&preset);
}

static void test_limits(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds some = NO_LIMITS, later = NO_LIMITS;
    some.count = 1;
    preset_open(&preset, CVG_KUBE_PRESET_IMAGES, &some);
    put_pod("a", "ErrImagePull", 0, "");
    preset_expect(&preset, CVG_READY, "InOrder", "");
    put_pod("b", "ErrImagePull", 0, "");
    preset_expect(&preset, CVG_FAILED, "ErrImagePull", "2 pods wait for images: shop/a, shop/b");
    preset_close(&preset);

    later.dwell = 160 * FAKE_SECOND;
    preset_open(&preset, CVG_KUBE_PRESET_IMAGES, &later);
    put_pod("a", "ErrImagePull", 0, "");
    preset_turns(&preset, FAKE_WALL + 60 * FAKE_SECOND, CVG_FAILED, "ErrImagePull");
    preset_close(&preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_words_are_of_images),
        cmocka_unit_test(test_no_pods_are_good_news),
        cmocka_unit_test(test_a_pod_that_goes_away_does_not_count),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
