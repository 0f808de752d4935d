/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of all kinds, as the reader takes or refuses them. */
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

#define STACK_URN "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod"
#define STACK     "{\"urn\":\"" STACK_URN "\",\"type\":\"pulumi:pulumi:Stack\"}"
#define PET       "urn:pulumi:prod::shop::random:index/randomPet:RandomPet::pet"
#define EXPORT(more)                                                                               \
    "{\"version\":3,\"deployment\":{\"manifest\":{\"time\":\"2026-01-02T03:04:05Z\"}," more "}}"
#define RESOURCES(more) EXPORT("\"resources\":[" STACK "," more "]")
#define RESOURCE(more)                                                                             \
    RESOURCES("{\"urn\":\"" PET "\",\"type\":\"random:index/randomPet:RandomPet\"" more "}")

static void test_refuses_by_name(void **state)
{
    static const struct {
        const char *text, *reason, *where;
    } cases[] = {
        {"", "BeingWritten", "empty"},
        {" \n", "BeingWritten", "empty"},
        {"{\"version\":3,\"deploy", "BeingWritten", NULL},
        {"{\"version\":3} x", "NotJson", NULL},
        {"<html><title>Sign in</title>", "HtmlPage", ""},
        {"\x28\xb5\x2f\xfd\x04", "ZstdUnsupported", ""},
        {"\x1f\x8b\x08 no gzip at all", "GzipBroken", NULL},
        {"\xef\xbb\xbf{}", "NotUtf8", "byte order mark"},
        {"[]", "NotAStack", ""},
        {"{}", "NotAStack", ""},
        {"{\"version\":3}", "NotAStack", ""},
        {"{\"deployment\":{}}", "NotAStack", ""},
        {"{\"version\":3,\"deployment\":{},\"checkpoint\":{}}", "NotAStack", ""},
        {"{\"version\":2,\"deployment\":{}}", "VersionUnknown", "version"},
        {"{\"version\":5,\"deployment\":{}}", "VersionUnknown", "version"},
        {"{\"version\":3.0,\"deployment\":{}}", "VersionUnknown", "version"},
        {"{\"version\":\"3\",\"deployment\":{}}", "BadContent", "version"},
        {"{\"version\":4,\"features\":[\"taint\",\"sorcery\"],\"deployment\":{}}", "FeatureUnknown",
         "features"},
        {"{\"version\":3,\"Deployment\":{}}", "BadContent", ""},
        {"{\"version\":3,\"version\":3,\"deployment\":{}}", "DuplicateKey", NULL},
        {EXPORT("\"resources\":{}"), "BadContent", "resources"},
        {EXPORT("\"resources\":[null]"), "BadContent", "resources[0]"},
        {EXPORT("\"resources\":[{}]"), "BadContent", "resources[0].urn"},
        {EXPORT("\"resources\":[{\"urn\":\"urn:pulumi:a::b\",\"type\":\"c\"}]"), "BadContent",
         "resources[0].urn"},
        {EXPORT("\"resources\":[" STACK "," STACK "]"), "BadContent", "resources[1].type"},
        {RESOURCES("{\"urn\":\"" PET "\",\"type\":\"other\"}"), "BadContent", "resources[1].type"},
        {RESOURCE(",\"taint\":\"true\""), "BadContent", "resources[1].taint"},
        {RESOURCE(",\"Taint\":true"), "BadContent", "resources[1]"},
        {RESOURCE(",\"delete\":1"), "BadContent", "resources[1].delete"},
        {RESOURCE(",\"initErrors\":[1]"), "BadContent", "resources[1].initErrors"},
        {EXPORT("\"pending_operations\":[{\"type\":\"creating\"}]"), "BadContent",
         "pending_operations[0].resource.urn"},
        {"{\"version\":3,\"deployment\":{\"manifest\":{\"time\":\"yesterday\"}}}", "BadContent",
         "deployment.manifest.time"},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        scene_look(&scene, cases[i].text, strlen(cases[i].text));
        assert_string_equal(scene.finding.reading.reason, cases[i].reason);
        assert_int_equal(scene.finding.reading.status, strcmp(cases[i].reason, "BeingWritten") == 0
                                                           ? CVG_PROGRESSING
                                                           : CVG_UNKNOWN);
        if (cases[i].where != NULL) {
            assert_string_equal(scene.refusal.where, cases[i].where);
        }
    }
}

