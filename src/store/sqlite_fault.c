/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SQLite's codes mean to the store, and the words for people: the file, SQLite's own message,
 * and the system's where it was the system that refused.
 */
#include "base/macros.h"
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What the system's own refusal says, where it says more than SQLite's code. */
static enum cvg_store_fault fault_of_errno(int errnum, enum cvg_store_fault otherwise)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return CVG_STORE_MISSING;
    case EACCES:
    case EPERM:
        return CVG_STORE_DENIED;
    case EROFS:
        return CVG_STORE_READ_ONLY;
    case ENOSPC:
    case EDQUOT:
        return CVG_STORE_FULL;
    default:
        return otherwise;
    }
}

static enum cvg_store_fault fault_of(int sqlite_rc, int errnum)
{
    if (sqlite_rc == SQLITE_IOERR_CORRUPTFS || sqlite_rc == SQLITE_IOERR_DATA) {
        return CVG_STORE_CORRUPT;
    }
    switch (sqlite_rc & 0xff) {
    case SQLITE_FULL:
        return CVG_STORE_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return CVG_STORE_LOCKED;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return CVG_STORE_DENIED;
    case SQLITE_READONLY:
        return fault_of_errno(errnum, CVG_STORE_READ_ONLY);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        return fault_of_errno(errnum, CVG_STORE_IO);
    case SQLITE_NOTADB:
        return CVG_STORE_FOREIGN;
    /* A statement of ours that does not fit the tables, a row that is longer than any that we
     * wrote, a value of another type: the file is not as we left it. */
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
        return CVG_STORE_CORRUPT;
    default:
        return CVG_STORE_IO;
    }
}

static int code_of(enum cvg_store_fault fault)
{
    switch (fault) {
    case CVG_STORE_MISSING:
        return CVG_E_NOT_FOUND;
    case CVG_STORE_DENIED:
    case CVG_STORE_READ_ONLY:
        return CVG_E_REFUSED;
    case CVG_STORE_LOCKED:
        return CVG_E_UNAVAILABLE;
    case CVG_STORE_CORRUPT:
    case CVG_STORE_FOREIGN:
        return CVG_E_INVALID;
    default:
        return CVG_E_IO;
    }
}

static int tell(const char *file, int sqlite_rc, int errnum, const char *message,
                enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    enum cvg_store_fault fault = fault_of(sqlite_rc, errnum);
    int primary = sqlite_rc & 0xff;
    bool system = errnum != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ||
                                  primary == SQLITE_READONLY);

    *ret_fault = fault;
    if (system) {
        return cvg_error_set(reterr, code_of(fault), "%s: %s: %s (SQLite code %d)", file, message,
                             strerrordesc_np(errnum), sqlite_rc);
    }
    return cvg_error_set(reterr, code_of(fault), "%s: %s (SQLite code %d)", file, message,
                         sqlite_rc);
}

/* SQLite keeps no system's error where it found that it can only read. */
static int why_read_only(const char *file)
{
    return faccessat(AT_FDCWD, file, W_OK, AT_EACCESS) < 0 ? errno : 0;
}

int cvg_link_fail(struct cvg_link *link, int sqlite_rc)
{
    int extended = sqlite3_extended_errcode(link->db);
    /* The connection's own message and code are of its last call, which need not be this one. */
    bool same = (extended & 0xff) == (sqlite_rc & 0xff);
    int errnum = same ? sqlite3_system_errno(link->db) : 0;

    if ((sqlite_rc & 0xff) == SQLITE_READONLY) {
        errnum = why_read_only(link->file);
    }
    return tell(link->file, same ? extended : sqlite_rc, errnum,
                same ? sqlite3_errmsg(link->db) : sqlite3_errstr(sqlite_rc), &link->fault,
                &link->error);
}

int cvg_sqlite_fault(const char *file, int sqlite_rc, int errnum, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr)
{
    return tell(file, sqlite_rc, errnum, sqlite3_errstr(sqlite_rc), ret_fault, reterr);
}

int cvg_link_corrupt(struct cvg_link *link, const char *what, int64_t number)
{
    link->fault = CVG_STORE_CORRUPT;
    return cvg_error_set(&link->error, CVG_E_INVALID,
                         "%s: %s %lld is damaged: not what was written", link->file, what,
                         (long long)number);
}
