/* SPDX-License-Identifier: Apache-2.0 */
#include "backend.h"
#include "remote_decode.h"
#include "remote_download.h"
#include "service.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORKSPACE  "api/v2/organizations/acme%20inc/workspaces/staging"
#define RUNS       "api/v2/workspaces/ws-EXAMPLE0000000001/runs?page%5Bsize%5D=20"
#define ASSESSMENT "api/v2/workspaces/ws-EXAMPLE0000000001/current-assessment-result"
#define VERSION    "api/v2/workspaces/ws-EXAMPLE0000000001/current-state-version"
#define STATE      "https://tfe.example.test/api/state-versions/sv-EXAMPLE0000000001/hosted_state"

static const struct cvg_tf_source_config config = {.organization = "acme inc",
                                                   .workspace = "staging"};
static const struct cvg_place_settings settings = {.limit = 1 << 20, .own = &config};

static int set_up(void **state)
{
    *state = service_new();
    service_open(*state, &cvg_tf_remote, &settings);
    return 0;
}

static int tear_down(void **state)
{
    service_free(*state);
    return 0;
}

static void says(struct service *service, const char *path, uint32_t status, const char *body)
{
    service_says(service, &(struct service_says){.path = path, .status = status, .body = body});
}

static void says_file(struct service *service, const char *path, const char *name)
{
    char full[256];
    (void)snprintf(full, sizeof(full), "constructed/hcp-%s.json", name);
    says(service, path, 200, service_file(service, full, NULL));
}

/* A list of runs as STATUS, with 'p' behind it for one that is only a plan. Lives until the next. */
static const char *runs_of(const char *const *statuses, size_t count)
{
    static char list[8192];
    size_t used = (size_t)snprintf(list, sizeof(list), "{\"data\":[");
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(statuses[i], "+");
        used += (size_t)snprintf(
            list + used, sizeof(list) - used,
            "%s{\"id\":\"run-%zu\",\"type\":\"runs\",\"attributes\":{\"status\":\"%.*s\","
            "\"has-changes\":true,\"is-destroy\":false,\"plan-only\":%s}}",
            i ? "," : "", i, (int)length, statuses[i],
            statuses[i][length] == '+' ? "true" : "false");
    }
    (void)snprintf(list + used, sizeof(list) - used, "]}");
    return list;
}

/* All that a look at the fixture's workspace needs; says() before it goes first. */
static void says_the_rest(struct service *service)
{
    static const char *const applied[] = {"applied"};
    says_file(service, WORKSPACE, "workspace");
    says(service, RUNS, 200, runs_of(applied, 1));
    says_file(service, VERSION, "current-state-version");
    says(service, STATE, 200, "{\"version\": 4, \"terraform_version\": \"1.9.8\", \"serial\": 9}");
}

static void the_current_state_is_brought_once(void **state)
{
    struct service *service = *state;
    int64_t created = 0;
    assert_int_equal(cvg_parse_time("2026-01-02T03:04:05Z", 20, &created), 0);
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->fault, 0);
    assert_int_equal(strncmp(sight->bytes, "{\"version\": 4", 13), 0);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
    assert_int_equal(sight->changed_at, created);
    assert_int_equal(sight->run.given, 1);
    assert_int_equal(sight->run.status, CVG_READY);
    assert_int_equal(sight->assessment.given, 0);
    assert_string_equal(service_asked(service), WORKSPACE
                        " application/vnd.api+json\n" RUNS " application/vnd.api+json\n" ASSESSMENT
                        " application/vnd.api+json\n" VERSION " application/vnd.api+json\n" STATE
                        " application/json\n" WORKSPACE " application/vnd.api+json\n");
    sight = service_look(service);
    assert_int_equal(sight->unchanged, 1);
    assert_null(sight->bytes);
    assert_int_equal(sight->run.status, CVG_READY);
    assert_null(strstr(service_asked(service), "state-version"));
}

static void another_serial_is_being_written(void **state)
{
    struct service *service = *state;
    says(service, STATE, 200, "{\"version\": 4, \"serial\": 8, \"lineage\": \"x\"}");
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->being_written, 1);
    assert_null(sight->bytes);
    assert_int_equal(service_look(service)->unchanged, 0);
}

