/* SPDX-License-Identifier: Apache-2.0 */
/* Durations and instants as text. */
#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS           INT64_C(1000000)
#define SECOND       (1000 * MS)
#define HOUR         (3600 * SECOND)

static void durations_add_up(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"0", 0},
        {"0s", 0},
        {"500ms", 500 * MS},
        {"15s", 15 * SECOND},
        {"2m", 120 * SECOND},
        {"1h30m", 5400 * SECOND},
        {"7d", 168 * HOUR},
        {"2w", 336 * HOUR},
        {"1w2d3h4m5s6ms", (168 + 48 + 3) * HOUR + 245 * SECOND + 6 * MS},
        {"90m", 5400 * SECOND},
        {"1m1ms", 60 * SECOND + MS},
        {"9223372036s", INT64_C(9223372036) * SECOND},
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t ns = -1;
        assert_int_equal(cvg_parse_duration(good[i].text, strlen(good[i].text), &ns), 0);
        assert_true(ns == good[i].ns);
    }
}

static void doubtful_durations_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "5",
        "s",
        "-5s",
        "+5s",
        "1.5h",
        "5 s",
        " 5s",
        "5s ",
        "5S",
        "1m1h",
        "1s1s",
        "1y",
        "1us",
        "ms",
        "00",
        "9223372037s",
        "99999999999w",
        "1h30",
        "99999999999999999999ms",
        "5s\n",
        "1ms1s",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ns = 42;
        if (cvg_parse_duration(bad[i], strlen(bad[i]), &ns) != -1 || ns != 42) {
            fail_msg("'%s' was taken", bad[i]);
        }
    }
}

static void durations_are_written_as_they_are_read(void **state)
{
    (void)state;

    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {MS - 1, "0s"},
        {-(MS - 1), "0s"},
        {500 * MS, "500ms"},
        {15 * SECOND, "15s"},
        {-15 * SECOND, "-15s"},
        {5400 * SECOND, "1h30m"},
        {168 * HOUR, "7d"},
        {25 * HOUR + 1500 * MS, "1d1h1s500ms"},
        {INT64_MAX, "106751d23h47m16s854ms"},
        {INT64_MIN, "-106751d23h47m16s854ms"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CVG_NUMBER_TEXT];
        assert_int_equal(cvg_format_duration(cases[i].ns, text, sizeof text),
                         strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        int64_t again;
        if (cases[i].ns >= 0) {
            assert_int_equal(cvg_parse_duration(text, strlen(text), &again), 0);
            assert_true(again == cases[i].ns - cases[i].ns % MS);
        }
    }
    char few[4];
    assert_int_equal(cvg_format_duration(5400 * SECOND, few, sizeof few), 3);
    assert_string_equal(few, "1h3");
}

static void instants_are_read_in_any_zone(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t seconds, ns;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"1970-01-01t00:00:00z", 0, 0},
        {"2026-01-01T10:05:00Z", 1767261900, 0},
        {"2026-01-01T10:05:00.5Z", 1767261900, 500000000},
        {"2026-01-01T10:05:00.123456789Z", 1767261900, 123456789},
        {"2026-01-01T12:05:00+02:00", 1767261900, 0},
        {"2026-01-01T04:35:00-05:30", 1767261900, 0},
        {"2025-12-31T23:59:60Z", 1767225600, 0},
        {"2026-01-01T01:59:60+02:00", 1767225600, 0},
        {"2000-02-29T00:00:00Z", 951782400, 0},
        {"2024-02-29T12:00:00-00:00", 1709208000, 0},
        {"2261-12-31T23:59:59.999999999Z", 9214646399, 999999999},
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t ns = -1;
        if (cvg_parse_time(good[i].text, strlen(good[i].text), &ns) != 0 ||
            ns != good[i].seconds * SECOND + good[i].ns) {
            fail_msg("%s was read as %lld", good[i].text, (long long)ns);
        }
    }
}

static void what_is_no_instant_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026-01-01",
        "2026-01-01T10:05:00",
        "2026-01-01 10:05:00Z",
        "2026-01-01T10:05Z",
        "2026-13-01T10:05:00Z",
        "2026-00-01T10:05:00Z",
        "2026-02-29T10:05:00Z",
        "2100-02-29T10:05:00Z",
        "2026-04-31T10:05:00Z",
        "2026-01-00T10:05:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T10:60:00Z",
        "2026-01-01T10:05:61Z",
        "2026-01-01T10:05:60Z",
        "2026-01-01T10:05:00.Z",
        "2026-01-01T10:05:00.1234567890Z",
        "2026-01-01T10:05:00+0200",
        "2026-01-01T10:05:00+24:00",
        "2026-01-01T10:05:00+02:60",
        "2026-01-01T10:05:00Zx",
        "2026-01-01T10:05:00,5Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00Z",
        "2262-01-01T00:00:00Z",
        "+026-01-01T10:05:00Z",
        "2026-1-01T10:05:00ZZ",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ns = 42;
        if (cvg_parse_time(bad[i], strlen(bad[i]), &ns) != -1 || ns != 42) {
            fail_msg("'%s' was taken", bad[i]);
        }
    }
}

static void instants_are_written_with_as_many_digits_as_asked_for(void **state)
{
    (void)state;
    char text[CVG_NUMBER_TEXT];
    int64_t ns = 1767261900 * SECOND + 123456789;
    assert_int_equal(cvg_format_time(ns, 0, text, sizeof text), 20);
    assert_string_equal(text, "2026-01-01T10:05:00Z");
    cvg_format_time(ns, 3, text, sizeof text);
    assert_string_equal(text, "2026-01-01T10:05:00.123Z");
    cvg_format_time(ns, 9, text, sizeof text);
    assert_string_equal(text, "2026-01-01T10:05:00.123456789Z");
    cvg_format_time(-1, 3, text, sizeof text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    cvg_format_time(INT64_MIN, 0, text, sizeof text);
    assert_string_equal(text, "1677-09-21T00:12:43Z");
    assert_int_equal(cvg_format_time(ns, 0, text, 11), 10);
    assert_string_equal(text, "2026-01-01");
}

static void each_day_reads_back(void **state)
{
    (void)state;
    char text[CVG_NUMBER_TEXT], last[CVG_NUMBER_TEXT] = "";
    for (int64_t day = 0; day < 106650; day++) {
        int64_t ns = day * 24 * HOUR + day % 86400 * SECOND + day, again;
        size_t length = cvg_format_time(ns, 9, text, sizeof text);
        assert_true(strcmp(last, text) < 0);
        strcpy(last, text);
        assert_int_equal(cvg_parse_time(text, length, &again), 0);
        assert_true(again == ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_add_up),
        cmocka_unit_test(doubtful_durations_are_refused),
        cmocka_unit_test(durations_are_written_as_they_are_read),
        cmocka_unit_test(instants_are_read_in_any_zone),
        cmocka_unit_test(what_is_no_instant_is_refused),
        cmocka_unit_test(instants_are_written_with_as_many_digits_as_asked_for),
        cmocka_unit_test(each_day_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
