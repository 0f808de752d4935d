/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of modules: brought to this layout, and refused with a sentence where they are wrong. */
#include "module/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct settings {
    const char *text;
    int64_t number;
    uint32_t choice;
    struct cvg_list list;
    const void *inner;
};

static int32_t source_create(const struct cvg_host *host, struct cvg_source *source,
                             const void *config, void **ret_state)
{
    (void)host;
    (void)source;
    (void)config;
    (void)ret_state;
    return 0;
}

static int32_t check_create(void *state, struct cvg_check *check, const void *config,
                            void **ret_state)
{
    (void)state;
    (void)check;
    (void)config;
    (void)ret_state;
    return 0;
}

static void destroy(void *state)
{
    (void)state;
}

static void run(void *state, struct cvg_run *handle, const struct cvg_run_inputs *inputs)
{
    (void)state;
    (void)handle;
    (void)inputs;
}

static const char *const choices[] = {"one", "two", NULL};
static const char *const no_choices[] = {NULL};

static const struct cvg_field inner_fields[] = {
    {.name = "text",
     .doc = "d",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct settings, text)},
    {.name = NULL},
};

#define PLAIN(key, more)                                                                           \
    {                                                                                              \
        .name = key, .doc = "d", .type = CVG_FIELD_STRING, .flags = CVG_FIELD_SHORTHAND | (more),  \
        .offset = offsetof(struct settings, text)                                                  \
    }

static const struct cvg_field plain_fields[] = {
    PLAIN("text", CVG_FIELD_REQUIRED),
    {.name = "other",
     .doc = "d",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct settings, text)},
    {.name = NULL},
};

static const struct cvg_field two_plain_fields[] = {
    PLAIN("text", 0),
    PLAIN("other", 0),
    {.name = NULL},
};

static const struct cvg_field never_plain_fields[] = {
    PLAIN("text", 0),
    {.name = "other",
     .doc = "d",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct settings, text)},
    {.name = NULL},
};

static const struct cvg_field number_fields[] = {
    {.name = "choice",
     .doc = "d",
     .type = CVG_FIELD_BOOL,
     .flags = CVG_FIELD_SHORTHAND,
     .offset = offsetof(struct settings, choice)},
    {.name = NULL},
};

static struct cvg_field good_field(void)
{
    return (struct cvg_field){
        .name = "text",
        .doc = "Some text.",
        .type = CVG_FIELD_STRING,
        .offset = offsetof(struct settings, text),
    };
}

static struct cvg_module good_module(void)
{
    return (struct cvg_module){
        .size = sizeof(struct cvg_module),
        .abi_major = CVG_ABI_MAJOR,
        .abi_minor = CVG_ABI_MINOR,
        .name = "good",
        .version = "1",
        .summary = "Good.",
        .field_size = sizeof(struct cvg_field),
        .source_create = source_create,
        .source_destroy = destroy,
        .check_create = check_create,
        .check_destroy = destroy,
        .run = run,
        .check_config_size = sizeof(struct settings),
    };
}

/* "" where it is taken. */
static const char *refusal(const struct cvg_module *module)
{
    static struct cvg_error error;
    const struct cvg_module *taken = NULL;
    struct cvg_arena *arena = cvg_arena_new();
    error = (struct cvg_error){0};
    int code = cvg_table_take(module, "good", arena, &taken, &error);
    assert_int_equal(code == 0, taken != NULL);
    assert_int_equal(code == 0, error.text[0] == '\0');
    cvg_arena_free(arena);
    return error.text;
}

static void assert_says(const char *text, const char *part)
{
    if (part ? !strstr(text, part) : *text) {
        fail_msg("'%s' does not say '%s'", text, part ? part : "");
    }
}

static void break_size(struct cvg_module *module)
{
    module->size = offsetof(struct cvg_module, run) - 1;
}

static void break_size_huge(struct cvg_module *module)
{
    module->size = SIZE_MAX;
}

static void break_major(struct cvg_module *module)
{
    module->abi_major = 7;
}

static void break_name(struct cvg_module *module)
{
    module->name = "../good";
}

static void break_no_name(struct cvg_module *module)
{
    module->name = NULL;
}

static void break_other_name(struct cvg_module *module)
{
    module->name = "bad";
}

static void break_version(struct cvg_module *module)
{
    module->version = "";
}

