/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lives of a deciding thread's state, one after the other over the same store. Readings come from
 * the test, on a clock of its own, so that gaps are exact.
 */
#include "decide/restart.h"

#include "base/buf.h"
#include "base/time.h"
#include "decide/restart_about.h"
#include "io/loop.h"
#include "module/memory.h"
#include "module/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define S(seconds) ((int64_t)(seconds)*CVG_SECOND)
#define WALL       S(1767261600)
#define MANY       2500

static const char checks[] =
    "sources: {s: {type: scripted}}\n"
    "environments: {prod: {gates: {deploy: {}}, checks: {\n"
    "  api: {source: s, do: ready, text: a, interval: 10s, rise: 30s, max_age: 60s}}}}\n";

static char folder[32], store_file[48];
static atomic_bool away; /* the database cannot be opened */

static int open_maybe(const char *place, bool read_only, struct cvg_engine **ret,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    if (atomic_load(&away)) {
        *ret_fault = CVG_STORE_MISSING;
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "the test's disk is away");
    }
    return cvg_engine_sqlite.open(place, read_only, ret, ret_fault, reterr);
}

static struct cvg_engine_kind engine;

static void remove_store(void)
{
    static const char *const files[] = {"", "-wal", "-shm", ".head", ".key", ".lock"};

    for (size_t i = 0; i < CVG_COUNT(files); i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "%s%s", store_file, files[i]);
        (void)unlink(path);
    }
}

/* ---- a life ---- */

struct life {
    struct cvg_registry *registry;
    struct cvg_loop *loop;
    struct cvg_config *config;
    struct cvg_generation *generation;
    struct cvg_runner *runner;
    struct cvg_board *board;
    struct cvg_store *store;
    struct cvg_restart *restart;
    int64_t wall_offset;
};

static void ignore_reading(void *ctx, size_t environment, size_t check,
                           struct cvg_kept_reading *reading)
{
    (void)ctx;
    (void)environment;
    (void)check;
    cvg_reading_unref(reading);
}

static void ignore_alive(void *ctx, size_t environment, size_t check, int64_t at)
{
    (void)ctx;
    (void)environment;
    (void)check;
    (void)at;
}

static const struct cvg_runner_events events = {.reading = ignore_reading, .alive = ignore_alive};

static void configure(struct life *life, const char *text)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_kinds kinds = cvg_registry_kinds(life->registry);
    int rc =
        cvg_config_load_text("t.yaml", text, strlen(text), &kinds, &diagnostics, &life->config);

    if (rc == 0) {
        rc = cvg_generation_new(life->config, &diagnostics, &life->generation);
    }
    if (rc == 0) {
        rc = cvg_runner_new(life->loop, life->config, life->registry, &events, life, &diagnostics,
                            &life->runner);
    }
    cvg_diagnostics_print(&diagnostics, stderr);
    assert_int_equal(rc, 0);
}

static void publish(struct life *life, int64_t now)
{
    for (size_t i = 0; i < life->config->environment_count; i++) {
        cvg_board_publish(life->board, i,
                          cvg_environment_snapshot(life->generation->environments[i], now,
                                                   now + life->wall_offset, 0));
    }
}

static void begin(struct life *life, const char *text, int64_t now)
{
    struct cvg_error error = {0};
    struct cvg_store_options options = {.file = store_file, .engine = &engine};

    *life = (struct life){.wall_offset = WALL};
    assert_int_equal(cvg_registry_open(CVG_BUILD "/tests/modules", &life->registry, &error), 0);
    assert_int_equal(cvg_loop_new(NULL, &life->loop, &error), 0);
    configure(life, text);
    life->board = cvg_board_new(life->generation->names, life->config->environment_count);
    if (cvg_store_new(&options, &life->store, &error) < 0) {
        fail_msg("%s", error.text);
    }
    life->restart = cvg_restart_new(life->store, cvg_registry_memory(life->registry));
    cvg_restart_load(life->restart, life->generation, life->runner, now, now + life->wall_offset);
    publish(life, now);
}

static void save(struct life *life, int64_t now, bool all)
{
    cvg_restart_save(life->restart, life->generation, life->runner, life->board, now,
                     now + life->wall_offset, all);
    assert_true(cvg_store_flush(life->store, cvg_time_now() + S(20)));
}

