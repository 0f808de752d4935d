/* SPDX-License-Identifier: Apache-2.0 */
#include "backend.h"
#include "kubernetes_decode.h"
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NAME "tfstate-default-staging"
#define SELECTOR                                                                                   \
    "api/v1/namespaces/terraform/secrets?labelSelector=tfstate%3Dtrue%2C"                          \
    "tfstateSecretSuffix%3Dstaging%2CtfstateWorkspace%3Ddefault"
#define LEASE "apis/coordination.k8s.io/v1/namespaces/terraform/leases/lock-" NAME

static const struct cvg_tf_source_config config = {
    .namespace = "terraform", .workspace = "default", .secret_suffix = "staging"};
static const struct cvg_place_settings settings = {.limit = 1 << 20, .own = &config};

static int set_up(void **state)
{
    *state = service_new();
    service_open(*state, &cvg_tf_kubernetes, &settings);
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

/* A list of one item. The caller's to free. */
static char *list_of(const char *item)
{
    size_t size = strlen(item) + 128;
    char *list = malloc(size);
    assert_non_null(list);
    (void)snprintf(list, size, "{\"kind\":\"SecretList\",\"apiVersion\":\"v1\",\"items\":[%s]}",
                   item);
    return list;
}

static void is_the_fixture(struct service *service, const struct cvg_place_sight *sight)
{
    size_t length = 0;
    const char *whole = service_file(service, "tf-1.5.7/app/applied.tfstate", &length);
    assert_int_equal(sight->fault, 0);
    assert_int_equal(sight->length, length);
    assert_memory_equal(sight->bytes, whole, length);
}

static void one_secret_is_unpacked(void **state)
{
    struct service *service = *state;
    char *list = list_of(service_file(service, "constructed/kubernetes-secret.json", NULL));
    says(service, SELECTOR, 200, list);
    is_the_fixture(service, service_look(service));
    assert_string_equal(service_asked(service),
                        LEASE " application/json\n" SELECTOR " application/json\n" LEASE
                              " application/json\n");
    free(list);
}

static void chunks_are_put_in_order(void **state)
{
    struct service *service = *state;
    says(service, SELECTOR, 200,
         service_file(service, "constructed/kubernetes-secret-list-chunked.json", NULL));
    is_the_fixture(service, service_look(service));
}

static void versions_that_stay_bring_nothing_again(void **state)
{
    struct service *service = *state;
    const char *list =
        service_file(service, "constructed/kubernetes-secret-list-chunked.json", NULL);
    /* What the API server answers who wants metadata only, items in another order. */
    static const char metadata[] =
        "{\"kind\":\"PartialObjectMetadataList\",\"items\":["
        "{\"metadata\":{\"name\":\"" NAME "\",\"resourceVersion\":\"102\"}},"
        "{\"metadata\":{\"name\":\"" NAME "-part-1\",\"resourceVersion\":\"103\"}}]}";
    static const char newer[] =
        "{\"kind\":\"PartialObjectMetadataList\",\"items\":["
        "{\"metadata\":{\"name\":\"" NAME "\",\"resourceVersion\":\"104\"}},"
        "{\"metadata\":{\"name\":\"" NAME "-part-1\",\"resourceVersion\":\"103\"}}]}";
    service_says(service, &(struct service_says){SELECTOR, 200, list, 0, NULL, 1});
    service_says(service, &(struct service_says){SELECTOR, 200, metadata, 0, NULL, 1});
    is_the_fixture(service, service_look(service));
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->unchanged, 1);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
    assert_non_null(strstr(service_asked(service), "as=PartialObjectMetadataList"));
    service_says(service, &(struct service_says){SELECTOR, 200, newer, 0, NULL, 1});
    service_says(service, &(struct service_says){SELECTOR, 200, list, 0, NULL, 0});
    is_the_fixture(service, service_look(service));
    /* A server that knows of no metadata lists, and answers with all. */
    assert_int_equal(service_look(service)->unchanged, 1);
}

