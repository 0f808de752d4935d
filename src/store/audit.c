/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain against itself, then against what is known of it elsewhere. The head is read before the
 * rows: a daemon that is running adds rows first and writes the head then, so the rows that are
 * read are never behind the head that was.
 */
#include "store/audit.h"

#include "base/buf.h"
#include "base/quote.h"
#include "base/text.h"
#include "store/act.h"
#include "store/beside.h"
#include "store/follow.h"

#include <stdio.h>
#include <string.h>

#define PROGRESS_ROWS 1024

static const struct cvg_engine_kind *engine_of(const struct cvg_audit_options *options)
{
    return options->engine ? options->engine : &cvg_engine_sqlite;
}

/* ---- what is known beside the database ---- */

struct beside {
    int head_rc, key_rc;
    struct cvg_head head;
    unsigned char key[CVG_ED25519_PUBLIC]; /* public half of FILE.key */
    struct cvg_error head_error, key_error;
};

static void read_beside(const char *file, struct beside *ret)
{
    struct cvg_ed25519 *key;
    ret->head_rc = cvg_head_read(file, &ret->head, &ret->head_error);
    ret->key_rc = cvg_seal_key(file, false, &key, &ret->key_error);
    if (ret->key_rc == 0) {
        cvg_ed25519_public(key, ret->key);
        cvg_ed25519_free(key);
    }
}

/* The key that checkpoints must be signed with; whoever forged a head has a key too, so FILE.key's
 * comes first. */
static const unsigned char *public_key(const struct beside *beside)
{
    return beside->key_rc == 0    ? beside->key
           : beside->head_rc == 0 ? beside->head.public_key
                                  : NULL;
}

/* ---- one look at all of it ---- */

/* A point that must be in the chain. */
struct wanted {
    const struct cvg_chain_point *point; /* NULL: none */
    const char *whose;
    bool met, differs;
};

struct look {
    const struct cvg_audit_options *options;
    struct beside beside;
    struct wanted head, expected;
    struct cvg_follow follow;
    uint64_t of, told; /* for the progress */

    char chain_problem[CVG_ERROR_TEXT]; /* with the rows themselves */
    char head_problem[CVG_ERROR_TEXT];  /* with what is known beside them */
};

static void meet(struct wanted *wanted, const struct cvg_chain_point *point)
{
    if (wanted->point && wanted->point->number == point->number) {
        wanted->met = true;
        wanted->differs |= memcmp(wanted->point->hash, point->hash, sizeof point->hash) != 0;
    }
}

static void on_point(void *ctx, const struct cvg_chain_point *point)
{
    struct look *look = ctx;
    meet(&look->head, point);
    meet(&look->expected, point);
    if (look->options->progress && point->number >= look->told + PROGRESS_ROWS) {
        look->told = point->number;
        look->options->progress(look->options->ctx, point->number,
                                CVG_MAX(look->of, point->number));
    }
}

/* The rows. Damage is a problem; that nothing could be read is a failure. */
static int look_at_rows(struct look *look, struct cvg_error *reterr)
{
    const struct cvg_engine_kind *kind = engine_of(look->options);
    enum cvg_store_fault fault = CVG_STORE_NO_FAULT;
    struct cvg_chain_point last;
    struct cvg_engine *engine;

    int rc = kind->open(look->options->file, true, &engine, &fault, reterr);
    if (rc < 0) {
        return rc;
    }
    look->follow = (struct cvg_follow){.kind = kind,
                                       .engine = engine,
                                       .see = on_point,
                                       .ctx = look,
                                       .public_key = public_key(&look->beside)};
    rc = kind->last(engine, &last, &fault, reterr);
    if (rc == 0) {
        look->of = last.number;
        rc = cvg_follow_chain(&look->follow, &fault, reterr);
    }
    kind->close(engine);
    if (rc < 0 && (fault == CVG_STORE_TAMPERED || fault == CVG_STORE_CORRUPT)) {
        snprintf(look->chain_problem, sizeof look->chain_problem, "%s", reterr->text);
        rc = 0;
    }
    return rc;
}

