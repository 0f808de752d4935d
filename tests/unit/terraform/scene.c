/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "crypto/digest.h"
#include "plan.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- configuration ---- */

static int64_t number_of(const char *text)
{
    int64_t value = 0;
    if (cvg_parse_int64(text, strlen(text), &value) < 0) {
        fail_msg("%s is no number", text);
    }
    return value;
}

static uint32_t choice_of(const char *word, const char *const *choices)
{
    for (uint32_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], word) == 0) {
            return i;
        }
    }
    fail_msg("%s is no choice", word);
    return 0;
}

static void add_resource(struct scene *scene, char *value)
{
    struct cvg_tf_want_resource *want = &scene->resources[scene->config.resources.count++];
    char *hash = strrchr(value, '#');
    *want = (struct cvg_tf_want_resource){
        .address = value, .count = CVG_ABSENT_INT, .at_least = CVG_ABSENT_INT};
    if (hash != NULL) {
        *hash = '\0';
        *(hash[1] == '+' ? &want->at_least : &want->count) = number_of(hash + 1 + (hash[1] == '+'));
    }
}

static void add_output(struct scene *scene, char *value)
{
    struct cvg_tf_want_output *want = &scene->outputs[scene->config.outputs.count++];
    *want = (struct cvg_tf_want_output){.name = value, .serve = 1};
    size_t length = strcspn(value, "=~!");
    char sign = value[length];
    value[length] = '\0';
    if (sign == '=') {
        want->equals = value + length + 1;
    } else if (sign == '~') {
        want->matches = value + length + 1;
    } else if (sign == '!') {
        want->allow_empty = strchr(value + length + 1, 'e') != NULL;
        want->serve = strchr(value + length + 1, 's') == NULL;
    }
}

static void set(struct scene *scene, const char *key, char *value)
{
    static const char *const blemishes[] = {"failed", "degraded", "unknown", "ignore", NULL};
    static const char *const locks[] = {"wait", "ignore", NULL};
    struct cvg_tf_check_config *config = &scene->config;

    const struct {
        const char *name;
        int64_t *seconds;
    } lengths[] = {
        {"settle", &config->settle},
        {"grace", &config->grace},
        {"plan_locks", &config->ignore_plan_locks},
        {"max_change", &config->max_change_age},
        {"max_age", &scene->evidence.max_age_ns},
    };

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        if (strcmp(lengths[i].name, key) == 0) {
            *lengths[i].seconds = number_of(value) * SECOND;
            return;
        }
    }
    if (strcmp(key, "resource") == 0) {
        add_resource(scene, value);
    } else if (strcmp(key, "output") == 0) {
        add_output(scene, value);
    } else if (strcmp(key, "check") == 0) {
        scene->checks[config->checks.count++] = value;
    } else if (strcmp(key, "serial") == 0) {
        config->serial_at_least = number_of(value);
    } else if (strcmp(key, "lock") == 0) {
        config->lock = choice_of(value, locks);
    } else if (strcmp(key, "deposed") == 0) {
        config->deposed = choice_of(value, blemishes);
    } else if (strcmp(key, "drift") == 0) {
        config->drift = choice_of(value, blemishes);
    } else if (strcmp(key, "allow_empty") == 0) {
        config->allow_empty = 1;
    } else if (strcmp(key, "converged") == 0) {
        config->converged = 1;
    } else if (strcmp(key, "targeted") == 0) {
        config->targeted = 1;
    } else {
        fail_msg("%s is no key", key);
    }
}

void scene_configure(struct scene *scene, const char *configuration)
{
    scene->config = (struct cvg_tf_check_config){
        .serial_at_least = CVG_ABSENT_INT,
        .max_change_age = CVG_ABSENT_INT,
        .settle = 30 * SECOND,
        .grace = 45 * SECOND,
        .ignore_plan_locks = CVG_ABSENT_INT,
        .drift = CVG_TF_BLEMISH_DEGRADED,
    };
    scene->evidence.max_age_ns = CVG_ABSENT_INT;
    assert_true(strlen(configuration) < sizeof(scene->words));
    (void)snprintf(scene->words, sizeof(scene->words), "%s", configuration);
    for (char *at = scene->words; *at != '\0';) {
        char *end = at + strcspn(at, " ");
        int last = *end == '\0';
        *end = '\0';
        char *equals = strchr(at, '=');
        if (equals != NULL) {
            *equals = '\0';
        }
        if (*at != '\0') {
            set(scene, at, equals == NULL ? end : equals + 1);
        }
        at = last ? end : end + 1;
    }
    scene->config.resources.items = scene->resources;
    scene->config.outputs.items = scene->outputs;
    scene->config.checks.items = scene->checks;
}

