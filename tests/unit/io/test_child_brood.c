/* SPDX-License-Identifier: Apache-2.0 */
/* What comes of a child, however it tries to outlive it, and its limits. */
#include "base/time.h"
#include "io/child.h"
#include "unit/io/harness.h"

#include <convergate/number.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct end {
    bool done;
    uint32_t fault;
    char text[300], out[9000];
    int32_t exit_code, signal;
};

// NOLINTNEXTLINE(readability-function-size): the shape is the host table's
static void take(void *arg, struct cvg_op *op, uint32_t fault, const char *text, int32_t exit_code,
                 int32_t signal, const char *out, size_t out_length, const char *err,
                 size_t err_length)
{
    struct end *end = arg;
    (void)op;
    (void)out_length;
    (void)err;
    (void)err_length;
    end->done = true;
    end->fault = fault;
    end->exit_code = exit_code;
    end->signal = signal;
    snprintf(end->text, sizeof end->text, "%s", text);
    snprintf(end->out, sizeof end->out, "%s", out);
}

static void spawn(struct harness *harness, const char *script, struct cvg_spawn spawn,
                  struct end *end)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    const char *argv[] = {"/bin/bash", "-c", script, NULL};
    spawn.size = sizeof spawn;
    spawn.argv = argv;
    spawn.environment = environment;
    spawn.on_done = take;
    spawn.arg = end;
    *end = (struct end){0};
    cvg_child_spawn(&harness->scope, &spawn);
}

/* Neither running nor a zombie. */
static bool is_gone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

/* The numbers on the child's output, one a line. */
static size_t read_pids(const char *text, pid_t *ret, size_t most)
{
    size_t count = 0;
    for (const char *at = text; *at && count < most; at += strcspn(at, "\n") + 1) {
        int64_t pid = 0;
        assert_int_equal(cvg_parse_int64(at, strcspn(at, "\n"), &pid), 0);
        ret[count++] = (pid_t)pid;
    }
    return count;
}

static void assert_gone(struct harness *harness, const char *text, size_t wanted)
{
    pid_t pids[16];
    size_t count = read_pids(text, pids, 16);
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;
    assert_int_equal(count, wanted);
    for (size_t i = 0; i < count; i++) {
        while (!is_gone(pids[i]) && cvg_time_now() < deadline) {
            harness_run(harness, 5 * CVG_MS);
        }
        assert_true(is_gone(pids[i]));
    }
}

static void test_nothing_outlives_a_child_that_ended(void **state)
{
    (void)state;

    static const struct {
        const char *script;
        size_t left;
    } table[] = {
        {"sleep 60 & echo $!", 1},
        {"setsid sleep 60 & sleep 0.05; echo $!", 1},
        {"trap '' TERM HUP INT; sleep 60 & echo $!", 1},
        {"(setsid bash -c 'echo $$; trap \"\" TERM; (setsid sleep 60 & echo $!); wait' &) ; "
         "sleep 0.1",
         2},
        {"bash -c 'kill -STOP $$' & echo $!; sleep 0.05", 1},
        {"for i in 1 2 3 4 5; do (setsid sleep 60 & echo $!); done", 5},
    };
    struct harness harness;
    harness_start(&harness, NULL);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct end end;
        pid_t pids[16];
        spawn(&harness, table[i].script, (struct cvg_spawn){0}, &end);
        harness_wait(&harness, &end.done);
        print_message("%s: %s", table[i].script, end.out);
        assert_int_equal(end.fault, CVG_FAULT_NONE);
        assert_int_equal(end.exit_code, 0);
        /* Not soon after: when it is told, they are gone. */
        assert_int_equal(read_pids(end.out, pids, 16), table[i].left);
        for (size_t j = 0; j < table[i].left; j++) {
            assert_true(is_gone(pids[j]));
        }
    }
    harness_stop(&harness);
}

