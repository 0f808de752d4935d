/* SPDX-License-Identifier: Apache-2.0 */
/* One look for all who ask; see source.h. */
#include "source.h"

#include "backend.h"
#include "edition.h"
#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

#define MS        INT64_C(1000000)
#define TURN_NS   (3 * MS) /* of telling, before the loop gets its turn */
#define AT_ONCE   8        /* are told between looks at the clock */
#define ROOM_SIZE 24576    /* a path is made of at most two others and some words */

enum phase {
    IDLE = 0,
    LOOKING,
    READING,
    TELLING
};

struct cvg_tf_queue {
    struct cvg_tf_asker *first, *last;
};

struct cvg_tf_source {
    const struct cvg_host *host;
    struct cvg_source *handle;
    struct cvg_scope *scope;
    const struct cvg_tf_source_config *config;
    const struct cvg_place_kind *kind;
    struct cvg_place_settings settings;
    void *place;
    struct cvg_tf_asker *askers; /* all that have joined */
    struct cvg_tf_queue waiting, telling;
    enum phase phase;
    struct cvg_place_look *look; /* while looking */
    int64_t look_deadline_ns;
    uint32_t changed;    /* the watch saw something since the look began */
    uint32_t incomplete; /* somebody's question is not in the latest edition */
    struct cvg_place_tag tag;
    struct cvg_tf_edition *edition; /* the latest; owned; NULL: none yet */
    int64_t changed_at;             /* of the latest bytes, by the place; 0: not told */
    /* What is being told. */
    struct cvg_place_sight sight;
    struct cvg_tf_lock lock;
    int64_t wall_ns; /* of the look's begin */
    char room[ROOM_SIZE];
};

/* ---- queues ---- */

static void queue_add(struct cvg_tf_queue *queue, struct cvg_tf_asker *asker)
{
    asker->queue = queue;
    asker->previous_waiting = queue->last;
    asker->next_waiting = NULL;
    *(queue->last == NULL ? &queue->first : &queue->last->next_waiting) = asker;
    queue->last = asker;
}

static void queue_remove(struct cvg_tf_asker *asker)
{
    struct cvg_tf_queue *queue = asker->queue;
    struct cvg_tf_asker *before = asker->previous_waiting, *after = asker->next_waiting;
    *(before == NULL ? &queue->first : &before->next_waiting) = after;
    *(after == NULL ? &queue->last : &after->previous_waiting) = before;
    asker->queue = NULL;
    asker->previous_waiting = asker->next_waiting = NULL;
}

/* ---- a round ---- */

static void begin(struct cvg_tf_source *source);

static void finish(struct cvg_tf_source *source)
{
    cvg_place_sight_done(&source->sight);
    source->phase = IDLE;
    if (source->changed) {
        source->changed = 0;
        source->host->wake(source->handle);
    }
    if (source->waiting.first != NULL) {
        begin(source);
    }
}

static void tell_one(struct cvg_tf_source *source, struct cvg_tf_asker *asker)
{
    const struct cvg_place_sight *sight = &source->sight;
    int is_here = sight->fault == CVG_FAULT_NONE && !sight->absent && source->edition != NULL;
    struct cvg_tf_evidence evidence = {
        .sight = sight,
        .lock = source->lock,
        .max_age_ns = CVG_ABSENT_INT,
    };
    if (is_here && !sight->being_written) {
        evidence.refusal = *cvg_tf_edition_refusal(source->edition);
        evidence.survey = cvg_tf_edition_survey(source->edition, asker->question);
    }
    queue_remove(asker);
    asker->told(asker, &evidence, source->wall_ns);
}

static void on_tell_timer(void *arg, struct cvg_op *op);

static void tell(struct cvg_tf_source *source)
{
    const struct cvg_host *host = source->host;
    int64_t began = host->now();
    for (size_t i = 1; source->telling.first != NULL; i++) {
        tell_one(source, source->telling.first);
        if (i % AT_ONCE == 0 && source->telling.first != NULL && host->now() - began > TURN_NS) {
            host->timer(source->scope, 0, on_tell_timer, source);
            return;
        }
    }
    finish(source);
}

static void on_tell_timer(void *arg, struct cvg_op *op)
{
    (void)op;
    tell(arg);
}