void scene_begin(struct scene *scene, const char *configuration)
{
    memset(scene, 0, sizeof(*scene));
    scene->arena = cvg_kit_arena_new((size_t)64 << 20);
    scene->survey_arena = cvg_kit_arena_new((size_t)16 << 20);
    scene->wall = NOON;
    scene->now = UPTIME;
    scene->evidence.sight = &scene->sight;
    scene_configure(scene, configuration);
}

void scene_end(struct scene *scene)
{
    cvg_kit_arena_free(scene->arena);
    cvg_kit_arena_free(scene->survey_arena);
}

/* ---- what the place shows ---- */

static void show(struct scene *scene, const void *bytes, size_t length)
{
    memset(&scene->sight, 0, sizeof(scene->sight));
    memset(&scene->state, 0, sizeof(scene->state));
    scene->evidence.refusal = (struct cvg_tf_refusal){.kind = CVG_TF_FINE};
    scene->evidence.survey = NULL;
    cvg_kit_arena_reset(scene->arena);
    memset(scene->survey.digest, 0, sizeof(scene->survey.digest));
    cvg_sha256(bytes, length, scene->survey.digest);
}

/* Cut off what stands behind the last dot, and return it. */
static const char *cut_last(char *address)
{
    char *dot = strrchr(address, '.');
    assert_non_null(dot);
    *dot = '\0';
    return dot + 1;
}

static void add_object(struct scene *scene, const char *word, size_t length)
{
    struct cvg_tf_resource *resource = &scene->objects[scene->state.resource_count];
    struct cvg_tf_instance *instance = &scene->instances[scene->state.resource_count++];
    assert_true(scene->state.resource_count <= SCENE_MOST);
    char sign = strchr("!~^", word[length - 1]) != NULL ? word[length - 1] : '\0';
    char *address = cvg_kit_arena_text(scene->arena, word, length - (sign != '\0'));
    char *index = address + strlen(address);
    if (index[-1] == ']') {
        index = strrchr(address, '[');
    }
    *instance = (struct cvg_tf_instance){
        .index = cvg_kit_arena_text(scene->arena, index, strlen(index)),
        .deposed = sign == '^' ? "0badcafe" : "",
        .tainted = sign == '!',
    };
    *index = '\0';
    *resource = (struct cvg_tf_resource){.instances = instance, .instance_count = sign != '~'};
    resource->name = cut_last(address);
    if (strchr(address, '.') == NULL) {
        resource->module = "";
        resource->type = address;
        return;
    }
    resource->type = cut_last(address);
    const char *kind = strrchr(address, '.') == NULL ? address : strrchr(address, '.') + 1;
    resource->module = address;
    resource->is_data = strcmp(kind, "data") == 0;
    if (resource->is_data) {
        address[kind == address ? 0 : kind - address - 1] = '\0';
    }
}

void scene_state(struct scene *scene, uint64_t serial, const char *lineage, const char *objects)
{
    char text[1024];
    (void)snprintf(text, sizeof(text), "%llu %s %s", (unsigned long long)serial, lineage, objects);
    show(scene, text, strlen(text));
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)serial);
    struct cvg_kit_arena *arena = scene->arena;
    scene->state = (struct cvg_tf_state){
        .terraform_version = "1.5.7",
        .lineage = cvg_kit_arena_text(arena, lineage, strlen(lineage)),
        .serial = cvg_kit_arena_text(arena, digits, strlen(digits)),
        .serial_number = serial,
        .has_serial = 1,
        .resources = scene->objects,
        .outputs = scene->values,
        .checks = scene->results,
    };
    while (*objects != '\0') {
        size_t length = strcspn(objects, " ");
        if (length > 0) {
            add_object(scene, objects, length);
        }
        objects += length + (objects[length] == ' ');
    }
    scene->evidence.survey = &scene->survey;
}

void scene_output(struct scene *scene, const char *name, const char *type, const char *text,
                  int sensitive)
{
    struct cvg_tf_output *output = &scene->values[scene->state.output_count++];
    *output = (struct cvg_tf_output){.name = name,
                                     .type = type,
                                     .text = text == NULL || sensitive ? NULL : text,
                                     .kind = text == NULL    ? CVG_TF_OUTPUT_NULL
                                             : *text == '\0' ? CVG_TF_OUTPUT_EMPTY
                                                             : CVG_TF_OUTPUT_SET,
                                     .sensitive = sensitive != 0};
}

void scene_check(struct scene *scene, const char *kind, const char *address,
                 enum cvg_tf_check_status status)
{
    struct cvg_tf_check_result *check = &scene->results[scene->state.check_count++];
    *check =
        (struct cvg_tf_check_result){.kind = kind, .address = address, .status = status, .of = 1};
    scene->state.has_checks = 1;
}

