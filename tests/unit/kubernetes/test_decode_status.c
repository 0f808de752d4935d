/* SPDX-License-Identifier: Apache-2.0 */
/* Why a server refused, in whatever it said so. */
#include "decode.h"
#include "recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void refusals_are_understood(void **state)
{
    static const struct refusal {
        const char *name;
        int64_t code;
        const char *reason, *cause;
        int64_t retry_after_s;
        const char *words;
    } refusals[] = {
        {"401-bad-token", 401, "Unauthorized", "", 0, "Unauthorized"},
        {"401-bad-token.pb", 401, "Unauthorized", "", 0, "Unauthorized"},
        {"403-readonly-secrets", 403, "Forbidden", "", 0, "cannot list resource \"secrets\""},
        {"403-readonly-secrets.pb", 403, "Forbidden", "", 0, "cannot list resource \"secrets\""},
        {"404-missing-crd-group-admin", 404, "", "", 0, "404 page not found"},
        {"404-missing-crd-group-admin.pb", 404, "", "", 0, "404 page not found"},
        {"404-object", 404, "NotFound", "", 0, "\"nope\" not found"},
        {"404-object.pb", 404, "NotFound", "", 0, "\"nope\" not found"},
        {"410-expired-continue.json", 410, "Expired", "", 0, "continue"},
        {"410-expired-continue.pb", 410, "Expired", "", 0, "continue"},
        {"429-priority-and-fairness.pb", 429, "", "", 0, "Too many requests"},
        {"429-eviction-blocked-by-pdb", 429, "TooManyRequests", "DisruptionBudget", 0, "evict"},
        {"500-bad-resourceversion", 500, "", "", 0, "resourceVersion"},
        {"504-future-resourceversion-list", 504, "Timeout", "ResourceVersionTooLarge", 1,
         "Too large resource version"},
        {"504-future-resourceversion-list.pb", 504, "Timeout", "ResourceVersionTooLarge", 1,
         "Too large resource version"},
        {"etcd-stalled-list-consistent.json", 504, "Timeout", "", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct recording recording;
        struct cvg_kube_status status;
        char name[128];
        (void)snprintf(name, sizeof(name), "errors/%s.http", refusals[i].name);
        recording_load(name, &recording);
        cvg_kube_decode_status(recording.status, recording.content_type, recording.body,
                               recording.length, &status);
        if (status.code != refusals[i].code || strcmp(status.reason, refusals[i].reason) != 0 ||
            strcmp(status.cause, refusals[i].cause) != 0 ||
            status.retry_after_s != refusals[i].retry_after_s ||
            strstr(status.message, refusals[i].words) == NULL) {
            fail_msg("%s: %d %s %s %d: %s", name, (int)status.code, status.reason, status.cause,
                     (int)status.retry_after_s, status.message);
        }
        recording_done(&recording);
    }
}

static void what_people_see_is_printable_and_short(void **state)
{
    static const struct text {
        const char *body, *message;
    } texts[] = {
        {"", ""},
        {"  a\n\tb \r\n", "a b"},
        {"\x1b[31mred\x07", "?[31mred?"},
        {"caf\xc3\xa9 \xff\xc3", "caf\xc3\xa9 ??"},
        {"right\xe2\x80\xaeto left", "right?to left"},
        {"{\"message\":\"a\\u0000b\\u202ec\"}", "a"},
        {"{\"message\":\"a\\u001bb\\nc\"}", "a?b c"},
        {"{\"message\":17}", ""},
        {"{\"mess", "{\"mess"},
        {"k8s", "k8s"},
    };
    struct cvg_kube_status status;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cvg_kube_decode_status(502, "text/html", texts[i].body, strlen(texts[i].body), &status);
        assert_int_equal(status.code, 502);
        assert_string_equal(status.message, texts[i].message);
    }
    cvg_kube_decode_status(502, NULL, NULL, 0, &status);
    assert_string_equal(status.message, "");

    char *page = malloc(1 << 20);
    assert_non_null(page);
    memset(page, 'x', 1 << 20);
    cvg_kube_decode_status(502, "text/html", page, 1 << 20, &status);
    assert_int_equal(strlen(status.message), sizeof(status.message) - 1);
    assert_string_equal(status.message + strlen(status.message) - 3, "...");
    page[0] = '{';
    cvg_kube_decode_status(502, "application/json", page, 1 << 20, &status);
    assert_int_equal(status.code, 502);
    free(page);
}

static void absurd_numbers_are_left_aside(void **state)
{
    static const char body[] =
        "{\"kind\":\"Status\",\"reason\":\"Timeout\",\"code\":-7,\"details\":{"
        "\"retryAfterSeconds\":99999999999,\"causes\":[]}}";
    struct cvg_kube_status status;
    (void)state;
    cvg_kube_decode_status(504, "application/json", body, strlen(body), &status);
    assert_int_equal(status.code, 504);
    assert_int_equal(status.retry_after_s, 86400);
    assert_string_equal(status.cause, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_are_understood),
        cmocka_unit_test(what_people_see_is_printable_and_short),
        cmocka_unit_test(absurd_numbers_are_left_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
