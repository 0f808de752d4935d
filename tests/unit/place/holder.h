/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other processes that do to a file what Terraform does: hold the fcntl lock, or truncate it and
 * write it anew, for ever. Children of the test, which do nothing but system calls.
 */
#ifndef CVG_TEST_PLACE_HOLDER_H
#define CVG_TEST_PLACE_HOLDER_H

#include <stddef.h>
#include <sys/types.h>

struct holder {
    pid_t pid;
    int life; /* the child ends when this is closed */
};

/* Returns when the lock is held. */
struct holder holder_lock(const char *path);
/* Takes the lock and lets go of it as often as it can; ends by itself. */
struct holder holder_compete(const char *path, int times);
/* Documents of about 2 MB, each of one letter. It rests for some milliseconds after so many of them,
 * as an apply does between two resources; 0: never. */
struct holder holder_rewrite(const char *path, int documents);
/* Its exit status, 0 where it had no complaint. */
int holder_end(struct holder *holder);
int holder_wait(struct holder *holder);

/* A whole document (1), a part of one (0), or a mixture of several (-1). */
int holder_judge(const char *bytes, size_t length);

#endif
