/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: which way is taken, what is said where none is, and what changes while they live. */
#include "connection_stage.h"

#include "base/alloc.h"
#include "base/time.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PEM(kind, text) "-----BEGIN " kind "-----\n" text "\n-----END " kind "-----\n"
#define V1              "client.authentication.k8s.io/v1"

/* A kubeconfig with a context for each way to ask. */
#define CONFIG(server)                                                                             \
    "current-context: file\n"                                                                      \
    "clusters: [{name: c, cluster: {server: '" server "', certificate-authority: ca.crt}},\n"      \
    "  {name: wild, cluster: {server: 'https://10.0.0.9', insecure-skip-tls-verify: true}},\n"     \
    "  {name: clear, cluster: {server: 'http://10.0.0.9'}}]\n"                                     \
    "users: [{name: file, user: {tokenFile: token, as: gate}}, {name: text, user: {token: t}},\n"  \
    "  {name: exec, user: {exec: {apiVersion: " V1 ", command: ./plugin,\n"                        \
    "     interactiveMode: Never}}}]\n"                                                            \
    "contexts: [{name: file, context: {cluster: c, user: file}},\n"                                \
    "  {name: wild, context: {cluster: wild, user: text}},\n"                                      \
    "  {name: clear, context: {cluster: clear, user: text}},\n"                                    \
    "  {name: exec, context: {cluster: c, user: exec}}]\n"

static void write_config(struct stage *stage, const char *text)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s", stage_write(stage, "config", text, 0));
    stage->config.kubeconfig = path;
}

/* A stage whose kubeconfig's token and CA are files. */
static void open_files(struct stage *stage, const char *context)
{
    stage_open(stage);
    stage_write(stage, "ca.crt", PEM("CERTIFICATE", "ca-one"), 0);
    stage_write(stage, "token", "one\n", 0);
    write_config(stage, CONFIG("https://10.0.0.1"));
    stage->config.context = context;
}

/* ---- which way ---- */

