/* SPDX-License-Identifier: Apache-2.0 */
/* Kubeconfigs: what each context of the fixtures comes to, or which words it is refused with. */
#include "access_text.h"
#include "kubeconfig.h"

#include "base/alloc.h"
#include "module/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER CVG_FIXTURES "/kubernetes/kubeconfig"

static const struct cvg_host host = {.size = sizeof host, .yaml = cvg_yaml_to_json};

/* files: names of fixtures, with ':' between them as in KUBECONFIG. */
static struct cvg_kube_access *load(const char *files, const char *context,
                                    struct cvg_kube_problem *problem)
{
    struct cvg_kube_search search;
    *problem = (struct cvg_kube_problem){.key = ""};
    assert_int_equal(cvg_kube_search_make(&search, NULL, files, NULL, FOLDER, problem), 0);
    struct cvg_kube_access *access =
        cvg_kube_kubeconfig_load(&host, &search, context, cvg_kube_file_read, problem);
    cvg_kube_search_done(&search);
    return access;
}

static void contexts_come_to_a_connection(void **state)
{
    (void)state;
#define DATA  "https://10.0.0.1:6443 ca=ca-data"
#define PLAIN "http://127.0.0.1:8001"

    static const struct {
        const char *files, *context, *expected;
    } cases[] = {
        {"whole.yaml", NULL, DATA " cert=cert-data key=key-data"},
        {"whole.yaml", "data", DATA " cert=cert-data key=key-data"},
        {"whole.yaml", "files",
         "https://api.example.com/k8s/clusters/c-1 name=kubernetes.default "
         "proxy=http://proxy.example.com:3128 ca=ca-file cert=cert-file key=key-file"},
        {"whole.yaml", "token", DATA " token=sesame"},
        {"whole.yaml", "token-file", DATA " token=token-of-file"},
        {"whole.yaml", "basic", DATA " username=admin password=007"},
        {"whole.yaml", "impersonating",
         DATA " token=sesame Impersonate-User=system:serviceaccount:shop:gate "
              "Impersonate-Uid=06f6ce97-e2c5-4ab8-7ba5-7654dd08d52b Impersonate-Group=developers "
              "Impersonate-Group=system:authenticated Impersonate-Extra-reason=audit "
              "Impersonate-Extra-example.com%2Fscope=view "
              "Impersonate-Extra-example.com%2Fscope=read only"},
        {"whole.yaml", "insecure", "https://[fd00::1]:6443 insecure=yes token=sesame"},
        {"whole.yaml", "nobody", PLAIN},
        {"whole.yaml", "empty-user", PLAIN},
        {"whole.yaml", "token-number", PLAIN " token=123456789012345678901234567890"},
        {"whole.yaml", "token-octal", PLAIN " token=0123"},
        {"whole.yaml", "token-yes", PLAIN " token=yes"},
        {"whole.yaml", "token-true", PLAIN " token=true"},
        {"whole.yaml", "42", PLAIN " token=sesame"},
        {"current-json.yaml", NULL, "https://json.example.com token=tabs/and-slashes"},
        /* Merged: the first file that has an entry, whole; the first current-context. */
        {"first.yaml:second.yaml", "shared",
         "https://first.example.com username=first password=first"},
        {"second.yaml:first.yaml", "shared", "https://second.example.com name=second token=second"},
        {"first.yaml:second.yaml", NULL,
         "https://only-second.example.com ca=ca-file username=first password=first"},
        {"first.yaml:third.yaml:second.yaml", NULL,
         "https://first.example.com username=first password=first"},
        {"first.yaml:empty.yaml:second.yaml", "second",
         "https://only-second.example.com ca=ca-file username=first password=first"},
        {"missing.yaml:second.yaml::missing/too.yaml", "second",
         "https://only-second.example.com ca=ca-file token=second"},
    };

#undef DATA
#undef PLAIN

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_kube_problem problem;
        struct cvg_kube_access *access = load(cases[i].files, cases[i].context, &problem);
        const char *context = cases[i].context ? cases[i].context : "(current)";
        if (!access) {
            fail_msg("%s %s: %s", cases[i].files, context, problem.text);
        }
        if (strcmp(access_text(access), cases[i].expected) != 0) {
            fail_msg("%s %s: %s", cases[i].files, context, access_text(access));
        }
        cvg_kube_access_free(access);
    }
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;

    static const struct {
        const char *files, *context, *key, *said;
    } cases[] = {
        {"wrong.yaml", NULL, "kubeconfig",
         "no current-context is set: say which context; there are: cluster-no-server, "},
        {"wrong.yaml", "none", "context",
         "there is no context 'none'; there are: cluster-no-server, "},
        {"whole.yaml", "prod", "context", "token-octal, token-yes, token-true, 42"},
        {"wrong.yaml", "none", "context", ", ..."},
        {"empty.yaml", "prod", "context", "there is no context 'prod', and no other"},
        {"wrong.yaml", "cluster-no-server", "kubeconfig",
         "cluster 'no-server': 'server' is missing"},
        {"wrong.yaml", "cluster-no-scheme", "kubeconfig", "must begin with https:// or http://"},
        {"wrong.yaml", "cluster-ftp", "kubeconfig", "must begin with https:// or http://"},
        {"wrong.yaml", "cluster-password-in-url", "kubeconfig",
         "'server' must not have credentials in it"},
        {"wrong.yaml", "cluster-query", "kubeconfig", "'server' is no address of a server"},
        {"wrong.yaml", "cluster-spaces", "kubeconfig", "'server' is no address of a server"},
        {"wrong.yaml", "cluster-socks", "kubeconfig",
         "'proxy-url' must be http://HOST:PORT; no other proxies"},
        {"wrong.yaml", "cluster-proxy-password", "kubeconfig",
         "'proxy-url' must not have credentials in it"},
        {"wrong.yaml", "cluster-proxy-path", "kubeconfig", "without a path"},
        {"wrong.yaml", "cluster-insecure-and-ca", "kubeconfig",
         "a certificate-authority has no effect: keep one"},
        {"wrong.yaml", "cluster-insecure-yes", "kubeconfig",
         "'insecure-skip-tls-verify' must be true or false"},
        {"wrong.yaml", "cluster-insecure-quoted", "kubeconfig",
         "'insecure-skip-tls-verify' must be true or false"},
        {"wrong.yaml", "cluster-ca-base64", "kubeconfig",
         "'certificate-authority-data' is not base64 of text"},
        {"wrong.yaml", "cluster-ca-no-pem", "kubeconfig",
         "certificate-authority has no certificate (PEM) in it"},
        {"wrong.yaml", "cluster-ca-missing", "kubeconfig",
         FOLDER "/pki/none.crt: No such file or directory"},
        {"wrong.yaml", "cluster-ca-folder", "kubeconfig", FOLDER "/pki: Is a directory"},
        {"wrong.yaml", "cluster-ca-empty", "kubeconfig", FOLDER "/pki/empty: it is empty"},
        {"wrong.yaml", "cluster-server-list", "kubeconfig",
         "cluster 'server-list': 'server' must be text"},
        {"wrong.yaml", "cluster-server-name", "kubeconfig", "'tls-server-name' is no name"},
        {"wrong.yaml", "cluster-twice", "kubeconfig", "the cluster 'twice' stands there twice"},
        {"wrong.yaml", "cluster-null", "kubeconfig", "the cluster 'null' is empty, or no map"},
        {"wrong.yaml", "cluster-missing", "kubeconfig",
         "the context names the cluster 'missing', and there is none"},
        {"wrong.yaml", "user-missing", "kubeconfig",
         "the context names the user 'missing', and there is none"},
        {"wrong.yaml", "user-provider", "kubeconfig", "auth-provider 'gcp' is not known here"},
        {"wrong.yaml", "user-basic-half", "kubeconfig", "username and password need each other"},
        {"wrong.yaml", "user-cert-half", "kubeconfig",
         "a client-certificate without its client-key"},
        {"wrong.yaml", "user-cert-no-pem", "kubeconfig",
         "client-certificate and client-key must be PEM"},
        {"wrong.yaml", "user-both", "kubeconfig", "a token and a password: keep one"},
        {"wrong.yaml", "user-token-file-missing", "kubeconfig",
         "the token's file: " FOLDER "/pki/none: No such file"},
        {"wrong.yaml", "user-token-file-blank", "kubeconfig", FOLDER "/pki/blank: it is empty"},
        {"wrong.yaml", "user-token-control", "kubeconfig",
         "the token has control characters in it"},
        {"wrong.yaml", "user-as-nobody", "kubeconfig",
         "as-uid, as-groups and as-user-extra need 'as'"},
        {"wrong.yaml", "user-as-list", "kubeconfig", "'as-groups' must be a list of texts"},
        {"wrong.yaml", "user-as-extra", "kubeconfig", "'as-user-extra' must be a list of texts"},
        {"wrong.yaml", "no-cluster", "kubeconfig", "the context names no cluster"},
        {"wrong.yaml", "is-empty", "kubeconfig", "the context 'is-empty' is empty, or no map"},
        {"wrong.yaml", "is-text", "kubeconfig", "the context 'is-text' is empty, or no map"},
        {"wrong.yaml", "same", "kubeconfig", "the context 'same' stands there twice"},
        {"missing.yaml:also.yaml", NULL, "kubeconfig",
         "none of the files that KUBECONFIG names is there"},
        {"pki", NULL, "kubeconfig", FOLDER "/pki: Is a directory"},
        {"clusters-map.yaml", NULL, "kubeconfig", "clusters-map.yaml: 'clusters' must be a list"},
        {"pod.yaml", NULL, "kubeconfig", "pod.yaml: is no kubeconfig but of the kind 'Pod'"},
        {"list.yaml", NULL, "kubeconfig", "list.yaml: is no kubeconfig"},
        {"unclosed.yaml", NULL, "kubeconfig", "unclosed.yaml: line "},
        {"anchors.yaml", NULL, "kubeconfig",
         "anchors.yaml: line 1, column 7: anchors are not supported"},
        {"exec.yaml", "always", "kubeconfig", "a daemon has nobody to ask"},
        {"exec.yaml", "no-mode", "kubeconfig",
         "exec's interactiveMode must be Never or IfAvailable"},
        {"exec.yaml", "old", "kubeconfig",
         "exec's apiVersion must be client.authentication.k8s.io/v1"},
        {"exec.yaml", "both", "kubeconfig",
         "exec beside a token, a password or a certificate: keep one"},
        {"exec.yaml", "no-command", "kubeconfig", "exec names no command"},
        {"exec.yaml", "bad-args", "kubeconfig", "'args' must be a list"},
        {"exec.yaml", "bad-env", "kubeconfig", "'env' must be a list of {name, value}"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_kube_problem problem;
        struct cvg_kube_access *access = load(cases[i].files, cases[i].context, &problem);
        const char *context = cases[i].context ? cases[i].context : "(current)";
        if (access) {
            fail_msg("%s %s is taken", cases[i].files, context);
        }
        if (!strstr(problem.text, cases[i].said) || strcmp(problem.key, cases[i].key) != 0) {
            fail_msg("%s %s: %s: %s", cases[i].files, context, problem.key, problem.text);
        }
        assert_null(strstr(problem.text, "sesame"));
    }
}

