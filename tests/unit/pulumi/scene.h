/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check of a stack and what its place shows, look after look, judged as the module does it: the
 * document is unpacked, read and counted, and memory goes on from look to look. One at a time.
 */
#ifndef CVG_TEST_PULUMI_SCENE_H
#define CVG_TEST_PULUMI_SCENE_H

#include "judge.h"
#include "unpack.h"

#define SECOND INT64_C(1000000000)
#define NOON   (INT64_C(1795262400) * SECOND) /* 2026-11-21T12:00:00Z */

struct scene {
    struct cvg_pulumi_check_config config;
    struct cvg_pulumi_want_resource resources[4];
    struct cvg_kit_want outputs[4];
    struct cvg_pulumi_memory memory;
    struct cvg_place_sight sight; /* of the next look; without bytes */
    int64_t wall, max_age_ns;
    struct cvg_pulumi_refusal refusal;
    struct cvg_kit_finding finding; /* of the latest look */
};

/* All keys at their defaults; unlocked, and last changed long ago. */
void scene_open(struct scene *scene);
void scene_want(struct scene *scene, const char *address, int64_t count);
void scene_want_output(struct scene *scene, const char *name, const char *equals);
/* text NULL: there is no document. The wall clock stands at scene->wall. */
void scene_look(struct scene *scene, const char *text, size_t length);
void scene_look_at(struct scene *scene, const char *fixture);
/* "progressing Settling" */
const char *scene_verdict(const struct scene *scene);
/* "" where the latest reading has no such fact. */
const char *scene_fact(const struct scene *scene, const char *name);
/* A file of the fixtures; free() it. */
char *scene_load(const char *path, size_t *ret_length);

#endif
