/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects: looked at, then loaded for good. Everything that dlopen(3) runs is in here. */
#include "module/library.h"

#include "base/alloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_owner(const struct stat *info, const char *path, struct cvg_error *reterr)
{
    if (info->st_uid != 0 && info->st_uid != geteuid()) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "%s belongs to user %u; it must belong to root or to the daemon's "
                             "user (%u)",
                             path, (unsigned)info->st_uid, (unsigned)geteuid());
    }
    if (info->st_mode & (S_IWGRP | S_IWOTH)) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "%s may be written by its group or by others (mode %04o); make it "
                             "%04o",
                             path, (unsigned)info->st_mode & 07777,
                             (unsigned)info->st_mode & 07755);
    }
    return 0;
}

int cvg_library_check_directory(const char *directory, struct cvg_error *reterr)
{
    struct stat info;
    if (stat(directory, &info) != 0) {
        if (errno == ENOENT) {
            return cvg_error_set(reterr, CVG_E_NOT_FOUND, "%s does not exist", directory);
        }
        return cvg_error_set_errno(reterr, errno, "%s", directory);
    }
    if (!S_ISDIR(info.st_mode)) {
        return cvg_error_set(reterr, CVG_E_REFUSED, "%s is not a directory", directory);
    }
    return check_owner(&info, directory, reterr);
}

/* Between this look and dlopen() only those could swap the file who may write the folder, and
 * they are trusted. */
static int check_file(const char *path, struct cvg_error *reterr)
{
    struct stat info;
    if (lstat(path, &info) != 0) {
        if (errno == ENOENT) {
            return cvg_error_set(reterr, CVG_E_NOT_FOUND, "%s does not exist", path);
        }
        return cvg_error_set_errno(reterr, errno, "%s", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return cvg_error_set(reterr, CVG_E_REFUSED, "%s is not a regular file%s", path,
                             S_ISLNK(info.st_mode) ? " but a symbolic link" : "");
    }
    return check_owner(&info, path, reterr);
}

int cvg_library_open(const char *directory, const char *name, const struct cvg_module **ret,
                     struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s/%s.so", directory, name);
    int code = cvg_library_check_directory(directory, reterr);
    if (code == 0) {
        code = check_file(path, reterr);
    }
    if (code < 0) {
        return code;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        const char *why = dlerror(); /* NOLINT(concurrency-mt-unsafe): glibc has one a thread */
        return cvg_error_set(reterr, CVG_E_INVALID, "%s cannot be loaded: %s", path,
                             why ? why : "no reason given");
    }
    void *symbol = dlsym(library, CVG_MODULE_SYMBOL);
    if (!symbol) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "%s does not export %s: it is no module, or one for another major "
                             "version of the module ABI than %u",
                             path, CVG_MODULE_SYMBOL, CVG_ABI_MAJOR);
    }
    /* ISO C has no conversion from object to function pointers; POSIX promises that they have the
     * same representation. */
    const struct cvg_module *(*describe)(void);
    memcpy(&describe, &symbol, sizeof describe);
    const struct cvg_module *module = describe();
    if (!module) {
        return cvg_error_set(reterr, CVG_E_INVALID, "%s returns no table from %s()", path,
                             CVG_MODULE_SYMBOL);
    }
    *ret = module;
    return 0;
}
