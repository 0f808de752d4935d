/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States in Consul: the lock, the key, the chunks where the key points to them, and the lock again where
 * the document is new, so that an apply in between is seen. The lock is a key that a session holds; a
 * killed run's session ends after seconds, and its note stays: that lock is stale.
 */
#include "backend.h"
#include "consul_decode.h"
#include "kit/memory.h"
#include "place/fault.h"
#include "visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_LIMIT = 512, /* Terraform's keys are paths */
    PATH_LIMIT = 3 * KEY_LIMIT + 128,
    SMALL = 64 * 1024, /* bytes of a lock or its note */
    ENVELOPE = 4096,   /* what an answer has besides the value */
    BASE64_MOST = 64 * 1024 * 1024
};

struct consul {
    const struct cvg_host *host;
    struct cvg_source *source;
    const struct cvg_place_settings *settings;
    size_t limit; /* of a document */
    struct cvg_tf_visit *looks;
    char key[KEY_LIMIT]; /* without slashes at its end: locks and chunks are below it */
};

struct cvg_place_look {
    struct cvg_tf_visit visit;
    struct consul *consul;
    cvg_place_seen *seen;
    void *arg;
    struct cvg_tf_consul_pointer pointer;
    struct cvg_place_body chunks; /* as they come, one behind the other */
    size_t next_chunk;
    char index[24];       /* of what comes: becomes the tag where it came whole */
    uint32_t lock_before; /* enum cvg_place_lock */
    int is_second;        /* the lock is asked again */
};

/* What a worker makes of what was stored. It touches nothing else. */
struct unpacking {
    struct cvg_place_look *look; /* for when it comes back */
    const struct cvg_host *host;
    char key[KEY_LIMIT];
    size_t limit;
    int is_answer; /* bytes are an answer with a value; else chunks */
    char *bytes;
    size_t length;
    char known[24]; /* the index that the tag has: nothing is unpacked then */
    char hash[33];  /* "": none is named */
    struct cvg_tf_consul_pair pair;
    struct cvg_tf_consul_pointer pointer;
    enum cvg_tf_consul_value value;
    enum cvg_tf_consul_result result;
    int is_broken, is_known;
};

static void ask_lock(struct cvg_place_look *look);

static struct cvg_place_look *look_of(struct cvg_tf_visit *visit)
{
    return (struct cvg_place_look *)(void *)visit;
}

static void drop(struct cvg_place_look *look)
{
    cvg_tf_visit_drop(&look->visit);
    cvg_place_body_done(&look->chunks);
    free(look);
}

static void finish(struct cvg_place_look *look)
{
    struct cvg_place_sight sight = look->visit.sight;
    /* What came torn is brought again, though nobody may write it any more. */
    if (sight.bytes != NULL && !sight.digest_mismatch) {
        (void)snprintf(look->visit.tag->bytes, sizeof(look->visit.tag->bytes), "%s", look->index);
    }
    look->visit.sight.bytes = NULL;
    cvg_place_seen *seen = look->seen;
    void *arg = look->arg;
    drop(look);
    seen(arg, &sight);
}

/* A value is in base64. Large documents are in chunks, which are not. */
static size_t answer_limit(const struct consul *consul)
{
    return consul->limit > BASE64_MOST ? consul->limit : consul->limit / 3 * 4 + ENVELOPE;
}

/* query: "?raw", or "". */
static void ask(struct cvg_place_look *look, const char *suffix, const char *query, size_t limit,
                void (*then)(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer))
{
    char path[PATH_LIMIT] = "v1/kv/";
    /* Keys were measured by check(). */
    (void)cvg_tf_path_add(path, sizeof(path),
                          suffix ? look->consul->key : look->consul->settings->path, 1);
    (void)cvg_tf_path_add(path, sizeof(path), suffix ? suffix : "", 1);
    size_t used = strlen(path);
    (void)snprintf(path + used, sizeof(path) - used, "%s", query);
    const struct cvg_tf_asked asked = {.path = path, .accept = "*/*", .limit = limit};
    cvg_tf_visit_get(&look->visit, &asked, then);
}

static void refuse(struct cvg_place_look *look, const struct cvg_tf_answer *answer,
                   const char *what)
{
    if (answer->status == 403) {
        cvg_place_refuse(&look->visit.sight, CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN,
                         "%s: the token may not read it: give it the policy key_prefix \"%s\" "
                         "{ policy = \"read\" }",
                         what, look->consul->key);
    } else {
        cvg_tf_visit_refuse(&look->visit, answer, what);
    }
    finish(look);
}

/* ---- the document ---- */

