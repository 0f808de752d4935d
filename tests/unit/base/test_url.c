/* SPDX-License-Identifier: Apache-2.0 */
/* URLs: parts, refusals, joining, percent-encoding. */
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void urls_are_taken_apart(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        bool tls;
        const char *host;
        uint16_t port;
        bool ipv6;
        const char *path;
    } cases[] = {
        {"http://prometheus", false, "prometheus", 80, false, ""},
        {"https://prometheus", true, "prometheus", 443, false, ""},
        {"HTTPS://Prometheus.Example.COM:9090/", true, "prometheus.example.com", 9090, false, "/"},
        {"http://h:1/a/b?x=1&y=%20z", false, "h", 1, false, "/a/b?x=1&y=%20z"},
        {"http://10.0.0.7:65535/x", false, "10.0.0.7", 65535, false, "/x"},
        {"http://[::1]:9090/x", false, "::1", 9090, true, "/x"},
        {"https://[2001:DB8:0:0::1]", true, "2001:db8::1", 443, true, ""},
        {"http://a_b.svc.cluster.local./p", false, "a_b.svc.cluster.local.", 80, false, "/p"},
        {"http://1a.2b/~u/;p=(1)!*'@:,", false, "1a.2b", 80, false, "/~u/;p=(1)!*'@:,"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_url url;
        struct cvg_error error;
        if (cvg_url_parse(cases[i].text, &url, &error) != 0) {
            fail_msg("%s: %s", cases[i].text, error.text);
        }
        assert_int_equal(url.tls, cases[i].tls);
        assert_string_equal(url.host, cases[i].host);
        assert_int_equal(url.port, cases[i].port);
        assert_int_equal(url.ipv6, cases[i].ipv6);
        assert_string_equal(url.path, cases[i].path);
        assert_ptr_equal(url.path, cases[i].text + strlen(cases[i].text) - strlen(url.path));
    }
}

static void doubtful_urls_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "prometheus:9090",
        "ftp://h/",
        "file:///etc/passwd",
        "http:/h/",
        "http://",
        "http:///x",
        "http://:80/",
        "http://h:/",
        "http://h:0/",
        "http://h:65536/",
        "http://h:080/",
        "http://h:+80/",
        "http://h:80x/",
        "http://user@h/",
        "http://user:secret@h/",
        "http://h#frag",
        "http://h/#frag",
        "http://h?x=1",
        "http://h/a b",
        "http://h/\xc3\xa9",
        "http://h/a\nHost: x",
        "http://h/\x7f",
        "http://h/%",
        "http://h/%2",
        "http://h/%2g",
        "http://h/<x>",
        "http://h/a\\b",
        "http://h\\x/",
        "http://h\xc3\xa9/",
        "http://h /",
        "http://h%41/",
        "http://a..b/",
        "http://.a/",
        "http://./",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.0.0.1./",
        "http://1.2.3.4.5/",
        "http://1.2.3.256/",
        "http://a.0x7f/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[::1%25eth0]/",
        "http://[]/",
        "http://[1.2.3.4]/",
        "http://[h]/",
        "http://::1/",
    };
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_url url = {.port = 42};
        struct cvg_error error = {0};
        if (cvg_url_parse(cases[i], &url, &error) != CVG_E_INVALID) {
            fail_msg("%s was taken as host %s", cases[i], url.host);
        }
        assert_int_equal(url.port, 42);
        assert_memory_equal(error.text, "URL ", 4);
        assert_null(strstr(error.text, "secret"));
    }
}

static void long_hosts_are_refused(void **state)
{
    (void)state;
    char text[400] = "http://";
    struct cvg_url url;
    memset(text + 7, 'a', 64);
    strcpy(text + 7 + 64, "/");
    assert_int_equal(cvg_url_parse(text, &url, NULL), CVG_E_INVALID);
    strcpy(text + 7 + 63, "/");
    assert_int_equal(cvg_url_parse(text, &url, NULL), 0);
    for (size_t i = 0; i < 300; i++) {
        text[7 + i] = i % 2 ? '.' : 'a';
    }
    strcpy(text + 7 + 253, "/");
    assert_int_equal(cvg_url_parse(text, &url, NULL), 0);
    memcpy(text + 7 + 253, ".a/", 4);
    assert_int_equal(cvg_url_parse(text, &url, NULL), CVG_E_INVALID);
}

