/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any order and any cut of the same events ends in the same state as a fresh list.
 *
 * A model of a server changes objects by chance and answers what the reflector asks, with every
 * failure that a server has: cut pages and frames, 401, 410, 429, 500, clean ends, bookmarks,
 * compaction. After each step what readers see has to be exactly what the server had at the
 * version that the collection says it is at: so nothing is ever half there, made up, or lost. When
 * the failures stop, it has to be what the server has.
 */
#include "looking.h"
#include "rig.h"

#define NAMES    8
#define LOG_MOST 4096

enum change {
    ADDED,
    MODIFIED,
    DELETED
};

struct model {
    struct rig rig;
    uint64_t chance;

    /* What happened: version i + 1 is what log[i] made. */
    struct {
        enum change change;
        int name;
    } log[LOG_MOST];

    int version;   /* the newest */
    int compacted; /* watches from before are Expired */
    int sane;      /* no failures any more */
    int streams;   /* knows sendInitialEvents */
    int shown;     /* version of what readers see; -1: nothing was listed yet */
    /* The watch that is open. */
    struct cvg_op *watch;
    int position;     /* version up to which it was told */
    int snapshot;     /* of a streaming list: version of its state; 0: it is over */
    int initial_next; /* the name that comes next */
    int starts;       /* lists that began */
    /* What ends in the reports. */
    int listed, resumed, relisted, cut;
};

static uint32_t draw(struct model *model, uint32_t below)
{
    uint64_t word = model->chance += 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((word ^ word >> 31) % below);
}

static size_t next_cut(void *arg)
{
    struct model *model = arg;
    return draw(model, 4) ? 1 + draw(model, 40) : 4000;
}

/* The version of each object at a version of the whole; 0: it is not there. */
static void state_at(const struct model *model, int version, int ret[NAMES])
{
    memset(ret, 0, NAMES * sizeof *ret);
    for (int i = 0; i < version; i++) {
        ret[model->log[i].name] = model->log[i].change == DELETED ? 0 : i + 1;
    }
}

static void mutate(struct model *model)
{
    int now[NAMES];
    if (model->version == LOG_MOST) {
        return;
    }
    int name = (int)draw(model, NAMES);
    state_at(model, model->version, now);
    model->log[model->version].name = name;
    model->log[model->version].change = !now[name] ? ADDED : draw(model, 3) ? MODIFIED : DELETED;
    model->version++;
}

/* ---- the server: lists ---- */

static void say_items(const struct model *model, int version, int from, int to, char *ret)
{
    int now[NAMES];
    state_at(model, version, now);
    *ret = '\0';
    for (int name = from; name < to; name++) {
        if (now[name]) {
            snprintf(ret + strlen(ret), 32, " %c=%d", 'a' + name, now[name]);
        }
    }
}

static void answer_status(struct model *model, struct cvg_op *request, int code)
{
    fake_retry_after(request, draw(model, 2) ? (int64_t)draw(model, 4) : 0);
    fake_answer(model->rig.fake, request, (uint32_t)code,
                code == 429 ? "Too many requests\n" : rig_status(code, "Said", "so"));
}

static int fail_request(struct model *model, struct cvg_op *request)
{
    static const int codes[] = {401, 429, 500, 503, 504, 403};
    if (model->sane || draw(model, 4)) {
        return 0;
    }
    model->cut++;
    if (draw(model, 3) == 0) {
        fake_fail(model->rig.fake, request, CVG_FAULT_CONNECT, "cut");
    } else {
        answer_status(model, request, codes[draw(model, sizeof codes / sizeof codes[0])]);
    }
    return 1;
}

static void answer_list(struct model *model, struct cvg_op *request)
{
    int version = model->version;
    int from = 0;
    char items[256];
    char next[64] = "";
    const char *token = strstr(fake_request_path(request), "continue=");
    if (fail_request(model, request)) {
        return;
    }
    if (token && sscanf(token, "continue=v%d.%d", &version, &from) == 2 &&
        (version < model->compacted || (!model->sane && draw(model, 6) == 0))) {
        fake_answer(model->rig.fake, request, 410, rig_status(410, "Expired", "old token"));
        return;
    }
    int to = from + 1 + (int)draw(model, NAMES);
    to = to > NAMES ? NAMES : to;
    if (to < NAMES) {
        snprintf(next, sizeof next, "v%d.%d", version, to);
    }
    say_items(model, version, from, to, items);
    char at[16];
    snprintf(at, sizeof at, "%d", version);
    const char *text = rig_list(items, at, next);
    fake_head(model->rig.fake, request, 200, "application/json");
    if (!model->sane && draw(model, 8) == 0) {
        fake_bytes(model->rig.fake, request, text, strlen(text) / 2);
        fake_fail(model->rig.fake, request, CVG_FAULT_CONNECT, "cut");
    } else {
        fake_bytes(model->rig.fake, request, text, strlen(text));
        fake_end(model->rig.fake, request);
        model->listed++;
    }
}