static void what_does_not_fit_together_is_being_written(void **state)
{
    struct service *service = *state;
    static const char *const items[] = {
        /* no first one; a gap; one twice */
        "{\"metadata\":{\"name\":\"" NAME "-part-1\"},\"data\":{\"tfstate\":\"H4sI\"}}",
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":{\"tfstate\":\"H4sI\"}},"
        "{\"metadata\":{\"name\":\"" NAME "-part-2\"},\"data\":{\"tfstate\":\"H4sI\"}}",
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":{\"tfstate\":\"H4sI\"}},"
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":{\"tfstate\":\"H4sI\"}}",
        /* without data, with other data, with an empty one */
        "{\"metadata\":{\"name\":\"" NAME "\"}}",
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":{\"other\":\"H4sI\"}}",
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":{\"tfstate\":\"\"}}",
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":null}",
        /* gzip that is cut, and none */
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":{\"tfstate\":\"H4sI\"}}",
        "{\"metadata\":{\"name\":\"" NAME "\"},\"data\":{\"tfstate\":\"e30=\"}}",
    };
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        char *list = list_of(items[i]);
        service_forget(service);
        says(service, SELECTOR, 200, list);
        const struct cvg_place_sight *sight = service_look(service);
        if (sight->fault != 0 || sight->being_written != 1 || sight->bytes != NULL ||
            strstr(sight->text, NAME) == NULL) {
            fail_msg("%s: %s", items[i], sight->text);
        }
        free(list);
    }
    char *list = list_of(
        service_file(service, "constructed/kubernetes-secret-being-created-no-data.json", NULL));
    service_forget(service);
    says(service, SELECTOR, 200, list);
    assert_int_equal(service_look(service)->being_written, 1);
    free(list);
}

static void no_secret_is_no_state(void **state)
{
    struct service *service = *state;
    static const char *const lists[] = {"{\"kind\":\"SecretList\",\"items\":[]}",
                                        "{\"kind\":\"SecretList\",\"items\":null}"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        service_forget(service);
        says(service, SELECTOR, 200, lists[i]);
        const struct cvg_place_sight *sight = service_look(service);
        assert_int_equal(sight->fault, 0);
        assert_int_equal(sight->absent, 1);
        assert_string_equal(sight->text, "there is no secret " NAME " in namespace terraform");
    }
}

static void leases_are_locks(void **state)
{
    struct service *service = *state;
    const char *locked = service_file(service, "constructed/kubernetes-lease-locked.json", NULL);
    const char *free_lease = service_file(service, "constructed/kubernetes-lease-free.json", NULL);
    char *list = list_of(service_file(service, "constructed/kubernetes-secret.json", NULL));
    says(service, SELECTOR, 200, list);
    says(service, LEASE, 200, locked);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_HELD);
    assert_non_null(strstr(sight->lock_note, "\"Operation\": \"OperationTypeApply\""));
    assert_int_equal(sight->lock_note_length, strlen(sight->lock_note));
    /* Held only when the state had been read. */
    service_free(service);
    *state = service = service_new();
    service_open(service, &cvg_tf_kubernetes, &settings);
    free_lease = service_file(service, "constructed/kubernetes-lease-free.json", NULL);
    locked = service_file(service, "constructed/kubernetes-lease-locked.json", NULL);
    says(service, SELECTOR, 200, list);
    service_says(service, &(struct service_says){LEASE, 200, free_lease, 0, NULL, 1});
    says(service, LEASE, 200, locked);
    assert_int_equal(service_look(service)->lock, CVG_PLACE_LOCK_HELD);
    service_forget(service);
    says(service, SELECTOR, 200, list);
    says(service, LEASE, 200, free_lease);
    sight = service_look(service);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
    assert_string_equal(sight->lock_note, "");
    free(list);
}

