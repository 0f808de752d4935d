/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document in a bucket of S3, or of a store that speaks like it. One look is
 *
 *   lock, object (only if it is another than the one before), lock again if it is, digest
 *
 * so that bytes that were written while the look went on have a lock beside them. Locks are an object
 * KEY.tflock, an item of a DynamoDB table, or any object below a prefix (Pulumi). The digest that
 * Terraform keeps in the table is held against the bytes' own; where it differs the look begins once
 * more, since a writer may have come in between.
 */
#include "place/errand.h"
#include "place/fault.h"
#include "place/s3_answer.h"
#include "place/url.h"

#include "kit/header.h"
#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_LIMIT   CVG_PLACE_WORDS
#define DYNAMO_LIMIT ((size_t)512 * 1024) /* an item has at most 400 KB */
#define LIST_LIMIT   ((size_t)64 * 1024)
#define KEY_MOST     1024
#define ROUNDS       2
#define MD5          16

/* What a tag holds. */
struct mark {
    char digest[2 * MD5 + 1]; /* of the bytes; "" where no table is asked */
    char entity[200];         /* the ETag */
};

_Static_assert(sizeof(struct mark) <= sizeof(struct cvg_place_tag), "a mark fits into a tag");

enum lock_step {
    STEP_OBJECT = 0,
    STEP_TABLE,
    STEP_PREFIX,
    STEP_OVER
};

struct place {
    struct cvg_place_desk desk;
    const char *service;       /* of signatures; NULL: not signed */
    struct cvg_place_url base; /* before a key's slash */
};

struct look {
    struct cvg_place_errand errand;
    struct mark before;      /* of the look before */
    struct mark mark;        /* of the document that this look is about */
    enum lock_step step;     /* the next lock to be asked */
    unsigned rounds;         /* begun */
    int again;               /* the object was read, the locks are asked for the second time */
    char lock_key[KEY_MOST]; /* PULUMI: of the lock that was found */
};

static void ask_locks(struct look *look);

static const struct cvg_place_settings *settings_of(const struct look *look)
{
    return look->errand.desk->settings;
}

static struct place *place_of(struct look *look)
{
    return (struct place *)look->errand.desk;
}

static void ask_key(struct look *look, const char *key, const struct cvg_pair *header, size_t limit,
                    cvg_place_then *then)
{
    struct place *place = place_of(look);
    struct cvg_place_url url = place->base;
    cvg_place_url_add(&url, "/");
    cvg_place_url_encode(&url, key, CVG_PLACE_SLASH_KEPT);
    const struct cvg_place_asked asked = {
        .path = url.text,
        .headers = header,
        .header_count = header != NULL,
        .sigv4_service = place->service,
        .limit = limit,
    };
    cvg_place_errand_ask(&look->errand, &asked, then);
}

static void ask_table(struct look *look, const char *suffix, const char *attribute,
                      cvg_place_then *then)
{
    static const struct cvg_pair header = {"X-Amz-Target", "DynamoDB_20120810.GetItem"};
    const struct cvg_place_settings *settings = settings_of(look);
    char id[KEY_MOST + 320], body[4 * KEY_MOST];
    (void)snprintf(id, sizeof(id), "%s/%s%s", settings->bucket, settings->path, suffix);
    /* Names were bounded in check(). */
    (void)cvg_place_dynamo_ask(body, sizeof(body), settings->dynamodb_table, id, attribute);
    const struct cvg_place_asked asked = {
        .method = "POST",
        .path = settings->dynamodb_url,
        .headers = &header,
        .header_count = 1,
        .body = body,
        .content_type = "application/x-amz-json-1.0",
        .sigv4_service = "dynamodb",
        .limit = DYNAMO_LIMIT,
    };
    cvg_place_errand_ask(&look->errand, &asked, then);
}

/* ---- the end ---- */

static void end(struct look *look)
{
    struct cvg_place_errand *errand = &look->errand;
    if (errand->sight.fault == CVG_FAULT_NONE && !errand->sight.unchanged) {
        /* What is gone, or not what it should be, is no "same as before" when it comes back. */
        *errand->tag = (struct cvg_place_tag){{0}};
        if (errand->sight.bytes != NULL && !errand->sight.digest_mismatch) {
            memcpy(errand->tag->bytes, &look->mark, sizeof(look->mark));
        }
    }
    cvg_place_errand_end(errand);
}

static void begin_round(struct look *look)
{
    look->rounds++;
    look->again = 0;
    look->step = STEP_OBJECT;
    ask_locks(look);
}

/* ---- the digest ---- */

