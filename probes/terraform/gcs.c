/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States in Google Cloud Storage: PREFIX/WORKSPACE.tfstate, and the lock PREFIX/WORKSPACE.tflock
 * beside it, read as media of the JSON API. The endpoint's url is the service's and its bearer token
 * the credential. A look is the lock, the state (only if its generation is another), and the lock
 * again if it is.
 */
#include "backend.h"

#include "kit/header.h"
#include "kit/memory.h"
#include "place/complaint.h"
#include "place/errand.h"
#include "place/fault.h"
#include "place/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST 1024

struct place {
    struct cvg_place_desk desk;
};

struct look {
    struct cvg_place_errand errand;
    char generation[32]; /* of the document: digits; "": not known */
    int again;           /* the state was read, the lock is asked for the second time */
};

enum found {
    FOUND = 0,
    SAME,
    ABSENT,
    REFUSED
};

static void ask_lock(struct look *look);

/* ---- answers ---- */

/* Errors of media are text or JSON, by their own taste; the sentence in them is the same. */
static enum found read_answer(const struct cvg_place_answer *answer, const char *what,
                              struct cvg_place_sight *sight)
{
    static const struct cvg_place_complaint words[] = {
        {"bucket", CVG_FAULT_REQUEST, CVG_PLACE_BUCKET_MISSING, "there is no such bucket"},
        {"forbidden", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN,
         "the token's owner lacks storage.objects.get, or the object is not there and it lacks "
         "storage.objects.list"},
        {NULL, 0, NULL, NULL},
    };

    if (answer->fault == CVG_FAULT_NONE && answer->status == 200) {
        return FOUND;
    }
    if (answer->fault == CVG_FAULT_NONE && answer->status == 304) {
        return SAME;
    }
    const char *code = "";
    if (answer->fault == CVG_FAULT_NONE && answer->status == 404) {
        if (strstr(answer->body, "No such object") != NULL) {
            return ABSENT;
        }
        if (strstr(answer->body, "bucket does not exist") == NULL) {
            cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                             "%s: 404, not in the words of Cloud Storage: does url lead to it?",
                             what);
            return REFUSED;
        }
        code = "bucket";
    } else if (answer->fault == CVG_FAULT_NONE && answer->status == 403) {
        code = "forbidden";
    }
    cvg_place_complain(sight, answer, what, words, code, "");
    return REFUSED;
}

static void keep_generation(struct look *look, const char *headers)
{
    size_t length = 0;
    const char *text = cvg_kit_header(headers, "X-Goog-Generation", &length);
    look->generation[0] = '\0';
    if (text != NULL && length < sizeof(look->generation) && strspn(text, "0123456789") >= length) {
        memcpy(look->generation, text, length);
        look->generation[length] = '\0';
    }
}

static void keep_time(struct cvg_place_sight *sight, const char *headers)
{
    size_t length = 0;
    const char *time = cvg_kit_header(headers, "Last-Modified", &length);
    if (time != NULL) {
        (void)cvg_kit_http_date(time, length, &sight->changed_at);
    }
}

/* ---- the look ---- */

static void ask(struct look *look, const char *name, const char *generation, size_t limit,
                cvg_place_then *then)
{
    struct cvg_place_url url = {.length = 0};
    cvg_place_url_add(&url, "/storage/v1/b/");
    cvg_place_url_encode(&url, look->errand.desk->settings->bucket, CVG_PLACE_SLASH_ENCODED);
    cvg_place_url_add(&url, "/o/");
    cvg_place_url_encode(&url, name, CVG_PLACE_SLASH_ENCODED);
    cvg_place_url_add(&url, "?alt=media");
    if (generation[0] != '\0') {
        cvg_place_url_add(&url, "&ifGenerationNotMatch=");
        cvg_place_url_add(&url, generation);
    }
    const struct cvg_place_asked asked = {.path = url.text, .limit = limit};
    cvg_place_errand_ask(&look->errand, &asked, then);
}

