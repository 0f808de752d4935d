/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files beside the database: FILE.head, FILE.key, FILE.lock.
 *
 * FILE.head is two slots of one sector each, written in turn and synced, so that a torn write leaves the other one.
 * Each has a magic word, the signed point, the public key, and a digest over all of it; the valid slot
 * with the higher number counts. A database that is ahead of its head is fine: its last
 * transaction was not acknowledged. One that is behind has lost rows.
 */
#ifndef CVG_STORE_HEAD_H
#define CVG_STORE_HEAD_H

#include "record/chain.h"

struct cvg_head_file;

/* What a head file says. */
struct cvg_head {
    struct cvg_chain_signed point;
    unsigned char public_key[CVG_ED25519_PUBLIC];
};

/* Opens or makes FILE.head. The error names the file. */
CVG_NODISCARD int cvg_head_open(const char *file, struct cvg_head_file **ret,
                                struct cvg_error *reterr);
void cvg_head_close(struct cvg_head_file *head); /* takes NULL */
/* When it returns 0 the head is on disk. Sector by sector in turn, also after a failure. */
CVG_NODISCARD int cvg_head_write(struct cvg_head_file *head, const struct cvg_head *value,
                                 struct cvg_error *reterr);
/* The valid slot with the higher number. CVG_E_NOT_FOUND: the file is not there or is empty;
 * CVG_E_INVALID: neither slot is whole, or the signature is not the key's. */
CVG_NODISCARD int cvg_head_read(const char *file, struct cvg_head *ret, struct cvg_error *reterr);

/* The key of FILE.key; made with mode 0600 where it is not there and `make` is set. Refused where others than the
 * owner may read it. */
CVG_NODISCARD int cvg_seal_key(const char *file, bool make, struct cvg_ed25519 **ret,
                               struct cvg_error *reterr);

/* FILE.lock, held until it is closed or the process ends; has the holder's process number in it.
 * CVG_E_EXISTS: another process (or another store of this one) holds it. Returns the descriptor. */
CVG_NODISCARD int cvg_store_lock(const char *file, int *ret_fd, struct cvg_error *reterr);

#endif