static void a_holder_without_a_name_holds_it(void **state)
{
    (void)state;

    static const struct {
        const char *lease;
        int code, is_held;
    } cases[] = {
        {"{\"kind\":\"Lease\",\"spec\":{\"holderIdentity\":\"\"}}", 0, 1},
        {"{\"kind\":\"Lease\",\"spec\":{\"holderIdentity\":7}}", 0, 1},
        {"{\"kind\":\"Lease\",\"spec\":{\"holderIdentity\":null}}", 0, 0},
        {"{\"kind\":\"Lease\"}", 0, 0},
        {"{\"kind\":\"Status\"}", -1, 0},
        {"{\"kind\":\"Lease\",\"spec\":{}", -1, 0},
        {"[]", -1, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cvg_tf_kube_lease lease;
        assert_int_equal(cvg_tf_kube_lease_read(cases[i].lease, strlen(cases[i].lease), &lease),
                         cases[i].code);
        assert_int_equal(lease.is_held, cases[i].is_held);
    }
}

static void what_is_refused_is_named(void **state)
{
    struct service *service = *state;

    static const struct {
        const char *path;
        uint32_t status;
        const char *body;
        uint32_t fault;
        const char *reason, *words;
    } cases[] = {
        {LEASE, 403, NULL, CVG_FAULT_AUTH, "Forbidden",
         "the account may not get leases.coordination.k8s.io in namespace terraform"},
        {SELECTOR, 403, NULL, CVG_FAULT_AUTH, "Forbidden",
         "the account may not list secrets in namespace terraform"},
        {SELECTOR, 401, NULL, CVG_FAULT_AUTH, "Unauthorized", "secrets"},
        {SELECTOR, 0, NULL, CVG_FAULT_CONNECT, "ConnectFailed", "192.0.2.1"},
        {SELECTOR, 500, NULL, CVG_FAULT_PROTOCOL, "SourceError", "500"},
        {SELECTOR, 200, "<html>", CVG_FAULT_PROTOCOL, "BadAnswer", "not a list"},
        {SELECTOR, 200, "{\"kind\":\"Status\"}", CVG_FAULT_PROTOCOL, "BadAnswer", "not a list"},
        {SELECTOR, 200, "{\"kind\":\"SecretList\",\"items\":[],\"metadata\":{\"continue\":\"x\"}}",
         CVG_FAULT_PROTOCOL, "BadAnswer", "not whole"},
        {SELECTOR, 200,
         "{\"kind\":\"SecretList\",\"items\":[{\"metadata\":{\"name\":\"other\\u001b\"}}]}",
         CVG_FAULT_PROTOCOL, "BadAnswer", "secret other? has the labels"},
        {SELECTOR, 200,
         "{\"kind\":\"SecretList\",\"items\":[{\"metadata\":{\"name\":\"" NAME "-part-01\"}}]}",
         CVG_FAULT_PROTOCOL, "BadAnswer", "none of its parts"},
        {SELECTOR, 200,
         "{\"kind\":\"SecretList\",\"items\":[{\"metadata\":{\"name\":\"" NAME
         "\"},\"data\":{\"tfstate\":\"!\"}}]}",
         CVG_FAULT_PROTOCOL, "BadAnswer", "not base64"},
        {LEASE, 200, "{}", CVG_FAULT_PROTOCOL, "BadAnswer", "not a Lease"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        service_forget(service);
        says(service, cases[i].path, cases[i].status, cases[i].body);
        const struct cvg_place_sight *sight = service_look(service);
        if (sight->fault != cases[i].fault || strcmp(sight->reason, cases[i].reason) != 0 ||
            strstr(sight->text, cases[i].words) == NULL) {
            fail_msg("%zu: %u %s", i, sight->fault, sight->text);
        }
    }
}

static void a_state_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct service *service = service_new();
    struct cvg_place_settings small = settings;
    small.limit = 1000;
    service_open(service, &cvg_tf_kubernetes, &small);
    says(service, SELECTOR, 200,
         service_file(service, "constructed/kubernetes-secret-list-chunked.json", NULL));
    assert_int_equal(service_look(service)->fault, CVG_FAULT_TOO_LARGE);
    service_free(service);
}

static void a_look_can_end_at_every_turn(void **state)
{
    struct service *service = *state;
    says(service, SELECTOR, 200,
         service_file(service, "constructed/kubernetes-secret-list-chunked.json", NULL));
    struct cvg_place_look *look = NULL;
    unsigned turns = 0;
    while ((look = service_begin(service, turns)) != NULL) {
        cvg_tf_kubernetes.cancel(look);
        turns++;
    }
    assert_int_equal(turns, 4);
    assert_int_equal(service_seen(service), 1);
    /* The source ends while a worker has the list: this one is of metadata, the next is whole. */
    assert_non_null(service_begin(service, 1));
}

static void settings_are_checked(void **state)
{
    struct service *service = *state;

    static const struct {
        const char *namespace, *workspace, *suffix, *refused;
    } cases[] = {
        {NULL, NULL, "staging", ""},
        {"terraform", "default", NULL, "secret_suffix: is missing"},
        {"terraform", "default", "a/b", "secret_suffix: must be"},
        {"../kube-system", "default", "staging", "namespace: must be"},
        {"terraform", "De fault", "staging", "workspace: must be"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct cvg_tf_source_config other = {.namespace = cases[i].namespace,
                                                   .workspace = cases[i].workspace,
                                                   .secret_suffix = cases[i].suffix};
        const struct cvg_place_settings of = {.own = &other};
        const char *refused = service_check(service, &cvg_tf_kubernetes, &of, 1);
        assert_int_equal(strncmp(refused, cases[i].refused, strlen(cases[i].refused)), 0);
        assert_int_equal(refused[0] == '\0', cases[i].refused[0] == '\0');
    }
    assert_non_null(strstr(service_check(service, &cvg_tf_kubernetes, &settings, 0), "via: "));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(one_secret_is_unpacked),
        TEST(chunks_are_put_in_order),
        TEST(versions_that_stay_bring_nothing_again),
        TEST(what_does_not_fit_together_is_being_written),
        TEST(no_secret_is_no_state),
        TEST(leases_are_locks),
        TEST(a_holder_without_a_name_holds_it),
        TEST(what_is_refused_is_named),
        TEST(a_state_over_the_limit_is_refused),
        TEST(a_look_can_end_at_every_turn),
        TEST(settings_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