static void the_way_is_chosen_by_keys_and_surroundings(void **state)
{
    (void)state;

    static const struct {
        const char *given;
        int kubeconfig, listed, home, pod;
        uint32_t in_cluster;
        const char *endpoint, *refusal; /* one of them */
    } cases[] = {
        {" url ", 0, 1, 1, 1, CVG_ABSENT_UINT, "(operator's) MiB=64", NULL},
        {" url max_body ", 0, 0, 0, 0, CVG_ABSENT_UINT, "", NULL},
        {" via ", 0, 1, 1, 1, CVG_ABSENT_UINT, "", NULL},
        {" url bearer tls ", 0, 0, 0, 0, CVG_ABSENT_UINT, "(operator's) MiB=64", NULL},
        {"", 1, 1, 1, 1, CVG_ABSENT_UINT, "https://given", NULL},
        {"", 0, 1, 1, 1, CVG_ABSENT_UINT, "https://listed", NULL},
        {"", 0, 0, 1, 1, CVG_ABSENT_UINT, "https://home", NULL},
        {"", 0, 0, 0, 1, CVG_ABSENT_UINT, "https://10.96.0.1:443", NULL},
        {"", 0, 1, 1, 1, 1, "https://10.96.0.1:443", NULL},
        {"", 0, 1, 0, 1, 0, "https://listed", NULL},
        {"", 0, 0, 0, 1, 0, NULL, "is not to use the pod's account"},
        {"", 0, 0, 0, 0, CVG_ABSENT_UINT, NULL, ": no way to the cluster: give url, kubeconfig"},
        {"", 0, 1, 1, 0, 1, NULL, "in_cluster: the daemon does not run in a pod"},
        {" url ", 1, 0, 0, 0, CVG_ABSENT_UINT, NULL,
         "kubeconfig: is another way to the cluster than url"},
        {" via ", 0, 0, 0, 1, 1, NULL, "in_cluster: is another way to the cluster than via"},
        {" bearer ", 1, 0, 0, 0, CVG_ABSENT_UINT, NULL, "bearer: has no effect without url"},
        {" tls ", 0, 0, 0, 1, CVG_ABSENT_UINT, NULL, "tls: has no effect without url"},
        {" max_body ", 1, 0, 0, 0, CVG_ABSENT_UINT, "https://given", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct stage stage;
        stage_open(&stage);
        stage.given = cases[i].given;
        stage.config.in_cluster = cases[i].in_cluster;
        assert_int_equal(mkdir(stage_path(&stage, ".kube"), 0700), 0);
#define SIMPLE(name)                                                                               \
    "current-context: a\nclusters: [{name: a, cluster: {server: 'https://" name "'}}]\n"           \
    "contexts: [{name: a, context: {cluster: a}}]\n"
        if (cases[i].kubeconfig) {
            write_config(&stage, SIMPLE("given"));
        }
        stage.surroundings.list = cases[i].listed ? "missing:listed" : "missing";
        if (cases[i].listed) {
            stage_write(&stage, "listed", SIMPLE("listed"), 0);
        }
        if (cases[i].home) {
            stage.surroundings.list = cases[i].listed ? stage.surroundings.list : NULL;
            stage.surroundings.home = stage.folder;
            stage_write(&stage, ".kube/config", SIMPLE("home"), 0);
        }
#undef SIMPLE
        stage.surroundings.in_pod = cases[i].pod;
        stage.surroundings.pod = (struct cvg_kube_pod){"10.96.0.1", "443", stage.folder};
        stage_write(&stage, "token", "pod", 0);
        stage_write(&stage, "ca.crt", PEM("CERTIFICATE", "pod"), 0);
        int created = stage_create(&stage);
        if (created != (cases[i].endpoint != NULL) ||
            (created ? strncmp(stage.endpoint, cases[i].endpoint, strlen(cases[i].endpoint)) != 0
                     : !strstr(stage.refusals, cases[i].refusal))) {
            fail_msg("%zu: %s | %s", i, stage.endpoint, stage.refusals);
        }
        if (created && strstr(cases[i].given, "max_body")) {
            assert_null(strstr(stage.endpoint, "MiB"));
        }
        stage_close(&stage);
    }
}

static void what_is_wrong_is_refused_at_its_key(void **state)
{
    (void)state;

    static const struct {
        const char *context, *config;
        uint32_t allow_exec;
        const char *refusal;
    } cases[] = {
        {"prod", CONFIG("https://a"), 0,
         "context: there is no context 'prod'; there are: file, wild, clear, exec"},
        {"exec", CONFIG("https://a"), 0,
         "allow_exec: user 'exec' of the kubeconfig gets credentials from the program './plugin'"},
        {"exec", CONFIG("https://a"), CVG_ABSENT_UINT, "allow_exec: user 'exec'"},
        {NULL, CONFIG("10.0.0.1"), 0, "cluster 'c': 'server' must begin with https://"},
        {NULL, "a: b: c", 0, "/config: line 1, column 5: a ':' where no key can stand"},
        {NULL, NULL, 0, "/config: No such file or directory"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct stage stage;
        open_files(&stage, cases[i].context);
        stage.config.allow_exec = cases[i].allow_exec;
        if (cases[i].config) {
            write_config(&stage, cases[i].config);
        } else {
            stage_remove(&stage, "config");
        }
        assert_false(stage_create(&stage));
        if (!strstr(stage.refusals, cases[i].refusal)) {
            fail_msg("%s", stage.refusals);
        }
        assert_string_equal(stage.endpoint, "");
        stage_close(&stage);
    }
}

static void what_is_not_verified_is_said_loudly(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"wild", "4 INSECURE: the certificate of the API server is not verified"},
        {"clear", "4 INSECURE: credentials are sent unencrypted to an http address"},
        {"file", ""},
    };
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct stage stage;
        open_files(&stage, cases[i][0]);
        assert_true(stage_create(&stage));
        assert_int_equal(strncmp(stage.log, cases[i][1], strlen(cases[i][1])), 0);
        assert_int_equal(stage.log[0] == '\0', cases[i][1][0] == '\0');
        stage_close(&stage);
    }
}

/* ---- files that change ---- */

static void a_rotated_token_is_taken_and_told(void **state)
{
    (void)state;
    struct stage stage;
    open_files(&stage, NULL);
    stage_start(&stage);
    assert_string_equal(stage.endpoint,
                        "https://10.0.0.1 ca=ca-one token=one Impersonate-User=gate MiB=64");
    stage_until_ready(&stage, 1);

    stage_write(&stage, "token", "two\n", 0);
    stage_until_endpoint(&stage, "ca=ca-one token=two ");
    stage_until_ready(&stage, 2);
    stage_write(&stage, "ca.crt", PEM("CERTIFICATE", "ca-two"), 0);
    stage_until_endpoint(&stage, "ca=ca-two token=two ");
    stage_until_ready(&stage, 3);
    write_config(&stage, CONFIG("https://10.0.0.2"));
    stage_until_endpoint(&stage, "https://10.0.0.2 ca=ca-two");
    stage_until_ready(&stage, 4);
    assert_int_equal(stage.endpoints, 4);
    assert_int_equal(stage.failed, 0);
    assert_null(strstr(stage.log, "two"));
    stage_close(&stage);
}