static void files_to_watch_are_noted(void **state)
{
    (void)state;
    static const char *const expected[] = {"/pki/ca.crt", "/missing.yaml", "/first.yaml",
                                           "/second.yaml"};
    struct cvg_kube_problem problem;
    struct cvg_kube_access *access = load("missing.yaml:first.yaml:second.yaml", NULL, &problem);
    assert_non_null(access);
    assert_int_equal(access->file_count, CVG_COUNT(expected));
    for (size_t i = 0; i < CVG_COUNT(expected); i++) {
        CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s%s", FOLDER, expected[i]);
        assert_string_equal(access->files[i], path);
    }
    cvg_kube_access_free(access);
}

static void plugins_are_described(void **state)
{
    (void)state;
    struct cvg_kube_problem problem;
    struct cvg_kube_access *access = load("exec.yaml", NULL, &problem);
    assert_non_null(access);
    const struct cvg_kube_plugin *plugin = access->plugin;
    assert_string_equal(plugin_text(plugin),
                        "aws: 'eks' 'get-token' '--cluster-name' '42' '--verbose' 'true' '' '' | "
                        "AWS_PROFILE=prod | EMPTY=");
    assert_string_equal(plugin->api_version, "client.authentication.k8s.io/v1");
    assert_string_equal(plugin->install_hint, "Install the AWS CLI.");
    assert_string_equal(plugin->directory, FOLDER);
    assert_string_equal(plugin->cluster,
                        "{\"server\":\"https://eks.example.com\",\"certificate-authority-data\":"
                        "\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCmNhLWZpbGUKLS0tLS1FTkQgQ0VSVElGSUN"
                        "BVEUtLS0tLQo=\",\"config\":{\"audience\":\"06f6ce97\",\"retries\":3,"
                        "\"verbose\":true,\"hint\":null}}");
    struct cvg_kube_access *local = load("exec.yaml", "local", &problem);
    struct cvg_kube_access *beta = load("exec.yaml", "v1beta1", &problem);
    assert_non_null(local);
    assert_non_null(beta);
    assert_null(local->plugin->cluster);
    assert_string_equal(beta->plugin->api_version, "client.authentication.k8s.io/v1beta1");
    assert_false(cvg_kube_plugin_same(local->plugin, beta->plugin));
    assert_false(cvg_kube_plugin_same(local->plugin, NULL));
    cvg_kube_access_free(local);
    cvg_kube_access_free(beta);
    struct cvg_kube_access *again = load("exec.yaml", "aws", &problem);
    assert_true(cvg_kube_access_same(access, again));
    cvg_kube_access_free(again);
    cvg_kube_access_free(access);
}

