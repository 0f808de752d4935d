/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a document and surveying it for each question; see edition.h. */
#include "edition.h"

#include "kit/arena.h"
#include "kit/memory.h"

#include <stdlib.h>
#include <string.h>

#define MIB         ((size_t)1 << 20)
/* What one survey may take: texts of a few addresses, and outputs. */
#define SURVEY_MOST (256 * (size_t)1024)
/* What is kept of a document is mostly its addresses. */
#define READ_TIMES  3

struct view {
    struct cvg_tf_question *question; /* held */
    struct cvg_tf_survey survey;      /* its texts are in the arena */
};

struct cvg_tf_edition {
    struct cvg_tf_refusal refusal;
    unsigned char digest[CVG_DIGEST_MOST];
    struct cvg_kit_arena *arena; /* owned; NULL: refused */
    struct view *views;          /* owned; in order of their questions' addresses */
    size_t count, capacity;
};

struct cvg_tf_draft {
    struct cvg_tf_edition *edition; /* owned */
    const struct cvg_host *host;
    char *bytes; /* owned */
    size_t length;
    uint32_t content;
    uint32_t latest_serves; /* it has all questions so far */
    uint32_t is_latest;     /* the bytes are those of the latest */
    unsigned char latest_digest[CVG_DIGEST_MOST];
    const struct cvg_tf_edition *latest; /* borrowed while questions are added */
    void *owner;                         /* borrowed */
};

/* ---- editions ---- */

void cvg_tf_edition_free(struct cvg_tf_edition *edition)
{
    if (edition == NULL) {
        return;
    }
    for (size_t i = 0; i < edition->count; i++) {
        cvg_tf_question_drop(edition->views[i].question);
    }
    cvg_kit_arena_free(edition->arena);
    free(edition->views);
    free(edition);
}

const struct cvg_tf_refusal *cvg_tf_edition_refusal(const struct cvg_tf_edition *edition)
{
    return &edition->refusal;
}

static int by_question(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct view *)a)->question;
    uintptr_t right = (uintptr_t)((const struct view *)b)->question;
    return left < right ? -1 : left > right;
}

static const struct view *find(const struct cvg_tf_edition *edition,
                               const struct cvg_tf_question *question)
{
    size_t low = 0, high = edition->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cvg_tf_question *there = edition->views[middle].question;
        if (there == question) {
            return &edition->views[middle];
        }
        if ((uintptr_t)there < (uintptr_t)question) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct cvg_tf_survey *cvg_tf_edition_survey(const struct cvg_tf_edition *edition,
                                                  const struct cvg_tf_question *question)
{
    const struct view *view = edition->refusal.kind == CVG_TF_FINE ? find(edition, question) : NULL;
    return view == NULL ? NULL : &view->survey;
}

/* ---- drafts ---- */

struct cvg_tf_draft *cvg_tf_draft_new(const struct cvg_host *host, uint32_t content, char *bytes,
                                      size_t length, const struct cvg_tf_edition *latest)
{
    struct cvg_tf_draft *draft = cvg_kit_alloc(sizeof(*draft));
    draft->edition = cvg_kit_alloc(sizeof(*draft->edition));
    draft->host = host;
    draft->content = content;
    draft->bytes = bytes;
    draft->length = length;
    draft->latest = latest;
    if (latest != NULL) {
        draft->latest_serves = 1;
        memcpy(draft->latest_digest, latest->digest, sizeof(draft->latest_digest));
    }
    return draft;
}

void cvg_tf_draft_add(struct cvg_tf_draft *draft, struct cvg_tf_question *question)
{
    struct cvg_tf_edition *edition = draft->edition;
    if (edition->count == edition->capacity) {
        edition->capacity = edition->capacity == 0 ? 8 : edition->capacity * 2;
        edition->views = cvg_kit_resize(edition->views, edition->capacity, sizeof(*edition->views));
    }
    edition->views[edition->count++] = (struct view){.question = cvg_tf_question_hold(question)};
    if (draft->latest_serves && find(draft->latest, question) == NULL) {
        draft->latest_serves = 0;
    }
}

void cvg_tf_draft_set_owner(struct cvg_tf_draft *draft, void *owner)
{
    draft->owner = owner;
}

void *cvg_tf_draft_owner(const struct cvg_tf_draft *draft)
{
    return draft->owner;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The outputs that any question wants, each once. The caller frees. */
static const char **wish(const struct cvg_tf_edition *edition, size_t *ret_count)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < edition->count; i++) {
        count += edition->views[i].question->config.outputs.count;
    }
    const char **names = cvg_kit_alloc((count + 1) * sizeof(*names));
    count = 0;
    for (size_t i = 0; i < edition->count; i++) {
        const struct cvg_list *outputs = &edition->views[i].question->config.outputs;
        const struct cvg_tf_want_output *items = outputs->items;
        for (size_t j = 0; j < outputs->count; j++) {
            names[count++] = items[j].name;
        }
    }
    qsort(names, count, sizeof(*names), by_text);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0) {
            names[kept++] = names[i];
        }
    }
    *ret_count = kept;
    return names;
}

