/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE.key: the key that signs the chain. It is written beside its place and renamed into it, so
 * that there is a whole key or none, whenever the power goes.
 */
#include "base/alloc.h"
#include "store/beside.h"
#include "store/head.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_key(const char *file, struct cvg_ed25519 **ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_beside_close) int fd = -1;
    char pem[4096];
    struct stat info;

    int rc = cvg_beside_open(file, "key", O_RDONLY, &fd, reterr);
    if (rc < 0) {
        return rc;
    }
    if (fstat(fd, &info) != 0) {
        return cvg_error_set_errno(reterr, errno, "%s.key", file);
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "%s.key: others than its owner may use it (mode %03o, must be 600)",
                             file, (unsigned)info.st_mode & 0777);
    }
    ssize_t length = pread(fd, pem, sizeof pem, 0);
    if (length < 0) {
        return cvg_error_set_errno(reterr, errno, "%s.key", file);
    }
    rc = cvg_ed25519_read(pem, (size_t)length, ret, reterr);
    explicit_bzero(pem, sizeof pem);
    return rc < 0 ? cvg_error_prefix(reterr, "%s.key", file) : 0;
}

static int write_key(const char *file, const struct cvg_ed25519 *key, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = cvg_beside_path(file, "key");
    CVG_CLEANUP(cvg_free_pointer) char *fresh = cvg_beside_path(file, "key.new");
    CVG_CLEANUP(cvg_beside_close) int fd = -1;
    char pem[CVG_ED25519_PEM];

    /* One that a power cut left behind. */
    if (unlink(fresh) != 0 && errno != ENOENT) {
        return cvg_error_set_errno(reterr, errno, "%s", fresh);
    }
    int rc = cvg_beside_open(file, "key.new", O_WRONLY | O_CREAT, &fd, reterr);
    if (rc < 0) {
        return rc;
    }
    cvg_ed25519_write(key, pem);
    rc = cvg_beside_write(fd, pem, strlen(pem), 0);
    int number = errno;
    explicit_bzero(pem, sizeof pem);
    if (rc == 0 && (fsync(fd) != 0 || rename(fresh, path) != 0)) {
        number = errno;
        rc = -1;
    }
    if (rc != 0) {
        unlink(fresh);
        return cvg_error_set_errno(reterr, number, "%s", fresh);
    }
    return cvg_beside_sync_folder(file, reterr);
}

int cvg_seal_key(const char *file, bool make, struct cvg_ed25519 **ret, struct cvg_error *reterr)
{
    struct cvg_ed25519 *key = NULL;

    int rc = read_key(file, &key, reterr);
    if (rc == CVG_E_NOT_FOUND && make) {
        rc = cvg_ed25519_make(&key, reterr);
        if (rc == 0) {
            rc = write_key(file, key, reterr);
            if (rc < 0) {
                cvg_ed25519_free(key);
            }
        }
    }
    if (rc == 0) {
        *ret = key;
    }
    return rc;
}