static void what_cannot_be_read_leaves_the_old(void **state)
{
    (void)state;

    static const struct {
        const char *name, *text, *said;
    } cases[] = {
        {"token", "\n", "the token's file: "},
        {"config", "a: b: c", "/config: line 1"},
        {"ca.crt", "rubbish", "has no certificate (PEM) in it"},
        {"token", NULL, "/token: No such file or directory"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct stage stage;
        open_files(&stage, NULL);
        stage_start(&stage);
        stage_until_ready(&stage, 1);
        if (cases[i].text) {
            stage_write(&stage, cases[i].name, cases[i].text, 0);
        } else {
            stage_remove(&stage, cases[i].name);
        }
        stage_until_log(&stage, cases[i].said);
        assert_non_null(
            strstr(stage.log, "4 credentials cannot be read again, the old ones go on"));
        assert_int_equal(stage.endpoints, 1);
        assert_int_equal(stage.failed, 0);
        /* And the next good one is taken. */
        stage_write(&stage, "ca.crt", PEM("CERTIFICATE", "ca-two"), 0);
        write_config(&stage, CONFIG("https://10.0.0.1"));
        stage_write(&stage, "token", "three", 0);
        stage_until_endpoint(&stage, "ca=ca-two token=three");
        stage_close(&stage);
    }
}

static void a_token_is_read_again_each_minute_unwatched(void **state)
{
    (void)state;
    struct stage stage;
    open_files(&stage, NULL);
    stage.faster = 600; /* a minute is 100 ms */
    stage.unwatched = 1;
    int64_t began = cvg_time_now();
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    stage_write(&stage, "token", "two", 0);
    stage_until_endpoint(&stage, "token=two");
    assert_true(cvg_time_now() - began >= 95 * CVG_MS);
    stage_write(&stage, "token", "three", 0);
    stage_until_endpoint(&stage, "token=three");
    assert_true(cvg_time_now() - began >= 195 * CVG_MS);
    stage_close(&stage);
}

static void a_refusal_reads_again_at_most_once_a_second(void **state)
{
    (void)state;
    struct stage stage;
    open_files(&stage, NULL);
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    stage_write(&stage, "token", "two", 0);
    cvg_kube_connection_refused(stage.connection); /* sooner than the watch */
    stage_until_endpoint(&stage, "token=two");
    int64_t began = cvg_time_now();
    stage_write(&stage, "token", "\n", 0);
    for (int i = 0; i < 100; i++) {
        cvg_kube_connection_refused(stage.connection);
    }
    stage_until_log(&stage, "it is empty");
    stage_turn(&stage, 1100 * CVG_MS);
    assert_true(cvg_time_now() - began >= CVG_SECOND);
    assert_int_equal(stage.failed, 0);
    stage_close(&stage);

    /* Of the operator's own secrets nothing is read here. */
    stage_open(&stage);
    stage.given = " url ";
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    cvg_kube_connection_refused(stage.connection);
    stage_turn(&stage, 5 * CVG_MS);
    assert_int_equal(stage.ready, 1);
    stage_close(&stage);
}

static void a_pods_account_rotates_as_the_kubelet_does_it(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage);
    /* The files are links into a folder that is swapped. */
    assert_int_equal(mkdir(stage_path(&stage, "1"), 0700), 0);
    stage_write(&stage, "1/token", "one", 0);
    stage_write(&stage, "1/ca.crt", PEM("CERTIFICATE", "ca-one"), 0);
    assert_int_equal(symlink("1", stage_path(&stage, "..data")), 0);
    assert_int_equal(symlink("..data/token", stage_path(&stage, "token")), 0);
    assert_int_equal(symlink("..data/ca.crt", stage_path(&stage, "ca.crt")), 0);
    stage.config.in_cluster = 1;
    stage.surroundings.in_pod = 1;
    stage.surroundings.pod = (struct cvg_kube_pod){"fd00::1", "443", stage.folder};
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    assert_string_equal(stage.endpoint, "https://[fd00::1]:443 ca=ca-one token=one MiB=64");

    assert_int_equal(mkdir(stage_path(&stage, "2"), 0700), 0);
    stage_write(&stage, "2/token", "two", 0);
    stage_write(&stage, "2/ca.crt", PEM("CERTIFICATE", "ca-two"), 0);
    assert_int_equal(symlink("2", stage_path(&stage, "..fresh")), 0);
    CVG_CLEANUP(cvg_free_pointer) char *fresh = cvg_strdup(stage_path(&stage, "..fresh"));
    assert_int_equal(rename(fresh, stage_path(&stage, "..data")), 0);
    stage_until_endpoint(&stage, "ca=ca-two token=two");
    stage_until_ready(&stage, 2);
    stage_close(&stage);
}