/* Where the state has none, its own reader says what is wrong with it. */
static void a_state_without_a_serial_is_handed_over(void **state)
{
    struct service *service = *state;
    says(service, STATE, 200, "<html>please log in</html>");
    says_the_rest(service);
    assert_non_null(service_look(service)->bytes);
}

static void a_newer_version_in_between_is_seen(void **state)
{
    struct service *service = *state;
    static const char newer[] =
        "{\"data\":{\"id\":\"ws-EXAMPLE0000000001\",\"type\":\"workspaces\",\"attributes\":"
        "{\"locked\":false},\"relationships\":{\"current-state-version\":{\"data\":{\"id\":"
        "\"sv-2\",\"type\":\"state-versions\"}}}}}";
    service_says(service,
                 &(struct service_says){
                     WORKSPACE, 200, service_file(service, "constructed/hcp-workspace.json", NULL),
                     0, NULL, 1});
    says(service, WORKSPACE, 200, newer);
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->being_written, 1);
    assert_null(sight->bytes);
}

static void the_lock_is_held_when_it_is_at_either_end(void **state)
{
    struct service *service = *state;
    service_says(service,
                 &(struct service_says){
                     WORKSPACE, 200, service_file(service, "constructed/hcp-workspace.json", NULL),
                     0, NULL, 1});
    says_file(service, WORKSPACE, "workspace-locked-by-run");
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_non_null(sight->bytes);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
    assert_string_equal(sight->lock_note, "{\"ID\":\"run-EXAMPLE0000000002\",\"Who\":\"runs "
                                          "run-EXAMPLE0000000002\"}");
    assert_int_equal(service_look(service)->lock, CVG_PLACE_LOCK_HELD);
}

static void a_workspace_that_does_not_say_is_locked(void **state)
{
    struct service *service = *state;
    says(service, WORKSPACE, 200,
         "{\"data\":{\"id\":\"ws-EXAMPLE0000000001\",\"type\":\"workspaces\"}}");
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
    assert_string_equal(sight->lock_note, "");
}

/* 404 is said for what is not there and for what may not be seen. */
static void nothing_there_is_both_things(void **state)
{
    struct service *service = *state;
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->fault, 0);
    assert_int_equal(sight->absent, 1);
    assert_string_equal(sight->text, "there is no workspace staging in organization acme inc, or "
                                     "the token may not see it");
    says(service, VERSION, 404, service_file(service, "constructed/hcp-404.json", NULL));
    says_the_rest(service);
    sight = service_look(service);
    assert_int_equal(sight->absent, 1);
    assert_string_equal(
        sight->text,
        "the workspace staging has no state, or the token may not read state versions");
}

static void versions_on_their_way_are_being_written(void **state)
{
    struct service *service = *state;
    static const char *const attributes[] = {
        "\"status\":\"pending\",\"hosted-state-download-url\":\"" STATE "\"",
        "\"status\":\"finalized\",\"hosted-state-download-url\":null",
        "\"status\":\"finalized\"",
    };
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        char body[512];
        (void)snprintf(
            body, sizeof(body),
            "{\"data\":{\"id\":\"sv-1\",\"type\":\"state-versions\",\"attributes\":{%s}}}",
            attributes[i]);
        service_forget(service);
        says(service, VERSION, 200, body);
        says_the_rest(service);
        const struct cvg_place_sight *sight = service_look(service);
        assert_int_equal(sight->fault, 0);
        assert_int_equal(sight->being_written, 1);
    }
}

static void redirects_lead_to_the_state(void **state)
{
    struct service *service = *state;
    service_says(service, &(struct service_says){
                              STATE, 307, NULL, 0,
                              "Location: https://archive.example.test/o?sig=s3cret\n", 0});
    service_says(service, &(struct service_says){"https://archive.example.test/o?sig=s3cret", 302,
                                                 NULL, 0, "location: /other?sig=s3cret\n", 0});
    says(service, "https://archive.example.test/other?sig=s3cret", 200, "{\"serial\": 9}");
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_string_equal(sight->bytes, "{\"serial\": 9}");
}

