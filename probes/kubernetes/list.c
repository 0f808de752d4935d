/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   asking --answer--> reading (here, or by a worker) --> handing (some objects a turn) --> asking
 *     ^   429, 5xx with Retry-After                                                |
 *     +------- pausing <--- asking                               last page: collection_end, done
 *
 * At most one of the operations `request`, `work` and `timer` is what it waits for; the timer also
 * watches over a request.
 */
#include "list.h"

#include "kit/memory.h"
#include "page.h"
#include "path.h"

#include <stdlib.h>
#include <string.h>

#define SECOND       INT64_C(1000000000)
#define SILENCE_MOST (60 * SECOND)
#define WHOLE_MOST   (600 * SECOND) /* of one page, however it drips */
#define HAND_MOST    500            /* objects a turn */
#define PAUSES_MOST  10             /* of one list, as client-go */
#define PAGES_MOST   10000
#define BODY_FIRST   ((size_t)64 << 10)

struct cvg_kube_list {
    struct cvg_kube_cluster *cluster;
    const struct cvg_host *host;
    struct cvg_scope *scope;
    struct cvg_kube_collection *collection;
    int json;
    void (*done)(void *arg, const struct cvg_kube_list_result *result);
    void *arg;

    struct cvg_op *request, *timer, *work; /* NULL: not under way */
    char *body;                            /* owned: of the page that comes */
    size_t length, room;
    int64_t heard_at;
    struct cvg_kube_page *page; /* owned, unless a worker has it */
    char *next;                 /* owned: continue of the next page; NULL: the first */
    int64_t began_at;
    int pages, pauses, over;
};

static void ask(struct cvg_kube_list *list);

static struct cvg_kube_asked asked_of(const struct cvg_kube_list *list)
{
    return (struct cvg_kube_asked){
        .verb = "list",
        .kind = cvg_kube_collection_kind(list->collection),
        .namespace = cvg_kube_collection_namespace(list->collection),
    };
}

static void cancel(struct cvg_kube_list *list, struct cvg_op **op)
{
    if (*op) {
        list->host->cancel(*op);
        *op = NULL;
    }
}

static void set_timer(struct cvg_kube_list *list, int64_t after,
                      void (*on_timer)(void *arg, struct cvg_op *op))
{
    cancel(list, &list->timer);
    list->timer = list->host->timer(list->scope, after, on_timer, list);
}

/* The list may be gone when this returns. */
static void finish(struct cvg_kube_list *list, const struct cvg_kube_ending *ending)
{
    struct cvg_kube_list_result result = {
        .ending = *ending,
        .version = "",
        .at = list->began_at,
    };
    cancel(list, &list->request);
    cancel(list, &list->timer);
    list->over = 1;
    if (ending->kind == CVG_KUBE_ENDED) {
        result.version = cvg_kube_page_end(list->page)->resource_version;
        cvg_kube_collection_end(list->collection);
        cvg_kube_collection_move(list->collection, result.version);
    } else {
        cvg_kube_collection_abandon(list->collection);
    }
    list->done(list->arg, &result);
}

static void fail(struct cvg_kube_list *list, enum cvg_kube_ending_kind kind, uint32_t fault,
                 enum cvg_kube_reason reason, const char *text)
{
    struct cvg_kube_ending ending;
    cvg_kube_ending_say(&ending, kind, fault, reason, text);
    finish(list, &ending);
}

/* ---- what came ---- */

/* Without one the watch begins with what is there then, and what was deleted in between would stay
 * for as long as the watch lasts. */
static int has_version(const struct cvg_kube_list_end *end)
{
    return *end->resource_version && strcmp(end->resource_version, "0") != 0;
}

