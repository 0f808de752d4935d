/* SPDX-License-Identifier: Apache-2.0 */
/* Whole numbers, sizes and doubles as text. */
#include <convergate/number.h>

#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t bits(double value)
{
    uint64_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

static void whole_numbers_are_read_to_the_last_digit(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"1", 1},
        {"-1", -1},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t value = 42;
        assert_int_equal(cvg_parse_int64(good[i].text, strlen(good[i].text), &value), 0);
        assert_true(value == good[i].value);
    }
    uint64_t most = 0;
    assert_int_equal(cvg_parse_uint64("18446744073709551615", 20, &most), 0);
    assert_true(most == UINT64_MAX);
    int64_t part = 0;
    assert_int_equal(cvg_parse_int64("1234", 2, &part), 0);
    assert_int_equal(part, 12);
}

static void what_is_no_whole_number_is_refused_and_the_result_left_alone(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "-",
        "+1",
        "01",
        "-01",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "--1",
        "9223372036854775808",
        "1_000",
        "１",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999999999",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t value = 42;
        assert_int_equal(cvg_parse_int64(bad[i], strlen(bad[i]), &value), -1);
        assert_int_equal(value, 42);
    }
    uint64_t value = 42;
    assert_int_equal(cvg_parse_uint64("18446744073709551616", 20, &value), -1);
    assert_int_equal(cvg_parse_uint64("-1", 2, &value), -1);
    assert_int_equal(cvg_parse_uint64("1\0", 2, &value), -1);
    assert_int_equal(value, 42);
}

static void sizes_know_both_families_of_units(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {
        {"0", 0},         {"512", 512},      {"1B", 1},
        {"64KiB", 65536}, {"8MiB", 8 << 20}, {"1GiB", 1 << 30},
        {"1KB", 1000},    {"2MB", 2000000},  {"3GB", INT64_C(3000000000)},
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t bytes = -1;
        assert_int_equal(cvg_parse_size(good[i].text, strlen(good[i].text), &bytes), 0);
        assert_true(bytes == good[i].bytes);
    }
    static const char *const bad[] = {"",
                                      "B",
                                      "KiB",
                                      "-1KiB",
                                      "1kb",
                                      "1 KiB",
                                      "1.5GiB",
                                      "1K",
                                      "1GiBx",
                                      "9223372036854775807KiB",
                                      "8589934592GiB"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t bytes = 42;
        assert_int_equal(cvg_parse_size(bad[i], strlen(bad[i]), &bytes), -1);
        assert_int_equal(bytes, 42);
    }
}

static void doubles_are_rounded_correctly(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"1", 1.0},
        {"-1.5", -1.5},
        {"0.1", 0.1},
        {"1e22", 1e22},
        {"1e23", 1e23},
        {"123456789012345678", 123456789012345678.0},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.00000000000000000000001", 9007199254740994.0},
        {"5e-324", 5e-324},
        {"2.4703282292062327e-324", 0.0},
        {"2.4703282292062328e-324", 5e-324},
        {"1.7976931348623157e308", DBL_MAX},
        {"1.7976931348623158e+308", DBL_MAX},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"1e-400", 0.0},
        {"1e-99999999999999999999999999", 0.0},
        {"0e99999999999999999999999999", 0.0},
        {"-0.0e5", -0.0},
        {"0.000000000000000000000000000000000000001e39", 1.0},
        {"1000000000000000000000000000000000000000e-39", 1.0},
        {"1e+300", 1e300},
        {"1E5", 1e5},
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        double value = 42;
        assert_int_equal(cvg_parse_double(good[i].text, strlen(good[i].text), &value), 0);
        if (bits(value) != bits(good[i].value)) {
            fail_msg("%s: %a", good[i].text, value);
        }
    }
}

static void digits_beyond_any_buffer_still_decide_the_rounding(void **state)
{
    (void)state;
    /* Exactly half way between 1 and the next double, with a 1 far behind. */
    static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
    char text[5000];
    double value;
    assert_int_equal(cvg_parse_double(half, sizeof half - 1, &value), 0);
    assert_true(value == 1.0);
    memset(text, '0', sizeof text);
    memcpy(text, half, sizeof half - 1);
    assert_int_equal(cvg_parse_double(text, sizeof text, &value), 0);
    assert_true(value == 1.0);
    text[sizeof text - 1] = '1';
    assert_int_equal(cvg_parse_double(text, sizeof text, &value), 0);
    assert_true(value == 1.0 + DBL_EPSILON);
}

static void names_are_those_of_prometheus(void **state)
{
    (void)state;
    double value;
    assert_int_equal(cvg_parse_double("NaN", 3, &value), 0);
    assert_true(isnan(value));
    assert_int_equal(cvg_parse_double("+Inf", 4, &value), 0);
    assert_true(isinf(value) && value > 0);
    assert_int_equal(cvg_parse_double("Inf", 3, &value), 0);
    assert_true(isinf(value) && value > 0);
    assert_int_equal(cvg_parse_double("-Inf", 4, &value), 0);
    assert_true(isinf(value) && value < 0);
}

static void what_is_no_double_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " 1",
        "1 ",
        "+1",
        ".5",
        "5.",
        "1e",
        "1e+",
        "e5",
        "1.e5",
        "0x1",
        "nan",
        "NAN",
        "inf",
        "infinity",
        "+NaN",
        "1,5",
        "1e5x",
        "--1",
        "-",
        "1e309",
        "-1e309",
        "1.7976931348623159e308",
        "1e99999999999999999999",
        "1..2",
        "1e5.5",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        double value = 42;
        errno = 0;
        if (cvg_parse_double(bad[i], strlen(bad[i]), &value) != -1 || value != 42 || errno != 0) {
            fail_msg("'%s' was taken as %g", bad[i], value);
        }
    }
}