static void on_digest(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    struct cvg_place_sight *sight = &errand->sight;
    struct cvg_place_item item;
    if (cvg_place_dynamo_read(answer, "Digest", &item, sight) == 0) {
        /* Terraform takes a state for which no digest is kept, and so does this. */
        sight->digest_mismatch =
            item.there && item.text[0] != '\0' && strcmp(item.text, look->mark.digest) != 0;
    }
    if (sight->digest_mismatch && look->rounds < ROUNDS && sight->lock != CVG_PLACE_LOCK_HELD) {
        sight->digest_mismatch = sight->absent = sight->unchanged = 0;
        cvg_place_sight_done(sight);
        begin_round(look);
        return;
    }
    end(look);
}

static void finish(struct look *look)
{
    if (settings_of(look)->dynamodb_table != NULL) {
        ask_table(look, "-md5", "Digest", on_digest);
    } else {
        end(look);
    }
}

/* The bytes are lent to a worker meanwhile. */
struct digesting {
    const struct cvg_host *host;
    struct look *look;
    char *bytes;
    size_t length;
    char digest[2 * MD5 + 1]; /* "": there is no MD5 to be had */
};

static void digest_on_worker(void *arg)
{
    struct digesting *job = arg;
    unsigned char digest[CVG_DIGEST_MOST];
    if (job->host->digest(CVG_DIGEST_MD5, job->bytes, job->length, digest) < 0) {
        return;
    }
    for (size_t i = 0; i < MD5; i++) {
        (void)snprintf(job->digest + 2 * i, 3, "%02x", digest[i]);
    }
}

static void discard_digesting(void *arg)
{
    struct digesting *job = arg;
    free(job->bytes);
    free(job);
}

static void on_digested(void *arg, struct cvg_op *op)
{
    struct digesting *job = arg;
    struct look *look = job->look;
    struct cvg_place_sight *sight = &look->errand.sight;
    (void)op;
    look->errand.op = NULL;
    sight->bytes = job->bytes;
    sight->length = job->length;
    memcpy(look->mark.digest, job->digest, sizeof(look->mark.digest));
    free(job);
    if (look->mark.digest[0] == '\0') {
        cvg_place_refuse(sight, CVG_FAULT_REQUEST, CVG_PLACE_NOT_ASKED,
                         "this machine has no MD5 (FIPS mode), with which dynamodb_table keeps "
                         "digests");
        end(look);
    } else {
        ask_locks(look);
    }
}

static void digest(struct look *look)
{
    struct cvg_place_sight *sight = &look->errand.sight;
    const struct cvg_host *host = look->errand.desk->host;
    struct digesting *job = cvg_kit_alloc(sizeof(*job));
    job->host = host;
    job->look = look;
    job->bytes = sight->bytes;
    job->length = sight->length;
    sight->bytes = NULL;
    look->errand.op = host->offload(host->source_scope(look->errand.desk->source), digest_on_worker,
                                    on_digested, discard_digesting, job);
}

/* ---- the object ---- */

/* A weak one may stay the same while bytes change. */
static void keep_entity(struct mark *mark, const char *headers)
{
    size_t length = 0;
    const char *entity = cvg_kit_header(headers, "ETag", &length);
    *mark = (struct mark){{0}, {0}};
    if (entity != NULL && length < sizeof(mark->entity) && entity[0] == '"') {
        memcpy(mark->entity, entity, length);
    }
}

static void keep_time(struct cvg_place_sight *sight, const char *headers)
{
    size_t length = 0;
    const char *time = cvg_kit_header(headers, "Last-Modified", &length);
    sight->changed_at = 0;
    if (time != NULL) {
        (void)cvg_kit_http_date(time, length, &sight->changed_at);
    }
}

static void on_object(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    const struct cvg_place_settings *settings = settings_of(look);
    struct cvg_place_sight *sight = &errand->sight;
    switch (cvg_place_s3_read(answer, "the object", sight)) {
    case CVG_PLACE_S3_FOUND:
        keep_entity(&look->mark, answer->headers);
        keep_time(sight, answer->headers);
        sight->bytes = cvg_place_errand_take(errand, &sight->length);
        look->again = 1;
        look->step = STEP_OBJECT;
        if (settings->dynamodb_table != NULL) {
            digest(look);
        } else {
            ask_locks(look);
        }
        return;
    case CVG_PLACE_S3_SAME:
        sight->unchanged = 1;
        keep_time(sight, answer->headers);
        finish(look);
        return;
    case CVG_PLACE_S3_ABSENT:
        sight->absent = 1;
        look->mark = (struct mark){{0}, {0}};
        (void)snprintf(sight->text, sizeof(sight->text), "there is no s3://%.63s/%.160s",
                       settings->bucket, settings->path);
        finish(look);
        return;
    default:
        end(look);
        return;
    }
}

