/* SPDX-License-Identifier: Apache-2.0 */
/* The loop itself, scopes and their operations: timers, offloads, posts, the address guard. */
#include "base/time.h"
#include "io/guard.h"
#include "io/offload.h"
#include "io/timer.h"
#include "unit/io/harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct tick {
    struct cvg_scope *scope;
    int64_t fired;
    int calls;
    bool done, end_scope;
    struct cvg_op *other;
};

static void on_tick(void *arg, struct cvg_op *op)
{
    struct tick *tick = arg;
    tick->calls++;
    tick->done = true;
    tick->fired = cvg_time_now();
    cvg_op_cancel(op); /* of no effect: it is in its last callback */
    if (tick->other) {
        cvg_op_cancel(tick->other);
    }
    if (tick->end_scope) {
        cvg_scope_end(tick->scope);
        cvg_timer_start(tick->scope, 0, on_tick, tick);
    }
}

static void test_timers_are_never_early(void **state)
{
    (void)state;
    struct harness harness;
    harness_start(&harness, NULL);
    static const int64_t waits[] = {0, 1, CVG_MS, 1500000, 20 * CVG_MS, 33333333};
    for (size_t i = 0; i < CVG_COUNT(waits); i++) {
        struct tick tick = {0};
        int64_t started = cvg_time_now();
        cvg_timer_start(&harness.scope, waits[i], on_tick, &tick);
        assert_int_equal(tick.calls, 0);
        harness_wait(&harness, &tick.done);
        assert_true(tick.fired - started >= waits[i]);
        assert_int_equal(tick.calls, 1);
    }
    assert_int_equal(cvg_scope_count(&harness.scope), 0);
    harness_stop(&harness);
}

static void test_cancelling_and_ending_inside_a_callback(void **state)
{
    (void)state;
    struct harness harness;
    harness_start(&harness, NULL);
    struct tick victim = {0};
    struct tick killer = {.scope = &harness.scope, .end_scope = true};
    struct tick other = {0};
    killer.other = cvg_timer_start(&harness.scope, CVG_MS, on_tick, &victim);
    cvg_timer_start(&harness.scope, 2 * CVG_MS, on_tick, &other);
    cvg_op_cancel(killer.other);
    killer.other = cvg_timer_start(&harness.scope, 5 * CVG_SECOND, on_tick, &victim);
    cvg_timer_start(&harness.scope, 0, on_tick, &killer);
    harness_wait(&harness, &killer.done);
    harness_run(&harness, 20 * CVG_MS);
    assert_int_equal(victim.calls, 0);
    assert_int_equal(killer.calls, 1);
    assert_int_equal(cvg_scope_count(&harness.scope), 0);
    harness_stop(&harness);
}

struct timing {
    int64_t spent;
    int calls;
};

static void on_timed(void *owner, int64_t ns)
{
    struct timing *timing = owner;
    timing->spent += ns;
    timing->calls++;
}

static void on_busy(void *arg, struct cvg_op *op)
{
    struct tick *tick = arg;
    (void)op;
    for (int64_t until = cvg_time_now() + 5 * CVG_MS; cvg_time_now() < until;) {
    }
    tick->done = true;
    if (tick->end_scope) {
        cvg_scope_end(tick->scope);
    }
}

static void test_callbacks_are_timed_once(void **state)
{
    (void)state;
    static const struct cvg_scope_hooks hooks = {.timed = on_timed};
    for (int end = 0; end < 2; end++) {
        struct harness harness;
        struct timing timing = {0};
        struct cvg_scope scope;
        harness_start(&harness, NULL);
        cvg_scope_init(&scope, harness.loop, NULL, &hooks, &timing);
        struct tick tick = {.scope = &scope, .end_scope = end};
        cvg_timer_start(&scope, 0, on_busy, &tick);
        harness_wait(&harness, &tick.done);
        harness_run(&harness, 2 * CVG_MS);
        assert_int_equal(timing.calls, 1);
        assert_true(timing.spent >= 5 * CVG_MS);
        assert_true(cvg_loop_longest_turn(harness.loop, true) >= 5 * CVG_MS);
        assert_int_equal(cvg_loop_longest_turn(harness.loop, true), 0);
        cvg_scope_end(&scope);
        harness_stop(&harness);
    }
}

enum {
    POSTERS = 4,
    POSTS = 500
};

struct posting {
    struct cvg_loop *loop;
    pthread_t thread;
    int sent;
    int last;
    int *total;
    bool *done;
};

struct note {
    struct posting *posting;
    int number;
};

static void on_post(void *arg)
{
    struct note *note = arg;
    assert_int_equal(note->number, note->posting->last + 1); /* in order */
    note->posting->last = note->number;
    if (++*note->posting->total == POSTERS * POSTS) {
        *note->posting->done = true;
    }
}

static void *run_posting(void *arg)
{
    struct posting *posting = arg;
    static struct note notes[POSTERS][POSTS];
    struct note *mine = notes[posting->sent];
    for (int i = 0; i < POSTS; i++) {
        mine[i] = (struct note){posting, i};
        cvg_loop_post(posting->loop, on_post, &mine[i]);
    }
    return NULL;
}