/* What was never acknowledged cannot be missed: a store that was not begun yet. */
static bool is_new(const struct look *look)
{
    return look->follow.rows == 0 && look->follow.checkpoints == 0 &&
           look->beside.head_rc == CVG_E_NOT_FOUND && look->beside.key_rc == CVG_E_NOT_FOUND;
}

/* False: it fits, or there is none. */
static bool misses(const struct look *look, const struct wanted *wanted, char *ret, size_t size)
{
    unsigned long long last = look->follow.point.number;
    if (!wanted->point || wanted->point->number == 0) {
        return false;
    }
    unsigned long long number = wanted->point->number;
    if (wanted->differs) {
        snprintf(ret, size, "row %llu: is another one than %s says", number, wanted->whose);
    } else if (number > last + 1) {
        snprintf(ret, size, "rows %llu to %llu: are missing, %s knows them", last + 1, number,
                 wanted->whose);
    } else if (number > last) {
        snprintf(ret, size, "row %llu: is missing, %s knows it", number, wanted->whose);
    } else if (!wanted->met && wanted != &look->head) {
        /* The head's own key signed the checkpoint that it is behind of; of a head that somebody
         * noted nothing is known any more. */
        snprintf(ret, size, "row %llu: retention took it away, %s cannot be compared", number,
                 wanted->whose);
    } else {
        return false;
    }
    return true;
}

static void compare(struct look *look)
{
    const struct beside *beside = &look->beside;
    char *ret = look->head_problem;
    size_t size = sizeof look->head_problem;

    if (beside->head_rc == CVG_E_NOT_FOUND && !is_new(look)) {
        snprintf(ret, size, "%s.head: is not there or empty: nothing says where the chain ends",
                 look->options->file);
    } else if (beside->head_rc < 0 && !is_new(look)) {
        snprintf(ret, size, "%s", beside->head_error.text);
    } else if (beside->key_rc == CVG_E_REFUSED || beside->key_rc == CVG_E_INVALID) {
        snprintf(ret, size, "%s", beside->key_error.text);
    } else if (beside->key_rc == 0 && beside->head_rc == 0 &&
               memcmp(beside->key, beside->head.public_key, sizeof beside->key) != 0) {
        snprintf(ret, size, "%s.head: is signed by another key than %s.key", look->options->file,
                 look->options->file);
    } else if (!misses(look, &look->head, ret, size)) {
        misses(look, &look->expected, ret, size);
    }
}

static int take_a_look(const struct cvg_audit_options *options, struct look *look,
                       struct cvg_error *reterr)
{
    *look = (struct look){.options = options};
    read_beside(options->file, &look->beside);
    look->head.whose = "the head file";
    look->head.point = look->beside.head_rc == 0 ? &look->beside.head.point.point : NULL;
    look->expected.whose = "the head that is expected";
    look->expected.point = options->expected;

    /* A head that the system does not let us see says nothing, good or bad. */
    if (look->beside.head_rc == CVG_E_IO) {
        *reterr = look->beside.head_error;
        return CVG_E_IO;
    }
    int rc = look_at_rows(look, reterr);
    if (rc == 0) {
        compare(look);
    }
    return rc;
}

/* ---- the functions ---- */

int cvg_audit_verify(const struct cvg_audit_options *options, struct cvg_audit_report *ret,
                     struct cvg_error *reterr)
{
    struct look look;
    struct cvg_error error = {0};

    int rc = take_a_look(options, &look, reterr ? reterr : &error);
    if (rc < 0) {
        return rc;
    }
    const struct cvg_follow *follow = &look.follow;
    *ret = (struct cvg_audit_report){.first = follow->first,
                                     .last = follow->rows ? follow->point.number : 0,
                                     .rows = follow->rows,
                                     .checkpoints = follow->checkpoints,
                                     .pruned_up_to = follow->pruned_up_to,
                                     .head = follow->point};
    if (look.head.point && follow->point.number > look.head.point->number) {
        ret->unacknowledged = follow->point.number - look.head.point->number;
    }
    snprintf(ret->problem, sizeof ret->problem, "%s",
             look.chain_problem[0] ? look.chain_problem : look.head_problem);
    return 0;
}

