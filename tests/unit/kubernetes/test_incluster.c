/* SPDX-License-Identifier: Apache-2.0 */
/* The account of a pod: environment, files, and what is missing. */
#include "access_text.h"
#include "connection_stage.h"
#include "incluster.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CA "-----BEGIN CERTIFICATE-----\npod-ca\n-----END CERTIFICATE-----\n"

static void the_environment_says_whether_this_is_a_pod(void **state)
{
    (void)state;

    static const struct {
        const char *host, *port;
        int is_pod;
    } cases[] = {
        {"10.96.0.1", "443", 1}, {NULL, "443", 0},     {"10.96.0.1", NULL, 0},
        {"", "443", 0},          {"10.96.0.1", "", 0}, {NULL, NULL, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_kube_pod pod = {0};
        assert_int_equal(unsetenv("KUBERNETES_SERVICE_HOST"), 0);
        assert_int_equal(unsetenv("KUBERNETES_SERVICE_PORT"), 0);
        if (cases[i].host) {
            assert_int_equal(setenv("KUBERNETES_SERVICE_HOST", cases[i].host, 1), 0);
        }
        if (cases[i].port) {
            assert_int_equal(setenv("KUBERNETES_SERVICE_PORT", cases[i].port, 1), 0);
        }
        assert_int_equal(cvg_kube_pod_here(&pod), cases[i].is_pod);
        if (cases[i].is_pod) {
            assert_string_equal(pod.folder, "/var/run/secrets/kubernetes.io/serviceaccount");
        }
    }
    assert_int_equal(unsetenv("KUBERNETES_SERVICE_HOST"), 0);
    assert_int_equal(unsetenv("KUBERNETES_SERVICE_PORT"), 0);
}

static void its_files_come_to_a_connection(void **state)
{
    (void)state;

    static const struct {
        const char *host, *port, *token, *ca;
        const char *expected, *said;
    } cases[] = {
        {"10.96.0.1", "443", "sesame\n", CA, "https://10.96.0.1:443 ca=pod-ca token=sesame", NULL},
        {"fd00::1", "6443", " sesame", CA, "https://[fd00::1]:6443 ca=pod-ca token=sesame", NULL},
        {"kubernetes.default", "443", "sesame", CA,
         "https://kubernetes.default:443 ca=pod-ca token=sesame", NULL},
        {"10.96.0.1/x", "443", "sesame", CA, NULL, "KUBERNETES_SERVICE_HOST is no host"},
        {"a@b", "443", "sesame", CA, NULL, "KUBERNETES_SERVICE_HOST is no host"},
        {"10.96.0.1", "0", "sesame", CA, NULL, "KUBERNETES_SERVICE_PORT is no port"},
        {"10.96.0.1", "65536", "sesame", CA, NULL, "KUBERNETES_SERVICE_PORT is no port"},
        {"10.96.0.1", "443/x", "sesame", CA, NULL, "KUBERNETES_SERVICE_PORT is no port"},
        {"10.96.0.1", "443", NULL, CA, NULL, "/token: No such file or directory"},
        {"10.96.0.1", "443", "\n", CA, NULL, "/token: it is empty"},
        {"10.96.0.1", "443", "sesame", NULL, NULL, "/ca.crt: No such file or directory"},
        {"10.96.0.1", "443", "sesame", "", NULL, "/ca.crt: it is empty"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct stage stage;
        struct cvg_kube_problem problem = {.key = ""};
        stage_open(&stage);
        const char *const files[][2] = {{"token", cases[i].token}, {"ca.crt", cases[i].ca}};
        for (size_t k = 0; k < CVG_COUNT(files); k++) {
            if (files[k][1]) {
                stage_write(&stage, files[k][0], files[k][1], 0);
            }
        }
        struct cvg_kube_pod pod = {cases[i].host, cases[i].port, stage.folder};
        struct cvg_kube_access *access = cvg_kube_pod_load(&pod, cvg_kube_file_read, &problem);
        if (cases[i].expected) {
            assert_non_null(access);
            assert_string_equal(access_text(access), cases[i].expected);
            assert_int_equal(access->file_count, 2);
        } else {
            assert_null(access);
            assert_string_equal(problem.key, "in_cluster");
            assert_non_null(strstr(problem.text, cases[i].said));
            assert_null(strstr(problem.text, "sesame"));
        }
        cvg_kube_access_free(access);
        stage_close(&stage);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_environment_says_whether_this_is_a_pod),
        cmocka_unit_test(its_files_come_to_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