static void break_summary(struct cvg_module *module)
{
    module->summary = NULL;
}

static void break_flags(struct cvg_module *module)
{
    module->flags = 1u << 20;
}

static void break_endpoint(struct cvg_module *module)
{
    module->flags = CVG_MODULE_ENDPOINT | CVG_MODULE_ENDPOINT_OPTIONAL;
}

static void break_plane(struct cvg_module *module)
{
    module->plane = CVG_PLANE_COUNT;
}

static void break_on_failed(struct cvg_module *module)
{
    module->on_failed = 2;
}

static void break_source_create(struct cvg_module *module)
{
    module->source_create = NULL;
}

static void break_source_destroy(struct cvg_module *module)
{
    module->source_destroy = NULL;
}

static void break_check_create(struct cvg_module *module)
{
    module->check_create = NULL;
}

static void break_check_destroy(struct cvg_module *module)
{
    module->check_destroy = NULL;
}

static void break_run(struct cvg_module *module)
{
    module->run = NULL;
}

static void stream_without_run(struct cvg_module *module)
{
    module->run = NULL;
    module->flags = CVG_MODULE_STREAMING;
}

static void newer(struct cvg_module *module)
{
    module->abi_minor = CVG_ABI_MINOR + 5;
}

static void break_stride(struct cvg_module *module)
{
    static const struct cvg_field fields[] = {{.name = NULL}};
    module->check_fields = fields;
    module->field_size = 4;
}

static void break_struct_size(struct cvg_module *module)
{
    static const struct cvg_field fields[] = {{.name = NULL}};
    module->check_fields = fields;
    module->check_config_size = (size_t)1 << 30;
}

static void modules_are_refused_with_a_sentence(void **state)
{
    (void)state;

    static const struct {
        void (*change)(struct cvg_module *module);
        const char *says; /* NULL: taken */
    } cases[] = {
        {break_size, "which no module has"},
        {break_size_huge, "which no module has"},
        {break_major, "it was built for module ABI 7.2; this daemon has 1.2"},
        {break_name, "its name must be"},
        {break_no_name, "its name must be"},
        {break_other_name, "it calls itself 'bad', so its file must be bad.so"},
        {break_version, "no version or no summary"},
        {break_summary, "no version or no summary"},
        {break_flags, "flags 0x100000"},
        {break_endpoint, "both required and optional"},
        {break_plane, "unknown plane 2"},
        {break_on_failed, "unknown on_failed 2"},
        {break_source_create, "lacks the callback source_create"},
        {break_source_destroy, "lacks the callback source_destroy"},
        {break_check_create, "lacks the callback check_create"},
        {break_check_destroy, "lacks the callback check_destroy"},
        {break_run, "lacks the callback run"},
        {break_stride, "field_size 4"},
        {break_struct_size, "1073741824 bytes"},
        {stream_without_run, NULL},
        {newer, NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_module module = good_module();
        assert_says(refusal(&module), NULL);
        cases[i].change(&module);
        assert_says(refusal(&module), cases[i].says);
    }
}

static void fields_are_refused_with_a_sentence(void **state)
{
    (void)state;

    static const struct {
        struct cvg_field field;
        const char *says; /* NULL: taken */
    } cases[] = {
        {{.name = "a b", .doc = "d", .type = CVG_FIELD_STRING}, "a field's name must be"},
        {{.name = "a.b", .doc = "d", .type = CVG_FIELD_STRING}, "a field's name must be"},
        {{.name = "", .doc = "d", .type = CVG_FIELD_STRING}, "a field's name must be"},
        {{.name = "x", .type = CVG_FIELD_STRING}, "'x' has no documentation"},
        {{.name = "x", .doc = "", .type = CVG_FIELD_STRING}, "'x' has no documentation"},
        {{.name = "x", .doc = "d"}, "unknown type 0"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_STRUCT + 1}, "unknown type 13"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_INT,
          .flags = CVG_FIELD_REQUIRED,
          .default_text = "1"},
         "required and has a default"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_INT, .min = 2, .max = 1}, "above its maximum"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_INT,
          .offset = sizeof(struct settings) - sizeof(int64_t) + 1},
         "outside its struct"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_INT, .offset = SIZE_MAX},
         "outside its struct"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_INT, .offset = 4}, "misaligned offset 4"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_ENUM}, "enum without choices"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_ENUM, .choices = no_choices},
         "enum without choices"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_INT, .choices = choices},
         "has choices but is no enum"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_STRUCT}, "struct without members"},
        {{.name = "x", .doc = "d", .type = CVG_FIELD_STRUCT, .members = inner_fields},
         "members of 0 bytes"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_LIST,
          .members = inner_fields,
          .member_size = (size_t)1 << 40},
         "members of 1099511627776 bytes"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_MAP,
          .members = inner_fields,
          .member_size = sizeof(struct settings)},
         "neither a struct nor a list"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_LIST,
          .members = inner_fields,
          .member_size = 4},
         "'text' lies outside its struct"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_ENUM,
          .choices = choices,
          .offset = offsetof(struct settings, choice)},
         NULL},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_LIST,
          .members = inner_fields,
          .member_size = sizeof(struct settings),
          .offset = offsetof(struct settings, list)},
         NULL},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_LIST,
          .members = plain_fields,
          .member_size = sizeof(struct settings),
          .offset = offsetof(struct settings, list)},
         NULL},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_LIST,
          .members = two_plain_fields,
          .member_size = sizeof(struct settings),
          .offset = offsetof(struct settings, list)},
         "'other' is a shorthand, but is not the one text"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_LIST,
          .members = number_fields,
          .member_size = sizeof(struct settings),
          .offset = offsetof(struct settings, list)},
         "'choice' is a shorthand, but is not the one text"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_STRUCT,
          .members = plain_fields,
          .member_size = sizeof(struct settings),
          .offset = offsetof(struct settings, list)},
         "'text' is a shorthand, but is not the one text"},
        {{.name = "x",
          .doc = "d",
          .type = CVG_FIELD_LIST,
          .members = never_plain_fields,
          .member_size = sizeof(struct settings),
          .offset = offsetof(struct settings, list)},
         "cannot stand alone: 'other' is required"},
        {PLAIN("x", 0), "'x' is a shorthand"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_field fields[] = {cases[i].field, {.name = NULL}};
        struct cvg_module module = good_module();
        module.check_fields = fields;
        assert_says(refusal(&module), cases[i].says);
        module = good_module();
        module.source_fields = fields;
        module.source_config_size = sizeof(struct settings);
        assert_says(refusal(&module), cases[i].says);
    }
}

