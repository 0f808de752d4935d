/* SPDX-License-Identifier: Apache-2.0 */
/* Building requests and sharing them; see request.h. */
#include "request.h"

#include "clock.h"
#include "decode.h"
#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLISECOND    INT64_C(1000000)
/* Runs of one round start one after the other, so their deadlines are not quite the same. */
#define DEADLINE_SLACK (INT64_C(1000) * MILLISECOND)

enum {
    INLINE_LIMIT = 256 * 1024, /* bytes of a body that are decoded at once: under 1 ms */
    FIRST_PLACES = 16,
    FIXED_LIMIT = 96 /* of the form's numbers */
};

struct cvg_prom_question {
    struct cvg_prom_desk *desk;
    struct cvg_prom_question *next; /* in its place */
    struct cvg_prom_asker *askers;
    struct cvg_op *transfer; /* NULL once it has ended */
    uint64_t hash;
    int64_t wall_ns, deadline_ns;
    enum cvg_prom_api api;
    char text[];
};

/* A body on its way through a worker, which touches nothing but this. */
struct decoding_job {
    struct cvg_prom_question *question; /* for when it comes back */
    enum cvg_prom_api api;
    struct cvg_prom_answer answer;
    char content_type[96];
    size_t length;
    char body[];
};

/* ---- the form ---- */