/* ---- exec plugins ---- */

/* Prints what `answer` holds, and counts its runs by a dot each. */
#define PLUGIN                                                                                     \
    "#!/bin/sh\ncd \"$(dirname \"$0\")\" && printf . >>runs && cat answer && cat problem >&2; "    \
    "exit \"$(cat code)\"\n"

static void set_answer(struct stage *stage, const char *token, const char *expires)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *text =
        cvg_format("{\"apiVersion\":\"" V1 "\",\"kind\":\"ExecCredential\",\"status\":{"
                   "\"token\":\"%s\",\"expirationTimestamp\":%s%s%s}}",
                   token, expires ? "\"" : "", expires ? expires : "null", expires ? "\"" : "");
    stage_write(stage, "answer", text, 0);
}

static void open_exec(struct stage *stage, const char *token, const char *expires)
{
    open_files(stage, "exec");
    stage->config.allow_exec = 1;
    stage_write(stage, "plugin", PLUGIN, 0700);
    stage_write(stage, "code", "0", 0);
    stage_write(stage, "problem", "", 0);
    set_answer(stage, token, expires);
}

static size_t runs_of(struct stage *stage)
{
    struct stat info;
    return stat(stage_path(stage, "runs"), &info) == 0 ? (size_t)info.st_size : 0;
}

static void nobody_asks_before_the_plugin_answered(void **state)
{
    (void)state;
    struct stage stage;
    open_exec(&stage, "one", NULL);
    assert_true(stage_create(&stage));
    assert_string_equal(stage.endpoint, "");
    assert_int_equal(runs_of(&stage), 0); /* `--check` runs nothing */
    cvg_kube_connection_free(stage.connection);
    stage_start(&stage);
    assert_string_equal(stage.endpoint, "");
    stage_until_ready(&stage, 1);
    assert_string_equal(stage.endpoint, "https://10.0.0.1 ca=ca-one token=one MiB=64");
    assert_int_equal(runs_of(&stage), 1);
    stage_close(&stage);
}

static void a_credential_is_kept_until_shortly_before_its_end(void **state)
{
    (void)state;
    struct stage stage;
    char expires[CVG_NUMBER_TEXT];
    open_exec(&stage, "one", NULL);
    stage.faster = 1000;
    cvg_format_time(cvg_time_wall() + 900 * CVG_SECOND, 0, expires, sizeof expires);
    set_answer(&stage, "one", expires);
    int64_t began = cvg_time_now();
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    /* 900 s are 900 ms here; it is replaced a minute before. */
    set_answer(&stage, "two", NULL);
    stage_until_endpoint(&stage, "token=two");
    assert_true(cvg_time_now() - began >= 800 * CVG_MS);
    stage_until_ready(&stage, 2);
    assert_int_equal(runs_of(&stage), 2);
    assert_int_equal(stage.failed, 0);
    stage_close(&stage);
}

static void a_refused_credential_is_fetched_again(void **state)
{
    (void)state;
    struct stage stage;
    open_exec(&stage, "one", NULL);
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    set_answer(&stage, "two", NULL);
    cvg_kube_connection_refused(stage.connection);
    cvg_kube_connection_refused(stage.connection);
    assert_int_equal(stage.ready, 1); /* nobody is called back from inside */
    stage_until_endpoint(&stage, "token=two");
    stage_until_ready(&stage, 2);
    stage_close(&stage);
}

static void a_server_that_refuses_for_ever_does_not_run_the_plugin_for_ever(void **state)
{
    (void)state;
    struct stage stage;
    open_exec(&stage, "one", NULL);
    stage.faster = 100;
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    /* Another token each time, each refused at once, for a minute: 0.8 + 1.6 + ... s between. */
    int64_t end = cvg_time_now() + 600 * CVG_MS;
    while (cvg_time_now() < end) {
        char token[32];
        (void)snprintf(token, sizeof token, "t%zu", runs_of(&stage));
        set_answer(&stage, token, NULL);
        cvg_kube_connection_refused(stage.connection);
        stage_turn(&stage, 5 * CVG_MS);
    }
    assert_in_range(runs_of(&stage), 3, 8);
    stage_close(&stage);
}

