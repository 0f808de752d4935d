/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A round is one read or a few after each other. Its deadline is ours and not the host's: the read
 * has to be there still, so that http_sever() knows which connection it was on.
 */
#include "pulse.h"

#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

#define SECOND      INT64_C(1000000000)
#define ANSWER_MOST (3 * SECOND)
/* Later than ours, so that the read is still there to take its connection down. */
#define HOST_MOST   (ANSWER_MOST + SECOND)
#define ASKED_MOST  4 /* a round */
#define BODY_MOST   ((int64_t)64 << 10)

/* A role may have one and not the other. */
static const char *const paths[] = {"/readyz?verbose", "/livez?verbose"};

#define PATHS (sizeof(paths) / sizeof(paths[0]))

struct cvg_kube_pulse {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    int64_t every;
    struct cvg_kube_pulse_owner owner;
    struct cvg_op *request, *deadline, *next_round;
    size_t path;
    int64_t began_at; /* the round */
    int asked;        /* in it */
    int started, sound;
    uint32_t status;
    int64_t at;
    char text[256];
};

static void ask(struct cvg_kube_pulse *pulse);

static void cancel(struct cvg_kube_pulse *pulse, struct cvg_op **op)
{
    if (*op) {
        pulse->host->cancel(*op);
        *op = NULL;
    }
}

static void on_round(void *arg, struct cvg_op *op)
{
    struct cvg_kube_pulse *pulse = arg;
    (void)op;
    pulse->next_round = NULL;
    pulse->began_at = pulse->host->now();
    pulse->asked = 0;
    ask(pulse);
}

static void end_round(struct cvg_kube_pulse *pulse)
{
    int64_t after = pulse->began_at + pulse->every - pulse->host->now();
    pulse->next_round =
        pulse->host->timer(pulse->scope, after > SECOND ? after : SECOND, on_round, pulse);
    pulse->owner.over(pulse->owner.arg, pulse->began_at);
}

/* ---- what it said ---- */

/* Adds a line that says what failed, printable, as far as there is room. */
static void take_line(struct cvg_kube_pulse *pulse, const char *line, size_t length)
{
    size_t at = strlen(pulse->text);
    if (at > 0 && at + 2 < sizeof(pulse->text)) {
        memcpy(pulse->text + at, ", ", 3);
        at += 2;
    }
    for (size_t i = 0; i < length && at + 1 < sizeof(pulse->text); i++) {
        pulse->text[at++] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
    }
    pulse->text[at] = '\0';
}

static void take_text(struct cvg_kube_pulse *pulse, const char *body)
{
    pulse->text[0] = '\0';
    for (; body && *body; body += strspn(body, "\n")) {
        size_t length = strcspn(body, "\n");
        if (strncmp(body, "[-]", 3) == 0) {
            take_line(pulse, body + 3, length - 3);
        }
        body += length;
    }
}

static int proves(uint32_t status)
{
    return (status >= 200 && status < 300) || status == 403 || status == 404;
}

static void take_answer(struct cvg_kube_pulse *pulse, const struct cvg_http_response *response)
{
    pulse->status = response->status;
    pulse->at = pulse->host->now();
    pulse->sound = proves(response->status);
    take_text(pulse, response->body);
    if (pulse->sound) {
        pulse->owner.proved(pulse->owner.arg, response->connection, response->started_ns);
    } else if (response->status == 401) {
        pulse->owner.unauthorized(pulse->owner.arg);
    } else if (response->status == 429) {
        pulse->owner.throttled(pulse->owner.arg);
    }
}

static int is_withheld(uint32_t status)
{
    return status == 403 || status == 404;
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_kube_pulse *pulse = arg;
    (void)op;
    pulse->request = NULL;
    cancel(pulse, &pulse->deadline);
    if (response->fault != CVG_FAULT_NONE) {
        pulse->sound = 0;
        end_round(pulse);
        return;
    }
    take_answer(pulse, response);
    int other = is_withheld(response->status) && pulse->path + 1 < PATHS;
    if (other) {
        pulse->path++;
    }
    int more = pulse->sound && pulse->asked < ASKED_MOST &&
               (other || pulse->owner.wants(pulse->owner.arg, pulse->began_at));
    if (more) {
        ask(pulse);
    } else {
        end_round(pulse);
    }
}

/* ---- asking ---- */

static void on_deadline(void *arg, struct cvg_op *op)
{
    struct cvg_kube_pulse *pulse = arg;
    (void)op;
    pulse->deadline = NULL;
    pulse->sound = 0;
    /* Ends the read, and the watches beside it; one that still waits for its turn runs into the
     * host's timeout, and takes nobody with it. */
    pulse->host->http_sever(pulse->request);
}

static void ask(struct cvg_kube_pulse *pulse)
{
    struct cvg_http_request request = {
        .size = sizeof(request),
        .path = paths[pulse->path],
        .body_limit = BODY_MOST,
        .timeout_ns = HOST_MOST,
        .on_done = on_done,
        .arg = pulse,
    };
    pulse->asked++;
    pulse->request = pulse->host->http(pulse->scope, &request);
    pulse->deadline = pulse->host->timer(pulse->scope, ANSWER_MOST, on_deadline, pulse);
}

/* ---- what others call ---- */

struct cvg_kube_pulse *cvg_kube_pulse_new(const struct cvg_host *host, struct cvg_scope *scope,
                                          int64_t every_ns,
                                          const struct cvg_kube_pulse_owner *owner)
{
    struct cvg_kube_pulse *pulse = cvg_kit_alloc(sizeof(*pulse));
    pulse->host = host;
    pulse->scope = scope;
    pulse->every = every_ns;
    pulse->owner = *owner;
    return pulse;
}

void cvg_kube_pulse_free(struct cvg_kube_pulse *pulse)
{
    if (pulse) {
        cancel(pulse, &pulse->request);
        cancel(pulse, &pulse->deadline);
        cancel(pulse, &pulse->next_round);
    }
    free(pulse);
}

void cvg_kube_pulse_start(struct cvg_kube_pulse *pulse, int64_t after_ns)
{
    if (!pulse->started) {
        pulse->started = 1;
        pulse->next_round = pulse->host->timer(pulse->scope, after_ns, on_round, pulse);
    }
}

int cvg_kube_pulse_is_sound(const struct cvg_kube_pulse *pulse)
{
    return pulse->sound;
}

uint32_t cvg_kube_pulse_status(const struct cvg_kube_pulse *pulse, const char **ret_text,
                               int64_t *ret_at)
{
    *ret_text = pulse->text;
    *ret_at = pulse->at;
    return pulse->status;
}