static void unpack(void *arg)
{
    struct unpacking *job = arg;
    if (job->is_answer) {
        char *answer = job->bytes;
        job->is_broken = cvg_tf_consul_pair_read(answer, job->length, &job->pair) < 0;
        free(answer);
        job->bytes = job->pair.value;
        job->length = job->pair.length;
        job->is_known = !job->is_broken && strcmp(job->pair.modify_index, job->known) == 0;
        if (job->is_broken || job->is_known) {
            return;
        }
        job->value = cvg_tf_consul_value_read(job->bytes, job->length, job->key, &job->pointer);
        if (job->value != CVG_TF_CONSUL_DOCUMENT) {
            return;
        }
    }
    job->result = cvg_tf_consul_unpack(job->host, &job->bytes, &job->length, job->limit,
                                       job->hash[0] != '\0' ? job->hash : NULL);
}

static void discard(void *arg)
{
    struct unpacking *job = arg;
    free(job->bytes);
    free(job);
}

static void ask_chunk(struct cvg_place_look *look);

/* The document is there, or what is in its way is told. */
static void take_result(struct cvg_place_look *look, struct unpacking *job)
{
    struct cvg_place_sight *sight = &look->visit.sight;
    switch (job->result) {
    case CVG_TF_CONSUL_TOO_LARGE:
        cvg_place_refuse(sight, CVG_FAULT_TOO_LARGE, CVG_PLACE_TOO_LARGE,
                         "the state in %s is over %zu bytes", look->consul->key, job->limit);
        finish(look);
        return;
    case CVG_TF_CONSUL_BAD_GZIP:
        /* A single value is written in one piece: nobody will mend it by going on. */
        if (job->is_answer) {
            cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                             "the value of %s begins as gzip, and cannot be unpacked",
                             look->consul->key);
            finish(look);
            return;
        }
        sight->being_written = 1;
        cvg_tf_visit_say(&look->visit, "the chunks of %s are not one gzip file", look->consul->key);
        break;
    case CVG_TF_CONSUL_OTHER_DIGEST:
        sight->digest_mismatch = 1;
        cvg_tf_visit_say(&look->visit, "the chunks of %s have another MD5 than the key names",
                         look->consul->key);
        break;
    case CVG_TF_CONSUL_DONE:
        break;
    }
    sight->bytes = job->bytes;
    sight->length = job->length;
    job->bytes = NULL;
    look->is_second = 1;
    ask_lock(look);
}

static void take_answer(struct cvg_place_look *look, struct unpacking *job)
{
    struct cvg_place_sight *sight = &look->visit.sight;
    memcpy(look->index, job->pair.modify_index, sizeof(look->index));
    if (job->is_broken) {
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the answer is not a key's value as Consul gives it");
        finish(look);
    } else if (job->is_known) {
        sight->unchanged = 1;
        finish(look);
    } else if (job->value == CVG_TF_CONSUL_BAD_POINTER) {
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "%s points to chunks that Terraform does not make", look->consul->key);
        finish(look);
    } else if (job->value == CVG_TF_CONSUL_POINTER) {
        look->pointer = job->pointer;
        look->chunks.limit = look->consul->limit;
        ask_chunk(look);
    } else {
        take_result(look, job);
    }
}

static void on_unpacked(void *arg, struct cvg_op *op)
{
    struct unpacking *job = arg;
    struct cvg_place_look *look = job->look;
    (void)op;
    look->visit.op = NULL;
    if (job->is_answer) {
        take_answer(look, job);
    } else {
        take_result(look, job);
    }
    discard(job);
}

static void send_to_worker(struct cvg_place_look *look, struct unpacking *job)
{
    job->look = look;
    job->host = look->visit.host;
    job->limit = look->consul->limit;
    memcpy(job->key, look->consul->key, sizeof(job->key));
    look->visit.op =
        look->visit.host->offload(look->visit.scope, unpack, on_unpacked, discard, job);
}

static void on_chunk(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    if (answer->status == 404) {
        /* The writer deletes old chunks after it has moved the pointer. */
        cvg_place_sight_done(&visit->sight);
        visit->sight.being_written = 1;
        cvg_tf_visit_say(visit, "a chunk that %s pointed to is gone: it was just written again",
                         look->consul->key);
        look->is_second = 1;
        ask_lock(look);
        return;
    }
    if (!answer->is_fine) {
        refuse(look, answer, "a chunk of the state");
        return;
    }
    if (cvg_place_body_add(&look->chunks, answer->bytes, answer->length) < 0) {
        cvg_place_refuse(&visit->sight, CVG_FAULT_TOO_LARGE, CVG_PLACE_TOO_LARGE,
                         "the chunks of %s are over %zu bytes", look->consul->key,
                         look->chunks.limit);
        finish(look);
        return;
    }
    look->next_chunk++;
    ask_chunk(look);
}

static void ask_chunk(struct cvg_place_look *look)
{
    if (look->next_chunk < look->pointer.count) {
        char suffix[64];
        (void)snprintf(suffix, sizeof(suffix), "/tfstate.%s/%zu", look->pointer.hash,
                       look->next_chunk);
        ask(look, suffix, "?raw", look->chunks.limit, on_chunk);
        return;
    }
    struct unpacking *job = cvg_kit_alloc(sizeof(*job));
    memcpy(job->hash, look->pointer.hash, sizeof(job->hash));
    job->bytes = cvg_place_body_take(&look->chunks, &job->length);
    send_to_worker(look, job);
}