void scene_plan(struct scene *scene, const struct cvg_tf_plan *plan)
{
    show(scene, plan, sizeof(*plan));
    scene->evidence.survey = &scene->survey;
    cvg_kit_arena_reset(scene->survey_arena);
    unsigned char digest[32];
    memcpy(digest, scene->survey.digest, sizeof(digest));
    assert_int_equal(cvg_tf_survey_plan(&scene->config, plan, scene->survey_arena, &scene->survey),
                     0);
    memcpy(scene->survey.digest, digest, sizeof(digest));
}

void scene_refused(struct scene *scene, enum cvg_tf_refusal_kind kind)
{
    show(scene, "", 0);
    scene->evidence.refusal.kind = kind;
}

void scene_absent(struct scene *scene)
{
    show(scene, "", 0);
    scene->sight.absent = 1;
    (void)snprintf(scene->sight.text, sizeof(scene->sight.text), "there is no /srv/a.tfstate");
}

void scene_lock(struct scene *scene, enum cvg_place_lock lock, const char *operation)
{
    struct cvg_tf_lock *ret = &scene->evidence.lock;
    memset(ret, 0, sizeof(*ret));
    ret->state = lock;
    if (lock == CVG_PLACE_LOCK_HELD || lock == CVG_PLACE_LOCK_STALE) {
        (void)snprintf(ret->operation, sizeof(ret->operation), "OperationType%s", operation);
        (void)snprintf(ret->who, sizeof(ret->who), "ann@build-7");
        ret->is_plan = strcmp(operation, "Plan") == 0;
        ret->created_at = scene->wall;
    }
}

void scene_document(struct scene *scene, const char *content, const char *bytes, size_t length)
{
    const char *names[SCENE_MOST];
    struct cvg_tf_wish wish = {.outputs = names, .count = scene->config.outputs.count};
    for (size_t i = 0; i < wish.count; i++) {
        names[i] = scene->outputs[i].name;
    }
    show(scene, bytes, length);
    struct cvg_tf_refusal *refusal = &scene->evidence.refusal;
    struct cvg_tf_plan plan;
    int code = 0;
    if (strcmp(content, "plan") == 0) {
        code = cvg_tf_plan_read(bytes, length, scene->arena, &plan, refusal);
        if (code == 0) {
            scene_plan(scene, &plan);
        }
        return;
    }
    code = strcmp(content, "show") == 0
               ? cvg_tf_show_read(bytes, length, &wish, scene->arena, &scene->state, refusal)
               : cvg_tf_state_read(bytes, length, &wish, scene->arena, &scene->state, refusal);
    assert_true((code == 0) == (refusal->kind == CVG_TF_FINE));
    scene->evidence.survey = code == 0 ? &scene->survey : NULL;
}

/* ---- looking ---- */

void scene_look(struct scene *scene, int64_t seconds)
{
    scene->wall += seconds * SECOND;
    scene->now += seconds * SECOND;
    scene->sight.observed_at = scene->now;
    scene->sight.lock = scene->evidence.lock.state;
    if (scene->evidence.survey != NULL && !scene->survey.is_plan) {
        unsigned char digest[32];
        memcpy(digest, scene->survey.digest, sizeof(digest));
        cvg_kit_arena_reset(scene->survey_arena);
        assert_int_equal(
            cvg_tf_survey_state(&scene->config, &scene->state, scene->survey_arena, &scene->survey),
            0);
        memcpy(scene->survey.digest, digest, sizeof(digest));
    }
    cvg_tf_judge(&scene->config, &scene->evidence, scene->wall, &scene->memory, &scene->finding);
    assert_non_null(scene->finding.reading.reason);
    assert_non_null(scene->finding.reading.message);
}

void scene_restart(struct scene *scene)
{
    char bytes[CVG_TF_MEMORY_BYTES];
    size_t length = cvg_tf_memory_write(&scene->memory, bytes);
    assert_int_equal(cvg_tf_memory_read(bytes, length, &scene->memory), 0);
}

void scene_says_at(const struct scene *scene, enum cvg_status status, const char *reason,
                   const char *file, int line)
{
    const struct cvg_reading *reading = &scene->finding.reading;
    if (reading->status != status || strcmp(reading->reason, reason) != 0) {
        print_error("%s: %s, and not %s\n", reading->reason, reading->message, reason);
        _fail(file, line);
    }
}

const struct cvg_fact *scene_fact(const struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->finding.reading.fact_count; i++) {
        if (strcmp(scene->finding.facts[i].name, name) == 0) {
            return &scene->finding.facts[i];
        }
    }
    return NULL;
}
