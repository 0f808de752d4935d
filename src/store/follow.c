/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints first, then pieces of rows. Where a piece does not continue the chain, or there is
 * none, the checkpoints are read again before anything is said: rows may have been pruned since. */
#include "store/follow.h"

#include <stdatomic.h>

#define PIECE_ROWS  500
#define PIECE_BYTES ((size_t)4 * 1024 * 1024)

struct walk {
    struct cvg_follow *follow;
    struct cvg_chain_hasher *hasher;
    uint64_t after; /* where the next piece begins */
    size_t rows, bytes;

    int rc; /* of the chain's rule; the engine's is its function's */
    struct cvg_error error;

    struct cvg_chain_point checkpoint; /* the last one that was seen */
    uint64_t checkpoints;
};

static void tell(const struct cvg_follow *follow, const struct cvg_chain_point *point)
{
    if (follow->see) {
        follow->see(follow->ctx, point);
    }
}

static bool on_checkpoint(void *ctx, const struct cvg_chain_signed *checkpoint)
{
    struct walk *walk = ctx;
    const struct cvg_chain_point *point = &checkpoint->point;
    const unsigned char *key = walk->follow->public_key;

    if (point->number <= walk->checkpoint.number) {
        walk->rc = cvg_error_set(
            &walk->error, CVG_E_INVALID, "checkpoint at row %llu: comes after the one at row %llu",
            (unsigned long long)point->number, (unsigned long long)walk->checkpoint.number);
        return false;
    }
    if (key && !cvg_chain_verify(key, CVG_CHAIN_CHECKPOINT, checkpoint)) {
        walk->rc = cvg_error_set(&walk->error, CVG_E_INVALID,
                                 "checkpoint at row %llu: is not signed by this store's key",
                                 (unsigned long long)point->number);
        return false;
    }
    walk->checkpoint = *point;
    walk->checkpoints++;
    tell(walk->follow, point);
    return true;
}

/* Moves the point on to the last checkpoint, where that is further. */
static int read_checkpoints(struct walk *walk, bool *ret_moved, enum cvg_store_fault *ret_fault,
                            struct cvg_error *reterr)
{
    struct cvg_follow *follow = walk->follow;
    walk->checkpoint.number = 0;
    walk->checkpoints = 0;
    walk->rc = 0;
    int rc = follow->kind->walk_checkpoints(follow->engine, on_checkpoint, walk, ret_fault, reterr);
    if (rc < 0 || walk->rc < 0) {
        return rc;
    }
    follow->checkpoints = walk->checkpoints;
    follow->pruned_up_to = walk->checkpoint.number;
    *ret_moved = walk->checkpoint.number > follow->point.number;
    if (*ret_moved) {
        follow->point = walk->checkpoint;
        follow->first = 0;
    }
    return 0;
}

static bool on_row(void *ctx, const struct cvg_record *row)
{
    struct walk *walk = ctx;
    struct cvg_follow *follow = walk->follow;

    walk->rc = cvg_chain_follow(walk->hasher, &follow->point, row, &walk->error);
    if (walk->rc < 0) {
        return false;
    }
    follow->first = follow->first ? follow->first : row->number;
    follow->rows++;
    tell(follow, &follow->point);
    walk->bytes += row->body_length;
    return ++walk->rows < PIECE_ROWS && walk->bytes < PIECE_BYTES;
}

static bool stopped(const struct cvg_follow *follow)
{
    return follow->stop && atomic_load(follow->stop);
}

/* 0 with walk->rc: the chain's rule is broken. */
static int walk_all(struct walk *walk, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_follow *follow = walk->follow;
    bool moved;

    int rc = read_checkpoints(walk, &moved, ret_fault, reterr);
    while (rc == 0 && walk->rc == 0 && !stopped(follow)) {
        walk->rows = walk->bytes = 0;
        /* The first piece begins at the very first row: one that a checkpoint says is gone must not
         * be there. */
        rc = follow->kind->walk_records(follow->engine, walk->after, on_row, walk, ret_fault,
                                        reterr);
        if (rc == 0 && (walk->rc < 0 || walk->rows == 0)) {
            int broken = walk->rc;
            struct cvg_error why = walk->error;
            rc = read_checkpoints(walk, &moved, ret_fault, reterr);
            if (rc == 0 && walk->rc == 0 && !moved) {
                walk->rc = broken;
                walk->error = why;
                break;
            }
        }
        walk->after = follow->point.number;
    }
    return rc;
}

int cvg_follow_chain(struct cvg_follow *follow, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr)
{
    struct walk walk = {.follow = follow, .hasher = cvg_chain_hasher_new()};
    int rc = walk_all(&walk, ret_fault, reterr);
    cvg_chain_hasher_free(walk.hasher);
    if (rc == 0 && walk.rc < 0) {
        *ret_fault = CVG_STORE_TAMPERED;
        *reterr = walk.error;
        rc = walk.rc;
    }
    return rc;
}
