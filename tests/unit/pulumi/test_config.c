/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, paths, patterns, and bytes that are not our memory. */
#include "layout.h"
#include "lock.h"
#include "pattern.h"
#include "remember.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void keep(void *arg, const char *path, const char *text)
{
    (void)text;
    (void)snprintf(arg, 64, "%s", path);
}

static void test_refuses_sources_that_make_no_sense(void **state)
{
    static const struct {
        struct cvg_pulumi_source_config config;
        const char *refused; /* NULL: it is good */
    } cases[] = {
        {{.path = "/srv", .project = "shop", .stack = "prod"}, NULL},
        {{.path = "/srv/export.json"}, NULL},
        {{.backend = CVG_PULUMI_HTTP}, NULL},
        {{.backend = CVG_PULUMI_S3, .stack = "prod", .bucket = "b"}, NULL},
        {{.stack = "prod"}, "path"},
        {{.path = "/srv", .project = "shop"}, "project"},
        {{.path = "/srv", .stack = "../prod"}, "stack"},
        {{.path = "/srv", .stack = ".."}, "stack"},
        {{.path = "/srv", .project = "a/b", .stack = "prod"}, "project"},
        {{.path = "/srv", .gzip = 1}, "gzip"},
        {{.path = "/srv", .bucket = "b"}, "bucket"},
        {{.backend = CVG_PULUMI_HTTP, .stack = "prod"}, "stack"},
        {{.backend = CVG_PULUMI_S3, .bucket = "b"}, "path"},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char refused[64] = "";
        int result = cvg_pulumi_source_check(&cases[i].config, keep, refused);
        assert_int_equal(result, cases[i].refused != NULL ? -1 : 0);
        assert_string_equal(refused, cases[i].refused != NULL ? cases[i].refused : "");
    }
}

static void test_refuses_checks_that_make_no_sense(void **state)
{
    static const struct {
        const char *address, *matches, *refused;
        int64_t count;
    } cases[] = {
        {"a:b:C::name", "^x+$", "", CVG_ABSENT_INT},
        {"urn:pulumi:*::*::*::*", "${checks.a.facts.b}(", "", CVG_ABSENT_INT},
        {"${checks.a.facts.b}", NULL, "", CVG_ABSENT_INT},
        {"a:b:C", NULL, "resources[0].address", CVG_ABSENT_INT},
        {"::name", NULL, "resources[0].address", CVG_ABSENT_INT},
        {"urn:pulumi:a::b", NULL, "resources[0].address", CVG_ABSENT_INT},
        {"a:b:C::name", "(", "outputs[0].matches", CVG_ABSENT_INT},
        {"a:b:C::name", NULL, "resources[0].at_least", 1},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct cvg_pulumi_want_resource resource = {
            .address = cases[i].address,
            .count = cases[i].count,
            .at_least = cases[i].count == 1 ? 1 : CVG_ABSENT_INT};
        const struct cvg_kit_want output = {.name = "url", .matches = cases[i].matches};
        const struct cvg_pulumi_check_config config = {.resources = {1, &resource},
                                                       .outputs = {1, &output}};
        char refused[64] = "";
        int result = cvg_pulumi_check_check(&config, keep, refused);
        assert_string_equal(refused, cases[i].refused);
        assert_int_equal(result, *refused ? -1 : 0);
    }
}

static void test_knows_where_backends_keep_stacks(void **state)
{
    static const struct {
        struct cvg_pulumi_source_config config;
        const char *document, *locks;
    } cases[] = {
        {{.path = "/srv", .project = "shop", .stack = "prod"},
         "/srv/.pulumi/stacks/shop/prod.json",
         "/srv/.pulumi/locks/organization/shop/prod/"},
        {{.path = "/srv/", .stack = "prod", .gzip = 1},
         "/srv/.pulumi/stacks/prod.json.gz",
         "/srv/.pulumi/locks/prod/"},
        {{.backend = CVG_PULUMI_S3, .project = "shop", .stack = "prod"},
         ".pulumi/stacks/shop/prod.json",
         ".pulumi/locks/organization/shop/prod/"},
        {{.path = "/srv/export.json"}, "/srv/export.json", NULL},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_pulumi_layout layout;
        struct cvg_place_settings settings;
        assert_int_equal(cvg_pulumi_layout_make(&cases[i].config, &layout, &settings), 0);
        assert_string_equal(settings.path, cases[i].document);
        if (cases[i].locks != NULL) {
            assert_string_equal(settings.lock_path, cases[i].locks);
            assert_int_equal(settings.style, CVG_PLACE_PULUMI);
        } else {
            assert_null(settings.lock_path);
            assert_int_equal(settings.style, CVG_PLACE_PLAIN);
        }
    }
}