/* The loss of everything that was not saved. */
static void end(struct life *life)
{
    cvg_restart_free(life->restart);
    cvg_board_free(life->board);
    cvg_runner_free(life->runner);
    cvg_generation_free(life->generation);
    cvg_store_free(life->store);
    cvg_config_unref(life->config);
    cvg_loop_free(life->loop);
    cvg_registry_free(life->registry);
}

static void stop(struct life *life, int64_t now)
{
    save(life, now, true);
    end(life);
}

static void read_check(struct life *life, size_t check, uint32_t status, int64_t now)
{
    struct cvg_reading reading = {
        .size = sizeof(reading),
        .status = status,
        .reason = "Read",
        .observed_at_ns = now,
    };

    cvg_environment_read(life->generation->environments[0], check, cvg_reading_keep(&reading, now),
                         now);
}

static struct cvg_steady_view view_of(struct life *life, size_t check, int64_t now)
{
    publish(life, now);
    struct cvg_snapshot *snapshot = cvg_board_lookup(life->board, "prod");
    struct cvg_steady_view view = snapshot->readiness.checks[check].steady;
    cvg_snapshot_unref(snapshot);
    return view;
}

static uint32_t verdict_of(struct life *life, int64_t now)
{
    publish(life, now);
    struct cvg_snapshot *snapshot = cvg_board_lookup(life->board, "prod");
    uint32_t verdict = snapshot->gates[0].decision.verdict;
    cvg_snapshot_unref(snapshot);
    return verdict;
}

static uint64_t notes_written(struct life *life)
{
    struct cvg_store_status status;

    cvg_store_status(life->store, &status);
    return status.notes;
}

struct counted {
    const char *key;
    size_t count;
};

static bool count_note(void *ctx, const struct cvg_note *note)
{
    struct counted *counted = ctx;

    counted->count += !counted->key || strcmp(note->key, counted->key) == 0;
    return true;
}

struct statuses {
    const char *status;
    size_t count;
};

static bool count_status(void *ctx, const struct cvg_note *note)
{
    struct statuses *statuses = ctx;
    CVG_CLEANUP(cvg_free_pointer) char *text = cvg_strndup(note->bytes, note->length);
    CVG_CLEANUP(cvg_free_pointer)
    char *member = cvg_format("\"status\":\"%s\"", statuses->status);

    statuses->count += strstr(text, member) != NULL;
    return true;
}

/* key NULL: all of that kind. */
static size_t notes_of(struct life *life, enum cvg_note_kind kind, const char *key)
{
    struct counted counted = {.key = key};

    assert_int_equal(cvg_store_notes(life->store, kind, count_note, &counted, NULL), 0);
    return counted.count;
}

/* ---- steady states ---- */

static void make_ready(struct life *life)
{
    read_check(life, 0, CVG_READY, S(1000));
    read_check(life, 0, CVG_READY, S(1030));
    assert_int_equal(verdict_of(life, S(1030)), CVG_GO);
}

static void ready_comes_back_with_its_since_at_the_first_evidence(void **state)
{
    (void)state;
    struct life life;

    begin(&life, checks, S(990));
    make_ready(&life);
    stop(&life, S(1040));
    begin(&life, checks, S(1050));
    assert_int_equal(verdict_of(&life, S(1050)), CVG_WAIT);
    struct cvg_steady_view view = view_of(&life, 0, S(1080));
    assert_string_equal(view.reason, "NoReading");
    assert_false(view.fresh);
    read_check(&life, 0, CVG_READY, S(1085));
    assert_int_equal(verdict_of(&life, S(1085)), CVG_GO);
    view = view_of(&life, 0, S(1085));
    assert_int_equal(view.since, S(1030));
    assert_true(view.fresh);
    end(&life);
}

static void without_a_stop_it_comes_back_too(void **state)
{
    (void)state;
    struct life life;

    begin(&life, checks, S(990));
    make_ready(&life);
    save(&life, S(1031), false);
    end(&life);
    begin(&life, checks, S(1050));
    read_check(&life, 0, CVG_READY, S(1060));
    assert_int_equal(verdict_of(&life, S(1060)), CVG_GO);
    end(&life);
}

