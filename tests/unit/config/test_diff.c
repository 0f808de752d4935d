/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as the same from one configuration to the next. */
#include "base/text.h"
#include "cases.h"
#include "config/diff.h"
#include "kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SOURCES      "sources: {s: {type: poll, url: 'http://a'}}\n"
#define ONE(keys)    SOURCES "environments: {e: {checks: {c: {source: s, " keys "}}}}\n"
#define SOURCE(keys) "sources: {s: {" keys "}}\n" CHECK
#define CHECK        "environments: {e: {checks: {c: {source: s, query: q}}}}\n"

static struct cvg_config *load(const char *yaml)
{
    struct cvg_config *config = NULL;
    char *said = load_and_print(yaml, &config);

    if (!config) {
        print_error("%s\n", said);
    }
    free(said);
    assert_non_null(config);
    return config;
}

static struct cvg_config_diff *diff_of(const char *before, const char *after)
{
    struct cvg_config *old = load(before), *new = load(after);
    struct cvg_config_diff *diff = cvg_config_diff_new(old, new);

    cvg_config_unref(old);
    cvg_config_unref(new);
    return diff;
}

static void a_check_is_the_same_by_what_its_module_reads(void **state)
{
    static const struct {
        const char *name, *before, *after;
        bool same;
    } cases[] = {
        {"nothing", ONE("query: q"), ONE("query: q"), true},
        {"another query", ONE("query: q"), ONE("query: r"), false},
        {"quotes", ONE("query: q"), ONE("query: \"q\""), true},
        {"order of keys", ONE("query: q, ready: '1'"), ONE("ready: '1', query: q"), true},
        {"a default written out", ONE("query: q"), ONE("query: q, mode: slow, flag: true"), true},
        {"another choice", ONE("query: q"), ONE("query: q, mode: fast"), false},
        {"a flag", ONE("query: q"), ONE("query: q, flag: false"), false},
        {"a key that was not there", ONE("query: q"), ONE("query: q, ready: ''"), false},
        {"another unit of the same time", ONE("query: q, window: 60s"), ONE("query: q, window: 1m"),
         true},
        {"another time", ONE("query: q, window: 60s"), ONE("query: q, window: 61s"), false},
        {"the same number", ONE("query: q, ratio: 0.50"), ONE("query: q, ratio: 0.5"), true},
        {"another number", ONE("query: q, ratio: 0.5"), ONE("query: q, ratio: 0.6"), false},
        {"another number than the default", ONE("query: q"), ONE("query: q, ratio: 0.7"), false},
        {"the same secret", ONE("query: q, token: 'env:A'"), ONE("query: q, token: env:A"), true},
        {"another secret", ONE("query: q, token: 'env:A'"), ONE("query: q, token: 'env:B'"), false},
        {"another kind of secret", ONE("query: q, token: 'env:A'"),
         ONE("query: q, token: 'credential:A'"), false},
        {"a single value or a list of it", ONE("query: q, parts: [a]"), ONE("query: q, parts: a"),
         true},
        {"order in a list", ONE("query: q, parts: [a, b]"), ONE("query: q, parts: [b, a]"), false},
        {"order in a map", ONE("query: q, labels: {a: x, b: y}"),
         ONE("query: q, labels: {b: y, a: x}"), true},
        {"another value in a map", ONE("query: q, labels: {a: x}"), ONE("query: q, labels: {a: y}"),
         false},
        {"another name in a map", ONE("query: q, labels: {a: x}"), ONE("query: q, labels: {b: x}"),
         false},
        {"a longer map", ONE("query: q, labels: {a: x}"), ONE("query: q, labels: {a: x, b: y}"),
         false},
        {"within a struct", ONE("query: q, extra: {depth: 3}"), ONE("query: q, extra: {depth: 4}"),
         false},
        {"a struct's default", ONE("query: q, extra: {depth: 3}"), ONE("query: q, extra: {}"),
         true},
        {"a struct at all", ONE("query: q"), ONE("query: q, extra: {}"), false},
        {"within a list of structs", ONE("query: q, steps: [{name: a}]"),
         ONE("query: q, steps: [{name: b}]"), false},
        {"a default within a list of structs", ONE("query: q, steps: [{name: a}]"),
         ONE("query: q, steps: [{wait: 1s, name: a}]"), true},
        {"the host's keys", ONE("query: q"),
         ONE("query: q, interval: 20s, timeout: 3s, rise: 1m, fall: 1s, max_age: 5m, weight: 2, "
             "required: true, component: web, plane: declared, on_unknown: {keep: 5m}, "
             "on_failed: halt, on_degraded: go"),
         true},
        {"another url of its source", SOURCE("type: poll, url: 'http://a'"),
         SOURCE("type: poll, url: 'http://b'"), false},
        {"another header of its source", SOURCE("type: poll, url: 'http://a'"),
         SOURCE("type: poll, url: 'http://a', headers: {X-Scope-OrgID: t}"), false},
        {"a default of the connection written out", SOURCE("type: poll, url: 'http://a'"),
         SOURCE("url: 'http://a', type: poll, allow_link_local: false"), true},
        {"another environment of the same source",
         SOURCES "environments: {e: {checks: {c: {source: s, query: q}}}}\n",
         SOURCES "environments: {f: {checks: {c: {source: s, query: q}}}}\n", false},
        {"another name", SOURCES "environments: {e: {checks: {c: {source: s, query: q}}}}\n",
         SOURCES "environments: {e: {checks: {d: {source: s, query: q}}}}\n", false},
    };

    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_config_diff *there = diff_of(cases[i].before, cases[i].after);
        struct cvg_config_diff *back = diff_of(cases[i].after, cases[i].before);
        if ((there->checks[0][0] == 0) != cases[i].same ||
            (back->checks[0][0] == 0) != cases[i].same) {
            print_error("%s: %s\n", cases[i].name, cases[i].same ? "differs" : "is the same");
            failed++;
        }
        assert_int_equal(there->checks_kept + there->checks_new, 1);
        assert_int_equal(there->checks_gone, there->checks_new);
        cvg_config_diff_free(there);
        cvg_config_diff_free(back);
    }
    assert_int_equal(failed, 0);
}