/* ---- the server: watches ---- */

static int send(struct model *model, const char *frame)
{
    int open = rig_send(&model->rig, model->watch, frame);
    if (!open) {
        model->watch = NULL;
    }
    return open;
}

static void open_watch(struct model *model, struct cvg_op *request)
{
    const char *path = fake_request_path(request);
    const char *from = strstr(path, "&resourceVersion=");
    int stream = strstr(path, "sendInitialEvents") != NULL;
    if (fail_request(model, request)) {
        return;
    }
    if (stream && !model->streams) {
        fake_answer(model->rig.fake, request, 422, rig_status(422, "Invalid", "unknown"));
        return;
    }
    if (!stream && sscanf(from, "&resourceVersion=%d", &model->position) != 1) {
        fail_msg("%s: no version that the server ever told", path);
    }
    model->watch = request;
    model->snapshot = stream ? model->version : 0;
    model->initial_next = 0;
    if (!stream && model->position < model->compacted && draw(model, 2)) {
        model->watch = NULL;
        fake_answer(model->rig.fake, request, 410, rig_status(410, "Gone", "old"));
        return;
    }
    fake_head(model->rig.fake, request, 200, "application/json");
    if (!stream && model->position < model->compacted) {
        assert_false(send(model, rig_error(410, "Expired")));
    } else if (!stream) {
        model->resumed++;
    }
}

static void send_initial(struct model *model)
{
    int now[NAMES];
    char name[2] = {(char)('a' + model->initial_next), '\0'};
    char at[16];
    state_at(model, model->snapshot, now);
    if (model->initial_next == NAMES) {
        snprintf(at, sizeof at, "%d", model->snapshot);
        model->position = model->snapshot;
        model->snapshot = 0;
        if (send(model, rig_bookmark(at, 1))) {
            model->listed++;
        }
        return;
    }
    snprintf(at, sizeof at, "%d", now[model->initial_next]);
    if (!now[model->initial_next++] || send(model, rig_event("ADDED", name, at))) {
        return;
    }
}

static void send_next(struct model *model)
{
    static const char *const types[] = {"ADDED", "MODIFIED", "DELETED"};
    char at[16];
    if (model->snapshot) {
        send_initial(model);
        return;
    }
    if (model->position == model->version) {
        snprintf(at, sizeof at, "%d", model->version);
        if (draw(model, 3) == 0) {
            (void)send(model, rig_bookmark(at, 0));
        }
        return;
    }
    char name[2] = {(char)('a' + model->log[model->position].name), '\0'};
    const char *type = types[model->log[model->position].change];
    snprintf(at, sizeof at, "%d", ++model->position);
    (void)send(model, rig_event(type, name, at));
}

static void end_watch(struct model *model)
{
    struct cvg_op *watch = model->watch;
    const char *half = rig_event("MODIFIED", "a", "1");
    model->watch = NULL;
    switch (draw(model, 7)) {
    case 0:
        fake_end(model->rig.fake, watch);
        break;
    case 1:
        if (rig_send(&model->rig, watch, rig_error(410, "Expired"))) {
            fail_msg("an expired watch stayed open");
        }
        model->relisted++;
        break;
    case 2:
        (void)rig_send(&model->rig, watch, rig_error(500, "InternalError"));
        break;
    case 3:
        (void)rig_send(&model->rig, watch, rig_error(429, "TooManyRequests"));
        break;
    case 4:
        (void)rig_send(&model->rig, watch, "garbage\n");
        break;
    default:
        (void)fake_bytes(model->rig.fake, watch, half, draw(model, (uint32_t)strlen(half)));
        fake_fail(model->rig.fake, watch, CVG_FAULT_CONNECT, "cut");
        break;
    }
}

/* ---- what has to hold ---- */

