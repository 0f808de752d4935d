/* SPDX-License-Identifier: Apache-2.0 */
/* Raw states and `show -json`: addresses, outputs, and what no fixture has. */
#include "outcome.h"
#include "state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD      "\"version\":4,\"serial\":7,\"lineage\":\"l\","
#define PROVIDER  "\"provider\":\"provider[\\\"h/n/t\\\"]\""
#define BODY      "\"outputs\":{},\"resources\":[]"
#define WITH(x)   "{" HEAD "\"outputs\":{},\"resources\":[" x "]}"
#define ONE(x)    WITH("{\"mode\":\"managed\",\"type\":\"t\",\"name\":\"n\"," PROVIDER "," x "}")
#define SINGLE(x) ONE("\"instances\":[" x "]")
#define OUTPUT(x) "{" HEAD "\"outputs\":{\"o\":{" x "}},\"resources\":[]}"

struct reading {
    struct cvg_kit_arena *arena;
    struct cvg_tf_state state;
    struct cvg_tf_refusal refusal;
};

static struct reading read_text(const char *text, const struct cvg_tf_wish *wish)
{
    struct reading reading = {.arena = cvg_kit_arena_new((size_t)16 << 20)};
    (void)cvg_tf_state_read(text, strlen(text), wish, reading.arena, &reading.state,
                            &reading.refusal);
    return reading;
}

static struct reading read_fixture(const char *path, const struct cvg_tf_wish *wish)
{
    struct reading reading = {.arena = cvg_kit_arena_new((size_t)16 << 20)};
    size_t length = 0;
    char *text = outcome_load(path, &length);
    assert_non_null(text);
    int result =
        strstr(path, ".show.json") != NULL
            ? cvg_tf_show_read(text, length, wish, reading.arena, &reading.state, &reading.refusal)
            : cvg_tf_state_read(text, length, wish, reading.arena, &reading.state,
                                &reading.refusal);
    assert_int_equal(result, 0);
    /* Nothing of it points into the document. */
    memset(text, '!', length);
    free(text);
    return reading;
}

static void done(struct reading *reading)
{
    cvg_kit_arena_free(reading->arena);
}

/* ---- addresses ---- */