static void doubles_are_written_in_the_shortest_way(void **state)
{
    (void)state;

    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.30000000000000004, "0.30000000000000004"},
        {100, "100"},
        {123456.789, "123456.789"},
        {1e6, "1000000"},
        {1e20, "100000000000000000000"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e21, "1e+21"},
        {1.5e300, "1.5e+300"},
        {0.000001, "0.000001"},
        {0.0000015, "0.0000015"},
        {1e-7, "1e-7"},
        {-2.5e-8, "-2.5e-8"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {7.678447687145631e-239, "7.678447687145631e-239"}, /* a power of two */
        {(double)NAN, "NaN"},
        {(double)INFINITY, "+Inf"},
        {-(double)INFINITY, "-Inf"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CVG_NUMBER_TEXT];
        size_t length = cvg_format_double(cases[i].value, text, sizeof text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(length, strlen(text));
    }
}

static void every_double_reads_back(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252;
    for (int i = 0; i < 50000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        double value, again;
        memcpy(&value, &random, sizeof value);
        if (!isfinite(value)) {
            continue;
        }
        char text[CVG_NUMBER_TEXT];
        size_t length = cvg_format_double(value, text, sizeof text);
        assert_int_equal(cvg_parse_double(text, length, &again), 0);
        if (bits(value) != bits(again)) {
            fail_msg("%a was written as %s", value, text);
        }
    }
}

static void a_short_buffer_is_respected(void **state)
{
    (void)state;
    char text[8] = "xxxxxxx";
    assert_int_equal(cvg_format_double(0.125, text, 4), 3);
    assert_string_equal(text, "0.1");
    assert_int_equal(text[4], 'x');
    assert_int_equal(cvg_format_double(1, text, 0), 0);
    assert_int_equal(text[0], '0');
}

/* Debian installs no locale with a decimal comma: one is compiled for the test. */
static int use_decimal_comma(void)
{
    static const char *const command = "d=$(mktemp -d " CVG_BUILD "/locale.XXXXXX) && echo $d && "
                                       "localedef -i de_DE -f UTF-8 $d/de_DE.UTF-8 >/dev/null 2>&1";
    char folder[512] = "";
    FILE *made = popen(command, "r");
    assert_non_null(made);
    if (fgets(folder, sizeof folder, made)) {
        folder[strcspn(folder, "\n")] = '\0';
    }
    pclose(made);
    setenv("LOCPATH", folder, 1);
    int found = setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    char removal[600];
    snprintf(removal, sizeof removal, "rm -rf '%s'", folder);
    assert_int_equal(folder[0] ? system(removal) : 0, 0);
    return found && localeconv()->decimal_point[0] == ',';
}

static void rounds_for_people(void **state)
{
    static const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {
        {0.19999999999999998, 9, "0.2"},
        {2.0 / 3, 3, "0.667"},
        {1234567, 3, "1230000"},
        {0.000123456, 2, "0.00012"},
        {-1.5, 1, "-2"},
        {9.99e22, 2, "1e+23"},
        {0, 3, "0"},
        {HUGE_VAL, 3, "+Inf"},
        {1, 0, "1"},
    };

    char text[CVG_NUMBER_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cvg_format_rounded(cases[i].value, cases[i].digits, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void the_locale_changes_nothing(void **state)
{
    (void)state;
    if (!use_decimal_comma()) {
        skip();
    }
    double value = 0;
    char text[CVG_NUMBER_TEXT];
    int point = cvg_parse_double("0.30000000000000004", 19, &value);
    int comma = cvg_parse_double("0,3", 3, &value);
    cvg_format_double(0.30000000000000004, text, sizeof text);
    setlocale(LC_ALL, "C");
    assert_int_equal(point, 0);
    assert_int_equal(comma, -1);
    assert_true(bits(value) == bits(0.30000000000000004));
    assert_string_equal(text, "0.30000000000000004");
}

static void one_is_the_only_number_with_a_word_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(cvg_plural(1, "row", "rows"), "row");
    assert_string_equal(cvg_plural(0, "row", "rows"), "rows");
    assert_string_equal(cvg_plural(2, "row", "rows"), "rows");
    assert_string_equal(cvg_plural(UINT64_MAX, "row", "rows"), "rows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_for_people),
        cmocka_unit_test(whole_numbers_are_read_to_the_last_digit),
        cmocka_unit_test(what_is_no_whole_number_is_refused_and_the_result_left_alone),
        cmocka_unit_test(sizes_know_both_families_of_units),
        cmocka_unit_test(doubles_are_rounded_correctly),
        cmocka_unit_test(digits_beyond_any_buffer_still_decide_the_rounding),
        cmocka_unit_test(names_are_those_of_prometheus),
        cmocka_unit_test(what_is_no_double_is_refused),
        cmocka_unit_test(doubles_are_written_in_the_shortest_way),
        cmocka_unit_test(every_double_reads_back),
        cmocka_unit_test(a_short_buffer_is_respected),
        cmocka_unit_test(one_is_the_only_number_with_a_word_of_its_own),
        cmocka_unit_test(the_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
