/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a file locked by the tool that writes it: what can be seen from beside, without taking a lock
 * or standing in anybody's way. Begin, then ask of each descriptor that is read, as often as it is,
 * then end; a sign of a holder at any time in between counts.
 *
 *   TERRAFORM  an fcntl lock on the document, which dies with its process, and a note beside it,
 *              written after the lock is taken and deleted before it is let go. So a note that
 *              stood there all the time while nobody held the lock was left by the dead.
 *   PULUMI     any file in the folder of locks, which may be old.
 *   PLAIN      none.
 *
 * Blocking: on a worker. One owner.
 */
#ifndef CVG_PLACE_SIGNS_H
#define CVG_PLACE_SIGNS_H

#include "place/place.h"

/* What a holder left. */
struct cvg_place_note {
    uint32_t there; /* also where it cannot be read */
    uint64_t inode; /* these three tell it from another that reads the same */
    int64_t mtime_ns;
    uint64_t size;
    size_t length;
    char text[sizeof(((struct cvg_place_sight *)NULL)->lock_note)];
};

struct cvg_place_signs {
    uint32_t style;   /* enum cvg_place_style */
    const char *path; /* of the note, or the folder of locks; NULL: there is none. Borrowed */
    uint32_t held, unseen;
    struct cvg_place_note before, after;
};

/* Of a state at `path`: malloc'd. */
char *cvg_place_signs_note_path(const char *path);

void cvg_place_signs_begin(struct cvg_place_signs *signs, uint32_t style, const char *path);
/* Never takes a lock (F_GETLK). */
void cvg_place_signs_ask(struct cvg_place_signs *signs, int fd);
/* Sets the sight's lock and lock_note. */
void cvg_place_signs_end(struct cvg_place_signs *signs, struct cvg_place_sight *sight);

#endif
