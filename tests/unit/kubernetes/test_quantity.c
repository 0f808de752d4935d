/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities: the API's examples, and any of them against exact arithmetic. */
#include "quantity.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

__extension__ typedef __int128 wide;

static void what_the_api_writes_is_read(void **state)
{
    static const struct quantity {
        const char *text;
        int64_t milli;
    } quantities[] = {
        {"0", 0},
        {"1", 1000},
        {"100m", 100},
        {"3800m", 3800},
        {"0.1", 100},
        {"2k", 2000000},
        {"7Gi", INT64_C(7516192768000)},
        {"16Mi", INT64_C(16777216000)},
        {"1Ki", 1024000},
        {"1.5Gi", INT64_C(1610612736000)},
        {"1e3", 1000000},
        {"1E3", 1000000},
        {"1E-3", 1},
        {"12e+2", 1200000},
        {"1E", INT64_MAX},
        {"1Ei", INT64_MAX},
        {"8Pi", INT64_C(9007199254740992000)},
        {"1n", 1}, /* rounded up, as a scheduler must */
        {"999u", 1},
        {"1001u", 2},
        {"1500u", 2},
        {"1000000n", 1},
        {"-1", -1000},
        {"-1n", -1},
        {"+2", 2000},
        {".5", 500},
        {"5.", 5000},
        {"0.0000000000000000000000000000000000000000000001", 1},
        {"99999999999999999999999999999999999999999999999999", INT64_MAX},
        {"-99999999999999999999999999999999999999999999999999", INT64_MIN},
        {"00000000000000000000000000000000000000000000000001", 1000},
        {"1e99999999999", INT64_MAX},
        {"1e-99999999999", 1},
        {"0e99999999999", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(quantities) / sizeof(quantities[0]); i++) {
        int64_t milli = 4711;
        if (cvg_kube_quantity_milli(quantities[i].text, &milli) < 0 ||
            milli != quantities[i].milli) {
            fail_msg("%s is %" PRId64, quantities[i].text, milli);
        }
    }
}

static void what_is_no_quantity_is_refused(void **state)
{
    static const char *const texts[] = {
        "",    " 1",  "1 ",   "m",    "-",  "+",   ".",    "-.",    "--1", "1.2.3", "1K",  "1ki",
        "1kB", "1mi", "1Mib", "0x10", "1e", "1e+", "1e3k", "1e1.5", "inf", "NaN",   "1,5", "1_0"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t milli = 4711;
        if (cvg_kube_quantity_milli(texts[i], &milli) == 0) {
            fail_msg("\"%s\" was read as %" PRId64, texts[i], milli);
        }
        assert_int_equal(milli, 4711);
    }
}

static const struct suffix {
    const char *text;
    int ten, two;
} suffixes[] = {{"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"", 0, 0},
                {"k", 3, 0},   {"M", 6, 0},   {"G", 9, 0},   {"T", 12, 0},
                {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
                {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60}};

/* digits * 10^ten * 2^two thousandths, rounded up; all of it fits where digits is small. */
static int64_t exactly(int64_t digits, int ten, int two)
{
    wide value = digits, divisor = 1;
    for (ten += 3; ten > 0; ten--) {
        value *= 10;
    }
    for (; ten < 0; ten++) {
        divisor *= 10;
    }
    for (; two > 0; two--) {
        value *= 2;
    }
    value = (value + divisor - 1) / divisor;
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static void any_quantity_is_what_exact_arithmetic_says(void **state)
{
    uint64_t seed = 20261121;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const struct suffix *suffix = &suffixes[(seed >> 60) % 16];
        int64_t digits = (int64_t)((seed >> 20) % 1000000000) >> ((seed >> 50) % 30);
        int behind = (int)((seed >> 55) % 10); /* digits behind the point */
        char text[64];
        int64_t power = 1, milli = 0;
        for (int j = 0; j < behind; j++) {
            power *= 10;
        }
        (void)snprintf(text, sizeof(text), "%" PRId64 ".%0*" PRId64 "%s", digits / power,
                       behind == 0 ? 1 : behind, behind == 0 ? 0 : digits % power, suffix->text);
        int64_t wanted = exactly(digits, suffix->ten - behind, suffix->two);
        if (cvg_kube_quantity_milli(text, &milli) < 0 || milli != wanted) {
            fail_msg("%s is %" PRId64 ", not %" PRId64, text, milli, wanted);
        }
        /* The same with an exponent, and below zero. */
        if (suffix->two == 0) {
            (void)snprintf(text, sizeof(text), "-%" PRId64 "e%d", digits, suffix->ten - behind);
            assert_int_equal(cvg_kube_quantity_milli(text, &milli), 0);
            assert_true(milli == (wanted == INT64_MAX ? INT64_MIN : -wanted));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_api_writes_is_read),
        cmocka_unit_test(what_is_no_quantity_is_refused),
        cmocka_unit_test(any_quantity_is_what_exact_arithmetic_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