int cvg_audit_walk(const struct cvg_audit_options *options, cvg_see_record *see, void *ctx,
                   struct cvg_error *reterr)
{
    const struct cvg_engine_kind *kind = engine_of(options);
    enum cvg_store_fault fault;
    struct cvg_engine *engine;
    struct cvg_error error = {0}, *told = reterr ? reterr : &error;

    int rc = kind->open(options->file, true, &engine, &fault, told);
    if (rc == 0) {
        rc = kind->walk_records(engine, 0, see, ctx, &fault, told);
        kind->close(engine);
    }
    return rc;
}

/* ---- sealing ---- */

static bool is_statement(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= CVG_RECORD_TEXT && cvg_text_is_utf8(text, length);
}

static void write_point(struct cvg_buf *out, const char *key, const struct cvg_chain_point *point)
{
    char text[CVG_CHAIN_POINT_TEXT];
    if (point) {
        cvg_chain_point_write(point, text);
        cvg_buf_printf(out, ",\"%s\":\"%s\"", key, text);
    } else {
        cvg_buf_printf(out, ",\"%s\":null", key);
    }
}

/* May it be sealed, after what was seen? */
static int may_seal(const struct look *look, struct cvg_error *reterr)
{
    if (look->chain_problem[0]) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the chain that is there is not whole: %s",
                             look->chain_problem);
    }
    if (!look->head_problem[0]) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "nothing is lost: the chain is whole and agrees with its head");
    }
    if (look->beside.key_rc == CVG_E_NOT_FOUND && look->follow.checkpoints > 0) {
        return cvg_error_set(
            reterr, CVG_E_REFUSED,
            "%s: the checkpoints in the store are signed by the key that was in it",
            look->beside.key_error.text);
    }
    return 0;
}

static int seal_locked(const struct cvg_audit_options *options, const char *actor, const char *why,
                       struct cvg_chain_point *ret, struct cvg_error *reterr)
{
    struct cvg_buf body = CVG_BUF_INIT(CVG_RECORD_BODY);
    char problem[CVG_ERROR_TEXT];
    struct look look;

    int rc = take_a_look(options, &look, reterr);
    if (rc == 0) {
        rc = may_seal(&look, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    /* It names files, whose names may be anything. */
    cvg_text_printable(look.head_problem, strlen(look.head_problem), problem, sizeof problem);
    cvg_buf_puts(&body, "{\"why\":");
    cvg_quote_json(&body, why);
    cvg_buf_puts(&body, ",\"problem\":");
    cvg_quote_json(&body, problem);
    write_point(&body, "expected", look.head.point ? look.head.point : look.expected.point);
    write_point(&body, "found", &look.follow.point);
    cvg_buf_putc(&body, '}');

    const struct cvg_act act = {.file = options->file,
                                .engine = options->engine,
                                .action = "seal",
                                .actor = actor,
                                .target = "",
                                .body = cvg_buf_text(&body)};
    rc = cvg_act_add(&act, ret, reterr);
    cvg_buf_done(&body);
    return rc;
}

int cvg_audit_seal(const struct cvg_audit_options *options, const char *actor, const char *why,
                   struct cvg_chain_point *ret, struct cvg_error *reterr)
{
    struct cvg_error error = {0}, *told = reterr ? reterr : &error;
    CVG_CLEANUP(cvg_beside_close) int lock = -1;

    if (!is_statement(actor) || !is_statement(why)) {
        return cvg_error_set(told, CVG_E_INVALID,
                             "who seals and why must be 1 to %d bytes of UTF-8", CVG_RECORD_TEXT);
    }
    int rc = cvg_store_lock(options->file, &lock, told);
    return rc < 0 ? rc : seal_locked(options, actor, why, ret, told);
}
