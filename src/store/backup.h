/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups of a store: a consistent copy of the database in a file TO, its head in TO.head. The
 * signing key is not in it: who has the backup cannot sign. A store from which rows were pruned has
 * checkpoints that this key signed, so restoring it on another machine needs FILE.key there too.
 * Any thread.
 */
#ifndef CVG_STORE_BACKUP_H
#define CVG_STORE_BACKUP_H

#include "store/audit.h"

/* While a daemon uses the store or not: reading disturbs nobody. The head is taken before the copy,
 * so the copy is never behind it. Both files are made with mode 0600, synced, and the copy is
 * verified; nothing is left where that fails. CVG_E_EXISTS where TO or TO.head is there. */
CVG_NODISCARD int cvg_backup_make(const struct cvg_audit_options *store, const char *to,
                                  struct cvg_audit_report *ret, struct cvg_error *reterr);

/* Puts a backup in the store's place: verifies it first, keeps what was there as FILE.before-TIME
 * (with the files beside it), and adds a row (action "restore", with who, the backup as its target,
 * and in its body the head that was there), so that the chain itself tells of it. CVG_E_EXISTS
 * while the store is in use. Where it fails before the last moment everything is as it was. */
CVG_NODISCARD int cvg_backup_restore(const char *file, const char *backup, const char *actor,
                                     struct cvg_audit_report *ret, struct cvg_error *reterr);

/* For who holds the store's lock: takes away what a restore that was killed left under its other
 * name, FILE.restoring and the files beside it: above all a second name of the key. Stays: the
 * database, while FILE is not there, and a key that is not FILE.key's. */
void cvg_backup_sweep(const char *file);

#endif
