/* SPDX-License-Identifier: Apache-2.0 */
/* Checks with `helm:`; see form_helm.h. */
#include "form_helm.h"

#include "kit/memory.h"
#include "objects.h"
#include "rule.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define TOLD   3 /* releases that a message names */
#define FACTS  16

/* ---- a revision ---- */

static const char *label(const struct cvg_kube_object *object, const char *name)
{
    const char *const *labels = object->labels;
    for (; labels != NULL && labels[0] != NULL; labels += 2) {
        if (strcmp(labels[0], name) == 0) {
            return labels[1];
        }
    }
    return "";
}

static int64_t number_of(const char *text, int64_t absent)
{
    int64_t number = 0;
    return cvg_parse_int64(text, strlen(text), &number) == 0 && number >= 0 ? number : absent;
}

/* Seconds since 1970, which Helm writes when it makes a revision and when it changes one. */
static int64_t changed_at(const struct cvg_kube_object *object)
{
    int64_t at = 0;
    int64_t seconds = number_of(label(object, "modifiedAt"), 0);
    if (seconds == 0) {
        seconds = number_of(label(object, "createdAt"), 0);
    }
    return seconds == 0 || __builtin_mul_overflow(seconds, SECOND, &at) ? object->created_at : at;
}

int cvg_kube_revision_read(const struct cvg_kube_object *object, struct cvg_kube_revision *ret)
{
    static const char prefix[] = "sh.helm.release.v1.";
    const char *name = label(object, "name");
    if (strncmp(object->name, prefix, sizeof(prefix) - 1) != 0 || *name == '\0') {
        return -1;
    }
    *ret = (struct cvg_kube_revision){
        .namespace = object->namespace,
        .name = name,
        .status = label(object, "status"),
        .number = number_of(label(object, "version"), CVG_KUBE_ABSENT),
        .changed_at = changed_at(object),
    };
    return 0;
}

int cvg_kube_revision_is_newer(const struct cvg_kube_revision *one,
                               const struct cvg_kube_revision *other)
{
    return other->number != CVG_KUBE_ABSENT &&
           (one->number == CVG_KUBE_ABSENT || one->number > other->number);
}

/* helm pkg/release/v1/status.go. What a revision is superseded by is newer than the newest. */
static const struct status {
    const char *name;
    enum cvg_status status;
    enum cvg_kube_reason reason;
} statuses[] = {
    {"deployed", CVG_READY, CVG_KUBE_REASON_RELEASE_DEPLOYED},
    {"pending-install", CVG_PROGRESSING, CVG_KUBE_REASON_RELEASE_PENDING},
    {"pending-upgrade", CVG_PROGRESSING, CVG_KUBE_REASON_RELEASE_PENDING},
    {"pending-rollback", CVG_PROGRESSING, CVG_KUBE_REASON_RELEASE_PENDING},
    {"uninstalling", CVG_PROGRESSING, CVG_KUBE_REASON_TERMINATING},
    {"uninstalled", CVG_PROGRESSING, CVG_KUBE_REASON_RELEASE_UNINSTALLED},
    {"failed", CVG_FAILED, CVG_KUBE_REASON_RELEASE_FAILED},
    {"superseded", CVG_UNKNOWN, CVG_KUBE_REASON_RELEASE_SUPERSEDED},
};

static const struct status *status_of(const struct cvg_kube_revision *revision)
{
    static const struct status unclear = {"", CVG_UNKNOWN, CVG_KUBE_REASON_RELEASE_UNCLEAR};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (revision->number != CVG_KUBE_ABSENT &&
            strcmp(revision->status, statuses[i].name) == 0) {
            return &statuses[i];
        }
    }
    return &unclear;
}

