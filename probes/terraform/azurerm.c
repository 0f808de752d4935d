/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States in a container of Azure's blobs. The lock is the blob's own lease, with Terraform's note in
 * its metadata, so that each answer about the blob is one picture of both. A look asks for the
 * properties, and for the bytes only if they are others: taking and leaving a lock changes the ETag,
 * so such bytes are the same now and then.
 *
 * Credentials are the endpoint's bearer token, or a shared access signature that becomes part of each
 * request's query. It is read afresh for each, and shown nowhere.
 */
#include "backend.h"

#include "kit/base64.h"
#include "kit/header.h"
#include "kit/memory.h"
#include "place/complaint.h"
#include "place/errand.h"
#include "place/fault.h"
#include "place/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MOST    1024
#define SAS_MOST     2048
#define ENTITY_MOST  200
#define VERSION_DATE "2021-12-02" /* of the service's interface; bearer tokens need one */

struct place {
    struct cvg_place_desk desk;
    const struct cvg_secret *sas; /* NULL: none */
};

struct look {
    struct cvg_place_errand errand;
    const char *method; /* of the request that is next, or under way */
    char before[ENTITY_MOST], entity[ENTITY_MOST];
};

static void ask(struct look *look, const char *method);

static void end(struct look *look)
{
    struct cvg_place_errand *errand = &look->errand;
    if (errand->sight.fault == CVG_FAULT_NONE && !errand->sight.unchanged) {
        *errand->tag = (struct cvg_place_tag){{0}};
        if (errand->sight.bytes != NULL) {
            memcpy(errand->tag->bytes, look->entity, sizeof(look->entity));
        }
    }
    cvg_place_errand_end(errand);
}

/* ---- answers ---- */

static int is_header(const char *headers, const char *name, const char *words)
{
    size_t length = 0;
    const char *value = cvg_kit_header(headers, name, &length);
    return value != NULL && length == strlen(words) && strncasecmp(value, words, length) == 0;
}

static void take_note(struct cvg_place_errand *errand, const char *headers)
{
    size_t length = 0;
    const char *text = cvg_kit_header(headers, "x-ms-meta-terraformlockid", &length);
    char *note = NULL;
    errand->sight.lock_note[0] = '\0';
    errand->sight.lock_note_length = 0;
    if (text != NULL && cvg_kit_base64_decode(text, length, &note, &length) == 0) {
        cvg_place_errand_note(errand, note, length);
        free(note);
    }
}

/* Terraform takes the lease before it writes the note, and removes the note before it lets go: a
 * note without a lease was left by somebody whose lease was broken. A lease that either answer shows
 * counts. 0, or -1 with the sight's fault. */
static int read_lock(struct cvg_place_errand *errand, const char *headers)
{
    struct cvg_place_sight *sight = &errand->sight;
    if (sight->lock == CVG_PLACE_LOCK_HELD) {
        return 0;
    }
    take_note(errand, headers);
    if (is_header(headers, "x-ms-lease-status", "locked")) {
        sight->lock = CVG_PLACE_LOCK_HELD;
        return 0;
    }
    if (!is_header(headers, "x-ms-lease-status", "unlocked")) {
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the answer does not tell the blob's lease: does url lead to Azure's "
                         "blobs?");
        return -1;
    }
    sight->lock = sight->lock_note_length > 0 ? CVG_PLACE_LOCK_STALE : CVG_PLACE_LOCK_FREE;
    return 0;
}

