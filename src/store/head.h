/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files beside the database: FILE.head, FILE.key, FILE.lock.
 *
 * FILE.head is two slots of one sector each, in blocks of their own, written in turn and synced,
 * so that a torn write leaves the other one. Each has a magic word, the number of the write, the
 * signed point, the public key, and a digest over all of it; the valid slot that was written last
 * counts, also where its point is lower (after a seal). A database that is ahead of its head is
 * fine: its last transaction was not acknowledged. One that is behind has lost rows.
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
/* When it returns 0 the head is on disk, and is what will be read. After a failure the same slot is
 * written again: the other one may be the only one that is whole. */
CVG_NODISCARD int cvg_head_write(struct cvg_head_file *head, const struct cvg_head *value,
                                 struct cvg_error *reterr);
/* The valid slot that was written last. CVG_E_NOT_FOUND: the file is not there, or nothing was
 * written to it yet; CVG_E_INVALID: neither slot is whole, or the signature is not that of the key
 * beside it. */
CVG_NODISCARD int cvg_head_read(const char *file, struct cvg_head *ret, struct cvg_error *reterr);

/* The key of FILE.key; made with mode 0600 where it is not there and `make` is set, else
 * CVG_E_NOT_FOUND. CVG_E_REFUSED where others than the owner may read or write it, CVG_E_INVALID
 * where it is no key. */
CVG_NODISCARD int cvg_seal_key(const char *file, bool make, struct cvg_ed25519 **ret,
                               struct cvg_error *reterr);

/* FILE.lock, held until it is closed or the process ends; has the holder's process number in it.
 * CVG_E_EXISTS: another process (or another store of this one) holds it; the error has its number.
 * Returns the descriptor. */
CVG_NODISCARD int cvg_store_lock(const char *file, int *ret_fd, struct cvg_error *reterr);

#endif
