/* SPDX-License-Identifier: Apache-2.0 */
/* What `convergate init` takes from answers, and that whatever it writes passes the loader. */
#include "client/init_decode.h"
#include "client/init_write.h"
#include "config/config.h"
#include "module/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int open_registry(void **state)
{
    struct cvg_registry *registry = NULL;
    struct cvg_error error = {0};
    if (cvg_registry_open(CVG_BUILD "/lib/convergate/probes", &registry, &error) < 0) {
        print_error("%s\n", error.text);
        return -1;
    }
    *state = registry;
    return 0;
}

static int close_registry(void **state)
{
    cvg_registry_free(*state);
    return 0;
}

static bool has(struct cvg_registry *registry, const char *module)
{
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    const char *why = NULL;
    return kinds.find(kinds.ctx, module, &why) != NULL;
}

/* Writes it, loads that, and counts its checks; the text is handed over. */
static void write_and_load(struct cvg_registry *registry, struct cvg_init_found *found,
                           struct cvg_buf *text)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    const struct cvg_init_live live = {
        .dns = has(registry, "dns"), .tls = has(registry, "tls"), .http = has(registry, "http")};
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    struct cvg_init_written written;
    struct cvg_config *config = NULL;
    cvg_init_write(found, &live, text, &written);
    assert_false(text->overflow);
    if (written.checks == 0) {
        return;
    }
    if (cvg_config_load_text("init.yaml", cvg_buf_text(text), text->length, &kinds, &diagnostics,
                             &config) < 0) {
        cvg_diagnostics_print(&diagnostics, stderr);
        fail_msg("the loader refuses:\n%s", cvg_buf_text(text));
    }
    assert_int_equal(config->environment_count, 1);
    assert_int_equal(config->environments[0].check_count, written.checks);
    assert_int_equal(config->source_count, written.sources);
    cvg_config_unref(config);
}

/* ---- answers ---- */

static void test_a_list_gives_workloads_and_where_it_goes_on(void **state)
{
    static const char json[] =
        "{\"kind\":\"DeploymentList\",\"metadata\":{\"continue\":\"abc\"},\"items\":["
        "{\"metadata\":{\"name\":\"api\",\"namespace\":\"shop\",\"labels\":"
        "{\"app.kubernetes.io/part-of\":\"store\"}},\"spec\":{\"replicas\":3}},"
        "{\"metadata\":{\"name\":\"dns\",\"namespace\":\"kube-system\"}},"
        "{\"metadata\":{\"name\":\"Bad Name\",\"namespace\":\"shop\"}}]}";
    struct cvg_init_found found;
    struct cvg_error error = {0};
    const char *next = NULL;
    (void)state;
    cvg_init_found_new(&found);
    assert_int_equal(
        cvg_init_decode_list(json, strlen(json),
                             (struct cvg_init_listed){CVG_INIT_LIST_WORKLOADS, CVG_INIT_DEPLOYMENT},
                             &found, &next, &error),
        0);
    assert_string_equal(next, "abc");
    assert_int_equal(found.cluster.workload_count, 1);
    assert_string_equal(found.cluster.workloads[0].name, "api");
    assert_string_equal(found.cluster.workloads[0].component, "store");
    assert_int_equal(found.cluster.system, 1);
    assert_int_equal(found.note_count, 1);
    cvg_init_found_done(&found);
}

static void test_what_is_no_whole_list_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"items\":[{\"metadata\":{\"name\":\"a\"",
        "{\"kind\":\"Status\"}",
        "{} {}",
        "{\"items\":[]",
    };
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(bad); i++) {
        struct cvg_init_found found;
        struct cvg_error error = {0};
        const char *next = NULL;
        cvg_init_found_new(&found);
        assert_true(
            cvg_init_decode_list(bad[i], strlen(bad[i]),
                                 (struct cvg_init_listed){CVG_INIT_LIST_WORKLOADS, CVG_INIT_JOB},
                                 &found, &next, &error) < 0);
        assert_int_equal(found.cluster.workload_count, 0);
        assert_true(*error.text);
        cvg_init_found_done(&found);
    }
}