static void refuse(const struct cvg_place_answer *answer, struct cvg_place_sight *sight)
{
    static const struct cvg_place_complaint words[] = {
        {"ContainerNotFound", CVG_FAULT_REQUEST, CVG_PLACE_BUCKET_MISSING,
         "there is no such container"},
        {"ContainerBeingDeleted", CVG_FAULT_REQUEST, CVG_PLACE_BUCKET_MISSING,
         "the container is being deleted"},
        {"ResourceNotFound", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
         "nothing is shown to who brings no credentials"},
        {"PublicAccessNotPermitted", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
         "nothing is shown to who brings no credentials"},
        {"NoAuthenticationInformation", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
         "it wants a bearer token or sas"},
        {"InvalidAuthenticationInfo", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
         "the token is not valid (any more), or not for https://storage.azure.com/"},
        {"AuthenticationFailed", CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
         "the sas or token is wrong or over, or this machine's clock is"},
        {"AuthorizationFailure", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN,
         "the account's firewall or the credentials' rights forbid it"},
        {"AuthorizationPermissionMismatch", CVG_FAULT_AUTH, CVG_PLACE_FORBIDDEN,
         "the credentials lack the right to read blobs"},
        {"ServerBusy", CVG_FAULT_THROTTLED, CVG_PLACE_THROTTLED, "asked too often"},
        {"BlobArchived", CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER, "the blob is archived"},
        {NULL, 0, NULL, NULL},
    };

    char code[64] = "";
    size_t length = 0;
    const char *text = cvg_kit_header(answer->headers, "x-ms-error-code", &length);
    if (answer->fault == CVG_FAULT_NONE && text != NULL) {
        cvg_place_complaint_word(code, sizeof(code), text, length);
    }
    if (answer->fault == CVG_FAULT_NONE && answer->status == 404 && code[0] == '\0') {
        cvg_place_refuse(sight, CVG_FAULT_PROTOCOL, CVG_PLACE_BAD_ANSWER,
                         "the blob: 404, not in the words of Azure: does url lead to its blobs?");
        return;
    }
    cvg_place_complain(sight, answer, "the blob", words, code, "");
}

static void say_absent(struct cvg_place_errand *errand, const char *why)
{
    struct cvg_place_sight *sight = &errand->sight;
    cvg_place_sight_done(sight);
    sight->absent = 1;
    (void)snprintf(sight->text, sizeof(sight->text), "%s %.63s/%.140s", why,
                   errand->desk->settings->bucket, errand->desk->settings->path);
}

static void keep_times(struct look *look, const char *headers)
{
    size_t length = 0;
    const char *value = cvg_kit_header(headers, "Last-Modified", &length);
    look->errand.sight.changed_at = 0;
    if (value != NULL) {
        (void)cvg_kit_http_date(value, length, &look->errand.sight.changed_at);
    }
    memset(look->entity, 0, sizeof(look->entity));
    value = cvg_kit_header(headers, "ETag", &length);
    if (value != NULL && length < sizeof(look->entity) && value[0] == '"') {
        memcpy(look->entity, value, length);
    }
}

/* Says whether there is a blob to be looked into; else the look is to end. */
static int read_head(struct look *look, const struct cvg_place_answer *answer)
{
    struct cvg_place_errand *errand = &look->errand;
    if (answer->fault == CVG_FAULT_NONE && answer->status == 404 &&
        is_header(answer->headers, "x-ms-error-code", "BlobNotFound")) {
        if (errand->sight.lock == CVG_PLACE_LOCK_UNSEEN) {
            errand->sight.lock = CVG_PLACE_LOCK_FREE; /* there is nothing to lock */
        }
        say_absent(errand, "there is no");
        return 0;
    }
    if (answer->fault != CVG_FAULT_NONE || answer->status != 200) {
        refuse(answer, &errand->sight);
        return 0;
    }
    keep_times(look, answer->headers);
    return errand->desk->settings->style != CVG_PLACE_TERRAFORM ||
           read_lock(errand, answer->headers) == 0;
}

static void on_blob(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    struct cvg_place_sight *sight = &errand->sight;
    if (read_head(look, answer)) {
        sight->bytes = cvg_place_errand_take(errand, &sight->length);
        if (sight->length == 0) {
            say_absent(errand, "nothing was written yet into");
        }
    }
    end(look);
}

static void on_properties(struct cvg_place_errand *errand, const struct cvg_place_answer *answer)
{
    struct look *look = (struct look *)errand;
    if (!read_head(look, answer)) {
        end(look);
    } else if (is_header(answer->headers, "Content-Length", "0")) {
        /* Locking a state that is not there makes an empty blob, to have what can be leased. */
        say_absent(errand, "nothing was written yet into");
        end(look);
    } else if (look->entity[0] != '\0' && strcmp(look->entity, look->before) == 0) {
        errand->sight.unchanged = 1;
        end(look);
    } else {
        ask(look, "GET");
    }
}

/* ---- requests ---- */

static void wipe(void *bytes, size_t length)
{
    volatile char *at = bytes;
    while (length-- > 0) {
        *at++ = '\0';
    }
}

