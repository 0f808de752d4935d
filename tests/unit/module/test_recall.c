/* SPDX-License-Identifier: Apache-2.0 */
/* A module never takes what it sees for the first time because its memory could not be read. */
#include "base/alloc.h"
#include "base/time.h"
#include "world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct numbers {
    struct world world;
    char path[48];
};

static void see(const struct numbers *numbers, const char *number)
{
    int fd = open(numbers->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, number, strlen(number)), (ssize_t)strlen(number));
    assert_int_equal(close(fd), 0);
}

static void open_numbers(struct numbers *numbers)
{
    (void)snprintf(numbers->path, sizeof numbers->path, "/tmp/cvg-recall-XXXXXX");
    int fd = mkstemp(numbers->path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("sources: {s: {type: remembering}}\n"
                            "environments: {prod: {checks: {c: {source: s, file: %s}}}}\n",
                            numbers->path);
    world_open_good(&numbers->world, text);
}

static void close_numbers(struct numbers *numbers)
{
    world_close(&numbers->world);
    assert_int_equal(unlink(numbers->path), 0);
}

static struct cvg_memory *memory_of(const struct numbers *numbers)
{
    return cvg_registry_memory(numbers->world.registry);
}

static void assert_run(struct numbers *numbers, uint32_t status, const char *reason)
{
    const struct cvg_reading *reading = world_run(&numbers->world, 0);
    assert_string_equal(reading->reason, reason);
    assert_int_equal(reading->status, status);
}

static void an_alarm_stays_until_it_is_forgotten(void **state)
{
    (void)state;
    struct numbers numbers;
    open_numbers(&numbers);
    see(&numbers, "7\n");
    assert_run(&numbers, CVG_READY, "Remembered");
    see(&numbers, "6\n");
    assert_run(&numbers, CVG_UNKNOWN, "SerialBehind");
    assert_run(&numbers, CVG_UNKNOWN, "SerialBehind");
    CVG_CLEANUP(cvg_free_pointer) char *key = cvg_memory_key("prod", "c", "remembering");
    assert_int_equal(cvg_memory_put(memory_of(&numbers), key, NULL, 0), 0);
    assert_run(&numbers, CVG_READY, "Remembered");
    close_numbers(&numbers);
}

static void while_memory_is_not_known_the_runs_that_ask_for_it_are_unknown(void **state)
{
    (void)state;
    struct numbers numbers;
    open_numbers(&numbers);
    struct cvg_memory *memory = memory_of(&numbers);
    CVG_CLEANUP(cvg_free_pointer) char *key = cvg_memory_key("prod", "c", "remembering");
    const void *bytes;

    cvg_memory_set_known(memory, false);
    see(&numbers, "6\n");
    assert_run(&numbers, CVG_UNKNOWN, "StoreUnavailable");
    assert_int_equal(cvg_reading_get(numbers.world.latest)->fact_count, 0);
    assert_int_equal(cvg_reading_get(numbers.world.latest)->fault, CVG_FAULT_NONE);
    assert_run(&numbers, CVG_UNKNOWN, "StoreUnavailable");
    /* Nor is it a slip of the module's. */
    assert_int_equal(cvg_source_callbacks(numbers.world.sources[0]).contract_faults, 0);

    /* What it found did not become what it remembers. */
    assert_int_equal(cvg_memory_restore(memory, key, "7", 1), 0);
    cvg_memory_set_known(memory, true);
    assert_int_equal(cvg_memory_get(memory, key, &bytes), 1);
    assert_run(&numbers, CVG_UNKNOWN, "SerialBehind");
    see(&numbers, "8\n");
    assert_run(&numbers, CVG_READY, "Remembered");
    close_numbers(&numbers);
}

/* A run that began blank ends so, though memory became known meanwhile. */
static void a_run_that_asked_too_early_does_not_count(void **state)
{
    (void)state;
    struct world world;
    world_open_good(&world, "sources: {s: {type: scripted}}\n"
                            "environments: {prod: {checks: {\n"
                            "  c: {source: s, do: remember, text: x, timeout: 5s},\n"
                            "  other: {source: s, do: ready, text: fine}}}}\n");
    struct cvg_memory *memory = cvg_registry_memory(world.registry);
    cvg_memory_set_known(memory, false);
    assert_string_equal(world_run(&world, 0)->reason, "StoreUnavailable");
    /* Its fault stays, for the breaker. */
    assert_int_equal(cvg_reading_get(world.latest)->fault, CVG_FAULT_BUG);
    assert_string_equal(world_run(&world, 1)->reason, "Done");
    cvg_memory_set_known(memory, true);
    assert_string_equal(world_run(&world, 0)->reason, "Done");
    world_close(&world);
}

static void open_stream(struct world *world, const char *recalls)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("sources: {s: {type: stream, reports: 400, every: 5ms, recalls: %s}}\n"
                            "environments: {prod: {checks: {c: {source: s}}}}\n",
                            recalls);
    world_open_good(world, text);
}

static const char *next_report(struct world *world)
{
    world->done = false;
    world_wait(world);
    return cvg_reading_get(world->latest)->reason;
}

static void a_stream_that_recalled_too_early_is_unknown_until_it_recalls_again(void **state)
{
    (void)state;
    struct world world;
    open_stream(&world, "400");
    struct cvg_memory *memory = cvg_registry_memory(world.registry);
    cvg_memory_set_known(memory, false);
    assert_string_equal(next_report(&world), "StoreUnavailable");
    assert_string_equal(next_report(&world), "StoreUnavailable");
    cvg_memory_set_known(memory, true);
    assert_string_equal(next_report(&world), "Streamed");
    world_close(&world);
}

static void a_stream_that_keeps_what_it_recalled_too_early_stays_unknown(void **state)
{
    (void)state;
    struct world world;
    open_stream(&world, "2");
    struct cvg_memory *memory = cvg_registry_memory(world.registry);
    cvg_memory_set_known(memory, false);
    assert_string_equal(next_report(&world), "StoreUnavailable");
    cvg_memory_set_known(memory, true);
    for (int i = 0; i < 5; i++) {
        const char *reason = next_report(&world);
        assert_string_equal(reason, "StoreUnavailable");
    }
    world_close(&world);
}

static void a_stream_that_asks_for_nothing_is_not_concerned(void **state)
{
    (void)state;
    struct world world;
    open_stream(&world, "0");
    cvg_memory_set_known(cvg_registry_memory(world.registry), false);
    assert_string_equal(next_report(&world), "Streamed");
    world_close(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alarm_stays_until_it_is_forgotten),
        cmocka_unit_test(while_memory_is_not_known_the_runs_that_ask_for_it_are_unknown),
        cmocka_unit_test(a_run_that_asked_too_early_does_not_count),
        cmocka_unit_test(a_stream_that_recalled_too_early_is_unknown_until_it_recalls_again),
        cmocka_unit_test(a_stream_that_keeps_what_it_recalled_too_early_stays_unknown),
        cmocka_unit_test(a_stream_that_asks_for_nothing_is_not_concerned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