/* What of a document only its surveys need. */
struct read {
    struct cvg_tf_state state;
    struct cvg_tf_plan plan;
};

static int read_document(const struct cvg_tf_draft *draft, struct cvg_kit_arena *arena,
                         struct read *ret)
{
    struct cvg_tf_refusal *refusal = &draft->edition->refusal;
    if (draft->content == CVG_TF_CONTENT_PLAN) {
        return cvg_tf_plan_read(draft->bytes, draft->length, arena, &ret->plan, refusal);
    }
    size_t count = 0;
    const char **names = wish(draft->edition, &count);
    const struct cvg_tf_wish wanted = {.outputs = names, .count = count};
    int code =
        draft->content == CVG_TF_CONTENT_SHOW
            ? cvg_tf_show_read(draft->bytes, draft->length, &wanted, arena, &ret->state, refusal)
            : cvg_tf_state_read(draft->bytes, draft->length, &wanted, arena, &ret->state, refusal);
    free(names);
    return code;
}

/* Returns -1 where the arena is full. */
static int survey_all(const struct cvg_tf_draft *draft, const struct read *read)
{
    struct cvg_tf_edition *edition = draft->edition;
    edition->arena = cvg_kit_arena_new(MIB + edition->count * SURVEY_MOST);
    for (size_t i = 0; i < edition->count; i++) {
        struct view *view = &edition->views[i];
        const struct cvg_tf_check_config *config = &view->question->config;
        int code = draft->content == CVG_TF_CONTENT_PLAN
                       ? cvg_tf_survey_plan(config, &read->plan, edition->arena, &view->survey)
                       : cvg_tf_survey_state(config, &read->state, edition->arena, &view->survey);
        if (code < 0) {
            return -1;
        }
        memcpy(view->survey.digest, edition->digest, sizeof(view->survey.digest));
    }
    return 0;
}

/* The bytes hold secrets, so they do not stay behind in freed memory. */
static void drop_bytes(struct cvg_tf_draft *draft)
{
    if (draft->bytes != NULL) {
        explicit_bzero(draft->bytes, draft->length);
        free(draft->bytes);
        draft->bytes = NULL;
    }
}

void cvg_tf_draft_work(void *arg)
{
    struct cvg_tf_draft *draft = arg;
    struct cvg_tf_edition *edition = draft->edition;
    draft->host->digest(CVG_DIGEST_SHA256, draft->bytes, draft->length, edition->digest);
    if (draft->latest_serves &&
        memcmp(edition->digest, draft->latest_digest, sizeof(edition->digest)) == 0) {
        draft->is_latest = 1;
        drop_bytes(draft);
        return;
    }
    struct read read = {.plan = {.format_version = ""}};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(MIB + READ_TIMES * draft->length);
    int code = read_document(draft, arena, &read);
    drop_bytes(draft);
    if (code == 0 && survey_all(draft, &read) < 0) {
        edition->refusal = (struct cvg_tf_refusal){.kind = CVG_TF_TOO_LARGE};
    }
    cvg_kit_arena_wipe(arena);
    cvg_kit_arena_free(arena);
    qsort(edition->views, edition->count, sizeof(*edition->views), by_question);
}

struct cvg_tf_edition *cvg_tf_draft_take(struct cvg_tf_draft *draft)
{
    struct cvg_tf_edition *edition = draft->is_latest ? NULL : draft->edition;
    if (edition != NULL) {
        draft->edition = NULL;
    }
    cvg_tf_draft_free(draft);
    return edition;
}

void cvg_tf_draft_free(void *arg)
{
    struct cvg_tf_draft *draft = arg;
    drop_bytes(draft);
    cvg_tf_edition_free(draft->edition);
    free(draft);
}