static void redirects_do_not_go_in_circles_or_into_the_clear(void **state)
{
    struct service *service = *state;
    static const char *const headers[] = {"Location: " STATE "\n",
                                          "Location: http://archive.example.test/s3cret\n",
                                          "Location: file:///etc/passwd\n", "",
                                          "Location: https://user:s3cret@archive.example.test/\n"};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        service_forget(service);
        service_says(service, &(struct service_says){STATE, 302, NULL, 0, headers[i], 0});
        says_the_rest(service);
        const struct cvg_place_sight *sight = service_look(service);
        assert_int_equal(sight->fault, CVG_FAULT_PROTOCOL);
        assert_string_equal(sight->reason, "Redirected");
        assert_null(strstr(sight->text, "s3cret"));
    }
}

static void addresses_are_safe_or_refused(void **state)
{
    (void)state;

    static const struct {
        const char *from, *to, *joined; /* joined NULL: refused */
    } cases[] = {
        {"", "https://a.test/x?y", "https://a.test/x?y"},
        {"", "HTTPS://a.test", "HTTPS://a.test"},
        {"", "http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"},
        {"", "http://localhost/x", "http://localhost/x"},
        {"", "http://[::1]:1/x", "http://[::1]:1/x"},
        {"https://a.test:8/x?y", "/z", "https://a.test:8/z"},
        {"https://a.test", "/z?q", "https://a.test/z?q"},
        {"", "http://a.test/x", NULL},
        {"", "http://127.0.0.1.a.test/x", NULL},
        {"", "http://localhost.a.test/", NULL},
        {"", "https://u:p@a.test/", NULL},
        {"", "https://", NULL},
        {"", "https:///x", NULL},
        {"", "/x", NULL},
        {"https://a.test/", "//b.test/x", NULL},
        {"https://a.test/", "x", NULL},
        {"", "https://a.test/x y", NULL},
        {"", "https://a.test/\r\nX: y", NULL},
        {"", "https://a.test\\@b.test/", NULL},
        {"", "ftp://a.test/", NULL},
        {"", "", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char joined[64] = "";
        int code = cvg_tf_remote_join(cases[i].from, cases[i].to, strlen(cases[i].to), joined,
                                      sizeof(joined));
        if ((code == 0) != (cases[i].joined != NULL) ||
            (code == 0 && strcmp(joined, cases[i].joined) != 0)) {
            fail_msg("%s: %d %s", cases[i].to, code, joined);
        }
    }
    char small[16];
    assert_int_equal(cvg_tf_remote_join("", "https://a.test/xy", 17, small, sizeof(small)), -1);
}

/* Every status of the table, and what is not in it. */
static void statuses_of_runs_have_their_word(void **state)
{
    (void)state;

    static const struct {
        const char *statuses; /* separated by blanks */
        uint32_t status;
        const char *reason;
    } cases[] = {
        {"pending fetching fetching_completed pre_plan_running pre_plan_completed queuing "
         "plan_queued planning cost_estimating cost_estimated policy_checking policy_checked "
         "tf_policy_checked post_plan_running post_plan_completed confirmed pre_apply_running "
         "pre_apply_completed queuing_apply apply_queued applying post_apply_running "
         "post_apply_completed assessing",
         CVG_PROGRESSING, "RunInProgress"},
        {"planned planned_and_saved policy_override policy_soft_failed tf_policy_override "
         "post_plan_awaiting_decision pre_plan_awaiting_decision",
         CVG_PROGRESSING, "RunWaiting"},
        {"applied", CVG_READY, "RunApplied"},
        {"planned_and_finished", CVG_READY, "RunApplied"},
        {"errored canceled discarded", CVG_UNKNOWN, "RunStopped"},
        {"force_canceled Applied assessed apply", CVG_UNKNOWN, "RunUnclear"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *at = cases[i].statuses;
        while (*at != '\0') {
            struct cvg_tf_remote_run run = {.id = "run-1"};
            struct cvg_place_word word;
            size_t length = strcspn(at, " ");
            memcpy(run.status, at, length);
            cvg_tf_remote_run_word(&run, &word);
            if (word.given != 1 || word.status != cases[i].status ||
                strcmp(word.reason, cases[i].reason) != 0) {
                fail_msg("%s: %u %s", run.status, word.status, word.reason);
            }
            assert_non_null(strstr(word.text, run.status));
            at += length + (at[length] == ' ');
        }
    }
}

static void runs_that_are_no_full_apply_are_no_good_news(void **state)
{
    (void)state;

    static const struct {
        struct cvg_tf_remote_run run;
        uint32_t status;
        const char *reason;
    } cases[] = {
        {{.status = "applied", .is_destroy = 1}, CVG_PROGRESSING, "RunDestroyed"},
        {{.status = "applied", .is_destroy = -1}, CVG_UNKNOWN, "RunUnclear"},
        {{.status = "applied", .is_targeted = 1}, CVG_UNKNOWN, "RunTargeted"},
        {{.status = "applied", .plan_only = 1}, CVG_UNKNOWN, "RunUnclear"},
        {{.status = "planned_and_finished", .has_changes = 1}, CVG_UNKNOWN, "RunUnclear"},
        {{.status = "planned_and_finished", .has_changes = -1}, CVG_UNKNOWN, "RunUnclear"},
        {{.status = "planned_and_finished", .is_targeted = 1}, CVG_UNKNOWN, "RunTargeted"},
        {{.status = "planned_and_finished", .is_destroy = 1}, CVG_PROGRESSING, "RunDestroyed"},
        {{.status = "errored", .began_apply = 1}, CVG_FAILED, "RunFailed"},
        {{.status = "canceled", .began_apply = 1}, CVG_FAILED, "RunFailed"},
        {{.status = ""}, CVG_UNKNOWN, "RunUnclear"},
        {{.status = "\x1b[2J"}, CVG_UNKNOWN, "RunUnclear"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cvg_place_word word;
        cvg_tf_remote_run_word(&cases[i].run, &word);
        if (word.status != cases[i].status || strcmp(word.reason, cases[i].reason) != 0) {
            fail_msg("%zu: %u %s", i, word.status, word.reason);
        }
        assert_null(strchr(word.text, '\x1b'));
    }
}

static void the_run_that_counts_is_chosen(void **state)
{
    (void)state;

    static const struct {
        const char *statuses[4]; /* newest first; '+' is only a plan */
        const char *id;
    } cases[] = {
        {{"applied"}, "run-0"},
        {{"planning+", "applied"}, "run-1"},
        {{"pending", "applying", "applied"}, "run-1"},
        {{"pending", "planned", "applied"}, "run-1"},
        {{"pending", "pending", "applied"}, "run-1"},
        {{"pending", "planning+", "errored"}, "run-0"},
        {{"assessed", "errored", "applied"}, "run-1"},
        {{"pending"}, "run-0"},
        {{"planned_and_finished+"}, ""},
        {{NULL}, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count = 0;
        struct cvg_tf_remote_run run;
        while (count < 4 && cases[i].statuses[count] != NULL) {
            count++;
        }
        const char *list = runs_of(cases[i].statuses, count);
        assert_int_equal(cvg_tf_remote_runs_read(list, strlen(list), &run), 0);
        assert_string_equal(run.id, cases[i].id);
    }
    static const char *const bad[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"data\":{}}",
                                      "{\"data\":null}",
                                      "{\"data\":[7]}",
                                      "{\"data\":[{\"id\":\"ws-1\",\"type\":\"workspaces\"}]}",
                                      "{\"data\":[]"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct cvg_tf_remote_run run;
        assert_int_equal(cvg_tf_remote_runs_read(bad[i], strlen(bad[i]), &run), -1);
    }
}

static void fixtures_of_runs_are_read(void **state)
{
    struct service *service = *state;

    static const struct {
        const char *name;
        uint32_t status;
    } cases[] = {{"run-applied", CVG_READY},
                 {"run-applying", CVG_PROGRESSING},
                 {"run-errored", CVG_UNKNOWN},
                 {"run-planned", CVG_PROGRESSING},
                 {"run-planned_and_finished", CVG_READY}};

    /* More plans than a page has: the workspace's own current run is asked for. */
    static const char plans[] = "{\"data\":[{\"id\":\"run-1\",\"type\":\"runs\",\"attributes\":"
                                "{\"status\":\"planned_and_finished\",\"plan-only\":true}}]}";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        service_forget(service);
        says(service, RUNS, 200, plans);
        says_file(service, "api/v2/runs/run-EXAMPLE0000000001", cases[i].name);
        says_the_rest(service);
        const struct cvg_place_sight *sight = service_look(service);
        assert_int_equal(sight->run.given, 1);
        assert_int_equal(sight->run.status, cases[i].status);
    }
    service_forget(service);
    says(service, RUNS, 403, NULL);
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->fault, 0);
    assert_int_equal(sight->run.status, CVG_UNKNOWN);
    assert_string_equal(sight->run.reason, "RunUnreadable");
}

static void targets_and_begun_applies_are_seen(void **state)
{
    (void)state;
    static const char text[] =
        "{\"data\":{\"id\":\"run-1\",\"type\":\"runs\",\"attributes\":{\"status\":\"errored\","
        "\"target-addrs\":[\"aws_vpc.main\"],\"status-timestamps\":{\"applying-at\":"
        "\"2026-01-02T03:04:05+00:00\"}}}}";
    static const char none[] =
        "{\"data\":{\"id\":\"run-1\",\"type\":\"runs\",\"attributes\":{\"status\":\"errored\","
        "\"target-addrs\":[],\"status-timestamps\":{\"planned-at\":\"2026-01-02T03:04:05Z\"}}}}";
    struct cvg_tf_remote_run run;
    assert_int_equal(cvg_tf_remote_run_read(text, strlen(text), &run), 0);
    assert_int_equal(run.is_targeted, 1);
    assert_int_equal(run.began_apply, 1);
    assert_int_equal(cvg_tf_remote_run_read(none, strlen(none), &run), 0);
    assert_int_equal(run.is_targeted, 0);
    assert_int_equal(run.began_apply, 0);
}

static void assessments_have_their_word(void **state)
{
    struct service *service = *state;

    static const struct {
        struct cvg_tf_remote_assessment assessment;
        uint32_t status;
        const char *reason;
    } cases[] = {
        {{.succeeded = 1}, CVG_READY, "AssessmentClean"},
        {{.succeeded = 1, .drifted = 1}, CVG_DEGRADED, "Drifted"},
        {{.succeeded = 1, .drifted = 1, .errored = 1}, CVG_FAILED, "ChecksFailed"},
        {{.succeeded = 1, .failed = 2}, CVG_FAILED, "ChecksFailed"},
        {{.succeeded = 1, .unknown = 1}, CVG_UNKNOWN, "ChecksUnknown"},
        {{.succeeded = 1, .drifted = -1}, CVG_UNKNOWN, "AssessmentFailed"},
        {{.succeeded = 0, .failed = 1}, CVG_UNKNOWN, "AssessmentFailed"},
        {{.succeeded = -1}, CVG_UNKNOWN, "AssessmentFailed"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cvg_place_word word;
        cvg_tf_remote_assessment_word(&cases[i].assessment, &word);
        assert_int_equal(word.status, cases[i].status);
        assert_string_equal(word.reason, cases[i].reason);
    }
    int64_t made_at = 0;
    assert_int_equal(cvg_parse_time("2026-01-02T03:04:05Z", 20, &made_at), 0);
    says_file(service, ASSESSMENT, "assessment-drifted");
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->assessment.status, CVG_FAILED);
    assert_int_equal(sight->assessment.made_at, made_at);
}

static void a_server_that_asks_for_quiet_gets_it(void **state)
{
    struct service *service = *state;
    service_says(service,
                 &(struct service_says){WORKSPACE, 429, NULL, 0, "X-RateLimit-Reset: 2.5\n", 1});
    says_the_rest(service);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->fault, CVG_FAULT_THROTTLED);
    assert_string_equal(sight->text, "the service asked to come back later, in 3 s");
    service_pass(service, INT64_C(2400000000));
    sight = service_look(service);
    assert_int_equal(sight->fault, CVG_FAULT_THROTTLED);
    assert_string_equal(service_asked(service), "");
    service_pass(service, INT64_C(200000000));
    assert_int_equal(service_look(service)->fault, 0);
    /* One that does not say how long is left alone for a second; none for more than five minutes. */
    service_forget(service);
    service_says(service, &(struct service_says){RUNS, 429, NULL, 0, NULL, 1});
    service_says(service,
                 &(struct service_says){RUNS, 429, NULL, 0, "X-RateLimit-Reset: 1e300\n", 1});
    says_the_rest(service);
    assert_string_equal(service_look(service)->text,
                        "the service asked to come back later, in 1 s");
    service_pass(service, INT64_C(1000000000));
    assert_string_equal(service_look(service)->text,
                        "the service asked to come back later, in 300 s");
}

static void what_is_refused_is_named(void **state)
{
    struct service *service = *state;

    static const struct {
        const char *path;
        uint32_t status;
        const char *body;
        uint32_t fault;
    } cases[] = {
        {WORKSPACE, 401, NULL, CVG_FAULT_AUTH},
        {WORKSPACE, 0, NULL, CVG_FAULT_CONNECT},
        {WORKSPACE, 200, "<html>", CVG_FAULT_PROTOCOL},
        {WORKSPACE, 200, "{\"data\":{\"id\":\"x\",\"type\":\"runs\"}}", CVG_FAULT_PROTOCOL},
        {RUNS, 500, NULL, CVG_FAULT_PROTOCOL},
        {RUNS, 200, "{}", CVG_FAULT_PROTOCOL},
        {ASSESSMENT, 502, NULL, CVG_FAULT_PROTOCOL},
        {ASSESSMENT, 200, "{}", CVG_FAULT_PROTOCOL},
        {VERSION, 200, "{}", CVG_FAULT_PROTOCOL},
        {VERSION, 200,
         "{\"data\":{\"id\":\"sv-1\",\"type\":\"state-versions\",\"attributes\":{\"status\":"
         "\"discarded\"}}}",
         CVG_FAULT_PROTOCOL},
        {VERSION, 200,
         "{\"data\":{\"id\":\"sv-1\",\"type\":\"state-versions\",\"attributes\":{\"hosted-state-"
         "download-url\":\"http://10.0.0.1/\"}}}",
         CVG_FAULT_PROTOCOL},
        {STATE, 403, NULL, CVG_FAULT_AUTH},
        {STATE, 0, NULL, CVG_FAULT_CONNECT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        service_forget(service);
        says(service, cases[i].path, cases[i].status, cases[i].body);
        says_the_rest(service);
        const struct cvg_place_sight *sight = service_look(service);
        if (sight->fault != cases[i].fault || sight->bytes != NULL) {
            fail_msg("%zu: %u %s", i, sight->fault, sight->text);
        }
    }
}

static void a_look_can_end_at_every_turn(void **state)
{
    struct service *service = *state;
    struct cvg_place_look *look = NULL;
    unsigned turns = 0;
    says_the_rest(service);
    while ((look = service_begin(service, turns)) != NULL) {
        cvg_tf_remote.cancel(look);
        turns++;
    }
    assert_int_equal(turns, 7);
    assert_int_equal(service_seen(service), 1);
    assert_non_null(service_begin(service, 1)); /* the source ends in the middle of it */
}

static void settings_are_checked(void **state)
{
    struct service *service = *state;
    const struct cvg_tf_source_config none = {0}, dots = {.organization = "..", .workspace = "."};
    const struct cvg_place_settings of_none = {.own = &none}, of_dots = {.own = &dots};
    assert_string_equal(service_check(service, &cvg_tf_remote, &settings, 1), "");
    assert_string_equal(service_check(service, &cvg_tf_remote, &of_none, 1),
                        "organization: is missing\nworkspace: is missing\n");
    assert_non_null(
        strstr(service_check(service, &cvg_tf_remote, &of_dots, 1), "workspace: is not a name"));
    assert_non_null(
        strstr(service_check(service, &cvg_tf_remote, &settings, 0), "url: is missing"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_current_state_is_brought_once),
        TEST(another_serial_is_being_written),
        TEST(a_state_without_a_serial_is_handed_over),
        TEST(a_newer_version_in_between_is_seen),
        TEST(the_lock_is_held_when_it_is_at_either_end),
        TEST(a_workspace_that_does_not_say_is_locked),
        TEST(nothing_there_is_both_things),
        TEST(versions_on_their_way_are_being_written),
        TEST(redirects_lead_to_the_state),
        TEST(redirects_do_not_go_in_circles_or_into_the_clear),
        TEST(addresses_are_safe_or_refused),
        TEST(statuses_of_runs_have_their_word),
        TEST(runs_that_are_no_full_apply_are_no_good_news),
        TEST(the_run_that_counts_is_chosen),
        TEST(fixtures_of_runs_are_read),
        TEST(targets_and_begun_applies_are_seen),
        TEST(assessments_have_their_word),
        TEST(a_server_that_asks_for_quiet_gets_it),
        TEST(what_is_refused_is_named),
        TEST(a_look_can_end_at_every_turn),
        TEST(settings_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