static void end(struct look *look)
{
    struct cvg_place_errand *errand = &look->errand;
    if (errand->sight.fault == CVG_FAULT_NONE && !errand->sight.unchanged) {
        *errand->tag = (struct cvg_place_tag){{0}};
        if (errand->sight.bytes != NULL) {
            memcpy(errand->tag->bytes, look->generation, sizeof(look->generation));
        }
    }
    cvg_place_errand_end(errand);
}

static void on_state(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    struct cvg_place_sight *sight = &errand->sight;
    switch (read_answer(answer, "the state", sight)) {
    case FOUND:
        keep_generation(look, answer->headers);
        keep_time(sight, answer->headers);
        sight->bytes = cvg_place_errand_take(errand, &sight->length);
        look->again = 1;
        if (sight->lock == CVG_PLACE_LOCK_FREE) {
            ask_lock(look);
            return;
        }
        break;
    case SAME:
        sight->unchanged = 1;
        break;
    case ABSENT:
        sight->absent = 1;
        (void)snprintf(sight->text, sizeof(sight->text), "there is no gs://%.63s/%.160s",
                       errand->desk->settings->bucket, errand->desk->settings->path);
        break;
    case REFUSED:
        break;
    }
    end(look);
}

static void after_lock(struct look *look)
{
    if (look->again) {
        end(look);
        return;
    }
    ask(look, look->errand.desk->settings->path, look->generation,
        look->errand.desk->settings->limit, on_state);
}

static void on_lock(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    struct cvg_place_sight *sight = &errand->sight;
    int too_large = answer->fault == CVG_FAULT_TOO_LARGE && errand->status == 200;
    switch (too_large ? FOUND : read_answer(answer, "the lock", sight)) {
    case FOUND:
        sight->lock = CVG_PLACE_LOCK_HELD; /* whatever stands in it */
        cvg_place_errand_note(errand, answer->body, too_large ? 0 : answer->length);
        after_lock(look);
        return;
    case ABSENT:
        sight->lock = CVG_PLACE_LOCK_FREE;
        after_lock(look);
        return;
    case SAME:
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the lock: 304, which was not asked for");
        break;
    case REFUSED:
        break;
    }
    end(look);
}

static void ask_lock(struct look *look)
{
    const struct cvg_place_settings *settings = look->errand.desk->settings;
    if (settings->style != CVG_PLACE_TERRAFORM) {
        after_lock(look);
        return;
    }
    ask(look, settings->lock_path, "", CVG_PLACE_WORDS, on_lock);
}

/* ---- the kind ---- */

static int fits(const char *text, size_t most)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= most;
}

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse)(void *arg, const char *path, const char *text), void *arg)
{
    int code = 0;
    if (host->endpoint_url(source) == NULL) {
        refuse(arg, "url", "is required: of the service, https://storage.googleapis.com");
        code = -1;
    }
    if (settings->bucket == NULL || !cvg_place_is_bucket(settings->bucket, 0)) {
        refuse(arg, "bucket", "is required, and has 3 to 255 of a-z, 0-9, '-', '_' and '.'");
        code = -1;
    }
    if (!fits(settings->path, NAME_MOST) || !fits(settings->lock_path, NAME_MOST)) {
        refuse(arg, "prefix", "and workspace make an object's name of more than 1024 bytes");
        code = -1;
    }
    return code;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    struct place *place = cvg_kit_alloc(sizeof(*place));
    place->desk = (struct cvg_place_desk){.host = host, .source = source, .settings = settings};
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
    memcpy(look->generation, tag->bytes, sizeof(look->generation));
    ask_lock(look);
    return (struct cvg_place_look *)look;
}

static void cancel(struct cvg_place_look *look)
{
    cvg_place_errand_cancel((struct cvg_place_errand *)look);
}

const struct cvg_place_kind cvg_tf_gcs = {
    .name = "gcs",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = begin,
    .cancel = cancel,
};
