/* SPDX-License-Identifier: Apache-2.0 */
/* A list of rows that were not committed yet, oldest first. */
#include "decide/acts.h"

#include "base/log.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

struct act {
    struct cvg_acts *acts;
    struct act *previous, *next;
    bool going; /* it is being committed */
    int64_t at;
    char id[CVG_RECORD_ID];
    const char *action; /* static */
    char actor[CVG_RECORD_TEXT], target[CVG_RECORD_TEXT];
    char *body; /* owned */
};

struct cvg_acts {
    struct cvg_commits *commits;
    struct act *first, *last;
    size_t count;
};

struct cvg_acts *cvg_acts_new(struct cvg_commits *commits)
{
    struct cvg_acts *acts = CVG_NEW(struct cvg_acts);

    acts->commits = commits;
    return acts;
}

static void add(struct cvg_acts *acts, struct act *act)
{
    act->previous = acts->last;
    *(acts->last ? &acts->last->next : &acts->first) = act;
    acts->last = act;
    acts->count++;
}

static void take_out(struct cvg_acts *acts, struct act *act)
{
    *(act->previous ? &act->previous->next : &acts->first) = act->next;
    *(act->next ? &act->next->previous : &acts->last) = act->previous;
    acts->count--;
}

static void free_act(struct act *act)
{
    free(act->body);
    free(act);
}

static void lose(struct act *act)
{
    cvg_log(CVG_LOG_ERROR, "an act could not be recorded", "action", act->action, "actor",
            act->actor, "target", act->target, NULL);
    free_act(act);
}

void cvg_acts_free(struct cvg_acts *acts)
{
    if (!acts) {
        return;
    }
    for (struct act *act = acts->first, *next; act; act = next) {
        next = act->next;
        lose(act);
    }
    free(acts);
}

static void on_recorded(void *arg, bool committed, CVG_UNUSED const char *why)
{
    struct act *act = arg;

    act->going = false;
    if (committed) {
        take_out(act->acts, act);
        free_act(act);
    }
}

static void commit(struct act *act)
{
    act->going = true;
    cvg_commits_add(act->acts->commits,
                    &(struct cvg_record){.at = act->at,
                                         .id = act->id,
                                         .action = act->action,
                                         .actor = act->actor,
                                         .environment = "",
                                         .gate = "",
                                         .app = "",
                                         .revision = "",
                                         .verdict = "",
                                         .target = act->target,
                                         .body = act->body,
                                         .body_length = strlen(act->body)},
                    on_recorded, act);
}

/* The oldest that is not on its way. */
static void make_room(struct cvg_acts *acts)
{
    for (struct act *act = acts->first; acts->count >= CVG_ACTS_WAITING && act; act = act->next) {
        if (!act->going) {
            take_out(acts, act);
            lose(act);
            return;
        }
    }
}

void cvg_acts_add(struct cvg_acts *acts, const char *action, const char *actor, const char *target,
                  const char *body)
{
    if (!acts->commits) {
        return;
    }
    struct act *act = CVG_NEW(struct act);

    make_room(acts);
    act->acts = acts;
    act->at = cvg_time_wall();
    cvg_record_id(act->at, act->id);
    act->action = action;
    actor = actor ? actor : "";
    cvg_text_printable(actor, strlen(actor), act->actor, sizeof(act->actor));
    cvg_text_printable(target, strlen(target), act->target, sizeof(act->target));
    act->body = cvg_strdup(body);
    add(acts, act);
    commit(act);
}

bool cvg_acts_wait(const struct cvg_acts *acts)
{
    return acts->count > 0;
}

void cvg_acts_again(struct cvg_acts *acts)
{
    for (struct act *act = acts->first; act; act = act->next) {
        if (!act->going) {
            commit(act);
        }
    }
}
