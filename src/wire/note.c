/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes as JSON. What is read was written by this program, but by another version of it, or half
 * of it is gone: every member must be there and be what it is to be.
 */
#include "wire/note.h"

#include "base/text.h"
#include "base/time.h"
#include "wire/document.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VERSION    1
#define NOTE_LIMIT (1024u * 1024)
#define WORD_LIMIT 128 /* a name, a phase */

/* ---- writing ---- */

static void add_int64(cJSON *object, const char *name, int64_t value)
{
    char text[CVG_NUMBER_TEXT];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    cvg_document_text(object, name, text);
}

static cJSON *begin_note(const char *about, const struct cvg_note_clock *clock)
{
    cJSON *root = cvg_document_object();

    cvg_document_number(root, "v", VERSION);
    if (clock) {
        cvg_document_text(root, "about", about);
        cvg_document_text(root, "boot", clock->boot);
        add_int64(root, "now", clock->now);
        add_int64(root, "wall", clock->wall);
    }
    return root;
}

static cJSON *flap_document(const struct cvg_flap *flap)
{
    cJSON *object = cvg_document_object();

    cvg_document_number(object, "samples", flap->samples);
    cvg_document_number(object, "count", flap->count);
    add_int64(object, "next_at", flap->next_at);
    add_int64(object, "since", flap->since);
    cvg_document_bool(object, "flapping", flap->flapping);
    return object;
}

int cvg_note_steady_write(const struct cvg_steady_saved *saved, const char *about,
                          const struct cvg_note_clock *clock, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = begin_note(about, clock);

    cvg_document_text(root, "status", cvg_status_text(saved->status));
    add_int64(root, "observed_at", saved->observed_at);
    add_int64(root, "since", saved->since);
    add_int64(root, "fresh_at", saved->fresh_at);
    add_int64(root, "ready_since", saved->ready_since);
    add_int64(root, "unready_since", saved->unready_since);
    cvg_document_text(root, "last_known", cvg_status_text(saved->last_known));
    add_int64(root, "last_known_since", saved->last_known_since);
    if (saved->inputs) {
        add_int64(root, "inputs", (int64_t)saved->inputs);
    }
    cvg_document_add(root, "flap", flap_document(&saved->flap));
    return cvg_document_print(root, ret);
}

int cvg_note_breaker_write(const struct cvg_note_breaker *breaker, const char *about,
                           const struct cvg_note_clock *clock, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = begin_note(about, clock);

    cvg_document_number(root, "failures", breaker->failures);
    add_int64(root, "pause", breaker->pause_ns);
    add_int64(root, "opened_at", breaker->opened_at);
    add_int64(root, "trial_at", breaker->trial_at);
    add_int64(root, "last_trial_at", breaker->last_trial_at);
    return cvg_document_print(root, ret);
}

int cvg_note_published_write(const struct cvg_note_published *published, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = begin_note(NULL, NULL);
    cJSON *gates = cvg_document_array();
    char sequence[CVG_NUMBER_TEXT];

    (void)snprintf(sequence, sizeof(sequence), "%" PRIu64, published->sequence);
    cvg_document_text(root, "sequence", sequence);
    cvg_document_text(root, "phase", published->phase);
    add_int64(root, "at", published->at);
    for (size_t i = 0; i < CVG_MIN(published->gate_count, (size_t)CVG_NOTE_GATES); i++) {
        cJSON *gate = cvg_document_object();
        cvg_document_text(gate, "name", published->gates[i].name);
        cvg_document_text(gate, "verdict", published->gates[i].verdict);
        cvg_document_add(gates, NULL, gate);
    }
    cvg_document_add(root, "gates", gates);
    return cvg_document_print(root, ret);
}

/* ---- reading ---- */

/* A note that is read: the first thing that is wrong makes all of it wrong. */
struct note {
    cJSON *root;
    int64_t shift; /* what brings its times over to this boot */
    const char *wrong;
    bool other; /* it is about something else */
};

static void note_done(struct note *note)
{
    cJSON_Delete(note->root);
}

static const cJSON *member(struct note *note, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    if (!item) {
        note->wrong = name;
    }
    return item;
}

static const char *read_text(struct note *note, const cJSON *object, const char *name)
{
    const cJSON *item = member(note, object, name);

    if (!cJSON_IsString(item) || strlen(item->valuestring) > WORD_LIMIT) {
        note->wrong = name;
        return "";
    }
    return item->valuestring;
}

static uint32_t read_count(struct note *note, const cJSON *object, const char *name)
{
    const cJSON *item = member(note, object, name);
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;

    if (!(value >= 0 && value <= UINT32_MAX)) {
        note->wrong = name;
        return 0;
    }
    return (uint32_t)value;
}

static bool read_flag(struct note *note, const cJSON *object, const char *name)
{
    const cJSON *item = member(note, object, name);

    if (!cJSON_IsBool(item)) {
        note->wrong = name;
    }
    return cJSON_IsTrue(item);
}

