/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source's looks, with a place of the test's own in the place of files: who shares a look, what is
 * read anew and what is not, and who is told what when somebody leaves in the middle.
 */
#include "source.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define EMPTY                                                                                      \
    "{\"version\":4,\"terraform_version\":\"1.9.0\",\"serial\":1,\"lineage\":\"a\","               \
    "\"outputs\":{\"o\":{\"value\":\"x\",\"type\":\"string\"}},\"resources\":[]}"

/* ---- the place ---- */

struct cvg_place_look {
    cvg_place_seen *seen;
    void *arg;
    struct cvg_place_tag *tag;
    int64_t deadline_ns;
};

static struct {
    struct cvg_place_look look;  /* seen NULL: none */
    int looks, cancelled, whole; /* whole: the latest began without a tag */
    int64_t changed_at;          /* told with its answers */
    void (*changed)(void *arg);
    void *changed_arg;
} place;

static int place_check(const struct cvg_host *host, struct cvg_source *source,
                       const struct cvg_place_settings *settings,
                       void (*refuse)(void *arg, const char *path, const char *text), void *arg)
{
    (void)host, (void)source, (void)settings, (void)refuse, (void)arg;
    return 0;
}

static void *place_open(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    (void)host, (void)source, (void)settings;
    return &place;
}

static void place_close(void *opened)
{
    assert_ptr_equal(opened, &place);
    assert_null(place.look.seen);
}

static struct cvg_place_look *place_look(void *opened, int64_t deadline_ns,
                                         struct cvg_place_tag *tag, cvg_place_seen *seen, void *arg)
{
    static const struct cvg_place_tag nothing;
    (void)opened;
    assert_null(place.look.seen);
    place.looks++;
    place.whole = memcmp(tag, &nothing, sizeof nothing) == 0;
    place.look = (struct cvg_place_look){seen, arg, tag, deadline_ns};
    return &place.look;
}

static void place_cancel(struct cvg_place_look *look)
{
    assert_non_null(look->seen);
    look->seen = NULL;
    place.cancelled++;
}

static void place_watch(void *opened, void (*changed)(void *arg), void *arg)
{
    (void)opened;
    place.changed = changed;
    place.changed_arg = arg;
}

const struct cvg_place_kind cvg_place_file = {"file",     place_check,  place_open, place_close,
                                              place_look, place_cancel, place_watch};

/* ---- the host ---- */

static struct {
    int64_t now;
    void (*work)(void *arg);
    void (*done)(void *arg, struct cvg_op *op);
    void (*discard)(void *arg);
    void *arg; /* of the offload */
    void (*timer)(void *arg, struct cvg_op *op);
    void *timer_arg;
    int wakes, reads;
    int64_t step; /* that each look at the clock takes */
} stage;

static int64_t now(void)
{
    stage.now += stage.step;
    return stage.now;
}

static int64_t wall(void)
{
    return stage.now + 1000 * SECOND;
}

static struct cvg_scope *source_scope(struct cvg_source *source)
{
    (void)source;
    return NULL;
}

static struct cvg_op *offload(struct cvg_scope *scope, void (*work)(void *arg),
                              void (*done)(void *arg, struct cvg_op *op),
                              void (*discard)(void *arg), void *arg)
{
    (void)scope;
    assert_null(stage.work);
    stage.work = work;
    stage.done = done;
    stage.discard = discard;
    stage.arg = arg;
    return NULL;
}

static struct cvg_op *timer(struct cvg_scope *scope, int64_t after_ns,
                            void (*on_timer)(void *arg, struct cvg_op *op), void *arg)
{
    (void)scope;
    assert_int_equal(after_ns, 0);
    stage.timer = on_timer;
    stage.timer_arg = arg;
    return NULL;
}

static int32_t endpoint_has(struct cvg_source *source, const char *key)
{
    (void)source, (void)key;
    return 0;
}

static void wake(struct cvg_source *source)
{
    (void)source;
    stage.wakes++;
}

static int32_t digest(uint32_t kind, const void *bytes, size_t length, unsigned char *ret)
{
    uint64_t sum = length;
    assert_int_equal(kind, CVG_DIGEST_SHA256);
    stage.reads++;
    for (size_t i = 0; i < length; i++) {
        sum = sum * 31 + ((const unsigned char *)bytes)[i];
    }
    memset(ret, 0, CVG_DIGEST_MOST);
    memcpy(ret, &sum, sizeof sum);
    return 0;
}

static const struct cvg_host host = {
    .size = sizeof host,
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .now = now,
    .wall = wall,
    .source_scope = source_scope,
    .offload = offload,
    .timer = timer,
    .endpoint_has = endpoint_has,
    .wake = wake,
    .digest = digest,
};