static void after_max_age_it_begins_anew(void **state)
{
    (void)state;
    struct life life;

    begin(&life, checks, S(990));
    make_ready(&life);
    stop(&life, S(1040));
    begin(&life, checks, S(1050));
    read_check(&life, 0, CVG_READY, S(1090));
    assert_int_equal(verdict_of(&life, S(1090)), CVG_WAIT);
    read_check(&life, 0, CVG_READY, S(1120));
    assert_int_equal(verdict_of(&life, S(1120)), CVG_GO);
    end(&life);
}

static void what_is_not_read_between_two_stops_is_not_lost(void **state)
{
    (void)state;
    struct life life;

    begin(&life, checks, S(990));
    make_ready(&life);
    stop(&life, S(1040));
    begin(&life, checks, S(1045));
    stop(&life, S(1050));
    begin(&life, checks, S(1055));
    read_check(&life, 0, CVG_READY, S(1060));
    assert_int_equal(verdict_of(&life, S(1060)), CVG_GO);
    end(&life);
}

/* ---- another question ---- */

#define INPUTS(text, more)                                                                         \
    "sources: {s: {type: scripted}}\n"                                                             \
    "environments: {prod: {checks: {\n"                                                            \
    "  api: {source: s, do: ready, text: \"${checks.b.facts.seen}\", rise: 30s, max_age: 60s},\n"  \
    "  b: {source: s, do: ready, text: " text ", rise: 30s, max_age: 60s" more "}}}}\n"

static void only_what_asks_the_same_comes_back(void **state)
{
    (void)state;

    static const struct {
        const char *name, *before, *after;
        bool comes_back;
    } cases[] = {
        {"host keys",
         "sources: {s: {type: scripted}}\nenvironments: {prod: {checks: {api: {source: s, do: "
         "ready, text: a, rise: 30s, max_age: 60s}}}}\n",
         "sources: {s: {type: scripted}}\nenvironments: {prod: {checks: {api: {max_age: 61s, rise: "
         "31s, interval: 7s, weight: 2, text: a, do: ready, source: s}}}}\n",
         true},
        {"the module's keys",
         "sources: {s: {type: scripted}}\nenvironments: {prod: {checks: {api: {source: s, do: "
         "ready, text: a, rise: 30s, max_age: 60s}}}}\n",
         "sources: {s: {type: scripted}}\nenvironments: {prod: {checks: {api: {source: s, do: "
         "ready, text: b, rise: 30s, max_age: 60s}}}}\n",
         false},
        {"the source's connection",
         "sources: {s: {type: scripted, url: \"http://127.0.0.1:1\"}}\nenvironments: {prod: "
         "{checks: {api: {source: s, do: ready, rise: 30s, max_age: 60s}}}}\n",
         "sources: {s: {type: scripted, url: \"http://127.0.0.1:2\"}}\nenvironments: {prod: "
         "{checks: {api: {source: s, do: ready, rise: 30s, max_age: 60s}}}}\n",
         false},
        {"another source of the same kind",
         "sources: {s: {type: scripted}, t: {type: scripted}}\nenvironments: {prod: {checks: {api: "
         "{source: s, do: ready, rise: 30s, max_age: 60s}}}}\n",
         "sources: {s: {type: scripted}, t: {type: scripted}}\nenvironments: {prod: {checks: {api: "
         "{source: t, do: ready, rise: 30s, max_age: 60s}}}}\n",
         false},
        {"what an input asks", INPUTS("x", ""), INPUTS("y", ""), false},
        {"an input's host keys", INPUTS("x", ""), INPUTS("x", ", interval: 3s"), true},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct life life;
        begin(&life, cases[i].before, S(990));
        read_check(&life, 0, CVG_READY, S(1000));
        read_check(&life, 0, CVG_READY, S(1030));
        stop(&life, S(1040));
        begin(&life, cases[i].after, S(1050));
        read_check(&life, 0, CVG_READY, S(1060));
        if ((view_of(&life, 0, S(1060)).status == CVG_READY) != cases[i].comes_back) {
            fail_msg("%s", cases[i].name);
        }
        /* What did not come back is not kept for later either. */
        assert_int_equal(notes_of(&life, CVG_NOTE_STEADY, "prod api"), cases[i].comes_back);
        end(&life);
        remove_store();
    }
}