static int has_address(const struct cvg_tf_state *state, const char *wanted)
{
    for (size_t i = 0; i < state->resource_count; i++) {
        for (uint32_t j = 0; j < state->resources[i].instance_count; j++) {
            char address[256];
            cvg_tf_address(&state->resources[i], &state->resources[i].instances[j], address,
                           sizeof(address));
            if (strcmp(address, wanted) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

static void addresses_are_those_that_the_tool_shows(void **state)
{
    (void)state;
    static const char *const paths[] = {"tf-1.5.7/app/applied.tfstate",
                                        "tf-1.5.7/app/applied.show.json",
                                        "tf-0.13.7/app/applied.show.json"};
    static const char *const wanted[] = {
        "data.local_file.kubeconfig",
        "null_resource.node[0]",
        "null_resource.node[2]",
        "random_id.cluster",
        "module.network.random_id.vpc",
        "module.service[\"api\"].null_resource.deploy",
        "module.service[\"web/\xc3\xa9\"].null_resource.deploy",
    };
    for (size_t i = 0; i < 3; i++) {
        struct reading reading = read_fixture(paths[i], NULL);
        size_t found = 0;
        for (size_t j = 0; j < sizeof(wanted) / sizeof(wanted[0]); j++) {
            found += (size_t)has_address(&reading.state, wanted[j]);
        }
        if (found != sizeof(wanted) / sizeof(wanted[0])) {
            for (size_t j = 0; j < reading.state.resource_count; j++) {
                char address[256];
                cvg_tf_address(&reading.state.resources[j], NULL, address, sizeof(address));
                print_error("%s\n", address);
            }
            fail_msg("%s: %zu addresses", paths[i], found);
        }
        done(&reading);
    }
}

static void indexes_are_quoted_as_in_configurations(void **state)
{
    (void)state;

    static const struct {
        const char *key, *index;
    } cases[] = {
        {"0", "[0]"},
        {"9007199254740992", "[9007199254740992]"},
        {"\"\"", "[\"\"]"},
        {"\"0\"", "[\"0\"]"},
        {"\"a\\\"b\\\\c\"", "[\"a\\\"b\\\\c\"]"},
        {"\"a\\nb\\tc\\r\"", "[\"a\\nb\\tc\\r\"]"},
        {"\"${x} $ %{y} %\"", "[\"$${x} $ %%{y} %\"]"},
        {"\"\\u001b\\u0000\\u007f\"", "[\"\\u001b\\u0000\\u007f\"]"},
        {"\"\\u0085\"", "[\"\\u0085\"]"},
        {"\"\xe6\xbc\xa2\"", "[\"\xe6\xbc\xa2\"]"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), SINGLE("{\"index_key\":%s}"), cases[i].key);
        struct reading reading = read_text(text, NULL);
        assert_int_equal(reading.refusal.kind, CVG_TF_FINE);
        assert_string_equal(reading.state.resources[0].instances[0].index, cases[i].index);
        done(&reading);
    }
}

static void an_address_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    const struct cvg_tf_resource resource = {
        .module = "module.a", .type = "aws_instance", .name = "web", .is_data = 1};
    const struct cvg_tf_instance instance = {.index = "[3]", .deposed = ""};
    char room[20], whole[64];
    cvg_tf_address(&resource, &instance, whole, sizeof(whole));
    assert_string_equal(whole, "module.a.data.aws_instance.web[3]");
    cvg_tf_address(&resource, &instance, room, sizeof(room));
    assert_true(strlen(room) < sizeof(room));
    assert_non_null(strstr(room, "..."));
}

/* ---- outputs ---- */

static const struct cvg_tf_output *output_of(const struct cvg_tf_state *state, const char *name)
{
    const struct cvg_tf_output *found = NULL;
    for (size_t i = 0; i < state->output_count; i++) {
        if (strcmp(state->outputs[i].name, name) == 0) {
            assert_null(found);
            found = &state->outputs[i];
        }
    }
    return found;
}

static void outputs_that_are_wished_for_have_texts(void **state)
{
    (void)state;

    static const struct {
        const char *name, *type, *text;
        uint32_t kind;
    } cases[] = {
        {"huge_integer", "number", "123456789012345678901234567890", CVG_TF_OUTPUT_SET},
        {"just_over_2_53", "number", "9007199254740993", CVG_TF_OUTPUT_SET},
        {"false_value", "bool", "false", CVG_TF_OUTPUT_SET},
        {"zero", "number", "0", CVG_TF_OUTPUT_SET},
        {"empty_string", "string", "", CVG_TF_OUTPUT_EMPTY},
        {"empty_list", "list", NULL, CVG_TF_OUTPUT_EMPTY},
        {"empty_map", "object", NULL, CVG_TF_OUTPUT_EMPTY},
        {"multiline", "string", "line1\nline2\r\nline3", CVG_TF_OUTPUT_SET},
        {"nested", "object", NULL, CVG_TF_OUTPUT_SET},
        {"nested.list.0", "number", "1", CVG_TF_OUTPUT_SET},
        {"nested.list.1", "string", "two", CVG_TF_OUTPUT_SET},
        {"nested.list.3", "null", NULL, CVG_TF_OUTPUT_NULL},
        {"nested.obj.a.b.c", "list", NULL, CVG_TF_OUTPUT_EMPTY},
        {"tuple_of_objects.1.id", "number", "2", CVG_TF_OUTPUT_SET},
        {"set", "list", NULL, CVG_TF_OUTPUT_SET},
    };

    static const char *const absent[] = {"nested.list.4", "nested.list.01", "nested.list.x",
                                         "nested.none",   "zero.0",         "null_value",
                                         "nested.list.",  "neste",          "set.-1"};
    const char *wishes[sizeof(cases) / sizeof(cases[0]) + sizeof(absent) / sizeof(absent[0])];
    struct cvg_tf_wish wish = {wishes, 0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wishes[wish.count++] = cases[i].name;
    }
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        wishes[wish.count++] = absent[i];
    }
    static const char *const paths[] = {"tf-1.5.7/outputs_edge/outputs.tfstate",
                                        "tf-0.13.7/outputs_edge/outputs.tfstate"};
    for (size_t p = 0; p < 2; p++) {
        struct reading reading = read_fixture(paths[p], &wish);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            const struct cvg_tf_output *output = output_of(&reading.state, cases[i].name);
            assert_non_null(output);
            assert_string_equal(output->type, cases[i].type);
            assert_int_equal(output->kind, cases[i].kind);
            assert_true((output->text == NULL) == (cases[i].text == NULL));
            if (cases[i].text != NULL) {
                assert_string_equal(output->text, cases[i].text);
            }
        }
        for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
            assert_null(output_of(&reading.state, absent[i]));
        }
        assert_null(output_of(&reading.state, "unicode")->text);
        done(&reading);
    }
}