static void a_source_is_also_what_it_goes_through(void **state)
{
    static const char pattern[] = "sources:\n"
                                  "  far: {type: remote, via: near}\n"
                                  "  near: {type: remote, via: base}\n"
                                  "  base: {type: poll, url: 'http://%s'}\n"
                                  "  other: {type: plain, path: /x}\n"
                                  "environments: {e: {checks: {c: {source: base, query: q}}}}\n";
    char before[600], after[600];

    (void)state;
    (void)snprintf(before, sizeof(before), pattern, "a");
    (void)snprintf(after, sizeof(after), pattern, "b");
    struct cvg_config_diff *diff = diff_of(before, before);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(diff->sources[i], i);
    }
    cvg_config_diff_free(diff);
    diff = diff_of(before, after);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(diff->sources[i], CVG_DIFF_NONE);
    }
    assert_int_equal(diff->sources[3], 3);
    cvg_config_diff_free(diff);
}

static void checks_are_found_by_name_wherever_they_stand(void **state)
{
    struct cvg_config_diff *diff =
        diff_of(SOURCES "environments:\n"
                        "  a: {checks: {x: {source: s, query: q}}}\n"
                        "  b: {checks: {x: {source: s, query: q}, y: {source: s, query: r}}}\n",
                SOURCES "environments:\n"
                        "  c: {checks: {x: {source: s, query: q}}}\n"
                        "  b: {checks: {z: {source: s, query: q}, y: {source: s, query: r}, "
                        "x: {source: s, query: q}}}\n");

    (void)state; /* b, c against a, b */
    assert_int_equal(diff->environments[0], 1);
    assert_int_equal(diff->environments[1], CVG_DIFF_NONE);
    assert_int_equal(diff->checks[0][0], CVG_DIFF_NONE);
    assert_int_equal(diff->checks[0][1], 1);
    assert_int_equal(diff->checks[0][2], 0);
    assert_int_equal(diff->checks[1][0], CVG_DIFF_NONE);
    assert_int_equal(diff->checks_kept, 2);
    assert_int_equal(diff->checks_new, 2);
    assert_int_equal(diff->checks_gone, 1);
    cvg_config_diff_free(diff);
}