/* ---- askers ---- */

struct asker {
    struct cvg_tf_asker asker; /* first */
    int told, surveyed;
    enum cvg_tf_refusal_kind refusal;
    uint32_t fault, unchanged;
    size_t resources, present;
    int64_t changed_at;
};

static void told(struct cvg_tf_asker *asker, struct cvg_tf_evidence *evidence, int64_t at)
{
    struct asker *self = (struct asker *)(void *)asker;
    assert_true(at > 0);
    self->told++;
    self->surveyed = evidence->survey != NULL;
    self->refusal = evidence->refusal.kind;
    self->fault = evidence->sight->fault;
    self->unchanged = evidence->sight->unchanged;
    self->changed_at = evidence->sight->changed_at;
    self->present = evidence->survey == NULL ? 0 : evidence->survey->present;
}

static void no_refusal(void *arg, const char *path, const char *text)
{
    (void)arg;
    fail_msg("%s: %s", path, text);
}

static const struct cvg_tf_source_config keys = {.backend = "local",
                                                 .path = "/a",
                                                 .workspace_dir = "terraform.tfstate.d",
                                                 .limit = 1 << 20,
                                                 .use_lockfile = 1};

static struct cvg_tf_source *begin(void)
{
    memset(&place, 0, sizeof place);
    memset(&stage, 0, sizeof stage);
    stage.now = 50 * SECOND;
    struct cvg_tf_source *source = cvg_tf_source_new(&host, NULL, &keys, no_refusal, NULL);
    assert_non_null(source);
    cvg_tf_source_start(source);
    return source;
}

static struct cvg_tf_question *ask_for(const char *output)
{
    const struct cvg_tf_want_output want = {.name = output, .serve = 1};
    const struct cvg_tf_check_config config = {
        .outputs = {.count = 1, .items = &want},
        .serial_at_least = CVG_ABSENT_INT,
        .max_change_age = CVG_ABSENT_INT,
        .ignore_plan_locks = CVG_ABSENT_INT,
    };
    return cvg_tf_question_new(&config, CVG_TF_CONTENT_STATE);
}

static void join(struct cvg_tf_source *source, struct asker *asker, const char *output)
{
    memset(asker, 0, sizeof *asker);
    asker->asker.told = told;
    asker->asker.question = ask_for(output);
    cvg_tf_source_join(source, &asker->asker);
}

static void part(struct cvg_tf_source *source, struct asker *asker)
{
    cvg_tf_source_leave(source, &asker->asker);
    cvg_tf_question_drop(asker->asker.question);
}

static void ask(struct cvg_tf_source *source, struct asker *asker)
{
    cvg_tf_source_ask(source, &asker->asker, stage.now, stage.now + 10 * SECOND);
}

/* The place's answer; text: a document, NULL: it is unchanged. */
static void answer(const char *text, uint32_t fault)
{
    stage.now++;
    struct cvg_place_look look = place.look;
    struct cvg_place_sight sight = {
        .observed_at = stage.now - 1, .fault = fault, .changed_at = place.changed_at};
    assert_non_null(look.seen);
    place.look.seen = NULL;
    if (text != NULL) {
        sight.length = strlen(text);
        sight.bytes = malloc(sight.length + 1);
        assert_non_null(sight.bytes);
        memcpy(sight.bytes, text, sight.length + 1);
        look.tag->bytes[0] = 't';
    }
    sight.unchanged = text == NULL && fault == CVG_FAULT_NONE;
    look.seen(look.arg, &sight);
}

static void work(void)
{
    void (*job)(void *arg) = stage.work;
    void *arg = stage.arg;
    assert_non_null(job);
    stage.work = NULL;
    job(arg);
    stage.done(arg, NULL);
}

/* ---- tests ---- */

static void a_round_has_one_look_and_one_reading(void **state)
{
    (void)state;

    enum {
        MANY = 1000
    };

    static struct asker askers[MANY];
    struct cvg_tf_source *source = begin();
    for (size_t i = 0; i < MANY; i++) {
        join(source, &askers[i], i % 2 ? "o" : "other");
    }
    for (size_t i = 0; i < MANY; i++) {
        ask(source, &askers[i]);
    }
    assert_int_equal(place.looks, 1);
    answer(EMPTY, 0);
    work();
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(askers[i].told, 1);
        assert_true(askers[i].surveyed);
        assert_int_equal(askers[i].present, i % 2);
    }
    assert_int_equal(place.looks, 1);
    assert_int_equal(stage.reads, 1);
    for (size_t i = 0; i < MANY; i++) {
        part(source, &askers[i]);
    }
    cvg_tf_source_free(source);
}