/* query: without '?'; "" none. */
static void send_request(struct look *look, const char *query)
{
    static const struct cvg_pair header = {"x-ms-version", VERSION_DATE};
    const struct cvg_place_settings *settings = look->errand.desk->settings;
    struct cvg_place_url url = {.length = 0};
    cvg_place_url_add(&url, "/");
    cvg_place_url_encode(&url, settings->bucket, CVG_PLACE_SLASH_ENCODED);
    cvg_place_url_add(&url, "/");
    cvg_place_url_encode(&url, settings->path, CVG_PLACE_SLASH_KEPT);
    if (query[0] != '\0') {
        cvg_place_url_add(&url, "?");
        cvg_place_url_add(&url, query);
    }
    int head = strcmp(look->method, "HEAD") == 0;
    const struct cvg_place_asked asked = {
        .method = look->method,
        .path = url.text,
        .headers = &header,
        .header_count = 1,
        .limit = settings->limit,
    };
    cvg_place_errand_ask(&look->errand, &asked, head ? on_properties : on_blob);
    wipe(&url, sizeof(url));
}

static int is_query(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr("#?\"<>\\^`{|}", text[i]) != NULL) {
            return 0;
        }
    }
    return length > 0 && length <= SAS_MOST;
}

static void on_sas(void *arg, struct cvg_op *op, const char *error, const char *text, size_t length)
{
    struct look *look = arg;
    struct cvg_place_sight *sight = &look->errand.sight;
    (void)op;
    look->errand.op = NULL;
    if (error != NULL) {
        cvg_place_refuse(sight, CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED, "sas: %s", error);
        end(look);
        return;
    }
    /* People copy it with the mark that begins a query. */
    size_t mark = length > 0 && text[0] == '?';
    if (!is_query(text + mark, length - mark)) {
        cvg_place_refuse(sight, CVG_FAULT_AUTH, CVG_PLACE_UNAUTHORIZED,
                         "sas: it is no shared access signature, such as sv=...&sig=...");
        end(look);
        return;
    }
    send_request(look, text + mark);
}

static void ask(struct look *look, const char *method)
{
    const struct place *place = (struct place *)look->errand.desk;
    const struct cvg_host *host = place->desk.host;
    look->method = method;
    if (place->sas == NULL) {
        send_request(look, "");
        return;
    }
    look->errand.op =
        host->secret(host->source_scope(place->desk.source), place->sas, on_sas, look);
}

/* ---- the kind ---- */

static int fits(const char *text, size_t most)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= most;
}

static int check(const struct cvg_host *host, struct cvg_source *source,
                 const struct cvg_place_settings *settings,
                 void (*refuse_key)(void *arg, const char *path, const char *text), void *arg)
{
    const struct cvg_tf_source_config *config = settings->own;
    int code = 0;
    if (host->endpoint_url(source) == NULL) {
        refuse_key(arg, "url", "is required: https://ACCOUNT.blob.core.windows.net");
        code = -1;
    }
    if (!fits(settings->bucket, 63) || !cvg_place_is_bucket(settings->bucket, 1)) {
        if (settings->bucket == NULL || strcmp(settings->bucket, "$web") != 0) {
            refuse_key(arg, "container", "is required, and has 3 to 63 of a-z, 0-9 and '-'");
            code = -1;
        }
    }
    if (!fits(settings->path, NAME_MOST)) {
        refuse_key(arg, "key", "is required, and has at most 1024 bytes with its workspace");
        code = -1;
    }
    if (config->sas != NULL && host->endpoint_has(source, "bearer")) {
        refuse_key(arg, "sas", "and bearer exclude each other");
        code = -1;
    }
    return code;
}

static void *open_place(const struct cvg_host *host, struct cvg_source *source,
                        const struct cvg_place_settings *settings)
{
    const struct cvg_tf_source_config *config = settings->own;
    struct place *place = cvg_kit_alloc(sizeof(*place));
    place->desk = (struct cvg_place_desk){.host = host, .source = source, .settings = settings};
    place->sas = config->sas;
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
    memcpy(look->before, tag->bytes, sizeof(look->before));
    ask(look, "HEAD");
    return (struct cvg_place_look *)look;
}

static void cancel(struct cvg_place_look *look)
{
    cvg_place_errand_cancel((struct cvg_place_errand *)look);
}

const struct cvg_place_kind cvg_tf_azurerm = {
    .name = "azurerm",
    .check = check,
    .open = open_place,
    .close = close_place,
    .look = begin,
    .cancel = cancel,
};
