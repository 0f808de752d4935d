/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: output, ends of all kinds, and that none is left behind. */
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

#include <cmocka.h>

struct end {
    bool done;
    int calls;
    uint32_t fault;
    char text[300], out[9000], err[300];
    int32_t exit_code, signal;
    size_t out_length;
};

// NOLINTNEXTLINE(readability-function-size): the shape is the host table's
static void take(void *arg, struct cvg_op *op, uint32_t fault, const char *text, int32_t exit_code,
                 int32_t signal, const char *out, size_t out_length, const char *err,
                 size_t err_length)
{
    struct end *end = arg;
    (void)err_length;
    end->done = true;
    end->calls++;
    end->fault = fault;
    end->exit_code = exit_code;
    end->signal = signal;
    end->out_length = out_length;
    snprintf(end->text, sizeof end->text, "%s", text);
    snprintf(end->out, sizeof end->out, "%s", out);
    snprintf(end->err, sizeof end->err, "%s", err);
    cvg_op_cancel(op);
}

static struct cvg_op *spawn(struct harness *harness, const char *script, struct cvg_spawn spawn,
                            struct end *end)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "GREETING=hello", NULL};
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    spawn.size = sizeof spawn;
    spawn.argv = spawn.argv ? spawn.argv : argv;
    spawn.environment = environment;
    spawn.on_done = take;
    spawn.arg = end;
    *end = (struct end){0};
    struct cvg_op *op = cvg_child_spawn(&harness->scope, &spawn);
    assert_false(end->done);
    return op;
}

static void test_output_input_and_exit(void **state)
{
    (void)state;
    static const char *const missing[] = {"/nonexistent/program", NULL};
    static const char *const relative[] = {"sh", NULL};

    static const struct {
        const char *script;
        struct cvg_spawn spawn;
        uint32_t fault;
        int32_t exit_code, signal;
        const char *out, *err, *text;
    } table[] = {
        {"echo out; echo err >&2; exit 3", {0}, CVG_FAULT_NONE, 3, 0, "out\n", "err\n", ""},
        {"cat", {.input = "abc", .input_length = 3}, CVG_FAULT_NONE, 0, 0, "abc", "", ""},
        {"cat", {0}, CVG_FAULT_NONE, 0, 0, "", "", ""},
        {"exit 0", {.input = "unread", .input_length = 6}, CVG_FAULT_NONE, 0, 0, "", "", ""},
        {"echo $GREETING; pwd", {0}, CVG_FAULT_NONE, 0, 0, "hello\n/\n", "", ""},
        {"pwd", {.directory = "/usr"}, CVG_FAULT_NONE, 0, 0, "/usr\n", "", ""},
        {"kill -TERM $$", {0}, CVG_FAULT_NONE, -1, SIGTERM, "", "", ""},
        {"echo a; sleep 60",
         {.timeout_ns = 200 * CVG_MS},
         CVG_FAULT_TIMEOUT,
         -1,
         SIGKILL,
         "a\n",
         "",
         "did not end within 200ms"},
        {"yes",
         {.output_limit = 1000},
         CVG_FAULT_TOO_LARGE,
         -1,
         SIGKILL,
         "y\ny\n",
         "",
         "over 1000 bytes"},
        {"echo here; sleep 60 & exit 0", {0}, CVG_FAULT_NONE, 0, 0, "here\n", "", ""},
        {"echo here; setsid sleep 3 & exit 0", {0}, CVG_FAULT_NONE, 0, 0, "here\n", "", ""},
        {"ls /proc/self/fd | wc -l", {0}, CVG_FAULT_NONE, 0, 0, "4\n", "", ""},
        {NULL,
         {.argv = missing},
         CVG_FAULT_CONNECT,
         -1,
         0,
         "",
         "",
         "start /nonexistent/program: No such file or directory"},
        {NULL, {.argv = relative}, CVG_FAULT_CONNECT, -1, 0, "", "", "start sh: Invalid"},
        {"pwd", {.directory = "/nonexistent"}, CVG_FAULT_CONNECT, -1, 0, "", "", "No such file"},
    };
    struct harness harness;
    harness_start(&harness, NULL);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct end end;
        int64_t started = cvg_time_now();
        spawn(&harness, table[i].script, table[i].spawn, &end);
        harness_wait(&harness, &end.done);
        print_message("%s: %u %d %d %s\n", table[i].script ? table[i].script : "-", end.fault,
                      end.exit_code, end.signal, end.text);
        assert_int_equal(end.fault, table[i].fault);
        assert_int_equal(end.exit_code, table[i].exit_code);
        assert_int_equal(end.signal, table[i].signal);
        assert_int_equal(strncmp(end.out, table[i].out, strlen(table[i].out)), 0);
        assert_string_equal(end.err, table[i].err);
        assert_non_null(strstr(end.text, table[i].text));
        assert_true(cvg_time_now() - started < 2 * CVG_SECOND);
        assert_int_equal(end.calls, 1);
    }
    harness_stop(&harness);
}

