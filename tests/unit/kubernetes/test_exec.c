/* SPDX-License-Identifier: Apache-2.0 */
/* Exec plugins: what they print, where they are found, what they are told, how they fail. */
#include "connection_stage.h"
#include "exec.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define V1   "client.authentication.k8s.io/v1"
#define HEAD "{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":"

static const char *const nothing[] = {NULL};

/* ---- what it printed ---- */

static void answers_are_read(void **state)
{
    (void)state;

    static const struct {
        const char *text, *token, *cert, *key;
        int64_t expires;
    } cases[] = {
        {HEAD "{\"token\":\"sesame\"}}", "sesame", NULL, NULL, 0},
        {HEAD "{\"token\":\"sesame\",\"expirationTimestamp\":\"1970-01-01T00:01:00Z\"}}\n",
         "sesame", NULL, NULL, 60},
        {HEAD "{\"token\":\"a\",\"expirationTimestamp\":null,\"clientKeyData\":\"\"}}", "a", NULL,
         NULL, 0},
        {HEAD "{\"clientCertificateData\":\"c\\nc\\n\",\"clientKeyData\":\"k\\n\"}}", NULL,
         "c\nc\n", "k\n", 0},
        {HEAD "{\"token\":\"a\",\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"},"
              "\"spec\":{\"interactive\":false},\"more\":[1,2]}",
         "a", "c", "k", 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_kube_problem problem = {.text = ""};
        struct cvg_kube_credential *credential =
            cvg_kube_credential_read(cases[i].text, strlen(cases[i].text), V1, &problem);
        if (!credential) {
            fail_msg("%s: %s", cases[i].text, problem.text);
        }
        const char *const got[] = {credential->token, credential->cert_pem, credential->key_pem};
        const char *const want[] = {cases[i].token, cases[i].cert, cases[i].key};
        for (size_t k = 0; k < CVG_COUNT(got); k++) {
            assert_int_equal(got[k] == NULL, want[k] == NULL);
            if (got[k]) {
                assert_string_equal(got[k], want[k]);
            }
        }
        assert_int_equal(credential->expires_wall_ns, cases[i].expires * 1000000000);
        assert_true(cvg_kube_credential_same(credential, credential));
        assert_false(cvg_kube_credential_same(credential, NULL));
        cvg_kube_credential_free(credential);
    }
}