static void who_comes_late_to_a_round_is_told_what_it_saw(void **state)
{
    (void)state;
    struct asker a, b;
    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    join(source, &b, "o");
    int64_t round = stage.now;
    ask(source, &a);
    answer(EMPTY, 0);
    work();
    for (int i = 1; i <= 2; i++) {
        cvg_tf_source_ask(source, &b.asker, round, round + 10 * SECOND);
        assert_int_equal(b.told, i - 1);
        void (*on_timer)(void *arg, struct cvg_op *op) = stage.timer;
        assert_non_null(on_timer);
        stage.timer = NULL;
        on_timer(stage.timer_arg, NULL);
        assert_int_equal(b.told, i);
        assert_true(b.surveyed);
        assert_int_equal(place.looks, 1);
    }
    /* What began a moment later needs another look. */
    cvg_tf_source_ask(source, &b.asker, round + 1, round + 10 * SECOND);
    assert_int_equal(place.looks, 2);
    answer(NULL, 0);
    assert_int_equal(b.told, 3);
    part(source, &a);
    part(source, &b);
    cvg_tf_source_free(source);
}

static void what_is_unchanged_is_not_read_again(void **state)
{
    (void)state;
    struct asker a, b;
    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    join(source, &b, "o");
    ask(source, &a);
    assert_true(place.whole);
    answer(EMPTY, 0);
    work();
    /* b was surveyed with a, though it did not ask. */
    ask(source, &b);
    assert_false(place.whole);
    answer(NULL, 0);
    assert_int_equal(b.told, 1);
    assert_true(b.surveyed && b.unchanged);
    /* The same bytes once more, from a place without a tag: hashed, not read. */
    ask(source, &a);
    answer(EMPTY, 0);
    work();
    assert_int_equal(a.told, 2);
    assert_true(a.surveyed);
    /* A fault is nobody's survey, and forgets none. */
    ask(source, &a);
    answer(NULL, CVG_FAULT_CONNECT);
    assert_int_equal(a.fault, CVG_FAULT_CONNECT);
    assert_false(a.surveyed);
    ask(source, &a);
    answer(NULL, 0);
    assert_true(a.surveyed);
    part(source, &a);
    part(source, &b);
    cvg_tf_source_free(source);
}

static void since_when_it_is_unchanged_is_not_forgotten(void **state)
{
    (void)state;
    struct asker a;

    static const struct {
        const char *text;
        uint32_t fault;
        int64_t told, expected;
    } looks[] = {
        {EMPTY, 0, 70, 70},
        {NULL, 0, 0, 70},
        {NULL, CVG_FAULT_CONNECT, 0, 0},
        {NULL, 0, 0, 70},
        {NULL, 0, 80, 80},
        {NULL, 0, 0, 80},
        /* Of new bytes it is not known when they were written. */
        {EMPTY " ", 0, 0, 0},
        {NULL, 0, 0, 0},
    };

    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        place.changed_at = looks[i].told;
        ask(source, &a);
        answer(looks[i].text, looks[i].fault);
        if (looks[i].text != NULL) {
            work();
        }
        assert_int_equal(a.told, i + 1);
        assert_int_equal(a.changed_at, looks[i].expected);
    }
    part(source, &a);
    cvg_tf_source_free(source);
}

static void who_comes_later_is_not_judged_by_what_others_asked(void **state)
{
    (void)state;
    struct asker a, b;
    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    ask(source, &a);
    answer(EMPTY, 0);
    work();
    /* New while nothing goes on: the document is read again though it is unchanged. */
    join(source, &b, "o");
    ask(source, &b);
    assert_true(place.whole);
    /* Another question while the look is on its way is in time for the reading... */
    struct cvg_tf_question *other = ask_for("nothing");
    cvg_tf_question_drop(a.asker.question);
    cvg_tf_source_question(source, &a.asker, other);
    ask(source, &a);
    answer(EMPTY, 0);
    /* ...and one while it is being read is not: another look comes. */
    struct cvg_tf_question *later = ask_for("o");
    cvg_tf_question_drop(b.asker.question);
    cvg_tf_source_question(source, &b.asker, later);
    work();
    assert_int_equal(a.told, 2);
    assert_int_equal(a.present, 0);
    assert_int_equal(b.told, 0);
    assert_true(place.whole);
    answer(EMPTY, 0);
    work();
    assert_int_equal(b.told, 1);
    assert_int_equal(b.present, 1);
    part(source, &a);
    part(source, &b);
    cvg_tf_source_free(source);
}

