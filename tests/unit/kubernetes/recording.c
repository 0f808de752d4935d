/* SPDX-License-Identifier: Apache-2.0 */
#include "recording.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

static char *read_all(const char *name, size_t *ret_length)
{
    char path[512];
    (void)snprintf(path, sizeof(path), CVG_FIXTURES "/kubernetes/%s", name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    assert_true(length > 0);
    rewind(file);
    char *text = calloc(1, (size_t)length + 1);
    assert_non_null(text);
    *ret_length = fread(text, 1, (size_t)length, file);
    assert_int_equal(*ret_length, length);
    (void)fclose(file);
    return text;
}

/* The value of a header, "" where there is none. */
static void find_header(const char *head, const char *name, char *ret, size_t size)
{
    ret[0] = '\0';
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        size_t length = strlen(name);
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1 + strspn(line + length + 1, " ");
            (void)snprintf(ret, size, "%.*s", (int)strcspn(value, "\r"), value);
            return;
        }
    }
}

static size_t hexadecimal(const char *digits, size_t length)
{
    size_t value = 0;
    for (size_t i = 0; i < length; i++) {
        const char *all = "0123456789abcdef";
        const char *digit = strchr(all, digits[i]);
        assert_non_null(digit);
        value = value * 16 + (size_t)(digit - all);
    }
    return value;
}

/* Moves the chunks together, in place. Ends where the recording does. */
static void undo_chunks(struct recording *recording)
{
    const char *at = recording->body, *end = at + recording->length;
    size_t used = 0;
    recording->complete = 0;
    while (at < end) {
        const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
        assert_non_null(line);
        size_t size = hexadecimal(at, (size_t)(line - at));
        at = line + 2;
        if (size == 0) {
            recording->complete = 1;
            break;
        }
        assert_true(size + 2 <= (size_t)(end - at));
        memmove(recording->body + used, at, size);
        used += size;
        at += size + 2;
    }
    recording->length = used;
}

int recording_try(const char *name, struct recording *ret)
{
    char value[64];
    size_t length = 0;
    char *text = read_all(name, &length);
    if (text == NULL) {
        return -1;
    }
    char *body = memmem(text, length, "\r\n\r\n", 4);
    assert_non_null(body);
    *body = '\0'; /* the head is text now */
    body += 4;
    *ret = (struct recording){.length = length - (size_t)(body - text), .complete = 1};
    assert_int_equal(cvg_parse_int64(text + strlen("HTTP/1.1 "), 3, &ret->status), 0);
    find_header(text, "Content-Type", ret->content_type, sizeof(ret->content_type));
    ret->body = calloc(1, ret->length + 1);
    assert_non_null(ret->body);
    memcpy(ret->body, body, ret->length);
    find_header(text, "Transfer-Encoding", value, sizeof(value));
    if (strcmp(value, "chunked") == 0) {
        undo_chunks(ret);
    }
    free(text);
    return 0;
}

void recording_load(const char *name, struct recording *ret)
{
    if (recording_try(name, ret) < 0) {
        fail_msg("%s is not there", name);
    }
}

void recording_done(struct recording *recording)
{
    free(recording->body);
    *recording = (struct recording){0};
}
