/* SPDX-License-Identifier: Apache-2.0 */
#include "fault_vfs.h"

#include "base/alloc.h"
#include "store/sqlite.h"

#include <stdatomic.h>
#include <string.h>

#define NAME "cvg-fault"

/* What shall go wrong; the one state of this file, since SQLite knows a layer by its name only. */
static struct {
    unsigned calls;
    uint64_t nth, more;
    int code;
    _Atomic uint64_t count;
    _Atomic bool failed;
} plan;

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

void fault_vfs_set(unsigned calls, uint64_t nth, uint64_t more, int sqlite_rc)
{
    plan.calls = calls;
    plan.nth = nth;
    plan.more = more;
    plan.code = sqlite_rc;
    atomic_store(&plan.count, 0);
    atomic_store(&plan.failed, false);
}

uint64_t fault_vfs_count(void)
{
    return atomic_load(&plan.count);
}

bool fault_vfs_failed(void)
{
    return atomic_load(&plan.failed);
}

/* SQLITE_OK, or what the call answers instead of being done. */
static int enter(enum fault_call call)
{
    if (!(plan.calls & (unsigned)call)) {
        return SQLITE_OK;
    }
    uint64_t number = atomic_fetch_add(&plan.count, 1) + 1;
    if (!plan.nth || number < plan.nth || number - plan.nth > plan.more) {
        return SQLITE_OK;
    }
    atomic_store(&plan.failed, true);
    return plan.code;
}

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct fault_file *)file)->real;
}

#define REAL(file) (real(file)->pMethods)

static int file_close(sqlite3_file *file)
{
    return REAL(file)->xClose(real(file));
}

static int file_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 at)
{
    int rc = enter(FAULT_READ);
    return rc ? rc : REAL(file)->xRead(real(file), bytes, length, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 at)
{
    int rc = enter(FAULT_WRITE);
    return rc ? rc : REAL(file)->xWrite(real(file), bytes, length, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = enter(FAULT_TRUNCATE);
    return rc ? rc : REAL(file)->xTruncate(real(file), size);
}

/* Not passed on: nobody pulls the plug here, and thousands of syncs take their time. */
static int file_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return enter(FAULT_SYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    return REAL(file)->xFileSize(real(file), ret);
}

static int file_lock(sqlite3_file *file, int kind)
{
    return REAL(file)->xLock(real(file), kind);
}

static int file_unlock(sqlite3_file *file, int kind)
{
    return REAL(file)->xUnlock(real(file), kind);
}

static int file_is_reserved(sqlite3_file *file, int *ret)
{
    return REAL(file)->xCheckReservedLock(real(file), ret);
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
    return REAL(file)->xFileControl(real(file), what, argument);
}

static int file_sector(sqlite3_file *file)
{
    return REAL(file)->xSectorSize(real(file));
}

static int file_device(sqlite3_file *file)
{
    return REAL(file)->xDeviceCharacteristics(real(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend,
                        volatile void **ret) /* NOLINT: SQLite's type */
{
    return REAL(file)->xShmMap(real(file), page, size, extend, ret);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return REAL(file)->xShmLock(real(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    REAL(file)->xShmBarrier(real(file));
}

static int file_shm_unmap(sqlite3_file *file, int forget)
{
    return REAL(file)->xShmUnmap(real(file), forget);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static sqlite3_vfs *below(sqlite3_vfs *layer)
{
    return layer->pAppData;
}

static int layer_open(sqlite3_vfs *layer, const char *name, sqlite3_file *file, int flags,
                      int *ret_flags)
{
    struct fault_file *mine = (struct fault_file *)file;
    int rc = enter(FAULT_OPEN);

    mine->base.pMethods = NULL;
    mine->real = (sqlite3_file *)(mine + 1);
    if (rc) {
        return SQLITE_CANTOPEN;
    }
    rc = below(layer)->xOpen(below(layer), name, mine->real, flags, ret_flags);
    if (rc == SQLITE_OK) {
        mine->base.pMethods = &methods;
    }
    return rc;
}

static int layer_delete(sqlite3_vfs *layer, const char *name, int sync_folder)
{
    return below(layer)->xDelete(below(layer), name, sync_folder);
}

static int layer_access(sqlite3_vfs *layer, const char *name, int flags, int *ret)
{
    return below(layer)->xAccess(below(layer), name, flags, ret);
}

static int layer_full_name(sqlite3_vfs *layer, const char *name, int size, char *ret)
{
    return below(layer)->xFullPathname(below(layer), name, size, ret);
}

/* Made at first use and kept for the rest of the process, as SQLite keeps it. */
static void register_layer(void)
{
    static sqlite3_vfs layer;

    if (sqlite3_vfs_find(NAME)) {
        return;
    }
    layer = *sqlite3_vfs_find(NULL);
    layer.pAppData = sqlite3_vfs_find(NULL);
    layer.pNext = NULL;
    layer.zName = NAME;
    layer.szOsFile += (int)sizeof(struct fault_file);
    layer.xOpen = layer_open;
    layer.xDelete = layer_delete;
    layer.xAccess = layer_access;
    layer.xFullPathname = layer_full_name;
    (void)sqlite3_vfs_register(&layer, 0);
}

static int open_engine(const char *place, bool read_only, struct cvg_engine **ret,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    return cvg_sqlite_open(place, NAME, read_only, ret, ret_fault, reterr);
}

const struct cvg_engine_kind *fault_engine(void)
{
    static struct cvg_engine_kind kind;

    register_layer();
    kind = cvg_engine_sqlite;
    kind.name = "sqlite on a disk that fails";
    kind.open = open_engine;
    return &kind;
}