static void two_readings_can_be_compared(void **state)
{
    (void)state;
    static const char *const contexts[] = {"data",  "files",         "token",    "token-file",
                                           "basic", "impersonating", "insecure", "nobody"};
    for (size_t i = 0; i < CVG_COUNT(contexts); i++) {
        for (size_t k = 0; k < CVG_COUNT(contexts); k++) {
            struct cvg_kube_problem problem;
            struct cvg_kube_access *a = load("whole.yaml", contexts[i], &problem);
            struct cvg_kube_access *b = load("whole.yaml", contexts[k], &problem);
            assert_int_equal(cvg_kube_access_same(a, b), i == k);
            cvg_kube_access_free(a);
            cvg_kube_access_free(b);
        }
    }
}

static void they_are_looked_for_in_order(void **state)
{
    (void)state;

    static const struct {
        const char *explicit_path, *list, *home, *directory, *expected;
        int is_list;
    } cases[] = {
        {"/etc/kubeconfig", "/a:/b", "/root", "/x", "/etc/kubeconfig", 0},
        {NULL, "/a:/b", "/root", "/x", "/a /b", 1},
        {NULL, ":/a::b:", "/root", "/x/y", "/a /x/y/b", 1},
        {NULL, "", "/root", "/x", "/root/.kube/config", 0},
        {NULL, ":::", "/root", "/x", "/root/.kube/config", 0},
        {NULL, NULL, "/root", NULL, "/root/.kube/config", 0},
        {NULL, "b", NULL, NULL, NULL, 0},
        {NULL, NULL, NULL, "/x", NULL, 0},
        {NULL, NULL, "root", "/x", NULL, 0},
        {"relative", NULL, "/root", "/x", NULL, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_kube_search search;
        struct cvg_kube_problem problem = {.key = ""};
        char text[256] = "";
        int code = cvg_kube_search_make(&search, cases[i].explicit_path, cases[i].list,
                                        cases[i].home, cases[i].directory, &problem);
        assert_int_equal(code == 0, cases[i].expected != NULL);
        for (size_t k = 0; code == 0 && k < search.count; k++) {
            size_t used = strlen(text);
            (void)snprintf(text + used, sizeof text - used, "%s%s", k ? " " : "", search.paths[k]);
        }
        if (code == 0) {
            assert_string_equal(text, cases[i].expected);
            assert_int_equal(search.list, cases[i].is_list);
        } else {
            assert_string_equal(problem.key, "kubeconfig");
        }
        cvg_kube_search_done(&search);
    }
}

static void many_are_too_many(void **state)
{
    (void)state;
    char list[256] = "";
    for (int i = 0; i <= CVG_KUBE_FILES_MOST; i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "/%d:", i);
    }
    struct cvg_kube_search search;
    struct cvg_kube_problem problem;
    assert_int_equal(cvg_kube_search_make(&search, NULL, list, NULL, NULL, &problem), -1);
    assert_string_equal(problem.text, "KUBECONFIG names more than 32 files");
    cvg_kube_search_done(&search);

    struct cvg_kube_access *access = cvg_kube_access_new(cvg_kube_file_read);
    for (int i = 0; i < CVG_KUBE_HEADERS_MOST; i++) {
        assert_int_equal(cvg_kube_access_add_header(access, "Impersonate-Group", "a"), 0);
    }
    assert_int_equal(cvg_kube_access_add_header(access, "Impersonate-Group", "a"), -1);
    cvg_kube_access_free(access);
}