static int64_t read_int64(struct note *note, const cJSON *object, const char *name)
{
    const char *text = read_text(note, object, name);
    int64_t value = 0;

    if (cvg_parse_int64(text, strlen(text), &value) < 0) {
        note->wrong = name;
    }
    return value;
}

/* 0 stays 0: it means that there was nothing. */
static int64_t read_time(struct note *note, const cJSON *object, const char *name)
{
    int64_t value = read_int64(note, object, name), moved = 0;

    if (value == 0) {
        return 0;
    }
    if (__builtin_add_overflow(value, note->shift, &moved)) {
        note->wrong = name;
    }
    return moved == 0 ? 1 : moved;
}

static uint32_t read_status(struct note *note, const cJSON *object, const char *name)
{
    const char *text = read_text(note, object, name);

    for (uint32_t status = 0; status < CVG_STATUS_COUNT; status++) {
        if (cvg_text_equal(text, cvg_status_text(status))) {
            return status;
        }
    }
    note->wrong = name;
    return CVG_UNKNOWN;
}

static void read_clock(struct note *note, const struct cvg_note_clock *clock)
{
    const char *boot = read_text(note, note->root, "boot");
    int64_t now = read_int64(note, note->root, "now");
    int64_t wall = read_int64(note, note->root, "wall");
    int64_t passed = 0, then = 0;

    if (*boot && cvg_text_equal(boot, clock->boot)) {
        if (now > clock->now) {
            note->wrong = "now"; /* the same boot has not come that far yet */
        }
        return;
    }
    /* Since then this boot passed, at least. */
    if (!*boot || !*clock->boot || __builtin_sub_overflow(clock->wall, wall, &passed) ||
        passed <= 0 || passed < clock->now) {
        passed = CVG_NOTE_LONG_AGO;
    }
    if (__builtin_sub_overflow(clock->now, CVG_MIN(passed, CVG_NOTE_LONG_AGO), &then) ||
        __builtin_sub_overflow(then, now, &note->shift)) {
        note->wrong = "now";
    }
}

/* clock NULL: it has no times of this kind. */
static struct note open_note(const void *bytes, size_t length, const char *about,
                             const struct cvg_note_clock *clock)
{
    struct note note = {0};
    const char *end = NULL;

    if (length <= NOTE_LIMIT) {
        note.root = cJSON_ParseWithLengthOpts(bytes, length, &end, false);
    }
    if (!note.root || end != (const char *)bytes + length) {
        note.wrong = "JSON";
        return note;
    }
    if (read_count(&note, note.root, "v") != VERSION) {
        note.wrong = "v";
    }
    if (clock) {
        note.other = !cvg_text_equal(read_text(&note, note.root, "about"), about);
        read_clock(&note, clock);
    }
    return note;
}

static int judge(const struct note *note, const char *what, struct cvg_error *reterr)
{
    if (note->wrong) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the note of a %s has no good '%s'", what,
                             note->wrong);
    }
    return note->other ? cvg_error_set(reterr, CVG_E_REFUSED, "the note is of another %s", what)
                       : 0;
}

int cvg_note_steady_read(const void *bytes, size_t length, const char *about,
                         const struct cvg_note_clock *clock, struct cvg_steady_saved *ret,
                         struct cvg_error *reterr)
{
    CVG_CLEANUP(note_done) struct note note = open_note(bytes, length, about, clock);
    const cJSON *flap = member(&note, note.root, "flap");
    struct cvg_steady_saved saved = {
        .status = read_status(&note, note.root, "status"),
        .observed_at = read_time(&note, note.root, "observed_at"),
        .since = read_time(&note, note.root, "since"),
        .fresh_at = read_time(&note, note.root, "fresh_at"),
        .ready_since = read_time(&note, note.root, "ready_since"),
        .unready_since = read_time(&note, note.root, "unready_since"),
        .last_known = read_status(&note, note.root, "last_known"),
        .last_known_since = read_time(&note, note.root, "last_known_since"),
        .inputs = cJSON_GetObjectItemCaseSensitive(note.root, "inputs")
                      ? (uint64_t)read_int64(&note, note.root, "inputs")
                      : 0,
        .flap.samples = read_count(&note, flap, "samples"),
        .flap.count = read_count(&note, flap, "count"),
        .flap.next_at = read_time(&note, flap, "next_at"),
        .flap.since = read_time(&note, flap, "since"),
        .flap.flapping = read_flag(&note, flap, "flapping"),
    };
    int rc = judge(&note, "check", reterr);

    if (rc == 0) {
        *ret = saved;
    }
    return rc;
}

int cvg_note_breaker_read(const void *bytes, size_t length, const char *about,
                          const struct cvg_note_clock *clock, struct cvg_note_breaker *ret,
                          struct cvg_error *reterr)
{
    CVG_CLEANUP(note_done) struct note note = open_note(bytes, length, about, clock);
    struct cvg_note_breaker breaker = {
        .failures = read_count(&note, note.root, "failures"),
        .pause_ns = read_int64(&note, note.root, "pause"),
        .opened_at = read_time(&note, note.root, "opened_at"),
        .trial_at = read_time(&note, note.root, "trial_at"),
        .last_trial_at = read_time(&note, note.root, "last_trial_at"),
    };
    int rc = judge(&note, "breaker", reterr);

