/* SPDX-License-Identifier: Apache-2.0 */
/* The worked example of docs/modules.md: that it works, and that the page shows it as it is. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT CVG_FIXTURES "/../.."

static char path[32];

static void write_file(const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static int make_file(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/cvg-age-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void open_age(struct world *world)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("sources: {clock: {type: age}}\n"
                            "environments: {prod: {checks: {\n"
                            "  backup: {source: clock, path: %s, at_most: 2h}}}}\n",
                            path);
    world_open_good(world, text);
}

static void a_time_is_young_or_too_old(void **state)
{
    (void)state;

    static const struct {
        int64_t ago_s;
        uint32_t status;
        const char *reason, *observed;
    } cases[] = {
        {3600, CVG_READY, "Young", "1h"},
        {7190, CVG_READY, "Young", "1h59m"},
        {7300, CVG_DEGRADED, "TooOld", "2h1m"},
        {3 * 86400, CVG_DEGRADED, "TooOld", "3d"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct world world;
        int64_t written = cvg_time_wall() / CVG_SECOND - cases[i].ago_s;
        CVG_CLEANUP(cvg_free_pointer) char *text = cvg_format("%lld\n", (long long)written);
        write_file(text);
        open_age(&world);
        const struct cvg_reading *reading = world_run(&world, 0);
        assert_int_equal(reading->status, cases[i].status);
        assert_string_equal(reading->reason, cases[i].reason);
        assert_string_equal(reading->expected, "2h");
        assert_int_equal(strncmp(reading->observed, cases[i].observed, strlen(cases[i].observed)),
                         0);
        assert_memory_equal(cvg_reading_fact(reading, "written_at"), text, strlen(text) - 1);
        assert_int_equal(reading->has_value, 1);
        assert_true(reading->value >= (double)cases[i].ago_s);
        world_close(&world);
    }
}

static void what_is_no_time_is_unknown(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        const char *reason;
        uint32_t fault;
    } cases[] = {
        {"", "NoTime", CVG_FAULT_PROTOCOL},
        {"yesterday\n", "NoTime", CVG_FAULT_PROTOCOL},
        {"-5\n", "NoTime", CVG_FAULT_PROTOCOL},
        {"9223372036854775807\n", "NoTime", CVG_FAULT_PROTOCOL},
        {"00000000000000000000000000000000000000000000000000000000000000001", "NoFile",
         CVG_FAULT_REQUEST},
        {NULL, "NoFile", CVG_FAULT_NONE},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct world world;
        open_age(&world);
        if (cases[i].text) {
            write_file(cases[i].text);
        } else {
            assert_int_equal(unlink(path), 0);
        }
        const struct cvg_reading *reading = world_run(&world, 0);
        assert_int_equal(reading->status, CVG_UNKNOWN);
        assert_string_equal(reading->reason, cases[i].reason);
        assert_int_equal(reading->fault, cases[i].fault);
        world_close(&world);
    }
    write_file("");
}

static void a_relative_path_is_refused_at_its_place(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "sources: {clock: {type: age}}\n"
                       "environments: {prod: {checks: {c: {source: clock, path: here}}}}\n");
    assert_int_equal(world.diagnostics.errors, 1);
    assert_int_equal(world.diagnostics.items[0].line, 2);
    assert_int_equal(world.diagnostics.items[0].column, 57);
    assert_string_equal(world.diagnostics.items[0].text,
                        "check 'c': path: must be absolute: the daemon has no folder of its own");
    world_close(&world);
}

static char *read_all(const char *file)
{
    struct cvg_buf text = CVG_BUF_INIT((size_t)1 << 20);
    char bytes[4096];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        assert_int_equal(cvg_buf_add(&text, bytes, (size_t)got), 0);
    }
    assert_int_equal(close(fd), 0);
    return cvg_buf_take(&text, NULL);
}

static void the_page_shows_the_file_as_it_is(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_free_pointer) char *page = read_all(ROOT "/docs/modules.md");
    CVG_CLEANUP(cvg_free_pointer) char *file = read_all(ROOT "/docs/examples/module/age.c");
    char *begin = strstr(page, "```c\n");
    assert_non_null(begin);
    begin += strlen("```c\n");
    char *end = strstr(begin, "```");
    assert_non_null(end);
    *end = '\0';
    assert_string_equal(begin, file);
}

/* Each host function is named on the page. */
static void the_page_has_every_host_function(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_free_pointer) char *page = read_all(ROOT "/docs/modules.md");
    CVG_CLEANUP(cvg_free_pointer) char *header = read_all(ROOT "/include/convergate/module.h");
    char *at = strstr(header, "struct cvg_host {");
    assert_non_null(at);
    char *end = strstr(at, "\n};");
    assert_non_null(end);
    *end = '\0';
    size_t functions = 0;
    while ((at = strstr(at, "(*"))) {
        at += 2;
        char *close = strchr(at, ')');
        assert_non_null(close);
        CVG_CLEANUP(cvg_free_pointer) char *name = cvg_strndup(at, (size_t)(close - at));
        if (strncmp(name, "on_", 3) == 0 || strcmp(name, "work") == 0 ||
            strcmp(name, "done") == 0 || strcmp(name, "discard") == 0) {
            continue; /* a callback's parameter */
        }
        CVG_CLEANUP(cvg_free_pointer) char *quoted = cvg_format("`%s`", name);
        if (!strstr(page, quoted)) {
            fail_msg("docs/modules.md does not name %s", quoted);
        }
        functions++;
    }
    assert_in_range(functions, 28, 100);
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, make_file, drop_file)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_FILE(a_time_is_young_or_too_old),
        WITH_FILE(what_is_no_time_is_unknown),
        cmocka_unit_test(a_relative_path_is_refused_at_its_place),
        cmocka_unit_test(the_page_shows_the_file_as_it_is),
        cmocka_unit_test(the_page_has_every_host_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
