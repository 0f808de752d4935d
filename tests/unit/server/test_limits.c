/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that fit together whatever was given, and addresses that are counted one by one. */
#include "server/addresses.h"
#include "server/limits.h"
#include "server/traffic.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_what_was_not_given_fits_what_was(void **state)
{
    static const struct {
        unsigned connections, per_address, waiters;
        unsigned want_per_address, want_waiters;
    } cases[] = {
        {100, 0, 0, 75, 75},    {100, 10, 20, 10, 20},   {100, 200, 100, 100, 75},
        {16, 0, 0, 12, 12},     {100, 100, 99, 100, 99}, {100, 1, 1, 1, 1},
        {100, 0, 5000, 75, 75},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_limits limits = {.connections = cases[i].connections,
                                    .per_address = cases[i].per_address,
                                    .waiters = cases[i].waiters};
        cvg_limits_settle(&limits);
        assert_int_equal(limits.connections, cases[i].connections);
        assert_int_equal(limits.per_address, cases[i].want_per_address);
        assert_int_equal(limits.waiters, cases[i].want_waiters);
        assert_true(limits.header && limits.body && limits.idle_ns);
        assert_true(limits.request_ns > limits.idle_ns);
    }
}

static uint64_t key_of(const char *text)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        return cvg_addresses_key((const struct sockaddr *)&four);
    }
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return cvg_addresses_key((const struct sockaddr *)&six);
}

static void test_addresses_are_told_apart(void **state)
{
    struct sockaddr local = {.sa_family = AF_UNIX};

    (void)state;
    assert_int_equal(key_of("::ffff:192.0.2.1"), key_of("192.0.2.1"));
    assert_int_equal(key_of("2001:db8::1"), key_of("2001:db8::ffff:1")); /* one /64 */
    assert_int_not_equal(key_of("2001:db8::1"), key_of("2001:db8:0:1::1"));
    assert_int_not_equal(key_of("192.0.2.1"), key_of("192.0.2.2"));
    assert_int_not_equal(key_of("0.0.0.0"), 0);
    assert_int_not_equal(key_of("::1"), 0);
    assert_int_equal(cvg_addresses_key(&local), 0);
}

static void test_addresses_are_counted(void **state)
{
    struct cvg_addresses *addresses = cvg_addresses_new();

    (void)state;
    for (uint64_t key = 1; key <= 10000; key++) {
        for (uint64_t i = 0; i < key % 3 + 1; i++) {
            cvg_addresses_add(addresses, key);
        }
    }
    for (uint64_t key = 1; key <= 10000; key++) {
        assert_int_equal(cvg_addresses_count(addresses, key), key % 3 + 1);
        cvg_addresses_remove(addresses, key);
        assert_int_equal(cvg_addresses_count(addresses, key), key % 3);
    }
    cvg_addresses_remove(addresses, 20000); /* is not there */
    cvg_addresses_add(addresses, 0);        /* stands for none */
    assert_int_equal(cvg_addresses_count(addresses, 0), 0);
    cvg_addresses_free(addresses);
}

static void a_pool_is_full_at_its_limit(void **state)
{
    _Atomic size_t pool = 0;

    (void)state;
    assert_true(cvg_traffic_reserve(&pool, 100, 99));
    assert_true(cvg_traffic_reserve(&pool, 100, 1));
    assert_false(cvg_traffic_reserve(&pool, 100, 1));
    cvg_traffic_release(&pool, 1);
    assert_false(cvg_traffic_reserve(&pool, 100, 2));
    assert_true(cvg_traffic_reserve(&pool, 100, 1));
    cvg_traffic_release(&pool, 100);
    assert_false(cvg_traffic_reserve(&pool, 100, SIZE_MAX)); /* and nothing wraps around */
    assert_true(cvg_traffic_reserve(&pool, 100, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_is_full_at_its_limit),
        cmocka_unit_test(test_what_was_not_given_fits_what_was),
        cmocka_unit_test(test_addresses_are_told_apart),
        cmocka_unit_test(test_addresses_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