static void answers_that_are_none_are_refused(void **state)
{
    (void)state;

    static const struct {
        const char *text, *said;
    } cases[] = {
        {"", "is no JSON"},
        {"sesame", "is no JSON"},
        {"[]", "is no ExecCredential"},
        {"{}", "is no ExecCredential"},
        {HEAD "{\"token\":\"sesame\"}}{}", "is no JSON"},
        {"{\"apiVersion\":\"v1\",\"kind\":\"sesame\"}", "is no ExecCredential"},
        {"{\"apiVersion\":\"" V1
         "beta1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"sesame\"}}",
         "is of another apiVersion than the kubeconfig says"},
        {HEAD "{}}", "has neither a token nor a certificate"},
        {HEAD "null}", "has neither a token nor a certificate"},
        {HEAD "\"sesame\"}", "has neither a token nor a certificate"},
        {HEAD "{\"token\":\"\"}}", "has neither a token nor a certificate"},
        {HEAD "{\"clientCertificateData\":\"sesame\"}}", "has a certificate without its key"},
        {HEAD "{\"clientKeyData\":\"sesame\"}}", "or a key without one"},
        {HEAD "{\"token\":7}}", "has a token that is none"},
        {HEAD "{\"token\":\"sesame\\r\\nX: y\"}}", "has a token that is none"},
        {HEAD "{\"token\":\"sesame\\u0000\"}}", "has a token that is none"},
        {HEAD "{\"token\":[\"sesame\"]}}", "has a token that is none"},
        {HEAD "{\"token\":\"sesame\",\"expirationTimestamp\":\"sesame\"}}", "that is no time"},
        {HEAD "{\"token\":\"sesame\",\"expirationTimestamp\":1}}", "that is no time"},
        {HEAD "{\"token\":\"sesame\",\"token\":\"other\"}}", "is no JSON"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_kube_problem problem = {.text = ""};
        struct cvg_kube_credential *credential =
            cvg_kube_credential_read(cases[i].text, strlen(cases[i].text), V1, &problem);
        if (credential || !strstr(problem.text, cases[i].said)) {
            fail_msg("%s: %s", cases[i].text, problem.text);
        }
        assert_null(strstr(problem.text, "sesame"));
    }
}

/* ---- where it is ---- */

static void commands_are_found_as_kubectl_finds_them(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage);
    CVG_CLEANUP(cvg_free_pointer) char *bin = cvg_strdup(stage_path(&stage, "bin"));
    assert_int_equal(mkdir(bin, 0700), 0);
    stage_write(&stage, "bin/tool", "#!/bin/sh\n", 0700);
    stage_write(&stage, "bin/data", "no program\n", 0600);
    CVG_CLEANUP(cvg_free_pointer) char *tool = cvg_strdup(stage_path(&stage, "bin/tool"));
    CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("/nonexistent:relative::%s", bin);

    const struct {
        const char *command, *path, *expected;
    } cases[] = {
        {"tool", path, tool},
        {"tool", "/nonexistent", NULL},
        {"tool", NULL, NULL},
        {"tool", "", NULL},
        {"data", path, NULL},
        {"./bin/tool", NULL, tool},
        {"bin/tool", path, tool},
        {"bin/none", path, NULL},
        {"bin/data", path, NULL},
        {tool, NULL, tool},
        {"/nonexistent/tool", path, NULL},
        {bin, path, NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_kube_plugin plugin = {.command = cases[i].command, .directory = stage.folder};
        char found[4096] = "", *real;
        int code = cvg_kube_exec_find(&plugin, cases[i].path, found, sizeof found);
        assert_int_equal(code == 0, cases[i].expected != NULL);
        if (code == 0) {
            real = realpath(found, NULL);
            assert_string_equal(real, cases[i].expected);
            free(real);
        }
    }
    stage_close(&stage);
}

static void it_is_told_what_it_may_know(void **state)
{
    (void)state;
    struct cvg_kube_plugin plugin = {.api_version = V1};
    char *info = cvg_kube_exec_info(&plugin);
    assert_string_equal(info, "{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\","
                              "\"spec\":{\"interactive\":false}}");
    free(info);
    plugin.cluster = "{\"server\":\"https://a\"}";
    info = cvg_kube_exec_info(&plugin);
    assert_string_equal(info, "{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\","
                              "\"spec\":{\"interactive\":false,\"cluster\":"
                              "{\"server\":\"https://a\"}}}");
    free(info);
}

/* ---- a run ---- */

struct ran {
    unsigned calls;
    char token[512], problem[512];
};

static void on_done(void *arg, struct cvg_kube_credential *credential,
                    const struct cvg_kube_problem *problem)
{
    struct ran *ran = arg;
    ran->calls++;
    if (credential) {
        assert_null(problem);
        (void)snprintf(ran->token, sizeof ran->token, "%s", credential->token);
        cvg_kube_credential_free(credential);
    } else {
        (void)snprintf(ran->problem, sizeof ran->problem, "%s", problem->text);
    }
}

static void run(struct stage *stage, const char *script, const char *const *environment,
                struct ran *ran)
{
    const char *arguments[] = {"-c", script, "first", "second", NULL};
    struct cvg_kube_plugin plugin = {
        .command = "sh",
        .directory = stage->folder,
        .api_version = V1,
        .install_hint = "",
        .arguments = arguments,
        .environment = (const char **)(uintptr_t)environment,
        .cluster = "{}",
    };
    struct cvg_kube_exec_run asked = {stage_host(stage), stage_scope(stage), &plugin, on_done, ran};
    struct cvg_kube_problem problem = {.text = ""};
    *ran = (struct ran){0};
    struct cvg_op *op = NULL;
    assert_int_equal(cvg_kube_exec_start(&asked, &op, &problem), 0);
    assert_non_null(op);
    assert_int_equal(ran->calls, 0);
    for (int i = 0; i < 1000 && ran->calls == 0; i++) {
        stage_turn(stage, 10000000);
    }
    assert_int_equal(ran->calls, 1);
}

#define PRINT(token) "printf '%s' '" HEAD "{\"token\":\"'\"" token "\"'\"}}'"

static void a_plugin_runs_and_its_token_is_taken(void **state)
{
    (void)state;

    static const struct {
        const char *script, *token;
    } cases[] = {
        {PRINT("plain"), "plain"},
        {PRINT("$0 $1"), "first second"},
        {PRINT("$GIVEN $INHERITED $BOTH"), "given inherited plugin"},
        {PRINT("$(echo $KUBERNETES_EXEC_INFO | tr -d '\\\"')"),
         "{apiVersion:" V1 ",kind:ExecCredential,spec:{interactive:false,cluster:{}}}"},
        {PRINT("$(pwd)"), "/"},
        {PRINT("$(cat | wc -c)"), "0"},
        {"echo chatter >&2; " PRINT("quiet"), "quiet"},
    };

    static const char *const environment[] = {"GIVEN=first", "BOTH=plugin", "GIVEN=given",
                                              "KUBERNETES_EXEC_INFO=forged", NULL};
    assert_int_equal(setenv("INHERITED", "inherited", 1), 0);
    assert_int_equal(setenv("BOTH", "daemon", 1), 0);
    struct stage stage;
    stage_open(&stage);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct ran ran;
        run(&stage, cases[i].script, environment, &ran);
        if (strcmp(ran.token, cases[i].token) != 0) {
            fail_msg("%s: %s %s", cases[i].script, ran.token, ran.problem);
        }
    }
    stage_close(&stage);
}