static void a_key_stands_there_once(void **state)
{
    (void)state;
    struct cvg_field fields[] = {good_field(), good_field(), {.name = NULL}};
    struct cvg_module module = good_module();
    module.check_fields = fields;
    assert_says(refusal(&module), "'text' stands there twice");
}

static void a_table_without_an_end_is_refused(void **state)
{
    (void)state;
    static struct cvg_field fields[300];
    for (size_t i = 0; i < CVG_COUNT(fields); i++) {
        fields[i] = good_field();
    }
    struct cvg_module module = good_module();
    module.check_fields = fields;
    assert_says(refusal(&module), "or no end");
}

static void a_table_that_contains_itself_is_refused(void **state)
{
    (void)state;
    struct cvg_field fields[] = {
        {.name = "again",
         .doc = "d",
         .type = CVG_FIELD_STRUCT,
         .offset = offsetof(struct settings, inner),
         .member_size = sizeof(struct settings)},
        {.name = NULL},
    };
    fields[0].members = fields;
    struct cvg_module module = good_module();
    module.check_fields = fields;
    assert_says(refusal(&module), "nested too deep");
}

/* A struct cvg_field of a later minor: longer, so each of its tables has another stride. */
struct later_field {
    struct cvg_field field;
    uint64_t news[3];
};

