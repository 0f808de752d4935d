/* SPDX-License-Identifier: Apache-2.0 */
/* Files that an access is made of: certificates, keys, tokens, kubeconfigs. Blocks; see access.h. */
#include "access.h"

#include "kit/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_FIRST ((size_t)8 << 10)

void cvg_kube_bytes_free(char *bytes, size_t length)
{
    if (bytes != NULL) {
        explicit_bzero(bytes, length);
        free(bytes);
    }
}

const char *cvg_kube_errno_text(int error)
{
    const char *text = strerrordesc_np(error);
    return text == NULL ? "cannot be read" : text;
}

/* Room for more; what stood in the old memory is wiped. */
static char *enlarge(char *bytes, size_t used, size_t size)
{
    char *larger = cvg_kit_alloc(size);
    if (used > 0) {
        memcpy(larger, bytes, used);
    }
    cvg_kube_bytes_free(bytes, used);
    return larger;
}

static int read_all(int fd, size_t limit, char **ret, size_t *ret_length)
{
    size_t size = READ_FIRST, used = 0;
    char *bytes = cvg_kit_alloc(size + 1);
    ssize_t got = 0;
    do {
        if (used == size) {
            bytes = enlarge(bytes, used, size * 2 + 1);
            size *= 2;
        }
        got = read(fd, bytes + used, size - used);
        used += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && used <= limit) || (got < 0 && errno == EINTR));
    int error = got < 0 ? errno : used > limit ? EFBIG : 0;
    if (error != 0) {
        cvg_kube_bytes_free(bytes, used);
        return error;
    }
    bytes[used] = '\0';
    *ret = bytes;
    *ret_length = used;
    return 0;
}

int cvg_kube_file_read(const char *path, size_t limit, char **ret, size_t *ret_length)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return errno;
    }
    int error = fstat(fd, &info) != 0 ? errno : 0;
    if (error == 0 && !S_ISREG(info.st_mode)) {
        error = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    }
    if (error == 0) {
        error = read_all(fd, limit, ret, ret_length);
    }
    close(fd);
    return error;
}

const char *cvg_kube_access_read(struct cvg_kube_access *access, const char *path, const char *what,
                                 struct cvg_kube_problem *problem)
{
    char *bytes = NULL;
    size_t length = 0;
    if (cvg_kube_access_note_file(access, path) < 0) {
        (void)cvg_kube_problem_set(problem, "kubeconfig", "too many files are named");
        return NULL;
    }
    int error = access->reader(path, CVG_KUBE_ACCESS_FILE_MOST, &bytes, &length);
    if (error != 0) {
        (void)cvg_kube_problem_set(problem, "kubeconfig", "%s: %s: %s", what, path,
                                   cvg_kube_errno_text(error));
        return NULL;
    }
    const char *text = NULL;
    if (length == 0 || memchr(bytes, '\0', length) != NULL) {
        (void)cvg_kube_problem_set(problem, "kubeconfig", "%s: %s: %s", what, path,
                                   length == 0 ? "it is empty" : "it has a NUL byte in it");
    } else {
        text = cvg_kube_access_keep(access, bytes, length);
    }
    cvg_kube_bytes_free(bytes, length);
    return text;
}

const char *cvg_kube_access_read_token(struct cvg_kube_access *access, const char *path,
                                       struct cvg_kube_problem *problem)
{
    static const char white[] = " \t\r\n";
    const char *text = cvg_kube_access_read(access, path, "the token's file", problem);
    if (text == NULL) {
        return NULL;
    }
    text += strspn(text, white);
    size_t length = strlen(text);
    while (length > 0 && strchr(white, text[length - 1]) != NULL) {
        length--;
    }
    if (length == 0) {
        (void)cvg_kube_problem_set(problem, "kubeconfig", "the token's file: %s: it is empty",
                                   path);
        return NULL;
    }
    return cvg_kube_access_keep(access, text, length);
}