static void failures_show_the_first_line_of_stderr_and_never_stdout(void **state)
{
    (void)state;

    static const struct {
        const char *script, *problem;
    } cases[] = {
        {"echo sesame; printf '\\n  no login\\nsesame\\n' >&2; exit 3",
         "the exec plugin 'sh' failed with exit code 3: no login"},
        {"echo sesame; exit 1", "the exec plugin 'sh' failed with exit code 1"},
        {"echo sesame; kill -9 $$", "the exec plugin 'sh' was killed by signal 9"},
        {"printf 'a\\033[31mb\\n' >&2; exit 1",
         "the exec plugin 'sh' failed with exit code 1: a?[31mb"},
        {"echo 'no: Bearer eyJhbGciOiJSUzI1NiIs.eyJzdWIiOiIxMjM0NTY3ODkw.sig at /home/a/.kube/x1' "
         ">&2; "
         "exit 1",
         "the exec plugin 'sh' failed with exit code 1: no: Bearer ***.***.sig at "
         "/home/a/.kube/x1"},
        {"echo 'key=AKIAIOSFODNN7EXAMPLE InvalidClientTokenId' >&2; exit 1",
         "the exec plugin 'sh' failed with exit code 1: *** InvalidClientTokenId"},
        {"head -c 2000000 /dev/zero | tr '\\0' s", "the exec plugin 'sh' printed more than 1 MiB"},
        {"echo sesame", "the exec plugin's answer is no JSON: "},
        {"true", "the exec plugin's answer is no JSON: "},
    };

    struct stage stage;
    stage_open(&stage);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct ran ran;
        run(&stage, cases[i].script, nothing, &ran);
        if (strncmp(ran.problem, cases[i].problem, strlen(cases[i].problem)) != 0) {
            fail_msg("%s: %s", cases[i].script, ran.problem);
        }
        assert_string_equal(ran.token, "");
        assert_null(strstr(ran.problem, "sesame"));
    }
    stage_close(&stage);
}

static void what_is_not_there_is_said_with_its_hint(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage);
    struct cvg_kube_plugin plugin = {
        .command = "cvg-no-such-plugin",
        .directory = stage.folder,
        .api_version = V1,
        .install_hint = "Install it\nfrom there.",
        .arguments = (const char **)(uintptr_t)nothing,
        .environment = (const char **)(uintptr_t)nothing,
    };
    struct ran ran = {0};
    struct cvg_kube_exec_run asked = {stage_host(&stage), stage_scope(&stage), &plugin, on_done,
                                      &ran};
    struct cvg_kube_problem problem = {.text = ""};
    struct cvg_op *op = NULL;
    assert_int_equal(cvg_kube_exec_start(&asked, &op, &problem), -1);
    assert_null(op);
    assert_string_equal(problem.text, "the exec plugin 'cvg-no-such-plugin' is no program that can "
                                      "be found: Install it from there.");
    stage_turn(&stage, 1000000);
    assert_int_equal(ran.calls, 0);
    stage_close(&stage);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read),
        cmocka_unit_test(answers_that_are_none_are_refused),
        cmocka_unit_test(commands_are_found_as_kubectl_finds_them),
        cmocka_unit_test(it_is_told_what_it_may_know),
        cmocka_unit_test(a_plugin_runs_and_its_token_is_taken),
        cmocka_unit_test(failures_show_the_first_line_of_stderr_and_never_stdout),
        cmocka_unit_test(what_is_not_there_is_said_with_its_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
