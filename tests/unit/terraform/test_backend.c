/* SPDX-License-Identifier: Apache-2.0 */
/* Backends by name, and the paths that their keys come to. */
#include "backend.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT (INT64_C(1) << 20)

static void keys_come_to_the_paths_that_terraform_uses(void **state)
{
    (void)state;

    static const struct {
        struct cvg_tf_source_config keys;
        const char *path, *lock_path;
    } cases[] = {
        {{.backend = "local", .path = "/a/terraform.tfstate"}, "/a/terraform.tfstate", NULL},
        {{.backend = "local", .path = "/a/"}, "/a/terraform.tfstate", NULL},
        {{.backend = "local", .path = "/a/", .workspace = "default"}, "/a/terraform.tfstate", NULL},
        {{.backend = "local", .path = "/a/", .workspace = "eu"},
         "/a/terraform.tfstate.d/eu/terraform.tfstate",
         NULL},
        {{.backend = "local", .path = "/a/", .workspace = "eu", .workspace_dir = "ws"},
         "/a/ws/eu/terraform.tfstate",
         NULL},
        {{.backend = "local", .path = "/a/", .workspace = "eu", .workspace_dir = "/b"},
         "/b/eu/terraform.tfstate",
         NULL},
        {{.backend = "http", .path = "state?x=1"}, "state?x=1", NULL},
        {{.backend = "http"}, NULL, NULL},
        {{.backend = "s3", .bucket = "b", .key = "net/terraform.tfstate"},
         "net/terraform.tfstate",
         NULL},
        {{.backend = "s3", .bucket = "b", .key = "net/k", .workspace = "eu"},
         "env:/eu/net/k",
         NULL},
        {{.backend = "s3", .bucket = "b", .key = "k", .workspace = "eu", .prefix = "ws"},
         "ws/eu/k",
         NULL},
        {{.backend = "gcs", .bucket = "b"}, "default.tfstate", "default.tflock"},
        {{.backend = "gcs", .bucket = "b", .prefix = "/net/", .workspace = "eu"},
         "net/eu.tfstate",
         "net/eu.tflock"},
        {{.backend = "gcs", .bucket = "b", .prefix = "a/net"},
         "a/net/default.tfstate",
         "a/net/default.tflock"},
        {{.backend = "azurerm", .container = "c", .key = "net.tfstate"}, "net.tfstate", NULL},
        {{.backend = "azurerm", .container = "c", .key = "net.tfstate", .workspace = "eu"},
         "net.tfstateenv:eu",
         NULL},
        {{.backend = "consul", .path = "tf/net"}, "tf/net", NULL},
        {{.backend = "consul", .path = "tf/net", .workspace = "eu"}, "tf/net-env:eu", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_tf_source_config keys = cases[i].keys;
        struct cvg_place_settings settings;
        char room[512];
        keys.limit = LIMIT;
        keys.workspace_dir =
            keys.workspace_dir == NULL ? "terraform.tfstate.d" : keys.workspace_dir;
        assert_int_equal(cvg_tf_backend_settings(&keys, room, sizeof room, &settings), 0);
        if (cases[i].path == NULL) {
            assert_null(settings.path);
        } else {
            assert_string_equal(settings.path, cases[i].path);
        }
        if (cases[i].lock_path == NULL) {
            assert_null(settings.lock_path);
        } else {
            assert_string_equal(settings.lock_path, cases[i].lock_path);
        }
        assert_int_equal(settings.limit, LIMIT);
        assert_ptr_equal(settings.own, &keys);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct cvg_tf_source_config keys = {.backend = "local", .path = "/aaaaaaaaaaaaaaaaaaaa/"};
    struct cvg_place_settings settings;
    char room[24];
    for (size_t size = 1; size < sizeof room; size++) {
        assert_int_equal(cvg_tf_backend_settings(&keys, room, size, &settings), -1);
    }
}

static void only_raw_states_are_looked_at_for_locks(void **state)
{
    (void)state;
    struct cvg_tf_source_config keys = {
        .backend = "s3", .bucket = "b", .key = "k", .use_lockfile = 1};
    struct cvg_place_settings settings;
    char room[64];
    assert_int_equal(cvg_tf_backend_settings(&keys, room, sizeof room, &settings), 0);
    assert_int_equal(settings.style, CVG_PLACE_TERRAFORM);
    assert_int_equal(settings.lock_object, 1);
    keys.content = CVG_TF_CONTENT_PLAN;
    assert_int_equal(cvg_tf_backend_settings(&keys, room, sizeof room, &settings), 0);
    assert_int_equal(settings.style, CVG_PLACE_PLAIN);
    assert_int_equal(settings.lock_object, 0);
}

static void every_backend_of_terraform_is_known_or_refused_with_a_way_out(void **state)
{
    (void)state;

    static const struct {
        const char *name, *error; /* NULL: known */
    } cases[] = {
        {"local", NULL},
        {"http", NULL},
        {"s3", NULL},
        {"gcs", NULL},
        {"azurerm", NULL},
        {"consul", NULL},
        {"kubernetes", NULL},
        {"remote", NULL},
        {"pg", "export the state"},
        {"cos", "export the state"},
        {"oss", "export the state"},
        {"oci", "export the state"},
        {"cloud", "remote"},
        {"etcd", "none of local"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const char *error = NULL;
        const struct cvg_place_kind *kind = cvg_tf_backend_find(cases[i].name, &error);
        if (cases[i].error == NULL) {
            assert_non_null(kind);
        } else {
            assert_null(kind);
            assert_non_null(strstr(error, cases[i].error));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_come_to_the_paths_that_terraform_uses),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(only_raw_states_are_looked_at_for_locks),
        cmocka_unit_test(every_backend_of_terraform_is_known_or_refused_with_a_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
