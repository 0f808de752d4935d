/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines, as they come out of a pipe in the place of stderr; and complaints. */
#include "base/log.h"

#include "base/macros.h"
#include "base/time.h"

#include <convergate/number.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr, out;

static void capture(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    out = ends[0];
}

/* What was written since capture(), NUL-terminated. */
static size_t release(char *ret, size_t size)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    size_t used = 0;
    for (ssize_t got = 1; got > 0; used += (size_t)got) {
        got = read(out, ret + used, size - 1 - used);
        assert_true(got >= 0);
    }
    ret[used] = '\0';
    close(out);
    return used;
}

/* The time stamp is checked and passed. */
static const char *after_stamp(const char *line)
{
    int64_t stamp;
    assert_int_equal(cvg_parse_time(line, 24, &stamp), 0);
    int64_t age = cvg_time_wall() - stamp;
    assert_true(age >= 0 && age < CVG_MINUTE);
    assert_int_equal(line[24], ' ');
    return line + 25;
}

static void a_line_has_time_level_message_and_pairs(void **state)
{
    (void)state;
    char line[1000];
    unsetenv("JOURNAL_STREAM");
    capture();
    cvg_log(CVG_LOG_WARNING, "source unavailable", "source", "metrics", "gone", NULL, "after", "2s",
            NULL);
    cvg_log(CVG_LOG_ERROR, "x", NULL);
    release(line, sizeof line);
    const char *first = after_stamp(line);
    static const char expected[] =
        "level=warning msg=\"source unavailable\" source=metrics after=2s\n";
    assert_memory_equal(first, expected, sizeof expected - 1);
    assert_string_equal(after_stamp(first + sizeof expected - 1), "level=error msg=x\n");
}

static void the_journal_gets_a_priority_and_no_time(void **state)
{
    (void)state;
    char line[1000], stream[64];
    struct stat st;
    capture();
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    cvg_log(CVG_LOG_INFO, "ready", NULL);
    snprintf(stream, sizeof stream, "%lu:%lu", (unsigned long)st.st_dev,
             (unsigned long)st.st_ino + 1);
    setenv("JOURNAL_STREAM", stream, 1);
    cvg_log(CVG_LOG_INFO, "ready", NULL);
    setenv("JOURNAL_STREAM", "", 1);
    cvg_log(CVG_LOG_INFO, "ready", NULL);
    unsetenv("JOURNAL_STREAM");
    release(line, sizeof line);
    static const char first[] = "<6>level=info msg=ready\n";
    assert_memory_equal(line, first, sizeof first - 1);
    static const char other[] = "level=info msg=ready\n";
    const char *second = after_stamp(line + sizeof first - 1);
    assert_memory_equal(second, other, sizeof other - 1);
    assert_string_equal(after_stamp(second + sizeof other - 1), other);
}

static void values_cannot_forge_lines_or_fields(void **state)
{
    (void)state;

    static const struct {
        const char *value, *expected;
    } cases[] = {
        {"plain", "plain"},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"x\n<0>level=error msg=forged", "\"x\\n<0>level=error msg=forged\""},
        {"tab\tcr\r", "\"tab\\tcr\\x0d\""},
        {"\x1b[31m", "\"\\x1b[31m\""},
        {"\x7f", "\"\\x7f\""},
        {"\xff\xc3", "\"\\xff\\xc3\""},
        {"\xc2\x9b", "\"\\xc2\\x9b\""},
        {"\xe2\x80\xae", "\"\\xe2\\x80\\xae\""},
        {"stra\xc3\x9f\x65", "stra\xc3\x9f\x65"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char line[1000], expected[200];
        capture();
        cvg_log(CVG_LOG_INFO, "m", "key", cases[i].value, NULL);
        release(line, sizeof line);
        snprintf(expected, sizeof expected, "level=info msg=m key=%s\n", cases[i].expected);
        assert_string_equal(after_stamp(line), expected);
    }
}

static void long_lines_are_cut_whole_and_closed(void **state)
{
    (void)state;
    static char value[20000], line[20000];
    static const char *const units[] = {"x", " ", "\n", "\xc3\xa9", "\x01", "\""};
    for (size_t i = 0; i < CVG_COUNT(units); i++) {
        size_t unit = strlen(units[i]);
        /* Each start shifts the place of the cut by one byte. */
        for (size_t start = 0; start < 6; start++) {
            memset(value, 'y', sizeof value);
            for (size_t at = start; at + unit < sizeof value; at += unit) {
                memcpy(value + at, units[i], unit);
            }
            value[sizeof value - 1] = '\0';
            capture();
            cvg_log(CVG_LOG_INFO, "m", "key", value, "next", "gone", NULL);
            size_t length = release(line, sizeof line);
            assert_in_range(length, 8192 - 8, 8192);
            bool quoted = line[25 + strlen("level=info msg=m key=")] == '"';
            assert_string_equal(line + length - (quoted ? 5 : 4), quoted ? "...\"\n" : "...\n");
            assert_ptr_equal(strchr(line, '\n'), line + length - 1);
            if (unit == 2) {
                assert_int_equal((length - 4 - 25 - strlen("level=info msg=m key=") - start) % 2,
                                 0);
            }
        }
    }
}

