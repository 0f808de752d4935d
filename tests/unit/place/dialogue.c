/* SPDX-License-Identifier: Apache-2.0 */
#include "dialogue.h"

#include "unit/io/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool fits(const struct line *line, const char *request)
{
    if (line->asked == NULL || strncmp(request, line->asked, strlen(line->asked)) != 0) {
        return false;
    }
    if (line->has == NULL) {
        return true;
    }
    return line->has[0] == '!' ? strstr(request, line->has + 1) == NULL
                               : strstr(request, line->has) != NULL;
}

static bool answer(int fd, const struct line *line, const char *request)
{
    char head[2048];
    const char *body = line->body != NULL ? line->body : "";
    const char *headers = line->headers != NULL ? line->headers : "";
    bool cut = strcmp(line->status, "CUT") == 0;
    bool bodiless = strncmp(request, "HEAD ", 5) == 0 || strncmp(line->status, "304", 3) == 0;
    char length[48] = "";
    if (strstr(headers, "Content-Length:") == NULL && !bodiless) {
        (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n",
                       strlen(body) + (cut ? 100 : 0));
    }
    (void)snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%s%s\r\n", cut ? "200 OK" : line->status,
                   headers, length);
    return peer_say(fd, head) && (bodiless || peer_say(fd, body)) && !cut;
}

static void serve(int fd, unsigned number, void *arg)
{
    struct dialogue *dialogue = arg;
    char request[16384];
    (void)number;
    while (peer_read_request(fd, request, sizeof request)) {
        const struct line *line = &dialogue->lines[atomic_load(&dialogue->at)];
        if (!fits(line, request)) {
            if (dialogue->wrong[0] == '\0') {
                (void)snprintf(dialogue->wrong, sizeof dialogue->wrong,
                               "asked: %.3000s\nnot: %s %s", request,
                               line->asked != NULL ? line->asked : "(nothing)",
                               line->has != NULL ? line->has : "");
            }
            if (!peer_say(fd, "HTTP/1.1 500 Not expected\r\nContent-Length: 0\r\n\r\n")) {
                return;
            }
            continue;
        }
        atomic_fetch_add(&dialogue->at, 1);
        if (!answer(fd, line, request)) {
            return;
        }
    }
}

static const struct line nothing[] = {{NULL, NULL, NULL, NULL, NULL}};

void dialogue_start(struct dialogue *dialogue)
{
    memset(dialogue, 0, sizeof *dialogue);
    dialogue->lines = nothing;
    dialogue->peer = peer_start(serve, dialogue);
}

uint16_t dialogue_port(const struct dialogue *dialogue)
{
    return peer_port(dialogue->peer);
}

void dialogue_check(struct dialogue *dialogue)
{
    if (dialogue->wrong[0] != '\0') {
        fail_msg("%s", dialogue->wrong);
    }
    const struct line *left = &dialogue->lines[atomic_load(&dialogue->at)];
    if (left->asked != NULL) {
        fail_msg("was not asked: %s", left->asked);
    }
    dialogue->lines = nothing; /* those may be gone soon */
    atomic_store(&dialogue->at, 0);
}

void dialogue_expect(struct dialogue *dialogue, const struct line *lines)
{
    dialogue_check(dialogue);
    dialogue->lines = lines;
}

void dialogue_stop(struct dialogue *dialogue)
{
    dialogue_check(dialogue);
    peer_stop(dialogue->peer);
}
