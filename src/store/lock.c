/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILE.lock. A lock of the open file description conflicts inside of one process too, and ends with
 * the last descriptor, however the process ends. The file stays: whoever removed it could remove
 * the one that the next holder has locked already.
 */
#include "store/beside.h"
#include "store/head.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Who holds it, for the message; it may be writing its number right now. */
static void read_holder(int fd, char *ret, size_t size)
{
    ssize_t length = pread(fd, ret, size - 1, 0);
    ret[length > 0 ? length : 0] = '\0';
    ret[strspn(ret, "0123456789")] = '\0';
}

int cvg_store_lock(const char *file, int *ret_fd, struct cvg_error *reterr)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char holder[24];
    int fd;

    int rc = cvg_beside_open(file, "lock", O_RDWR | O_CREAT, &fd, reterr);
    if (rc < 0) {
        return rc;
    }
    if (fcntl(fd, F_OFD_SETLK, &whole) != 0) {
        int number = errno;
        read_holder(fd, holder, sizeof holder);
        close(fd);
        if (number != EAGAIN && number != EACCES) {
            return cvg_error_set_errno(reterr, number, "%s.lock", file);
        }
        return cvg_error_set(reterr, CVG_E_EXISTS, "%s: is in use%s%s", file,
                             holder[0] ? " by process " : "", holder);
    }
    int length = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || cvg_beside_write(fd, holder, (size_t)length, 0) != 0) {
        rc = cvg_error_set_errno(reterr, errno, "%s.lock", file);
        close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}