    if (rc == 0) {
        *ret = breaker;
    }
    return rc;
}

static void read_gates(struct note *note, struct cvg_arena *arena, struct cvg_note_published *ret)
{
    const cJSON *list = member(note, note->root, "gates");
    const cJSON *item = NULL;
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;

    if (count < 0 || count > CVG_NOTE_GATES) {
        note->wrong = "gates";
        return;
    }
    ret->gates = cvg_arena_alloc(arena, ((size_t)count + 1) * sizeof(*ret->gates));
    cJSON_ArrayForEach(item, list)
    {
        size_t number = ret->gate_count++;
        ret->gates[number].name = cvg_arena_strdup(arena, read_text(note, item, "name"));
        ret->gates[number].verdict = cvg_arena_strdup(arena, read_text(note, item, "verdict"));
    }
}

int cvg_note_published_read(const void *bytes, size_t length, struct cvg_arena *arena,
                            struct cvg_note_published *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(note_done) struct note note = open_note(bytes, length, NULL, NULL);
    const char *sequence = read_text(&note, note.root, "sequence");
    struct cvg_note_published published = {
        .phase = cvg_arena_strdup(arena, read_text(&note, note.root, "phase")),
        .at = read_int64(&note, note.root, "at"),
    };

    if (cvg_parse_uint64(sequence, strlen(sequence), &published.sequence) < 0) {
        note.wrong = "sequence";
    }
    read_gates(&note, arena, &published);
    int rc = judge(&note, "publication", reterr);
    if (rc == 0) {
        *ret = published;
    }
    return rc;
}

/* ---- what was discovered ---- */

static void add_pairs(cJSON *root, const char *name, const struct cvg_pair *pairs, size_t count)
{
    cJSON *list = cvg_document_array();

    for (size_t i = 0; i < CVG_MIN(count, (size_t)CVG_NOTE_PAIRS); i++) {
        cJSON *pair = cvg_document_object();
        cvg_document_text(pair, "name", pairs[i].name);
        cvg_document_text(pair, "value", pairs[i].value);
        cvg_document_add(list, NULL, pair);
    }
    cvg_document_add(root, name, list);
}

int cvg_note_found_write(const struct cvg_note_found *found, struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = begin_note(NULL, NULL);
    char rank[CVG_NUMBER_TEXT];

    (void)snprintf(rank, sizeof(rank), "%" PRIu64, found->rank);
    cvg_document_text(root, "rank", rank);
    cvg_document_text(root, "discover", found->discover);
    cvg_document_text(root, "namespace", found->namespace_name);
    cvg_document_text(root, "name", found->name);
    add_pairs(root, "labels", found->labels, found->label_count);
    add_pairs(root, "annotations", found->annotations, found->annotation_count);
    return cvg_document_print(root, ret);
}

static const char *read_long(struct note *note, const cJSON *object, const char *name)
{
    const cJSON *item = member(note, object, name);

    if (!cJSON_IsString(item) || strlen(item->valuestring) > CVG_NOTE_VALUE) {
        note->wrong = name;
        return "";
    }
    return item->valuestring;
}

static const struct cvg_pair *read_pairs(struct note *note, const char *name,
                                         struct cvg_arena *arena, size_t *ret_count)
{
    const cJSON *list = member(note, note->root, name);
    const cJSON *item = NULL;
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;

    if (count < 0 || count > CVG_NOTE_PAIRS) {
        note->wrong = name;
        return NULL;
    }
    struct cvg_pair *pairs = cvg_arena_alloc(arena, ((size_t)count + 1) * sizeof(*pairs));
    cJSON_ArrayForEach(item, list)
    {
        struct cvg_pair *pair = &pairs[(*ret_count)++];
        pair->name = cvg_arena_strdup(arena, read_long(note, item, "name"));
        pair->value = cvg_arena_strdup(arena, read_long(note, item, "value"));
    }
    return pairs;
}

int cvg_note_found_read(const void *bytes, size_t length, struct cvg_arena *arena,
                        struct cvg_note_found *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(note_done) struct note note = open_note(bytes, length, NULL, NULL);
    const char *rank = read_text(&note, note.root, "rank");
    struct cvg_note_found found = {
        .discover = cvg_arena_strdup(arena, read_text(&note, note.root, "discover")),
        .namespace_name = cvg_arena_strdup(arena, read_long(&note, note.root, "namespace")),
        .name = cvg_arena_strdup(arena, read_long(&note, note.root, "name")),
    };

    if (cvg_parse_uint64(rank, strlen(rank), &found.rank) < 0) {
        note.wrong = "rank";
    }
    found.labels = read_pairs(&note, "labels", arena, &found.label_count);
    found.annotations = read_pairs(&note, "annotations", arena, &found.annotation_count);
    int rc = judge(&note, "discovered object", reterr);
    if (rc == 0) {
        *ret = found;
    }
    return rc;
}