/* The document is here, and this asker came, or changed its question, after it was read. */
static int must_look_again(const struct cvg_tf_source *source, const struct cvg_tf_asker *asker)
{
    const struct cvg_place_sight *sight = &source->sight;
    if (sight->fault == CVG_FAULT_TIMEOUT) {
        return asker->deadline_ns > source->look_deadline_ns;
    }
    if (sight->fault != CVG_FAULT_NONE || sight->absent || sight->being_written) {
        return 0;
    }
    return cvg_tf_edition_refusal(source->edition)->kind == CVG_TF_FINE &&
           cvg_tf_edition_survey(source->edition, asker->question) == NULL;
}

static void begin_telling(struct cvg_tf_source *source)
{
    const struct cvg_place_sight *sight = &source->sight;
    source->phase = TELLING;
    cvg_tf_lock_read(sight->lock_note, sight->lock_note_length, source->wall_ns, &source->lock);
    source->lock.state = sight->lock;
    for (struct cvg_tf_asker *asker = source->waiting.first, *next; asker != NULL; asker = next) {
        next = asker->next_waiting;
        if (!must_look_again(source, asker)) {
            queue_remove(asker);
            queue_add(&source->telling, asker);
        }
    }
    tell(source);
}

/* ---- reading ---- */

static void on_read(void *arg, struct cvg_op *op);

static void begin_reading(struct cvg_tf_source *source)
{
    struct cvg_place_sight *sight = &source->sight;
    struct cvg_tf_draft *draft = cvg_tf_draft_new(source->host, source->config->content,
                                                  sight->bytes, sight->length, source->edition);
    sight->bytes = NULL;
    source->phase = READING;
    source->incomplete = 0;
    for (struct cvg_tf_asker *asker = source->askers; asker != NULL; asker = asker->next) {
        cvg_tf_draft_add(draft, asker->question);
    }
    cvg_tf_draft_set_owner(draft, source);
    source->host->offload(source->scope, cvg_tf_draft_work, on_read, cvg_tf_draft_free, draft);
}

static void on_read(void *arg, struct cvg_op *op)
{
    struct cvg_tf_source *source = cvg_tf_draft_owner(arg);
    struct cvg_tf_edition *edition = cvg_tf_draft_take(arg);
    (void)op;
    if (edition != NULL) {
        cvg_tf_edition_free(source->edition);
        source->edition = edition;
    }
    begin_telling(source);
}

/* ---- looking ---- */

/* A place that says that nothing changed (a 304 without Last-Modified) may leave out since when. */
static void keep_changed_at(struct cvg_tf_source *source)
{
    struct cvg_place_sight *sight = &source->sight;
    if (sight->unchanged && sight->changed_at == 0) {
        sight->changed_at = source->changed_at;
    } else if (sight->unchanged || sight->bytes != NULL) {
        source->changed_at = sight->changed_at;
    }
}

static void on_seen(void *arg, struct cvg_place_sight *sight)
{
    struct cvg_tf_source *source = arg;
    const struct cvg_host *host = source->host;
    source->look = NULL;
    source->sight = *sight;
    keep_changed_at(source);
    source->wall_ns = host->wall() - (host->now() - sight->observed_at);
    if (sight->bytes != NULL) {
        begin_reading(source);
    } else {
        begin_telling(source);
    }
}

static void begin(struct cvg_tf_source *source)
{
    int64_t deadline = 0;
    for (struct cvg_tf_asker *asker = source->waiting.first; asker != NULL;
         asker = asker->next_waiting) {
        deadline = asker->deadline_ns > deadline ? asker->deadline_ns : deadline;
    }
    if (source->incomplete || source->edition == NULL) {
        memset(&source->tag, 0, sizeof(source->tag));
    }
    source->phase = LOOKING;
    source->changed = 0;
    source->look_deadline_ns = deadline;
    source->look = source->kind->look(source->place, deadline, &source->tag, on_seen, source);
}

/* ---- who asks ---- */

void cvg_tf_source_join(struct cvg_tf_source *source, struct cvg_tf_asker *asker)
{
    asker->next = source->askers;
    asker->previous = NULL;
    if (asker->next != NULL) {
        asker->next->previous = asker;
    }
    source->askers = asker;
    source->incomplete = 1;
}