static void test_nothing_outlives_a_child_that_was_put_down(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "setsid sleep 60 & echo $!; wait",
        "trap '' TERM HUP INT; setsid bash -c 'trap \"\" TERM; echo $$; while :; do sleep 9; done' "
        "& wait",
        /* Its launcher cannot be asked any more. */
        "setsid sleep 60 & echo $!; kill -STOP $PPID; sleep 60",
    };
    const struct cvg_loop_options adopting = {.adopts_strays = true};
    struct harness harness;
    harness_start(&harness, &adopting);
    for (size_t i = 0; i < CVG_COUNT(scripts); i++) {
        struct end end;
        spawn(&harness, scripts[i], (struct cvg_spawn){.timeout_ns = 300 * CVG_MS}, &end);
        harness_wait(&harness, &end.done);
        assert_int_equal(end.fault, CVG_FAULT_TIMEOUT);
        assert_gone(&harness, end.out, 1);
    }
    harness_stop(&harness);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_a_killed_launcher_leaves_nothing(void **state)
{
    (void)state;
    const struct cvg_loop_options adopting = {.adopts_strays = true};
    struct harness harness;
    struct end other;
    struct end end;
    harness_start(&harness, &adopting);
    spawn(&harness, "sleep 0.5; echo whole", (struct cvg_spawn){0}, &other);
    spawn(&harness,
          "setsid sleep 60 & echo $!; (setsid sleep 61 & echo $!); kill -KILL $PPID; sleep 9",
          (struct cvg_spawn){0}, &end);
    harness_wait(&harness, &end.done);
    assert_int_equal(end.exit_code, -1);
    assert_int_equal(end.signal, SIGKILL);
    assert_gone(&harness, end.out, 2);
    /* Who else runs is no stray. */
    harness_wait(&harness, &other.done);
    assert_string_equal(other.out, "whole\n");
    harness_stop(&harness);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_limits(void **state)
{
    (void)state;

    static const struct {
        const char *script;
        struct cvg_spawn spawn;
        uint32_t fault;
        int32_t exit_code, signal;
        const char *text;
    } table[] = {
        {"for i in 1 2 3 4 5 6 7 8; do sleep 9 & done; wait",
         {.process_limit = 4},
         CVG_FAULT_TOO_LARGE,
         -1,
         SIGKILL,
         "processes, over its 4"},
        {"sleep 0.1 & wait", {.process_limit = 4}, CVG_FAULT_NONE, 0, 0, ""},
        /* Storms that end by themselves: should they not be ended, they do no harm. */
        {"for i in {1..300}; do sleep 9 & done; wait",
         {.process_limit = 50},
         CVG_FAULT_TOO_LARGE,
         -1,
         SIGKILL,
         "over its 50"},
        {"for i in {1..300}; do setsid sleep 9 & done; wait",
         {.process_limit = 50},
         CVG_FAULT_TOO_LARGE,
         -1,
         SIGKILL,
         "over its 50"},
        {"f() { [ $1 = 0 ] && exec sleep 9; f $(($1 - 1)) & f $(($1 - 1)) & wait; }; f 7",
         {.process_limit = 50},
         CVG_FAULT_TOO_LARGE,
         -1,
         SIGKILL,
         "over its 50"},
        {"while :; do :; done", {.cpu_limit_ns = CVG_SECOND}, CVG_FAULT_NONE, -1, SIGKILL, ""},
        {"f=$(mktemp); exec 3<>$f; rm $f; exec head -c 5000 /dev/zero >&3",
         {.file_limit = 4096},
         CVG_FAULT_NONE,
         -1,
         SIGXFSZ,
         ""},
        {"[ \"$(ulimit -c)\" = 0 ]", {0}, CVG_FAULT_NONE, 0, 0, ""},
        {"[ \"$(ulimit -v)\" = 1048576 ]", {.memory_limit = 1 << 30}, CVG_FAULT_NONE, 0, 0, ""},
        /* A session of its own, without a descriptor of the launcher's. */
        {"[ \"$(ps -o sid= $$ | tr -d ' ')\" = $$ ] && [ ! -e /proc/$$/fd/3 ]",
         {0},
         CVG_FAULT_NONE,
         0,
         0,
         ""},
    };
    struct harness harness;
    harness_start(&harness, NULL);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct end end;
        spawn(&harness, table[i].script, table[i].spawn, &end);
        harness_wait(&harness, &end.done);
        print_message("%s: %u %d %d %s\n", table[i].script, end.fault, end.exit_code, end.signal,
                      end.text);
        assert_int_equal(end.fault, table[i].fault);
        assert_int_equal(end.exit_code, table[i].exit_code);
        assert_int_equal(end.signal, table[i].signal);
        assert_non_null(strstr(end.text, table[i].text));
    }
    harness_stop(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_outlives_a_child_that_ended),
        cmocka_unit_test(test_nothing_outlives_a_child_that_was_put_down),
        cmocka_unit_test(test_a_killed_launcher_leaves_nothing),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
