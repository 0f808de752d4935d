/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the keys of sources and checks is told at its key, before anything is asked. */
#include "config.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "path: text" of each refusal, a line each. */
struct told {
    char text[2048];
};

static void note(void *arg, const char *path, const char *text)
{
    struct told *told = arg;
    size_t used = strlen(told->text);
    (void)snprintf(told->text + used, sizeof told->text - used, "%s: %s\n", path, text);
}

static void defaults(struct cvg_tf_source_config *keys)
{
    keys->workspace_dir = "terraform.tfstate.d";
    keys->use_lockfile = keys->use_lockfile == 2 ? 0 : 1;
}

/* Of the configuration below: use_lockfile: false. */
#define OFF 2

static void a_source_says_what_its_backend_needs_and_nothing_else(void **state)
{
    (void)state;
    static const struct cvg_secret *const some = (const void *)"";

    struct {
        struct cvg_tf_source_config keys;
        const char *refusal; /* NULL: none */
    } cases[] = {
        {{.backend = "local", .path = "/a/terraform.tfstate"}, NULL},
        {{.backend = "local", .path = "/a/", .workspace = "eu"}, NULL},
        {{.backend = "local"}, "path: is missing: backend local needs it"},
        {{.backend = "local", .path = "a/terraform.tfstate"}, "path: must begin with a slash"},
        {{.backend = "local", .path = "/a/x.tfstate", .workspace = "eu"},
         "path: must be the directory"},
        {{.backend = "local", .path = "/a/", .workspace = "../eu"}, "workspace: must be"},
        {{.backend = "local", .path = "/a/", .workspace = ".."}, "workspace: must be"},
        {{.backend = "local", .path = "/a/", .content = CVG_TF_CONTENT_PLAN},
         "path: must name the file"},
        {{.backend = "local", .path = "/a", .bucket = "b"},
         "bucket: has no effect with backend: local"},
        {{.backend = "local", .path = "/a", .organization = "o"}, "organization: has no effect"},
        {{.backend = "http"}, NULL},
        {{.backend = "http", .content = CVG_TF_CONTENT_SHOW, .path = "show.json"}, NULL},
        {{.backend = "http", .workspace = "eu"}, "workspace: has no effect"},
        {{.backend = "s3", .bucket = "b", .key = "k"}, NULL},
        {{.backend = "s3", .bucket = "b", .key = "k", .use_lockfile = OFF, .path_style = 1}, NULL},
        {{.backend = "gcs", .bucket = "b", .use_lockfile = OFF}, "use_lockfile: has no effect"},
        {{.backend = "s3", .bucket = "b"}, "key: is missing"},
        {{.backend = "s3", .key = "k"}, "bucket: is missing"},
        {{.backend = "s3", .bucket = "b", .key = "k", .dynamodb_table = "t"},
         "dynamodb_url: is missing"},
        {{.backend = "s3", .bucket = "b", .key = "k", .dynamodb_url = "https://d"},
         "dynamodb_table: is missing"},
        {{.backend = "gcs", .bucket = "b", .prefix = "p", .workspace = "eu"}, NULL},
        {{.backend = "gcs", .bucket = "b", .content = CVG_TF_CONTENT_PLAN},
         "content: must be state"},
        {{.backend = "azurerm", .container = "c", .key = "k", .sas = some}, NULL},
        {{.backend = "azurerm", .container = "c"}, "key: is missing"},
        {{.backend = "http", .sas = some}, "sas: has no effect"},
        {{.backend = "consul", .path = "tf/net", .workspace = "eu"}, NULL},
        {{.backend = "consul"}, "path: is missing"},
        {{.backend = "kubernetes", .secret_suffix = "net", .namespace = "infra"}, NULL},
        {{.backend = "kubernetes"}, "secret_suffix: is missing"},
        {{.backend = "remote", .organization = "acme", .workspace = "net"}, NULL},
        {{.backend = "remote", .organization = "acme"}, "workspace: is missing"},
        {{.backend = "pg"}, "backend: is not supported yet: export the state"},
        {{.backend = "oci"}, "backend: is not supported yet"},
        {{.backend = "S3"}, "backend: is none of local, http, s3"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct told told = {""};
        struct cvg_tf_source_config keys = cases[i].keys;
        defaults(&keys);
        int code = cvg_tf_source_check(&keys, note, &told);
        if (cases[i].refusal == NULL) {
            assert_string_equal(told.text, "");
            assert_int_equal(code, 0);
        } else {
            assert_non_null(strstr(told.text, cases[i].refusal));
            assert_int_equal(code, -1);
        }
    }
}

#define LIST(...)                                                                                  \
    {                                                                                              \
        .count = sizeof(__VA_ARGS__) / sizeof((__VA_ARGS__)[0]), .items = __VA_ARGS__              \
    }
#define RESOURCE(...) ((const struct cvg_tf_want_resource[]){__VA_ARGS__})
#define OUTPUT(...)   ((const struct cvg_tf_want_output[]){__VA_ARGS__})
#define NONE          CVG_ABSENT_INT

static const struct cvg_tf_source_config raw = {.backend = "local"};
static const struct cvg_tf_source_config show = {.backend = "local",
                                                 .content = CVG_TF_CONTENT_SHOW};
static const struct cvg_tf_source_config plan = {.backend = "http", .content = CVG_TF_CONTENT_PLAN};
static const struct cvg_tf_source_config remote = {.backend = "remote"};

static const struct {
    const struct cvg_tf_source_config *source;
    struct cvg_tf_check_config keys;
    int64_t serial, plan_locks; /* 0: absent */
    const char *refusal;        /* NULL: none */
} asked[] = {
    {&raw, {.settle = 0}, 0, 0, NULL},
    {&raw, {.resources = LIST(RESOURCE({"module.a", NONE, NONE}))}, 41, 60, NULL},
    {&raw,
     {.resources = LIST(RESOURCE({"a.b", NONE, NONE}, {"a[", NONE, NONE}))},
     0,
     0,
     "resources[1].address: "},
    {&raw, {.resources = LIST(RESOURCE({"${checks.x.facts.y}", NONE, NONE}))}, 0, 0, NULL},
    {&raw,
     {.resources = LIST(RESOURCE({"a.b", 3, 2}))},
     0,
     0,
     "resources[0].at_least: has no effect beside count"},
    {&raw, {.outputs = LIST(OUTPUT({.name = "lb.hosts.0", .matches = "^a.*$"}))}, 0, 0, NULL},
    {&raw, {.outputs = LIST(OUTPUT({.name = "lb..x"}))}, 0, 0, "outputs[0].name: must be"},
    {&raw, {.outputs = LIST(OUTPUT({.name = "lb."}))}, 0, 0, "outputs[0].name: must be"},
    {&raw,
     {.outputs = LIST(OUTPUT({.name = "lb", .matches = "("}))},
     0,
     0,
     "outputs[0].matches: is no regular expression"},
    {&raw,
     {.outputs = LIST(OUTPUT({.name = "lb", .equals = "a", .matches = "a"}))},
     0,
     0,
     "outputs[0].matches: has no effect beside equals"},
    {&raw,
     {.outputs = LIST(OUTPUT({.name = "lb", .equals = ""}))},
     0,
     0,
     "outputs[0].equals: an empty output"},
    {&raw, {.outputs = LIST(OUTPUT({.name = "lb", .equals = "", .allow_empty = 1}))}, 0, 0, NULL},
    {&raw, {.converged = 1}, 0, 0, "converged: a state cannot tell"},
    {&raw, {.targeted = 1}, 0, 0, "targeted: has no effect"},
    {&raw, {.lock = CVG_TF_LOCK_IGNORE}, 0, 60, "ignore_plan_locks: has no effect"},
    {&show, {.settle = 0}, 41, 0, "serial_at_least: has no effect: `show -json` prints no serial"},
    {&show, {.settle = 0}, 0, 60, "ignore_plan_locks: has no effect"},
    {&plan, {.converged = 1, .drift = CVG_TF_BLEMISH_IGNORE}, 0, 0, NULL},
    {&plan, {.settle = 0}, 0, 0, NULL},
    {&plan,
     {.resources = LIST(RESOURCE({"a.b", NONE, NONE}))},
     0,
     0,
     "resources: has no effect on a plan"},
    {&plan, {.outputs = LIST(OUTPUT({.name = "a"}))}, 0, 0, "outputs: has no effect on a plan"},
    {&plan, {.settle = 0}, 41, 0, "serial_at_least: has no effect on a plan"},
    {&remote, {.converged = 1, .targeted = 1}, 41, 60, NULL},
};

static void a_check_asks_what_its_document_can_tell(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(asked); i++) {
        struct told told = {""};
        struct cvg_tf_check_config keys = asked[i].keys;
        keys.serial_at_least = asked[i].serial == 0 ? NONE : asked[i].serial;
        keys.ignore_plan_locks = asked[i].plan_locks == 0 ? NONE : asked[i].plan_locks;
        int code = cvg_tf_check_check(&keys, asked[i].source, note, &told);
        if (asked[i].refusal == NULL) {
            assert_string_equal(told.text, "");
            assert_int_equal(code, 0);
        } else {
            assert_non_null(strstr(told.text, asked[i].refusal));
            assert_int_equal(code, -1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_says_what_its_backend_needs_and_nothing_else),
        cmocka_unit_test(a_check_asks_what_its_document_can_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