void cvg_tf_source_leave(struct cvg_tf_source *source, struct cvg_tf_asker *asker)
{
    cvg_tf_source_call_off(source, asker);
    *(asker->previous == NULL ? &source->askers : &asker->previous->next) = asker->next;
    if (asker->next != NULL) {
        asker->next->previous = asker->previous;
    }
}

void cvg_tf_source_question(struct cvg_tf_source *source, struct cvg_tf_asker *asker,
                            struct cvg_tf_question *question)
{
    asker->question = question;
    source->incomplete = 1;
}

/* What was seen last will do, and nothing of it has to be read again. */
static int is_seen(const struct cvg_tf_source *source, const struct cvg_tf_asker *asker)
{
    return source->sight.observed_at >= asker->since_ns && source->sight.observed_at != 0 &&
           (source->phase == IDLE || source->phase == TELLING) && !must_look_again(source, asker);
}

void cvg_tf_source_ask(struct cvg_tf_source *source, struct cvg_tf_asker *asker, int64_t since_ns,
                       int64_t deadline_ns)
{
    asker->since_ns = since_ns;
    asker->deadline_ns = deadline_ns;
    if (!is_seen(source, asker)) {
        queue_add(&source->waiting, asker);
        if (source->phase == IDLE) {
            begin(source);
        }
        return;
    }
    queue_add(&source->telling, asker);
    if (source->phase == IDLE) {
        source->phase = TELLING;
        source->host->timer(source->scope, 0, on_tell_timer, source);
    }
}

void cvg_tf_source_call_off(struct cvg_tf_source *source, struct cvg_tf_asker *asker)
{
    if (asker->queue == NULL) {
        return;
    }
    queue_remove(asker);
    if (source->phase == LOOKING && source->waiting.first == NULL) {
        source->kind->cancel(source->look);
        source->look = NULL;
        source->phase = IDLE;
    }
}

/* ---- its life ---- */

static int check_connection(const struct cvg_tf_source *source, cvg_tf_refuse_key *refuse,
                            void *arg)
{
    const struct cvg_host *host = source->host;
    const char *way = host->endpoint_has(source->handle, "via")   ? "via"
                      : host->endpoint_has(source->handle, "url") ? "url"
                                                                  : NULL;
    int is_local = source->kind == &cvg_place_file;
    if (is_local && way != NULL) {
        refuse(arg, way, "has no effect with backend: local");
        return -1;
    }
    return 0;
}

struct cvg_tf_source *cvg_tf_source_new(const struct cvg_host *host, struct cvg_source *handle,
                                        const struct cvg_tf_source_config *config,
                                        cvg_tf_refuse_key *refuse, void *arg)
{
    if (cvg_tf_source_check(config, refuse, arg) < 0) {
        return NULL;
    }
    const char *error = NULL;
    struct cvg_tf_source *source = cvg_kit_alloc(sizeof(*source));
    source->host = host;
    source->handle = handle;
    source->scope = host->source_scope(handle);
    source->config = config;
    source->kind = cvg_tf_backend_find(config->backend, &error);
    if (cvg_tf_backend_settings(config, source->room, sizeof(source->room), &source->settings) <
        0) {
        refuse(arg, "path", "is too long");
        free(source);
        return NULL;
    }
    if (check_connection(source, refuse, arg) < 0 ||
        source->kind->check(host, handle, &source->settings, refuse, arg) < 0) {
        free(source);
        return NULL;
    }
    source->place = source->kind->open(host, handle, &source->settings);
    return source;
}

static void on_changed(void *arg)
{
    struct cvg_tf_source *source = arg;
    source->changed = source->phase != IDLE;
    source->host->wake(source->handle);
}

void cvg_tf_source_start(struct cvg_tf_source *source)
{
    if (source->kind->watch != NULL) {
        source->kind->watch(source->place, on_changed, source);
    }
}

void cvg_tf_source_free(struct cvg_tf_source *source)
{
    source->kind->close(source->place);
    cvg_place_sight_done(&source->sight);
    cvg_tf_edition_free(source->edition);
    free(source);
}

const struct cvg_host *cvg_tf_source_host(const struct cvg_tf_source *source)
{
    return source->host;
}

const struct cvg_tf_source_config *cvg_tf_source_config(const struct cvg_tf_source *source)
{
    return source->config;
}