static void test_output_stops_at_its_limit(void **state)
{
    (void)state;
    struct harness harness;
    struct end end;
    harness_start(&harness, NULL);
    spawn(&harness, "head -c 5000 /dev/zero | tr '\\0' x", (struct cvg_spawn){.output_limit = 5000},
          &end);
    harness_wait(&harness, &end.done);
    assert_int_equal(end.fault, CVG_FAULT_NONE);
    assert_int_equal(end.out_length, 5000);
    spawn(&harness, "head -c 5001 /dev/zero", (struct cvg_spawn){.output_limit = 5000}, &end);
    harness_wait(&harness, &end.done);
    assert_int_equal(end.fault, CVG_FAULT_TOO_LARGE);
    assert_int_equal(end.out_length, 5000);
    harness_stop(&harness);
}

static char told[512];

static void on_exchanged(void *owner, const struct cvg_exchange *exchange)
{
    (void)owner;
    (void)snprintf(told, sizeof told, "%s <%.*s> %s", exchange->request, (int)exchange->sent_length,
                   exchange->sent, exchange->received);
}

/* Who looks on (`convergate probe`) sees what a child was told and what it printed, unless it is
 * secret; a module of minor 0 cannot say so. */
static void test_secrets_are_not_shown(void **state)
{
    (void)state;

    static const struct {
        uint32_t flags;
        size_t size;
        const char *told;
    } table[] = {
        {0, sizeof(struct cvg_spawn), "/bin/sh -c cat; echo told <asked> askedtold\n"},
        {CVG_SPAWN_SECRET, sizeof(struct cvg_spawn), "/bin/sh <> "},
        {CVG_SPAWN_SECRET, offsetof(struct cvg_spawn, flags),
         "/bin/sh -c cat; echo told <asked> askedtold\n"},
    };

    static const struct cvg_scope_hooks hooks = {.exchanged = on_exchanged};
    static const char *const argv[] = {"/bin/sh", "-c", "cat; echo told", NULL};
    static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    struct harness harness;
    harness_start(&harness, NULL);
    harness.scope.hooks = &hooks;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct end end = {0};
        struct cvg_spawn spawn = {.size = table[i].size,
                                  .argv = argv,
                                  .environment = environment,
                                  .input = "asked",
                                  .input_length = 5,
                                  .on_done = take,
                                  .arg = &end,
                                  .flags = table[i].flags};
        cvg_child_spawn(&harness.scope, &spawn);
        harness_wait(&harness, &end.done);
        assert_string_equal(end.out, "askedtold\n"); /* the module has it in any case */
        assert_string_equal(told, table[i].told);
    }
    harness_stop(&harness);
}

static void test_big_input_passes(void **state)
{
    (void)state;

    enum {
        SIZE = 1 << 20
    };
    struct harness harness;
    struct end end;
    harness_start(&harness, NULL);
    char *input = calloc(1, SIZE);
    assert_non_null(input);
    memset(input, 'x', SIZE);
    struct cvg_spawn options = {.input = input, .input_length = SIZE};
    spawn(&harness, "sleep 0.05; wc -c", options, &end);
    memset(input, 0, SIZE); /* it was copied */
    harness_wait(&harness, &end.done);
    assert_string_equal(end.out, "1048576\n");
    free(input);
    harness_stop(&harness);
}

static void test_memory_is_limited(void **state)
{
    (void)state;
    struct harness harness;
    struct end end;
    harness_start(&harness, NULL);
    spawn(&harness, "sleep 0.1; head -c 400M /dev/zero | tail -c 400M | wc -c",
          (struct cvg_spawn){.memory_limit = INT64_C(64) << 20}, &end);
    harness_wait(&harness, &end.done);
    assert_null(strstr(end.out, "419430400"));
    assert_true(strlen(end.err) > 0);
    harness_stop(&harness);
}

/* The grandchild's number is on the child's output; it must be gone soon after. */
static void assert_dies(struct harness *harness, const char *text)
{
    int64_t pid = 0;
    assert_int_equal(cvg_parse_int64(text, strcspn(text, "\n"), &pid), 0);
    int64_t deadline = cvg_time_now() + 5 * CVG_SECOND;
    char state[512] = "";
    do {
        harness_run(harness, 5 * CVG_MS);
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        FILE *file = fopen(path, "re");
        size_t got = file ? fread(state, 1, sizeof state - 1, file) : 0;
        state[got] = '\0';
        if (file) {
            (void)fclose(file);
        }
    } while (state[0] && !strstr(state, ") Z") && cvg_time_now() < deadline);
    assert_true(!state[0] || strstr(state, ") Z"));
}

static void test_the_whole_group_dies_and_nothing_is_left(void **state)
{
    (void)state;
    struct harness harness;
    struct end end;
    harness_start(&harness, NULL);
    spawn(&harness, "sleep 60 & echo $!; wait", (struct cvg_spawn){.timeout_ns = 200 * CVG_MS},
          &end);
    harness_wait(&harness, &end.done);
    assert_int_equal(end.fault, CVG_FAULT_TIMEOUT);
    assert_dies(&harness, end.out);

    for (int i = 0; i < 20; i++) {
        spawn(&harness, "sleep 60", (struct cvg_spawn){0}, &end);
    }
    cvg_scope_end(&harness.scope);
    assert_int_equal(end.calls, 0);
    harness_stop(&harness); /* waits until they are reaped */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_input_and_exit),
        cmocka_unit_test(test_output_stops_at_its_limit),
        cmocka_unit_test(test_secrets_are_not_shown),
        cmocka_unit_test(test_big_input_passes),
        cmocka_unit_test(test_memory_is_limited),
        cmocka_unit_test(test_the_whole_group_dies_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
