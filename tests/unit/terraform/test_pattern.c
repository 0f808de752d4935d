/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses a pattern covers, and which texts are patterns. */
#include "pattern.h"

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *pattern, *object;
    int covers;
} cases[] = {
    {"aws_vpc.main", "aws_vpc.main", 1},
    {"aws_vpc.main", "aws_vpc.main[0]", 1},
    {"aws_vpc.main[0]", "aws_vpc.main[0]", 1},
    {"aws_vpc.main[0]", "aws_vpc.main[1]", 0},
    {"aws_vpc.main[0]", "aws_vpc.main", 0},
    {"aws_vpc.main[*]", "aws_vpc.main", 0},
    {"aws_vpc.main[*]", "aws_vpc.main[\"a.b\"]", 1},
    {"aws_vpc.main[1*]", "aws_vpc.main[12]", 1},
    {"aws_vpc.main[1*]", "aws_vpc.main[21]", 0},
    {"aws_vpc.main[0]", "aws_vpc.main[\"0\"]", 0},
    {"aws_vpc.main", "aws_vpc.mainland", 0},
    {"aws_vpc.main", "module.a.aws_vpc.main", 0},
    {"aws_vpc", "aws_vpc.main", 1},
    {"aws_vpc", "aws_vpc_endpoint.main", 0},
    {"aws_*.main", "aws_vpc.main", 1},
    {"*.main", "aws_vpc.main", 1},
    {"*", "aws_vpc.main", 1},
    {"*", "module.a.aws_vpc.main", 0},
    {"*.*", "aws_vpc.main", 1},
    {"aws_vpc.m*n", "aws_vpc.main", 1},
    {"aws_vpc.m*n", "aws_vpc.mai", 0},
    {"aws_vpc.*a*a*", "aws_vpc.banana", 1},
    {"aws_vpc.main[\"eu-*\"]", "aws_vpc.main[\"eu-west-1\"]", 1},
    {"aws_vpc.main[\"eu-*\"]", "aws_vpc.main[\"us-east-1\"]", 0},
    {"aws_vpc.main[\"a]b\"]", "aws_vpc.main[\"a]b\"]", 1},
    {"module.a", "module.a.aws_vpc.main", 1},
    {"module.a", "module.a[\"x\"].aws_vpc.main", 1},
    {"module.a", "module.a.module.b.aws_vpc.main", 1},
    {"module.a", "module.ab.aws_vpc.main", 0},
    {"module.a", "module.b.module.a.aws_vpc.main", 0},
    {"module.a", "aws_vpc.a", 0},
    {"module.a[\"x\"]", "module.a[\"x\"].aws_vpc.main", 1},
    {"module.a[\"x\"]", "module.a[\"y\"].aws_vpc.main", 0},
    {"module.a[\"x\"]", "module.a.aws_vpc.main", 0},
    {"module.a[\"x.y\"].aws_vpc.main", "module.a[\"x.y\"].aws_vpc.main", 1},
    {"module.a[\"web/\u00e9\"]", "module.a[\"web/\u00e9\"].aws_vpc.main", 1},
    {"module.*", "module.a.aws_vpc.main", 1},
    {"module.*.module.b", "module.a[0].module.b[1].aws_vpc.main", 1},
    {"module.*.aws_vpc.main", "module.a.module.b.aws_vpc.main", 0},
    {"module.a.aws_vpc", "module.a.aws_vpc.main", 1},
    {"module.a.aws_vpc.main[2]", "module.a.aws_vpc.main[2]", 1},
    {"module.a.module.b", "module.a.aws_vpc.main", 0},
    /* That something was read is no resource that is there. */
    {"module.a", "module.a.data.aws_ami.new", 0},
    {"*.*", "data.aws_ami.new", 0},
    {"*.new", "data.aws_ami.new", 0},
    {"aws_ami.new", "data.aws_ami.new", 0},
    {"data.aws_ami.new", "data.aws_ami.new", 1},
    {"data.aws_ami.new", "aws_ami.new", 0},
    {"data.*", "data.aws_ami.new", 1},
    {"module.a.data.aws_ami", "module.a.data.aws_ami.new", 1},
    /* These are no patterns, and cover nothing. */
    {"", "aws_vpc.main", 0},
    {"module", "module.a.aws_vpc.main", 0},
    {"data", "data.aws_ami.new", 0},
    {"aws_vpc.main.id", "aws_vpc.main", 0},
    {"aws_vpc.main[", "aws_vpc.main[0]", 0},
    {"aws_vpc..main", "aws_vpc.main", 0},
    {".", "aws_vpc.main", 0},
};

static void a_pattern_covers_what_it_says_and_nothing_else(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scene_state(&scene, 1, "l", cases[i].object);
        const struct cvg_tf_resource *resource = &scene.state.resources[0];
        int covers = cvg_tf_pattern_covers(cases[i].pattern, resource, &resource->instances[0]);
        if (covers != cases[i].covers) {
            fail_msg("%s, %s: %d", cases[i].pattern, cases[i].object, covers);
        }
        /* What covers an instance could cover one. */
        assert_true(!covers || cvg_tf_pattern_covers(cases[i].pattern, resource, NULL));
    }
    scene_end(&scene);
}

static void an_index_of_a_pattern_could_be_that_of_an_entry_without_instances(void **state)
{
    (void)state;
    const struct cvg_tf_resource bare = {.module = "", .type = "aws_vpc", .name = "main"};
    assert_true(cvg_tf_pattern_covers("aws_vpc.main[7]", &bare, NULL));
    assert_false(cvg_tf_pattern_covers("aws_vpc.other[7]", &bare, NULL));
}

static void addresses_and_their_beginnings_are_patterns(void **state)
{
    (void)state;
    static const char *const good[] = {
        "aws_vpc.main",
        "aws_vpc",
        "module.a",
        "module.a[0].module.b[\"x.y\"]",
        "data.aws_ami.new",
        "module.*",
        "aws_*.web-1[*]",
        "aws_vpc.a[\"q\\\"uote\"]",
        "aws_vpc.a[\"br]acket\"]",
        "data.*",
        "aws_vpc.a[\"\"]",
        "aws_vpc.caf\u00e9",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        const char *wrong = cvg_tf_pattern_check(good[i]);
        if (wrong != NULL) {
            fail_msg("%s: %s", good[i], wrong);
        }
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "module",
        "data",
        "aws_vpc.",
        ".aws_vpc",
        "a..b",
        "aws_vpc.main.id",
        "aws_vpc[0].a",
        "aws_vpc.a[x]",
        "aws_vpc.a[",
        "aws_vpc.a]",
        "aws_vpc.a[0]b",
        "aws_vpc.a[0][1]",
        "aws_vpc.a[\"x]",
        "aws_vpc.a[\"x\\\"]",
        "aws vpc.a",
        "aws_vpc.a[]",
        "module.a.data",
        "module.a.module",
        "aws_vpc.a[-1]",
        "aws_vpc.a\n",
        "aws_vpc.a[\"\n\"]",
        "aws_vpc.a[\"b\"c\"]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (cvg_tf_pattern_check(bad[i]) == NULL) {
            fail_msg("%s is taken", bad[i]);
        }
    }
    char endless[CVG_TF_PATTERN_LENGTH + 2];
    memset(endless, 'a', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    assert_non_null(cvg_tf_pattern_check(endless));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_covers_what_it_says_and_nothing_else),
        cmocka_unit_test(an_index_of_a_pattern_could_be_that_of_an_entry_without_instances),
        cmocka_unit_test(addresses_and_their_beginnings_are_patterns),
        cmocka_unit_test(what_is_no_address_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