static void a_sensitive_output_is_only_known_to_be_set(void **state)
{
    (void)state;
    static const char *const wishes[] = {"db_password", "connection", "connection.password",
                                         "cluster_name"};
    static const struct cvg_tf_wish wish = {wishes, 4};
    static const char *const paths[] = {
        "tf-1.5.7/app/applied.tfstate", "tf-1.5.7/app/applied.show.json",
        "tf-0.13.7/app/applied.tfstate", "tf-0.13.7/app/applied.show.json"};
    for (size_t p = 0; p < 4; p++) {
        struct reading reading = read_fixture(paths[p], &wish);
        for (size_t i = 0; i < 3; i++) {
            const struct cvg_tf_output *output = output_of(&reading.state, wishes[i]);
            assert_non_null(output);
            assert_int_equal(output->sensitive, 1);
            assert_int_equal(output->kind, CVG_TF_OUTPUT_SET);
            assert_null(output->text);
        }
        assert_non_null(output_of(&reading.state, "cluster_name")->text);
        done(&reading);
    }
}

/* What says that it is sensitive may stand behind the value. */
static void the_order_of_an_output_s_fields_does_not_matter(void **state)
{
    (void)state;
    static const char *const wishes[] = {"o"};
    static const struct cvg_tf_wish wish = {wishes, 1};
    struct reading reading =
        read_text(OUTPUT("\"value\":\"hunter2\",\"type\":\"string\",\"sensitive\":true"), &wish);
    assert_int_equal(reading.refusal.kind, CVG_TF_FINE);
    assert_null(reading.state.outputs[0].text);
    done(&reading);
    reading = read_text(OUTPUT("\"sensitive\":false,\"type\":\"string\",\"value\":\"x\""), &wish);
    assert_string_equal(reading.state.outputs[0].text, "x");
    done(&reading);
    /* Cut at the NUL it would be another value. */
    reading = read_text(OUTPUT("\"type\":\"string\",\"value\":\"ready\\u0000not\""), &wish);
    assert_int_equal(reading.state.outputs[0].kind, CVG_TF_OUTPUT_SET);
    assert_null(reading.state.outputs[0].text);
    done(&reading);
}

/* ---- what is refused ---- */