static void ask_object(struct look *look)
{
    look->mark = look->before;
    const struct cvg_pair same = {"If-None-Match", look->mark.entity};
    /* A second round wants all of it: what the first one found does not fit its digest. */
    int known = look->rounds == 1 && look->mark.entity[0] != '\0';
    ask_key(look, settings_of(look)->path, known ? &same : NULL, settings_of(look)->limit,
            on_object);
}

/* ---- locks ---- */

static void after_locks(struct look *look)
{
    if (look->again) {
        finish(look);
    } else {
        ask_object(look);
    }
}

static void on_lock_object(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    struct cvg_place_sight *sight = &errand->sight;
    int too_large = answer->fault == CVG_FAULT_TOO_LARGE && errand->status == 200;
    enum cvg_place_s3_answer read =
        too_large ? CVG_PLACE_S3_FOUND : cvg_place_s3_read(answer, "the lock", sight);
    switch (read) {
    case CVG_PLACE_S3_FOUND:
        sight->lock = CVG_PLACE_LOCK_HELD; /* whatever stands in it */
        cvg_place_errand_note(errand, answer->body, too_large ? 0 : answer->length);
        ask_locks(look);
        return;
    case CVG_PLACE_S3_ABSENT:
        ask_locks(look);
        return;
    case CVG_PLACE_S3_SAME:
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the lock: 304, which was not asked for");
        break;
    default:
        break;
    }
    end(look);
}

static void on_lock_item(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    struct cvg_place_item item;
    if (cvg_place_dynamo_read(answer, "Info", &item, &errand->sight) < 0) {
        end(look);
        return;
    }
    if (item.there) {
        errand->sight.lock = CVG_PLACE_LOCK_HELD;
        cvg_place_errand_note(errand, item.text, item.length);
    }
    ask_locks(look);
}

/* It may have gone since the list was made: it was there, and that counts. */
static void on_lock_below(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    if (answer->fault == CVG_FAULT_NONE && answer->status == 200) {
        cvg_place_errand_note(errand, answer->body, answer->length);
    }
    ask_locks(look);
}

static void on_list(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    if (cvg_place_s3_first_key(answer, look->lock_key, sizeof(look->lock_key), &errand->sight) <
        0) {
        end(look);
        return;
    }
    if (look->lock_key[0] == '\0') {
        ask_locks(look);
        return;
    }
    errand->sight.lock = CVG_PLACE_LOCK_HELD;
    ask_key(look, look->lock_key, NULL, LOCK_LIMIT, on_lock_below);
}

static void ask_list(struct look *look)
{
    struct place *place = place_of(look);
    struct cvg_place_url url = place->base;
    cvg_place_url_add(&url, "/?list-type=2&max-keys=1&prefix=");
    cvg_place_url_encode(&url, settings_of(look)->lock_path, CVG_PLACE_SLASH_ENCODED);
    const struct cvg_place_asked asked = {
        .path = url.text, .sigv4_service = place->service, .limit = LIST_LIMIT};
    cvg_place_errand_ask(&look->errand, &asked, on_list);
}

static void ask_lock_object(struct look *look)
{
    const struct cvg_place_settings *settings = settings_of(look);
    char key[KEY_MOST + 16];
    (void)snprintf(key, sizeof(key), "%s%s",
                   settings->lock_path != NULL ? settings->lock_path : settings->path,
                   settings->lock_path != NULL ? "" : ".tflock");
    ask_key(look, key, NULL, LOCK_LIMIT, on_lock_object);
}

/* The next kind of lock that there can be; one that is held is enough. */
static void ask_locks(struct look *look)
{
    const struct cvg_place_settings *settings = settings_of(look);
    int terraform = settings->style == CVG_PLACE_TERRAFORM;

    const struct {
        int wanted;
        void (*ask)(struct look *look);
    } kinds[STEP_OVER] = {
        [STEP_OBJECT] = {terraform && settings->lock_object, ask_lock_object},
        [STEP_TABLE] = {terraform && settings->dynamodb_table != NULL, NULL},
        [STEP_PREFIX] = {settings->style == CVG_PLACE_PULUMI && settings->lock_path != NULL,
                         ask_list},
    };
    struct cvg_place_sight *sight = &look->errand.sight;
    while (look->step < STEP_OVER && sight->lock != CVG_PLACE_LOCK_HELD) {
        enum lock_step step = look->step++;
        if (!kinds[step].wanted) {
            continue;
        }
        sight->lock = CVG_PLACE_LOCK_FREE; /* unless it is found now */
        if (step == STEP_TABLE) {
            ask_table(look, "", "Info", on_lock_item);
        } else {
            kinds[step].ask(look);
        }
        return;
    }
    after_locks(look);
}