static void test_patterns_cover_what_they_say(void **state)
{
    static const char urn_text[] = "urn:pulumi:prod::shop::my:index:Net$aws:ec2/vpc:Vpc::main::eu";

    static const struct {
        const char *pattern;
        int covers;
    } cases[] = {
        {"aws:ec2/vpc:Vpc::main::eu", 1},
        {"aws:ec2/vpc:Vpc::*", 1},
        {"*::main::*", 1},
        {"*::*eu", 1},
        {"aws:*:Vpc::m*n*u", 1},
        {"my:index:Net$aws:ec2/vpc:Vpc::*", 1},
        {"my:index:Net$*::*", 1},
        {"my:index:Net::*", 0},
        {"aws:ec2/vpc:Vpc::main", 0},
        {"ec2/vpc:Vpc::*", 0},
        {"urn:pulumi:prod::shop::my:index:Net$aws:ec2/vpc:Vpc::main::eu", 1},
        {"urn:pulumi:*::shop::*::main::*", 1},
        {"urn:pulumi:dev::*::*::*", 0},
        {"*::a*a*a*a*a*a*a*a*b", 0},
    };
    struct cvg_pulumi_urn urn;
    (void)state;
    assert_int_equal(cvg_pulumi_urn_read(urn_text, &urn), 0);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_null(cvg_pulumi_pattern_check(cases[i].pattern));
        assert_int_equal(cvg_pulumi_pattern_covers(cases[i].pattern, &urn), cases[i].covers);
    }
    assert_int_equal(cvg_pulumi_urn_read("urn:pulumi:a::b::c$::d", &urn), -1);
    assert_int_equal(cvg_pulumi_urn_read("urn:other:a::b::c::d", &urn), -1);
}

static void test_takes_no_bytes_that_are_not_its_memory(void **state)
{
    struct cvg_pulumi_memory memory = {.newest = 5}, read;
    unsigned char bytes[CVG_PULUMI_MEMORY_BYTES];
    (void)state;
    cvg_pulumi_memory_write(&memory, bytes);
    assert_int_equal(cvg_pulumi_memory_read(bytes, sizeof(bytes), &read), 0);
    assert_int_equal(read.newest, 5);
    assert_int_equal(cvg_pulumi_memory_read(bytes, sizeof(bytes) - 1, &read), -1);
    for (size_t at = 0; at < 16; at++) {
        bytes[at] ^= 0x80;
        assert_int_equal(cvg_pulumi_memory_read(bytes, sizeof(bytes), &read), -1);
        bytes[at] ^= 0x80;
    }
    bytes[sizeof(bytes) - 1] = 1;
    assert_int_equal(cvg_pulumi_memory_read(bytes, sizeof(bytes), &read), -1);
}

static void test_reads_notes_of_locks(void **state)
{
    static const struct {
        const char *note, *who;
        int64_t at;
    } cases[] = {
        {"{\"pid\":4242,\"username\":\"deploy\",\"hostname\":\"b7\",\"timestamp\":"
         "\"1970-01-01T00:00:09Z\"}",
         "deploy@b7", INT64_C(9000000000)},
        {"{\"hostname\":\"b\\u001b[2J\",\"timestamp\":\"2970-01-01T00:00:09Z\"}", "b?[2J", 0},
        {"{\"username\":\"deploy\"", "", 0},
        {"", "", 0},
        {"[]", "", 0},
        {"{\"username\":[\"a\"],\"hostname\":{\"username\":\"b\"},\"timestamp\":7}", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_pulumi_lock lock;
        cvg_pulumi_lock_read(cases[i].note, strlen(cases[i].note), INT64_C(10000000000), &lock);
        assert_string_equal(lock.who, cases[i].who);
        assert_int_equal(lock.created_at, cases[i].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_sources_that_make_no_sense),
        cmocka_unit_test(test_refuses_checks_that_make_no_sense),
        cmocka_unit_test(test_knows_where_backends_keep_stacks),
        cmocka_unit_test(test_patterns_cover_what_they_say),
        cmocka_unit_test(test_takes_no_bytes_that_are_not_its_memory),
        cmocka_unit_test(test_reads_notes_of_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