/* ---- publications ---- */

static void what_was_published_last_is_known_and_its_numbers_go_on(void **state)
{
    (void)state;
    struct life life;

    begin(&life, checks, S(990));
    assert_null(cvg_restart_published(life.restart, "prod"));
    make_ready(&life);
    struct cvg_snapshot *snapshot = cvg_board_lookup(life.board, "prod");
    uint64_t last = snapshot->sequence;
    cvg_snapshot_unref(snapshot);
    stop(&life, S(1040));

    begin(&life, checks, S(1050));
    const struct cvg_note_published *before = cvg_restart_published(life.restart, "prod");
    assert_non_null(before);
    assert_string_equal(before->phase, "ready");
    assert_int_equal(before->at, S(1040) + WALL);
    assert_int_equal(before->gate_count, 1);
    assert_string_equal(before->gates[0].name, "deploy");
    assert_string_equal(before->gates[0].verdict, "go");
    snapshot = cvg_board_lookup(life.board, "prod");
    assert_true(snapshot->sequence > last);
    cvg_snapshot_unref(snapshot);
    end(&life);
}

/* ---- breakers ---- */

static void an_open_breaker_comes_back_open(void **state)
{
    (void)state;
    const struct cvg_breaker open = {
        .state = CVG_BREAKER_OPEN,
        .failures = 5,
        .pause_ns = S(4),
        .opened_at = S(950),
        .trial_at = S(992),
        .last_trial_at = S(989),
    };
    struct life life;

    begin(&life, checks, S(990));
    cvg_runner_restore_breaker(life.runner, 0, &open, S(990));
    save(&life, S(991), false);
    end(&life);

    begin(&life, checks, S(992));
    const struct cvg_breaker *breaker = cvg_runner_breaker(life.runner, 0);
    assert_int_equal(breaker->state, CVG_BREAKER_OPEN);
    assert_int_equal(breaker->failures, 5);
    assert_int_equal(breaker->pause_ns, S(4));
    assert_int_equal(breaker->opened_at, S(950));
    assert_int_equal(breaker->trial_at, S(992));
    assert_int_equal(notes_of(&life, CVG_NOTE_BREAKER, "s"), 1);
    end(&life);

    /* Asked elsewhere it is another source. */
    begin(&life,
          "sources: {s: {type: scripted, url: \"http://127.0.0.1:1\"}}\n"
          "environments: {prod: {checks: {api: {source: s, do: ready}}}}\n",
          S(993));
    assert_int_equal(cvg_runner_breaker(life.runner, 0)->state, CVG_BREAKER_CLOSED);
    assert_int_equal(notes_of(&life, CVG_NOTE_BREAKER, "s"), 0);
    end(&life);
}

/* ---- what modules remember ---- */

static void what_is_remembered_is_noted_at_once_and_forgotten_at_once(void **state)
{
    (void)state;
    const void *bytes;
    struct life life;

    begin(&life, checks, S(990));
    struct cvg_memory *memory = cvg_registry_memory(life.registry);
    assert_int_equal(cvg_memory_put(memory, "prod api scripted", "41", 2), 0);
    assert_int_equal(cvg_memory_put(memory, "prod gone scripted", "7", 1), 0);
    end(&life); /* nothing was saved */

    begin(&life, checks, S(1000));
    memory = cvg_registry_memory(life.registry);
    assert_int_equal(cvg_memory_get(memory, "prod api scripted", &bytes), 2);
    assert_memory_equal(bytes, "41", 2);
    /* An alarm is not accepted by taking its check out of the configuration. */
    assert_int_equal(cvg_memory_get(memory, "prod gone scripted", &bytes), 1);
    assert_int_equal(cvg_memory_put(memory, "prod api scripted", NULL, 0), 0);
    end(&life);

    begin(&life, checks, S(1010));
    memory = cvg_registry_memory(life.registry);
    assert_int_equal(cvg_memory_get(memory, "prod api scripted", &bytes), 0);
    end(&life);
}

/* The alarms of "prod gone" and of "prod api", of which only the latter's check is there. */
static bool remembers(struct life *life, const char *key)
{
    const void *bytes;

    return cvg_memory_get(cvg_registry_memory(life->registry), key, &bytes) > 0;
}

#define DAY S(86400)