static void on_state(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    if (answer->status == 404) {
        visit->sight.absent = 1;
        cvg_tf_visit_say(visit, "there is no key %s", look->consul->settings->path);
        finish(look);
        return;
    }
    if (!answer->is_fine) {
        refuse(look, answer, "the state's key");
        return;
    }
    struct unpacking *job = cvg_kit_alloc(sizeof(*job));
    job->is_answer = 1;
    job->bytes = answer->bytes;
    job->length = answer->length;
    answer->bytes = NULL;
    (void)snprintf(job->known, sizeof(job->known), "%.23s", visit->tag->bytes);
    send_to_worker(look, job);
}

/* ---- the lock ---- */

/* Held at either end of the look is held; what was stale at the beginning and is no more is over. */
static void on_lock_known(struct cvg_place_look *look, uint32_t lock)
{
    struct cvg_place_sight *sight = &look->visit.sight;
    sight->lock = look->lock_before == CVG_PLACE_LOCK_HELD ? look->lock_before : lock;
    look->lock_before = lock;
    if (sight->lock == CVG_PLACE_LOCK_FREE) {
        cvg_tf_visit_note(&look->visit, "", 0);
    }
    if (look->is_second) {
        finish(look);
        return;
    }
    ask(look, NULL, "", answer_limit(look->consul), on_state);
}

static void on_note(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    uint32_t lock = visit->sight.lock;
    if (!answer->is_fine && answer->status != 404) {
        refuse(look, answer, "the note of the lock");
        return;
    }
    if (answer->is_fine && answer->length > 0) {
        cvg_tf_visit_note(visit, answer->bytes, answer->length);
        lock = lock == CVG_PLACE_LOCK_HELD ? lock : (uint32_t)CVG_PLACE_LOCK_STALE;
    }
    on_lock_known(look, lock);
}

static void on_lock(struct cvg_tf_visit *visit, struct cvg_tf_answer *answer)
{
    struct cvg_place_look *look = look_of(visit);
    struct cvg_tf_consul_pair pair;
    if (answer->status == 404) {
        on_lock_known(look, CVG_PLACE_LOCK_FREE);
        return;
    }
    if (!answer->is_fine) {
        refuse(look, answer, "the lock");
        return;
    }
    if (cvg_tf_consul_pair_read(answer->bytes, answer->length, &pair) < 0) {
        cvg_place_refuse(&visit->sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the lock is not a key's value as Consul gives it");
        finish(look);
        return;
    }
    visit->sight.lock = pair.session[0] != '\0' ? CVG_PLACE_LOCK_HELD : CVG_PLACE_LOCK_FREE;
    free(pair.value);
    ask(look, "/.lockinfo", "?raw", SMALL, on_note);
}

static void ask_lock(struct cvg_place_look *look)
{
    ask(look, "/.lock", "", SMALL, on_lock);
}

/* ---- the kind ---- */

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse_key)(void *arg, const char *path, const char *text), void *arg)
{
    const char *path = settings->path;
    int code = 0;
    if (path == NULL || path[0] == '\0') {
        refuse_key(arg, "path", "is missing: the key of the state, as in Terraform's backend");
        code = -1;
    } else if (path[0] == '/' || strlen(path) >= KEY_LIMIT) {
        refuse_key(arg, "path", "must not begin with a slash, and have less than 512 bytes");
        code = -1;
    }
    if (!host->endpoint_has(source, "url") && !host->endpoint_has(source, "via")) {
        refuse_key(arg, "url", "is missing: of the Consul agent, as http://127.0.0.1:8500");
        code = -1;
    }
    return code;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    struct consul *consul = cvg_kit_alloc(sizeof(*consul));
    consul->host = host;
    consul->source = source;
    consul->settings = settings;
    consul->limit = cvg_tf_visit_limit(settings);
    (void)snprintf(consul->key, sizeof(consul->key), "%s", settings->path);
    for (size_t at = strlen(consul->key); at > 0 && consul->key[at - 1] == '/'; at--) {
        consul->key[at - 1] = '\0';
    }
    cvg_place_raise_ceiling(host, source, answer_limit(consul));
    return consul;
}

static void close_place(void *place)
{
    struct consul *consul = place;
    cvg_tf_visit_drop_all(&consul->looks, drop);
    free(consul);
}

static struct cvg_place_look *begin(void *place, int64_t deadline_ns, struct cvg_place_tag *tag,
                                    cvg_place_seen *seen, void *arg)
{
    struct consul *consul = place;
    struct cvg_place_look *look = cvg_kit_alloc(sizeof(*look));
    cvg_tf_visit_begin(&look->visit, &consul->looks, consul->host, consul->source, deadline_ns,
                       tag);
    look->consul = consul;
    look->seen = seen;
    look->arg = arg;
    ask_lock(look);
    return look;
}

const struct cvg_place_kind cvg_tf_consul = {
    .name = "consul",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = begin,
    .cancel = drop,
};