static void only_whole_regular_files_within_bounds_are_read(void **state)
{
    (void)state;
    char path[] = "/tmp/cvg-kubeconfig-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    for (int i = 0; i < 20000; i++) {
        assert_true(fputc('a' + i % 26, file) != EOF);
    }
    assert_int_equal(fclose(file), 0);
    char *bytes = NULL;
    size_t length = 0;
    assert_int_equal(cvg_kube_file_read(path, 20000, &bytes, &length), 0);
    assert_int_equal(length, 20000);
    assert_int_equal(bytes[19999], 'a' + 19999 % 26);
    assert_int_equal(bytes[20000], '\0');
    cvg_kube_bytes_free(bytes, length);
    bytes = NULL;
    assert_string_equal(cvg_kube_errno_text(cvg_kube_file_read(path, 19999, &bytes, &length)),
                        "File too large");
    assert_null(bytes);
    assert_int_not_equal(cvg_kube_file_read("/dev/zero", 10, &bytes, &length), 0);
    assert_int_not_equal(cvg_kube_file_read("/nonexistent", 10, &bytes, &length), 0);
    assert_null(bytes);
    assert_int_equal(remove(path), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(contexts_come_to_a_connection),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(files_to_watch_are_noted),
        cmocka_unit_test(plugins_are_described),
        cmocka_unit_test(two_readings_can_be_compared),
        cmocka_unit_test(they_are_looked_for_in_order),
        cmocka_unit_test(many_are_too_many),
        cmocka_unit_test(only_whole_regular_files_within_bounds_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
