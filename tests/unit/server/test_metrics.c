/* SPDX-License-Identifier: Apache-2.0 */
/* /metrics: what a strict reader of the format would say, and what the series are. */
#include "base/alloc.h"
#include "base/map.h"
#include "base/time.h"
#include "fixture.h"
#include "server/exposition.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void publish_vitals(struct fixture *fixture)
{
    static const char *const results[] = {"ready", "timeout"};
    static const double bounds[] = {0.005, 0.1, 1};
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_vitals *vitals = cvg_arena_alloc(arena, sizeof(*vitals));

    vitals->arena = arena;
    vitals->references = 1;
    vitals->longest_turn_ns = 12 * CVG_MS;
    vitals->result_names = results;
    vitals->result_count = CVG_COUNT(results);
    vitals->bucket_bounds = bounds;
    vitals->bucket_count = CVG_COUNT(bounds);
    vitals->source_count = 1;
    vitals->sources = cvg_arena_alloc(arena, sizeof(*vitals->sources));
    vitals->sources[0] = (struct cvg_source_vitals){
        .name = "a\\b\"c\nd", /* no name of a source, but the format must hold */
        .type = "prometheus",
        .up = true,
        .runs = {7, 2},
        .buckets = {1, 2, 3, 4},
        .seconds = 1.5,
    };
    vitals->decision_count = 1;
    vitals->decisions = cvg_arena_alloc(arena, sizeof(*vitals->decisions));
    vitals->decisions[0] = (struct cvg_decision_count){
        .environment = "prod", .gate = "deploy", .verdicts = {1, 2, 3, 4}};
    cvg_board_publish_vitals(fixture->board, vitals);
}

/* As the format has it: each family once, HELP and TYPE first, its samples together, no series
 * twice, a newline at the end. */
static void each_family_is_told_once_and_each_series_too(void **state)
{
    struct fixture *fixture = *state;
    struct cvg_map *families = cvg_map_new(), *series = cvg_map_new();
    char family[256] = "";
    struct reply reply;
    char *end = NULL;

    publish_vitals(fixture);
    client_request(fixture, "GET", "/metrics", "", NULL, &reply);
    assert_string_equal(reply_header(&reply, "Content-Type"), CVG_EXPOSITION_TYPE);
    assert_int_equal(reply.body[strlen(reply.body) - 1], '\n');
    for (char *line = cvg_strdup(reply.body), *start = line;; line = end + 1) {
        end = strchr(line, '\n');
        if (!end) {
            free(start);
            break;
        }
        *end = '\0';
        if (strncmp(line, "# HELP ", 7) == 0) {
            (void)snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
            assert_null(cvg_map_put(families, family, fixture));
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            assert_memory_equal(line + 7, family, strlen(family));
        } else {
            char *space = strrchr(line, ' ');
            double value = 0;
            assert_non_null(space);
            assert_memory_equal(line, family, strlen(family));
            assert_int_equal(cvg_parse_double(space + 1, strlen(space + 1), &value), 0);
            *space = '\0';
            assert_null(cvg_map_put(series, line, fixture));
        }
    }
    assert_true(cvg_map_count(families) > 25);
    assert_true(cvg_map_count(series) > 60);
    cvg_map_free(families);
    cvg_map_free(series);
    reply_done(&reply);
}

static void series_say_what_the_board_says(void **state)
{
    static const char *const lines[] = {
        "convergate_check_status{environment=\"prod\",check=\"api\"} 4\n",
        "convergate_check_status{environment=\"prod\",check=\"net\\\"work\"} 4\n",
        "convergate_check_fact{environment=\"prod\",check=\"api\",fact=\"drift\"} 7\n",
        "convergate_environment_phase{environment=\"prod\",phase=\"ready\"} 1\n",
        "convergate_environment_phase{environment=\"prod\",phase=\"failed\"} 0\n",
        "convergate_environment_score{environment=\"staging\"} 1\n",
        "convergate_gate_verdict{environment=\"prod\",gate=\"verify\",verdict=\"go\"} 1\n",
        "convergate_gate_verdict{environment=\"prod\",gate=\"verify\",verdict=\"rollback\"} 0\n",
        "convergate_decisions_total{environment=\"prod\",gate=\"deploy\",verdict=\"rollback\"} 4\n",
        "convergate_source_up{source=\"a\\\\b\\\"c\\nd\"} 1\n",
        "convergate_runs_total{source=\"a\\\\b\\\"c\\nd\",result=\"timeout\"} 2\n",
        "convergate_run_duration_seconds_bucket{source=\"a\\\\b\\\"c\\nd\",le=\"0.1\"} 3\n",
        "convergate_run_duration_seconds_bucket{source=\"a\\\\b\\\"c\\nd\",le=\"+Inf\"} 10\n",
        "convergate_run_duration_seconds_sum{source=\"a\\\\b\\\"c\\nd\"} 1.5\n",
        "convergate_run_duration_seconds_count{source=\"a\\\\b\\\"c\\nd\"} 10\n",
        "convergate_loop_longest_turn_seconds 0.012\n",
        "convergate_build_info{version=\"1.2.3\"} 1\n",
        "convergate_http_requests_total{route=\"verdict\",code=\"200\"} 2\n",
        "convergate_http_requests_total{route=\"check\",code=\"503\"} 0\n",
        "convergate_http_requests_total{route=\"none\",code=\"404\"} 1\n",
        "process_cpu_seconds_total ",
        "process_resident_memory_bytes ",
        "process_virtual_memory_bytes ",
        "process_open_fds ",
        "process_max_fds ",
        "process_start_time_seconds ",
    };
    struct fixture *fixture = *state;
    struct reply reply;

    publish_vitals(fixture);
    client_request(fixture, "GET", "/v1/verdict/prod", "", NULL, &reply);
    reply_done(&reply);
    client_request(fixture, "GET", "/v1/verdict/prod?app=shop", "", NULL, &reply);
    reply_done(&reply);
    client_request(fixture, "GET", "/nothing", "", NULL, &reply);
    reply_done(&reply);
    client_request(fixture, "GET", "/metrics", "", NULL, &reply);
    for (size_t i = 0; i < CVG_COUNT(lines); i++) {
        if (!strstr(reply.body, lines[i])) {
            fail_msg("no '%s' in:\n%s", lines[i], reply.body);
        }
    }
    assert_null(strstr(reply.body, "fact=\"serial\"")); /* not marked */
    assert_null(strstr(reply.body, "fact=\"huge\""));   /* no number that can be drawn */
    reply_done(&reply);
}

static void the_process_is_measured(void **state)
{
    struct reply reply;
    double started = 0;

    client_request(*state, "GET", "/metrics", "", NULL, &reply);
    const char *line = strstr(reply.body, "\nprocess_start_time_seconds ");
    assert_non_null(line);
    line += strlen("\nprocess_start_time_seconds ");
    assert_int_equal(cvg_parse_double(line, strcspn(line, "\n"), &started), 0);
    double now = (double)cvg_time_wall() / (double)CVG_SECOND;
    assert_true(started <= now + 1 && started > now - 600);
    reply_done(&reply);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(each_family_is_told_once_and_each_series_too),
        WITH_FIXTURE(series_say_what_the_board_says),
        WITH_FIXTURE(the_process_is_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