static const struct {
    const char *text;
    enum cvg_tf_refusal_kind kind;
    const char *where;
} cases[] = {
    {"{" HEAD BODY "}", CVG_TF_FINE, ""},
    {"{" HEAD BODY ",\"future\":{\"Version\":[1]}}", CVG_TF_FINE, ""},
    /* The tool's reader takes keys in any case, and two letters of Unicode besides. */
    {"{\"Version\":4,\"serial\":1,\"lineage\":\"\"," BODY "}", CVG_TF_BAD_CONTENT,
     ": a field in another case"},
    {"{" HEAD BODY ",\"RESOURCES\":[]}", CVG_TF_BAD_CONTENT, ": a field in another case"},
    {"{" HEAD BODY ",\"output\xc5\xbf\":{}}", CVG_TF_BAD_CONTENT, ": a field in another case"},
    {"{" HEAD BODY ",\"chec\xe2\x84\xaa_results\":[]}", CVG_TF_BAD_CONTENT,
     ": a field in another case"},
    {SINGLE("{\"Status\":\"tainted\"}"), CVG_TF_BAD_CONTENT,
     "resources[0].instances[0]: a field in another case"},
    {SINGLE("{\"attributes\":{\"Status\":1,\"status\":2}}"), CVG_TF_FINE, ""},
    {SINGLE("{\"attributes\":{\"a\":1,\"\\u0061\":2}}"), CVG_TF_DUPLICATE_KEY,
     "offset 171: duplicate key"},
    {"\xef\xbb\xbf{" HEAD BODY "}", CVG_TF_NOT_UTF8, ""},
    {"{" HEAD BODY "}}", CVG_TF_NOT_JSON, "offset 66: bytes behind the document"},
    {"{\"serial\":1,\"lineage\":\"\",\"version\":4.0," BODY "}", CVG_TF_VERSION, "version"},
    {"{\"serial\":1,\"lineage\":\"\",\"version\":4e0," BODY "}", CVG_TF_VERSION, "version"},
    {"{\"serial\":-1,\"lineage\":\"\",\"version\":4," BODY "}", CVG_TF_BAD_CONTENT, "serial"},
    {"{\"serial\":7e0,\"lineage\":\"\",\"version\":4," BODY "}", CVG_TF_BAD_CONTENT, "serial"},
    {"{\"serial\":18446744073709551616,\"lineage\":\"\",\"version\":4," BODY "}",
     CVG_TF_BAD_CONTENT, "serial"},
    {"{\"lineage\":\"\",\"version\":4," BODY "}", CVG_TF_BAD_CONTENT, "serial"},
    {"{\"serial\":1,\"version\":4," BODY "}", CVG_TF_BAD_CONTENT, "lineage"},
    {"{\"serial\":1,\"lineage\":\"a\\u0000b\",\"version\":4," BODY "}", CVG_TF_BAD_CONTENT,
     "lineage"},
    {"{\"terraform_version\":\"\"," HEAD BODY "}", CVG_TF_FINE, ""},
    {"{\"terraform_version\":\"1.15.0-alpha20260101+x\"," HEAD BODY "}", CVG_TF_FINE, ""},
    {"{\"terraform_version\":\"new\"," HEAD BODY "}", CVG_TF_BAD_CONTENT, "terraform_version"},
    {"{\"terraform_version\":\"1.9.0\\n\"," HEAD BODY "}", CVG_TF_BAD_CONTENT, "terraform_version"},
    {"{\"version\":4}", CVG_TF_NOT_A_STATE, ""},
    {"{\"errors\":[\"denied\"]}", CVG_TF_NOT_A_STATE, ""},
    /* Whatever else it has, and wherever that stands. */
    {"{" HEAD BODY ",\"encryption_version\":\"v0\"}", CVG_TF_ENCRYPTED, ""},
    {"{" HEAD BODY ",\"encryption_version\":\"\"}", CVG_TF_FINE, ""},
    {"{" HEAD BODY ",\"sops\":{}}", CVG_TF_ENCRYPTED, ""},
    {"{\"version\":3,\"terraform_version\":\"1.9.0\",\"backend\":{\"type\":\"s3\"}}",
     CVG_TF_BACKEND_FILE, ""},
    {"{" HEAD BODY ",\"backend\":{}}", CVG_TF_FINE, ""},
    /* That it is broken further on counts more than what stands before. */
    {"{\"version\":3,\"serial\":1,\"lineage\":\"\"", CVG_TF_TORN,
     "offset 36: the document ends too early"},
    {"{\"version\":3,\"serial\":1,\"serial\":1}", CVG_TF_DUPLICATE_KEY, "offset 24: duplicate key"},
    {"<!doctype html>", CVG_TF_HTML, ""},
    {"\n <html>", CVG_TF_HTML, ""},
    {"<<<<<<< HEAD\n{", CVG_TF_NOT_JSON, "offset 0: expected a value"},
    {"BZh91AY", CVG_TF_COMPRESSED, ""},
    {"PK\x03\x04", CVG_TF_COMPRESSED, ""},
    /* resources */
    {ONE("\"instances\":[]"), CVG_TF_FINE, ""},
    {ONE("\"instances\":[null]"), CVG_TF_BAD_CONTENT, "resources[0].instances[0]"},
    {WITH("\"x\""), CVG_TF_BAD_CONTENT, "resources[0]"},
    {WITH("{\"mode\":\"other\"}"), CVG_TF_BAD_CONTENT, "resources[0].mode"},
    {WITH("{\"mode\":\"managed\",\"type\":\"\"}"), CVG_TF_BAD_CONTENT, "resources[0].type"},
    {WITH("{\"mode\":\"managed\",\"type\":\"t\",\"name\":\"n\",\"provider\":\"p\",\"instances\":[]"
          "}"),
     CVG_TF_BAD_CONTENT, "resources[0].provider"},
    {WITH("{\"mode\":\"managed\",\"type\":\"t\",\"name\":\"n\",\"instances\":[{" PROVIDER
          "},{\"index_key\":0}]}"),
     CVG_TF_BAD_CONTENT, "resources[0].provider"},
    {ONE("\"module\":\"module.a[\\\"x\\\\\\\"]\\\"].module.b[0]\",\"instances\":[]"), CVG_TF_FINE,
     ""},
    {ONE("\"module\":\"\",\"instances\":[]"), CVG_TF_BAD_CONTENT, "resources[0].module"},
    {ONE("\"module\":\"module.a.\",\"instances\":[]"), CVG_TF_BAD_CONTENT, "resources[0].module"},
    {ONE("\"module\":\"module.a[x]\",\"instances\":[]"), CVG_TF_BAD_CONTENT, "resources[0].module"},
    {ONE("\"module\":\"modul.a\",\"instances\":[]"), CVG_TF_BAD_CONTENT, "resources[0].module"},
    /* instances */
    {SINGLE("{\"status\":null}"), CVG_TF_BAD_CONTENT, "resources[0].instances[0].status"},
    {SINGLE("{\"status\":\"\"}"), CVG_TF_FINE, ""},
    {SINGLE("{\"deposed\":\"123456789\"}"), CVG_TF_BAD_CONTENT,
     "resources[0].instances[0].deposed"},
    {SINGLE("{\"deposed\":\"12345678\"},{}"), CVG_TF_FINE, ""},
    {SINGLE("{\"deposed\":\"12345678\"},{\"deposed\":\"12345678\"}"), CVG_TF_BAD_CONTENT,
     "resources[0].instances: one stands twice"},
    {SINGLE("{\"deposed\":\"12345678\"},{\"deposed\":\"12345679\"}"), CVG_TF_FINE, ""},
    {SINGLE("{},{}"), CVG_TF_BAD_CONTENT, "resources[0].instances: one stands twice"},
    {SINGLE("{\"index_key\":0},{},{\"index_key\":\"0\"},{\"index_key\":1}"), CVG_TF_FINE, ""},
    {SINGLE("{\"index_key\":1},{\"index_key\":0},{\"index_key\":1}"), CVG_TF_BAD_CONTENT,
     "resources[0].instances: one stands twice"},
    {SINGLE("{\"index_key\":-0}"), CVG_TF_BAD_CONTENT, "resources[0].instances[0].index_key"},
    {SINGLE("{\"index_key\":-1}"), CVG_TF_BAD_CONTENT, "resources[0].instances[0].index_key"},
    {SINGLE("{\"index_key\":1e0}"), CVG_TF_BAD_CONTENT, "resources[0].instances[0].index_key"},
    {SINGLE("{\"index_key\":9007199254740993}"), CVG_TF_BAD_CONTENT,
     "resources[0].instances[0].index_key"},
    {SINGLE("{\"index_key\":true}"), CVG_TF_BAD_CONTENT, "resources[0].instances[0].index_key"},
    /* outputs */
    {OUTPUT("\"value\":1,\"type\":\"number\""), CVG_TF_FINE, ""},
    {OUTPUT("\"value\":null,\"type\":\"number\""), CVG_TF_FINE, ""},
    {OUTPUT("\"value\":[],\"type\":[\"object\",{}]"), CVG_TF_BAD_CONTENT,
     "outputs[0]: the value is not of its type"},
    {OUTPUT("\"value\":{},\"type\":[\"object\",{},[\"a\"]]"), CVG_TF_FINE, ""},
    {OUTPUT("\"value\":{},\"type\":[\"object\"]"), CVG_TF_BAD_CONTENT, "outputs[0].type"},
    {OUTPUT("\"value\":{},\"type\":\"object\""), CVG_TF_BAD_CONTENT, "outputs[0].type"},
    {OUTPUT("\"value\":{},\"type\":[\"string\"]"), CVG_TF_BAD_CONTENT, "outputs[0].type[0]"},
    {OUTPUT("\"value\":{},\"type\":\"float\""), CVG_TF_BAD_CONTENT, "outputs[0].type"},
    {OUTPUT("\"value\":1"), CVG_TF_BAD_CONTENT, "outputs[0].type"},
    {OUTPUT("\"value\":1,\"type\":[]"), CVG_TF_BAD_CONTENT, "outputs[0].type"},
};