static const char kept_a_day[] =
    "store: /nowhere\nretention: {history: 1d}\nsources: {s: {type: scripted}}\n"
    "environments: {prod: {checks: {api: {source: s, do: ready}}}}\n";
static const char with_gone[] =
    "store: /nowhere\nretention: {history: 1d}\nsources: {s: {type: scripted}}\n"
    "environments: {prod: {checks: {api: {source: s, do: ready}, gone: {source: s, do: ready}}}}\n";

static void what_is_remembered_of_a_check_that_is_gone_goes_with_history(void **state)
{
    (void)state;
    struct life life;

    begin(&life, with_gone, S(1000));
    struct cvg_memory *memory = cvg_registry_memory(life.registry);
    assert_int_equal(cvg_memory_put(memory, "prod api scripted", "41", 2), 0);
    assert_int_equal(cvg_memory_put(memory, "prod gone scripted", "7", 1), 0);
    save(&life, S(1000) + 10 * DAY, false);
    assert_int_equal(notes_of(&life, CVG_NOTE_GONE, NULL), 0);
    stop(&life, S(1000) + 10 * DAY);

    /* Half a day without it, and then it is put back: nothing is counted any more. */
    begin(&life, kept_a_day, S(1000));
    assert_int_equal(notes_of(&life, CVG_NOTE_GONE, "prod gone scripted"), 1);
    save(&life, S(1000), false);
    save(&life, S(1000) + DAY / 2, false);
    stop(&life, S(1000) + DAY / 2);
    begin(&life, with_gone, S(1000));
    assert_true(remembers(&life, "prod gone scripted"));
    assert_int_equal(notes_of(&life, CVG_NOTE_GONE, NULL), 0);
    stop(&life, S(1000) + 10 * DAY);

    /* Most of a day in two parts: the time between both does not count, whatever clock says so. */
    begin(&life, kept_a_day, S(1000));
    save(&life, S(1000), false);
    save(&life, S(1000) + DAY / 2, false);
    stop(&life, S(1000) + DAY / 2 + S(60));
    begin(&life, kept_a_day, S(1000) + 100 * DAY);
    life.wall_offset += 1000 * DAY;
    save(&life, S(1000) + 100 * DAY, false);
    save(&life, S(1000) + 100 * DAY + DAY / 2 - S(61), false);
    assert_true(remembers(&life, "prod gone scripted"));
    save(&life, S(1000) + 100 * DAY + DAY / 2 - S(60), false);
    assert_false(remembers(&life, "prod gone scripted"));
    assert_true(remembers(&life, "prod api scripted"));
    assert_int_equal(notes_of(&life, CVG_NOTE_MEMORY, NULL), 1);
    assert_int_equal(notes_of(&life, CVG_NOTE_GONE, NULL), 0);
    stop(&life, S(1000) + 101 * DAY);

    begin(&life, with_gone, S(1000));
    assert_false(remembers(&life, "prod gone scripted"));
    end(&life);
}

static void load_late(struct life *life)
{
    cvg_restart_load_late(life->restart, cvg_restart_read_late(life->store));
}

static void until_the_store_can_be_read_memory_is_not_known(void **state)
{
    (void)state;
    const void *bytes;
    struct life life;

    begin(&life, checks, S(990));
    assert_int_equal(
        cvg_memory_put(cvg_registry_memory(life.registry), "prod api scripted", "41", 2), 0);
    assert_int_equal(
        cvg_memory_put(cvg_registry_memory(life.registry), "prod gone scripted", "7", 1), 0);
    make_ready(&life);
    stop(&life, S(1040));

    atomic_store(&away, true);
    begin(&life, checks, S(1050));
    struct cvg_memory *memory = cvg_registry_memory(life.registry);
    assert_false(cvg_restart_is_loaded(life.restart));
    assert_false(cvg_memory_is_known(memory));
    assert_int_equal(cvg_memory_put(memory, "prod api scripted", "1", 1), -1);
    assert_null(cvg_restart_published(life.restart, "prod"));
    /* Nothing came back, so it rises anew. */
    read_check(&life, 0, CVG_READY, S(1060));
    assert_int_equal(verdict_of(&life, S(1060)), CVG_WAIT);
    load_late(&life); /* too early */
    assert_false(cvg_memory_is_known(memory));

    atomic_store(&away, false);
    for (int64_t deadline = cvg_time_now() + S(20); !cvg_restart_is_loaded(life.restart);) {
        assert_true(cvg_time_now() < deadline);
        load_late(&life);
        (void)usleep(10000);
    }
    assert_true(cvg_memory_is_known(memory));
    assert_int_equal(cvg_memory_get(memory, "prod api scripted", &bytes), 2);
    assert_memory_equal(bytes, "41", 2);
    /* What is gone is looked for then, too. */
    assert_int_equal(notes_of(&life, CVG_NOTE_GONE, "prod gone scripted"), 1);
    end(&life);
}

