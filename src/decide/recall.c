/* SPDX-License-Identifier: Apache-2.0 */
/* Page by page, from the newest to the oldest, as many as the ledger holds. */
#include "decide/recall.h"

#include <string.h>

struct cvg_recalled {
    struct cvg_ledger_key key;
    char id[CVG_LEDGER_ID];
};

static void take(struct cvg_recall *recall, const struct cvg_record *row)
{
    CVG_GROW(recall->rows, recall->count, recall->capacity);
    struct cvg_recalled *recalled = &recall->rows[recall->count++];

    *recalled = (struct cvg_recalled){0};
    memcpy(recalled->key.question, row->question, sizeof(row->question));
    memcpy(recalled->key.outcome, row->outcome, sizeof(row->outcome));
    memcpy(recalled->id, row->id, CVG_MIN(strlen(row->id), sizeof(recalled->id) - 1));
}

void cvg_recall_read(struct cvg_recall *recall)
{
    struct cvg_record_query query = {.action = CVG_RECORD_DECISION, .without_body = true};
    struct cvg_record_page page = {.more = true};

    while (page.more && recall->count < CVG_LEDGER_LIMIT) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        if (cvg_store_records(recall->store, &query, arena, &page, NULL) < 0) {
            recall->failed = true;
            return;
        }
        for (size_t i = 0; i < page.count; i++) {
            take(recall, &page.rows[i]);
        }
        page.more = page.more && page.count;
        query.before = page.count ? page.rows[page.count - 1].number : 0;
    }
}

void cvg_recall_apply(const struct cvg_recall *recall, struct cvg_ledger *ledger)
{
    for (size_t i = 0; i < recall->count; i++) {
        if (!cvg_ledger_recall(ledger, &recall->rows[i].key, recall->rows[i].id)) {
            return;
        }
    }
}

void cvg_recall_done(struct cvg_recall *recall)
{
    free(recall->rows);
    *recall = (struct cvg_recall){0};
}