static void a_plugin_that_fails_is_told_and_tried_again(void **state)
{
    (void)state;
    struct stage stage;
    open_exec(&stage, "sesame", NULL);
    stage.faster = 20;
    stage_write(&stage, "code", "7", 0);
    stage_write(&stage, "problem", "please log in\n", 0);
    stage_start(&stage);
    stage_until_failure(&stage,
                        "CredentialsFailed: the exec plugin './plugin' failed with exit code 7: "
                        "please log in");
    assert_int_equal(stage.ready, 0);
    assert_string_equal(stage.endpoint, "");
    assert_null(strstr(stage.failure, "sesame"));
    stage_write(&stage, "code", "0", 0);
    stage_until_ready(&stage, 1);
    assert_non_null(strstr(stage.endpoint, "token=sesame"));
    stage_close(&stage);
}

static void a_credential_that_has_expired_is_none(void **state)
{
    (void)state;
    struct stage stage;
    open_exec(&stage, "one", "2020-01-01T00:00:00Z");
    stage_start(&stage);
    stage_until_failure(&stage, "gave a credential that has expired already");
    assert_string_equal(stage.endpoint, "");
    stage_close(&stage);
}

static void an_old_credential_goes_on_while_it_is_good(void **state)
{
    (void)state;
    struct stage stage;
    open_exec(&stage, "one", NULL);
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    stage_write(&stage, "code", "1", 0);
    cvg_kube_connection_refused(stage.connection);
    stage_until_log(&stage,
                    "the old ones go on: the exec plugin './plugin' failed with exit code 1");
    assert_int_equal(stage.failed, 0);
    assert_int_equal(stage.endpoints, 1);
    stage_close(&stage);
}

static void another_user_in_the_kubeconfig_is_another_credential(void **state)
{
    (void)state;
    struct stage stage;
    open_exec(&stage, "one", NULL);
    stage.config.context = NULL;
    stage_start(&stage);
    stage_until_ready(&stage, 1);
    assert_non_null(strstr(stage.endpoint, "token=one Impersonate-User=gate"));
    set_answer(&stage, "of-plugin", NULL);
    CVG_CLEANUP(cvg_free_pointer) char *text = cvg_strdup(CONFIG("https://10.0.0.1"));
    memcpy(strstr(text, "current-context: file"), "current-context: exec", 21);
    write_config(&stage, text);
    stage_until_endpoint(&stage, "https://10.0.0.1 ca=ca-one token=of-plugin MiB=64");
    stage_write(&stage, "ca.crt", PEM("CERTIFICATE", "ca-two"), 0);
    stage_until_endpoint(&stage, "ca=ca-two token=of-plugin");
    assert_int_equal(runs_of(&stage), 1); /* it is the same user */
    write_config(&stage, CONFIG("https://10.0.0.1"));
    stage_until_endpoint(&stage, "ca=ca-two token=one Impersonate-User=gate");
    stage_close(&stage);
}

static void its_end_may_come_at_any_time(void **state)
{
    (void)state;
    for (int64_t turn = 0; turn < 12; turn++) {
        struct stage stage;
        open_exec(&stage, "one", NULL);
        stage_start(&stage);
        stage_turn(&stage, turn * CVG_MS);
        stage_write(&stage, "token", "two", 0);
        cvg_kube_connection_refused(stage.connection);
        stage_turn(&stage, turn * CVG_MS / 2);
        stage_close(&stage);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_is_chosen_by_keys_and_surroundings),
        cmocka_unit_test(what_is_wrong_is_refused_at_its_key),
        cmocka_unit_test(what_is_not_verified_is_said_loudly),
        cmocka_unit_test(a_rotated_token_is_taken_and_told),
        cmocka_unit_test(what_cannot_be_read_leaves_the_old),
        cmocka_unit_test(a_token_is_read_again_each_minute_unwatched),
        cmocka_unit_test(a_refusal_reads_again_at_most_once_a_second),
        cmocka_unit_test(a_pods_account_rotates_as_the_kubelet_does_it),
        cmocka_unit_test(nobody_asks_before_the_plugin_answered),
        cmocka_unit_test(a_credential_is_kept_until_shortly_before_its_end),
        cmocka_unit_test(a_refused_credential_is_fetched_again),
        cmocka_unit_test(a_server_that_refuses_for_ever_does_not_run_the_plugin_for_ever),
        cmocka_unit_test(a_plugin_that_fails_is_told_and_tried_again),
        cmocka_unit_test(a_credential_that_has_expired_is_none),
        cmocka_unit_test(an_old_credential_goes_on_while_it_is_good),
        cmocka_unit_test(another_user_in_the_kubeconfig_is_another_credential),
        cmocka_unit_test(its_end_may_come_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