static void expect_state(const struct model *model, int version)
{
    char items[256];
    say_items(model, version, 0, NAMES, items);
    const char *seen = rig_seen(model->rig.pods);
    if (strcmp(seen, *items ? items + 1 : items) != 0) {
        fail_msg("at version %d readers see '%s' and not '%s'", version, seen, items + 1);
    }
}

/* Without a version (it was forgotten, and a list is under way) nothing may have changed. */
static void check(struct model *model)
{
    const struct cvg_kube_collection_state *state = rig_state(&model->rig);
    int version = 0;
    if (sscanf(state->resource_version, "%d", &version) == 1) {
        assert_in_range(version, 0, model->version);
        expect_state(model, version);
        model->shown = version;
    } else if (model->shown >= 0) {
        expect_state(model, model->shown);
    } else {
        assert_int_equal(count_objects(model->rig.pods), 0);
    }
    if (state->sync == CVG_KUBE_SYNCED) {
        assert_true(model->shown >= 0);
    }
}

static void step(struct model *model)
{
    struct cvg_op *request;
    /* The reflector may have given the watch up by itself. */
    if (model->watch && fake_host_find(model->rig.fake, "watch=1") != model->watch) {
        model->watch = NULL;
    }
    if (draw(model, 3) == 0 && !model->sane) {
        mutate(model);
    }
    if (!model->sane && draw(model, 60) == 0) {
        model->compacted = model->version;
    }
    if (model->watch) {
        if (!model->sane && draw(model, 12) == 0) {
            end_watch(model);
        } else {
            send_next(model);
        }
    } else if ((request = fake_host_find(model->rig.fake, "watch=1"))) {
        open_watch(model, request);
    } else if ((request = fake_host_find(model->rig.fake, "limit="))) {
        answer_list(model, request);
    } else {
        rig_pass(&model->rig, 1 + (int)draw(model, 10));
    }
    check(model);
    if (draw(model, 2)) {
        fake_host_advance(model->rig.fake, (int64_t)draw(model, 2000) * FAKE_MS);
        rig_answer_pulse(&model->rig);
        check(model);
    }
}

static void run(uint64_t seed, int stream_lists, int server_streams, struct model *model)
{
    memset(model, 0, sizeof *model);
    model->chance = seed;
    model->shown = -1;
    model->streams = server_streams;
    for (int i = 0; i < 20; i++) {
        mutate(model);
    }
    rig_prepare(&model->rig);
    model->rig.config.stream_lists = (uint32_t)stream_lists;
    model->rig.pods =
        cvg_kube_cluster_want(model->rig.cluster, &model->rig.reader,
                              cvg_kube_kind_of("", "v1", "Pod"), "shop", 0, NULL, NULL);
    fake_host_cut(model->rig.fake, next_cut, model);
    rig_start(&model->rig);
    for (int i = 0; i < 400; i++) {
        step(model);
    }
    model->sane = 1;
    for (int i = 0; i < 2000 && !(rig_state(&model->rig)->sync == CVG_KUBE_SYNCED &&
                                  model->shown == model->version);
         i++) {
        step(model);
    }
    assert_int_equal(rig_state(&model->rig)->sync, CVG_KUBE_SYNCED);
    expect_state(model, model->version);
    rig_close(&model->rig);
}

static void run_many(int stream_lists, int server_streams)
{
    static struct model model;
    int listed = 0, resumed = 0, relisted = 0, cut = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        run(seed, stream_lists, server_streams, &model);
        listed += model.listed;
        resumed += model.resumed;
        relisted += model.relisted;
        cut += model.cut;
    }
    /* Chance has to have been everywhere. */
    print_message("%d lists, %d watches, %d expired, %d failed\n", listed, resumed, relisted, cut);
    assert_true(listed > 500);
    assert_true(resumed > 500);
    assert_true(relisted > 100);
    assert_true(cut > 500);
}

static void test_lists_and_watches_end_in_the_server_s_state(void **state)
{
    (void)state;
    run_many(0, 0);
}

static void test_streaming_lists_end_in_the_server_s_state(void **state)
{
    (void)state;
    run_many(1, 1);
}

static void test_a_server_without_streaming_lists_ends_in_the_server_s_state(void **state)
{
    (void)state;
    run_many(1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_and_watches_end_in_the_server_s_state),
        cmocka_unit_test(test_streaming_lists_end_in_the_server_s_state),
        cmocka_unit_test(test_a_server_without_streaming_lists_ends_in_the_server_s_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