static void a_check_is_also_what_it_takes_facts_of(void **state)
{
    static const char pattern[] = SOURCES "environments: {e: {checks: {\n"
                                          "  last: {source: s, query: '${checks.next.facts.x}'},\n"
                                          "  next: {source: s, query: '${checks.first.facts.x}'},\n"
                                          "  first: {source: s, query: '%s'},\n"
                                          "  other: {source: s, query: o}}}}\n";
    char before[600], after[600];

    (void)state;
    (void)snprintf(before, sizeof(before), pattern, "a");
    (void)snprintf(after, sizeof(after), pattern, "b");
    struct cvg_config_diff *diff = diff_of(before, before);
    assert_int_equal(diff->checks_kept, 4);
    cvg_config_diff_free(diff);
    diff = diff_of(before, after);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(diff->checks[0][i], CVG_DIFF_NONE);
    }
    assert_int_equal(diff->checks[0][3], 3);
    assert_int_equal(diff->checks_kept, 1);
    assert_int_equal(diff->checks_gone, 3);
    cvg_config_diff_free(diff);
}

static void settings_that_wait_for_a_restart_are_named(void **state)
{
    static const struct {
        const char *before, *after, *named;
    } cases[] = {
        {"", "", ""},
        {"server: {threads: 2}\n", "server: {threads: 2}\n", ""},
        {"server: {threads: 2}\n", "server: {threads: 3}\n", "server.threads"},
        {"", "server: {threads: 3}\n", "server.threads"},
        {"server: {threads: 3}\n", "", "server.threads"},
        {"server: {hosts: [a.example]}\n", "server: {hosts: [b.example], threads: 2}\n",
         "server.hosts server.threads"},
        {"names: {timeout: 1s}\n", "names: {timeout: 2s}\n", "names.timeout"},
        {"", "store: /var/lib/x.db\n", "store"},
        {"store: /x.db\n", "store: /x.db\nretention: {history: 7d}\n", "retention.history"},
        {"store: /x.db\nretention: {history: 7d}\n", "store: /x.db\nretention: {history: 8d}\n",
         "retention.history"},
        {"defaults: {rise: 1s}\n", "defaults: {rise: 2s}\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        CVG_CLEANUP(cvg_free_pointer)
        char *before = cvg_format("%s%s", cases[i].before, ONE("query: q"));
        CVG_CLEANUP(cvg_free_pointer)
        char *after = cvg_format("%s%s", cases[i].after, ONE("query: r"));
        struct cvg_config *old = load(before), *new = load(after);
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf named = CVG_BUF_INIT(256);
        const char **keys = NULL;
        size_t count = cvg_config_diff_settings(old, new, arena, &keys);
        for (size_t k = 0; k < count; k++) {
            cvg_buf_printf(&named, "%s%s", k ? " " : "", keys[k]);
        }
        assert_string_equal(cvg_buf_text(&named), cases[i].named);
        cvg_config_unref(old);
        cvg_config_unref(new);
    }
}

/* A module holds on to its settings for as long as its check lives, which may be longer than the
 * configuration. */
static void settings_outlive_their_configuration(void **state)
{
    struct cvg_config *config =
        load(SOURCES "environments: {e: {checks: {a: {source: s, query: q}, "
                     "c: {source: s, query: '${checks.a.facts.x}', labels: {a: x}}}}}\n");
    struct cvg_config *same = cvg_config_ref(config);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    const struct poll_check *settings =
        cvg_config_check_settings(&config->environments[0].checks[1], arena);

    (void)state;
    cvg_config_unref(config);
    cvg_config_unref(same);
    assert_string_equal(settings->query, "${checks.a.facts.x}");
    assert_int_equal(settings->labels.count, 1);
    assert_string_equal(((const struct cvg_pair *)settings->labels.items)[0].value, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_is_the_same_by_what_its_module_reads),
        cmocka_unit_test(a_source_is_also_what_it_goes_through),
        cmocka_unit_test(checks_are_found_by_name_wherever_they_stand),
        cmocka_unit_test(a_check_is_also_what_it_takes_facts_of),
        cmocka_unit_test(settings_that_wait_for_a_restart_are_named),
        cmocka_unit_test(settings_outlive_their_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