static void without_a_store_everything_works_and_nothing_comes_back(void **state)
{
    (void)state;
    struct life life;

    begin(&life, checks, S(990));
    cvg_restart_free(life.restart);
    struct cvg_memory *memory = cvg_registry_memory(life.registry);
    life.restart = cvg_restart_new(NULL, memory);
    cvg_restart_load(life.restart, life.generation, life.runner, S(990), WALL);
    assert_true(cvg_restart_is_loaded(life.restart));
    assert_true(cvg_memory_is_known(memory));
    assert_int_equal(cvg_memory_put(memory, "k", "1", 1), 0);
    make_ready(&life);
    cvg_restart_forget(life.restart, life.generation);
    stop(&life, S(1040));
    begin(&life, checks, S(1050));
    assert_int_equal(notes_of(&life, CVG_NOTE_STEADY, NULL), 0);
    assert_int_equal(notes_of(&life, CVG_NOTE_MEMORY, NULL), 0);
    end(&life);
}

/* ---- how much is written ---- */

static void a_change_is_noted_at_once_and_newer_evidence_four_times_in_max_age(void **state)
{
    (void)state;
    struct life life;

    begin(&life, checks, S(990));
    make_ready(&life);
    save(&life, S(1031), false);
    uint64_t before = notes_written(&life);
    for (int second = 1032; second < 1045; second++) {
        read_check(&life, 0, CVG_READY, S(second));
        save(&life, S(second), false);
    }
    assert_int_equal(notes_written(&life), before);
    read_check(&life, 0, CVG_READY, S(1045));
    save(&life, S(1045), false);
    assert_int_equal(notes_written(&life), before + 1);
    read_check(&life, 0, CVG_FAILED, S(1046));
    (void)verdict_of(&life, S(1046));
    save(&life, S(1046), false);
    /* The check, and what is published. */
    assert_int_equal(notes_written(&life), before + 3);
    save(&life, S(1047), false);
    assert_int_equal(notes_written(&life), before + 3);
    end(&life);
}

static char *many_checks(size_t count)
{
    struct cvg_buf text = CVG_BUF_INIT((size_t)1 << 22);

    cvg_buf_puts(&text, "sources: {s: {type: scripted}}\nenvironments: {prod: {checks: {\n");
    for (size_t i = 0; i < count; i++) {
        cvg_buf_printf(&text, "c%zu: {source: s, do: ready, max_age: 60s},\n", i);
    }
    cvg_buf_puts(&text, "}}}\n");
    return cvg_buf_take(&text, NULL);
}

static void many_changes_are_spread_over_turns_and_all_come_in_the_end(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_free_pointer) char *text = many_checks(MANY);
    struct life life;

    begin(&life, text, S(990));
    for (size_t i = 0; i < MANY; i++) {
        read_check(&life, i, CVG_FAILED, S(1000));
    }
    uint64_t before = notes_written(&life);
    for (size_t turn = 1; turn <= 3; turn++) {
        save(&life, S(1000), false);
        uint64_t now = notes_written(&life);
        assert_in_range(now - before, 1, CVG_RESTART_BUDGET + 1);
        before = now;
        assert_int_equal(notes_of(&life, CVG_NOTE_STEADY, NULL),
                         CVG_MIN(turn * CVG_RESTART_BUDGET, (size_t)MANY));
    }
    /* A stop does not wait for turns. */
    for (size_t i = 0; i < MANY; i++) {
        read_check(&life, i, CVG_DEGRADED, S(1001));
    }
    before = notes_written(&life);
    save(&life, S(1001), true);
    assert_in_range(notes_written(&life) - before, MANY, MANY + 1);

    /* Nor does a change wait for evidence that is only newer. */
    for (size_t i = 0; i < MANY; i++) {
        read_check(&life, i, i == MANY - 1 ? CVG_PROGRESSING : CVG_DEGRADED, S(1030));
    }
    before = notes_written(&life);
    save(&life, S(1030), false);
    assert_in_range(notes_written(&life) - before, 1, CVG_RESTART_BUDGET + 1);
    struct statuses progressing = {.status = "progressing"};
    assert_int_equal(cvg_store_notes(life.store, CVG_NOTE_STEADY, count_status, &progressing, NULL),
                     0);
    assert_int_equal(progressing.count, 1);
    end(&life);
}