static void test_posts_keep_their_order(void **state)
{
    (void)state;
    struct harness harness;
    struct posting postings[POSTERS];
    int total = 0;
    bool done = false;
    harness_start(&harness, NULL);
    for (int i = 0; i < POSTERS; i++) {
        postings[i] = (struct posting){
            .loop = harness.loop, .sent = i, .last = -1, .total = &total, .done = &done};
        pthread_create(&postings[i].thread, NULL, run_posting, &postings[i]);
    }
    harness_wait(&harness, &done);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(postings[i].thread, NULL);
    }
    assert_true(cvg_loop_turns(harness.loop) > 0);
    harness_stop(&harness);
}

struct job {
    atomic_int worked, discarded;
    int done;
    bool finished;
    atomic_bool hold;
    atomic_bool running;
};

static void job_work(void *arg)
{
    struct job *job = arg;
    atomic_store(&job->running, true);
    while (atomic_load(&job->hold)) {
        usleep(100);
    }
    atomic_fetch_add(&job->worked, 1);
}

static void job_done(void *arg, struct cvg_op *op)
{
    struct job *job = arg;
    (void)op;
    job->done++;
    job->finished = true;
}

static void job_discard(void *arg)
{
    struct job *job = arg;
    assert_false(atomic_load(&job->hold)); /* work has returned, or never ran */
    atomic_fetch_add(&job->discarded, 1);
    job->finished = true;
}

static void test_offloads_are_done_or_discarded(void **state)
{
    (void)state;
    struct harness harness;
    struct job job = {0};
    harness_start(&harness, NULL);
    cvg_offload_start(&harness.scope, job_work, job_done, job_discard, &job);
    assert_false(job.finished);
    harness_wait(&harness, &job.finished);
    assert_int_equal(job.done, 1);
    assert_int_equal(atomic_load(&job.discarded), 0);

    struct job late = {0};
    atomic_store(&late.hold, true);
    cvg_offload_start(&harness.scope, job_work, job_done, job_discard, &late);
    while (!atomic_load(&late.running)) {
        usleep(100);
    }
    cvg_scope_end(&harness.scope);
    harness_run(&harness, 10 * CVG_MS);
    assert_false(late.finished);
    atomic_store(&late.hold, false);
    harness_wait(&harness, &late.finished);
    assert_int_equal(late.done, 0);
    assert_int_equal(atomic_load(&late.discarded), 1);

    struct job never = {0};
    cvg_offload_start(&harness.scope, job_work, job_done, job_discard, &never);
    assert_false(never.finished);
    harness_wait(&harness, &never.finished);
    assert_int_equal(atomic_load(&never.worked), 0);
    assert_int_equal(atomic_load(&never.discarded), 1);
    harness_stop(&harness);
}

static void on_flag(void *arg)
{
    *(bool *)arg = true;
}

static void on_count(void *arg)
{
    ++*(int *)arg;
}

static void test_signals_and_the_heartbeat(void **state)
{
    (void)state;
    struct harness harness;
    bool seen = false;
    int turns = 0;
    struct cvg_error error;
    harness_start(&harness, NULL);
    cvg_loop_on_turn(harness.loop, on_count, &turns);
    assert_int_equal(cvg_loop_on_signal(harness.loop, SIGUSR2, on_flag, &seen, &error), 0);
    kill(getpid(), SIGUSR2);
    harness_wait(&harness, &seen);
    assert_true(turns > 0);
    harness_stop(&harness);
}

static void test_the_guard_knows_link_local(void **state)
{
    (void)state;

    static const struct {
        const char *address;
        bool refused;
    } table[] = {
        {"169.254.0.1", true},
        {"169.254.169.254", true},
        {"169.253.1.1", false},
        {"127.0.0.1", false},
        {"10.0.0.1", false},
        {"fe80::1", true},
        {"febf::1", true},
        {"fec0::1", false},
        {"::1", false},
        {"::ffff:169.254.169.254", true},
        {"::ffff:10.0.0.1", false},
        {"64:ff9b::169.254.169.254", true},
        {"2002:a9fe:a9fe::", true},
        {"2002:a00:1::", false},
        {"fd00:ec2::254", true},
        {"fd00:ec2::253", false},
        {"::169.254.169.254", true},
        {"2001:db8::1", false},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        const struct sockaddr *address = (const struct sockaddr *)&in;
        if (inet_pton(AF_INET, table[i].address, &in.sin_addr) != 1) {
            assert_int_equal(inet_pton(AF_INET6, table[i].address, &in6.sin6_addr), 1);
            address = (const struct sockaddr *)&in6;
        }
        print_message("%s\n", table[i].address);
        assert_int_equal(cvg_guard_is_link_local(address), table[i].refused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timers_are_never_early),
        cmocka_unit_test(test_cancelling_and_ending_inside_a_callback),
        cmocka_unit_test(test_callbacks_are_timed_once),
        cmocka_unit_test(test_posts_keep_their_order),
        cmocka_unit_test(test_offloads_are_done_or_discarded),
        cmocka_unit_test(test_signals_and_the_heartbeat),
        cmocka_unit_test(test_the_guard_knows_link_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