static void a_refusal_is_everybodys_and_stays_while_nothing_changes(void **state)
{
    (void)state;
    struct asker a;
    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    for (int i = 0; i < 2; i++) {
        ask(source, &a);
        if (i == 0) {
            answer("{\"version\":4,", 0);
            work();
        } else {
            answer(NULL, 0);
        }
        assert_int_equal(a.told, i + 1);
        assert_false(a.surveyed);
        assert_int_equal(a.refusal, CVG_TF_TORN);
    }
    part(source, &a);
    cvg_tf_source_free(source);
}

static void who_calls_off_is_not_told_and_the_last_ends_the_look(void **state)
{
    (void)state;
    struct asker a, b;
    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    join(source, &b, "o");
    ask(source, &a);
    ask(source, &b);
    cvg_tf_source_call_off(source, &a.asker);
    assert_int_equal(place.cancelled, 0);
    cvg_tf_source_call_off(source, &b.asker);
    assert_int_equal(place.cancelled, 1);
    /* While it is read, a reading is for the next. */
    ask(source, &a);
    answer(EMPTY, 0);
    cvg_tf_source_call_off(source, &a.asker);
    work();
    assert_int_equal(a.told, 0);
    ask(source, &b);
    assert_false(place.whole);
    answer(NULL, 0);
    assert_true(b.surveyed);
    /* Gone while it is read. */
    ask(source, &a);
    answer(EMPTY " ", 0);
    part(source, &a);
    part(source, &b);
    cvg_tf_source_free(source);
    stage.discard(stage.arg);
}

static void who_has_time_left_asks_again_after_a_timeout(void **state)
{
    (void)state;
    struct asker a, b;
    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    join(source, &b, "o");
    ask(source, &a);
    stage.now += 9 * SECOND;
    ask(source, &b);
    answer(NULL, CVG_FAULT_TIMEOUT);
    assert_int_equal(a.told, 1);
    assert_int_equal(b.told, 0);
    answer(EMPTY, 0);
    work();
    assert_true(b.told && b.surveyed);
    part(source, &a);
    part(source, &b);
    cvg_tf_source_free(source);
}

static void a_change_during_a_look_has_all_asked_again(void **state)
{
    (void)state;
    struct asker a;
    struct cvg_tf_source *source = begin();
    join(source, &a, "o");
    place.changed(place.changed_arg);
    assert_int_equal(stage.wakes, 1);
    ask(source, &a);
    place.changed(place.changed_arg);
    assert_int_equal(stage.wakes, 2);
    answer(EMPTY, 0);
    work();
    assert_int_equal(stage.wakes, 3);
    ask(source, &a);
    answer(NULL, 0);
    assert_int_equal(stage.wakes, 3);
    part(source, &a);
    cvg_tf_source_free(source);
}

static void telling_many_leaves_the_loop_its_turns(void **state)
{
    (void)state;

    enum {
        MANY = 100
    };

    static struct asker askers[MANY];
    struct cvg_tf_source *source = begin();
    for (size_t i = 0; i < MANY; i++) {
        join(source, &askers[i], "o");
        ask(source, &askers[i]);
    }
    answer(EMPTY, 0);
    stage.step = 2 * SECOND / 1000;
    work();
    size_t turns = 0, count = 0;
    while (stage.timer != NULL) {
        void (*on_timer)(void *arg, struct cvg_op *op) = stage.timer;
        stage.timer = NULL;
        /* Somebody leaves between the turns. */
        if (turns++ == 0) {
            cvg_tf_source_call_off(source, &askers[MANY - 1].asker);
        }
        on_timer(stage.timer_arg, NULL);
    }
    for (size_t i = 0; i < MANY; i++) {
        count += (size_t)askers[i].told;
    }
    assert_true(turns > 3);
    assert_int_equal(count, MANY - 1);
    for (size_t i = 0; i < MANY; i++) {
        part(source, &askers[i]);
    }
    cvg_tf_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_has_one_look_and_one_reading),
        cmocka_unit_test(who_comes_late_to_a_round_is_told_what_it_saw),
        cmocka_unit_test(what_is_unchanged_is_not_read_again),
        cmocka_unit_test(since_when_it_is_unchanged_is_not_forgotten),
        cmocka_unit_test(who_comes_later_is_not_judged_by_what_others_asked),
        cmocka_unit_test(a_refusal_is_everybodys_and_stays_while_nothing_changes),
        cmocka_unit_test(who_calls_off_is_not_told_and_the_last_ends_the_look),
        cmocka_unit_test(who_has_time_left_asks_again_after_a_timeout),
        cmocka_unit_test(a_change_during_a_look_has_all_asked_again),
        cmocka_unit_test(telling_many_leaves_the_loop_its_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
