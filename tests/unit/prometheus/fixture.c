/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/alloc.h"
#include "decode.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

static char *read_whole(const char *name, size_t *ret_length)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/prometheus/%s.response", CVG_FIXTURES, name);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        fail_msg("no fixture %s", path);
    }

    enum {
        LIMIT = 1024 * 1024
    };

    char *bytes = cvg_alloc(LIMIT);
    *ret_length = fread(bytes, 1, LIMIT - 1, file);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static const char *header(const char *headers, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = headers; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            return line + length + 1 + strspn(line + length + 1, " ");
        }
    }
    return NULL;
}

/* In place; returns the length. */
static size_t join_chunks(char *body, size_t length)
{
    size_t from = 0, to = 0;
    for (;;) {
        size_t size = 0;
        for (; from < length && body[from] != '\r'; from++) {
            static const char digits[] = "0123456789abcdef";
            const char *digit = strchr(digits, body[from]);
            assert_non_null(digit);
            size = size * 16 + (size_t)(digit - digits);
        }
        if (size == 0) {
            return to;
        }
        from += 2;
        assert_true(from + size <= length);
        memmove(body + to, body + from, size);
        to += size;
        from += size + 2;
    }
}

void fixture_load(const char *name, struct fixture *ret)
{
    size_t length = 0;
    uint64_t status = 0;
    *ret = (struct fixture){.memory = read_whole(name, &length)};
    char *end = strstr(ret->memory, "\r\n\r\n");
    assert_non_null(end);
    *end = '\0';
    char *body = end + 4;
    size_t body_length = length - (size_t)(body - ret->memory);
    assert_int_equal(cvg_parse_uint64(ret->memory + 9, 3, &status), 0);
    if (header(ret->memory, "Transfer-Encoding") != NULL) {
        body_length = join_chunks(body, body_length);
    }
    body[body_length] = '\0';
    const char *type = header(ret->memory, "Content-Type");
    if (type != NULL) {
        snprintf(ret->content_type, sizeof(ret->content_type), "%.*s", (int)strcspn(type, "\r\n"),
                 type);
    }
    ret->response = (struct cvg_http_response){.size = sizeof(ret->response),
                                               .status = (uint32_t)status,
                                               .fault_text = "",
                                               .content_type = ret->content_type,
                                               .headers = ret->memory,
                                               .body = body,
                                               .body_length = body_length};
}

void fixture_done(struct fixture *fixture)
{
    free(fixture->memory);
}

void fixture_read(const struct fixture *fixture, enum cvg_prom_api api, uint32_t flavour,
                  struct cvg_prom_answer *answer)
{
    const struct cvg_http_response *response = &fixture->response;
    const struct cvg_prom_body body = {response->body, response->body_length,
                                       response->content_type};
    if (cvg_prom_is_refusal(response)) {
        cvg_prom_refuse(answer, cvg_prom_flavour(flavour), response);
    } else {
        cvg_prom_decode_any(answer, api, &body);
    }
}

void fixture_answer(const struct fixture *fixture, struct cvg_prom_answer *answer)
{
    fixture_read(fixture, CVG_PROM_QUERY, CVG_PROM_PROMETHEUS, answer);
}

struct cvg_prom_check_config check_config(const char *ready)
{
    return (struct cvg_prom_check_config){
        .query = "up", .ready = ready, .max_sample_age = CVG_ABSENT_INT};
}

static void never_refuse(void *arg, const char *path, const char *text)
{
    (void)arg;
    fail_msg("%s %s", path, text);
}

void check_judge(const struct cvg_prom_check_config *config, const struct cvg_prom_answer *answer,
                 struct cvg_prom_finding *ret)
{
    struct cvg_prom_plan plan;
    assert_int_equal(cvg_prom_plan_make(config, CVG_PROM_FILLED_IN, never_refuse, NULL, &plan), 0);
    cvg_prom_judge(config, &plan, answer, ret);
    cvg_prom_conclude(config, NULL, NULL, ret);
}
