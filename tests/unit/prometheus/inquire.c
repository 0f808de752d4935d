/* SPDX-License-Identifier: Apache-2.0 */
#include "inquire.h"

#include "decode.h"
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct cvg_prom_check_config bare_config(void)
{
    return (struct cvg_prom_check_config){.max_sample_age = CVG_ABSENT_INT};
}

struct cvg_list texts(const char *const *items)
{
    struct cvg_list list = {.items = items};
    while (items[list.count] != NULL) {
        list.count++;
    }
    return list;
}

static void never_refuse(void *arg, const char *path, const char *text)
{
    (void)arg;
    fail_msg("%s %s", path, text);
}

void inquire_begin(const struct cvg_prom_check_config *config, uint32_t flavour, int64_t wall_ns,
                   struct inquiring *ret)
{
    memset(ret, 0, sizeof(*ret));
    assert_int_equal(cvg_prom_inquiry_make(config, cvg_prom_flavour(flavour), CVG_PROM_FILLED_IN,
                                           never_refuse, NULL, &ret->inquiry),
                     0);
    assert_true(ret->inquiry.count <= CVG_PROM_WANTED_LIMIT);
    cvg_prom_finding_begin(&ret->held.finding);
    ret->held.parts = ret->parts;
    ret->held.wall_ns = wall_ns;
}

void inquire_number(struct inquiring *inquiring, size_t which, double value)
{
    struct cvg_prom_element element = {.value = value};
    struct cvg_prom_answer answer = {.body = "", .elements = &element, .count = 1};
    cvg_prom_inquiry_take(&inquiring->inquiry, which, &answer, &inquiring->held);
}

void inquire_fixture(struct inquiring *inquiring, size_t which, const char *name)
{
    struct fixture fixture;
    struct cvg_prom_answer answer = {0};
    fixture_load(name, &fixture);
    fixture_read(&fixture, inquiring->inquiry.wanted[which].api, CVG_PROM_PROMETHEUS, &answer);
    cvg_prom_inquiry_take(&inquiring->inquiry, which, &answer, &inquiring->held);
    cvg_prom_answer_done(&answer);
    fixture_done(&fixture);
}

void inquire_body(struct inquiring *inquiring, size_t which, const char *bytes)
{
    const struct cvg_prom_body body = {bytes, strlen(bytes), "application/json"};
    struct cvg_prom_answer answer = {0};
    cvg_prom_decode_any(&answer, inquiring->inquiry.wanted[which].api, &body);
    cvg_prom_inquiry_take(&inquiring->inquiry, which, &answer, &inquiring->held);
    cvg_prom_answer_done(&answer);
}

void inquire_end(struct inquiring *inquiring)
{
    cvg_prom_inquiry_conclude(&inquiring->inquiry, &inquiring->held);
    cvg_prom_inquiry_done(&inquiring->inquiry);
}

void assert_finding(const struct inquiring *inquiring, uint32_t status, const char *reason,
                    const char *message)
{
    const struct cvg_reading *reading = &inquiring->held.finding.reading;
    if (strcmp(reading->reason, reason) != 0 || reading->status != status) {
        fail_msg("%s: %s", reading->reason, reading->message);
    }
    if (message != NULL) {
        assert_string_equal(reading->message, message);
    }
    assert_non_null(reading->expected);
}

static void keep_path(void *arg, const char *path, const char *text)
{
    assert_true(text[0] != '\0');
    *(const char **)arg = path;
}

const char *refused_at(const struct cvg_prom_check_config *config, uint32_t flavour,
                       enum cvg_prom_words words)
{
    const char *path = NULL;
    struct cvg_prom_inquiry inquiry;
    int code = cvg_prom_inquiry_make(config, cvg_prom_flavour(flavour), words, keep_path,
                                     (void *)&path, &inquiry);
    assert_int_equal(code, path != NULL ? -1 : 0);
    cvg_prom_inquiry_done(&inquiry);
    return path;
}