static void a_line_that_just_fits_is_not_cut(void **state)
{
    (void)state;
    static char value[9000], line[20000];
    size_t cut = 0, whole = 0;
    for (size_t length = 8100; length < 8200; length++) {
        memset(value, 'x', length);
        value[length] = '\0';
        capture();
        cvg_log(CVG_LOG_INFO, "m", "key", value, NULL);
        size_t size = release(line, sizeof line);
        assert_true(size <= 8192 && line[size - 1] == '\n');
        if (strstr(line, "...\n")) {
            cut++;
        } else {
            assert_int_equal(size, 25 + strlen("level=info msg=m key=") + length + 1);
            assert_int_equal(cut, 0);
            whole++;
        }
    }
    assert_true(cut > 0 && whole > 0);
}

static void below_the_threshold_nothing_is_written(void **state)
{
    (void)state;
    char line[1000];
    assert_true(cvg_log_enabled(CVG_LOG_INFO));
    assert_false(cvg_log_enabled(CVG_LOG_DEBUG));
    capture();
    cvg_log(CVG_LOG_DEBUG, "hidden", NULL);
    cvg_log_set_level(CVG_LOG_DEBUG);
    cvg_log(CVG_LOG_DEBUG, "shown", NULL);
    cvg_log_set_level(CVG_LOG_ERROR);
    cvg_log(CVG_LOG_WARNING, "hidden", NULL);
    cvg_log_set_level(CVG_LOG_INFO);
    release(line, sizeof line);
    assert_string_equal(after_stamp(line), "level=debug msg=shown\n");
}

static void *write_lines(void *arg)
{
    for (int i = 0; i < 200; i++) {
        cvg_log(CVG_LOG_INFO, "from a thread", "name", (const char *)arg, NULL);
    }
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    static char text[60000];
    static char names[2][10] = {"a", "b"};
    pthread_t threads[2];
    capture();
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    release(text, sizeof text);
    int counts[2] = {0};
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        const char *rest = after_stamp(line);
        assert_memory_equal(rest, "level=info msg=\"from a thread\" name=", 36);
        assert_int_equal(strlen(rest), 37);
        counts[rest[36] == 'b']++;
        line = end + 1;
    }
    assert_int_equal(counts[0], 200);
    assert_int_equal(counts[1], 200);
}

static void complaints_come_at_growing_gaps(void **state)
{
    (void)state;
    struct cvg_complaint complaint = {0};
    uint64_t count = 42, told = 0;
    int64_t now = 0, last = 0;
    static const int64_t minutes[] = {0, 1, 2, 4, 8, 16, 32, 60, 60, 60};
    assert_false(cvg_complaint_clear(&complaint, &count));
    assert_int_equal(count, 42);
    for (int seconds = 0; told < CVG_COUNT(minutes); seconds++) {
        now = seconds * CVG_SECOND;
        if (cvg_complaint_raise(&complaint, now)) {
            assert_int_equal((now - last) / CVG_MINUTE, minutes[told]);
            assert_int_equal((now - last) % CVG_MINUTE, 0);
            last = now;
            told++;
        }
    }
    assert_int_equal(complaint.since, 0);
    assert_true(cvg_complaint_clear(&complaint, &count));
    assert_int_equal(count, now / CVG_SECOND + 1);
    assert_false(cvg_complaint_clear(&complaint, NULL));
    assert_true(cvg_complaint_raise(&complaint, now + 1));
    assert_int_equal(complaint.since, now + 1);
    assert_false(cvg_complaint_raise(&complaint, now + CVG_SECOND));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_message_and_pairs),
        cmocka_unit_test(the_journal_gets_a_priority_and_no_time),
        cmocka_unit_test(values_cannot_forge_lines_or_fields),
        cmocka_unit_test(long_lines_are_cut_whole_and_closed),
        cmocka_unit_test(a_line_that_just_fits_is_not_cut),
        cmocka_unit_test(below_the_threshold_nothing_is_written),
        cmocka_unit_test(lines_of_threads_do_not_mix),
        cmocka_unit_test(complaints_come_at_growing_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