static void longer_fields_are_read_by_their_stride(void **state)
{
    (void)state;
    static const struct later_field inner[] = {
        {{.name = "deep", .doc = "d", .type = CVG_FIELD_INT, .offset = 8}, {1, 2, 3}},
        {{.name = NULL}, {0}},
    };
    static const struct later_field fields[] = {
        {{.name = "first", .doc = "d", .type = CVG_FIELD_STRING}, {7, 7, 7}},
        {{.name = "second",
          .doc = "d",
          .type = CVG_FIELD_STRUCT,
          .offset = 8,
          .members = &inner[0].field,
          .member_size = 16},
         {7, 7, 7}},
        {{.name = NULL}, {0}},
    };
    struct cvg_module module = good_module();
    module.field_size = sizeof(struct later_field);
    module.check_fields = &fields[0].field;
    const struct cvg_module *taken = NULL;
    struct cvg_arena *arena = cvg_arena_new();
    assert_int_equal(cvg_table_take(&module, "good", arena, &taken, NULL), 0);
    assert_int_equal(taken->field_size, sizeof(struct cvg_field));
    assert_string_equal(taken->check_fields[0].name, "first");
    assert_string_equal(taken->check_fields[1].name, "second");
    assert_null(taken->check_fields[2].name);
    assert_string_equal(taken->check_fields[1].members[0].name, "deep");
    assert_int_equal(taken->check_fields[1].members[0].offset, 8);
    assert_null(taken->check_fields[1].members[1].name);
    cvg_arena_free(arena);
}

static void shorter_fields_have_zeros_at_the_end(void **state)
{
    (void)state;

    enum {
        STRIDE = offsetof(struct cvg_field, members)
    };
    struct cvg_field field = good_field();
    _Alignas(struct cvg_field) char fields[2 * STRIDE] = {0};
    memcpy(fields, &field, STRIDE);
    struct cvg_module module = good_module();
    module.field_size = STRIDE;
    module.check_fields = (const struct cvg_field *)(const void *)fields;
    const struct cvg_module *taken = NULL;
    struct cvg_arena *arena = cvg_arena_new();
    assert_int_equal(cvg_table_take(&module, "good", arena, &taken, NULL), 0);
    assert_string_equal(taken->check_fields[0].name, "text");
    assert_null(taken->check_fields[0].members);
    assert_null(taken->check_fields[1].name);
    cvg_arena_free(arena);
}

static void a_shorter_table_has_zeros_at_the_end(void **state)
{
    (void)state;
    struct cvg_module module = good_module();
    module.size = offsetof(struct cvg_module, cancel);
    module.cancel = (void (*)(void *, struct cvg_run *))(void (*)(void))destroy;
    const struct cvg_module *taken = NULL;
    struct cvg_arena *arena = cvg_arena_new();
    assert_int_equal(cvg_table_take(&module, "good", arena, &taken, NULL), 0);
    assert_null(taken->cancel);
    assert_non_null(taken->run);
    assert_int_equal(taken->size, sizeof *taken);
    assert_null(taken->source_fields[0].name); /* none, but a table */
    cvg_arena_free(arena);
}

static void copies_take_the_smaller_size(void **state)
{
    (void)state;

    struct {
        size_t size;
        uint64_t old, news;
    } longer = {sizeof longer, 1, 2}, shorter = {offsetof(struct cvg_run_inputs, config), 9, 9},
      ret;

    cvg_table_copy(&ret, sizeof ret, &longer);
    assert_int_equal(ret.news, 2);
    cvg_table_copy(&ret, sizeof ret, &shorter);
    assert_int_equal(ret.size, sizeof ret);
    assert_int_equal(ret.old, 0);
    assert_int_equal(ret.news, 0);
}

static void names_of_modules(void **state)
{
    (void)state;

    static const struct {
        const char *name;
        int is;
    } cases[] = {
        {"prometheus", 1},
        {"a-b2", 1},
        {"", 0},
        {"-a", 0},
        {"a/b", 0},
        {"..", 0},
        {"a.so", 0},
        {"a b", 0},
        {"123456789012345678901234567890123456789012345678901234567890123", 1},
        {"1234567890123456789012345678901234567890123456789012345678901234", 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(cvg_table_is_module_name(cases[i].name), cases[i].is);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(modules_are_refused_with_a_sentence),
        cmocka_unit_test(fields_are_refused_with_a_sentence),
        cmocka_unit_test(a_key_stands_there_once),
        cmocka_unit_test(a_table_without_an_end_is_refused),
        cmocka_unit_test(a_table_that_contains_itself_is_refused),
        cmocka_unit_test(longer_fields_are_read_by_their_stride),
        cmocka_unit_test(shorter_fields_have_zeros_at_the_end),
        cmocka_unit_test(a_shorter_table_has_zeros_at_the_end),
        cmocka_unit_test(copies_take_the_smaller_size),
        cmocka_unit_test(names_of_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
