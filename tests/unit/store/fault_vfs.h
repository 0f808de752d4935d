/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that fails when it is told to: a layer over SQLite's own (sqlite3_vfs) for whatever an
 * engine does with its files. Calls are counted from fault_vfs_set on, over all files. One test at a
 * time uses it; calls may come from any thread.
 */
#ifndef CVG_TEST_FAULT_VFS_H
#define CVG_TEST_FAULT_VFS_H

#include "store/engine.h"

enum fault_call {
    FAULT_OPEN = 1 << 0,
    FAULT_WRITE = 1 << 1,
    FAULT_SYNC = 1 << 2,
    FAULT_TRUNCATE = 1 << 3,
    FAULT_READ = 1 << 4,
    FAULT_ALL = (1 << 5) - 1
};

/* Of the calls of these kinds the n-th (from 1) fails with that code of SQLite's, and so do `more`
 * after it. nth 0: nothing fails. */
void fault_vfs_set(unsigned calls, uint64_t nth, uint64_t more, int sqlite_rc);
/* How many calls of those kinds there were since. */
uint64_t fault_vfs_count(void);
/* Whether one of them failed. */
bool fault_vfs_failed(void);

/* SQLite's engine on this disk. */
extern const struct cvg_engine_kind *fault_engine(void);

#endif