static void turn_page(struct cvg_kube_list *list)
{
    const struct cvg_kube_list_end *end = cvg_kube_page_end(list->page);
    struct cvg_kube_ending ending = {.kind = CVG_KUBE_ENDED};
    if (!*end->next && has_version(end)) {
        finish(list, &ending);
        return;
    }
    if (!*end->next) {
        fail(list, CVG_KUBE_GARBLED, CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_BAD_ANSWER,
             "the list has no version that a watch could go on from");
        return;
    }
    int stands = list->next && strcmp(list->next, end->next) == 0;
    if (stands || ++list->pages >= PAGES_MOST) {
        fail(list, CVG_KUBE_GARBLED, CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_BAD_ANSWER,
             stands ? "a page of the list names itself as the next" : "the list does not end");
        return;
    }
    free(list->next);
    list->next = cvg_kit_copy(end->next);
    cvg_kube_page_free(list->page);
    list->page = NULL;
    ask(list);
}

static void hand(struct cvg_kube_list *list);

static void on_next_turn(void *arg, struct cvg_op *op)
{
    struct cvg_kube_list *list = arg;
    (void)op;
    list->timer = NULL;
    hand(list);
}

static void hand(struct cvg_kube_list *list)
{
    int64_t left = cvg_kube_page_hand(list->page, list->collection,
                                      cvg_kube_cluster_pool(list->cluster), HAND_MOST);
    if (left < 0) {
        fail(list, CVG_KUBE_TOO_MANY, CVG_FAULT_TOO_LARGE, CVG_KUBE_REASON_TOO_MANY_OBJECTS,
             "the list has more objects than are kept of one kind");
    } else if (left > 0) {
        set_timer(list, 0, on_next_turn);
    } else {
        turn_page(list);
    }
}

static void take_page(struct cvg_kube_list *list)
{
    const char *error;
    enum cvg_kube_decoded result = cvg_kube_page_result(list->page, &error);
    if (result == CVG_KUBE_OK) {
        hand(list);
        return;
    }
    struct cvg_kube_asked asked = asked_of(list);
    struct cvg_kube_ending ending;
    cvg_kube_ending_garbled(&ending, &asked, result, error);
    finish(list, &ending);
}

/* The worker has the page alone; the list may be freed meanwhile. */
struct errand {
    struct cvg_kube_list *list; /* not touched by the worker, nor after a cancel */
    struct cvg_kube_page *page; /* owned */
};

static void on_work(void *arg)
{
    struct errand *errand = arg;
    cvg_kube_page_read(errand->page, NULL, NULL);
}

static void on_worked(void *arg, struct cvg_op *op)
{
    struct errand *errand = arg;
    struct cvg_kube_list *list = errand->list;
    (void)op;
    list->work = NULL;
    list->page = errand->page;
    free(errand);
    take_page(list);
}

static void on_discarded(void *arg)
{
    struct errand *errand = arg;
    cvg_kube_page_free(errand->page);
    free(errand);
}

static void read_page(struct cvg_kube_list *list, const char *content_type)
{
    int heavy = cvg_kube_page_is_heavy(content_type, list->length);
    struct cvg_kube_page *page =
        cvg_kube_page_new(list->collection, cvg_kube_cluster_dwells(list->cluster), content_type,
                          list->body ? list->body : cvg_kit_copy(""), list->length);
    list->body = NULL;
    list->length = list->room = 0;
    if (!heavy) {
        cvg_kube_page_read(page, cvg_kube_cluster_pool(list->cluster),
                           cvg_kube_cluster_arena(list->cluster));
        list->page = page;
        take_page(list);
        return;
    }
    struct errand *errand = cvg_kit_alloc(sizeof(*errand));
    errand->list = list;
    errand->page = page;
    list->work = list->host->offload(list->scope, on_work, on_worked, on_discarded, errand);
}

/* ---- asking ---- */

static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct cvg_kube_list *list = arg;
    (void)op;
    list->heard_at = list->host->now();
    if (list->length + length + 1 > list->room) {
        size_t room = list->room ? list->room : BODY_FIRST;
        while (room < list->length + length + 1) {
            room *= 2;
        }
        list->body = cvg_kit_resize(list->body, room, 1);
        list->room = room;
    }
    memcpy(list->body + list->length, bytes, length);
    list->length += length;
    list->body[list->length] = '\0';
    return 0;
}