uint32_t cvg_kube_revision_status(const struct cvg_kube_revision *revision, int64_t dwell,
                                  int64_t wall, const char **ret_reason, int64_t *ret_next)
{
    const struct status *status = status_of(revision);
    int64_t stuck_at = 0;
    *ret_reason = cvg_kube_reason(status->reason);
    *ret_next = 0;
    /* A helm that was killed leaves its revision pending for ever. */
    if (status->reason != CVG_KUBE_REASON_RELEASE_PENDING || revision->changed_at <= 0 ||
        dwell <= 0 || __builtin_add_overflow(revision->changed_at, dwell, &stuck_at)) {
        return status->status;
    }
    if (wall < stuck_at) {
        *ret_next = stuck_at;
        return status->status;
    }
    *ret_reason = cvg_kube_reason(CVG_KUBE_REASON_RELEASE_STUCK);
    return CVG_FAILED;
}

/* ---- the check's keys ---- */

struct helm {
    const char *name; /* of a release; NULL: all of them */
    int has_at_least;
    struct cvg_kube_amount at_least;
};

static void destroy(struct cvg_kube_check *check)
{
    free(check->state);
    check->state = NULL;
}

static int create(struct cvg_kube_check *check, cvg_kube_refuse *refuse, void *arg)
{
    const struct cvg_kube_check_config *config = check->config;
    struct helm *helm = cvg_kit_alloc(sizeof(*helm));
    const char *wrong = NULL;
    check->state = helm;
    helm->name = strcmp(config->helm, "*") == 0 ? NULL : config->helm;
    helm->has_at_least = config->at_least != NULL;
    if (helm->has_at_least && cvg_kube_amount_parse(config->at_least, &helm->at_least) < 0) {
        wrong = "is not understood";
    } else if (cvg_kube_check_want(check, cvg_kube_kind_of_type(CVG_KUBE_RELEASE), 1, 0) < 0) {
        wrong = "has too many namespaces";
    }
    if (wrong != NULL) {
        refuse(arg, "helm", wrong);
        destroy(check);
        return -1;
    }
    return 0;
}

/* ---- the newest revision of each release ---- */

/* Grows while it is walked; ended by free(). */
struct revisions {
    struct cvg_kube_revision *items;
    size_t count, room;
};

static void add(struct revisions *revisions, const struct cvg_kube_revision *revision)
{
    if (revisions->count == revisions->room) {
        revisions->room = revisions->room == 0 ? 16 : 2 * revisions->room;
        revisions->items =
            cvg_kit_resize(revisions->items, revisions->room, sizeof(*revisions->items));
    }
    revisions->items[revisions->count++] = *revision;
}

/* Releases together, the newest revision of each first. */
static int in_order(const void *a, const void *b)
{
    const struct cvg_kube_revision *one = a, *other = b;
    int order = strcmp(one->namespace, other->namespace);
    order = order == 0 ? strcmp(one->name, other->name) : order;
    if (order != 0) {
        return order;
    }
    return cvg_kube_revision_is_newer(other, one) - cvg_kube_revision_is_newer(one, other);
}

static void keep_newest(struct revisions *revisions)
{
    size_t kept = 0;
    if (revisions->count > 1) {
        qsort(revisions->items, revisions->count, sizeof(*revisions->items), in_order);
    }
    for (size_t i = 0; i < revisions->count; i++) {
        const struct cvg_kube_revision *each = &revisions->items[i];
        const struct cvg_kube_revision *last = kept == 0 ? NULL : &revisions->items[kept - 1];
        if (last == NULL || strcmp(last->namespace, each->namespace) != 0 ||
            strcmp(last->name, each->name) != 0) {
            revisions->items[kept++] = *each;
        }
    }
    revisions->count = kept;
}

/* A release that the check names must be in each namespace that it names, else in any of those that
 * the source is limited to. */
