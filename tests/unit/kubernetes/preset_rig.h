/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check with a preset over collections that the test fills. Included once by a program, instead
 * of fake_cluster.h.
 */
#ifndef CVG_TEST_KUBE_PRESET_RIG_H
#define CVG_TEST_KUBE_PRESET_RIG_H

#define FAKE_WITH_PRESETS
#include "fake_cluster.h"

#include <math.h>
#include <time.h>

/* What the server was last heard to say of itself. */
static struct {
    uint32_t readyz;
    const char *text;
    int64_t readyz_at, throttled_at;
    uint64_t throttles;
} fake_server;

uint32_t cvg_kube_cluster_readyz(const struct cvg_kube_cluster *cluster, const char **ret_text,
                                 int64_t *ret_at)
{
    (void)cluster;
    *ret_text = fake_server.text;
    *ret_at = fake_server.readyz_at;
    return fake_server.readyz;
}

uint64_t cvg_kube_cluster_throttles(const struct cvg_kube_cluster *cluster, int64_t *ret_last)
{
    (void)cluster;
    *ret_last = fake_server.throttled_at;
    return fake_server.throttles;
}

#define NO_LIMITS                                                                                  \
    {                                                                                              \
        .degraded = (double)NAN, .failed = (double)NAN, .dwell = CVG_ABSENT_INT,                   \
        .count = CVG_ABSENT_INT                                                                    \
    }

struct preset {
    struct cvg_kube_check_config config;
    struct cvg_kube_check *check;
    struct cvg_kit_finding finding;
    int64_t next;
};

/* limits: NULL: the defaults. Namespaces, release and allow_empty are set before, if any. */
__attribute__((unused)) static void preset_open(struct preset *preset, uint32_t which,
                                                const struct cvg_kube_thresholds *limits)
{
    fake_open();
    fake_server.readyz = 200;
    fake_server.text = "";
    fake_server.readyz_at = fake_now;
    fake_server.throttles = 0;
    preset->config.preset = which;
    preset->config.thresholds = limits;
    preset->check = cvg_kube_check_new(&fake, NULL, &preset->config, fake_refuse, NULL);
    assert_non_null(preset->check);
}

__attribute__((unused)) static void preset_close(struct preset *preset)
{
    cvg_kube_check_free(preset->check);
    fake_close();
}

__attribute__((unused)) static const struct cvg_reading *preset_read_at(struct preset *preset,
                                                                        int64_t wall)
{
    fake_sync();
    preset->next = cvg_kube_check_read(preset->check, wall, &preset->finding);
    assert_non_null(preset->finding.reading.reason);
    return &preset->finding.reading;
}

__attribute__((unused)) static const struct cvg_reading *preset_read(struct preset *preset)
{
    return preset_read_at(preset, FAKE_WALL);
}

__attribute__((unused)) static void preset_expect(struct preset *preset, uint32_t status,
                                                  const char *reason, const char *words)
{
    const struct cvg_reading *reading = preset_read(preset);
    if (reading->status != status || strcmp(reading->reason, reason) != 0 ||
        strstr(reading->message, words) == NULL) {
        fail_msg("%u %s: %s; wanted %u %s: ...%s...", reading->status, reading->reason,
                 reading->message, status, reason, words);
    }
}

/* Ready until then, and what is told at and after it. */
__attribute__((unused)) static void preset_turns(struct preset *preset, int64_t at, uint32_t status,
                                                 const char *reason)
{
    assert_int_equal(preset_read_at(preset, at - 1)->status, CVG_READY);
    assert_int_equal(preset->next, at);
    assert_int_equal(preset_read_at(preset, at)->status, status);
    assert_string_equal(preset->finding.reading.reason, reason);
}

__attribute__((unused)) static void preset_fact(const struct preset *preset, const char *name,
                                                const char *text)
{
    const char *found = fake_fact(&preset->finding.reading, name);
    if (strcmp(found, text) != 0) {
        fail_msg("%s is %s, not %s", name, found, text);
    }
}

/* So many seconds before FAKE_WALL, as the API writes it; good until the next call but three. */
__attribute__((unused)) static const char *ago(int seconds)
{
    static char texts[4][32];
    static size_t at;
    time_t when = (time_t)(FAKE_WALL / FAKE_SECOND) - seconds;
    struct tm tm;
    char *text = texts[at++ % CVG_COUNT(texts)];
    assert_true(strftime(text, sizeof(texts[0]), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&when, &tm)) > 0);
    return text;
}

/* What was refused, and whether it was at all: the check is not made. */
static char preset_refused_path[64];

static void preset_note_refusal(void *arg, const char *path, const char *text)
{
    (void)arg;
    (void)text;
    (void)snprintf(preset_refused_path, sizeof(preset_refused_path), "%s", path);
}

__attribute__((unused)) static void preset_refuses(struct preset *preset, uint32_t which,
                                                   const struct cvg_kube_thresholds *limits,
                                                   const char *path)
{
    preset_refused_path[0] = '\0';
    preset->config.preset = which;
    preset->config.thresholds = limits;
    assert_null(cvg_kube_check_new(&fake, NULL, &preset->config, preset_note_refusal, NULL));
    assert_string_equal(preset_refused_path, path);
}

#endif