/* ---- the kind ---- */

static int fits(const char *text, size_t most)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= most;
}

static int check_table(const struct cvg_host *host, struct cvg_source *source,
                       const struct cvg_place_settings *settings,
                       void (*refuse)(void *arg, const char *path, const char *text), void *arg)
{
    if (settings->dynamodb_table == NULL && settings->dynamodb_url == NULL) {
        return 0;
    }
    if (!fits(settings->dynamodb_table, 255)) {
        refuse(arg, "dynamodb_table", "is required with dynamodb_url, and has at most 255 bytes");
        return -1;
    }
    if (settings->dynamodb_url == NULL) {
        refuse(arg, "dynamodb_url",
               "is required with dynamodb_table, such as https://dynamodb.REGION.amazonaws.com");
        return -1;
    }
    if (!host->endpoint_has(source, "sigv4")) {
        refuse(arg, "dynamodb_table", "needs sigv4: a table is not read without a signature");
        return -1;
    }
    return 0;
}

/* Paths of requests come from it, the endpoint's url being the service's. NULL, or why not. */
static const char *set_base(const struct cvg_host *host, struct cvg_source *source,
                            const struct cvg_place_settings *settings, struct cvg_place_url *ret)
{
    *ret = (struct cvg_place_url){.length = 0};
    if (settings->path_style) {
        if (!cvg_place_is_bucket(settings->bucket, 0)) {
            return "is not a bucket's name";
        }
        cvg_place_url_add(ret, "/");
        cvg_place_url_encode(ret, settings->bucket, CVG_PLACE_SLASH_ENCODED);
        return NULL;
    }
    if (!host->endpoint_has(source, "sigv4") &&
        (host->endpoint_has(source, "bearer") || host->endpoint_has(source, "basic"))) {
        return "with bearer or basic, which go to url's own host alone, path_style: true is needed";
    }
    return cvg_place_url_of_bucket(ret, host->endpoint_url(source), settings->bucket);
}

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse)(void *arg, const char *path, const char *text), void *arg)
{
    struct cvg_place_url base;
    int code = check_table(host, source, settings, refuse, arg);
    if (host->endpoint_url(source) == NULL) {
        refuse(arg, "url", "is required: of the service, such as https://s3.REGION.amazonaws.com");
        return -1;
    }
    if (!fits(settings->path, KEY_MOST)) {
        refuse(arg, "key", "is required, and has at most 1024 bytes with its workspace");
        code = -1;
    }
    if (settings->lock_path != NULL && !fits(settings->lock_path, KEY_MOST)) {
        refuse(arg, "key", "makes a lock's key of more than 1024 bytes");
        code = -1;
    }
    if (settings->bucket == NULL) {
        refuse(arg, "bucket", "is required");
        return -1;
    }
    const char *error = set_base(host, source, settings, &base);
    if (error != NULL) {
        refuse(arg, "bucket", error);
        code = -1;
    }
    return code;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    struct place *place = cvg_kit_alloc(sizeof(*place));
    place->desk = (struct cvg_place_desk){.host = host, .source = source, .settings = settings};
    place->service = host->endpoint_has(source, "sigv4") ? "s3" : NULL;
    (void)set_base(host, source, settings, &place->base); /* check() saw that it can be */
    cvg_place_raise_ceiling(host, source, settings->limit);
    return place;
}

static void close_place(void *arg)
{
    struct place *place = arg;
    cvg_place_desk_clear(&place->desk);
    free(place);
}

static struct cvg_place_look *begin(void *arg, int64_t deadline_ns, struct cvg_place_tag *tag,
                                    cvg_place_seen *seen, void *seen_arg)
{
    struct place *place = arg;
    struct look *look = cvg_kit_alloc(sizeof(*look));
    cvg_place_errand_begin(&look->errand, &place->desk, deadline_ns, tag, seen, seen_arg);
    memcpy(&look->before, tag->bytes, sizeof(look->before));
    begin_round(look);
    return (struct cvg_place_look *)look;
}

static void cancel(struct cvg_place_look *look)
{
    cvg_place_errand_cancel((struct cvg_place_errand *)look);
}

const struct cvg_place_kind cvg_place_s3 = {
    .name = "s3",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = begin,
    .cancel = cancel,
};