static size_t collect(const struct cvg_kube_check *check, struct revisions *ret)
{
    const struct helm *helm = check->state;
    const struct cvg_list *namespaces = &check->config->namespaces;
    int each = helm->name != NULL && namespaces->count > 0 &&
               strcmp(((const char *const *)namespaces->items)[0], "*") != 0;
    size_t absent = 0;
    for (size_t i = 0; i < check->wanted_count; i++) {
        const struct cvg_kube_collection *collection = check->wanted[i].collection;
        const struct cvg_kube_object *object;
        size_t at = 0, before = ret->count;
        while ((object = cvg_kube_collection_next(collection, &at)) != NULL) {
            struct cvg_kube_revision revision;
            if (cvg_kube_revision_read(object, &revision) == 0 &&
                (helm->name == NULL || strcmp(helm->name, revision.name) == 0)) {
                add(ret, &revision);
            }
        }
        absent += each && ret->count == before;
    }
    keep_newest(ret);
    return absent;
}

/* ---- what is said ---- */

struct told {
    const struct cvg_kube_revision *revision; /* NULL: it is not there */
    uint32_t status;
    const char *reason;
};

/* Those that are not ready, the worst first, in the order of their names. */
struct worst {
    struct told items[FACTS];
    size_t count;
};

static void add_worst(struct worst *worst, const struct told *told)
{
    size_t at = worst->count;
    if (told->status == CVG_READY) {
        return;
    }
    while (at > 0 &&
           cvg_kube_badness(told->status) > cvg_kube_badness(worst->items[at - 1].status)) {
        at--;
    }
    if (at == FACTS) {
        return;
    }
    if (worst->count < FACTS) {
        worst->count++;
    }
    memmove(&worst->items[at + 1], &worst->items[at],
            (worst->count - at - 1) * sizeof(worst->items[0]));
    worst->items[at] = *told;
}

static const char *words_of(struct cvg_kit_finding *ret, const struct told *told)
{
    const struct cvg_kube_revision *revision = told->revision;
    if (revision == NULL) {
        return "a release is not there";
    }
    const char *status = *revision->status == '\0' ? "of no status" : revision->status;
    if (revision->number == CVG_KUBE_ABSENT) {
        return cvg_kit_finding_text(ret, "release %.64s/%.64s is %.64s, of no revision",
                                    revision->namespace, revision->name, status);
    }
    return cvg_kit_finding_text(ret, "release %.64s/%.64s, revision %" PRId64 ", is %.64s",
                                revision->namespace, revision->name, revision->number, status);
}

static void say_message(const struct cvg_kube_sum *sum, const struct worst *worst,
                        const struct told *only, struct cvg_kit_finding *ret)
{
    uint32_t status = cvg_kube_sum_status(sum);
    const char *reason = cvg_kube_reason(CVG_KUBE_REASON_ALL_READY);
    char text[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < worst->count && i < TOLD && used < sizeof(text); i++) {
        int wrote =
            snprintf(text + used, sizeof(text) - used, "; %s", words_of(ret, &worst->items[i]));
        used += wrote < 0 ? 0 : (size_t)wrote;
    }
    int too_few = status == CVG_PROGRESSING && sum->total < sum->needed;
    if (too_few) {
        reason = cvg_kube_reason(CVG_KUBE_REASON_TOO_FEW);
    }
    for (size_t i = worst->count; status != CVG_READY && !too_few && i > 0; i--) {
        if (worst->items[i - 1].status == status) {
            reason = worst->items[i - 1].reason;
        }
    }
    if (only != NULL) {
        cvg_kit_finding_say(ret, status, status == only->status ? only->reason : reason, "%s",
                            words_of(ret, only));
    } else {
        cvg_kit_finding_say(ret, status, reason, "%" PRId64 " of %" PRId64 " ready%s",
                            sum->counts[CVG_READY], sum->total, text);
    }
}

