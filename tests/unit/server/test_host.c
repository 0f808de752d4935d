/* SPDX-License-Identifier: Apache-2.0 */
/* Which Host headers are ours, for each way to listen. */
#include "server/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const extra[] = {"gate.example.com", "2001:db8::7", NULL};

struct host_case {
    const char *value;
    bool ours;
};

static void check(const char *listen_host, uint16_t port, const struct host_case *cases,
                  size_t count)
{
    struct cvg_hosts *hosts = cvg_hosts_new(listen_host, port, extra);

    for (size_t i = 0; i < count; i++) {
        if (cvg_hosts_allow(hosts, cases[i].value, strlen(cases[i].value)) != cases[i].ours) {
            fail_msg("listening on %s port %u: '%s'", listen_host, port, cases[i].value);
        }
    }
    cvg_hosts_free(hosts);
}

static void on_one_address_its_names_are_ours(void **state)
{
    static const struct host_case cases[] = {
        {"10.1.2.3:8717", true},
        {"127.0.0.1:8717", true},
        {"localhost:8717", true},
        {"LOCALHOST:8717", true},
        {"[::1]:8717", true},
        {"gate.example.com", true},
        {"gate.example.com:443", true},
        {"Gate.Example.Com:8717", true},
        {"[2001:db8::7]", true},
        {"[2001:db8::7]:8717", true},
        {"10.1.2.3", false},
        {"10.1.2.4:8717", false},
        {"localhost", false},
        {"localhost:", false},
        {"localhost:0", false},
        {"localhost:08717", false},
        {"localhost:8717 ", false},
        {"localhost:87170000", false},
        {"gate.example.com.", false},
        {"gate.example.com:", false},
        {"gate.example.com:x", false},
        {"gate.example.com:-1", false},
        {"gate.example.com:65536", false},
        {"gate.example.com:80:80", false},
        {"xgate.example.com", false},
        {"gate.example.com.evil.example", false},
        {"[2001:db8::7", false},
        {"[2001:db8::7]x", false},
        {"2001:db8::7", false},
        {"", false},
        {":", false},
        {":8717", false},
        {"[]:8717", false},
    };

    (void)state;
    check("10.1.2.3", 8717, cases, CVG_COUNT(cases));
}

static void on_port_80_the_port_may_be_left_out(void **state)
{
    static const struct host_case cases[] = {
        {"localhost", true},     {"localhost:80", true}, {"[::1]", true},
        {"localhost:81", false}, {"10.1.2.3", true},     {"evil.example", false},
    };

    (void)state;
    check("10.1.2.3", 80, cases, CVG_COUNT(cases));
}

static void on_all_addresses_every_literal_one_is_ours(void **state)
{
    static const struct host_case cases[] = {
        {"192.0.2.1:8717", true},   {"[2001:db8::1]:8717", true}, {"192.0.2.1:80", false},
        {"192.0.2.1", false},       {"evil.example:8717", false}, {"192.0.2.1.nip.io:8717", false},
        {"0x7f.0.0.1:8717", false}, {"[evil]:8717", false},
    };

    (void)state;
    check("0.0.0.0", 8717, cases, CVG_COUNT(cases));
    check("::", 8717, cases, CVG_COUNT(cases));
}

static void a_host_longer_than_any_name_is_refused(void **state)
{
    char value[4096];
    struct cvg_hosts *hosts = cvg_hosts_new("0.0.0.0", 8717, NULL);

    (void)state;
    memset(value, '1', sizeof(value));
    assert_false(cvg_hosts_allow(hosts, value, sizeof(value)));
    value[0] = '[';
    value[sizeof(value) - 1] = ']';
    assert_false(cvg_hosts_allow(hosts, value, sizeof(value)));
    cvg_hosts_free(hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_one_address_its_names_are_ours),
        cmocka_unit_test(on_port_80_the_port_may_be_left_out),
        cmocka_unit_test(on_all_addresses_every_literal_one_is_ours),
        cmocka_unit_test(a_host_longer_than_any_name_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
