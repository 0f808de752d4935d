/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many random lives of a state: written, torn, locked, deleted, put back, with restarts, reboots and
 * clocks that are set. Beside the daemon stands a simple model that knows the true time. Whatever
 * the order of looks is, a verdict is ready only where the model agrees.
 */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SETTLE 30

/* What is true. */
struct model {
    int64_t time;        /* seconds; never set back */
    int64_t still_since; /* of the looks since then all showed this; -1: the latest did not */
    char shown[128];     /* serial, lineage, objects of the latest whole one */
    int known, alarmed;
    uint64_t serial;
    char lineage;
    char accepted[128];
};

struct life {
    struct scene scene;
    struct model model;
    uint64_t seed;
    uint64_t serial; /* of the state at the place */
    char lineage;
    const char *objects;
    unsigned ready, alarms;
};

static unsigned draw(struct life *life, unsigned below)
{
    life->seed = life->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((life->seed >> 33) % below);
}

static void see_whole(struct life *life, int locked)
{
    struct model *model = &life->model;
    char text[128], lineage[2] = {life->lineage, '\0'};
    (void)snprintf(text, sizeof(text), "%llu %s %s", (unsigned long long)life->serial, lineage,
                   life->objects);
    if (model->known && !model->alarmed) {
        model->alarmed = model->lineage != life->lineage || life->serial < model->serial ||
                         (life->serial == model->serial && strcmp(model->accepted, text) != 0);
    }
    if (!model->alarmed) {
        model->known = 1;
        model->serial = life->serial;
        model->lineage = life->lineage;
        memcpy(model->accepted, text, sizeof(text));
    }
    if (locked) {
        model->still_since = -1;
    } else if (model->still_since < 0 || strcmp(model->shown, text) != 0) {
        model->still_since = model->time;
    }
    memcpy(model->shown, text, sizeof(text));
}

static void look(struct life *life, int64_t seconds)
{
    static const char *const operations[] = {"Apply", "Plan"};
    struct scene *scene = &life->scene;
    unsigned what = draw(life, 10), lock = draw(life, 8);
    int locked = lock < 2;
    char lineage[2] = {life->lineage, '\0'};
    life->model.time += seconds;
    scene_lock(scene,
               locked      ? CVG_PLACE_LOCK_HELD
               : lock == 2 ? CVG_PLACE_LOCK_STALE
               : lock == 3 ? CVG_PLACE_LOCK_UNSEEN
                           : CVG_PLACE_LOCK_FREE,
               operations[lock % 2]);
    if (what == 0) {
        scene_absent(scene);
    } else if (what == 1) {
        scene_refused(scene, draw(life, 2) ? CVG_TF_EMPTY : CVG_TF_TORN);
    } else if (what == 2) {
        scene_refused(scene, CVG_TF_NOT_JSON);
    } else {
        scene_state(scene, life->serial, lineage, life->objects);
        see_whole(life, locked || lock == 2);
    }
    if (what < 3) {
        life->model.still_since = -1;
    }
    scene_look(scene, seconds);
    const struct cvg_reading *reading = &scene->finding.reading;
    const struct model *model = &life->model;
    if (model->alarmed) {
        assert_int_equal(reading->status, CVG_UNKNOWN);
        assert_int_not_equal(scene->memory.alarm, CVG_TF_NO_ALARM);
        life->alarms++;
        return;
    }
    assert_int_equal(scene->memory.alarm, CVG_TF_NO_ALARM);
    if (what == 1) {
        assert_true(reading->status == CVG_PROGRESSING || reading->status == CVG_UNKNOWN);
    }
    assert_int_not_equal(reading->status, CVG_FAILED);
    if (reading->status == CVG_READY) {
        assert_true(what > 2 && !locked && lock != 2);
        assert_true(model->still_since >= 0 && model->time - model->still_since >= SETTLE);
        life->ready++;
    }
}

/* What happens between two looks. */
static void live(struct life *life)
{
    static const char *const contents[] = {"a.b", "a.b a.c", "a.b a.c a.d"};
    struct scene *scene = &life->scene;
    unsigned what = draw(life, 60);
    if (what < 10) {
        life->serial += 1 + draw(life, 3);
        life->objects = contents[draw(life, 3)];
    } else if (what < 14) {
        scene_restart(scene);
    } else if (what < 16) {
        scene->wall += ((int64_t)draw(life, 20000) - 10000) * SECOND;
    } else if (what < 17) {
        scene_restart(scene);
        scene->now = SECOND; /* a reboot */
    } else if (what < 18 && draw(life, 8) == 0) {
        life->serial -= life->serial > 0;
    } else if (what < 19 && draw(life, 8) == 0) {
        life->lineage = (char)('k' + draw(life, 3));
    } else if (what < 20 && draw(life, 8) == 0) {
        life->objects = contents[draw(life, 3)];
    } else if (what < 22 && life->model.alarmed) {
        memset(&scene->memory, 0, sizeof(scene->memory)); /* convergate accept */
        life->model.known = 0;
        life->model.alarmed = 0;
        life->model.still_since = -1;
    }
}

static void nothing_is_ready_that_did_not_stand_still(void **state)
{
    (void)state;
    unsigned ready = 0, alarms = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct life life = {.seed = seed, .serial = 5, .lineage = 'l', .objects = "a.b"};
        life.model.still_since = -1;
        scene_begin(&life.scene, "");
        for (int i = 0; i < 200; i++) {
            live(&life);
            look(&life, 1 + draw(&life, 20));
        }
        scene_end(&life.scene);
        ready += life.ready;
        alarms += life.alarms;
    }
    /* Else nothing was tried. */
    assert_true(ready > 500);
    assert_true(alarms > 500);
}

/* The same looks, and nobody in the way: it gets ready, and in time. */
static void what_stands_still_gets_ready_however_often_somebody_looks(void **state)
{
    (void)state;
    for (int64_t step = 1; step <= 40; step++) {
        struct scene scene;
        scene_begin(&scene, "");
        scene_state(&scene, 7, "l", "a.b");
        scene_look(&scene, 0);
        for (int64_t time = step; time < SETTLE; time += step) {
            scene_look(&scene, step);
            scene_says(&scene, CVG_PROGRESSING, "Settling");
            scene_restart(&scene);
        }
        scene_look(&scene, step);
        scene_says(&scene, CVG_READY, "Applied");
        scene_end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_ready_that_did_not_stand_still),
        cmocka_unit_test(what_stands_still_gets_ready_however_often_somebody_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
