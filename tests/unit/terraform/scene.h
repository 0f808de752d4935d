/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check and what its place shows, in short words, judged look after look. Configurations are
 * written as `resource=ADDRESS resource=ADDRESS#3 resource=ADDRESS#+3 output=NAME output=NAME=VALUE
 * output=NAME~REGEX output=NAME!es check=NAME serial=41 settle=30 grace=45 plan_locks=60 max_change=60 lock=ignore
 * deposed=degraded drift=unknown allow_empty converged targeted`, lengths in seconds;
 * #3 is count, #+3 at_least, !e allow_empty, !s not to serve.
 */
#ifndef CVG_TEST_SCENE_H
#define CVG_TEST_SCENE_H

#include "judge.h"

#define SCENE_MOST 16
#define SECOND     INT64_C(1000000000)
#define NOON       (INT64_C(1795262400) * SECOND) /* 2026-11-21T12:00:00Z: a wall clock */
#define UPTIME     (5000 * SECOND)                /* host->now() at that time */

struct scene {
    struct cvg_tf_check_config config;
    struct cvg_tf_want_resource resources[SCENE_MOST];
    struct cvg_tf_want_output outputs[SCENE_MOST];
    const char *checks[SCENE_MOST];
    char words[2048]; /* of the configuration */
    struct cvg_tf_state state;
    struct cvg_tf_resource objects[SCENE_MOST]; /* each with one instance, or none */
    struct cvg_tf_instance instances[SCENE_MOST];
    struct cvg_tf_output values[SCENE_MOST];
    struct cvg_tf_check_result results[SCENE_MOST];
    struct cvg_kit_arena *arena, *survey_arena;
    struct cvg_tf_survey survey;
    struct cvg_place_sight sight;
    struct cvg_tf_evidence evidence;
    struct cvg_tf_memory memory;
    struct cvg_kit_finding finding;
    int64_t wall, now;
};

void scene_begin(struct scene *scene, const char *configuration);
void scene_end(struct scene *scene);
/* Anew; memory stays. */
void scene_configure(struct scene *scene, const char *configuration);

/* What the place shows from now on: a state of these objects, "aws_vpc.main aws_lb.a[0]!", '!' tainted,
 * '~' without instances, '^' deposed. Its digest is of serial, lineage and objects. */
void scene_state(struct scene *scene, uint64_t serial, const char *lineage, const char *objects);
void scene_output(struct scene *scene, const char *name, const char *type, const char *text,
                  int sensitive);
void scene_check(struct scene *scene, const char *kind, const char *address,
                 enum cvg_tf_check_status status);
void scene_plan(struct scene *scene, const struct cvg_tf_plan *plan);
void scene_refused(struct scene *scene, enum cvg_tf_refusal_kind kind);
void scene_absent(struct scene *scene);
void scene_lock(struct scene *scene, enum cvg_place_lock lock, const char *operation);
/* The file's document: content "state", "show" or "plan". */
void scene_document(struct scene *scene, const char *content, const char *bytes, size_t length);

/* Time goes on by so many seconds, and somebody looks. */
void scene_look(struct scene *scene, int64_t seconds);
/* The memory as a restarted daemon has it. */
void scene_restart(struct scene *scene);

/* Fails the test where the latest look said something else. */
#define scene_says(scene, status, reason) scene_says_at(scene, status, reason, __FILE__, __LINE__)
void scene_says_at(const struct scene *scene, enum cvg_status status, const char *reason,
                   const char *file, int line);
/* NULL: there is none. */
const struct cvg_fact *scene_fact(const struct scene *scene, const char *name);

#endif