static void on_pause_over(void *arg, struct cvg_op *op)
{
    struct cvg_kube_list *list = arg;
    (void)op;
    list->timer = NULL;
    ask(list);
}

/* A page in the middle is asked again by itself: to begin anew would be more load, not less. */
static int may_pause(struct cvg_kube_list *list, const struct cvg_kube_ending *ending)
{
    int busy = ending->kind == CVG_KUBE_THROTTLED || ending->kind == CVG_KUBE_TROUBLE;
    return list->next && busy && ending->retry_after > 0 && ++list->pauses <= PAUSES_MOST;
}

static void refused(struct cvg_kube_list *list, const struct cvg_http_response *response)
{
    struct cvg_kube_asked asked = asked_of(list);
    struct cvg_kube_ending ending;
    cvg_kube_ending_of(&ending, &asked, response, list->body ? list->body : "", list->length);
    list->length = 0;
    if (!may_pause(list, &ending)) {
        finish(list, &ending);
        return;
    }
    if (ending.kind == CVG_KUBE_THROTTLED) {
        cvg_kube_cluster_throttled(list->cluster);
    }
    set_timer(list, ending.retry_after, on_pause_over);
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_kube_list *list = arg;
    (void)op;
    list->request = NULL;
    cancel(list, &list->timer);
    if (response->fault == CVG_FAULT_NONE && response->status == 200) {
        read_page(list, response->content_type);
    } else {
        refused(list, response);
    }
}

static void on_silence(void *arg, struct cvg_op *op)
{
    struct cvg_kube_list *list = arg;
    int64_t left = list->heard_at + SILENCE_MOST - list->host->now();
    (void)op;
    list->timer = NULL;
    if (left > 0) {
        set_timer(list, left, on_silence);
        return;
    }
    fail(list, CVG_KUBE_LOST, CVG_FAULT_TIMEOUT, CVG_KUBE_REASON_TIMED_OUT,
         "no byte of the list came for 60 s");
}

static void ask(struct cvg_kube_list *list)
{
    const struct cvg_kube_kind *kind = cvg_kube_collection_kind(list->collection);
    char accept[CVG_KUBE_ACCEPT];
    cvg_kube_path_accept(kind, list->json, 0, accept);
    struct cvg_pair header = {.name = "Accept", .value = accept};
    char *path = cvg_kube_path_list(kind, cvg_kube_collection_namespace(list->collection),
                                    cvg_kube_cluster_config(list->cluster)->page, list->next);
    struct cvg_http_request request = {
        .size = sizeof(request),
        .path = path,
        .headers = &header,
        .header_count = 1,
        .timeout_ns = WHOLE_MOST,
        .on_body = on_body,
        .on_done = on_done,
        .arg = list,
    };
    list->heard_at = list->host->now();
    list->request = list->host->http(list->scope, &request);
    set_timer(list, SILENCE_MOST, on_silence);
    free(path);
}

struct cvg_kube_list *
cvg_kube_list_start(struct cvg_kube_cluster *cluster, struct cvg_kube_collection *collection,
                    int json, void (*done)(void *arg, const struct cvg_kube_list_result *result),
                    void *arg)
{
    struct cvg_kube_list *list = cvg_kit_alloc(sizeof(*list));
    list->cluster = cluster;
    list->host = cvg_kube_cluster_host(cluster);
    list->scope = cvg_kube_cluster_scope(cluster);
    list->collection = collection;
    list->json = json;
    list->done = done;
    list->arg = arg;
    list->began_at = list->host->now();
    cvg_kube_collection_begin(collection);
    ask(list);
    return list;
}

void cvg_kube_list_free(struct cvg_kube_list *list)
{
    if (!list) {
        return;
    }
    cancel(list, &list->request);
    cancel(list, &list->timer);
    cancel(list, &list->work);
    if (!list->over) {
        cvg_kube_collection_abandon(list->collection);
    }
    cvg_kube_page_free(list->page);
    free(list->body);
    free(list->next);
    free(list);
}