static void what_is_not_exactly_the_format_is_refused_by_name(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading reading = read_text(cases[i].text, NULL);
        if (reading.refusal.kind != cases[i].kind ||
            strcmp(reading.refusal.where, cases[i].where) != 0) {
            print_error("%s\n  is   %d '%s'\n  want %d '%s'\n", cases[i].text,
                        (int)reading.refusal.kind, reading.refusal.where, (int)cases[i].kind,
                        cases[i].where);
            wrong++;
        }
        done(&reading);
    }
    assert_int_equal(wrong, 0);
}

static void every_refusal_has_a_name_and_a_sentence(void **state)
{
    (void)state;
    assert_string_equal(cvg_tf_refusal_reason(CVG_TF_FINE), "");
    for (int kind = CVG_TF_FINE + 1; kind < CVG_TF_REFUSALS; kind++) {
        const char *reason = cvg_tf_refusal_reason((enum cvg_tf_refusal_kind)kind);
        const char *text = cvg_tf_refusal_text((enum cvg_tf_refusal_kind)kind);
        assert_true(strlen(reason) > 3 && text[strlen(text) - 1] == '.');
        for (int other = CVG_TF_FINE; other < kind; other++) {
            assert_string_not_equal(reason, cvg_tf_refusal_reason((enum cvg_tf_refusal_kind)other));
        }
    }
}