static int is_set(const struct cvg_list *parameters, const char *name)
{
    const struct cvg_pair *pairs = parameters->items;
    for (size_t i = 0; i < parameters->count; i++) {
        if (strcmp(pairs[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

static void add_parameter(struct cvg_prom_string *string, const struct cvg_pair *pair)
{
    cvg_prom_string_put(string, "&");
    cvg_prom_string_encode(string, pair->name);
    cvg_prom_string_put(string, "=");
    cvg_prom_string_encode(string, pair->value);
}

static void make_tail(struct cvg_prom_desk *desk, const struct cvg_list *parameters)
{
    const struct cvg_pair *pairs = parameters->items;
    struct cvg_prom_string tail = {0};
    for (const struct cvg_pair *pair = desk->flavour->parameters; pair->name != NULL; pair++) {
        if (!is_set(parameters, pair->name)) {
            add_parameter(&tail, pair);
        }
    }
    for (size_t i = 0; i < parameters->count; i++) {
        add_parameter(&tail, &pairs[i]);
    }
    desk->tail = cvg_prom_string_take(&tail);
}

/* A limit of one more than is taken, so that an answer cut short is seen as too large. */
static void write_form(struct cvg_prom_desk *desk, const struct cvg_prom_question *question,
                       int64_t left_ns)
{
    struct cvg_prom_string *form = &desk->written;
    /* A little less than is left, so that the server's own words about a slow query arrive. */
    int64_t timeout_ms = (left_ns - left_ns / 16) / MILLISECOND;
    int64_t wall_ms = question->wall_ns / MILLISECOND;
    char numbers[FIXED_LIMIT];
    if (desk->flavour->nanoseconds) {
        (void)snprintf(numbers, sizeof(numbers), "&time=%lld", (long long)question->wall_ns);
    } else {
        (void)snprintf(numbers, sizeof(numbers), "&time=%lld.%03lld", (long long)(wall_ms / 1000),
                       (long long)(wall_ms % 1000));
    }
    cvg_prom_string_put(form, "query=");
    cvg_prom_string_encode(form, question->text);
    cvg_prom_string_put(form, numbers);
    if (desk->flavour->bounds) {
        (void)snprintf(numbers, sizeof(numbers), "&timeout=%lldms&limit=%d",
                       (long long)(timeout_ms > 0 ? timeout_ms : 1), CVG_PROM_ELEMENT_LIMIT + 1);
        cvg_prom_string_put(form, numbers);
    }
    cvg_prom_string_put(form, desk->tail);
}

static void write_path(struct cvg_prom_desk *desk, const struct cvg_prom_question *question)
{
    cvg_prom_string_put(&desk->written, desk->flavour->paths[question->api]);
    cvg_prom_string_put(&desk->written, "?");
    cvg_prom_string_put(&desk->written, question->text);
    cvg_prom_string_put(&desk->written, desk->tail);
}

/* ---- the table ---- */

static uint64_t hash_of(const struct cvg_prom_wanted *wanted, int64_t wall_ns)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)wall_ns ^ wanted->api;
    for (const char *text = wanted->text; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 32;
}

static struct cvg_prom_question **place_of(const struct cvg_prom_desk *desk, uint64_t hash)
{
    return &desk->places[hash & (desk->place_count - 1)];
}

static void grow(struct cvg_prom_desk *desk)
{
    struct cvg_prom_question **old = desk->places;
    size_t old_count = desk->place_count;
    desk->place_count = old_count ? old_count * 2 : FIRST_PLACES;
    desk->places = cvg_kit_alloc(desk->place_count * sizeof(struct cvg_prom_question *));
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            struct cvg_prom_question *question = old[i];
            old[i] = question->next;
            question->next = *place_of(desk, question->hash);
            *place_of(desk, question->hash) = question;
        }
    }
    free(old);
}

static void forget(struct cvg_prom_question *question)
{
    struct cvg_prom_question **at = place_of(question->desk, question->hash);
    while (*at != question) {
        at = &(*at)->next;
    }
    *at = question->next;
    question->desk->question_count--;
    free(question);
}

/* One that ends no earlier than the asker must know, give or take the slack. */
static struct cvg_prom_question *find(const struct cvg_prom_desk *desk, uint64_t hash,
                                      const struct cvg_prom_wanted *wanted,
                                      const struct cvg_prom_when *when)
{
    struct cvg_prom_question *question = *place_of(desk, hash);
    while (question != NULL &&
           (question->hash != hash || question->wall_ns != when->wall_ns ||
            when->deadline_ns - question->deadline_ns > DEADLINE_SLACK ||
            question->api != wanted->api || strcmp(question->text, wanted->text) != 0)) {
        question = question->next;
    }
    return question;
}

/* ---- answering ---- */

/* Whoever is told may leave other questions, and this one. Without a transfer it is nobody's to
 * cancel, so it outlives them all. */
static void answer_all(struct cvg_prom_question *question, const struct cvg_prom_answer *answer)
{
    while (question->askers != NULL) {
        struct cvg_prom_asker *asker = question->askers;
        cvg_prom_desk_leave(asker);
        asker->on_answer(asker, answer);
    }
    forget(question);
}

static void decode_on_worker(void *arg)
{
    struct decoding_job *job = arg;
    const struct cvg_prom_body body = {job->body, job->length, job->content_type};
    cvg_prom_decode_any(&job->answer, job->api, &body);
}

static void discard_job(void *arg)
{
    struct decoding_job *job = arg;
    cvg_prom_answer_done(&job->answer);
    free(job);
}

static void on_decoded(void *arg, struct cvg_op *op)
{
    struct decoding_job *job = arg;
    (void)op;
    answer_all(job->question, &job->answer);
    discard_job(job);
}

static void decode_elsewhere(struct cvg_prom_question *question,
                             const struct cvg_http_response *response)
{
    struct decoding_job *job = cvg_kit_alloc(sizeof(*job) + response->body_length + 1);
    struct cvg_kit_text text;
    const char *type = response->content_type ? response->content_type : "";
    job->question = question;
    job->api = question->api;
    job->length = response->body_length;
    memcpy(job->body, response->body, response->body_length);
    cvg_kit_text_init(&text, job->content_type, sizeof(job->content_type));
    cvg_kit_text_evidence(&text, type, strlen(type), sizeof(job->content_type));
    const struct cvg_prom_desk *desk = question->desk;
    (void)desk->host->offload(desk->scope, decode_on_worker, on_decoded, discard_job, job);
}

static void on_response(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_prom_question *question = arg;
    struct cvg_prom_answer *answer = &question->desk->answer;
    (void)op;
    question->transfer = NULL;
    if (cvg_prom_is_refusal(response)) {
        cvg_prom_refuse(answer, question->desk->flavour, response);
    } else if (cvg_prom_clock_refuse(answer, response->headers, question->desk->host->wall())) {
        /* Whatever it says is about another time. */
    } else if (response->body_length > INLINE_LIMIT) {
        decode_elsewhere(question, response);
        return;
    } else {
        const struct cvg_prom_body body = {response->body, response->body_length,
                                           response->content_type};
        cvg_prom_decode_any(answer, question->api, &body);
    }
    answer_all(question, answer);
}

/* ---- asking ---- */

static void send_question(struct cvg_prom_question *question)
{
    struct cvg_prom_desk *desk = question->desk;
    const struct cvg_pair headers[] = {{"Accept", "application/json"},
                                       {desk->flavour->tenant_header, desk->tenant}};
    int64_t left_ns = question->deadline_ns - desk->host->now();
    if (left_ns < MILLISECOND) {
        left_ns = MILLISECOND;
    }
    struct cvg_http_request request = {
        .size = sizeof(request),
        .headers = headers,
        .header_count = desk->tenant != NULL ? 2 : 1,
        /* The runs' own deadlines end it; this is for one whose askers came later. */
        .timeout_ns = left_ns + DEADLINE_SLACK,
        .on_done = on_response,
        .arg = question,
    };
    desk->written.length = 0;
    if (question->api == CVG_PROM_QUERY) {
        write_form(desk, question, left_ns);
        request.method = "POST";
        request.path = desk->flavour->paths[question->api];
        request.body = desk->written.data;
        request.body_length = desk->written.length;
        request.content_type = "application/x-www-form-urlencoded";
    } else {
        write_path(desk, question);
        request.method = "GET";
        request.path = desk->written.data;
    }
    question->transfer = desk->host->http(desk->scope, &request);
}

void cvg_prom_desk_ask(struct cvg_prom_desk *desk, struct cvg_prom_asker *asker,
                       const struct cvg_prom_wanted *wanted, const struct cvg_prom_when *when)
{
    uint64_t hash = hash_of(wanted, when->wall_ns);
    struct cvg_prom_question *question = find(desk, hash, wanted, when);
    int is_new = question == NULL;
    if (is_new) {
        size_t length = strlen(wanted->text);
        if (desk->question_count == desk->place_count) {
            grow(desk);
        }
        question = cvg_kit_alloc(sizeof(*question) + length + 1);
        question->desk = desk;
        question->hash = hash;
        question->wall_ns = when->wall_ns;
        question->deadline_ns = when->deadline_ns;
        question->api = wanted->api;
        memcpy(question->text, wanted->text, length + 1);
        question->next = *place_of(desk, hash);
        *place_of(desk, hash) = question;
        desk->question_count++;
    }
    asker->question = question;
    asker->previous = NULL;
    asker->next = question->askers;
    if (asker->next != NULL) {
        asker->next->previous = asker;
    }
    question->askers = asker;
    if (is_new) {
        send_question(question);
    }
}

void cvg_prom_desk_leave(struct cvg_prom_asker *asker)
{
    struct cvg_prom_question *question = asker->question;
    if (question == NULL) {
        return;
    }
    if (asker->previous != NULL) {
        asker->previous->next = asker->next;
    } else {
        question->askers = asker->next;
    }
    if (asker->next != NULL) {
        asker->next->previous = asker->previous;
    }
    asker->question = NULL;
    if (question->askers == NULL && question->transfer != NULL) {
        question->desk->host->cancel(question->transfer);
        forget(question);
    }
}

void cvg_prom_desk_open(struct cvg_prom_desk *desk, const struct cvg_host *host,
                        struct cvg_source *source, const struct cvg_prom_source_config *config)
{
    *desk = (struct cvg_prom_desk){.host = host,
                                   .scope = host->source_scope(source),
                                   .flavour = cvg_prom_flavour(config->flavour),
                                   .tenant = config->tenant};
    make_tail(desk, &config->parameters);
    grow(desk);
}

void cvg_prom_desk_close(struct cvg_prom_desk *desk)
{
    for (size_t i = 0; i < desk->place_count; i++) {
        while (desk->places[i] != NULL) {
            struct cvg_prom_question *question = desk->places[i];
            desk->places[i] = question->next;
            free(question);
        }
    }
    cvg_prom_answer_done(&desk->answer);
    free(desk->places);
    free(desk->tail);
    cvg_prom_string_done(&desk->written);
}
