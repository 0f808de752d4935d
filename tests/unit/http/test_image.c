/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images: whole ones are taken apart, guesses are refused. */
#include "image.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEX    "0123456789abcdef"
#define SHA256 "sha256:" HEX HEX HEX HEX

static void test_takes_whole_names(void **state)
{
    (void)state;

    static const struct {
        const char *name, *registry, *repository, *reference;
        int is_digest;
    } rows[] = {
        {"ghcr.io/acme/api:1.4.2", "ghcr.io", "acme/api", "1.4.2", 0},
        {"docker.io/nginx:1.25", "registry-1.docker.io", "library/nginx", "1.25", 0},
        {"docker.io/acme/api:x", "registry-1.docker.io", "acme/api", "x", 0},
        {"index.docker.io/nginx:x", "registry-1.docker.io", "library/nginx", "x", 0},
        {"localhost/a:b", "localhost", "a", "b", 0},
        {"localhost:5000/a/b/c:D_e.f-1", "localhost:5000", "a/b/c", "D_e.f-1", 0},
        {"build:5000/a:b", "build:5000", "a", "b", 0},
        {"[::1]:5000/a:b", "[::1]:5000", "a", "b", 0},
        {"10.0.0.7/a__b/c--d/e.f:b", "10.0.0.7", "a__b/c--d/e.f", "b", 0},
        {"ghcr.io/acme/api@" SHA256, "ghcr.io", "acme/api", SHA256, 1},
        {"ghcr.io/acme/api:1.4.2@" SHA256, "ghcr.io", "acme/api", SHA256, 1},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_image image;
        char why[160] = "";
        if (cvg_http_image_parse(rows[i].name, &image, why, sizeof(why)) < 0) {
            fail_msg("%s: %s", rows[i].name, why);
        }
        assert_string_equal(image.registry, rows[i].registry);
        assert_string_equal(image.repository, rows[i].repository);
        assert_string_equal(image.reference, rows[i].reference);
        assert_int_equal(image.is_digest, rows[i].is_digest);
    }
}

static void test_refuses_what_is_no_whole_name(void **state)
{
    (void)state;

    static const char *const names[] = {
        "",
        "nginx",
        "nginx:1.25",
        "acme/api:1",
        "ghcr.io/acme/api",
        "ghcr.io/:1",
        "ghcr.io//api:1",
        "ghcr.io/acme/:1",
        "ghcr.io/Acme/api:1",
        "ghcr.io/acme/api:",
        "ghcr.io/acme/api:.x",
        "ghcr.io/acme/api:-x",
        "ghcr.io/acme/api:a b",
        "ghcr.io/acme/api:a/b",
        "ghcr.io/acme/api:a?b",
        "ghcr.io/acme/api:a%2fb",
        "ghcr.io/../api:1",
        "ghcr.io/a..b:1",
        "ghcr.io/a___b:1",
        "ghcr.io/-a:1",
        "ghcr.io/a-:1",
        "ghcr.io/acme/api@sha256:abc",
        ("ghcr.io/acme/api@md5:" HEX HEX),
        "ghcr.io/acme/api@1.4.2",
        ("ghcr.io/acme/api@" SHA256 "0"),
        "https://ghcr.io/acme/api:1",
        "user@ghcr.io/acme/api:1",
        "ghcr.io:0/a:b",
        "ghcr.io:65536/a:b",
        "ghcr.io:/a:b",
        "[::1/a:b",
        "[fe80::1%eth0]/a:b",
        "ghcr.io\r\n/a:b",
        "ghcr.io/a:b\r\nX: y",
    };

    for (size_t i = 0; i < CVG_COUNT(names); i++) {
        struct cvg_http_image image;
        char why[160] = "";
        if (cvg_http_image_parse(names[i], &image, why, sizeof(why)) == 0) {
            fail_msg("taken: %s", names[i]);
        }
        assert_true(why[0] != '\0');
    }
}

static void test_refuses_names_without_end(void **state)
{
    (void)state;
    char name[1200] = "ghcr.io/", why[160];
    struct cvg_http_image image;
    memset(name + 8, 'a', 1000);
    memcpy(name + 1008, ":x", 3);
    assert_int_equal(cvg_http_image_parse(name, &image, why, sizeof(why)), -1);
    memset(name, 'a', 1000);
    memcpy(name + 300, ".io/a:b", 8);
    assert_int_equal(cvg_http_image_parse(name, &image, why, sizeof(why)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_whole_names),
        cmocka_unit_test(test_refuses_what_is_no_whole_name),
        cmocka_unit_test(test_refuses_names_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
