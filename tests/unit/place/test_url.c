/* SPDX-License-Identifier: Apache-2.0 */
/* Names in paths, and a bucket's own host. */
#include "place/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void everything_but_unreserved_is_encoded(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        enum cvg_place_slash slash;
        const char *encoded;
    } table[] = {
        {"AZaz09-._~", CVG_PLACE_SLASH_KEPT, "AZaz09-._~"},
        {"env:/a b/c+d", CVG_PLACE_SLASH_KEPT, "env%3A/a%20b/c%2Bd"},
        {"a/b", CVG_PLACE_SLASH_ENCODED, "a%2Fb"},
        {"\xc3\xa9?#%&='\"$!*()", CVG_PLACE_SLASH_KEPT,
         "%C3%A9%3F%23%25%26%3D%27%22%24%21%2A%28%29"},
        {"../a//b/.", CVG_PLACE_SLASH_KEPT, "../a//b/."},
        {"", CVG_PLACE_SLASH_KEPT, ""},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct cvg_place_url url = {.length = 0};
        cvg_place_url_encode(&url, table[i].text, table[i].slash);
        assert_string_equal(url.text, table[i].encoded);
        assert_int_equal(url.length, strlen(table[i].encoded));
        assert_int_equal(url.full, 0);
    }
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct cvg_place_url url = {.length = 0};
    for (size_t i = 0; i < sizeof(url.text) - 1; i++) {
        cvg_place_url_add(&url, "x");
    }
    assert_int_equal(url.full, 0);
    cvg_place_url_encode(&url, "y", CVG_PLACE_SLASH_KEPT);
    assert_int_equal(url.full, 1);
    assert_int_equal(strlen(url.text), sizeof(url.text) - 1);
}

static void a_bucket_stands_before_the_services_host(void **state)
{
    (void)state;

    static const struct {
        const char *service, *bucket;
        const char *url; /* NULL: refused */
    } table[] = {
        {"https://s3.eu-central-1.amazonaws.com", "my-bucket",
         "https://my-bucket.s3.eu-central-1.amazonaws.com"},
        {"https://store.example:9000/s3/", "tfstate", "https://tfstate.store.example:9000/s3"},
        {"http://localhost:9000", "a.b.c", "http://a.b.c.localhost:9000"},
        {"https://localhost:9000", "a.b.c", NULL},
        {"http://127.0.0.1:9000", "tfstate", NULL},
        {"http://[::1]:9000", "tfstate", NULL},
        {"https://s3.example", "Old_Bucket", NULL},
        {"https://s3.example", "ab", NULL},
        {"https://s3.example", "evil.example/", NULL},
        {"https://s3.example", "user@evil", NULL},
        {"https://s3.example", "", NULL},
        {"https://s3.example", "-abc", NULL},
        {"http://s3.example", "a..b", NULL},
        {"no url", "tfstate", NULL},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct cvg_place_url url = {.length = 0};
        const char *error = cvg_place_url_of_bucket(&url, table[i].service, table[i].bucket);
        assert_int_equal(error != NULL, table[i].url == NULL);
        if (table[i].url != NULL) {
            assert_string_equal(url.text, table[i].url);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_but_unreserved_is_encoded),
        cmocka_unit_test(what_does_not_fit_is_told),
        cmocka_unit_test(a_bucket_stands_before_the_services_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