static void origins_are_scheme_host_and_port(void **state)
{
    (void)state;

    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"http://h/a", "http://H:80/b?c", true},
        {"https://h:443", "https://h/", true},
        {"http://h/", "https://h/", false},
        {"http://h:80/", "http://h:81/", false},
        {"http://h/", "http://h2/", false},
        {"http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", true},
        {"http://[::1]/", "http://[::2]/", false},
        {"https://h:80/", "http://h:80/", false},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_url a, b;
        assert_int_equal(cvg_url_parse(cases[i].a, &a, NULL), 0);
        assert_int_equal(cvg_url_parse(cases[i].b, &b, NULL), 0);
        assert_int_equal(cvg_url_same_origin(&a, &b), cases[i].same);
    }
}

static void joining_leaves_one_slash(void **state)
{
    (void)state;

    static const struct {
        const char *base, *path, *expected;
    } cases[] = {
        {"http://h/prefix/", "/api", "http://h/prefix/api"},
        {"http://h/prefix", "api", "http://h/prefix/api"},
        {"http://h", "/api?x=1", "http://h/api?x=1"},
        {"http://h//", "api", "http://h/api"},
        {"http://h/x", "", "http://h/x"},
        {"http://h/x", "?y=1", "http://h/x?y=1"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf buf = CVG_BUF_INIT(100);
        assert_int_equal(cvg_url_join(cases[i].base, cases[i].path, &buf), 0);
        assert_string_equal(cvg_buf_text(&buf), cases[i].expected);
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf small = CVG_BUF_INIT(10);
    assert_int_equal(cvg_url_join("http://h", "/api", &small), -1);
}

static void encoding_and_decoding_are_each_others_way_back(void **state)
{
    (void)state;
    char all[255], back[256];
    for (size_t i = 0; i < sizeof all; i++) {
        all[i] = (char)(i + 1);
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf buf = CVG_BUF_INIT(1000);
    assert_int_equal(cvg_url_encode(all, sizeof all, &buf), 0);
    assert_int_equal(cvg_url_decode(buf.data, buf.length, true, back, sizeof back), 255);
    assert_memory_equal(back, all, sizeof all);
    for (size_t i = 0; i < buf.length; i++) {
        assert_true(buf.data[i] > ' ' && buf.data[i] < 0x7f && !strchr("\"<>&=+/?#", buf.data[i]));
    }
    cvg_buf_clear(&buf);
    cvg_url_encode("a-Z_0.~ /\xc3\xa9", 11, &buf);
    assert_string_equal(cvg_buf_text(&buf), "a-Z_0.~%20%2F%C3%A9");
}

static void bad_escapes_and_tight_buffers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"%", "%4", "a%", "%4g", "%g4", "%00", "%%41"};
    char text[16];
    for (size_t i = 0; i < CVG_COUNT(bad); i++) {
        assert_int_equal(cvg_url_decode(bad[i], strlen(bad[i]), false, text, sizeof text), -1);
    }
    assert_int_equal(cvg_url_decode("a\0", 2, false, text, sizeof text), -1);
    assert_int_equal(cvg_url_decode("%41", 2, false, text, sizeof text), -1);
    assert_int_equal(cvg_url_decode("a+%2b", 5, true, text, 4), 3);
    assert_string_equal(text, "a +");
    assert_int_equal(cvg_url_decode("a+%2B", 5, false, text, 4), 3);
    assert_string_equal(text, "a++");
    assert_int_equal(cvg_url_decode("a+%2B", 5, false, text, 3), -1);
    assert_int_equal(cvg_url_decode("", 0, false, text, 1), 0);
    assert_int_equal(cvg_url_decode("", 0, false, text, 0), -1);
}

static void this_machine_is_known_by_its_whole_name(void **state)
{
    static const struct {
        const char *url;
        bool loopback;
    } cases[] = {
        {"http://localhost", true},          {"http://127.0.0.1:8717/x", true},
        {"http://127.1.2.3", true},          {"http://[::1]:80", true},
        {"http://127.example.com", false},   {"http://127.0.0.1.example.com", false},
        {"http://localhost.example", false}, {"http://10.0.0.1", false},
        {"http://[fe80::1]", false},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_url url;
        struct cvg_error error;
        assert_int_equal(cvg_url_parse(cases[i].url, &url, &error), 0);
        assert_int_equal(cvg_url_is_loopback(&url), cases[i].loopback);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(doubtful_urls_are_refused),
        cmocka_unit_test(long_hosts_are_refused),
        cmocka_unit_test(origins_are_scheme_host_and_port),
        cmocka_unit_test(this_machine_is_known_by_its_whole_name),
        cmocka_unit_test(joining_leaves_one_slash),
        cmocka_unit_test(encoding_and_decoding_are_each_others_way_back),
        cmocka_unit_test(bad_escapes_and_tight_buffers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