static void test_a_state_tells_names_and_keeps_secrets(void **state)
{
    static const char json[] =
        "{\"version\":4,\"outputs\":{\"lb\":{\"value\":\"lb.example.test\"},"
        "\"page\":{\"value\":\"https://example.test/\"},\"size\":{\"value\":3},"
        "\"hidden\":{\"value\":\"top.secret.test\",\"sensitive\":true}},"
        "\"resources\":[{\"mode\":\"managed\",\"module\":\"module.net[0].module.x\"},"
        "{\"mode\":\"data\",\"module\":\"module.read\"},{\"mode\":\"managed\"}]}";
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1024u * 1024);
    struct cvg_init_found found;
    struct cvg_error error = {0};
    cvg_init_found_new(&found);
    assert_int_equal(cvg_init_decode_state(json, strlen(json), &found, &error), 0);
    assert_int_equal(found.state.resources, 2);
    assert_int_equal(found.state.module_count, 1);
    assert_string_equal(found.state.modules[0].name, "net");
    assert_int_equal(found.state.output_count, 2);
    assert_int_equal(found.state.outputs_secret, 1);
    found.environment = "prod";
    found.state.read = true;
    found.state.place = "/srv/terraform.tfstate";
    write_and_load(*state, &found, &text);
    assert_non_null(strstr(cvg_buf_text(&text), "${checks.infra.facts.outputs.lb}"));
    assert_null(strstr(cvg_buf_text(&text), "hidden"));
    assert_null(strstr(cvg_buf_text(&text), "secret.test"));
    cvg_init_found_done(&found);
}

static void test_rules_are_told_apart(void **state)
{
    static const char json[] =
        "{\"status\":\"success\",\"data\":{\"groups\":[{\"name\":\"g\",\"rules\":["
        "{\"name\":\"Watchdog\",\"type\":\"alerting\",\"labels\":{\"severity\":\"none\"}},"
        "{\"name\":\"ShopDown\",\"type\":\"alerting\",\"labels\":{\"severity\":\"critical\"}},"
        "{\"name\":\"job:errors:ratio5m\",\"type\":\"recording\"},"
        "{\"name\":\"job:up:sum\",\"type\":\"recording\"}]}]}}";
    struct cvg_init_found found;
    struct cvg_error error = {0};
    (void)state;
    cvg_init_found_new(&found);
    assert_int_equal(cvg_init_decode_rules(json, strlen(json), &found, &error), 0);
    assert_true(found.metrics.watchdog && found.metrics.critical);
    assert_int_equal(found.metrics.alerting, 2);
    assert_int_equal(found.metrics.critical_count, 1);
    assert_int_equal(found.metrics.ratio_count, 1);
    assert_string_equal(found.metrics.ratios[0], "job:errors:ratio5m");
    cvg_init_found_done(&found);
}

/* ---- whatever comes ---- */

/* xorshift: the same each time, so that a failure can be looked at. */
static uint32_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (uint32_t)(*seed >> 32);
}

/* A name that YAML, the loader or a terminal would misread, or any bytes at all. */
static const char *draw_text(struct cvg_init_found *found, uint64_t *seed)
{
    static const char *const nasty[] = {
        "api",   "a.b",       "yes",     "null",        "1e5",       "0x10",
        "~",     "- a",       "a: b",    "#",           "${vars.a}", "$${a}",
        "'",     "\"",        "\\",      "a\nb: c",     "\r",        "\xe2\x80\xa8",
        "\x1b[", "\xff\xfe",  "{",       "[a]",         "*a",        "&a",
        "!!str", "%YAML 1.1", "---",     "...",         "x.example", "https://a.test/\"",
        "",      "=",         "on",      ".inf",        "123",       "a.-b",
        "<<",    "a/b",       "module.", "module.a[0]", "\t",        "critical"};
    char bytes[24];
    size_t length = draw(seed) % sizeof bytes;
    if (draw(seed) % 3) {
        return nasty[draw(seed) % CVG_COUNT(nasty)];
    }
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (char)(1 + draw(seed) % 255);
    }
    return cvg_arena_strndup(found->arena, bytes, length);
}