/* ---- a reload ---- */

static void what_is_gone_after_a_reload_is_forgotten(void **state)
{
    (void)state;
    struct life life, next;

    begin(&life,
          "sources: {s: {type: scripted}}\n"
          "environments: {old: {checks: {x: {source: s, do: ready}}},\n"
          "  prod: {checks: {api: {source: s, do: ready}, b: {source: s, do: ready}}}}\n",
          S(990));
    for (size_t i = 0; i < 2; i++) {
        struct cvg_reading reading = {.size = sizeof(reading),
                                      .status = CVG_FAILED,
                                      .reason = "Read",
                                      .observed_at_ns = S(1000)};
        cvg_environment_read(life.generation->environments[1], i,
                             cvg_reading_keep(&reading, S(1000)), S(1000));
        if (i == 0) {
            cvg_environment_read(life.generation->environments[0], 0,
                                 cvg_reading_keep(&reading, S(1000)), S(1000));
        }
    }
    save(&life, S(1001), false);
    assert_int_equal(notes_of(&life, CVG_NOTE_STEADY, NULL), 3);
    assert_int_equal(notes_of(&life, CVG_NOTE_PUBLISHED, "old"), 1);

    next = life;
    configure(&next, checks);
    next.board = cvg_board_new(next.generation->names, next.config->environment_count);
    publish(&next, S(1002));
    assert_int_equal(cvg_memory_put(cvg_registry_memory(life.registry), "old x scripted", "7", 1),
                     0);
    cvg_restart_forget(life.restart, next.generation);
    save(&next, S(1002), false);
    assert_int_equal(notes_of(&life, CVG_NOTE_GONE, "old x scripted"), 1);
    assert_int_equal(notes_of(&life, CVG_NOTE_STEADY, "prod b"), 0);
    assert_int_equal(notes_of(&life, CVG_NOTE_STEADY, "old x"), 0);
    assert_int_equal(notes_of(&life, CVG_NOTE_STEADY, "prod api"), 1);
    assert_int_equal(notes_of(&life, CVG_NOTE_PUBLISHED, "old"), 0);
    assert_int_equal(notes_of(&life, CVG_NOTE_PUBLISHED, "prod"), 1);
    cvg_board_free(next.board);
    cvg_runner_free(next.runner);
    cvg_generation_free(next.generation);
    cvg_config_unref(next.config);
    end(&life);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/cvg-restart-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(store_file, sizeof(store_file), "%s/s.db", folder);
    engine = cvg_engine_sqlite;
    engine.open = open_maybe;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_store();
    return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ready_comes_back_with_its_since_at_the_first_evidence),
        TEST(without_a_stop_it_comes_back_too),
        TEST(after_max_age_it_begins_anew),
        TEST(what_is_not_read_between_two_stops_is_not_lost),
        TEST(only_what_asks_the_same_comes_back),
        TEST(what_was_published_last_is_known_and_its_numbers_go_on),
        TEST(an_open_breaker_comes_back_open),
        TEST(what_is_remembered_is_noted_at_once_and_forgotten_at_once),
        TEST(what_is_remembered_of_a_check_that_is_gone_goes_with_history),
        TEST(until_the_store_can_be_read_memory_is_not_known),
        TEST(without_a_store_everything_works_and_nothing_comes_back),
        TEST(a_change_is_noted_at_once_and_newer_evidence_four_times_in_max_age),
        TEST(many_changes_are_spread_over_turns_and_all_come_in_the_end),
        TEST(what_is_gone_after_a_reload_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