/* However far it came, it is being written; and never anything else. */
static void test_takes_every_prefix_for_one_that_is_written(void **state)
{
    static const char *const files[] = {"constructed/pulumi-export.json",
                                        "constructed/pulumi-diy-checkpoint.json",
                                        "constructed/pulumi-export-bad-resources.json"};
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(files); i++) {
        size_t length;
        char *text = scene_load(files[i], &length);
        while (length > 0 && strchr(" \n", text[length - 1]) != NULL) {
            length--;
        }
        for (size_t cut = 0; cut < length; cut++) {
            struct scene scene;
            scene_open(&scene);
            scene_look(&scene, text, cut);
            assert_string_equal(scene_verdict(&scene), "progressing BeingWritten");
        }
        free(text);
    }
}

static void test_other_applications_files_are_no_stacks(void **state)
{
    static const char *const files[] = {
        "tf-1.5.7/app/applied.tfstate", "tf-1.5.7/app/plan-create.json",
        "tf-1.5.7/app/applied.show.json", "constructed/cloudformation-describe-stacks.json"};
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(files); i++) {
        struct scene scene;
        scene_open(&scene);
        scene_look_at(&scene, files[i]);
        assert_int_equal(scene.finding.reading.status, CVG_UNKNOWN);
    }
}

#define OUTPUTS(text)                                                                              \
    EXPORT("\"resources\":[{\"urn\":\"" STACK_URN "\",\"outputs\":" text                           \
           ",\"type\":\"pulumi:pulumi:Stack\"},"                                                   \
           "{\"outputs\":{\"url\":\"not the stack's\"},\"urn\":\"" PET                             \
           "\",\"type\":\"random:index/randomPet:RandomPet\"}]")
#define SECRET "\"4dabf18193072939515e22adb298388d\":\"1b47061264138c4ac30d75fd1eb44270\""

static void test_reads_outputs_by_their_path(void **state)
{
    static const struct {
        const char *name, *text; /* "": not told as a fact */
        const char *verdict;
    } cases[] = {
        {"url", "https://x", "ready Deployed"}, {"count", "12345678901234567890", "ready Deployed"},
        {"flag", "true", "ready Deployed"},     {"lb.hostname", "a.example", "ready Deployed"},
        {"hosts.1", "two", "ready Deployed"},   {"lb", "", "ready Deployed"},
        {"a.b", "flat", "ready Deployed"},      {"nothing", "", "progressing Missing"},
        {"later", "", "progressing Missing"},   {"blank", "", "progressing Missing"},
        {"none", "", "progressing Missing"},    {"hosts.2", "", "progressing Missing"},
        {"token", "", "ready Deployed"},        {"mixed", "", "ready Deployed"},
        {"mixed.open", "", "ready Deployed"},
    };

    static const char text[] =
        OUTPUTS("{\"url\":\"https://x\",\"count\":12345678901234567890,\"flag\":true,"
                "\"lb\":{\"hostname\":\"a.example\"},\"hosts\":[\"one\",\"two\"],\"a.b\":\"flat\","
                "\"later\":\"04da6b54-80e4-46f7-96ec-b56ff0331ba9\",\"blank\":\"\",\"none\":[],"
                "\"nothing\":null,\"token\":{" SECRET ",\"plaintext\":\"\\\"hush\\\"\"},"
                "\"mixed\":{\"open\":\"hush\",\"shut\":{\"ciphertext\":\"hush\"," SECRET "}}}");
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char fact[64];
        struct scene scene;
        scene_open(&scene);
        scene_want_output(&scene, cases[i].name, NULL);
        (void)snprintf(fact, sizeof(fact), "outputs.%s", cases[i].name);
        scene_look(&scene, text, strlen(text));
        assert_string_equal(scene_verdict(&scene), cases[i].verdict);
        assert_string_equal(scene_fact(&scene, fact), cases[i].text);
        for (size_t j = 0; j < scene.finding.reading.fact_count; j++) {
            assert_null(strstr(scene.finding.reading.facts[j].text, "hush"));
        }
    }
}

static void test_compares_outputs_but_never_secret_ones(void **state)
{
    static const char text[] = OUTPUTS("{\"url\":\"https://x\",\"token\":{" SECRET "}}");

    static const struct {
        const char *name, *equals, *verdict;
    } cases[] = {
        {"url", "https://x", "ready Deployed"},
        {"url", "https://y", "progressing OutputDiffers"},
        {"token", "hush", "unknown OutputSecret"},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct scene scene;
        scene_open(&scene);
        scene_want_output(&scene, cases[i].name, cases[i].equals);
        scene_look(&scene, text, strlen(text));
        assert_string_equal(scene_verdict(&scene), cases[i].verdict);
        assert_null(strstr(scene.finding.reading.message, "https"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_by_name),
        cmocka_unit_test(test_takes_every_prefix_for_one_that_is_written),
        cmocka_unit_test(test_other_applications_files_are_no_stacks),
        cmocka_unit_test(test_reads_outputs_by_their_path),
        cmocka_unit_test(test_compares_outputs_but_never_secret_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