static void a_state_that_does_not_fit_is_refused_as_too_large(void **state)
{
    (void)state;
    size_t length = 0;
    char *text = outcome_load("bad/B2-many-keys.tfstate", &length);
    assert_non_null(text);
    for (size_t ceiling = 16; ceiling < 16384; ceiling *= 2) {
        struct cvg_kit_arena *arena = cvg_kit_arena_new(ceiling);
        struct cvg_tf_state read;
        struct cvg_tf_refusal refusal;
        assert_int_equal(cvg_tf_state_read(text, length, NULL, arena, &read, &refusal), -1);
        assert_int_equal(refusal.kind, CVG_TF_TOO_LARGE);
        cvg_kit_arena_free(arena);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_those_that_the_tool_shows),
        cmocka_unit_test(indexes_are_quoted_as_in_configurations),
        cmocka_unit_test(an_address_that_does_not_fit_is_cut),
        cmocka_unit_test(outputs_that_are_wished_for_have_texts),
        cmocka_unit_test(a_sensitive_output_is_only_known_to_be_set),
        cmocka_unit_test(the_order_of_an_output_s_fields_does_not_matter),
        cmocka_unit_test(what_is_not_exactly_the_format_is_refused_by_name),
        cmocka_unit_test(every_refusal_has_a_name_and_a_sentence),
        cmocka_unit_test(a_state_that_does_not_fit_is_refused_as_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