static void add_facts(const struct cvg_kube_sum *sum, const struct worst *worst,
                      const struct told *only, struct cvg_kit_finding *ret)
{
    char text[CVG_NUMBER_TEXT];
    cvg_kit_finding_number(ret, "releases", sum->total);
    cvg_kit_finding_number(ret, "needed", sum->needed);
    cvg_kit_finding_number(ret, "ready", sum->counts[CVG_READY]);
    for (size_t i = 0; only == NULL && i < worst->count; i++) {
        cvg_kit_finding_fact(ret, cvg_kit_finding_text(ret, "worst.%zu", i), "%s: %s",
                             words_of(ret, &worst->items[i]), worst->items[i].reason);
    }
    if (only == NULL) {
        return;
    }
    const struct cvg_kube_revision *revision = only->revision;
    cvg_kit_finding_fact(ret, "namespace", "%s", revision->namespace);
    cvg_kit_finding_fact(ret, "name", "%s", revision->name);
    cvg_kit_finding_fact(ret, "status", "%s", revision->status);
    if (revision->number != CVG_KUBE_ABSENT) {
        cvg_kit_finding_number(ret, "version", revision->number);
        ret->reading.revision = cvg_kit_finding_text(ret, "%" PRId64, revision->number);
    }
    if (revision->changed_at > 0) {
        cvg_format_time(revision->changed_at, 0, text, sizeof(text));
        cvg_kit_finding_fact(ret, "changed_at", "%s", text);
    }
}

static void say_empty(const struct cvg_kube_check *check, struct cvg_kit_finding *ret)
{
    const struct helm *helm = check->state;
    uint32_t status = CVG_UNKNOWN;
    enum cvg_kube_reason reason = CVG_KUBE_REASON_EMPTY_MATCH;
    if (check->config->allow_empty == 1) {
        status = CVG_READY;
        reason = CVG_KUBE_REASON_EMPTY;
    } else if (helm->name != NULL) {
        status = CVG_PROGRESSING;
        reason = CVG_KUBE_REASON_NOT_FOUND;
    }
    cvg_kit_finding_say(ret, status, cvg_kube_reason(reason), "there is no Helm release%s%s",
                        helm->name != NULL ? " named " : "", helm->name != NULL ? helm->name : "");
    cvg_kit_finding_number(ret, "releases", 0);
}

/* ---- the verdict ---- */

static void count(struct cvg_kube_sum *sum, struct worst *worst, const struct told *told)
{
    sum->counts[told->status]++;
    sum->total++;
    add_worst(worst, told);
}

static int64_t judge(struct cvg_kube_check *check, int64_t wall, struct cvg_kit_finding *ret)
{
    const struct helm *helm = check->state;
    int64_t dwell = cvg_kube_cluster_dwells(check->cluster)->not_ready;
    struct cvg_kube_sum sum = {0};
    struct worst worst = {.count = 0};
    struct revisions revisions = {0};
    struct told told = {.status = CVG_PROGRESSING,
                        .reason = cvg_kube_reason(CVG_KUBE_REASON_NOT_FOUND)};
    size_t absent = collect(check, &revisions);
    if (revisions.count == 0) {
        say_empty(check, ret);
        free(revisions.items);
        return 0;
    }
    for (size_t i = 0; check->config->allow_empty != 1 && i < absent; i++) {
        count(&sum, &worst, &told);
    }
    for (size_t i = 0; i < revisions.count; i++) {
        int64_t next;
        told.revision = &revisions.items[i];
        told.status = cvg_kube_revision_status(told.revision, dwell, wall, &told.reason, &next);
        count(&sum, &worst, &told);
        sum.next = next != 0 && (sum.next == 0 || next < sum.next) ? next : sum.next;
    }
    sum.needed = helm->has_at_least ? cvg_kube_amount_of(&helm->at_least, sum.total) : sum.total;
    const struct told *only = sum.total == 1 ? &told : NULL;
    say_message(&sum, &worst, only, ret);
    add_facts(&sum, &worst, only, ret);
    ret->reading.expected = cvg_kit_finding_text(ret, "%" PRId64 " deployed", sum.needed);
    ret->reading.observed =
        cvg_kit_finding_text(ret, "%" PRId64 " deployed", sum.counts[CVG_READY]);
    ret->reading.done = (uint64_t)sum.counts[CVG_READY];
    ret->reading.total = (uint64_t)sum.needed;
    free(revisions.items);
    return sum.next;
}

const struct cvg_kube_form cvg_kube_form_helm = {
    .name = "helm",
    .create = create,
    .destroy = destroy,
    .judge = judge,
};