static void draw_cluster(struct cvg_init_found *found, uint64_t *seed)
{
    static const char *const presets[] = {"nodes", "api", "system", "images"};
    found->cluster.read = true;
    found->cluster.kubeconfig = draw(seed) % 2 ? "/home/o'neil \"x\"/kube: #config" : NULL;
    found->cluster.context = draw(seed) % 2 ? "arn:aws:eks:eu-1:1:cluster/prod" : NULL;
    for (size_t i = 0; i < CVG_COUNT(presets); i++) {
        cvg_init_add_preset(found, presets[i], (enum cvg_init_trial)(draw(seed) % 3),
                            draw_text(found, seed));
    }
    for (size_t i = draw(seed) % 30; i > 0; i--) {
        struct cvg_init_object object = {.namespace = draw_text(found, seed),
                                         .name = draw_text(found, seed),
                                         .part_of = draw_text(found, seed),
                                         .app = draw_text(found, seed)};
        cvg_init_add_workload(found, (enum cvg_init_kind)(draw(seed) % CVG_INIT_KIND_COUNT),
                              &object);
        cvg_init_add_host(found, "Ingress", &object, draw_text(found, seed), draw(seed) % 2);
    }
}

static void test_whatever_the_names_are_the_loader_takes_it(void **state)
{
    uint64_t seed = 0x5eed5eed5eedULL;
    for (unsigned round = 0; round < 200; round++) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4u * 1024 * 1024);
        struct cvg_init_found found;
        cvg_init_found_new(&found);
        found.environment = draw_text(&found, &seed);
        draw_cluster(&found, &seed);
        found.state.read = draw(&seed) % 2;
        found.state.place = "/srv/it's \"here\": #\\/terraform.tfstate";
        found.state.trial = (enum cvg_init_trial)(draw(&seed) % 3);
        found.state.why = draw_text(&found, &seed);
        found.metrics.read = draw(&seed) % 2;
        found.metrics.url = "http://127.0.0.1:9090";
        found.metrics.up = (enum cvg_init_trial)(draw(&seed) % 3);
        found.metrics.up_why = draw_text(&found, &seed);
        found.metrics.alerts = (enum cvg_init_trial)(draw(&seed) % 3);
        found.metrics.alerts_why = draw_text(&found, &seed);
        found.metrics.watchdog = draw(&seed) % 2;
        for (size_t i = draw(&seed) % 20; found.state.read && i > 0; i--) {
            cvg_init_add_resource(&found, draw_text(&found, &seed));
            cvg_init_add_output(&found, draw_text(&found, &seed), draw_text(&found, &seed),
                                draw(&seed) % 4 == 0);
        }
        for (size_t i = draw(&seed) % 20; i > 0; i--) {
            cvg_init_add_rule(&found, draw_text(&found, &seed), draw(&seed) % 2,
                              draw_text(&found, &seed));
        }
        write_and_load(*state, &found, &text);
        cvg_init_found_done(&found);
    }
}

static void test_many_workloads_are_summed_up(void **state)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(4u * 1024 * 1024);
    struct cvg_init_found found;
    cvg_init_found_new(&found);
    found.environment = "prod";
    found.cluster.read = true;
    for (unsigned i = 0; i < CVG_INIT_WORKLOADS + 1; i++) {
        const struct cvg_init_object object = {
            .namespace = i % 2 ? "a" : "b",
            .name = cvg_arena_format(found.arena, "w%u", i),
            .part_of = i % 4 ? "shop" : NULL,
        };
        cvg_init_add_workload(&found, CVG_INIT_DEPLOYMENT, &object);
    }
    write_and_load(*state, &found, &text);
    assert_non_null(strstr(cvg_buf_text(&text), "app.kubernetes.io/part-of=shop"));
    assert_non_null(strstr(cvg_buf_text(&text), "!app.kubernetes.io/part-of"));
    assert_null(strstr(cvg_buf_text(&text), "name: w1"));
    cvg_init_found_done(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_gives_workloads_and_where_it_goes_on),
        cmocka_unit_test(test_what_is_no_whole_list_is_refused),
        cmocka_unit_test(test_a_state_tells_names_and_keeps_secrets),
        cmocka_unit_test(test_rules_are_told_apart),
        cmocka_unit_test(test_whatever_the_names_are_the_loader_takes_it),
        cmocka_unit_test(test_many_workloads_are_summed_up),
    };
    return cmocka_run_group_tests_name("init", tests, open_registry, close_registry);
}
